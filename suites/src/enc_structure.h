/* enc_structure.h - the cases on the structure of the claims: a document with so many entries. */
#ifndef SUITE_ENC_STRUCTURE_H
#define SUITE_ENC_STRUCTURE_H

#include <bench/case.h>
#include <bpi/document.h>

enum { ENC_ENTRIES_MAX = 1000000, ENC_TEXT_SIZE = 24 };

/* Height 12345, hash 32 x ab, entries key_%03d -> value_%d. */
struct enc_structure {
    enum bpi_document_layout layout;
    bool is_shuffled;
    bool is_lenient;
    struct bpi_document document;   /* its entries in the order they are given to the encoder */
    struct bpi_document decoded;    /* of the last batch */
    struct bpi_cbor_entry *ordered; /* [entry_count] by number */
    char *texts;
    uint64_t *work;
    uint8_t *expect; /* [expect_size] written by another route */
    size_t expect_size;
    uint8_t *memory; /* [capacity] of output */
    size_t capacity;
    size_t size; /* of the last output */
    uint64_t items;
    base_err err; /* of any item */
};

/* Make it from the parameters entries, order and mode, as far as the case has them. */
BASE_MUST_USE base_err enc_structure_open(struct bench_env *env, enum bpi_document_layout layout);
void enc_structure_teardown(void *state);

/* The output, or the decoded document, of the last batch against what the set-up expects. */
base_err enc_structure_check_output(void *state, struct base_why *why);
base_err enc_structure_check_decoded(void *state, struct base_why *why);

extern const struct bench_case suite_enc_encode;
extern const struct bench_case suite_enc_decode;
extern const struct bench_case suite_enc_compat_encode;
extern const struct bench_case suite_enc_compat_decode;
extern const struct bench_case suite_enc_memcpy;
extern const struct bench_case suite_enc_libcbor_encode;
extern const struct bench_case suite_enc_libcbor_decode;
extern const struct bench_case suite_enc_libcbor_load;

#endif
