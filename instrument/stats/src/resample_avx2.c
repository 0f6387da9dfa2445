/* resample_avx2.c - the inner operations with AVX2: the eight generators in two halves of four. */
#include "resample_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2        __attribute__((target("avx2,popcnt")))
#define AVX2_INLINE static inline __attribute__((target("avx2,popcnt")))

static bool avx2_is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

struct four {
    __m256i s0, s1, s2, s3;
};

AVX2_INLINE __m256i rotate(__m256i x, int k)
{
    return _mm256_or_si256(_mm256_slli_epi64(x, k), _mm256_srli_epi64(x, 64 - k));
}

AVX2_INLINE __m256i next_of(struct four *s)
{
    const __m256i bits = _mm256_add_epi64(rotate(_mm256_add_epi64(s->s0, s->s3), 23), s->s0);
    const __m256i t = _mm256_slli_epi64(s->s1, 17);
    s->s2 = _mm256_xor_si256(s->s2, s->s0);
    s->s3 = _mm256_xor_si256(s->s3, s->s1);
    s->s1 = _mm256_xor_si256(s->s1, s->s2);
    s->s0 = _mm256_xor_si256(s->s0, s->s3);
    s->s2 = _mm256_xor_si256(s->s2, t);
    s->s3 = rotate(s->s3, 45);
    return bits;
}

AVX2_INLINE __m256i load(const uint64_t *words)
{
    return _mm256_load_si256((const __m256i *)words);
}

AVX2_INLINE struct four load_four(const struct resample_rng *rng, int lane)
{
    return (struct four){ load(&rng->state[0][lane]), load(&rng->state[1][lane]),
                          load(&rng->state[2][lane]), load(&rng->state[3][lane]) };
}

AVX2_INLINE void store_four(struct resample_rng *rng, int lane, const struct four *s)
{
    _mm256_store_si256((__m256i *)&rng->state[0][lane], s->s0);
    _mm256_store_si256((__m256i *)&rng->state[1][lane], s->s1);
    _mm256_store_si256((__m256i *)&rng->state[2][lane], s->s2);
    _mm256_store_si256((__m256i *)&rng->state[3][lane], s->s3);
}

AVX2_INLINE void put_indices(__m256i bits, __m256i factor, uint32_t *out)
{
    const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(bits, factor), 32);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(bits, 32), factor);
    _mm256_storeu_si256((__m256i *)out, _mm256_blend_epi32(even, odd, 0xaa));
}

AVX2 static void avx2_draw(struct resample_rng *rng, uint32_t bound, uint32_t *out, size_t count)
{
    struct four low = load_four(rng, 0);
    struct four high = load_four(rng, 4);
    const __m256i factor = _mm256_set1_epi64x(bound);
    for (size_t i = 0; i < count; i += RESAMPLE_DRAW) {
        put_indices(next_of(&low), factor, out + i);
        put_indices(next_of(&high), factor, out + i + 8);
    }
    store_four(rng, 0, &low);
    store_four(rng, 4, &high);
}

AVX2 static void avx2_sums(const uint16_t *counts, const double *columns, size_t padded,
                           double sums[RESAMPLE_COLUMNS])
{
    __m256d sum[RESAMPLE_COLUMNS][2];
    for (int c = 0; c < RESAMPLE_COLUMNS; c++)
        sum[c][0] = sum[c][1] = _mm256_setzero_pd();
    for (size_t i = 0; i < padded; i += RESAMPLE_LANES) {
        const __m256i raw = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(counts + i)));
        const __m256d low = _mm256_cvtepi32_pd(_mm256_castsi256_si128(raw));
        const __m256d high = _mm256_cvtepi32_pd(_mm256_extracti128_si256(raw, 1));
        for (int c = 0; c < RESAMPLE_COLUMNS; c++) {
            const double *x = columns + (size_t)c * padded + i;
            sum[c][0] = _mm256_add_pd(sum[c][0], _mm256_mul_pd(low, _mm256_loadu_pd(x)));
            sum[c][1] = _mm256_add_pd(sum[c][1], _mm256_mul_pd(high, _mm256_loadu_pd(x + 4)));
        }
    }
    for (int c = 0; c < RESAMPLE_COLUMNS; c++) {
        double lanes[RESAMPLE_LANES];
        _mm256_storeu_pd(lanes, sum[c][0]);
        _mm256_storeu_pd(lanes + 4, sum[c][1]);
        sums[c] = resample_fold(lanes);
    }
}

enum { SPAN = 64 };

/* AVX2 compares signed words only: both sides are moved by 2^15. A byte mask counts each twice. */
AVX2_INLINE size_t avx2_below(const struct resample_drawn *drawn, size_t target)
{
    const size_t base = resample_narrow(drawn, target, SPAN);
    const uint16_t *prefix = drawn->prefix + base;
    const __m256i flip = _mm256_set1_epi16((short)0x8000);
    const __m256i wanted = _mm256_xor_si256(_mm256_set1_epi16((short)target), flip);
    size_t bytes = 0;
    for (int i = 0; i < SPAN; i += 16) {
        const __m256i sums = _mm256_loadu_si256((const __m256i *)(prefix + i));
        const __m256i is_below = _mm256_cmpgt_epi16(wanted, _mm256_xor_si256(sums, flip));
        bytes += (size_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(is_below));
    }
    return base + bytes / 2;
}

AVX2 static void avx2_middle(const struct resample_drawn *drawn, double *median, double *mad)
{
    resample_middle(drawn, median, mad, avx2_below);
}

const struct resample_kernel resample_avx2 = {
    .name = "avx2",
    .is_supported = avx2_is_supported,
    .draw = avx2_draw,
    .sums = avx2_sums,
    .prefix = resample_prefix_words,
    .middle = avx2_middle,
};
#else
static bool avx2_is_supported(void)
{
    return false;
}

const struct resample_kernel resample_avx2 = { .name = "avx2", .is_supported = avx2_is_supported };
#endif
