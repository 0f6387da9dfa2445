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

/* Judge the claims of the suites that the run measured and keep the verdicts in it. */
BASE_MUST_USE base_err cli_claims_judge(struct result_run *run, struct base_why *why);

#endif
