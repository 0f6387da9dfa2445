/* estimate.c - each process is reduced to a few figures first (its median, its mean, its slope, its
 * median at reference speed); the figures of several processes are then a small independent sample,
 * and Student's interval over them holds whatever differs between processes, autocorrelation inside
 * them included. A bootstrap over so few would be too narrow: resampling 10 values covers 90 %
 * where 95 % is promised. With one process there is nothing to compare, and moving blocks inside it
 * are the best that can be had. */
#include <stats/estimate.h>

#include <stats/bootstrap.h>
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
    CLIP_DEVIATIONS = 5,
};
#define PRIOR_SHARE      0.5 /* of memory in a case about which nothing is known ... */
#define PRIOR_ERROR      0.5 /* ... give or take */
#define UNKNOWN_LEAST    0.1 /* error of a normalised time, as a share, that makes it useless */
#define REAL_SHARE_LEAST 0.1 /* of the variance of a reference's windows */

struct work { /* scratch of one estimate; all arrays in one block */
    size_t total, windows;
    double *item_ns;     /* [total] time per item, process after process */
    double *scratch;     /* [total] */
    double *counts;      /* [total] items as doubles */
    double *window_ns;   /* [windows] medians of neighbours: the case ... */
    double *window_core; /* ... and both references */
    double *window_memory;
    double *log_x, *log_y; /* [windows] */
    double *figures;       /* [process_count] one figure of each process */
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
    const size_t need = 3 * work->total + 5 * work->windows + process_count;
    double *memory = calloc(need, sizeof *memory);
    if (memory == NULL)
        return BASE_ENOMEM;
    work->item_ns = memory;
    work->scratch = work->item_ns + work->total;
    work->counts = work->scratch + work->total;
    work->window_ns = work->counts + work->total;
    work->window_core = work->window_ns + work->windows;
    work->window_memory = work->window_core + work->windows;
    work->log_x = work->window_memory + work->windows;
    work->log_y = work->log_x + work->windows;
    work->figures = work->log_y + work->windows;
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

static void fill_windows(struct work *work, const struct stats_batches *process,
                         const double *item_ns, size_t first)
{
    const size_t size = window_size(process->count);
    const size_t windows = window_count(process->count);
    for (size_t w = 0; w < windows; w++) {
        const size_t at = w * size;
        const size_t count = w + 1 == windows ? process->count - at : size;
        work->window_ns[first + w] = median_of(work, item_ns + at, count);
        work->window_core[first + w] =
            process->core_ns == NULL ? NAN : median_of(work, process->core_ns + at, count);
        work->window_memory[first + w] =
            process->memory_ns == NULL ? NAN : median_of(work, process->memory_ns + at, count);
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
    out->normalised_ns = NAN;
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

/* Take the median away and pull values in to `CLIP_DEVIATIONS` robust deviations: a window that was
 * preempted must not decide how a case follows memory. */
static void centre(struct work *work, double *values, size_t count)
{
    memcpy(work->scratch, values, count * sizeof *values);
    stats_sort(work->scratch, count);
    const double middle = stats_median_sorted(work->scratch, count);
    const double most = CLIP_DEVIATIONS * STATS_MAD_SCALE * stats_mad_sorted(work->scratch, count);
    for (size_t i = 0; i < count; i++) {
        const double off = values[i] - middle;
        values[i] = off > most ? most : off < -most ? -most : off;
    }
}

struct moments {     /* of neighbouring windows, within processes */
    double own;      /* x with the next x */
    double cross;    /* y with the x beside it, both ways */
    double square_x; /* of one window */
    double square_y;
    double product;
    size_t pairs;
};

static void add_moments(const double *x, const double *y, size_t count, struct moments *sum)
{
    for (size_t i = 0; i + 1 < count; i++) {
        sum->own += x[i] * x[i + 1];
        sum->cross += (y[i] * x[i + 1] + y[i + 1] * x[i]) / 2;
        sum->square_x += x[i] * x[i];
        sum->square_y += y[i] * y[i];
        sum->product += x[i] * y[i];
    }
    sum->pairs += count > 0 ? count - 1 : 0;
}

/* How much of the case's time follows the memory's speed, and how sure that is. With x the
 * logarithm of memory time over core time and y that of case time over core time, y = share x. A
 * reference's own sampling noise would pull a regression towards zero; noise of one window is not
 * in the next, so the neighbour's x is used as the instrument (Durbin, Review of the International
 * Statistical Institute 22 (1954) 23). Where neighbours agree on nothing, a least part of x's
 * variance is taken as real: a case that stays level while x moves does not follow memory. */
static void fit_memory_share(const struct moments *sum, double *share, double *error)
{
    const double prior_precision = 1 / (PRIOR_ERROR * PRIOR_ERROR);
    double precision = 0;
    double estimate = PRIOR_SHARE;
    if (sum->pairs >= 8 && sum->square_x > 0) {
        const double floor = REAL_SHARE_LEAST * sum->square_x;
        const double moved = sum->own > floor ? sum->own : floor;
        const double plain = sum->product / sum->square_x; /* never too large, often too small */
        estimate = sum->cross / moved;
        estimate = estimate > plain ? estimate : plain;
        const double residual =
            sum->square_y - 2 * estimate * sum->product + estimate * estimate * sum->square_x;
        const double variance =
            (residual > 0 ? residual : 0) * sum->square_x / (moved * moved * (double)sum->pairs);
        precision = variance > 1e-12 ? 1 / variance : 1e12;
    }
    *share = (estimate * precision + PRIOR_SHARE * prior_precision) / (precision + prior_precision);
    *share = *share < 0 ? 0 : *share > 1 ? 1 : *share;
    *error = 1 / sqrt(precision + prior_precision);
}

static void estimate_memory_share(struct work *work, const struct stats_batches *processes,
                                  size_t process_count, struct stats_estimate *out)
{
    struct moments sum = { 0 };
    double *x = work->log_x;
    double *y = work->log_y;
    size_t at = 0;
    for (size_t p = 0; p < process_count; p++) {
        const size_t count = window_count(processes[p].count);
        for (size_t w = 0; w < count; w++) {
            const double core = log(work->window_core[at + w]);
            const double time = work->window_ns[at + w];
            x[w] = log(work->window_memory[at + w]) - core;
            y[w] = (time > 0 ? log(time) : 0) - core;
        }
        centre(work, x, count);
        centre(work, y, count);
        add_moments(x, y, count, &sum);
        at += count;
    }
    fit_memory_share(&sum, &out->memory_share, &out->memory_share_error);
}

static bool has_all(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(isfinite(values[i]) && values[i] > 0))
            return false;
    return count > 0;
}

static void choose_reference(struct work *work, const struct stats_batches *processes,
                             size_t process_count, const struct stats_estimate_options *options,
                             struct stats_estimate *out)
{
    const bool has_core = options->nominal_core_ns > 0 && has_all(work->window_core, work->windows);
    const bool has_memory =
        options->nominal_memory_ns > 0 && has_all(work->window_memory, work->windows);
    out->memory_share = has_memory ? 1 : 0;
    if (has_core && has_memory)
        estimate_memory_share(work, processes, process_count, out);
    out->reference = !has_core && !has_memory   ? STATS_REFERENCE_NONE
                     : out->memory_share < 0.25 ? STATS_REFERENCE_CORE
                     : out->memory_share > 0.75 ? STATS_REFERENCE_MEMORY
                                                : STATS_REFERENCE_MIXED;
}

/* Windows become times at reference speed, in place. Returns how far the host was from it, as the
 * logarithm of memory time over core time: what an error of the share is multiplied by. */
static double normalise_windows(struct work *work, const struct stats_estimate_options *options,
                                struct stats_estimate *out)
{
    const double raw = log_variance(work);
    const double share = out->memory_share;
    for (size_t w = 0; w < work->windows; w++) {
        const double core = share < 1 ? log(work->window_core[w] / options->nominal_core_ns) : 0;
        const double memory =
            share > 0 ? log(work->window_memory[w] / options->nominal_memory_ns) : 0;
        work->log_x[w] = memory - core;
        work->window_ns[w] *= exp(-(1 - share) * core - share * memory);
    }
    const double left = log_variance(work);
    const double explained = raw > 0 ? 1 - left / raw : 0;
    out->reference_explained = explained > 0 ? explained : 0;
    return median_of(work, work->log_x, work->windows);
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

/* Figures of the processes, or what one process shows, to intervals. */
static void estimate_centres(struct work *work, const struct stats_process_estimate *figures,
                             size_t process_count, const struct stats_estimate_options *options,
                             double distance, struct stats_estimate *out)
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
    const double share = out->memory_share;
    const double residual =
        (1 - share) * options->residual_core_share + share * options->residual_memory_share;
    out->drift_share = hypot(residual, (1 - share) * options->drift_core_share +
                                           share * options->drift_memory_share);
    out->residual_share = hypot(residual, distance * out->memory_share_error);
    widen(&out->median_ns, out->drift_share, level);
    widen(&out->mean_ns, out->drift_share, level);
    widen(&out->normalised_ns, out->residual_share, level);
    not_below_zero(&out->median_ns);
    not_below_zero(&out->mean_ns);
    not_below_zero(&out->normalised_ns);
}

/* A run too short to tell what a case follows, on a host far from its reference speed: no number is
 * better than one that could be anything. */
static void forget_reference(struct stats_process_estimate *figures, size_t process_count,
                             struct stats_estimate *out)
{
    out->reference = STATS_REFERENCE_NONE;
    out->reference_explained = 0;
    for (size_t p = 0; p < process_count; p++)
        figures[p].normalised_ns = NAN;
}

static void estimate(struct work *work, const struct stats_batches *processes, size_t process_count,
                     const struct stats_estimate_options *options,
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
    choose_reference(work, processes, process_count, options, out);
    double distance = 0;
    if (out->reference != STATS_REFERENCE_NONE) {
        distance = normalise_windows(work, options, out);
        window = 0;
        for (size_t p = 0; p < process_count; p++) {
            const size_t count = window_count(processes[p].count);
            figures[p].normalised_ns = median_of(work, work->window_ns + window, count);
            window += count;
        }
        if (fabs(distance) * out->memory_share_error > UNKNOWN_LEAST)
            forget_reference(figures, process_count, out);
    }
    estimate_centres(work, figures, process_count, options, distance, out);
    estimate_slope(work, processes, process_count, options->confidence, out);
    describe_batches(work, processes, process_count, out);
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
        estimate(&work, processes, process_count, options, figures, out);
        if (per_process != NULL)
            memcpy(per_process, figures, process_count * sizeof *figures);
    }
    free(work.item_ns);
    free(figures);
    return err;
}
