/* density.c - linear binning first, then one pass of the kernel over the bins: the cost does not
 * grow with the sample, and a few hundred bins are finer than any screen. */
#include <stats/density.h>

#include <stats/summary.h>

#include <assert.h>
#include <math.h>
#include <string.h>

#define KERNEL_REACH 4.0 /* bandwidths; what is beyond is 6e-5 of the mass */

double stats_density_bandwidth(const double *sorted, size_t count)
{
    if (count == 0)
        return NAN;
    if (count == 1 || sorted[0] == sorted[count - 1])
        return 0;
    const double s = stats_stddev(sorted, count, stats_mean(sorted, count));
    const double middle = stats_quantile_sorted(sorted, count, 0.75, STATS_QUANTILE_LINEAR) -
                          stats_quantile_sorted(sorted, count, 0.25, STATS_QUANTILE_LINEAR);
    const double robust = middle / 1.349;
    const double spread = robust > 0 && robust < s ? robust : s;
    return 0.9 * spread * pow((double)count, -0.2);
}

/* Counts on a grid that is the asked one with `margin` more points at either end. */
static void put_bins(const double *sorted, size_t count, double start, double step, double *bins,
                     size_t bin_count)
{
    for (size_t i = 0; i < count; i++) {
        const double place = (sorted[i] - start) / step;
        if (!(place >= 0 && place < (double)(bin_count - 1)))
            continue;
        const size_t left = (size_t)place;
        bins[left] += 1 - (place - (double)left);
        bins[left + 1] += place - (double)left;
    }
}

void stats_density_of(const double *sorted, size_t count, double bandwidth, double low, double high,
                      double *out, size_t grid_count)
{
    assert(count >= 1 && bandwidth > 0 && low < high);
    assert(grid_count >= 2 && grid_count <= STATS_DENSITY_GRID_MAX);
    double bins[3 * STATS_DENSITY_GRID_MAX] = { 0 }, kernel[STATS_DENSITY_GRID_MAX];
    const double step = (high - low) / (double)(grid_count - 1);
    const double reach = floor(KERNEL_REACH * bandwidth / step);
    const size_t margin = reach < (double)(grid_count - 1) ? (size_t)reach : grid_count - 1;
    put_bins(sorted, count, low - (double)margin * step, step, bins, grid_count + 2 * margin + 1);
    double total = 0;
    for (size_t i = 0; i <= margin; i++) {
        const double z = (double)i * step / bandwidth;
        kernel[i] = exp(-0.5 * z * z);
        total += (i == 0 ? 1 : 2) * kernel[i];
    }
    /* On a grid coarser than the kernel the discrete weights, not the integral, must sum to one. */
    const double scale = 1 / (total * step * (double)count);
    for (size_t i = 0; i < grid_count; i++) {
        double sum = 0;
        for (size_t j = 0; j <= 2 * margin; j++)
            sum += bins[i + j] * kernel[j > margin ? j - margin : margin - j];
        out[i] = sum * scale;
    }
}
