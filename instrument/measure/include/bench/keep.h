/* keep.h - barriers against an optimiser that would remove what is measured.
 *
 * They cost no instruction of their own; the value must be computed and memory must be current.
 */
#ifndef BENCH_KEEP_H
#define BENCH_KEEP_H

#include <stdint.h>

/* Use a value: it has to be computed, and memory it could point to has to be written. */
#define BENCH_KEEP(value)                                                                          \
    do {                                                                                           \
        __typeof__(value) bench_kept = (value);                                                    \
        __asm__ volatile("" : : "r,m"(bench_kept) : "memory");                                     \
    } while (0)

/* Forget where an integer or pointer variable came from: it cannot be folded or hoisted. */
#define BENCH_HIDE(variable) __asm__ volatile("" : "+r"(variable) : : "memory")

/* Run the body `count` times; the loop is one decrement and one branch. */
#define BENCH_LOOP(count) for (uint64_t bench_left = (count); bench_left > 0; bench_left--)

#endif
