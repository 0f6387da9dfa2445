/* model_cbor.c - random documents: the writer, the map sorter and both readers against the twin.
 * SEED in the environment repeats a run. */
#include "unit.h"

#include "cbor_again.h"
#include "twin.h"

#include <bpi/cbor_diag.h>
#include <bpi/cbor_map.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DOCUMENTS = 400, DAMAGES = 30, MEMORY = 1 << 20, KEYS = 4096, DEPTH = 4 };

static uint64_t seed;
static uint8_t memory[MEMORY], sort_bytes[MEMORY];
static struct base_span keys[KEYS];
static uint64_t words[BPI_CBOR_SORT_WORK_WORDS * KEYS];
static const enum bpi_cbor_order orders[] = { BPI_CBOR_ORDER_CORE, BPI_CBOR_ORDER_CTAP2,
                                              BPI_CBOR_ORDER_LENGTH_FIRST };

static void put_twin(const struct twin *twin, enum bpi_cbor_order order,
                     struct bpi_cbor_map_work *work, struct bpi_cbor_writer *writer);

static void put_map_of(const struct twin *twin, enum bpi_cbor_order order,
                       struct bpi_cbor_map_work *work, struct bpi_cbor_writer *writer)
{
    struct bpi_cbor_map map;
    struct base_why why = { 0 };
    assert_int_equal(bpi_cbor_map_begin(writer, work, twin->count / 2, order, &map), BASE_OK);
    for (size_t i = 0; i < twin->count; i++) {
        if (i % 2 == 0)
            assert_int_equal(bpi_cbor_map_key(writer, &map), BASE_OK);
        put_twin(twin->children[i], order, work, writer);
    }
    if (bpi_cbor_map_end(writer, &map, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void put_twin(const struct twin *twin, enum bpi_cbor_order order,
                     struct bpi_cbor_map_work *work, struct bpi_cbor_writer *writer)
{
    base_err err = BASE_OK;
    if (twin->major == 5) {
        put_map_of(twin, order, work, writer);
        return;
    }
    if (twin->major == 2 || twin->major == 3)
        err = bpi_cbor_put_string(writer, twin->major, twin->string.data, twin->string.size);
    else if (twin->major == 7 && twin->is_float)
        err = bpi_cbor_put_float(writer, twin->number);
    else if (twin->major == 7)
        err = bpi_cbor_put_simple(writer, (unsigned)twin->value);
    else
        err = bpi_cbor_put_head(writer, twin->major, twin->value);
    assert_int_equal(err, BASE_OK);
    for (size_t i = 0; i < twin->count; i++)
        put_twin(twin->children[i], order, work, writer);
}

static struct base_span put_ours(const struct twin *twin, enum bpi_cbor_order order)
{
    struct bpi_cbor_map_work work = { keys, words, KEYS, sort_bytes, MEMORY, 0 };
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    put_twin(twin, order, &work, &writer);
    assert_int_equal(work.used, 0);
    return bpi_cbor_written(&writer);
}

static void writer_and_sorter_agree_with_the_twin(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (int i = 0; i < DOCUMENTS; i++) {
        struct base_arena arena = { 0 };
        const struct twin *const twin = twin_random(&arena, &rng, DEPTH);
        for (unsigned order = 0; order <= TWIN_LENGTH_FIRST; order++) {
            struct base_buf expect = { 0 };
            assert_true(twin_encode(twin, (enum twin_order)order, &expect));
            const struct base_span ours = put_ours(twin, orders[order]);
            assert_int_equal(ours.size, expect.size);
            assert_memory_equal(ours.data, expect.data, expect.size);
            const struct bpi_cbor_options options = { .order = orders[order] };
            struct base_why why = { 0 };
            if (bpi_cbor_validate(ours, &options, &why) != BASE_OK)
                fail_msg("document %d: %s", i, why.text);
            uint8_t *const again = malloc(ours.size);
            struct bpi_cbor_writer writer;
            bpi_cbor_writer_init(&writer, again, ours.size);
            assert_int_equal(cbor_again(ours, &options, &writer), BASE_OK);
            assert_memory_equal(again, ours.data, ours.size);
            free(again);
            base_buf_done(&expect);
        }
        base_arena_done(&arena);
    }
}

/* Change, cut or stretch a little. */
static size_t damage(struct base_rng *rng, uint8_t *bytes, size_t size)
{
    static const uint8_t heads[] = { 0xff, 0x9f, 0xbf, 0x5f, 0x7f, 0x18, 0x19, 0xf8, 0xf9,
                                     0xfa, 0x1c, 0xc0, 0x60, 0x61, 0xa1, 0x00, 0x78 };
    const size_t at = base_rng_below(rng, size);
    switch (base_rng_below(rng, 5)) {
    case 0:
        bytes[at] ^= (uint8_t)(1U << base_rng_below(rng, 8));
        return size;
    case 1:
        return at;
    case 2:
        bytes[at] = heads[base_rng_below(rng, sizeof heads)];
        return size;
    case 3:
        memmove(bytes + at + 1, bytes + at, size - at);
        bytes[at] = heads[base_rng_below(rng, sizeof heads)];
        return size + 1;
    default:
        memmove(bytes + at, bytes + at + 1, size - at - 1);
        return size - 1;
    }
}

static unsigned well_formed_seen, deterministic_seen;

static void check_verdicts(struct base_span input)
{
    const bool is_well_formed = twin_is_well_formed(input);
    struct bpi_cbor_fault fault;
    const base_err err = bpi_cbor_check(input, &bpi_cbor_lenient, &fault);
    assert_int_not_equal(fault.reason, BPI_CBOR_TOO_DEEP);
    assert_true((err == BASE_OK) == is_well_formed);
    struct base_buf out = { 0 };
    assert_true((bpi_cbor_diag(input, true, &out, NULL) == BASE_OK) == is_well_formed);
    base_buf_done(&out);
    well_formed_seen += is_well_formed;
    for (unsigned order = 0; order <= TWIN_LENGTH_FIRST; order++) {
        const struct bpi_cbor_options options = { .order = orders[order] };
        const bool is_deterministic = twin_is_deterministic(input, (enum twin_order)order);
        const base_err strict = bpi_cbor_check(input, &options, &fault);
        assert_true((strict == BASE_OK) == is_deterministic);
        assert_true(fault.at <= input.size);
        deterministic_seen += is_deterministic;
    }
}

static void readers_agree_with_the_twin_on_damaged_input(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed + 1);
    for (int i = 0; i < DOCUMENTS; i++) {
        struct base_arena arena = { 0 };
        const struct base_span whole = put_ours(twin_random(&arena, &rng, 2), BPI_CBOR_ORDER_CORE);
        for (int k = 0; k < DAMAGES; k++) {
            uint8_t *const bytes = malloc(whole.size + 8);
            memcpy(bytes, whole.data, whole.size);
            size_t size = whole.size;
            for (uint64_t times = 1 + base_rng_below(&rng, 3); times > 0 && size > 0; times--)
                size = damage(&rng, bytes, size);
            uint8_t *const exact = malloc(size > 0 ? size : 1);
            memcpy(exact, bytes, size);
            check_verdicts(base_span_of(exact, size));
            free(exact);
            free(bytes);
        }
        base_arena_done(&arena);
    }
    /* The damage is neither always fatal nor always harmless. */
    assert_true(well_formed_seen > DOCUMENTS && deterministic_seen > DOCUMENTS);
    assert_true(well_formed_seen < DOCUMENTS * DAMAGES);
}

int main(void)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writer_and_sorter_agree_with_the_twin),
        cmocka_unit_test(readers_agree_with_the_twin_on_damaged_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
