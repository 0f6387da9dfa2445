/* estimate.c - each process is reduced to a few figures first (its median, its mean, its slope, its
 * median at reference speed); the figures of several processes are then a small independent sample,
 * and Student's interval over them holds whatever differs between processes, autocorrelation inside
 * them included. A bootstrap over so few would be too narrow: resampling 10 values covers 90 %
 * where 95 % is promised. With one process there is nothing to compare, and moving blocks inside it
 * are the best that can be had. */
#include <stats/estimate.h>

#include <stats/bootstrap.h>
#include <stats/calm.h>
#include <stats/distribution.h>
#include <stats/effective.h>
#include <stats/outlier.h>
#include <stats/slope.h>
#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_BATCHES = 8,   /* neighbours whose medians are compared with the reference's */
    WINDOWS_LEAST = 8,    /* a short process has smaller windows */
    RESAMPLES = 4000,     /* for one process */
    EFFECTIVE_MAX = 4096, /* batches of one process looked at for its effective size */
};
#define UNKNOWN_LEAST 0.1  /* error of a normalised time, as a share, that makes it useless */
#define FOLLOWS_LEAST 0.75 /* share from which a case is said to follow one reference */

/* The first ones are STATS_SHARE_WIDE, _CACHE and _MEMORY. */
enum kernel { KERNEL_MEMORY = STATS_SHARE_MEMORY, KERNEL_CORE = STATS_SHARES, KERNELS };

struct work { /* scratch of one estimate; all arrays in one block */
    size_t total, windows;
    double *item_ns;               /* [total] time per item, process after process */
    double *scratch;               /* [total] */
    double *counts;                /* [total] items as doubles */
    double *window_ns;             /* [windows] medians of neighbours: the case ... */
    double *window_speed[KERNELS]; /* ... and the references, in the order of `enum kernel` */
    double *log_time;              /* [windows] over the base kernel */
    double *log_speed[STATS_SHARES];
    double *figures;  /* [process_count] one figure of each process */
    enum kernel base; /* what the others are relative to: the core, or memory */
    bool is_timed[STATS_SHARES];
    double speed[STATS_SHARES]; /* where the host stood: medians of log_speed */
};

static bool is_time(double ns)
{
    return isfinite(ns) && ns >= 0;
}

static size_t window_size(size_t batches)
{
    const size_t size = batches / WINDOWS_LEAST;
    return size < 1 ? 1 : size > WINDOW_BATCHES ? WINDOW_BATCHES : size;
}

static size_t window_count(size_t batches)
{
    return batches / window_size(batches); /* a rest joins the last window */
}

static base_err check(const struct stats_batches *processes, size_t process_count,
                      const struct stats_estimate_options *options, struct work *work)
{
    if (process_count == 0 || !(options->confidence >= 0.5 && options->confidence <= 0.9999))
        return BASE_EINVALID;
    for (size_t p = 0; p < process_count; p++) {
        if (processes[p].count == 0)
            return BASE_EINVALID;
        for (size_t i = 0; i < processes[p].count; i++)
            if (processes[p].items[i] == 0 || !is_time(processes[p].ns[i]))
                return BASE_EINVALID;
        work->total += processes[p].count;
        work->windows += window_count(processes[p].count);
    }
    return BASE_OK;
}

static base_err work_open(struct work *work, size_t process_count)
{
    const size_t arrays = 2 + KERNELS + STATS_SHARES;
    double *memory =
        calloc(3 * work->total + arrays * work->windows + process_count, sizeof *memory);
    if (memory == NULL)
        return BASE_ENOMEM;
    work->item_ns = memory;
    work->scratch = work->item_ns + work->total;
    work->counts = work->scratch + work->total;
    work->window_ns = work->counts + work->total;
    work->log_time = work->window_ns + work->windows;
    memory = work->log_time + work->windows;
    for (size_t k = 0; k < KERNELS; k++, memory += work->windows)
        work->window_speed[k] = memory;
    for (size_t k = 0; k < STATS_SHARES; k++, memory += work->windows)
        work->log_speed[k] = memory;
    work->figures = memory;
    return BASE_OK;
}

static double median_of(struct work *work, const double *values, size_t count)
{
    if (values == NULL)
        return NAN;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            work->scratch[kept++] = values[i];
    stats_sort(work->scratch, kept);
    return kept > 0 ? stats_median_sorted(work->scratch, kept) : NAN;
}

static const double *speed_of(const struct stats_batches *process, size_t kernel)
{
    const double *const speeds[KERNELS] = { [STATS_SHARE_WIDE] = process->wide_ns,
                                            [STATS_SHARE_CACHE] = process->cache_ns,
                                            [STATS_SHARE_MEMORY] = process->memory_ns,
                                            [KERNEL_CORE] = process->core_ns };
    return speeds[kernel];
}

static void fill_windows(struct work *work, const struct stats_batches *process,
                         const double *item_ns, size_t first)
{
    const size_t size = window_size(process->count);
    const size_t windows = window_count(process->count);
    for (size_t w = 0; w < windows; w++) {
        const size_t at = w * size;
        const size_t count = w + 1 == windows ? process->count - at : size;
        work->window_ns[first + w] = median_of(work, item_ns + at, count);
        for (size_t k = 0; k < KERNELS; k++) {
            const double *speed = speed_of(process, k);
            work->window_speed[k][first + w] =
                speed == NULL ? NAN : median_of(work, speed + at, count);
        }
    }
}

static void reduce_process(struct work *work, const struct stats_batches *process, double *item_ns,
                           double *counts, struct stats_process_estimate *out)
{
    double total_ns = 0, total_items = 0;
    for (size_t i = 0; i < process->count; i++) {
        counts[i] = (double)process->items[i];
        item_ns[i] = process->ns[i] / counts[i];
        total_ns += process->ns[i];
        total_items += counts[i];
    }
    out->median_ns = median_of(work, item_ns, process->count);
    out->mean_ns = total_ns / total_items;
    out->core_ns = median_of(work, process->core_ns, process->count);
    out->memory_ns = median_of(work, process->memory_ns, process->count);
    out->wide_ns = median_of(work, process->wide_ns, process->count);
    out->cache_ns = median_of(work, process->cache_ns, process->count);
    out->normalised_ns = NAN;
    out->calm_ns = out->calm_wide_ns = out->calm_cache_ns = out->calm_memory_ns = NAN;
}

/* Robust variance of the logarithm of the windows' times. */
static double log_variance(struct work *work)
{
    size_t kept = 0;
    for (size_t w = 0; w < work->windows; w++)
        if (work->window_ns[w] > 0)
            work->scratch[kept++] = log(work->window_ns[w]);
    if (kept < 2)
        return NAN;
    stats_sort(work->scratch, kept);
    const double deviation = STATS_MAD_SCALE * stats_mad_sorted(work->scratch, kept);
    return deviation * deviation;
}

static bool has_all(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(isfinite(values[i]) && values[i] > 0))
            return false;
    return count > 0;
}

static double nominal_of(const struct stats_estimate_options *options, size_t kernel)
{
    const double nominal[KERNELS] = { [STATS_SHARE_WIDE] = options->nominal_wide_ns,
                                      [STATS_SHARE_CACHE] = options->nominal_cache_ns,
                                      [STATS_SHARE_MEMORY] = options->nominal_memory_ns,
                                      [KERNEL_CORE] = options->nominal_core_ns };
    return nominal[kernel];
}

/* Which kernels can be used, and everything as logarithms over the base kernel. False: none. */
static bool take_logarithms(struct work *work, const struct stats_estimate_options *options)
{
    bool is_usable[KERNELS];
    for (size_t k = 0; k < KERNELS; k++)
        is_usable[k] = nominal_of(options, k) > 0 && has_all(work->window_speed[k], work->windows);
    work->base = is_usable[KERNEL_CORE] ? KERNEL_CORE : KERNEL_MEMORY;
    for (size_t k = 0; k < STATS_SHARES; k++)
        work->is_timed[k] = is_usable[k] && is_usable[KERNEL_CORE];
    if (!is_usable[work->base])
        return false;
    for (size_t w = 0; w < work->windows; w++) {
        const double time = work->window_ns[w];
        const double base =
            log(work->window_speed[work->base][w] / nominal_of(options, work->base));
        work->log_time[w] = (time > 0 ? log(time) : 0) - base;
        for (size_t k = 0; k < STATS_SHARES; k++)
            work->log_speed[k][w] =
                work->is_timed[k] ? log(work->window_speed[k][w] / nominal_of(options, k)) - base
                                  : 0;
    }
    for (size_t k = 0; k < STATS_SHARES; k++)
        work->speed[k] = median_of(work, work->log_speed[k], work->windows);
    return true;
}

static enum stats_reference name_reference(const struct work *work,
                                           const struct stats_shares *shares)
{
    static const enum stats_reference names[STATS_SHARES] = { STATS_REFERENCE_WIDE,
                                                              STATS_REFERENCE_CACHE,
                                                              STATS_REFERENCE_MEMORY };
    double core = 1;
    for (size_t k = 0; k < STATS_SHARES; k++) {
        if (shares->of[k] > FOLLOWS_LEAST)
            return names[k];
        core -= shares->of[k];
    }
    if (work->base == KERNEL_MEMORY)
        return STATS_REFERENCE_MEMORY;
    return core > FOLLOWS_LEAST ? STATS_REFERENCE_CORE : STATS_REFERENCE_MIXED;
}

/* The references' steps as they are while the case takes its median time, and what the case and
 * they take at the core's speed of then while nobody else is on the core. */
static void place_process(struct work *work, const struct stats_estimate *estimate,
                          const struct stats_estimate_options *options, size_t first,
                          size_t windows, struct stats_process_estimate *out)
{
    double *const steps[STATS_SHARES] = { [STATS_SHARE_WIDE] = &out->wide_ns,
                                          [STATS_SHARE_CACHE] = &out->cache_ns,
                                          [STATS_SHARE_MEMORY] = &out->memory_ns };
    double *const calm[STATS_SHARES] = { [STATS_SHARE_WIDE] = &out->calm_wide_ns,
                                         [STATS_SHARE_CACHE] = &out->calm_cache_ns,
                                         [STATS_SHARE_MEMORY] = &out->calm_memory_ns };
    struct stats_share_windows here = { .count = windows, .time = work->log_time + first };
    double time = 0, speed[STATS_SHARES], calm_speed[STATS_SHARES];
    for (size_t k = 0; k < STATS_SHARES; k++)
        here.speed[k] = work->is_timed[k] ? work->log_speed[k] + first : NULL;
    stats_shares_place(&estimate->shares, &here, work->scratch, &time, speed);
    const double core = out->median_ns / exp(time); /* over its nominal step */
    out->core_ns = core * options->nominal_core_ns;
    const bool is_calm =
        stats_calm_place(&estimate->calm_shares, &here, work->scratch, &time, calm_speed);
    if (is_calm)
        out->calm_ns = core * exp(time);
    for (size_t k = 0; k < STATS_SHARES; k++) {
        if (!work->is_timed[k])
            continue;
        *steps[k] = core * nominal_of(options, k) * exp(speed[k]);
        if (is_calm)
            *calm[k] = core * nominal_of(options, k) * exp(calm_speed[k]);
    }
}

/* Windows become times at reference speed, in place. */
static void normalise_windows(struct work *work, struct stats_estimate *out)
{
    const double raw = log_variance(work);
    for (size_t w = 0; w < work->windows; w++) {
        double speed[STATS_SHARES];
        for (size_t k = 0; k < STATS_SHARES; k++)
            speed[k] = work->log_speed[k][w];
        if (work->window_ns[w] > 0)
            work->window_ns[w] =
                exp(work->log_time[w] - stats_shares_explained(&out->shares, speed));
    }
    const double left = log_variance(work);
    const double explained = raw > 0 ? 1 - left / raw : 0;
    out->reference_explained = explained > 0 ? explained : 0;
}

static void point_to_windows(const struct work *work, const struct stats_batches *processes,
                             size_t process_count, double *time, double *const *speed,
                             struct stats_share_windows *out)
{
    size_t at = 0;
    for (size_t p = 0; p < process_count; p++) {
        out[p].count = window_count(processes[p].count);
        out[p].time = time + at;
        for (size_t k = 0; k < STATS_SHARES; k++)
            out[p].speed[k] = work->is_timed[k] ? speed[k] + at : NULL;
        at += out[p].count;
    }
}

/* The fit centres its input, so it gets a copy: the arrays of the windows' speeds, which are not
 * needed any more. */
static base_err fit_shares(struct work *work, const struct stats_batches *processes,
                           size_t process_count, struct stats_estimate *out)
{
    struct stats_share_windows *windows = calloc(process_count, sizeof *windows);
    if (windows == NULL)
        return BASE_ENOMEM;
    point_to_windows(work, processes, process_count, work->log_time, work->log_speed, windows);
    base_err err = stats_calm_fit(windows, process_count, &out->calm_shares);
    double *time = work->window_speed[KERNEL_CORE];
    memcpy(time, work->log_time, work->windows * sizeof *time);
    for (size_t k = 0; k < STATS_SHARES; k++)
        memcpy(work->window_speed[k], work->log_speed[k], work->windows * sizeof *time);
    point_to_windows(work, processes, process_count, time, work->window_speed, windows);
    if (err == BASE_OK)
        err = stats_shares_fit(windows, process_count, &out->shares);
    free(windows);
    return err;
}

/* What each process takes at reference speed. A run too short to tell what a case follows, on a
 * host far from its reference speed, has none: no number is better than one that could be anything.
 */
static base_err estimate_normalised(struct work *work, const struct stats_batches *processes,
                                    size_t process_count,
                                    const struct stats_estimate_options *options,
                                    struct stats_process_estimate *figures,
                                    struct stats_estimate *out)
{
    if (!take_logarithms(work, options))
        return BASE_OK;
    const base_err err = fit_shares(work, processes, process_count, out);
    if (err != BASE_OK)
        return err;
    out->memory_share = work->base == KERNEL_MEMORY ? 1 : out->shares.of[STATS_SHARE_MEMORY];
    out->memory_share_error = stats_shares_deviation(&out->shares, STATS_SHARE_MEMORY);
    for (size_t p = 0, at = 0; work->base == KERNEL_CORE && p < process_count; p++) {
        const size_t count = window_count(processes[p].count);
        place_process(work, out, options, at, count, &figures[p]);
        at += count;
    }
    normalise_windows(work, out);
    if (stats_shares_error(&out->shares, work->speed) > UNKNOWN_LEAST) {
        out->reference_explained = 0;
        return BASE_OK;
    }
    out->reference = name_reference(work, &out->shares);
    size_t window = 0;
    for (size_t p = 0; p < process_count; p++) {
        const size_t count = window_count(processes[p].count);
        figures[p].normalised_ns = median_of(work, work->window_ns + window, count);
        window += count;
    }
    return BASE_OK;
}

/* A series of one process: the interval of its median from moving blocks. */
static struct stats_interval interval_inside(const double *series, size_t count, bool is_median,
                                             const struct stats_estimate_options *options)
{
    const double value = NAN;
    struct stats_interval out = { value, NAN, NAN };
    const struct stats_source source = { .times = series,
                                         .count = count,
                                         .block = STATS_BLOCK_AUTO };
    const struct stats_bootstrap_options how = { options->confidence, RESAMPLES, options->seed };
    struct stats_bootstrap all[STATS_STATISTIC_COUNT];
    if (count >= 8 && count <= STATS_SAMPLE_MAX &&
        stats_bootstrap_of(&source, &how, all) == BASE_OK)
        out = all[is_median ? STATS_MEDIAN : STATS_MEAN].bca;
    return out;
}

/* Add the host's drift, a share of the value, to a half width. */
static void widen(struct stats_interval *interval, double drift_share, double confidence)
{
    if (!(drift_share > 0))
        return;
    const double drift =
        interval->value * drift_share * stats_normal_quantile(0.5 + confidence / 2);
    interval->low = interval->value - hypot(interval->value - interval->low, drift);
    interval->high = interval->value + hypot(interval->high - interval->value, drift);
}

static void not_below_zero(struct stats_interval *interval)
{
    if (interval->low < 0)
        interval->low = 0;
}

static void gather(struct work *work, const struct stats_process_estimate *figures,
                   size_t process_count, size_t offset)
{
    for (size_t p = 0; p < process_count; p++)
        memcpy(&work->figures[p], (const char *)&figures[p] + offset, sizeof(double));
}

/* The slope of every process, where batches have different sizes. */
static void estimate_slope(struct work *work, const struct stats_batches *processes,
                           size_t process_count, double confidence, struct stats_estimate *out)
{
    size_t kept = 0;
    size_t at = 0;
    for (size_t p = 0; p < process_count; p++) {
        struct stats_slope line;
        if (processes[p].count >= 8 && stats_slope_theil_sen(work->counts + at, processes[p].ns,
                                                             processes[p].count, &line) == BASE_OK)
            work->figures[kept++] = line.slope;
        at += processes[p].count;
    }
    out->slope_ns = (struct stats_interval){ NAN, NAN, NAN };
    if (kept == process_count)
        out->slope_ns = stats_interval_t(work->figures, kept, confidence);
}

static void describe_batches(struct work *work, const struct stats_batches *processes,
                             size_t process_count, struct stats_estimate *out)
{
    size_t at = 0;
    for (size_t p = 0; p < process_count; p++) {
        const size_t count =
            processes[p].count < EFFECTIVE_MAX ? processes[p].count : EFFECTIVE_MAX;
        out->effective_batches += stats_effective_size(work->item_ns + at, count) *
                                  ((double)processes[p].count / (double)count);
        at += processes[p].count;
    }
    memcpy(work->scratch, work->item_ns, work->total * sizeof *work->scratch);
    struct stats_summary summary;
    if (stats_summary_of(work->scratch, work->total, &summary) != BASE_OK)
        return;
    const struct stats_outliers outliers = stats_outliers_sorted(work->scratch, work->total);
    out->stddev_ns = summary.stddev;
    out->mad_ns = summary.mad;
    out->trimmed_mean_ns = summary.trimmed_mean;
    out->min_ns = summary.min;
    out->max_ns = summary.max;
    out->p05_ns = summary.p05;
    out->p25_ns = summary.p25;
    out->p75_ns = summary.p75;
    out->p95_ns = summary.p95;
    out->p99_ns = summary.p99;
    out->low_severe = outliers.low_severe;
    out->low_mild = outliers.low_mild;
    out->high_mild = outliers.high_mild;
    out->high_severe = outliers.high_severe;
}

/* What the host does between runs, by whose speed the case follows. */
static void add_host(const struct work *work, const struct stats_estimate_options *options,
                     struct stats_estimate *out)
{
    const double *share = out->shares.of;
    const double memory = out->memory_share, cache = share[STATS_SHARE_CACHE];
    const double wide = share[STATS_SHARE_WIDE];
    const double core = 1 - memory - cache - wide;
    const double residual = (core + wide) * options->residual_core_share +
                            (cache + memory) * options->residual_memory_share;
    const double drift = core * options->drift_core_share + wide * options->drift_wide_share +
                         cache * options->drift_cache_share + memory * options->drift_memory_share;
    out->drift_share = hypot(residual, drift);
    out->residual_share = residual;
    if (out->shares.noise > 0)
        out->residual_share = hypot(residual, stats_shares_error(&out->shares, work->speed));
}

/* Figures of the processes, or what one process shows, to intervals. */
static void estimate_centres(struct work *work, const struct stats_process_estimate *figures,
                             size_t process_count, const struct stats_estimate_options *options,
                             struct stats_estimate *out)
{
    const double level = options->confidence;
    gather(work, figures, process_count, offsetof(struct stats_process_estimate, median_ns));
    out->median_ns = stats_interval_t(work->figures, process_count, level);
    gather(work, figures, process_count, offsetof(struct stats_process_estimate, mean_ns));
    out->mean_ns = stats_interval_t(work->figures, process_count, level);
    gather(work, figures, process_count, offsetof(struct stats_process_estimate, normalised_ns));
    out->normalised_ns = stats_interval_t(work->figures, process_count, level);
    if (process_count == 1) {
        const struct stats_interval median =
            interval_inside(work->item_ns, work->total, true, options);
        const struct stats_interval mean =
            interval_inside(work->item_ns, work->total, false, options);
        const struct stats_interval normalised =
            interval_inside(work->window_ns, work->windows, true, options);
        out->median_ns.low = median.low;
        out->median_ns.high = median.high;
        out->mean_ns.low = mean.low;
        out->mean_ns.high = mean.high;
        if (isfinite(out->normalised_ns.value)) {
            out->normalised_ns.low = normalised.low;
            out->normalised_ns.high = normalised.high;
        }
    }
    add_host(work, options, out);
    widen(&out->median_ns, out->drift_share, level);
    widen(&out->mean_ns, out->drift_share, level);
    widen(&out->normalised_ns, out->residual_share, level);
    not_below_zero(&out->median_ns);
    not_below_zero(&out->mean_ns);
    not_below_zero(&out->normalised_ns);
}

static base_err estimate(struct work *work, const struct stats_batches *processes,
                         size_t process_count, const struct stats_estimate_options *options,
                         struct stats_process_estimate *figures, struct stats_estimate *out)
{
    size_t at = 0;
    size_t window = 0;
    for (size_t p = 0; p < process_count; p++) {
        reduce_process(work, &processes[p], work->item_ns + at, work->counts + at, &figures[p]);
        fill_windows(work, &processes[p], work->item_ns + at, window);
        at += processes[p].count;
        window += window_count(processes[p].count);
    }
    const base_err err = estimate_normalised(work, processes, process_count, options, figures, out);
    if (err != BASE_OK)
        return err;
    estimate_centres(work, figures, process_count, options, out);
    estimate_slope(work, processes, process_count, options->confidence, out);
    describe_batches(work, processes, process_count, out);
    return BASE_OK;
}

base_err stats_estimate_of(const struct stats_batches *processes, size_t process_count,
                           const struct stats_estimate_options *options,
                           struct stats_process_estimate *per_process, struct stats_estimate *out)
{
    struct work work = { 0 };
    base_err err = check(processes, process_count, options, &work);
    if (err != BASE_OK)
        return err;
    struct stats_process_estimate *figures = calloc(process_count, sizeof *figures);
    err = figures == NULL ? BASE_ENOMEM : work_open(&work, process_count);
    if (err == BASE_OK) {
        *out = (struct stats_estimate){ 0 };
        err = estimate(&work, processes, process_count, options, figures, out);
        if (err == BASE_OK && per_process != NULL)
            memcpy(per_process, figures, process_count * sizeof *figures);
    }
    free(work.item_ns);
    free(figures);
    return err;
}
