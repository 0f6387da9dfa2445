/* test_ifr_filter_rate.c - the measured rate of false answers is the one that was asked for.
 *
 * Fixed seeds: a run says the same each time. The bound is binomial, five deviations wide, plus the
 * spread between filters (their blocks' loads), which falls with the number of blocks met. */
#include "unit.h"

#include <mfn/ifr_filter.h>

#include <base/rng.h>

#include <math.h>
#include <stdio.h>

enum { ASKED = 2000000, KEYS = 500000, BATCH = 1000 };

struct measured {
    double asked, wrong; /* questions, false answers */
    double blocks;       /* of all filters that were asked */
};

/* `ASKED` questions about strangers; hashes are 64 bits, so none of them was added. */
static void ask(const struct mfn_ifr_filter *filter, struct base_rng *rng, size_t count,
                struct measured *out)
{
    uint64_t hashes[BATCH], bits[(BATCH + 63) / 64];
    struct mfn_ifr_filter_stats stats;
    mfn_ifr_filter_stats(filter, &stats);
    for (size_t done = 0; done < count; done += BATCH) {
        for (size_t i = 0; i < BATCH; i++)
            hashes[i] = base_rng_u64(rng);
        out->wrong += (double)mfn_ifr_filter_has_batch(filter, hashes, BATCH, bits);
        out->asked += BATCH;
    }
    out->blocks += (double)stats.blocks;
}

/* Five deviations. A block's own rate spreads by at most four times its mean, where rates are above
 * 1e-4; whole filters average over their blocks. */
static double slack_of(const struct measured *m, double rate)
{
    const double mean = m->asked * rate;
    return 5 * sqrt(mean + mean * mean * 16 / m->blocks) + 3;
}

static void one_filter(uint64_t count, double rate)
{
    struct base_rng rng;
    base_rng_init(&rng, count * 31 + (uint64_t)(1 / rate));
    struct measured m = { 0 };
    double model = 0;
    const uint64_t filters = count >= KEYS ? 1 : KEYS / count < 2000 ? KEYS / count : 2000;
    for (uint64_t f = 0; f < filters; f++) {
        const struct mfn_ifr_filter_options options = { count, rate, 1 };
        struct mfn_ifr_filter *filter = NULL;
        assert_int_equal(mfn_ifr_filter_new(&options, &filter), BASE_OK);
        for (uint64_t i = 0; i < count; i++)
            mfn_ifr_filter_add(filter, base_rng_u64(&rng));
        ask(filter, &rng, ASKED / filters, &m);
        struct mfn_ifr_filter_stats stats;
        mfn_ifr_filter_stats(filter, &stats);
        model = mfn_ifr_filter_rate_of(count, stats.blocks);
        mfn_ifr_filter_free(filter);
    }
    print_message("%8llu keys, asked %-7g model %-9.3g measured %.3g\n", (unsigned long long)count,
                  rate, model, m.wrong / m.asked);
    assert_true(model <= rate);
    assert_true(m.wrong <= m.asked * rate + slack_of(&m, rate));
    assert_true(fabs(m.wrong - m.asked * model) <= slack_of(&m, model));
}

static void filters_keep_their_rate(void **state)
{
    (void)state;
    static const uint64_t counts[] = { 1, 8, 100, 1000, 30000, 1000000 };
    static const double rates[] = { 0.3, 0.05, 0.01, 0.001, 0.0001 };
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
            one_filter(counts[c], rates[r]);
}

/* Fill a bank until its current filter lacks one key - the worst moment - and ask; many times over.
 * The keys that must be known are known at each of those moments. */
static void one_bank(uint64_t count, double rate, uint32_t bank)
{
    enum { MOMENTS = 40, KEYS_MAX = 40000 };
    static uint64_t keys[KEYS_MAX];
    assert_true(count <= KEYS_MAX);
    const struct mfn_ifr_filter_options options = { count, rate, bank };
    struct mfn_ifr_filter *filter = NULL;
    assert_int_equal(mfn_ifr_filter_new(&options, &filter), BASE_OK);
    struct base_rng rng;
    base_rng_init(&rng, count + bank);
    struct measured m = { 0 };
    struct mfn_ifr_filter_stats stats;
    uint64_t added = 0;
    for (uint64_t moment = 0; moment < MOMENTS + bank; moment++) {
        do {
            const uint64_t key = base_rng_u64(&rng);
            mfn_ifr_filter_add(filter, key);
            keys[added++ % count] = key;
            mfn_ifr_filter_stats(filter, &stats);
        } while (stats.count + 1 != stats.capacity || stats.rotations != moment);
        for (uint64_t i = 0; i < count && i < added; i++)
            assert_true(mfn_ifr_filter_has(filter, keys[i]));
        assert_true(stats.rate <= rate);
        if (moment >= bank)
            ask(filter, &rng, ASKED / MOMENTS, &m);
    }
    print_message("%8llu keys in a bank of %2u, asked %-7g model %-9.3g measured %.3g\n",
                  (unsigned long long)count, bank, rate, stats.rate, m.wrong / m.asked);
    assert_true(stats.rotations >= MOMENTS);
    assert_true(m.wrong <= m.asked * rate + slack_of(&m, rate));
    assert_true(fabs(m.wrong - m.asked * stats.rate) <= slack_of(&m, stats.rate));
    mfn_ifr_filter_free(filter);
}

static void banks_keep_their_rate(void **state)
{
    (void)state;
    static const double rates[] = { 0.2, 0.01, 0.001 };
    static const uint32_t banks[] = { 2, 4, 16 };
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (size_t b = 0; b < sizeof banks / sizeof *banks; b++) {
            one_bank(1500, rates[r], banks[b]);
            one_bank(15000, rates[r], banks[b]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_keep_their_rate),
        cmocka_unit_test(banks_keep_their_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
