/* test_cbor_diag.c - notation beyond the appendix: indicators, escapes, bignums, hostile input. */
#include "unit.h"

#include "cbor_hex.h"

#include <bpi/cbor_diag.h>

static void notation_is_as_section_8_says(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool has_indicators;
        const char *text;
    } rows[] = {
        { "1801", false, "1" },
        { "1801", true, "1_0" },
        { "190001", true, "1_1" },
        { "1a00000001", true, "1_2" },
        { "1b0000000000000001", true, "1_3" },
        { "1818", true, "24" },
        { "3800", true, "-1_0" },
        { "98020102", true, "[_0 1, 2]" },
        { "b9000101f5", true, "{_1 1: true}" },
        { "9800", true, "[_0 ]" },
        { "d80100", true, "1_0(0)" },
        { "580101", true, "h'01'_0" },
        { "780161", true, "\"a\"_0" },
        { "fa3f800000", true, "1.0_2" },
        { "fb3ff199999999999a", true, "1.1" },
        { "fb7ff8000000000000", true, "NaN_3" },
        { "9f1801ff", true, "[_ 1_0]" },
        { "5fff", false, "''_" },
        { "7fff", false, "\"\"_" },
        { "bfff", false, "{_ }" },
        { "7f616141 62ff", false, NULL },
        { "6722 5c 08 0c 0a 0d 09", false, "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
        { "63 00 1f 7f", false, "\"\\u0000\\u001f\\u007f\"" },
        { "64 61 ff c3 62", false,
          "\"a\xef\xbf\xbd\xef\xbf\xbd"
          "b\"" },
        { "c2480100000000000000", false, "2(h'0100000000000000')" },
        { "c24a00010000000000000000", false, "2(h'00010000000000000000')" },
        { "c349ffffffffffffffffff", false, "-4722366482869645213696" },
        { "c2f6", false, "2(null)" },
        { "c2", false, NULL },
        { "fb4415af1d78b58c40", false, "100000000000000000000.0" },
        { "fb444b1ae4d6e2ef50", false, "1.0e+21" },
        { "fb3eb0c6f7a0b5ed8d", false, "0.000001" },
        { "fb3e7ad7f29abcaf48", false, "1.0e-7" },
        { "fb0000000000000001", false, "5.0e-324" },
        { "fb7fefffffffffffff", false, "1.7976931348623157e+308" },
        { "fbc05ec00000000000", false, "-123.0" },
        { "e0", false, "simple(0)" },
        { "3bffffffffffffffff", false, "-18446744073709551616" },
        { "d9d9f7a0", false, "55799({})" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t memory[200];
        struct base_buf out = { 0 };
        struct base_why why = { 0 };
        const base_err err =
            bpi_cbor_diag(hex_bytes(rows[i].hex, memory), rows[i].has_indicators, &out, &why);
        if (rows[i].text == NULL) {
            assert_int_equal(err, BASE_EPARSE);
        } else {
            if (err != BASE_OK)
                fail_msg("%s: %s", rows[i].hex, why.text);
            assert_string_equal(base_buf_text(&out), rows[i].text);
        }
        base_buf_done(&out);
    }
}

static void hostile_input_ends_in_an_error(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x81, 0x9f, 0xa1, 0xbf, 0xc1, 0xd8, 0x9a };
    uint8_t deep[5000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        struct base_buf out = { 0 };
        struct base_why why = { 0 };
        memset(deep, bytes[i], sizeof deep);
        assert_int_not_equal(bpi_cbor_diag(base_span_of(deep, sizeof deep), true, &out, &why),
                             BASE_OK);
        assert_true(strlen(why.text) > 10);
        base_buf_done(&out);
    }
    /* As deep as may be, with an empty array inside. */
    memset(deep, 0x81, BPI_CBOR_DEPTH_MAX);
    deep[BPI_CBOR_DEPTH_MAX] = 0x80;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(bpi_cbor_diag(base_span_of(deep, BPI_CBOR_DEPTH_MAX + 1), false, &out, &why),
                     BASE_OK);
    assert_int_equal(out.size, 2 * (BPI_CBOR_DEPTH_MAX + 1));
    base_buf_done(&out);
    char small[4];
    base_buf_init_fixed(&out, small, sizeof small);
    assert_int_equal(bpi_cbor_diag(base_span_of("\x83\x01\x02\x03", 4), false, &out, &why),
                     BASE_EFULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notation_is_as_section_8_says),
        cmocka_unit_test(hostile_input_ends_in_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
