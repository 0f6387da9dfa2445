/* mean.h - a mean. */
#ifndef STATS_MEAN_H
#define STATS_MEAN_H
#include <base/err.h>
struct stats_mean {
    double value;
};
typedef double stats_fn(double (*fn)(int), int count);
extern const double *const stats_table[];
__attribute__((warn_unused_result)) double stats_mean(const double *sample, int count);
#endif
