/* enc_documents.h - the cases on real documents, and on the user's own file. */
#ifndef SUITE_ENC_DOCUMENTS_H
#define SUITE_ENC_DOCUMENTS_H

#include "enc_tokens.h"

#include <bench/case.h>

/* Make tokens of what every Debian machine has: "os-release", "packages", "locale", "binary".
 * Errors: EINVALID (another name), and those of reading the file, named in the sentence */
BASE_MUST_USE base_err enc_documents_make(const char *name, struct enc_tokens *tokens,
                                          struct base_why *why);

extern const struct bench_case suite_enc_document_encode;
extern const struct bench_case suite_enc_document_decode;
extern const struct bench_case suite_enc_file_encode;
extern const struct bench_case suite_enc_file_decode;

#endif
