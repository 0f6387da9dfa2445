/* alloc_stacks_internal.h - which calls allocate: stacks of return addresses, taken inside malloc.
 *
 * Every allocation, or a random choice: one is taken whenever an exponential number of bytes with
 * mean `interval` has been asked for, so one of s bytes is taken with probability 1 - exp(-s /
 * interval) and stands for the inverse of that. Equal stacks are kept once.
 *
 * Threads   takes of all threads together
 * Source    Poisson sampling of the heap: Go runtime/mprof.go, gperftools docs/tcmalloc.html
 */
#ifndef BENCH_ALLOC_STACKS_INTERNAL_H
#define BENCH_ALLOC_STACKS_INTERNAL_H

#include <base/err.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { ALLOC_STACK_DEPTH = 96, ALLOC_STACKS_MAX = 8192 };

struct alloc_stack {
    uint64_t hash;
    double calls, bytes;
    uint32_t depth;
    uint64_t addresses[ALLOC_STACK_DEPTH]; /* [depth] innermost first, malloc itself left out */
};

struct alloc_stacks {
    const struct alloc_stack *items; /* [count] */
    size_t count;
    double dropped; /* calls whose stack was a new one when there was no more room */
};

extern atomic_bool alloc_stacks_on;

/* Begin anew; interval 0: every allocation. Errors: ENOMEM */
BASE_MUST_USE base_err alloc_stacks_start(uint64_t interval);
/* What was taken; it stays until the next start or done. */
struct alloc_stacks alloc_stacks_stop(void);
void alloc_stacks_done(void);

/* Called by the allocator while it is on.   caller  where malloc returns to */
void alloc_stacks_take(size_t size, const void *caller);

#endif
