/* wire_internal.h - one worker process seen from the coordinator: asking, and not believing.
 *
 * Every answer is checked against docs/worker-protocol.md; a failure is one sentence that names the
 * worker, the request and what was wrong, and ends the process.
 */
#ifndef BENCH_WIRE_INTERNAL_H
#define BENCH_WIRE_INTERNAL_H

#include "channel_internal.h"

#include <bench/drive.h>

#include <jansson.h>
#include <sys/types.h>

struct wire_options {        /* of one process */
    const char *const *argv; /* the worker and its arguments, without --worker */
    const char *const *wrap; /* put before them (valgrind ...), or NULL; NULL-terminated */
    const uint32_t *cpus;
    size_t cpu_count;
    uint64_t memory_limit_bytes; /* 0: none */
    uint64_t layout_seed;        /* shifts the stack by up to a page, differently in each process */
    uint64_t deadline_ns;
    const volatile sig_atomic_t *interrupted;
    double tsc_ns_per_tick; /* told to the worker so that it need not find it; 0: it finds it */
};

enum { WIRE_OP_SIZE = 32 };

struct wire {
    pid_t pid; /* 0: not running */
    char name[BENCH_NAME_SIZE];
    struct channel channel;
    uint64_t deadline_ns;
    const volatile sig_atomic_t *interrupted;
    uint64_t begin_ns; /* of the last request */
    uint64_t wall_ns;  /* that it took */
    char op[WIRE_OP_SIZE];
    bool has_references;
    bool is_exclusive;
    uint32_t threads;
    char clock[16];
    char language[32];
    double clock_cost_ns, clock_resolution_ns;
};

/* Start a worker and greet it. Errors: ENOTFOUND, ECRASHED, ETIMEOUT, EPROTOCOL, EIO */
BASE_MUST_USE base_err wire_open(struct wire *wire, const struct wire_options *options,
                                 struct base_why *why);

/* End it: asks it to quit when `is_orderly`, kills it and its process group in any case. */
void wire_close(struct wire *wire, bool is_orderly);

/* One request (its reference is taken) and its reply, which is the caller's to release. */
BASE_MUST_USE base_err wire_ask(struct wire *wire, json_t *request, json_t **reply,
                                struct base_why *why);

/* The two halves of it, so that several workers can be busy at once: between them nothing else may
 * be asked of this worker. */
BASE_MUST_USE base_err wire_begin(struct wire *wire, json_t *request, struct base_why *why);
BASE_MUST_USE base_err wire_end(struct wire *wire, json_t **reply, struct base_why *why);

/* The same for a request whose reply carries nothing. */
BASE_MUST_USE base_err wire_tell(struct wire *wire, const char *op, struct base_why *why);

/* Open a case; the reply is the caller's to release. */
BASE_MUST_USE base_err wire_open_case(struct wire *wire, const struct bench_target *target,
                                      uint32_t threads, uint64_t seed, json_t **reply,
                                      struct base_why *why);
/* The two halves of it. */
BASE_MUST_USE base_err wire_open_case_begin(struct wire *wire, const struct bench_target *target,
                                            uint32_t threads, uint64_t seed, struct base_why *why);
BASE_MUST_USE base_err wire_open_case_end(struct wire *wire, json_t **reply, struct base_why *why);

/* Batches that grow as they are measured. */
struct wire_batches {
    size_t count, capacity;
    uint64_t *counts;
    double *ns, *core_ns, *wide_ns, *cache_ns, *memory_ns;
    double *series[BENCH_SERIES_MAX];
    int64_t context_switches, page_faults, migrations; /* -1: not known */
    const char *memory_pages; /* of the memory-bound reference: "large", "small", in one process now
                                 this, now that: "mixed"; NULL: not said */
};

void wire_batches_clear(struct wire_batches *batches);
void wire_batches_done(struct wire_batches *batches);

/* The pages of two parts of a run together, one of the three words; NULL: not known. */
const char *wire_pages(const char *so_far, const char *now);

/* Run batches and add them. series: the case's names, BENCH_SERIES_MAX, NULL past the last. */
BASE_MUST_USE base_err wire_run(struct wire *wire, const uint64_t *counts, size_t count,
                                bool with_references, const char *const *series,
                                struct wire_batches *out, struct base_why *why);

#endif
