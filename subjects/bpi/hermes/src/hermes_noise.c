/* hermes_noise.c - Noise XX on libsodium's primitives. The names of the specification are kept in
 * comments: MixHash, MixKey, EncryptAndHash. libsodium has BLAKE2b but no HMAC over it, and Noise
 * wants HMAC, not BLAKE2b's own key: so HMAC is written out, with BLAKE2b's block of 128 bytes. */
#include "hermes_noise_internal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { BLOCK_SIZE = 128, NONCE_SIZE = crypto_aead_chacha20poly1305_ietf_NPUBBYTES };

typedef crypto_generichash_blake2b_state blake;

static void hmac_pad(blake *hash, const uint8_t key[HERMES_HASH_SIZE], uint8_t with)
{
    uint8_t pad[BLOCK_SIZE];
    memset(pad, with, sizeof pad);
    for (size_t i = 0; i < HERMES_HASH_SIZE; i++)
        pad[i] ^= key[i];
    crypto_generichash_blake2b_init(hash, NULL, 0, HERMES_HASH_SIZE);
    crypto_generichash_blake2b_update(hash, pad, sizeof pad);
    sodium_memzero(pad, sizeof pad);
}

/* HMAC(key, a || b); out may be a or key. */
static void hmac(const uint8_t key[HERMES_HASH_SIZE], struct base_span a, struct base_span b,
                 uint8_t out[HERMES_HASH_SIZE])
{
    blake hash;
    uint8_t inner[HERMES_HASH_SIZE];
    hmac_pad(&hash, key, 0x36);
    crypto_generichash_blake2b_update(&hash, a.data, a.size);
    crypto_generichash_blake2b_update(&hash, b.data, b.size);
    crypto_generichash_blake2b_final(&hash, inner, sizeof inner);
    hmac_pad(&hash, key, 0x5c);
    crypto_generichash_blake2b_update(&hash, inner, sizeof inner);
    crypto_generichash_blake2b_final(&hash, out, HERMES_HASH_SIZE);
    sodium_memzero(&hash, sizeof hash);
    sodium_memzero(inner, sizeof inner);
}

void hermes_hkdf(const uint8_t chain[HERMES_HASH_SIZE], struct base_span input, size_t count,
                 uint8_t out[][HERMES_HASH_SIZE])
{
    uint8_t temporary[HERMES_HASH_SIZE];
    struct base_span before = { 0 };
    hmac(chain, input, before, temporary);
    for (size_t i = 0; i < count; i++) {
        const uint8_t number = (uint8_t)(i + 1);
        hmac(temporary, before, base_span_of(&number, 1), out[i]);
        before = base_span_of(out[i], HERMES_HASH_SIZE);
    }
    sodium_memzero(temporary, sizeof temporary);
}

void hermes_pair_init(struct hermes_pair *pair, const uint8_t secret[HERMES_KEY_SIZE])
{
    memcpy(pair->secret, secret, HERMES_KEY_SIZE);
    crypto_scalarmult_curve25519_base(pair->public, pair->secret);
}

bool hermes_agree(uint8_t out[HERMES_KEY_SIZE], const struct hermes_pair *own,
                  const uint8_t other[HERMES_KEY_SIZE])
{
    return crypto_scalarmult_curve25519(out, own->secret, other) == 0;
}

/* MixHash */
static void mix_hash(struct hermes_noise *noise, const uint8_t *data, size_t size)
{
    blake hash;
    crypto_generichash_blake2b_init(&hash, NULL, 0, HERMES_HASH_SIZE);
    crypto_generichash_blake2b_update(&hash, noise->hash, sizeof noise->hash);
    crypto_generichash_blake2b_update(&hash, data, size);
    crypto_generichash_blake2b_final(&hash, noise->hash, sizeof noise->hash);
}

/* MixKey(DH(own, other)) */
static bool mix_key(struct hermes_noise *noise, const struct hermes_pair *own,
                    const uint8_t other[HERMES_KEY_SIZE])
{
    uint8_t shared[HERMES_KEY_SIZE], out[2][HERMES_HASH_SIZE];
    const bool is_agreed = hermes_agree(shared, own, other);
    hermes_hkdf(noise->chain, base_span_of(shared, sizeof shared), 2, out);
    memcpy(noise->chain, out[0], sizeof noise->chain);
    memcpy(noise->key, out[1], sizeof noise->key);
    noise->nonce = 0;
    noise->has_key = true;
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(out, sizeof out);
    return is_agreed;
}

static void nonce_next(struct hermes_noise *noise, uint8_t nonce[NONCE_SIZE])
{
    memset(nonce, 0, 4);
    for (size_t i = 0; i < 8; i++)
        nonce[4 + i] = (uint8_t)(noise->nonce >> (8 * i));
    noise->nonce++;
}

/* EncryptAndHash */
static size_t seal(struct hermes_noise *noise, const uint8_t *plain, size_t size, uint8_t *out)
{
    uint8_t nonce[NONCE_SIZE];
    if (noise->has_key) {
        nonce_next(noise, nonce);
        crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, size, noise->hash,
                                                  sizeof noise->hash, NULL, nonce, noise->key);
        size += HERMES_TAG_SIZE;
    } else if (size > 0) {
        memcpy(out, plain, size);
    }
    mix_hash(noise, out, size);
    return size;
}

/* DecryptAndHash */
static bool unseal(struct hermes_noise *noise, const uint8_t *sealed, size_t size, uint8_t *out)
{
    uint8_t nonce[NONCE_SIZE];
    if (noise->has_key) {
        nonce_next(noise, nonce);
        if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, size, noise->hash,
                                                      sizeof noise->hash, nonce, noise->key) != 0)
            return false;
    } else if (size > 0) {
        memcpy(out, sealed, size);
    }
    mix_hash(noise, sealed, size);
    return true;
}

void hermes_noise_init(struct hermes_noise *noise, bool is_initiator, struct base_span prologue,
                       const uint8_t ephemeral[HERMES_KEY_SIZE])
{
    static const char name[] = "Noise_XX_25519_ChaChaPoly_BLAKE2b";
    *noise = (struct hermes_noise){ .is_initiator = is_initiator };
    memcpy(noise->hash, name, sizeof name - 1);
    memcpy(noise->chain, noise->hash, sizeof noise->chain);
    mix_hash(noise, prologue.data, prologue.size);
    hermes_pair_init(&noise->own, ephemeral);
}

/* The tokens that only mix: ee, then es or se. The static key of the initiator is `s` in se, that
 * of the responder in es; each side has one secret and one public key of the two. */
static bool mix_static(struct hermes_noise *noise, const struct hermes_pair *own_static,
                       bool is_of_initiator)
{
    return is_of_initiator == noise->is_initiator
               ? mix_key(noise, own_static, noise->other)
               : mix_key(noise, &noise->own, noise->other_static);
}

size_t hermes_noise_put_keys(struct hermes_noise *noise, const struct hermes_pair *own_static,
                             uint8_t *out)
{
    size_t size = 0;
    assert(noise->message < HERMES_NOISE_MESSAGES);
    if (noise->message < 2) {
        memcpy(out, noise->own.public, HERMES_KEY_SIZE);
        mix_hash(noise, out, HERMES_KEY_SIZE);
        size = HERMES_KEY_SIZE;
    }
    if (noise->message == 0)
        return size;
    if (noise->message == 1 && !mix_key(noise, &noise->own, noise->other))
        return 0;
    size += seal(noise, own_static->public, HERMES_KEY_SIZE, out + size);
    return mix_static(noise, own_static, noise->message == 2) ? size : 0;
}

size_t hermes_noise_put_payload(struct hermes_noise *noise, struct base_span payload, uint8_t *out)
{
    noise->message++;
    return seal(noise, payload.data, payload.size, out);
}

size_t hermes_noise_take_keys(struct hermes_noise *noise, const struct hermes_pair *own_static,
                              struct base_span message)
{
    size_t size = 0;
    const size_t sealed_size = HERMES_KEY_SIZE + HERMES_TAG_SIZE;
    assert(noise->message < HERMES_NOISE_MESSAGES);
    if (noise->message < 2) {
        if (message.size < HERMES_KEY_SIZE)
            return 0;
        memcpy(noise->other, message.data, HERMES_KEY_SIZE);
        mix_hash(noise, noise->other, HERMES_KEY_SIZE);
        size = HERMES_KEY_SIZE;
    }
    if (noise->message == 0)
        return size;
    if (message.size - size < sealed_size ||
        (noise->message == 1 && !mix_key(noise, &noise->own, noise->other)) ||
        !unseal(noise, message.data + size, sealed_size, noise->other_static))
        return 0;
    noise->has_other_static = true;
    return mix_static(noise, own_static, noise->message == 2) ? size + sealed_size : 0;
}

bool hermes_noise_take_payload(struct hermes_noise *noise, struct base_span sealed,
                               uint8_t *payload)
{
    noise->message++;
    return unseal(noise, sealed.data, sealed.size, payload);
}

void hermes_noise_split(const struct hermes_noise *noise,
                        uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE])
{
    assert(noise->message == HERMES_NOISE_MESSAGES);
    hermes_hkdf(noise->chain, (struct base_span){ 0 }, HERMES_NOISE_OUTPUTS, out);
}
