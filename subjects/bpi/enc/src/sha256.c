/* sha256.c - the one place that uses OpenSSL's low-level SHA-256.
 *
 * OpenSSL 3 marks these functions deprecated in favour of EVP. EVP costs about 50 ns a message
 * beyond the hash itself, nearly as much as hashing 64 bytes, and its contexts cannot be copied
 * without allocating; these run the same SHA-NI code, and a state is 112 bytes to copy. They cannot
 * fail: their results are always 1.
 *
 * A message that is there as a whole is padded here: a short one with a prefix is put together in
 * one buffer and hashed by one call; any other is read where it lies but for its first and last
 * block.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sha256.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

enum { BLOCK = BPI_SHA256_BLOCK_SIZE, SHORT_SIZE = 6 * BLOCK, PADDING_MIN = 9 };

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

/* Pad the first `size` bytes of a buffer and hash them; zeros follow them up to the end of the
 * padding. `total` counts all bytes of the message. */
static void sha256_last(SHA256_CTX *state, uint8_t *buffer, size_t size, uint64_t total)
{
    const size_t padded = (size + PADDING_MIN + BLOCK - 1) / BLOCK * BLOCK;
    const uint64_t bits = __builtin_bswap64(8 * total);
    buffer[size] = 0x80;
    memcpy(buffer + padded - sizeof bits, &bits, sizeof bits);
    SHA256_Update(state, buffer, padded);
}

/* The padding of a message of whole blocks, in four stores that the hash can load as they are. */
static void sha256_last_empty(SHA256_CTX *state, uint64_t total)
{
    typedef uint64_t pair __attribute__((vector_size(16)));
    const pair block[4] = { { 0x80, 0 }, { 0 }, { 0 }, { 0, __builtin_bswap64(8 * total) } };
    SHA256_Update(state, block, sizeof block);
}

static void sha256_long(SHA256_CTX *state, uint64_t total, struct base_span prefix,
                        struct base_span data)
{
    alignas(64) uint8_t buffer[2 * BLOCK];
    if (prefix.size > 0) {
        const size_t first = BLOCK - prefix.size;
        memcpy(buffer, prefix.data, prefix.size);
        memcpy(buffer + prefix.size, data.data, first);
        SHA256_Update(state, buffer, BLOCK);
        data = base_span_of(data.data + first, data.size - first);
    }
    const size_t rest = data.size % BLOCK;
    SHA256_Update(state, data.data, data.size - rest);
    if (rest == 0) {
        sha256_last_empty(state, total);
        return;
    }
    memset(buffer, 0, sizeof buffer);
    memcpy(buffer, data.data + data.size - rest, rest);
    sha256_last(state, buffer, rest, total);
}

void bpi_sha256_rest(const SHA256_CTX *start, uint64_t before, struct base_span prefix,
                     struct base_span data, uint8_t out[32])
{
    assert(before % BLOCK == 0 && prefix.size <= BLOCK);
    const size_t size = prefix.size + data.size;
    const uint64_t total = before + size;
    SHA256_CTX state;
    memcpy(state.h, start->h, sizeof state.h);
    state.Nl = state.Nh = state.num = 0;
    if (size >= SHORT_SIZE || prefix.size == 0) {
        sha256_long(&state, total, prefix, data);
    } else {
        alignas(64) uint8_t buffer[SHORT_SIZE + 2 * BLOCK];
        memset(buffer + size / BLOCK * BLOCK, 0, 2 * BLOCK);
        memcpy(buffer, prefix.data, prefix.size);
        if (data.size > 0)
            memcpy(buffer + prefix.size, data.data, data.size);
        sha256_last(&state, buffer, size, total);
    }
    for (size_t i = 0; i < 8; i++) {
        const uint32_t word = __builtin_bswap32(state.h[i]);
        memcpy(out + 4 * i, &word, sizeof word);
    }
}
