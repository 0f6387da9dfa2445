/* test_cbor_sort.c - the sorter against plain comparison; maps put in any order. */
#include "unit.h"

#include "cbor_hex.h"

#include <base/rng.h>
#include <bpi/cbor_map.h>

#include <stdlib.h>

enum { KEYS_MAX = 3000, KEY_BYTES = 40 };

static uint8_t texts[KEYS_MAX][KEY_BYTES];
static struct bpi_cbor_entry entries[KEYS_MAX];
static uint64_t work[BPI_CBOR_SORT_WORK_WORDS * KEYS_MAX];

/* Keys of one shape: `shared` equal bytes, then `alphabet` letters at random. */
static void make_keys(struct base_rng *rng, size_t count, size_t shared, size_t size_min,
                      size_t size_max, unsigned alphabet)
{
    for (size_t i = 0; i < count; i++) {
        const size_t size = size_min + base_rng_below(rng, size_max - size_min + 1);
        for (size_t k = 0; k < size; k++)
            texts[i][k] = k < shared ? 0x61 : (uint8_t)(base_rng_below(rng, alphabet) * 7);
        entries[i].key = base_span_of(texts[i], size);
    }
}

/* What the sorter says must be true of neighbours; and every index is there once. */
static void check_order(size_t count, enum bpi_cbor_rule rule)
{
    size_t duplicate = SIZE_MAX;
    const base_err err =
        bpi_cbor_sort_keys(&entries[0].key, sizeof entries[0], count, rule, work, &duplicate);
    if (err == BASE_EEXIST) {
        bool is_found = false;
        for (size_t i = 0; i < duplicate; i++)
            is_found |= bpi_cbor_compare(rule, entries[i].key, entries[duplicate].key) == 0;
        assert_true(is_found);
        return;
    }
    assert_int_equal(err, BASE_OK);
    static bool seen[KEYS_MAX];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < count; i++) {
        assert_true(work[i] < count && !seen[work[i]]);
        seen[work[i]] = true;
        if (i > 0)
            assert_true(bpi_cbor_compare(rule, entries[work[i - 1]].key, entries[work[i]].key) < 0);
    }
}

static void keys_of_every_shape_are_sorted(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 20260101);
    static const size_t counts[] = { 0, 1, 2, 3, 15, 16, 17, 18, 60, 100, 300, 3000 };
    static const size_t shapes[][4] = {
        /* shared, smallest, largest, alphabet */
        { 0, 0, 3, 30 },  { 0, 1, 12, 30 }, { 0, 8, 8, 2 },    { 4, 7, 7, 10 },
        { 4, 2, 12, 36 }, { 9, 9, 30, 3 },  { 20, 5, 40, 30 }, { 7, 8, 16, 30 },
        { 8, 8, 16, 30 }, { 0, 16, 40, 2 }, { 30, 31, 40, 2 }, { 0, 6, 6, 36 },
    };
    size_t sorted = 0;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
            for (unsigned rule = 0; rule <= BPI_CBOR_RULE_MAJOR_LENGTH; rule++, sorted++) {
                make_keys(&rng, counts[c], shapes[s][0], shapes[s][1], shapes[s][2],
                          (unsigned)shapes[s][3]);
                check_order(counts[c], (enum bpi_cbor_rule)rule);
            }
    assert_int_equal(sorted, 12 * 12 * 3);
}

/* Longer than the length that a rank can hold, so that lengths tie. */
static void very_long_keys_are_sorted(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    uint8_t *const zeros = calloc(SIZE, 1);
    uint8_t *const ones = malloc(SIZE);
    memset(ones, 1, SIZE);
    const size_t sizes[] = { 90000, 8191, 8190, 70000, 8192, 200000, 65535, 65536 };
    for (size_t i = 0; i < 8; i++)
        entries[i].key = base_span_of(i % 2 == 0 ? zeros : ones, sizes[i]);
    for (unsigned rule = 0; rule <= BPI_CBOR_RULE_MAJOR_LENGTH; rule++)
        check_order(8, (enum bpi_cbor_rule)rule);
    free(zeros);
    free(ones);
}

static void duplicates_are_named(void **state)
{
    (void)state;
    static const char *const keys[] = { "b", "aa", "c", "aa", "d" };
    for (size_t i = 0; i < 5; i++)
        entries[i] =
            (struct bpi_cbor_entry){ base_span_of(keys[i], strlen(keys[i])), base_span_of("", 0) };
    size_t duplicate = 0;
    assert_int_equal(bpi_cbor_sort_keys(&entries[0].key, sizeof entries[0], 5, BPI_CBOR_RULE_LENGTH,
                                        work, &duplicate),
                     BASE_EEXIST);
    assert_int_equal(duplicate, 3);
    assert_int_equal(bpi_cbor_sort_keys(&entries[0].key, sizeof entries[0],
                                        BPI_CBOR_SORT_COUNT_MAX + 1, BPI_CBOR_RULE_LENGTH, work,
                                        NULL),
                     BASE_ERANGE);
    uint8_t memory[100];
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    struct base_why why = { 0 };
    assert_int_equal(
        bpi_cbor_put_entries_sorted(&writer, entries, 5, BPI_CBOR_ORDER_CORE, work, &why),
        BASE_EEXIST);
    assert_int_equal(why.at, 3);
    assert_int_equal(bpi_cbor_written(&writer).size, 0);
    assert_int_equal(
        bpi_cbor_put_entries_sorted(&writer, entries, 5, BPI_CBOR_ORDER_ANY, NULL, &why), BASE_OK);
    bpi_cbor_writer_init(&writer, memory, 5);
    assert_int_equal(
        bpi_cbor_put_entries_sorted(&writer, entries, 3, BPI_CBOR_ORDER_CORE, work, &why),
        BASE_EFULL);
    assert_int_equal(bpi_cbor_written(&writer).size, 0);
}

struct map_setup {
    struct base_span keys[8];
    uint64_t words[2 * 8];
    uint8_t bytes[100];
    struct bpi_cbor_map_work work;
    uint8_t memory[100];
    struct bpi_cbor_writer writer;
    struct bpi_cbor_map map;
    struct base_why why;
};

static void map_setup(struct map_setup *s)
{
    memset(s, 0, sizeof *s);
    s->work = (struct bpi_cbor_map_work){ s->keys, s->words, 8, s->bytes, sizeof s->bytes, 0 };
    bpi_cbor_writer_init(&s->writer, s->memory, sizeof s->memory);
}

/* Entries given as hex, "key value"; key null-terminates early. */
static base_err put_map(struct map_setup *s, const char *const *hex, size_t count,
                        enum bpi_cbor_order order)
{
    assert_int_equal(bpi_cbor_map_begin(&s->writer, &s->work, count, order, &s->map), BASE_OK);
    for (size_t i = 0; i < count; i++) {
        uint8_t memory[40];
        assert_int_equal(bpi_cbor_map_key(&s->writer, &s->map), BASE_OK);
        assert_int_equal(bpi_cbor_put_encoded(&s->writer, hex_bytes(hex[i], memory)), BASE_OK);
    }
    return bpi_cbor_map_end(&s->writer, &s->map, &s->why);
}

/* The example of RFC 8949 4.2.1 and 4.2.3, keys 10, 100, -1, "z", "aa", [100], [-1], false. */
static void maps_are_put_in_the_order_of_the_standards(void **state)
{
    (void)state;
    static const char *const shuffled[] = { "f401",      "8120 02", "626161 03", "0a04",
                                            "811864 05", "617a 06", "20 07",     "1864 08" };
    static const struct {
        enum bpi_cbor_order order;
        const char *hex;
    } rows[] = {
        { BPI_CBOR_ORDER_CORE, "a8 0a04 186408 2007 617a06 62616103 81186405 812002 f401" },
        { BPI_CBOR_ORDER_LENGTH_FIRST, "a8 0a04 2007 f401 186408 617a06 812002 62616103 81186405" },
        { BPI_CBOR_ORDER_CTAP2, "a8 0a04 186408 2007 617a06 62616103 812002 81186405 f401" },
        { BPI_CBOR_ORDER_ANY, "a8 f401 812002 62616103 0a04 81186405 617a06 2007 186408" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct map_setup s;
        map_setup(&s);
        assert_int_equal(put_map(&s, shuffled, 8, rows[i].order), BASE_OK);
        uint8_t memory[100];
        const struct base_span expect = hex_bytes(rows[i].hex, memory);
        assert_int_equal(bpi_cbor_written(&s.writer).size, expect.size);
        assert_memory_equal(s.memory, expect.data, expect.size);
        assert_int_equal(s.work.used, 0);
    }
    static const char *const texts_only[] = { "626161 00", "617a 01", "60 02" };
    struct map_setup s;
    map_setup(&s);
    assert_int_equal(put_map(&s, texts_only, 3, BPI_CBOR_ORDER_TEXT), BASE_OK);
    uint8_t memory[100];
    const struct base_span expect = hex_bytes("a3 6002 62616100 617a01", memory);
    assert_memory_equal(s.memory, expect.data, expect.size);
}

static void maps_nest(void **state)
{
    (void)state;
    struct map_setup s;
    map_setup(&s);
    struct bpi_cbor_writer *const w = &s.writer;
    struct bpi_cbor_map inner;
    assert_int_equal(bpi_cbor_map_begin(w, &s.work, 2, BPI_CBOR_ORDER_CORE, &s.map), BASE_OK);
    assert_int_equal(bpi_cbor_map_key(w, &s.map), BASE_OK);
    assert_int_equal(bpi_cbor_put_text(w, "b", 1), BASE_OK);
    assert_int_equal(bpi_cbor_map_begin(w, &s.work, 2, BPI_CBOR_ORDER_CORE, &inner), BASE_OK);
    for (unsigned key = 2; key > 0; key--) {
        assert_int_equal(bpi_cbor_map_key(w, &inner), BASE_OK);
        assert_int_equal(bpi_cbor_put_uint(w, key), BASE_OK);
        assert_int_equal(bpi_cbor_put_null(w), BASE_OK);
    }
    assert_int_equal(bpi_cbor_map_end(w, &inner, &s.why), BASE_OK);
    assert_int_equal(bpi_cbor_map_key(w, &s.map), BASE_OK);
    assert_int_equal(bpi_cbor_put_text(w, "a", 1), BASE_OK);
    assert_int_equal(bpi_cbor_put_bool(w, true), BASE_OK);
    assert_int_equal(bpi_cbor_map_end(w, &s.map, &s.why), BASE_OK);
    uint8_t memory[100];
    const struct base_span expect = hex_bytes("a2 6161f5 6162a201f602f6", memory);
    assert_int_equal(bpi_cbor_written(w).size, expect.size);
    assert_memory_equal(s.memory, expect.data, expect.size);
}

static void maps_say_what_is_wrong(void **state)
{
    (void)state;
    static const char *const twice[] = { "617a 00", "6161 00", "617a 01" };
    static const char *const ends_early[] = { "6161 00", "7818 00" };
    static const char *const not_a_string[] = { "6161 00", "01 00" };
    static const char *const swapped[] = { "6162 00", "6161 00" };
    struct map_setup s;
    map_setup(&s);
    assert_int_equal(put_map(&s, twice, 3, BPI_CBOR_ORDER_CORE), BASE_EEXIST);
    assert_int_equal(s.why.at, 7);
    map_setup(&s);
    assert_int_equal(put_map(&s, twice, 3, BPI_CBOR_ORDER_TEXT), BASE_EEXIST);
    assert_int_equal(s.why.at, 7);
    map_setup(&s);
    assert_int_equal(put_map(&s, ends_early, 2, BPI_CBOR_ORDER_CORE), BASE_EINVALID);
    assert_int_equal(s.why.at, 4);
    map_setup(&s);
    assert_int_equal(put_map(&s, not_a_string, 2, BPI_CBOR_ORDER_TEXT), BASE_EINVALID);
    assert_int_equal(s.why.at, 4);
    map_setup(&s);
    s.work.bytes_capacity = 5;
    assert_int_equal(put_map(&s, swapped, 2, BPI_CBOR_ORDER_CORE), BASE_EFULL);
    map_setup(&s);
    assert_int_equal(bpi_cbor_map_begin(&s.writer, &s.work, 9, BPI_CBOR_ORDER_CORE, &s.map),
                     BASE_EFULL);
    assert_int_equal(bpi_cbor_map_begin(&s.writer, &s.work, 1, BPI_CBOR_ORDER_CORE, &s.map),
                     BASE_OK);
    assert_int_equal(bpi_cbor_map_key(&s.writer, &s.map), BASE_OK);
    assert_int_equal(bpi_cbor_map_key(&s.writer, &s.map), BASE_EINVALID);
    map_setup(&s);
    assert_int_equal(bpi_cbor_map_begin(&s.writer, &s.work, 1, BPI_CBOR_ORDER_CORE, &s.map),
                     BASE_OK);
    assert_int_equal(bpi_cbor_map_end(&s.writer, &s.map, &s.why), BASE_EINVALID);
    bpi_cbor_writer_init(&s.writer, s.memory, 0);
    assert_int_equal(bpi_cbor_map_begin(&s.writer, &s.work, 1, BPI_CBOR_ORDER_CORE, &s.map),
                     BASE_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_shape_are_sorted),
        cmocka_unit_test(very_long_keys_are_sorted),
        cmocka_unit_test(duplicates_are_named),
        cmocka_unit_test(maps_are_put_in_the_order_of_the_standards),
        cmocka_unit_test(maps_nest),
        cmocka_unit_test(maps_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
