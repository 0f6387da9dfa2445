/* ifr_frame.c - frames are decoded where they were received: the caller's read writes into the
 * decoder's memory, a whole frame is given out in place, and only the unfinished rest is moved to
 * the front when room is asked for. The memory grows to what the frame under way needs. */
#include <mfn/ifr_frame.h>

#include "ifr_le.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_TYPE = 5,
    AT_RESERVED = 6,
    AT_COMPONENT = 8,
    AT_SEQUENCE = 12,
    AT_SIZE = 16,
    AT_CRC = 20,
    AT_TIMESTAMP = 24,
};

static uint32_t crc_of(const uint8_t *data, size_t size)
{
    return size == 0 ? 0 : (uint32_t)crc32_z(0, data, size);
}

void mfn_ifr_frame_seal(const struct mfn_ifr_frame *frame, uint8_t *head, uint32_t size)
{
    assert(size <= MFN_IFR_FRAME_PAYLOAD_MAX);
    assert((unsigned)frame->type < MFN_IFR_FRAME_TYPE_COUNT);
    mfn_ifr_put32(head + AT_MAGIC, MFN_IFR_FRAME_MAGIC);
    head[AT_VERSION] = MFN_IFR_FRAME_VERSION;
    head[AT_TYPE] = (uint8_t)frame->type;
    mfn_ifr_put16(head + AT_RESERVED, 0);
    mfn_ifr_put32(head + AT_COMPONENT, frame->component_id);
    mfn_ifr_put32(head + AT_SEQUENCE, frame->sequence);
    mfn_ifr_put32(head + AT_SIZE, size);
    mfn_ifr_put32(head + AT_CRC, crc_of(head + MFN_IFR_FRAME_HEAD_SIZE, size));
    mfn_ifr_put64(head + AT_TIMESTAMP, frame->timestamp_ns);
}

base_err mfn_ifr_frame_encode(const struct mfn_ifr_frame *frame, struct base_buf *out)
{
    if (frame->payload.size > MFN_IFR_FRAME_PAYLOAD_MAX)
        return BASE_ERANGE;
    const size_t size = MFN_IFR_FRAME_HEAD_SIZE + frame->payload.size;
    const base_err err = base_buf_reserve(out, size);
    if (err != BASE_OK)
        return err;
    uint8_t *const head = out->data + out->size;
    if (frame->payload.size > 0)
        memcpy(head + MFN_IFR_FRAME_HEAD_SIZE, frame->payload.data, frame->payload.size);
    mfn_ifr_frame_seal(frame, head, (uint32_t)frame->payload.size);
    out->size += size;
    return BASE_OK;
}

void mfn_ifr_decoder_done(struct mfn_ifr_decoder *decoder)
{
    free(decoder->memory);
    *decoder = (struct mfn_ifr_decoder){ 0 };
}

bool mfn_ifr_decoder_is_inside(const struct mfn_ifr_decoder *decoder)
{
    return decoder->end > decoder->begin;
}

/* The whole size of the frame under way, as far as its head is there and not absurd. */
static size_t frame_size(const struct mfn_ifr_decoder *decoder)
{
    if (decoder->end - decoder->begin < MFN_IFR_FRAME_HEAD_SIZE)
        return MFN_IFR_FRAME_HEAD_SIZE;
    const uint32_t size = mfn_ifr_get32(decoder->memory + decoder->begin + AT_SIZE);
    return MFN_IFR_FRAME_HEAD_SIZE + (size <= MFN_IFR_FRAME_PAYLOAD_MAX ? size : 0);
}

static void move_to_front(struct mfn_ifr_decoder *decoder)
{
    const size_t size = decoder->end - decoder->begin;
    if (decoder->begin > 0 && size > 0)
        memmove(decoder->memory, decoder->memory + decoder->begin, size);
    decoder->begin = 0;
    decoder->end = size;
}

static base_err grow(struct mfn_ifr_decoder *decoder, size_t capacity)
{
    uint8_t *const memory = realloc(decoder->memory, capacity);
    if (memory == NULL)
        return BASE_ENOMEM;
    decoder->memory = memory;
    decoder->capacity = capacity;
    return BASE_OK;
}

base_err mfn_ifr_decoder_room(struct mfn_ifr_decoder *decoder, uint8_t **room, size_t *size)
{
    move_to_front(decoder);
    size_t need = frame_size(decoder);
    if (need < MFN_IFR_DECODER_ROOM)
        need = MFN_IFR_DECODER_ROOM;
    if (need < decoder->end + 1)
        need = MFN_IFR_DECODER_SIZE_MAX;
    if (decoder->end >= MFN_IFR_DECODER_SIZE_MAX)
        return BASE_EFULL;
    if (need > decoder->capacity) {
        const base_err err = grow(decoder, need);
        if (err != BASE_OK)
            return err;
    }
    *room = decoder->memory + decoder->end;
    *size = decoder->capacity - decoder->end;
    return BASE_OK;
}

void mfn_ifr_decoder_add(struct mfn_ifr_decoder *decoder, size_t size)
{
    assert(size <= decoder->capacity - decoder->end);
    decoder->end += size;
}

static base_err wrong(struct mfn_ifr_decoder *decoder, unsigned field, const char *name,
                      uint64_t value, const char *right)
{
    const uint64_t at = decoder->at + field;
    return base_fail(&decoder->broken, BASE_EPROTOCOL, at,
                     "%s 0x%" PRIx64 " at byte %" PRIu64 " is not %s", name, value, at, right);
}

static base_err head_check(struct mfn_ifr_decoder *decoder, const uint8_t *head)
{
    const uint32_t magic = mfn_ifr_get32(head + AT_MAGIC);
    const uint32_t sequence = mfn_ifr_get32(head + AT_SEQUENCE);
    const uint32_t size = mfn_ifr_get32(head + AT_SIZE);
    if (magic != MFN_IFR_FRAME_MAGIC)
        return wrong(decoder, AT_MAGIC, "magic", magic, "0x48594d46");
    if (head[AT_VERSION] != MFN_IFR_FRAME_VERSION)
        return wrong(decoder, AT_VERSION, "version", head[AT_VERSION], "1");
    if (head[AT_TYPE] >= MFN_IFR_FRAME_TYPE_COUNT)
        return wrong(decoder, AT_TYPE, "type", head[AT_TYPE], "between 0 and 5");
    if (mfn_ifr_get16(head + AT_RESERVED) != 0)
        return wrong(decoder, AT_RESERVED, "reserved", mfn_ifr_get16(head + AT_RESERVED), "0");
    if (size > MFN_IFR_FRAME_PAYLOAD_MAX)
        return wrong(decoder, AT_SIZE, "payload_size", size, "between 0 and 0x10000");
    if (sequence != decoder->sequence) {
        char right[20];
        snprintf(right, sizeof right, "0x%" PRIx32, decoder->sequence);
        return wrong(decoder, AT_SEQUENCE, "sequence", sequence, right);
    }
    return BASE_OK;
}

static base_err crc_check(struct mfn_ifr_decoder *decoder, const uint8_t *head, size_t size)
{
    const uint32_t said = mfn_ifr_get32(head + AT_CRC);
    const uint32_t is = crc_of(head + MFN_IFR_FRAME_HEAD_SIZE, size);
    if (said == is)
        return BASE_OK;
    const uint64_t at = decoder->at + AT_CRC;
    return base_fail(&decoder->broken, BASE_ECORRUPT, at,
                     "CRC 0x%08" PRIx32 " at byte %" PRIu64
                     " is not that of the payload, 0x%08" PRIx32,
                     said, at, is);
}

static base_err broken(struct mfn_ifr_decoder *decoder, struct base_why *why)
{
    if (why != NULL)
        *why = decoder->broken;
    return decoder->broken.err;
}

static void give_out(struct mfn_ifr_decoder *decoder, const uint8_t *head, size_t size,
                     struct mfn_ifr_frame *frame)
{
    *frame = (struct mfn_ifr_frame){
        .type = (enum mfn_ifr_frame_type)head[AT_TYPE],
        .component_id = mfn_ifr_get32(head + AT_COMPONENT),
        .sequence = mfn_ifr_get32(head + AT_SEQUENCE),
        .timestamp_ns = mfn_ifr_get64(head + AT_TIMESTAMP),
        .payload = base_span_of(head + MFN_IFR_FRAME_HEAD_SIZE, size - MFN_IFR_FRAME_HEAD_SIZE),
    };
    decoder->begin += size;
    decoder->at += size;
    decoder->sequence++;
}

base_err mfn_ifr_decoder_next(struct mfn_ifr_decoder *decoder, struct mfn_ifr_frame *frame,
                              bool *has_frame, struct base_why *why)
{
    if (decoder->broken.err != BASE_OK)
        return broken(decoder, why);
    const size_t there = decoder->end - decoder->begin;
    *has_frame = false;
    if (there < MFN_IFR_FRAME_HEAD_SIZE)
        return BASE_OK;
    const uint8_t *const head = decoder->memory + decoder->begin;
    if (head_check(decoder, head) != BASE_OK)
        return broken(decoder, why);
    const size_t size = frame_size(decoder);
    if (there < size)
        return BASE_OK;
    if (crc_check(decoder, head, size - MFN_IFR_FRAME_HEAD_SIZE) != BASE_OK)
        return broken(decoder, why);
    give_out(decoder, head, size, frame);
    *has_frame = true;
    return BASE_OK;
}
