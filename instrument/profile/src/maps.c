/* maps.c - a process has some dozens of executable mappings: a list, searched from its end. */
#include "maps_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 << 20 };

void maps_clear(struct maps *maps)
{
    base_arena_done(&maps->arena);
    free(maps->entries);
    memset(maps, 0, sizeof *maps);
}

base_err maps_add(struct maps *maps, const struct maps_entry *entry)
{
    if (maps->count == MAPS_MAX)
        return BASE_EFULL;
    if (maps->count == maps->capacity) {
        const size_t more = maps->capacity == 0 ? 32 : 2 * maps->capacity;
        void *memory = realloc(maps->entries, more * sizeof *maps->entries);
        if (memory == NULL)
            return BASE_ENOMEM;
        maps->entries = memory;
        maps->capacity = more;
    }
    struct maps_entry copy = *entry;
    copy.path = base_arena_text(&maps->arena, entry->path != NULL ? entry->path : "");
    if (copy.path == NULL)
        return BASE_ENOMEM;
    maps->entries[maps->count++] = copy;
    return BASE_OK;
}

base_err maps_copy(struct maps *into, const struct maps *from)
{
    base_err err = BASE_OK;
    for (size_t i = 0; i < from->count && err == BASE_OK; i++)
        err = maps_add(into, &from->entries[i]);
    return err;
}

static base_err parse_line(struct maps *maps, const char *line)
{
    unsigned long long start = 0, end = 0, offset = 0, inode = 0;
    char rights[8] = "";
    int path_at = 0;
    if (sscanf(line, "%llx-%llx %7s %llx %*x:%*x %llu %n", &start, &end, rights, &offset, &inode,
               &path_at) < 5 ||
        path_at == 0 || start >= end || strlen(rights) < 3 || rights[2] != 'x')
        return BASE_OK;
    const struct maps_entry entry = { start, end, offset, inode, line + path_at };
    return maps_add(maps, &entry);
}

base_err maps_parse(struct maps *maps, struct base_span text)
{
    char line[MAPS_PATH_SIZE + 128];
    base_err err = BASE_OK;
    for (size_t at = 0; at < text.size && err == BASE_OK;) {
        const uint8_t *start = text.data + at;
        const uint8_t *stop = memchr(start, '\n', text.size - at);
        const size_t size = stop != NULL ? (size_t)(stop - start) : text.size - at;
        at += size + 1;
        if (size >= sizeof line)
            continue;
        memcpy(line, start, size);
        line[size] = '\0';
        err = parse_line(maps, line);
    }
    return err;
}

base_err maps_read(struct maps *maps, int pid, struct base_why *why)
{
    char path[64];
    struct base_buf text = { 0 };
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    base_err err = base_buf_read_file(&text, path, TEXT_MAX, why);
    if (err == BASE_OK)
        err = maps_parse(maps, base_buf_span(&text));
    base_buf_done(&text);
    return err;
}

const struct maps_entry *maps_find(const struct maps *maps, uint64_t address)
{
    for (size_t i = maps->count; i-- > 0;)
        if (address >= maps->entries[i].start && address < maps->entries[i].end)
            return &maps->entries[i];
    return NULL;
}

bool maps_is_file(const struct maps_entry *entry)
{
    return entry->path[0] == '/' && entry->path[1] != '/' &&
           strncmp(entry->path, "/dev/", 5) != 0 && strncmp(entry->path, "/memfd:", 7) != 0 &&
           strncmp(entry->path, "/SYSV", 5) != 0;
}
