/* drift.c - deviations of logarithms, so that they are shares. */
#include <stats/drift.h>

#include <stats/distribution.h>

#include <math.h>

static double small_sample_factor(size_t degrees)
{
    return stats_student_quantile(0.975, (double)degrees) / stats_normal_quantile(0.975);
}

double stats_drift_share(const double *values, size_t count, double assumed)
{
    if (count < STATS_DRIFT_RUNS_LEAST)
        return assumed;
    double mean = 0;
    for (size_t i = 0; i < count; i++)
        mean += log(values[i]) / (double)count;
    double square = 0;
    for (size_t i = 0; i < count; i++)
        square += (log(values[i]) - mean) * (log(values[i]) - mean);
    return sqrt(square / (double)(count - 1)) * small_sample_factor(count - 1);
}

double stats_residual_share(const double *values, size_t count, double assumed)
{
    if (count < STATS_DRIFT_RUNS_LEAST)
        return assumed;
    double square = 0;
    double largest = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        const double step = log(values[i + 1]) - log(values[i]);
        square += step * step;
        largest = fmax(largest, step * step);
    }
    return sqrt((square - largest) / 2 / (double)(count - 2)) * small_sample_factor(count - 2);
}
