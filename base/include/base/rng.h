/* rng.h - seeded random numbers: one seed, one sequence, on every machine.
 *
 * Not for keys or secrets.
 * Threads   one generator, one thread
 * Source    Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021)
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <base/err.h>

struct base_rng {
    uint64_t state[4];
};

/* Any seed is good: it is spread by splitmix64. */
void base_rng_init(struct base_rng *rng, uint64_t seed);

static inline uint64_t base_rng_rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

/* 64 random bits (xoshiro256++). */
static inline uint64_t base_rng_u64(struct base_rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = base_rng_rotate(s[0] + s[3], 23) + s[0];
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = base_rng_rotate(s[3], 45);
    return result;
}

/* Uniform in 0 .. bound-1, without bias; bound >= 1.
 * Source: Lemire, ACM TOMACS 29 (2019) 3 */
uint64_t base_rng_below(struct base_rng *rng, uint64_t bound);

/* Uniform in [0, 1), a multiple of 2^-53. */
double base_rng_uniform(struct base_rng *rng);

/* Exponential with the given mean > 0; standard normal (Marsaglia's polar method). */
double base_rng_exponential(struct base_rng *rng, double mean);
double base_rng_normal(struct base_rng *rng);

/* Ranks 0 .. count-1 with probability proportional to 1/(rank+1)^exponent.
 * Source: Hormann & Derflinger, ACM TOMACS 6 (1996) 169, rejection-inversion */
struct base_zipf {
    uint64_t count;
    double exponent;
    double high_1;  /* internal: integral at 1.5, minus 1 */
    double high_n;  /* internal: integral at count + 0.5 */
    double squeeze; /* internal */
};

/* count 1 .. 2^53, exponent > 0 (1 is allowed). Errors: ERANGE */
BASE_MUST_USE base_err base_zipf_init(struct base_zipf *zipf, uint64_t count, double exponent);
uint64_t base_zipf_next(const struct base_zipf *zipf, struct base_rng *rng);

#endif
