/* fuzz_gate_read.c - hostile gate files: what is read can be judged and written in every format. */
#include <result/gate.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static struct result_run make_run(struct result_case *cases, size_t count)
{
    return (struct result_run){ .id = "01JD7Z8Q4M5N6P7R8S9TAVBWCX",
                                .command = "bpi-perf run",
                                .started = "2026-11-21T10:00:00.000Z",
                                .state = "complete",
                                .confidence = 0.95,
                                .cases = cases,
                                .case_count = count };
}

static void judge(const struct result_gate *gate)
{
    static const char *const formats[] = { "text", "markdown", "csv", "json", "junit" };
    struct result_process processes[2] = { { .median_ns = 99, .normalised_ns = 99 },
                                           { .median_ns = 101, .normalised_ns = 101 } };
    const struct result_estimate time = { 100, 98, 102 };
    struct result_quantity counter = { "instructions_callgrind", 1000, "1" };
    struct result_case cases[2] = { { .id = "enc/encode", .status = "ok" },
                                    { .id = "enc/decode", .status = "crashed" } };
    for (size_t i = 0; i < 2; i++) {
        cases[i].suite = "enc";
        cases[i].processes = processes;
        cases[i].process_count = 2;
        cases[i].median_ns = cases[i].mean_ns = cases[i].normalised_ns = cases[i].slope_ns = time;
        cases[i].counters = (struct result_quantities){ &counter, 1 };
    }
    const struct result_run run = make_run(cases, 2), baseline = make_run(cases, 1);
    const struct result_compare_options options = { 0 };
    struct result_comparison comparison = { 0 };
    struct result_gate_report report = { 0 };
    struct base_why why = { 0 };
    need(result_compare(&baseline, &run, &options, &comparison, &why) == BASE_OK);
    const struct result_gate_input input = { &run, &baseline, &comparison, NULL, 0 };
    if (result_gate_judge(gate, &input, &report, &why) == BASE_OK) {
        struct base_buf out = { 0 };
        for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
            need(result_gate_write(&report, formats[i], &(struct result_page){ 0 }, &out) ==
                 BASE_OK);
        need(result_gate_write_annotations(&report, &out) == BASE_OK);
        need(result_gate_write_alert(&report, RESULT_ALERT_SLACK, &out) == BASE_OK);
        base_buf_done(&out);
    } else {
        need(gate->claim_count > 0 && strncmp(why.text, "input:", 6) == 0);
    }
    result_gate_report_done(&report);
    result_comparison_done(&comparison);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct base_arena arena = { 0 };
    struct result_gate gate;
    struct base_why why = { 0 };
    const base_err err = result_gate_read(base_span_of(data, size), "input", &arena, &gate, &why);
    if (err == BASE_OK)
        judge(&gate);
    else
        need(why.err == err && strncmp(why.text, "input:", 6) == 0 && why.at > 0);
    base_arena_done(&arena);
    return 0;
}
