/* paired.c - signed ranks by counting Walsh averages, which location.c does without storing them.
 * The null distribution is that of a sum of k B_k: one coin after the other is added to an array of
 * probabilities. Half of the array is enough, the other half is its mirror image; the smallest
 * probability, 2^-1000, is still a normal double. */
#include <stats/paired.h>

#include <stats/summary.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t averages_of(size_t count)
{
    return count * (count + 1) / 2;
}

/* P(T = k), then P(T <= k), for k = 0 .. half. */
static void fill_tail(double *tail, size_t count, size_t half)
{
    tail[0] = 1;
    for (size_t rank = 1; rank <= count; rank++) {
        const size_t most = averages_of(rank) < half ? averages_of(rank) : half;
        for (size_t k = most; k >= rank; k--)
            tail[k] = 0.5 * (tail[k] + tail[k - rank]);
        for (size_t k = 0; k < rank && k <= most; k++)
            tail[k] *= 0.5;
    }
    for (size_t k = 1; k <= half; k++)
        tail[k] += tail[k - 1];
}

base_err stats_paired_init(struct stats_paired *paired, const double *values, size_t count)
{
    if (count > STATS_PAIRED_MAX)
        return BASE_ERANGE;
    for (size_t i = 0; i < count; i++)
        if (!(fabs(values[i]) < STATS_PAIRED_VALUE_MAX))
            return BASE_EINVALID;
    if (count == 0)
        return BASE_EINVALID;
    const size_t half = averages_of(count) / 2;
    double *sorted = malloc(count * sizeof *sorted);
    double *tail = calloc(half + 1, sizeof *tail);
    if (sorted == NULL || tail == NULL) {
        free(sorted);
        free(tail);
        return BASE_ENOMEM;
    }
    memcpy(sorted, values, count * sizeof *sorted);
    stats_sort(sorted, count);
    fill_tail(tail, count, half);
    *paired = (struct stats_paired){ count, sorted, tail };
    return BASE_OK;
}

void stats_paired_done(struct stats_paired *paired)
{
    free(paired->sorted);
    free(paired->tail);
    *paired = (struct stats_paired){ 0 };
}

/* P(T <= k) */
static double tail_at(const struct stats_paired *paired, size_t k)
{
    const size_t most = averages_of(paired->count);
    if (k >= most)
        return 1;
    return k <= most / 2 ? paired->tail[k] : 1 - paired->tail[most - k - 1];
}

/* How many k have 2 P(T <= k) <= alpha: that many averages are cut from either end. */
static size_t averages_cut(const struct stats_paired *paired, double alpha)
{
    size_t low = 0, high = averages_of(paired->count) / 2;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (2 * paired->tail[middle] <= alpha)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct stats_interval stats_paired_interval(const struct stats_paired *paired, double alpha)
{
    assert(alpha > 0 && alpha < 1);
    const size_t n = paired->count, cut = averages_cut(paired, alpha);
    struct stats_interval out = { stats_hodges_lehmann_sorted(paired->sorted, n), -INFINITY,
                                  INFINITY };
    if (cut > 0) {
        out.low = stats_walsh_rank_sorted(paired->sorted, n, cut - 1) / 2;
        out.high = stats_walsh_rank_sorted(paired->sorted, n, averages_of(n) - cut) / 2;
    }
    return out;
}

double stats_paired_p(const struct stats_paired *paired, double bound, enum stats_side side)
{
    assert(fabs(bound) < STATS_PAIRED_VALUE_MAX);
    const size_t n = paired->count;
    const size_t up_to = stats_walsh_up_to_sorted(paired->sorted, n, 2 * bound);
    const size_t below =
        stats_walsh_up_to_sorted(paired->sorted, n, nextafter(2 * bound, -INFINITY));
    const double p_above = tail_at(paired, up_to);
    const double p_below = tail_at(paired, averages_of(n) - below);
    if (side == STATS_SIDE_BOTH)
        return fmin(1, 2 * fmin(p_above, p_below));
    return side == STATS_SIDE_ABOVE ? p_above : p_below;
}

size_t stats_paired_least(double alpha)
{
    assert(alpha > 0 && alpha < 1);
    size_t count = 1;
    for (double p = 1; p > alpha; p /= 2)
        count++;
    return count;
}
