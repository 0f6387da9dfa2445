/* lab_spread.h - the delays that a link is asked for, as a distribution: its moments, its
 * distribution function, and how far delays that were measured are from it.
 *
 * For links with uniform, normal and Pareto jitter, or none; a trace is not known here. What cannot
 * be had is NaN.
 * Threads   no shared state
 * Source    Pareto of type II with shape 3 and mean m: deviation sqrt 3 m, distribution function
 *           1 - (1 + x / 2m)^-3, no finite fourth moment: Arnold, "Pareto Distributions" (2015) 3;
 *           error of a deviation: Cramer, "Mathematical Methods of Statistics" (1946) 27.4
 */
#ifndef TOOLS_LAB_SPREAD_H
#define TOOLS_LAB_SPREAD_H

#include <lab/link.h>

struct lab_spread {
    double mean_ns, deviation_ns; /* of the delay, jitter included */
    double deviation_error; /* of the deviation of n delays, relative, times sqrt n: one standard
                               error; NaN: the distribution has no fourth moment */
};

struct lab_spread lab_spread_of(const struct lab_link_config *link);
/* The share of packets that are delayed for less than this. */
double lab_spread_cdf(const struct lab_link_config *link, double delay_ns);
/* The smallest delay that the link can have with this jitter, so that (but for one packet in 10^9)
 * it is not cut off at 0. */
uint64_t lab_spread_least_delay_ns(const struct lab_link_config *link);
/* Packets that go so far apart do not meet in the link, where each would wait for the one before:
 * never (uniform), but for one in 10^8 (normal), but for one in 10^4 (Pareto). */
uint64_t lab_spread_reach_ns(const struct lab_link_config *link);
/* The largest distance between the distribution function of a sample and the link's.
 *
 *   sorted   [count] ns, ascending, count >= 1
 *
 * Source   Kolmogorov, Giornale dell'Istituto Italiano degli Attuari 4 (1933) 83 */
double lab_spread_distance(const struct lab_link_config *link, const double *sorted, size_t count);
/* What 95 of 100 samples of the distribution itself stay below, for counts of 100 and more.
 * Source   Smirnov, Annals of Mathematical Statistics 19 (1948) 279 */
double lab_spread_distance_by_chance(size_t count);

#endif
