/* hermes_secure_call.c - the side that calls: INIT until a COOKIE comes, INIT with the cookie until
 * the ANSWER comes, then FINISH. A handshake packet counts only from the address that was called.
 */
#include "hermes_secure_state_internal.h"

#include <sodium.h>

struct base_span hermes_prologue(void)
{
    static const char text[] = "HERMES-Lite 1";
    return base_span_of(text, sizeof text - 1);
}

void hermes_cookie_check(const uint8_t *packet, const uint8_t other[HERMES_KEY_SIZE],
                         uint8_t check[HERMES_CHECK_SIZE])
{
    _Static_assert((int)HERMES_CHECK_SIZE == (int)crypto_shorthash_BYTES &&
                       (int)HERMES_KEY_SIZE >= (int)crypto_shorthash_KEYBYTES,
                   "SipHash-2-4");
    crypto_shorthash(check, packet, HERMES_CHECK_AT, other);
}

static size_t proof_text(bool is_of_initiator, const uint8_t hash[HERMES_HASH_SIZE],
                         const uint8_t public[HERMES_KEY_SIZE], uint8_t *out)
{
    static const char texts[2][24] = { "HERMES-Lite 1 responder", "HERMES-Lite 1 initiator" };
    memcpy(out, texts[is_of_initiator], sizeof texts[0]);
    memcpy(out + sizeof texts[0], hash, HERMES_HASH_SIZE);
    memcpy(out + sizeof texts[0] + HERMES_HASH_SIZE, public, HERMES_KEY_SIZE);
    return sizeof texts[0] + HERMES_HASH_SIZE + HERMES_KEY_SIZE;
}

void hermes_proof_put(const struct hermes_secure *secure, const struct hermes_noise *noise,
                      uint8_t out[HERMES_PROOF_SIZE])
{
    uint8_t text[128];
    const size_t size = proof_text(noise->is_initiator, noise->hash, secure->own.public, text);
    memcpy(out, &secure->self, sizeof secure->self);
    crypto_sign_ed25519_detached(out + sizeof secure->self, NULL, text, size, secure->sign_secret);
}

bool hermes_proof_is_right(const uint8_t proof[HERMES_PROOF_SIZE],
                           const uint8_t hash[HERMES_HASH_SIZE], const struct hermes_noise *noise)
{
    uint8_t text[128];
    const size_t size = proof_text(!noise->is_initiator, hash, noise->other_static, text);
    return crypto_sign_ed25519_verify_detached(proof + BPI_HERMES_ID_SIZE, text, size, proof) == 0;
}

void hermes_call_send(const struct base_step_world *world, const struct hermes_session *session)
{
    uint8_t packet[HERMES_INIT_SIZE] = { HERMES_PACKET_INIT, HERMES_VERSION };
    memcpy(packet + HERMES_INIT_COOKIE_AT, session->cookie, HERMES_COOKIE_SIZE);
    memcpy(packet + HERMES_INIT_E_AT, session->noise.own.public, HERMES_KEY_SIZE);
    hermes_store32(packet + HERMES_INIT_INDEX_AT, session->keys[0].local);
    world->send(world->context, &session->address, packet, sizeof packet);
}

void hermes_call_begin(struct hermes_secure *secure, const struct base_step_world *world,
                       struct hermes_session *session)
{
    uint8_t secret[HERMES_KEY_SIZE], message[HERMES_INIT_SIZE],
        payload[HERMES_INIT_SIZE - HERMES_INIT_INDEX_AT] = { 0 };
    session->stage = HERMES_CALLING;
    hermes_session_reserve(secure, world, session, 0);
    hermes_store32(payload, session->keys[0].local);
    world->secret(world->context, secret, sizeof secret);
    hermes_noise_init(&session->noise, true, hermes_prologue(), secret);
    sodium_memzero(secret, sizeof secret);
    session->own_tag = hermes_tag_of(session->noise.own.public);
    hermes_noise_put_keys(&session->noise, &secure->own, message);
    hermes_noise_put_payload(&session->noise, base_span_of(payload, sizeof payload), message);
    hermes_repeat_begin(secure, world, session, HERMES_REPEAT_INIT,
                        world->now_ns + HERMES_GIVE_UP_NS);
}

/* The call that a COOKIE or ANSWER answers; NULL: none of ours. */
static struct hermes_session *call_of(struct hermes_secure *secure, const struct base_address *from,
                                      const uint8_t *data)
{
    const uint32_t entity = hermes_index_find(secure, hermes_load32(data + HERMES_INDEX_AT));
    if (entity >= 2 * secure->capacity)
        return NULL;
    struct hermes_session *const session = &secure->sessions[entity / 2];
    return session->stage == HERMES_CALLING && base_address_is(&session->address, from) ? session
                                                                                        : NULL;
}

struct hermes_opened hermes_on_cookie(struct hermes_secure *secure,
                                      const struct base_step_world *world,
                                      const struct base_address *from, const uint8_t *data)
{
    uint8_t check[HERMES_CHECK_SIZE];
    struct hermes_session *const session = call_of(secure, from, data);
    if (session == NULL) {
        secure->counts.unknown++;
        return hermes_nothing();
    }
    hermes_cookie_check(data, session->noise.own.public, check);
    if (sodium_memcmp(check, data + HERMES_CHECK_AT, sizeof check) != 0) {
        secure->counts.forged++;
        return hermes_nothing();
    }
    if (session->has_cookie &&
        memcmp(session->cookie, data + HERMES_COOKIE_AT, HERMES_COOKIE_SIZE) == 0) {
        secure->counts.replayed++;
        return hermes_nothing();
    }
    session->has_cookie = true;
    memcpy(session->cookie, data + HERMES_COOKIE_AT, HERMES_COOKIE_SIZE);
    hermes_repeat_measure(session, world->now_ns);
    hermes_repeat_begin(secure, world, session, HERMES_REPEAT_INIT, session->deadline_ns);
    return hermes_nothing();
}

/* Read an ANSWER into a copy of our state; false: it is not right. */
static bool answer_read(const struct hermes_secure *secure, const struct hermes_session *session,
                        const uint8_t *data, struct hermes_noise *noise, uint8_t *payload)
{
    uint8_t hash[HERMES_HASH_SIZE];
    *noise = session->noise;
    const struct base_span message =
        base_span_of(data + HERMES_NOISE_AT, HERMES_ANSWER_SIZE - HERMES_NOISE_AT);
    const size_t taken = hermes_noise_take_keys(noise, &secure->own, message);
    memcpy(hash, noise->hash, sizeof hash);
    return taken > 0 &&
           hermes_noise_take_payload(
               noise, base_span_of(message.data + taken, message.size - taken), payload) &&
           hermes_proof_is_right(payload + 4, hash, noise);
}

static void finish_make(const struct hermes_secure *secure, struct hermes_session *session,
                        struct hermes_noise *noise, uint32_t remote)
{
    uint8_t proof[HERMES_PROOF_SIZE];
    uint8_t *const packet = session->finish;
    packet[0] = HERMES_PACKET_FINISH;
    packet[1] = HERMES_VERSION;
    packet[2] = packet[3] = 0;
    hermes_store32(packet + HERMES_INDEX_AT, remote);
    const size_t size = hermes_noise_put_keys(noise, &secure->own, packet + HERMES_NOISE_AT);
    hermes_proof_put(secure, noise, proof);
    hermes_noise_put_payload(noise, base_span_of(proof, sizeof proof),
                             packet + HERMES_NOISE_AT + size);
}

struct hermes_opened hermes_session_up(struct hermes_secure *secure,
                                       const struct base_step_world *world,
                                       struct hermes_session *session, enum hermes_repeat what)
{
    session->stage = HERMES_RUNNING;
    sodium_memzero(&session->noise, sizeof session->noise);
    secure->counts.handshakes++;
    hermes_repeat_begin(secure, world, session, what, world->now_ns + HERMES_GIVE_UP_NS);
    return (struct hermes_opened){ .kind = HERMES_UP, .peer = hermes_peer_of(secure, session) };
}

struct hermes_opened hermes_on_answer(struct hermes_secure *secure,
                                      const struct base_step_world *world,
                                      const struct base_address *from, const uint8_t *data)
{
    struct hermes_noise noise;
    struct bpi_hermes_id id;
    uint8_t payload[HERMES_ANSWER_PAYLOAD_SIZE], out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE];
    struct hermes_session *const session = call_of(secure, from, data);
    if (session == NULL) {
        secure->counts.unknown++;
        return hermes_nothing();
    }
    const bool is_right = answer_read(secure, session, data, &noise, payload);
    memcpy(&id, payload + 4, sizeof id);
    if (!is_right || (session->has_id && memcmp(&id, &session->id, sizeof id) != 0)) {
        secure->counts.forged++;
        return hermes_nothing();
    }
    const struct hermes_session *const other = hermes_session_of_id(secure, &id, session);
    if (memcmp(&id, &secure->self, sizeof id) == 0 ||
        (other != NULL && other->stage == HERMES_RUNNING))
        return hermes_session_down(secure, session); /* ourselves, or somebody we have already */
    hermes_session_name(secure, session, &id);
    hermes_repeat_measure(session, world->now_ns);
    finish_make(secure, session, &noise, hermes_load32(payload));
    hermes_noise_split(&noise, out);
    hermes_keys_make(&session->keys[0], hermes_load32(payload), true, 0,
                     (const uint8_t(*)[HERMES_HASH_SIZE])out, world->now_ns);
    sodium_memzero(&noise, sizeof noise);
    sodium_memzero(out, sizeof out);
    session->up_sequence = ++secure->sequence;
    return hermes_session_up(secure, world, session, HERMES_REPEAT_FINISH);
}
