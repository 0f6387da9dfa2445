/* hist.h - log-linear histogram: any value to a fixed number of significant digits, in fixed
 * memory.
 *
 * Values are whole numbers in one unit (nanoseconds here). Two values that agree in `digits`
 * significant decimal digits may share a bucket; a bucket is never wider than value / 10^digits,
 * nor narrower than the largest power of two <= `lowest`. The arithmetic is HdrHistogram's, so that
 * encodings and quantiles mean the same in both.
 *
 * Ownership the counts live in an arena, or on the heap until bench_hist_done
 * Threads   objects are not shared: one histogram per thread, added up afterwards
 * Source    G. Tene, HdrHistogram 2.1 (public domain), class AbstractHistogram
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <base/arena.h>
#include <base/err.h>

#include <stdbool.h>

enum {
    BENCH_HIST_DIGITS_MAX = 5,
    BENCH_HIST_CAPACITY_MAX = 47 << 17, /* buckets at 5 digits and 2^63-1: 49 MB */
};

/* Fields are for reading only. A zeroed histogram is valid for bench_hist_done and nothing else. */
struct bench_hist {
    uint64_t lowest;    /* smallest value told from 0, >= 1 */
    uint64_t highest;   /* largest value that is certain to fit */
    uint32_t digits;    /* 1 .. BENCH_HIST_DIGITS_MAX */
    uint32_t unit_log;  /* width of the narrowest buckets, as a power of two */
    uint32_t half_log;  /* buckets per doubling, as a power of two */
    size_t capacity;    /* length of counts */
    uint64_t total;     /* values recorded, at most 2^63-1 */
    uint64_t min_value; /* as recorded; UINT64_MAX when empty */
    uint64_t max_value; /* as recorded; 0 when empty */
    double ratio;       /* "conversion ratio" carried by encodings: 1 unless decoded otherwise */
    uint64_t *counts;
    bool is_heap;
};

/* Make an empty histogram.
 *
 *   lowest   1 .. 2^62
 *   highest  2 * lowest .. 2^63-1
 *   digits   1 .. BENCH_HIST_DIGITS_MAX
 *   arena    owner of the counts; NULL: the heap
 *
 * Errors   ERANGE (an argument, or a pair that cannot be told apart in 63 bits), ENOMEM
 */
BASE_MUST_USE base_err bench_hist_init(struct bench_hist *hist, uint64_t lowest, uint64_t highest,
                                       uint32_t digits, struct base_arena *arena);
void bench_hist_done(struct bench_hist *hist);
void bench_hist_clear(struct bench_hist *hist);

/* The bucket of a value; may lie past the end: >= capacity. */
static inline size_t bench_hist_index(const struct bench_hist *hist, uint64_t value)
{
    const uint64_t floor = (UINT64_C(2) << (hist->half_log + hist->unit_log)) - 1;
    const uint32_t top = 63 - (uint32_t)__builtin_clzll(value | floor);
    const uint32_t bucket = top - hist->unit_log - hist->half_log;
    return ((size_t)bucket << hist->half_log) + (size_t)(value >> (bucket + hist->unit_log));
}

/* Count a value once, or `count` times. Errors: ERANGE (too large; nothing is recorded), EFULL
 * (more than 2^63-1 values in all). Cost O(1): a shift, a count of leading zeros, no table. */
BASE_MUST_USE base_err bench_hist_record_n(struct bench_hist *hist, uint64_t value, uint64_t count);

BASE_MUST_USE static inline base_err bench_hist_record(struct bench_hist *hist, uint64_t value)
{
    const size_t index = bench_hist_index(hist, value);
    if (index >= hist->capacity)
        return BASE_ERANGE;
    hist->counts[index]++;
    hist->total++;
    hist->min_value = value < hist->min_value ? value : hist->min_value;
    hist->max_value = value > hist->max_value ? value : hist->max_value;
    return BASE_OK;
}

/* Record what a closed loop that should have measured every `expected` saw, with the measurements
 * that it left out while it waited: value, value - expected, value - 2 expected, ... >= expected.
 * expected 0 corrects nothing.
 *
 * Cost     O(number of buckets below value), however many values are filled in
 * Errors   as record_n; nothing is recorded then
 * Source   G. Tene, "How NOT to measure latency" (2013); recordValueWithExpectedInterval
 */
BASE_MUST_USE base_err bench_hist_record_corrected(struct bench_hist *hist, uint64_t value,
                                                   uint64_t expected);

/* Add all values of `from`; with other parameters each bucket goes in at its lowest value.
 * Errors: ERANGE (a value does not fit into `into`; nothing is added), EFULL */
BASE_MUST_USE base_err bench_hist_add(struct bench_hist *into, const struct bench_hist *from);

/* The smallest value that at least the share `q` (0 .. 1, clamped; NaN is 0) of all values do not
 * exceed, as the largest value of its bucket - of 0, the lowest of its bucket; 0 when empty.
 *
 * Cost     O(buckets)
 * Source   HdrHistogram getValueAtPercentile: rank = ceil(q * total) with q one ulp down, so that
 *          0.999 of 1000 is the 999th (HdrHistogram_c rounds to the nearest rank instead)
 */
uint64_t bench_hist_quantile(const struct bench_hist *hist, double q);

/* Share of values in or below the bucket of `value`, and the count in it; NaN and 0 when empty. */
double bench_hist_share(const struct bench_hist *hist, uint64_t value);
uint64_t bench_hist_count_at(const struct bench_hist *hist, uint64_t value);

/* Smallest and largest value, to the edge of their buckets; mean and standard deviation (of the
 * population) from bucket middles. 0, 0, NaN, NaN when empty. */
uint64_t bench_hist_min(const struct bench_hist *hist);
uint64_t bench_hist_max(const struct bench_hist *hist);
double bench_hist_mean(const struct bench_hist *hist);
double bench_hist_stddev(const struct bench_hist *hist);

/* The smallest and the largest value that share a bucket with `value`. */
uint64_t bench_hist_low(const struct bench_hist *hist, uint64_t value);
uint64_t bench_hist_high(const struct bench_hist *hist, uint64_t value);

/* Walk the buckets that hold something, ascending. Start with { .hist = hist }. */
struct bench_hist_iter {
    const struct bench_hist *hist;
    size_t index; /* of the bucket after this one */
    uint64_t low; /* smallest and largest value of this bucket */
    uint64_t high;
    uint64_t count;
    uint64_t cumulative; /* with this bucket */
};
bool bench_hist_next(struct bench_hist_iter *iter);

#endif
