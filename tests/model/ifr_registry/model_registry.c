/* model_registry.c - random operations on a registry with random options, against arrays indexed by
 * the key's number. Whatever filter, cache and age do: a flow is found when it was registered, was
 * not removed and is not old, and never else, and with its last value.
 *
 *   model_registry [OPERATIONS]   in all; SEED in the environment repeats a run
 */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_registry.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef BPI_SANITIZED
enum { OPERATIONS = 600000 };
#else
enum { OPERATIONS = 4000000 };
#endif

enum { KEYS = 6000, SIZES = 3, EPISODE = 50000, PHASE = 5000 };

static const size_t key_sizes[SIZES] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };
static uint64_t seed;
static size_t operations = OPERATIONS;

/* The twin. */
static bool is_there[SIZES][KEYS];
static uint64_t stamps_ns[SIZES][KEYS];
static struct mfn_ifr_value values[SIZES][KEYS];

struct episode {
    struct mfn_ifr_registry_options options;
    struct mfn_ifr_registry *registry;
    struct base_rng rng;
    uint64_t now_ns;
    uint64_t hits, misses, registrations, removals;
};

static void options_choose(struct episode *episode)
{
    static const double rates[] = { 0.5, 0.01, 0.001, 1e-9 };
    static const uint64_t ages_ns[] = { 1000, 50000, 3000000 };
    struct base_rng *const rng = &episode->rng;
    episode->options = (struct mfn_ifr_registry_options){
        .flow_count = 1 + base_rng_below(rng, 2000),
        .false_positive_rate = rates[base_rng_below(rng, 4)],
        .filter_bank = (uint32_t)(base_rng_below(rng, 4) == 0 ? base_rng_below(rng, 17) : 1),
        .cache_count = base_rng_below(rng, 3) == 0 ? 0 : 1 + base_rng_below(rng, 500),
        .cache_policy = (enum mfn_ifr_policy)base_rng_below(rng, MFN_IFR_POLICY_COUNT),
        .cache_ttl_ns = base_rng_below(rng, 2) == 0 ? 0 : 1 + base_rng_below(rng, 100000),
        .flow_age_ns = base_rng_below(rng, 2) == 0 ? 0 : ages_ns[base_rng_below(rng, 3)],
        .want_large_pages = base_rng_below(rng, 4) == 0,
    };
}

static bool is_found(const struct episode *episode, size_t s, size_t number)
{
    const uint64_t age_ns = episode->options.flow_age_ns;
    return is_there[s][number] && (age_ns == 0 || episode->now_ns - stamps_ns[s][number] < age_ns);
}

static void find(struct episode *episode, size_t s, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    const struct mfn_ifr_value untouched = { .component_id = 99, .size = 7 };
    struct mfn_ifr_value value = untouched;
    ifr_keys_make(number, key_sizes[s], key);
    const base_err err =
        mfn_ifr_registry_find(episode->registry, key, key_sizes[s], episode->now_ns, &value);
    if (number < KEYS && is_found(episode, s, number)) {
        assert_int_equal(err, BASE_OK);
        assert_true(ifr_keys_same(&value, &values[s][number]));
        episode->hits++;
    } else {
        assert_int_equal(err, BASE_ENOTFOUND);
        assert_true(ifr_keys_same(&value, &untouched));
        episode->misses++;
    }
}

static void insert(struct episode *episode, size_t s, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, key_sizes[s], key);
    struct mfn_ifr_value value = ifr_keys_value(&episode->rng);
    assert_int_equal(
        mfn_ifr_registry_insert(episode->registry, key, key_sizes[s], episode->now_ns, &value),
        BASE_OK);
    if (episode->options.flow_age_ns > 0)
        value.timestamp_ns = episode->now_ns;
    is_there[s][number] = true;
    stamps_ns[s][number] = episode->now_ns;
    values[s][number] = value;
    episode->registrations++;
}

static void remove_one(struct episode *episode, size_t s, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, key_sizes[s], key);
    const bool is_known = is_found(episode, s, number);
    assert_int_equal(mfn_ifr_registry_remove(episode->registry, key, key_sizes[s], episode->now_ns),
                     is_known ? BASE_OK : BASE_ENOTFOUND);
    episode->removals += is_known;
    is_there[s][number] = false;
}

static void check_numbers(const struct episode *episode)
{
    struct mfn_ifr_counters counters;
    struct mfn_ifr_registry_more more;
    size_t known = 0;
    for (size_t s = 0; s < SIZES; s++)
        for (size_t i = 0; i < KEYS; i++)
            known += is_found(episode, s, i);
    mfn_ifr_registry_stats(episode->registry, &counters);
    mfn_ifr_registry_more(episode->registry, &more);
    assert_int_equal(counters.lookups, episode->hits + episode->misses);
    assert_int_equal(counters.hits, episode->hits);
    assert_int_equal(counters.misses, episode->misses);
    assert_int_equal(counters.registrations, episode->registrations);
    assert_int_equal(counters.removals, episode->removals);
    assert_true(counters.active_flows >= known);
    assert_true(counters.active_flows == known || episode->options.flow_age_ns > 0);
    assert_true(counters.cache_hits <= counters.hits && counters.cache_hits <= more.cache_asks);
    assert_true(counters.filter_rejects + more.filter_passes <= counters.misses);
    assert_true(more.expirations == 0 || episode->options.flow_age_ns > 0);
    assert_true(counters.memory_bytes < 64 << 20);
}

/* What is asked for: mostly a few favourites, so that the cache has something to do. */
static size_t choose(struct episode *episode)
{
    const uint64_t range = base_rng_below(&episode->rng, 3) == 0 ? KEYS : 200;
    return base_rng_below(&episode->rng, range);
}

static void one_operation(struct episode *episode, unsigned inserts_percent)
{
    struct base_rng *const rng = &episode->rng;
    const size_t s = base_rng_below(rng, SIZES), number = choose(episode);
    const uint64_t choice = base_rng_below(rng, 100);
    if (choice < 45) {
        find(episode, s, number);
    } else if (choice < 55) {
        find(episode, s, KEYS + base_rng_below(rng, 1000000)); /* never there */
    } else if (choice < 95) {
        if (base_rng_below(rng, 100) < inserts_percent)
            insert(episode, s, number);
        else
            remove_one(episode, s, number);
    } else if (choice < 99) {
        const uint64_t age_ns = episode->options.flow_age_ns;
        episode->now_ns += base_rng_below(rng, age_ns > 0 ? age_ns / 100 + 2 : 2000);
    } else {
        (void)mfn_ifr_registry_step(episode->registry, episode->now_ns, base_rng_below(rng, 300));
    }
}

/* In the end all are gone: by age, or by hand. */
static void empty(struct episode *episode)
{
    struct mfn_ifr_counters counters;
    for (size_t s = 0; s < SIZES; s++)
        for (size_t i = 0; i < KEYS; i++)
            find(episode, s, i);
    check_numbers(episode);
    const uint64_t age_ns = episode->options.flow_age_ns;
    episode->now_ns += 2 * age_ns;
    for (size_t i = 0; i < 1000000; i++)
        if (!mfn_ifr_registry_step(episode->registry, episode->now_ns, 64))
            break;
    for (size_t s = 0; s < SIZES && age_ns == 0; s++)
        for (size_t i = 0; i < KEYS; i++)
            remove_one(episode, s, i);
    mfn_ifr_registry_stats(episode->registry, &counters);
    assert_int_equal(counters.active_flows, 0);
}

static void run_episode(struct episode *episode, size_t count)
{
    unsigned inserts_percent = 90;
    for (size_t i = 0; i < count; i++) {
        if (i % PHASE == PHASE - 1) {
            inserts_percent = 10 + (unsigned)base_rng_below(&episode->rng, 85);
            check_numbers(episode);
        }
        one_operation(episode, inserts_percent);
    }
    empty(episode);
}

static void registries_agree_with_the_twin(void **state)
{
    (void)state;
    uint64_t rebuilds = 0, expirations = 0, cache_hits = 0, rejects = 0;
    size_t done = 0;
    for (uint64_t turn = 0; done < operations; turn++) {
        struct episode episode = { .now_ns = 1000000000 };
        struct base_why why = { 0 };
        base_rng_init(&episode.rng, seed + turn);
        options_choose(&episode);
        memset(is_there, 0, sizeof is_there);
        if (mfn_ifr_registry_new(&episode.options, &episode.registry, &why) != BASE_OK)
            fail_msg("%s", why.text);
        const size_t count = operations - done < EPISODE ? operations - done : EPISODE;
        run_episode(&episode, count);
        struct mfn_ifr_counters counters;
        struct mfn_ifr_registry_more more;
        mfn_ifr_registry_stats(episode.registry, &counters);
        mfn_ifr_registry_more(episode.registry, &more);
        rebuilds += more.filter_rebuilds;
        expirations += more.expirations;
        cache_hits += counters.cache_hits;
        rejects += counters.filter_rejects;
        mfn_ifr_registry_free(episode.registry);
        done += count;
    }
    printf("%llu filters made anew, %llu flows grew old, %llu cache hits, %llu rejects\n",
           (unsigned long long)rebuilds, (unsigned long long)expirations,
           (unsigned long long)cache_hits, (unsigned long long)rejects);
    if (operations >= OPERATIONS) /* else the model looked at nothing */
        assert_true(rebuilds > 20 && expirations > 1000 && cache_hits > 1000 && rejects > 1000);
}

int main(int argc, char **argv)
{
    const char *const text = getenv("SEED");
    seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    if (argc > 1)
        operations = strtoull(argv[1], NULL, 0);
    printf("SEED=%llu, %zu operations\n", (unsigned long long)seed, operations);
    const struct CMUnitTest tests[] = { cmocka_unit_test(registries_agree_with_the_twin) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
