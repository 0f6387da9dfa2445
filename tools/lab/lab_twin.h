/* lab_twin.h - what the links of a laboratory with this topology and seed draw for a traffic: the
 * same code without any time in it. What a packet meets follows from how many went over its link
 * before, so that each packet of a real run has its twin here, unless a bandwidth makes it wait or
 * drops it.
 */
#ifndef TOOLS_LAB_TWIN_H
#define TOOLS_LAB_TWIN_H

#include "lab_traffic.h"

#include <lab/fabric.h>

enum { LAB_TWIN_LOST = -1 };

/* The delay of each packet as if it were alone: it does not wait for the one before it.
 *
 *   wire_size   bytes of a packet
 *   delays_ns   [packets] or LAB_TWIN_LOST; written on OK only
 *
 * Cost     less than a microsecond a packet
 * Errors   those of lab_fabric_new and lab_fabric_push */
BASE_MUST_USE base_err lab_twin_draw(const struct lab_topology *topology, uint64_t seed,
                                     const struct lab_traffic *traffic, size_t wire_size,
                                     int64_t *delays_ns, struct base_why *why);

#endif
