/* ifr_filter.h - which flows were surely never added: split-block Bloom filters in a rotating bank.
 *
 * A filter is an array of blocks of 256 bits in 8 lanes; a key sets one bit in each lane of one
 * block, so a question costs one cache line. "No" is always right. "Yes" is wrong at no more than
 * the wanted rate, over all filters of the bank together and while all of them are full.
 *
 * A bank of 1 never forgets: it holds `expected_count` keys at the wanted rate, and with more its
 * rate grows. A bank of 2 .. 16 forgets by rotation: keys go into the current filter; when it is
 * full the oldest one is dropped and a clear one becomes current. The last `expected_count`
 * different keys added are always found; older ones fade away. That is also how keys are removed.
 * The next filter is cleared a little with each key, so that a rotation has nothing to wait for.
 *
 * Sizing    n keys fall on B blocks binomially (for large B: as Poisson of mean n / B). A block
 *           of i keys says yes wrongly with (1 - (31/32)^i)^8, exactly, as the lanes are drawn
 *           independently. The rate is the mean of that over i - not the textbook formula, which
 *           overlooks that blocks are loaded unequally: at the size where 1 % is true it says
 *           0.64 %, and where 0.001 % is true a tenth of that. B is the smallest count whose rate
 *           is within the filter's share: with b filters, 1 - (1 - rate)^(1/b).
 * Hashes    64 bits, uniform and independent of each other (mfn_ifr_hash). 40 bits choose the
 *           lanes' bits, all of them the block.
 * Layout    block i of all filters of the bank lies together: one question reads one place.
 *           Above 4 MiB large pages are asked for.
 * Threads   one object, one thread at a time; any number may ask while nobody adds
 * Source    Bloom, CACM 13 (1970) 422; Putze, Sanders & Singler, "Cache-, Hash- and Space-Efficient
 *           Bloom Filters", WEA 2007; the block of 8 x 32 bits is that of Impala and Parquet, with
 *           independent bits in place of its multiplications
 */
#ifndef MFN_IFR_FILTER_H
#define MFN_IFR_FILTER_H

#include <base/err.h>

#include <stdbool.h>

enum { MFN_IFR_FILTER_BANK_MAX = 16 };
#define MFN_IFR_FILTER_COUNT_MAX (UINT64_C(1) << 32)
#define MFN_IFR_FILTER_RATE_MIN  1e-9
#define MFN_IFR_FILTER_RATE_MAX  0.5

struct mfn_ifr_filter;

struct mfn_ifr_filter_options {
    uint64_t expected_count; /* 1 .. MFN_IFR_FILTER_COUNT_MAX different keys that must be found */
    double false_positive_rate; /* of the whole bank; _RATE_MIN .. _RATE_MAX */
    uint32_t bank;              /* 1 .. MFN_IFR_FILTER_BANK_MAX filters */
    bool is_gradual; /* memory comes page by page as it is touched, see _prepare; else at once */
    bool want_large_pages; /* with is_gradual: 2 MiB pages if the kernel has them */
};

struct mfn_ifr_filter_stats {
    uint64_t capacity;   /* keys of one filter; a bank rotates when its current one has them */
    uint64_t count;      /* keys in the current filter; one that changed no bit is not counted */
    uint64_t rotations;  /* since new or clear */
    uint64_t blocks;     /* of one filter, 32 bytes each */
    uint64_t size_bytes; /* all memory */
    double rate;         /* of false answers as the filters are filled now, by the model above */
    const char *kind;    /* "avx2" or "plain": the same bits */
};

/* What is wrong with `options`: BASE_OK, or BASE_ERANGE and one sentence. */
BASE_MUST_USE base_err mfn_ifr_filter_check(const struct mfn_ifr_filter_options *options,
                                            struct base_why *why);

/* A bank of empty filters.
 *
 * Cost     bits a key at 1 %: 10.5 with one filter, 21 with a bank of 16; no call below allocates
 * Errors   BASE_ERANGE   see mfn_ifr_filter_check
 *          BASE_ENOMEM   nothing is kept
 */
BASE_MUST_USE base_err mfn_ifr_filter_new(const struct mfn_ifr_filter_options *options,
                                          struct mfn_ifr_filter **out);
void mfn_ifr_filter_free(struct mfn_ifr_filter *filter);

/* Touch the next `size` bytes of a gradual filter, so that what is added later waits for no page;
 * true when all is there. The filter may be used before. */
bool mfn_ifr_filter_prepare(struct mfn_ifr_filter *filter, size_t size);

/* Give back about `size` bytes (64 KiB at least) of the memory of a gradual filter that is only to
 * be freed, so that a large one need not be freed at once; true when none is left. */
bool mfn_ifr_filter_shed(struct mfn_ifr_filter *filter, size_t size);

/* Add a key to the current filter; with a bank, rotate when it is full. O(1), also when it rotates.
 */
void mfn_ifr_filter_add(struct mfn_ifr_filter *filter, uint64_t hash);

/* Was the key added, and not yet rotated away? One line; nine adjacent ones for a bank of 16. */
bool mfn_ifr_filter_has(const struct mfn_ifr_filter *filter, uint64_t hash);

/* The same for many, with prefetch where the filter is larger than a cache.
 *
 *   hashes     [count], any count
 *   has_bits   [(count + 63) / 64] bit i % 64 of word i / 64 is the answer to hashes[i]; the other
 *              bits of the last word are 0
 * Returns the number of answers that are yes. */
size_t mfn_ifr_filter_has_batch(const struct mfn_ifr_filter *filter, const uint64_t *hashes,
                                size_t count, uint64_t *has_bits);

/* Begin a new filter before the current one is full (keys age by time, say). A bank of 1 is
 * cleared. Cost     clears what adding has not cleared yet: O(blocks) */
void mfn_ifr_filter_rotate(struct mfn_ifr_filter *filter);

/* Forget all. O(size). */
void mfn_ifr_filter_clear(struct mfn_ifr_filter *filter);

/* Cost     O(bank * keys a block) */
void mfn_ifr_filter_stats(const struct mfn_ifr_filter *filter, struct mfn_ifr_filter_stats *out);

/* The model: the rate of one filter of `blocks` >= 1 blocks that holds `count` keys. */
double mfn_ifr_filter_rate_of(uint64_t count, uint64_t blocks);

#endif
