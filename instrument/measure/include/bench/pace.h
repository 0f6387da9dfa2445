/* pace.h - the open loop: work starts when it is due, whether or not the last piece is done.
 *
 * Every piece of work has an intended start, given by a rate and nothing that the measured system
 * does. When the system stalls, starts become late but none is left out: latency is counted from
 * the intended start, so a stall shows in every piece that should have been served during it.
 *
 * Threads   one loop, one thread; several threads have each their own loop, seed and histograms
 *           (independent Poisson arrivals add up to Poisson arrivals)
 * Source    G. Tene, "How NOT to measure latency" (2013); wrk2
 */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <bench/hist.h>

#include <signal.h>

/* Time as the loop sees it: a test passes its own and runs a virtual hour at once.
 *
 *   now    nanoseconds, never going back
 *   wait   return when now >= until_ns; at once when that has passed; may return early when
 *          interrupted
 */
struct bench_pace_clock {
    uint64_t (*now)(void *context);
    void (*wait)(void *context, uint64_t until_ns);
    void *context;
};

/* CLOCK_MONOTONIC. It sleeps until BENCH_PACE_SPIN_NS before the time and spins for the rest, as a
 * sleep alone wakes up 50 to 150 us late. */
enum { BENCH_PACE_SPIN_NS = 200000 };
struct bench_pace_clock bench_pace_clock_real(void);

enum bench_pace_arrival {
    BENCH_PACE_CONSTANT, /* start i is due at i / rate */
    BENCH_PACE_POISSON,  /* gaps are exponential with mean 1 / rate, from `seed` */
};

struct bench_pace_plan {
    double rate_per_s; /* 1e-6 .. 1e9 */
    enum bench_pace_arrival arrival;
    uint64_t seed;
    uint64_t count;         /* at most this many starts; 0: no limit */
    uint64_t duration_ns;   /* starts are due before this; 0: no limit. One limit must be given */
    uint64_t late_limit_ns; /* 0: late starts are caught up with, however long that takes. Else the
                               loop gives up when a start is later than this */
    const volatile sig_atomic_t *interrupted; /* may be NULL; nonzero: end before the next start */
};

/* One piece of work. Any answer but BASE_OK ends the loop and is passed on; work that may fail and
 * go on counts its own failures. */
typedef base_err bench_pace_fn(void *context, uint64_t index, uint64_t intended_ns);

struct bench_pace_result {
    uint64_t done; /* pieces of work that ended, all recorded */
    uint64_t owed; /* starts that were due when the loop gave up or was interrupted */
    uint64_t late; /* starts that were more than BENCH_PACE_LATE_NS behind */
    uint64_t late_max_ns;
    uint64_t over_range; /* times too long for a histogram, recorded as its highest value */
    uint64_t elapsed_ns; /* from the first intended start to the last end */
};

enum { BENCH_PACE_LATE_NS = 50000 };

/* Run the loop.
 *
 *   latency   end - intended start; may be NULL
 *   service   end - actual start; may be NULL
 *   result    out: also filled when fn failed (what was done before)
 *
 * Errors    EINVALID (no limit), ERANGE (rate), EINTERRUPTED, ETIMEOUT (late_limit_ns),
 *           fn's own; why has the sentence
 */
BASE_MUST_USE base_err bench_pace_run(const struct bench_pace_plan *plan,
                                      const struct bench_pace_clock *clock, bench_pace_fn *fn,
                                      void *context, struct bench_hist *latency,
                                      struct bench_hist *service, struct bench_pace_result *result,
                                      struct base_why *why);

#endif
