/* crypto_expect.c - the definitions, written with the libraries' public functions only. */
#include "crypto_expect.h"

#include <blake3.h>
#include <openssl/evp.h>
#include <string.h>

enum { PIECE_SIZE = 769 }; /* no multiple of a block: pieces end inside blocks and chunks */

static void update_in_pieces(blake3_hasher *hasher, struct base_span data)
{
    for (size_t at = 0; at < data.size; at += PIECE_SIZE) {
        const size_t left = data.size - at;
        blake3_hasher_update(hasher, data.data + at, left < PIECE_SIZE ? left : PIECE_SIZE);
    }
}

void crypto_expect_blake3(const uint8_t *prefix, size_t prefix_size, struct base_span data,
                          uint8_t out[BPI_DIGEST_SIZE])
{
    blake3_hasher hasher;
    blake3_hasher_init(&hasher);
    blake3_hasher_update(&hasher, prefix, prefix_size);
    update_in_pieces(&hasher, data);
    blake3_hasher_finalize(&hasher, out, BPI_DIGEST_SIZE);
}

static bool expect_sha256(struct base_span first, struct base_span data,
                          uint8_t out[BPI_DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                       EVP_DigestUpdate(context, first.data, first.size) == 1 &&
                       EVP_DigestUpdate(context, data.data, data.size) == 1 &&
                       EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return is_ok;
}

base_err crypto_expect(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                       struct base_span data, uint8_t out[BPI_DIGEST_SIZE], struct base_why *why)
{
    const struct bpi_domain_info *info = bpi_domain_info(domain);
    const struct base_span nothing = { NULL, 0 };
    if (hash == BPI_HASH_BLAKE3 && form == BPI_FORM_PREFIX) {
        crypto_expect_blake3(info->prefix, info->prefix_size, data, out);
        return BASE_OK;
    }
    if (hash == BPI_HASH_BLAKE3) {
        blake3_hasher hasher;
        blake3_hasher_init_derive_key(&hasher, info->context);
        update_in_pieces(&hasher, data);
        blake3_hasher_finalize(&hasher, out, BPI_DIGEST_SIZE);
        return BASE_OK;
    }
    uint8_t tag[2 * BPI_DIGEST_SIZE];
    struct base_span first = base_span_of(info->prefix, info->prefix_size);
    bool is_ok = true;
    if (form == BPI_FORM_DERIVE) {
        is_ok = expect_sha256(base_span_of(info->context, strlen(info->context)), nothing, tag);
        memcpy(tag + BPI_DIGEST_SIZE, tag, BPI_DIGEST_SIZE);
        first = base_span_of(tag, sizeof tag);
    }
    if (is_ok && expect_sha256(first, data, out))
        return BASE_OK;
    return base_fail(why, BASE_ENOMEM, 0, "OpenSSL could not compute SHA-256");
}
