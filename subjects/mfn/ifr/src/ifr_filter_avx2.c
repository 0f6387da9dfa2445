/* ifr_filter_avx2.c - the filter's operations with AVX2: a block is one register. */
#include "ifr_filter_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2        __attribute__((target("avx2,popcnt")))
#define AVX2_INLINE static inline __attribute__((target("avx2,popcnt"), always_inline))

static bool avx2_is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

/* One bit in each lane. Both halves of the hash stand in neighbouring lanes. */
AVX2_INLINE __m256i mask_of(uint64_t hash)
{
    const __m256i shifts = _mm256_setr_epi32(0, 0, 5, 5, 10, 10, 15, 15);
    const __m256i fields = _mm256_srlv_epi32(_mm256_set1_epi64x((long long)hash), shifts);
    return _mm256_sllv_epi32(_mm256_set1_epi32(1), _mm256_and_si256(fields, _mm256_set1_epi32(31)));
}

AVX2_INLINE __m256i load(const uint32_t *block)
{
    return _mm256_load_si256((const __m256i *)block);
}

AVX2 static bool avx2_add(uint32_t *block, uint64_t hash)
{
    const __m256i mask = mask_of(hash);
    const __m256i old = load(block);
    _mm256_store_si256((__m256i *)block, _mm256_or_si256(old, mask));
    return !_mm256_testc_si256(old, mask);
}

/* Slots from .. end - 1, without a branch on what they hold. */
AVX2_INLINE int slots_have(const uint32_t *blocks, uint32_t from, uint32_t end, __m256i mask)
{
    int has = 0;
    for (uint32_t slot = from; slot < end; slot++)
        has |= _mm256_testc_si256(load(blocks + slot * IFR_FILTER_LANES), mask);
    return has;
}

AVX2_INLINE bool one_has(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    return _mm256_testc_si256(load(ifr_filter_blocks(filter, hash)), mask_of(hash));
}

AVX2_INLINE bool bank_has(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    const uint32_t *const blocks = ifr_filter_blocks(filter, hash);
    const __m256i mask = mask_of(hash);
    return slots_have(blocks, 0, filter->spare, mask) |
           slots_have(blocks, filter->spare + 1, filter->slots, mask);
}

AVX2 static bool avx2_has(const struct mfn_ifr_filter *filter, uint64_t hash)
{
    return filter->slots == 1 ? one_has(filter, hash) : bank_has(filter, hash);
}

/* Up to 64 answers. `is_bank` and `is_far` are constants where this is used: four loops. */
AVX2_INLINE uint64_t word_of(const struct mfn_ifr_filter *filter, const uint64_t *hashes,
                             size_t count, size_t left, bool is_bank, bool is_far)
{
    const size_t ahead = is_bank ? IFR_FILTER_AHEAD_BANK : IFR_FILTER_AHEAD;
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_far && i + ahead < left)
            ifr_filter_prefetch(filter, hashes[i + ahead]);
        const bool has = is_bank ? bank_has(filter, hashes[i]) : one_has(filter, hashes[i]);
        bits |= (uint64_t)has << i;
    }
    return bits;
}

AVX2_INLINE size_t batch_of(const struct mfn_ifr_filter *filter, const uint64_t *hashes,
                            size_t count, uint64_t *has_bits, bool is_bank, bool is_far)
{
    size_t total = 0;
    for (size_t from = 0; from < count; from += 64) {
        const size_t left = count - from;
        const uint64_t bits =
            word_of(filter, hashes + from, left < 64 ? left : 64, left, is_bank, is_far);
        has_bits[from / 64] = bits;
        total += (size_t)__builtin_popcountll(bits);
    }
    return total;
}

AVX2 static size_t avx2_has_batch(const struct mfn_ifr_filter *filter, const uint64_t *hashes,
                                  size_t count, uint64_t *has_bits)
{
    const size_t ahead = ifr_filter_ahead(filter);
    for (size_t i = 0; i < ahead && i < count; i++)
        ifr_filter_prefetch(filter, hashes[i]);
    if (filter->slots == 1)
        return ahead ? batch_of(filter, hashes, count, has_bits, false, true)
                     : batch_of(filter, hashes, count, has_bits, false, false);
    return ahead ? batch_of(filter, hashes, count, has_bits, true, true)
                 : batch_of(filter, hashes, count, has_bits, true, false);
}

const struct ifr_filter_kernel ifr_filter_avx2 = {
    .name = "avx2",
    .is_supported = avx2_is_supported,
    .add = avx2_add,
    .has = avx2_has,
    .has_batch = avx2_has_batch,
};
#else
static bool avx2_is_supported(void)
{
    return false;
}

const struct ifr_filter_kernel ifr_filter_avx2 = { .name = "avx2",
                                                   .is_supported = avx2_is_supported };
#endif
