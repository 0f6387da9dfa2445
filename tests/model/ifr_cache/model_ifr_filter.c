/* model_ifr_filter.c [OPERATIONS] - random operations on banks of filters, plain and SIMD beside
 * each other, and a twin that simply remembers who was added to which filter. SEED in the
 * environment repeats a run. */
#include "unit.h"

#include "ifr_filter_internal.h"

#include <base/rng.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIFE = 20000, IDS = 5000, BATCH = 200, FILTERS = 2 };

static uint64_t seed, operations = 2000000;

struct pair {
    struct mfn_ifr_filter *filters[FILTERS]; /* plain, and the best of this machine */
    uint64_t hashes[IDS];
    uint64_t added[IDS]; /* 1 + rotations when it was added last; 0: never */
    uint64_t rotations;
    uint32_t bank;
    uint64_t expected_count;
    uint64_t asked, wrong; /* of keys that were never added */
};

static bool must_be_there(const struct pair *pair, uint32_t id)
{
    if (pair->added[id] == 0)
        return false;
    return pair->bank == 1 || pair->rotations + 1 - pair->added[id] < pair->bank;
}

static void check_answer(struct pair *pair, uint32_t id, bool has)
{
    if (must_be_there(pair, id))
        assert_true(has);
    else if (pair->added[id] == 0) {
        pair->asked++;
        pair->wrong += has;
    }
}

static void add(struct pair *pair, uint32_t id)
{
    struct mfn_ifr_filter_stats stats[FILTERS];
    for (int f = 0; f < FILTERS; f++) {
        mfn_ifr_filter_stats(pair->filters[f], &stats[f]);
        const uint64_t rotations = stats[f].rotations, count = stats[f].count;
        mfn_ifr_filter_add(pair->filters[f], pair->hashes[id]);
        mfn_ifr_filter_stats(pair->filters[f], &stats[f]);
        if (stats[f].rotations != rotations)
            assert_true(pair->bank > 1 && count + 1 == stats[f].capacity && stats[f].count == 0);
    }
    assert_int_equal(stats[0].rotations, stats[1].rotations);
    assert_int_equal(stats[0].count, stats[1].count);
    /* It went into the filter that was current before the rotation. */
    pair->added[id] = 1 + pair->rotations;
    if (pair->bank > 1)
        pair->rotations = stats[0].rotations;
}

static void ask_many(struct pair *pair, struct base_rng *rng)
{
    uint32_t ids[BATCH];
    uint64_t hashes[BATCH], bits[FILTERS][(BATCH + 63) / 64];
    const size_t count = base_rng_below(rng, BATCH + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = (uint32_t)base_rng_below(rng, IDS);
        hashes[i] = pair->hashes[ids[i]];
    }
    const size_t yes = mfn_ifr_filter_has_batch(pair->filters[0], hashes, count, bits[0]);
    assert_int_equal(mfn_ifr_filter_has_batch(pair->filters[1], hashes, count, bits[1]), yes);
    assert_memory_equal(bits[0], bits[1], (count + 63) / 64 * sizeof bits[0][0]);
    for (size_t i = 0; i < count; i++)
        check_answer(pair, ids[i], bits[0][i / 64] >> (i % 64) & 1);
}

static void step(struct pair *pair, struct base_rng *rng)
{
    const uint32_t id = (uint32_t)base_rng_below(rng, IDS);
    const uint64_t kind = base_rng_below(rng, 10000);
    if (kind < 5000) {
        add(pair, id);
    } else if (kind < 9900) {
        const bool has = mfn_ifr_filter_has(pair->filters[0], pair->hashes[id]);
        assert_int_equal(mfn_ifr_filter_has(pair->filters[1], pair->hashes[id]), has);
        check_answer(pair, id, has);
    } else if (kind < 9995) {
        ask_many(pair, rng);
    } else {
        const bool is_clear = kind == 9999 || pair->bank == 1;
        for (int f = 0; f < FILTERS; f++)
            (kind == 9999 ? mfn_ifr_filter_clear : mfn_ifr_filter_rotate)(pair->filters[f]);
        if (is_clear)
            memset(pair->added, 0, sizeof pair->added);
        pair->rotations = is_clear ? 0 : pair->rotations + 1;
    }
}

static void live(struct base_rng *rng)
{
    static struct pair pair;
    const struct mfn_ifr_filter_options options = {
        .expected_count = 1 + base_rng_below(rng, base_rng_below(rng, 2) ? 60 : 20000),
        .false_positive_rate = base_rng_below(rng, 2) ? 0.25 : 0.001,
        .bank = 1 + (uint32_t)base_rng_below(rng, MFN_IFR_FILTER_BANK_MAX),
    };
    memset(&pair, 0, sizeof pair);
    pair.bank = options.bank;
    for (size_t i = 0; i < IDS; i++)
        pair.hashes[i] = base_rng_u64(rng);
    assert_int_equal(ifr_filter_new_with(&options, &ifr_filter_plain, &pair.filters[0]), BASE_OK);
    assert_int_equal(mfn_ifr_filter_new(&options, &pair.filters[1]), BASE_OK);
    for (int i = 0; i < LIFE; i++)
        step(&pair, rng);
    assert_int_equal(pair.filters[0]->size_bytes, pair.filters[1]->size_bytes);
    assert_memory_equal(pair.filters[0]->words, pair.filters[1]->words,
                        pair.filters[0]->size_bytes);
    if (pair.bank > 1 || options.expected_count >= IDS)
        assert_true((double)pair.wrong <=
                    50 + 4 * options.false_positive_rate * (double)pair.asked);
    for (int f = 0; f < FILTERS; f++)
        mfn_ifr_filter_free(pair.filters[f]);
}

static void filters_do_as_their_twin(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (uint64_t done = 0; done < operations; done += LIFE)
        live(&rng);
}

int main(int argc, char **argv)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    if (argc > 1)
        operations = strtoull(argv[1], NULL, 0);
    printf("seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = { cmocka_unit_test(filters_do_as_their_twin) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
