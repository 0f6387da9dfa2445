/* kernel_work.c - the hash is carried from item to item, and the items of a batch are one loop: a
 * chain of multiplications without a seam, so that time is proportional to bytes. A walk's next
 * place is computed from the last one plus the loaded word, which is zero but which no compiler or
 * processor knows: every step needs the load before it, no line is met twice within 2^20 steps, and
 * nothing has to be written beforehand, so a process starts in about the time the system takes to
 * give 64 MiB. Source   Hull & Dobell, SIAM Review 4 (1962) 230 (full period: c odd, a = 1 mod 4)
 */
#define _GNU_SOURCE
#include "kernel_work.h"

#include <bench/keep.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

enum {
    L1_SIZE = 1024, /* a power of two: the place in it is the low bits of a count */
    L1_BYTES = 1000,
    DRAM_SIZE = 64 << 20,
    DRAM_LINE = 64,
    DRAM_LINES = DRAM_SIZE / DRAM_LINE,
    DRAM_STEPS = 100,
    PAGE_SIZE = 4096,
    PAGES = DRAM_SIZE / PAGE_SIZE,
    PAGE_LINES = PAGE_SIZE / DRAM_LINE,
    LARGE_PAGE = 2 << 20,
    CACHED_MAX = 32 << 20, /* what the system's zeroing can have left in the last cache */
};

static bool l1_open(struct kernel *kernel, unsigned extra)
{
    *kernel = (struct kernel){ .at = 14695981039346656037u, .extra = extra };
    unsigned char *data = aligned_alloc(DRAM_LINE, L1_SIZE);
    if (data == NULL)
        return false;
    for (size_t i = 0; i < L1_SIZE; i++)
        data[i] = (unsigned char)(i * 31);
    kernel->memory = data;
    return true;
}

static void l1_run(struct kernel *kernel, uint64_t items)
{
    const unsigned char *data = kernel->memory;
    const uint64_t bytes = items * (L1_BYTES + kernel->extra);
    uint64_t hash = kernel->at;
    for (uint64_t i = 0; i < bytes; i++)
        hash = (hash ^ data[i % L1_SIZE]) * 1099511628211u;
    kernel->at = hash;
}

/* Whoever is set up last would otherwise find its last megabytes in the cache and look faster. */
static void out_of_caches(const char *memory, size_t size)
{
#if defined(__x86_64__)
    for (size_t at = 0; at < size; at += DRAM_LINE)
        _mm_clflush(memory + at);
    _mm_mfence();
#else
    (void)memory;
    (void)size;
#endif
}

static bool dram_open(struct kernel *kernel, unsigned extra)
{
    *kernel = (struct kernel){ .extra = extra };
    char *memory = aligned_alloc(LARGE_PAGE, DRAM_SIZE);
    if (memory == NULL)
        return false;
    madvise(memory, DRAM_SIZE, MADV_HUGEPAGE);
    memset(memory, 0, DRAM_SIZE);
    out_of_caches(memory + DRAM_SIZE - CACHED_MAX, CACHED_MAX);
    kernel->memory = memory;
    return true;
}

/* Steps of this batch; what is left over is kept. */
static uint64_t steps_of(struct kernel *kernel, uint64_t items)
{
    const uint64_t tenths = items * DRAM_STEPS * (1000 + kernel->extra) / 100 + kernel->owed;
    kernel->owed = tenths % 10;
    return tenths / 10;
}

static uint32_t load(const char *memory, uint32_t page, uint32_t line)
{
    uint32_t word = 0;
    memcpy(&word, memory + (size_t)page * PAGE_SIZE + (size_t)line * DRAM_LINE, sizeof word);
    return word;
}

/* The line is scrambled from page to page: no stride to guess. 29 is odd, so that 64 rounds over
 * the pages meet 64 lines in each. */
static void dram_run(struct kernel *kernel, uint64_t items)
{
    const char *memory = kernel->memory;
    uint32_t at = (uint32_t)kernel->at;
    for (uint64_t step = steps_of(kernel, items); step > 0; step--) {
        const uint32_t page = at % PAGES, scrambled = page * 2654435761u >> 20;
        at = (at + 1 + load(memory, page, (scrambled + at / PAGES * 29) % PAGE_LINES)) % DRAM_LINES;
        BENCH_HIDE(at);
    }
    kernel->at = at;
}

static void scatter_run(struct kernel *kernel, uint64_t items)
{
    const char *memory = kernel->memory;
    uint32_t at = (uint32_t)kernel->at;
    for (uint64_t step = steps_of(kernel, items); step > 0; step--) {
        const uint32_t word = load(memory, at / PAGE_LINES, at % PAGE_LINES);
        at = (at * 1664525u + 1013904223u + word) % DRAM_LINES;
        BENCH_HIDE(at);
    }
    kernel->at = at;
}

void kernel_close(struct kernel *kernel)
{
    free(kernel->memory);
    kernel->memory = NULL;
}

const struct kernel_kind kernel_kinds[] = {
    { "l1", l1_open, l1_run },
    { "dram", dram_open, dram_run },
    { "scatter", dram_open, scatter_run },
};

const struct kernel_kind *kernel_kind_of(const char *name)
{
    for (size_t i = 0; i < KERNEL_KINDS; i++)
        if (strcmp(name, kernel_kinds[i].name) == 0)
            return &kernel_kinds[i];
    return NULL;
}
