/* test_alm_text.c - names of any bytes as JSON and in columns, and numbers as they went in. */
#include "unit.h"

#include "alm_text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct base_buf buf;

static const char *json_of(const char *name)
{
    struct alm_text text = { .out = &buf };
    base_buf_clear(&buf);
    alm_text_json(&text, name);
    assert_int_equal(text.err, BASE_OK);
    return base_buf_text(&buf);
}

static void json_strings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *expect;
    } rows[] = {
        { "", "\"\"" },
        { "New York", "\"New York\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "\x01\x7f", "\"\\u0001\\u007f\"" },
        { "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80",
          "\"Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80\"" },
        { "a\xff"
          "b",
          "\"a\\ufffdb\"" },                                        /* no such byte */
        { "\xc3", "\"\\ufffd\"" },                                  /* cut */
        { "\xe2\x82", "\"\\ufffd\\ufffd\"" },                       /* cut, byte by byte */
        { "\xc0\x80", "\"\\ufffd\\ufffd\"" },                       /* longer than need be */
        { "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },            /* a surrogate */
        { "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* past U+10FFFF */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(json_of(rows[i].name), rows[i].expect);
}

/* Whatever the bytes: a reader of JSON takes the string. */
static void json_of_any_two_bytes(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 256; a++)
        for (unsigned b = 1; b < 256; b++) {
            const char name[] = { (char)a, (char)b, '\0' };
            json_t *const value = json_loads(json_of(name), JSON_DECODE_ANY, NULL);
            if (value == NULL)
                fail_msg("%02x %02x: %s", a, b, json_of(name));
            json_decref(value);
        }
}

static void numbers_come_out_as_they_went_in(void **state)
{
    (void)state;
    char out[ALM_TEXT_NUMBER_SIZE];
    assert_string_equal(alm_text_number(0.1, out), "0.1");
    assert_string_equal(alm_text_number(4.5, out), "4.5");
    assert_string_equal(alm_text_number(1e12, out), "1000000000000");
    assert_string_equal(alm_text_number(0.1 + 0.2, out), "0.30000000000000004");
    assert_string_equal(alm_text_sum(0.1 + 0.2, out), "0.3");
    for (double x = 1e-9; x < 1e12; x *= 1.7)
        assert_true(strtod(alm_text_number(x, out), NULL) == x);
}

static void columns(void **state)
{
    (void)state;
    struct alm_text text = { .out = &buf };
    base_buf_clear(&buf);
    assert_int_equal(alm_text_width("Z\xc3\xbcrich"), 6);
    alm_text_name(&text, "Z\xc3\xbcrich", 8);
    alm_text_name(&text, "longer", 3);
    alm_text_put(&text, "|");
    assert_string_equal(base_buf_text(&buf), "Z\xc3\xbcrich  longer|");
}

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    char memory[4];
    struct base_buf fixed;
    struct alm_text text = { .out = &fixed };
    base_buf_init_fixed(&fixed, memory, sizeof memory);
    alm_text_put(&text, "abc");
    alm_text_put(&text, "de");
    alm_text_put(&text, "f"); /* there would be room */
    assert_int_equal(text.err, BASE_EFULL);
    assert_int_equal(fixed.size, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_strings),
        cmocka_unit_test(json_of_any_two_bytes),
        cmocka_unit_test(numbers_come_out_as_they_went_in),
        cmocka_unit_test(columns),
        cmocka_unit_test(the_first_failure_is_kept),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    base_buf_done(&buf);
    return failed;
}
