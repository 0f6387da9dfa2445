/* doctor.h - is this machine fit to measure, what is wrong with it, and what to change.
 *
 * Judges what host.h and disturb.h read and the noise floor that the caller measured with the
 * reference kernels; measures nothing itself.
 *
 * Ownership the findings' texts live in the report's arena or are literals
 * Threads   no shared state
 */
#ifndef PROBE_DOCTOR_H
#define PROBE_DOCTOR_H

#include <probe/disturb.h>
#include <probe/finding.h>
#include <probe/host.h>

/* The noise floor; NaN: not measured. */
struct probe_floor {
    double
        core_wander; /* standard deviation over mean of the core-bound reference, batch by batch */
    double memory_wander; /* of the memory-bound reference */
    double clock_cost_ns; /* of one reading */
    double clock_resolution_ns;
};

struct probe_report {
    struct base_arena arena;
    enum probe_severity verdict;                      /* the worst finding's */
    struct probe_finding findings[PROBE_FINDING_MAX]; /* worst first */
    size_t finding_count;
};

/* Put everything together.
 *
 *   disturb  NULL: not sampled
 *   floor    NULL: not measured
 *   cpus     [cpu_count] processors that will be measured on; count 0: any. Their siblings' use is
 *            looked at when several threads share a core
 *   report   out: valid for probe_report_done whatever the answer
 *
 * Each thing that was looked at and is fine is a finding PROBE_OK; what a machine does not tell is
 * none. Errors: ENOMEM
 */
BASE_MUST_USE base_err probe_doctor(const struct probe_host *host,
                                    const struct probe_disturb *disturb,
                                    const struct probe_floor *floor, const int *cpus,
                                    size_t cpu_count, struct probe_report *report);
void probe_report_done(struct probe_report *report);

#endif
