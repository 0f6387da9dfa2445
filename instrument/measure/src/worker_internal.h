/* worker_internal.h - what a worker holds, and its answers, one function an op. */
#ifndef BENCH_WORKER_INTERNAL_H
#define BENCH_WORKER_INTERNAL_H

#include "crew_internal.h"

#include <bench/counters.h>
#include <bench/reference.h>

#include <jansson.h>

enum { WORKER_COUNTS_MAX = 1 << 20 }; /* batches in one request */

struct worker {
    const char *name;
    const struct bench_case *const *cases;
    size_t case_count;
    bool is_done;
    bool is_clock_open;
    struct bench_clock clock;
    struct bench_reference reference; /* nodes NULL: not opened yet */
    bool has_counters;
    struct bench_counters counters;
    bool is_open;
    const struct bench_case *bench;
    struct crew crew;
    double last_batch_ns; /* of the open case; 0 at first */
    json_t *args;         /* of the open case; the env's texts live in it */
    struct bench_arg arg_table[BENCH_PARAM_MAX];
};

base_err worker_hello(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_list(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_open(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_run(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_count(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_instructions(struct worker *, const json_t *request, json_t *reply,
                             struct base_why *why);
base_err worker_allocations(struct worker *, const json_t *request, json_t *reply,
                            struct base_why *why);
base_err worker_check(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_close(struct worker *, const json_t *request, json_t *reply, struct base_why *why);
base_err worker_quit(struct worker *, const json_t *request, json_t *reply, struct base_why *why);

void worker_done(struct worker *worker);

/* The reference kernels as cases of their own. */
extern const struct bench_case *const worker_reference_cases[];
extern const size_t worker_reference_case_count;

#endif
