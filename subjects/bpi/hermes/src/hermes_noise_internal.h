/* hermes_noise_internal.h - the handshake Noise_XX_25519_ChaChaPoly_BLAKE2b, message by message.
 *
 *   -> e            hermes_noise_put_keys, put_payload    take_keys, take_payload
 *   <- e, ee, s, es
 *   -> s, se        then both: hermes_noise_split
 *
 * Keys and payload of a message are two calls, so that a payload can sign the transcript up to
 * itself (`hash`). A state that refused a message is spoilt: read into a copy.
 *
 * Threads   no shared state
 * Source    The Noise Protocol Framework, revision 34 (2018), sections 4, 5, 7.5, 12
 */
#ifndef BPI_HERMES_NOISE_INTERNAL_H
#define BPI_HERMES_NOISE_INTERNAL_H

#include <base/buf.h>

enum {
    HERMES_HASH_SIZE = 64,
    HERMES_KEY_SIZE = 32,
    HERMES_TAG_SIZE = 16,
    HERMES_NOISE_MESSAGES = 3,
    HERMES_NOISE_OUTPUTS = 3, /* keys of both directions, and a chain for what follows */
};

struct hermes_pair {
    uint8_t secret[HERMES_KEY_SIZE], public[HERMES_KEY_SIZE]; /* X25519 */
};

struct hermes_noise {
    uint8_t hash[HERMES_HASH_SIZE]; /* of everything said so far */
    uint8_t chain[HERMES_HASH_SIZE], key[HERMES_KEY_SIZE];
    uint64_t nonce;
    bool is_initiator, has_key;
    bool has_other_static; /* it was sealed by who has the keys agreed on so far */
    uint8_t message;       /* 0 .. HERMES_NOISE_MESSAGES: the next one */
    struct hermes_pair own;
    uint8_t other[HERMES_KEY_SIZE], other_static[HERMES_KEY_SIZE];
};

/* The public key of a secret. */
void hermes_pair_init(struct hermes_pair *pair, const uint8_t secret[HERMES_KEY_SIZE]);
/* false: the other key is of low order, and nothing is agreed. */
bool hermes_agree(uint8_t out[HERMES_KEY_SIZE], const struct hermes_pair *own,
                  const uint8_t other[HERMES_KEY_SIZE]);
/* HKDF of section 4.3 with HMAC (RFC 2104) of BLAKE2b; count 1 .. 3. */
void hermes_hkdf(const uint8_t chain[HERMES_HASH_SIZE], struct base_span input, size_t count,
                 uint8_t out[][HERMES_HASH_SIZE]);

/* ephemeral: 32 random bytes of this handshake alone */
void hermes_noise_init(struct hermes_noise *noise, bool is_initiator, struct base_span prologue,
                       const uint8_t ephemeral[HERMES_KEY_SIZE]);
/* The keys of the next message, into out (at most 80 bytes); their size, 0: refused. */
size_t hermes_noise_put_keys(struct hermes_noise *noise, const struct hermes_pair *own_static,
                             uint8_t *out);
/* Its payload, after the keys; the size written: payload.size, and HERMES_TAG_SIZE after the first
 * message. */
size_t hermes_noise_put_payload(struct hermes_noise *noise, struct base_span payload, uint8_t *out);
/* The size of the keys, 0: refused; and when has_other_static is not set then, before any key was
 * agreed on but the ephemeral ones. */
size_t hermes_noise_take_keys(struct hermes_noise *noise, const struct hermes_pair *own_static,
                              struct base_span message);
/* payload [sealed.size less the tag]; false: refused */
bool hermes_noise_take_payload(struct hermes_noise *noise, struct base_span sealed,
                               uint8_t *payload);
/* After the last message: the first 32 bytes of out[0] are the initiator's sending key, those of
 * out[1] the responder's; out[2] is a chain for later agreements (a third output of the same HKDF).
 */
void hermes_noise_split(const struct hermes_noise *noise,
                        uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE]);

#endif
