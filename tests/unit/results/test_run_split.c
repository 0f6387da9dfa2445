/* test_run_split.c - a document read in parts is the document read whole: the same run, and for
 * what is not right the same error with the same words. */
#include "unit.h"

#include "result_sample.h"
#include "run_split.h"
#include "run_table.h"

#include <string.h>

static struct base_span span_of(const char *text)
{
    return base_span_of(text, strlen(text));
}

static void finds_the_cases(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_found;
        size_t count;
    } rows[] = {
        { "{\"cases\": []}", true, 0 },
        { "{\"cases\": [{}]}", true, 1 },
        { " { \"a\" : [1, {\"cases\": [{}]}] , \"cases\" :\n[ {} , {\"x\": \"]}\\\"\"} ] }", true,
          2 },
        { "{\"a\": \"cases\", \"cases\": [{\"b\": [[{}]]}, {}, {}]}", true, 3 },
        { "{\"a\": \"\\\\\", \"cases\": [{}]}", true, 1 },
        { "", false, 0 },
        { "[]", false, 0 },
        { "{}", false, 0 },
        { "{\"cases\"", false, 0 },
        { "{\"cases\": 5}", false, 0 },
        { "{\"cases\": [", false, 0 },
        { "{\"cases\": [{}", false, 0 },
        { "{\"cases\": [{},]}", false, 0 },
        { "{\"cases\": [,{}]}", false, 0 },
        { "{\"cases\": [{} {}]}", false, 0 },
        { "{\"cases\": [{},,{}]}", false, 0 },
        { "{\"cases\": [1]}", false, 0 },
        { "{\"cases\": [{\"a\": \"]}", false, 0 },
        { "{\"a\": \"cases\"}", false, 0 },
        { "{\"a\": \"\\", false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result_split split = { 0 };
        if (result_split_of(span_of(rows[i].text), &split) != rows[i].is_found)
            fail_msg("%s: %s", rows[i].text, rows[i].is_found ? "not found" : "found");
        if (rows[i].is_found)
            assert_int_equal(split.count, rows[i].count);
    }
}

/* The way a document was read before it was read in parts. */
static base_err read_whole(struct base_span text, struct result_run *run, struct base_why *why)
{
    json_t *tree = NULL;
    base_err err = result_tree_read(text, "a.json", &tree, why);
    if (err == BASE_OK)
        err = result_tree_to_run(tree, text, "a.json", run, why);
    json_decref(tree);
    return err;
}

static void assert_same(struct base_span text)
{
    struct result_run parts = { 0 }, whole = { 0 };
    struct base_why parts_why = { 0 }, whole_why = { 0 };
    struct base_buf a = { 0 }, b = { 0 };
    const base_err err = result_run_read(text, "a.json", &parts, &parts_why);
    assert_int_equal(err, read_whole(text, &whole, &whole_why));
    if (err == BASE_OK) {
        assert_int_equal(result_run_write(&parts, &a), BASE_OK);
        assert_int_equal(result_run_write(&whole, &b), BASE_OK);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
    } else {
        assert_string_equal(parts_why.text, whole_why.text);
        assert_int_equal(parts_why.at, whole_why.at);
    }
    base_buf_done(&a);
    base_buf_done(&b);
    result_run_done(&parts);
    result_run_done(&whole);
}

static void random_documents(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 4242);
    for (int i = 0; i < 60; i++) {
        struct result_run run;
        struct base_buf text = { 0 };
        sample_run_random(&rng, &run);
        assert_int_equal(result_run_write(&run, &text), BASE_OK);
        assert_same(base_buf_span(&text));
        base_buf_done(&text);
        result_run_done(&run);
    }
}

/* Bytes that JSON cares about, put, changed or cut anywhere. */
static void damaged_documents(void **state)
{
    (void)state;
    static const char bytes[] = "{}[],:\"\\ 0";
    struct base_rng rng;
    struct result_run run;
    struct base_buf text = { 0 };
    base_rng_init(&rng, 99);
    sample_run(&run);
    assert_int_equal(result_run_write(&run, &text), BASE_OK);
    for (int i = 0; i < 4000; i++) {
        struct base_buf changed = { 0 };
        const size_t at = base_rng_below(&rng, text.size);
        const uint64_t kind = base_rng_below(&rng, 3);
        assert_int_equal(base_buf_put(&changed, text.data, at), BASE_OK);
        if (kind != 2)
            assert_int_equal(base_buf_put(&changed, &bytes[base_rng_below(&rng, 10)], 1), BASE_OK);
        const size_t skip = kind == 0 ? 0 : 1;
        assert_int_equal(base_buf_put(&changed, text.data + at + skip, text.size - at - skip),
                         BASE_OK);
        assert_same(base_buf_span(&changed));
        base_buf_done(&changed);
    }
    base_buf_done(&text);
    result_run_done(&run);
}

static void cases_twice(void **state)
{
    (void)state;
    struct result_run run;
    struct base_buf text = { 0 }, changed = { 0 };
    sample_run(&run);
    assert_int_equal(result_run_write(&run, &text), BASE_OK);
    const char *const end = strrchr(base_buf_text(&text), '}');
    const size_t size = (size_t)(end - base_buf_text(&text));
    assert_int_equal(base_buf_put(&changed, text.data, size), BASE_OK);
    assert_int_equal(base_buf_put_text(&changed, ", \"cases\": []}"), BASE_OK);
    struct result_run made = { 0 };
    assert_int_not_equal(result_run_read(base_buf_span(&changed), "a.json", &made, NULL), BASE_OK);
    assert_same(base_buf_span(&changed));
    base_buf_done(&text);
    base_buf_done(&changed);
    result_run_done(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_cases),
        cmocka_unit_test(random_documents),
        cmocka_unit_test(damaged_documents),
        cmocka_unit_test(cases_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
