/* suite_enc.c - canonical CBOR: the structure of the claims, real documents, the user's own file,
 * and the peers libcbor and memcpy. */
#include <suite/enc.h>
#include <suite/suite.h>

#include "enc_documents.h"
#include "enc_structure.h"
#include "suite_claims.h"

#include <bpi/cbor_diag.h>

SUITE_CLAIMS(enc);

base_err suite_enc_diag(const char *path, struct base_buf *out, struct base_why *why)
{
    struct base_buf input = { 0 };
    base_err err = base_buf_read_file(&input, path, ENC_TOKENS_INPUT_MAX_BYTES, why);
    if (err == BASE_OK) {
        err = bpi_cbor_diag(base_buf_span(&input), true, out, why);
        if (err == BASE_OK)
            err = base_buf_put_text(out, "\n");
        else
            base_fail_prefix(why, err, "%s", path);
    }
    base_buf_done(&input);
    return err;
}

static const struct bench_case *const enc_cases[] = {
    &suite_enc_encode,          &suite_enc_libcbor_encode, &suite_enc_memcpy,
    &suite_enc_decode,          &suite_enc_libcbor_decode, &suite_enc_libcbor_load,
    &suite_enc_compat_encode,   &suite_enc_compat_decode,  &suite_enc_document_encode,
    &suite_enc_document_decode, &suite_enc_file_encode,    &suite_enc_file_decode,
};

const struct suite suite_enc = {
    .name = "enc",
    .doc = "canonical CBOR: encoding and strict decoding",
    .cases = enc_cases,
    .case_count = SUITE_COUNT(enc_cases),
    .claims_yaml = suite_claims_enc,
};
