/* enc_structure.c - the structure of the claims through our encoder and decoder, and its bytes
 * through memcpy. The expected bytes are put together here, byte by byte. */
#include "enc_structure.h"

#include <base/rng.h>
#include <bench/keep.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEIGHT = 12345, HASH_BYTE = 0xab, GOLDEN_ENTRIES = 100 };

/* FNV-1a of the golden vectors with 100 entries, whose BLAKE3 digests the tests know. */
static const struct {
    size_t size;
    uint64_t sum;
} golden[] = {
    [BPI_DOCUMENT_CORE] = { 1751, UINT64_C(0xb8d6d0fd1a96acf2) },
    [BPI_DOCUMENT_COMPAT] = { 1786, UINT64_C(0x0dfdba8ca65cbfb3) },
};

static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

void enc_structure_teardown(void *state)
{
    struct enc_structure *const s = state;
    if (s == NULL)
        return;
    free(s->document.entries);
    free(s->decoded.entries);
    free(s->ordered);
    free(s->texts);
    free(s->work);
    free(s->expect);
    free(s->memory);
    free(s);
}

static uint8_t *append(uint8_t *to, const char *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

#define APPEND(to, literal) append(to, literal, sizeof(literal) - 1)

static uint8_t *append_head(uint8_t *to, unsigned major, size_t value)
{
    if (value < 24) {
        *to++ = (uint8_t)(major << 5 | value);
        return to;
    }
    const int bytes = value < 256 ? 1 : value < 65536 ? 2 : 4;
    *to++ = (uint8_t)(major << 5 | (bytes == 1 ? 24 : bytes == 2 ? 25 : 26));
    for (int i = bytes - 1; i >= 0; i--)
        *to++ = (uint8_t)(value >> (8 * i));
    return to;
}

static int compare_texts(const void *a, const void *b)
{
    const struct bpi_cbor_entry *const left = a;
    const struct bpi_cbor_entry *const right = b;
    const size_t common = left->key.size < right->key.size ? left->key.size : right->key.size;
    const int sign = memcmp(left->key.data, right->key.data, common);
    return sign != 0 ? sign
                     : (left->key.size > right->key.size) - (left->key.size < right->key.size);
}

/* Keys by number are in core order (longer numbers are longer texts); by text "key_1000" is between
 * "key_100" and "key_101". */
static void expect_bytes(struct enc_structure *s)
{
    uint8_t *to = s->expect;
    if (s->layout == BPI_DOCUMENT_COMPAT) {
        to = APPEND(to, "\xd9\xd9\xf7\xa3\x66height\x19\x30\x39\x64hash\x98\x20");
        for (int i = 0; i < BPI_DOCUMENT_HASH_BYTES; i++)
            to = APPEND(to, "\x18\xab");
        qsort(s->ordered, s->document.entry_count, sizeof *s->ordered, compare_texts);
    } else {
        to = APPEND(to, "\xa3\x64hash\x58\x20");
        memset(to, HASH_BYTE, BPI_DOCUMENT_HASH_BYTES);
        to = APPEND(to + BPI_DOCUMENT_HASH_BYTES, "\x66height\x19\x30\x39");
    }
    to = append_head(APPEND(to, "\x68metadata"), BPI_CBOR_MAP, s->document.entry_count);
    for (size_t i = 0; i < s->document.entry_count; i++) {
        const struct base_span texts[] = { s->ordered[i].key, s->ordered[i].value };
        for (size_t k = 0; k < 2; k++) {
            to = append_head(to, BPI_CBOR_TEXT, texts[k].size);
            to = append(to, (const char *)texts[k].data, texts[k].size);
        }
    }
    s->expect_size = (size_t)(to - s->expect);
}

static bool allocate(struct enc_structure *s, size_t count)
{
    s->capacity = BPI_DOCUMENT_FIXED_MAX_BYTES + count * (2 * ENC_TEXT_SIZE);
    s->texts = malloc((count + 1) * 2 * ENC_TEXT_SIZE);
    s->document.entries = calloc(count + 1, sizeof *s->document.entries);
    s->decoded.entries = calloc(count + 1, sizeof *s->decoded.entries);
    s->ordered = calloc(count + 1, sizeof *s->ordered);
    s->work = calloc(count + 1, BPI_CBOR_SORT_WORK_WORDS * sizeof *s->work);
    s->expect = malloc(s->capacity);
    s->memory = malloc(s->capacity);
    s->document.entry_count = count;
    s->decoded.entry_capacity = count;
    return s->texts != NULL && s->document.entries != NULL && s->decoded.entries != NULL &&
           s->ordered != NULL && s->work != NULL && s->expect != NULL && s->memory != NULL;
}

static void fill(struct enc_structure *s, uint64_t seed)
{
    const size_t count = s->document.entry_count;
    char *text = s->texts;
    for (size_t i = 0; i < count; i++) {
        const int key = snprintf(text, ENC_TEXT_SIZE, "key_%03zu", i);
        const int value = snprintf(text + ENC_TEXT_SIZE, ENC_TEXT_SIZE, "value_%zu", i);
        s->ordered[i].key = base_span_of(text, (size_t)key);
        s->ordered[i].value = base_span_of(text + ENC_TEXT_SIZE, (size_t)value);
        text += 2 * ENC_TEXT_SIZE;
    }
    expect_bytes(s);
    struct bpi_cbor_entry *const entries = s->document.entries;
    memcpy(entries, s->ordered, count * sizeof *entries);
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = count; s->is_shuffled && i > 1; i--) {
        const size_t other = base_rng_below(&rng, i);
        const struct bpi_cbor_entry swap = entries[i - 1];
        entries[i - 1] = entries[other];
        entries[other] = swap;
    }
}

/* One of two words; a case without the parameter has the first. */
static base_err choose(struct bench_env *env, const char *name, const char *first,
                       const char *second, bool *is_second)
{
    const char *const value = bench_env_text(env, name);
    *is_second = strcmp(value, second) == 0;
    if (*is_second || value[0] == '\0' || strcmp(value, first) == 0)
        return BASE_OK;
    return base_fail(&env->why, BASE_EINVALID, 0, "%s: \"%s\" is neither %s nor %s", name, value,
                     first, second);
}

base_err enc_structure_open(struct bench_env *env, enum bpi_document_layout layout)
{
    uint64_t count;
    base_err err = bench_env_count(env, "entries", 0, ENC_ENTRIES_MAX, &count);
    if (err != BASE_OK)
        return err;
    struct enc_structure *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    s->layout = layout;
    err = choose(env, "order", "sorted", "shuffled", &s->is_shuffled);
    if (err == BASE_OK)
        err = choose(env, "mode", "strict", "lenient", &s->is_lenient);
    if (err == BASE_OK && !allocate(s, (size_t)count))
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %" PRIu64 " entries", count);
    if (err != BASE_OK) {
        enc_structure_teardown(s);
        return err;
    }
    s->document.height = HEIGHT;
    memset(s->document.hash, HASH_BYTE, sizeof s->document.hash);
    fill(s, env->seed);
    env->state = s;
    env->bytes_per_item = (double)s->expect_size;
    bench_env_fact(env, "output_bytes", (double)s->expect_size, "B");
    return BASE_OK;
}

static base_err core_setup(struct bench_env *env)
{
    return enc_structure_open(env, BPI_DOCUMENT_CORE);
}

static base_err compat_setup(struct bench_env *env)
{
    return enc_structure_open(env, BPI_DOCUMENT_COMPAT);
}

static void encode_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    uint64_t *const work = s->is_shuffled ? s->work : NULL;
    BENCH_LOOP(count) {
        struct bpi_cbor_writer writer;
        bpi_cbor_writer_init(&writer, s->memory, s->capacity);
        s->err |= bpi_document_encode(&s->document, s->layout, work, &writer, NULL);
        s->size = bpi_cbor_written(&writer).size;
        BENCH_KEEP(s->memory);
    }
    s->items += count;
}

static void decode_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    const struct base_span input = base_span_of(s->expect, s->expect_size);
    BENCH_LOOP(count) {
        s->err |= bpi_document_decode(input, s->layout, &s->decoded, NULL);
        BENCH_KEEP(s->decoded.entries);
    }
    s->items += count;
}

static bool is_name(struct base_span text, const char *name)
{
    return text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

/* What a user of the lenient reader writes: names in any order, no canonical check. */
static base_err decode_lenient(struct base_span input, struct bpi_document *document)
{
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, input, &bpi_cbor_lenient);
    uint64_t fields;
    uint64_t count = 0;
    base_err err = bpi_cbor_get_map(&reader, &fields);
    for (; err == BASE_OK && fields > 0; fields--) {
        struct base_span name, hash;
        err = bpi_cbor_get_text(&reader, &name);
        if (err != BASE_OK)
            return err;
        if (is_name(name, "hash")) {
            err = bpi_cbor_get_bytes(&reader, &hash);
            if (err == BASE_OK && hash.size == sizeof document->hash)
                memcpy(document->hash, hash.data, hash.size);
        } else if (is_name(name, "height")) {
            err = bpi_cbor_get_uint(&reader, &document->height);
        } else if (is_name(name, "metadata")) {
            err = bpi_cbor_get_map(&reader, &count);
            if (err == BASE_OK && count > document->entry_capacity)
                return BASE_EFULL;
            document->entry_count = (size_t)count;
            if (err == BASE_OK)
                err = bpi_cbor_get_entries(&reader, document->entries, (size_t)count);
        } else {
            err = bpi_cbor_skip(&reader);
        }
    }
    return err == BASE_OK ? bpi_cbor_finish(&reader) : err;
}

static void decode_any_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    if (!s->is_lenient) {
        decode_run(state, count);
        return;
    }
    const struct base_span input = base_span_of(s->expect, s->expect_size);
    BENCH_LOOP(count) {
        s->err |= decode_lenient(input, &s->decoded);
        BENCH_KEEP(s->decoded.entries);
    }
    s->items += count;
}

static void memcpy_run(void *state, uint64_t count)
{
    struct enc_structure *const s = state;
    s->size = s->expect_size;
    BENCH_LOOP(count) {
        size_t size = s->expect_size;
        BENCH_HIDE(size);
        memcpy(s->memory, s->expect, size);
        BENCH_KEEP(s->memory);
    }
    s->items += count;
}

base_err enc_structure_check_output(void *state, struct base_why *why)
{
    const struct enc_structure *const s = state;
    if (s->items == 0)
        return BASE_OK;
    if (s->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "an item failed: %s", base_err_text(s->err));
    if (s->size != s->expect_size)
        return base_fail(why, BASE_EWRONG, s->size, "the output has %zu bytes, not %zu", s->size,
                         s->expect_size);
    for (size_t i = 0; i < s->size; i++)
        if (s->memory[i] != s->expect[i])
            return base_fail(why, BASE_EWRONG, i, "byte %zu of the output is %02x, not %02x", i,
                             s->memory[i], s->expect[i]);
    if (s->document.entry_count == GOLDEN_ENTRIES &&
        (s->size != golden[s->layout].size || sum_of(s->memory, s->size) != golden[s->layout].sum))
        return base_fail(why, BASE_EWRONG, 0, "the output is not the golden vector");
    return BASE_OK;
}

static bool same_span(struct base_span a, struct base_span b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

base_err enc_structure_check_decoded(void *state, struct base_why *why)
{
    const struct enc_structure *const s = state;
    if (s->items == 0)
        return BASE_OK;
    if (s->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "an item failed: %s", base_err_text(s->err));
    const struct bpi_document *const decoded = &s->decoded;
    if (decoded->height != HEIGHT || decoded->entry_count != s->document.entry_count ||
        memcmp(decoded->hash, s->document.hash, sizeof decoded->hash) != 0)
        return base_fail(why, BASE_EWRONG, 0, "height, hash or entry count are not the source's");
    for (size_t i = 0; i < decoded->entry_count; i++)
        if (!same_span(decoded->entries[i].key, s->ordered[i].key) ||
            !same_span(decoded->entries[i].value, s->ordered[i].value))
            return base_fail(why, BASE_EWRONG, i, "entry %zu is not the source's", i);
    return BASE_OK;
}

#define PARAM_ENTRIES                                                                              \
    {                                                                                              \
        "entries", "1,10,100,1000,10000", "entries of the metadata"                                \
    }
#define PARAM_ORDER                                                                                \
    {                                                                                              \
        "order", "sorted,shuffled",                                                                \
            "how the entries come: sorted (trusted) or shuffled (sorted here)"                     \
    }

const struct bench_case suite_enc_encode = {
    .name = "enc/encode",
    .doc = "deterministic CBOR of height, hash and metadata entries",
    .item = "document",
    .params = { PARAM_ENTRIES, PARAM_ORDER },
    .setup = core_setup,
    .run = encode_run,
    .check = enc_structure_check_output,
    .teardown = enc_structure_teardown,
};

const struct bench_case suite_enc_decode = {
    .name = "enc/decode",
    .doc = "the same bytes back into entries: strict with every check, or only well-formed",
    .item = "document",
    .params = { PARAM_ENTRIES, { "mode", "strict,lenient", "which checks" } },
    .setup = core_setup,
    .run = decode_any_run,
    .check = enc_structure_check_decoded,
    .teardown = enc_structure_teardown,
};

const struct bench_case suite_enc_compat_encode = {
    .name = "enc/compat.encode",
    .doc = "the structure in the earlier system's layout",
    .item = "document",
    .params = { PARAM_ENTRIES, PARAM_ORDER },
    .setup = compat_setup,
    .run = encode_run,
    .check = enc_structure_check_output,
    .teardown = enc_structure_teardown,
};

const struct bench_case suite_enc_compat_decode = {
    .name = "enc/compat.decode",
    .doc = "the earlier system's layout back into entries, strictly",
    .item = "document",
    .params = { PARAM_ENTRIES },
    .setup = compat_setup,
    .run = decode_run,
    .check = enc_structure_check_decoded,
    .teardown = enc_structure_teardown,
};

const struct bench_case suite_enc_memcpy = {
    .name = "enc/encode.memcpy",
    .doc = "the finished bytes copied: the limit of any encoder",
    .item = "document",
    .peer_of = "enc/encode",
    .params = { PARAM_ENTRIES },
    .setup = core_setup,
    .run = memcpy_run,
    .check = enc_structure_check_output,
    .teardown = enc_structure_teardown,
};
