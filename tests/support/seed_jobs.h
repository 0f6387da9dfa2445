/* seed_jobs.h - something done for each seed of a range, by several processes.
 *
 * Each process takes the next seed when it is done with one, so that all end together. A process
 * that dies, or that is busy with one seed for two minutes (it is ended then), has failed at that
 * seed, which is named; another goes on in its place. No process outlives the one that asked, not
 * even when that is killed. On a terminal a line on stderr says how far it is; elsewhere a line on
 * stdout does, every hundredth of the way, if it is long.
 *
 * Threads   called by the main thread of a program that has no other
 */
#ifndef TESTS_SEED_JOBS_H
#define TESTS_SEED_JOBS_H

#include <base/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEED_JOBS_MAX = 64, SEED_JOBS_COUNTERS_MAX = 64, SEED_JOBS_FAILURES_MAX = 20 };

struct seed_jobs {
    uint64_t first, count; /* seeds first .. first + count - 1 */
    uint32_t jobs;         /* processes; 1 .. SEED_JOBS_MAX */
    const char *what;      /* "schedules" */
    const char *replay;    /* "PROGRAM replay": with the seed behind it, what repeats a failure */
    /* In a process of its own: false when it failed (it has said why on stdout). What it adds to
     * the counters [SEED_JOBS_COUNTERS_MAX] is added up over all seeds. */
    bool (*run)(uint64_t seed, uint64_t *counters);
};

struct seed_jobs_result {
    uint64_t done, failed; /* done: to their end; failed: of all */
    bool is_interrupted;   /* by SIGINT or SIGTERM */
    double taken_s;
    uint64_t counters[SEED_JOBS_COUNTERS_MAX];
};

/* After SEED_JOBS_FAILURES_MAX failures no more are begun. Errors: ENOMEM, EIO (no process could be
 * started; errno says why). */
BASE_MUST_USE base_err seed_jobs_run(const struct seed_jobs *jobs, struct seed_jobs_result *result);

#endif
