/* crypto_expect.h - digests by another route, and the crypto suite's trees. */
#ifndef SUITE_CRYPTO_EXPECT_H
#define SUITE_CRYPTO_EXPECT_H

#include <bench/case.h>
#include <bpi/domain.h>

/* What the domain hash is by definition, from OpenSSL's EVP and the official BLAKE3 functions.
 * Errors: ENOMEM */
BASE_MUST_USE base_err crypto_expect(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                                     struct base_span data, uint8_t out[BPI_DIGEST_SIZE],
                                     struct base_why *why);

/* BLAKE3 of prefix || data, taken in by uneven pieces. */
void crypto_expect_blake3(const uint8_t *prefix, size_t prefix_size, struct base_span data,
                          uint8_t out[BPI_DIGEST_SIZE]);

extern const struct bench_case suite_crypto_merkle;

#endif
