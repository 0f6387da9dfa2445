/* test_alm_tool_memory.c - the k-th allocation fails, for every k, in what the command line asks of
 * a user's graph and servers: ENOMEM with a sentence, or the whole answer. */
#include "unit.h"

#include "fault.h"

#include <suite/alm.h>

#include <string.h>

static const struct suite_alm_question plain = { .path = GOLDEN "/mixed.graphml",
                                                 .from = "New York",
                                                 .to = "A & B",
                                                 .path_count = 3,
                                                 .is_json = true };

static base_err route(struct base_buf *out, struct base_why *why)
{
    size_t count = 0;
    const base_err err = suite_alm_tool_route(&plain, out, &count, why);
    assert_int_equal(count, err == BASE_OK);
    return err;
}

static base_err route_nowhere(struct base_buf *out, struct base_why *why)
{
    struct suite_alm_question question = plain;
    size_t count = 77;
    question.to = "alone";
    question.is_json = false;
    const base_err err = suite_alm_tool_route(&question, out, &count, why);
    assert_true(err != BASE_OK || count == 0);
    return err;
}

static base_err route_within(struct base_buf *out, struct base_why *why)
{
    struct suite_alm_question question = plain;
    size_t count = 0;
    question.limits.latency_ms_max = 50;
    return suite_alm_tool_route(&question, out, &count, why);
}

static base_err kpaths(struct base_buf *out, struct base_why *why)
{
    size_t count = 0;
    return suite_alm_tool_kpaths(&plain, out, &count, why);
}

static base_err balance(struct base_buf *out, struct base_why *why)
{
    const struct suite_alm_tool_balance asked = { .server_count = 3,
                                                  .request_count = 100,
                                                  .is_json = true };
    return suite_alm_tool_balance(&asked, out, why);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        base_err (*run)(struct base_buf *out, struct base_why *why);
        size_t least; /* allocations that there are at least */
    } rows[] = { { "route", route, 30 },
                 { "nowhere", route_nowhere, 30 },
                 { "within", route_within, 30 },
                 { "kpaths", kpaths, 30 },
                 { "balance", balance, 20 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        base_err err = BASE_ENOMEM;
        size_t allowed = 0;
        for (; err != BASE_OK; allowed++) {
            struct base_buf out = { 0 };
            struct base_why why = { 0 };
            fault_left = allowed;
            err = rows[i].run(&out, &why);
            fault_left = SIZE_MAX;
            if (err != BASE_OK && (err != BASE_ENOMEM || strstr(why.text, "memory") == NULL))
                fail_msg("%s, allocation %zu: %s: %s", rows[i].name, allowed, base_err_name(err),
                         why.text);
            base_buf_done(&out);
            assert_true(allowed < 10000);
        }
        if (allowed < rows[i].least)
            fail_msg("%s: only %zu allocations were seen", rows[i].name, allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
