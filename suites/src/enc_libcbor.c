/* enc_libcbor.c - the structure through libcbor: its streaming encoder and decoder, which allocate
 * nothing, and its tree. libcbor checks no order, duplicates, shortest forms or (streaming) UTF-8.
 */
#include "enc_structure.h"

#include <bench/keep.h>

#include <cbor.h>

static base_err peer_setup(struct bench_env *env)
{
    return enc_structure_open(env, BPI_DOCUMENT_CORE);
}

static size_t put_text(struct base_span text, uint8_t *to, size_t room)
{
    const size_t head = cbor_encode_string_start(text.size, to, room);
    if (head == 0 || room - head < text.size)
        return 0;
    memcpy(to + head, text.data, text.size);
    return head + text.size;
}

/* One put; the room is checked as a caller of libcbor has to. */
#define PUT(call)                                                                                  \
    do {                                                                                           \
        const size_t put = (call);                                                                 \
        if (put == 0)                                                                              \
            return 0;                                                                              \
        at += put;                                                                                 \
    } while (0)

static size_t encode(const struct bpi_document *document, uint8_t *to, size_t capacity)
{
    size_t at = 0;
    PUT(cbor_encode_map_start(3, to + at, capacity - at));
    PUT(put_text(base_span_of("hash", 4), to + at, capacity - at));
    PUT(cbor_encode_bytestring_start(sizeof document->hash, to + at, capacity - at));
    if (capacity - at < sizeof document->hash)
        return 0;
    memcpy(to + at, document->hash, sizeof document->hash);
    at += sizeof document->hash;
    PUT(put_text(base_span_of("height", 6), to + at, capacity - at));
    PUT(cbor_encode_uint(document->height, to + at, capacity - at));
    PUT(put_text(base_span_of("metadata", 8), to + at, capacity - at));
    PUT(cbor_encode_map_start(document->entry_count, to + at, capacity - at));
    for (size_t i = 0; i < document->entry_count; i++) {
        PUT(put_text(document->entries[i].key, to + at, capacity - at));
        PUT(put_text(document->entries[i].value, to + at, capacity - at));
    }
    return at;
}

static void encode_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    BENCH_LOOP(count) {
        s->size = encode(&s->document, s->memory, s->capacity);
        BENCH_KEEP(s->memory);
    }
    s->items += count;
}

/* Where a decoding is: texts seen so far, fields first, then key and value by turns. */
struct place {
    struct bpi_document *document;
    size_t texts;
};

enum { FIELD_NAMES = 3 };

static void on_text(void *context, cbor_data data, size_t size)
{
    struct place *const place = context;
    const size_t index = place->texts++;
    if (index < FIELD_NAMES)
        return;
    struct bpi_cbor_entry *const entry = &place->document->entries[(index - FIELD_NAMES) / 2];
    if ((index - FIELD_NAMES) % 2 == 0)
        entry->key = base_span_of(data, size);
    else
        entry->value = base_span_of(data, size);
}

static void on_bytes(void *context, cbor_data data, size_t size)
{
    const struct place *const place = context;
    if (size == sizeof place->document->hash)
        memcpy(place->document->hash, data, size);
}

static void on_uint16(void *context, uint16_t value)
{
    const struct place *const place = context;
    place->document->height = value;
}

static void on_map(void *context, size_t count)
{
    const struct place *const place = context;
    place->document->entry_count = count; /* the last map is the metadata */
}

static base_err decode(struct base_span input, struct bpi_document *document)
{
    struct cbor_callbacks callbacks = cbor_empty_callbacks;
    callbacks.string = on_text;
    callbacks.byte_string = on_bytes;
    callbacks.uint16 = on_uint16;
    callbacks.map_start = on_map;
    struct place place = { document, 0 };
    for (size_t at = 0; at < input.size;) {
        const struct cbor_decoder_result result =
            cbor_stream_decode(input.data + at, input.size - at, &callbacks, &place);
        if (result.status != CBOR_DECODER_FINISHED)
            return BASE_EPARSE;
        at += result.read;
    }
    return BASE_OK;
}

static void decode_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    const struct base_span input = base_span_of(s->expect, s->expect_size);
    BENCH_LOOP(count) {
        s->err |= decode(input, &s->decoded);
        BENCH_KEEP(s->decoded.entries);
    }
    s->items += count;
}

static void load_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    BENCH_LOOP(count) {
        struct cbor_load_result result;
        cbor_item_t *item = cbor_load(s->expect, s->expect_size, &result);
        BENCH_KEEP(item);
        if (item == NULL) {
            s->err = BASE_EPARSE;
            continue;
        }
        s->size = cbor_map_size(item);
        cbor_decref(&item);
    }
    s->items += count;
}

static base_err load_check(void *state, struct base_why *why)
{
    const struct enc_structure *const s = state;
    if (s->items == 0 || (s->err == BASE_OK && s->size == FIELD_NAMES))
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0, "libcbor did not load a map of %d fields", FIELD_NAMES);
}

#define PARAM_ENTRIES                                                                              \
    {                                                                                              \
        "entries", "1,10,100,1000,10000", "entries of the metadata"                                \
    }

const struct bench_case suite_enc_libcbor_encode = {
    .name = "enc/encode.libcbor",
    .doc = "the structure by libcbor's streaming encoder, entries as they come",
    .item = "document",
    .peer_of = "enc/encode",
    .params = { PARAM_ENTRIES },
    .setup = peer_setup,
    .run = encode_run,
    .check = enc_structure_check_output,
    .teardown = enc_structure_teardown,
};

const struct bench_case suite_enc_libcbor_decode = {
    .name = "enc/decode.libcbor",
    .doc = "the bytes by libcbor's streaming decoder, without canonical checks",
    .item = "document",
    .peer_of = "enc/decode",
    .params = { PARAM_ENTRIES },
    .setup = peer_setup,
    .run = decode_run,
    .check = enc_structure_check_decoded,
    .teardown = enc_structure_teardown,
};

const struct bench_case suite_enc_libcbor_load = {
    .name = "enc/decode.libcbor-tree",
    .doc = "the bytes into libcbor's tree and freed again",
    .item = "document",
    .peer_of = "enc/decode",
    .params = { PARAM_ENTRIES },
    .setup = peer_setup,
    .run = load_run,
    .check = load_check,
    .teardown = enc_structure_teardown,
};
