/* test_alm_servers.c - files of servers: what may be left out, a sentence for each mistake, and how
 * requests played to them are counted. */
#include "unit.h"

#include "alm_tool_play.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct base_span span(const char *text)
{
    return base_span_of(text, strlen(text));
}

static void names_weights_and_latencies(void **state)
{
    (void)state;
    struct alm_tool_servers s = { 0 };
    struct base_why why = { 0 };
    if (alm_tool_servers_read(&s,
                              span("# servers\r\nalpha 4 2.5\r\n\n\tb#c\t65535 # heavy\nd 1 1e-6"),
                              &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.weight_sum, 65540);
    assert_string_equal(s.items[0].name, "alpha");
    assert_true(s.items[0].weight == 4 && s.items[0].latency_ms == 2.5);
    assert_string_equal(s.items[1].name, "b#c");
    assert_true(s.items[1].weight == 65535 && s.items[1].latency_ms == 1);
    assert_true(s.items[2].latency_ms == 1e-6);
    const uint64_t id = s.items[0].id;
    alm_tool_servers_done(&s);
    assert_int_equal(alm_tool_servers_read(&s, span("x 1\nalpha 1"), &why), BASE_OK);
    assert_true(s.items[1].id == id && s.items[0].id != id); /* of the name alone */
    alm_tool_servers_done(&s);
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
        { "", BASE_EPARSE, 0, "there is no server in it; a line is: name weight [latency_ms]" },
        { "# a 1\n", BASE_EPARSE, 1, "there is no server in it" },
        { "a 1\nb", BASE_EPARSE, 2, "line 2: 1 field; name and weight are needed" },
        { "a 1 1 1", BASE_EPARSE, 1, "line 1: more than 3 fields; name, weight and latency are" },
        { "a x", BASE_EPARSE, 1, "line 1: weight: 'x' is not a whole number" },
        { "a 1.5", BASE_EPARSE, 1, "line 1: weight: '1.5' is not a whole number" },
        { "a 0", BASE_ERANGE, 1, "line 1: weight: 0 is not between 1 and 65535" },
        { "a 65536", BASE_ERANGE, 1, "line 1: weight: 65536 is not between 1 and 65535" },
        { "a 1 0", BASE_ERANGE, 1, "line 1: latency: 0 is not between 1e-06 and 10000" },
        { "a 1 nan", BASE_EPARSE, 1, "line 1: latency: 'nan' does not begin with a number" },
        { "a 1 1e5", BASE_ERANGE, 1, "line 1: latency: 100000 is not between" },
        { "a 1\n\na 2\n", BASE_EEXIST, 3, "line 3: server 'a' stands twice" },
        { "a\x01 1", BASE_EPARSE, 1, "line 1: a control character (0x01) at byte 2" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct alm_tool_servers s = { 0 };
        struct base_why why = { 0 };
        assert_int_equal(alm_tool_servers_read(&s, span(rows[i].text), &why), rows[i].err);
        assert_int_equal(why.at, rows[i].line);
        if (strncmp(why.text, rows[i].sentence, strlen(rows[i].sentence)) != 0)
            fail_msg("'%s' does not begin with '%s'", why.text, rows[i].sentence);
        assert_int_equal(s.count, 0);
        assert_null(s.items);
    }
}

static base_err read_many(int count, struct alm_tool_servers *s, struct base_why *why)
{
    struct base_buf text = { 0 };
    for (int i = 0; i < count; i++)
        assert_int_equal(base_buf_printf(&text, "n%d 1\n", i), BASE_OK);
    const base_err err = alm_tool_servers_read(s, base_buf_span(&text), why);
    base_buf_done(&text);
    return err;
}

static void as_many_as_there_may_be(void **state)
{
    (void)state;
    struct alm_tool_servers s = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(read_many(SUITE_ALM_SERVERS_MAX, &s, &why), BASE_OK);
    assert_int_equal(s.count, SUITE_ALM_SERVERS_MAX);
    alm_tool_servers_done(&s);
    assert_int_equal(read_many(SUITE_ALM_SERVERS_MAX + 1, &s, &why), BASE_EFULL);
    assert_string_equal(why.text, "line 1025: more than 1024 servers");
    assert_int_equal(alm_tool_servers_make(&s, 0, &why), BASE_ERANGE);
    assert_int_equal(alm_tool_servers_make(&s, SUITE_ALM_SERVERS_MAX + 1, &why), BASE_ERANGE);
    assert_int_equal(alm_tool_servers_make(&s, 2, &why), BASE_OK);
    assert_string_equal(s.items[1].name, "server-2");
    alm_tool_servers_done(&s);
    char long_name[300];
    memset(long_name, 'n', sizeof long_name);
    assert_int_equal(alm_tool_servers_read(&s, base_span_of(long_name, sizeof long_name), &why),
                     BASE_EPARSE);
    assert_string_equal(why.text, "line 1: field 1 is longer than 255 bytes");
}

static uint64_t sum(const struct alm_tool_tally *tally, uint32_t count)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < count; i++)
        all += tally->requests[i];
    return all;
}

static void every_policy_counts_every_request(void **state)
{
    (void)state;
    struct alm_tool_servers s = { 0 };
    static struct alm_tool_outcome outcome;
    assert_int_equal(alm_tool_servers_read(&s, span("a 1 3\nb 2\nc 3 0.5\nd 2 2"), NULL), BASE_OK);
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        const struct alm_tool_plan plan = { .servers = &s,
                                            .policy = (enum mfn_alm_policy)policy,
                                            .request_count = 30000,
                                            .client_count = 8,
                                            .down = 2,
                                            .seed = 3 };
        struct base_why why = { 0 };
        if (alm_tool_play(&plan, &outcome, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_int_equal(sum(&outcome.before, s.count), plan.request_count);
        assert_int_equal(sum(&outcome.after, s.count), plan.request_count);
        assert_int_equal(outcome.after.requests[2], 0);
        assert_true(outcome.lost <= plan.client_count);
        assert_true(outcome.flows_moved <= outcome.flows_seen);
        assert_true(outcome.flows_seen > 0 && outcome.flows_seen < ALM_TOOL_FLOWS);
        assert_in_range(outcome.before.peak, 1, plan.client_count);
        double latency = 0;
        for (uint32_t i = 0; i < s.count; i++)
            latency += (double)outcome.before.requests[i] * s.items[i].latency_ms / 30000;
        assert_true(fabs(latency - outcome.before.latency_ms) < 1e-9);
    }
    alm_tool_servers_done(&s);
}

static void spread_is_by_weight(void **state)
{
    (void)state;
    struct alm_tool_servers s = { 0 };
    static struct alm_tool_tally tally = { .requests = { 30, 40, 30 } };
    assert_int_equal(alm_tool_servers_read(&s, span("a 1\nb 2\nc 1"), NULL), BASE_OK);
    struct alm_tool_spread spread = alm_tool_spread_of(&s, &tally, UINT32_MAX);
    assert_true(fabs(spread.busiest - 1.2) < 1e-12 && fabs(spread.idlest - 0.8) < 1e-12);
    tally.requests[1] = 0;
    spread = alm_tool_spread_of(&s, &tally, 1);
    assert_true(spread.busiest == 1 && spread.idlest == 1);
    alm_tool_servers_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_weights_and_latencies),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(as_many_as_there_may_be),
        cmocka_unit_test(every_policy_counts_every_request),
        cmocka_unit_test(spread_is_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
