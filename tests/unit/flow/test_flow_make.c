/* test_flow_make.c - made keys, orders, frames and files are what their header says. */
#include "unit.h"
#include "flow_hex.h"

#include <mfn/flow_make.h>

#include <math.h>
#include <stdio.h>

enum { COUNT = 20000 };

static const size_t key_sizes[] = { MFN_FLOW_KEY_IPV4, MFN_FLOW_KEY_HASHED, MFN_FLOW_KEY_IPV6 };

static size_t order_size;

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, order_size);
}

static void every_flow_has_its_own_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const size_t size = order_size = key_sizes[i];
        struct mfn_flow_make make, same, other;
        struct mfn_flow_make_options options = { .flow_count = COUNT, .key_size = size, .seed = 7 };
        assert_int_equal(mfn_flow_make_init(&options, &make, NULL), BASE_OK);
        assert_int_equal(mfn_flow_make_init(&options, &same, NULL), BASE_OK);
        options.seed = 8;
        assert_int_equal(mfn_flow_make_init(&options, &other, NULL), BASE_OK);
        uint8_t *const keys = malloc(COUNT * size);
        for (uint64_t k = 0; k < COUNT; k++) {
            uint8_t again[MFN_FLOW_KEY_IPV6];
            mfn_flow_make_key(&make, k, keys + k * size);
            mfn_flow_make_key(&same, k, again);
            assert_memory_equal(again, keys + k * size, size);
            mfn_flow_make_key(&other, k, again);
            assert_memory_not_equal(again, keys + k * size, size);
        }
        qsort(keys, COUNT, size, compare_keys);
        for (size_t k = 1; k < COUNT; k++)
            assert_memory_not_equal(keys + k * size, keys + (k - 1) * size, size);
        free(keys);
    }
}

/* One seed, one key, on every machine. */
static void keys_do_not_change(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ee6b63284aad1a157858ae6606",
        "ee6b63287858ae664aad1a1548e604b7ee4646551eefbe0d4ac078d0510905ca",
        "20010db8ee464655ee6b63287858ae6620010db81eefbe0d4aad1a1548e604b7510905ca06"
    };
    for (size_t i = 0; i < 3; i++) {
        struct mfn_flow_make make;
        const struct mfn_flow_make_options options = { .flow_count = 10,
                                                       .key_size = key_sizes[i],
                                                       .seed = 42 };
        uint8_t key[MFN_FLOW_KEY_IPV6];
        char text[2 * MFN_FLOW_KEY_IPV6 + 1];
        assert_int_equal(mfn_flow_make_init(&options, &make, NULL), BASE_OK);
        mfn_flow_make_key(&make, 3, key);
        assert_string_equal(hex_text(base_span_of(key, key_sizes[i]), text), texts[i]);
    }
}

static void ranks_are_scattered_one_to_one(void **state)
{
    (void)state;
    static const uint64_t counts[] = { 1, 2, 3, 4, 6, 10, 97, 210, 1024, 1155, 9240, 30030 };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct mfn_flow_make make;
        const struct mfn_flow_make_options options = {
            .flow_count = counts[i], .exponent = 1, .key_size = 13, .seed = i
        };
        assert_int_equal(mfn_flow_make_init(&options, &make, NULL), BASE_OK);
        uint8_t *const seen = calloc(counts[i], 1);
        for (uint64_t rank = 0; rank < counts[i]; rank++) {
            const uint64_t index = mfn_flow_make_index(&make, rank);
            assert_true(index < counts[i]);
            assert_int_equal(seen[index], 0);
            seen[index] = 1;
        }
        free(seen);
        for (int k = 0; k < 1000; k++)
            assert_true(mfn_flow_make_next(&make) < counts[i]);
    }
}

static void options_out_of_range_are_named(void **state)
{
    (void)state;
    static const struct {
        struct mfn_flow_make_options options;
        base_err err;
        const char *sentence;
    } refused[] = {
        { { 0, 0, 13, 1 }, BASE_ERANGE, "0 flows cannot be made, 1 to 2^53 can" },
        { { (UINT64_C(1) << 53) + 1, 0, 13, 1 }, BASE_ERANGE, "9007199254740993 flows" },
        { { 1, -0.5, 13, 1 }, BASE_ERANGE, "the exponent -0.5 is not a number from 0" },
        { { 1, 100, 13, 1 }, BASE_ERANGE, "the exponent 100 is" },
        { { 1, NAN, 13, 1 }, BASE_ERANGE, "the exponent nan is" },
        { { 1, 0, 16, 1 }, BASE_EINVALID, "keys of 16 bytes cannot be made, of 13, 32 or 37 can" },
    };
    struct mfn_flow_make make;
    struct base_why why;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_int_equal(mfn_flow_make_init(&refused[i].options, &make, &why), refused[i].err);
        assert_non_null(strstr(why.text, refused[i].sentence));
    }
    const struct mfn_flow_make_options most = { UINT64_C(1) << 53, 0.99, 13, 1 };
    assert_int_equal(mfn_flow_make_init(&most, &make, &why), BASE_OK);
    for (int i = 0; i < 1000; i++)
        assert_true(mfn_flow_make_next(&make) < most.flow_count);
}

/* Ones' complement sum over a right header is all ones (RFC 1071). */
static uint32_t sum_of(const uint8_t *bytes, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void frames_have_the_key_they_were_made_of(void **state)
{
    (void)state;
    static const struct {
        size_t key_size, frame_size;
    } sizes[] = { { 13, 54 }, { 13, 64 }, { 13, 1514 }, { 37, 74 }, { 37, 78 }, { 37, 9000 } };
    static uint8_t frame[MFN_FLOW_MAKE_FRAME_MAX];
    uint8_t key[MFN_FLOW_KEY_IPV6];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct mfn_flow_make_options options = { 1000, 0, sizes[i].key_size, 3 };
        const uint32_t size = (uint32_t)sizes[i].frame_size;
        struct mfn_flow_make make;
        assert_int_equal(mfn_flow_make_init(&options, &make, NULL), BASE_OK);
        for (uint64_t k = 0; k < 1000; k++) {
            struct mfn_flow_key found;
            mfn_flow_make_key(&make, k, key);
            assert_int_equal(mfn_flow_make_frame(key, options.key_size, size, frame), BASE_OK);
            mfn_flow_packet_key(MFN_FLOW_LINK_ETHERNET,
                                &(struct mfn_flow_frame){ frame, size, size }, &found);
            assert_int_equal(found.result, MFN_FLOW_OK);
            assert_int_equal(found.size, options.key_size);
            assert_memory_equal(found.bytes, key, options.key_size);
            if (options.key_size == 13)
                assert_int_equal(sum_of(frame + 14, 20), 0xffff);
        }
    }
    assert_int_equal(mfn_flow_make_frame(key, 32, 100, frame), BASE_EINVALID);
    assert_int_equal(mfn_flow_make_frame(key, 13, 53, frame), BASE_ERANGE);
    assert_int_equal(mfn_flow_make_frame(key, 37, 73, frame), BASE_ERANGE);
    assert_int_equal(mfn_flow_make_frame(key, 13, 9001, frame), BASE_ERANGE);
}

static void files_that_do_not_fit_are_refused_whole(void **state)
{
    (void)state;
    const struct mfn_flow_make_file file = { .link = 1, .snaplen = 10 };
    uint8_t memory[24 + 16 + 9];
    struct base_buf out;
    base_buf_init_fixed(&out, memory, sizeof memory);
    assert_int_equal(mfn_flow_make_file_begin(&file, &out), BASE_OK);
    assert_int_equal(mfn_flow_make_file_put(&file, 0, base_span_of("0123456789", 10), &out),
                     BASE_EFULL);
    assert_int_equal(out.size, 24);
    assert_int_equal(mfn_flow_make_file_put(&file, 0, base_span_of("012345678", 9), &out), BASE_OK);
    const uint64_t end_ns = (UINT64_C(1) << 32) * 1000000000;
    assert_int_equal(mfn_flow_make_file_put(&file, end_ns, base_span_of("", 0), &out), BASE_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flow_has_its_own_key),
        cmocka_unit_test(keys_do_not_change),
        cmocka_unit_test(ranks_are_scattered_one_to_one),
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(frames_have_the_key_they_were_made_of),
        cmocka_unit_test(files_that_do_not_fit_are_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
