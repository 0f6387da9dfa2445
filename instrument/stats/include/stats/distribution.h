/* distribution.h - the few distributions that intervals are made of.
 *
 * All functions are total: an argument outside its range gives NaN. Relative accuracy is 1e-12 or
 * better where the answer is not within 1e-300 of zero.
 * Threads   no shared state
 */
#ifndef STATS_DISTRIBUTION_H
#define STATS_DISTRIBUTION_H

/* P(Z <= z) of the standard normal, and its inverse for 0 <= p <= 1 (-inf and inf at the ends).
 * Source   Wichura, Applied Statistics 37 (1988) 477, algorithm AS 241 (PPND16) */
double stats_normal_cdf(double z);
double stats_normal_quantile(double p);

/* Regularised incomplete beta function I_x(a, b), a and b > 0, 0 <= x <= 1, and its inverse in x.
 * Source   NIST DLMF 8.17.22 (continued fraction); Loader, "Fast and accurate computation of
 *          binomial probabilities" (2000) for its leading factor */
double stats_beta_cdf(double x, double a, double b);
double stats_beta_quantile(double p, double a, double b);

/* Student's t with `df` > 0 degrees of freedom, and its inverse.
 * Source   NIST DLMF 8.17; Abramowitz & Stegun 26.7.1 */
double stats_student_cdf(double t, double df);
double stats_student_quantile(double p, double df);

#endif
