/* test_gate_memory.c - the k-th allocation fails, for every k, while a gate file and a comparison
 * are read, judged and written: an error and nothing half made, or everything as it should be.
 *
 * Our own objects are linked with malloc, calloc and realloc wrapped; libyaml's and libcyaml's own
 * allocations are theirs, jansson is given the wrapped ones. */
#include "unit.h"

#include "fault.h"

#include <result/gate.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char gate_text[] =
    "gate: {name: x}\n"
    "budgets:\n"
    "  - {cases: \"*\", slower_by_at_most: 3%, instructions_more_by_at_most: 1%}\n"
    "  - {group: s/, geomean_slower_by_at_most: 3%}\n"
    "  - {cases: s/a, metric: median_ns, at_most: 1 ms}\n";

static const char comparison_text[] =
    "{\"schema\":\"bpi-perf/comparison/"
    "1\",\"baseline\":\"a\",\"current\":\"b\",\"threshold_share\":0.05,"
    "\"confidence\":0.99,\"caveats\":[\"c\"],\"cases\":["
    "{\"id\":\"s/a\",\"verdict\":\"slower\",\"ratio\":1.1,\"low\":1.09,\"high\":1.11,\"pairs\":2,"
    "\"ln_ratios\":[0.1,0.1]},"
    "{\"id\":\"s/b\",\"verdict\":\"undecided\",\"ratio\":1.0,\"low\":0.9,\"high\":1.1}]}";

static base_err write_all(const struct result_gate_report *report)
{
    static const char *const formats[] = { "text", "markdown", "csv", "json", "junit" };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < sizeof formats / sizeof formats[0]; i++) {
        struct base_buf out = { 0 };
        err = result_gate_write(report, formats[i], &(struct result_page){ .width = 80 }, &out);
        base_buf_done(&out);
    }
    for (int kind = RESULT_ALERT_COMMAND; err == BASE_OK && kind <= RESULT_ALERT_MAIL; kind++) {
        struct base_buf out = { 0 };
        err = result_gate_write_alert(report, (enum result_alert_kind)kind, &out);
        base_buf_done(&out);
    }
    struct base_buf out = { 0 };
    if (err == BASE_OK)
        err = result_gate_write_annotations(report, &out);
    base_buf_done(&out);
    return err;
}

static base_err all_of_it(void)
{
    struct base_arena arena = { 0 };
    struct result_gate gate = { 0 };
    struct result_comparison comparison = { 0 };
    struct result_gate_report report = { 0 };
    struct base_why why = { 0 };
    base_err err = result_gate_read(base_span_of(gate_text, sizeof gate_text - 1), "g.yaml", &arena,
                                    &gate, &why);
    assert_true((gate.budgets != NULL) == (err == BASE_OK));
    if (err == BASE_OK)
        err = result_comparison_read(base_span_of(comparison_text, sizeof comparison_text - 1),
                                     "c.json", &comparison, &why);
    const struct result_gate_input input = { .comparison = &comparison };
    if (err == BASE_OK)
        err = result_gate_judge(&gate, &input, &report, &why);
    assert_true(err == BASE_OK || report.items == NULL);
    if (err == BASE_OK)
        err = write_all(&report);
    result_gate_report_done(&report);
    result_comparison_done(&comparison);
    base_arena_done(&arena);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    size_t count = 0;
    json_set_alloc_funcs(malloc, free); /* as wrapped here */
    for (base_err err = BASE_ENOMEM; err != BASE_OK; count++) {
        fault_left = count;
        err = all_of_it();
        fault_left = SIZE_MAX;
        if (err != BASE_OK && err != BASE_ENOMEM && err != BASE_EPARSE)
            fail_msg("allocation %zu: %s", count, base_err_name(err));
        assert_true(count < 100000);
    }
    assert_true(count > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
