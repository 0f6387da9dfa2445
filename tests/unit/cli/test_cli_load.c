/* test_cli_load.c - runs from wherever they are: what is a document and what a program, and
 * HdrHistogram's files, whose format lives in the program. */
#define _GNU_SOURCE
#include "unit.h"

#include "interop_hdr.h"
#include "load.h"

#include <bench/hist_log.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *source; /* argv[1]: the tree */

static void path_of(const char *name, char path[600])
{
    snprintf(path, 600, "%s/%s", source, name);
}

static void tells_documents_from_programs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_document;
    } rows[] = {
        { "tests/golden/interop/gbench_old.json", true },
        { "tests/golden/interop/hyperfine.json", true },
        { "tests/golden/interop/go_old.txt", true },
        { "tests/golden/interop/bencher.json", true },
        { "tests/golden/interop/prometheus.txt", true },
        { "tests/golden/interop/criterion", true },
        { "tests/golden/interop/criterion@older", true },
        { "tests/golden/results/signed-run.json", true },
        { "tests/data/measure/jhiccup-2.0.7.hlog", true },
        { "tests/cli/interop.sh", false },
        { "tests/golden/interop/gbench.cc", false },
        { "tests/golden/interop/nosuch.json", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[600];
        path_of(rows[i].name, path);
        if (cli_load_is_document(path) != rows[i].is_document)
            fail_msg("%s is%s taken for a document", path, rows[i].is_document ? " not" : "");
    }
    assert_false(cli_load_is_document("/proc/self/exe"));
}

static void finds_formats(void **state)
{
    (void)state;
    size_t count = 0;
    while (cli_interop_at(count) != NULL)
        assert_ptr_equal(cli_interop_find(cli_interop_at(count)->name), cli_interop_at(count)),
            count++;
    assert_int_equal(count, 7);
    assert_null(cli_interop_find("xml"));
}

static void reads_a_log(void **state)
{
    (void)state;
    char path[600];
    struct result_run run;
    struct cli_load_notes notes;
    struct base_why why = { 0 };
    path_of("tests/data/measure/jhiccup-2.0.7.hlog", path);
    if (cli_load_run(path, &run, &notes, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_ptr_equal(notes.format, &cli_interop_hdr);
    assert_true(notes.notes.count >= 2);
    const struct result_case *one = &run.cases[0];
    assert_string_equal(one->id, "histogram");
    assert_int_equal(one->process_count, 1);
    assert_true(one->process_count == 1 && one->processes[0].batches > 10);
    assert_true(one->min_ns <= one->median_ns.value && one->median_ns.value <= one->p95_ns &&
                one->p95_ns <= one->p99_ns && one->p99_ns <= one->max_ns);
    result_run_done(&run);
}

static base_err import_hdr(const char *text, struct result_run *run, struct base_why *why)
{
    struct result_import_notes notes;
    const struct result_import_source from = { "file", base_span_of(text, strlen(text)), 1 };
    assert_true(cli_interop_hdr.is_like(from.text));
    return cli_interop_hdr.import(&from, run, &notes, why);
}

/* Two processes of one batch each of 1000 and 3000 ns, out and in again. */
static void writes_a_log(void **state)
{
    (void)state;
    uint64_t counts[] = { 1 };
    double first[] = { 1000 }, second[] = { 3000 };
    struct result_process processes[] = {
        { .batches = 1, .sample_count = 1, .counts = counts, .ns = first },
        { .batches = 1, .sample_count = 1, .counts = counts, .ns = second },
    };
    struct result_case cases[] = { { .id = "a case, with blanks",
                                     .suite = "s",
                                     .status = "ok",
                                     .median_ns = { 2000, NAN, NAN },
                                     .min_ns = 1000,
                                     .max_ns = 3000,
                                     .processes = processes,
                                     .process_count = 2 },
                                   { .id = "b", .status = "error" } };
    struct result_run run = { .id = "01JD7Z8Q4M5N6P7R8S9TAVBWCX", .cases = cases, .case_count = 2 };
    struct result_run back;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    size_t left_out = 0;
    assert_int_equal(cli_interop_hdr.export(&run, &out, &left_out, &why), BASE_OK);
    assert_int_equal(left_out, 1);
    assert_int_equal(import_hdr(base_buf_text(&out), &back, &why), BASE_OK);
    assert_string_equal(back.cases[0].id, "a_case__with_blanks");
    assert_int_equal(back.cases[0].processes[0].sample_count, 2);
    assert_float_equal(back.cases[0].processes[0].ns[0], 1000, 1);
    assert_float_equal(back.cases[0].processes[0].ns[1], 3000, 3);
    assert_float_equal(back.cases[0].max_ns, 3000, 3);
    result_run_done(&back);
    base_buf_done(&out);
}

static void reads_a_table(void **state)
{
    (void)state;
    static const char table[] = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
                                "       0.100 0.000000000000          1           1.00\n"
                                "       0.500 0.500000000000         50           2.00\n"
                                "       2.000 1.000000000000        100\n"
                                "#[Mean    =        0.400, StdDeviation   =        0.200]\n"
                                "#[Max     =        2.000, Total count    =          100]\n";
    struct result_run run;
    struct base_why why = { 0 };
    if (import_hdr(table, &run, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(run.cases[0].process_count, 0);
    assert_float_equal(run.cases[0].median_ns.value, 500000, 500);
    assert_true(isnan(run.cases[0].median_ns.low));
    assert_float_equal(run.cases[0].max_ns, 2000000, 2000);
    result_run_done(&run);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        { "#[Histogram log format version 1.3]\n", "it holds no benchmark" },
        { "#[Histogram log format version 9.9]\n0.1,1.0,1.0,HISTFAAAA\n", "9.9" },
        { "#[Histogram log format version 1.3]\n0.1,1.0,1.0,HISTF!!!!\n", "line 2" },
        { "#[Histogram log format version 1.3]\nx\n", "line 2" },
        { "       Value     Percentile TotalCount 1/(1-Percentile)\n\n", "no values" },
        { "       Value     Percentile TotalCount 1/(1-Percentile)\n\n  x 0.5 3 1.0\n", "line 3" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result_run run = { 0 };
        struct base_why why = { 0 };
        const base_err err = import_hdr(rows[i].text, &run, &why);
        if (err == BASE_OK || strncmp(why.text, "file:", 5) != 0 ||
            strstr(why.text, rows[i].sentence) == NULL)
            fail_msg("row %zu: %s: %s", i, base_err_name(err), why.text);
    }
}

/* A file with holes: refused by its size, before it is read. */
static void refuses_a_gigabyte(void **state)
{
    (void)state;
    char path[] = "/tmp/test_cli_load.XXXXXX";
    struct result_run run = { 0 };
    struct cli_load_notes notes;
    struct base_why why = { 0 };
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, INT64_C(1) << 30), 0);
    assert_int_equal(cli_load_run(path, &run, &notes, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "1073741824 bytes"));
    assert_int_equal(cli_load_as(path, cli_interop_find("hyperfine"), &run, &notes, &why),
                     BASE_ERANGE);
    close(file);
    unlink(path);
}

int main(int argc, char **argv)
{
    source = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_documents_from_programs),
        cmocka_unit_test(finds_formats),
        cmocka_unit_test(reads_a_log),
        cmocka_unit_test(writes_a_log),
        cmocka_unit_test(reads_a_table),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_a_gigabyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
