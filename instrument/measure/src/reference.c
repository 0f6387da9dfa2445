/* reference.c - a walk is stored, one index in each cache line, so that the next address is known
 * only when the line has arrived. */
#define _GNU_SOURCE
#include <bench/reference.h>

#include <bench/keep.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

enum { LINE_WORDS = 16, LINE_SIZE = LINE_WORDS * 4, PAGE_SIZE = 4096, LARGE_PAGE = 2 << 20 };
_Static_assert((BENCH_REFERENCE_MEMORY_SIZE & (BENCH_REFERENCE_MEMORY_SIZE - 1)) == 0 &&
                   (BENCH_REFERENCE_CACHE_SIZE & (BENCH_REFERENCE_CACHE_SIZE - 1)) == 0,
               "a power of two gives the full period");

/* Anonymous memory, aligned to its large pages and in them if it is as large as one. */
static void *map(size_t size)
{
    const size_t room = size < LARGE_PAGE ? size : size + LARGE_PAGE;
    char *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    if (size < LARGE_PAGE)
        return memory;
    const size_t before = -(uintptr_t)memory % LARGE_PAGE;
    if (before > 0)
        munmap(memory, before);
    munmap(memory + before + size, LARGE_PAGE - before);
    madvise(memory + before, size, MADV_HUGEPAGE);
    return memory + before;
}

/* Past the caches: a line that its own writing left there would be walked over faster. */
static void store(uint32_t *to, uint32_t value)
{
#if defined(__x86_64__)
    _mm_stream_si32((int *)to, (int)value);
#else
    *to = value;
#endif
}

static uint32_t *open_walk(size_t size)
{
    const uint32_t lines = (uint32_t)(size / LINE_SIZE);
    uint32_t *nodes = map(size);
    for (uint32_t line = 0; nodes != NULL && line < lines; line++)
        store(&nodes[(size_t)line * LINE_WORDS], (line * 1664525u + 1013904223u) & (lines - 1));
    return nodes;
}

/* What the kernel says of the mapping that begins at `memory`. */
static bool is_in_large_pages(const void *memory, size_t size)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool is_here = false;
    size_t large_kib = 0;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t first = 0, end = 0;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &first, &end) == 2)
            is_here = first <= (uintptr_t)memory && (uintptr_t)memory < end;
        else if (is_here && sscanf(line, "AnonHugePages: %zu kB", &large_kib) == 1)
            break;
    }
    if (maps != NULL)
        fclose(maps);
    return large_kib >= size / 1024;
}

base_err bench_reference_open(struct bench_reference *reference)
{
    *reference = (struct bench_reference){ .chain = 88172645463325252u };
    reference->values = map(PAGE_SIZE);
    reference->near = open_walk(BENCH_REFERENCE_CACHE_SIZE);
    reference->nodes = open_walk(BENCH_REFERENCE_MEMORY_SIZE);
    if (reference->values == NULL || reference->near == NULL || reference->nodes == NULL) {
        bench_reference_close(reference);
        return BASE_ENOMEM;
    }
    for (uint32_t i = 0; i < BENCH_REFERENCE_WIDE_VALUES; i++) /* some of each length */
        reference->values[i] = (i * 2654435761u) >> (i * 7 % 4 * 8);
    reference->has_large_pages = is_in_large_pages(reference->nodes, BENCH_REFERENCE_MEMORY_SIZE);
    return BASE_OK;
}

void bench_reference_close(struct bench_reference *reference)
{
    if (reference->nodes != NULL)
        munmap(reference->nodes, BENCH_REFERENCE_MEMORY_SIZE);
    if (reference->near != NULL)
        munmap(reference->near, BENCH_REFERENCE_CACHE_SIZE);
    if (reference->values != NULL)
        munmap(reference->values, PAGE_SIZE);
    *reference = (struct bench_reference){ 0 };
}

void bench_reference_core(struct bench_reference *reference, uint64_t steps)
{
    uint64_t x = reference->chain;
    BENCH_LOOP(steps) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        BENCH_HIDE(x);
    }
    reference->chain = x;
}

/* The shortest big-endian form of a number, with its length before it where it is not one byte.
 * Writes up to 5 bytes. */
static uint8_t *write_shortest(uint8_t *to, uint32_t value)
{
    if (value < 24) {
        *to++ = (uint8_t)value;
    } else if (value < 256) {
        *to++ = 24;
        *to++ = (uint8_t)value;
    } else if (value < 65536) {
        *to++ = 25;
        *to++ = (uint8_t)(value >> 8);
        *to++ = (uint8_t)value;
    } else {
        const uint32_t swapped = __builtin_bswap32(value);
        *to++ = 26;
        memcpy(to, &swapped, sizeof swapped);
        to += sizeof swapped;
    }
    return to;
}

void bench_reference_wide(struct bench_reference *reference, uint64_t steps)
{
    enum { LINE = 50, LINE_START = 2 * BENCH_REFERENCE_WIDE_VALUES * sizeof(uint32_t) };
    _Static_assert(LINE_START + LINE * 5 <= PAGE_SIZE, "a line of numbers fits, 5 bytes each");
    const uint32_t *values = reference->values;
    uint8_t *const text = (uint8_t *)reference->values + LINE_START;
    uint64_t at = reference->wide_at;
    uint8_t *to = text;
    uint32_t left = LINE;
    BENCH_LOOP(steps) {
        to = write_shortest(to, values[at++ % BENCH_REFERENCE_WIDE_VALUES]);
        BENCH_KEEP(*to);
        if (--left == 0) {
            to = text;
            left = LINE;
        }
    }
    reference->wide_at = at;
}

static uint64_t walk(const uint32_t *nodes, uint64_t at, uint64_t steps)
{
    BENCH_LOOP(steps) {
        at = nodes[at * LINE_WORDS];
        BENCH_HIDE(at);
    }
    return at;
}

void bench_reference_cache(struct bench_reference *reference, uint64_t steps)
{
    reference->near_at = walk(reference->near, reference->near_at, steps);
}

void bench_reference_memory(struct bench_reference *reference, uint64_t steps)
{
    reference->at = walk(reference->nodes, reference->at, steps);
}
