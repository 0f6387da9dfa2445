/* result_sample.h - runs for tests: a small fixed one, random ones, a large one. */
#ifndef TESTS_RESULT_SAMPLE_H
#define TESTS_RESULT_SAMPLE_H

#include <base/rng.h>
#include <result/run.h>

/* A complete run with three cases (one measured, one wrong, one at the floor) and two verdicts;
 * always the same. Release with result_run_done. */
void sample_run(struct result_run *run);

/* The measured case of that run under another id, in the run's arena. */
struct result_case sample_case(struct result_run *run, const char *id, double median_ns);

/* A run with every member filled at random within the table's limits: texts with quotes, control
 * characters and all planes of Unicode, numbers of all magnitudes, absent members. */
void sample_run_random(struct base_rng *rng, struct result_run *run);

/* `cases` cases of `processes` processes with RESULT_SAMPLE_MAX batches each. */
void sample_run_large(struct base_rng *rng, size_t cases, size_t processes, struct result_run *run);

#endif
