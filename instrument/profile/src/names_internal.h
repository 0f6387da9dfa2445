/* names_internal.h - lists of "address size name" that somebody wrote down: the map of a JIT
 * compiler (/tmp/perf-PID.map) and the kernel's symbols (/proc/kallsyms). */
#ifndef PROF_NAMES_INTERNAL_H
#define PROF_NAMES_INTERNAL_H

#include <base/arena.h>
#include <base/buf.h>
#include <base/err.h>

enum { NAMES_MAX = 1 << 21, NAMES_FILE_MAX = 256 << 20 };

struct names_entry {
    uint64_t start, end;
    const char *name;
    size_t line; /* of the text, counted among those that were kept */
};

struct names {
    struct base_arena arena;
    struct names_entry *entries; /* [count] by start; of two with the same start the later line's */
    size_t count, capacity;
};

/* "START SIZE name" in hexadecimal, one a line; a name may have blanks. Lines that are not so are
 * passed over; with the same start the last one holds (code was made anew). Errors: ENOMEM, EFULL
 * Source: Linux tools/perf/Documentation/jit-interface.txt */
BASE_MUST_USE base_err names_parse_jit(struct names *names, struct base_span text);

/* "ADDRESS type name [module]": only what is code (t, T, w, W). A kernel that hides its addresses
 * has only zeros, which gives no entries. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err names_parse_kernel(struct names *names, struct base_span text);

/* Read the map of a process, as it sees /tmp; it has to belong to the process's user or to root.
 * Errors: ENOTFOUND (there is none), EIO, ENOMEM, EFULL */
BASE_MUST_USE base_err names_read_jit(struct names *names, int pid, struct base_why *why);
BASE_MUST_USE base_err names_read_kernel(struct names *names, struct base_why *why);

void names_done(struct names *names);

/* The name an address belongs to, or NULL. */
const struct names_entry *names_find(const struct names *names, uint64_t address);

#endif
