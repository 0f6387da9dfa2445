/* image_internal.h - ELF files, each opened once however many processes have it, and the functions
 * in them: symbol tables, DWARF for inlined calls and source lines, separate debug files, and where
 * there is no name the bounds of the function from the unwind table. Source: elfutils libdwfl */
#ifndef PROF_IMAGE_INTERNAL_H
#define PROF_IMAGE_INTERNAL_H

#include "maps_internal.h"

#include <prof/stacks.h>

#include <elfutils/libdwfl.h>

enum { IMAGE_MAX = 4096, IMAGE_SEGMENT_MAX = 16, IMAGE_INLINE_MAX = 32 };

struct image_segment { /* a PT_LOAD that is executable */
    uint64_t offset, address, size;
};

/* The stubs that calls of shared libraries go through: entry i belongs to the i-th of the section's
 * relocations. Source: System V ABI AMD64, "Procedure Linkage Table" */
struct image_stubs {
    uint64_t address, size, entry_size;
    bool has_head; /* entry 0 is no call's */
};

struct image {
    const char *path;
    uint64_t inode;
    Dwfl *dwfl; /* one module at its linked addresses; NULL: cannot be used */
    Dwfl_Module *module;
    const char *reason; /* why there are no names: "stripped", "cannot be opened", ... */
    struct image_segment segments[IMAGE_SEGMENT_MAX];
    size_t segment_count;
    struct image_stubs stubs; /* size 0: none */
    Elf *elf;                 /* of the module; at linked addresses */
};

struct images {
    struct base_arena arena;
    struct image *items[IMAGE_MAX];
    size_t count;
    char *vdso_path; /* of a copy of the vdso, or NULL */
    int vdso_fd;
};

/* The image of a mapping; NULL when the mapping is no file or there is no memory. A file that was
 * replaced since it was mapped (another inode) is an image without names. */
struct image *image_of(struct images *images, const struct maps_entry *entry);
void images_done(struct images *images);

/* What has to be added to linked addresses to get the process's. False: not an ELF file. */
bool image_bias(const struct image *image, const struct maps_entry *entry, uint64_t *bias);

/* The functions at a linked address, innermost first: inlined ones and at last the real one.
 *
 *   out      [IMAGE_INLINE_MAX] texts live as long as `images`
 *
 * Returns  how many, at least 1; the last one's kind is PROF_FRAME_UNKNOWN when there is no name
 */
size_t image_frames(struct images *images, struct image *image, uint64_t address,
                    struct prof_frame *out);

#endif
