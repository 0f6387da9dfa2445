/* claim.h - claims: sentences with a metric and a bound, judged on what a run measured.
 *
 * A claim file is YAML:
 *
 *   claims:
 *     - id: bpi.enc.encode
 *       sentence: CBOR encode of the 100-entry structure takes less than 1.25 ms
 *       case: enc/encode:entries=100,order=sorted
 *       metric: mean_ns
 *       bound: "< 1.25 ms"
 *       source: seed 1, Performance Metrics
 *
 * id, sentence, metric and bound are required, `case` too but for run.* metrics. With `against`
 * (another case) the metric is the ratio case / against; "ratio " may then stand before its name.
 * `only: WORD` leaves the claim not run unless the run's command has that word (blanks separate
 * words, leading dashes do not count). `processes: 10` leaves it undecided when a case of it was
 * measured in fewer processes (rounds of a case that takes one process for each), or fewer of
 * them gave the series.
 *
 *   metric  mean_ns median_ns normalised_ns slope_ns    times of one item
 *           bytes_per_s items_per_s parts_per_s         from median_ns; its interval turned round
 *           fact.NAME counter.NAME                      interval from NAME_low and NAME_high
 *           series.NAME                                 what the case measured in each batch, such
 *                                                       as a quantile of single calls: mean of the
 *                                                       processes' medians, from their spread
 *           highest.NAME                                the largest of a series in all batches,
 *                                                       exact: for what must never be. Above the
 *                                                       bound it refutes, however few processes
 *           run.elapsed_ns                              from `started` to `ended`, exact
 *   bound   < <= > >= and a number with its unit, or a range "LOW .. HIGH" with both ends allowed:
 *           ns us ms s m h d | B kB ... TiB | B/s ... TiB/s, bit/s ... Tbit/s | /s k/s M/s G/s |
 *           % | none. A fact with another unit is judged by a bound in the same unit.
 *
 * Judgement is on the whole interval: proven when all of it is good, refuted when none of it is,
 * undecided when it straddles the bound or is missing. A time measured in one process has no
 * interval here, because the spread between processes is not in it. A fact or counter without an
 * interval is exact only when it is a count: a whole fact, or any counter, in "1" or "B".
 *
 * Ratio r = a / b of independent estimates, by log-error propagation (method of variance estimates
 * recovery on the log scale):
 *   ln r_high = ln r + sqrt(ln(a_high/a)^2 + ln(b/b_low)^2)
 *   ln r_low  = ln r - sqrt(ln(a/a_low)^2 + ln(b_high/b)^2)
 * It has an interval only when all six numbers are positive. Drift that both sides share makes it
 * wider than it need be, never narrower.
 * Source   Zou & Donner, Stat. Med. 27 (2008) 1693-1702
 *
 * Threads   no shared state
 */
#ifndef RESULT_CLAIM_H
#define RESULT_CLAIM_H

#include <result/run.h>

enum {
    RESULT_CLAIM_MAX = 4096, /* of one file */
    RESULT_CLAIM_TEXT_MAX = 1000,
    RESULT_CLAIM_FILE_SIZE_MAX = 1 << 20,
    RESULT_CLAIM_UNIT_SIZE = 16,
    RESULT_CLAIM_PROCESSES_MAX = 1000000, /* that a claim can ask for */
};

/* X(name, text): how a claim stands. */
#define RESULT_STATE_MAP(X)                                                                        \
    X(PROVEN, "proven")                                                                            \
    X(REFUTED, "refuted")                                                                          \
    X(UNDECIDED, "undecided")                                                                      \
    X(NOT_RUN, "not run")

enum result_state {
#define RESULT_STATE_ENUM(name, text) RESULT_STATE_##name,
    RESULT_STATE_MAP(RESULT_STATE_ENUM)
#undef RESULT_STATE_ENUM
        RESULT_STATE_COUNT
};

/* The good values: low .. high in `unit` (the base unit of the bound's: "ns", "B", "B/s", "/s",
 * "1", or the text itself when it is none of ours). An open end is not good itself. */
struct result_bound {
    double low, high; /* -infinity, infinity: no limit on that side */
    bool is_low_open, is_high_open;
    char unit[RESULT_CLAIM_UNIT_SIZE];
};

struct result_claim {
    const char *id;
    const char *sentence;
    const char *case_id; /* NULL: a run.* metric */
    const char *against; /* NULL: not a ratio */
    const char *metric;  /* as in the table above, without "ratio " */
    const char *bound_text;
    struct result_bound bound;
    const char *only;   /* NULL: judged in every run */
    unsigned processes; /* that each case needs; 0: none in particular */
    const char *source; /* NULL: not said */
};

/* Read the claims of one file.
 *
 *   text     YAML, at most RESULT_CLAIM_FILE_SIZE_MAX bytes
 *   path     for messages
 *   claims   out: [count] in the arena
 *   why      at: line; the text begins "path:line: "
 *
 * Errors   EPARSE (not YAML), EINVALID (unknown, missing or repeated key, metric, bound or id;
 *          aliases; a second document), ERANGE (too large), ENOMEM
 */
BASE_MUST_USE base_err result_claims_read(struct base_span text, const char *path,
                                          struct base_arena *arena, struct result_claim **claims,
                                          size_t *count, struct base_why *why);

/* A bound alone, as it stands in a file. Errors: EPARSE, EINVALID; why says what would be right */
BASE_MUST_USE base_err result_bound_parse(const char *text, struct result_bound *bound,
                                          struct base_why *why);

/* Judge claims on a run.
 *
 *   verdicts   out: [count] in the arena, in the order of the claims; their texts are the claims'
 *              or the arena's, so both must live as long
 *
 * Errors   ENOMEM
 */
BASE_MUST_USE base_err result_claims_judge(const struct result_claim *claims, size_t count,
                                           const struct result_run *run, struct base_arena *arena,
                                           struct result_verdict **verdicts);

/* The text of a state and back; RESULT_STATE_NOT_RUN for a text that is none. */
const char *result_state_text(enum result_state state);
enum result_state result_state_of(const char *text);

#endif
