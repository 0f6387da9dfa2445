/* mean.h - a mean. */
#ifndef STATS_MEAN_H
#define STATS_MEAN_H
#define MEAN_MAX 3
struct mean {
    double value;
};
double mean_of(const double *sample,
               int count);
extern int mean_count;
#endif
