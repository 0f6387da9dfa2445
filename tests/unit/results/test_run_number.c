/* test_run_number.c - doubles as the shortest text that reads back. */
#include "unit.h"

#include "run_table.h"

#include <base/rng.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *print(double value)
{
    static char text[RESULT_NUMBER_SIZE + 1];
    const size_t size = result_number_print(value, text);
    assert_true(size <= RESULT_NUMBER_SIZE);
    text[size] = '\0';
    return text;
}

static void known_numbers(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { -0.0, "-0.0" },
        { 1, "1" },
        { -1.5, "-1.5" },
        { 0.1, "0.1" },
        { 0.30000000000000004, "0.30000000000000004" },
        { 1.0 / 3, "0.3333333333333333" },
        { 100, "100" },
        { 1e15, "1000000000000000" },
        { 9007199254740991, "9007199254740991" },
        { 9007199254740992, "9007199254740992" },
        { 0.0001, "0.0001" },
        { 1e-5, "1e-05" },
        { 5e-324, "5e-324" },
        { DBL_MAX, "1.7976931348623157e+308" },
        { 2251799813685248.5, "2251799813685248.5" },
        { 123456.789, "123456.789" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(print(rows[i].value), rows[i].text);
}

static size_t significant(const char *text)
{
    char digits[64];
    size_t count = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0'))
            digits[count++] = *text;
    while (count > 0 && digits[count - 1] == '0')
        count--;
    return count;
}

/* Reads back, and no text of printf with fewer digits does. */
static void check(double value)
{
    const char *const text = print(value);
    if (strtod(text, NULL) != value)
        fail_msg("%.17g was printed as %s", value, text);
    char other[64];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(other, sizeof other, "%.*e", precision - 1, value);
        if (strtod(other, NULL) != value)
            continue;
        if (significant(text) > significant(other))
            fail_msg("%s is longer than %s", text, other);
        return;
    }
}

static void random_numbers_read_back_and_are_shortest(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 2026);
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = base_rng_u64(&rng);
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            check(value);
        check(exp(base_rng_normal(&rng) * 6));
        check((double)(bits % 100000) / 1000);
        check(150000.0 / (double)(bits % 100000 + 1));
    }
}

static void neighbours_of_powers_read_back(void **state)
{
    (void)state;
    for (int exponent = -20; exponent <= 60; exponent++) {
        double value = ldexp(1, exponent);
        double below = value;
        for (int i = 0; i < 50; i++) {
            check(value);
            check(below);
            value = nextafter(value, INFINITY);
            below = nextafter(below, 0);
        }
    }
    for (int exponent = -8; exponent <= 17; exponent++) {
        double value = pow(10, exponent);
        double below = value;
        for (int i = 0; i < 50; i++) {
            check(value);
            check(below);
            value = nextafter(value, INFINITY);
            below = nextafter(below, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_numbers),
        cmocka_unit_test(random_numbers_read_back_and_are_shortest),
        cmocka_unit_test(neighbours_of_powers_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
