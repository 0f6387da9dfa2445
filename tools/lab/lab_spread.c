/* lab_spread.c - closed forms. */
#include "lab_spread.h"

#include <math.h>

struct lab_spread lab_spread_of(const struct lab_link_config *link)
{
    const double delay_ns = (double)link->delay_ns, jitter_ns = (double)link->jitter_ns;
    switch (link->jitter) {
    case LAB_JITTER_UNIFORM: /* kurtosis 9/5 */
        return (struct lab_spread){ delay_ns, jitter_ns / sqrt(3), sqrt(0.2) };
    case LAB_JITTER_NORMAL: /* kurtosis 3 */
        return (struct lab_spread){ delay_ns, jitter_ns, sqrt(0.5) };
    case LAB_JITTER_PARETO:
        return (struct lab_spread){ delay_ns + jitter_ns, sqrt(3) * jitter_ns, NAN };
    case LAB_JITTER_NONE:
        return (struct lab_spread){ delay_ns, 0, NAN };
    case LAB_JITTER_TRACE:
        break;
    }
    return (struct lab_spread){ NAN, NAN, NAN };
}

double lab_spread_cdf(const struct lab_link_config *link, double delay_ns)
{
    const double x = delay_ns - (double)link->delay_ns, j = (double)link->jitter_ns;
    if (link->jitter == LAB_JITTER_TRACE)
        return NAN;
    if (link->jitter == LAB_JITTER_NONE || link->jitter_ns == 0)
        return x > 0;
    switch (link->jitter) {
    case LAB_JITTER_UNIFORM:
        return x <= -j ? 0 : x >= j ? 1 : (x + j) / (2 * j);
    case LAB_JITTER_NORMAL:
        return erfc(-x / (j * sqrt(2))) / 2;
    default:
        return x <= 0 ? 0 : 1 - pow(1 + x / (2 * j), -3);
    }
}

uint64_t lab_spread_least_delay_ns(const struct lab_link_config *link)
{
    return link->jitter == LAB_JITTER_UNIFORM  ? link->jitter_ns
           : link->jitter == LAB_JITTER_NORMAL ? 6 * link->jitter_ns
                                               : 0;
}

uint64_t lab_spread_reach_ns(const struct lab_link_config *link)
{
    switch (link->jitter) {
    case LAB_JITTER_UNIFORM:
        return 2 * link->jitter_ns;
    case LAB_JITTER_NORMAL: /* the difference of two has the deviation sqrt 2 j */
        return 8 * link->jitter_ns;
    case LAB_JITTER_PARETO: /* (1 + 42 / 2)^-3 */
        return 42 * link->jitter_ns;
    default:
        return 0;
    }
}

double lab_spread_distance(const struct lab_link_config *link, const double *sorted, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        const double f = lab_spread_cdf(link, sorted[i]);
        most = fmax(most, fmax(f - (double)i / (double)count, (double)(i + 1) / (double)count - f));
    }
    return most;
}

double lab_spread_distance_by_chance(size_t count)
{
    return 1.3581 / sqrt((double)count);
}
