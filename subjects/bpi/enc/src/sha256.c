/* sha256.c - the one place that uses OpenSSL's low-level SHA-256.
 *
 * OpenSSL 3 marks these functions deprecated in favour of EVP. EVP costs about 85 ns a message
 * beyond the hash itself, as much as hashing 64 bytes, and its contexts cannot be copied without
 * allocating; these run the same SHA-NI code, and a state is 112 bytes to copy. They cannot fail:
 * their results are always 1.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sha256.h"

void bpi_sha256_init(SHA256_CTX *state)
{
    SHA256_Init(state);
}

void bpi_sha256_add(SHA256_CTX *state, struct base_span data)
{
    SHA256_Update(state, data.data, data.size);
}

void bpi_sha256_done(SHA256_CTX *state, uint8_t out[32])
{
    SHA256_Final(out, state);
}
