/* test_alm_health.c - the two state machines, step by step. */
#include "unit.h"

#include <mfn/alm_health.h>

#include <string.h>

static const struct mfn_alm_health_options health_options = {
    .interval_ns = 10, .timeout_ns = 25, .rise = 2, .fall = 3
};

static void health_believes_answers_in_a_row(void **state)
{
    (void)state;
    static const struct {
        bool is_good, is_up;
        uint32_t streak;
    } rows[] = {
        { true, true, 0 },   { false, true, 1 }, { false, true, 2 },  { true, true, 0 },
        { false, true, 1 },  { false, true, 2 }, { false, false, 0 }, { true, false, 1 },
        { false, false, 0 }, { true, false, 1 }, { true, true, 0 },   { false, true, 1 },
    };
    struct mfn_alm_health health;
    mfn_alm_health_init(&health, true, 5);
    assert_false(mfn_alm_health_due(&health, &health_options, 4));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint64_t now_ns = 5 + 10 * i;
        assert_true(mfn_alm_health_due(&health, &health_options, now_ns));
        assert_false(mfn_alm_health_due(&health, &health_options, now_ns + 9));
        mfn_alm_health_answer(&health, &health_options, rows[i].is_good);
        assert_int_equal(health.is_up, rows[i].is_up);
        assert_int_equal(health.streak, rows[i].streak);
        assert_false(mfn_alm_health_due(&health, &health_options, now_ns + 9));
    }
}

static void silence_is_a_bad_answer(void **state)
{
    (void)state;
    struct mfn_alm_health health;
    mfn_alm_health_init(&health, true, 0);
    assert_true(mfn_alm_health_due(&health, &health_options, 0));
    assert_false(mfn_alm_health_due(&health, &health_options, 24));
    assert_int_equal(health.streak, 0);
    assert_true(mfn_alm_health_due(&health, &health_options, 25));
    assert_int_equal(health.streak, 1);
    assert_true(mfn_alm_health_due(&health, &health_options, 50));
    assert_true(health.is_up);
    assert_true(mfn_alm_health_due(&health, &health_options, 75));
    assert_false(health.is_up);
    mfn_alm_health_answer(&health, &health_options, true);
    mfn_alm_health_answer(&health, &health_options, true); /* of no probe: not counted */
    assert_false(health.is_up);
    assert_int_equal(health.streak, 1);
}

static void health_refuses_bad_options(void **state)
{
    (void)state;
    static const struct mfn_alm_health_options rows[] = {
        { 0, 1, 1, 1 }, { MFN_ALM_TIME_MAX_NS + 1, 1, 1, 1 },
        { 1, 0, 1, 1 }, { 1, MFN_ALM_TIME_MAX_NS + 1, 1, 1 },
        { 1, 1, 0, 1 }, { 1, 1, 1, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_health_check(&rows[i], &why), BASE_ERANGE);
        assert_non_null(strstr(why.text, i < 4 ? "between 1 and 2^62" : "1 or more"));
        assert_int_equal(mfn_alm_health_check(&rows[i], NULL), BASE_ERANGE);
    }
    assert_int_equal(mfn_alm_health_check(&health_options, NULL), BASE_OK);
}

static const struct mfn_alm_breaker_options breaker_options = {
    .window = 8, .minimum = 4, .failure_rate = 0.5, .open_ns = 100, .trial_count = 2
};

enum breaker_event { START, GOOD, BAD, TICK };

static void step(struct mfn_alm_breaker *breaker, enum breaker_event event, uint64_t now_ns)
{
    if (event == START)
        mfn_alm_breaker_started(breaker);
    else if (event == TICK)
        mfn_alm_breaker_tick(breaker, &breaker_options, now_ns);
    else
        mfn_alm_breaker_finished(breaker, &breaker_options, event == GOOD, now_ns);
}

static void breaker_follows_its_table(void **state)
{
    (void)state;
    static const struct {
        enum breaker_event event;
        uint64_t now_ns;
        enum mfn_alm_breaker_state state;
        bool admits;
    } rows[] = {
        { BAD, 0, MFN_ALM_CLOSED, true },         { BAD, 1, MFN_ALM_CLOSED, true },
        { BAD, 2, MFN_ALM_CLOSED, true }, /* three bad ones, but four must be there */
        { GOOD, 3, MFN_ALM_OPEN, false },         { TICK, 102, MFN_ALM_OPEN, false },
        { GOOD, 102, MFN_ALM_OPEN, false }, /* sent before it opened */
        { TICK, 103, MFN_ALM_HALF_OPEN, true },   { GOOD, 104, MFN_ALM_HALF_OPEN, true },
        { START, 104, MFN_ALM_HALF_OPEN, true },  { START, 105, MFN_ALM_HALF_OPEN, false },
        { GOOD, 106, MFN_ALM_HALF_OPEN, false },  { BAD, 107, MFN_ALM_OPEN, false },
        { TICK, 206, MFN_ALM_OPEN, false },       { TICK, 207, MFN_ALM_HALF_OPEN, true },
        { START, 208, MFN_ALM_HALF_OPEN, true },  { START, 209, MFN_ALM_HALF_OPEN, false },
        { TICK, 306, MFN_ALM_HALF_OPEN, false }, /* trials lost: new ones */
        { TICK, 307, MFN_ALM_HALF_OPEN, true },   { START, 308, MFN_ALM_HALF_OPEN, true },
        { START, 309, MFN_ALM_HALF_OPEN, false }, { GOOD, 310, MFN_ALM_HALF_OPEN, false },
        { GOOD, 311, MFN_ALM_CLOSED, true },      { TICK, 100000, MFN_ALM_CLOSED, true },
        { BAD, 100000, MFN_ALM_CLOSED, true }, /* the window is empty again */
        { BAD, 100000, MFN_ALM_CLOSED, true },    { BAD, 100000, MFN_ALM_CLOSED, true },
        { BAD, 100000, MFN_ALM_OPEN, false },
    };
    struct mfn_alm_breaker breaker;
    mfn_alm_breaker_init(&breaker);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        step(&breaker, rows[i].event, rows[i].now_ns);
        if (breaker.state != rows[i].state ||
            mfn_alm_breaker_admits(&breaker, &breaker_options) != rows[i].admits)
            fail_msg("row %zu: state %d", i, (int)breaker.state);
    }
}

static void breaker_forgets_beyond_its_window(void **state)
{
    (void)state;
    struct mfn_alm_breaker breaker;
    mfn_alm_breaker_init(&breaker);
    /* Three of any eight are bad: below a half for ever. */
    for (int i = 0; i < 1000; i++) {
        step(&breaker, i % 8 == 5 || i % 8 == 6 || i % 8 == 7 ? BAD : GOOD, 0);
        assert_int_equal(breaker.state, MFN_ALM_CLOSED);
    }
    /* The window now ends in three bad ones; a fourth makes four of eight. */
    step(&breaker, BAD, 0);
    assert_int_equal(breaker.state, MFN_ALM_OPEN);
}

static void breaker_of_64_counts_all_of_them(void **state)
{
    (void)state;
    const struct mfn_alm_breaker_options options = { 64, 64, 1, 100, 1 };
    struct mfn_alm_breaker breaker;
    mfn_alm_breaker_init(&breaker);
    for (int i = 0; i < 63; i++)
        mfn_alm_breaker_finished(&breaker, &options, false, 0);
    assert_int_equal(breaker.state, MFN_ALM_CLOSED);
    mfn_alm_breaker_finished(&breaker, &options, false, 0);
    assert_int_equal(breaker.state, MFN_ALM_OPEN);
}

static void breaker_refuses_bad_options(void **state)
{
    (void)state;
    static const struct {
        struct mfn_alm_breaker_options options;
        const char *text;
    } rows[] = {
        { { 0, 1, 0.5, 1, 1 }, "window" },       { { 65, 1, 0.5, 1, 1 }, "65" },
        { { 8, 0, 0.5, 1, 1 }, "minimum" },      { { 8, 9, 0.5, 1, 1 }, "9" },
        { { 8, 4, 0, 1, 1 }, "rate" },           { { 8, 4, 1.01, 1, 1 }, "1.01" },
        { { 8, 4, 0.5, 0, 1 }, "open time: 0" }, { { 8, 4, 0.5, UINT64_MAX, 1 }, "open time" },
        { { 8, 4, 0.5, 1, 0 }, "trials" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_breaker_check(&rows[i].options, &why), BASE_ERANGE);
        assert_non_null(strstr(why.text, rows[i].text));
    }
    assert_int_equal(mfn_alm_breaker_check(&breaker_options, NULL), BASE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_believes_answers_in_a_row),
        cmocka_unit_test(silence_is_a_bad_answer),
        cmocka_unit_test(health_refuses_bad_options),
        cmocka_unit_test(breaker_follows_its_table),
        cmocka_unit_test(breaker_forgets_beyond_its_window),
        cmocka_unit_test(breaker_of_64_counts_all_of_them),
        cmocka_unit_test(breaker_refuses_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
