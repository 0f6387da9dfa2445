/* fuzz_ifr_frame.c - hostile frames: bytes in pieces decode as in one, what was decoded is encoded
 * again to the same bytes, and no payload is read past its end.
 *
 * The first byte says what the rest is: even, the stream as it is; odd, payloads (type, size,
 * bytes) for which right heads are made, one byte of which is then changed - chance alone does not
 * find a CRC. The second byte seeds the cutting. */
#include <mfn/ifr_command.h>
#include <mfn/ifr_frame.h>

#include <base/rng.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_payload(struct base_span payload)
{
    struct mfn_ifr_request request;
    struct mfn_ifr_answer answer;
    struct base_why why = { 0 };
    uint8_t again[MFN_IFR_REQUEST_SIZE_MAX];
    if (mfn_ifr_request_decode(payload, &request, &why) == BASE_OK) {
        need(mfn_ifr_request_encode(&request, again) == payload.size);
        need(memcmp(again, payload.data, payload.size) == 0);
    } else {
        need(why.text[0] != '\0');
    }
    why.text[0] = '\0';
    if (mfn_ifr_answer_decode(payload, &answer, &why) == BASE_OK)
        need(strlen(answer.sentence) <= MFN_IFR_SENTENCE_MAX);
    else
        need(why.text[0] != '\0');
}

static size_t piece_put(struct mfn_ifr_decoder *decoder, struct base_span stream, size_t most)
{
    uint8_t *room;
    size_t there;
    need(mfn_ifr_decoder_room(decoder, &room, &there) == BASE_OK);
    size_t piece = stream.size < most ? stream.size : most;
    if (piece > there)
        piece = there;
    memcpy(room, stream.data, piece);
    mfn_ifr_decoder_add(decoder, piece);
    return piece;
}

/* What is decoded is encoded behind `again`. A zero piece_max: pieces as large as there is room. */
static void decode(struct base_span stream, struct base_rng *rng, uint64_t piece_max,
                   struct base_buf *again, struct base_why *why)
{
    struct mfn_ifr_decoder decoder = { 0 };
    base_err err = BASE_OK;
    for (size_t at = 0; at < stream.size && err == BASE_OK;) {
        const size_t most = piece_max == 0 ? SIZE_MAX : 1 + base_rng_below(rng, piece_max);
        at += piece_put(&decoder, base_span_of(stream.data + at, stream.size - at), most);
        struct mfn_ifr_frame frame;
        for (bool has_frame = true; has_frame && err == BASE_OK;) {
            err = mfn_ifr_decoder_next(&decoder, &frame, &has_frame, why);
            if (err == BASE_OK && has_frame) {
                check_payload(frame.payload);
                need(mfn_ifr_frame_encode(&frame, again) == BASE_OK);
            }
        }
    }
    need((err == BASE_OK) == (why->text[0] == '\0'));
    need(decoder.capacity <= MFN_IFR_DECODER_SIZE_MAX);
    mfn_ifr_decoder_done(&decoder);
}

/* Frames with right heads, and one byte changed when the seed says so. */
static void stream_make(struct base_span in, uint8_t seed, struct base_buf *stream)
{
    uint32_t sequence = 0;
    for (size_t at = 0; at + 2 <= in.size;) {
        const size_t left = in.size - at - 2;
        const size_t size = in.data[at + 1] < left ? in.data[at + 1] : left;
        const struct mfn_ifr_frame frame = {
            .type = (enum mfn_ifr_frame_type)(in.data[at] % MFN_IFR_FRAME_TYPE_COUNT),
            .sequence = sequence++,
            .payload = base_span_of(in.data + at + 2, size),
        };
        need(mfn_ifr_frame_encode(&frame, stream) == BASE_OK);
        at += 2 + size;
    }
    if (seed % 2 == 1 && stream->size > 0)
        stream->data[seed * 7 % stream->size] ^= seed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct base_buf stream = { 0 }, whole = { 0 }, parts = { 0 };
    struct base_why why[2] = { { 0 } };
    struct base_rng rng;
    const struct base_span rest = base_span_of(data + 2, size - 2);
    base_rng_init(&rng, data[1]);
    if (data[0] % 2 == 1)
        stream_make(rest, data[1], &stream);
    else
        need(base_buf_put(&stream, rest.data, rest.size) == BASE_OK);
    decode(base_buf_span(&stream), &rng, 0, &whole, &why[0]);
    decode(base_buf_span(&stream), &rng, 1 + data[1] % 50u, &parts, &why[1]);
    need(whole.size == parts.size && why[0].at == why[1].at);
    need(strcmp(why[0].text, why[1].text) == 0);
    need(whole.size <= stream.size);
    need(whole.size == 0 || memcmp(whole.data, stream.data, whole.size) == 0);
    need(whole.size == 0 || memcmp(whole.data, parts.data, whole.size) == 0);
    base_buf_done(&stream);
    base_buf_done(&whole);
    base_buf_done(&parts);
    return 0;
}
