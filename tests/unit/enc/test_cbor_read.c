/* test_cbor_read.c - every reason with its offset; the typed gets; limits; UTF-8. */
#include "unit.h"

#include "cbor_hex.h"

#include <bpi/cbor_read.h>
#include <bpi/cbor_sort.h>

#include <math.h>
#include <stdlib.h>

enum { INPUT_SIZE = 400 };

struct row {
    const char *hex;
    enum bpi_cbor_reason strict;
    unsigned at;
    enum bpi_cbor_reason lenient;
};

static enum bpi_cbor_reason check(const char *hex, const struct bpi_cbor_options *options,
                                  uint64_t *at)
{
    /* Exactly as much memory as input, for the sanitizer. */
    uint8_t memory[INPUT_SIZE];
    const struct base_span input = hex_bytes(hex, memory);
    uint8_t *const exact = malloc(input.size > 0 ? input.size : 1);
    memcpy(exact, memory, input.size);
    struct bpi_cbor_fault fault;
    const base_err err = bpi_cbor_check(base_span_of(exact, input.size), options, &fault);
    assert_int_equal(err, bpi_cbor_reason_err(fault.reason));
    free(exact);
    *at = fault.at;
    return fault.reason;
}

#define FINE BPI_CBOR_FINE
#define ROW(hex, reason, at, lenient)                                                              \
    {                                                                                              \
        hex, BPI_CBOR_##reason, at, lenient                                                        \
    }

static void every_check_has_its_reason_and_offset(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("00", FINE, 0, FINE),
        ROW("", TRUNCATED, 0, BPI_CBOR_TRUNCATED),
        ROW("0000", TRAILING, 1, BPI_CBOR_TRAILING),
        ROW("8200f5ff", TRAILING, 3, BPI_CBOR_TRAILING),
        ROW("1817", NOT_SHORTEST, 0, FINE),
        ROW("1900ff", NOT_SHORTEST, 0, FINE),
        ROW("1a0000ffff", NOT_SHORTEST, 0, FINE),
        ROW("1b00000000ffffffff", NOT_SHORTEST, 0, FINE),
        ROW("3800", NOT_SHORTEST, 0, FINE),
        ROW("81580161", NOT_SHORTEST, 1, FINE),
        ROW("780161", NOT_SHORTEST, 0, FINE),
        ROW("980100", NOT_SHORTEST, 0, FINE),
        ROW("b8010000", NOT_SHORTEST, 0, FINE),
        ROW("d80100", NOT_SHORTEST, 0, FINE),
        ROW("fa3f800000", FLOAT_NOT_SHORTEST, 0, FINE),
        ROW("fb3ff0000000000000", FLOAT_NOT_SHORTEST, 0, FINE),
        ROW("fb47efffffe0000000", FLOAT_NOT_SHORTEST, 0, FINE),
        ROW("fa7f800000", FLOAT_NOT_SHORTEST, 0, FINE),
        ROW("fa33000000", FINE, 0, FINE),
        ROW("f97e01", NAN_NOT_CANONICAL, 0, FINE),
        ROW("f9fe00", NAN_NOT_CANONICAL, 0, FINE),
        ROW("fa7fc00000", NAN_NOT_CANONICAL, 0, FINE),
        ROW("fb7ff8000000000000", NAN_NOT_CANONICAL, 0, FINE),
        ROW("a2616200616100", KEY_ORDER, 4, FINE),
        ROW("a262616100617a00", KEY_ORDER, 5, FINE),
        ROW("a220000000", KEY_ORDER, 3, FINE),
        ROW("a2616100616100", DUPLICATE_KEY, 4, FINE),
        ROW("a280008000", DUPLICATE_KEY, 3, FINE),
        ROW("a2a0008100 00", KEY_ORDER, 3, FINE),
        ROW("a3 8101 00 8102 00 8101 00", KEY_ORDER, 7, FINE),
        ROW("a2 c101 00 c101 00", DUPLICATE_KEY, 4, FINE),
        ROW("a2 01 a2 02 00 01 00 02 00", KEY_ORDER, 5, FINE),
        ROW("61ff", UTF8, 1, FINE),
        ROW("6461c3a9c3", UTF8, 4, FINE),
        ROW("62c080", UTF8, 1, FINE),
        ROW("63eda080", UTF8, 1, FINE),
        ROW("9fff", INDEFINITE, 0, FINE),
        ROW("81bfff", INDEFINITE, 1, FINE),
        ROW("5fff", INDEFINITE, 0, FINE),
        ROW("7f6161ff", INDEFINITE, 0, FINE),
        ROW("7f61c36180ff", INDEFINITE, 0, FINE),
        ROW("1c", RESERVED_INFO, 0, BPI_CBOR_RESERVED_INFO),
        ROW("df", NO_INDEFINITE, 0, BPI_CBOR_NO_INDEFINITE),
        ROW("f81f", RESERVED_SIMPLE, 0, BPI_CBOR_RESERVED_SIMPLE),
        ROW("8182ff", TRUNCATED, 1, BPI_CBOR_TRUNCATED),
        ROW("83 00 ff 00", BREAK_MISPLACED, 2, BPI_CBOR_BREAK_MISPLACED),
        ROW("c1ff", BREAK_MISPLACED, 1, BPI_CBOR_BREAK_MISPLACED),
        ROW("bf00ff", INDEFINITE, 0, BPI_CBOR_ODD_MAP),
        ROW("5f6100ff", INDEFINITE, 0, BPI_CBOR_CHUNK_TYPE),
        ROW("3bffffffffffffffff", FINE, 0, FINE),
        ROW("9a3b9aca00", TRUNCATED, 0, BPI_CBOR_TRUNCATED),
        ROW("bb7fffffffffffffff", TRUNCATED, 0, BPI_CBOR_TRUNCATED),
        ROW("bbffffffffffffffff0000", TRUNCATED, 0, BPI_CBOR_TRUNCATED),
        ROW("5bffffffffffffffff00", TRUNCATED, 0, BPI_CBOR_TRUNCATED),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t at;
        const enum bpi_cbor_reason strict = check(rows[i].hex, NULL, &at);
        if (strict != rows[i].strict || at != rows[i].at)
            fail_msg("%s: %s at %u, not %s", rows[i].hex, bpi_cbor_reason_name(strict),
                     (unsigned)at, bpi_cbor_reason_name(rows[i].strict));
        assert_int_equal(check(rows[i].hex, &bpi_cbor_lenient, &at), rows[i].lenient);
    }
}

/* The keys of RFC 8949 4.2.1 and 4.2.3 in each order: that order takes them, the others refuse. */
static void each_order_takes_its_own(void **state)
{
    (void)state;
    static const char *const maps[] = {
        [BPI_CBOR_ORDER_CORE] = "a8 0a00 186400 2000 617a00 62616100 81186400 812000 f400",
        [BPI_CBOR_ORDER_CTAP2] = "a8 0a00 186400 2000 617a00 62616100 812000 81186400 f400",
        [BPI_CBOR_ORDER_LENGTH_FIRST] = "a8 0a00 2000 f400 186400 617a00 812000 62616100 81186400",
        [BPI_CBOR_ORDER_TEXT] = "a4 6000 62616100 62617a00 617a00",
    };
    static const char *const text_after_long = "a4 1a00010000 00 617a 00 62616100 00 00 00 00 00 "
                                               "00 00 00 00 00 00 00 00 00 00 00 00 00 00";
    for (unsigned order = 0; order <= BPI_CBOR_ORDER_TEXT; order++) {
        for (unsigned map = 0; map <= BPI_CBOR_ORDER_TEXT; map++) {
            const struct bpi_cbor_options options = { .order = (enum bpi_cbor_order)order };
            uint64_t at;
            const enum bpi_cbor_reason reason = check(maps[map], &options, &at);
            assert_true((reason == BPI_CBOR_FINE) == (order == map));
        }
    }
    const struct bpi_cbor_options options = { .order = BPI_CBOR_ORDER_LENGTH_FIRST };
    uint64_t at;
    assert_int_equal(check(text_after_long, &options, &at), BPI_CBOR_KEY_ORDER);
    assert_int_equal(at, 7);
    const struct bpi_cbor_options text = { .order = BPI_CBOR_ORDER_TEXT };
    assert_int_equal(check("a10100", &text, &at), BPI_CBOR_KEY_TYPE);
    assert_int_equal(at, 1);
    /* Between two keys close to the end: nothing behind the input is read. */
    for (unsigned order = 0; order <= BPI_CBOR_ORDER_TEXT; order++) {
        const struct bpi_cbor_options any = { .order = (enum bpi_cbor_order)order };
        assert_int_equal(check("a3616100616200 6163 00", &any, &at), BPI_CBOR_FINE);
    }
    assert_int_equal(check("a3640e0f3110 11 6161", &text, &at), BPI_CBOR_TRUNCATED);
}

enum { COUNT = 60 };
enum damage { SAME_KEY, SMALLER_KEY, BAD_KEY_TEXT, LONG_HEAD, BAD_VALUE_TEXT, LONG_KEYS, DAMAGES };

static size_t put_raw(uint8_t *to, unsigned head, const char *text)
{
    to[0] = (uint8_t)(head + strlen(text));
    memcpy(to + 1, text, strlen(text));
    return 1 + strlen(text);
}

/* A map of COUNT short entries with one of them damaged; returns its size, and where the fault is.
 */
static size_t damaged_map(uint8_t *memory, unsigned broken, enum damage damage, size_t *fault)
{
    size_t size = 2;
    memcpy(memory, (const uint8_t[]){ 0xb8, COUNT }, 2);
    for (unsigned i = 0; i < COUNT; i++) {
        char key[24], value[24];
        const enum damage here = i == broken || damage == LONG_KEYS ? damage : DAMAGES;
        const unsigned number = here == SAME_KEY ? i - 1 : here == SMALLER_KEY ? 0 : i + 1;
        sprintf(key, "key_%03u%s", number, here == LONG_KEYS ? "_longer_than" : "");
        sprintf(value, "value_%u", i);
        const size_t start = size;
        size += put_raw(memory + size, 0x60, key);
        const size_t middle = size;
        if (here == LONG_HEAD)
            memory[size++] = 0x78;
        size += put_raw(memory + size, here == LONG_HEAD ? 0 : 0x60, value);
        if (i != broken)
            continue;
        *fault = here == LONG_HEAD        ? middle
                 : here == BAD_KEY_TEXT   ? start + 2
                 : here == BAD_VALUE_TEXT ? size - 1
                                          : start;
        if (here == BAD_KEY_TEXT || here == BAD_VALUE_TEXT)
            memory[*fault] = 0xff;
    }
    return size;
}

/* The same faults inside a long map of short texts, which has a loop of its own. */
static void the_fast_loop_refuses_the_same(void **state)
{
    (void)state;
    static const enum bpi_cbor_reason reasons[] = {
        [SAME_KEY] = BPI_CBOR_KEY_ORDER,  [SMALLER_KEY] = BPI_CBOR_KEY_ORDER,
        [BAD_KEY_TEXT] = BPI_CBOR_UTF8,   [LONG_HEAD] = BPI_CBOR_NOT_SHORTEST,
        [BAD_VALUE_TEXT] = BPI_CBOR_UTF8, [LONG_KEYS] = BPI_CBOR_FINE,
    };
    for (unsigned broken = 2; broken < COUNT; broken++) {
        for (unsigned damage = 0; damage < DAMAGES; damage++) {
            uint8_t memory[2400];
            size_t at = 0;
            const size_t size = damaged_map(memory, broken, (enum damage)damage, &at);
            const enum bpi_cbor_reason reason = reasons[damage];
            struct bpi_cbor_fault fault;
            assert_int_equal(bpi_cbor_check(base_span_of(memory, size), NULL, &fault),
                             bpi_cbor_reason_err(reason));
            assert_int_equal(fault.reason, reason);
            assert_int_equal(fault.at, reason == BPI_CBOR_FINE ? 0 : at);
            struct bpi_cbor_reader reader;
            struct bpi_cbor_entry entries[COUNT];
            uint64_t count;
            bpi_cbor_reader_init(&reader, base_span_of(memory, size), NULL);
            assert_int_equal(bpi_cbor_get_map(&reader, &count), BASE_OK);
            assert_int_equal(bpi_cbor_get_entries(&reader, entries, COUNT),
                             bpi_cbor_reason_err(reason));
            assert_int_equal(reader.fault.reason, reason);
            assert_int_equal(reader.fault.at, fault.at);
            if (reason != BPI_CBOR_FINE)
                continue;
            assert_int_equal(bpi_cbor_finish(&reader), BASE_OK);
            assert_int_equal(entries[COUNT - 1].value.size, 8);
            assert_memory_equal(entries[COUNT - 1].value.data, "value_59", 8);
        }
    }
}

/* A key that repeats the one just before it is a duplicate, and not only out of order. */
static void the_fast_loop_tells_duplicates(void **state)
{
    (void)state;
    for (unsigned broken = 1; broken < COUNT; broken++) {
        uint8_t memory[2400];
        size_t at = 0;
        const size_t size = damaged_map(memory, broken, LONG_KEYS, &at);
        memcpy(memory + at, (const uint8_t *)memory + 2, 5);
        sprintf((char *)memory + at + 5, "%03u", broken);
        memory[at + 8] = '_';
        struct bpi_cbor_fault fault;
        assert_int_equal(bpi_cbor_check(base_span_of(memory, size), NULL, &fault), BASE_EPARSE);
        assert_int_equal(fault.reason, BPI_CBOR_DUPLICATE_KEY);
        assert_int_equal(fault.at, at);
    }
}

/* A map of texts of all sizes up to 30 in an order, but for two neighbours that change places. */
static size_t ordered_map(enum bpi_cbor_order order, size_t swapped, uint8_t *memory,
                          size_t capacity)
{
    static char keys[COUNT][40];
    struct bpi_cbor_entry entries[COUNT];
    struct bpi_cbor_entry sorted[COUNT];
    uint64_t work[BPI_CBOR_SORT_WORK_WORDS * COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        const size_t size = i % 31;
        memset(keys[i], 'k', sizeof keys[i]);
        keys[i][size * i % (size + 1)] = (char)('a' + i % 7);
        sprintf(keys[i] + size, "%02zu", i * 11 % COUNT);
        entries[i].key = base_span_of(keys[i], i == 0 ? 0 : size + 2);
        entries[i].value = base_span_of(keys[i], size);
    }
    assert_int_equal(bpi_cbor_sort_keys(&entries[0].key, sizeof entries[0], COUNT,
                                        bpi_cbor_rule_of_texts(order), work, NULL),
                     BASE_OK);
    for (size_t i = 0; i < COUNT; i++)
        sorted[i] = entries[work[i == swapped ? i + 1 : i == swapped + 1 ? i - 1 : i]];
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, memory, capacity);
    assert_int_equal(bpi_cbor_put_map(&writer, COUNT), BASE_OK);
    assert_int_equal(bpi_cbor_put_entries(&writer, sorted, COUNT), BASE_OK);
    return bpi_cbor_written(&writer).size;
}

static void the_fast_loop_knows_the_orders(void **state)
{
    (void)state;
    for (unsigned order = 0; order <= BPI_CBOR_ORDER_TEXT; order++) {
        const struct bpi_cbor_options options = { .order = (enum bpi_cbor_order)order };
        for (size_t swapped = 0; swapped < COUNT; swapped++) {
            uint8_t memory[4000];
            const size_t at = swapped < COUNT - 1 ? swapped : 2 * COUNT; /* the last: none */
            const size_t size = ordered_map(options.order, at, memory, sizeof memory);
            struct bpi_cbor_fault fault;
            const base_err err = bpi_cbor_check(base_span_of(memory, size), &options, &fault);
            assert_int_equal(err, at < COUNT ? BASE_EPARSE : BASE_OK);
            assert_int_equal(fault.reason, at < COUNT ? BPI_CBOR_KEY_ORDER : BPI_CBOR_FINE);
        }
    }
}

/* Keys that are alike in their first eight bytes and more, in the middle of a long map: only the
 * one that goes up is taken. */
static void the_fast_loop_reads_long_keys_to_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *first;
        const char *second;
        enum bpi_cbor_reason core, text;
    } rows[] = {
        { "key_1000", "key_1001", BPI_CBOR_FINE, BPI_CBOR_FINE },
        { "key_1001", "key_1000", BPI_CBOR_KEY_ORDER, BPI_CBOR_KEY_ORDER },
        { "key_1000", "key_1000", BPI_CBOR_DUPLICATE_KEY, BPI_CBOR_DUPLICATE_KEY },
        { "key_10001", "key_1000", BPI_CBOR_KEY_ORDER, BPI_CBOR_KEY_ORDER },
        { "key_1000", "key_10000", BPI_CBOR_FINE, BPI_CBOR_FINE },
        { "key_10000000000000_a", "key_10000000000000_b", BPI_CBOR_FINE, BPI_CBOR_FINE },
        { "key_10000000000000_b", "key_10000000000000_a", BPI_CBOR_KEY_ORDER, BPI_CBOR_KEY_ORDER },
        { "key_10000000000000_a", "key_10000000000000_a", BPI_CBOR_DUPLICATE_KEY,
          BPI_CBOR_DUPLICATE_KEY },
        { "key_1000000000000001", "key_10000000", BPI_CBOR_KEY_ORDER, BPI_CBOR_KEY_ORDER },
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        uint8_t bytes[INPUT_SIZE];
        size_t size = 0;
        bytes[size++] = 0xa0 + 8;
        for (int entry = 0; entry < 8; entry++) { /* the pair stands third, others around it */
            char key[32];
            snprintf(key, sizeof key, entry < 2 ? "a%d" : "z_%020d", entry);
            const char *text = entry == 2 ? rows[r].first : entry == 3 ? rows[r].second : key;
            for (const char *each = text; each != NULL; each = each == text ? "value" : NULL) {
                bytes[size++] = (uint8_t)(0x60 + strlen(each));
                memcpy(bytes + size, each, strlen(each));
                size += strlen(each);
            }
        }
        for (int is_text = 0; is_text < 2; is_text++) {
            struct bpi_cbor_options options = bpi_cbor_strict;
            options.order = is_text ? BPI_CBOR_ORDER_TEXT : BPI_CBOR_ORDER_CORE;
            uint8_t *const exact = malloc(size);
            memcpy(exact, bytes, size);
            struct bpi_cbor_reader reader;
            bpi_cbor_reader_init(&reader, base_span_of(exact, size), &options);
            struct bpi_cbor_entry entries[8];
            uint64_t count = 0;
            assert_int_equal(bpi_cbor_get_map(&reader, &count), BASE_OK);
            const base_err err = bpi_cbor_get_entries(&reader, entries, 8);
            const enum bpi_cbor_reason expect = is_text ? rows[r].text : rows[r].core;
            assert_int_equal(err == BASE_OK, expect == BPI_CBOR_FINE);
            assert_int_equal(reader.fault.reason, expect);
            free(exact);
        }
    }
}

static void limits_hold(void **state)
{
    (void)state;
    uint64_t at;
    struct bpi_cbor_options options = { .depth_max = 3 };
    assert_int_equal(check("81818100", &options, &at), BPI_CBOR_FINE);
    assert_int_equal(check("8181818100", &options, &at), BPI_CBOR_TOO_DEEP);
    assert_int_equal(at, 3);
    assert_int_equal(check("81c1c1c100", &options, &at), BPI_CBOR_TOO_DEEP);
    options = (struct bpi_cbor_options){ .count_max = 2 };
    assert_int_equal(check("820000", &options, &at), BPI_CBOR_FINE);
    assert_int_equal(check("83000000", &options, &at), BPI_CBOR_TOO_MANY);
    assert_int_equal(check("a3010002000300", &options, &at), BPI_CBOR_TOO_MANY);
    options = (struct bpi_cbor_options){ .string_max_bytes = 2 };
    assert_int_equal(check("626161", &options, &at), BPI_CBOR_FINE);
    assert_int_equal(check("8163616161", &options, &at), BPI_CBOR_TOO_LONG);
    assert_int_equal(at, 1);
    assert_int_equal(check("43616161", &options, &at), BPI_CBOR_TOO_LONG);
    options = (struct bpi_cbor_options){ .depth_max = 100000 };
    uint8_t deep[100000];
    memset(deep, 0x81, sizeof deep);
    struct bpi_cbor_fault fault;
    assert_int_equal(bpi_cbor_check(base_span_of(deep, sizeof deep), &options, &fault),
                     BASE_ERANGE);
    assert_int_equal(fault.at, BPI_CBOR_DEPTH_MAX);
    memset(deep, 0x9f, sizeof deep);
    options = bpi_cbor_lenient;
    assert_int_equal(bpi_cbor_check(base_span_of(deep, sizeof deep), &options, &fault),
                     BASE_ERANGE);
    memset(deep, 0xc1, sizeof deep);
    assert_int_equal(bpi_cbor_check(base_span_of(deep, sizeof deep), &options, &fault),
                     BASE_ERANGE);
}

static void typed_gets_read_and_refuse(void **state)
{
    (void)state;
    uint8_t memory[INPUT_SIZE];
    const struct base_span input =
        hex_bytes("8a 1864 20 4101 6161 80 a0 c101 f5 f93e00 83010203", memory);
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, input, NULL);
    uint64_t value, count, tag;
    int64_t number;
    struct base_span bytes, text;
    bool is_true;
    double real;
    assert_int_equal(bpi_cbor_get_array(&reader, &count), BASE_OK);
    assert_int_equal(count, 10);
    assert_int_equal(bpi_cbor_get_uint(&reader, &value), BASE_OK);
    assert_int_equal(value, 100);
    assert_int_equal(bpi_cbor_get_int(&reader, &number), BASE_OK);
    assert_int_equal(number, -1);
    assert_int_equal(bpi_cbor_get_bytes(&reader, &bytes), BASE_OK);
    assert_true(bytes.size == 1 && bytes.data == memory + 5);
    assert_int_equal(bpi_cbor_get_text(&reader, &text), BASE_OK);
    assert_true(text.size == 1 && text.data[0] == 'a');
    assert_int_equal(bpi_cbor_get_array(&reader, &count), BASE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(bpi_cbor_get_map(&reader, &count), BASE_OK);
    assert_int_equal(bpi_cbor_get_tag(&reader, &tag), BASE_OK);
    assert_int_equal(bpi_cbor_get_uint(&reader, &value), BASE_OK);
    assert_int_equal(bpi_cbor_get_bool(&reader, &is_true), BASE_OK);
    assert_true(is_true);
    assert_int_equal(bpi_cbor_get_float(&reader, &real), BASE_OK);
    assert_true(real == 1.5);
    assert_int_equal(bpi_cbor_finish(&reader), BASE_EPARSE); /* not complete: and sticky */
    assert_int_equal(bpi_cbor_skip(&reader), BASE_EPARSE);
    bpi_cbor_reader_init(&reader, input, NULL);
    assert_int_equal(bpi_cbor_skip(&reader), BASE_OK);
    assert_int_equal(bpi_cbor_finish(&reader), BASE_OK);
    struct bpi_cbor_item item;
    assert_int_equal(bpi_cbor_next(&reader, &item), BASE_ENOTFOUND);
    assert_int_equal(reader.fault.reason, BPI_CBOR_NO_MORE);
}

static void other_types_and_ranges_are_refused(void **state)
{
    (void)state;
    uint8_t memory[INPUT_SIZE];
    struct bpi_cbor_reader reader;
    struct base_why why = { 0 };
    uint64_t value;
    int64_t number;
    struct base_span text;
    bool flag;
    bpi_cbor_reader_init(&reader, hex_bytes("8161 61", memory), NULL);
    assert_int_equal(bpi_cbor_reader_why(&reader, &why), BASE_OK);
    assert_int_equal(bpi_cbor_get_array(&reader, &value), BASE_OK);
    assert_int_equal(bpi_cbor_get_uint(&reader, &value), BASE_EINVALID);
    assert_int_equal(bpi_cbor_reader_why(&reader, &why), BASE_EINVALID);
    assert_int_equal(why.at, 1);
    assert_non_null(strstr(why.text, "byte 1: "));
    assert_non_null(strstr(why.text, "OTHER_TYPE"));
    bpi_cbor_reader_init(&reader, hex_bytes("1b8000000000000000", memory), NULL);
    assert_int_equal(bpi_cbor_get_int(&reader, &number), BASE_ERANGE);
    bpi_cbor_reader_init(&reader, hex_bytes("3b7fffffffffffffff", memory), NULL);
    assert_int_equal(bpi_cbor_get_int(&reader, &number), BASE_OK);
    assert_true(number == INT64_MIN);
    bpi_cbor_reader_init(&reader, hex_bytes("f6", memory), NULL);
    assert_int_equal(bpi_cbor_get_bool(&reader, &flag), BASE_EINVALID);
    bpi_cbor_reader_init(&reader, hex_bytes("7f6161ff", memory), &bpi_cbor_lenient);
    assert_int_equal(bpi_cbor_get_text(&reader, &text), BASE_EINVALID);
    struct bpi_cbor_entry entries[2];
    bpi_cbor_reader_init(&reader, hex_bytes("a1616100", memory), NULL);
    assert_int_equal(bpi_cbor_get_map(&reader, &value), BASE_OK);
    assert_int_equal(bpi_cbor_get_entries(&reader, entries, 1), BASE_EINVALID);
    bpi_cbor_reader_init(&reader, hex_bytes("a161616162", memory), NULL);
    assert_int_equal(bpi_cbor_get_map(&reader, &value), BASE_OK);
    assert_int_equal(bpi_cbor_get_entries(&reader, entries, 2), BASE_ENOTFOUND);
}

static void the_reasons_have_names(void **state)
{
    (void)state;
    for (unsigned reason = 0; reason < BPI_CBOR_REASON_COUNT; reason++) {
        assert_true(strlen(bpi_cbor_reason_name((enum bpi_cbor_reason)reason)) > 3);
        assert_true(strlen(bpi_cbor_reason_text((enum bpi_cbor_reason)reason)) > 10);
        assert_true((reason == 0) ==
                    (bpi_cbor_reason_err((enum bpi_cbor_reason)reason) == BASE_OK));
    }
    assert_string_equal(bpi_cbor_reason_name(BPI_CBOR_REASON_COUNT), "?");
}

/* All code points, and each sequence cut or damaged, against the definition by arithmetic. */
static void utf8_is_what_unicode_says(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x120000; code += code < 0x3000 ? 1 : 37) {
        uint8_t text[64];
        memset(text, 'x', sizeof text);
        uint8_t *const at = text + 37;
        size_t size = 1;
        if (code < 0x80) {
            at[0] = (uint8_t)code;
        } else {
            size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
            static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
            for (size_t i = 0; i < size; i++)
                at[i] =
                    (uint8_t)((code >> (6 * (size - 1 - i)) & 0x3f) | (i == 0 ? lead[size] : 0x80));
        }
        const bool is_valid = code < 0x110000 && !(code >= 0xd800 && code < 0xe000);
        assert_int_equal(bpi_cbor_utf8_valid(text, sizeof text), is_valid ? sizeof text : 37);
        if (size == 1)
            continue;
        assert_int_equal(bpi_cbor_utf8_valid(text, 37 + size - 1), 37);
        at[size - 1] ^= 0x80;
        assert_int_equal(bpi_cbor_utf8_valid(text, sizeof text), 37);
    }
    static const char *const overlong[] = {
        "\xc0\x80",         "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
        "\xf5\x80\x80\x80", "\x80",     "\xbf"
    };
    for (size_t i = 0; i < sizeof overlong / sizeof overlong[0]; i++)
        assert_int_equal(bpi_cbor_utf8_valid((const uint8_t *)overlong[i], strlen(overlong[i])), 0);
    assert_int_equal(bpi_cbor_utf8_valid((const uint8_t *)"", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_check_has_its_reason_and_offset),
        cmocka_unit_test(each_order_takes_its_own),
        cmocka_unit_test(the_fast_loop_refuses_the_same),
        cmocka_unit_test(the_fast_loop_tells_duplicates),
        cmocka_unit_test(the_fast_loop_knows_the_orders),
        cmocka_unit_test(the_fast_loop_reads_long_keys_to_the_end),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(typed_gets_read_and_refuse),
        cmocka_unit_test(other_types_and_ranges_are_refused),
        cmocka_unit_test(the_reasons_have_names),
        cmocka_unit_test(utf8_is_what_unicode_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
