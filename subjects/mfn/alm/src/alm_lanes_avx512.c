/* alm_lanes_avx512.c - sixteen lanes an instruction. */
#include "alm_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES_TARGET __attribute__((target("avx512f")))

enum { VEC_LANES = 16 };
typedef __m512i vec;
typedef __mmask16 vec_mask;

#define vec_load(from)         _mm512_load_si512(from)
#define vec_store(to, a)       _mm512_store_si512(to, a)
#define vec_set(a)             _mm512_set1_epi32((int)(a))
#define vec_add(a, b)          _mm512_add_epi32(a, b)
#define vec_min(a, b)          _mm512_min_epu32(a, b)
#define vec_equal(a, b)        _mm512_cmpeq_epi32_mask(a, b)
#define mask_and(a, b)         ((vec_mask)((a) & (b)))
#define mask_and_not(a, b)     ((vec_mask)((a) & ~(b)))
#define vec_select(mask, a, b) _mm512_mask_blend_epi32(mask, b, a)
#define mask_any(mask)         ((mask) != 0)
#define vec_differ(a, b)       _mm512_cmpneq_epi32_mask(a, b)
#define mask_none              ((vec_mask)0)
#define mask_or(a, b)          ((vec_mask)((a) | (b)))

#include "alm_lanes_body.h"

const struct alm_lanes_kernel *alm_lanes_avx512(void)
{
    static const struct alm_lanes_kernel kernel = { "avx512", lanes_raise, lanes_settle,
                                                    lanes_rebuild };
    return __builtin_cpu_supports("avx512f") ? &kernel : NULL;
}

#else

const struct alm_lanes_kernel *alm_lanes_avx512(void)
{
    return NULL;
}

#endif
