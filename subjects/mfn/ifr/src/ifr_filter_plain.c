/* ifr_filter_plain.c - the filter's operations in plain C: the twin of every SIMD form. */
#include "ifr_filter_internal.h"

static bool plain_is_supported(void)
{
    return true;
}

/* The bit of a lane: five bits of the hash's low half for even lanes, of its high half for odd. */
static inline uint32_t bit_of(uint64_t hash, unsigned lane)
{
    const uint32_t half = (uint32_t)(lane % 2 ? hash >> 32 : hash);
    return UINT32_C(1) << ((half >> (5 * (lane / 2))) & 31);
}

static bool plain_add(uint32_t *block, uint64_t hash)
{
    uint32_t missing = 0;
    for (unsigned lane = 0; lane < IFR_FILTER_LANES; lane++) {
        const uint32_t bit = bit_of(hash, lane);
        missing |= bit & ~block[lane];
        block[lane] |= bit;
    }
    return missing != 0;
}

static inline bool block_has(const uint32_t *block, uint64_t hash)
{
    uint32_t missing = 0;
    for (unsigned lane = 0; lane < IFR_FILTER_LANES; lane++)
        missing |= bit_of(hash, lane) & ~block[lane];
    return missing == 0;
}

static bool plain_has(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    const uint32_t *block = ifr_filter_blocks(filter, hash);
    for (uint32_t slot = 0; slot < filter->slots; slot++, block += IFR_FILTER_LANES)
        if (slot != filter->spare && block_has(block, hash))
            return true;
    return false;
}

static size_t plain_has_batch(const struct mfn_ifr_filter *filter, const uint64_t *hashes,
                              size_t count, uint64_t *has_bits)
{
    const size_t ahead = ifr_filter_ahead(filter);
    size_t total = 0;
    for (size_t i = 0; i < ahead && i < count; i++)
        ifr_filter_prefetch(filter, hashes[i]);
    for (size_t from = 0; from < count; from += 64) {
        uint64_t bits = 0;
        for (size_t i = from; i < count && i < from + 64; i++) {
            if (ahead && i + ahead < count)
                ifr_filter_prefetch(filter, hashes[i + ahead]);
            bits |= (uint64_t)plain_has(filter, hashes[i]) << (i - from);
        }
        has_bits[from / 64] = bits;
        total += (size_t)__builtin_popcountll(bits);
    }
    return total;
}

const struct ifr_filter_kernel ifr_filter_plain = {
    .name = "plain",
    .is_supported = plain_is_supported,
    .add = plain_add,
    .has = plain_has,
    .has_batch = plain_has_batch,
};
