/* test_interop.c - files of other tools: what real ones become, that an export is read back as the
 * same numbers, and what is said of bad ones. */
#define _GNU_SOURCE
#include "unit.h"

#include <result/compare.h>
#include <result/interop.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *folder; /* argv[1] */

static void path_of(const char *name, char path[600])
{
    snprintf(path, 600, "%s/%s", folder, name);
}

static void import_text(const char *format, const char *name, struct base_span text,
                        struct result_run *run, struct result_import_notes *notes)
{
    struct base_why why = { 0 };
    const struct result_import_source source = { name, text, 1767225600000 };
    *run = (struct result_run){ 0 };
    if (result_interop_find(format)->import(&source, run, notes, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

/* A golden file, by its contents. */
static void import_file(const char *name, const char *format, struct result_run *run,
                        struct result_import_notes *notes)
{
    char path[600];
    struct base_buf text = { 0 };
    struct base_why why = { 0 };
    path_of(name, path);
    if (base_buf_read_file(&text, path, RESULT_IMPORT_SIZE_MAX, &why) != BASE_OK)
        fail_msg("%s", why.text);
    const struct result_interop *found = result_interop_detect(base_buf_span(&text));
    assert_non_null(found);
    assert_string_equal(found->name, format);
    assert_false(result_interop_is_run(base_buf_span(&text)));
    import_text(format, path, base_buf_span(&text), run, notes);
    base_buf_done(&text);
}

static const struct result_case *case_of(const struct result_run *run, const char *id)
{
    const struct result_case *one = result_run_find(run, id);
    if (one == NULL)
        fail_msg("no case '%s'", id);
    return one;
}

static bool has_note(const struct result_import_notes *notes, const char *part)
{
    for (size_t i = 0; i < notes->count; i++)
        if (strstr(notes->items[i].text, part) != NULL)
            return true;
    return false;
}

/* --- real files ------------------------------------------------------------------------------- */

static void reads_gbench(void **state)
{
    (void)state;
    struct result_run run;
    struct result_import_notes notes;
    import_file("gbench_old.json", "gbench", &run, &notes);
    assert_int_equal(run.case_count, 4);
    assert_string_equal(run.started, "2026-11-22T01:57:48.000Z");
    const struct result_case *sum = case_of(&run, "BM_Sum/64");
    assert_int_equal(sum->process_count, 1); /* repetitions are of one process */
    assert_int_equal(sum->processes[0].sample_count, 4);
    assert_int_equal(sum->processes[0].counts[0], 1499858);
    assert_float_equal(sum->processes[0].ns[0], 34.311713509045781, 1e-12);
    assert_float_equal(sum->median_ns.value, 31.858222578518497, 1e-12); /* the file's own median */
    assert_true(sum->median_ns.low < sum->median_ns.value * 0.9);        /* the drift is in it */
    assert_true(fabs(sum->bytes_per_item - 256) < 1e-6);
    assert_string_equal(sum->counters.items[0].name, "elements");
    const struct result_case *copy = case_of(&run, "BM_Copy/real_time"); /* in us there */
    assert_float_equal(copy->median_ns.value, 29.109418500411263, 1e-9);
    const struct result_case *fails = case_of(&run, "BM_Fails");
    assert_string_equal(fails->status, "error");
    assert_string_equal(fails->why, "no such device");
    assert_true(has_note(&notes, "user counters"));
    result_run_done(&run);

    import_file("gbench_aggregates.json", "gbench", &run, &notes);
    sum = case_of(&run, "BM_Sum/64");
    assert_int_equal(sum->process_count, 0);
    assert_true(sum->median_ns.value > 0 && sum->median_ns.low < sum->median_ns.value);
    assert_true(has_note(&notes, "aggregates only"));
    result_run_done(&run);
}

static void reads_hyperfine(void **state)
{
    (void)state;
    struct result_run run;
    struct result_import_notes notes;
    import_file("hyperfine.json", "hyperfine", &run, &notes);
    const struct result_case *sleep = case_of(&run, "sleep 0.002");
    assert_int_equal(sleep->process_count, 10); /* every run is a fresh process */
    assert_int_equal(sleep->processes[3].sample_count, 1);
    assert_float_equal(sleep->processes[3].ns[0], 3132551, 1e-6);
    assert_float_equal(sleep->mean_ns.value, 3607615, 1e-6);
    assert_float_equal(sleep->stddev_ns, 1213662.6037617614, 1e-6);
    assert_string_equal(sleep->series[0].name, "user_ns");
    assert_float_equal(sleep->series[0].mean, 1036700, 1e-6);
    result_run_done(&run);
    import_file("hyperfine_parameters.json", "hyperfine", &run, &notes);
    assert_string_equal(case_of(&run, "seq 2")->args.items[0].value, "2");
    result_run_done(&run);
}

static void reads_go(void **state)
{
    (void)state;
    struct result_run run;
    struct result_import_notes notes;
    import_file("go_old.txt", "benchfmt", &run, &notes);
    const struct result_case *sum = case_of(&run, "BenchmarkSum-2");
    assert_int_equal(sum->process_count, 1);
    assert_int_equal(sum->processes[0].sample_count, 5);
    assert_float_equal(sum->median_ns.value, 853.5, 1e-12);
    assert_float_equal(sum->bytes_per_item, 8000, 1);
    assert_string_equal(sum->suite, "example.com/sum");
    const struct result_case *small = case_of(&run, "BenchmarkRepeat/size=small-2");
    assert_int_equal(small->counters.count, 3);
    assert_string_equal(small->counters.items[1].name, "B/op");
    assert_float_equal(small->counters.items[1].value, 16, 0);
    result_run_done(&run);
}

static void import_criterion(const char *path, struct result_run *run,
                             struct result_import_notes *notes)
{
    import_text("criterion", path, base_span_of(NULL, 0), run, notes);
}

static void reads_criterion(void **state)
{
    (void)state;
    char path[600], older[620];
    struct result_run run, before;
    struct result_import_notes notes;
    path_of("criterion", path);
    snprintf(older, sizeof older, "%s@older", path);
    import_criterion(path, &run, &notes);
    assert_int_equal(run.case_count, 3);
    const struct result_case *sum = case_of(&run, "sum/iter/1000");
    assert_int_equal(sum->process_count, 1);
    assert_int_equal(sum->processes[0].sample_count, 20);
    assert_float_equal(sum->parts_per_item, 1000, 0);
    assert_true(has_note(&notes, "'older'"));
    import_criterion(older, &before, &notes);
    assert_int_equal(before.case_count, 3);
    assert_string_not_equal(before.id, run.id);
    assert_true(case_of(&before, "copy 1000")->median_ns.value > 0);
    result_run_done(&run);
    result_run_done(&before);
}

static void reads_values(void **state)
{
    (void)state;
    struct result_run run;
    struct result_import_notes notes;
    import_file("bencher.json", "bencher", &run, &notes);
    assert_float_equal(case_of(&run, "benchmark_one")->median_ns.value, 88, 0);
    assert_true(case_of(&run, "benchmark_one")->median_ns.low < 87.42);
    assert_true(isnan(case_of(&run, "benchmark two")->median_ns.low));
    assert_float_equal(case_of(&run, "by_rate")->median_ns.value, 2000, 0);
    assert_true(has_note(&notes, "throughput"));
    result_run_done(&run);
    import_file("prometheus.txt", "openmetrics", &run, &notes);
    assert_float_equal(case_of(&run, "go_gc_duration_seconds")->median_ns.value, 756180, 1e-3);
    assert_float_equal(case_of(&run, "go_gc_duration_seconds")->mean_ns.value, 2937581 / 4.0, 1e-3);
    assert_true(has_note(&notes, "no durations"));
    result_run_done(&run);
}

/* --- round trips ------------------------------------------------------------------------------ */

static bool is_near(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

static void assert_same(const struct result_run *a, const struct result_run *b)
{
    for (size_t i = 0; i < a->case_count; i++) {
        if (strcmp(a->cases[i].status, "ok") != 0)
            continue;
        const struct result_case *one = &a->cases[i], *two = case_of(b, one->id);
        assert_int_equal(one->process_count, two->process_count);
        assert_true(is_near(one->median_ns.value, two->median_ns.value));
        assert_true(is_near(one->mean_ns.value, two->mean_ns.value));
        for (size_t p = 0; p < one->process_count; p++) {
            assert_int_equal(one->processes[p].sample_count, two->processes[p].sample_count);
            for (size_t k = 0; k < one->processes[p].sample_count; k++)
                assert_true(is_near(one->processes[p].ns[k], two->processes[p].ns[k]) &&
                            one->processes[p].counts[k] == two->processes[p].counts[k]);
        }
    }
}

static void round_trip(const char *name, const char *format)
{
    struct result_run run, back;
    struct result_import_notes notes;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    size_t left_out = 0;
    import_file(name, format, &run, &notes);
    if (result_interop_find(format)->export(&run, &out, &left_out, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_ptr_equal(result_interop_detect(base_buf_span(&out)), result_interop_find(format));
    import_text(format, "again", base_buf_span(&out), &back, &notes);
    assert_same(&run, &back);
    result_run_done(&run);
    result_run_done(&back);
    base_buf_done(&out);
}

static void comes_back(void **state)
{
    (void)state;
    round_trip("gbench_old.json", "gbench");
    round_trip("gbench_single.json", "gbench");
    round_trip("hyperfine.json", "hyperfine");
    round_trip("hyperfine_parameters.json", "hyperfine");
    round_trip("go_new.txt", "benchfmt");
    round_trip("bencher.json", "bencher");
}

static void criterion_comes_back(void **state)
{
    (void)state;
    char path[600], copy[] = "/tmp/test_interop.XXXXXX", command[100];
    struct result_run run, back;
    struct result_import_notes notes;
    struct base_why why = { 0 };
    size_t left_out = 0;
    path_of("criterion", path);
    assert_non_null(mkdtemp(copy));
    import_criterion(path, &run, &notes);
    if (result_interop_find("criterion")->export_folder(&run, copy, &left_out, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(left_out, 0);
    import_criterion(copy, &back, &notes);
    assert_same(&run, &back);
    result_run_done(&run);
    result_run_done(&back);
    snprintf(command, sizeof command, "rm -r '%s'", copy);
    assert_int_equal(system(command), 0);
}

/* Any run can be written in every format, or is refused with a sentence. */
static void crosses(void **state)
{
    (void)state;
    static const char *const names[][2] = { { "gbench_old.json", "gbench" },
                                            { "hyperfine.json", "hyperfine" },
                                            { "go_old.txt", "benchfmt" },
                                            { "bencher.json", "bencher" } };
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < result_interop_count; k++) {
            const struct result_interop *to = result_interop_table[k];
            struct result_run run, back = { 0 };
            struct result_import_notes notes;
            struct base_buf out = { 0 };
            struct base_why why = { 0 };
            size_t left_out;
            if (to->is_folder)
                continue;
            import_file(names[i][0], names[i][1], &run, &notes);
            if (to->export(&run, &out, &left_out, &why) == BASE_OK) {
                import_text(to->name, "crossed", base_buf_span(&out), &back, &notes);
                assert_in_range(back.case_count, 1, run.case_count);
            } else {
                assert_true(strlen(why.text) > 10);
            }
            result_run_done(&run);
            result_run_done(&back);
            base_buf_done(&out);
        }
}

/* A run of our own: a time a process, its median; a command is called as it was typed; what is at
 * the clock's floor is no result. */
static void writes_our_own(void **state)
{
    (void)state;
    uint64_t counts[] = { 10, 30 };
    double ns[] = { 2, 4 };
    struct result_process processes[3];
    for (size_t i = 0; i < 3; i++)
        processes[i] = (struct result_process){ .batches = 2,
                                                .median_ns = 5 + (double)i,
                                                .mean_ns = 100,
                                                .sample_count = 2,
                                                .counts = counts,
                                                .ns = ns };
    struct result_case cases[] = { { .id = "exec/command:sleep 1",
                                     .suite = "exec",
                                     .status = "ok",
                                     .threads = 1,
                                     .median_ns = { 6, NAN, NAN },
                                     .processes = processes,
                                     .process_count = 3 },
                                   { .id = "null/empty",
                                     .suite = "null",
                                     .status = "ok",
                                     .is_at_floor = true,
                                     .median_ns = { 1e-9, NAN, NAN },
                                     .processes = processes,
                                     .process_count = 3 } };
    struct result_run run = { .id = "01JD7Z8Q4M5N6P7R8S9TAVBWCX",
                              .started = "2026-11-21T10:00:00.000Z",
                              .cases = cases,
                              .case_count = 2 };
    static const struct {
        const char *format, *name;
        size_t left_out;
    } rows[] = { { "hyperfine", "sleep 1", 1 },
                 { "benchfmt", "BenchmarkExec/command:sleep_1", 1 },
                 { "gbench", "exec/command:sleep 1", 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result_run back;
        struct result_import_notes notes;
        struct base_buf out = { 0 };
        struct base_why why = { 0 };
        size_t left_out = 9;
        assert_int_equal(result_interop_find(rows[i].format)->export(&run, &out, &left_out, &why),
                         BASE_OK);
        assert_int_equal(left_out, rows[i].left_out);
        import_text(rows[i].format, "own", base_buf_span(&out), &back, &notes);
        const struct result_case *one = case_of(&back, rows[i].name);
        const bool is_hyperfine = i == 0;
        assert_int_equal(one->process_count, is_hyperfine ? 3 : 1);
        assert_float_equal(is_hyperfine ? one->processes[2].ns[0] : one->processes[0].ns[2], 7,
                           1e-9);
        if (!is_hyperfine)
            assert_int_equal(one->processes[0].counts[0], 40);
        result_run_done(&back);
        base_buf_done(&out);
    }
}

/* --- what a comparison makes of them ---------------------------------------------------------- */

#define HYPERFINE(times) "{\"results\":[{\"command\":\"a\",\"mean\":1,\"times\":[" times "]}]}"
#define GBENCH_ONE(unit, time)                                                                     \
    "{\"name\":\"a\",\"run_type\":\"iteration\",\"iterations\":10,\"real_time\":" time             \
    ",\"cpu_time\":1,\"time_unit\":\"" unit "\"}"
#define GBENCH(list) "{\"context\":{},\"benchmarks\":[" list "]}"

struct pair_row {
    const char *format, *baseline, *current;
    enum result_change change;
    const char *why;    /* part of the case's sentence; NULL: any */
    const char *caveat; /* part of a caveat; NULL: any */
};

static const struct pair_row pair_rows[] = {
    { "hyperfine", HYPERFINE("1,1.01,0.99,1,1"), HYPERFINE("3,3.01,2.99,3,3"), RESULT_CHANGE_SLOWER,
      NULL, "raw" },
    { "hyperfine", HYPERFINE("1,1.01,0.99,1,1"), HYPERFINE("1.08,1.09,1.08,1.07,1.08"),
      RESULT_CHANGE_UNDECIDED, NULL, NULL }, /* 8 % is within what two sessions may differ by */
    { "hyperfine", HYPERFINE("1"), HYPERFINE("3"), RESULT_CHANGE_UNDECIDED, "one sample", NULL },
    { "hyperfine", HYPERFINE(""), HYPERFINE("3,3,3"), RESULT_CHANGE_UNDECIDED, "how far", NULL },
    { "hyperfine", HYPERFINE("1,1,1"), HYPERFINE("1,0,1"), RESULT_CHANGE_BROKEN, "not positive",
      NULL },
    { "gbench", GBENCH(GBENCH_ONE("ns", "10")), GBENCH(GBENCH_ONE("ns", "30")),
      RESULT_CHANGE_UNDECIDED, "one sample", "one process" },
    { "gbench",
      GBENCH(GBENCH_ONE("ns", "10") "," GBENCH_ONE("ns", "10.1") "," GBENCH_ONE("ns", "10")),
      GBENCH(GBENCH_ONE("us", "0.03") "," GBENCH_ONE("ns", "30.1") "," GBENCH_ONE("ns", "30")),
      RESULT_CHANGE_SLOWER, NULL, "in us and in ns" },
    { "gbench",
      GBENCH(GBENCH_ONE("ns", "10") "," GBENCH_ONE("ns", "10.1") "," GBENCH_ONE("ns", "10")),
      GBENCH(GBENCH_ONE("ns", "11") "," GBENCH_ONE("ns", "11.1") "," GBENCH_ONE("ns", "11")),
      RESULT_CHANGE_UNDECIDED, NULL, "spread between processes is unknown" },
    { "bencher", "{\"a\":{\"latency\":{\"value\":10,\"lower_value\":9.9,\"upper_value\":10.1}}}",
      "{\"a\":{\"latency\":{\"value\":30,\"lower_value\":29,\"upper_value\":31}}}",
      RESULT_CHANGE_SLOWER, NULL, "no samples" },
    { "bencher", "{\"a\":{\"latency\":{\"value\":10}}}", "{\"a\":{\"latency\":{\"value\":30}}}",
      RESULT_CHANGE_UNDECIDED, "how far", "no samples" },
    { "bencher", "{\"a\":{\"latency\":{\"value\":10}}}", "{\"b\":{\"latency\":{\"value\":30}}}",
      RESULT_CHANGE_MISSING, "only in the baseline", NULL },
};

static void compares(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pair_rows / sizeof pair_rows[0]; i++) {
        const struct pair_row *row = &pair_rows[i];
        struct result_run a, b;
        struct result_import_notes notes;
        struct result_comparison all = { 0 };
        struct base_why why = { 0 };
        bool has_caveat = row->caveat == NULL;
        const struct result_compare_options options = { 0 };
        import_text(row->format, "a", base_span_of(row->baseline, strlen(row->baseline)), &a,
                    &notes);
        import_text(row->format, "b", base_span_of(row->current, strlen(row->current)), &b, &notes);
        assert_int_equal(result_compare(&a, &b, &options, &all, &why), BASE_OK);
        for (size_t k = 0; k < all.caveat_count; k++)
            has_caveat = has_caveat || strstr(all.caveats[k], row->caveat) != NULL;
        if (all.items[0].change != row->change || !has_caveat ||
            (row->why != NULL && strstr(all.items[0].why, row->why) == NULL))
            fail_msg("row %zu: %s, %s, caveat %d", i, result_change_text(all.items[0].change),
                     all.items[0].why != NULL ? all.items[0].why : "-", has_caveat);
        result_comparison_done(&all);
        result_run_done(&a);
        result_run_done(&b);
    }
}

/* --- bad input -------------------------------------------------------------------------------- */

struct bad_row {
    const char *format, *text;
    base_err err;
    const char *sentence;
};

static const struct bad_row bad_rows[] = {
    { "gbench", "{\"context\":{},\"benchmarks\":[{\"name\":\"a\",", BASE_EPARSE, "file:1: column" },
    { "gbench", "{\"context\":{},\n\"benchmarks\":{}}", BASE_EINVALID,
      "'benchmarks' is not a list" },
    { "gbench", GBENCH(""), BASE_EINVALID, "it holds no benchmark" },
    { "gbench", GBENCH("3"), BASE_EINVALID, "benchmarks[0] is not an object" },
    { "gbench", GBENCH("{\"real_time\":1}"), BASE_EINVALID, "benchmarks[0] has no name" },
    { "gbench", GBENCH("{\"name\":7}"), BASE_EINVALID, "'name' is not text" },
    { "gbench", GBENCH("{\"name\":\"\",\"iterations\":1,\"real_time\":1,\"time_unit\":\"ns\"}"),
      BASE_EINVALID, "name has 0 bytes" },
    { "gbench", GBENCH("{\"name\":\"a\",\"iterations\":1,\"real_time\":1}"), BASE_EINVALID,
      "a: the time_unit is 'missing'" },
    { "gbench", GBENCH(GBENCH_ONE("hours", "1")), BASE_EINVALID, "'hours', not ns, us, ms or s" },
    { "gbench", GBENCH("{\"name\":\"a\",\"iterations\":0,\"real_time\":1,\"time_unit\":\"ns\"}"),
      BASE_EINVALID, "a: iterations is 0" },
    { "gbench", GBENCH("{\"name\":\"a\",\"iterations\":1,\"time_unit\":\"ns\"}"), BASE_EINVALID,
      "a: it has no real_time" },
    { "gbench",
      GBENCH("{\"name\":\"a\",\"iterations\":1,\"real_time\":\"1\",\"time_unit\":\"ns\"}"),
      BASE_EINVALID, "'real_time' is not a number" },
    { "gbench", GBENCH(GBENCH_ONE("ns", "1e999")), BASE_EPARSE, "overflow" },
    { "gbench", GBENCH("{\"name\":\"a\",\"name\":\"b\"}"), BASE_EPARSE, "duplicate" },
    { "gbench", GBENCH("{\"name\":\"\xff\"}"), BASE_EPARSE, "file:1: column" },
    { "hyperfine", "{\"results\":[", BASE_EPARSE, "file:1: column" },
    { "hyperfine", "{\"results\":3}", BASE_EINVALID, "'results' is not a list" },
    { "hyperfine", "{\"results\":[]}", BASE_EINVALID, "it holds no benchmark" },
    { "hyperfine", "{\"results\":[{\"mean\":1}]}", BASE_EINVALID, "results[0] has no command" },
    { "hyperfine", "{\"results\":[{\"command\":\"a\"}]}", BASE_EINVALID,
      "neither times nor a mean" },
    { "hyperfine", "{\"results\":[{\"command\":\"a\",\"times\":3}]}", BASE_EINVALID,
      "'times' is not a list" },
    { "hyperfine", HYPERFINE("1,\"2\""), BASE_EINVALID, "a: times[1] is not a number" },
    { "benchfmt", "goos: linux\n", BASE_EINVALID, "it holds no benchmark" },
    { "benchfmt", "BenchmarkA-8 10 ns/op\n", BASE_EINVALID, "it holds no benchmark" },
    { "bencher", "[]", BASE_EINVALID, "not an object of benchmarks" },
    { "bencher", "{}", BASE_EINVALID, "it holds no benchmark" },
    { "bencher", "{\"a\":3}", BASE_EINVALID, "a: it is not an object of measures" },
    { "bencher", "{\"a\":{\"latency\":3}}", BASE_EINVALID, "not an object with a value" },
    { "bencher", "{\"a\":{\"latency\":{}}}", BASE_EINVALID, "a measure has no value" },
    { "openmetrics", "# EOF\n", BASE_EINVALID, "it holds no benchmark" },
    { "openmetrics", "# TYPE a gauge\na_seconds{b=\"c\n", BASE_EPARSE, "file:2: not 'name" },
    { "openmetrics", "# TYPE a gauge\na_seconds one\n", BASE_EPARSE, "file:2: not 'name" },
    { "openmetrics", "# TYPE a gauge\n\x01\x1b[2J\n", BASE_EPARSE, "\\x1b" },
    { "criterion", "", BASE_EINVALID, "" },
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad_row *row = &bad_rows[i];
        struct result_run run = { 0 };
        struct result_import_notes notes;
        struct base_why why = { 0 };
        const bool is_folder = strcmp(row->format, "criterion") == 0;
        const struct result_import_source source = { is_folder ? "/nonexistent" : "file",
                                                     base_span_of(row->text, strlen(row->text)),
                                                     1 };
        const base_err err = result_interop_find(row->format)->import(&source, &run, &notes, &why);
        if (is_folder) {
            assert_int_equal(err, BASE_EIO);
            continue;
        }
        if (err != row->err || strstr(why.text, row->sentence) == NULL ||
            strncmp(why.text, "file:", 5) != 0)
            fail_msg("row %zu (%s): %s: %s", i, row->text, base_err_name(err), why.text);
        assert_null(run.id);
    }
}

/* Deep nesting, and every beginning of a real file: an error with a sentence, or a run. */
static void survives_cuts(void **state)
{
    (void)state;
    static const char *const names[][2] = { { "gbench_single.json", "gbench" },
                                            { "hyperfine_parameters.json", "hyperfine" },
                                            { "go_old.txt", "benchfmt" },
                                            { "bencher.json", "bencher" } };
    char *deep = malloc(100001);
    memset(deep, '[', 100000);
    deep[100000] = '\0';
    for (size_t i = 0; i < 4; i++) {
        char path[600];
        struct base_buf text = { 0 };
        const struct result_interop *format = result_interop_find(names[i][1]);
        path_of(names[i][0], path);
        assert_int_equal(base_buf_read_file(&text, path, 1 << 20, NULL), BASE_OK);
        for (size_t size = 0; size < text.size; size += 1 + size / 40) {
            struct result_run run = { 0 };
            struct result_import_notes notes;
            struct base_why why = { 0 };
            const struct result_import_source source = { "cut", base_span_of(text.data, size), 1 };
            if (format->import(&source, &run, &notes, &why) != BASE_OK)
                assert_true(strncmp(why.text, "cut:", 4) == 0 && strlen(why.text) > 10);
            result_run_done(&run);
        }
        struct result_run run = { 0 };
        struct result_import_notes notes;
        struct base_why why = { 0 };
        const struct result_import_source source = { "deep", base_span_of(deep, 100000), 1 };
        assert_int_not_equal(format->import(&source, &run, &notes, &why), BASE_OK);
        base_buf_done(&text);
    }
    free(deep);
}

/* --- odd but readable ------------------------------------------------------------------------- */

#define OWN(value, low, high)                                                                      \
    "bpi_perf_case_seconds{case=\"a/b\",statistic=\"mean\"} " value "\n"                           \
    "bpi_perf_case_low_seconds{case=\"a/b\",statistic=\"mean\"} " low "\n"                         \
    "bpi_perf_case_high_seconds{case=\"a/b\",statistic=\"mean\"} " high "\n# EOF\n"

/* Two processes of which one was disturbed: Student's interval of the mean reaches below zero. */
static void keeps_wide_intervals(void **state)
{
    (void)state;
    struct result_run run;
    struct result_import_notes notes;
    static const char wide[] = OWN("2e-9", "-7e-9", "1.1e-8");
    import_text("openmetrics", "wide", base_span_of(wide, sizeof wide - 1), &run, &notes);
    assert_string_equal(run.cases[0].status, "ok");
    assert_float_equal(run.cases[0].mean_ns.value, 2, 1e-9);
    assert_float_equal(run.cases[0].mean_ns.low, -7, 1e-9);
    assert_float_equal(run.cases[0].mean_ns.high, 11, 1e-9);
    result_run_done(&run);

    static const char negative[] = OWN("-2e-9", "-7e-9", "1e-9");
    import_text("openmetrics", "negative", base_span_of(negative, sizeof negative - 1), &run,
                &notes);
    assert_string_equal(run.cases[0].status, "error");
    assert_non_null(strstr(run.cases[0].why, "not positive"));
    result_run_done(&run);
}

static void keeps_what_it_can(void **state)
{
    (void)state;
    struct result_run run;
    struct result_import_notes notes;
    static const char zero[] = GBENCH(GBENCH_ONE("ns", "0") "," GBENCH_ONE("ns", "1"));
    import_text("gbench", "zero", base_span_of(zero, sizeof zero - 1), &run, &notes);
    assert_string_equal(run.cases[0].status, "error");
    assert_non_null(strstr(run.cases[0].why, "not positive"));
    result_run_done(&run);

    static const char negative[] = HYPERFINE("1,-2");
    import_text("hyperfine", "negative", base_span_of(negative, sizeof negative - 1), &run, &notes);
    assert_non_null(strstr(run.cases[0].why, "time 2 is -2e+09 ns, not positive"));
    result_run_done(&run);

    static const char huge[] = HYPERFINE("1,1e300");
    import_text("hyperfine", "huge", base_span_of(huge, sizeof huge - 1), &run, &notes);
    assert_non_null(strstr(run.cases[0].why, "31 years"));
    result_run_done(&run);

    static const char nan[] =
        GBENCH(GBENCH_ONE("ns", "2") ",{\"name\":\"a_cv\",\"run_name\":\"a\","
                                     "\"run_type\":\"aggregate\",\"aggregate_name\":\"cv\","
                                     "\"real_time\":NaN,\"cpu_time\":-Infinity}");
    import_text("gbench", "nan", base_span_of(nan, sizeof nan - 1), &run, &notes);
    assert_int_equal(run.case_count, 1);
    assert_string_equal(run.cases[0].status, "ok");
    result_run_done(&run);

    static const char twice[] = "{\"results\":[{\"command\":\"a\",\"mean\":1},"
                                "{\"command\":\"a\",\"mean\":2},{\"command\":\"a\",\"mean\":3},"
                                "{\"command\":\"x\\ny\\u001b[2J\",\"mean\":4}]}";
    import_text("hyperfine", "twice", base_span_of(twice, sizeof twice - 1), &run, &notes);
    assert_float_equal(case_of(&run, "a#3")->median_ns.value, 3e9, 0);
    assert_true(has_note(&notes, "more than once"));
    assert_true(has_note(&notes, "control characters"));
    assert_non_null(result_run_find(&run, "x\\ny\\x1b[2J"));
    result_run_done(&run);

    static const char lines[] = "pkg: p\nBenchmarkA\nBenchmarkA-8 10 5 ns/op 3 widgets/op\n"
                                "BenchmarkA-8 10 0.000000006 sec/op\nBenchmarkA-8 x 5 ns/op\n"
                                "BenchmarkA-8 10 nan ns/op\nBenchmarkB\xff 1 2 ns/op\n"
                                "BenchmarkC 1 2 B/op\npkg: q\nBenchmarkA-8 1 9 ns/op\n"
                                "Benchmark 1 2";
    import_text("benchfmt", "lines", base_span_of(lines, sizeof lines - 1), &run, &notes);
    assert_int_equal(case_of(&run, "BenchmarkA-8")->processes[0].sample_count, 2);
    assert_float_equal(case_of(&run, "BenchmarkA-8")->processes[0].ns[1], 6, 1e-12);
    assert_non_null(result_run_find(&run, "q.BenchmarkA-8"));
    assert_non_null(result_run_find(&run, "BenchmarkB\\xff"));
    assert_true(has_note(&notes, "line 5 is left out: not a count"));
    assert_true(has_note(&notes, "line 6 is left out: not a number"));
    assert_true(has_note(&notes, "line 8 is left out: no time"));
    assert_true(has_note(&notes, "line 11 is left out"));
    result_run_done(&run);
}

/* The same bytes are the same run; notes travel in the document. */
static void is_repeatable(void **state)
{
    (void)state;
    struct result_run a, b;
    struct result_import_notes notes;
    import_file("gbench_old.json", "gbench", &a, &notes);
    import_file("gbench_old.json", "gbench", &b, &notes);
    assert_string_equal(a.id, b.id);
    bool has_title = false, has_text = false;
    for (size_t i = 0; i < a.config.count; i++) {
        has_title = has_title || strcmp(a.config.items[i].name, RESULT_IMPORTED_FROM) == 0;
        has_text = has_text || strcmp(a.config.items[i].value, notes.items[0].text) == 0;
    }
    assert_true(has_title && has_text);
    result_run_done(&a);
    result_run_done(&b);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : "tests/golden/interop";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_gbench),
        cmocka_unit_test(reads_hyperfine),
        cmocka_unit_test(reads_go),
        cmocka_unit_test(reads_criterion),
        cmocka_unit_test(reads_values),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(criterion_comes_back),
        cmocka_unit_test(crosses),
        cmocka_unit_test(writes_our_own),
        cmocka_unit_test(compares),
        cmocka_unit_test(refuses),
        cmocka_unit_test(survives_cuts),
        cmocka_unit_test(keeps_wide_intervals),
        cmocka_unit_test(keeps_what_it_can),
        cmocka_unit_test(is_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
