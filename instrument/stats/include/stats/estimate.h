/* estimate.h - what a case costs: from the batches of several processes to numbers with intervals.
 *
 * Two questions are kept apart. *How long did it take here* is answered by raw times; their
 * interval holds the spread between processes and, where the caller knows it, the drift of the
 * host's speed over hours (drift_*). *How long does it take at reference speed* is answered by
 * times divided by what a reference kernel, timed beside each batch, says about the host at that
 * moment; their interval holds the spread between processes. docs/measuring.md derives both.
 *
 * Threads   no shared state
 */
#ifndef STATS_ESTIMATE_H
#define STATS_ESTIMATE_H

#include <base/err.h>
#include <stats/interval.h>
#include <stats/shares.h>

#include <stdbool.h>

/* The batches of one process, in the order they were run. */
struct stats_batches {
    size_t count;
    const uint64_t *items;   /* [count] >= 1 */
    const double *ns;        /* [count] of the whole batch, >= 0 */
    const double *core_ns;   /* [count] one reference step beside it; NULL or NaN: none */
    const double *memory_ns; /* [count] */
    const double *wide_ns;   /* [count] */
    const double *cache_ns;  /* [count] */
};

enum stats_reference {
    STATS_REFERENCE_NONE,
    STATS_REFERENCE_CORE,
    STATS_REFERENCE_MEMORY,
    STATS_REFERENCE_MIXED,
    STATS_REFERENCE_WIDE,
    STATS_REFERENCE_CACHE
};

/* What to allow before a history has shown it: measured on shared virtual machines over hours and
 * days (docs/measuring.md), as standard deviations between runs. */
#define STATS_DRIFT_CORE_ASSUMED      0.027
#define STATS_DRIFT_MEMORY_ASSUMED    0.06
#define STATS_DRIFT_WIDE_ASSUMED      0.10
#define STATS_RESIDUAL_CORE_ASSUMED   0.005
#define STATS_RESIDUAL_MEMORY_ASSUMED 0.05

struct stats_estimate_options {
    double confidence;            /* 0.5 .. 0.9999 */
    double nominal_core_ns;       /* one reference step at reference speed; 0: unknown */
    double nominal_memory_ns;     /* both 0: no normalised time */
    double drift_core_share;      /* standard deviation of the host's core speed over hours, as a
                                     share; 0: leave it out of the raw interval */
    double drift_memory_share;    /* the same for its memory speed */
    double residual_core_share;   /* standard deviation, between runs, of a normalised time
                                     that follows the core: what the reference misses */
    double residual_memory_share; /* the same for one that follows memory */
    uint64_t seed;                /* of the resampling */
    double nominal_wide_ns;       /* 0: unknown, the kernel is left out */
    double nominal_cache_ns;
    double drift_wide_share;
    double drift_cache_share;
};

/* One process. The steps of the references are those at the case's median time: median_ns / core_ns
 * is where that ratio stood by the windows, wide_ns / core_ns where that one did, and so on
 * (stats_shares_place). calm_ns / core_ns and so on are where these stood while nobody else was on
 * the core (stats_calm_place); NaN: it was never so for long enough, or not timed. */
struct stats_process_estimate {
    double median_ns, mean_ns, normalised_ns; /* per item */
    double core_ns, memory_ns;                /* per step; NaN: not timed */
    double wide_ns, cache_ns;
    double calm_ns, calm_wide_ns, calm_cache_ns, calm_memory_ns;
};

struct stats_estimate {
    struct stats_interval median_ns; /* raw, typical: centre of the processes' medians */
    struct stats_interval mean_ns;   /* raw, preemptions and all */
    struct stats_interval
        normalised_ns;               /* typical, at reference speed; NaN when the run cannot tell
                                        which speed the case follows and it matters (> 10 %) */
    struct stats_interval slope_ns;  /* of time over items: fixed cost of a batch taken out */
    double residual_share;           /* what went into normalised_ns's interval */
    double drift_share;              /* what went into median_ns's and mean_ns's interval */
    enum stats_reference reference;  /* whose speed the case follows: its shares in words */
    struct stats_shares shares;      /* .noise is 0 where no reference was timed */
    struct stats_shares calm_shares; /* of stats_calm_fit */
    double memory_share;             /* 0: follows others than the memory's speed, 1: only that */
    double memory_share_error;       /* standard deviation of what is known of it */
    double reference_explained;      /* 0 .. 1 of the variance between windows */
    double stddev_ns, mad_ns, trimmed_mean_ns, min_ns, max_ns; /* over all batches, per item */
    double p05_ns, p25_ns, p75_ns, p95_ns, p99_ns;
    double effective_batches;
    uint64_t low_severe, low_mild, high_mild, high_severe; /* Tukey */
};

/* Estimate one case.
 *
 *   processes       [process_count] each with at least one batch; one process gives intervals from
 *                   moving blocks inside it, several from resampling processes
 *   per_process     out: [process_count], or NULL
 *
 * Cost     O(batches log batches); allocates and frees scratch memory
 * Errors   EINVALID (no processes, an empty one, items 0, a time negative or not finite), ENOMEM
 */
BASE_MUST_USE base_err stats_estimate_of(const struct stats_batches *processes,
                                         size_t process_count,
                                         const struct stats_estimate_options *options,
                                         struct stats_process_estimate *per_process,
                                         struct stats_estimate *out);

#endif
