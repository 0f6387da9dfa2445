/* test_report.c - reports of runs built by hand, byte for byte, and what must never be shown. */
#define _GNU_SOURCE
#include "golden.h"
#include "make_run.h"

#include <result/report.h>

#include <jansson.h>

static const char golden_folder_default[] = "tests/golden/report";

static void make_series(struct result_run *run, struct result_case *one)
{
    one->series = make_array(run, 2, sizeof *one->series);
    one->series_count = 2;
    one->series[0] =
        (struct result_series){ "user_ns", "ns", 1.2e6, 1.25e6, 1e6, 2e6, { NAN, NAN, NAN }, NAN };
    one->series[1] =
        (struct result_series){ "peak_bytes", "B", 4096, 4200, 4096, 8192, { NAN, NAN, NAN }, NAN };
}

static void make_typical(struct result_run *run)
{
    struct base_rng rng;
    base_rng_init(&rng, 7);
    make_run(run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    run->host = MAKE_PAIRS(run, { "cpu", "AMD EPYC 9xx5 (2 of 4 cores)" },
                           { "caches", "48 KiB L1d, 1 MiB L2" }, { "kernel", "Linux 6.1.0" },
                           { "hypervisor", "KVM" }, { "governor", "performance" });
    run->build = MAKE_PAIRS(run, { "compiler", "gcc 12.2.0" }, { "flags", "-O2 -g" });
    run->config = MAKE_PAIRS(run, { "processes", "10" }, { "seed", "1" });
    struct result_case *empty = make_case(run, "null/empty", 0.004, &rng);
    empty->is_at_floor = true;
    struct result_case *encode = make_case(run, "enc/encode:entries=100,order=sorted", 203.4, &rng);
    encode->bytes_per_item = 1751;
    encode->item = "document";
    encode->facts = MAKE_QUANTITIES(run, { "output_bytes", 1751, "B" });
    encode->counters = MAKE_QUANTITIES(run, { "allocs", 0, "1" }, { "instructions", 1834.25, "1" });
    struct result_case *peer = make_case(run, "enc/encode.libcbor:entries=100", 1192.5, &rng);
    peer->peer_of = "enc/encode";
    peer->bytes_per_item = 1751;
    make_case(run, "enc/encode:entries=100,order=shuffled", 1288, &rng)->bytes_per_item = 1751;
    struct result_case *batch = make_case(run, "crypto/blake3.batch:size=1024", 1490, &rng);
    batch->parts_per_item = 16;
    batch->threads = 2;
    struct result_case *wrong = make_empty_case(run, "crypto/sha256:size=64");
    wrong->status = "wrong";
    wrong->why = "digest of message 3 is 9f86d081\u2026, the published vector says e3b0c442\u2026";
    struct result_case *sleep = make_case(run, "exec/sleep", 12.5e6, &rng);
    sleep->normalised_ns = make_none();
    sleep->process_count = 1;
    make_series(run, sleep);
    run->verdicts = make_array(run, 4, sizeof *run->verdicts);
    run->verdict_count = 4;
    run->verdicts[0] =
        (struct result_verdict){ "bpi.enc.encode",
                                 "CBOR encode of the 100-entry structure takes less than 1.25 ms",
                                 "enc/encode:entries=100,order=sorted mean_ns",
                                 "< 1.25 ms",
                                 "proven",
                                 "203.4 ns [201.0 ns, 205.8 ns] keeps < 1.25 ms",
                                 { 203.4, 201, 205.8 } };
    run->verdicts[1] = (struct result_verdict){
        "bpi.enc.speed",
        "Encoding takes a quarter of libcbor's time | or less",
        "enc/encode:entries=100,order=sorted / enc/encode.libcbor:entries=100 median_ns",
        "<= 0.16",
        "refuted",
        "0.17 [0.168, 0.173] misses <= 0.16",
        { 0.17, 0.168, 0.173 }
    };
    run->verdicts[2] = (struct result_verdict){ "null.floor",
                                                "The empty case reads zero",
                                                "null/empty median_ns",
                                                "-0.05 .. 0.05 ns",
                                                "undecided",
                                                "0.004000 ns [-0.1 ns, 0.1 ns] is on both sides "
                                                "of -0.05 .. 0.05 ns",
                                                { 0.004, -0.1, 0.1 } };
    run->verdicts[3] = (struct result_verdict){ "bpi.enc.hash_1kb",
                                                "Hash of 1 KB in 95 us",
                                                "crypto/sha256:size=1024 mean_ns",
                                                "< 95 us",
                                                "not run",
                                                "the run has no case crypto/sha256:size=1024",
                                                { NAN, NAN, NAN } };
}

static void check(const struct result_run *run, const char *format, size_t width, bool is_verbose,
                  const char *golden)
{
    struct base_buf out = { 0 };
    const struct result_report_options options = { .page = { width, false },
                                                   .is_verbose = is_verbose };
    assert_int_equal(result_format_find(format)->write(run, &options, &out), BASE_OK);
    golden_check(golden, &out);
    if (width > 0)
        GOLDEN_ASSERT_WIDTH(&out, width);
    base_buf_done(&out);
}

static void a_typical_run(void **state)
{
    (void)state;
    struct result_run run;
    make_typical(&run);
    check(&run, "text", 60, false, "typical_60.txt");
    check(&run, "text", 80, false, "typical_80.txt");
    check(&run, "text", 120, false, "typical_120.txt");
    check(&run, "text", 80, true, "typical_verbose_80.txt");
    check(&run, "text", 0, false, "typical_unlimited.txt");
    check(&run, "markdown", 0, false, "typical.md");
    check(&run, "csv", 0, false, "typical.csv");
    result_run_done(&run);
}

static void one_case(void **state)
{
    (void)state;
    struct result_run run;
    struct base_rng rng;
    base_rng_init(&rng, 2);
    make_run(&run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    make_case(&run, "enc/decode:entries=1", 12.34, &rng)->peer_of = "enc/absent";
    check(&run, "text", 80, false, "one_case.txt");
    check(&run, "csv", 0, false, "one_case.csv");
    result_run_done(&run);
}

static void an_empty_run(void **state)
{
    (void)state;
    struct result_run run;
    make_run(&run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    run.state = "interrupted";
    run.ended = NULL;
    check(&run, "text", 80, false, "empty.txt");
    check(&run, "markdown", 0, false, "empty.md");
    check(&run, "csv", 0, false, "empty.csv");
    result_run_done(&run);
}

static void only_failures(void **state)
{
    (void)state;
    struct result_run run;
    static const char *const states[] = { "wrong", "crashed", "timeout", "error", "interrupted" };
    make_run(&run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    for (size_t i = 0; i < 5; i++) {
        struct result_case *one =
            make_empty_case(&run, base_arena_printf(&run.arena, "enc/case_%zu:entries=100", i));
        one->status = states[i];
        one->why = i == 4 ? NULL
                          : "worker ./enc: request run: this sentence is long enough that it has "
                            "to be broken on every page";
    }
    check(&run, "text", 60, true, "failures_60.txt");
    check(&run, "text", 80, false, "failures_80.txt");
    check(&run, "markdown", 0, false, "failures.md");
    check(&run, "csv", 0, false, "failures.csv");
    result_run_done(&run);
}

static void make_hostile(struct result_run *run)
{
    struct base_rng rng;
    base_rng_init(&rng, 9);
    make_run(run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    run->command = "bpi-perf \x1b]0;owned\a run \xff";
    run->host = MAKE_PAIRS(run, { "cpu", "a|b\n\x1b[31mred" });
    struct result_case *one =
        make_case(run, "=cmd|' /C calc'!A0\x1b[2J\xe2\x80\xae\r\n,\"x\" `<b>`", 100, &rng);
    one->item = "@item";
    one->interval = "\x1b[5m blinking | interval";
    one->counters = MAKE_QUANTITIES(run, { "al\x1blocs", 1, "\a" });
    one = make_empty_case(
        run, "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57/\xc0\xaf");
    one->status = "crashed";
    one->why = "stderr: \x1b[1;31mboom\x1b[0m\n# not a heading | \xed\xa0\x80 +1";
    run->verdicts = make_array(run, 1, sizeof *run->verdicts);
    run->verdict_count = 1;
    run->verdicts[0] = (struct result_verdict){ "\x1b[A", "a | b\n- c", "m\x1b",    "<",
                                                "proven", "w\x9b",      { 1, 1, 1 } };
}

static void hostile_names(void **state)
{
    (void)state;
    struct result_run run;
    make_hostile(&run);
    check(&run, "text", 80, true, "hostile.txt");
    check(&run, "markdown", 0, false, "hostile.md");
    check(&run, "csv", 0, false, "hostile.csv");
    for (size_t f = 0; f < 3; f++) {
        struct base_buf out = { 0 };
        const struct result_report_options options = { .page = { 80, false }, .is_verbose = true };
        assert_int_equal(result_formats[f].write(&run, &options, &out), BASE_OK);
        for (size_t i = 0; i < out.size; i++)
            if (out.data[i] < 0x20 && out.data[i] != '\n' && out.data[i] != '\r')
                fail_msg("%s: byte %02x at %zu", result_formats[f].name, out.data[i], i);
        assert_null(memmem(out.data, out.size, "\u202e", 3));
        base_buf_done(&out);
    }
    result_run_done(&run);
}

static void colours_only_when_asked(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    make_typical(&run);
    const struct result_report_options options = { .page = { 80, true } };
    assert_int_equal(result_format_find("txt")->write(&run, &options, &out), BASE_OK);
    golden_check("typical_coloured.txt", &out);
    assert_non_null(strstr(base_buf_text(&out), "\x1b[32mproven"));
    assert_non_null(strstr(base_buf_text(&out), "\x1b[31mrefuted"));
    base_buf_done(&out);
    result_run_done(&run);
}

/* Without colour the coloured text is the plain one. */
static void colours_do_not_move_anything(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf plain = { 0 }, coloured = { 0 }, stripped = { 0 };
    make_typical(&run);
    const struct result_report_options options[] = { { { 80, false }, true },
                                                     { { 80, true }, true } };
    assert_int_equal(result_formats[0].write(&run, &options[0], &plain), BASE_OK);
    assert_int_equal(result_formats[0].write(&run, &options[1], &coloured), BASE_OK);
    for (size_t i = 0; i < coloured.size; i++) {
        if (coloured.data[i] == 0x1b)
            while (coloured.data[i] != 'm')
                i++;
        else
            assert_int_equal(base_buf_put(&stripped, &coloured.data[i], 1), BASE_OK);
    }
    assert_string_equal(base_buf_text(&stripped), base_buf_text(&plain));
    base_buf_done(&plain);
    base_buf_done(&coloured);
    base_buf_done(&stripped);
    result_run_done(&run);
}

static size_t count_lines(struct base_buf *out)
{
    size_t lines = 0;
    for (size_t i = 0; i < out->size; i++)
        lines += out->data[i] == '\n';
    return lines;
}

static void two_hundred_cases(void **state)
{
    (void)state;
    struct result_run run;
    struct base_rng rng;
    base_rng_init(&rng, 3);
    make_run(&run, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    for (int i = 0; i < 200; i++)
        make_case(&run,
                  base_arena_printf(&run.arena,
                                    "suite_%d/a_rather_long_case_name_%d:entries=%d,"
                                    "order=shuffled,mode=canonical",
                                    i % 4, i, i * 1000),
                  pow(10, i % 10), &rng);
    const size_t widths[] = { 60, 80, 120, 1 };
    for (size_t i = 0; i < 4; i++) {
        struct base_buf out = { 0 };
        const struct result_report_options options = { { widths[i], false }, i == 1 };
        assert_int_equal(result_formats[0].write(&run, &options, &out), BASE_OK);
        if (widths[i] > 1)
            GOLDEN_ASSERT_WIDTH(&out, widths[i]);
        assert_true(count_lines(&out) >= 200 + 2 * 4);
        base_buf_done(&out);
    }
    struct base_buf out = { 0 };
    const struct result_report_options options = { 0 };
    assert_int_equal(result_format_find("csv")->write(&run, &options, &out), BASE_OK);
    assert_int_equal(count_lines(&out), 201);
    base_buf_done(&out);
    result_run_done(&run);
}

static void json_is_the_run(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf got = { 0 }, want = { 0 };
    const struct result_report_options options = { 0 };
    make_typical(&run);
    assert_int_equal(result_format_find("json")->write(&run, &options, &got), BASE_OK);
    assert_int_equal(result_run_write(&run, &want), BASE_OK);
    assert_string_equal(base_buf_text(&got), base_buf_text(&want));
    base_buf_done(&got);
    base_buf_done(&want);
    result_run_done(&run);
}

static void formats_are_found(void **state)
{
    (void)state;
    assert_ptr_equal(result_format_find("md"), result_format_find("markdown"));
    assert_ptr_equal(result_format_find("text"), &result_formats[0]);
    assert_null(result_format_find("docx"));
    assert_null(result_format_find(""));
}

static void the_ledger_counts(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf out = { 0 };
    const struct result_report_options options = { 0 };
    make_typical(&run);
    const struct result_ledger ledger = result_ledger_of(&run);
    assert_int_equal(ledger.total, 4);
    for (size_t i = 0; i < RESULT_STATE_COUNT; i++)
        assert_int_equal(ledger.counts[i], 1);
    run.verdict_count = 0;
    assert_int_equal(result_report_ledger(&run, &options, &out), BASE_OK);
    assert_int_equal(result_report_ledger_markdown(&run, &out), BASE_OK);
    assert_int_equal(out.size, 0);
    base_buf_done(&out);
    result_run_done(&run);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct result_run run;
    static char memory[1 << 16];
    const struct result_report_options options = { { 80, false }, true };
    make_typical(&run);
    for (size_t f = 0; f < 3; f++) {
        struct base_buf out;
        base_buf_init_fixed(&out, memory, sizeof memory);
        assert_int_equal(result_formats[f].write(&run, &options, &out), BASE_OK);
        for (size_t size = 0, full = out.size; size < full; size += 37) {
            base_buf_init_fixed(&out, memory, size);
            assert_int_equal(result_formats[f].write(&run, &options, &out), BASE_EFULL);
        }
    }
    result_run_done(&run);
}

static void bars(void **state)
{
    (void)state;
    static const double shares[] = { 0, 0.01, 0.125, 0.126, 0.5, 0.99, 1, 7, -1, NAN };
    const struct result_page page = { 0 }, ascii = { .is_ascii = true };
    char out[RESULT_BAR_SIZE * 10 + 1];
    assert_string_equal(result_text_bars(shares, 10, &page, out),
                        " \u2581\u2581\u2582\u2584\u2588\u2588\u2588  ");
    assert_string_equal(result_text_bars(shares, 10, &ascii, out), " ..:=@@@  ");
    assert_string_equal(result_text_bars(shares, 0, &page, out), "");
    struct result_run run;
    struct base_buf text = { 0 };
    make_typical(&run);
    const struct result_report_options options = { .page = ascii, .is_detailed = true };
    assert_int_equal(result_formats[0].write(&run, &options, &text), BASE_OK);
    assert_null(strstr(base_buf_text(&text), "\xe2\x96"));
    assert_non_null(strstr(base_buf_text(&text), "processes         "));
    base_buf_done(&text);
    result_run_done(&run);
}

int main(int argc, char **argv)
{
    golden_folder = argc > 1 ? argv[1] : golden_folder_default;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typical_run),
        cmocka_unit_test(an_empty_run),
        cmocka_unit_test(one_case),
        cmocka_unit_test(only_failures),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(colours_only_when_asked),
        cmocka_unit_test(colours_do_not_move_anything),
        cmocka_unit_test(two_hundred_cases),
        cmocka_unit_test(json_is_the_run),
        cmocka_unit_test(formats_are_found),
        cmocka_unit_test(the_ledger_counts),
        cmocka_unit_test(bars),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
