/* alm_lanes_avx2.c - eight lanes an instruction. */
#include "alm_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES_TARGET __attribute__((target("avx2")))

enum { VEC_LANES = 8 };
typedef __m256i vec;
typedef __m256i vec_mask;

#define vec_load(from)         _mm256_load_si256((const __m256i *)(const void *)(from))
#define vec_store(to, a)       _mm256_store_si256((__m256i *)(void *)(to), a)
#define vec_set(a)             _mm256_set1_epi32((int)(a))
#define vec_add(a, b)          _mm256_add_epi32(a, b)
#define vec_min(a, b)          _mm256_min_epu32(a, b)
#define vec_equal(a, b)        _mm256_cmpeq_epi32(a, b)
#define mask_and(a, b)         _mm256_and_si256(a, b)
#define mask_and_not(a, b)     _mm256_andnot_si256(b, a)
#define vec_select(mask, a, b) _mm256_blendv_epi8(b, a, mask)
#define mask_any(mask)         (!_mm256_testz_si256(mask, mask))
#define vec_differ(a, b)       _mm256_xor_si256(a, b)
#define mask_none              _mm256_setzero_si256()
#define mask_or(a, b)          _mm256_or_si256(a, b)

#include "alm_lanes_body.h"

const struct alm_lanes_kernel *alm_lanes_avx2(void)
{
    static const struct alm_lanes_kernel kernel = { "avx2", lanes_raise, lanes_settle,
                                                    lanes_rebuild };
    return __builtin_cpu_supports("avx2") ? &kernel : NULL;
}

#else

const struct alm_lanes_kernel *alm_lanes_avx2(void)
{
    return NULL;
}

#endif
