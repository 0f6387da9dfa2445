/* ifr_filter.c - a bank of split-block Bloom filters: its size, its rotation, its numbers. */
#include "ifr_filter_internal.h"

#include "ifr_zeroed.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOUCH = 4096 /* no page is smaller */ };

base_err mfn_ifr_filter_check(const struct mfn_ifr_filter_options *options, struct base_why *why)
{
    if (options->expected_count < 1 || options->expected_count > MFN_IFR_FILTER_COUNT_MAX)
        return base_fail(why, BASE_ERANGE, 0, "filter: expected count %llu is not in 1 .. %llu",
                         (unsigned long long)options->expected_count,
                         (unsigned long long)MFN_IFR_FILTER_COUNT_MAX);
    if (!(options->false_positive_rate >= MFN_IFR_FILTER_RATE_MIN &&
          options->false_positive_rate <= MFN_IFR_FILTER_RATE_MAX))
        return base_fail(why, BASE_ERANGE, 0, "filter: false-positive rate %g is not in %g .. %g",
                         options->false_positive_rate, MFN_IFR_FILTER_RATE_MIN,
                         MFN_IFR_FILTER_RATE_MAX);
    if (options->bank < 1 || options->bank > MFN_IFR_FILTER_BANK_MAX)
        return base_fail(why, BASE_ERANGE, 0, "filter: a bank of %u filters is not in 1 .. %d",
                         options->bank, MFN_IFR_FILTER_BANK_MAX);
    return BASE_OK;
}

/* The sizes that follow from the options. The current filter of a bank may be empty, so the others
 * must hold all that is promised. A key whose bits were all set already is not counted, and of new
 * keys that happens to no more than the rate: there is room for them too. */
static void filter_size(struct mfn_ifr_filter *filter, const struct mfn_ifr_filter_options *options)
{
    const uint64_t others = options->bank > 1 ? options->bank - 1 : 1;
    const double share = -expm1(log1p(-options->false_positive_rate) / options->bank);
    filter->capacity = (options->expected_count + others - 1) / others;
    const double keys = (double)filter->capacity / (options->bank > 1 ? 1 - share : 1);
    filter->blocks = ifr_filter_blocks_for((uint64_t)ceil(keys), share);
    filter->slots = options->bank > 1 ? options->bank + 1 : 1;
    filter->spare = 1;
    filter->cleared = filter->blocks;
    filter->clear_step = (filter->blocks + filter->capacity - 1) / filter->capacity;
    filter->size_bytes = filter->blocks * filter->slots * IFR_FILTER_BLOCK_SIZE;
}

/* Zeroed memory: all at once, or as it is touched. */
static uint32_t *words_new(struct mfn_ifr_filter *filter,
                           const struct mfn_ifr_filter_options *options)
{
    filter->prepared = filter->size_bytes;
    if (!options->is_gradual)
        return ifr_zeroed_new(filter->size_bytes);
    const size_t page = IFR_PAGES_ALIGNMENT;
    const size_t whole = (filter->size_bytes + page - 1) / page * page;
    if (ifr_pages_map(&filter->pages, whole, options->want_large_pages) != BASE_OK)
        return NULL;
    filter->prepared = 0;
    return (uint32_t *)(void *)filter->pages.memory;
}

base_err ifr_filter_new_with(const struct mfn_ifr_filter_options *options,
                             const struct ifr_filter_kernel *kernel, struct mfn_ifr_filter **out)
{
    const base_err err = mfn_ifr_filter_check(options, NULL);
    if (err != BASE_OK)
        return err;
    struct mfn_ifr_filter *const filter = calloc(1, sizeof *filter);
    if (filter == NULL)
        return BASE_ENOMEM;
    filter->kernel = kernel;
    filter_size(filter, options);
    filter->words = words_new(filter, options);
    if (filter->words == NULL) {
        free(filter);
        return BASE_ENOMEM;
    }
    *out = filter;
    return BASE_OK;
}

base_err mfn_ifr_filter_new(const struct mfn_ifr_filter_options *options,
                            struct mfn_ifr_filter **out)
{
    return ifr_filter_new_with(
        options, ifr_filter_avx2.is_supported() ? &ifr_filter_avx2 : &ifr_filter_plain, out);
}

bool mfn_ifr_filter_shed(struct mfn_ifr_filter *filter, size_t size)
{
    if (filter->pages.mapping == NULL)
        return true;
    const size_t unit = IFR_PAGES_ALIGNMENT;
    const size_t count = (filter->prepared + unit - 1) / unit, wanted = size / unit + 1;
    const size_t less = wanted < count ? wanted : count, keep = (count - less) * unit;
    ifr_pages_give_back(filter->pages.memory + keep, less * unit);
    filter->prepared = keep;
    return keep == 0;
}

void mfn_ifr_filter_free(struct mfn_ifr_filter *filter)
{
    if (filter == NULL)
        return;
    if (filter->pages.mapping != NULL)
        ifr_pages_unmap(&filter->pages);
    else
        free(filter->words);
    free(filter);
}

/* Reading and writing back changes nothing, but the page is there then. */
bool mfn_ifr_filter_prepare(struct mfn_ifr_filter *filter, size_t size)
{
    const size_t left = filter->size_bytes - filter->prepared;
    const size_t end = filter->prepared + (size < left ? size : left);
    for (; filter->prepared < end; filter->prepared += TOUCH) {
        volatile uint32_t *const word = filter->words + filter->prepared / sizeof(uint32_t);
        *word = *word;
    }
    if (filter->prepared > filter->size_bytes)
        filter->prepared = filter->size_bytes;
    return filter->prepared == filter->size_bytes;
}

static void spare_clear(struct mfn_ifr_filter *filter, uint64_t count)
{
    const uint64_t left = filter->blocks - filter->cleared;
    const uint64_t end = filter->cleared + (count < left ? count : left);
    const size_t stride = (size_t)filter->slots * IFR_FILTER_LANES;
    uint32_t *block =
        filter->words + filter->cleared * stride + (size_t)filter->spare * IFR_FILTER_LANES;
    for (; filter->cleared < end; filter->cleared++, block += stride)
        memset(block, 0, IFR_FILTER_BLOCK_SIZE);
}

void mfn_ifr_filter_add(struct mfn_ifr_filter *filter, uint64_t hash)
{
    uint32_t *const block =
        ifr_filter_blocks(filter, hash) + (size_t)filter->current * IFR_FILTER_LANES;
    if (!filter->kernel->add(block, hash))
        return;
    filter->counts[filter->current]++;
    if (filter->slots == 1)
        return;
    spare_clear(filter, filter->clear_step);
    if (filter->counts[filter->current] >= filter->capacity)
        mfn_ifr_filter_rotate(filter);
}

bool mfn_ifr_filter_has(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    return filter->kernel->has(filter, hash);
}

size_t mfn_ifr_filter_has_batch(const struct mfn_ifr_filter *filter, const uint64_t *hashes,
                                size_t count, uint64_t *has_bits)
{
    return filter->kernel->has_batch(filter, hashes, count, has_bits);
}

void mfn_ifr_filter_rotate(struct mfn_ifr_filter *filter)
{
    if (filter->slots == 1) {
        mfn_ifr_filter_clear(filter);
        return;
    }
    spare_clear(filter, filter->blocks);
    filter->current = filter->spare;
    filter->counts[filter->current] = 0;
    filter->spare = (filter->current + 1) % filter->slots;
    filter->cleared = 0;
    filter->rotations++;
}

void mfn_ifr_filter_clear(struct mfn_ifr_filter *filter)
{
    memset(filter->words, 0, filter->size_bytes);
    memset(filter->counts, 0, sizeof filter->counts);
    filter->current = 0;
    filter->spare = 1;
    filter->cleared = filter->blocks;
    filter->rotations = 0;
}

void mfn_ifr_filter_stats(const struct mfn_ifr_filter *filter, struct mfn_ifr_filter_stats *out)
{
    double right = 1;
    for (uint32_t slot = 0; slot < filter->slots; slot++)
        if (slot != filter->spare)
            right *= 1 - mfn_ifr_filter_rate_of(filter->counts[slot], filter->blocks);
    *out = (struct mfn_ifr_filter_stats){
        .capacity = filter->capacity,
        .count = filter->counts[filter->current],
        .rotations = filter->rotations,
        .blocks = filter->blocks,
        .size_bytes = filter->size_bytes + sizeof *filter,
        .rate = 1 - right,
        .kind = filter->kernel->name,
    };
}
