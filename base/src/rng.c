/* rng.c - xoshiro256++ seeded by splitmix64, and the distributions drawn from it. */
#include <base/rng.h>

#include <assert.h>
#include <math.h>

void base_rng_init(struct base_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        rng->state[i] = z ^ (z >> 31);
    }
}

uint64_t base_rng_below(struct base_rng *rng, uint64_t bound)
{
    assert(bound >= 1);
    unsigned __int128 product = (unsigned __int128)base_rng_u64(rng) * bound;
    if ((uint64_t)product < bound) {
        const uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)base_rng_u64(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double base_rng_uniform(struct base_rng *rng)
{
    return (double)(base_rng_u64(rng) >> 11) * 0x1p-53;
}

double base_rng_exponential(struct base_rng *rng, double mean)
{
    return -mean * log1p(-base_rng_uniform(rng));
}

double base_rng_normal(struct base_rng *rng)
{
    for (;;) {
        const double u = 2 * base_rng_uniform(rng) - 1;
        const double v = 2 * base_rng_uniform(rng) - 1;
        const double s = u * u + v * v;
        if (s > 0 && s < 1)
            return u * sqrt(-2 * log(s) / s);
    }
}

/* Integral of x^-exponent, and its inverse, stable near exponent 1. */
static double zipf_integral(double x, double exponent)
{
    const double t = (1 - exponent) * log(x);
    const double ratio = fabs(t) > 1e-8 ? expm1(t) / t : 1 + t / 2 * (1 + t / 3);
    return ratio * log(x);
}

static double zipf_inverse(double y, double exponent)
{
    double t = y * (1 - exponent);
    if (t < -1)
        t = -1;
    const double ratio = fabs(t) > 1e-8 ? log1p(t) / t : 1 - t / 2 * (1 - 2 * t / 3);
    return exp(ratio * y);
}

base_err base_zipf_init(struct base_zipf *zipf, uint64_t count, double exponent)
{
    if (count < 1 || count > (UINT64_C(1) << 53) || !(exponent > 0) || !isfinite(exponent))
        return BASE_ERANGE;
    zipf->count = count;
    zipf->exponent = exponent;
    zipf->high_1 = zipf_integral(1.5, exponent) - 1;
    zipf->high_n = zipf_integral((double)count + 0.5, exponent);
    zipf->squeeze = 2 - zipf_inverse(zipf_integral(2.5, exponent) - pow(2, -exponent), exponent);
    return BASE_OK;
}

uint64_t base_zipf_next(const struct base_zipf *zipf, struct base_rng *rng)
{
    for (;;) {
        const double u = zipf->high_n + base_rng_uniform(rng) * (zipf->high_1 - zipf->high_n);
        const double x = zipf_inverse(u, zipf->exponent);
        double k = floor(x + 0.5);
        if (k < 1)
            k = 1;
        if (k > (double)zipf->count)
            k = (double)zipf->count;
        if (k - x <= zipf->squeeze ||
            u >= zipf_integral(k + 0.5, zipf->exponent) - pow(k, -zipf->exponent))
            return (uint64_t)k - 1;
    }
}
