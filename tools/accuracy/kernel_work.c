/* kernel_work.c - the hash is carried from item to item: one chain of multiplications without a
 * seam, so that time is proportional to bytes. The walk is the full period of a linear congruence
 * over the lines, plus the loaded word, which is zero but which no compiler or processor knows:
 * every step needs the load before it, no line is met twice within 2^20 steps, and nothing has to
 * be written beforehand, so a process starts in about the time the system takes to give 64 MiB.
 * Source   Hull & Dobell, SIAM Review 4 (1962) 230 (full period: c odd, a = 1 mod 4) */
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
    L1_SIZE = 2048,
    L1_BYTES = 1000,
    DRAM_SIZE = 64 << 20,
    DRAM_LINE = 64,
    DRAM_LINES = DRAM_SIZE / DRAM_LINE,
    DRAM_STEPS = 100,
    LARGE_PAGE = 2 << 20,
    CACHED_MAX = 32 << 20, /* what the system's zeroing can have left in the last cache */
};

bool kernel_l1_open(struct kernel *kernel, unsigned extra)
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

void kernel_l1_run(struct kernel *kernel, uint64_t items)
{
    const unsigned char *data = kernel->memory;
    const size_t size = L1_BYTES + kernel->extra;
    uint64_t hash = kernel->at;
    for (uint64_t item = 0; item < items; item++) {
        BENCH_HIDE(data);
        for (size_t i = 0; i < size; i++)
            hash = (hash ^ data[i]) * 1099511628211u;
    }
    kernel->at = hash;
}

void kernel_l1_close(struct kernel *kernel)
{
    free(kernel->memory);
    kernel->memory = NULL;
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

bool kernel_dram_open(struct kernel *kernel, unsigned extra)
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

void kernel_dram_run(struct kernel *kernel, uint64_t items)
{
    const uint64_t tenths = items * DRAM_STEPS * (1000 + kernel->extra) / 100 + kernel->owed;
    const char *memory = kernel->memory;
    uint32_t at = (uint32_t)kernel->at;
    for (uint64_t step = tenths / 10; step > 0; step--) {
        uint32_t word = 0;
        memcpy(&word, memory + (size_t)at * DRAM_LINE, sizeof word);
        at = (at * 1664525u + 1013904223u + word) % DRAM_LINES;
        BENCH_HIDE(at);
    }
    kernel->at = at;
    kernel->owed = tenths % 10;
}

void kernel_dram_close(struct kernel *kernel)
{
    free(kernel->memory);
    kernel->memory = NULL;
}
