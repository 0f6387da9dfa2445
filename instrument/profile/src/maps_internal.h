/* maps_internal.h - which file stands where in a process: lines of /proc/PID/maps, and mappings
 * that came later. Only executable mappings are kept. */
#ifndef PROF_MAPS_INTERNAL_H
#define PROF_MAPS_INTERNAL_H

#include <base/arena.h>
#include <base/buf.h>
#include <base/err.h>

#include <stdbool.h>

enum { MAPS_MAX = 1 << 16, MAPS_PATH_SIZE = 4096 };

struct maps_entry {
    uint64_t start, end; /* addresses */
    uint64_t offset;     /* of start in the file */
    uint64_t inode;      /* 0: not a file, or not known */
    const char *path;    /* "[vdso]", "//anon" and "" are no files */
};

struct maps {
    struct base_arena arena;    /* the paths */
    struct maps_entry *entries; /* [count] the newest last: it wins where two overlap */
    size_t count, capacity;
};

/* Add the executable lines of a text in the form of /proc/PID/maps. Lines that are not are passed
 * over. Errors: ENOMEM, EFULL
 * Source: proc(5) */
BASE_MUST_USE base_err maps_parse(struct maps *maps, struct base_span text);

/* The same for a living process. Errors: those above, ENOTFOUND (no such process), EIO (not
 * permitted) */
BASE_MUST_USE base_err maps_read(struct maps *maps, int pid, struct base_why *why);

BASE_MUST_USE base_err maps_add(struct maps *maps, const struct maps_entry *entry);
BASE_MUST_USE base_err maps_copy(struct maps *into, const struct maps *from);
void maps_clear(struct maps *maps);

/* The entry that an address is in, or NULL. */
const struct maps_entry *maps_find(const struct maps *maps, uint64_t address);

/* Is there a file behind it (that may be gone by now)? */
bool maps_is_file(const struct maps_entry *entry);

#endif
