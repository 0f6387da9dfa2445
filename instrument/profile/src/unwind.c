/* unwind.c - libdwfl asks for memory and registers; both come out of the sample. Its result and the
 * chain by frame pointers complete each other: the tables are right where code has no frame
 * pointer, the kernel's chain goes on where the copy of the stack ends. Assembly without tables is
 * stepped over by looking for the address that its caller's call has left on the stack; that is
 * believed only when the tables lead from there to the outermost function. */
#define _GNU_SOURCE
#include "unwind_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCAN_WORDS = 128, /* of the stack, for a return address */
    WILD_MAX = 3,     /* frames that a guess by a frame pointer, which was none, may have made */
};

struct unwind {
    Dwfl *dwfl;
    int pid;
    struct images *images;
    const struct maps *maps;
    bool is_usable;
    const struct unwind_sample *sample; /* the one being walked */
    uint64_t stack_at;                  /* address of its stack's first byte */
    uint64_t *out;
    size_t count;
};

#if defined(__x86_64__)
/* linux/arch/x86/include/uapi/asm/perf_regs.h: AX BX CX DX SI DI BP SP IP FLAGS CS SS DS ES FS GS
 * R8 .. R15; DS to GS cannot be sampled. Order of DWARF: System V ABI AMD64, figure 3.36. */
#define MASK UINT64_C(0xff0fff)
enum { WORD_SP = 7, WORD_IP = 8, DWARF_COUNT = 17 };
static const uint8_t word_of_dwarf[DWARF_COUNT] = { 0,  3,  2,  1,  4,  5,  6,  7, 12,
                                                    13, 14, 15, 16, 17, 18, 19, 8 };
#elif defined(__aarch64__)
/* linux/arch/arm64/include/uapi/asm/perf_regs.h: X0 .. X29 LR SP PC, as DWARF numbers them. */
#define MASK UINT64_C(0x1ffffffff)
enum { WORD_SP = 31, WORD_IP = 32, DWARF_COUNT = 32 };
#else
#define MASK UINT64_C(0)
enum { WORD_SP = 0, WORD_IP = 0, DWARF_COUNT = 1 };
#endif

uint64_t unwind_register_mask(void)
{
    return MASK;
}

static pid_t next_thread(Dwfl *dwfl, void *context, void **thread)
{
    (void)dwfl;
    struct unwind *unwind = context;
    if (*thread != NULL)
        return 0;
    *thread = unwind;
    return unwind->pid;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *context, void **thread)
{
    (void)dwfl;
    (void)tid;
    *thread = context;
    return true;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *context)
{
    (void)dwfl;
    const struct unwind *unwind = context;
    const uint64_t at = address - unwind->stack_at;
    if (address < unwind->stack_at || at + sizeof *result > unwind->sample->stack_size)
        return false;
    memcpy(result, unwind->sample->stack + at, sizeof *result);
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *context)
{
    const struct unwind *unwind = context;
    const uint64_t *from = unwind->sample->registers;
    Dwarf_Word words[DWARF_COUNT] = { 0 };
#if defined(__x86_64__)
    for (size_t i = 0; i < DWARF_COUNT; i++)
        words[i] = from[word_of_dwarf[i]];
#elif defined(__aarch64__)
    memcpy(words, from, sizeof words);
#endif
    dwfl_thread_state_register_pc(thread, from[WORD_IP]);
    return dwfl_thread_state_registers(thread, 0, DWARF_COUNT, words);
}

static const Dwfl_Thread_Callbacks thread_callbacks = { .next_thread = next_thread,
                                                        .get_thread = get_thread,
                                                        .memory_read = read_memory,
                                                        .set_initial_registers = set_registers };

/* Separate debug files are not looked for here: unwind tables stay in the file itself. */
static int find_nothing(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                        const char *file, const char *link, GElf_Word crc, char **found)
{
    (void)module, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc;
    (void)found;
    return -1;
}

static const Dwfl_Callbacks callbacks = { .find_elf = dwfl_build_id_find_elf,
                                          .find_debuginfo = find_nothing,
                                          .section_address = dwfl_offline_section_address };

static void report(struct unwind *unwind, struct images *images, const struct maps_entry *entry)
{
    uint64_t bias = 0;
    struct image *image = image_of(images, entry);
    if (image == NULL || !image_bias(image, entry, &bias))
        return;
    const char *file = entry->path[0] == '[' ? images->vdso_path : entry->path;
    if (file != NULL && dwfl_addrmodule(unwind->dwfl, entry->start) == NULL)
        unwind->is_usable |= dwfl_report_elf(unwind->dwfl, file, file, -1, bias, true) != NULL;
}

struct unwind *unwind_open(struct images *images, const struct maps *maps, int pid)
{
    struct unwind *unwind = calloc(1, sizeof *unwind);
    if (unwind == NULL)
        return NULL;
    elf_version(EV_CURRENT);
    unwind->pid = pid;
    unwind->images = images;
    unwind->maps = maps;
    unwind->dwfl = MASK != 0 ? dwfl_begin(&callbacks) : NULL;
    if (unwind->dwfl == NULL)
        return unwind;
    dwfl_report_begin(unwind->dwfl);
    for (size_t i = maps->count; i-- > 0;)
        report(unwind, images, &maps->entries[i]);
    dwfl_report_end(unwind->dwfl, NULL, NULL);
    unwind->is_usable =
        unwind->is_usable && dwfl_attach_state(unwind->dwfl, NULL, pid, &thread_callbacks, unwind);
    return unwind;
}

void unwind_close(struct unwind *unwind)
{
    if (unwind == NULL)
        return;
    dwfl_end(unwind->dwfl);
    free(unwind);
}

static int take_frame(Dwfl_Frame *state, void *context)
{
    struct unwind *unwind = context;
    Dwarf_Addr pc = 0;
    if (!dwfl_frame_pc(state, &pc, NULL) || unwind->count == PROF_DEPTH_MAX)
        return DWARF_CB_ABORT;
    unwind->out[unwind->count++] = pc;
    return DWARF_CB_OK;
}

#if defined(__x86_64__)
/* Is what stands before this address a call? Source: Intel SDM, CALL: E8 rel32, FF /2 */
static bool is_after_call(struct unwind *unwind, uint64_t address)
{
    size_t size = 0;
    const struct maps_entry *entry = maps_find(unwind->maps, address - 1);
    const struct image *image = entry != NULL ? image_of(unwind->images, entry) : NULL;
    const uint8_t *file = image != NULL && image->elf != NULL
                              ? (const uint8_t *)elf_rawfile(image->elf, &size)
                              : NULL;
    const uint64_t at = file != NULL ? address - entry->start + entry->offset : 0;
    if (at < 7 || at > size)
        return false;
    const uint8_t *end = file + at;
    return end[-5] == 0xe8 || (end[-2] == 0xff && (end[-1] & 0x38) == 0x10) ||
           (end[-3] == 0xff && (end[-2] & 0x38) == 0x10) ||
           (end[-6] == 0xff && (end[-5] & 0x38) == 0x10) ||
           (end[-7] == 0xff && (end[-6] & 0x38) == 0x10);
}

/* The stack from a word of it that looks like a return address. */
static bool unwind_from(struct unwind *unwind, const struct unwind_sample *sample, size_t word,
                        uint64_t address)
{
    uint64_t registers[UNWIND_REGISTER_MAX];
    struct unwind_sample caller = *sample;
    memcpy(registers, sample->registers, (size_t)__builtin_popcountll(MASK) * sizeof registers[0]);
    registers[WORD_IP] = address - 1; /* inside the call */
    registers[WORD_SP] += 8 * (word + 1);
    caller.registers = registers;
    unwind->sample = &caller;
    unwind->stack_at = sample->registers[WORD_SP];
    unwind->count = 1;
    const bool is_whole = dwfl_getthread_frames(unwind->dwfl, unwind->pid, take_frame, unwind) == 0;
    if (unwind->count > 1)
        unwind->out[1] = address;
    unwind->sample = sample;
    return is_whole && unwind->count > 2;
}

/* The innermost function has no tables. Leaves nothing but that function when there is no way. */
static bool step_over(struct unwind *unwind, const struct unwind_sample *sample)
{
    Dwarf_Addr bias = 0;
    Dwarf_Frame *frame = NULL;
    const uint64_t pc = sample->registers[WORD_IP];
    Dwfl_Module *module = dwfl_addrmodule(unwind->dwfl, pc);
    Dwarf_CFI *cfi = module != NULL ? dwfl_module_eh_cfi(module, &bias) : NULL;
    const bool has_tables = cfi != NULL && dwarf_cfi_addrframe(cfi, pc - bias, &frame) == 0;
    free(frame);
    if (module == NULL || has_tables)
        return false;
    unwind->out[0] = pc;
    for (size_t i = 0; i < SCAN_WORDS && 8 * (i + 1) <= sample->stack_size; i++) {
        uint64_t address = 0;
        memcpy(&address, sample->stack + 8 * i, sizeof address);
        if (address > 8 && is_after_call(unwind, address) &&
            unwind_from(unwind, sample, i, address))
            return true;
    }
    unwind->count = 1;
    return false;
}
#else
static bool step_over(struct unwind *unwind, const struct unwind_sample *sample)
{
    (void)unwind, (void)sample;
    return false;
}
#endif

/* Go on where the tables stopped: behind the same address in the kernel's chain. */
static void splice(struct unwind *unwind, const struct unwind_sample *sample)
{
    if (unwind->count == 0)
        return;
    for (size_t i = 0; i < sample->chain_count; i++)
        if (sample->chain[i] == unwind->out[unwind->count - 1]) {
            for (i++; i < sample->chain_count && unwind->count < PROF_DEPTH_MAX; i++)
                unwind->out[unwind->count++] = sample->chain[i];
            return;
        }
}

size_t unwind_stack(struct unwind *unwind, const struct unwind_sample *sample, uint64_t *out,
                    bool *is_whole)
{
    unwind->sample = sample;
    unwind->out = out;
    unwind->count = 0;
    *is_whole = false;
    if (unwind->is_usable && sample->registers != NULL) {
        unwind->stack_at = sample->registers[WORD_SP];
        *is_whole = dwfl_getthread_frames(unwind->dwfl, unwind->pid, take_frame, unwind) == 0;
        if (!*is_whole && unwind->count <= WILD_MAX)
            *is_whole = step_over(unwind, sample);
    }
    if (!*is_whole)
        splice(unwind, sample);
    if (!*is_whole && sample->chain_count > unwind->count) {
        unwind->count = sample->chain_count < PROF_DEPTH_MAX ? sample->chain_count : PROF_DEPTH_MAX;
        memcpy(out, sample->chain, unwind->count * sizeof *out);
    }
    return unwind->count;
}
