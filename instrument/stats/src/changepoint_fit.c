/* changepoint_fit.c - PELT over segments that are a level or a line.
 *
 * Any segment's cost is a few differences of running sums, so it is O(1). A start s is
 * useless when the best way to a later t is cheaper than the best way to s and any line from s to t
 * without its price: from t on, the same line or level continues. It is dropped only when the
 * continuation is long enough to be a segment and a line.
 */
#include "changepoint_internal.h"

#include <math.h>
#include <stdlib.h>

struct change_line stats_change_line_of(const struct change_series *series, size_t first,
                                        size_t last)
{
    const struct change_sums *a = &series->sums[first], *b = &series->sums[last];
    const double w = b->w - a->w;
    const double t = (b->t - a->t) / w, y = (b->y - a->y) / w;
    const double yy = b->yy - a->yy - w * y * y;
    const double tt = b->tt - a->tt - w * t * t;
    const double ty = b->ty - a->ty - w * t * y;
    const double explained = tt > 0 ? ty * ty / tt : 0;
    return (struct change_line){
        .level = y,
        .slope = tt > 0 ? ty / tt : 0,
        .middle = t,
        .weight = w,
        .spread = tt,
        .cost = fmax(0, yy - explained),
        .gain = explained,
        .is_line = true,
    };
}

struct change_line stats_change_line(const struct change_series *series, size_t first, size_t last,
                                     double price)
{
    struct change_line out = stats_change_line_of(series, first, last);
    if (last - first >= CHANGE_LINE_MIN && out.gain > price)
        return out;
    out.cost += out.gain;
    out.slope = 0;
    out.is_line = false;
    return out;
}

static double price_of(const struct change_line *line, double price)
{
    return line->cost + (line->is_line ? price : 0);
}

struct split {
    double *best;   /* [count + 1] cost of the best way up to here */
    size_t *from;   /* [count + 1] where its last segment begins */
    size_t *starts; /* [count + 1] that may still begin a segment */
    size_t *beaten; /* [count + 1] when a start was; 0: not yet */
    size_t start_count;
};

static void step(const struct change_series *series, struct split *split, size_t end,
                 size_t min_segment, double price)
{
    double best = INFINITY;
    for (size_t i = 0; i < split->start_count; i++) {
        const size_t start = split->starts[i];
        const struct change_line line = stats_change_line(series, start, end, price);
        const double cost = split->best[start] + price_of(&line, price) + price;
        if (cost < best) {
            best = cost;
            split->from[end] = start;
        }
    }
    split->best[end] = best;
    const size_t delay = min_segment > CHANGE_LINE_MIN ? min_segment : CHANGE_LINE_MIN;
    size_t kept = 0;
    for (size_t i = 0; i < split->start_count; i++) {
        const size_t start = split->starts[i];
        const struct change_line least = stats_change_line_of(series, start, end);
        if (split->beaten[start] == 0 && split->best[start] + least.cost > best)
            split->beaten[start] = end;
        if (split->beaten[start] == 0 || end < split->beaten[start] + delay)
            split->starts[kept++] = start;
    }
    split->start_count = kept;
}

static void walk_back(const struct split *split, size_t count, size_t *ends, size_t *end_count)
{
    size_t used = 0;
    for (size_t end = count; end > 0; end = split->from[end])
        ends[used++] = end;
    for (size_t i = 0; i < used / 2; i++) {
        const size_t held = ends[i];
        ends[i] = ends[used - 1 - i];
        ends[used - 1 - i] = held;
    }
    *end_count = used;
}

base_err stats_change_split(const struct change_series *series, size_t min_segment, double price,
                            size_t *ends, size_t *end_count)
{
    const size_t count = series->count;
    struct split split = {
        .best = calloc(count + 1, sizeof *split.best),
        .from = calloc(count + 1, sizeof *split.from),
        .starts = calloc(count + 1, sizeof *split.starts),
        .beaten = calloc(count + 1, sizeof *split.beaten),
    };
    const bool is_made =
        split.best != NULL && split.from != NULL && split.starts != NULL && split.beaten != NULL;
    if (is_made) {
        split.best[0] = -price;
        for (size_t end = min_segment; end <= count; end++) {
            if (end == min_segment || end >= 2 * min_segment)
                split.starts[split.start_count++] = end - min_segment;
            step(series, &split, end, min_segment, price);
        }
        walk_back(&split, count, ends, end_count);
    }
    free(split.best);
    free(split.from);
    free(split.starts);
    free(split.beaten);
    return is_made ? BASE_OK : BASE_ENOMEM;
}
