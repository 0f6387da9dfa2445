/* sha256.h - SHA-256 whose state can be copied, so that a first block is computed only once.
 *
 * Threads   one state, one thread
 * Source    FIPS 180-4
 */
#ifndef BPI_SHA256_H
#define BPI_SHA256_H

#include <base/buf.h>

#include <openssl/sha.h>

void bpi_sha256_init(SHA256_CTX *state);
void bpi_sha256_add(SHA256_CTX *state, struct base_span data);
void bpi_sha256_done(SHA256_CTX *state, uint8_t out[32]);

#endif
