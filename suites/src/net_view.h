/* net_view.h - whom a node knows: a graph over all nodes that each derives from the group's seed by
 * itself. It is the union of random rings, so it is connected and everybody's degree is even and
 * nearly the one asked for, as a membership protocol's would be.
 *
 * Source  random graphs from cycles: Law & Siu, "Distributed construction of random expander
 *         networks", INFOCOM 2003
 */
#ifndef SUITE_NET_VIEW_H
#define SUITE_NET_VIEW_H

#include <base/err.h>

/* The neighbours of node `index` of `count`: all others while these are at most `degree`, else
 * those in degree / 2 rings, without repetition.
 *
 *   out     [degree]; *out_count of them are written
 *   degree  even, 2 ..
 *
 * Cost O(count * degree), scratch memory of 4 * count bytes. Errors: ENOMEM */
BASE_MUST_USE base_err net_view_make(uint64_t seed, uint32_t index, uint32_t count, size_t degree,
                                     uint32_t *out, size_t *out_count);

#endif
