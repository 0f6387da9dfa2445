/* generator.h - what baseline-generator makes of a measurement of the conventional system: numbers
 * over all flows, a page of text, and the files of the earlier tool.
 */
#ifndef CLI_GENERATOR_H
#define CLI_GENERATOR_H

#include "plan.h"

#include <result/run.h>
#include <stats/interval.h>

enum { CLI_GENERATOR_PARTS = 4, CLI_GENERATOR_CALLS = 3 };

/* What was asked for. */
struct cli_generator {
    const struct cli_args *args;
    const char *folder;
    uint64_t flow_count;
    bool has_network, has_database, has_ml;
    bool has_parts; /* parts_ns is known: the case of whole flows was measured to its end */
    struct stats_interval parts_ns[CLI_GENERATOR_PARTS]; /* mean of a flow, over all flows */
};

/* One part of a flow's way. NaN: not known. */
struct cli_generator_part {
    const char *name;                  /* "registration" */
    struct result_estimate mean_ns;    /* within the flows; ends NaN in an interrupted run */
    double median_ns, low_ns, high_ns; /* of all flows; low, high: least and most */
    double share;                      /* of the flow's mean */
    const struct result_case *alone;   /* the part measured by itself; NULL: not */
};

struct cli_generator_numbers {
    const struct result_case *flow;
    uint64_t total, successful;
    double success_rate;            /* 0 .. 1 */
    struct result_estimate mean_ns; /* of a flow, over all flows */
    double seconds;                 /* the sum of all flows' times */
    double per_second;
    double overhead_ns; /* of a flow's mean, in none of its parts */
    struct cli_generator_part parts[CLI_GENERATOR_PARTS];
    const char *call_names[CLI_GENERATOR_CALLS];
    double calls[CLI_GENERATOR_CALLS]; /* of a flow, counted; mean */
};

/* parts_ns from the batches of the case of whole flows: an engine's `measured`, the context is a
 * struct cli_generator. */
void cli_generator_measured(void *context, const struct bench_plan *plan,
                            const struct bench_record *record);

/* Errors: ENOTFOUND (the run has no whole flow; why says what became of the case) */
BASE_MUST_USE base_err cli_generator_count(const struct cli_generator *generator,
                                           const struct result_run *run,
                                           struct cli_generator_numbers *out, struct base_why *why);

/* Errors: ENOMEM */
BASE_MUST_USE base_err cli_generator_text(const struct cli_generator *generator,
                                          const struct cli_generator_numbers *numbers,
                                          struct base_buf *out);
BASE_MUST_USE base_err cli_generator_summary(const struct cli_generator *generator,
                                             const struct result_run *run,
                                             const struct cli_generator_numbers *numbers,
                                             struct base_buf *out);

/* Make the folder and see that it can be written. Errors: EIO */
BASE_MUST_USE base_err cli_generator_folder(const char *folder, struct base_why *why);

/* The files, one generator at a time in a folder: those of two runs are never mixed.
 *   numbers  NULL: there is no summary
 * Errors   EIO, ENOMEM */
BASE_MUST_USE base_err cli_generator_files(const struct cli_generator *generator,
                                           const struct result_run *run,
                                           const struct cli_generator_numbers *numbers,
                                           struct base_why *why);

#endif
