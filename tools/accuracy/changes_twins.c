/* changes_twins.c - plain and slow: a twin has to be right, not fast. */
#include "changes_twins.h"

#include <base/rng.h>
#include <stats/summary.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_MIN = 2, PRICES = 40, ORDERS = 199 };

/* --- asv ----------------------------------------------------------------------------------- */

struct pieces {
    double (*cost)[TWIN_COUNT_MAX]; /* [first][last] of absolute deviations, both inclusive */
    double (*level)[TWIN_COUNT_MAX];
    const double *values;
    size_t count;
};

/* Grow a sorted copy from `first` on; its median moves by half a place. */
static void fill_row(struct pieces *pieces, size_t first)
{
    double sorted[TWIN_COUNT_MAX];
    size_t used = 0;
    for (size_t last = first; last < pieces->count; last++) {
        size_t at = used++;
        while (at > 0 && sorted[at - 1] > pieces->values[last]) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = pieces->values[last];
        const double middle = stats_median_sorted(sorted, used);
        double cost = 0;
        for (size_t i = 0; i < used; i++)
            cost += fabs(sorted[i] - middle);
        pieces->level[first][last] = middle;
        pieces->cost[first][last] = cost;
    }
}

static size_t solve(const struct pieces *pieces, double price, size_t *ends)
{
    double best[TWIN_COUNT_MAX + 1];
    size_t from[TWIN_COUNT_MAX + 1] = { 0 }, used = 0;
    best[0] = -price;
    for (size_t end = 1; end <= pieces->count; end++) {
        best[end] = INFINITY;
        for (size_t first = 0; first + PIECE_MIN <= end; first++) {
            const double cost = best[first] + price + pieces->cost[first][end - 1];
            if (cost < best[end]) {
                best[end] = cost;
                from[end] = first;
            }
        }
    }
    for (size_t end = pieces->count; end > 0; end = from[end])
        ends[used++] = end;
    for (size_t i = 0; i < used / 2; i++) {
        const size_t held = ends[i];
        ends[i] = ends[used - 1 - i];
        ends[used - 1 - i] = held;
    }
    return used;
}

static double deviation(const double *rests, size_t count, double correlation)
{
    double sum = fabs(rests[0]);
    for (size_t i = 1; i < count; i++)
        sum += fabs(rests[i] - correlation * rests[i - 1]);
    return sum;
}

static double criterion(const struct pieces *pieces, const size_t *ends, size_t used)
{
    double rests[TWIN_COUNT_MAX], least = INFINITY, last_level = NAN, smallest = INFINITY;
    size_t first = 0;
    for (size_t i = 0; i < used; i++) {
        const double level = pieces->level[first][ends[i] - 1];
        for (size_t j = first; j < ends[i]; j++)
            rests[j] = pieces->values[j] - level;
        if (i > 0)
            smallest = fmin(smallest, fabs(level - last_level));
        last_level = level;
        first = ends[i];
    }
    for (double r = -1; r <= 1; r += 0.05)
        least = fmin(least, deviation(rests, pieces->count, r));
    const double floor_of = used > 2 ? 0.1 * smallest : 0.001 * fabs(last_level);
    const double beta = 4 * log((double)pieces->count) / (double)pieces->count;
    return beta * (double)used + log(fmax(1e-300, floor_of) + least);
}

static size_t search_price(const struct pieces *pieces, size_t *ends)
{
    size_t tried[TWIN_COUNT_MAX + 1], used = 1;
    const double whole = pieces->cost[0][pieces->count - 1];
    double best = INFINITY;
    ends[0] = pieces->count;
    for (size_t i = 0; i < PRICES; i++) {
        const double least = log(0.1 / (double)pieces->count);
        const double price = (whole > 0 ? whole : 1) * exp(least * (double)i / (PRICES - 1));
        const size_t count = solve(pieces, price, tried);
        const double found = criterion(pieces, tried, count);
        if (found < best) {
            best = found;
            used = count;
            memcpy(ends, tried, count * sizeof *ends);
        }
    }
    return used;
}

size_t twin_asv(const double *values, size_t count, size_t *changes, size_t capacity)
{
    struct pieces pieces = { .values = values, .count = count };
    size_t ends[TWIN_COUNT_MAX + 1], used = 0;
    pieces.cost = calloc(TWIN_COUNT_MAX, sizeof *pieces.cost);
    pieces.level = calloc(TWIN_COUNT_MAX, sizeof *pieces.level);
    if (pieces.cost != NULL && pieces.level != NULL && count >= 2 * PIECE_MIN) {
        for (size_t i = 0; i < count; i++)
            fill_row(&pieces, i);
        used = search_price(&pieces, ends) - 1;
    }
    used = used < capacity ? used : capacity;
    memcpy(changes, ends, used * sizeof *ends);
    free(pieces.cost);
    free(pieces.level);
    return used;
}

/* --- E-divisive ---------------------------------------------------------------------------- */

/* The largest statistic q over all places of values[order[0 .. count-1]], and the place.
 * Moving one value from the right side to the left changes three sums of distances. */
static double best_place(const double *x, size_t count, size_t min_segment, size_t *place)
{
    double within_right = 0, within_left = 0, between = 0, best = -INFINITY;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            within_right += fabs(x[i] - x[j]);
    for (size_t at = 1; at < count; at++) {
        double to_left = 0, to_right = 0;
        for (size_t j = 0; j + 1 < at; j++)
            to_left += fabs(x[at - 1] - x[j]);
        for (size_t j = at; j < count; j++)
            to_right += fabs(x[at - 1] - x[j]);
        within_left += to_left;
        within_right -= to_right;
        between += to_right - to_left;
        if (at < min_segment || count - at < min_segment)
            continue;
        const double n = (double)at, m = (double)(count - at);
        const double energy = 2 * between / (n * m) - within_left / (n * (n - 1) / 2) -
                              within_right / (m * (m - 1) / 2);
        const double q = n * m / (n + m) * energy;
        if (q > best) {
            best = q;
            *place = at;
        }
    }
    return best;
}

static void divide(const double *values, size_t first, size_t count, double significance,
                   size_t min_segment, struct base_rng *rng, bool *is_change)
{
    double mixed[TWIN_COUNT_MAX];
    size_t place = 0, unused = 0, above = 0;
    if (count < 2 * min_segment)
        return;
    const double q = best_place(&values[first], count, min_segment, &place);
    memcpy(mixed, &values[first], count * sizeof *mixed);
    for (size_t order = 0; order < ORDERS && (double)above < significance * (ORDERS + 1); order++) {
        for (size_t i = count; i > 1; i--) {
            const size_t other = (size_t)base_rng_below(rng, i);
            const double held = mixed[i - 1];
            mixed[i - 1] = mixed[other];
            mixed[other] = held;
        }
        above += best_place(mixed, count, min_segment, &unused) >= q;
    }
    if ((double)(above + 1) > significance * (ORDERS + 1))
        return;
    is_change[first + place] = true;
    divide(values, first, place, significance, min_segment, rng, is_change);
    divide(values, first + place, count - place, significance, min_segment, rng, is_change);
}

size_t twin_divisive(const double *values, size_t count, double significance, size_t min_segment,
                     uint64_t seed, size_t *changes, size_t capacity)
{
    bool is_change[TWIN_COUNT_MAX] = { false };
    struct base_rng rng;
    size_t used = 0;
    base_rng_init(&rng, seed);
    divide(values, 0, count, significance, min_segment, &rng, is_change);
    for (size_t i = 0; i < count; i++)
        if (is_change[i] && used < capacity)
            changes[used++] = i;
    return used;
}
