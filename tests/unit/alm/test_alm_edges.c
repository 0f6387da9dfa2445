/* test_alm_edges.c - texts of users: names, what may be left out, and a sentence for each mistake.
 */
#include "unit.h"

#include <mfn/alm_edges.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct base_span span(const char *text)
{
    return base_span_of(text, strlen(text));
}

static void names_values_and_comments(void **state)
{
    (void)state;
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    const char *const text = "# a graph\r\n"
                             "paris lyon 4.5 10000 0.9999 2 # fast\r\n"
                             "\n"
                             "\tlyon\t7  1e1\n"
                             "7 paris 0 2.5\n"
                             "a#b lyon 1 1 1";
    if (mfn_alm_edges_read(&e, span(text), false, &why) != BASE_OK)
        fail_msg("%s", why.text);
    static const struct mfn_alm_edge expect[] = { { 0, 1, 4.5, 10000, 0.9999, 2 },
                                                  { 1, 2, 10, 1000, 1, 1 },
                                                  { 2, 0, 0, 2.5, 1, 1 },
                                                  { 3, 1, 1, 1, 1, 1 } };
    assert_int_equal(e.count, 4);
    assert_int_equal(e.node_count, 4);
    assert_memory_equal(e.items, expect, sizeof expect);
    assert_string_equal(mfn_alm_edges_name(&e, 2), "7");
    assert_string_equal(mfn_alm_edges_name(&e, 3), "a#b");
    assert_int_equal(mfn_alm_edges_find(&e, "lyon"), 1);
    assert_int_equal(mfn_alm_edges_find(&e, "lyo"), MFN_ALM_NONE);
    assert_int_equal(mfn_alm_edges_find(&e, ""), MFN_ALM_NONE);
    mfn_alm_edges_done(&e);
    assert_int_equal(mfn_alm_edges_find(&e, "lyon"), MFN_ALM_NONE);
    assert_int_equal(mfn_alm_edges_read(&e, span("a b 3"), true, &why), BASE_OK);
    assert_int_equal(e.count, 2);
    assert_true(e.items[1].from == 1 && e.items[1].to == 0 && e.items[1].latency_ms == 3);
    mfn_alm_edges_done(&e);
    mfn_alm_edges_done(&e);
    assert_int_equal(mfn_alm_edges_read(&e, span(""), false, &why), BASE_OK);
    assert_int_equal(e.count, 0);
}

static void many_names(void **state)
{
    (void)state;
    enum { NODES = 5000 };
    struct base_buf text = { 0 };
    for (int i = 0; i < NODES; i++)
        assert_int_equal(base_buf_printf(&text, "n%d n%d 1\n", i, (i + 1) % NODES), BASE_OK);
    struct mfn_alm_edges e = { 0 };
    assert_int_equal(mfn_alm_edges_read(&e, base_buf_span(&text), false, NULL), BASE_OK);
    assert_int_equal(e.node_count, NODES);
    for (uint32_t i = 0; i < NODES; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        assert_int_equal(mfn_alm_edges_find(&e, name), i);
        assert_string_equal(mfn_alm_edges_name(&e, i), name);
    }
    mfn_alm_edges_done(&e);
    base_buf_done(&text);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        base_err err;
        uint64_t line;
        const char *sentence;
    } rows[] = {
        { "a", BASE_EPARSE, 1, "line 1: 1 field; from, to and latency are needed" },
        { "a b 1\n\na b\n", BASE_EPARSE, 3, "line 3: 2 fields; from, to and latency are needed" },
        { "a b 1 2 1 4 5", BASE_EPARSE, 1, "line 1: more than 6 fields" },
        { "a b x", BASE_EPARSE, 1, "line 1: latency: 'x' does not begin with a number" },
        { "a b nan", BASE_EPARSE, 1, "line 1: latency: 'nan' does not begin with a number" },
        { "a b 1ms", BASE_EPARSE, 1, "line 1: latency: '1ms' is not a number" },
        { "# c\na b -1", BASE_ERANGE, 2, "line 2: latency: -1 is not between 0 and 1e+12" },
        { "a b 1 0", BASE_ERANGE, 1, "line 1: bandwidth: 0 is not between 1e-06 and 1e+12" },
        { "a b 1 1 1.01", BASE_ERANGE, 1, "line 1: reliability: 1.01 is not between 1e-09 and 1" },
        { "a b 1 1 0", BASE_ERANGE, 1, "line 1: reliability: 0 is not" },
        { "a b 1 1 1 -2", BASE_ERANGE, 1, "line 1: cost: -2 is not between 0 and 1e+12" },
        { "a b 1e999", BASE_ERANGE, 1, "line 1: latency: '1e999' is too large" },
        { "a \x01 1", BASE_EPARSE, 1, "line 1: a control character (0x01) at byte 3" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_alm_edges e = { 0 };
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_edges_read(&e, span(rows[i].text), false, &why), rows[i].err);
        assert_int_equal(why.at, rows[i].line);
        if (strncmp(why.text, rows[i].sentence, strlen(rows[i].sentence)) != 0)
            fail_msg("'%s' does not begin with '%s'", why.text, rows[i].sentence);
        assert_int_equal(e.count, 0);
        assert_null(e.items);
    }
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    char long_name[400];
    memset(long_name, 'n', sizeof long_name);
    memcpy(long_name + 390, " b 1", 5);
    assert_int_equal(mfn_alm_edges_read(&e, span(long_name), false, &why), BASE_EPARSE);
    assert_string_equal(why.text, "line 1: field 1 is longer than 255 bytes");
    const char zero[] = "a b\0c 1";
    assert_int_equal(mfn_alm_edges_read(&e, base_span_of(zero, sizeof zero - 1), false, &why),
                     BASE_EPARSE);
    assert_string_equal(why.text, "line 1: a control character (0x00) at byte 4");
}

static void files(void **state)
{
    (void)state;
    char path[] = "/tmp/test_alm_edges_XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    static const char text[] = "a b 1\nb c\n";
    assert_int_equal(write(descriptor, text, 6), 6);
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_edges_load(&e, path, false, &why), BASE_OK);
    assert_int_equal(e.count, 1);
    mfn_alm_edges_done(&e);
    assert_int_equal(write(descriptor, text + 6, 4), 4);
    assert_int_equal(mfn_alm_edges_load(&e, path, false, &why), BASE_EPARSE);
    assert_int_equal(strncmp(why.text, path, strlen(path)), 0);
    assert_non_null(strstr(why.text, ": line 2: 2 fields"));
    close(descriptor);
    unlink(path);
    assert_int_equal(mfn_alm_edges_load(&e, path, false, &why), BASE_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_values_and_comments),
        cmocka_unit_test(many_names),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
