/* ifr_filter_internal.h - the layout of a bank, and the operations that have a SIMD form. */
#ifndef IFR_FILTER_INTERNAL_H
#define IFR_FILTER_INTERNAL_H

#include <mfn/ifr_filter.h>

#include "ifr_pages.h"

enum {
    IFR_FILTER_LANES = 8,       /* words of 32 bits in a block; one bit of each for a key */
    IFR_FILTER_BLOCK_SIZE = 32, /* bytes */
    IFR_FILTER_SLOTS_MAX = MFN_IFR_FILTER_BANK_MAX + 1,
    IFR_FILTER_NEAR_SIZE = 1 << 18, /* bytes; up to here prefetching costs more than it gains */
    IFR_FILTER_AHEAD = 24,          /* keys between a prefetch and its use, with one filter ... */
    IFR_FILTER_AHEAD_BANK = 6,      /* ... and with a bank, whose keys have several lines each */
    IFR_FILTER_LINE = 64,
};

/* One set of operations; all sets do the same to the same bits. */
struct ifr_filter_kernel {
    const char *name;
    bool (*is_supported)(void);
    bool (*add)(uint32_t *block, uint64_t hash); /* true when a bit was new */
    bool (*has)(const struct mfn_ifr_filter *filter, uint64_t hash);
    size_t (*has_batch)(const struct mfn_ifr_filter *filter, const uint64_t *hashes, size_t count,
                        uint64_t *has_bits);
};

extern const struct ifr_filter_kernel ifr_filter_plain;
extern const struct ifr_filter_kernel ifr_filter_avx2;

/* A bank of b >= 2 has b + 1 slots in a ring: from `spare` (the next to be used, being cleared,
 * never asked) over the oldest filter to `current`. A bank of 1 has one slot and no spare. */
struct mfn_ifr_filter {
    const struct ifr_filter_kernel *kernel;
    uint32_t *words; /* [blocks][slots][IFR_FILTER_LANES] */
    uint64_t blocks;
    uint32_t slots;
    uint32_t current;
    uint32_t spare;      /* == slots when there is none */
    uint64_t capacity;   /* keys of one filter */
    uint64_t cleared;    /* blocks of the spare that are clear */
    uint64_t clear_step; /* blocks to clear with each key */
    uint64_t rotations;
    uint64_t size_bytes; /* of words */
    uint64_t counts[IFR_FILTER_SLOTS_MAX];
    struct ifr_pages pages; /* of a gradual filter, whose words lie there */
    size_t prepared;        /* bytes of it */
};

/* The blocks of a hash, one for each slot. The product moves all bits of the hash up, as the lanes
 * have taken bits 0-19 and 32-51; its high part picks evenly among any number of blocks.
 * Source   Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019) 3 */
static inline uint32_t *ifr_filter_blocks(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    const uint64_t spread = hash * UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t at = (uint64_t)(((unsigned __int128)spread * filter->blocks) >> 64);
    return filter->words + at * filter->slots * IFR_FILTER_LANES;
}

static inline void ifr_filter_prefetch(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    const char *const from = (const char *)ifr_filter_blocks(filter, hash);
    const uint32_t size = filter->slots * IFR_FILTER_BLOCK_SIZE;
    __builtin_prefetch(from);
    for (uint32_t at = IFR_FILTER_LINE; at < size; at += IFR_FILTER_LINE)
        __builtin_prefetch(from + at);
}

/* Keys to be ahead with prefetching; 0: the filter is near. */
static inline size_t ifr_filter_ahead(const struct mfn_ifr_filter *filter)
{
    if (filter->size_bytes <= IFR_FILTER_NEAR_SIZE)
        return 0;
    return filter->slots == 1 ? IFR_FILTER_AHEAD : IFR_FILTER_AHEAD_BANK;
}

/* The smallest number of blocks whose rate with `count` keys is at most `rate`. */
uint64_t ifr_filter_blocks_for(uint64_t count, double rate);

/* mfn_ifr_filter_new with a chosen kernel, which must be supported. */
base_err ifr_filter_new_with(const struct mfn_ifr_filter_options *options,
                             const struct ifr_filter_kernel *kernel, struct mfn_ifr_filter **out);

#endif
