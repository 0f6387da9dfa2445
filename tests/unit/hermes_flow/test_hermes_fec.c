/* test_hermes_fec.c - parity against arithmetic done bit by bit, recovery from every pattern of
 * loss, and plans against a search through all of them. */
#include "unit.h"

#include "hermes_fec_internal.h"

#include <base/rng.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { INDICES = HERMES_FEC_INDEX_MAX + 1, SIZE_MAX_BYTES = 700 };

static uint8_t slow_multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, shifted = a;
    for (int i = 0; i < 8; i++, shifted <<= 1) {
        if ((shifted & 256) != 0)
            shifted ^= 0x11d;
        if ((b >> i & 1) != 0)
            product ^= shifted;
    }
    return (uint8_t)product;
}

static uint8_t slow_inverse(uint8_t a)
{
    for (unsigned b = 1; b < 256; b++)
        if (slow_multiply(a, (uint8_t)b) == 1)
            return (uint8_t)b;
    fail();
    return 0;
}

static uint8_t block[HERMES_FEC_DATA_MAX * SIZE_MAX_BYTES];

static void make(struct base_rng *rng, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)base_rng_u64(rng);
}

static void fragment(unsigned count, size_t size, unsigned index, uint8_t *out)
{
    if (index < count)
        memcpy(out, block + index * size, size);
    else
        hermes_fec_parity(block, count, size, index, out);
}

static void parity_is_cauchy(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 7, 31, 32, 33, 64, 100, 410 };
    struct base_rng rng;
    base_rng_init(&rng, 1);
    for (unsigned count = 1; count <= HERMES_FEC_DATA_MAX; count += 3) {
        const size_t size = sizes[count % (sizeof sizes / sizeof sizes[0])];
        make(&rng, block, count * size);
        for (unsigned index = count; index < INDICES; index += 1 + index % 29) {
            uint8_t parity[SIZE_MAX_BYTES];
            hermes_fec_parity(block, count, size, index, parity);
            for (size_t at = 0; at < size; at++) {
                uint8_t sum = 0;
                for (unsigned i = 0; i < count; i++)
                    sum ^= slow_multiply(slow_inverse((uint8_t)(index ^ i)), block[i * size + at]);
                assert_int_equal(parity[at], sum);
            }
        }
    }
}

static void recover_from(const uint8_t *chosen, unsigned count, size_t size)
{
    static uint8_t slots[HERMES_FEC_DATA_MAX * SIZE_MAX_BYTES];
    uint8_t index[HERMES_FEC_DATA_MAX];
    memcpy(index, chosen, count);
    for (unsigned i = 0; i < count; i++)
        fragment(count, size, index[i], slots + i * size);
    hermes_fec_recover(slots, count, size, index);
    assert_memory_equal(slots, block, count * size);
}

static void shuffle(struct base_rng *rng, uint8_t *items, unsigned count)
{
    for (unsigned i = count; i > 1; i--) {
        const unsigned j = (unsigned)base_rng_below(rng, i);
        const uint8_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

/* Every choice of k out of k + 4, in a random order. */
static void every_pattern(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 33, 300 };
    struct base_rng rng;
    base_rng_init(&rng, 2);
    for (unsigned count = 1; count <= 8; count++) {
        const size_t size = sizes[count % 3];
        make(&rng, block, count * size);
        for (unsigned set = 0; set < 1u << (count + 4); set++) {
            if ((unsigned)__builtin_popcount(set) != count)
                continue;
            uint8_t chosen[HERMES_FEC_DATA_MAX];
            unsigned found = 0;
            for (unsigned i = 0; i < count + 4; i++)
                if ((set >> i & 1) != 0)
                    chosen[found++] = (uint8_t)i;
            shuffle(&rng, chosen, count);
            recover_from(chosen, count, size);
        }
    }
}

static void random_patterns(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 3);
    for (int round = 0; round < 400; round++) {
        const unsigned count = 1 + (unsigned)base_rng_below(&rng, HERMES_FEC_DATA_MAX);
        const size_t size = 1 + base_rng_below(&rng, SIZE_MAX_BYTES);
        make(&rng, block, count * size);
        uint8_t all[INDICES];
        for (unsigned i = 0; i < INDICES; i++)
            all[i] = (uint8_t)i;
        /* Half of the rounds lose few, the others have parity almost only. */
        const unsigned among = round % 2 == 0 ? count + count / 4 + 1 : INDICES;
        shuffle(&rng, all, among);
        recover_from(all, count, size);
    }
}

static void failure_is_binomial(void **state)
{
    (void)state;
    static const double losses[] = { 0, 0.001, 0.01, 0.05, 0.2, 0.5 };
    for (unsigned count = 1; count <= 12; count++)
        for (unsigned parity = 0; parity <= count; parity++)
            for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++) {
                double sum = 0;
                for (unsigned set = 0; set < 1u << count; set++) {
                    const int lost = __builtin_popcount(set);
                    if ((unsigned)lost > parity)
                        sum += pow(losses[l], lost) * pow(1 - losses[l], (int)count - lost);
                }
                assert_true(fabs(hermes_fec_failure(count, parity, losses[l]) - sum) < 1e-12);
            }
    assert_true(hermes_fec_failure(3, 0, 0.9) == hermes_fec_failure(3, 0, 0.5));
}

static void plans(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        double loss, failure_max;
        unsigned data, parity, fragment;
    } rows[] = {
        { 2048, 0.05, 0.004, 5, 2, 410 },    { 4096, 0.01, 0.004, 7, 1, 586 },
        { 8192, 0.01, 0.004, 8, 1, 1024 },   { 8192, 0.05, 0.004, 10, 3, 820 },
        { 2048, 0, 0.004, 2, 0, 1024 },      { 100, 0.05, 0.004, 1, 1, 100 },
        { 1, 0.2, 0.004, 1, 3, 1 },          { 1412, 0, 0.004, 1, 0, 1412 },
        { 1413, 0.05, 1, 2, 0, 707 },        { 40 * 1412, 0.0, 0.004, 40, 0, 1412 },
        { 8192, 0.0004, 0.004, 6, 0, 1366 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct hermes_fec_plan plan =
            hermes_fec_plan(rows[i].size, 1412, rows[i].loss, rows[i].failure_max);
        print_message("%zu bytes at %g: %u+%u of %u\n", rows[i].size, rows[i].loss, plan.data,
                      plan.parity, plan.fragment_size);
        assert_int_equal(plan.data, rows[i].data);
        assert_int_equal(plan.parity, rows[i].parity);
        assert_int_equal(plan.fragment_size, rows[i].fragment);
    }
}

/* No other number of fragments costs less. */
static void plans_are_cheap(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 4);
    for (int round = 0; round < 300; round++) {
        const size_t size = 1 + base_rng_below(&rng, 12000);
        const double loss = 0.2 * base_rng_uniform(&rng);
        const struct hermes_fec_plan plan = hermes_fec_plan(size, 1412, loss, 0.004);
        assert_true(plan.data * plan.fragment_size >= size && plan.fragment_size <= 1412);
        assert_true((plan.data - 1) * plan.fragment_size < size);
        assert_true(hermes_fec_failure(plan.data + plan.parity, plan.parity, loss) <= 0.004);
        const size_t cost = (plan.data + plan.parity) * (plan.fragment_size + HERMES_FEC_HEADERS);
        for (unsigned data = 1; data <= 24; data++) {
            const size_t part = (size + data - 1) / data;
            if (part > 1412 || part < 32)
                continue;
            for (unsigned parity = 0; parity < 20; parity++)
                if (hermes_fec_failure(data + parity, parity, loss) <= 0.004) {
                    assert_true((data + parity) * (part + HERMES_FEC_HEADERS) >= cost);
                    break;
                }
        }
    }
}

/* Every set of lost ones. */
static void late_is_counted(void **state)
{
    (void)state;
    static const double losses[] = { 0, 0.01, 0.05, 0.3 };
    for (unsigned count = 1; count <= 10; count++)
        for (unsigned parity = 0; parity < count; parity++)
            for (unsigned part = 1; part <= count - parity; part++)
                for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++) {
                    double sum = 0;
                    for (unsigned set = 0; set < 1u << count; set++) {
                        const int lost = __builtin_popcount(set);
                        if ((unsigned)lost > parity && (set & ((1u << part) - 1)) != 0)
                            sum += pow(losses[l], lost) * pow(1 - losses[l], (int)count - lost);
                    }
                    assert_true(fabs(hermes_fec_late(count, parity, part, losses[l]) - sum) <
                                1e-12);
                }
}

/* As little as the weaker bound asks for; more only while it is cheap; enough when both hold. */
static void shares(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 5);
    unsigned enough = 0, luxury = 0;
    for (int round = 0; round < 2000; round++) {
        const unsigned part = 1 + (unsigned)base_rng_below(&rng, 6);
        const unsigned data = part + (unsigned)base_rng_below(&rng, 33 - part);
        const double loss = 0.1 * base_rng_uniform(&rng);
        const double wanted = pow(10, -4.5 + 3 * base_rng_uniform(&rng));
        const double least = wanted > HERMES_FEC_FAILURE ? wanted : HERMES_FEC_FAILURE;
        const struct hermes_fec_share share = hermes_fec_share(data, part, loss, wanted);
        const unsigned parity = share.parity;
        const double late = hermes_fec_late(data + parity, parity, part, loss);
        const bool is_cheap = parity <= (0.1 + 2 * loss) * data;
        assert_true(parity >= 1 && late <= least);
        assert_int_equal(share.is_enough, late <= wanted && is_cheap);
        if (parity > 1) {
            const double before = hermes_fec_late(data + parity - 1, parity - 1, part, loss);
            assert_true(before > least || (before > wanted && is_cheap));
            luxury += before <= least;
        }
        enough += share.is_enough;
    }
    assert_true(enough > 100 && enough < 1900 && luxury > 100);
}

static void repairs(void **state)
{
    (void)state;
    assert_int_equal(hermes_fec_repair(1, 0, 0.001), 1);
    assert_int_equal(hermes_fec_repair(1, 0.05, 0.003), 2);
    assert_int_equal(hermes_fec_repair(1, 0.05, 0.0002), 3);
    assert_int_equal(hermes_fec_repair(3, 0.01, 0.05), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parity_is_cauchy),
        cmocka_unit_test(every_pattern),
        cmocka_unit_test(random_patterns),
        cmocka_unit_test(failure_is_binomial),
        cmocka_unit_test(plans),
        cmocka_unit_test(plans_are_cheap),
        cmocka_unit_test(late_is_counted),
        cmocka_unit_test(shares),
        cmocka_unit_test(repairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
