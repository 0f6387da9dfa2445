/* test_ifr_frame.c - frames byte by byte: the layout, every refusal, any cutting into pieces. */
#include "unit.h"

#include <mfn/ifr_frame.h>

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

static struct mfn_ifr_frame frame_of(enum mfn_ifr_frame_type type, uint32_t sequence,
                                     const void *payload, size_t size)
{
    return (struct mfn_ifr_frame){ .type = type,
                                   .component_id = 7,
                                   .sequence = sequence,
                                   .timestamp_ns = 0x0102030405060708,
                                   .payload = base_span_of(payload, size) };
}

static void feed(struct mfn_ifr_decoder *decoder, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        uint8_t *room;
        size_t there;
        assert_int_equal(mfn_ifr_decoder_room(decoder, &room, &there), BASE_OK);
        assert_true(there >= 1);
        const size_t part = there < size ? there : size;
        memcpy(room, bytes, part);
        mfn_ifr_decoder_add(decoder, part);
        bytes += part;
        size -= part;
    }
}

/* The check value of this CRC is that of "123456789" in every catalogue: cbf43926. */
static void the_layout_is_as_written(void **state)
{
    (void)state;
    static const uint8_t right[] = {
        0x46, 0x4d, 0x59, 0x48, 1,   3,   0,    0,    7,    0,    0,   0,   0x44, 0x33,
        0x22, 0x11, 9,    0,    0,   0,   0x26, 0x39, 0xf4, 0xcb, 8,   7,   6,    5,
        4,    3,    2,    1,    '1', '2', '3',  '4',  '5',  '6',  '7', '8', '9',
    };
    struct base_buf out = { 0 };
    const struct mfn_ifr_frame frame =
        frame_of(MFN_IFR_FRAME_HEARTBEAT, 0x11223344, "123456789", 9);
    assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_OK);
    assert_int_equal(out.size, sizeof right);
    assert_memory_equal(out.data, right, sizeof right);
    base_buf_done(&out);
}

static void every_type_and_size_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 31, 32, 33, 4096, 8159, 8160, 8161, 65535, 65536 };
    uint8_t *const payload = malloc(65536);
    struct mfn_ifr_decoder decoder = { 0 };
    struct base_buf out = { 0 };
    uint32_t sequence = 0;
    for (size_t i = 0; i < 65536; i++)
        payload[i] = (uint8_t)(i * 7 + (i >> 8));
    for (int type = 0; type < MFN_IFR_FRAME_TYPE_COUNT; type++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct mfn_ifr_frame back;
            bool has_frame = false;
            const struct mfn_ifr_frame frame =
                frame_of((enum mfn_ifr_frame_type)type, sequence++, payload, sizes[i]);
            base_buf_clear(&out);
            assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_OK);
            feed(&decoder, out.data, out.size);
            assert_true(mfn_ifr_decoder_is_inside(&decoder));
            assert_int_equal(mfn_ifr_decoder_next(&decoder, &back, &has_frame, NULL), BASE_OK);
            assert_true(has_frame);
            assert_int_equal(back.type, type);
            assert_int_equal(back.component_id, 7);
            assert_int_equal(back.sequence, frame.sequence);
            assert_int_equal(back.timestamp_ns, frame.timestamp_ns);
            assert_int_equal(back.payload.size, sizes[i]);
            assert_memory_equal(back.payload.data, payload, sizes[i]);
            assert_int_equal(mfn_ifr_decoder_next(&decoder, &back, &has_frame, NULL), BASE_OK);
            assert_false(has_frame);
            assert_false(mfn_ifr_decoder_is_inside(&decoder));
        }
    assert_true(decoder.capacity <= MFN_IFR_DECODER_SIZE_MAX);
    mfn_ifr_decoder_done(&decoder);
    base_buf_done(&out);
    free(payload);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    uint8_t memory[40];
    uint8_t *const large = calloc(1, 65537);
    struct base_buf out;
    base_buf_init_fixed(&out, memory, sizeof memory);
    struct mfn_ifr_frame frame = frame_of(MFN_IFR_FRAME_EVENT, 0, large, 65537);
    assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_ERANGE);
    frame.payload.size = 9;
    assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_EFULL);
    assert_int_equal(out.size, 0);
    frame.payload.size = 8;
    assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_OK);
    assert_int_equal(out.size, 40);
    free(large);
}

static const struct {
    unsigned offset; /* in the second frame */
    uint8_t value;
    base_err err;
    unsigned at;
    const char *sentence;
} refusals[] = {
    { 0, 0x47, BASE_EPROTOCOL, 0, "magic 0x48594d47 at byte 36 is not 0x48594d46" },
    { 3, 0, BASE_EPROTOCOL, 0, "magic 0x594d46 at byte 36 is not 0x48594d46" },
    { 4, 0, BASE_EPROTOCOL, 4, "version 0x0 at byte 40 is not 1" },
    { 4, 2, BASE_EPROTOCOL, 4, "version 0x2 at byte 40 is not 1" },
    { 5, 6, BASE_EPROTOCOL, 5, "type 0x6 at byte 41 is not between 0 and 5" },
    { 5, 255, BASE_EPROTOCOL, 5, "type 0xff at byte 41 is not between 0 and 5" },
    { 6, 1, BASE_EPROTOCOL, 6, "reserved 0x1 at byte 42 is not 0" },
    { 7, 1, BASE_EPROTOCOL, 6, "reserved 0x100 at byte 42 is not 0" },
    { 12, 0, BASE_EPROTOCOL, 12, "sequence 0x0 at byte 48 is not 0x1" },
    { 12, 2, BASE_EPROTOCOL, 12, "sequence 0x2 at byte 48 is not 0x1" },
    { 15, 1, BASE_EPROTOCOL, 12, "sequence 0x1000001 at byte 48 is not 0x1" },
    { 18, 2, BASE_EPROTOCOL, 16, "payload_size 0x20004 at byte 52 is not between 0 and 0x10000" },
    { 19, 255, BASE_EPROTOCOL, 16,
      "payload_size 0xff000004 at byte 52 is not between 0 and 0x10000" },
    { 20, 0, BASE_ECORRUPT, 20, "CRC 0xed82cd00 at byte 56 is not that of the payload" },
    { 33, 'B', BASE_ECORRUPT, 20, "CRC 0xed82cd11 at byte 56 is not that of the payload" },
};

/* Two frames of 36 bytes, "abcd" (CRC ed82cd11) each, the second one changed. */
static void refusal_check(size_t row)
{
    struct base_buf out = { 0 };
    for (uint32_t i = 0; i < 2; i++) {
        const struct mfn_ifr_frame frame = frame_of(MFN_IFR_FRAME_COMMAND, i, "abcd", 4);
        assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_OK);
    }
    out.data[36 + refusals[row].offset] = refusals[row].value;
    struct mfn_ifr_decoder decoder = { 0 };
    struct mfn_ifr_frame frame;
    struct base_why why = { 0 };
    bool has_frame = false;
    feed(&decoder, out.data, out.size);
    assert_int_equal(mfn_ifr_decoder_next(&decoder, &frame, &has_frame, &why), BASE_OK);
    assert_true(has_frame);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(mfn_ifr_decoder_next(&decoder, &frame, &has_frame, &why),
                         refusals[row].err);
        assert_int_equal(why.at, 36 + refusals[row].at);
        if (strncmp(why.text, refusals[row].sentence, strlen(refusals[row].sentence)) != 0)
            fail_msg("row %zu: %s", row, why.text);
    }
    mfn_ifr_decoder_done(&decoder);
    base_buf_done(&out);
}

static void every_refusal_has_its_sentence(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof refusals / sizeof refusals[0]; row++)
        refusal_check(row);
}

static void the_sequence_wraps(void **state)
{
    (void)state;
    struct base_buf out = { 0 };
    struct mfn_ifr_decoder decoder = { .sequence = UINT32_MAX };
    struct mfn_ifr_frame frame = frame_of(MFN_IFR_FRAME_EVENT, UINT32_MAX, NULL, 0);
    bool has_frame = false;
    assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_OK);
    frame.sequence = 0;
    assert_int_equal(mfn_ifr_frame_encode(&frame, &out), BASE_OK);
    feed(&decoder, out.data, out.size);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mfn_ifr_decoder_next(&decoder, &frame, &has_frame, NULL), BASE_OK);
        assert_true(has_frame);
    }
    assert_int_equal(frame.sequence, 0);
    mfn_ifr_decoder_done(&decoder);
    base_buf_done(&out);
}

static void untaken_bytes_have_an_end(void **state)
{
    (void)state;
    struct mfn_ifr_decoder decoder = { 0 };
    uint8_t *room;
    size_t there, all = 0;
    while (mfn_ifr_decoder_room(&decoder, &room, &there) == BASE_OK) {
        memset(room, 0, there);
        mfn_ifr_decoder_add(&decoder, there);
        all += there;
    }
    assert_int_equal(mfn_ifr_decoder_room(&decoder, &room, &there), BASE_EFULL);
    assert_int_equal(all, MFN_IFR_DECODER_SIZE_MAX);
    mfn_ifr_decoder_done(&decoder);
}

/* ---- any pieces ---- */

enum { FRAMES = 60 };

static void stream_make(struct base_rng *rng, struct base_buf *stream)
{
    static uint8_t payload[70000];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)base_rng_u64(rng);
    for (uint32_t i = 0; i < FRAMES; i++) {
        const uint64_t most = i % 20 == 19 ? 65537 : i % 5 == 4 ? 9000 : 100;
        const struct mfn_ifr_frame frame =
            frame_of((enum mfn_ifr_frame_type)base_rng_below(rng, MFN_IFR_FRAME_TYPE_COUNT), i,
                     payload + base_rng_below(rng, 4000), base_rng_below(rng, most));
        assert_int_equal(mfn_ifr_frame_encode(&frame, stream), BASE_OK);
    }
}

/* Decode in pieces; the frames are encoded again behind `again`. Answers the error at the end. */
static base_err decode(struct base_span stream, struct base_rng *rng, uint64_t piece_max,
                       struct base_buf *again, struct base_why *why)
{
    struct mfn_ifr_decoder decoder = { 0 };
    base_err err = BASE_OK;
    for (size_t at = 0; at < stream.size && err == BASE_OK;) {
        size_t piece = 1 + base_rng_below(rng, piece_max);
        if (piece > stream.size - at)
            piece = stream.size - at;
        feed(&decoder, stream.data + at, piece);
        at += piece;
        struct mfn_ifr_frame frame;
        bool has_frame = true;
        while (has_frame &&
               (err = mfn_ifr_decoder_next(&decoder, &frame, &has_frame, why)) == BASE_OK)
            if (has_frame)
                assert_int_equal(mfn_ifr_frame_encode(&frame, again), BASE_OK);
    }
    assert_true(decoder.capacity <= MFN_IFR_DECODER_SIZE_MAX);
    mfn_ifr_decoder_done(&decoder);
    return err;
}

static void pieces_do_not_matter(void **state)
{
    (void)state;
    static const uint64_t pieces[] = { 1, 3, 33, 100, 5000, 8000 };
    struct base_rng rng;
    base_rng_init(&rng, 4242);
    for (int round = 0; round < 24; round++) {
        struct base_buf stream = { 0 }, again = { 0 };
        stream_make(&rng, &stream);
        assert_int_equal(decode(base_buf_span(&stream), &rng, pieces[round % 6], &again, NULL),
                         BASE_OK);
        assert_int_equal(again.size, stream.size);
        assert_memory_equal(again.data, stream.data, stream.size);
        base_buf_done(&stream);
        base_buf_done(&again);
    }
}

static void pieces_do_not_matter_to_errors(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 99);
    for (int round = 0; round < 60; round++) {
        struct base_buf stream = { 0 }, first = { 0 }, second = { 0 };
        struct base_why why[2] = { { 0 } };
        stream_make(&rng, &stream);
        stream.data[base_rng_below(&rng, stream.size)] ^= (uint8_t)(1 + base_rng_below(&rng, 255));
        const struct base_span span = base_buf_span(&stream);
        const base_err err = decode(span, &rng, 8000, &first, &why[0]);
        assert_int_equal(decode(span, &rng, 1 + base_rng_below(&rng, 50), &second, &why[1]), err);
        assert_int_equal(first.size, second.size);
        assert_int_equal(why[0].at, why[1].at);
        assert_string_equal(why[0].text, why[1].text);
        base_buf_done(&stream);
        base_buf_done(&first);
        base_buf_done(&second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_as_written),
        cmocka_unit_test(every_type_and_size_comes_back),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_refusal_has_its_sentence),
        cmocka_unit_test(the_sequence_wraps),
        cmocka_unit_test(untaken_bytes_have_an_end),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(pieces_do_not_matter_to_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
