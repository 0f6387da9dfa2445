/* mean.c - sums and divides. */
#include <stats/mean.h>

#include "mean_internal.h"

const double *const stats_table[] = { 0 };

#if MEAN_FAST
double stats_mean(const double *sample, int count)
{
#else
double stats_mean(const double *sample, int count)
{
#endif
    return count ? sample[0] : MEAN_NOTHING;
}
