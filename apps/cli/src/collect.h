/* collect.h - from the batches of a case to its place in the run document. */
#ifndef CLI_COLLECT_H
#define CLI_COLLECT_H

#include "cli.h"

#include <bench/drive.h>
#include <result/run.h>
#include <stats/estimate.h>

/* Estimate a case from its record.
 *
 *   options        of the estimate; the drift shares go into the interval's words
 *   is_assumed     the drift is the documented assumption, not this host's measured one
 *   without_memory leave the allocation counters out
 *   arena          the run's: everything in *out lives there
 *
 * A case that failed becomes one too, with its status, sentence and no numbers.
 * Errors   those of stats_estimate_of, ENOMEM
 */
struct cli_collect_options {
    struct stats_estimate_options estimate;
    bool is_residual_learned; /* not assumed: what the reference misses */
    bool is_assumed;
    bool is_without_memory;
};

BASE_MUST_USE base_err cli_collect(const struct bench_record *record,
                                   const struct cli_collect_options *options,
                                   struct base_arena *arena, struct result_case *out);

#endif
