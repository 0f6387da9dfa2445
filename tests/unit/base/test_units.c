/* test_units.c - tables of texts and values for base/units.h. */
#include "unit.h"

#include <base/units.h>

#include <math.h>
#include <string.h>

static void parses_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns;
    } rows[] = { { "25ms", 25000000 },     { "0ns", 0 },           { "10s", 10000000000 },
                 { "1.5 us", 1500 },       { "2m", 120000000000 }, { "1h", 3600000000000 },
                 { "3000ms", 3000000000 }, { "1e3ns", 1000 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t ns = 1;
        assert_int_equal(base_units_parse_time(rows[i].text, &ns, NULL), BASE_OK);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void refuses_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        base_err err;
        const char *sentence;
    } rows[] = { { "", BASE_EPARSE, "'' is not a time" },
                 { "25", BASE_EPARSE, "'25' lacks a unit" },
                 { "25 lightyears", BASE_EPARSE, "has no unit of a time" },
                 { "-1s", BASE_ERANGE, "negative" },
                 { "nan s", BASE_EPARSE, "is not a time" },
                 { "0x10s", BASE_EPARSE, "is not a time" },
                 { "1e30s", BASE_ERANGE, "too large" },
                 { "0.5ns", BASE_ERANGE, "finer than the smallest unit" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t ns = 77;
        struct base_why why = { 0 };
        assert_int_equal(base_units_parse_time(rows[i].text, &ns, &why), rows[i].err);
        assert_int_equal(why.err, rows[i].err);
        assert_non_null(strstr(why.text, rows[i].sentence));
        assert_int_equal(ns, 77);
    }
}

static void parses_the_rest(void **state)
{
    (void)state;
    uint64_t value = 0;
    double number = 0;
    struct base_why why = { 0 };
    assert_int_equal(base_units_parse_size("1024MB", true, &value, &why), BASE_OK);
    assert_int_equal(value, UINT64_C(1024) << 20);
    assert_int_equal(base_units_parse_size("1024MB", false, &value, &why), BASE_OK);
    assert_int_equal(value, 1024000000);
    assert_int_equal(base_units_parse_size("512", false, &value, &why), BASE_OK);
    assert_int_equal(value, 512);
    assert_int_equal(base_units_parse_size("3 elephants", false, &value, &why), BASE_EPARSE);
    assert_int_equal(base_units_parse_bitrate("40Gbit/s", &value, &why), BASE_OK);
    assert_int_equal(value, 40000000000);
    assert_int_equal(base_units_parse_bitrate("40", &value, &why), BASE_EPARSE);
    assert_int_equal(base_units_parse_percent("0.5%", &number, &why), BASE_OK);
    assert_float_equal(number, 0.005, 1e-15);
    assert_int_equal(base_units_parse_percent("5.0", &number, &why), BASE_OK);
    assert_float_equal(number, 0.05, 1e-15);
    assert_int_equal(base_units_parse_percent("101%", &number, &why), BASE_ERANGE);
    assert_string_equal(why.text, "101% is not between 0% and 100%");
    assert_int_equal(base_units_parse_percent("5 parts", &number, &why), BASE_EPARSE);
    assert_int_equal(base_units_parse_rate("2.5k/s", &number, &why), BASE_OK);
    assert_float_equal(number, 2500, 1e-9);
    assert_int_equal(base_units_parse_rate("fast", &number, &why), BASE_EPARSE);
    assert_int_equal(base_units_parse_count("10_000", 1, 100000, &value, &why), BASE_OK);
    assert_int_equal(value, 10000);
    assert_int_equal(base_units_parse_count("", 1, 9, &value, &why), BASE_EPARSE);
    assert_int_equal(base_units_parse_count("-3", 1, 9, &value, &why), BASE_EPARSE);
    assert_int_equal(base_units_parse_count("10", 1, 9, &value, &why), BASE_ERANGE);
    assert_int_equal(base_units_parse_count("99999999999999999999", 1, 9, &value, &why),
                     BASE_ERANGE);
    assert_int_equal(base_units_parse_number("0.95", 0.5, 0.9999, &number, &why), BASE_OK);
    assert_int_equal(base_units_parse_number("2", 0.5, 0.9999, &number, &why), BASE_ERANGE);
    assert_int_equal(base_units_parse_number("1x", 0, 9, &number, &why), BASE_EPARSE);
}

static void prints(void **state)
{
    (void)state;
    char out[BASE_UNITS_TEXT_SIZE];
    assert_string_equal(base_units_print_time(1.5032, 4, out), "1.503 ns");
    assert_string_equal(base_units_print_time(0, 3, out), "0.00 ns");
    assert_string_equal(base_units_print_time(0.0123, 3, out), "0.0123 ns");
    assert_string_equal(base_units_print_time(999.96, 4, out), "1.000 us");
    assert_string_equal(base_units_print_time(12.4e3, 3, out), "12.4 us");
    assert_string_equal(base_units_print_time(3e9, 3, out), "3.00 s");
    assert_string_equal(base_units_print_time(NAN, 3, out), "-");
    assert_string_equal(base_units_print_size(1792, 3, out), "1.75 KiB");
    assert_string_equal(base_units_print_bitrate(40e9, 3, out), "40.0 Gbit/s");
    assert_string_equal(base_units_print_percent(0.005, 3, out), "0.500 %");
    assert_string_equal(base_units_print_rate(1.25e6, 3, out), "1.25 M/s");
}

static void exact_forms_parse_back(void **state)
{
    (void)state;
    char out[BASE_UNITS_TEXT_SIZE];
    assert_string_equal(base_units_print_time_exact(1500, out), "1.5us");
    assert_string_equal(base_units_print_time_exact(25000000, out), "25ms");
    assert_string_equal(base_units_print_size_exact(262144, out), "256KiB");
    static const uint64_t values[] = { 0,       1,         999,           1000,    1001,
                                       1234567, 999999999, 3000000000000, 1 << 20, (1 << 20) + 1 };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint64_t back = 0;
        assert_int_equal(
            base_units_parse_time(base_units_print_time_exact(values[i], out), &back, NULL),
            BASE_OK);
        assert_int_equal(back, values[i]);
        assert_int_equal(
            base_units_parse_size(base_units_print_size_exact(values[i], out), false, &back, NULL),
            BASE_OK);
        assert_int_equal(back, values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_times),           cmocka_unit_test(refuses_times),
        cmocka_unit_test(parses_the_rest),        cmocka_unit_test(prints),
        cmocka_unit_test(exact_forms_parse_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
