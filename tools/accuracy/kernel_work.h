/* kernel_work.h - the pieces of work that the tools are judged by, with a known ratio.
 *
 * l1       an item hashes 1000 bytes that live in L1 with FNV-1a, about 1 us
 * dram     an item walks 100 dependent steps through 64 MiB, page after page and in each to another
 *          line, about 15 us. Nothing that a step leaves in any cache is of use to a later one, so
 *          a step costs the same whoever ran before: beside another process as well as alone
 * scatter  the same at random: pages are met again, so a process that runs alone finds some of its
 *          translations in the caches and one that alternates with another finds fewer
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

enum { KERNEL_EXTRA_MAX = 1000, KERNEL_KINDS = 3 };

#ifdef __cplusplus
extern "C" {
#endif

struct kernel {
    void *memory;
    uint64_t at;   /* hash, or place in the walk */
    uint64_t owed; /* tenths of a step */
    unsigned extra;
};

struct kernel_kind {
    const char *name;
    /* False: out of memory. The 64 MiB are in large pages where the system has them, fresh from it,
     * and in no cache when this returns. */
    bool (*open)(struct kernel *kernel, unsigned extra);
    void (*run)(struct kernel *kernel, uint64_t items);
};

extern const struct kernel_kind kernel_kinds[KERNEL_KINDS];

/* NULL: no such kind. */
const struct kernel_kind *kernel_kind_of(const char *name);
void kernel_close(struct kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
