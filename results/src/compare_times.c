/* compare_times.c - four ways to bring two runs to one speed, the best that both allow: where
 * nobody else was on the core; by the shares that both runs know together; each run by its own; not
 * at all. */
#include "compare_times.h"

#include "compare_calm.h"
#include "compare_imported.h"

#include <stats/calm.h>
#include <stats/distribution.h>
#include <stats/shares.h>
#include <stats/summary.h>

#include <assert.h>
#include <math.h>
#include <string.h>

/* A share of memory that is hardly known counts as if it were larger: what the references miss of
 * memory is ten times what they miss of the core. */
#define UNKNOWN_DEVIATIONS 2.0

#define TRANSLATED_BYTES (8 << 20)
/* How much one neighbour on the core costs differs from what another costs, as a share. */
#define NEIGHBOUR 0.6
/* Two of ten processes are cut off at either end of those that were corrected: one that met
 * something of its own stands far from the rest, which are alike. */
#define TRIM 0.2

enum { DEGREES_ASSUMED = 1000000 }; /* of an assumed error: as good as known */
enum time { TIME_SHARES, TIME_NORMALISED, TIME_MEDIAN };

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* --- speeds and shares --------------------------------------------------------------------- */

static struct stats_shares shares_of(const struct result_shares *from)
{
    return (struct stats_shares){
        .of = { from->wide, from->cache, from->memory },
        .precision = { { from->wide_wide, from->wide_cache, from->wide_memory },
                       { from->wide_cache, from->cache_cache, from->cache_memory },
                       { from->wide_memory, from->cache_memory, from->memory_memory } },
        .noise = from->noise,
    };
}

static bool has_shares(const struct result_case *one)
{
    const struct stats_shares shares = shares_of(&one->shares);
    bool is_good = stats_shares_is_known(&shares);
    for (size_t i = 0; i < one->process_count; i++)
        is_good = is_good && one->processes[i].core_ns > 0;
    return is_good;
}

static bool has_memory(const struct result_case *one)
{
    for (size_t i = 0; i < one->process_count; i++)
        if (one->processes[i].memory_ns > 0)
            return true;
    return false;
}

/* In small pages the memory-bound reference is another kernel. */
static bool has_same_pages(const struct result_case *a, const struct result_case *b)
{
    return !has_memory(a) || (strcmp(or_empty(a->memory_pages), or_empty(b->memory_pages)) == 0 &&
                              strcmp(or_empty(a->memory_pages), "mixed") != 0);
}

/* A kernel that one side did not time cannot be corrected for. */
static bool has_same_kernels(const struct result_case *a, const struct result_case *b)
{
    if (!has_same_pages(a, b))
        return false;
    for (size_t k = 0; k < STATS_SHARES; k++)
        for (size_t i = 0; i < a->process_count + b->process_count; i++) {
            const struct result_process *process =
                i < a->process_count ? &a->processes[i] : &b->processes[i - a->process_count];
            if (isnan(compare_speed_of(process, k)) != isnan(compare_speed_of(&a->processes[0], k)))
                return false;
        }
    return true;
}

/* --- sides --------------------------------------------------------------------------------- */

static double time_of(const struct result_process *process, enum time time,
                      const struct stats_shares *shares)
{
    if (time != TIME_SHARES)
        return log(time == TIME_NORMALISED ? process->normalised_ns : process->median_ns);
    double speed[STATS_SHARES];
    for (size_t k = 0; k < STATS_SHARES; k++)
        speed[k] = compare_speed_of(process, k);
    return log(process->median_ns / process->core_ns) - stats_shares_explained(shares, speed);
}

static bool has_times(const struct result_case *one, enum time time)
{
    for (size_t i = 0; i < one->process_count; i++) {
        const struct result_process *process = &one->processes[i];
        const double ns = time == TIME_NORMALISED ? process->normalised_ns : process->median_ns;
        if (!(ns > 0) || !isfinite(ns))
            return false;
    }
    return one->process_count > 0;
}

bool result_compare_has_value(const struct result_run *run, const struct result_case *one)
{
    return has_times(one, TIME_MEDIAN) ||
           (one->process_count == 0 && result_imported_from(run) != NULL &&
            one->median_ns.value > 0);
}

static double own_half_width(const struct result_estimate *estimate)
{
    if (!(estimate->low > 0) || !(estimate->value >= estimate->low) || !isfinite(estimate->high))
        return 0;
    const double below = log(estimate->value / estimate->low);
    const double above = log(estimate->high / estimate->value);
    return below > above ? below : above;
}

static struct compare_side side_of(const struct result_case *one, enum time time,
                                   const struct stats_shares *shares)
{
    struct compare_side side = { .count = one->process_count, .error = NAN };
    double times[RESULT_PROCESS_MAX];
    assert(side.count <= RESULT_PROCESS_MAX);
    for (size_t i = 0; i < side.count; i++) {
        times[i] = time_of(&one->processes[i], time, shares);
        for (size_t k = 0; k < STATS_SHARES; k++)
            side.speed[k] += compare_speed_of(&one->processes[i], k) / (double)side.count;
    }
    const double cut = time == TIME_SHARES ? TRIM : 0;
    stats_sort(times, side.count);
    side.mean = stats_trimmed_mean_sorted(times, side.count, cut);
    side.error = stats_trimmed_error_sorted(times, side.count, cut, &side.degrees);
    return side;
}

/* A side by itself: whatever else the case's own interval holds is in the comparison too, and an
 * imported case with fewer than two processes has nothing but that interval. */
static struct compare_side side_alone(const struct result_run *run, const struct result_case *one,
                                      enum time time)
{
    const double confidence = run->confidence;
    assert(confidence > 0 && confidence < 1);
    if (one->process_count < 2 && result_imported_from(run) != NULL) {
        struct compare_side side = { .count = one->process_count, .degrees = DEGREES_ASSUMED };
        result_import_side(one, confidence, &side.mean, &side.error);
        return side;
    }
    struct compare_side side = side_of(one, time, NULL);
    if (side.count < 2)
        return side;
    const struct result_estimate *own = time == TIME_MEDIAN ? &one->median_ns : &one->normalised_ns;
    const double error =
        own_half_width(own) / stats_student_quantile((1 + confidence) / 2, side.degrees);
    side.error = fmax(side.error, error);
    return side;
}

/* --- the ratio ----------------------------------------------------------------------------- */

/* Of the hypothesis that the ratio lies within 1/(1 + threshold) .. 1 + threshold: twice the tail
 * beyond the nearer edge, so that p < 1 - confidence says the same as the interval. */
static double p_of(double centre, double error, double degrees, double threshold)
{
    const double beyond = fabs(centre) - log1p(threshold);
    if (!(error > 0))
        return beyond > 0 ? 0 : 1;
    return fmin(1, 2 * stats_student_cdf(-beyond / error, degrees));
}

/* Welch's, with a part of the variance that is known without a sample. */
static double degrees_of(const struct compare_side *a, const struct compare_side *b, double between)
{
    const double va = a->error * a->error, vb = b->error * b->error;
    const double below = va * va / a->degrees + vb * vb / b->degrees;
    const double whole = va + vb + between * between;
    return below > 0 ? fmin(whole * whole / below, DEGREES_ASSUMED) : a->degrees + b->degrees;
}

struct sides {
    struct compare_side baseline, current;
    double between; /* standard deviation of what differs beside the processes */
};

/* Of the interval; NaN: one process on a side. */
static double half_width(const struct sides *sides, const struct result_compare_options *options)
{
    const struct compare_side *b = &sides->baseline, *c = &sides->current;
    const double degrees = degrees_of(b, c, sides->between);
    return stats_student_quantile((1 + options->confidence) / 2, degrees) *
           hypot(hypot(b->error, c->error), sides->between);
}

static void compare_sides(const struct sides *sides, const struct result_compare_options *options,
                          struct result_compared *out)
{
    const struct compare_side *b = &sides->baseline, *c = &sides->current;
    const double centre = c->mean - b->mean;
    const double error = hypot(hypot(b->error, c->error), sides->between);
    out->ratio.value = exp(centre);
    if (isnan(error))
        return;
    const double half = half_width(sides, options);
    out->degrees = degrees_of(b, c, sides->between);
    out->ratio.low = exp(centre - half);
    out->ratio.high = exp(centre + half);
    out->p = p_of(centre, error, out->degrees, options->threshold);
}

/* Of a fact in bytes; NaN: not said. */
static double bytes_of(const struct result_case *one, const char *name)
{
    for (size_t i = 0; i < one->facts.count; i++)
        if (strcmp(one->facts.items[i].name, name) == 0)
            return one->facts.items[i].value;
    return NAN;
}

/* How much of what a case has in memory lies in small pages, 0 .. 1; what the caches of
 * translations reach anyway counts as 0, what is not said as 1. */
static double in_small_pages(const struct result_case *one)
{
    const double all = bytes_of(one, "setup_rss_bytes");
    const double large = bytes_of(one, "setup_large_pages_bytes");
    if (all < TRANSLATED_BYTES)
        return 0;
    return all >= large ? 1 - large / all : 1;
}

static const struct result_residual residual_assumed = { RESULT_RESIDUAL_CORE,
                                                         RESULT_RESIDUAL_MEMORY,
                                                         RESULT_RESIDUAL_PAGES };

static struct result_residual residual_learned(const struct result_comparison *all,
                                               const struct result_case *one)
{
    return all->options.residual != NULL
               ? all->options.residual(all->options.residual_context, one->id)
               : residual_assumed;
}

/* What the references miss between two runs. */
static double residual_of(struct result_residual each, const struct result_case *baseline,
                          const struct result_case *current, const struct stats_shares *shares)
{
    const double small = fmax(in_small_pages(baseline), in_small_pages(current));
    each.memory = hypot(each.memory, small * each.pages);
    const double memory = shares->of[STATS_SHARE_MEMORY] + shares->of[STATS_SHARE_CACHE];
    const double unknown = UNKNOWN_DEVIATIONS * stats_shares_deviation(shares, STATS_SHARE_MEMORY);
    const double most = fmin(1, hypot(memory, unknown));
    return sqrt(2) * hypot((1 - memory) * each.core, most * each.memory);
}

static double calmest(const struct result_case *one, double least)
{
    for (size_t i = 0; i < one->process_count; i++)
        least = fmin(least, compare_speed_of(&one->processes[i], STATS_SHARE_WIDE));
    return least;
}

/* What a neighbour on the core costs is another from neighbour to neighbour, also where wide shows
 * the same of both: it counts for all of the time that it was there, and not for the difference.
 *
 *   level    of the wide kernel with nobody there; infinite: nobody knows */
static double neighbours_error(const struct result_case *baseline, const struct compare_side *b,
                               const struct result_case *current, const struct compare_side *c,
                               double level, const struct stats_shares *shares)
{
    const double calm = calmest(current, calmest(baseline, level));
    const double seen = hypot(b->speed[STATS_SHARE_WIDE] - calm, c->speed[STATS_SHARE_WIDE] - calm);
    return isfinite(seen) ? NEIGHBOUR * shares->of[STATS_SHARE_WIDE] * seen : 0;
}

static double moved_error(const struct sides *sides, const struct stats_shares *shares)
{
    double moved[STATS_SHARES];
    for (size_t k = 0; k < STATS_SHARES; k++)
        moved[k] = sides->current.speed[k] - sides->baseline.speed[k];
    return stats_shares_error(shares, moved);
}

/* What the sides say of each other where nobody else was on the core; false: one of the runs does
 * not know that. What a history has taught counts whole: what neighbours cost its runs is in it,
 * but not how much, and those of these two runs say nothing of it. */
static bool take_calm(const struct result_case *baseline, const struct result_case *current,
                      double level, struct result_residual residual, double neighbours,
                      struct sides *out)
{
    const struct stats_shares own[] = { shares_of(&baseline->calm_shares),
                                        shares_of(&current->calm_shares) };
    if (!stats_shares_is_known(&own[0]) || !stats_shares_is_known(&own[1]))
        return false;
    const struct stats_shares shares = stats_shares_pool(&own[0], &own[1]);
    if (!compare_calm_side(baseline, level, &shares, &out->baseline) ||
        !compare_calm_side(current, level, &shares, &out->current))
        return false;
    const double seen = stats_calm_follows_memory(&shares) ? neighbours : 0;
    out->between = hypot(hypot(moved_error(out, &shares), seen),
                         residual_of(residual, baseline, current, &shares));
    return true;
}

/* The same of all the time. */
static void take_all(const struct result_case *baseline, const struct result_case *current,
                     double level, struct result_residual residual, double *neighbours,
                     struct sides *out)
{
    const struct stats_shares own[] = { shares_of(&baseline->shares), shares_of(&current->shares) };
    const struct stats_shares shares = stats_shares_pool(&own[0], &own[1]);
    out->baseline = side_of(baseline, TIME_SHARES, &shares);
    out->current = side_of(current, TIME_SHARES, &shares);
    *neighbours =
        neighbours_error(baseline, &out->baseline, current, &out->current, level, &shares);
    out->between = hypot(hypot(moved_error(out, &shares), *neighbours),
                         residual_of(residual, baseline, current, &shares));
}

/* Which of the two is taken is settled by what is known of them and not by what they say. */
static void compare_by_shares(const struct result_comparison *all,
                              const struct result_case *baseline, const struct result_case *current,
                              struct result_compared *out)
{
    const struct result_compare_options *options = &all->options;
    const struct result_residual residual = residual_learned(all, baseline);
    const double level = compare_calm_level(all, baseline, current);
    struct sides always, calm;
    double neighbours = 0;
    take_all(baseline, current, level, residual, &neighbours, &always);
    const bool is_calm = take_calm(baseline, current, level, residual, neighbours, &calm) &&
                         !(half_width(&always, options) <= half_width(&calm, options));
    const struct sides *sides = is_calm ? &calm : &always;
    compare_sides(sides, options, out);
    out->metric = "at_baseline_speed_ns";
    out->baseline_ns = exp(side_of(baseline, TIME_MEDIAN, NULL).mean);
    out->current_ns = out->baseline_ns * out->ratio.value;
}

static bool is_of_others(const struct result_comparison *all)
{
    return result_imported_from(all->baseline) != NULL ||
           result_imported_from(all->current) != NULL;
}

static base_err compare_each(struct result_comparison *all, enum time time,
                             const struct result_case *baseline, const struct result_case *current,
                             struct result_compared *out)
{
    const struct sides sides = { side_alone(all->baseline, baseline, time),
                                 side_alone(all->current, current, time), 0 };
    compare_sides(&sides, &all->options, out);
    out->metric = time == TIME_MEDIAN ? "median_ns" : "normalised_ns";
    out->baseline_ns = exp(sides.baseline.mean);
    out->current_ns = exp(sides.current.mean);
    if (is_of_others(all))
        return BASE_OK; /* the caveats say it for all cases */
    if (time == TIME_NORMALISED && !has_same_pages(baseline, current)) {
        out->why = "the memory-bound reference lay in other pages in one of the runs";
        return BASE_OK;
    }
    if (time == TIME_MEDIAN)
        out->why = "raw times: no time at reference speed on both sides";
    else if (strcmp(or_empty(baseline->reference), or_empty(current->reference)) != 0)
        out->why = base_arena_printf(&all->arena, "reference %s in the baseline, %s in the current",
                                     or_empty(baseline->reference), or_empty(current->reference));
    else
        return BASE_OK;
    return out->why != NULL ? BASE_OK : BASE_ENOMEM;
}

static const char *why_unknown(const struct result_comparison *all,
                               const struct result_case *baseline,
                               const struct result_case *current)
{
    double mean = 0, error = 0;
    if (result_imported_from(all->baseline) != NULL && baseline->process_count < 2) {
        result_import_side(baseline, all->baseline->confidence, &mean, &error);
        if (isnan(error))
            return result_import_why(baseline);
    }
    if (result_imported_from(all->current) != NULL && current->process_count < 2)
        return result_import_why(current);
    return "one process on a side: the spread between processes is not known";
}

base_err result_compare_times(struct result_comparison *all, const struct result_case *baseline,
                              const struct result_case *current, struct result_compared *out)
{
    base_err err = BASE_OK;
    if (has_shares(baseline) && has_shares(current) && has_same_kernels(baseline, current))
        compare_by_shares(all, baseline, current, out);
    else if (has_times(baseline, TIME_NORMALISED) && has_times(current, TIME_NORMALISED))
        err = compare_each(all, TIME_NORMALISED, baseline, current, out);
    else
        err = compare_each(all, TIME_MEDIAN, baseline, current, out);
    if (isnan(out->degrees))
        out->why = why_unknown(all, baseline, current);
    return err;
}
