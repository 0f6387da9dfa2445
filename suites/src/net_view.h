/* net_view.h - whom a node knows: a graph over all nodes that each derives from the group's seed by
 * itself. It is the union of random rings, so it is connected and everybody's degree is
 * nearly the one asked for, as a membership protocol's would be.
 *
 * Source  random graphs from cycles: Law & Siu, "Distributed construction of random expander
 *         networks", INFOCOM 2003
 */
#ifndef SUITE_NET_VIEW_H
#define SUITE_NET_VIEW_H

#include <stddef.h>
#include <stdint.h>

/* The neighbours of node `index` of `count`: all others while these are at most `degree`, else
 * those in degree / 2 rings, without repetition. How many there are.
 *
 *   out     [degree]
 *   count   2 .. 2^31
 *   degree  even, 2 ..
 *
 * Cost O(degree^2)
 */
size_t net_view_make(uint64_t seed, uint32_t index, uint32_t count, size_t degree, uint32_t *out);

#endif
