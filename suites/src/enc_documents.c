/* enc_documents.c - documents of any shape: encoding sorts every map, decoding stores every item.
 */
#include "enc_documents.h"

#include <bench/keep.h>

#include <stdlib.h>
#include <string.h>

struct documents {
    struct enc_tokens source;
    struct enc_encoder encoder;
    struct base_span input; /* what is decoded: the file itself, or what the encoder made */
    uint8_t *copy;          /* of the encoder's bytes */
    const struct bpi_cbor_options *options;
    struct bpi_cbor_item *items; /* [item_capacity] of the last decoding, with BREAKs and chunks */
    size_t item_capacity;
    size_t item_count;
    struct base_span output; /* of the last encoding */
    uint64_t runs;
    base_err err;
};

static void documents_teardown(void *state)
{
    struct documents *const d = state;
    if (d == NULL)
        return;
    enc_tokens_done(&d->source);
    enc_encoder_done(&d->encoder);
    free(d->copy);
    free(d->items);
    free(d);
}

/* Encode once, so that a document that cannot be encoded is refused here with its reason. */
static base_err prepare(struct documents *d, struct base_why *why)
{
    base_err err = enc_encoder_init(&d->encoder, &d->source);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for the encoder");
    err = enc_encoder_put(&d->encoder, &d->source, &d->output, why);
    if (err != BASE_OK)
        return err;
    d->copy = malloc(d->output.size);
    /* Every item has at least one byte. */
    d->item_capacity = d->input.data != NULL ? d->input.size : d->output.size;
    d->items = calloc(d->item_capacity + 1, sizeof *d->items);
    if (d->copy == NULL || d->items == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu items", d->item_capacity);
    memcpy(d->copy, d->output.data, d->output.size);
    if (d->input.data == NULL)
        d->input = base_span_of(d->copy, d->output.size);
    const bool is_strict = bpi_cbor_check(d->input, &bpi_cbor_strict, NULL) == BASE_OK;
    d->options = is_strict ? &bpi_cbor_strict : &bpi_cbor_lenient;
    return BASE_OK;
}

static base_err finish_setup(struct bench_env *env, struct documents *d, base_err err)
{
    if (err == BASE_OK)
        err = prepare(d, &env->why);
    if (err != BASE_OK) {
        documents_teardown(d);
        return err;
    }
    env->state = d;
    bench_env_fact(env, "output_bytes", (double)d->output.size, "B");
    bench_env_fact(env, "items", (double)d->source.count, "1");
    bench_env_fact(env, "strict", d->options == &bpi_cbor_strict, "1");
    return BASE_OK;
}

static struct documents *new_documents(struct bench_env *env)
{
    struct documents *const d = calloc(1, sizeof *d);
    if (d == NULL)
        base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    return d;
}

static base_err document_setup(struct bench_env *env)
{
    struct documents *const d = new_documents(env);
    if (d == NULL)
        return BASE_ENOMEM;
    base_err err = enc_documents_make(bench_env_text(env, "document"), &d->source, &env->why);
    err = finish_setup(env, d, err);
    env->bytes_per_item = err == BASE_OK ? (double)d->output.size : 0;
    return err;
}

static base_err load_file(struct bench_env *env, struct documents *d)
{
    const char *const path = bench_env_text(env, "file");
    if (path[0] == '\0')
        return base_fail(&env->why, BASE_EINVALID, 0, "file: name a file that holds CBOR or JSON");
    if (strcmp(path, "packages") == 0)
        return enc_documents_make(path, &d->source, &env->why);
    const base_err err = enc_tokens_load_file(&d->source, path, &env->why);
    if (err == BASE_OK &&
        bpi_cbor_check(base_buf_span(&d->source.input), &bpi_cbor_lenient, NULL) == BASE_OK)
        d->input = base_buf_span(&d->source.input);
    return err;
}

static base_err file_setup(struct bench_env *env)
{
    struct documents *const d = new_documents(env);
    if (d == NULL)
        return BASE_ENOMEM;
    const base_err err = load_file(env, d);
    return finish_setup(env, d, err);
}

static base_err file_encode_setup(struct bench_env *env)
{
    const base_err err = file_setup(env);
    if (err == BASE_OK)
        env->bytes_per_item = (double)((struct documents *)env->state)->output.size;
    return err;
}

static base_err file_decode_setup(struct bench_env *env)
{
    const base_err err = file_setup(env);
    if (err == BASE_OK)
        env->bytes_per_item = (double)((struct documents *)env->state)->input.size;
    return err;
}

static void encode_run(void *state, uint64_t count)
{
    struct documents *const d = state;
    BENCH_LOOP(count) {
        d->err |= enc_encoder_put(&d->encoder, &d->source, &d->output, NULL);
        BENCH_KEEP(d->output.data);
    }
    d->runs += count;
}

static base_err decode(struct documents *d)
{
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, d->input, d->options);
    size_t count = 0;
    base_err err;
    while ((err = bpi_cbor_next(&reader, &d->items[count])) == BASE_OK)
        count++;
    d->item_count = count;
    return err == BASE_ENOTFOUND && reader.at == reader.end ? BASE_OK : BASE_EPARSE;
}

static void decode_run(void *state, uint64_t count)
{
    struct documents *const d = state;
    BENCH_LOOP(count) {
        d->err |= decode(d);
        BENCH_KEEP(d->items);
    }
    d->runs += count;
}

/* The output is strict, and has the items of the source, whatever their order. */
static base_err encode_check(void *state, struct base_why *why)
{
    const struct documents *const d = state;
    if (d->runs == 0)
        return BASE_OK;
    if (d->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "an item failed: %s", base_err_text(d->err));
    if (bpi_cbor_validate(d->output, &bpi_cbor_strict, why) != BASE_OK)
        return base_fail_prefix(why, BASE_EWRONG, "the output");
    struct enc_tokens read = { 0 };
    base_err err = enc_tokens_load_cbor(&read, d->output, &bpi_cbor_strict, why);
    if (err == BASE_OK &&
        (read.count != d->source.count || enc_tokens_sum(read.items, read.count) !=
                                              enc_tokens_sum(d->source.items, d->source.count)))
        err = base_fail(why, BASE_EWRONG, 0, "the output does not hold the items of the source");
    enc_tokens_done(&read);
    return err;
}

/* The items add up to the source's: directly when all is definite, else through the loader. */
static base_err decode_check(void *state, struct base_why *why)
{
    const struct documents *const d = state;
    if (d->runs == 0)
        return BASE_OK;
    if (d->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, 0, "an item failed: %s", base_err_text(d->err));
    bool is_definite = true;
    for (size_t i = 0; i < d->item_count; i++)
        is_definite &= !d->items[i].is_indefinite;
    if (is_definite &&
        (d->item_count != d->source.count || enc_tokens_sum(d->items, d->item_count) !=
                                                 enc_tokens_sum(d->source.items, d->source.count)))
        return base_fail(why, BASE_EWRONG, 0, "%zu items were decoded, not the source's %zu",
                         d->item_count, d->source.count);
    if (!is_definite && d->item_count < d->source.count)
        return base_fail(why, BASE_EWRONG, 0, "%zu items were decoded of %zu", d->item_count,
                         d->source.count);
    return BASE_OK;
}

#define PARAM_DOCUMENT                                                                             \
    {                                                                                              \
        "document", "os-release,packages,locale,binary", "made from this machine's files"          \
    }
#define PARAM_FILE                                                                                 \
    {                                                                                              \
        "file", "packages", "path of a CBOR or JSON file; \"packages\": this machine's packages"   \
    }

const struct bench_case suite_enc_document_encode = {
    .name = "enc/document.encode",
    .doc = "a real document to deterministic CBOR, every map sorted",
    .item = "document",
    .params = { PARAM_DOCUMENT },
    .setup = document_setup,
    .run = encode_run,
    .check = encode_check,
    .teardown = documents_teardown,
};

const struct bench_case suite_enc_document_decode = {
    .name = "enc/document.decode",
    .doc = "a real document's items out of CBOR, strictly",
    .item = "document",
    .params = { PARAM_DOCUMENT },
    .setup = document_setup,
    .run = decode_run,
    .check = decode_check,
    .teardown = documents_teardown,
};

const struct bench_case suite_enc_file_encode = {
    .name = "enc/file.encode",
    .doc = "a file of your own (CBOR or JSON) to deterministic CBOR, every map sorted",
    .item = "document",
    .params = { PARAM_FILE },
    .setup = file_encode_setup,
    .run = encode_run,
    .check = encode_check,
    .teardown = documents_teardown,
};

const struct bench_case suite_enc_file_decode = {
    .name = "enc/file.decode",
    .doc = "the items of a file of your own: strictly when it is deterministic, else leniently",
    .item = "document",
    .params = { PARAM_FILE },
    .setup = file_decode_setup,
    .run = decode_run,
    .check = decode_check,
    .teardown = documents_teardown,
};
