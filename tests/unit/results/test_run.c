/* test_run.c - the document: round trips, and every error with its line and field. */
#define _GNU_SOURCE
#include "unit.h"

#include "result_sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void write_run(const struct result_run *run, struct base_buf *out)
{
    struct base_why why = { 0 };
    if (result_run_write_why(run, out, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void read_run(const struct base_buf *text, struct result_run *run)
{
    struct base_why why = { 0 };
    if (result_run_read(base_buf_span(text), "a.json", run, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

/* Write, read, write: the same bytes. */
static void check_round_trip(const struct result_run *run)
{
    struct base_buf first = { 0 };
    struct base_buf second = { 0 };
    struct result_run back = { 0 };
    write_run(run, &first);
    read_run(&first, &back);
    write_run(&back, &second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    result_run_done(&back);
    base_buf_done(&first);
    base_buf_done(&second);
}

static void the_sample_comes_back(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    struct result_run back = { 0 };
    struct base_buf text = { 0 };
    sample_run(&run);
    check_round_trip(&run);
    write_run(&run, &text);
    read_run(&text, &back);
    assert_string_equal(back.command, run.command);
    assert_string_equal(back.host.items[1].value, run.host.items[1].value);
    assert_int_equal(back.case_count, 3);
    const struct result_case *item = result_run_find(&back, "enc/encode:entries=100");
    assert_non_null(item);
    assert_true(item->median_ns.value == 100.125 && isnan(item->slope_ns.low));
    assert_true(item->processes[0].ns[2] == 99.0 + 1.0 / 3);
    assert_true(item->processes[0].counts[3] == 128);
    assert_null(item->processes[1].reference_ns);
    assert_true(isnan(item->processes[1].core_ns) && isnan(item->counters.items[1].value));
    assert_int_equal(item->outliers.high_severe, 3);
    assert_null(result_run_find(&back, "enc/encode"));
    assert_string_equal(back.cases[1].why, "digest differs at byte 3");
    assert_true(isnan(back.verdicts[1].measured.value));
    assert_null(back.key);
    result_run_done(&back);
    result_run_done(&run);
    base_buf_done(&text);
}

static void random_runs_come_back(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 11);
    for (int i = 0; i < 300; i++) {
        struct result_run run = { 0 };
        sample_run_random(&rng, &run);
        check_round_trip(&run);
        result_run_done(&run);
    }
}

static const struct row {
    const char *find; /* in the sample's document, once; "" appends */
    const char *put;
    base_err err;
    const char *sentence;
} rows[] = {
    { "\"confidence\": 0.95", "\"confidence\": \"high\"", BASE_EINVALID,
      "a.json:8: confidence: expected a number, found text" },
    { "\"confidence\": 0.95", "\"confidence\": 1.5", BASE_EINVALID,
      "a.json:8: confidence: 1.5 is above 1" },
    { "\"confidence\": 0.95", "\"confidence\": null", BASE_EINVALID,
      "a.json:8: confidence: expected a number, found null" },
    { "\"value\": 100.125, \"low\"", "\"value\": \"100\", \"low\"", BASE_EINVALID,
      "cases[0].median_ns.value: expected a number, found text" },
    { "\"value\": 100.125, \"low\": 99.12375", "\"value\": 100.125, \"low\": 999", BASE_EINVALID,
      "cases[0].median_ns: low 999 is above high 101.12625" },
    { "{ \"value\": 100.125 }", "{ }", BASE_EINVALID, "cases[0].slope_ns: empty" },
    { "\"command\": ", "\"comand\": ", BASE_EINVALID, "a.json:1: command: missing" },
    { "\"state\": \"complete\",", "", BASE_EINVALID, "a.json:1: state: missing" },
    { "\"state\": \"complete\"", "\"colour\": 1, \"state\": \"complete\"", BASE_EINVALID,
      "a.json:7: colour: unknown field" },
    { "\"low_severe\": 0", "\"low_severe\": 0, \"lower\": 1", BASE_EINVALID,
      "cases[0].outliers.lower: unknown field" },
    { "\"state\": \"complete\"", "\"state\": \"running\"", BASE_EINVALID,
      "a.json:7: state: 'running' is none of 'complete', 'interrupted'" },
    { "\"state\": \"complete\"", "\"state\": \"complete\", \"state\": \"complete\"", BASE_EPARSE,
      "a.json:7: not well-formed JSON: duplicate object key" },
    { "01JD7Q2M8Z0123456789ABCDEF", "01JD7Q2M8Z0123456789ABCDEI", BASE_EINVALID,
      "a.json:3: id: expected an id of 26 characters" },
    { "2026-01-31T12:00:00.000Z", "2026-01-31 12:00:00", BASE_EINVALID,
      "a.json:5: started: expected a time such as" },
    { "\"threads\": 1,", "\"threads\": 4294967296,", BASE_EINVALID,
      "cases[0].threads: 4294967296 is above 4294967295" },
    { "\"threads\": 1,", "\"threads\": -1,", BASE_EINVALID, "cases[0].threads: -1 is below 0" },
    { "\"threads\": 1,", "\"threads\": 1.5,", BASE_EINVALID,
      "cases[0].threads: expected a whole number, found a number with a fraction" },
    { "\"threads\": 1,", "\"threads\": [1],", BASE_EINVALID,
      "cases[0].threads: expected a whole number, found an array" },
    { "\"is_at_floor\": true", "\"is_at_floor\": 1", BASE_EINVALID,
      "cases[2].is_at_floor: expected true or false, found a whole number" },
    { "\"counts\": [16, 32, 64, 128]", "\"counts\": [16, 0, 64, 128]", BASE_EINVALID,
      "cases[0].processes[0].counts[1]: 0 is below 1" },
    { "\"counts\": [16, 32, 64, 128]", "\"counts\": [16, 64, 128]", BASE_EINVALID,
      "cases[0].processes[0].ns: 4 elements, but the array before it has 3" },
    { "\"counts\": [16, 32, 64, 128]", "\"counts\": 16", BASE_EINVALID,
      "cases[0].processes[0].counts: expected an array, found a whole number" },
    { "[101.25, 100.5,", "[-101.25, 100.5,", BASE_EINVALID,
      "cases[0].processes[0].ns[0]: -101.25 is below 0" },
    { "[101.25, 100.5,", "[true, 100.5,", BASE_EINVALID,
      "cases[0].processes[0].ns[0]: expected a number, found true" },
    { "[101.25, 100.5,", "[1e999, 100.5,", BASE_EPARSE, "not well-formed JSON" },
    { "[101.25, 100.5,", "[NaN, 100.5,", BASE_EPARSE, "not well-formed JSON" },
    { "\"status\": \"wrong\"", "\"status\": \"bad\"", BASE_EINVALID,
      "cases[1].status: 'bad' is none of 'ok', 'wrong'" },
    { "{ \"name\": \"processes\", \"value\": \"2\" }", "7", BASE_EINVALID,
      "config[0]: expected an object, found a whole number" },
    { "\"schema\": \"bpi-perf/run/1\"", "\"schema\": \"bpi-perf/run/2\", \"x\": 1",
      BASE_EUNSUPPORTED, "a.json:2: schema: 'bpi-perf/run/2' is newer than this program" },
    { "\"schema\": \"bpi-perf/run/1\"", "\"schema\": \"bpi-perf/run/01\"", BASE_EINVALID,
      "a.json:2: schema: 'bpi-perf/run/01' is not bpi-perf/run/1" },
    { "\"schema\": \"bpi-perf/run/1\"", "\"schema\": 1", BASE_EINVALID,
      "a.json:2: schema: expected text" },
    { "\"schema\": \"bpi-perf/run/1\",", "", BASE_EINVALID, "a.json:1: schema: missing" },
    { "abc1234", "abc\\u0000", BASE_EPARSE, "not well-formed JSON" },
    { "abc1234", "abc\xff", BASE_EPARSE, "not well-formed JSON" },
    { "\"confidence\": 0.95,", "\"confidence\": 0.95", BASE_EPARSE, "a.json:9: not well-formed" },
    { "", "{}", BASE_EPARSE, "end of file expected" },
    { "", "x", BASE_EPARSE, "end of file expected" },
};

static void replace(struct base_buf *out, const struct base_buf *text, const struct row *row)
{
    const char *const start = (const char *)text->data;
    const char *at = row->find[0] == '\0' ? start + text->size
                                          : memmem(start, text->size, row->find, strlen(row->find));
    if (at == NULL)
        fail_msg("the sample has no %s", row->find);
    const size_t head = (size_t)(at - start);
    const size_t rest = head + strlen(row->find);
    assert_int_equal(base_buf_put(out, start, head), BASE_OK);
    assert_int_equal(base_buf_put_text(out, row->put), BASE_OK);
    assert_int_equal(base_buf_put(out, start + rest, text->size - rest), BASE_OK);
}

static void errors_name_file_line_and_field(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    struct base_buf text = { 0 };
    sample_run(&run);
    write_run(&run, &text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_buf changed = { 0 };
        struct base_why why = { 0 };
        struct result_run back = { 0 };
        replace(&changed, &text, &rows[i]);
        const base_err err = result_run_read(base_buf_span(&changed), "a.json", &back, &why);
        if (err != rows[i].err || why.err != err || strstr(why.text, rows[i].sentence) == NULL)
            fail_msg("row %zu: %s: %s", i, base_err_name(err), why.text);
        assert_true(why.at >= 1);
        assert_null(back.id);
        base_buf_done(&changed);
    }
    result_run_done(&run);
    base_buf_done(&text);
}

static void the_line_is_that_of_the_value(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    struct base_buf text = { 0 };
    struct base_buf changed = { 0 };
    struct base_why why = { 0 };
    struct result_run back = { 0 };
    sample_run(&run);
    write_run(&run, &text);
    replace(&changed, &text,
            &(struct row){ .find = "\"status\": \"wrong\"", .put = "\"status\": 7" });
    assert_int_equal(result_run_read(base_buf_span(&changed), "a.json", &back, &why),
                     BASE_EINVALID);
    const char *at = strstr(base_buf_text(&changed), "\"status\": 7");
    size_t line = 1;
    for (const char *c = (const char *)changed.data; c < at; c++)
        line += *c == '\n';
    assert_int_equal(why.at, line);
    result_run_done(&run);
    base_buf_done(&text);
    base_buf_done(&changed);
}

static void texts_that_are_no_documents_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sentence;
    } bad[] = { { "", "a.json:1: not well-formed" },
                { "[]", "a.json:1: document: expected an object, found an array" },
                { "7", "a.json:1: not well-formed" },
                { "\n\n{\"a\": 1}", "a.json:3: schema: missing" } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct base_why why = { 0 };
        struct result_run run = { 0 };
        const struct base_span text = base_span_of(bad[i].text, strlen(bad[i].text));
        assert_int_not_equal(result_run_read(text, "a.json", &run, &why), BASE_OK);
        if (strstr(why.text, bad[i].sentence) == NULL)
            fail_msg("%s", why.text);
    }
}

/* Every prefix of a document is an error and nothing worse. */
static void cut_documents_are_refused(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    struct base_buf text = { 0 };
    sample_run(&run);
    write_run(&run, &text);
    for (size_t size = 0; size + 2 < text.size; size += 7) {
        struct result_run back = { 0 };
        assert_int_equal(result_run_read(base_span_of(text.data, size), "a.json", &back, NULL),
                         BASE_EPARSE);
    }
    result_run_done(&run);
    base_buf_done(&text);
}

static void check_refused(struct result_run *run, const char *sentence)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(base_buf_put_text(&out, "before"), BASE_OK);
    assert_int_equal(result_run_write_why(run, &out, &why), BASE_EINVALID);
    if (strstr(why.text, sentence) == NULL)
        fail_msg("%s", why.text);
    assert_int_equal(result_run_write(run, &out), BASE_EINVALID);
    assert_int_equal(out.size, 6);
    base_buf_done(&out);
    result_run_done(run);
    sample_run(run);
}

static void what_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    sample_run(&run);
    run.cases[0].median_ns.high = INFINITY;
    check_refused(&run, "run: cases[0].median_ns.high: inf is not a finite number");
    run.cases[0].processes[0].ns[1] = NAN;
    check_refused(&run, "run: cases[0].processes[0].ns[1]: nan is not a finite number");
    run.cases[0].processes[0].counts[1] = 0;
    check_refused(&run, "run: cases[0].processes[0].counts[1]: 0 is below 1");
    run.cases[0].elapsed_ns = UINT64_MAX;
    check_refused(&run, "run: cases[0].elapsed_ns: a count of 2^63 or more");
    run.cases[0].mean_ns.low = 1e9;
    check_refused(&run, "run: cases[0].mean_ns: low 1000000000 is above high");
    run.cases[1].id = NULL;
    check_refused(&run, "run: cases[1].id: missing");
    run.host.items[0].value = "\xc3(";
    check_refused(&run, "run: host[0].value: the text is not UTF-8");
    run.state = "running";
    check_refused(&run, "run: state: 'running' is none of");
    run.cases[0].processes[0].sample_count = RESULT_SAMPLE_MAX + 1;
    check_refused(&run, "run: cases[0].processes[0].counts: too many numbers");
    run.confidence = 95;
    check_refused(&run, "run: confidence: 95 is above 1");
    result_run_done(&run);
}

static void ids_sort_by_time(void **state)
{
    (void)state;
    char early[RESULT_ID_SIZE];
    char late[RESULT_ID_SIZE];
    char again[RESULT_ID_SIZE];
    result_run_make_id(1469918176385, early);
    assert_memory_equal(early, "01ARYZ6S41", 10); /* the ULID specification's example */
    result_run_make_id(1469918176386, late);
    result_run_make_id(1469918176386, again);
    assert_true(strcmp(early, late) < 0);
    assert_string_not_equal(late, again);
    assert_int_equal(strlen(late), RESULT_ID_SIZE - 1);
    char time[RESULT_TIME_SIZE];
    result_run_print_time(0, time);
    assert_string_equal(time, "1970-01-01T00:00:00.000Z");
    result_run_print_time(1769860809250, time);
    assert_string_equal(time, "2026-01-31T12:00:09.250Z");
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 100 cases of 10 processes of 200 samples: the largest run that people make every day. */
static void large_runs_are_quick(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 5);
    struct result_run run = { 0 };
    struct result_run back = { 0 };
    struct base_buf text = { 0 };
    sample_run_large(&rng, 100, 10, &run);
    const double start = seconds();
    write_run(&run, &text);
    const double written = seconds();
    read_run(&text, &back);
    const double done = seconds();
    print_message("%.1f MB: written in %.3f s, read in %.3f s\n", (double)text.size / 1e6,
                  written - start, done - written);
#ifndef BPI_SANITIZED
    assert_true(done - start < 2); /* four times the goal: other programs share the machine */
#endif
    result_run_done(&run);
    result_run_done(&back);
    base_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_comes_back),
        cmocka_unit_test(random_runs_come_back),
        cmocka_unit_test(errors_name_file_line_and_field),
        cmocka_unit_test(the_line_is_that_of_the_value),
        cmocka_unit_test(texts_that_are_no_documents_are_refused),
        cmocka_unit_test(cut_documents_are_refused),
        cmocka_unit_test(what_cannot_be_read_is_not_written),
        cmocka_unit_test(ids_sort_by_time),
        cmocka_unit_test(large_runs_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
