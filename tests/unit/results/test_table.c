/* test_table.c - text that is safe to show, and tables that line up. */
#define _GNU_SOURCE
#include "unit.h"

#include <result/table.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef base_err put_fn(struct base_buf *out, const char *text);

static void check_put(put_fn *put, const char *text, const char *want)
{
    struct base_buf out = { 0 };
    assert_int_equal(put(&out, text), BASE_OK);
    assert_string_equal(base_buf_text(&out), want);
    base_buf_done(&out);
}

static void terminal_text_is_safe(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "plain", "plain" },
        { "", "" },
        { "a\x1b[2Jb", "a\\x1b[2Jb" },
        { "line\nbreak\r\t", "line\\nbreak\\r\\t" },
        { "bell\a del\x7f", "bell\\x07 del\\x7f" },
        { "c1 \xc2\x9b"
          "31m",
          "c1 \\x9b31m" },
        { "bad \xff\xc0\xaf", "bad \\xff\\xc0\\xaf" },
        { "cut \xe2\x82", "cut \\xe2\\x82" },
        { "surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80" },
        { "too high \xf4\x90\x80\x80", "too high \\xf4\\x90\\x80\\x80" },
        { "overlong \xe0\x80\x80", "overlong \\xe0\\x80\\x80" },
        { "rtl \u202e override", "rtl \\u{202e} override" },
        { "separator \u2028", "separator \\u{2028}" },
        { "caf\u00e9 \u6f22\u5b57 \U0001f600", "caf\u00e9 \u6f22\u5b57 \U0001f600" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_put(result_text_put, rows[i][0], rows[i][1]);
}

static void widths_are_cells(void **state)
{
    (void)state;
    assert_int_equal(result_text_width(NULL), 0);
    assert_int_equal(result_text_width("abc"), 3);
    assert_int_equal(result_text_width("\u00b5s"), 2);
    assert_int_equal(result_text_width("\u6f22\u5b57"), 4);
    assert_int_equal(result_text_width("e\u0301"), 1);
    assert_int_equal(result_text_width("\U0001f600"), 2);
    assert_int_equal(result_text_width("\x1b"), 4); /* as it is shown */
}

static void cuts_at_cells(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t width;
        const char *want;
    } rows[] = { { "abcdef", 6, "abcdef" },
                 { "abcdef", 5, "abcd\u2026" },
                 { "abcdef", 1, "\u2026" },
                 { "\u6f22\u5b57\u6f22", 5, "\u6f22\u5b57\u2026" },
                 { "\u6f22\u5b57\u6f22", 4, "\u6f22\u2026" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_buf out = { 0 };
        assert_int_equal(result_text_put_cut(&out, rows[i].text, rows[i].width), BASE_OK);
        assert_string_equal(base_buf_text(&out), rows[i].want);
        base_buf_done(&out);
    }
}

static void wraps_at_blanks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t width, used, indent;
        const char *want;
    } rows[] = { { "one two three", 0, 0, 0, "one two three" },
                 { "one two three", 8, 0, 2, "one two\n  three" },
                 { "one two", 8, 6, 2, "on\n  e two" },
                 { "abcdefghij", 4, 0, 0, "abcd\nefgh\nij" },
                 { "", 8, 0, 0, "" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_buf out = { 0 };
        assert_int_equal(result_text_put_wrapped(&out, rows[i].text, rows[i].width, rows[i].used,
                                                 rows[i].indent),
                         BASE_OK);
        assert_string_equal(base_buf_text(&out), rows[i].want);
        base_buf_done(&out);
    }
}

static void markdown_and_csv_escape(void **state)
{
    (void)state;
    check_put(result_text_put_markdown, "a|b", "a\\|b");
    check_put(result_text_put_markdown, "<script>&", "&lt;script&gt;&amp;");
    check_put(result_text_put_markdown, "`x` *y* _z_ [l](u)", "\\`x\\` \\*y\\* \\_z\\_ \\[l\\](u)");
    check_put(result_text_put_markdown, "two\nlines", "two\\\\nlines");
    check_put(result_text_put_csv, "plain", "plain");
    check_put(result_text_put_csv, "a,b", "\"a,b\"");
    check_put(result_text_put_csv, "say \"x\"", "\"say \"\"x\"\"\"");
    check_put(result_text_put_csv, "=1+1", "'=1+1");
    check_put(result_text_put_csv, "@SUM(A1)", "'@SUM(A1)");
    check_put(result_text_put_csv, "+cmd|' /C'!A0", "'+cmd|' /C'!A0");
    check_put(result_text_put_csv, "=HYPERLINK(\"a\",\"b\")",
              "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"");
    check_put(result_text_put_csv, "-1.5", "-1.5");
    check_put(result_text_put_csv, "-1+2", "'-1+2");
    check_put(result_text_put_csv, "two\r\nlines", "two\\r\\nlines");
}

static const struct result_column columns[] = { { "name", RESULT_LEFT, 0, 6 },
                                                { "time", RESULT_RIGHT, 0, 0, "time_ns" },
                                                { "note", RESULT_LEFT, 1, 0 },
                                                { "never", RESULT_LEFT, 2, 0 } };

static void fill(struct result_table *table)
{
    static const struct result_cell rows[][4] = {
        { { "alpha" }, { "1.5 ns", RESULT_GOOD }, { "first" } },
        { { "\u6f22\u5b57 long name" }, { "12 ns" }, { NULL } },
        { { "a|b" }, { NULL }, { "=x,\"y\"" } },
    };
    result_table_init(table, columns, 4, 2);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(result_table_add(table, rows[i]), BASE_OK);
}

static void check_table(size_t width, bool is_coloured, const char *want)
{
    struct result_table table;
    struct base_buf out = { 0 };
    const struct result_page page = { width, is_coloured };
    fill(&table);
    assert_int_equal(result_table_write(&table, &page, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out), want);
    base_buf_done(&out);
    result_table_done(&table);
}

static void tables_line_up(void **state)
{
    (void)state;
    check_table(0, false,
                "  name              time  note\n"
                "  alpha           1.5 ns  first\n"
                "  \u6f22\u5b57 long name   12 ns\n"
                "  a|b                     =x,\"y\"\n");
    check_table(26, false,
                "  name        time  note\n"
                "  alpha     1.5 ns  first\n"
                "  \u6f22\u5b57 lo\u2026   12 ns\n"
                "  a|b               =x,\"y\"\n");
    check_table(16, false,
                "  name      time\n"
                "  alpha   1.5 ns\n"
                "  \u6f22\u5b57 \u2026   12 ns\n"
                "  a|b\n");
    check_table(16, true,
                "  \x1b[2mname\x1b[0m      \x1b[2mtime\x1b[0m\n"
                "  alpha   \x1b[32m1.5 ns\x1b[0m\n"
                "  \u6f22\u5b57 \u2026   12 ns\n"
                "  a|b\n");
}

static void tables_for_others(void **state)
{
    (void)state;
    struct result_table table;
    struct base_buf out = { 0 };
    fill(&table);
    assert_int_equal(result_table_write_markdown(&table, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out), "| name | time | note | never |\n"
                                             "|:---|---:|:---|:---|\n"
                                             "| alpha | 1.5 ns | first | |\n"
                                             "| \u6f22\u5b57 long name | 12 ns | | |\n"
                                             "| a\\|b | | =x,\"y\" | |\n");
    base_buf_clear(&out);
    assert_int_equal(result_table_write_csv(&table, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out), "name,time_ns,note,never\r\n"
                                             "alpha,1.5 ns,first,\r\n"
                                             "\u6f22\u5b57 long name,12 ns,,\r\n"
                                             "a|b,,\"'=x,\"\"y\"\"\",\r\n");
    base_buf_clear(&out);
    assert_int_equal(result_table_write_json(&table, &out), BASE_OK);
    json_t *list = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_int_equal(json_array_size(list), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "time_ns")),
                        "1.5 ns");
    assert_true(json_is_null(json_object_get(json_array_get(list, 1), "note")));
    json_decref(list);
    base_buf_done(&out);
    result_table_done(&table);
}

static void json_takes_any_bytes(void **state)
{
    (void)state;
    struct result_table table;
    struct base_buf out = { 0 };
    const struct result_cell cells[] = { { "\xff\x1b" }, { "x" }, { NULL }, { NULL } };
    result_table_init(&table, columns, 4, 0);
    assert_int_equal(result_table_add(&table, cells), BASE_OK);
    assert_int_equal(result_table_write_json(&table, &out), BASE_OK);
    json_t *list = json_loadb((const char *)out.data, out.size, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "name")),
                        "\\xff\\x1b");
    json_decref(list);
    base_buf_done(&out);
    result_table_done(&table);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct result_table table;
    const struct result_page page = { 0 };
    fill(&table);
    for (size_t size = 0; size < 80; size++) {
        char memory[80];
        struct base_buf out;
        base_buf_init_fixed(&out, memory, size);
        assert_int_equal(result_table_write(&table, &page, &out), BASE_EFULL);
        base_buf_init_fixed(&out, memory, size);
        assert_int_equal(result_table_write_csv(&table, &out), BASE_EFULL);
    }
    result_table_done(&table);
}

static void an_empty_table_is_silent(void **state)
{
    (void)state;
    struct result_table table;
    struct base_buf out = { 0 };
    const struct result_page page = { 80, false };
    result_table_init(&table, columns, 4, 0);
    assert_int_equal(result_table_write(&table, &page, &out), BASE_OK);
    assert_int_equal(out.size, 0);
    assert_int_equal(result_table_write_json(&table, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out), "[]\n");
    base_buf_done(&out);
    result_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_text_is_safe),
        cmocka_unit_test(widths_are_cells),
        cmocka_unit_test(cuts_at_cells),
        cmocka_unit_test(wraps_at_blanks),
        cmocka_unit_test(markdown_and_csv_escape),
        cmocka_unit_test(tables_line_up),
        cmocka_unit_test(tables_for_others),
        cmocka_unit_test(json_takes_any_bytes),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(an_empty_table_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
