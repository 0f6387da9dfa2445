/* figure.h - one figure as a file: SVG, PDF or PNG, all drawn by the same functions.
 *
 * Threads   no shared state
 */
#ifndef RESULT_FIGURE_H
#define RESULT_FIGURE_H

#include <result/compare.h>
#include <result/history.h>
#include <result/run.h>

/* X(name, text, doc) */
#define RESULT_FIGURE_MAP(X)                                                                       \
    X(OVERVIEW, "overview", "all cases of a run on one logarithmic axis")                          \
    X(DENSITY, "density", "the distribution of a case, with its samples by process")               \
    X(SLOPE, "slope", "time of a batch over its items, with the fitted line")                      \
    X(PERCENTILES, "percentiles", "times by percentile, the tail drawn out")                       \
    X(HISTORY, "history", "a case over the runs that measured it")                                 \
    X(FOREST, "forest", "the ratios of a comparison with their intervals")

enum result_figure {
#define RESULT_FIGURE_ENUM(name, text, doc) RESULT_FIGURE_##name,
    RESULT_FIGURE_MAP(RESULT_FIGURE_ENUM)
#undef RESULT_FIGURE_ENUM
        RESULT_FIGURE_COUNT
};

/* One case over time, and where it changed. */
struct result_figure_trend {
    const char *case_id;
    const struct result_history_point *points; /* [count] oldest first */
    size_t count;
    const size_t *changes; /* [change_count] ascending: points that begin something new, each
                              1 .. count - 1 */
    size_t change_count;
};

/* What a figure is made of: the run for overview; one of its cases for density, slope and
 * percentiles; a trend for history; a comparison for forest. The others are not looked at. */
struct result_figure_source {
    const struct result_run *run;
    const struct result_case *one;
    const struct result_figure_trend *trend;
    const struct result_comparison *comparison;
};

/* Write one figure.
 *
 *   format   "svg", "pdf" or "png"
 *
 * Errors   EINVALID (no such format, or its source is missing), ENOTFOUND (too little data for this
 *          figure; why says what), ENOMEM
 */
BASE_MUST_USE base_err result_figure_write(enum result_figure figure,
                                           const struct result_figure_source *source,
                                           const char *format, struct base_buf *out,
                                           struct base_why *why);

/* RESULT_FIGURE_COUNT for a name that is none. */
enum result_figure result_figure_of(const char *name);
const char *result_figure_text(enum result_figure figure);

#endif
