/* enc_tokens.h - any CBOR or JSON document as an array of items in reading order: what the document
 * cases encode from and decode to.
 *
 * Ownership a zeroed struct is empty; strings are borrowed from `input` or live in `texts`
 */
#ifndef SUITE_ENC_TOKENS_H
#define SUITE_ENC_TOKENS_H

#include <base/arena.h>
#include <base/buf.h>
#include <bpi/cbor_map.h>
#include <bpi/cbor_read.h>

enum { ENC_TOKENS_INPUT_MAX_BYTES = 1 << 28 };

struct enc_tokens {
    struct bpi_cbor_item *items; /* no BREAK, nothing indefinite; counts are right */
    size_t count;
    size_t capacity;
    struct base_buf input;
    struct base_arena texts;
};

/* The work memory of an encoder of tokens. */
struct enc_encoder {
    struct bpi_cbor_map_work work;
    uint8_t *memory; /* [capacity] of output */
    size_t capacity;
};

void enc_tokens_done(struct enc_tokens *tokens);

/* One more item, whose string must live as long as the tokens. Errors: ENOMEM */
BASE_MUST_USE base_err enc_tokens_add(struct enc_tokens *tokens, enum bpi_cbor_type type,
                                      uint64_t value);
BASE_MUST_USE base_err enc_tokens_add_string(struct enc_tokens *tokens, enum bpi_cbor_type type,
                                             struct base_span string);

/* All items of CBOR bytes under the options; what is indefinite becomes definite. Errors: those of
 * the reader, ENOMEM */
BASE_MUST_USE base_err enc_tokens_load_cbor(struct enc_tokens *tokens, struct base_span bytes,
                                            const struct bpi_cbor_options *options,
                                            struct base_why *why);

/* A file that holds CBOR, or JSON (it starts with a brace, bracket or quote, or is called *.json).
 * Errors: EIO, ENOTFOUND, ERANGE, EPARSE, ENOMEM; the sentence names the file and the place */
BASE_MUST_USE base_err enc_tokens_load_file(struct enc_tokens *tokens, const char *path,
                                            struct base_why *why);

/* Work memory for encoding the tokens, any number of times. */
BASE_MUST_USE base_err enc_encoder_init(struct enc_encoder *encoder,
                                        const struct enc_tokens *tokens);
void enc_encoder_done(struct enc_encoder *encoder);

/* Deterministic CBOR in core order; every map is sorted. `bytes` lie in encoder->memory.
 * Errors: EEXIST (a map has two equal keys), EFULL */
BASE_MUST_USE base_err enc_encoder_put(struct enc_encoder *encoder, const struct enc_tokens *tokens,
                                       struct base_span *bytes, struct base_why *why);

/* A sum over all items that does not depend on the order of map entries. */
uint64_t enc_tokens_sum(const struct bpi_cbor_item *items, size_t count);

#endif
