/* outlier.c - quartiles, fences, and four binary searches. */
#include <stats/outlier.h>

#include <stats/summary.h>

#include <math.h>

/* How many are below the fence; or, with `or_equal`, not above it. */
static size_t count_below(const double *sorted, size_t count, double fence, bool or_equal)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sorted[middle] < fence || (or_equal && sorted[middle] == fence))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct stats_outliers stats_outliers_sorted(const double *sorted, size_t count)
{
    const double q1 = stats_quantile_sorted(sorted, count, 0.25, STATS_QUANTILE_LINEAR);
    const double q3 = stats_quantile_sorted(sorted, count, 0.75, STATS_QUANTILE_LINEAR);
    struct stats_outliers out = {
        .low_severe_fence = q1 - 3 * (q3 - q1),
        .low_mild_fence = q1 - 1.5 * (q3 - q1),
        .high_mild_fence = q3 + 1.5 * (q3 - q1),
        .high_severe_fence = q3 + 3 * (q3 - q1),
    };
    if (count == 0)
        return out;
    out.low_severe = count_below(sorted, count, out.low_severe_fence, false);
    out.low_mild = count_below(sorted, count, out.low_mild_fence, false) - out.low_severe;
    out.high_severe = count - count_below(sorted, count, out.high_severe_fence, true);
    out.high_mild = count - count_below(sorted, count, out.high_mild_fence, true) - out.high_severe;
    return out;
}
