/* model_ifr_cache.c [OPERATIONS] - random operations on the cache and on its twin, step by step.
 * SEED in the environment repeats a run. */
#include "unit.h"

#include "ifr_cache_key.h"
#include "ifr_cache_twin.h"

#include <base/rng.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LIFE = 4000, IDS_MAX = 4 * TWIN_CAPACITY_MAX };

static uint64_t seed, operations = 4000000;

/* One cache beside its twin, and the keys they are asked about. */
struct pair {
    struct mfn_ifr_cache *cache;
    struct twin twin;
    size_t key_size;
    uint32_t ids;       /* keys 0 .. ids - 1 */
    uint64_t hash_mask; /* few bits: many keys share a hash */
    uint64_t now_ns;
};

static uint64_t hash_of(const struct pair *pair, uint32_t id)
{
    return ifr_cache_mix(id) & pair->hash_mask;
}

static bool peek(const struct pair *pair, uint32_t id, struct mfn_ifr_value *out)
{
    unsigned char key[MFN_IFR_KEY_SIZE_MAX];
    ifr_cache_key(id, key, pair->key_size);
    return mfn_ifr_cache_peek(pair->cache, key, hash_of(pair, id), pair->now_ns, out);
}

static void check_value(const struct mfn_ifr_value *a, const struct mfn_ifr_value *b)
{
    assert_int_equal(a->component_id, b->component_id);
    assert_int_equal(a->flow_type, b->flow_type);
    assert_int_equal(a->priority, b->priority);
    assert_int_equal(a->flags, b->flags);
    assert_true(a->timestamp_ns == b->timestamp_ns);
    assert_int_equal(a->size, b->size);
}

static void check_all(const struct pair *pair)
{
    struct mfn_ifr_cache_stats stats;
    mfn_ifr_cache_stats(pair->cache, &stats);
    const struct mfn_ifr_cache_stats *const expect = &pair->twin.stats;
    assert_int_equal(stats.count, pair->twin.count);
    assert_int_equal(stats.capacity, pair->twin.capacity);
    assert_true(stats.hits == expect->hits && stats.misses == expect->misses);
    assert_true(stats.insertions == expect->insertions && stats.updates == expect->updates);
    assert_true(stats.evictions == expect->evictions);
    assert_true(stats.expirations == expect->expirations);
    for (uint32_t id = 0; id < pair->ids; id++) {
        struct mfn_ifr_value ours, theirs;
        const bool found = peek(pair, id, &ours);
        assert_int_equal(found, twin_peek(&pair->twin, id, pair->now_ns, &theirs));
        if (found)
            check_value(&ours, &theirs);
    }
}

/* Whom the random policy let go: the only one that the cache does not have any more. */
static size_t who_is_gone(const struct twin *twin, void *context)
{
    const struct pair *const pair = context;
    size_t gone = twin->count;
    for (size_t i = 0; i < twin->count; i++) {
        struct mfn_ifr_value value;
        if (peek(pair, twin->items[i].id, &value))
            continue;
        assert_int_equal(gone, twin->count);
        gone = i;
    }
    assert_true(gone < twin->count);
    return gone;
}

static void step(struct pair *pair, struct base_rng *rng)
{
    /* Skewed: small ids are asked for more often. */
    const uint32_t id = (uint32_t)base_rng_below(rng, 1 + base_rng_below(rng, pair->ids));
    const uint64_t hash = hash_of(pair, id);
    const uint64_t kind = base_rng_below(rng, 100);
    struct mfn_ifr_value ours = { 0 }, theirs = { 0 };
    unsigned char key[MFN_IFR_KEY_SIZE_MAX];
    ifr_cache_key(id, key, pair->key_size);
    pair->now_ns += base_rng_below(rng, 3);
    bool found = true;
    if (kind < 70) {
        found = mfn_ifr_cache_find(pair->cache, key, hash, pair->now_ns, &ours);
        assert_int_equal(found, twin_find(&pair->twin, id, pair->now_ns, &theirs));
        check_value(&ours, &theirs);
    } else if (kind < 76) {
        assert_int_equal(mfn_ifr_cache_remove(pair->cache, key, hash),
                         twin_remove(&pair->twin, id));
    } else if (kind < 77) {
        check_all(pair);
    }
    if ((kind < 70 && !found) || kind >= 77) {
        const uint64_t bits = base_rng_u64(rng);
        const struct mfn_ifr_value value = {
            id,   (uint8_t)bits,         (uint8_t)(bits >> 8), (uint16_t)(bits >> 16),
            bits, (uint32_t)(bits >> 32)
        };
        mfn_ifr_cache_put(pair->cache, key, hash, pair->now_ns, &value);
        twin_put(&pair->twin, id, hash, pair->now_ns, &value, who_is_gone, pair);
        assert_true(peek(pair, id, &ours));
        check_value(&ours, &value);
    }
}

static size_t random_capacity(struct base_rng *rng)
{
    static const size_t limits[] = { 3, 12, 60, TWIN_CAPACITY_MAX };
    return 1 + base_rng_below(rng, limits[base_rng_below(rng, 4)]);
}

/* One life of a cache of random shape; returns the operations done. */
static uint64_t live(enum mfn_ifr_policy policy, struct base_rng *rng)
{
    static const size_t sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };
    static const uint64_t masks[] = { UINT64_MAX, UINT64_MAX, UINT64_MAX << 32,
                                      UINT64_C(0x300000000) | 0xff, UINT64_C(0xffff000000000000) };
    static struct pair pair;
    const struct mfn_ifr_cache_options options = {
        .key_size = sizes[base_rng_below(rng, 3)],
        .capacity = random_capacity(rng),
        .policy = policy,
        .ttl_ns = base_rng_below(rng, 2) ? 0 : 1 + base_rng_below(rng, 600),
        .seed = { { base_rng_u64(rng) } },
    };
    twin_open(&pair.twin, &options);
    assert_int_equal(mfn_ifr_cache_new(&options, &pair.cache), BASE_OK);
    pair.key_size = options.key_size;
    pair.ids = (uint32_t)(options.capacity * (1 + base_rng_below(rng, 4)));
    pair.hash_mask = masks[base_rng_below(rng, options.capacity <= 60 ? 5 : 2)];
    pair.now_ns = base_rng_below(rng, 2) * 1000000;
    for (int i = 0; i < LIFE; i++)
        step(&pair, rng);
    check_all(&pair);
    mfn_ifr_cache_free(pair.cache);
    twin_close(&pair.twin);
    return LIFE;
}

static void caches_do_as_their_twins(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (uint64_t done = 0; done < operations;)
        for (unsigned policy = 0; policy < MFN_IFR_POLICY_COUNT; policy++)
            done += live((enum mfn_ifr_policy)policy, &rng);
}

int main(int argc, char **argv)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    if (argc > 1)
        operations = strtoull(argv[1], NULL, 0);
    printf("seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = { cmocka_unit_test(caches_do_as_their_twins) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
