/* hermes_secure_answer.c - the side that is called. An INIT costs a MAC and a reply of 32 bytes
 * until its address has returned the cookie; only then, and not too often for one source, is there
 * a half-open handshake and a curve operation. Who it is, is known when FINISH has come: then it is
 * decided what becomes of a session with the same id. */
#include "hermes_secure_state_internal.h"

#include <sodium.h>

/* MAC of the address and of all that matters in the INIT. A cookie given just before the secret
 * changed costs its owner one more round trip. */
static void cookie_make(const struct hermes_secure *secure, const struct base_address *from,
                        const uint8_t *init, uint8_t cookie[HERMES_COOKIE_SIZE])
{
    uint8_t text[16 + 2 + HERMES_KEY_SIZE + 4];
    memcpy(text, from->ip, 16);
    text[16] = (uint8_t)from->port;
    text[17] = (uint8_t)(from->port >> 8);
    memcpy(text + 18, init + HERMES_INIT_E_AT, HERMES_KEY_SIZE + 4);
    crypto_generichash_blake2b(cookie, HERMES_COOKIE_SIZE, text, sizeof text, secure->cookie_key,
                               sizeof secure->cookie_key);
}

static void cookie_send(struct hermes_secure *secure, const struct base_step_world *world,
                        const struct base_address *to, const uint8_t *init,
                        const uint8_t cookie[HERMES_COOKIE_SIZE])
{
    uint8_t packet[HERMES_COOKIE_PACKET_SIZE] = { HERMES_PACKET_COOKIE, HERMES_VERSION };
    memcpy(packet + HERMES_INDEX_AT, init + HERMES_INIT_INDEX_AT, 4);
    memcpy(packet + HERMES_COOKIE_AT, cookie, HERMES_COOKIE_SIZE);
    hermes_cookie_check(packet, init + HERMES_INIT_E_AT, packet + HERMES_CHECK_AT);
    secure->counts.cookies_sent++;
    world->send(world->context, to, packet, sizeof packet);
}

/* Read the INIT and write the ANSWER; false: its key is of low order. */
static bool half_fill(const struct hermes_secure *secure, const struct base_step_world *world,
                      struct hermes_half *half, const uint8_t *init)
{
    uint8_t secret[HERMES_KEY_SIZE], payload[HERMES_ANSWER_PAYLOAD_SIZE],
        said[HERMES_INIT_SIZE - HERMES_INIT_INDEX_AT];
    uint8_t *const packet = half->answer;
    world->secret(world->context, secret, sizeof secret);
    hermes_noise_init(&half->noise, false, hermes_prologue(), secret);
    sodium_memzero(secret, sizeof secret);
    half->remote = hermes_load32(init + HERMES_INIT_INDEX_AT);
    hermes_noise_take_keys(&half->noise, &secure->own,
                           base_span_of(init + HERMES_INIT_E_AT, HERMES_KEY_SIZE));
    hermes_noise_take_payload(&half->noise, base_span_of(init + HERMES_INIT_INDEX_AT, sizeof said),
                              said);
    packet[0] = HERMES_PACKET_ANSWER;
    packet[1] = HERMES_VERSION;
    hermes_store32(packet + HERMES_INDEX_AT, half->remote);
    const size_t size = hermes_noise_put_keys(&half->noise, &secure->own, packet + HERMES_NOISE_AT);
    hermes_store32(payload, half->local);
    hermes_proof_put(secure, &half->noise, payload + 4);
    hermes_noise_put_payload(&half->noise, base_span_of(payload, sizeof payload),
                             packet + HERMES_NOISE_AT + size);
    return size > 0;
}

struct hermes_opened hermes_on_init(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    const struct base_address *from, const uint8_t *data)
{
    uint8_t cookie[HERMES_COOKIE_SIZE];
    if (!sodium_is_zero(data + HERMES_INIT_PADDING_AT, HERMES_INIT_SIZE - HERMES_INIT_PADDING_AT)) {
        secure->counts.malformed++;
        return hermes_nothing();
    }
    if (world->now_ns - secure->cookie_ns >= HERMES_COOKIE_NS) {
        world->secret(world->context, secure->cookie_key, sizeof secure->cookie_key);
        secure->cookie_ns = world->now_ns;
    }
    cookie_make(secure, from, data, cookie);
    if (sodium_memcmp(cookie, data + HERMES_INIT_COOKIE_AT, sizeof cookie) != 0) {
        cookie_send(secure, world, from, data, cookie);
        return hermes_nothing();
    }
    struct hermes_half *half = hermes_half_at(secure, from, data + HERMES_INIT_E_AT);
    if (half == NULL) {
        if (!hermes_limit_take(secure, world->now_ns, from)) {
            secure->counts.limited++;
            return hermes_nothing();
        }
        half = hermes_half_new(secure, world, from);
        if (!half_fill(secure, world, half, data)) {
            hermes_half_free(secure, half, true);
            secure->counts.malformed++;
            return hermes_nothing();
        }
    }
    world->send(world->context, from, half->answer, sizeof half->answer);
    return hermes_nothing();
}

/* Read a FINISH into a copy of our state; false: it is not right. */
static bool finish_read(const struct hermes_secure *secure, const struct hermes_half *half,
                        const uint8_t *data, struct hermes_noise *noise,
                        uint8_t proof[HERMES_PROOF_SIZE])
{
    uint8_t hash[HERMES_HASH_SIZE];
    *noise = half->noise;
    const struct base_span message =
        base_span_of(data + HERMES_NOISE_AT, HERMES_FINISH_SIZE - HERMES_NOISE_AT);
    const size_t taken = hermes_noise_take_keys(noise, &secure->own, message);
    memcpy(hash, noise->hash, sizeof hash);
    return taken > 0 &&
           hermes_noise_take_payload(
               noise, base_span_of(message.data + taken, message.size - taken), proof) &&
           hermes_proof_is_right(proof, hash, noise);
}

/* The half-open handshake becomes keys of a session. */
static void half_give(struct hermes_secure *secure, const struct base_step_world *world,
                      struct hermes_half *half, const struct hermes_noise *noise,
                      struct hermes_session *session, uint32_t which)
{
    uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE];
    const uint32_t half_entity = 2 * secure->capacity + (uint32_t)(half - secure->halves);
    hermes_keys_drop(secure, session, which);
    session->keys[which].local = half->local;
    hermes_index_give(secure, half->local, half_entity,
                      2 * hermes_peer_of(secure, session) + which);
    hermes_noise_split(noise, out);
    hermes_keys_make(&session->keys[which], half->remote, false, 0,
                     (const uint8_t(*)[HERMES_HASH_SIZE])out, world->now_ns);
    sodium_memzero(out, sizeof out);
    session->keys[which].crossed = session->own_tag;
    session->their_tag = hermes_tag_of(half->noise.other);
    session->half_sequence = half->sequence;
}

/* They called while we were calling, so it seems, and both calls were answered: the lower id's is
 * that which stays. The other one's keys are accepted, and used if they are confirmed first. */
static struct hermes_opened crossed(struct hermes_secure *secure,
                                    const struct base_step_world *world, struct hermes_half *half,
                                    const struct hermes_noise *noise,
                                    struct hermes_session *session)
{
    const uint32_t theirs = 1 - session->cur;
    half_give(secure, world, half, noise, session, theirs);
    hermes_half_free(secure, half, false);
    session->old_until_ns = world->now_ns + HERMES_GRACE_NS;
    if (memcmp(&secure->self, &session->id, sizeof secure->self) < 0) {
        hermes_control_say(world, &session->address, &session->keys[theirs], HERMES_CONTROL_PING);
        hermes_schedule(secure, session);
        return hermes_nothing();
    }
    session->cur = theirs;
    hermes_repeat_begin(secure, world, session, HERMES_REPEAT_PING,
                        world->now_ns + HERMES_GIVE_UP_NS);
    return hermes_nothing();
}

/* A session that is not running yet, new or our own call, is up by their call. */
static struct hermes_opened answered(struct hermes_secure *secure,
                                     const struct base_step_world *world, struct hermes_half *half,
                                     const struct hermes_noise *noise,
                                     struct hermes_session *session, const struct bpi_hermes_id *id)
{
    half_give(secure, world, half, noise, session, 1);
    hermes_keys_drop(secure, session, 0);
    session->cur = 1;
    session->own_tag = 0; /* that call ends here: it cannot cross any more */
    hermes_session_name(secure, session, id);
    hermes_session_move(secure, session, &half->address);
    hermes_half_free(secure, half, false);
    return hermes_session_up(secure, world, session, HERMES_REPEAT_PING);
}

/* They started anew and know nothing of the session we have: it is DOWN now, and a new one UP when
 * the timer is called, which is at once. */
static struct hermes_opened replaced(struct hermes_secure *secure,
                                     const struct base_step_world *world, struct hermes_half *half,
                                     const struct hermes_noise *noise,
                                     struct hermes_session *session, const struct bpi_hermes_id *id)
{
    const struct hermes_opened opened = hermes_session_down(secure, session);
    struct hermes_session *const fresh = hermes_session_new(secure, &half->address);
    answered(secure, world, half, noise, fresh, id);
    fresh->owes_up = true;
    hermes_schedule(secure, fresh);
    return opened;
}

/* There is no place for them: their session ends as soon as it is up. */
static void turn_away(const struct base_step_world *world, const struct hermes_half *half,
                      const struct hermes_noise *noise)
{
    uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE];
    struct hermes_keys keys = { 0 };
    hermes_noise_split(noise, out);
    hermes_keys_make(&keys, half->remote, false, 0, (const uint8_t(*)[HERMES_HASH_SIZE])out,
                     world->now_ns);
    hermes_control_say(world, &half->address, &keys, HERMES_CONTROL_CLOSE);
    sodium_memzero(&keys, sizeof keys);
    sodium_memzero(out, sizeof out);
}

enum verdict { VERDICT_OLDER, VERDICT_CROSSED, VERDICT_ANEW };

/* What a handshake of theirs is to a session that is running. */
static enum verdict judge(const struct hermes_secure *secure, const struct hermes_session *session,
                          const struct hermes_half *half)
{
    const struct hermes_keys *const keys = &session->keys[session->cur];
    if (half->sequence < session->half_sequence)
        return VERDICT_OLDER;
    if (!keys->is_initiator)
        return VERDICT_ANEW;
    if (!keys->is_confirmed && keys->phase == 0)
        return VERDICT_CROSSED; /* perhaps: settled when our call's keys are confirmed */
    if (session->crossed == hermes_tag_of(half->noise.other)) {
        const bool is_lower = memcmp(&secure->self, &session->id, sizeof secure->self) < 0;
        return is_lower || keys->phase != 0 || session->repeat == HERMES_REPEAT_REKEY
                   ? VERDICT_OLDER
                   : VERDICT_CROSSED;
    }
    return half->sequence > session->up_sequence ? VERDICT_ANEW : VERDICT_OLDER;
}

static struct hermes_opened finished(struct hermes_secure *secure,
                                     const struct base_step_world *world, struct hermes_half *half,
                                     const struct hermes_noise *noise,
                                     const struct bpi_hermes_id *id)
{
    struct hermes_session *session = hermes_session_of_id(secure, id, NULL);
    if (session != NULL && session->stage == HERMES_RUNNING) {
        const enum verdict verdict = judge(secure, session, half);
        if (verdict == VERDICT_CROSSED)
            return crossed(secure, world, half, noise, session);
        if (verdict == VERDICT_ANEW)
            return replaced(secure, world, half, noise, session, id);
    } else if (memcmp(id, &secure->self, sizeof *id) != 0) {
        struct hermes_session *const at = hermes_session_at(secure, &half->address);
        if (session == NULL && at != NULL && at->stage == HERMES_CALLING && !at->has_id)
            session = at;
        if (session == NULL)
            session = hermes_session_new(secure, &half->address);
        if (session != NULL)
            return answered(secure, world, half, noise, session, id);
        turn_away(world, half, noise);
    }
    hermes_half_free(secure, half, true);
    return hermes_nothing();
}

/* FINISH again: our PING was lost. If these are not the current keys, the timer does not repeat it.
 */
static void finished_again(struct hermes_secure *secure, const struct base_step_world *world,
                           uint32_t entity)
{
    struct hermes_session *const session = &secure->sessions[entity / 2];
    struct hermes_keys *const keys = &session->keys[entity % 2];
    secure->counts.replayed++;
    if (keys->is_live && !keys->is_initiator && !keys->is_confirmed && session->cur != entity % 2)
        hermes_control_say(world, &session->address, keys, HERMES_CONTROL_PING);
}

struct hermes_opened hermes_on_finish(struct hermes_secure *secure,
                                      const struct base_step_world *world,
                                      const struct base_address *from, const uint8_t *data)
{
    struct hermes_noise noise;
    struct bpi_hermes_id id;
    uint8_t proof[HERMES_PROOF_SIZE];
    const uint32_t entity = hermes_index_find(secure, hermes_load32(data + HERMES_INDEX_AT));
    if (entity != HERMES_NONE && entity < 2 * secure->capacity) {
        finished_again(secure, world, entity);
        return hermes_nothing();
    }
    struct hermes_half *const half =
        entity == HERMES_NONE ? NULL : &secure->halves[entity - 2 * secure->capacity];
    if (half == NULL || !base_address_is(&half->address, from) ||
        world->now_ns - half->made_ns > HERMES_GIVE_UP_NS) {
        secure->counts.unknown++;
        return hermes_nothing();
    }
    if (world->now_ns < half->deaf_until_ns) {
        secure->counts.limited++;
        return hermes_nothing();
    }
    if (!finish_read(secure, half, data, &noise, proof)) {
        /* Anybody can send garbage, which costs one tag: the right one must not wait for that. */
        if (noise.has_other_static)
            half->deaf_until_ns = world->now_ns + HERMES_REPEAT_NS; /* the right one is repeated */
        secure->counts.forged++;
        return hermes_nothing();
    }
    memcpy(&id, proof, sizeof id);
    const struct hermes_opened opened = finished(secure, world, half, &noise, &id);
    sodium_memzero(&noise, sizeof noise);
    return opened;
}
