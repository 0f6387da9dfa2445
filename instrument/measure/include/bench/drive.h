/* drive.h - the coordinator: starts workers, tells them what to run, keeps what they answer.
 *
 * Nothing is measured in the calling process. For one case the coordinator starts `processes`
 * fresh workers one after the other; in each it opens the case, calibrates the batch, warms up
 * until steady, samples batches interleaved with reference kernels, asks for the check, and closes.
 * What a worker answers is checked (docs/worker-protocol.md); a lie, a hang, a crash or a flood is
 * an error of that case with a sentence, never a result.
 *
 * Ownership everything a record points to lives in the record's arena
 * Threads   one coordinator per thread; workers are children of the calling process
 */
#ifndef BENCH_DRIVE_H
#define BENCH_DRIVE_H

#include <base/arena.h>
#include <base/err.h>
#include <bench/case.h>

#include <signal.h>
#include <stdbool.h>

enum {
    BENCH_PROCESS_MAX = 1000,
    BENCH_BATCH_MAX = 1 << 20, /* batches of one process */
    BENCH_COUNTER_MAX = 24,
};

/* How to start a worker: the program and its arguments; "--worker" is put after them. */
struct bench_launch {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH when it has no '/' */
    const char *const *reference_argv; /* a worker with the reference kernels for those without;
                                          NULL: no reference for such workers */
};

/* The budget and the conduct of one case. A zeroed plan means the defaults in brackets. */
struct bench_plan {
    uint64_t warm_up_ns;     /* upper bound over all processes [1 s]; ends early when steady */
    uint64_t measurement_ns; /* timed part over all processes [3 s] */
    uint64_t iterations;     /* at least this many items in all, 0: as many as the time allows */
    uint64_t iterations_ns;  /* most time for these, over all processes; 0: however long it takes */
    uint32_t sample_size;    /* at least this many batches in all [100] */
    uint32_t processes;      /* fresh processes [10] */
    uint32_t threads;        /* threads that run the case at once [1] */
    uint64_t timeout_ns;     /* for the whole case, then it fails [120 s] */
    uint64_t batch_ns;       /* target length of one batch [150 us] */
    uint64_t seed;           /* of the case's data and of the order of counts [1] */
    const uint32_t *cpus;    /* [cpu_count] bind workers to these */
    size_t cpu_count;        /* 0: not bound */
    uint64_t items_exact; /* exactly so many items, evenly shared among the processes, however long
                             they take; only of cases that take one item a batch. Replaces
                             measurement_ns, iterations and sample_size; an interrupt keeps the
                             items that were done. 0: not used */
    uint32_t warm_up_batches; /* at least so many batches are run before, in all, in at most twice
                                 the warm-up's time [as many as it takes to be steady] */
    uint64_t memory_limit_bytes; /* of each worker: private memory that it may map (RLIMIT_DATA);
                                    0: not limited */
    bool is_without_references;
    bool is_counting_instructions;            /* also count instructions under callgrind */
    const volatile sig_atomic_t *interrupted; /* may be NULL; nonzero: stop, keep what there is */
};

/* A case as `list` describes it, with the arguments to open it with. */
struct bench_target {
    const char *name;
    struct bench_arg args[BENCH_PARAM_MAX];
    size_t arg_count;
    char id[2 * BENCH_NAME_SIZE]; /* "enc/encode:entries=100,order=sorted" */
};

struct bench_listed {
    const char *name;
    const char *doc;
    const char *item;
    const char *peer_of; /* NULL when it is no peer */
    struct bench_param params[BENCH_PARAM_MAX];
    size_t param_count;
};

struct bench_counter {
    const char *name; /* "context_switches", "allocs", "instructions", "cycles", ... */
    double per_item;
    const char *unit; /* "1", "B", "ns" */
};

/* All batches of one process, in the order they were run. */
struct bench_process {
    size_t batch_count;
    uint64_t *counts;  /* [batch_count] items of each batch */
    double *ns;        /* [batch_count] the batch's time, clock cost subtracted, >= 0 */
    double *core_ns;   /* [batch_count] one step of the core-bound reference beside it, or NaN */
    double *memory_ns; /* [batch_count] one step of the memory-bound reference, or NaN */
    double *wide_ns;   /* [batch_count] of the throughput-bound one, or NaN */
    double *cache_ns;  /* [batch_count] of the cache-bound one, or NaN */
    double *
        series[BENCH_SERIES_MAX]; /* [batch_count] each, NaN: not known; NULL past the case's own */
    uint64_t warm_up_ns;
    bool is_steady; /* the warm-up ended because the case was steady, not because time was up */
    int64_t context_switches; /* during the timed batches; -1: not known */
    int64_t page_faults;
    int64_t migrations;
};

/* What one case gave. */
struct bench_record {
    struct base_arena arena;
    struct bench_target target;
    const char *item;
    const char *peer_of;
    base_err err; /* of the case: BASE_OK, EWRONG (check), ECRASHED, ETIMEOUT, EPROTOCOL, ... */
    struct base_why why;
    bool is_interrupted; /* processes holds what was finished before */
    struct bench_process *processes;
    size_t process_count; /* complete processes only */
    uint32_t threads;
    double bytes_per_item;
    double parts_per_item;
    struct bench_fact facts[BENCH_FACT_MAX];
    size_t fact_count;
    const char *series[BENCH_SERIES_MAX];
    struct bench_counter counters[BENCH_COUNTER_MAX];
    size_t counter_count;
    const char *clock;          /* "tsc" or "monotonic" or what the worker says */
    double clock_resolution_ns; /* smallest step the clock shows */
    double clock_cost_ns;       /* of one reading; subtracted already */
    const char *language;       /* the worker's: "C", "Python" */
    const char *memory_pages;   /* "large", "small" or "mixed": in what the memory-bound reference
                                   lay; NULL: not said */
    uint64_t elapsed_ns;        /* wall time the case took in all */
};

enum bench_phase { BENCH_PHASE_START, BENCH_PHASE_WARM_UP, BENCH_PHASE_SAMPLE, BENCH_PHASE_CHECK };

struct bench_progress {
    const char *id;
    enum bench_phase phase;
    uint32_t process; /* 0 .. processes-1 */
    uint32_t processes;
    double item_ns;    /* estimate so far (median of the batches); NaN before the first */
    uint64_t spent_ns; /* on this case */
    uint64_t left_ns;  /* estimate for this case */
};

typedef void bench_progress_fn(void *context, const struct bench_progress *progress);

/* Ask a worker what it offers.
 *
 *   listed   out: array in the arena
 *
 * Errors   ENOTFOUND (no such program), ECRASHED, ETIMEOUT, EPROTOCOL; why says what it did
 */
BASE_MUST_USE base_err bench_drive_list(const struct bench_launch *launch, struct base_arena *arena,
                                        struct bench_listed **listed, size_t *count,
                                        struct base_why *why);

/* Multiply out a case's parameters; a given argument replaces that parameter's sweep.
 *
 *   given    [given_count] name and value list ("1,10" or "1..100*10"); names the case lacks are
 *            ENOTFOUND
 */
BASE_MUST_USE base_err bench_drive_expand(const struct bench_listed *listed,
                                          const struct bench_arg *given, size_t given_count,
                                          struct base_arena *arena, struct bench_target **targets,
                                          size_t *count, struct base_why *why);

/* Does a target's id match what the user typed? NULL or "" matches all; a text with any of *?[ is a
 * glob over the whole id, another text matches when it is contained. */
bool bench_target_matches(const struct bench_target *target, const char *filter);

/* Measure one case. Always fills the record (zeroed by the caller or by bench_record_done before);
 * the return value is record->err. EINTERRUPTED only when nothing was finished. */
BASE_MUST_USE base_err bench_drive_case(const struct bench_launch *launch,
                                        const struct bench_plan *plan,
                                        const struct bench_target *target,
                                        bench_progress_fn *progress, void *context,
                                        struct bench_record *record);

void bench_record_done(struct bench_record *record);

#endif
