/* allocs.h - counting calls of the allocator.
 *
 * malloc and its family are replaced in every program that links this; the replacement calls the C
 * library's and counts while counting is on (a test of one flag while it is off, so timed batches
 * run with it off). Not available under a sanitizer, which replaces them itself.
 * Threads   counts all threads together
 */
#ifndef BENCH_ALLOCS_H
#define BENCH_ALLOCS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_allocs {
    uint64_t calls;     /* malloc, calloc, realloc and the aligned ones */
    uint64_t bytes;     /* asked for */
    int64_t live_bytes; /* usable bytes taken less those given back while counting */
    int64_t peak_bytes; /* the largest live_bytes */
};

/* False where counting cannot work. Starting clears the counts. */
bool bench_allocs_start(void);
struct bench_allocs bench_allocs_stop(void);

#endif
