/* resample.c - a source made ready, and the ways to draw from it.
 *
 * Observations are sorted once; what is drawn are their ranks. Drawing in time order (blocks, whole
 * processes) goes through a table from time to rank, in which every process appears twice in a row
 * so that a circular block never wraps. */
#include "resample_internal.h"

#include <stats/effective.h>

#include <base/rng.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct stats_resampler {
    const struct resample_kernel *kernel;
    struct resample_rng rng;
    size_t count, padded;
    size_t block;          /* STATS_BLOCK_WHOLE, 1, or longer */
    size_t process_count;  /* >= 1 */
    size_t *process_first; /* [process_count + 1] into times */
    bool has_slope;
    double centre;    /* subtracted from the observations, so that squares lose no digits */
    double *sorted;   /* [padded] */
    double *columns;  /* [RESAMPLE_COLUMNS][padded] */
    uint16_t *counts; /* [padded] */
    uint16_t *prefix; /* [padded + RESAMPLE_SLACK]; [-1] is 0 */
    uint32_t *ranks;  /* [2 count] */
    uint32_t *draws;  /* [count rounded up to RESAMPLE_DRAW] */
    uint32_t *picked; /* [process_count rounded up] */
    void *memory[8];
};

static size_t round_up(size_t count, size_t to)
{
    return (count + to - 1) / to * to;
}

static bool is_several(const struct stats_source *source)
{
    return source->process_sizes != NULL && source->process_count > 1;
}

static bool has_good_numbers(const struct stats_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        if (!isfinite(source->times[i]))
            return false;
        if (source->items != NULL && !(source->items[i] > 0 && isfinite(source->items[i])))
            return false;
    }
    return true;
}

static base_err check_processes(const struct stats_source *source)
{
    size_t sum = 0;
    size_t smallest = source->count;
    size_t largest = 0;
    for (size_t i = 0; i < source->process_count; i++) {
        const size_t size = source->process_sizes[i];
        if (size < 1 || size > source->count - sum)
            return BASE_EINVALID;
        sum += size;
        smallest = size < smallest ? size : smallest;
        largest = size > largest ? size : largest;
    }
    if (sum != source->count)
        return BASE_EINVALID;
    if (source->block != STATS_BLOCK_AUTO && source->block > smallest)
        return BASE_EINVALID;
    return largest * source->process_count > STATS_SAMPLE_MAX ? BASE_ERANGE : BASE_OK;
}

static base_err check_source(const struct stats_source *source)
{
    if (source->count < 2)
        return BASE_EINVALID;
    if (source->count > STATS_SAMPLE_MAX)
        return BASE_ERANGE;
    if (!has_good_numbers(source))
        return BASE_EINVALID;
    if (is_several(source))
        return check_processes(source);
    const bool is_length = source->block >= 1 && source->block <= source->count;
    return is_length || source->block == STATS_BLOCK_AUTO ? BASE_OK : BASE_EINVALID;
}

/* One allocation more; they are freed together. NULL sticks until `has_memory` is asked. */
static void *take(struct stats_resampler *r, int slot, size_t count, size_t size)
{
    const size_t bytes = round_up(count * size, 64);
    r->memory[slot] = aligned_alloc(64, bytes == 0 ? 64 : bytes);
    if (r->memory[slot] != NULL)
        memset(r->memory[slot], 0, bytes);
    return r->memory[slot];
}

static bool take_memory(struct stats_resampler *r)
{
    enum { BEFORE = 4 }; /* room for prefix[-1], keeping words aligned */
    r->sorted = take(r, 0, r->padded, sizeof *r->sorted);
    r->columns = take(r, 1, RESAMPLE_COLUMNS * r->padded, sizeof *r->columns);
    r->counts = take(r, 2, r->padded, sizeof *r->counts);
    uint16_t *prefix = take(r, 3, BEFORE + r->padded + RESAMPLE_SLACK, sizeof *prefix);
    r->ranks = take(r, 4, 2 * r->count, sizeof *r->ranks);
    r->draws = take(r, 5, round_up(r->count, RESAMPLE_DRAW), sizeof *r->draws);
    r->picked = take(r, 6, round_up(r->process_count, RESAMPLE_DRAW), sizeof *r->picked);
    r->process_first = take(r, 7, r->process_count + 1, sizeof *r->process_first);
    for (size_t i = 0; i < sizeof r->memory / sizeof *r->memory; i++) {
        if (r->memory[i] == NULL)
            return false;
    }
    r->prefix = prefix + BEFORE;
    memset(r->prefix + r->padded, 0xff, RESAMPLE_SLACK * sizeof *prefix);
    return true;
}

struct ranked {
    double value;
    uint32_t at;
};

/* By value, and by time among equals, so that the order is the same everywhere. */
static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

static double value_at(const struct stats_source *source, size_t i)
{
    return source->items == NULL ? source->times[i] : source->times[i] / source->items[i];
}

/* Put rank r of time t at both of its places. */
static void put_rank(struct stats_resampler *r, size_t process, size_t at, uint32_t rank)
{
    const size_t first = r->process_first[process];
    const size_t size = r->process_first[process + 1] - first;
    r->ranks[2 * first + (at - first)] = rank;
    r->ranks[2 * first + (at - first) + size] = rank;
}

static void fill_ranks(struct stats_resampler *r, const struct ranked *order)
{
    for (size_t rank = 0; rank < r->count; rank++) {
        size_t low = 0;
        size_t high = r->process_count;
        while (high - low > 1) {
            const size_t middle = low + (high - low) / 2;
            if (r->process_first[middle] <= order[rank].at)
                low = middle;
            else
                high = middle;
        }
        put_rank(r, low, order[rank].at, (uint32_t)rank);
    }
}

static void fill_columns(struct stats_resampler *r, const struct stats_source *source,
                         const struct ranked *order)
{
    for (size_t rank = 0; rank < r->count; rank++)
        r->sorted[rank] = order[rank].value;
    r->centre = stats_mean(r->sorted, r->count);
    for (size_t rank = 0; rank < r->count; rank++) {
        const double d = r->sorted[rank] - r->centre;
        const double items = r->has_slope ? source->items[order[rank].at] : 0;
        r->columns[rank] = d;
        r->columns[r->padded + rank] = d * d;
        r->columns[2 * r->padded + rank] = items * source->times[order[rank].at];
        r->columns[3 * r->padded + rank] = items * items;
    }
}

static base_err fill(struct stats_resampler *r, const struct stats_source *source)
{
    struct ranked *order = malloc(r->count * sizeof *order);
    if (order == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < r->count; i++)
        order[i] = (struct ranked){ value_at(source, i), (uint32_t)i };
    qsort(order, r->count, sizeof *order, compare_ranked);
    fill_ranks(r, order);
    fill_columns(r, source, order);
    free(order);
    return BASE_OK;
}

/* Length of the blocks of each process by the automatic rule, and their median. */
static base_err choose_block(struct stats_resampler *r, const struct stats_source *source)
{
    double *values = malloc((r->count + r->process_count) * sizeof *values);
    if (values == NULL)
        return BASE_ENOMEM;
    double *lengths = values + r->count;
    size_t smallest = r->count;
    for (size_t i = 0; i < r->count; i++)
        values[i] = value_at(source, i);
    for (size_t p = 0; p < r->process_count; p++) {
        const size_t size = r->process_first[p + 1] - r->process_first[p];
        smallest = size < smallest ? size : smallest;
        lengths[p] = (double)stats_block_length(values + r->process_first[p], size);
    }
    const size_t length = (size_t)stats_select(lengths, r->process_count, r->process_count / 2);
    r->block = length < smallest ? length : smallest;
    free(values);
    return BASE_OK;
}

static void seed_rng(struct resample_rng *rng, uint64_t seed)
{
    struct base_rng spread;
    base_rng_init(&spread, seed);
    for (int lane = 0; lane < RESAMPLE_LANES; lane++) {
        struct base_rng one;
        base_rng_init(&one, base_rng_u64(&spread));
        for (int word = 0; word < 4; word++)
            rng->state[word][lane] = one.state[word];
    }
}

static const struct resample_kernel *const kernels[] = { &resample_avx512, &resample_avx2,
                                                         &resample_plain };

static const struct resample_kernel *best_kernel(void)
{
    size_t i = 0;
    while (!kernels[i]->is_supported()) /* plain, the last, always is */
        i++;
    return kernels[i];
}

base_err stats_resampler_new(const struct stats_source *source, uint64_t seed,
                             struct stats_resampler **out)
{
    base_err err = check_source(source);
    if (err != BASE_OK)
        return err;
    struct stats_resampler *r = aligned_alloc(64, round_up(sizeof *r, 64));
    if (r == NULL)
        return BASE_ENOMEM;
    *r = (struct stats_resampler){
        .kernel = best_kernel(),
        .count = source->count,
        .padded = round_up(source->count, RESAMPLE_PAD),
        .block = source->block,
        .process_count = is_several(source) ? source->process_count : 1,
        .has_slope = source->items != NULL,
    };
    err = BASE_ENOMEM;
    if (!take_memory(r))
        goto done;
    for (size_t p = 0; p + 1 < r->process_count; p++)
        r->process_first[p + 1] = r->process_first[p] + source->process_sizes[p];
    r->process_first[r->process_count] = r->count;
    seed_rng(&r->rng, seed);
    err = fill(r, source);
    if (err == BASE_OK && r->block == STATS_BLOCK_AUTO)
        err = choose_block(r, source);
done:
    if (err == BASE_OK)
        *out = r;
    else
        stats_resampler_free(r);
    return err;
}

void stats_resampler_free(struct stats_resampler *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < sizeof r->memory / sizeof *r->memory; i++)
        free(r->memory[i]);
    free(r);
}

const char *stats_resampler_variant(const struct stats_resampler *r)
{
    return r->kernel->name;
}

base_err stats_resampler_choose(struct stats_resampler *r, const char *name)
{
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (strcmp(kernels[i]->name, name) != 0)
            continue;
        if (!kernels[i]->is_supported())
            return BASE_EUNSUPPORTED;
        r->kernel = kernels[i];
        return BASE_OK;
    }
    return BASE_ENOTFOUND;
}

/* The statistics of the multiset in counts, `total` drawn. */
static void evaluate(struct stats_resampler *r, size_t total, double out[STATS_STATISTIC_COUNT])
{
    double sums[RESAMPLE_COLUMNS];
    r->kernel->sums(r->counts, r->columns, r->padded, sums);
    r->kernel->prefix(r->counts, r->prefix, r->padded);
    const struct resample_drawn drawn = { r->sorted, r->prefix, r->padded, total };
    r->kernel->middle(&drawn, &out[STATS_MEDIAN], &out[STATS_MAD]);
    const double n = (double)total;
    const double square = sums[1] - sums[0] * sums[0] / n;
    out[STATS_MEAN] = r->centre + sums[0] / n;
    out[STATS_STDDEV] = total > 1 ? sqrt((square > 0 ? square : 0) / (n - 1)) : NAN;
    out[STATS_SLOPE] = r->has_slope ? sums[2] / sums[3] : NAN;
}

static void clear_counts(struct stats_resampler *r)
{
    memset(r->counts, 0, r->padded * sizeof *r->counts);
}

static void count_run(struct stats_resampler *r, const uint32_t *ranks, size_t size)
{
    for (size_t i = 0; i < size; i++)
        r->counts[ranks[i]]++;
}

/* Blocks of one process until its size is reached; the last one is cut. */
static void draw_blocks(struct stats_resampler *r, size_t process)
{
    const size_t first = r->process_first[process];
    const size_t size = r->process_first[process + 1] - first;
    const size_t blocks = (size + r->block - 1) / r->block;
    r->kernel->draw(&r->rng, (uint32_t)size, r->draws, blocks);
    size_t left = size;
    for (size_t i = 0; i < blocks; i++) {
        const size_t length = r->block < left ? r->block : left;
        count_run(r, r->ranks + 2 * first + r->draws[i], length);
        left -= length;
    }
}

static size_t draw_processes(struct stats_resampler *r)
{
    size_t total = 0;
    r->kernel->draw(&r->rng, (uint32_t)r->process_count, r->picked, r->process_count);
    for (size_t i = 0; i < r->process_count; i++) {
        const size_t process = r->picked[i];
        const size_t first = r->process_first[process];
        const size_t size = r->process_first[process + 1] - first;
        if (r->block == STATS_BLOCK_WHOLE)
            count_run(r, r->ranks + 2 * first, size);
        else
            draw_blocks(r, process);
        total += size;
    }
    return total;
}

/* Fill counts with one resample; returns how many were drawn. */
static size_t draw_one(struct stats_resampler *r)
{
    clear_counts(r);
    if (r->process_count > 1)
        return draw_processes(r);
    if (r->block > 1) {
        draw_blocks(r, 0);
        return r->count;
    }
    r->kernel->draw(&r->rng, (uint32_t)r->count, r->draws, r->count);
    count_run(r, r->draws, r->count); /* independent: an index may as well be a rank */
    return r->count;
}

void stats_resampler_run(struct stats_resampler *r, size_t count,
                         double *const replicates[STATS_STATISTIC_COUNT])
{
    for (size_t i = 0; i < count; i++) {
        double values[STATS_STATISTIC_COUNT];
        evaluate(r, draw_one(r), values);
        for (int s = 0; s < STATS_STATISTIC_COUNT; s++) {
            if (replicates[s] != NULL)
                replicates[s][i] = values[s];
        }
    }
}

static void count_all_once(struct stats_resampler *r)
{
    clear_counts(r);
    for (size_t i = 0; i < r->count; i++)
        r->counts[i] = 1;
}

void stats_resampler_estimate(struct stats_resampler *r, double out[STATS_STATISTIC_COUNT])
{
    count_all_once(r);
    evaluate(r, r->count, out);
}

/* Where group g of `groups` begins in time; processes are groups of their own. */
static size_t group_first(const struct stats_resampler *r, size_t group, size_t groups)
{
    if (r->process_count > 1)
        return r->process_first[group * r->process_count / groups];
    return group * r->count / groups;
}

size_t stats_resampler_jackknife(struct stats_resampler *r,
                                 double *const values[STATS_STATISTIC_COUNT])
{
    size_t groups = r->process_count > 1 ? r->process_count : r->count / r->block;
    groups = groups < STATS_JACKKNIFE_MAX ? groups : STATS_JACKKNIFE_MAX;
    if (groups < 2)
        return 0;
    size_t process = 0;
    for (size_t g = 0; g < groups; g++) {
        const size_t first = group_first(r, g, groups);
        const size_t end = group_first(r, g + 1, groups);
        count_all_once(r);
        for (size_t at = first; at < end; at++) {
            while (r->process_first[process + 1] <= at)
                process++;
            r->counts[r->ranks[r->process_first[process] + at]] = 0; /* 2 first + at - first */
        }
        double left_out[STATS_STATISTIC_COUNT];
        evaluate(r, r->count - (end - first), left_out);
        for (int s = 0; s < STATS_STATISTIC_COUNT; s++) {
            if (values[s] != NULL)
                values[s][g] = left_out[s];
        }
    }
    return groups;
}
