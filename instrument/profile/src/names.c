/* names.c - parse, sort by start, look up by halving. */
#define _GNU_SOURCE
#include "names_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINE_SIZE = 8192, LAST_SIZE = 4096, OVERLAP_MAX = 16 };

typedef base_err line_fn(struct names *names, char *line);

void names_done(struct names *names)
{
    base_arena_done(&names->arena);
    free(names->entries);
    memset(names, 0, sizeof *names);
}

static base_err add(struct names *names, uint64_t start, uint64_t end, const char *name)
{
    if (names->count == NAMES_MAX)
        return BASE_EFULL;
    if (names->count == names->capacity) {
        const size_t more = names->capacity == 0 ? 256 : 2 * names->capacity;
        void *memory = realloc(names->entries, more * sizeof *names->entries);
        if (memory == NULL)
            return BASE_ENOMEM;
        names->entries = memory;
        names->capacity = more;
    }
    const char *copy = base_arena_text(&names->arena, name);
    if (copy == NULL)
        return BASE_ENOMEM;
    names->entries[names->count] = (struct names_entry){ start, end, copy, names->count };
    names->count++;
    return BASE_OK;
}

static base_err jit_line(struct names *names, char *line)
{
    char *end = NULL;
    const uint64_t start = strtoull(line, &end, 16);
    if (end == line || *end != ' ')
        return BASE_OK;
    char *from = end + 1;
    const uint64_t size = strtoull(from, &end, 16);
    if (end == from || *end != ' ' || end[1] == '\0' || size == 0 || start + size < start)
        return BASE_OK;
    return add(names, start, start + size, end + 1);
}

static base_err kernel_line(struct names *names, char *line)
{
    char *end = NULL;
    const uint64_t start = strtoull(line, &end, 16);
    if (end == line || start == 0 || end[0] != ' ' || end[1] == '\0' || end[2] != ' ' ||
        strchr("tTwW", end[1]) == NULL)
        return BASE_OK;
    char *name = end + 3;
    name[strcspn(name, "\t ")] = '\0'; /* the module follows */
    return add(names, start, start, name);
}

static base_err each_line(struct names *names, struct base_span text, line_fn *fn)
{
    char line[LINE_SIZE];
    base_err err = BASE_OK;
    for (size_t at = 0; at < text.size && err == BASE_OK;) {
        const uint8_t *start = text.data + at;
        const uint8_t *stop = memchr(start, '\n', text.size - at);
        const size_t size = stop != NULL ? (size_t)(stop - start) : text.size - at;
        const size_t kept = size < sizeof line ? size : sizeof line - 1;
        at += size + 1;
        memcpy(line, start, kept);
        line[kept] = '\0';
        err = fn(names, line);
    }
    return err;
}

/* By start, then by place in the text. */
static int compare_entries(const void *a, const void *b)
{
    const struct names_entry *x = a, *y = b;
    const int order = (x->start > y->start) - (x->start < y->start);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Sort; of entries with the same start the last line stays. */
static void settle(struct names *names)
{
    size_t kept = 0;
    if (names->count == 0)
        return;
    qsort(names->entries, names->count, sizeof *names->entries, compare_entries);
    for (size_t i = 0; i < names->count; i++)
        if (i + 1 == names->count || names->entries[i + 1].start != names->entries[i].start)
            names->entries[kept++] = names->entries[i];
    names->count = kept;
}

base_err names_parse_jit(struct names *names, struct base_span text)
{
    const base_err err = each_line(names, text, jit_line);
    settle(names);
    return err;
}

base_err names_parse_kernel(struct names *names, struct base_span text)
{
    const base_err err = each_line(names, text, kernel_line);
    settle(names);
    for (size_t i = 0; i < names->count; i++)
        names->entries[i].end = i + 1 < names->count ? names->entries[i + 1].start
                                                     : names->entries[i].start + LAST_SIZE;
    return err;
}

/* A file that any user can make in /tmp: it must be the process's own, or root's. */
static base_err check_owner(const char *path, int pid, struct base_why *why)
{
    char folder[64];
    struct stat file, process;
    snprintf(folder, sizeof folder, "/proc/%d", pid);
    if (stat(path, &file) != 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s is not there", path);
    if (stat(folder, &process) != 0 || !S_ISREG(file.st_mode) ||
        (file.st_uid != process.st_uid && file.st_uid != 0))
        return base_fail(why, BASE_EIO, 0, "%s is no regular file of the process's own user", path);
    return BASE_OK;
}

base_err names_read_jit(struct names *names, int pid, struct base_why *why)
{
    char path[96];
    struct base_buf text = { 0 };
    /* Where JITs publish their symbols, in the process's own root: Linux perf, jit-interface.txt */
    snprintf(path, sizeof path, "/proc/%d/root/tmp/perf-%d.map", pid, pid);
    base_err err = check_owner(path, pid, why);
    if (err == BASE_OK)
        err = base_buf_read_file(&text, path, NAMES_FILE_MAX, why);
    if (err == BASE_OK)
        err = names_parse_jit(names, base_buf_span(&text));
    base_buf_done(&text);
    return err;
}

base_err names_read_kernel(struct names *names, struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = base_buf_read_file(&text, "/proc/kallsyms", NAMES_FILE_MAX, why);
    if (err == BASE_OK)
        err = names_parse_kernel(names, base_buf_span(&text));
    base_buf_done(&text);
    return err;
}

const struct names_entry *names_find(const struct names *names, uint64_t address)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (names->entries[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t back = 0; back < low && back < OVERLAP_MAX; back++)
        if (address < names->entries[low - 1 - back].end)
            return &names->entries[low - 1 - back];
    return NULL;
}
