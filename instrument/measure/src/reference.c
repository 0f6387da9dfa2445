/* reference.c - the walk through memory is stored, one index in each cache line, so that the next
 * address is known only when the line has arrived. */
#define _GNU_SOURCE
#include <bench/reference.h>

#include <bench/keep.h>

#include <stddef.h>
#include <sys/mman.h>

enum { LINE_WORDS = 16, LINE_COUNT = BENCH_REFERENCE_MEMORY_SIZE / (LINE_WORDS * 4) };
_Static_assert((LINE_COUNT & (LINE_COUNT - 1)) == 0, "a power of two gives the full period");

base_err bench_reference_open(struct bench_reference *reference)
{
    *reference = (struct bench_reference){ .chain = 88172645463325252u };
    void *memory = mmap(NULL, BENCH_REFERENCE_MEMORY_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return BASE_ENOMEM;
    /* 4 KiB pages in every process: whether a huge page is to be had changes by the minute. */
    madvise(memory, BENCH_REFERENCE_MEMORY_SIZE, MADV_NOHUGEPAGE);
    reference->nodes = memory;
    for (uint32_t line = 0; line < LINE_COUNT; line++)
        reference->nodes[(size_t)line * LINE_WORDS] =
            (line * 1664525u + 1013904223u) & (LINE_COUNT - 1);
    return BASE_OK;
}

void bench_reference_close(struct bench_reference *reference)
{
    if (reference->nodes != NULL)
        munmap(reference->nodes, BENCH_REFERENCE_MEMORY_SIZE);
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

void bench_reference_memory(struct bench_reference *reference, uint64_t steps)
{
    const uint32_t *nodes = reference->nodes;
    uint64_t at = reference->at;
    BENCH_LOOP(steps) {
        at = nodes[at * LINE_WORDS];
        BENCH_HIDE(at);
    }
    reference->at = at;
}
