/* emulator_late.h - how late packets were: counts of nanoseconds in steps of 3 %.
 *
 * The counts live in memory that two processes share, so that they outlast the one that writes.
 * Threads   one writer; readers may see a count that is a packet old
 */
#ifndef LAB_EMULATOR_LATE_H
#define LAB_EMULATOR_LATE_H

#include <stdint.h>

enum {
    LAB_LATE_STEP_BITS = 5, /* 32 steps an octave */
    LAB_LATE_STEPS = 1 << LAB_LATE_STEP_BITS,
    LAB_LATE_OCTAVES = 36, /* beyond: 2^40 ns = 18 minutes */
    LAB_LATE_BUCKETS = LAB_LATE_STEPS * (LAB_LATE_OCTAVES + 1),
};

struct lab_late {
    uint64_t count, max_ns;
    uint64_t buckets[LAB_LATE_BUCKETS];
};

static inline uint32_t lab_late_bucket(uint64_t ns)
{
    if (ns < LAB_LATE_STEPS)
        return (uint32_t)ns;
    const uint32_t top = 63 - (uint32_t)__builtin_clzll(ns), shift = top - LAB_LATE_STEP_BITS;
    if (shift >= LAB_LATE_OCTAVES)
        return LAB_LATE_BUCKETS - 1;
    return (shift + 1) * LAB_LATE_STEPS + (uint32_t)((ns >> shift) - LAB_LATE_STEPS);
}

static inline void lab_late_add(struct lab_late *late, uint64_t ns)
{
    late->count++;
    late->buckets[lab_late_bucket(ns)]++;
    if (ns > late->max_ns)
        late->max_ns = ns;
}

/* The largest value of the bucket in which that share (0 .. 1) of all lies; 0 without any. */
uint64_t lab_late_quantile(const struct lab_late *late, double share);

#endif
