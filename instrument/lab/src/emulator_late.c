/* emulator_late.c - buckets that grow with their values: relative precision everywhere, in 9 KB. */
#include "emulator_late.h"

static uint64_t bucket_last(uint32_t bucket)
{
    if (bucket < LAB_LATE_STEPS)
        return bucket;
    const uint32_t shift = bucket / LAB_LATE_STEPS - 1;
    const uint64_t first = (uint64_t)(LAB_LATE_STEPS + bucket % LAB_LATE_STEPS) << shift;
    return first + ((uint64_t)1 << shift) - 1;
}

uint64_t lab_late_quantile(const struct lab_late *late, double share)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < LAB_LATE_BUCKETS; i++)
        total += late->buckets[i];
    const double rank = share * (double)total;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < LAB_LATE_BUCKETS; i++) {
        seen += late->buckets[i];
        if (seen > 0 && (double)seen >= rank) {
            const uint64_t last = bucket_last(i);
            return last < late->max_ns ? last : late->max_ns;
        }
    }
    return 0;
}
