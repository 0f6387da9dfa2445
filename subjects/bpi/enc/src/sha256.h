/* sha256.h - SHA-256 of messages that begin with something known: a first block, a short prefix.
 *
 * Threads   one state, one thread
 * Source    FIPS 180-4
 */
#ifndef BPI_SHA256_H
#define BPI_SHA256_H

#include <base/buf.h>

#include <openssl/sha.h>

enum { BPI_SHA256_BLOCK_SIZE = 64 };

/* In pieces: a state may be copied at any time. */
void bpi_sha256_init(SHA256_CTX *state);
void bpi_sha256_add(SHA256_CTX *state, struct base_span data);
void bpi_sha256_done(SHA256_CTX *state, uint8_t out[32]);

/* The rest of a message at once.
 *
 *   start    a state that has taken in `before` bytes, a multiple of the block
 *   prefix   at most one block; comes before data
 */
void bpi_sha256_rest(const SHA256_CTX *start, uint64_t before, struct base_span prefix,
                     struct base_span data, uint8_t out[32]);

#endif
