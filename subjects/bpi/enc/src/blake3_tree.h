/* blake3_tree.h - BLAKE3 of a short prefix and a long message without losing the lanes.
 *
 * Source    BLAKE3 paper (2020) sections 2.1, 2.4 and 5.1
 */
#ifndef BPI_BLAKE3_TREE_H
#define BPI_BLAKE3_TREE_H

#include "blake3_lanes.h"

#include <base/buf.h>

/* BLAKE3(prefix || data).
 *
 *   prefix   at most one chunk (1024 bytes); with the data more than one
 *
 * Cost     that of the data alone, and one copied chunk; about 10 KB of stack; does not allocate
 * Only built where BPI_BLAKE3_LANES is 1. */
void bpi_blake3_tree(struct base_span prefix, struct base_span data, uint8_t out[32]);

#endif
