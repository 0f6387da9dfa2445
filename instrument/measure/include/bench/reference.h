/* reference.h - two kernels whose speed is the host's, not the code's.
 *
 * Timed beside every batch they tell a slow moment of the host from slow code: on a shared machine
 * most of the spread between runs is the host's speed moving within seconds.
 * Threads   one object, one thread
 */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H

#include <base/err.h>

enum {
    BENCH_REFERENCE_MEMORY_SIZE = 64 << 20, /* past the share of any last-level cache here */
    BENCH_REFERENCE_CORE_STEPS = 8192,      /* in one slice: about 12 us */
    BENCH_REFERENCE_MEMORY_STEPS = 128,     /* in one slice: about 15 us */
};

struct bench_reference {
    uint64_t chain;  /* state of the core-bound kernel */
    uint32_t *nodes; /* the memory-bound kernel's walk; NULL until it is opened */
    uint64_t at;
};

/* Errors: ENOMEM. Touches BENCH_REFERENCE_MEMORY_SIZE bytes: tens of milliseconds. */
BASE_MUST_USE base_err bench_reference_open(struct bench_reference *reference);
void bench_reference_close(struct bench_reference *reference);

/* `steps` dependent steps of xorshift64 (three shifts, three exclusive ors): only the clock rate of
 * the core and what else runs on it matter. Source: Marsaglia, J. Stat. Soft. 8 (2003) 14 */
void bench_reference_core(struct bench_reference *reference, uint64_t steps);

/* `steps` dependent loads, each of another cache line and mostly another page, in the order of a
 * full-period linear congruential sequence (Hull & Dobell, SIAM Review 4 (1962) 230). */
void bench_reference_memory(struct bench_reference *reference, uint64_t steps);

#endif
