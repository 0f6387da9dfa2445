/* kernel_work.h - the two pieces of work that the tools are judged by, with a known ratio.
 *
 * l1       an item hashes 1000 bytes that live in L1 with FNV-1a, about 1 us
 * dram     an item walks 100 dependent steps through 64 MiB, each in another line, about 15 us
 *
 * `extra` is in tenths of a per cent: that much more of the same work in each item (bytes, steps),
 * so the truth about two kernels is (1000 + extra) / 1000. What an item is owed in fractions of a
 * step is carried to the next.
 * Threads   one kernel per thread
 */
#ifndef ACCURACY_KERNEL_WORK_H
#define ACCURACY_KERNEL_WORK_H

#include <stdbool.h>
#include <stdint.h>

enum { KERNEL_EXTRA_MAX = 1000 };

#ifdef __cplusplus
extern "C" {
#endif

struct kernel {
    void *memory;
    uint64_t at;   /* hash, or place in the walk */
    uint64_t owed; /* tenths of a step */
    unsigned extra;
};

/* False: out of memory. The walk's 64 MiB are taken in large pages where the system has them, are
 * fresh from the kernel, and are in no cache when this returns. */
bool kernel_l1_open(struct kernel *kernel, unsigned extra);
bool kernel_dram_open(struct kernel *kernel, unsigned extra);
void kernel_l1_run(struct kernel *kernel, uint64_t items);
void kernel_dram_run(struct kernel *kernel, uint64_t items);
void kernel_l1_close(struct kernel *kernel);
void kernel_dram_close(struct kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
