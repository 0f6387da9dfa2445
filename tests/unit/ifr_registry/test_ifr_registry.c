/* test_ifr_registry.c - what the contract of the registry says, case by case; the model test says
 * it for random cases. */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_registry.h>

#include <string.h>

#ifdef BPI_SANITIZED
enum { GROWN = 60000, GROWN_REBUILDS = 6, CHURN = 50000, MANY = 100000, WHEEL_STRIDE = 4000 };
#else
enum { GROWN = 300000, GROWN_REBUILDS = 8, CHURN = 200000, MANY = 400000, WHEEL_STRIDE = 500 };
#endif

static struct mfn_ifr_registry *registry_of(const struct mfn_ifr_registry_options *options)
{
    struct mfn_ifr_registry *registry = NULL;
    struct base_why why = { 0 };
    if (mfn_ifr_registry_new(options, &registry, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return registry;
}

static base_err put(struct mfn_ifr_registry *registry, uint64_t number, uint64_t now_ns)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    const struct mfn_ifr_value value = { .component_id = (uint32_t)number, .timestamp_ns = 5 };
    ifr_keys_make(number, sizeof key, key);
    return mfn_ifr_registry_insert(registry, key, sizeof key, now_ns, &value);
}

static base_err get(struct mfn_ifr_registry *registry, uint64_t number, uint64_t now_ns,
                    struct mfn_ifr_value *value)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    ifr_keys_make(number, sizeof key, key);
    return mfn_ifr_registry_find(registry, key, sizeof key, now_ns, value);
}

static base_err drop(struct mfn_ifr_registry *registry, uint64_t number, uint64_t now_ns)
{
    uint8_t key[MFN_IFR_KEY_IPV4];
    ifr_keys_make(number, sizeof key, key);
    return mfn_ifr_registry_remove(registry, key, sizeof key, now_ns);
}

static struct mfn_ifr_counters counters_of(const struct mfn_ifr_registry *registry)
{
    struct mfn_ifr_counters counters;
    mfn_ifr_registry_stats(registry, &counters);
    return counters;
}

static struct mfn_ifr_registry_more more_of(const struct mfn_ifr_registry *registry)
{
    struct mfn_ifr_registry_more more;
    mfn_ifr_registry_more(registry, &more);
    return more;
}

static void options_are_checked(void **state)
{
    (void)state;
    static const struct {
        size_t flow_count;
        double rate;
        uint32_t bank;
        size_t cache_count;
        int policy;
        uint64_t age_ns;
        const char *sentence;
    } rows[] = {
        { 0, .01, 1, 1, 0, 0, "registry: 0 flows are not in 1 .. 4294967296" },
        { (size_t)1 << 33, .01, 1, 1, 0, 0, "registry: 8589934592 flows are not in" },
        { 1, 0, 1, 1, 0, 0, "filter: false-positive rate 0 is not in" },
        { 1, .01, 17, 1, 0, 0, "filter: a bank of 17 filters is not in 1 .. 16" },
        { 1, .01, 1, (size_t)1 << 31, 0, 0, "cache: a capacity of 2147483648 items is not in" },
        { 1, .01, 1, 1, 6, 0, "cache: policy number 6 is not in 0 .. 5" },
        { 1, .01, 1, 1, 0, 999, "registry: an age of 999 ns is not 0 or 1000 and more" },
        { 1, 0, 0, 0, 99, 1000, NULL }, /* no filter, no cache: theirs do not matter */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mfn_ifr_registry *registry = NULL;
        struct base_why why = { 0 };
        const struct mfn_ifr_registry_options options = {
            .flow_count = rows[i].flow_count,
            .false_positive_rate = rows[i].rate,
            .filter_bank = rows[i].bank,
            .cache_count = rows[i].cache_count,
            .cache_policy = (enum mfn_ifr_policy)rows[i].policy,
            .flow_age_ns = rows[i].age_ns,
        };
        const base_err err = mfn_ifr_registry_new(&options, &registry, &why);
        assert_int_equal(err, rows[i].sentence != NULL ? BASE_ERANGE : BASE_OK);
        if (rows[i].sentence != NULL && strstr(why.text, rows[i].sentence) == NULL)
            fail_msg("row %zu: %s", i, why.text);
        mfn_ifr_registry_free(registry);
    }
    mfn_ifr_registry_free(NULL);
}

static void other_sizes_of_key_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 12, 14, 31, 33, 36, 38 };
    const struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    struct mfn_ifr_registry *const registry = registry_of(&options);
    static const uint8_t key[64];
    struct mfn_ifr_value value = { 0 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(mfn_ifr_registry_find(registry, key, sizes[i], 0, &value), BASE_EINVALID);
        assert_int_equal(mfn_ifr_registry_insert(registry, key, sizes[i], 0, &value),
                         BASE_EINVALID);
        assert_int_equal(mfn_ifr_registry_remove(registry, key, sizes[i], 0), BASE_EINVALID);
        assert_int_equal(mfn_ifr_registry_reserve(registry, sizes[i]), BASE_EINVALID);
    }
    assert_int_equal(counters_of(registry).lookups, 0);
    mfn_ifr_registry_free(registry);
}

static void shelves_are_made_when_they_are_needed(void **state)
{
    (void)state;
    const struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    const uint64_t bare = counters_of(registry).memory_bytes;
    assert_int_equal(get(registry, 1, 0, &value), BASE_ENOTFOUND);
    assert_int_equal(drop(registry, 1, 0), BASE_ENOTFOUND);
    assert_int_equal(counters_of(registry).memory_bytes, bare);
    assert_int_equal(mfn_ifr_registry_reserve(registry, MFN_IFR_KEY_IPV4), BASE_OK);
    const uint64_t one = counters_of(registry).memory_bytes;
    assert_true(one > bare + 65536 * 64);
    assert_int_equal(put(registry, 1, 0), BASE_OK);
    assert_int_equal(counters_of(registry).memory_bytes, one);
    assert_int_equal(mfn_ifr_registry_reserve(registry, MFN_IFR_KEY_IPV4), BASE_OK);
    assert_int_equal(get(registry, 1, 0, &value), BASE_OK);
    assert_int_equal(value.timestamp_ns, 5);
    assert_int_equal(mfn_ifr_registry_reserve(registry, MFN_IFR_KEY_IPV6), BASE_OK);
    assert_true(counters_of(registry).memory_bytes > one + 65536 * 64);
    mfn_ifr_registry_free(registry);
}

/* The parts are asked in order, and each answer is counted once. */
static void each_part_answers_its_share(void **state)
{
    (void)state;
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.false_positive_rate = 1e-9;
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(put(registry, i, 0), BASE_OK);
    for (uint64_t i = 0; i < 200; i++) /* the table knows 100, the filter rejects the others */
        assert_int_equal(get(registry, i, 0, &value), i < 100 ? BASE_OK : BASE_ENOTFOUND);
    assert_int_equal(counters_of(registry).filter_rejects, 100);
    assert_int_equal(counters_of(registry).cache_hits, 0);
    assert_int_equal(more_of(registry).cache_asks, 100);
    for (uint64_t i = 0; i < 100; i++) /* now the cache knows them */
        assert_int_equal(get(registry, i, 0, &value), BASE_OK);
    assert_int_equal(counters_of(registry).cache_hits, 100);
    assert_int_equal(drop(registry, 7, 0), BASE_OK); /* the filter cannot forget it */
    assert_int_equal(get(registry, 7, 0, &value), BASE_ENOTFOUND);
    assert_int_equal(more_of(registry).filter_passes, 1);
    assert_int_equal(drop(registry, 7, 0), BASE_ENOTFOUND);
    const struct mfn_ifr_counters counters = counters_of(registry);
    assert_int_equal(counters.lookups, 301);
    assert_int_equal(counters.hits, 200);
    assert_int_equal(counters.misses, 101);
    assert_int_equal(counters.registrations, 100);
    assert_int_equal(counters.removals, 1);
    assert_int_equal(counters.active_flows, 99);
    mfn_ifr_registry_free(registry);
}

/* From 1000 expected flows to many more: all are found all the way, and the rate is kept. */
static void a_filter_grows_with_its_flows(void **state)
{
    (void)state;
    enum { FLOWS = GROWN, ASKED = 100000 };
    static const uint32_t banks[] = { 1, 4, 16 };
    for (size_t b = 0; b < sizeof banks / sizeof banks[0]; b++) {
        struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
        options.flow_count = 1000;
        options.filter_bank = banks[b];
        struct mfn_ifr_registry *const registry = registry_of(&options);
        struct mfn_ifr_value value;
        for (uint64_t i = 0; i < FLOWS; i++) {
            assert_int_equal(put(registry, i, 0), BASE_OK);
            assert_int_equal(get(registry, i * 7919 % (i + 1), 0, &value), BASE_OK);
            assert_int_equal(get(registry, 2 * FLOWS + i, 0, &value), BASE_ENOTFOUND);
        }
        const struct mfn_ifr_registry_more grown = more_of(registry);
        assert_int_equal(counters_of(registry).filter_rejects + grown.filter_passes, FLOWS);
        assert_true(grown.filter_passes < FLOWS / 100); /* mostly the filter was not full */
        for (uint64_t i = 0; i < FLOWS; i++)
            assert_int_equal(get(registry, i, 0, &value), BASE_OK);
        for (uint64_t i = 0; i < ASKED; i++)
            assert_int_equal(get(registry, FLOWS + i, 0, &value), BASE_ENOTFOUND);
        const struct mfn_ifr_registry_more more = more_of(registry);
        assert_true(more.filter_rebuilds >= GROWN_REBUILDS);
        assert_true(more.filter_passes - grown.filter_passes < 1200); /* 1000, and 6 sigma */
        assert_int_equal(counters_of(registry).filter_rejects + more.filter_passes,
                         FLOWS + ASKED); /* there was a filter all the time */
        mfn_ifr_registry_free(registry);
    }
}

/* Flows come and go, always a hundred: what is gone does not fill the filter for good. */
static void what_is_removed_does_not_blind_the_filter(void **state)
{
    (void)state;
    enum { TURNS = CHURN, THERE = 100 };
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.flow_count = 1000;
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    for (uint64_t i = 0; i < TURNS; i++) {
        assert_int_equal(put(registry, i, 0), BASE_OK);
        if (i >= THERE)
            assert_int_equal(drop(registry, i - THERE, 0), BASE_OK);
    }
    for (uint64_t i = 0; i < 100000; i++)
        assert_int_equal(get(registry, TURNS + i, 0, &value), BASE_ENOTFOUND);
    assert_true(more_of(registry).filter_passes < 1200);
    assert_true(more_of(registry).filter_rebuilds > TURNS / 2000);
    assert_true(counters_of(registry).memory_bytes < 4 << 20);
    mfn_ifr_registry_free(registry);
}

static void a_flow_is_old_to_the_nanosecond(void **state)
{
    (void)state;
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.flow_age_ns = 1000000;
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    const uint64_t begin_ns = 5000000000;
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(put(registry, i, begin_ns), BASE_OK);
    assert_int_equal(get(registry, 1, begin_ns + 999999, &value), BASE_OK);
    assert_int_equal(value.timestamp_ns, begin_ns);                                 /* not 5 */
    assert_int_equal(put(registry, 2, begin_ns + 999999), BASE_OK);                 /* again */
    assert_int_equal(get(registry, 1, begin_ns + 1000000, &value), BASE_ENOTFOUND); /* cached */
    assert_int_equal(get(registry, 0, begin_ns + 1000000, &value), BASE_ENOTFOUND); /* not */
    assert_int_equal(get(registry, 2, begin_ns + 1000000, &value), BASE_OK);
    assert_int_equal(drop(registry, 1, begin_ns + 1000000), BASE_ENOTFOUND);
    assert_int_equal(counters_of(registry).cache_hits, 0);
    assert_false(mfn_ifr_registry_step(registry, begin_ns + 1500000, 1000));
    assert_int_equal(counters_of(registry).active_flows, 1);
    assert_int_equal(more_of(registry).expirations, 2);
    assert_false(mfn_ifr_registry_step(registry, begin_ns + 3000000, 1000));
    assert_int_equal(counters_of(registry).active_flows, 0);
    assert_int_equal(more_of(registry).expirations, 3);
    assert_int_equal(counters_of(registry).removals, 0);
    assert_int_equal(put(registry, 1, begin_ns + 3000001), BASE_OK); /* the cache forgot it */
    assert_int_equal(get(registry, 1, begin_ns + 3000001, &value), BASE_OK);
    mfn_ifr_registry_free(registry);
}

/* The wheel remembers what was removed until its time; not without bound. Those that come to stay
 * are watched by the new wheel, also when they come while it is made. */
static void a_wheel_is_renewed(uint64_t turns)
{
    enum { STAY = 20 };
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.flow_age_ns = UINT64_C(3600000000000);
    options.flow_count = 1000;
    options.filter_bank = 0;
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    uint64_t most = 0;
    for (uint64_t i = 0; i < turns; i++) {
        if (i % STAY == 0)
            assert_int_equal(put(registry, 2000 + i, i), BASE_OK);
        assert_int_equal(put(registry, 7, i), BASE_OK);
        assert_int_equal(drop(registry, 7, i), BASE_OK);
        const uint64_t memory = i % 1000 == 0 ? counters_of(registry).memory_bytes : 0;
        most = memory > most ? memory : most;
    }
    assert_true(most < 8 << 20); /* 200000 removed flows would be 11 MB */
    for (uint64_t i = 0; i < turns; i += STAY)
        assert_int_equal(get(registry, 2000 + i, turns, &value), BASE_OK);
    while (mfn_ifr_registry_step(registry, 2 * options.flow_age_ns, 1000))
        continue;
    assert_int_equal(counters_of(registry).active_flows, 0);
    assert_int_equal(more_of(registry).expirations, (turns + STAY - 1) / STAY);
    mfn_ifr_registry_free(registry);
}

static void registering_and_removing_needs_no_memory_for_ever(void **state)
{
    (void)state;
    for (uint64_t turns = 9000; turns < 40000; turns += WHEEL_STRIDE)
        a_wheel_is_renewed(turns);
    a_wheel_is_renewed(200000);
}

/* A table that was large once has many empty groups to walk over. */
static void a_table_that_shrank_has_a_filter_in_time(void **state)
{
    (void)state;
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.flow_count = 1;
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(put(registry, i, 0), BASE_OK);
    for (uint64_t i = 10; i < MANY; i++)
        assert_int_equal(drop(registry, i, 0), BASE_OK);
    const uint64_t before = more_of(registry).filter_rebuilds;
    for (uint64_t i = 0; i < 3 * MANY; i++) {
        assert_int_equal(put(registry, MANY + i, 0), BASE_OK);
        assert_int_equal(drop(registry, MANY + i, 0), BASE_OK);
        assert_int_equal(get(registry, i % 10, 0, &value), BASE_OK);
    }
    assert_true(more_of(registry).filter_rebuilds > before);
    const struct mfn_ifr_counters last = counters_of(registry);
    for (uint64_t i = 0; i < 100000; i++)
        assert_int_equal(get(registry, 10 * MANY + i, 0, &value), BASE_ENOTFOUND);
    assert_true(counters_of(registry).filter_rejects - last.filter_rejects > 98800);
    mfn_ifr_registry_free(registry);
}

static void the_latency_is_sampled(void **state)
{
    (void)state;
    enum { FINDS = 640000 };
    const struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    struct mfn_ifr_registry *const registry = registry_of(&options);
    struct mfn_ifr_value value;
    assert_int_equal(put(registry, 1, 0), BASE_OK);
    for (uint64_t i = 0; i < FINDS; i++)
        assert_int_equal(get(registry, i % 2 == 0, 0, &value),
                         i % 2 == 0 ? BASE_OK : BASE_ENOTFOUND);
    const struct mfn_ifr_registry_more more = more_of(registry);
    const uint64_t count = mfn_ifr_latency_up_to(&more.lookup, MFN_IFR_LATENCY_BOUNDS);
    assert_in_range(count, FINDS / 64 - 500, FINDS / 64 + 500); /* 100 gaps' sigma: 37 each */
    assert_true(more.lookup.sum_ns > count);                    /* more than 1 ns each */
    mfn_ifr_registry_free(registry);
}

static void buckets_are_cumulative(void **state)
{
    (void)state;
    struct mfn_ifr_latency latency = { 0 };
    static const uint64_t ns[] = {
        0, 25, 26, 1000, 1001, 1000000000, 1000000001, UINT64_C(1) << 40
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++) {
        mfn_ifr_latency_add(&latency, ns[i]);
        sum += ns[i];
    }
    assert_int_equal(latency.sum_ns, sum);
    for (unsigned i = 0; i <= MFN_IFR_LATENCY_BOUNDS; i++) {
        uint64_t right = 0;
        for (size_t k = 0; k < sizeof ns / sizeof ns[0]; k++)
            right += ns[k] <= mfn_ifr_latency_bound_ns(i);
        assert_int_equal(mfn_ifr_latency_up_to(&latency, i), right);
        assert_true(i == 0 || mfn_ifr_latency_bound_ns(i) > mfn_ifr_latency_bound_ns(i - 1));
    }
    assert_int_equal(mfn_ifr_latency_bound_ns(0), 25);
    assert_int_equal(mfn_ifr_latency_bound_ns(MFN_IFR_LATENCY_BOUNDS - 1), 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(other_sizes_of_key_are_refused),
        cmocka_unit_test(shelves_are_made_when_they_are_needed),
        cmocka_unit_test(each_part_answers_its_share),
        cmocka_unit_test(a_filter_grows_with_its_flows),
        cmocka_unit_test(what_is_removed_does_not_blind_the_filter),
        cmocka_unit_test(a_flow_is_old_to_the_nanosecond),
        cmocka_unit_test(registering_and_removing_needs_no_memory_for_ever),
        cmocka_unit_test(a_table_that_shrank_has_a_filter_in_time),
        cmocka_unit_test(the_latency_is_sampled),
        cmocka_unit_test(buckets_are_cumulative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
