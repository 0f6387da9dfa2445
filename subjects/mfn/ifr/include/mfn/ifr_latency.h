/* ifr_latency.h - a histogram of durations with fixed bounds, as Prometheus wants it.
 *
 * The bounds are 25, 50, 100, 250, 500 ns and so on up to 1 s: what a lookup in memory takes is at
 * the lower end, what a component that is late takes at the upper.
 *
 * Threads   objects are not shared
 */
#ifndef MFN_IFR_LATENCY_H
#define MFN_IFR_LATENCY_H

#include <stdint.h>

enum { MFN_IFR_LATENCY_BOUNDS = 24 };

/* A zeroed one is empty. */
struct mfn_ifr_latency {
    uint64_t counts[MFN_IFR_LATENCY_BOUNDS + 1]; /* [i]: over bound i - 1, up to bound i */
    uint64_t sum_ns;
};

/* Bound i in nanoseconds, ascending; the bound of MFN_IFR_LATENCY_BOUNDS is infinite and none. */
uint64_t mfn_ifr_latency_bound_ns(unsigned i);

void mfn_ifr_latency_add(struct mfn_ifr_latency *latency, uint64_t ns);

/* How many were at most bound i; with i = MFN_IFR_LATENCY_BOUNDS: how many there were. */
uint64_t mfn_ifr_latency_up_to(const struct mfn_ifr_latency *latency, unsigned i);

#endif
