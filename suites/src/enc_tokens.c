/* enc_tokens.c - see enc_tokens.h. */
#include "enc_tokens.h"

#include <stdlib.h>

enum { ITEMS_FIRST = 64, HEAD_BYTES = BPI_CBOR_HEAD_MAX_BYTES };

void enc_tokens_done(struct enc_tokens *tokens)
{
    free(tokens->items);
    base_buf_done(&tokens->input);
    base_arena_done(&tokens->texts);
    *tokens = (struct enc_tokens){ 0 };
}

static base_err add(struct enc_tokens *tokens, const struct bpi_cbor_item *item)
{
    if (tokens->count == tokens->capacity) {
        const size_t capacity = tokens->capacity == 0 ? ITEMS_FIRST : 2 * tokens->capacity;
        struct bpi_cbor_item *const items = realloc(tokens->items, capacity * sizeof *items);
        if (items == NULL)
            return BASE_ENOMEM;
        tokens->items = items;
        tokens->capacity = capacity;
    }
    tokens->items[tokens->count++] = *item;
    return BASE_OK;
}

base_err enc_tokens_add(struct enc_tokens *tokens, enum bpi_cbor_type type, uint64_t value)
{
    return add(tokens, &(struct bpi_cbor_item){ .type = type, .value = value });
}

base_err enc_tokens_add_string(struct enc_tokens *tokens, enum bpi_cbor_type type,
                               struct base_span string)
{
    return add(tokens,
               &(struct bpi_cbor_item){ .type = type, .value = string.size, .string = string });
}

/* What an indefinite item is made of until its BREAK. */
struct open_item {
    size_t index;   /* of its token */
    uint64_t parts; /* items inside, at its own level */
    uint64_t left;  /* UINT64_MAX: until a BREAK */
    struct base_buf chunks;
};

struct loader {
    struct enc_tokens *tokens;
    struct open_item open[BPI_CBOR_DEPTH_MAX + 2];
    size_t depth;
};

static bool is_string(const struct bpi_cbor_item *item)
{
    return item->type == BPI_CBOR_BYTES || item->type == BPI_CBOR_TEXT;
}

/* The string of all chunks, or the count of all parts. */
static base_err close_open(struct loader *loader)
{
    struct open_item *const open = &loader->open[loader->depth--];
    struct bpi_cbor_item *const item = &loader->tokens->items[open->index];
    if (is_string(item)) {
        const char *const text = base_arena_text_of(
            &loader->tokens->texts, (const char *)open->chunks.data, open->chunks.size);
        if (text == NULL)
            return BASE_ENOMEM;
        item->string = base_span_of(text, open->chunks.size);
        item->value = open->chunks.size;
        base_buf_done(&open->chunks);
    } else if (item->is_indefinite) {
        item->value = item->type == BPI_CBOR_MAP ? open->parts / 2 : open->parts;
    }
    item->is_indefinite = false;
    return BASE_OK;
}

static uint64_t parts_of(const struct bpi_cbor_item *item)
{
    if (item->is_indefinite)
        return UINT64_MAX;
    return item->type == BPI_CBOR_MAP     ? 2 * item->value
           : item->type == BPI_CBOR_ARRAY ? item->value
           : item->type == BPI_CBOR_TAG   ? 1
                                          : 0;
}

static base_err load_item(struct loader *loader, const struct bpi_cbor_item *item)
{
    struct open_item *const open = &loader->open[loader->depth];
    base_err err = BASE_OK;
    if (item->type == BPI_CBOR_BREAK) {
        err = close_open(loader);
    } else if (loader->depth > 0 && is_string(&loader->tokens->items[open->index])) {
        return base_buf_put(&open->chunks, item->string.data, item->string.size);
    } else {
        open->parts++;
        open->left -= open->left != UINT64_MAX;
        const uint64_t parts = parts_of(item);
        if (parts > 0)
            loader->open[++loader->depth] =
                (struct open_item){ .index = loader->tokens->count, .left = parts };
        err = add(loader->tokens, item);
    }
    while (err == BASE_OK && loader->depth > 0 && loader->open[loader->depth].left == 0)
        err = close_open(loader);
    return err;
}

base_err enc_tokens_load_cbor(struct enc_tokens *tokens, struct base_span bytes,
                              const struct bpi_cbor_options *options, struct base_why *why)
{
    struct loader loader = { .tokens = tokens };
    loader.open[0].left = 1;
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, bytes, options);
    base_err err = BASE_OK;
    while (err == BASE_OK && (loader.depth > 0 || loader.open[0].left > 0)) {
        struct bpi_cbor_item item;
        err = bpi_cbor_next(&reader, &item);
        if (err == BASE_OK && (err = load_item(&loader, &item)) != BASE_OK)
            base_fail(why, err, item.offset, "no memory for its items");
    }
    for (size_t depth = 0; depth <= loader.depth; depth++)
        base_buf_done(&loader.open[depth].chunks);
    if (err == BASE_OK)
        err = bpi_cbor_finish(&reader);
    return reader.fault.reason != BPI_CBOR_FINE ? bpi_cbor_reader_why(&reader, why) : err;
}

base_err enc_encoder_init(struct enc_encoder *encoder, const struct enc_tokens *tokens)
{
    size_t bytes = 0;
    size_t keys = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        bytes += HEAD_BYTES + tokens->items[i].string.size;
        keys += tokens->items[i].type == BPI_CBOR_MAP ? tokens->items[i].value : 0;
    }
    bytes += BPI_CBOR_SHORT_ROOM;
    encoder->capacity = bytes;
    encoder->memory = malloc(bytes);
    encoder->work = (struct bpi_cbor_map_work){
        .keys = calloc(keys + 1, sizeof *encoder->work.keys),
        .words = calloc(keys + 1, BPI_CBOR_SORT_WORK_WORDS * sizeof *encoder->work.words),
        .capacity = keys,
        .bytes = malloc(bytes),
        .bytes_capacity = bytes,
    };
    if (encoder->memory != NULL && encoder->work.keys != NULL && encoder->work.words != NULL &&
        encoder->work.bytes != NULL)
        return BASE_OK;
    enc_encoder_done(encoder);
    return BASE_ENOMEM;
}

void enc_encoder_done(struct enc_encoder *encoder)
{
    free(encoder->memory);
    free(encoder->work.keys);
    free(encoder->work.words);
    free(encoder->work.bytes);
    *encoder = (struct enc_encoder){ 0 };
}

static base_err put_item(struct bpi_cbor_writer *writer, const struct bpi_cbor_item *item)
{
    switch (item->type) {
    case BPI_CBOR_BYTES:
    case BPI_CBOR_TEXT:
        return bpi_cbor_put_string(writer, item->type, item->string.data, item->string.size);
    case BPI_CBOR_FLOAT:
        return bpi_cbor_put_float(writer, item->number);
    case BPI_CBOR_SIMPLE:
        return bpi_cbor_put_simple(writer, (unsigned)item->value);
    default:
        return bpi_cbor_put_head(writer, item->type, item->value);
    }
}

struct level {
    uint64_t left;
    bool is_map;
    struct bpi_cbor_map map;
};

base_err enc_encoder_put(struct enc_encoder *encoder, const struct enc_tokens *tokens,
                         struct base_span *bytes, struct base_why *why)
{
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, encoder->memory, encoder->capacity);
    encoder->work.used = 0;
    struct level levels[BPI_CBOR_DEPTH_MAX + 2];
    size_t depth = 0;
    levels[0] = (struct level){ .left = 1 };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < tokens->count; i++) {
        const struct bpi_cbor_item *const item = &tokens->items[i];
        struct level *const level = &levels[depth];
        if (level->is_map && level->left % 2 == 0)
            err = bpi_cbor_map_key(&writer, &level->map);
        level->left--;
        const uint64_t parts = parts_of(item);
        struct level *const inner = &levels[depth + 1];
        inner->left = parts;
        inner->is_map = item->type == BPI_CBOR_MAP;
        if (err == BASE_OK)
            err = inner->is_map ? bpi_cbor_map_begin(&writer, &encoder->work, item->value,
                                                     BPI_CBOR_ORDER_CORE, &inner->map)
                                : put_item(&writer, item);
        depth += parts > 0;
        for (; err == BASE_OK && depth > 0 && levels[depth].left == 0; depth--)
            if (levels[depth].is_map)
                err = bpi_cbor_map_end(&writer, &levels[depth].map, why);
    }
    *bytes = bpi_cbor_written(&writer);
    return err;
}

uint64_t enc_tokens_sum(const struct bpi_cbor_item *items, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a of type, value, string */
        uint64_t value = items[i].value;
        if (items[i].type == BPI_CBOR_FLOAT)
            memcpy(&value, &items[i].number, sizeof value);
        const uint64_t words[] = { items[i].type, value };
        for (size_t k = 0; k < sizeof words; k++)
            hash = (hash ^ ((const uint8_t *)words)[k]) * UINT64_C(0x100000001b3);
        for (size_t k = 0; k < items[i].string.size; k++)
            hash = (hash ^ items[i].string.data[k]) * UINT64_C(0x100000001b3);
        sum += hash;
    }
    return sum;
}
