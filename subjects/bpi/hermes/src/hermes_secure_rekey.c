/* hermes_secure_rekey.c - new keys inside a running session: a fresh X25519 agreement carried by
 * authenticated packets and mixed into the chain of the keys before, so that old keys tell nothing
 * of new ones and, after one exchange that nobody listened in on with stolen keys, the reverse.
 *
 * Whoever's clock or count comes first starts; the higher id waits an eighth longer, and yields
 * when both started. New keys become current on both sides at once, and are used for sending when
 * confirmed; the old ones are accepted as long as they are in use. */
#include "hermes_secure_state_internal.h"

#include <sodium.h>

static void derive(const struct hermes_keys *before, const uint8_t shared[HERMES_KEY_SIZE],
                   const uint8_t *starter, const uint8_t *answerer,
                   uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE])
{
    uint8_t input[3 * HERMES_KEY_SIZE];
    memcpy(input, shared, HERMES_KEY_SIZE);
    memcpy(input + HERMES_KEY_SIZE, starter, HERMES_KEY_SIZE);
    memcpy(input + (size_t)2 * HERMES_KEY_SIZE, answerer, HERMES_KEY_SIZE);
    hermes_hkdf(before->chain, base_span_of(input, sizeof input), HERMES_NOISE_OUTPUTS, out);
    sodium_memzero(input, sizeof input);
}

/* Keys that could not be changed in so long are not used on. */
static uint64_t limit_ns(const struct hermes_secure *secure, const struct hermes_session *session)
{
    const uint64_t rekey_ns = secure->rekey_ns;
    return hermes_add(session->keys[session->cur].made_ns,
                      rekey_ns < UINT64_MAX / HERMES_REKEY_PERIODS_MAX
                          ? HERMES_REKEY_PERIODS_MAX * rekey_ns
                          : UINT64_MAX);
}

/* The other keys, whose index is reserved, become current; their predecessors stay. */
static void advance(struct hermes_session *session, uint32_t remote,
                    uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE], uint64_t now_ns)
{
    const struct hermes_keys *const before = &session->keys[session->cur];
    /* Phase 0 is the handshake's: the count goes round past it. */
    const uint8_t phase = before->phase == UINT8_MAX ? 1 : (uint8_t)(before->phase + 1);
    session->cur = 1 - session->cur;
    hermes_keys_make(&session->keys[session->cur], remote, before->is_initiator, phase,
                     (const uint8_t(*)[HERMES_HASH_SIZE])out, now_ns);
    sodium_memzero(out, (size_t)HERMES_NOISE_OUTPUTS * HERMES_HASH_SIZE);
}

static void exchange_init(const struct base_step_world *world, struct hermes_session *session)
{
    uint8_t secret[HERMES_KEY_SIZE];
    world->secret(world->context, secret, sizeof secret);
    hermes_pair_init(&session->exchange, secret);
    sodium_memzero(secret, sizeof secret);
}

void hermes_rekey_send(const struct base_step_world *world, struct hermes_session *session)
{
    uint8_t body[HERMES_REKEY_SIZE] = { HERMES_CONTROL_REKEY };
    hermes_store32(body + 1, session->keys[1 - session->cur].local);
    memcpy(body + 5, session->exchange.public, HERMES_KEY_SIZE);
    hermes_control_send(world, &session->address, &session->keys[session->cur], body, sizeof body);
}

void hermes_rekey_begin(struct hermes_secure *secure, const struct base_step_world *world,
                        struct hermes_session *session)
{
    exchange_init(world, session);
    hermes_keys_drop(secure, session, 1 - session->cur);
    hermes_session_reserve(secure, world, session, 1 - session->cur);
    hermes_repeat_begin(secure, world, session, HERMES_REPEAT_REKEY, limit_ns(secure, session));
}

/* Under the keys the question came under. */
void hermes_rekey_answer(const struct base_step_world *world, struct hermes_session *session,
                         struct hermes_keys *under)
{
    uint8_t body[HERMES_REKEY_ANSWER_SIZE] = { HERMES_CONTROL_ANSWER };
    memcpy(body + 1, session->exchange_other, HERMES_ECHO_SIZE);
    hermes_store32(body + 9, session->keys[session->cur].local);
    memcpy(body + 13, session->exchange.public, HERMES_KEY_SIZE);
    hermes_control_send(world, &session->address, under, body, sizeof body);
}

void hermes_on_rekey(struct hermes_secure *secure, const struct base_step_world *world,
                     struct hermes_session *session, uint32_t which, const uint8_t *body)
{
    const uint8_t *const other = body + 5;
    uint8_t shared[HERMES_KEY_SIZE], out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE];
    if (which != session->cur)
        return; /* asked again: our answer is repeated by the timer */
    if (session->repeat == HERMES_REPEAT_REKEY && memcmp(&secure->self, &session->id, 32) < 0)
        return;
    exchange_init(world, session);
    if (!hermes_agree(shared, &session->exchange, other)) {
        secure->counts.malformed++;
        return;
    }
    memcpy(session->exchange_other, other, HERMES_KEY_SIZE);
    derive(&session->keys[which], shared, other, session->exchange.public, out);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(session->exchange.secret, HERMES_KEY_SIZE);
    hermes_keys_drop(secure, session, 1 - which);
    hermes_session_reserve(secure, world, session, 1 - which);
    advance(session, hermes_load32(body + 1), out, world->now_ns);
    hermes_repeat_begin(secure, world, session, HERMES_REPEAT_ANSWER, limit_ns(secure, session));
}

void hermes_on_rekey_answer(struct hermes_secure *secure, const struct base_step_world *world,
                            struct hermes_session *session, const uint8_t *body)
{
    uint8_t shared[HERMES_KEY_SIZE], out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE];
    const uint8_t *const other = body + 13;
    if (session->repeat != HERMES_REPEAT_REKEY ||
        memcmp(body + 1, session->exchange.public, HERMES_ECHO_SIZE) != 0)
        return; /* answered already */
    if (!hermes_agree(shared, &session->exchange, other)) {
        secure->counts.malformed++;
        return;
    }
    derive(&session->keys[session->cur], shared, session->exchange.public, other, out);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(&session->exchange, sizeof session->exchange);
    advance(session, hermes_load32(body + 9), out, world->now_ns);
    hermes_repeat_begin(secure, world, session, HERMES_REPEAT_PING, limit_ns(secure, session));
}
