/* resample_avx512.c - the inner operations with AVX-512 F, BW, DQ and VL: eight generators in four
 * registers, 32 running sums compared at once. */
#include "resample_internal.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))
#define AVX512_INLINE                                                                              \
    static inline __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))

static bool avx512_is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("popcnt");
}

AVX512 static void avx512_draw(struct resample_rng *rng, uint32_t bound, uint32_t *out,
                               size_t count)
{
    __m512i s0 = _mm512_load_si512(rng->state[0]);
    __m512i s1 = _mm512_load_si512(rng->state[1]);
    __m512i s2 = _mm512_load_si512(rng->state[2]);
    __m512i s3 = _mm512_load_si512(rng->state[3]);
    const __m512i factor = _mm512_set1_epi64(bound);
    for (size_t i = 0; i < count; i += RESAMPLE_DRAW) {
        const __m512i bits = _mm512_add_epi64(_mm512_rol_epi64(_mm512_add_epi64(s0, s3), 23), s0);
        const __m512i t = _mm512_slli_epi64(s1, 17);
        s2 = _mm512_xor_si512(s2, s0);
        s3 = _mm512_xor_si512(s3, s1);
        s1 = _mm512_xor_si512(s1, s2);
        s0 = _mm512_xor_si512(s0, s3);
        s2 = _mm512_xor_si512(s2, t);
        s3 = _mm512_rol_epi64(s3, 45);
        const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(bits, factor), 32);
        const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(bits, 32), factor);
        _mm512_storeu_si512(out + i, _mm512_mask_blend_epi32(0xaaaa, even, odd));
    }
    _mm512_store_si512(rng->state[0], s0);
    _mm512_store_si512(rng->state[1], s1);
    _mm512_store_si512(rng->state[2], s2);
    _mm512_store_si512(rng->state[3], s3);
}

AVX512 static void avx512_sums(const uint16_t *counts, const double *columns, size_t padded,
                               double sums[RESAMPLE_COLUMNS])
{
    __m512d sum[RESAMPLE_COLUMNS];
    for (int c = 0; c < RESAMPLE_COLUMNS; c++)
        sum[c] = _mm512_setzero_pd();
    for (size_t i = 0; i < padded; i += RESAMPLE_LANES) {
        const __m128i raw = _mm_loadu_si128((const __m128i *)(counts + i));
        const __m512d count = _mm512_cvtepi32_pd(_mm256_cvtepu16_epi32(raw));
        for (int c = 0; c < RESAMPLE_COLUMNS; c++) {
            const __m512d x = _mm512_loadu_pd(columns + (size_t)c * padded + i);
            sum[c] = _mm512_add_pd(sum[c], _mm512_mul_pd(count, x));
        }
    }
    for (int c = 0; c < RESAMPLE_COLUMNS; c++) {
        double lanes[RESAMPLE_LANES];
        _mm512_storeu_pd(lanes, sum[c]);
        sums[c] = resample_fold(lanes);
    }
}

enum { SPAN = 128 };

AVX512_INLINE size_t avx512_below(const struct resample_drawn *drawn, size_t target)
{
    const size_t base = resample_narrow(drawn, target, SPAN);
    const uint16_t *prefix = drawn->prefix + base;
    const __m512i wanted = _mm512_set1_epi16((short)target);
    size_t below = 0;
    for (int i = 0; i < SPAN; i += 32) {
        const __m512i sums = _mm512_loadu_si512(prefix + i);
        below += (size_t)__builtin_popcount(_mm512_cmplt_epu16_mask(sums, wanted));
    }
    return base + below;
}

AVX512 static void avx512_middle(const struct resample_drawn *drawn, double *median, double *mad)
{
    resample_middle(drawn, median, mad, avx512_below);
}

const struct resample_kernel resample_avx512 = {
    .name = "avx512",
    .is_supported = avx512_is_supported,
    .draw = avx512_draw,
    .sums = avx512_sums,
    .prefix = resample_prefix_words,
    .middle = avx512_middle,
};
#else
static bool avx512_is_supported(void)
{
    return false;
}

const struct resample_kernel resample_avx512 = { .name = "avx512",
                                                 .is_supported = avx512_is_supported };
#endif
