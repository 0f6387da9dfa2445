/* interop_sample.c - the numbers of an imported case. What has samples goes through
 * stats_estimate_of, as cases do that we measured; what has none keeps what its file says. */
#include "interop_internal.h"

#include <stats/distribution.h>
#include <stats/estimate.h>

#include <math.h>
#include <stdlib.h>

#define NS_MIN 1e-9
#define NS_MAX 1e18 /* 31 years */

static void fail_case(struct result_import *import, struct result_case *one, size_t at, double ns)
{
    one->status = "error";
    one->why = ns > 0 ? base_arena_printf(result_import_arena(import),
                                          "time %zu is %g ns, not between 1e-9 ns and 31 years",
                                          at + 1, ns)
                      : base_arena_printf(result_import_arena(import),
                                          "time %zu is %g ns, not positive", at + 1, ns);
}

static bool is_sane(double ns)
{
    return ns >= NS_MIN && ns <= NS_MAX;
}

static struct result_estimate estimate_of(struct stats_interval from)
{
    return (struct result_estimate){ from.value, isfinite(from.low) ? from.low : NAN,
                                     isfinite(from.high) ? from.high : NAN };
}

static double or_nan(double value)
{
    return isfinite(value) ? value : NAN;
}

static void put_numbers(const struct stats_estimate *from, size_t batches, struct result_case *out)
{
    out->median_ns = estimate_of(from->median_ns);
    out->mean_ns = estimate_of(from->mean_ns);
    out->slope_ns = estimate_of(from->slope_ns);
    out->trimmed_mean_ns = from->trimmed_mean_ns;
    out->min_ns = from->min_ns;
    out->max_ns = from->max_ns;
    out->effective_batches = or_nan(from->effective_batches);
    out->drift_share = or_nan(from->drift_share);
    out->outliers = (struct result_outliers){ from->low_severe, from->low_mild, from->high_mild,
                                              from->high_severe };
    if (batches < 2) /* one value has no spread and no quantiles */
        return;
    out->stddev_ns = or_nan(from->stddev_ns);
    out->mad_ns = or_nan(from->mad_ns);
    out->p05_ns = from->p05_ns;
    out->p25_ns = from->p25_ns;
    out->p75_ns = from->p75_ns;
    out->p95_ns = from->p95_ns;
    out->p99_ns = from->p99_ns;
}

/* Too few batches for a bootstrap of blocks, or too many: Student's interval of their times, moved
 * to the median. It takes them as independent, which they are not; interval_words says so. */
static void put_student(const struct stats_batches *batches, double drift_share,
                        struct result_case *out)
{
    double sum = 0, squares = 0;
    const double n = (double)batches->count;
    for (size_t i = 0; i < batches->count; i++)
        sum += batches->ns[i] / (double)batches->items[i] / n;
    for (size_t i = 0; i < batches->count; i++)
        squares += pow(batches->ns[i] / (double)batches->items[i] - sum, 2) / (n - 1);
    const double half =
        hypot(stats_student_quantile((1 + RESULT_IMPORT_CONFIDENCE) / 2, n - 1) * sqrt(squares / n),
              stats_normal_quantile((1 + RESULT_IMPORT_CONFIDENCE) / 2) * drift_share * sum);
    struct result_estimate *const both[] = { &out->median_ns, &out->mean_ns };
    for (size_t i = 0; i < 2; i++) {
        both[i]->low = fmax(0, both[i]->value - half);
        both[i]->high = both[i]->value + half;
    }
}

/* Everything, or evenly chosen ones. */
static base_err put_process(struct result_import *import, const struct stats_batches *from,
                            const struct stats_process_estimate *each, struct result_process *out)
{
    struct base_arena *arena = result_import_arena(import);
    const size_t count = from->count < RESULT_SAMPLE_MAX ? from->count : RESULT_SAMPLE_MAX;
    *out = (struct result_process){ .batches = from->count,
                                    .median_ns = each->median_ns,
                                    .mean_ns = each->mean_ns,
                                    .normalised_ns = NAN,
                                    .core_ns = NAN,
                                    .memory_ns = NAN,
                                    .calm_ns = NAN,
                                    .calm_memory_ns = NAN,
                                    .calm_wide_ns = NAN,
                                    .calm_cache_ns = NAN,
                                    .sample_count = count };
    out->counts = base_arena_array(arena, count, sizeof *out->counts);
    out->ns = base_arena_array(arena, count, sizeof *out->ns);
    if (out->counts == NULL || out->ns == NULL)
        return result_import_no_memory(import);
    for (size_t i = 0; i < count; i++) {
        const size_t at = i * from->count / count;
        out->counts[i] = from->items[at];
        out->ns[i] = from->ns[at] / (double)from->items[at];
    }
    if (count == from->count)
        return BASE_OK;
    return result_import_note(import,
                              "of more than %d times of one process %d are kept, evenly "
                              "chosen; the numbers are those of all",
                              RESULT_SAMPLE_MAX, RESULT_SAMPLE_MAX);
}

static base_err put_processes(struct result_import *import, struct result_case *one,
                              const struct stats_batches *from,
                              const struct stats_process_estimate *each, size_t all)
{
    const size_t count = all < RESULT_PROCESS_MAX ? all : RESULT_PROCESS_MAX;
    one->processes = base_arena_array(result_import_arena(import), count, sizeof *one->processes);
    if (one->processes == NULL)
        return result_import_no_memory(import);
    one->process_count = count;
    for (size_t i = 0; i < count; i++)
        RESULT_TRY(put_process(import, &from[i * all / count], &each[i * all / count],
                               &one->processes[i]));
    if (count == all)
        return BASE_OK;
    return result_import_note(import,
                              "of more than %d processes of one benchmark %d are kept, "
                              "evenly chosen; the numbers are those of all",
                              RESULT_PROCESS_MAX, RESULT_PROCESS_MAX);
}

static const char *interval_words(size_t processes, size_t batches)
{
    if (processes > 1)
        return "spread between the runs of the file, and the assumed drift of a host";
    return batches > 1 ? "spread inside one process, and the assumed drift of a host; the spread "
                         "between processes is not in it"
                       : "";
}

static struct stats_estimate_options estimate_options(void)
{
    return (struct stats_estimate_options){
        .confidence = RESULT_IMPORT_CONFIDENCE,
        .drift_core_share = RESULT_IMPORT_DRIFT,
        .drift_memory_share = RESULT_IMPORT_DRIFT,
        .seed = 1,
    };
}

static base_err estimate(struct result_import *import, struct result_case *one,
                         const struct stats_batches *batches, size_t process_count, size_t total)
{
    struct stats_estimate numbers;
    struct stats_estimate_options options = estimate_options();
    struct stats_process_estimate *each = malloc(process_count * sizeof *each);
    if (each == NULL)
        return result_import_no_memory(import);
    base_err err = stats_estimate_of(batches, process_count, &options, each, &numbers);
    if (err == BASE_OK) {
        put_numbers(&numbers, total, one);
        if (process_count == 1 && total > 1 && isnan(one->median_ns.low))
            put_student(batches, numbers.drift_share, one);
        one->interval = interval_words(process_count, total);
        err = put_processes(import, one, batches, each, process_count);
    } else {
        err = result_import_fail(import, err, 0, "'%.200s': %s", one->id, base_err_text(err));
    }
    free(each);
    return err;
}

base_err result_import_sample(struct result_import *import, struct result_case *one,
                              const struct result_import_samples *samples)
{
    struct stats_batches *batches = calloc(samples->process_count + 1, sizeof *batches);
    size_t total = 0;
    base_err err = batches != NULL ? BASE_OK : result_import_no_memory(import);
    for (size_t p = 0; err == BASE_OK && p < samples->process_count; p++) {
        batches[p] = (struct stats_batches){ .count = samples->batch_counts[p],
                                             .items = samples->items + total,
                                             .ns = samples->ns + total };
        total += samples->batch_counts[p];
    }
    for (size_t i = 0; err == BASE_OK && i < total; i++)
        if (!is_sane(samples->ns[i] / (double)samples->items[i]) || !is_sane(samples->ns[i])) {
            fail_case(import, one, i, samples->ns[i]);
            free(batches);
            return one->why != NULL ? BASE_OK : result_import_no_memory(import);
        }
    if (err == BASE_OK)
        err = estimate(import, one, batches, samples->process_count, total);
    free(batches);
    return err;
}

base_err result_import_value(struct result_import *import, struct result_case *one,
                             struct result_estimate value)
{
    const double drift = value.value * RESULT_IMPORT_DRIFT *
                         stats_normal_quantile((1 + RESULT_IMPORT_CONFIDENCE) / 2);
    if (!is_sane(value.value)) {
        fail_case(import, one, 0, value.value);
        return one->why != NULL ? BASE_OK : result_import_no_memory(import);
    }
    const bool has_interval = !isnan(value.low) && !isnan(value.high);
    if (has_interval && !(value.low <= value.value && value.value <= value.high &&
                          is_sane(value.high) && value.low > -NS_MAX)) {
        one->status = "error";
        one->why = base_arena_printf(result_import_arena(import),
                                     "%g ns does not lie in its interval from %g to %g ns",
                                     value.value, value.low, value.high);
        return one->why != NULL ? BASE_OK : result_import_no_memory(import);
    }
    one->median_ns = (struct result_estimate){ value.value, NAN, NAN };
    if (!has_interval || value.low == value.high)
        return BASE_OK;
    one->median_ns.low = value.value - hypot(value.value - value.low, drift);
    one->median_ns.high = value.value + hypot(value.high - value.value, drift);
    one->interval = "what the file says, and the assumed drift of a host; the spread between "
                    "processes may not be in it";
    return BASE_OK;
}
