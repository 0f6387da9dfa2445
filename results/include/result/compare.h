/* compare.h - a comparison: what became slower, what is the same, what cannot be said.
 *
 * It is made from two stored runs by result_compare, or case by case from a paired measurement
 * (stats/paired.h; the program that measures fills the items). Both are written by the same
 * writers.
 *
 * Two stored runs. Per case that both runs have, the times of the fresh processes are compared, not
 * of the batches: batches of one process are correlated, and whole processes differ by more than
 * batches do. With x_i = ln(time of process i), n processes, mean m and standard deviation s on
 * each side:
 *
 *   time       where both runs know the shares of the case (stats/shares.h): the median over what
 *              the reference kernels explain by the shares that both runs know together, so that
 *              only the difference of the host between the runs has to be explained
 *              (at_baseline_speed_ns); of three or more processes on either side that had their
 *              core to themselves for a while what they took then (stats/calm.h), if that gives the
 *              narrower interval; else normalised_ns of each; else median_ns, and the case says so
 *   ratio      exp(m_current - m_baseline), of the geometric means; > 1 is slower
 *   e          standard error of m: s / sqrt(n), with shares that of a trimmed mean or of the mean
 *              of those that stand together (stats/summary.h); without shares also half the
 *              logarithmic width of the estimate's own interval over t(n - 1), when that is more:
 *              whatever else the interval holds (the host's drift in raw times) is in the
 *              comparison too
 *   d          with shares, what lies between the runs: the error of the shares times how far the
 *              references moved, and what the references miss (options.residual, both runs'); else
 *              0
 *   interval   ln ratio +- t(f) * u, u^2 = e_b^2 + e_c^2 + d^2, with Welch and Satterthwaite's
 *              f = u^4 / (e_b^4 / (n_b - 1) + e_c^4 / (n_c - 1)). Of normal values each of
 *              the two that shares give covers what is promised, the narrower of them a little
 *              less: 93 to 95 % for 95 % where d is 0
 *   p          of the hypothesis that the ratio lies within 1/(1 + threshold) .. 1 + threshold:
 *              min(1, 2 P(T <= -(|ln ratio| - ln(1 + threshold)) / u)) with T of
 *              Student's t(f); with a threshold of 0 the usual two-sided p. It is below
 *              1 - confidence exactly when the interval lies beyond an edge
 *   adjusted   over all compared cases (stats/multiple.h). Holm: the chance that any case that did
 *              not change is called slower or faster is at most 1 - confidence. Benjamini-Hochberg:
 *              the expected share of such cases among all that are called so is
 *
 * Verdict, with the edges 1/(1 + threshold) and 1 + threshold: *slower* when the whole interval
 * lies above the upper edge, *faster* when it lies below the lower one, both only while the
 * adjusted p is below 1 - confidence; *same* when the whole interval lies within the edges; else
 * *undecided*, and `why` says when a case differs, but not shown to be beyond the threshold. With a
 * threshold of 0 any difference counts and nothing is the same. The intervals and "same" are per
 * case, not adjusted; reports say so. The chance that a case whose true ratio lies within the edges
 * is called slower or faster is at most 1 - confidence over all cases.
 *
 * Fewer than two processes on a side: undecided. A case that was imported from another tool
 * (result/interop.h) with fewer is compared by its own interval, which holds RESULT_IMPORT_DRIFT;
 * where its file tells no spread (one sample), undecided.
 *
 * Source   Welch, Biometrika 34 (1947) 28-35; Satterthwaite, Biometrics Bulletin 2 (1946) 110-114;
 *          stats/multiple.h; Schuirmann, J. Pharmacokin. Biopharm. 15 (1987)
 *          657-680 (equivalence)
 * Threads  objects are not shared
 */
#ifndef RESULT_COMPARE_H
#define RESULT_COMPARE_H

#include <result/run.h>
#include <result/text.h>
#include <stats/multiple.h>

/* X(name, text) */
#define RESULT_CHANGE_MAP(X)                                                                       \
    X(SLOWER, "slower")                                                                            \
    X(FASTER, "faster")                                                                            \
    X(SAME, "same")                                                                                \
    X(UNDECIDED, "undecided")                                                                      \
    X(NOT_COMPARED, "not compared")                                                                \
    X(BROKEN, "broken")                                                                            \
    X(MISSING, "missing")                                                                          \
    X(ADDED, "added")

/* not compared: failed in the baseline, or nothing to compare (at the floor). broken: good in the
 * baseline, failed in the current run. missing, added: only in the baseline, only in the current */
enum result_change {
#define RESULT_CHANGE_ENUM(name, text) RESULT_CHANGE_##name,
    RESULT_CHANGE_MAP(RESULT_CHANGE_ENUM)
#undef RESULT_CHANGE_ENUM
        RESULT_CHANGE_COUNT
};

/* What the reference kernels miss of a case between runs, as a standard deviation, a share: of one
 * that follows the core, of one that follows memory. */
struct result_residual {
    double core, memory;
    double pages; /* more of one that follows memory and has its own in small pages: where these lie
                     is another in every run */
};

/* Before a history has shown it: measured on a shared virtual machine (docs/measuring.md). */
#define RESULT_RESIDUAL_CORE   0.0025
#define RESULT_RESIDUAL_MEMORY 0.008
#define RESULT_RESIDUAL_PAGES  0.12

struct result_compare_options { /* zeroed: the defaults in brackets */
    double threshold;           /* share within which two times count as the same; 0: none do */
    double confidence;          /* of intervals, and 1 - significance [0.95] */
    enum stats_correction correction; /* over the cases [Holm] */
    /* what a history has taught of a case [those above] */
    struct result_residual (*residual)(void *context, const char *case_id);
    void *residual_context;
};

struct result_compared {
    const char *id;
    enum result_change change;
    const char *metric; /* "at_baseline_speed_ns", "normalised_ns", "median_ns"; NULL: none */
    double baseline_ns; /* geometric mean of the processes; NaN: not compared */
    double current_ns;
    struct result_estimate ratio; /* current / baseline; all NaN: none */
    double degrees;               /* of freedom; NaN: no interval */
    double p, p_adjusted;         /* NaN: no test */
    size_t pairs;                 /* paired: pairs of fresh processes; 0: stored runs */
    const double *ln_ratios;      /* [pairs] ln(current / baseline) of each pair; NULL: none */
    double seconds;               /* wall time this case took to compare; NaN: stored runs */
    double deciding_seconds;      /* wall time that would probably decide it; NaN: decided */
    const char *why;              /* one sentence; NULL when the numbers say it all */
};

struct result_comparison {
    struct base_arena arena;
    const struct result_run *baseline, *current; /* the caller's; NULL: paired */
    const char *baseline_name, *current_name;    /* what was compared: ids of runs, or commands */
    const char *method;                          /* one sentence; NULL: that of two stored runs */
    const char *correction;                      /* stats_correction_text, for the cases */
    struct result_compare_options options;       /* with the defaults filled in */
    struct result_compared *items;               /* in the baseline's order, then the added ones */
    size_t count;
    size_t tests; /* that the correction was made for */
    size_t counts[RESULT_CHANGE_COUNT];
    const char **caveats; /* sentences: hosts, builds or settings that differ, the same run twice */
    size_t caveat_count;
};

/* Compare two runs, which must outlive the comparison.
 *
 *   out      zeroed; done by result_comparison_done. counts[RESULT_CHANGE_SLOWER] and
 *            counts[RESULT_CHANGE_BROKEN] are what an exit code asks for
 *
 * Errors   ERANGE (threshold not in 0 .. 1, confidence not in 0.5 .. 0.9999, that of a run not
 *          within 0 .. 1; why says it), ENOMEM
 */
BASE_MUST_USE base_err result_compare(const struct result_run *baseline,
                                      const struct result_run *current,
                                      const struct result_compare_options *options,
                                      struct result_comparison *out, struct base_why *why);

void result_comparison_done(struct result_comparison *comparison);

/* Write a comparison in one of the formats text, markdown, csv, json, html, pdf, svg, png (or their
 * extensions); only text uses the page, svg and png are the forest plot alone. Errors: ENOTFOUND
 * (no such format; svg, png: no case), ENOMEM */
BASE_MUST_USE base_err result_comparison_write(const struct result_comparison *comparison,
                                               const char *format, const struct result_page *page,
                                               struct base_buf *out);

/* Read what the JSON writer wrote (schema bpi-perf/comparison/1).
 *
 *   text     at most RESULT_COMPARISON_SIZE_MAX bytes; unknown members are passed over, wrong
 * types, numbers out of range and intervals without their ratio are errors out      zeroed; done by
 * result_comparison_done. Its runs are NULL why      at: line; the text names file, line and member
 *
 * Errors   EPARSE (not JSON), EINVALID (not a comparison), EUNSUPPORTED (another version), ERANGE,
 *          ENOMEM
 */
enum { RESULT_COMPARISON_SIZE_MAX = 1 << 26 };
BASE_MUST_USE base_err result_comparison_read(struct base_span text, const char *path,
                                              struct result_comparison *out, struct base_why *why);

const char *result_change_text(enum result_change change);

#endif
