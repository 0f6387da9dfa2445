/* ifr_probe.h - a filter that is asked: what all cases of filters share.
 *
 * Each answer counts as yes or no, and as the order of the questions is known, so is the number of
 * yeses after any number of them.
 */
#ifndef SUITE_IFR_PROBE_H
#define SUITE_IFR_PROBE_H

#include "ifr_query.h"

#define IFR_PROBE_RATE 0.01 /* the wanted share of false answers */

struct ifr_probe {
    struct ifr_query query;
    void *filter;
    bool (*has)(const void *filter, uint64_t hash); /* for facts and check: untimed */
    uint64_t *hashes; /* [query.mask + 1] of the batch case, or NULL */
    size_t batch;     /* hashes of a batch */
    uint64_t asked, yes;
};

/* The hash of flow `index`. */
uint64_t ifr_probe_hash(const struct ifr_probe *probe, uint64_t index);

/* Say how often flows that were never added are taken for known ("false_positive_rate" with its
 * interval, of a million), and how large the filter is. */
void ifr_probe_facts(struct bench_env *env, const struct ifr_probe *probe, uint64_t size_bytes);

/* Were the answers those that the filter gives now, and never "no" to a flow that was added? */
base_err ifr_probe_check(void *probe, struct base_why *why);

#endif
