/* compare_calm.h - the processes of two runs that had their core to themselves (stats/calm.h). */
#ifndef RESULT_COMPARE_CALM_H
#define RESULT_COMPARE_CALM_H

#include <result/compare.h>
#include <stats/shares.h>

/* One side of a comparison on the logarithmic scale. */
struct compare_side {
    size_t count;
    double mean;
    double error;               /* standard error of the mean; NaN with one process */
    double degrees;             /* of freedom of the error */
    double speed[STATS_SHARES]; /* mean of the references over the core's; NaN: not timed */
};

/* ln of a reference's step over the core's; NaN: not timed. */
double compare_speed_of(const struct result_process *process, size_t kernel);

/* How fast the wide kernel is over the core's with nobody there, by what other cases of the two
 * runs have seen as well; infinite: nobody knows. */
double compare_calm_level(const struct result_comparison *all, const struct result_case *baseline,
                          const struct result_case *current);

/* The processes that were near that level for a while (of a case that follows memory all of them),
 * without what the cache and the memory explain. The mean is that of those that stand together: a
 * neighbour that came and went too fast to be seen makes some processes slower, and none faster.
 * speed[STATS_SHARE_WIDE] is 0.
 *
 * Returns false where these are fewer than three. */
bool compare_calm_side(const struct result_case *one, double level,
                       const struct stats_shares *shares, struct compare_side *side);

#endif
