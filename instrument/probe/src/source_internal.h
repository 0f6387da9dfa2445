/* source_internal.h - small files below a root, and what stands in them.
 *
 * A missing, unreadable or empty file is "no": callers leave their field absent. */
#ifndef PROBE_SOURCE_INTERNAL_H
#define PROBE_SOURCE_INTERNAL_H

#include <base/arena.h>
#include <base/buf.h>

#include <stdbool.h>

enum {
    PROBE_PATH_SIZE = 512,
    PROBE_SOURCE_MAX =
        16 << 20, /* larger files are taken for missing: cpuinfo of 8192 CPUs is 13 MB */
};

/* The text of a file, with its end cut of blanks; NULL: none. Lives until the next use of `buf`. */
const char *probe_source_read(const char *root, struct base_buf *buf, const char *format, ...)
    BASE_PRINTF(3, 4);

/* Its first line, copied. */
const char *probe_source_text(const char *root, struct base_arena *arena, const char *format, ...)
    BASE_PRINTF(3, 4);

/* The whole number that it begins with. */
bool probe_source_number(const char *root, int64_t *value, const char *format, ...)
    BASE_PRINTF(3, 4);
bool probe_source_exists(const char *root, const char *path);

/* What follows "key", blanks and a ':' or '=' on the first line that begins so; NULL: none.
 * Not ended: the value goes to the end of its line. */
const char *probe_source_value(const char *text, const char *key);

/* The value of a key as a copy of its line's rest, and as a number. */
const char *probe_source_value_text(struct base_arena *arena, const char *text, const char *key);
bool probe_source_value_number(const char *text, const char *key, int64_t *value);

/* Does a list of words hold this one? Words are parted by blanks. The list ends with its line. */
bool probe_source_has_word(const char *list, const char *word);

/* "0-3,8" as 0 1 2 3 8: how many, at most `capacity`, and which (ids may be NULL). Of odd text,
 * what precedes the oddity. */
size_t probe_source_list(const char *list, int *ids, size_t capacity);

/* Names in a folder, sorted, without those that begin with a dot. False: no folder or no memory. */
bool probe_source_names(const char *root, const char *path, struct base_arena *arena,
                        const char ***names, size_t *count);

#endif
