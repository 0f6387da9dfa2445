/* arena.h - memory that is released all at once.
 *
 * Ownership everything handed out lives until base_arena_done
 * Threads   one arena, one thread
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <base/err.h>

struct base_arena_chunk;

/* A zeroed arena is empty and valid. */
struct base_arena {
    struct base_arena_chunk *chunks;
    size_t size_bytes; /* handed out so far, with padding */
};

void base_arena_done(struct base_arena *arena);

/* Zeroed memory, aligned to 16 bytes; NULL when out of memory. Cost: amortised O(size). */
void *base_arena_alloc(struct base_arena *arena, size_t size);

/* count * size with overflow check. */
void *base_arena_array(struct base_arena *arena, size_t count, size_t size);

/* Copies that end with a zero byte. */
char *base_arena_text(struct base_arena *arena, const char *text);
char *base_arena_text_of(struct base_arena *arena, const char *text, size_t size);
char *base_arena_printf(struct base_arena *arena, const char *format, ...) BASE_PRINTF(2, 3);

#endif
