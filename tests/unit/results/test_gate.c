/* test_gate.c - gate files, and each kind of rule on runs and comparisons with known numbers. */
#include "unit.h"

#include "gate_internal.h"
#include "make_run.h"

#include <result/gate.h>
#include <stats/distribution.h>

#include <stdlib.h>
#include <string.h>

/* --- files ---------------------------------------------------------------------------------- */

static base_err read_text(const char *text, struct base_arena *arena, struct result_gate *gate,
                          struct base_why *why)
{
    return result_gate_read(base_span_of(text, strlen(text)), "g.yaml", arena, gate, why);
}

static void reads_a_file(void **state)
{
    (void)state;
    static const char text[] =
        "gate: { name: linux, threshold: 4%, significance: 0.05, correction: benjamini-hochberg,\n"
        "        undecided: fail, missing: warn, added: fail }\n"
        "budgets:\n"
        "  - cases: \"enc/*\"\n"
        "    metric: median_ns\n"
        "    at_most: 1.2 ms\n"
        "    at_least: 1 us\n"
        "    undecided: pass\n"
        "  - group: crypto/\n"
        "    name: all of crypto\n"
        "    geomean_slower_by_at_most: 2%\n"
        "  - cases: a\n"
        "    instructions_more_by_at_most: 0.5%\n"
        "claims: [enc.encode, 'x.*']\n"
        "alerts:\n"
        "  - slack: ${SLACK_URL}\n"
        "    on: change\n"
        "  - email: a@b, c@d\n"
        "    from: e@f\n"
        "    smtp: smtps://g\n"
        "    timeout: 500ms\n"
        "    retries: 0\n";
    struct base_arena arena = { 0 };
    struct result_gate gate;
    struct base_why why = { 0 };
    if (read_text(text, &arena, &gate, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_string_equal(gate.name, "linux");
    assert_float_equal(gate.threshold, 0.04, 1e-12);
    assert_float_equal(gate.significance, 0.05, 0);
    assert_int_equal(gate.correction, RESULT_GATE_HOCHBERG);
    assert_int_equal(gate.budget_count, 4);
    const struct result_budget *b = gate.budgets;
    assert_int_equal(b[0].kind, RESULT_BUDGET_LIMIT);
    assert_float_equal(b[0].bound.high, 1.2e6, 0);
    assert_false(b[0].bound.is_high_open);
    assert_string_equal(b[0].allowed, "at most 1.2 ms");
    assert_int_equal(b[0].line, 6);
    assert_int_equal(b[0].undecided, RESULT_POLICY_PASS);
    assert_int_equal(b[0].missing, RESULT_POLICY_WARN);
    assert_float_equal(b[1].bound.low, 1000, 0);
    assert_true(isinf(b[1].bound.high));
    assert_true(b[2].is_group);
    assert_string_equal(b[2].name, "all of crypto");
    assert_string_equal(b[2].allowed, "geomean slower by at most 2%");
    assert_float_equal(b[2].bound.high, 1.02, 1e-12);
    assert_int_equal(b[2].added, RESULT_POLICY_FAIL);
    assert_string_equal(b[3].metric, "counter.instructions_callgrind");
    assert_int_equal(b[3].kind, RESULT_BUDGET_RATIO);
    assert_int_equal(gate.claim_count, 2);
    assert_int_equal(gate.claim_lines[1], 14);
    assert_int_equal(gate.alert_count, 2);
    assert_string_equal(gate.alerts[0].target, "${SLACK_URL}");
    assert_int_equal(gate.alerts[0].on, RESULT_ALERT_CHANGE);
    assert_int_equal(gate.alerts[0].timeout_ms, RESULT_ALERT_TIMEOUT_MS);
    assert_int_equal(gate.alerts[1].timeout_ms, 500);
    assert_int_equal(gate.alerts[1].retries, 0);
    base_arena_done(&arena);
}

static void a_head_alone_is_a_rule(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    struct result_gate gate;
    struct base_why why = { 0 };
    assert_int_equal(read_text("gate: {threshold: 5%}\n", &arena, &gate, &why), BASE_OK);
    assert_int_equal(gate.budget_count, 1);
    assert_string_equal(gate.budgets[0].pattern, "*");
    assert_float_equal(gate.budgets[0].bound.high, 1.05, 1e-12);
    assert_int_equal(read_text(result_gate_example(), &arena, &gate, &why), BASE_OK);
    assert_int_equal(gate.budget_count, 1);
    assert_int_equal(read_text("claims: all\n", &arena, &gate, &why), BASE_OK);
    assert_int_equal(gate.budget_count, 0);
    assert_int_equal(read_text("claim_files: [a.yaml, b.yaml]\n", &arena, &gate, &why), BASE_OK);
    assert_int_equal(gate.claim_file_count, 2);
    assert_true(gate.is_all_claims && gate.is_own_claims_only && gate.budget_count == 0);
    assert_int_equal(read_text("claims: [x]\nclaim_files: [a]\n", &arena, &gate, &why), BASE_OK);
    assert_false(gate.is_all_claims || gate.is_own_claims_only);
    base_arena_done(&arena);
}

#define BUDGET "budgets:\n  - cases: x\n"

static const struct refused {
    const char *text;
    base_err err;
    uint64_t line;
    const char *sentence;
} refused[] = {
    { "", BASE_EINVALID, 1, "g.yaml:1: is empty; a gate file has the keys gate, budgets" },
    { "- a\n", BASE_EINVALID, 1, "a gate file has the keys" },
    { "budgets:\n  - cases: [\n", BASE_EPARSE, 3, "not well-formed YAML" },
    { "budgets: 3\n", BASE_EINVALID, 1, "budgets: a list is expected" },
    { "budgets:\n  - enc\n", BASE_EINVALID, 2, "keys with values are expected" },
    { "gate: all\n", BASE_EINVALID, 1, "gate: keys with values are expected" },
    { "budget: []\n", BASE_EINVALID, 1, "unknown key 'budget'; known here: gate, budgets" },
    { BUDGET "    at_mots: 3\n", BASE_EINVALID, 3, "g.yaml:3: unknown key 'at_mots'" },
    { BUDGET "    cases: y\n", BASE_EINVALID, 3, "the key 'cases' is there twice" },
    { BUDGET, BASE_EINVALID, 2, "a budget without a limit" },
    { "budgets:\n  - group: x\n", BASE_EINVALID, 2, "geomean_slower_by_at_most: 2%" },
    { BUDGET "    group: x\n    slower_by_at_most: 1%\n", BASE_EINVALID, 2, "not both" },
    { "budgets:\n  - slower_by_at_most: 1%\n", BASE_EINVALID, 2, "'cases' (each by itself)" },
    { BUDGET "    at_most: 1 ms\n", BASE_EINVALID, 3,
      "at_most needs the key 'metric', one of mean" },
    { BUDGET "    metric: speed\n    at_most: 1 ms\n", BASE_EINVALID, 3,
      "metric: 'speed' is none of mean_ns" },
    { BUDGET "    metric: run.elapsed_ns\n    at_most: 1 ms\n", BASE_EINVALID, 3,
      "a metric of the whole run" },
    { BUDGET "    metric: mean_ns\n    at_most: 1.2\n", BASE_EINVALID, 4,
      "at_most: mean_ns is in ns, and '1.2' is not" },
    { BUDGET "    metric: mean_ns\n    at_most: fast\n", BASE_EINVALID, 4,
      "at_most: 'fast' is not a number with a unit" },
    { BUDGET "    metric: bytes_per_s\n    at_least: 3 ms\n", BASE_EINVALID, 4, "is in B/s" },
    { BUDGET "    metric: mean_ns\n    slower_by_at_most: 1%\n", BASE_EINVALID, 3,
      "metric: no limit of this budget speaks of a metric" },
    { BUDGET "    slower_by_at_most: much\n", BASE_EINVALID, 3, "slower_by_at_most: " },
    { BUDGET "    slower_by_at_most: 300%\n", BASE_EINVALID, 3, "slower_by_at_most: " },
    { BUDGET "    slower_by_at_most: -1%\n", BASE_EINVALID, 3, "slower_by_at_most: " },
    { BUDGET "    metric: bytes_per_s\n    less_by_at_most: 100%\n", BASE_EINVALID, 4,
      "100 % less is nothing" },
    { BUDGET "    geomean_slower_by_at_most: 1%\n", BASE_EINVALID, 3, "needs the key 'group'" },
    { "budgets:\n  - group: x\n    slower_by_at_most: 1%\n", BASE_EINVALID, 3,
      "limits that begin with geomean_" },
    { BUDGET "    slower_by_at_most: 1%\n    missing: maybe\n", BASE_EINVALID, 4,
      "missing: 'maybe' is not one of pass, warn, fail" },
    { "gate: {threshold: 0%}\n", BASE_EINVALID, 1, "not above 0 %" },
    { "gate:\n  significance: 2\n", BASE_EINVALID, 2, "significance: " },
    { "gate:\n  correction: bonferroni\n", BASE_EINVALID, 2, "'bonferroni' is not one of holm" },
    { "gate:\n  name: \"\"\n", BASE_EINVALID, 2, "name: the value is empty" },
    { "gate:\n  name: \"a\\0b\"\n", BASE_EINVALID, 2, "zero byte" },
    { "gate:\n  name: [a]\n", BASE_EINVALID, 2, "name: one value is expected" },
    { "claim_files: own.yaml\n", BASE_EINVALID, 1, "claim_files: a list is expected" },
    { "claim_files:\n  - \"\"\n", BASE_EINVALID, 2, "claim_files: the value is empty" },
    { "claims: some\n", BASE_EINVALID, 1, "the word 'all' or a list of ids" },
    { "claims:\n  - a\n  - [b]\n", BASE_EINVALID, 3, "the id of a claim is expected" },
    { "alerts:\n  - on: always\n", BASE_EINVALID, 2, "one of the keys command, webhook" },
    { "alerts:\n  - {slack: a, webhook: b}\n", BASE_EINVALID, 2, "one of the keys" },
    { "alerts:\n  - slack: a\n    on: sometimes\n", BASE_EINVALID, 3,
      "'sometimes' is not one of failure, always, change" },
    { "alerts:\n  - slack: a\n    timeout: 10\n", BASE_EINVALID, 3, "timeout: " },
    { "alerts:\n  - slack: a\n    timeout: 1h\n", BASE_EINVALID, 3, "between 1 ms and 5 min" },
    { "alerts:\n  - slack: a\n    retries: 99\n", BASE_EINVALID, 3, "retries: " },
    { "alerts:\n  - email: a@b\n", BASE_EINVALID, 2, "email needs the key 'from'" },
    { "alerts:\n  - email: a@b\n    from: c@d\n", BASE_EINVALID, 2, "email needs the key 'smtp'" },
    { "alerts:\n  - slack: a\n    password: b\n", BASE_EINVALID, 2, "belong to email" },
    { "gate: &a {name: x}\nbudgets: []\n---\nclaims: all\n", BASE_EINVALID, 4, "second document" },
    { "budgets:\n- &x {cases: a, slower_by_at_most: 1%}\n- *x\n", BASE_EINVALID, 1, "alias" },
};

static void refuses_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct refused *row = &refused[i];
        struct base_arena arena = { 0 };
        struct result_gate gate;
        struct base_why why = { 0 };
        const base_err err = read_text(row->text, &arena, &gate, &why);
        if (err != row->err || why.at != row->line || strstr(why.text, row->sentence) == NULL ||
            strncmp(why.text, "g.yaml:", 7) != 0)
            fail_msg("'%s': %d at %d: %s", row->text, err, (int)why.at, why.text);
        base_arena_done(&arena);
    }
}

/* --- rules ---------------------------------------------------------------------------------- */

struct lab {
    struct result_run run, baseline;
    struct result_comparison comparison;
    struct base_arena arena;
    struct result_gate gate;
    struct result_gate_input input;
    struct result_gate_report report;
};

static struct result_case *add(struct result_run *run, const char *id, double ns, double share)
{
    struct result_case *one = make_empty_case(run, id);
    struct base_rng rng;
    base_rng_init(&rng, 3);
    make_processes(run, one, 10, ns, share, &rng);
    one->median_ns = one->normalised_ns = one->mean_ns = make_estimate(ns, share);
    one->elapsed_ns = 1500000000;
    return one;
}

static void count(struct result_run *run, struct result_case *one, double instructions,
                  double allocs)
{
    one->counters = MAKE_QUANTITIES(run, { "instructions_callgrind", instructions, "1" },
                                    { "allocs", allocs, "1" });
}

/* A comparison by hand: ratio and the half width of its interval on the log scale. */
static void compare_by_hand(struct lab *lab, size_t items, const struct result_compared *list,
                            double confidence)
{
    lab->comparison = (struct result_comparison){ .baseline_name = "a",
                                                  .current_name = "b",
                                                  .options = { 0.05, confidence } };
    lab->comparison.items =
        base_arena_array(&lab->comparison.arena, items + 1, sizeof *lab->comparison.items);
    memcpy(lab->comparison.items, list, items * sizeof *list);
    lab->comparison.count = items;
    lab->input.comparison = &lab->comparison;
}

static struct result_compared pair_of(const char *id, double ratio, double half, double degrees)
{
    return (struct result_compared){ .id = id,
                                     .change = RESULT_CHANGE_UNDECIDED,
                                     .metric = "normalised_ns",
                                     .baseline_ns = 100,
                                     .current_ns = 100 * ratio,
                                     .ratio = { ratio, ratio * exp(-half), ratio * exp(half) },
                                     .degrees = degrees,
                                     .p = NAN,
                                     .p_adjusted = NAN,
                                     .seconds = NAN,
                                     .deciding_seconds = NAN };
}

static void lab_init(struct lab *lab)
{
    *lab = (struct lab){ 0 };
    make_run(&lab->run, "01JD7ZB1C2D3E4F5G6H7J8K9MN");
    make_run(&lab->baseline, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    lab->input.run = &lab->run;
}

static void judge(struct lab *lab, const char *text)
{
    struct base_why why = { 0 };
    result_gate_report_done(&lab->report);
    if (read_text(text, &lab->arena, &lab->gate, &why) != BASE_OK ||
        result_gate_judge(&lab->gate, &lab->input, &lab->report, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void lab_done(struct lab *lab)
{
    result_gate_report_done(&lab->report);
    result_comparison_done(&lab->comparison);
    result_run_done(&lab->run);
    result_run_done(&lab->baseline);
    base_arena_done(&lab->arena);
}

static const struct result_gate_item *item_of(const struct lab *lab, const char *subject)
{
    for (size_t i = 0; i < lab->report.count; i++)
        if (strstr(lab->report.items[i].subject, subject) != NULL)
            return &lab->report.items[i];
    fail_msg("no judgement of %s", subject);
    return NULL;
}

static void expect(const struct lab *lab, const char *subject, enum result_gate_state state,
                   enum result_gate_policy effect, const char *words)
{
    const struct result_gate_item *item = item_of(lab, subject);
    if (item->state != state || item->effect != effect || strstr(item->why, words) == NULL)
        fail_msg("%s: %s, effect %d: %s", subject, result_gate_state_text(item->state),
                 item->effect, item->why);
}

static void limits(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    add(&lab.run, "s/below", 90, 0.02);
    add(&lab.run, "s/above", 120, 0.02);
    add(&lab.run, "s/astride", 101, 0.02);
    add(&lab.run, "s/alone", 90, 0.02)->process_count = 1;
    add(&lab.run, "s/wrong", 90, 0.02)->status = "wrong";
    add(&lab.run, "s/stopped", 90, 0.02)->status = "interrupted";
    judge(&lab, "budgets:\n  - {cases: s/, metric: median_ns, at_most: 100 ns}\n"
                "  - {cases: t/, metric: median_ns, at_most: 100 ns, missing: warn}\n");
    assert_int_equal(lab.report.count, 7);
    expect(&lab, "s/below", RESULT_GATE_PASS, RESULT_POLICY_PASS,
           "The whole 95 % interval keeps it, with 10.0 % of the limit to spare.");
    expect(&lab, "s/above", RESULT_GATE_FAIL, RESULT_POLICY_FAIL,
           "missed by 20.0 % of the limit, 17.6 % at the least. To pass, the value must fall by "
           "16.7 %; or set another limit in line 2.");
    expect(&lab, "s/astride", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN,
           "The limit lies inside the 95 % interval: this cannot be told. About 5 times");
    expect(&lab, "s/alone", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN, "one process");
    expect(&lab, "s/wrong", RESULT_GATE_FAIL, RESULT_POLICY_FAIL, "Failed: wrong");
    expect(&lab, "s/stopped", RESULT_GATE_NOT_RUN, RESULT_POLICY_FAIL, "interrupted");
    expect(&lab, "t/", RESULT_GATE_NOT_RUN, RESULT_POLICY_WARN, "no case matches");
    assert_float_equal(item_of(&lab, "s/above")->over, 0.2, 1e-12);
    assert_true(isnan(item_of(&lab, "s/below")->over));
    assert_float_equal(item_of(&lab, "s/above")->seconds, 1.5, 1e-12);
    assert_int_equal(lab.report.outcome, RESULT_GATE_FAILED);
    assert_int_equal(lab.report.failed, 3);
    assert_int_equal(lab.report.warned, 3);
    assert_int_equal(lab.report.tests, 0);
    lab_done(&lab);
}

static void at_least_and_drift(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    struct result_case *one = add(&lab.run, "s/x", 100, 0.03);
    one->bytes_per_item = 1000; /* 10 GB/s */
    one->drift_share = 0.027;
    judge(&lab, "budgets:\n  - {cases: s/x, metric: bytes_per_s, at_least: 12 GB/s}\n");
    expect(&lab, "s/x", RESULT_GATE_FAIL, RESULT_POLICY_FAIL, "the value must rise by 20.0 %");
    judge(&lab, "budgets:\n  - {cases: s/x, metric: bytes_per_s, at_least: 9 GB/s}\n");
    expect(&lab, "s/x", RESULT_GATE_PASS, RESULT_POLICY_PASS, "11.1 % of the limit to spare");
    judge(&lab, "budgets:\n  - {cases: s/x, metric: median_ns, at_most: 99 ns}\n");
    expect(&lab, "s/x", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN, "how far this host drifts");
    judge(&lab, "budgets:\n  - {cases: s/x, metric: normalised_ns, at_most: 99 ns}\n");
    expect(&lab, "s/x", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN, "About 9 times the processes");
    judge(&lab, "budgets:\n  - {cases: s/x, metric: counter.none, at_most: 3}\n");
    expect(&lab, "s/x", RESULT_GATE_NOT_RUN, RESULT_POLICY_FAIL, "no such counter");
    assert_int_equal(lab.report.outcome, RESULT_GATE_UNMEASURED);
    lab_done(&lab);
}

static void slower(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    const struct result_compared list[] = {
        pair_of("s/kept", 1.01, 0.005, 9),
        pair_of("s/slow", 1.06, 0.005, 9),
        pair_of("s/astride", 1.03, 0.01, 9),
        pair_of("s/fast", 0.7, 0.005, 9),
        { .id = "s/broken",
          .change = RESULT_CHANGE_BROKEN,
          .why = "wrong",
          .ratio = { NAN, NAN, NAN } },
        { .id = "s/short",
          .change = RESULT_CHANGE_UNDECIDED,
          .ratio = { 1.7, NAN, NAN },
          .pairs = 1,
          .deciding_seconds = 41,
          .why = "one pair" },
        { .id = "s/new", .change = RESULT_CHANGE_ADDED, .ratio = { NAN, NAN, NAN } },
        { .id = "s/gone", .change = RESULT_CHANGE_MISSING, .ratio = { NAN, NAN, NAN } },
    };
    lab.input.run = NULL;
    compare_by_hand(&lab, 8, list, 0.99);
    judge(&lab, "budgets:\n  - {cases: s/, slower_by_at_most: 3%}\n");
    expect(&lab, "s/kept", RESULT_GATE_PASS, RESULT_POLICY_PASS,
           "The whole 99 % interval keeps it.");
    expect(&lab, "s/slow", RESULT_GATE_FAIL, RESULT_POLICY_FAIL,
           "time +6.00 % [+5.47 %, +6.53 %] against the baseline: 100.0 ns was, 106.0 ns is. "
           "Allowed: slower by at most 3%. The whole 99 % interval lies beyond: missed by 3.00 %, "
           "2.47 % at the least, p < 0.0001 after Holm's correction over 4 judgements. To pass, "
           "the time must fall by 2.83 %; or set another limit in line 2.");
    expect(&lab, "s/astride", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN, "paired comparison");
    expect(&lab, "s/fast", RESULT_GATE_PASS, RESULT_POLICY_PASS, "-30.0 %");
    expect(&lab, "s/broken", RESULT_GATE_FAIL, RESULT_POLICY_FAIL, "Failed: wrong");
    expect(&lab, "s/new", RESULT_GATE_NOT_RUN, RESULT_POLICY_PASS, "the baseline does not have");
    expect(&lab, "s/gone", RESULT_GATE_NOT_RUN, RESULT_POLICY_FAIL, "the run did not");
    expect(&lab, "s/short", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN,
           "It cannot be judged: one pair. About 41 s of comparing would probably decide it.");
    assert_int_equal(lab.report.tests, 4);
    assert_float_equal(item_of(&lab, "s/slow")->over, 0.03, 1e-12);
    assert_float_equal(item_of(&lab, "s/fast")->p, 1, 0);
    judge(&lab, "budgets:\n  - {cases: s/new, slower_by_at_most: 3%, added: fail}\n"
                "  - {cases: s/kept, slower_by_at_most: 3%}\n");
    expect(&lab, "s/new", RESULT_GATE_NOT_RUN, RESULT_POLICY_FAIL, "the baseline does not have");
    judge(&lab, "budgets:\n  - {cases: s/kept, metric: median_ns, at_most: 1 s}\n");
    expect(&lab, "s/kept", RESULT_GATE_NOT_RUN, RESULT_POLICY_FAIL, "no run was given");
    lab_done(&lab);
}

/* p and the scaled interval, written out once more. */
static void tests_by_hand(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    const double half = 0.02, degrees = 7;
    const struct result_compared list[] = { pair_of("s/a", 1.05, half, degrees) };
    lab.input.run = NULL;
    compare_by_hand(&lab, 1, list, 0.95);
    judge(&lab, "gate: {significance: 0.01}\nbudgets:\n  - {cases: s/, slower_by_at_most: 3%}\n");
    const double error = half / stats_student_quantile(0.975, degrees);
    const double t = (log(1.05) - log(1.03)) / error;
    const double p = 2 * (1 - stats_student_cdf(t, degrees));
    const double wide = error * stats_student_quantile(0.995, degrees);
    const struct result_gate_item *item = item_of(&lab, "s/a");
    assert_float_equal(item->p, p, 1e-9);
    assert_float_equal(item->p_adjusted, p, 1e-9);
    assert_float_equal(item->measured.low, 1.05 * exp(-wide), 1e-9);
    assert_float_equal(item->measured.high, 1.05 * exp(wide), 1e-9);
    assert_float_equal(item->confidence, 0.99, 1e-12);
    assert_int_equal(item->state, RESULT_GATE_UNDECIDED);
    lab_done(&lab);
}

/* Source   Holm 1979 and Benjamini & Hochberg 1995, worked with R's p.adjust:
 *          p.adjust(c(.01,.02,.03,.04,.5), "holm"), and "BH" */
static void corrections(void **state)
{
    (void)state;
    static const double p[] = { 0.03, NAN, 0.01, 0.5, 0.02, 0.04 };
    static const double holm[] = { 0.09, NAN, 0.05, 0.5, 0.08, 0.09 };
    static const double hochberg[] = { 0.05, NAN, 0.05, 0.5, 0.05, 0.05 };
    double got[6];
    size_t tests = 0;
    assert_int_equal(result_gate_correct(RESULT_GATE_HOLM, p, 6, got, &tests), BASE_OK);
    assert_int_equal(tests, 5);
    for (size_t i = 0; i < 6; i++)
        assert_true(isnan(p[i]) ? isnan(got[i]) : fabs(got[i] - holm[i]) < 1e-12);
    assert_int_equal(result_gate_correct(RESULT_GATE_HOCHBERG, p, 6, got, &tests), BASE_OK);
    for (size_t i = 0; i < 6; i++)
        assert_true(isnan(p[i]) ? isnan(got[i]) : fabs(got[i] - hochberg[i]) < 1e-12);
    assert_int_equal(result_gate_correct(RESULT_GATE_NONE, p, 6, got, &tests), BASE_OK);
    assert_float_equal(got[0], 0.03, 0);
}

/* One case over the limit alone, not after the correction for the others. */
static void correction_decides(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    struct result_compared list[20];
    char ids[20][16];
    for (size_t i = 0; i < 20; i++) {
        snprintf(ids[i], sizeof ids[i], "s/%02zu", i);
        list[i] = pair_of(ids[i], i == 0 ? 1.05 : 1.0, 0.0175, 30);
    }
    lab.input.run = NULL;
    compare_by_hand(&lab, 20, list, 0.99);
    judge(&lab, "budgets:\n  - {cases: s/, slower_by_at_most: 3%}\n");
    expect(&lab, "s/00", RESULT_GATE_UNDECIDED, RESULT_POLICY_WARN,
           "when the case is looked at alone");
    judge(&lab, "gate: {correction: none}\nbudgets:\n  - {cases: s/, slower_by_at_most: 3%}\n");
    expect(&lab, "s/00", RESULT_GATE_FAIL, RESULT_POLICY_FAIL, "missed by 2.00 %");
    assert_null(strstr(item_of(&lab, "s/00")->why, "correction"));
    lab_done(&lab);
}

enum { GATES = 800 };

/* Ten cases that lie exactly on the limit, their errors Student's: how often does any fail? */
static double failing_share(const char *correction, uint64_t seed)
{
    enum { CASES = 10, PROCESSES = 8 };
    char text[200];
    struct lab lab;
    struct base_rng rng;
    size_t failed = 0;
    lab_init(&lab);
    base_rng_init(&rng, seed);
    snprintf(text, sizeof text,
             "gate: {significance: 0.05, correction: %s}\n"
             "budgets:\n  - {cases: s/, slower_by_at_most: 3%%}\n",
             correction);
    lab.input.run = NULL;
    for (size_t i = 0; i < GATES; i++) {
        struct result_compared list[CASES];
        char ids[CASES][16];
        for (size_t k = 0; k < CASES; k++) {
            double sum = 0, squares = 0;
            for (size_t n = 0; n < PROCESSES; n++) {
                const double x = 0.02 * base_rng_normal(&rng);
                sum += x;
                squares += x * x;
            }
            const double mean = sum / PROCESSES;
            const double error =
                sqrt((squares - PROCESSES * mean * mean) / (PROCESSES - 1) / PROCESSES);
            snprintf(ids[k], sizeof ids[k], "s/%zu", k);
            list[k] = pair_of(ids[k], 1.03 * exp(mean),
                              error * stats_student_quantile(0.995, PROCESSES - 1), PROCESSES - 1);
        }
        result_gate_report_done(&lab.report);
        result_comparison_done(&lab.comparison);
        compare_by_hand(&lab, CASES, list, 0.99);
        judge(&lab, text);
        failed += lab.report.counts[RESULT_GATE_FAIL] > 0;
        base_arena_done(&lab.arena);
    }
    lab_done(&lab);
    return (double)failed / GATES;
}

/* The tail towards "slower" is half of a two-sided test: 2.5 % over all cases with Holm, and
 * 1 - 0.975^10 = 22 % without a correction. Binomial, four standard deviations. */
static void false_alarms(void **state)
{
    (void)state;
    const double holm = failing_share("holm", 11), none = failing_share("none", 12);
    assert_true(holm > 0.01 && holm < 0.025 + 4 * sqrt(0.025 * 0.975 / GATES));
    assert_true(fabs(none - 0.2237) < 4 * sqrt(0.2237 * 0.7763 / GATES));
}

static void counters(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    count(&lab.baseline, add(&lab.baseline, "s/x", 100, 0.01), 10000, 0);
    count(&lab.run, add(&lab.run, "s/x", 100, 0.01), 10049, 0);
    count(&lab.baseline, add(&lab.baseline, "s/y", 100, 0.01), 10000, 0);
    count(&lab.run, add(&lab.run, "s/y", 100, 0.01), 10051, 3);
    count(&lab.run, add(&lab.run, "s/new", 100, 0.01), 10051, 3);
    judge(&lab, "budgets:\n  - {cases: s/, instructions_more_by_at_most: 0.5%}\n");
    expect(&lab, "s/x", RESULT_GATE_NOT_RUN, RESULT_POLICY_FAIL, "give --baseline RUN");
    assert_false(lab.report.is_counted_exactly);
    lab.input.baseline = &lab.baseline;
    judge(&lab, "budgets:\n  - {cases: s/, instructions_more_by_at_most: 0.5%}\n");
    expect(&lab, "s/x", RESULT_GATE_PASS, RESULT_POLICY_PASS,
           "+0.49 % (exact) against the baseline: 10000 was, 10049 is");
    expect(&lab, "s/x", RESULT_GATE_PASS, RESULT_POLICY_PASS, "blind to memory");
    expect(&lab, "s/y", RESULT_GATE_FAIL, RESULT_POLICY_FAIL, "It lies beyond: missed by 0.01 %");
    expect(&lab, "s/new", RESULT_GATE_NOT_RUN, RESULT_POLICY_PASS, "the baseline does not have");
    assert_true(lab.report.is_counted_exactly);
    assert_int_equal(lab.report.tests, 0);
    judge(&lab, "budgets:\n  - {cases: s/, allocs_more_by_at_most: 0%}\n");
    expect(&lab, "s/x", RESULT_GATE_PASS, RESULT_POLICY_PASS, "0 was, 0 is");
    expect(&lab, "s/y", RESULT_GATE_FAIL, RESULT_POLICY_FAIL,
           "something of nothing (exact) against the baseline: 0 was, 3 is");
    judge(&lab, "budgets:\n  - {cases: s/x, metric: median_ns, more_by_at_most: 10%,"
                " less_by_at_most: 10%}\n");
    assert_int_equal(lab.report.tests, 2);
    expect(&lab, "s/x", RESULT_GATE_PASS, RESULT_POLICY_PASS, "The whole 99 % interval keeps it");
    lab_done(&lab);
}

static void groups(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    struct result_compared list[] = { pair_of("s/a", 1.00, 0.01, 9),
                                      pair_of("s/b", 1.10, 0.03, 5) };
    lab.input.run = NULL;
    compare_by_hand(&lab, 2, list, 0.99);
    judge(&lab, "budgets:\n  - {group: s/, geomean_slower_by_at_most: 1%}\n");
    const struct result_gate_item *item = item_of(&lab, "group s/ (2 cases)");
    const double centre = sqrt(1.1);
    assert_float_equal(item->measured.value, centre, 1e-12);
    assert_float_equal(item->measured.high, centre * exp(0.02), 1e-9);
    assert_int_equal(item->state, RESULT_GATE_FAIL);
    assert_non_null(strstr(item->why, "The geometric mean of 2 cases: time +4.88 %"));
    assert_non_null(strstr(item->why, "most: s/b +10.0 %, s/a +0.00 %"));
    for (size_t i = 0; i < 2; i++) {
        list[i].pairs = 20;
        list[i].degrees = NAN;
    }
    result_gate_report_done(&lab.report);
    result_comparison_done(&lab.comparison);
    compare_by_hand(&lab, 2, list, 0.99);
    judge(&lab, "budgets:\n  - {group: s/, geomean_slower_by_at_most: 1%}\n");
    item = item_of(&lab, "group s/");
    assert_float_equal(item->measured.high, centre * exp(sqrt(0.01 * 0.01 + 0.03 * 0.03) / 2),
                       1e-9);
    list[1].change = RESULT_CHANGE_BROKEN;
    result_gate_report_done(&lab.report);
    result_comparison_done(&lab.comparison);
    compare_by_hand(&lab, 2, list, 0.99);
    judge(&lab, "budgets:\n  - {group: s/, geomean_slower_by_at_most: 1%}\n");
    expect(&lab, "group", RESULT_GATE_FAIL, RESULT_POLICY_FAIL,
           "Failed: s/b: good in the baseline");
    lab_done(&lab);
}

static void group_limits(void **state)
{
    (void)state;
    struct lab lab;
    lab_init(&lab);
    add(&lab.run, "s/a", 100, 0.02);
    add(&lab.run, "s/b", 400, 0.02);
    judge(&lab, "budgets:\n  - {group: \"s/*\", metric: median_ns, geomean_at_most: 210 ns}\n");
    expect(&lab, "group", RESULT_GATE_PASS, RESULT_POLICY_PASS,
           "median_ns is 200.0 ns [196.0 ns, 204.0 ns]");
    lab.run.cases[1].status = "timeout";
    judge(&lab, "budgets:\n  - {group: \"s/*\", metric: median_ns, geomean_at_most: 210 ns}\n");
    expect(&lab, "group", RESULT_GATE_FAIL, RESULT_POLICY_FAIL, "s/b: timeout");
    lab_done(&lab);
}

static void claims(void **state)
{
    (void)state;
    static const char text[] =
        "claims:\n"
        "  - {id: a.kept, sentence: S, case: s/x, metric: mean_ns, bound: < 1 us}\n"
        "  - {id: a.missed, sentence: S, case: s/x, metric: mean_ns, bound: < 50 ns}\n"
        "  - {id: b.away, sentence: S, case: s/none, metric: mean_ns, bound: < 50 ns}\n";
    struct lab lab;
    struct result_claim *list = NULL;
    struct base_why why = { 0 };
    lab_init(&lab);
    add(&lab.run, "s/x", 100, 0.02);
    assert_int_equal(result_claims_read(base_span_of(text, strlen(text)), "c.yaml", &lab.arena,
                                        &list, &lab.input.claim_count, &why),
                     BASE_OK);
    lab.input.claims = list;
    judge(&lab, "claims: all\n");
    assert_int_equal(lab.report.count, 3);
    assert_int_equal(lab.report.items[0].state, RESULT_GATE_PASS);
    assert_string_equal(lab.report.items[0].unit, "ns");
    assert_int_equal(lab.report.items[1].state, RESULT_GATE_FAIL);
    assert_int_equal(lab.report.items[2].effect, RESULT_POLICY_PASS);
    judge(&lab, "claims: [\"a.*\", a.kept, b.away]\n");
    assert_int_equal(lab.report.count, 3);
    assert_int_equal(lab.report.items[2].effect, RESULT_POLICY_FAIL);
    assert_int_equal(lab.report.items[2].line, 1);
    struct result_gate gate;
    assert_int_equal(read_text("claims:\n- a.kept\n- a.kep\n", &lab.arena, &gate, &why), BASE_OK);
    result_gate_report_done(&lab.report);
    assert_int_equal(result_gate_judge(&gate, &lab.input, &lab.report, &why), BASE_EINVALID);
    assert_non_null(strstr(why.text, "g.yaml:3: claims: there is no claim 'a.kep'"));
    lab_done(&lab);
}

/* A case that only the baseline has is not forgotten; identical runs pass. */
static void two_runs(void **state)
{
    (void)state;
    struct lab lab;
    const struct result_compare_options options = { .threshold = 0.05, .confidence = 0.99 };
    struct base_why why = { 0 };
    lab_init(&lab);
    add(&lab.run, "s/x", 100, 0.005);
    add(&lab.baseline, "s/x", 100, 0.005);
    add(&lab.baseline, "s/gone", 100, 0.005);
    lab.input.baseline = &lab.baseline;
    assert_int_equal(result_compare(&lab.baseline, &lab.run, &options, &lab.comparison, &why),
                     BASE_OK);
    lab.input.comparison = &lab.comparison;
    judge(&lab,
          "budgets:\n  - {cases: \"*\", slower_by_at_most: 3%, metric: median_ns, at_most: 1 s}\n");
    assert_int_equal(lab.report.count, 4);
    assert_int_equal(lab.report.items[0].state, RESULT_GATE_PASS);
    assert_int_equal(lab.report.items[1].state, RESULT_GATE_NOT_RUN);
    assert_string_equal(lab.report.items[1].subject, "s/gone");
    assert_int_equal(lab.report.outcome, RESULT_GATE_FAILED);
    judge(&lab, "gate: {missing: pass}\n");
    assert_int_equal(lab.report.outcome, RESULT_GATE_PASSED);
    lab_done(&lab);
}

static void outcome_changes(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_gate_XXXXXX";
    char path[64];
    bool is_changed = false;
    struct base_why why = { 0 };
    assert_non_null(mkdtemp(folder));
    setenv("BPI_PERF_STATE_DIR", folder, 1);
    static const struct {
        const char *name;
        enum result_gate_outcome outcome;
        bool is_changed;
    } rows[] = {
        { "a", RESULT_GATE_PASSED, false }, { "b", RESULT_GATE_FAILED, true },
        { "a", RESULT_GATE_FAILED, true },  { "a", RESULT_GATE_FAILED, false },
        { "b", RESULT_GATE_PASSED, true },  { "a", RESULT_GATE_UNMEASURED, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (result_gate_changed(rows[i].name, rows[i].outcome, &is_changed, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_int_equal(is_changed, rows[i].is_changed);
    }
    snprintf(path, sizeof path, "%s/gates.json", folder);
    assert_int_equal(base_file_write(path, base_span_of("{", 1), NULL), BASE_OK);
    assert_int_equal(result_gate_changed("a", RESULT_GATE_PASSED, &is_changed, &why),
                     BASE_ECORRUPT);
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_file),       cmocka_unit_test(a_head_alone_is_a_rule),
        cmocka_unit_test(refuses_files),      cmocka_unit_test(limits),
        cmocka_unit_test(at_least_and_drift), cmocka_unit_test(slower),
        cmocka_unit_test(tests_by_hand),      cmocka_unit_test(corrections),
        cmocka_unit_test(correction_decides), cmocka_unit_test(false_alarms),
        cmocka_unit_test(counters),           cmocka_unit_test(groups),
        cmocka_unit_test(group_limits),       cmocka_unit_test(claims),
        cmocka_unit_test(two_runs),           cmocka_unit_test(outcome_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
