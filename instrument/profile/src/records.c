/* records.c - the layout of perf_event_open(2): samples with ip, tid, time, chain, registers and
 * stack; mappings, names, forks with pid, tid and time at their end. The bytes are the kernel's,
 * yet every length in them is checked: a field that does not fit ends its record. */
#define _GNU_SOURCE
#include "records_internal.h"

#include <linux/perf_event.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 16 }; /* pid, tid, time */

struct cursor {
    const uint8_t *at, *end;
};

static bool take(struct cursor *cursor, void *out, size_t size)
{
    if ((size_t)(cursor->end - cursor->at) < size)
        return false;
    memcpy(out, cursor->at, size);
    cursor->at += size;
    return true;
}

static const uint8_t *skip(struct cursor *cursor, size_t size)
{
    const uint8_t *from = cursor->at;
    if ((size_t)(cursor->end - cursor->at) < size)
        return NULL;
    cursor->at += size;
    return from;
}

uint64_t records_sample_type(void)
{
    return PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN |
           PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
}

static uint64_t time_of(const uint8_t *record, size_t size, uint32_t type)
{
    uint64_t time = 0;
    const size_t head = sizeof(struct perf_event_header);
    const size_t at = type == PERF_RECORD_SAMPLE ? head + 16 : size - sizeof time;
    if (size >= head + ID_SIZE + sizeof time && at + sizeof time <= size)
        memcpy(&time, record + at, sizeof time);
    return time;
}

static bool reserve(struct records *records, size_t size)
{
    if (records->bytes.size + size > RECORDS_SIZE_MAX)
        return false;
    if (records->count == records->capacity) {
        const size_t more = records->capacity == 0 ? 1024 : 2 * records->capacity;
        void *memory = realloc(records->places, more * sizeof *records->places);
        if (memory == NULL)
            return false;
        records->places = memory;
        records->capacity = more;
    }
    return true;
}

void records_put(struct records *records, const uint8_t *record, size_t size)
{
    struct perf_event_header head;
    memcpy(&head, record, sizeof head);
    if (head.type == PERF_RECORD_LOST) {
        uint64_t lost[2] = { 0 }; /* id, how many */
        if (size >= sizeof head + sizeof lost)
            memcpy(lost, record + sizeof head, sizeof lost);
        records->lost += (double)lost[1];
        return;
    }
    const size_t at = records->bytes.size;
    if (!reserve(records, size) || base_buf_put(&records->bytes, record, size) != BASE_OK) {
        records->lost += head.type == PERF_RECORD_SAMPLE;
        return;
    }
    records->samples += head.type == PERF_RECORD_SAMPLE;
    records->places[records->count++] =
        (struct record_place){ time_of(record, size, head.type), at };
}

void records_clear(struct records *records)
{
    base_buf_clear(&records->bytes);
    records->count = 0;
}

void records_done(struct records *records)
{
    base_buf_done(&records->bytes);
    free(records->places);
    memset(records, 0, sizeof *records);
}

static base_err play_mapping(struct cursor *cursor, struct resolver *resolver)
{
    uint32_t ids[2];
    uint64_t where[3]; /* address, length, offset in the file */
    uint32_t device[2];
    uint64_t inode[2];  /* and its generation */
    uint32_t rights[2]; /* and flags */
    if (!take(cursor, ids, sizeof ids) || !take(cursor, where, sizeof where) ||
        !take(cursor, device, sizeof device) || !take(cursor, inode, sizeof inode) ||
        !take(cursor, rights, sizeof rights) || cursor->end - cursor->at < ID_SIZE)
        return BASE_OK;
    const char *path = (const char *)cursor->at;
    if (memchr(path, '\0', (size_t)(cursor->end - cursor->at)) == NULL)
        return BASE_OK;
    struct process *process = resolver_process(resolver, (int)ids[0]);
    if (process == NULL)
        return BASE_ENOMEM;
    const struct maps_entry entry = { where[0], where[0] + where[1], where[2], inode[0], path };
    process_forget(process);
    return maps_add(&process->maps, &entry);
}

static base_err play_name(const struct perf_event_header *head, struct cursor *cursor,
                          struct resolver *resolver)
{
    uint32_t ids[2];
    if (!take(cursor, ids, sizeof ids) || ids[0] != ids[1])
        return BASE_OK; /* a thread's name */
    struct process *process = resolver_process(resolver, (int)ids[0]);
    if (process == NULL)
        return BASE_ENOMEM;
    const size_t size = strnlen((const char *)cursor->at, (size_t)(cursor->end - cursor->at));
    snprintf(process->name, sizeof process->name, "%.*s", (int)size, (const char *)cursor->at);
    if ((head->misc & PERF_RECORD_MISC_COMM_EXEC) != 0) { /* another program: all is new */
        process_forget(process);
        process_forget_jit(process);
        maps_clear(&process->maps);
    }
    return BASE_OK;
}

static base_err play_fork(struct cursor *cursor, struct resolver *resolver)
{
    uint32_t ids[4]; /* pid, parent's pid, tid, parent's tid */
    if (!take(cursor, ids, sizeof ids) || ids[0] == ids[1])
        return BASE_OK;
    struct process *parent = resolver_process(resolver, (int)ids[1]);
    struct process *child = resolver_process(resolver, (int)ids[0]);
    if (parent == NULL || child == NULL)
        return BASE_ENOMEM;
    process_forget(child);
    maps_clear(&child->maps);
    memcpy(child->name, parent->name, sizeof child->name);
    return maps_copy(&child->maps, &parent->maps);
}

/* What a sample says, still in the record's bytes. */
struct seen {
    uint64_t ip;
    uint32_t pid;
    bool is_user;
    const uint8_t *chain;
    uint64_t chain_count;
    uint64_t registers[UNWIND_REGISTER_MAX];
    bool has_registers;
    const uint8_t *stack;
    uint64_t stack_size;
};

static bool read_sample(struct cursor *cursor, struct seen *seen)
{
    uint32_t ids[2];
    uint64_t time = 0, abi = 0, size = 0, filled = 0;
    const size_t registers = (size_t)__builtin_popcountll(unwind_register_mask());
    if (!take(cursor, &seen->ip, 8) || !take(cursor, ids, sizeof ids) || !take(cursor, &time, 8) ||
        !take(cursor, &seen->chain_count, 8) || seen->chain_count > (1 << 20))
        return false;
    seen->pid = ids[0];
    seen->chain = skip(cursor, seen->chain_count * 8);
    if (seen->chain == NULL || unwind_register_mask() == 0)
        return seen->chain != NULL;
    if (!take(cursor, &abi, 8) ||
        (abi != PERF_SAMPLE_REGS_ABI_NONE && !take(cursor, seen->registers, registers * 8)))
        return false;
    seen->has_registers = abi == PERF_SAMPLE_REGS_ABI_64;
    if (!take(cursor, &size, 8) || size == 0)
        return true;
    seen->stack = skip(cursor, size);
    if (seen->stack == NULL || !take(cursor, &filled, 8))
        return false;
    seen->stack_size = filled < size ? filled : size;
    return true;
}

/* The chain has marks between the kernel's part and the user's. */
static base_err split_chain(const struct seen *seen, struct resolver *resolver, struct pile *pile,
                            uint64_t *user, size_t *user_count)
{
    bool is_kernel = !seen->is_user;
    base_err err = BASE_OK;
    for (uint64_t i = 0; i < seen->chain_count && err == BASE_OK; i++) {
        uint64_t address = 0;
        memcpy(&address, seen->chain + i * 8, 8);
        if (address >= (uint64_t)PERF_CONTEXT_MAX)
            is_kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
        else if (is_kernel)
            err = resolver_kernel(resolver, address, pile);
        else if (*user_count < PROF_DEPTH_MAX)
            user[(*user_count)++] = address;
    }
    return err;
}

static base_err play_sample(const struct perf_event_header *head, struct cursor *cursor,
                            struct resolver *resolver, double period_ns)
{
    static const double nothing[2] = { 0 };
    struct seen seen = { .is_user = (head->misc & PERF_RECORD_MISC_CPUMODE_MASK) ==
                                    PERF_RECORD_MISC_USER };
    struct pile pile = { .count = 0 };
    uint64_t chain[PROF_DEPTH_MAX], stack[PROF_DEPTH_MAX];
    size_t chain_count = 0;
    bool is_whole = false;
    if (!read_sample(cursor, &seen)) {
        resolver->stacks->about.lost++;
        return BASE_OK;
    }
    struct process *process = resolver_process(resolver, (int)seen.pid);
    base_err err = process != NULL ? BASE_OK : BASE_ENOMEM;
    if (err == BASE_OK)
        err = split_chain(&seen, resolver, &pile, chain, &chain_count);
    if (err != BASE_OK)
        return err;
    if (process->unwind == NULL)
        process->unwind = unwind_open(&resolver->images, &process->maps, process->pid);
    if (process->unwind == NULL)
        return BASE_ENOMEM;
    const struct unwind_sample sample = { seen.has_registers ? seen.registers : NULL, seen.stack,
                                          seen.stack_size, chain, chain_count };
    const size_t count = unwind_stack(process->unwind, &sample, stack, &is_whole);
    resolver->stacks->about.truncated += count > 0 && !is_whole;
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        err = resolver_user(resolver, process, stack[i], i > 0, &pile);
    const double values[2] = { period_ns, 1 };
    return err == BASE_OK
               ? resolver_add(resolver, process, &pile, pile.count > 0 ? values : nothing)
               : err;
}

static base_err play_one(const uint8_t *record, struct resolver *resolver, double period_ns)
{
    struct perf_event_header head;
    memcpy(&head, record, sizeof head);
    struct cursor cursor = { record + sizeof head, record + head.size };
    switch (head.type) {
    case PERF_RECORD_SAMPLE:
        return play_sample(&head, &cursor, resolver, period_ns);
    case PERF_RECORD_MMAP2:
        return play_mapping(&cursor, resolver);
    case PERF_RECORD_COMM:
        return play_name(&head, &cursor, resolver);
    case PERF_RECORD_FORK:
        return play_fork(&cursor, resolver);
    default:
        return BASE_OK;
    }
}

static int compare_places(const void *a, const void *b)
{
    const struct record_place *x = a, *y = b;
    if (x->time != y->time)
        return (x->time > y->time) - (x->time < y->time);
    return (x->at > y->at) - (x->at < y->at);
}

base_err records_play(struct records *records, struct resolver *resolver, double period_ns)
{
    base_err err = BASE_OK;
    qsort(records->places, records->count, sizeof *records->places, compare_places);
    for (size_t i = 0; i < resolver->process_count; i++)
        process_forget_jit(resolver->processes[i]);
    for (size_t i = 0; i < records->count && err == BASE_OK; i++)
        err = play_one(records->bytes.data + records->places[i].at, resolver, period_ns);
    resolver->stacks->about.lost += records->lost;
    records->lost = 0;
    records_clear(records);
    return err;
}
