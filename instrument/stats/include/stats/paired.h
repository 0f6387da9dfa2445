/* paired.h - the centre of a few independent differences: estimate, interval and test by signed
 * ranks.
 *
 * A value is one pair's difference, such as ln(B / A) of two programs that ran side by side. Values
 * are independent, and each is symmetric about one centre; they need not have one distribution, nor
 * a variance. Every answer is exact at every count: the null distribution is computed, not
 * approximated.
 *
 * The Walsh averages are the n (n + 1) / 2 means (x_i + x_j) / 2, i <= j.
 *
 *   estimate   their median (Hodges & Lehmann)
 *   statistic  T(c), how many of them lie above c. Without ties this is Wilcoxon's sum of the ranks
 *              of |x_i - c| over the x_i above c; at the centre its distribution is that of
 *              sum of k B_k, k = 1 .. n, with n fair coins B_k
 *   interval   every c that the two-sided test does not refuse: two of the averages in order
 *
 * Ties and zeros: an average equal to c (a zero, or two values at the same distance on both sides
 * of c) counts for neither side. If they were broken by fair coins the statistic would have its
 * exact distribution, and leaving them out can only make it smaller; so p-values are never too
 * small and intervals never too narrow. Ties on one side of c cost nothing.
 *
 * A p-value is at most alpha exactly when the bound lies outside the interval of alpha (two-sided),
 * or of 2 alpha (one-sided): the same averages are counted for both.
 *
 * Threads  objects are not shared
 * Source   Wilcoxon, Biometrics Bulletin 1 (1945) 80-83; Hodges & Lehmann, Annals of Mathematical
 *          Statistics 34 (1963) 598-611; Tukey, "The simplest signed-rank tests" (1949), for the
 *          averages; Hollander & Wolfe, "Nonparametric Statistical Methods" (1999) 3.1-3.3; Pratt &
 *          Gibbons, "Concepts of Nonparametric Theory" (1981) 3.7, for ties
 */
#ifndef STATS_PAIRED_H
#define STATS_PAIRED_H

#include <base/err.h>
#include <stats/interval.h>

enum { STATS_PAIRED_MAX = 1000 };
#define STATS_PAIRED_VALUE_MAX 1e300 /* values are smaller than this, so that sums are finite */

/* What the alternative to "the centre is at the bound" says. */
enum stats_side {
    STATS_SIDE_BOTH,  /* the centre is not the bound */
    STATS_SIDE_ABOVE, /* the centre is above; the null hypothesis is then "at or below" */
    STATS_SIDE_BELOW,
};

struct stats_paired { /* zeroed is fine for done */
    size_t count;
    double *sorted; /* [count] */
    double *tail;   /* [count (count + 1) / 4 + 1] P(T <= k) at the centre */
};

/* Sort a copy of the values and compute the null distribution.
 *
 *   values   [count] finite, within +- STATS_PAIRED_VALUE_MAX
 *   count    1 .. STATS_PAIRED_MAX
 *
 * Cost     O(count^3 / 8): 1 us at 20, 30 us at 100, 0.1 s at 1000
 * Errors   EINVALID (no value, or one not within the bound), ERANGE (too many), ENOMEM
 */
BASE_MUST_USE base_err stats_paired_init(struct stats_paired *paired, const double *values,
                                         size_t count);
void stats_paired_done(struct stats_paired *paired);

/* Estimate, and interval of level 1 - alpha or the next above that there is, 0 < alpha < 1. Where
 * the values are too few for the level (2^(1 - count) > alpha) it is -inf .. inf. Cost: O(64 n) */
struct stats_interval stats_paired_interval(const struct stats_paired *paired, double alpha);

/* p-value against "the centre is at `bound`", 0 < p <= 1. Cost: O(n) */
double stats_paired_p(const struct stats_paired *paired, double bound, enum stats_side side);

/* The smallest count that can have a two-sided p-value of alpha, 0 < alpha < 1: the least n with
 * 2^(1 - n) <= alpha. */
size_t stats_paired_least(double alpha);

#endif
