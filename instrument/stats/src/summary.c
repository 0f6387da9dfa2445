/* summary.c - sorting, moments, quantiles.
 *
 * Sorting is quicksort with a median-of-three pivot, insertion sort for short runs, and heapsort
 * when the depth says that the pivots are bad: in place, no comparator call, no worst case. Keys
 * are plain doubles, so stability means nothing. */
#include <stats/summary.h>

#include <assert.h>
#include <math.h>

enum { RUN_SHORT = 24 };
#define TOGETHER_DEVIATIONS 2.5
#define TOGETHER_CUT        1.3

/* Instead of TOGETHER_CUT, by the count of a small sample. Of an odd one the half is the smaller
 * part, and more is cut; of three values a third one often is. From the 95 % quantile of |mean|
 * over error and Student's quantile in 400 000 normal samples of each count. */
static const double together_few[] = {
    [3] = 3.1,  [4] = 1.4,  [5] = 2.27,  [6] = 1.3,  [7] = 1.63, [8] = 1.3,
    [9] = 1.45, [10] = 1.3, [11] = 1.36, [12] = 1.3, [13] = 1.32
};
enum { TOGETHER_FEW = sizeof together_few / sizeof together_few[0] };

static inline void swap(double *a, double *b)
{
    const double t = *a;
    *a = *b;
    *b = t;
}

static void insertion_sort(double *a, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const double x = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1] > x; j--)
            a[j] = a[j - 1];
        a[j] = x;
    }
}

static void sift_down(double *a, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && a[child + 1] > a[child])
            child++;
        if (a[root] >= a[child])
            return;
        swap(&a[root], &a[child]);
    }
}

static void heap_sort(double *a, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(a, i, count);
    for (size_t end = count; end-- > 1;) {
        swap(&a[0], &a[end]);
        sift_down(a, 0, end);
    }
}

/* Split so that a[0 .. returned] <= pivot <= a[returned + 1 ..], both sides not empty. */
static size_t partition(double *a, size_t count)
{
    const size_t middle = count / 2;
    if (a[middle] < a[0])
        swap(&a[middle], &a[0]);
    if (a[count - 1] < a[0])
        swap(&a[count - 1], &a[0]);
    if (a[count - 1] < a[middle])
        swap(&a[count - 1], &a[middle]);
    const double pivot = a[middle];
    size_t i = 0;
    size_t j = count - 1;
    for (;;) {
        do
            i++;
        while (a[i] < pivot);
        do
            j--;
        while (a[j] > pivot);
        if (i >= j)
            return j;
        swap(&a[i], &a[j]);
    }
}

static unsigned depth_max(size_t count)
{
    unsigned depth = 4;
    for (; count > 1; count /= 2)
        depth += 2;
    return depth;
}

static void sort_run(double *a, size_t count, unsigned depth)
{
    while (count > RUN_SHORT) {
        if (depth-- == 0) {
            heap_sort(a, count);
            return;
        }
        const size_t left = partition(a, count) + 1;
        if (left < count - left) { /* the shorter side by recursion: the stack stays small */
            sort_run(a, left, depth);
            a += left;
            count -= left;
        } else {
            sort_run(a + left, count - left, depth);
            count = left;
        }
    }
    insertion_sort(a, count);
}

void stats_sort(double *sample, size_t count)
{
    sort_run(sample, count, depth_max(count));
}

bool stats_is_sorted(const double *sample, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!(sample[i - 1] <= sample[i]))
            return false;
    }
    return true;
}

double stats_select(double *sample, size_t count, size_t rank)
{
    assert(rank < count);
    const double *const wanted = sample + rank;
    for (unsigned depth = depth_max(count); count > RUN_SHORT; depth--) {
        if (depth == 0) {
            heap_sort(sample, count);
            return *wanted;
        }
        const size_t left = partition(sample, count) + 1;
        if (wanted < sample + left) {
            count = left;
        } else {
            sample += left;
            count -= left;
        }
    }
    insertion_sort(sample, count);
    return *wanted;
}

double stats_sum(const double *sample, size_t count)
{
    double sum = 0;
    double lost = 0;
    for (size_t i = 0; i < count; i++) {
        const double next = sum + sample[i];
        if (fabs(sum) >= fabs(sample[i]))
            lost += (sum - next) + sample[i];
        else
            lost += (sample[i] - next) + sum;
        sum = next;
    }
    return sum + lost;
}

double stats_mean(const double *sample, size_t count)
{
    return count == 0 ? NAN : stats_sum(sample, count) / (double)count;
}

double stats_stddev(const double *sample, size_t count, double mean)
{
    if (count < 2)
        return NAN;
    double square = 0;
    double rest = 0; /* what rounding of the mean leaves: Chan, Golub & LeVeque (1983) */
    for (size_t i = 0; i < count; i++) {
        const double d = sample[i] - mean;
        square += d * d;
        rest += d;
    }
    return sqrt((square - rest * rest / (double)count) / (double)(count - 1));
}

double stats_median_sorted(const double *sorted, size_t count)
{
    if (count == 0)
        return NAN;
    const double low = sorted[(count - 1) / 2];
    const double high = sorted[count / 2];
    return low + (high - low) / 2;
}

double stats_quantile_sorted(const double *sorted, size_t count, double p,
                             enum stats_quantile_method method)
{
    if (count == 0 || !(p >= 0 && p <= 1))
        return NAN;
    const double n = (double)count;
    double position = (n - 1) * p; /* from 0 */
    if (method == STATS_QUANTILE_WEIBULL)
        position = (n + 1) * p - 1;
    else if (method == STATS_QUANTILE_MEDIAN_UNBIASED)
        position = (n + 1.0 / 3) * p - 2.0 / 3;
    if (position <= 0)
        return sorted[0];
    if (position >= n - 1)
        return sorted[count - 1];
    const size_t below = (size_t)position;
    return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* The rank-th smallest distance from the median: the narrowest window of rank + 1 neighbours. Its
 * left distance falls and its right distance rises with its start, so they cross once. */
static double distance_of_rank(const double *sorted, size_t count, double median, size_t rank)
{
    size_t low = 0;
    size_t high = count - rank; /* the first start that has no window */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (middle + rank >= count || sorted[middle + rank] - median >= median - sorted[middle])
            high = middle;
        else
            low = middle + 1;
    }
    const double here = low + rank < count ? sorted[low + rank] - median : INFINITY;
    const double before = low > 0 ? median - sorted[low - 1] : INFINITY;
    return here < before ? here : before;
}

double stats_mad_sorted(const double *sorted, size_t count)
{
    if (count == 0)
        return NAN;
    const double median = stats_median_sorted(sorted, count);
    const double low = distance_of_rank(sorted, count, median, (count - 1) / 2);
    const double high = distance_of_rank(sorted, count, median, count / 2);
    return low + (high - low) / 2;
}

double stats_trimmed_mean_sorted(const double *sorted, size_t count, double share)
{
    if (count == 0 || !(share >= 0 && share < 0.5))
        return NAN;
    const size_t cut = (size_t)(share * (double)count);
    return stats_mean(sorted + cut, count - 2 * cut);
}

double stats_trimmed_error_sorted(const double *sorted, size_t count, double share, double *degrees)
{
    const size_t cut = share >= 0 && share < 0.5 ? (size_t)(share * (double)count) : count;
    *degrees = NAN;
    if (count < 2 * cut + 2)
        return NAN;
    const double low = sorted[cut], high = sorted[count - 1 - cut];
    const double kept = (double)(count - 2 * cut), n = (double)count;
    double mean = (low + high) * (double)cut / n;
    for (size_t i = cut; i < count - cut; i++)
        mean += sorted[i] / n;
    double squares = (double)cut * ((low - mean) * (low - mean) + (high - mean) * (high - mean));
    for (size_t i = cut; i < count - cut; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    *degrees = kept - 1;
    return sqrt(squares / (kept * (kept - 1)));
}

/* What the standard error of those that are kept of `count` normal values is too small by. */
static double together_cut(size_t count)
{
    return count >= 3 && count < TOGETHER_FEW ? together_few[count] : TOGETHER_CUT;
}

/* Mean of the shortest run of `half` neighbours. */
static double shortest_half(const double *sorted, size_t count, size_t half)
{
    size_t first = 0;
    for (size_t i = 1; i + half <= count; i++)
        if (sorted[i + half - 1] - sorted[i] < sorted[first + half - 1] - sorted[first])
            first = i;
    return stats_mean(sorted + first, half);
}

/* The distance within which `half` of the sample lie. */
static double distance_of_half(const double *sorted, size_t count, size_t half, double centre)
{
    size_t low = 0, high = count; /* the rest is sorted[low .. high) */
    while (high - low > half)
        if (centre - sorted[low] > sorted[high - 1] - centre)
            low++;
        else
            high--;
    return fmax(centre - sorted[low], sorted[high - 1] - centre);
}

double stats_together_mean_sorted(const double *sorted, size_t count, double least, double *error,
                                  double *degrees)
{
    *error = *degrees = NAN;
    if (count < 2)
        return NAN;
    const size_t half = count / 2 + 1;
    const double centre = shortest_half(sorted, count, half);
    const double deviation = STATS_MAD_SCALE * (1 + 5 / ((double)count - 1)) *
                             distance_of_half(sorted, count, half, centre);
    const double most = TOGETHER_DEVIATIONS * fmax(deviation, least);
    size_t first = 0, end = count;
    while (centre - sorted[first] > most)
        first++;
    while (sorted[end - 1] - centre > most)
        end--;
    const size_t kept = end - first;
    const double mean = stats_mean(sorted + first, kept);
    *degrees = (double)kept - 1;
    *error = together_cut(count) * stats_stddev(sorted + first, kept, mean) / sqrt((double)kept);
    return mean;
}

static bool is_finite(const double *sample, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(sample[i]))
            return false;
    }
    return true;
}

base_err stats_summary_of_sorted(const double *sorted, size_t count, struct stats_summary *out)
{
    if (count == 0 || !is_finite(sorted, count))
        return BASE_EINVALID;
    const double mean = stats_mean(sorted, count);
    const double mad = stats_mad_sorted(sorted, count);
    *out = (struct stats_summary){
        .count = count,
        .mean = mean,
        .trimmed_mean = stats_trimmed_mean_sorted(sorted, count, STATS_SUMMARY_TRIM),
        .median = stats_median_sorted(sorted, count),
        .mad = mad,
        .mad_scaled = mad * STATS_MAD_SCALE,
        .stddev = stats_stddev(sorted, count, mean),
        .min = sorted[0],
        .max = sorted[count - 1],
        .p05 = stats_quantile_sorted(sorted, count, 0.05, STATS_QUANTILE_LINEAR),
        .p25 = stats_quantile_sorted(sorted, count, 0.25, STATS_QUANTILE_LINEAR),
        .p75 = stats_quantile_sorted(sorted, count, 0.75, STATS_QUANTILE_LINEAR),
        .p95 = stats_quantile_sorted(sorted, count, 0.95, STATS_QUANTILE_LINEAR),
        .p99 = stats_quantile_sorted(sorted, count, 0.99, STATS_QUANTILE_LINEAR),
    };
    return BASE_OK;
}

base_err stats_summary_of(double *sample, size_t count, struct stats_summary *out)
{
    if (count == 0 || !is_finite(sample, count))
        return BASE_EINVALID;
    stats_sort(sample, count);
    return stats_summary_of_sorted(sample, count, out);
}
