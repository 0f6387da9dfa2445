/* trend.h - one case over the runs of a history: its levels, its changes, and the commits between.
 *
 * Runs of one host are compared, the one of the newest run: times at reference speed are the host's
 * own. The values are normalised_ns when four runs in five have it, else median_ns; each run's
 * interval is its weight. What is a change: stats/changepoint.h.
 *
 * A change lies between two runs, so between the revisions that these were of. When its place is
 * not certain (a small step in noise) the range is wider: it holds the change with 95 %.
 *
 * Threads   objects are not shared
 */
#ifndef RESULT_TREND_H
#define RESULT_TREND_H

#include <result/history.h>
#include <result/text.h>
#include <stats/changepoint.h>

enum { RESULT_TREND_CHANGES_MAX = 500 };

struct result_trend_options { /* zeroed: the defaults in brackets */
    double significance;      /* of a change anywhere in the history [0.01] */
    double confidence;        /* of its size [0.95] */
    uint64_t seed;
};

struct result_trend_change {
    size_t index;         /* of the first point after the change */
    size_t before, after; /* the change is after the run `before` and not after the run `after`;
                             points */
    struct result_estimate ratio; /* level after / level before */
    double p;
    double p_adjusted;  /* for several cases; NaN: not adjusted */
    const char *remark; /* what weakens the range: a changed tree, one commit; NULL: nothing */
};

struct result_trend {
    struct base_arena arena;
    const char *case_id;
    const char *host;
    const char *metric;                  /* "normalised_ns", "median_ns" */
    struct result_history_point *points; /* [count] of the host, oldest first */
    struct result_estimate *values;      /* [count] of the metric; NaN: the run lacks it */
    bool *is_left_out;                   /* [count] an outlier, or without a value */
    size_t count;
    size_t other_hosts; /* points that are left out because another host made them */
    size_t outliers, missing;
    double noise, correlation; /* of stats_changepoint_fit */
    struct result_trend_change *changes;
    size_t change_count;
    struct stats_segment *segments;
    size_t segment_count;
};

/* Find the changes of a case.
 *
 *   points   [count] of result_history_trend; only the newest STATS_CHANGEPOINT_MAX are looked at.
 *            What they point at must outlive the trend
 *   out      zeroed; done by result_trend_done
 *
 * Errors   EINVALID (options), EFULL (more than RESULT_TREND_CHANGES_MAX changes), ENOMEM
 */
BASE_MUST_USE base_err result_trend_of(const char *case_id,
                                       const struct result_history_point *points, size_t count,
                                       const struct result_trend_options *options,
                                       struct result_trend *out, struct base_why *why);
void result_trend_done(struct result_trend *trend);

/* Say of each change whose runs were of a changed tree; `is_dirty` answers for a run's id.
 * Errors: ENOMEM */
BASE_MUST_USE base_err result_trend_remark(struct result_trend *trend,
                                           bool (*is_dirty)(const char *run_id, void *context),
                                           void *context);

/* "abc1234 .. def5678", "abc1234", "no revision is known". in the trend's arena; NULL: no memory */
const char *result_trend_range(struct result_trend *trend,
                               const struct result_trend_change *change);

/* The picture: times over runs with their intervals, levels, changes; at most `page->width` cells
 * (0: 80) wide. A trend without values draws nothing. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err result_trend_draw(const struct result_trend *trend,
                                         const struct result_page *page, struct base_buf *out);

/* A trend in one of the formats text (the picture and what it shows), markdown, csv (a row a run),
 * json. Errors: ENOTFOUND (no such format), ENOMEM */
BASE_MUST_USE base_err result_trend_write(struct result_trend *trend, const char *format,
                                          const struct result_page *page, struct base_buf *out);

#endif
