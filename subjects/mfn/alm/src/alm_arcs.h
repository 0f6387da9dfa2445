/* alm_arcs.h - a row of arcs that grows and shrinks, by ascending node. */
#ifndef ALM_ARCS_H
#define ALM_ARCS_H

#include "alm_lanes.h"

/* Room for `count` arcs in all. Errors: ENOMEM, the row stays as it is */
base_err alm_arcs_reserve(struct alm_arcs *arcs, size_t count);

/* The weight of the arc to `node`; 0 when there is none. */
uint32_t alm_arcs_weight(const struct alm_arcs *arcs, uint32_t node);

/* Set the weight, 1 or more; there is room for a new arc. */
void alm_arcs_set(struct alm_arcs *arcs, uint32_t node, uint32_t weight);
void alm_arcs_remove(struct alm_arcs *arcs, uint32_t node);

#endif
