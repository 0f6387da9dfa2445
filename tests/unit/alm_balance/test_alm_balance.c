/* test_alm_balance.c - pools: who may be chosen, what excludes and brings back, published
 * sequences, and errors. */
#include "unit.h"

#include <mfn/alm_balance.h>

#include <base/rng.h>

#include <string.h>

static struct mfn_alm_pool *pool_of(struct mfn_alm_pool_options options, const uint32_t *weights,
                                    uint32_t count)
{
    struct mfn_alm_pool *pool = NULL;
    struct base_why why = { 0 };
    if (options.capacity == 0)
        options.capacity = count;
    if (mfn_alm_pool_new(&options, &pool, &why) != BASE_OK)
        fail_msg("%s", why.text);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t server = 77;
        assert_int_equal(mfn_alm_pool_add(pool, 1000 + i, weights[i], 0, &server), BASE_OK);
        assert_int_equal(server, i);
    }
    return pool;
}

static struct mfn_alm_server look(const struct mfn_alm_pool *pool, uint32_t server)
{
    struct mfn_alm_server out;
    assert_true(mfn_alm_pool_server(pool, server, &out));
    return out;
}

static const uint32_t even[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };

static void check_sequence(struct mfn_alm_pool *pool, const char *letters)
{
    for (const char *at = letters; *at != '\0'; at++) {
        const uint32_t server = mfn_alm_choose(pool, 0, 0);
        if (server != (uint32_t)(*at - 'a'))
            fail_msg("choice %d of %s is %c", (int)(at - letters), letters, (int)('a' + server));
    }
}

static void weighted_round_robin_is_the_published_sequence(void **state)
{
    (void)state;
    const struct mfn_alm_pool_options options = { .policy = MFN_ALM_WEIGHTED_ROUND_ROBIN };
    struct mfn_alm_pool *pool = pool_of(options, (const uint32_t[]){ 5, 1, 1 }, 3);
    check_sequence(pool, "aabacaaaabacaaaabacaa");
    check_sequence(pool, "aab"); /* and anew after a change */
    assert_int_equal(mfn_alm_pool_set_weight(pool, 0, 2), BASE_OK);
    check_sequence(pool, "abcaabcaabca");
    mfn_alm_pool_free(pool);
    pool = pool_of(options, (const uint32_t[]){ 50000, 10000, 10000 }, 3);
    check_sequence(pool, "aabacaaaabacaa");
    mfn_alm_pool_free(pool);
    pool = pool_of(options, (const uint32_t[]){ 65535, 65534 }, 2); /* a cycle too long to record */
    check_sequence(pool, "abababab");
    mfn_alm_pool_free(pool);
}

static void round_robin_goes_round(void **state)
{
    (void)state;
    const struct mfn_alm_pool_options options = { .policy = MFN_ALM_ROUND_ROBIN };
    struct mfn_alm_pool *const pool = pool_of(options, (const uint32_t[]){ 5, 1, 1 }, 3);
    check_sequence(pool, "abcabca");
    mfn_alm_pool_drain(pool, 1, true);
    check_sequence(pool, "caca");
    mfn_alm_pool_drain(pool, 1, false);
    check_sequence(pool, "bcabc");
    mfn_alm_pool_free(pool);
}

static void least_connections_picks_the_idlest(void **state)
{
    (void)state;
    const struct mfn_alm_pool_options options = { .policy = MFN_ALM_LEAST_CONNECTIONS };
    struct mfn_alm_pool *pool = pool_of(options, (const uint32_t[]){ 1, 9, 1 }, 3);
    check_sequence(pool, "abc"); /* equals in turn */
    mfn_alm_started(pool, 0, 0);
    mfn_alm_started(pool, 1, 0);
    check_sequence(pool, "ccc");
    mfn_alm_started(pool, 2, 0);
    mfn_alm_started(pool, 2, 0);
    check_sequence(pool, "abab");
    mfn_alm_finished(pool, 1, 5, true, 0);
    check_sequence(pool, "bb");
    mfn_alm_pool_free(pool);
    pool = pool_of((struct mfn_alm_pool_options){ .policy = MFN_ALM_WEIGHTED_LEAST_CONNECTIONS },
                   (const uint32_t[]){ 1, 3, 1 }, 3);
    for (int i = 0; i < 2; i++) { /* 1/3 and 2/3 are less than 1 */
        check_sequence(pool, "b");
        mfn_alm_started(pool, 1, 0);
    }
    check_sequence(pool, "cabc"); /* all at 1: in turn */
    mfn_alm_pool_free(pool);
}

static void no_policy_chooses_who_is_not_up(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 3);
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        const struct mfn_alm_pool_options options = { .policy = (enum mfn_alm_policy)policy,
                                                      .capacity = 8 };
        struct mfn_alm_pool *const pool = pool_of(options, even, 8);
        uint32_t seen = 0;
        for (int i = 0; i < 1000; i++)
            seen |= 1U << mfn_alm_choose(pool, base_rng_u64(&rng), 0);
        assert_int_equal(seen, 0xff);
        mfn_alm_pool_drain(pool, 2, true);
        mfn_alm_pool_remove(pool, 5);
        seen = 0;
        for (int i = 0; i < 1000; i++)
            seen |= 1U << mfn_alm_choose(pool, base_rng_u64(&rng), 0);
        assert_int_equal(seen, 0xff & ~(1 << 2) & ~(1 << 5));
        assert_int_equal(mfn_alm_pool_count(pool), 7);
        assert_int_equal(mfn_alm_pool_chosen_from(pool), 6);
        for (uint32_t i = 0; i < 8; i++)
            if (i != 5)
                mfn_alm_pool_drain(pool, i, i != 4);
        for (int i = 0; i < 10; i++)
            assert_int_equal(mfn_alm_choose(pool, base_rng_u64(&rng), 0), 4);
        mfn_alm_pool_drain(pool, 4, true);
        assert_int_equal(mfn_alm_choose(pool, 1, 0), MFN_ALM_SERVER_NONE);
        uint32_t server;
        assert_int_equal(mfn_alm_pool_add(pool, 5, 1, 0, &server), BASE_OK);
        assert_int_equal(server, 5);
        assert_int_equal(mfn_alm_choose(pool, UINT64_MAX, 0), 5);
        mfn_alm_pool_free(pool);
    }
}

static void an_empty_pool_has_no_server(void **state)
{
    (void)state;
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        const struct mfn_alm_pool_options options = { .policy = (enum mfn_alm_policy)policy,
                                                      .capacity = 3 };
        struct mfn_alm_pool *const pool = pool_of(options, even, 0);
        assert_int_equal(mfn_alm_choose(pool, 1, 0), MFN_ALM_SERVER_NONE);
        uint32_t server;
        assert_int_equal(mfn_alm_pool_add(pool, 1, 1, 0, &server), BASE_OK);
        assert_int_equal(mfn_alm_choose(pool, 1, 0), server);
        mfn_alm_pool_remove(pool, server);
        assert_int_equal(mfn_alm_choose(pool, 1, 0), MFN_ALM_SERVER_NONE);
        mfn_alm_pool_free(pool);
    }
}

/* Fails and succeeds on demand. */
static void request(struct mfn_alm_pool *pool, uint32_t server, bool is_good, uint64_t now_ns)
{
    mfn_alm_started(pool, server, now_ns);
    mfn_alm_finished(pool, server, 10, is_good, now_ns);
}

static const struct mfn_alm_breaker_options breaker = { 4, 2, 0.5, 100, 2 };

static void a_breaker_excludes_and_brings_back(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 4);
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        struct mfn_alm_pool *const pool =
            pool_of((struct mfn_alm_pool_options){ .policy = (enum mfn_alm_policy)policy,
                                                   .breaker = breaker },
                    even, 3);
        request(pool, 1, false, 0);
        assert_int_equal(look(pool, 1).breaker, MFN_ALM_CLOSED);
        request(pool, 1, false, 0);
        assert_int_equal(look(pool, 1).breaker, MFN_ALM_OPEN);
        assert_int_equal(mfn_alm_pool_chosen_from(pool), 2);
        for (int i = 0; i < 100; i++)
            assert_int_not_equal(mfn_alm_choose(pool, base_rng_u64(&rng), 99), 1);
        mfn_alm_pool_tick(pool, 100);
        assert_int_equal(look(pool, 1).breaker, MFN_ALM_HALF_OPEN);
        assert_int_equal(mfn_alm_pool_chosen_from(pool), 3);
        mfn_alm_started(pool, 1, 101);
        assert_true(look(pool, 1).is_eligible);
        mfn_alm_started(pool, 1, 101);
        assert_false(look(pool, 1).is_eligible); /* two trials, no more */
        mfn_alm_finished(pool, 1, 10, true, 102);
        mfn_alm_finished(pool, 1, 10, true, 102);
        assert_true(look(pool, 1).is_eligible);
        assert_int_equal(look(pool, 1).breaker, MFN_ALM_CLOSED);
        mfn_alm_pool_free(pool);
    }
}

static void breakers_never_empty_a_pool(void **state)
{
    (void)state;
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        struct mfn_alm_pool *const pool =
            pool_of((struct mfn_alm_pool_options){ .policy = (enum mfn_alm_policy)policy,
                                                   .breaker = breaker },
                    even, 3);
        mfn_alm_pool_drain(pool, 2, true);
        for (int i = 0; i < 2; i++) {
            request(pool, 0, false, 0);
            request(pool, 1, false, 0);
        }
        assert_false(look(pool, 0).is_eligible);
        assert_false(look(pool, 1).is_eligible);
        assert_int_equal(mfn_alm_pool_chosen_from(pool), 2); /* overruled; draining is not */
        struct base_rng rng;
        base_rng_init(&rng, 5);
        uint32_t seen = 0;
        for (int i = 0; i < 100; i++)
            seen |= 1U << mfn_alm_choose(pool, base_rng_u64(&rng), 1);
        assert_int_equal(seen, 3);
        mfn_alm_pool_tick(pool, 100);
        for (int i = 0; i < 2; i++)
            request(pool, 1, true, 100);
        assert_int_equal(look(pool, 1).breaker, MFN_ALM_CLOSED);
        mfn_alm_pool_free(pool);
    }
}

static void probes_exclude_and_bring_back(void **state)
{
    (void)state;
    const struct mfn_alm_pool_options options = {
        .policy = MFN_ALM_MAGLEV,
        .health = { .interval_ns = 10, .timeout_ns = 5, .rise = 1, .fall = 2 }
    };
    struct mfn_alm_pool *const pool = pool_of(options, even, 3);
    for (uint64_t now_ns = 0; now_ns < 20; now_ns += 10) {
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(mfn_alm_pool_probe(pool, now_ns), i);
            if (i != 2)
                mfn_alm_pool_probed(pool, i, i == 0);
        }
        assert_int_equal(mfn_alm_pool_probe(pool, now_ns), MFN_ALM_SERVER_NONE);
    }
    assert_false(look(pool, 1).is_up);
    assert_true(look(pool, 2).is_up);
    assert_int_equal(mfn_alm_pool_probe(pool, 15), MFN_ALM_SERVER_NONE); /* silence of 2: its end */
    assert_false(look(pool, 2).is_up);
    assert_int_equal(mfn_alm_pool_chosen_from(pool), 1);
    assert_int_equal(mfn_alm_pool_probe(pool, 20), 0);
    mfn_alm_pool_probed(pool, 0, false);
    assert_int_equal(mfn_alm_pool_probe(pool, 20), 1);
    mfn_alm_pool_probed(pool, 1, true);
    assert_true(look(pool, 1).is_up);
    assert_int_equal(mfn_alm_pool_chosen_from(pool), 2);
    mfn_alm_pool_free(pool);
}

static void latency_prefers_the_fast_and_forgives_with_time(void **state)
{
    (void)state;
    struct mfn_alm_pool *const pool = pool_of(
        (struct mfn_alm_pool_options){ .policy = MFN_ALM_PEAK_EWMA, .decay_ns = 1000 }, even, 2);
    for (uint32_t i = 0; i < 2; i++) {
        mfn_alm_started(pool, i, 0);
        mfn_alm_finished(pool, i, i == 0 ? 100 : 300, true, 0);
    }
    for (int i = 0; i < 20; i++) /* both are drawn, but for one in 2^32 */
        assert_int_equal(mfn_alm_choose(pool, 0, 0), 0);
    mfn_alm_started(pool, 0, 0);
    mfn_alm_started(pool, 0, 0);
    mfn_alm_started(pool, 0, 0); /* 4 * 100 against 1 * 300 */
    assert_int_equal(mfn_alm_choose(pool, 0, 0), 1);
    for (int i = 0; i < 3; i++)
        mfn_alm_finished(pool, 0, 100, true, 3000);
    assert_true(look(pool, 0).latency_ns == 100);
    assert_int_equal(mfn_alm_choose(pool, 0, 3000), 1); /* 300 / e^3 is below 100 by now */
    mfn_alm_started(pool, 0, 3000);
    mfn_alm_finished(pool, 0, 1, false, 3000);
    assert_true(look(pool, 0).latency_ns == 1e9); /* failed: as slow as can be */
    mfn_alm_pool_free(pool);
}

static void a_finish_without_a_start_does_nothing(void **state)
{
    (void)state;
    struct mfn_alm_pool *const pool = pool_of(
        (struct mfn_alm_pool_options){ .policy = MFN_ALM_ADAPTIVE, .breaker = breaker }, even, 2);
    for (int i = 0; i < 10; i++)
        mfn_alm_finished(pool, 0, 5, false, 0);
    assert_int_equal(look(pool, 0).active, 0);
    assert_int_equal(look(pool, 0).breaker, MFN_ALM_CLOSED);
    mfn_alm_pool_free(pool);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct mfn_alm_pool_options options;
        const char *text;
    } rows[] = {
        { { .policy = MFN_ALM_POLICY_COUNT, .capacity = 1 }, "number 8 is none of 8" },
        { { .capacity = 0 }, "0 is not between 1 and 1024" },
        { { .capacity = 1025 }, "1025 is not between 1 and 1024" },
        { { .capacity = 1, .slot_count = 1048574 }, "1048574" },
        { { .capacity = 1, .load_bound = 1 }, "load bound: 1 is not" },
        { { .capacity = 1, .adapt_ns = UINT64_MAX }, "up to 2^62" },
        { { .capacity = 1, .decay_ns = UINT64_MAX }, "up to 2^62" },
        { { .capacity = 1, .breaker = { .window = 65 } }, "65 outcomes" },
        { { .capacity = 1, .health = { .interval_ns = 1 } }, "time limit" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_alm_pool *pool = NULL;
        struct base_why why = { 0 };
        assert_int_equal(mfn_alm_pool_new(&rows[i].options, &pool, &why), BASE_ERANGE);
        assert_null(pool);
        if (strstr(why.text, rows[i].text) == NULL)
            fail_msg("'%s' lacks '%s'", why.text, rows[i].text);
        assert_int_equal(mfn_alm_pool_new(&rows[i].options, &pool, NULL), BASE_ERANGE);
    }
}

static void bad_servers_are_refused(void **state)
{
    (void)state;
    struct mfn_alm_pool *const pool =
        pool_of((struct mfn_alm_pool_options){ .capacity = 2 }, even, 1);
    uint32_t server = 77;
    assert_int_equal(mfn_alm_pool_add(pool, 5, 0, 0, &server), BASE_ERANGE);
    assert_int_equal(mfn_alm_pool_add(pool, 5, 65536, 0, &server), BASE_ERANGE);
    assert_int_equal(mfn_alm_pool_add(pool, 1000, 1, 0, &server), BASE_EEXIST);
    assert_int_equal(server, 77);
    assert_int_equal(mfn_alm_pool_add(pool, 5, 65535, 0, &server), BASE_OK);
    assert_int_equal(mfn_alm_pool_add(pool, 6, 1, 0, &server), BASE_EFULL);
    assert_int_equal(mfn_alm_pool_set_weight(pool, 1, 0), BASE_ERANGE);
    assert_int_equal(mfn_alm_pool_set_weight(pool, 1, 65536), BASE_ERANGE);
    assert_int_equal(look(pool, 1).weight, 65535);
    struct mfn_alm_server out;
    assert_false(mfn_alm_pool_server(pool, 2, &out));
    mfn_alm_pool_remove(pool, 1);
    assert_false(mfn_alm_pool_server(pool, 1, &out));
    mfn_alm_pool_free(pool);
    mfn_alm_pool_free(NULL);
}

static void policies_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < MFN_ALM_POLICY_COUNT; i++) {
        enum mfn_alm_policy policy = MFN_ALM_POLICY_COUNT;
        const char *const word = mfn_alm_policy_name((enum mfn_alm_policy)i);
        assert_int_equal(mfn_alm_policy_of(word, &policy, NULL), BASE_OK);
        assert_int_equal(policy, i);
    }
    enum mfn_alm_policy policy = MFN_ALM_PEAK_EWMA;
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_policy_of("random", &policy, &why), BASE_ENOTFOUND);
    assert_int_equal(policy, MFN_ALM_PEAK_EWMA);
    assert_string_equal(why.text,
                        "balancing policy: 'random' is none of round_robin weighted_round_robin "
                        "least_connections weighted_least_connections two_choices latency maglev "
                        "adaptive");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_round_robin_is_the_published_sequence),
        cmocka_unit_test(round_robin_goes_round),
        cmocka_unit_test(least_connections_picks_the_idlest),
        cmocka_unit_test(no_policy_chooses_who_is_not_up),
        cmocka_unit_test(an_empty_pool_has_no_server),
        cmocka_unit_test(a_breaker_excludes_and_brings_back),
        cmocka_unit_test(breakers_never_empty_a_pool),
        cmocka_unit_test(probes_exclude_and_bring_back),
        cmocka_unit_test(latency_prefers_the_fast_and_forgives_with_time),
        cmocka_unit_test(a_finish_without_a_start_does_nothing),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(bad_servers_are_refused),
        cmocka_unit_test(policies_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
