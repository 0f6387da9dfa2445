/* test_ifr_filter.c - a filter forgets nothing it must know, whichever instructions it uses. */
#include "unit.h"

#include "ifr_filter_internal.h"

#include <base/rng.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct mfn_ifr_filter *make(uint64_t count, double rate, uint32_t bank,
                                   const struct ifr_filter_kernel *kernel)
{
    const struct mfn_ifr_filter_options options = { count, rate, bank };
    struct mfn_ifr_filter *filter = NULL;
    assert_int_equal(kernel == NULL ? mfn_ifr_filter_new(&options, &filter)
                                    : ifr_filter_new_with(&options, kernel, &filter),
                     BASE_OK);
    return filter;
}

static void options_out_of_range_are_named(void **state)
{
    (void)state;
    static const struct {
        struct mfn_ifr_filter_options options;
        const char *text;
    } rows[] = {
        { { 0, 0.01, 1 }, "filter: expected count 0 is not in 1 .. 4294967296" },
        { { UINT64_C(1) << 33, 0.01, 1 },
          "filter: expected count 8589934592 is not in 1 .. 4294967296" },
        { { 1, 0, 1 }, "filter: false-positive rate 0 is not in 1e-09 .. 0.5" },
        { { 1, 0.6, 1 }, "filter: false-positive rate 0.6 is not in 1e-09 .. 0.5" },
        { { 1, -NAN, 1 }, NULL },
        { { 1, 0.01, 0 }, "filter: a bank of 0 filters is not in 1 .. 16" },
        { { 1, 0.01, 17 }, "filter: a bank of 17 filters is not in 1 .. 16" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct base_why why = { 0 };
        struct mfn_ifr_filter *filter = NULL;
        assert_int_equal(mfn_ifr_filter_check(&rows[i].options, &why), BASE_ERANGE);
        if (rows[i].text != NULL)
            assert_string_equal(why.text, rows[i].text);
        assert_int_equal(mfn_ifr_filter_new(&rows[i].options, &filter), BASE_ERANGE);
        assert_null(filter);
    }
    mfn_ifr_filter_free(NULL);
}

/* Both limits of each option give a filter that works. */
static void limits_are_allowed(void **state)
{
    (void)state;
    static const struct mfn_ifr_filter_options rows[] = { { 1, 0.5, 1 },    { 1, 1e-9, 1 },
                                                          { 1, 0.5, 16 },   { 1, 1e-9, 16 },
                                                          { 3, 0.5, 2 },    { 100, 1e-9, 16 },
                                                          { 100, 0.5, 16 }, { 100000, 1e-9, 1 },
                                                          { 1000, 0.5, 1 }, { 100000, 0.5, 16 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_ifr_filter *const filter =
            make(rows[i].expected_count, rows[i].false_positive_rate, rows[i].bank, NULL);
        assert_false(mfn_ifr_filter_has(filter, 12345));
        mfn_ifr_filter_add(filter, 12345);
        assert_true(mfn_ifr_filter_has(filter, 12345));
        mfn_ifr_filter_free(filter);
    }
}

static void sized_as_the_model_says(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        double rate;
        double bits_low, bits_high; /* a key */
    } rows[] = { { 1000000, 0.01, 10.0, 10.8 }, { 1000000, 0.001, 15, 17.5 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_ifr_filter *const filter = make(rows[i].count, rows[i].rate, 1, NULL);
        struct mfn_ifr_filter_stats stats;
        mfn_ifr_filter_stats(filter, &stats);
        assert_true(mfn_ifr_filter_rate_of(rows[i].count, stats.blocks) <= rows[i].rate);
        assert_true(mfn_ifr_filter_rate_of(rows[i].count, stats.blocks - 1) > rows[i].rate);
        const double bits = (double)stats.blocks * 256 / (double)rows[i].count;
        assert_true(bits > rows[i].bits_low && bits < rows[i].bits_high);
        assert_true(stats.size_bytes >= stats.blocks * 32);
        mfn_ifr_filter_free(filter);
    }
}

/* The weights' recurrence against the closed form, where that has digits: with q = 31/32 the mean
 * of (1 - q^i)^8 is the sum over j of C(8,j) (-1)^j E[q^(i j)], and E = (1 - (1 - q^j) / B)^n. */
static void rate_is_the_closed_form(void **state)
{
    (void)state;
    static const struct {
        uint64_t count, blocks;
    } rows[] = { { 1, 1 },     { 30, 1 },          { 30, 2 },          { 1000, 40 },     { 700, 2 },
                 { 1000, 17 }, { 1000000, 41000 }, { 1000000, 20000 }, { 1000000, 2600 } };
    static const double choose[] = { 1, 8, 28, 56, 70, 56, 28, 8, 1 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double sum = 0;
        for (int j = 0; j <= 8; j++)
            sum += (j % 2 ? -1 : 1) * choose[j] *
                   exp(log1p((pow(31.0 / 32, j) - 1) / (double)rows[i].blocks) *
                       (double)rows[i].count);
        const double rate = mfn_ifr_filter_rate_of(rows[i].count, rows[i].blocks);
        if (!(fabs(rate - sum) < 1e-11 + 1e-9 * sum))
            fail_msg("%llu keys in %llu blocks: %.12g is not %.12g",
                     (unsigned long long)rows[i].count, (unsigned long long)rows[i].blocks, rate,
                     sum);
    }
    assert_true(mfn_ifr_filter_rate_of(0, 1) == 0 && mfn_ifr_filter_rate_of(0, 7) == 0);
    assert_true(mfn_ifr_filter_rate_of(1, 1) == 0x1p-40);
    assert_true(mfn_ifr_filter_rate_of(UINT64_C(1) << 32, 3) == 1);
    assert_true(mfn_ifr_filter_rate_of(798, 2) > 0.99);
}

static void check_same(const struct mfn_ifr_filter *a, const struct mfn_ifr_filter *b,
                       struct base_rng *rng)
{
    enum { ASKED = 300 };
    uint64_t hashes[ASKED], bits[2][(ASKED + 63) / 64];
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_memory_equal(a->words, b->words, a->size_bytes);
    for (size_t i = 0; i < ASKED; i++)
        hashes[i] = base_rng_u64(rng);
    const size_t count = base_rng_below(rng, ASKED + 1);
    memset(bits, 0xff, sizeof bits);
    const size_t yes = mfn_ifr_filter_has_batch(a, hashes, count, bits[0]);
    assert_int_equal(mfn_ifr_filter_has_batch(b, hashes, count, bits[1]), yes);
    assert_memory_equal(bits[0], bits[1], sizeof bits[0]);
    size_t expect = 0;
    for (size_t i = 0; i < count; i++) {
        const bool has = mfn_ifr_filter_has(a, hashes[i]);
        expect += has;
        assert_int_equal(mfn_ifr_filter_has(b, hashes[i]), has);
        assert_int_equal(bits[0][i / 64] >> (i % 64) & 1, has);
    }
    assert_int_equal(yes, expect);
    for (size_t i = count; i < (count + 63) / 64 * 64; i++)
        assert_int_equal(bits[0][i / 64] >> (i % 64) & 1, 0);
    for (size_t word = (count + 63) / 64; word < (ASKED + 63) / 64; word++)
        assert_true(bits[0][word] == UINT64_MAX);
}

static void avx2_is_plain_bit_for_bit(void **state)
{
    (void)state;
    if (!ifr_filter_avx2.is_supported())
        skip();
    static const struct mfn_ifr_filter_options rows[] = { { 1, 0.3, 1 },      { 500, 0.2, 1 },
                                                          { 3000, 0.01, 1 },  { 200000, 0.3, 1 },
                                                          { 400000, 0.3, 1 }, { 500, 0.2, 2 },
                                                          { 3000, 0.3, 16 },  { 40, 0.3, 16 },
                                                          { 100000, 0.3, 5 }, { 100000, 0.3, 16 } };
    struct base_rng rng;
    base_rng_init(&rng, 20260);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mfn_ifr_filter *filters[2];
        assert_int_equal(ifr_filter_new_with(&rows[i], &ifr_filter_plain, &filters[0]), BASE_OK);
        assert_int_equal(ifr_filter_new_with(&rows[i], &ifr_filter_avx2, &filters[1]), BASE_OK);
        for (int part = 0; part < 12; part++) {
            for (uint64_t k = 0; k < rows[i].expected_count / 4 + 1; k++) {
                const uint64_t hash = base_rng_u64(&rng);
                mfn_ifr_filter_add(filters[0], hash);
                mfn_ifr_filter_add(filters[1], hash);
            }
            check_same(filters[0], filters[1], &rng);
        }
        mfn_ifr_filter_free(filters[0]);
        mfn_ifr_filter_free(filters[1]);
    }
}

/* A bank drops the oldest filter only: with c keys a filter, the last (b - 1) c are always there.
 */
static void rotation_drops_the_oldest(void **state)
{
    (void)state;
    enum { BANK = 4, PER = 50, KEYS = 40 * PER };
    static uint64_t keys[KEYS];
    struct base_rng rng;
    base_rng_init(&rng, 7);
    struct mfn_ifr_filter *const filter = make((BANK - 1) * PER, 1e-9, BANK, NULL);
    struct mfn_ifr_filter_stats stats;
    for (size_t i = 0; i < KEYS; i++) {
        keys[i] = base_rng_u64(&rng);
        mfn_ifr_filter_add(filter, keys[i]);
        if (i % PER < PER - 1)
            mfn_ifr_filter_add(filter, keys[i]); /* a repeat takes no room */
        mfn_ifr_filter_stats(filter, &stats);
        assert_int_equal(stats.capacity, PER);
        assert_int_equal(stats.rotations, (i + 1) / PER);
        assert_int_equal(stats.count, (i + 1) % PER);
        assert_true(stats.rate <= 1e-9);
        /* With the next key the spare filter is clear: the rotation has nothing to wait for. */
        if (stats.count + 1 == PER)
            assert_true(filter->blocks - filter->cleared <= filter->clear_step);
        const size_t filters = stats.rotations < BANK ? stats.rotations : BANK - 1;
        const size_t known = filters * PER + stats.count;
        for (size_t k = 0; k <= i; k++)
            assert_int_equal(mfn_ifr_filter_has(filter, keys[k]), k + known > i);
    }
    mfn_ifr_filter_clear(filter);
    mfn_ifr_filter_stats(filter, &stats);
    assert_true(stats.rotations == 0 && stats.count == 0 && stats.rate == 0);
    for (size_t i = 0; i < KEYS; i++)
        assert_false(mfn_ifr_filter_has(filter, keys[i]));
    mfn_ifr_filter_free(filter);
}

/* Rotations by hand, at any time: b of them forget a key, b - 1 do not. */
static void rotation_by_hand(void **state)
{
    (void)state;
    for (uint32_t bank = 1; bank <= MFN_IFR_FILTER_BANK_MAX; bank++) {
        struct mfn_ifr_filter *const filter = make(10000, 1e-6, bank, NULL);
        for (uint64_t round = 1; round <= 3ULL * bank; round++) {
            const uint64_t key = round * UINT64_C(0x9e3779b97f4a7c15);
            mfn_ifr_filter_add(filter, key);
            for (uint32_t i = 0; i < bank; i++) {
                assert_true(mfn_ifr_filter_has(filter, key));
                mfn_ifr_filter_rotate(filter);
            }
            assert_false(mfn_ifr_filter_has(filter, key));
        }
        mfn_ifr_filter_free(filter);
    }
}

/* One filter alone never forgets, even when it holds far too many. */
static void a_bank_of_one_keeps_all(void **state)
{
    (void)state;
    struct mfn_ifr_filter *const filter = make(100, 0.01, 1, NULL);
    for (uint64_t i = 1; i <= 20000; i++)
        mfn_ifr_filter_add(filter, i * UINT64_C(0xd1342543de82ef95));
    for (uint64_t i = 1; i <= 20000; i++)
        assert_true(mfn_ifr_filter_has(filter, i * UINT64_C(0xd1342543de82ef95)));
    struct mfn_ifr_filter_stats stats;
    mfn_ifr_filter_stats(filter, &stats);
    assert_int_equal(stats.rotations, 0);
    assert_true(stats.rate > 0.5);
    mfn_ifr_filter_free(filter);
}

/* However its memory comes, a filter answers the same. */
static void a_gradual_filter_is_a_filter(void **state)
{
    (void)state;
    enum { KEYS = 200000, PIECE = 4096 };
    for (uint32_t turn = 0; turn < 4; turn++) {
        struct mfn_ifr_filter_options options = { KEYS, 0.01, turn % 2 == 0 ? 1 : 16 };
        struct mfn_ifr_filter *const all = make(KEYS, 0.01, options.bank, NULL);
        struct mfn_ifr_filter *gradual = NULL;
        struct base_rng rng;
        size_t pieces = 1, sheds = 1;
        options.is_gradual = true;
        options.want_large_pages = turn / 2 != 0;
        base_rng_init(&rng, turn);
        assert_int_equal(mfn_ifr_filter_new(&options, &gradual), BASE_OK);
        for (int i = 0; i < KEYS; i++) {
            const uint64_t hash = base_rng_u64(&rng);
            mfn_ifr_filter_add(all, hash);
            mfn_ifr_filter_add(gradual, hash);
            if (i == KEYS / 2) /* in the middle of its use */
                while (!mfn_ifr_filter_prepare(gradual, PIECE))
                    pieces++;
        }
        assert_int_equal(pieces, (gradual->size_bytes + PIECE - 1) / PIECE);
        assert_memory_equal(all->words, gradual->words, all->size_bytes);
        assert_true(mfn_ifr_filter_prepare(gradual, PIECE));
        while (!mfn_ifr_filter_shed(gradual, 1))
            sheds++;
        assert_int_equal(sheds,
                         (gradual->size_bytes + IFR_PAGES_ALIGNMENT - 1) / IFR_PAGES_ALIGNMENT);
        assert_int_equal(gradual->words[0], 0); /* given back, and readable */
        assert_true(mfn_ifr_filter_shed(gradual, 1));
        assert_true(mfn_ifr_filter_prepare(all, 1) && mfn_ifr_filter_shed(all, 1)); /* at once */
        mfn_ifr_filter_free(gradual);
        mfn_ifr_filter_free(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(limits_are_allowed),
        cmocka_unit_test(sized_as_the_model_says),
        cmocka_unit_test(rate_is_the_closed_form),
        cmocka_unit_test(avx2_is_plain_bit_for_bit),
        cmocka_unit_test(rotation_drops_the_oldest),
        cmocka_unit_test(rotation_by_hand),
        cmocka_unit_test(a_bank_of_one_keeps_all),
        cmocka_unit_test(a_gradual_filter_is_a_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
