/* versus.h - programs compared side by side, until the answer is known or the time is up.
 *
 * bench/pair.h makes the rounds, stats/sequential.h decides, stats/multiple.h corrects for the
 * number of cases; the outcome is a result_comparison, as of two stored runs.
 */
#ifndef CLI_VERSUS_H
#define CLI_VERSUS_H

#include "progress.h"

#include <bench/pair.h>
#include <result/compare.h>
#include <stats/multiple.h>

/* Zeroed: the defaults in brackets. */
struct cli_versus_options {
    double threshold;    /* share that does not matter; negative: [0.01]; 0 is 0 */
    double alpha;        /* error rate over all cases [0.01] */
    uint64_t budget_ns;  /* wall time of a case [2 s, or as long as it takes to have enough pairs
                            for a verdict] */
    uint64_t timeout_ns; /* for a whole case [120 s more than its budget] */
    uint64_t seed;       /* [1] */
    uint32_t threads;    /* [1] */
    bool is_counting;    /* instructions too, under callgrind */
    const char *profile_folder; /* profiles and their differences go there; NULL: none */
    bool is_full;               /* no early stop: use the whole budget */
    enum stats_correction correction;
    const struct bench_arg *args; /* [arg_count] value lists in place of the sweeps of all sides */
    size_t arg_count;
    const uint32_t *cpus; /* [cpu_count] */
    size_t cpu_count;
    const volatile sig_atomic_t *interrupted; /* may be NULL */
    struct cli_progress *progress;            /* may be NULL */
};

struct cli_versus_side {
    const char *name;             /* shown */
    const char *const *argv;      /* NULL-terminated: a worker */
    const struct bench_arg *args; /* [arg_count] of this side alone, on top of the common ones */
    size_t arg_count;
};

/* One case on every side. */
struct cli_versus_case {
    const char *id;
    const struct bench_target *targets[BENCH_PAIR_SIDES_MAX];
};

/* Compare cases that are known. Side 0 is the reference; each other side gives an item per case.
 *
 *   sides    [side_count] 2 .. BENCH_PAIR_SIDES_MAX, the caller's until the comparison is done with
 *   out      zeroed; done by result_comparison_done; what was finished before an interrupt is in
 * it. A case that could not be measured is RESULT_CHANGE_BROKEN with its sentence
 *
 * Errors   EINTERRUPTED (out is good all the same), ERANGE (alpha, threshold), ENOMEM
 */
BASE_MUST_USE base_err cli_versus_cases(const struct cli_versus_side *sides, size_t side_count,
                                        const struct cli_versus_case *cases, size_t case_count,
                                        const struct cli_versus_options *options,
                                        struct result_comparison *out, struct base_why *why);

/* Ask every side for its cases and compare those that all have under one id and that `filter`
 * (NULL: all but the reference kernels) matches; what only some have is missing or added.
 *
 * Errors   ECRASHED (a program cannot be started or lists no cases), ENOTFOUND (no common case
 *          matches; why says it), those above
 */
BASE_MUST_USE base_err cli_versus_programs(const struct cli_versus_side *sides, size_t side_count,
                                           const char *filter,
                                           const struct cli_versus_options *options,
                                           struct result_comparison *out, struct base_why *why);

/* Add an item that was not measured. Errors: ENOMEM */
BASE_MUST_USE base_err cli_versus_note(struct result_comparison *out, const char *id,
                                       enum result_change change, const char *sentence);

/* Items for the instructions of one case: a ratio without an interval, judged by the threshold of
 * `out`; broken, with a sentence, where they cannot be counted. Errors: EINTERRUPTED, ENOMEM */
BASE_MUST_USE base_err cli_versus_count(const struct cli_versus_side *sides, size_t side_count,
                                        const struct cli_versus_case *item,
                                        const struct cli_versus_options *options,
                                        struct result_comparison *out, struct base_why *why);

/* Profiles of one case and their differences, written into options->profile_folder; what cannot be
 * profiled is a broken item with its sentence. Errors: EINTERRUPTED, ENOMEM */
BASE_MUST_USE base_err cli_versus_profile(const struct cli_versus_side *sides, size_t side_count,
                                          const struct cli_versus_case *item,
                                          const struct cli_versus_options *options,
                                          struct result_comparison *out, struct base_why *why);

#endif
