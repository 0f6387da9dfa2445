/* steady.h - has a series of batch times settled? Asked during warm-up, after every few batches.
 *
 * The last `window` values are looked at. Noise is the median absolute difference of neighbours,
 * which neither a trend nor a step inflates. The tail is steady when three figures of it are
 * small: the rise of the Theil-Sen line over the window, the medians of its last third against its
 * first third, and the spread of the medians of its three thirds. Small means: within `tolerance`
 * of the median (as fio's steady-state slope and deviation criteria have it), or within `z`
 * standard errors of what that noise explains.
 *
 * So a step is seen until it has left the window; a decay until its rest is below tolerance or
 * noise; a period shorter than a third of the window passes, a longer one counts as the drift that
 * it is. Noise with a memory (lag 1 correlation 0.6) delays the verdict by five batches on average.
 *
 * Threads   no shared state
 * Source    Theil-Sen: Sen, JASA 63 (1968) 1379; noise from differences: von Neumann, Annals of
 *           Mathematical Statistics 12 (1941) 367; fio HOWTO, "steadystate"
 */
#ifndef STATS_STEADY_H
#define STATS_STEADY_H

#include <base/err.h>

#include <stdbool.h>

enum {
    STATS_STEADY_WINDOW_MIN = 9,
    STATS_STEADY_WINDOW_MAX = 96,
};

/* A zeroed one means the defaults in brackets. */
struct stats_steady_options {
    size_t window;    /* values looked at, clamped to the bounds above [30] */
    double tolerance; /* share of the median that does not matter [0.01] */
    double z;         /* standard errors that noise may explain [3] */
};

struct stats_steady {
    bool is_steady;
    double level;  /* median of the window; NaN while there are fewer values than the window */
    double drift;  /* rise of the line over the window */
    double step;   /* median of the last third minus that of the first */
    double spread; /* largest minus smallest median of the thirds */
    double noise;  /* standard deviation of one value, from differences */
};

/* Judge values so far, [count] in the order they were measured. Fewer than the window: not steady.
 * Cost: O(window^2) whatever the count, about 7 us at the default; does not allocate */
struct stats_steady stats_steady_of(const double *values, size_t count,
                                    const struct stats_steady_options *options);

#endif
