/* case.h - the case: one thing that can be measured.
 *
 * A case is a constant table. `run` does exactly `count` items and is the only timed call; the loop
 * is its own, so its cost is part of what is measured. `check` is untimed and says whether the
 * answers were right: a fast wrong answer is a failure, never a result.
 *
 * Order     setup, { before, run, after }*, check, teardown; all in one worker process
 * Threads   with threads > 1 every thread has its own setup, run and teardown on its own env;
 *           env->first is the state of thread 0, which is set up first and torn down last
 */
#ifndef BENCH_CASE_H
#define BENCH_CASE_H

#include <base/err.h>

#include <stdbool.h>
#include <stddef.h>

enum {
    BENCH_PARAM_MAX = 8,   /* parameters of one case */
    BENCH_FACT_MAX = 24,   /* facts a set-up can state */
    BENCH_SERIES_MAX = 48, /* per-batch values a case can give */
    BENCH_NAME_SIZE = 128, /* of a name, with its terminating zero */
};

/* A parameter and the values a plain run sweeps over.
 *
 * values    a list "1,10,100", a range "1..5" (whole steps), "16..1024*4" (each times 4),
 *           "0..100+25" (each plus 25), or words "sorted,shuffled"; several parameters are
 *           multiplied out. The first value is also what `open` uses when none is given.
 */
struct bench_param {
    const char *name;
    const char *values;
    const char *doc;
};

struct bench_arg {
    const char *name;
    const char *value;
};

struct bench_fact {
    const char *name; /* "output_bytes"; a literal */
    double value;
    const char *unit; /* "B", "1"; a literal */
};

/* What a set-up is given and what it leaves for `run`. */
struct bench_env {
    const struct bench_arg *args; /* [arg_count] every declared parameter has a value here */
    size_t arg_count;
    uint64_t seed;   /* for data the set-up makes; the same in every process of a run */
    uint32_t thread; /* 0 .. threads-1 */
    uint32_t threads;
    void *first; /* state of thread 0; NULL while thread 0 is set up */

    void *state;           /* out: handed to run, check, teardown */
    double bytes_per_item; /* out: for throughput; 0 when it has no meaning */
    double parts_per_item; /* out: e.g. messages in a batch; 0 or 1 when an item is one thing */
    struct bench_fact facts[BENCH_FACT_MAX]; /* out: constants worth keeping with the result */
    size_t fact_count;
    struct base_why why; /* out: the sentence when a call fails */
};

struct bench_case {
    const char *name; /* "enc/encode"; [a-z0-9_/.-] */
    const char *doc;  /* one sentence */
    const char *item; /* what one item is: "document", "hash"; "item" when NULL */
    struct bench_param params[BENCH_PARAM_MAX]; /* ends at the first without a name */
    const char *peer_of;                        /* the case this one is a baseline for, or NULL */
    const char *series[BENCH_SERIES_MAX];       /* names of what `after` fills: "user_ns" */
    bool is_exclusive; /* batches of one item only: whole commands, things with a before/after */
    base_err (*setup)(struct bench_env *env);
    void (*before)(void *state); /* untimed, before each batch; may be NULL */
    void (*run)(void *state, uint64_t count);
    void (*after)(void *state,
                  double *series); /* untimed, after each batch; NaN: not known; may be NULL */
    base_err (*check)(void *state, struct base_why *why); /* may be NULL: nothing to get wrong */
    void (*teardown)(void *state);                        /* may be NULL; accepts NULL */
};

/* The value of a parameter as the user wrote it; "" when the case has no such parameter. */
const char *bench_env_text(const struct bench_env *env, const char *name);

/* The value as a whole number within low .. high, written to *value.
 * Errors: EPARSE, ERANGE; env->why names the parameter and the value. */
BASE_MUST_USE base_err bench_env_count(struct bench_env *env, const char *name, uint64_t low,
                                       uint64_t high, uint64_t *value);

/* Keep a constant with the result; EFULL past BENCH_FACT_MAX is a programmer error (assert). */
void bench_env_fact(struct bench_env *env, const char *name, double value, const char *unit);

#endif
