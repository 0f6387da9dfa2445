/* image.c - one Dwfl a file, at bias 0: names are looked up once for all processes. */
#define _GNU_SOURCE
#include "image_internal.h"

#include <dwarf.h>
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const Dwfl_Callbacks callbacks = { .find_elf = dwfl_build_id_find_elf,
                                          .find_debuginfo = dwfl_standard_find_debuginfo,
                                          .section_address = dwfl_offline_section_address };

/* The kernel's page of code is the same in every process of this kind: a copy of our own serves. */
static const char *vdso_copy(struct images *images)
{
    const uint8_t *start = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    if (images->vdso_path != NULL || start == NULL)
        return images->vdso_path;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)start;
    const size_t size = head->e_shoff + (size_t)head->e_shentsize * head->e_shnum;
    images->vdso_fd = memfd_create("vdso", MFD_CLOEXEC);
    if (images->vdso_fd < 0 || write(images->vdso_fd, start, size) != (ssize_t)size)
        return NULL;
    images->vdso_path = base_arena_printf(&images->arena, "/proc/self/fd/%d", images->vdso_fd);
    return images->vdso_path;
}

static void find_segments(struct image *image)
{
    size_t count = 0;
    Elf *elf = image->elf;
    if (elf == NULL || elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count && image->segment_count < IMAGE_SEGMENT_MAX; i++) {
        GElf_Phdr head;
        if (gelf_getphdr(elf, (int)i, &head) != NULL && head.p_type == PT_LOAD &&
            (head.p_flags & PF_X) != 0)
            image->segments[image->segment_count++] =
                (struct image_segment){ head.p_offset, head.p_vaddr, head.p_memsz };
    }
}

/* The next section of a file and its name, or NULL. */
static Elf_Scn *next_section(Elf *elf, Elf_Scn *section, GElf_Shdr *head, const char **name)
{
    size_t names = 0;
    section = elf_nextscn(elf, section);
    if (section == NULL || gelf_getshdr(section, head) == NULL ||
        elf_getshdrstrndx(elf, &names) != 0)
        return NULL;
    *name = elf_strptr(elf, names, head->sh_name);
    *name = *name != NULL ? *name : "";
    return section;
}

/* Is there a table of all symbols, and where are the stubs? With .plt.sec that is what is called.
 */
static void look_at_sections(struct image *image)
{
    GElf_Shdr head;
    const char *name = "";
    for (Elf_Scn *section = NULL;
         (section = next_section(image->elf, section, &head, &name)) != NULL;) {
        if (head.sh_type == SHT_SYMTAB)
            image->reason = "these places have no symbol";
        const bool is_second = strcmp(name, ".plt.sec") == 0;
        if (is_second || (strcmp(name, ".plt") == 0 && image->stubs.size == 0))
            image->stubs =
                (struct image_stubs){ head.sh_addr, head.sh_size,
                                      head.sh_entsize > 0 ? head.sh_entsize : 16, !is_second };
    }
}

static void open_image(struct image *image, const char *file)
{
    image->reason = "cannot be read as an ELF file";
    image->dwfl = dwfl_begin(&callbacks);
    if (image->dwfl == NULL)
        return;
    dwfl_report_begin(image->dwfl);
    image->module = dwfl_report_elf(image->dwfl, "image", file, -1, 0, true);
    dwfl_report_end(image->dwfl, NULL, NULL);
    if (image->module == NULL) {
        dwfl_end(image->dwfl);
        image->dwfl = NULL;
        return;
    }
    GElf_Addr bias = 0;
    image->reason = "stripped";
    image->elf = dwfl_module_getelf(image->module, &bias);
    if (image->elf == NULL)
        return;
    find_segments(image);
    look_at_sections(image);
    const char *debug_file = NULL;
    (void)dwfl_module_getsymtab(image->module); /* looks for a separate file with the symbols */
    dwfl_module_info(image->module, NULL, NULL, NULL, NULL, NULL, NULL, &debug_file);
    if (debug_file != NULL)
        image->reason = "these places have no symbol";
}

static struct image *add_image(struct images *images, const struct maps_entry *entry)
{
    struct stat now;
    const bool is_vdso = strcmp(entry->path, "[vdso]") == 0;
    struct image *image = calloc(1, sizeof *image);
    if (image == NULL)
        return NULL;
    image->path = base_arena_text(&images->arena, entry->path);
    image->inode = entry->inode;
    const char *file = is_vdso ? vdso_copy(images) : entry->path;
    if (image->path == NULL) {
        free(image);
        return NULL;
    }
    if (file == NULL || (!is_vdso && stat(file, &now) != 0))
        image->reason = "no longer there";
    else if (!is_vdso && entry->inode != 0 && now.st_ino != entry->inode)
        image->reason = "replaced since it was loaded";
    else
        open_image(image, file);
    images->items[images->count++] = image;
    return image;
}

struct image *image_of(struct images *images, const struct maps_entry *entry)
{
    if (!maps_is_file(entry) && strcmp(entry->path, "[vdso]") != 0)
        return NULL;
    for (size_t i = 0; i < images->count; i++)
        if (images->items[i]->inode == entry->inode &&
            strcmp(images->items[i]->path, entry->path) == 0)
            return images->items[i];
    elf_version(EV_CURRENT);
    return images->count < IMAGE_MAX ? add_image(images, entry) : NULL;
}

void images_done(struct images *images)
{
    for (size_t i = 0; i < images->count; i++) {
        dwfl_end(images->items[i]->dwfl);
        free(images->items[i]);
    }
    if (images->vdso_path != NULL)
        close(images->vdso_fd);
    base_arena_done(&images->arena);
    memset(images, 0, sizeof *images);
}

bool image_bias(const struct image *image, const struct maps_entry *entry, uint64_t *bias)
{
    const uint64_t size = entry->end - entry->start;
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        if (segment->offset + segment->size > entry->offset &&
            segment->offset < entry->offset + size) {
            *bias = entry->start - entry->offset + segment->offset - segment->address;
            return true;
        }
    }
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Where the function around an address begins, by the table that exceptions unwind with: it stays
 * in stripped files. Falls back on the address itself. */
static uint64_t function_start(const struct image *image, uint64_t address)
{
    Dwarf_Addr bias = 0, start = address, end = 0;
    Dwarf_Frame *frame = NULL;
    Dwarf_CFI *cfi = dwfl_module_eh_cfi(image->module, &bias);
    if (cfi == NULL || dwarf_cfi_addrframe(cfi, address - bias, &frame) != 0)
        return address;
    if (dwarf_frame_info(frame, &start, &end, NULL) < 0)
        start = address - bias;
    free(frame);
    return start + bias;
}

static void unknown_frame(struct images *images, const struct image *image, uint64_t address,
                          struct prof_frame *out)
{
    const uint64_t start = image->elf != NULL ? function_start(image, address) : address;
    const char *name = base_arena_printf(&images->arena, "[%s+0x%llx]", base_name(image->path),
                                         (unsigned long long)start);
    *out = (struct prof_frame){ .name = name != NULL ? name : "[unknown]",
                                .module = image->path,
                                .kind = PROF_FRAME_UNKNOWN };
}

/* The symbol must reach to the address: the nearest one before it is no answer. */
static const char *symbol_name(const struct image *image, uint64_t address)
{
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char *name =
        dwfl_module_addrinfo(image->module, address, &offset, &symbol, NULL, NULL, NULL);
    if (name == NULL || (symbol.st_size > 0 && offset >= symbol.st_size))
        return NULL;
    /* One without a size reaches to the next, which is right for assembly where all symbols are
     * known, and a guess where few are. */
    return symbol.st_size == 0 && strcmp(image->reason, "stripped") == 0 ? NULL : name;
}

/* The symbol of relocation `index` of .rela.plt, or NULL. */
static const char *relocated_name(Elf *elf, size_t index)
{
    GElf_Shdr head, symbols_head;
    GElf_Rela relocation;
    GElf_Sym symbol;
    const char *name = "";
    for (Elf_Scn *section = NULL; (section = next_section(elf, section, &head, &name)) != NULL;) {
        if (strcmp(name, ".rela.plt") != 0)
            continue;
        Elf_Scn *symbols = elf_getscn(elf, head.sh_link);
        if (gelf_getrela(elf_getdata(section, NULL), (int)index, &relocation) == NULL ||
            symbols == NULL || gelf_getshdr(symbols, &symbols_head) == NULL ||
            gelf_getsym(elf_getdata(symbols, NULL), (int)GELF_R_SYM(relocation.r_info), &symbol) ==
                NULL)
            return NULL;
        return elf_strptr(elf, symbols_head.sh_link, symbol.st_name);
    }
    return NULL;
}

/* "memcpy@plt" for the stub of a call into a shared library, else NULL. */
static const char *stub_name(struct images *images, const struct image *image, uint64_t address)
{
    const struct image_stubs *stubs = &image->stubs;
    if (address < stubs->address || address - stubs->address >= stubs->size)
        return NULL;
    const uint64_t entry = (address - stubs->address) / stubs->entry_size;
    const char *name =
        entry < stubs->has_head ? NULL : relocated_name(image->elf, entry - stubs->has_head);
    return name != NULL && name[0] != '\0' ? base_arena_printf(&images->arena, "%s@plt", name)
                                           : "[plt]";
}

/* Which version of a symbol it is says nothing to a reader: "memcpy@@GLIBC_2.14". */
static const char *without_version(struct images *images, const char *name)
{
    const char *at = name != NULL ? strchr(name, '@') : NULL;
    const char *cut = at != NULL && at > name
                          ? base_arena_text_of(&images->arena, name, (size_t)(at - name))
                          : NULL;
    return cut != NULL ? cut : name;
}

/* Name and place of a function's or an inlined call's entry. */
static void describe_die(Dwarf_Die *die, struct prof_frame *out)
{
    int line = 0;
    Dwarf_Attribute held;
    const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &held));
    if (name == NULL)
        name = dwarf_diename(die);
    const char *file = dwarf_decl_file(die);
    if (dwarf_decl_line(die, &line) != 0 || line < 0)
        line = 0;
    if (name != NULL)
        out->name = name;
    out->file = file;
    out->line = (uint32_t)line;
}

/* The calls that were put into the function around the address, innermost first, and the place of
 * the function itself. The symbol's name stays: it is what the linker knows. */
static size_t describe_scopes(const struct image *image, uint64_t address,
                              const struct prof_frame *whole, struct prof_frame *out)
{
    Dwarf_Addr bias = 0;
    Dwarf_Die *scopes = NULL, *inner = NULL;
    size_t count = 0;
    int scope_count = 0;
    Dwarf_Die *unit = dwfl_module_addrdie(image->module, address, &bias);
    /* The first call knows the place, the second which entries it really stands in: past an inlined
     * one, the first goes on with where that function was written. */
    if (unit != NULL && dwarf_getscopes(unit, address - bias, &inner) > 0)
        scope_count = dwarf_getscopes_die(&inner[0], &scopes);
    free(inner);
    out[0] = *whole;
    for (int i = 0; i < scope_count; i++) {
        const int tag = dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_inlined_subroutine && count + 1 < IMAGE_INLINE_MAX) {
            out[count] = *whole;
            out[count].kind = PROF_FRAME_INLINED;
            describe_die(&scopes[i], &out[count]);
            out[++count] = *whole;
        } else if (tag == DW_TAG_subprogram) {
            describe_die(&scopes[i], &out[count]);
            if (whole->kind == PROF_FRAME_USER)
                out[count].name = whole->name;
            else if (out[count].name != whole->name)
                out[count].kind = PROF_FRAME_USER;
            break;
        }
    }
    free(scopes);
    return count + 1;
}

size_t image_frames(struct images *images, struct image *image, uint64_t address,
                    struct prof_frame *out)
{
    const char *name =
        image->elf != NULL ? without_version(images, symbol_name(image, address)) : NULL;
    if (name == NULL && image->elf != NULL)
        name = stub_name(images, image, address);
    struct prof_frame whole = { .name = name, .module = image->path, .kind = PROF_FRAME_USER };
    if (name == NULL)
        unknown_frame(images, image, address, &whole);
    if (image->elf == NULL) {
        out[0] = whole;
        return 1;
    }
    return describe_scopes(image, address, &whole, out);
}
