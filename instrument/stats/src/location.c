/* location.c - the Hodges-Lehmann location, and the sums it is made of.
 *
 * The sums x[i] + x[j] form a matrix with sorted rows and columns; how many are at most v is
 * counted in one pass along its boundary. Bisection runs over the representable doubles themselves,
 * mapped to integers in their order, so it ends after at most 64 passes at the exact order
 * statistic. */
#include <stats/summary.h>

#include <math.h>
#include <string.h>

/* Doubles to integers of the same order, and back (finite values). */
static uint64_t key_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key)
{
    const uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint64_t stats_walsh_up_to_sorted(const double *sorted, size_t count, double sum)
{
    uint64_t pairs = 0;
    size_t end = count;
    for (size_t i = 0; i < count; i++) {
        while (end > i && sorted[i] + sorted[end - 1] > sum)
            end--;
        if (end <= i)
            break;
        pairs += end - i;
    }
    return pairs;
}

double stats_walsh_rank_sorted(const double *sorted, size_t count, uint64_t rank)
{
    uint64_t low = key_of(2 * sorted[0]);
    uint64_t high = key_of(2 * sorted[count - 1]);
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (stats_walsh_up_to_sorted(sorted, count, value_of(middle)) > rank)
            high = middle;
        else
            low = middle + 1;
    }
    return value_of(low);
}

double stats_hodges_lehmann_sorted(const double *sorted, size_t count)
{
    if (count == 0)
        return NAN;
    const uint64_t pairs = (uint64_t)count * (count + 1) / 2;
    const double low = stats_walsh_rank_sorted(sorted, count, (pairs - 1) / 2);
    const double high = pairs % 2 ? low : stats_walsh_rank_sorted(sorted, count, pairs / 2);
    return (low + high) / 4;
}
