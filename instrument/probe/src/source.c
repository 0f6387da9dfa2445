/* source.c - reading of pseudo files and the few shapes of text that stand in them. */
#define _GNU_SOURCE
#include "source_internal.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool path_of(char *path, const char *root, const char *format, va_list list)
{
    const int size = snprintf(path, PROBE_PATH_SIZE, "%s", root != NULL ? root : "");
    if (size < 0 || size >= PROBE_PATH_SIZE)
        return false;
    const int more = vsnprintf(path + size, (size_t)(PROBE_PATH_SIZE - size), format, list);
    return more >= 0 && more < PROBE_PATH_SIZE - size;
}

static const char *read_path(const char *path, struct base_buf *buf)
{
    base_buf_clear(buf);
    if (base_buf_read_file(buf, path, PROBE_SOURCE_MAX, NULL) != BASE_OK)
        return NULL;
    while (buf->size > 0 && strchr(" \t\r\n", buf->data[buf->size - 1]) != NULL)
        buf->size--;
    return buf->size > 0 ? base_buf_text(buf) : NULL;
}

const char *probe_source_read(const char *root, struct base_buf *buf, const char *format, ...)
{
    char path[PROBE_PATH_SIZE];
    va_list list;
    va_start(list, format);
    const bool is_path = path_of(path, root, format, list);
    va_end(list);
    return is_path ? read_path(path, buf) : NULL;
}

static const char *line_text(struct base_arena *arena, const char *at)
{
    size_t size = strcspn(at, "\n");
    while (size > 0 && strchr(" \t\r", at[size - 1]) != NULL)
        size--;
    return size > 0 ? base_arena_text_of(arena, at, size) : NULL;
}

const char *probe_source_text(const char *root, struct base_arena *arena, const char *format, ...)
{
    char path[PROBE_PATH_SIZE];
    va_list list;
    va_start(list, format);
    const bool is_path = path_of(path, root, format, list);
    va_end(list);
    struct base_buf buf = { 0 };
    const char *text = is_path ? read_path(path, &buf) : NULL;
    const char *line = text != NULL ? line_text(arena, text) : NULL;
    base_buf_done(&buf);
    return line;
}

static bool number_at(const char *at, int64_t *value)
{
    char *end = NULL;
    const long long number = strtoll(at, &end, 10);
    if (end == at)
        return false;
    *value = number;
    return true;
}

bool probe_source_number(const char *root, int64_t *value, const char *format, ...)
{
    char path[PROBE_PATH_SIZE];
    va_list list;
    va_start(list, format);
    const bool is_path = path_of(path, root, format, list);
    va_end(list);
    struct base_buf buf = { 0 };
    const char *text = is_path ? read_path(path, &buf) : NULL;
    const bool is_number = text != NULL && number_at(text, value);
    base_buf_done(&buf);
    return is_number;
}

bool probe_source_exists(const char *root, const char *path)
{
    char full[PROBE_PATH_SIZE];
    const int size = snprintf(full, sizeof full, "%s%s", root != NULL ? root : "", path);
    return size > 0 && size < (int)sizeof full && access(full, F_OK) == 0;
}

const char *probe_source_value(const char *text, const char *key)
{
    const size_t size = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, size) == 0) {
            const char *at = line + size + strspn(line + size, " \t");
            if (*at == ':' || *at == '=')
                return at + 1 + strspn(at + 1, " \t");
            if (at != line + size)
                return at;
        }
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return NULL;
}

const char *probe_source_value_text(struct base_arena *arena, const char *text, const char *key)
{
    const char *at = probe_source_value(text, key);
    return at != NULL ? line_text(arena, at) : NULL;
}

bool probe_source_value_number(const char *text, const char *key, int64_t *value)
{
    const char *at = probe_source_value(text, key);
    return at != NULL && number_at(at, value);
}

bool probe_source_has_word(const char *list, const char *word)
{
    const size_t size = strlen(word);
    while (list != NULL && *list != '\0' && *list != '\n') {
        const size_t span = strcspn(list, " \t\n");
        if (span == size && memcmp(list, word, size) == 0)
            return true;
        list += span;
        list += strspn(list, " \t");
    }
    return false;
}

size_t probe_source_list(const char *list, int *ids, size_t capacity)
{
    size_t count = 0;
    for (const char *at = list; at != NULL && *at >= '0' && *at <= '9';) {
        char *end = NULL;
        const long first = strtol(at, &end, 10);
        long last = first;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        for (long id = first; id <= last && count < capacity; id++, count++)
            if (ids != NULL)
                ids[count] = (int)id;
        at = *end == ',' ? end + 1 : NULL;
    }
    return count;
}

static int by_name(const void *a, const void *b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

bool probe_source_names(const char *root, const char *path, struct base_arena *arena,
                        const char ***names, size_t *count)
{
    char full[PROBE_PATH_SIZE];
    const int size = snprintf(full, sizeof full, "%s%s", root != NULL ? root : "", path);
    DIR *folder = size > 0 && size < (int)sizeof full ? opendir(full) : NULL;
    if (folder == NULL)
        return false;
    size_t capacity = 0;
    size_t found = 0;
    const char **list = NULL;
    bool is_good = true;
    for (struct dirent *entry = readdir(folder); entry != NULL && is_good;
         entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        if (found == capacity) { /* the arena keeps the old array: twice the memory at most */
            capacity = capacity == 0 ? 64 : 2 * capacity;
            const char **more = base_arena_array(arena, capacity, sizeof *more);
            if (more != NULL && found > 0)
                memcpy(more, list, found * sizeof *more);
            list = more;
        }
        is_good = list != NULL && (list[found++] = base_arena_text(arena, entry->d_name)) != NULL;
    }
    closedir(folder);
    if (!is_good)
        return false;
    if (found > 0)
        qsort(list, found, sizeof *list, by_name);
    *names = list;
    *count = found;
    return true;
}
