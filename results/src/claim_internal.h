/* claim_internal.h - metrics: from a claim to the number it speaks of. */
#ifndef RESULT_CLAIM_INTERNAL_H
#define RESULT_CLAIM_INTERNAL_H

#include <result/claim.h>

/* What a metric gave. */
struct result_reading {
    struct result_estimate estimate; /* low, high NaN: no interval */
    const char *unit;                /* "ns", "B/s", "1", or the fact's own */
    const char *lack;                /* why there is no value; NULL: there is one */
    const char *doubt;               /* why there is no interval; NULL: there is one */
    size_t processes;                /* that it was read from */
    bool is_highest; /* of all batches: one that misses a bound from above is enough */
};

/* Is this the name of a metric, and does it need a case? */
bool result_metric_is_known(const char *name, bool *is_of_run);

/* The unit of a metric's readings; NULL when each case says its own (facts, counters). */
const char *result_metric_unit(const char *name);

/* All of low .. high is good, or none of it is. */
bool result_bound_is_kept(const struct result_bound *bound, double low, double high);
bool result_bound_is_missed(const struct result_bound *bound, double low, double high);

/* Names for error messages: "mean_ns, median_ns, ...". */
const char *result_metric_names(void);

/* Read a metric of a case that is "ok" (NULL for run.* metrics). Texts live in the arena or are
 * literals. Errors: ENOMEM */
BASE_MUST_USE base_err result_metric_read(const char *name, const struct result_run *run,
                                          const struct result_case *one, struct base_arena *arena,
                                          struct result_reading *out);

/* The ratio of two readings of one unit. Source: see claim.h */
struct result_reading result_metric_ratio(const struct result_reading *a,
                                          const struct result_reading *b);

/* Wall time of a run; NaN when it does not say when it began and ended. */
double result_metric_elapsed_ns(const struct result_run *run);

/* A number in a unit for people: "1.250 ms", "1.46 GB/s", "0.95". out [size], 64 is enough */
const char *result_unit_print(double value, const char *unit, char *out, size_t size);

#endif
