/* gate.h - a gate: what a run must keep before a change may pass.
 *
 * A gate file is YAML:
 *
 *   gate:
 *     name: linux x86          # of the comment, the test suite, the alerts          [gate]
 *     threshold: 5%            # the comparison that the gate makes itself calls two
 *                              # times the same within this                          [5%]
 *     significance: 0.01       # chance that any relative budget is called missed
 *                              # though every true ratio keeps it                    [0.01]
 *     correction: holm         # holm, benjamini-hochberg or none                    [holm]
 *     undecided: warn          # pass, warn or fail: the interval straddles a limit  [warn]
 *     missing: fail            # a budget that could not be judged                   [fail]
 *     added: pass              # a case that the baseline does not have              [pass]
 *   budgets:
 *     - cases: "enc/enc*"      # a pattern over the whole id with one of *?[, else a part of it
 *       metric: median_ns      # of claim.h
 *       at_most: 1.2 ms        # and/or at_least
 *     - cases: enc/encode
 *       slower_by_at_most: 3%  # times against the baseline, from the comparison
 *     - cases: "*"
 *       instructions_more_by_at_most: 0.5%
 *     - group: crypto/         # all matching cases together, by their geometric mean
 *       geomean_slower_by_at_most: 2%
 *   claims: all                # or a list of ids and patterns
 *   claim_files: [own.yaml]    # claims of your own (claim.h); without `claims` all of them are
 * meant alerts: [...]              # see docs/gate.md
 *
 * Every entry may have a `name` and its own undecided, missing and added. Limits of `cases`:
 * at_most, at_least (with `metric` and a unit); slower_by_at_most; more_by_at_most and
 * less_by_at_most (with `metric`, run against baseline); instructions_more_by_at_most and
 * allocs_more_by_at_most. Of `group`: geomean_ before the first five. Several limits in one entry
 * are several rules. Without budgets and claims there is one rule: every case at most `threshold`
 * slower.
 *
 * Judgement. Each rule is judged for each of its cases, on a whole interval:
 *   pass        all of it keeps the limit
 *   fail        none of it does; a case that was measured wrongly, or crashed, fails every rule
 *   undecided   it straddles the limit, or is missing
 *   not run     there is nothing to judge
 * and `undecided`, `missing` and `added` say what the last two do to the gate. A limit on a metric
 * is judged at the run's own confidence, as a claim is. A relative one is judged at confidence
 * 1 - significance, to which the interval of the comparison is scaled with Student's quantiles, and
 * missed only when its p is below the significance after the correction over all relative
 * judgements that the file asks for:
 *   p   two-sided, of (ln ratio - ln limit) / e in Student's t, with e the half width of the
 *       interval's side towards the limit over its quantile
 * A counter that is exact has no p: 0.5 % is 0.5 %.
 *
 * Group: the geometric mean of n values. Its interval is the mean of the logarithmic half widths,
 * which holds whatever errors the cases share (the standard deviation of a sum is at most the sum
 * of the standard deviations); of pairs measured one after the other, whose errors are their own,
 * the root of the sum of squares over n. A case that cannot be judged makes its group not run.
 *
 * Source    Holm, Scand. J. Statist. 6 (1979) 65-70; Benjamini & Hochberg, J. R. Statist. Soc. B 57
 *           (1995) 289-300
 * Threads   objects are not shared
 */
#ifndef RESULT_GATE_H
#define RESULT_GATE_H

#include <result/claim.h>
#include <result/compare.h>
#include <result/run.h>

#define RESULT_GATE_SCHEMA "bpi-perf/gate/1"

enum {
    RESULT_GATE_FILE_SIZE_MAX = 1 << 20,
    RESULT_GATE_BUDGET_MAX = 1000, /* entries of one file */
    RESULT_GATE_ALERT_MAX = 32,
    RESULT_GATE_TEXT_MAX = 1000,
    RESULT_GATE_ITEM_MAX = 100000, /* judgements of one gate */
};

enum result_gate_policy { RESULT_POLICY_PASS, RESULT_POLICY_WARN, RESULT_POLICY_FAIL };

enum result_gate_correction { RESULT_GATE_HOLM, RESULT_GATE_HOCHBERG, RESULT_GATE_NONE };

enum result_budget_kind {
    RESULT_BUDGET_LIMIT, /* a metric of the run against a bound */
    RESULT_BUDGET_TIME,  /* the comparison's ratio of times */
    RESULT_BUDGET_RATIO, /* a metric, run / baseline */
};

/* One rule. */
struct result_budget {
    const char *name;    /* of the entry; NULL: not said */
    const char *pattern; /* over case ids */
    bool is_group;
    enum result_budget_kind kind;
    const char *metric;        /* of claim.h; "time" of RESULT_BUDGET_TIME */
    struct result_bound bound; /* of the metric, or of the ratio */
    const char *allowed;       /* "at most 1.2 ms", "slower by at most 3%" */
    enum result_gate_policy undecided, missing, added;
    size_t line; /* of the limit in the file */
};

enum result_alert_on { RESULT_ALERT_FAILURE, RESULT_ALERT_ALWAYS, RESULT_ALERT_CHANGE };
enum result_alert_kind {
    RESULT_ALERT_COMMAND,
    RESULT_ALERT_WEBHOOK,
    RESULT_ALERT_SLACK,
    RESULT_ALERT_MAIL
};

/* Somebody to tell. Texts are as in the file: ${NAME} is not expanded here. */
struct result_alert {
    enum result_alert_kind kind;
    enum result_alert_on on;
    const char *target; /* shell line, URL, or addresses with commas between */
    const char *from, *smtp, *user, *password; /* of mail; NULL: not said */
    uint64_t timeout_ms;                       /* of one attempt */
    unsigned retries;
    size_t line;
};

enum { RESULT_ALERT_TIMEOUT_MS = 10000, RESULT_ALERT_RETRIES = 2 };

struct result_gate {
    const char *path, *name;
    double threshold, significance;
    enum result_gate_correction correction;
    enum result_gate_policy undecided, missing, added;
    struct result_budget *budgets; /* [budget_count] */
    size_t budget_count;
    bool is_all_claims;       /* `claims: all`, or files without `claims` */
    bool is_own_claims_only;  /* those of the files alone */
    const char **claim_files; /* [claim_file_count] as in the file */
    size_t claim_file_count;
    const char **claims; /* [claim_count] ids and patterns */
    size_t *claim_lines; /* [claim_count] */
    size_t claim_count;
    struct result_alert *alerts;
    size_t alert_count;
};

/* Read a gate file.
 *
 *   text   YAML, at most RESULT_GATE_FILE_SIZE_MAX bytes
 *   path   for messages
 *   gate   out: everything in the arena
 *   why    at: line; the text begins "path:line: "
 *
 * Errors   EPARSE (not YAML), EINVALID (unknown, missing or repeated key, metric, limit, unit,
 *          policy; an entry without pattern or limit), ERANGE (too large), ENOMEM
 */
BASE_MUST_USE base_err result_gate_read(struct base_span text, const char *path,
                                        struct base_arena *arena, struct result_gate *gate,
                                        struct base_why *why);

/* What is judged; each may be NULL. */
struct result_gate_input {
    const struct result_run *run;
    const struct result_run *baseline;
    const struct result_comparison *comparison;
    const struct result_claim *claims; /* [claim_count] that the file may name */
    size_t claim_count;
};

/* X(name, text) */
#define RESULT_GATE_STATE_MAP(X)                                                                   \
    X(PASS, "pass")                                                                                \
    X(FAIL, "fail")                                                                                \
    X(UNDECIDED, "undecided")                                                                      \
    X(NOT_RUN, "not run")

enum result_gate_state {
#define RESULT_GATE_STATE_ENUM(name, text) RESULT_GATE_##name,
    RESULT_GATE_STATE_MAP(RESULT_GATE_STATE_ENUM)
#undef RESULT_GATE_STATE_ENUM
        RESULT_GATE_STATE_COUNT
};

/* One judgement. */
struct result_gate_item {
    const char *rule;    /* "enc/: median_ns at most 1.2 ms", "claim enc.encode" */
    const char *subject; /* the case, "group crypto/", or a pattern that no case matched */
    const char *metric;
    const char *allowed;
    enum result_gate_state state;
    enum result_gate_policy effect;  /* what it does to the gate */
    struct result_estimate measured; /* in `unit`; a ratio for relative budgets */
    const char *unit;                /* "" when nothing was measured */
    bool is_ratio;                   /* measured is a ratio against the baseline */
    double confidence;               /* of the interval; NaN: none, or exact */
    double over;          /* share by which the value misses the limit; NaN: it does not */
    double p, p_adjusted; /* NaN: not a test */
    double seconds;       /* that the measurement took; NaN: not known */
    const char *why;      /* one paragraph */
    size_t line;          /* in the gate file; 0: the rule stands in no line */
};

enum result_gate_outcome { RESULT_GATE_PASSED, RESULT_GATE_FAILED, RESULT_GATE_UNMEASURED };

struct result_gate_report {
    struct base_arena arena;
    const struct result_gate *gate; /* the caller's, as are the runs */
    const struct result_run *run;
    const char *run_name, *baseline_name; /* ids or commands; NULL: none */
    struct result_gate_item *items;       /* in the order of the rules, then of the cases */
    size_t count;
    size_t counts[RESULT_GATE_STATE_COUNT];
    size_t failed, warned; /* by effect */
    size_t tests;          /* that the correction was made for */
    enum result_gate_outcome outcome;
    bool is_counted_exactly; /* a rule judged instructions: reports say what those do not see */
    const char **notes;      /* cautions of the comparison, and of this gate */
    size_t note_count;
};

/* Judge.
 *
 *   report   zeroed; done by result_gate_report_done. The gate and the inputs must outlive it.
 *            Passed: no judgement has the effect fail. Unmeasured: no judgement is pass, fail or
 *            undecided, and not by a policy that lets that pass
 *
 * Errors   EINVALID (the file names a claim that is not among the claims; why names the line),
 *          ERANGE (more than RESULT_GATE_ITEM_MAX judgements), ENOMEM
 */
BASE_MUST_USE base_err result_gate_judge(const struct result_gate *gate,
                                         const struct result_gate_input *input,
                                         struct result_gate_report *report, struct base_why *why);
void result_gate_report_done(struct result_gate_report *report);

const char *result_gate_state_text(enum result_gate_state state);
const char *result_gate_outcome_text(enum result_gate_outcome outcome); /* "pass", "fail", ... */

/* --- writers; errors of all: ENOMEM -------------------------------------------------------- */

/* In one of the formats text, markdown, csv, json, junit. Markdown is for a comment on a pull
 * request: its first line is hidden and always the same for a gate's name, so that a bot finds its
 * own comment. Errors: ENOTFOUND (no such format) */
BASE_MUST_USE base_err result_gate_write(const struct result_gate_report *report,
                                         const char *format, const struct result_page *page,
                                         struct base_buf *out);

/* Workflow commands for GitHub: ::error and ::warning lines that point into the gate file. */
BASE_MUST_USE base_err result_gate_write_annotations(const struct result_gate_report *report,
                                                     struct base_buf *out);
/* Lines "key=value" for $GITHUB_OUTPUT: outcome, passed, failed, undecided, not_run, warnings. */
BASE_MUST_USE base_err result_gate_write_outputs(const struct result_gate_report *report,
                                                 struct base_buf *out);

/* The body of an alert: for Slack {"text": ...}, for mail the text of the message without headers,
 * else the JSON document. */
BASE_MUST_USE base_err result_gate_write_alert(const struct result_gate_report *report,
                                               enum result_alert_kind kind, struct base_buf *out);
/* One line that says it: "bpi-perf gate linux x86: failed by 2 of 14 judgements: 12 pass, ...". */
BASE_MUST_USE base_err result_gate_write_headline(const struct result_gate_report *report,
                                                  struct base_buf *out);

/* A commented gate file to begin with. */
const char *result_gate_example(void);

/* Has the outcome changed since the last time this was asked for a gate of this name? Kept in the
 * user's state folder; the first time counts as a change when the gate did not pass.
 * Errors: EIO, EINVALID (no folder known), ECORRUPT, ENOMEM */
BASE_MUST_USE base_err result_gate_changed(const char *name, enum result_gate_outcome outcome,
                                           bool *is_changed, struct base_why *why);

#endif
