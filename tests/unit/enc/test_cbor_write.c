/* test_cbor_write.c - every put: its bytes, and its refusal when they do not fit. */
#include "unit.h"

#include "cbor_hex.h"

#include <bpi/cbor.h>

#include <math.h>
#include <stdlib.h>

enum { HEX_SIZE = 700 };

enum put {
    UINT,
    NINT,
    INT,
    BYTES,
    TEXT,
    ARRAY,
    MAP,
    TAG,
    SIMPLE,
    BOOL,
    NIL,
    UNDEFINED,
    FLOAT,
    INDEFINITE,
    BREAK,
    ENCODED
};

struct row {
    enum put put;
    uint64_t value; /* of a string: its size, all bytes 'x' */
    double number;
    const char *hex;
};

static char long_string[HEX_SIZE];

static base_err do_put(const struct row *row, struct bpi_cbor_writer *writer)
{
    switch (row->put) {
    case UINT:
        return bpi_cbor_put_uint(writer, row->value);
    case NINT:
        return bpi_cbor_put_nint(writer, row->value);
    case INT:
        return bpi_cbor_put_int(writer, (int64_t)row->value);
    case BYTES:
        return bpi_cbor_put_bytes(writer, long_string, row->value);
    case TEXT:
        return bpi_cbor_put_text(writer, long_string, row->value);
    case ARRAY:
        return bpi_cbor_put_array(writer, row->value);
    case MAP:
        return bpi_cbor_put_map(writer, row->value);
    case TAG:
        return bpi_cbor_put_tag(writer, row->value);
    case SIMPLE:
        return bpi_cbor_put_simple(writer, (unsigned)row->value);
    case BOOL:
        return bpi_cbor_put_bool(writer, row->value != 0);
    case NIL:
        return bpi_cbor_put_null(writer);
    case UNDEFINED:
        return bpi_cbor_put_undefined(writer);
    case FLOAT:
        return bpi_cbor_put_float(writer, row->number);
    case INDEFINITE:
        return bpi_cbor_put_indefinite(writer, (enum bpi_cbor_type)row->value);
    case BREAK:
        return bpi_cbor_put_break(writer);
    default:
        return bpi_cbor_put_encoded(writer, base_span_of(long_string, row->value));
    }
}

/* The bytes, exactly; for every smaller capacity EFULL and nothing written. The memory ends where
 * the capacity does, so that a sanitizer sees a byte too many. */
static void check_row(const struct row *row)
{
    uint8_t expect[HEX_SIZE];
    const struct base_span bytes = hex_bytes(row->hex, expect);
    for (size_t capacity = 0; capacity <= bytes.size + 40; capacity++) {
        uint8_t *const memory = malloc(capacity > 0 ? capacity : 1);
        struct bpi_cbor_writer writer;
        bpi_cbor_writer_init(&writer, memory, capacity);
        const base_err err = do_put(row, &writer);
        assert_int_equal(err, capacity < bytes.size ? BASE_EFULL : BASE_OK);
        const size_t size = bpi_cbor_written(&writer).size;
        assert_int_equal(size, capacity < bytes.size ? 0 : bytes.size);
        if (size > 0 && memcmp(memory, bytes.data, size) != 0) {
            char text[2 * HEX_SIZE + 1];
            fail_msg("%s, not %s", hex_text(bpi_cbor_written(&writer), text), row->hex);
        }
        free(memory);
    }
}

static void numbers_heads_and_simple_values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { UINT, 0, 0, "00" },
        { UINT, 23, 0, "17" },
        { UINT, 24, 0, "1818" },
        { UINT, 255, 0, "18ff" },
        { UINT, 256, 0, "190100" },
        { UINT, 65535, 0, "19ffff" },
        { UINT, 65536, 0, "1a00010000" },
        { UINT, UINT32_MAX, 0, "1affffffff" },
        { UINT, UINT64_C(1) << 32, 0, "1b0000000100000000" },
        { UINT, UINT64_MAX, 0, "1bffffffffffffffff" },
        { NINT, 0, 0, "20" },
        { NINT, 999, 0, "3903e7" },
        { NINT, UINT64_MAX, 0, "3bffffffffffffffff" },
        { INT, 10, 0, "0a" },
        { INT, (uint64_t)-1, 0, "20" },
        { INT, (uint64_t)-100, 0, "3863" },
        { INT, (uint64_t)INT64_MIN, 0, "3b7fffffffffffffff" },
        { INT, INT64_MAX, 0, "1b7fffffffffffffff" },
        { ARRAY, 3, 0, "83" },
        { ARRAY, 25, 0, "9819" },
        { MAP, 0, 0, "a0" },
        { MAP, 1000, 0, "b903e8" },
        { TAG, 1, 0, "c1" },
        { TAG, BPI_CBOR_TAG_SELF_DESCRIBE, 0, "d9d9f7" },
        { SIMPLE, 0, 0, "e0" },
        { SIMPLE, 16, 0, "f0" },
        { SIMPLE, 32, 0, "f820" },
        { SIMPLE, 255, 0, "f8ff" },
        { BOOL, 0, 0, "f4" },
        { BOOL, 1, 0, "f5" },
        { NIL, 0, 0, "f6" },
        { UNDEFINED, 0, 0, "f7" },
        { INDEFINITE, BPI_CBOR_BYTES, 0, "5f" },
        { INDEFINITE, BPI_CBOR_TEXT, 0, "7f" },
        { INDEFINITE, BPI_CBOR_ARRAY, 0, "9f" },
        { INDEFINITE, BPI_CBOR_MAP, 0, "bf" },
        { BREAK, 0, 0, "ff" },
        { ENCODED, 0, 0, "" },
        { ENCODED, 3, 0, "787878" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}

static void floats_are_as_short_as_can_be(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { FLOAT, 0, 0.0, "f90000" },
        { FLOAT, 0, -0.0, "f98000" },
        { FLOAT, 0, 1.0, "f93c00" },
        { FLOAT, 0, 1.5, "f93e00" },
        { FLOAT, 0, -4.0, "f9c400" },
        { FLOAT, 0, 65504.0, "f97bff" },
        { FLOAT, 0, 65505.0, "fa477fe100" },
        { FLOAT, 0, 65520.0, "fa477ff000" },
        { FLOAT, 0, 65536.0, "fa47800000" },
        { FLOAT, 0, 100000.0, "fa47c35000" },
        { FLOAT, 0, 1.1, "fb3ff199999999999a" },
        { FLOAT, 0, -4.1, "fbc010666666666666" },
        { FLOAT, 0, 1.0e300, "fb7e37e43c8800759c" },
        { FLOAT, 0, 0x1p-14, "f90400" },            /* smallest normal half */
        { FLOAT, 0, 0x1.ff8p-15, "f903ff" },        /* largest subnormal half */
        { FLOAT, 0, 0x1p-24, "f90001" },            /* smallest subnormal half */
        { FLOAT, 0, 0x1.8p-24, "fa33c00000" },      /* half a step more */
        { FLOAT, 0, 0x1p-25, "fa33000000" },        /* below the halves */
        { FLOAT, 0, 0x1.004p0, "f93c01" },          /* last bit of a half */
        { FLOAT, 0, 0x1.002p0, "fa3f801000" },      /* one bit more */
        { FLOAT, 0, 0x1.fffffep127, "fa7f7fffff" }, /* largest single */
        { FLOAT, 0, 0x1.ffffffp127, "fb47effffff0000000" },
        { FLOAT, 0, 0x1p-149, "fa00000001" }, /* smallest subnormal single */
        { FLOAT, 0, 0x1p-150, "fb3690000000000000" },
        { FLOAT, 0, 0x1p-1074, "fb0000000000000001" }, /* smallest of all */
        { FLOAT, 0, INFINITY, "f97c00" },
        { FLOAT, 0, -INFINITY, "f9fc00" },
        { FLOAT, 0, NAN, "f97e00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
    check_row(&(struct row){ FLOAT, 0, -NAN, "f97e00" });
}

/* Every half is its own narrowest form; IEEE's own arithmetic is the reference. */
static void all_halves_come_back(void **state)
{
    (void)state;
    for (uint32_t half = 0; half <= UINT16_MAX; half++) {
        const double value = bpi_cbor_float_widen((uint16_t)half);
        const unsigned exponent = half >> 10 & 31;
        const double fraction = half & 0x3ff;
        double expect =
            exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, (int)exponent - 25);
        if (exponent == 31)
            expect = fraction == 0 ? INFINITY : NAN;
        if (isnan(expect)) {
            assert_true(isnan(value));
            continue;
        }
        assert_true(value == (half >> 15 ? -expect : expect));
        uint64_t bits;
        assert_int_equal(bpi_cbor_float_narrow(value, &bits), 2);
        assert_int_equal(bits, half);
    }
}

static void strings_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = { 24, 25, 31, 32, 64, 100, 255, 256, 300 };
    char hex[2 * HEX_SIZE + 8];
    for (size_t i = 0; i < 24 + sizeof sizes / sizeof sizes[0]; i++) {
        const size_t size = i < 24 ? i : sizes[i - 24];
        for (unsigned is_text = 0; is_text < 2; is_text++) {
            const unsigned major = is_text ? 0x60 : 0x40;
            int at = size < 24    ? sprintf(hex, "%02x", major | (unsigned)size)
                     : size < 256 ? sprintf(hex, "%02x%02x", major | 24, (unsigned)size)
                                  : sprintf(hex, "%02x%04x", major | 25, (unsigned)size);
            hex_text(base_span_of(long_string, size), hex + at);
            check_row(&(struct row){ is_text ? TEXT : BYTES, size, 0, hex });
        }
    }
}

static void what_does_not_exist_is_refused(void **state)
{
    (void)state;
    uint8_t memory[16];
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    for (unsigned value = 24; value < 32; value++)
        assert_int_equal(bpi_cbor_put_simple(&writer, value), BASE_EINVALID);
    assert_int_equal(bpi_cbor_put_simple(&writer, 256), BASE_EINVALID);
    assert_int_equal(bpi_cbor_put_indefinite(&writer, BPI_CBOR_UINT), BASE_EINVALID);
    assert_int_equal(bpi_cbor_put_indefinite(&writer, BPI_CBOR_TAG), BASE_EINVALID);
    assert_int_equal(bpi_cbor_written(&writer).size, 0);
}

/* Entries of every mix of sizes, into exactly enough memory and one byte less. */
static void entries_fill_their_memory_exactly(void **state)
{
    (void)state;
    for (size_t key = 0; key < 40; key++) {
        for (size_t value = 0; value < 40; value += 3) {
            const struct bpi_cbor_entry entries[] = {
                { base_span_of(long_string, key), base_span_of(long_string + 50, value) },
                { base_span_of(long_string + 9, value), base_span_of(long_string + 3, key) },
            };
            uint8_t expect[200];
            struct bpi_cbor_writer one;
            bpi_cbor_writer_init(&one, expect, sizeof expect);
            for (size_t i = 0; i < 2; i++) {
                const struct base_span *const both = &entries[i].key;
                for (size_t k = 0; k < 2; k++)
                    assert_int_equal(
                        bpi_cbor_put_string_long(&one, BPI_CBOR_TEXT, both[k].data, both[k].size),
                        BASE_OK);
            }
            const size_t size = bpi_cbor_written(&one).size;
            for (size_t capacity = size - 1; capacity < size + 60; capacity += 12) {
                uint8_t *const memory = malloc(capacity);
                struct bpi_cbor_writer writer;
                bpi_cbor_writer_init(&writer, memory, capacity);
                const base_err err = bpi_cbor_put_entries(&writer, entries, 2);
                assert_int_equal(err, capacity < size ? BASE_EFULL : BASE_OK);
                assert_int_equal(bpi_cbor_written(&writer).size, err == BASE_OK ? size : 0);
                if (err == BASE_OK)
                    assert_memory_equal(memory, expect, size);
                free(memory);
            }
        }
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof long_string; i++)
        long_string[i] = i < 8 ? 'x' : (char)('a' + i % 23);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_heads_and_simple_values),
        cmocka_unit_test(floats_are_as_short_as_can_be),
        cmocka_unit_test(all_halves_come_back),
        cmocka_unit_test(strings_of_all_sizes),
        cmocka_unit_test(what_does_not_exist_is_refused),
        cmocka_unit_test(entries_fill_their_memory_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
