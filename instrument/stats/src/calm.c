/* calm.c - three cuts, one after the other: where the wide kernel was near its fastest, where what
 * the cache and memory explain was least, and near the middle of what is left. */
#include <stats/calm.h>

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>

enum { WINDOWS_LEAST = 3, KEPT_PART = 3, LEVEL_LEAST = 3 };
#define FASTEST_QUANTILE 0.05 /* the very fastest window may be an error of its own */
#define FASTEST_NEAR     0.04 /* somebody there costs the wide kernel ten times that */
#define NEAR_DEVIATIONS  3.0

struct calm { /* which windows are kept */
    const struct stats_shares *shares;
    const struct stats_share_windows *one;
    double wide_most, busy_most, middle, most;
};

static bool is_alone(const struct calm *calm, size_t index)
{
    const double *wide = calm->one->speed[STATS_SHARE_WIDE];
    return wide[index - 1] <= calm->wide_most && wide[index] <= calm->wide_most &&
           wide[index + 1] <= calm->wide_most;
}

/* What the cache and the memory explain of a window. */
static double explained(const struct calm *calm, size_t index)
{
    double sum = 0;
    for (size_t k = 0; k < STATS_SHARES; k++)
        if (k != STATS_SHARE_WIDE && calm->one->speed[k] != NULL)
            sum += calm->shares->of[k] * calm->one->speed[k][index];
    return sum;
}

static double busy(const struct calm *calm, size_t index)
{
    return explained(calm, index - 1) / 2 + explained(calm, index + 1) / 2;
}

static bool is_calm(const struct calm *calm, size_t index)
{
    return is_alone(calm, index) && busy(calm, index) <= calm->busy_most;
}

static double off_the_line(const struct calm *calm, size_t index)
{
    return calm->one->time[index] - explained(calm, index);
}

/* How many windows are alone, and how busy each is, in order; 0: too few. */
static size_t find_alone(struct calm *calm, double *scratch)
{
    const struct stats_share_windows *one = calm->one;
    size_t kept = 0;
    if (one->count == 0 || one->speed[STATS_SHARE_WIDE] == NULL)
        return 0;
    for (size_t i = 0; i < one->count; i++)
        scratch[i] = one->speed[STATS_SHARE_WIDE][i];
    stats_sort(scratch, one->count);
    calm->wide_most =
        stats_quantile_sorted(scratch, one->count, FASTEST_QUANTILE, STATS_QUANTILE_LINEAR) +
        FASTEST_NEAR;
    for (size_t i = 1; i + 1 < one->count; i++)
        if (is_alone(calm, i))
            scratch[kept++] = busy(calm, i);
    stats_sort(scratch, kept);
    return kept < WINDOWS_LEAST ? 0 : kept;
}

static void find_middle(struct calm *calm, double *scratch)
{
    size_t kept = 0;
    for (size_t i = 1; i + 1 < calm->one->count; i++)
        if (is_calm(calm, i))
            scratch[kept++] = off_the_line(calm, i);
    stats_sort(scratch, kept);
    calm->middle = stats_median_sorted(scratch, kept);
    calm->most = NEAR_DEVIATIONS * STATS_MAD_SCALE * stats_mad_sorted(scratch, kept);
}

/* Copy the windows that are alone, without the wide kernel, to where `out` points. */
static void copy_alone(const struct calm *calm, struct stats_share_windows *out)
{
    const struct stats_share_windows *one = calm->one;
    out->count = 0;
    for (size_t i = 1; i + 1 < one->count; i++) {
        if (!is_alone(calm, i))
            continue;
        out->time[out->count] = one->time[i];
        for (size_t k = 0; k < STATS_SHARES; k++)
            if (out->speed[k] != NULL)
                out->speed[k][out->count] = one->speed[k][i];
        out->count++;
    }
}

/* How fast the wide kernel is in a run with nobody there; INFINITY: nobody knows. */
static double level_of(const struct stats_share_windows *processes, size_t count, double *scratch)
{
    static const struct stats_shares none;
    double lowest[LEVEL_LEAST];
    for (size_t l = 0; l < LEVEL_LEAST; l++)
        lowest[l] = INFINITY;
    for (size_t p = 0; p < count; p++) {
        struct calm calm = { .shares = &none, .one = &processes[p] };
        if (!find_alone(&calm, scratch))
            continue;
        double next = calm.wide_most;
        for (size_t l = 0; l < LEVEL_LEAST; l++)
            if (next < lowest[l]) {
                const double held = lowest[l];
                lowest[l] = next;
                next = held;
            }
    }
    return lowest[LEVEL_LEAST - 1];
}

base_err stats_calm_fit(const struct stats_share_windows *processes, size_t count,
                        struct stats_shares *out)
{
    static const struct stats_shares none;
    size_t total = 0, kept = 0;
    for (size_t p = 0; p < count; p++)
        total += processes[p].count;
    struct stats_share_windows *alone = calloc(count + 1, sizeof *alone);
    double *memory = calloc((STATS_SHARES + 2) * total + 1, sizeof *memory);
    base_err err = alone != NULL && memory != NULL ? BASE_OK : BASE_ENOMEM;
    double *at = memory, *scratch = memory + (STATS_SHARES + 1) * total;
    const double level = err == BASE_OK ? level_of(processes, count, scratch) : NAN;
    for (size_t p = 0; err == BASE_OK && p < count; p++) {
        const struct stats_share_windows *one = &processes[p];
        struct calm calm = { .shares = &none, .one = one };
        if (!find_alone(&calm, scratch) || !(fabs(calm.wide_most - level) < STATS_CALM_APART))
            continue;
        alone[kept].time = at;
        for (size_t k = 0; k < STATS_SHARES; k++)
            alone[kept].speed[k] =
                k != STATS_SHARE_WIDE && one->speed[k] != NULL ? at + (k + 1) * one->count : NULL;
        copy_alone(&calm, &alone[kept++]);
        at += (STATS_SHARES + 1) * one->count;
    }
    *out = none;
    if (err == BASE_OK && kept > 0)
        err = stats_shares_fit(alone, kept, out);
    free(alone);
    free(memory);
    return err;
}

bool stats_calm_follows_memory(const struct stats_shares *shares)
{
    return shares->of[STATS_SHARE_CACHE] + shares->of[STATS_SHARE_MEMORY] > 0.5;
}

bool stats_calm_place(const struct stats_shares *shares, const struct stats_share_windows *one,
                      double *scratch, double *time, double *speed)
{
    struct calm calm = { .shares = shares, .one = one };
    const size_t alone = find_alone(&calm, scratch);
    if (alone == 0)
        return false;
    size_t kept = stats_calm_follows_memory(shares) ? alone / KEPT_PART : alone;
    kept = kept > WINDOWS_LEAST ? kept : WINDOWS_LEAST;
    calm.busy_most = scratch[kept - 1];
    find_middle(&calm, scratch);
    size_t count = 0;
    *time = 0;
    for (size_t k = 0; k < STATS_SHARES; k++)
        speed[k] = one->speed[k] != NULL ? 0 : NAN;
    for (size_t i = 1; i + 1 < one->count; i++) {
        if (!is_calm(&calm, i) || fabs(off_the_line(&calm, i) - calm.middle) > calm.most)
            continue;
        count++;
        *time += (one->time[i] - *time) / (double)count;
        for (size_t k = 0; k < STATS_SHARES; k++)
            if (one->speed[k] != NULL)
                speed[k] += (one->speed[k][i] - speed[k]) / (double)count;
    }
    return true;
}
