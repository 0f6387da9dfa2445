/* alm_lanes_plain.c - one lane at a time: every machine, and the word on what the others must do.
 */
#include "alm_lanes.h"

#define LANES_TARGET

enum { VEC_LANES = 1 };
typedef uint32_t vec;
typedef bool vec_mask;

static inline vec vec_load(const uint32_t *from)
{
    return *from;
}

static inline void vec_store(uint32_t *to, vec a)
{
    *to = a;
}

static inline vec vec_set(uint32_t a)
{
    return a;
}

static inline vec vec_add(vec a, vec b)
{
    return a + b;
}

static inline vec vec_min(vec a, vec b)
{
    return a < b ? a : b;
}

static inline vec_mask vec_equal(vec a, vec b)
{
    return a == b;
}

static inline vec_mask mask_and(vec_mask a, vec_mask b)
{
    return a && b;
}

static inline vec_mask mask_and_not(vec_mask a, vec_mask b)
{
    return a && !b;
}

static inline vec vec_select(vec_mask mask, vec a, vec b)
{
    return mask ? a : b;
}

static const vec_mask mask_none = false;

static inline vec_mask mask_or(vec_mask a, vec_mask b)
{
    return a || b;
}

static inline bool mask_any(vec_mask mask)
{
    return mask;
}

static inline vec_mask vec_differ(vec a, vec b)
{
    return a != b;
}

#include "alm_lanes_body.h"

const struct alm_lanes_kernel *alm_lanes_plain(void)
{
    static const struct alm_lanes_kernel kernel = { "plain", lanes_raise, lanes_settle,
                                                    lanes_rebuild };
    return &kernel;
}

const struct alm_lanes_kernel *alm_lanes_best(void)
{
    if (alm_lanes_avx512() != NULL)
        return alm_lanes_avx512();
    if (alm_lanes_avx2() != NULL)
        return alm_lanes_avx2();
    return alm_lanes_plain();
}
