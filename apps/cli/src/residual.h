/* residual.h - what a case's time at reference speed still does from run to run, from its history.
 */
#ifndef CLI_RESIDUAL_H
#define CLI_RESIDUAL_H

#include <result/history.h>
#include <stats/estimate.h>

enum { CLI_RESIDUAL_RUNS_MAX = 50 }; /* the newest that are looked at */

/* Put the learned residual into the options, for core and memory alike: this case has only one.
 * They are left as assumed while the history has fewer than STATS_DRIFT_RUNS_LEAST runs of the
 * case; runs of less than CLI_SPEED_SPAN_MIN_MS together can only make them larger. `history` may
 * be NULL. Returns whether they were learned. */
bool cli_residual_learn(struct result_history *history, const char *case_id,
                        struct stats_estimate_options *options);

#endif
