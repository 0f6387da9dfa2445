/* hist.c - buckets are linear inside a power of two and double in width from one power to the next.
 *
 * With half = 2^half_log buckets per doubling, the first 2 * half buckets have width 2^unit_log and
 * cover [0, 2 * half * width); each later group of `half` covers the upper half of twice that
 * range. An index is therefore a shift and a count of leading zeros, and needs no table. */
#include <bench/hist.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t value_max = INT64_MAX;

/* Smallest power of two that holds 2 * 10^digits buckets, halved: resolution is 10^digits at the
 * lower end of each group, where buckets are widest relative to the value. */
static uint32_t half_log_of(uint32_t digits)
{
    uint64_t steps = 2;
    for (uint32_t i = 0; i < digits; i++)
        steps *= 10;
    return 63 - (uint32_t)__builtin_clzll(steps - 1);
}

static size_t capacity_of(uint64_t highest, uint32_t unit_log, uint32_t half_log)
{
    uint64_t top = UINT64_C(2) << (half_log + unit_log); /* first value that does not fit */
    size_t groups = 2;
    for (; top <= highest; groups++) {
        if (top > value_max / 2)
            return (groups + 1) << half_log;
        top <<= 1;
    }
    return groups << half_log;
}

base_err bench_hist_init(struct bench_hist *hist, uint64_t lowest, uint64_t highest,
                         uint32_t digits, struct base_arena *arena)
{
    if (lowest < 1 || lowest > value_max / 2 || highest > value_max || highest < 2 * lowest ||
        digits < 1 || digits > BENCH_HIST_DIGITS_MAX)
        return BASE_ERANGE;
    const uint32_t unit_log = 63 - (uint32_t)__builtin_clzll(lowest);
    const uint32_t half_log = half_log_of(digits);
    if (unit_log + half_log > 61)
        return BASE_ERANGE;
    const size_t capacity = capacity_of(highest, unit_log, half_log);
    assert(capacity <= BENCH_HIST_CAPACITY_MAX);
    uint64_t *counts = arena != NULL ? base_arena_array(arena, capacity, sizeof *counts)
                                     : calloc(capacity, sizeof *counts);
    if (counts == NULL)
        return BASE_ENOMEM;
    *hist = (struct bench_hist){ .lowest = lowest,
                                 .highest = highest,
                                 .digits = digits,
                                 .unit_log = unit_log,
                                 .half_log = half_log,
                                 .capacity = capacity,
                                 .min_value = UINT64_MAX,
                                 .ratio = 1,
                                 .counts = counts,
                                 .is_heap = arena == NULL };
    return BASE_OK;
}

void bench_hist_done(struct bench_hist *hist)
{
    if (hist->is_heap)
        free(hist->counts);
    *hist = (struct bench_hist){ 0 };
}

void bench_hist_clear(struct bench_hist *hist)
{
    memset(hist->counts, 0, hist->capacity * sizeof *hist->counts);
    hist->total = 0;
    hist->min_value = UINT64_MAX;
    hist->max_value = 0;
}

/* Smallest value of a bucket, and log2 of its width. */
static uint64_t bucket_low(const struct bench_hist *hist, size_t index, uint32_t *width_log)
{
    const size_t group = index >> hist->half_log;
    const uint32_t shift = group > 1 ? (uint32_t)group - 1 : 0;
    *width_log = hist->unit_log + shift;
    return (uint64_t)(index - ((size_t)shift << hist->half_log)) << *width_log;
}

uint64_t bench_hist_low(const struct bench_hist *hist, uint64_t value)
{
    uint32_t width_log = 0;
    return bucket_low(hist, bench_hist_index(hist, value), &width_log);
}

uint64_t bench_hist_high(const struct bench_hist *hist, uint64_t value)
{
    uint32_t width_log = 0;
    const uint64_t low = bucket_low(hist, bench_hist_index(hist, value), &width_log);
    return low + ((UINT64_C(1) << width_log) - 1);
}

base_err bench_hist_record_n(struct bench_hist *hist, uint64_t value, uint64_t count)
{
    const size_t index = bench_hist_index(hist, value);
    if (index >= hist->capacity)
        return BASE_ERANGE;
    if (count > value_max - hist->total)
        return BASE_EFULL;
    if (count == 0)
        return BASE_OK;
    hist->counts[index] += count;
    hist->total += count;
    if (value < hist->min_value)
        hist->min_value = value;
    if (value > hist->max_value)
        hist->max_value = value;
    return BASE_OK;
}

base_err bench_hist_record_corrected(struct bench_hist *hist, uint64_t value, uint64_t expected)
{
    const uint64_t missing = expected > 0 && value >= expected ? value / expected - 1 : 0;
    if (missing >= value_max - hist->total)
        return BASE_EFULL;
    base_err err = bench_hist_record_n(hist, value, 1);
    uint64_t at = value - expected;
    for (uint64_t left = missing; err == BASE_OK && left > 0;) {
        const uint64_t low = bench_hist_low(hist, at);
        uint64_t count = (at - low) / expected + 1; /* terms of the row inside this bucket */
        if (count > left)
            count = left;
        err = bench_hist_record_n(hist, at, count);
        const uint64_t last = at - (count - 1) * expected;
        if (last < hist->min_value)
            hist->min_value = last;
        at = last - expected;
        left -= count;
    }
    return err;
}

static bool same_shape(const struct bench_hist *a, const struct bench_hist *b)
{
    return a->unit_log == b->unit_log && a->half_log == b->half_log;
}

base_err bench_hist_add(struct bench_hist *into, const struct bench_hist *from)
{
    if (from->total == 0)
        return BASE_OK;
    const bool is_same = same_shape(into, from);
    const uint64_t min = is_same ? from->min_value : bench_hist_low(from, from->min_value);
    const uint64_t max = is_same ? from->max_value : bench_hist_low(from, from->max_value);
    if (bench_hist_index(into, max) >= into->capacity)
        return BASE_ERANGE;
    if (from->total > value_max - into->total)
        return BASE_EFULL;
    struct bench_hist_iter iter = { .hist = from };
    while (bench_hist_next(&iter))
        into->counts[bench_hist_index(into, iter.low)] += iter.count;
    into->total += from->total;
    if (min < into->min_value)
        into->min_value = min;
    if (max > into->max_value)
        into->max_value = max;
    return BASE_OK;
}

bool bench_hist_next(struct bench_hist_iter *iter)
{
    const struct bench_hist *hist = iter->hist;
    if (iter->cumulative >= hist->total)
        return false;
    size_t index = iter->index;
    while (index < hist->capacity && hist->counts[index] == 0)
        index++;
    if (index == hist->capacity)
        return false;
    uint32_t width_log = 0;
    iter->low = bucket_low(hist, index, &width_log);
    iter->high = iter->low + ((UINT64_C(1) << width_log) - 1);
    iter->count = hist->counts[index];
    iter->cumulative += iter->count;
    iter->index = index + 1;
    return true;
}

static uint64_t rank_of(double q, uint64_t total)
{
    if (!(q > 0))
        return 1;
    if (q >= 1)
        return total;
    const double rank = ceil(nextafter(q, 0) * (double)total);
    return rank < 1 ? 1 : rank >= (double)total ? total : (uint64_t)rank;
}

uint64_t bench_hist_quantile(const struct bench_hist *hist, double q)
{
    if (hist->total == 0)
        return 0;
    const uint64_t rank = rank_of(q, hist->total);
    struct bench_hist_iter iter = { .hist = hist };
    while (bench_hist_next(&iter) && iter.cumulative < rank)
        ;
    return q > 0 ? iter.high : iter.low;
}

double bench_hist_share(const struct bench_hist *hist, uint64_t value)
{
    if (hist->total == 0)
        return NAN;
    const uint64_t high = bench_hist_high(hist, value);
    uint64_t below = 0;
    struct bench_hist_iter iter = { .hist = hist };
    while (bench_hist_next(&iter) && iter.low <= high)
        below = iter.cumulative;
    return (double)below / (double)hist->total;
}

uint64_t bench_hist_count_at(const struct bench_hist *hist, uint64_t value)
{
    const size_t index = bench_hist_index(hist, value);
    return index < hist->capacity ? hist->counts[index] : 0;
}

uint64_t bench_hist_min(const struct bench_hist *hist)
{
    return hist->total == 0 ? 0 : bench_hist_low(hist, hist->min_value);
}

uint64_t bench_hist_max(const struct bench_hist *hist)
{
    return hist->total == 0 ? 0 : bench_hist_high(hist, hist->max_value);
}

static double middle_of(const struct bench_hist_iter *iter)
{
    return (double)(iter->low + (iter->high - iter->low + 1) / 2);
}

double bench_hist_mean(const struct bench_hist *hist)
{
    double sum = 0;
    struct bench_hist_iter iter = { .hist = hist };
    while (bench_hist_next(&iter))
        sum += middle_of(&iter) * (double)iter.count;
    return hist->total == 0 ? NAN : sum / (double)hist->total;
}

double bench_hist_stddev(const struct bench_hist *hist)
{
    const double mean = bench_hist_mean(hist);
    double sum = 0;
    struct bench_hist_iter iter = { .hist = hist };
    while (bench_hist_next(&iter)) {
        const double deviation = middle_of(&iter) - mean;
        sum += deviation * deviation * (double)iter.count;
    }
    return hist->total == 0 ? NAN : sqrt(sum / (double)hist->total);
}
