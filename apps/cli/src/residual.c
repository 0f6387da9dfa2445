/* residual.c - the newest runs of the same case; the arithmetic is stats/drift.h's. */
#define _GNU_SOURCE
#include "residual.h"

#include "speed.h"

#include <stats/drift.h>

#include <math.h>
#include <time.h>

static double unix_s(const char *started)
{
    struct tm when = { 0 };
    return strptime(started, "%Y-%m-%dT%H:%M:%S", &when) != NULL ? (double)timegm(&when) : NAN;
}

static size_t newest(const struct result_history_point *points, size_t count, double *values,
                     double *span_s)
{
    size_t kept = 0;
    double last_s = NAN;
    *span_s = 0;
    for (size_t i = count; i-- > 0 && kept < CLI_RESIDUAL_RUNS_MAX;) {
        if (!(points[i].normalised_ns.value > 0))
            continue;
        if (kept == 0)
            last_s = unix_s(points[i].started);
        *span_s = last_s - unix_s(points[i].started);
        values[kept++] = points[i].normalised_ns.value;
    }
    return kept;
}

bool cli_residual_learn(struct result_history *history, const char *case_id,
                        struct stats_estimate_options *options)
{
    struct base_arena arena = { 0 };
    struct result_history_point *points = NULL;
    struct base_why why;
    size_t count = 0;
    bool is_learned = false;
    if (history != NULL &&
        result_history_trend(history, case_id, &arena, &points, &count, &why) == BASE_OK) {
        double values[CLI_RESIDUAL_RUNS_MAX];
        double span_s = 0;
        const size_t kept = newest(points, count, values, &span_s);
        const double learned = stats_residual_share(values, kept, NAN);
        is_learned = isfinite(learned) && span_s * 1000 >= CLI_SPEED_SPAN_MIN_MS;
        if (isfinite(learned)) {
            const double core = options->residual_core_share;
            const double memory = options->residual_memory_share;
            options->residual_core_share = is_learned ? learned : fmax(core, learned);
            options->residual_memory_share = is_learned ? learned : fmax(memory, learned);
        }
    }
    base_arena_done(&arena);
    return is_learned;
}
