/* reference.h - four kernels whose speed is the host's, not the code's.
 *
 * Timed beside every batch they tell a slow moment of the host from slow code: on a shared machine
 * most of the spread between runs is the host's speed moving within seconds.
 * Threads   one object, one thread
 */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H

#include <base/err.h>

#include <stdbool.h>

enum {
    BENCH_REFERENCE_MEMORY_SIZE = 64 << 20, /* past the share of any last-level cache here */
    BENCH_REFERENCE_CACHE_SIZE = 2 << 20,   /* past the nearest caches between two visits */
    BENCH_REFERENCE_CORE_STEPS = 4096,      /* in one slice: about 7 us */
    BENCH_REFERENCE_WIDE_STEPS = 4096,      /* 4 us */
    BENCH_REFERENCE_CACHE_STEPS = 64,       /* 9 us */
    BENCH_REFERENCE_MEMORY_STEPS = 128,     /* 20 us */
    BENCH_REFERENCE_CACHE_WARM = 16,        /* steps before a slice that are not timed: what the */
    BENCH_REFERENCE_MEMORY_WARM = 128,      /* case left in the translation caches is not its own */
    BENCH_REFERENCE_WIDE_VALUES = 256,
};

struct bench_reference {
    uint64_t chain;       /* state of the core-bound kernel */
    uint32_t *nodes;      /* the memory-bound kernel's walk; NULL until it is opened */
    bool has_large_pages; /* that walk lies in pages of 2 MiB throughout */
    uint64_t at;
    uint32_t *near; /* the cache-bound kernel's walk */
    uint64_t near_at;
    uint32_t *values; /* [BENCH_REFERENCE_WIDE_VALUES] that the wide kernel writes; after them is
                         where it writes them: the same place of a page in every process */
    uint64_t wide_at;
};

/* Errors: ENOMEM. Touches BENCH_REFERENCE_MEMORY_SIZE bytes: tens of milliseconds. */
BASE_MUST_USE base_err bench_reference_open(struct bench_reference *reference);
void bench_reference_close(struct bench_reference *reference);

/* `steps` dependent steps of xorshift64 (three shifts, three exclusive ors): only the clock rate of
 * the core and what else runs on it matter. Source: Marsaglia, J. Stat. Soft. 8 (2003) 14 */
void bench_reference_core(struct bench_reference *reference, uint64_t steps);

/* `steps` numbers written as bytes in the shortest of four forms: branches, loads, stores and
 * arithmetic that do not wait for each other, as many a cycle as the core can issue. It sees what
 * the dependent chain cannot: how much of the core another thread on it takes. */
void bench_reference_wide(struct bench_reference *reference, uint64_t steps);

/* As bench_reference_memory, in 2 MiB: a line comes from the cache that the cores share, as far as
 * others leave it there. */
void bench_reference_cache(struct bench_reference *reference, uint64_t steps);

/* `steps` dependent loads, each of another cache line, in the order of a full-period linear
 * congruential sequence (Hull & Dobell, SIAM Review 4 (1962) 230). The lines lie in pages of 2 MiB
 * where the system gives them: with 4 KiB the translations are a part of the time, and how far
 * the pages are scattered, which is another in every process, moves it by a tenth. */
void bench_reference_memory(struct bench_reference *reference, uint64_t steps);

#endif
