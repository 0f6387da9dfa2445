/* changepoint_null.c - the largest jump that chance shows in a history without a change.
 *
 * The residuals' innovations are put in random order, coloured again with the correlation, their
 * noise is estimated as that of a real history is, and every place is tried with neighbours of
 * min_segment times a power of two, and up to the ends, on either side.
 */
#include "changepoint_internal.h"

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>

enum {
    ORDERS = 299,
    ORDERS_LONG = 99, /* of a history that is split in windows */
    TAIL_LEAST = 10,  /* fewer that reach a jump: its p is of the tail */
    LENGTHS_MAX = 20,
};

struct surrogate {
    double *innovations, *x, *scale, *scratch; /* [count] */
    double *weight, *sum;                      /* [count + 1] running */
    size_t count;
};

static base_err open_surrogate(struct surrogate *s, size_t count)
{
    double *all = calloc(6 * (count + 1), sizeof *all);
    *s = (struct surrogate){ .innovations = all, .count = count };
    if (all == NULL)
        return BASE_ENOMEM;
    s->x = all + (count + 1);
    s->scale = s->x + (count + 1);
    s->scratch = s->scale + (count + 1);
    s->weight = s->scratch + (count + 1);
    s->sum = s->weight + (count + 1);
    return BASE_OK;
}

static void shuffle(struct surrogate *s, double correlation, struct base_rng *rng)
{
    for (size_t i = s->count; i > 1; i--) {
        const size_t other = (size_t)base_rng_below(rng, i);
        const double held = s->innovations[i - 1];
        s->innovations[i - 1] = s->innovations[other];
        s->innovations[other] = held;
    }
    const double first = 1 / sqrt(1 - correlation * correlation);
    for (size_t i = 0; i < s->count; i++)
        s->x[i] =
            i == 0 ? first * s->innovations[0] : correlation * s->x[i - 1] + s->innovations[i];
    stats_change_scales(s->x, NULL, s->count, s->scratch, s->scale);
    for (size_t i = 0; i < s->count; i++) {
        const double w = 1 / (s->scale[i] * s->scale[i]);
        s->weight[i + 1] = s->weight[i] + w;
        s->sum[i + 1] = s->sum[i] + w * s->x[i];
    }
}

/* The lengths to try within `room` values. */
static size_t lengths_of(size_t min_segment, size_t room, size_t lengths[LENGTHS_MAX])
{
    size_t used = 0;
    for (size_t length = min_segment; length < room && used + 1 < LENGTHS_MAX; length *= 2)
        lengths[used++] = length;
    if (room >= min_segment)
        lengths[used++] = room;
    return used;
}

static double largest_at(const struct surrogate *s, size_t min_segment, size_t at)
{
    size_t befores[LENGTHS_MAX], afters[LENGTHS_MAX];
    const size_t before_count = lengths_of(min_segment, at, befores);
    const size_t after_count = lengths_of(min_segment, s->count - at, afters);
    double mean[LENGTHS_MAX], variance[LENGTHS_MAX], largest = 0;
    for (size_t b = 0; b < after_count; b++) {
        const double w = s->weight[at + afters[b]] - s->weight[at];
        mean[b] = (s->sum[at + afters[b]] - s->sum[at]) / w;
        variance[b] = 1 / w;
    }
    for (size_t a = 0; a < before_count; a++) {
        const double w = s->weight[at] - s->weight[at - befores[a]];
        const double level = (s->sum[at] - s->sum[at - befores[a]]) / w;
        for (size_t b = 0; b < after_count; b++) {
            const double jump = mean[b] - level;
            largest = fmax(largest, jump * jump / (1 / w + variance[b]));
        }
    }
    return largest;
}

static double largest_of(const struct surrogate *s, size_t min_segment)
{
    double largest = 0;
    for (size_t at = min_segment; at + min_segment <= s->count; at++)
        largest = fmax(largest, largest_at(s, min_segment, at));
    return sqrt(largest);
}

/* Gumbel by moments of the halved squares; for normal noise its width is 1. */
static void fit_tail(struct change_null *null)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < null->count; i++)
        mean += null->largest[i] * null->largest[i] / 2 / (double)null->count;
    for (size_t i = 0; i < null->count; i++) {
        const double off = null->largest[i] * null->largest[i] / 2 - mean;
        square += off * off / (double)(null->count - 1);
    }
    const double pi = 3.14159265358979323846, euler = 0.57721566490153286;
    null->width = fmax(1, sqrt(6 * square) / pi);
    null->place = mean - euler * null->width;
}

base_err stats_change_null(const double *residuals, size_t count, double correlation,
                           size_t min_segment, uint64_t seed, struct change_null *out)
{
    struct surrogate s;
    struct base_rng rng;
    const size_t orders = count > STATS_CHANGEPOINT_WINDOW ? ORDERS_LONG : ORDERS;
    *out = (struct change_null){ .largest = calloc(orders, sizeof *out->largest), .count = orders };
    if (open_surrogate(&s, count) != BASE_OK || out->largest == NULL) {
        free(s.innovations);
        stats_change_null_done(out);
        return BASE_ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        s.innovations[i] = residuals[i] - (i == 0 ? 0 : correlation * residuals[i - 1]);
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < orders; i++) {
        shuffle(&s, correlation, &rng);
        out->largest[i] = largest_of(&s, min_segment);
    }
    free(s.innovations);
    stats_sort(out->largest, out->count);
    fit_tail(out);
    return BASE_OK;
}

void stats_change_null_done(struct change_null *null)
{
    free(null->largest);
    *null = (struct change_null){ 0 };
}

double stats_change_p(const struct change_null *null, double jump)
{
    size_t above = 0;
    while (above < null->count && null->largest[null->count - 1 - above] >= jump)
        above++;
    if (above >= TAIL_LEAST)
        return (double)(above + 1) / (double)(null->count + 1);
    const double tail = -expm1(-exp(-(jump * jump / 2 - null->place) / null->width));
    return fmin(tail, (double)(TAIL_LEAST + 1) / (double)(null->count + 1));
}
