/* speed.h - reference speed: what one step of the reference kernels costs on this host when it is
 * as fast as when it was first measured, and how far the host drifts from that.
 *
 * The history keeps the host's speed at every run. The first entry is the reference speed for good:
 * times at reference speed of all runs on a host mean the same. Drift is what
 * stats/drift.h makes of the speeds; before there are STATS_DRIFT_RUNS_LEAST of them over
 * CLI_SPEED_SPAN_MIN_MS it is what stats/estimate.h assumes, or more when more was seen, and
 * everything that uses it says so: a quiet minute knows nothing of the hours.
 */
#ifndef CLI_SPEED_H
#define CLI_SPEED_H

#include "plan.h"
#include "progress.h"

#include <result/history.h>

enum {
    CLI_SPEED_ENTRIES_MAX = 100000, /* that are looked at */
    CLI_SPEED_SPAN_MIN_MS = 3600000,
};

struct cli_speed {
    double core_ns, wide_ns, cache_ns, memory_ns; /* one step at reference speed; 0: not known */
    double core_drift, wide_drift, cache_drift, memory_drift;
    bool is_assumed;    /* the drifts */
    size_t entry_count; /* of this host in the history */
};

/* Find the reference speed; measures what the history does not have for this host.
 *
 *   history   may be NULL: then it is measured each time
 *
 * Errors   those of the history; EINTERRUPTED. A calibration that fails leaves the speeds 0.
 */
BASE_MUST_USE base_err cli_speed_open(struct cli_speed *speed, struct result_history *history,
                                      const char *host_id, const struct cli_plan *plan,
                                      struct cli_progress *progress, struct base_why *why);

/* The drift of speeds: stats_drift_share of those that are finite and positive; NaN when fewer than
 * STATS_DRIFT_RUNS_LEAST remain. values are overwritten. */
double cli_speed_drift(double *values, size_t count);

/* How fast the host was in this run: the median over all processes; NaN where not measured. */
struct result_history_speed cli_speed_of_run(const struct result_run *run, uint64_t unix_ms);

#endif
