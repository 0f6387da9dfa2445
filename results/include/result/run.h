/* run.h - the run: one document for everything that was measured.
 *
 * Nothing else crosses from measuring to showing. In memory it is the structs below; on disk it is
 * JSON with the schema docs/run.schema.json (version RESULT_RUN_SCHEMA), written in one fixed
 * layout so that equal runs are equal files. Times are nanoseconds per item, sizes are bytes. A
 * number that was not measured is absent: NaN here, left out there.
 *
 * Ownership every pointer lives in run->arena
 * Threads   objects are not shared; the C locale's decimal point is expected
 */
#ifndef RESULT_RUN_H
#define RESULT_RUN_H

#include <base/arena.h>
#include <base/buf.h>
#include <base/err.h>

#include <stdbool.h>

#define RESULT_RUN_SCHEMA "bpi-perf/run/1"

enum {
    RESULT_ID_SIZE = 27,   /* of an id, with its terminating zero */
    RESULT_TIME_SIZE = 25, /* of a time, likewise */
    RESULT_TEXT_SIZE_MAX = 65536,
    RESULT_PAIR_MAX = 1024, /* pairs, quantities, series of one list */
    RESULT_PROCESS_MAX = 1000,
    RESULT_CASE_MAX = 10000,
    RESULT_RUN_SIZE_MAX = 1 << 28, /* bytes of a document */
};

/* A number with the interval that its confidence level promises. All NaN: not measured. */
struct result_estimate {
    double value;
    double low;
    double high;
};

struct result_pair { /* host facts, build facts, configuration: in the order they are shown */
    const char *name;
    const char *value;
};

struct result_pairs {
    struct result_pair *items;
    size_t count;
};

struct result_quantity { /* counters (per item) and facts (constants) */
    const char *name;
    double value;
    const char *unit;
};

struct result_quantities {
    struct result_quantity *items;
    size_t count;
};

struct result_series { /* per-batch values that a case gave: user time, peak memory */
    const char *name;
    const char *unit;
    double median, mean, low, high; /* low, high: smallest and largest */
    struct result_estimate typical; /* mean of the processes' medians, from their spread */
    double processes;               /* that gave a value; NaN: not known */
};

/* One process of a case: its own estimates, and batches thinned evenly to at most
 * RESULT_SAMPLE_MAX in the order they were run. */
struct result_process {
    uint64_t batches; /* that were measured */
    double median_ns; /* per item */
    double mean_ns;
    double normalised_ns; /* at reference speed; NaN without a reference */
    double core_ns;       /* one step of the core-bound reference at the median time
                             (stats/estimate.h); NaN: none */
    double memory_ns;
    double wide_ns; /* of the throughput-bound one */
    double cache_ns;
    double calm_ns; /* per item while nobody else was on the core, where the core-bound reference
                       took core_ns (stats/calm.h); NaN: that was not to be seen */
    double calm_memory_ns, calm_wide_ns, calm_cache_ns; /* the references then, likewise */
    size_t sample_count;
    uint64_t *counts;     /* [sample_count] items of the batch */
    double *ns;           /* [sample_count] per item */
    double *reference_ns; /* [sample_count] one step of the chosen reference; NULL: none */
};

enum { RESULT_SAMPLE_MAX = 200 };

/* How much of a case's time follows which reference; stats/shares.h. The core has the rest. All
 * NaN: no reference was timed. */
struct result_shares {
    double wide, cache, memory; /* 0 .. 1, and their sum */
    double wide_wide, wide_cache, wide_memory, cache_cache, cache_memory, memory_memory;
    double noise;
};

struct result_outliers { /* Tukey's fences, counted over all batches; none is dropped */
    uint64_t low_severe, low_mild, high_mild, high_severe;
};

struct result_case {
    const char *id;    /* "enc/encode:entries=100" */
    const char *suite; /* "enc" */
    const char *name;  /* "enc/encode" */
    struct result_pairs args;
    const char *item;
    const char *peer_of; /* NULL: none */
    const char *status;  /* "ok", "wrong", "crashed", "timeout", "error", "interrupted" */
    const char *why;     /* NULL when ok */
    uint32_t threads;
    bool is_at_floor; /* below what the clock can tell from nothing */

    struct result_estimate median_ns; /* typical time at the speed the host had */
    struct result_estimate mean_ns;
    struct result_estimate normalised_ns; /* typical time at reference speed */
    struct result_estimate slope_ns;      /* through the linear sampling: without fixed cost */
    const char *interval;                 /* what is in the intervals, in words */
    double stddev_ns, mad_ns, trimmed_mean_ns, min_ns, max_ns;
    double p05_ns, p25_ns, p75_ns, p95_ns, p99_ns; /* quantiles of batches (type 7) */
    double effective_batches; /* batches worth as independent ones, from autocorrelation */
    double drift_share;       /* the host's drift as a share of the time, in median_ns's interval */
    double residual_share; /* what the reference misses, as a share, in normalised_ns's interval */
    double memory_share;   /* 0: the case follows other speeds, 1: only the memory's */
    struct result_shares shares;
    struct result_shares calm_shares; /* while nobody else was on the core (stats/calm.h) */
    const char *reference;            /* "core", "wide", "cache", "memory", "mixed", "none" */
    double reference_explained; /* share of the variance between windows that it explains, 0 .. 1 */
    const char *memory_pages;   /* of the memory-bound reference: "large", "small", "mixed"; NULL or
                                   "": not said */
    struct result_outliers outliers;

    double bytes_per_item, parts_per_item; /* 0: no meaning */
    struct result_quantities counters;
    struct result_quantities facts;
    struct result_series *series;
    size_t series_count;
    struct result_process *processes;
    size_t process_count;
    uint64_t elapsed_ns;
};

struct result_verdict { /* of a claim; see claim.h */
    const char *id;
    const char *sentence;
    const char *metric;              /* "enc/encode:entries=100 mean_ns" */
    const char *bound;               /* "< 1.25 ms" */
    const char *state;               /* "proven", "refuted", "undecided", "not run" */
    const char *why;                 /* the numbers, in words */
    struct result_estimate measured; /* in the metric's unit */
};

struct result_run {
    struct base_arena arena;
    const char *id;      /* 26 characters, sortable by time (ULID) */
    const char *command; /* as the user typed it */
    const char *started; /* RFC 3339, UTC, milliseconds */
    const char *ended;   /* NULL while it runs */
    const char *state;   /* "complete", "interrupted" */
    double confidence;   /* level of all intervals */
    struct result_pairs host;
    struct result_pairs build;
    struct result_pairs config;
    struct result_case *cases;
    size_t case_count;
    struct result_verdict *verdicts;
    size_t verdict_count;
    const char *key;       /* hex Ed25519 public key; NULL: not signed */
    const char *signature; /* hex; over the canonical CBOR of the document without it */
};

void result_run_done(struct result_run *run);

/* A new id: 48 bits of time, 80 random bits, in Crockford's base 32. Source: ULID specification */
void result_run_make_id(uint64_t unix_ms, char out[RESULT_ID_SIZE]);

/* A time as documents have it: "2026-01-31T12:00:00.000Z"; years 1970 .. 9999. */
void result_run_print_time(uint64_t unix_ms, char out[RESULT_TIME_SIZE]);

/* The document, in its one layout (two blanks, sorted as in the schema, line break at the end).
 * Numbers are printed so that reading gives the same double. `out` is appended to, on OK only.
 *
 * Errors   EINVALID (a number is infinite or out of range, a needed text is NULL, a text is not
 *          UTF-8: what result_run_read would refuse; why, if not NULL, names the field), ENOMEM
 */
BASE_MUST_USE base_err result_run_write(const struct result_run *run, struct base_buf *out);
BASE_MUST_USE base_err result_run_write_why(const struct result_run *run, struct base_buf *out,
                                            struct base_why *why);

/* Read and check a document.
 *
 *   text   JSON, at most RESULT_RUN_SIZE_MAX bytes; unknown fields, missing fields, wrong types,
 *          numbers out of range, another schema version are errors
 *   path   for the sentences
 *   run    written only on OK; release with result_run_done
 *   why    at: line; the text names file, line and field: "a.json:12: cases[0].median_ns: ..."
 *
 * Errors   EPARSE (not JSON), EINVALID (not a run), EUNSUPPORTED (newer schema), ENOMEM
 */
BASE_MUST_USE base_err result_run_read(struct base_span text, const char *path,
                                       struct result_run *run, struct base_why *why);

/* One case of a run, by id; NULL when it has none. */
const struct result_case *result_run_find(const struct result_run *run, const char *id);

#endif
