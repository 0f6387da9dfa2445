/* boost_paths.h - Boost Graph's Dijkstra on its compressed sparse rows, for C. */
#ifndef SUITE_BOOST_PATHS_H
#define SUITE_BOOST_PATHS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct boost_paths;

/* first [node_count + 1] and ends, weights [first[node_count]] are rows as those of mfn_alm_rows,
 * and are copied. NULL: no memory. */
struct boost_paths *boost_paths_new(uint32_t node_count, const uint32_t *first,
                                    const uint32_t *ends, const uint32_t *weights);
void boost_paths_free(struct boost_paths *paths);

/* Distances from the root, and the nodes before each on its path. False: no memory. */
int boost_paths_run(struct boost_paths *paths, uint32_t root);

/* The same into [node_count] of the caller. */
int boost_paths_run_into(struct boost_paths *paths, uint32_t root, uint64_t *distances);

/* The search ends when it comes to `to`. UINT64_MAX: there is no path, or no memory. */
uint64_t boost_paths_find(struct boost_paths *paths, uint32_t from, uint32_t to);

/* Of the last run; UINT64_MAX: no path. */
uint64_t boost_paths_distance(const struct boost_paths *paths, uint32_t node);

#ifdef __cplusplus
}
#endif

#endif
