/* claims.h - the claims that are built in: those of every suite. */
#ifndef CLI_CLAIMS_H
#define CLI_CLAIMS_H

#include "cli.h"

#include <result/claim.h>

/* The claims of all suites, or of those that a run measured (run != NULL), in the arena.
 * Errors: those of result_claims_read; why names the suite's file */
BASE_MUST_USE base_err cli_claims_read(const struct result_run *run, struct base_arena *arena,
                                       struct result_claim **claims, size_t *count,
                                       struct base_why *why);

/* Judge claims on a run and keep the verdicts in it. A run that leaves out cases of a suite may say
 * why, as the setting CLI_CLAIMS_NOT_RUN SUITE: then a claim that lacks its case says that, and
 * what would measure it. */
#define CLI_CLAIMS_NOT_RUN "not_run."
BASE_MUST_USE base_err cli_claims_judge_on(struct result_run *run,
                                           const struct result_claim *claims, size_t count,
                                           struct base_why *why);

/* The same with the claims of the suites that the run measured. */
BASE_MUST_USE base_err cli_claims_judge(struct result_run *run, struct base_why *why);

#endif
