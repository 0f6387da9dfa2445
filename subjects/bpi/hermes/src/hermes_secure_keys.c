/* hermes_secure_keys.c - packets under agreed keys: sealing, opening, and what the two sessions say
 * to each other.
 *
 * Both kinds of data packets use one construction, ChaCha20-Poly1305 of RFC 8439: encrypted ones
 * with the header as additional data, authenticated ones with header and bytes as additional data
 * and nothing to encrypt. That costs one ChaCha20 block and Poly1305 over the bytes, and both kinds
 * share one counter, so a nonce is never used twice. */
#include "hermes_secure_state_internal.h"

#include <sodium.h>

enum { NONCE_SIZE = crypto_aead_chacha20poly1305_ietf_NPUBBYTES };

void hermes_keys_make(struct hermes_keys *keys, uint32_t remote, bool is_initiator, uint8_t phase,
                      const uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE], uint64_t now_ns)
{
    keys->remote = remote;
    keys->is_live = true;
    keys->is_confirmed = false;
    keys->is_initiator = is_initiator;
    keys->phase = phase;
    keys->sent = 0;
    keys->made_ns = now_ns;
    keys->window = (struct hermes_window){ 0 };
    memcpy(keys->send_key, out[is_initiator ? 0 : 1], HERMES_KEY_SIZE);
    memcpy(keys->receive_key, out[is_initiator ? 1 : 0], HERMES_KEY_SIZE);
    memcpy(keys->chain, out[2], HERMES_HASH_SIZE);
}

struct hermes_keys *hermes_keys_to_send(struct hermes_session *session)
{
    struct hermes_keys *const current = &session->keys[session->cur];
    struct hermes_keys *const other = &session->keys[1 - session->cur];
    return !current->is_confirmed && other->is_live && other->is_confirmed ? other : current;
}

static void nonce_of(uint64_t counter, uint8_t nonce[NONCE_SIZE])
{
    memset(nonce, 0, 4);
    hermes_store64(nonce + 4, counter);
}

static void put_counter(uint8_t *packet, uint64_t counter)
{
    packet[3] = (uint8_t)counter;
    for (unsigned i = 0; i < 3; i++)
        packet[8 + i] = (uint8_t)(counter >> (8 + 8 * i));
}

/* The one with these low bits that is nearest to the newest; one that never was does not open. */
static uint64_t get_counter(const struct hermes_keys *keys, const uint8_t *packet)
{
    const uint64_t near = keys->window.next;
    const uint32_t low = packet[3] | (uint32_t)packet[8] << 8 | (uint32_t)packet[9] << 16 |
                         (uint32_t)packet[10] << 24;
    return near + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)near);
}

void hermes_seal(struct hermes_keys *keys, enum hermes_packet type, uint8_t *packet, size_t size)
{
    uint8_t nonce[NONCE_SIZE];
    uint8_t *const bytes = packet + HERMES_HEADER_SIZE;
    const bool is_plain = type == HERMES_PACKET_PLAIN;
    packet[0] = (uint8_t)type;
    packet[1] = (uint8_t)keys->crossed;
    packet[2] = (uint8_t)(keys->crossed >> 8);
    put_counter(packet, keys->sent);
    hermes_store32(packet + HERMES_INDEX_AT, keys->remote);
    nonce_of(keys->sent++, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        bytes, bytes + size, NULL, bytes, is_plain ? 0 : size, packet,
        is_plain ? HERMES_HEADER_SIZE + size : HERMES_HEADER_SIZE, NULL, nonce, keys->send_key);
}

/* size is that of the bytes between header and tag. */
static bool unseal(const struct hermes_keys *keys, uint64_t counter, uint8_t *packet, size_t size)
{
    uint8_t nonce[NONCE_SIZE];
    uint8_t *const bytes = packet + HERMES_HEADER_SIZE;
    const bool is_plain = packet[0] == HERMES_PACKET_PLAIN;
    nonce_of(counter, nonce);
    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
               bytes, NULL, bytes, is_plain ? 0 : size, bytes + size, packet,
               is_plain ? HERMES_HEADER_SIZE + size : HERMES_HEADER_SIZE, nonce,
               keys->receive_key) == 0;
}

void hermes_control_send(const struct base_step_world *world, const struct base_address *to,
                         struct hermes_keys *keys, const uint8_t *body, size_t size)
{
    uint8_t packet[HERMES_CONTROL_MAX + HERMES_SEAL_OVERHEAD];
    memcpy(packet + HERMES_HEADER_SIZE, body, size);
    hermes_seal(keys, HERMES_PACKET_CONTROL, packet, size);
    world->send(world->context, to, packet, size + HERMES_SEAL_OVERHEAD);
}

void hermes_control_say(const struct base_step_world *world, const struct base_address *to,
                        struct hermes_keys *keys, enum hermes_control kind)
{
    const uint8_t body = (uint8_t)kind;
    hermes_control_send(world, to, keys, &body, 1);
}

/* The first packet under the keys of our call, while there are keys of theirs too: now it is known
 * which call is which. */
static void settle(struct hermes_secure *secure, const struct base_step_world *world,
                   struct hermes_session *session, uint32_t own)
{
    const uint32_t theirs = 1 - own;
    if (!session->keys[theirs].is_live || session->keys[theirs].is_initiator ||
        session->crossed == session->their_tag)
        return;
    if (session->half_sequence < session->up_sequence) { /* theirs was given up before */
        hermes_keys_drop(secure, session, theirs);
        session->cur = own;
        return;
    }
    hermes_keys_drop(secure, session, own); /* they forgot ours, and called again */
    if (session->cur == theirs)
        return;
    session->cur = theirs;
    if (session->keys[theirs].is_confirmed)
        hermes_repeat_end(secure, session);
    else
        hermes_repeat_begin(secure, world, session, HERMES_REPEAT_PING,
                            world->now_ns + HERMES_GIVE_UP_NS);
}

static void confirm(struct hermes_secure *secure, const struct base_step_world *world,
                    struct hermes_session *session, uint32_t which, uint16_t crossed)
{
    struct hermes_keys *const keys = &session->keys[which];
    keys->is_confirmed = true;
    if (keys->is_initiator && keys->phase == 0) {
        session->crossed = crossed;
        settle(secure, world, session, which);
    }
    if (which != session->cur)
        return;
    if (keys->phase != 0)
        secure->counts.rekeys++;
    session->old_until_ns = world->now_ns + HERMES_GRACE_NS;
    hermes_repeat_end(secure, session);
}

/* What an authentic packet says beside its bytes: where the other side is, that it has our keys,
 * that old keys are still in use. */
static void authentic(struct hermes_secure *secure, const struct base_step_world *world,
                      struct hermes_session *session, uint32_t which,
                      const struct base_address *from, const uint8_t *data, bool is_newest)
{
    if (which != session->cur)
        session->old_until_ns = world->now_ns + HERMES_GRACE_NS;
    else if (is_newest)
        hermes_session_move(secure, session, from);
    if (!session->keys[which].is_confirmed)
        confirm(secure, world, session, which, (uint16_t)(data[1] | data[2] << 8));
}

static struct hermes_opened on_control(struct hermes_secure *secure,
                                       const struct base_step_world *world,
                                       struct hermes_session *session, uint32_t which,
                                       const uint8_t *body, size_t size)
{
    const enum hermes_control kind = size > 0 ? body[0] : 0;
    if (kind == HERMES_CONTROL_PING && size == 1)
        hermes_control_say(world, &session->address, &session->keys[which], HERMES_CONTROL_PONG);
    else if (kind == HERMES_CONTROL_CLOSE && size == 1)
        return hermes_session_down(secure, session);
    else if (kind == HERMES_CONTROL_REKEY && size == HERMES_REKEY_SIZE)
        hermes_on_rekey(secure, world, session, which, body);
    else if (kind == HERMES_CONTROL_ANSWER && size == HERMES_REKEY_ANSWER_SIZE)
        hermes_on_rekey_answer(secure, world, session, body);
    else if (kind != HERMES_CONTROL_PONG || size != 1)
        secure->counts.malformed++;
    return hermes_nothing();
}

/* UP that is still owed goes before everything else; what came with this packet is then lost, as
 * packets may be. */
static struct hermes_opened owed(struct hermes_secure *secure, struct hermes_session *session)
{
    session->owes_up = false;
    hermes_schedule(secure, session);
    return (struct hermes_opened){ .kind = HERMES_UP, .peer = hermes_peer_of(secure, session) };
}

static struct hermes_opened counted(uint64_t *counter)
{
    ++*counter;
    return hermes_nothing();
}

struct hermes_opened hermes_on_data(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    const struct base_address *from, uint8_t *data, size_t size)
{
    if (size < HERMES_SEAL_OVERHEAD)
        return counted(&secure->counts.malformed);
    const uint32_t entity = hermes_index_find(secure, hermes_load32(data + HERMES_INDEX_AT));
    if (entity >= 2 * secure->capacity)
        return counted(&secure->counts.unknown);
    struct hermes_session *const session = &secure->sessions[entity / 2];
    struct hermes_keys *const keys = &session->keys[entity % 2];
    const uint64_t counter = get_counter(keys, data);
    if (!keys->is_live)
        return counted(&secure->counts.unknown);
    if (!hermes_window_is_new(&keys->window, counter))
        return counted(&secure->counts.replayed);
    size -= HERMES_SEAL_OVERHEAD;
    if (!unseal(keys, counter, data, size))
        return counted(&secure->counts.forged);
    const bool is_newest = counter >= keys->window.next;
    hermes_window_add(&keys->window, counter);
    authentic(secure, world, session, entity % 2, from, data, is_newest);
    if (!keys->is_live)
        return hermes_nothing(); /* of a session the other side has forgotten */
    uint8_t *const bytes = data + HERMES_HEADER_SIZE;
    if (data[0] == HERMES_PACKET_CONTROL)
        return on_control(secure, world, session, entity % 2, bytes, size);
    if (session->owes_up)
        return owed(secure, session);
    return (struct hermes_opened){
        .kind = HERMES_DATA, .peer = entity / 2, .data = bytes, .size = size
    };
}
