/* arena.c - a list of chunks, each at least twice the last; bump allocation in the newest. */
#include <base/arena.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK_SIZE = 4096, CHUNK_SIZE_MAX = 1 << 20, ALIGNMENT = 16 };

struct base_arena_chunk {
    struct base_arena_chunk *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

void base_arena_done(struct base_arena *arena)
{
    for (struct base_arena_chunk *chunk = arena->chunks; chunk != NULL;) {
        struct base_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *arena = (struct base_arena){ 0 };
}

static struct base_arena_chunk *chunk_new(size_t last, size_t need)
{
    size_t size = last == 0 ? FIRST_CHUNK_SIZE : last * 2;
    if (size > CHUNK_SIZE_MAX)
        size = CHUNK_SIZE_MAX;
    if (size < need)
        size = need;
    struct base_arena_chunk *chunk = calloc(1, sizeof *chunk + size);
    if (chunk != NULL)
        chunk->size = size;
    return chunk;
}

void *base_arena_alloc(struct base_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    const size_t need = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct base_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < need) {
        chunk = chunk_new(chunk == NULL ? 0 : chunk->size, need);
        if (chunk == NULL)
            return NULL;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = chunk->data + chunk->used;
    chunk->used += need;
    arena->size_bytes += need;
    return memory;
}

void *base_arena_array(struct base_arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return base_arena_alloc(arena, total);
}

char *base_arena_text_of(struct base_arena *arena, const char *text, size_t size)
{
    char *copy = size == SIZE_MAX ? NULL : base_arena_alloc(arena, size + 1);
    if (copy != NULL && size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *base_arena_text(struct base_arena *arena, const char *text)
{
    return base_arena_text_of(arena, text, strlen(text));
}

char *base_arena_printf(struct base_arena *arena, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    va_list again;
    va_copy(again, list);
    const int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = size < 0 ? NULL : base_arena_alloc(arena, (size_t)size + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}
