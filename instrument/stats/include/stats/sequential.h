/* sequential.h - is B slower than A, faster, or the same within a share? Asked while pairs come in.
 *
 * A value is ln(B / A) of one pair (stats/paired.h has what is assumed of them). With t the
 * threshold share and b = ln(1 + t), the interval of a look says
 *
 *   slower     low > b
 *   faster     high < -b
 *   same       -b < low and high < b (impossible for t = 0)
 *   undecided  none of these
 *
 * Error rate. Let a = alpha / tests. Interim looks k = 0, 1, .. are given the weights
 * w_k = 0.2 * 0.4 * 0.6^k, the final look 0.8; all of them together are 0.2 + 0.8 = 1. Look k takes
 * the interval of level 1 - a w_k, which misses the centre with a probability of at most a w_k at
 * every finite count. By the union bound the chance that any interval that was ever looked at
 * misses the centre is at most a, whatever the dependence between looks; and a verdict is wrong
 * only when the interval of its look misses the centre. So with probability 1 - a at least the
 * verdict is right and the reported interval, that of the deciding look, holds the centre. It asks
 * only that when looks are made, and when the final one is, does not depend on the signs of the
 * values: a fixed number of pairs, or a budget of time, which is the same whichever of the two
 * programs is called A.
 *
 * Look k is due at n_k = ceil(n_0 1.5^k) values, n_0 the least count whose interval can be finite
 * at a w_0. A look that was passed over is lost.
 *
 * p-values over looks: the least p_k / w_k of all looks so far, at most 1; by the same bound they
 * are p-values of the whole procedure (before the division by tests), to be adjusted over the cases
 * by stats/multiple.h. With weights for a they agree with the verdicts: slower or faster exactly
 * when p_change <= a, same exactly when p_same <= a.
 *
 * Projection: the half width h of the interval shrinks about as 1 / sqrt(n), and it decides once h
 * is less than the distance d of the estimate from the nearest bound, so n (h / d)^2 values
 * probably would; n_0 while the interval is infinite. It holds neither the error of the estimate
 * nor the weight of the look that would come; inf where d is 0.
 *
 * Threads  objects are not shared
 * Source   Bonferroni's inequality with unequal weights: Rosenthal & Rubin, "Ensemble-adjusted p
 *          values", Psychological Bulletin 94 (1983) 540-541; group-sequential use: Jennison &
 *          Turnbull, "Group Sequential Methods" (2000) chapters 2 and 9; equivalence by an
 * interval: Westlake, Biometrics 32 (1976) 741-744
 */
#ifndef STATS_SEQUENTIAL_H
#define STATS_SEQUENTIAL_H

#include <stats/paired.h>

#include <stdbool.h>

enum { STATS_SEQUENTIAL_TESTS_MAX = 1000000 };

/* X(name, text) */
#define STATS_VERDICT_MAP(X)                                                                       \
    X(UNDECIDED, "undecided")                                                                      \
    X(SLOWER, "slower")                                                                            \
    X(FASTER, "faster")                                                                            \
    X(SAME, "same")

enum stats_verdict {
#define STATS_VERDICT_ENUM(name, text) STATS_VERDICT_##name,
    STATS_VERDICT_MAP(STATS_VERDICT_ENUM)
#undef STATS_VERDICT_ENUM
        STATS_VERDICT_COUNT
};

struct stats_sequential_options { /* zeroed: the defaults in brackets */
    double alpha;                 /* error rate over all tests, 0 < alpha <= 0.5 [0.01] */
    double threshold;             /* share that does not matter, 0 .. 1 [0] */
    size_t tests;                 /* cases that share alpha, 1 .. STATS_SEQUENTIAL_TESTS_MAX [1] */
};

/* What the latest look said. NaN where none was made. */
struct stats_look {
    enum stats_verdict verdict;
    bool is_over;    /* decided, or the final look: values are no longer taken */
    size_t looks;    /* made so far */
    size_t count;    /* values at the latest look */
    double estimate; /* ln(B / A) */
    double low, high;
    double alpha;   /* the interval is of level 1 - alpha */
    double p_equal; /* "the centre is 0", two-sided, over all looks */
    double
        p_change; /* "the centre is within -b .. b": small means slower or faster; p_equal if t=0 */
    double p_same; /* "the centre is not within": small means same; 1 if t=0 */
    double needed; /* values in all that would probably decide it, see below; NaN when decided */
};

/* The caller's memory; only options and look are for reading. */
struct stats_sequential {
    struct stats_sequential_options options; /* with the defaults filled in */
    struct stats_look look;
    size_t count;
    size_t next;      /* number of the interim look that is due next */
    size_t next_due;  /* values it is due at */
    size_t first_due; /* n_0 */
    double values[STATS_PAIRED_MAX];
};

/* Errors: ERANGE (an option out of its range) */
BASE_MUST_USE base_err stats_sequential_init(struct stats_sequential *sequential,
                                             const struct stats_sequential_options *options);

/* Take a value. Errors: EINVALID (not finite, not within STATS_PAIRED_VALUE_MAX), EFULL
 * (STATS_PAIRED_MAX values are there: make the final look), ECLOSED (it is over) */
BASE_MUST_USE base_err stats_sequential_add(struct stats_sequential *sequential, double value);

/* Look, if an interim look is due or this is the final one; then sequential->look is new. With
 * is_final it is over afterwards, whatever the verdict; once over, nothing changes any more. A
 * final look without a value is made too: it is undecided and knows nothing. Errors: ENOMEM */
BASE_MUST_USE base_err stats_sequential_look(struct stats_sequential *sequential, bool is_final);

/* The fewest values with which the final look can say anything; a budget that ends sooner decides
 * nothing. */
size_t stats_sequential_least(const struct stats_sequential *sequential);

const char *stats_verdict_text(enum stats_verdict verdict);

#endif
