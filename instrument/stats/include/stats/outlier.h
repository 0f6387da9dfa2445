/* outlier.h - Tukey's classes of outliers: counted and shown, never dropped.
 *
 * Threads   no shared state
 * Source    Tukey, "Exploratory Data Analysis" (1977) 2D; quartiles are type 7
 */
#ifndef STATS_OUTLIER_H
#define STATS_OUTLIER_H

#include <base/err.h>

struct stats_outliers {
    uint64_t low_severe, low_mild, high_mild, high_severe; /* severe ones are not mild too */
    double low_severe_fence, low_mild_fence;   /* q1 - 3 IQR, q1 - 1.5 IQR; below is outside */
    double high_mild_fence, high_severe_fence; /* q3 + 1.5 IQR, q3 + 3 IQR; above is outside */
};

/* Fences and counts. An empty sample has NaN fences and no outliers. Cost: O(log n) */
struct stats_outliers stats_outliers_sorted(const double *sorted, size_t count);

#endif
