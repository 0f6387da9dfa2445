/* budget.h - the plan of one case with every default written out and the budget shared. */
#ifndef CLI_BUDGET_H
#define CLI_BUDGET_H

#include "plan.h"

#include <result/run.h>

/* What is left of a budget, and what cases cost beyond their timed part. */
struct cli_budget {
    uint64_t end_ns;    /* CLOCK_MONOTONIC; 0: no budget */
    double overhead_ns; /* of one process: start, calibration, checks; learned from case to case */
};

void cli_budget_open(struct cli_budget *budget, uint64_t budget_ns, uint64_t now_ns);

/* The plan for job number `index`. */
struct bench_plan cli_budget_plan(const struct cli_plan *plan, size_t index,
                                  const struct cli_budget *budget, uint64_t now_ns);

/* Learn from a job that is done. */
void cli_budget_learn(struct cli_budget *budget, const struct bench_plan *plan,
                      uint64_t elapsed_ns);

/* What was done between two jobs does not count: the end moves on by it. */
void cli_budget_extend(struct cli_budget *budget, uint64_t took_ns);

/* Expected wall time of all jobs from `index` on. */
uint64_t cli_budget_left(const struct cli_plan *plan, size_t index, const struct cli_budget *budget,
                         uint64_t now_ns);

#endif
