/* blake3_lanes.h - BLAKE3's compression of sixteen blocks side by side.
 *
 * BPI_BLAKE3_LANES is 1 when the official sources are compiled in: their internal many-message
 * function is used beside ours. With a system library only the public functions exist, and
 * bpi_domain_hash_many goes through messages one by one.
 *
 * Source    BLAKE3 paper (2020) sections 2.2 and 5.3
 */
#ifndef BPI_BLAKE3_LANES_H
#define BPI_BLAKE3_LANES_H

#include <stdint.h>

#if defined(__has_include) && __has_include(<blake3_impl.h>)
#define BPI_BLAKE3_LANES 1
#else
#define BPI_BLAKE3_LANES 0
#endif

enum { BPI_LANES = 16, BPI_LANE_BLOCK_SIZE = 64 };

/* What is the same in all lanes: bytes of the block that count, chunk number, domain flags. */
struct bpi_lane_block {
    uint32_t size; /* 0 .. 64 */
    uint64_t counter;
    uint32_t flags;
};

/* One compression in every lane.
 *
 *   blocks   [16][64] padded with zeros after info->size
 *   cv       [16][8] chaining values, replaced by the results
 *
 * Only built where BPI_BLAKE3_LANES is 1. */
void bpi_lanes_compress(const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE],
                        const struct bpi_lane_block *info, uint32_t (*cv)[8]);

#endif
