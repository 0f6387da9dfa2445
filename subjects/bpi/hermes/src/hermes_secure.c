/* hermes_secure.c - the parts together: what a node calls, and which part a datagram is for. */
#include "hermes_secure_state_internal.h"

#include <sodium.h>
#include <stdlib.h>

/* One seed, two keys: the Ed25519 identity, and by a KDF of its own the static X25519 key. */
static void identity_init(struct hermes_secure *secure, const uint8_t seed[BPI_HERMES_SEED_SIZE])
{
    static const char text[] = "HERMES-Lite 1 static X25519 key";
    uint8_t secret[HERMES_KEY_SIZE];
    crypto_sign_ed25519_seed_keypair(secure->self.bytes, secure->sign_secret, seed);
    crypto_generichash_blake2b(secret, sizeof secret, (const uint8_t *)text, sizeof text - 1, seed,
                               BPI_HERMES_SEED_SIZE);
    hermes_pair_init(&secure->own, secret);
    sodium_memzero(secret, sizeof secret);
}

static uint32_t half_capacity_of(uint32_t capacity)
{
    return capacity < HERMES_HALF_MIN   ? HERMES_HALF_MIN
           : capacity > HERMES_HALF_MAX ? HERMES_HALF_MAX
                                        : capacity;
}

static base_err tables_init(struct hermes_secure *secure)
{
    const uint32_t capacity = secure->capacity, halves = secure->half_capacity;
    secure->leaves = 1;
    while (secure->leaves < capacity)
        secure->leaves *= 2;
    secure->sessions = calloc(capacity, sizeof *secure->sessions);
    secure->halves = calloc(halves, sizeof *secure->halves);
    secure->free = calloc(capacity, sizeof *secure->free);
    secure->wake = calloc((size_t)2 * secure->leaves, sizeof *secure->wake);
    if (hermes_map_init(&secure->by_index, 2 * capacity + halves) != BASE_OK ||
        hermes_map_init(&secure->by_address, capacity + halves) != BASE_OK ||
        hermes_map_init(&secure->by_id, capacity) != BASE_OK || secure->sessions == NULL ||
        secure->halves == NULL || secure->free == NULL || secure->wake == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < capacity; i++)
        secure->free[secure->free_count++] = capacity - 1 - i;
    for (uint32_t i = 0; i < 2 * secure->leaves; i++)
        secure->wake[i] = UINT64_MAX;
    return BASE_OK;
}

base_err hermes_secure_new(const struct bpi_hermes_config *config, uint32_t capacity,
                           struct hermes_secure **secure, struct base_why *why)
{
    if (sodium_init() < 0)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "libsodium does not start");
    if (capacity < 1 || capacity > HERMES_CAPACITY_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%u sessions is not between 1 and %d", capacity,
                         HERMES_CAPACITY_MAX);
    if (config->rekey_ns == 0)
        return base_fail(why, BASE_ERANGE, 0, "rekey_ns is 0: keys would change all the time");
    struct hermes_secure *const made = calloc(1, sizeof *made);
    if (made == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %u sessions", capacity);
    made->capacity = capacity;
    made->half_capacity = half_capacity_of(capacity);
    made->rekey_ns = config->rekey_ns;
    if (tables_init(made) != BASE_OK) {
        hermes_secure_free(made);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %u sessions", capacity);
    }
    identity_init(made, config->seed);
    *secure = made;
    return BASE_OK;
}

/* Sessions and half-open handshakes hold keys: wiped, but only where they were used, since the
 * others' memory was never touched. */
static void secrets_wipe(struct hermes_secure *secure)
{
    for (uint32_t i = 0; secure->sessions != NULL && i < secure->capacity; i++)
        if (secure->sessions[i].stage != HERMES_FREE)
            sodium_memzero(&secure->sessions[i], sizeof secure->sessions[i]);
    for (uint32_t i = 0; secure->halves != NULL && i < secure->half_capacity; i++)
        if (secure->halves[i].is_live)
            sodium_memzero(&secure->halves[i], sizeof secure->halves[i]);
}

void hermes_secure_free(struct hermes_secure *secure)
{
    if (secure == NULL)
        return;
    secrets_wipe(secure);
    hermes_map_done(&secure->by_index);
    hermes_map_done(&secure->by_address);
    hermes_map_done(&secure->by_id);
    free(secure->sessions);
    free(secure->halves);
    free(secure->free);
    free(secure->wake);
    sodium_memzero(secure, sizeof *secure);
    free(secure);
}

const struct bpi_hermes_id *hermes_secure_self(const struct hermes_secure *secure)
{
    return &secure->self;
}

/* What is signed for the node is a hash under a text of its own: no message can be mistaken for a
 * handshake's proof. */
enum { SIGNED_TEXT_SIZE = 24, SIGNED_SIZE = SIGNED_TEXT_SIZE + HERMES_HASH_SIZE };

static void signed_of(const void *data, size_t size, uint8_t out[SIGNED_SIZE])
{
    static const char text[SIGNED_TEXT_SIZE] = "HERMES-Lite 1 message";
    memcpy(out, text, sizeof text);
    crypto_generichash_blake2b(out + sizeof text, HERMES_HASH_SIZE, data, size, NULL, 0);
}

void hermes_secure_sign(const struct hermes_secure *secure, const void *data, size_t size,
                        uint8_t signature[64])
{
    uint8_t text[SIGNED_SIZE];
    signed_of(data, size, text);
    crypto_sign_ed25519_detached(signature, NULL, text, sizeof text, secure->sign_secret);
}

bool hermes_secure_verify(const struct bpi_hermes_id *id, const void *data, size_t size,
                          const uint8_t signature[64])
{
    uint8_t text[SIGNED_SIZE];
    signed_of(data, size, text);
    return crypto_sign_ed25519_verify_detached(signature, text, sizeof text, id->bytes) == 0;
}

/* The session a call would be for, if there is one. */
static struct hermes_session *existing(struct hermes_secure *secure, const struct base_address *to,
                                       const struct bpi_hermes_id *expect)
{
    if (expect == NULL)
        return hermes_session_at(secure, to);
    struct hermes_session *const known = hermes_session_of_id(secure, expect, NULL);
    if (known != NULL)
        return known;
    struct hermes_session *const at = hermes_session_at(secure, to);
    if (at == NULL || at->stage != HERMES_CALLING || at->has_id)
        return NULL;
    hermes_session_name(secure, at, expect);
    return at;
}

base_err hermes_secure_connect(struct hermes_secure *secure, const struct base_step_world *world,
                               const struct base_address *to, const struct bpi_hermes_id *expect,
                               uint32_t *peer)
{
    hermes_start(secure, world);
    if (expect != NULL && memcmp(expect, &secure->self, sizeof *expect) == 0)
        return BASE_EINVALID;
    struct hermes_session *session = existing(secure, to, expect);
    if (session != NULL) {
        *peer = hermes_peer_of(secure, session);
        return BASE_EEXIST;
    }
    session = hermes_session_new(secure, to);
    if (session == NULL)
        return BASE_EFULL;
    if (expect != NULL)
        hermes_session_name(secure, session, expect);
    hermes_call_begin(secure, world, session);
    *peer = hermes_peer_of(secure, session);
    return BASE_OK;
}

static struct hermes_session *used(const struct hermes_secure *secure, uint32_t peer)
{
    return peer < secure->capacity && secure->sessions[peer].stage != HERMES_FREE
               ? &secure->sessions[peer]
               : NULL;
}

void hermes_secure_close(struct hermes_secure *secure, const struct base_step_world *world,
                         uint32_t peer)
{
    struct hermes_session *const session = used(secure, peer);
    if (session == NULL)
        return;
    if (session->stage == HERMES_RUNNING)
        hermes_control_say(world, &session->address, hermes_keys_to_send(session),
                           HERMES_CONTROL_CLOSE);
    hermes_session_free(secure, session);
}

/* What each handshake packet must begin with, and its size. */
static bool is_form(const uint8_t *data, size_t size, size_t wanted)
{
    return size == wanted && data[1] == HERMES_VERSION && data[2] == 0 && data[3] == 0;
}

struct hermes_opened hermes_secure_open(struct hermes_secure *secure,
                                        const struct base_step_world *world,
                                        const struct base_address *from, uint8_t *data, size_t size)
{
    hermes_start(secure, world);
    switch (size > 0 ? data[0] : 0) {
    case HERMES_PACKET_SEALED:
    case HERMES_PACKET_PLAIN:
    case HERMES_PACKET_CONTROL:
        return hermes_on_data(secure, world, from, data, size);
    case HERMES_PACKET_INIT:
        if (is_form(data, size, HERMES_INIT_SIZE))
            return hermes_on_init(secure, world, from, data);
        break;
    case HERMES_PACKET_COOKIE:
        if (is_form(data, size, HERMES_COOKIE_PACKET_SIZE))
            return hermes_on_cookie(secure, world, from, data);
        break;
    case HERMES_PACKET_ANSWER:
        if (is_form(data, size, HERMES_ANSWER_SIZE))
            return hermes_on_answer(secure, world, from, data);
        break;
    case HERMES_PACKET_FINISH:
        if (is_form(data, size, HERMES_FINISH_SIZE))
            return hermes_on_finish(secure, world, from, data);
        break;
    default:
        break;
    }
    secure->counts.malformed++;
    return hermes_nothing();
}

base_err hermes_secure_send(struct hermes_secure *secure, const struct base_step_world *world,
                            uint32_t peer, bool is_encrypted, uint8_t *packet, size_t size)
{
    struct hermes_session *const session = used(secure, peer);
    if (session == NULL || session->stage != HERMES_RUNNING || session->owes_up)
        return BASE_ENOTFOUND;
    struct hermes_keys *const keys = hermes_keys_to_send(session);
    if (!keys->is_confirmed)
        hermes_repeat_hurry(world, session);
    hermes_seal(keys, is_encrypted ? HERMES_PACKET_SEALED : HERMES_PACKET_PLAIN, packet, size);
    if (keys->sent == HERMES_REKEY_COUNT)
        hermes_schedule(secure, session);
    world->send(world->context, &session->address, packet, size + HERMES_SEAL_OVERHEAD);
    return BASE_OK;
}

bool hermes_secure_is_up(const struct hermes_secure *secure, uint32_t peer)
{
    const struct hermes_session *const session = used(secure, peer);
    return session != NULL && session->stage == HERMES_RUNNING && !session->owes_up;
}

const struct bpi_hermes_id *hermes_secure_id(const struct hermes_secure *secure, uint32_t peer)
{
    return peer < secure->capacity ? &secure->sessions[peer].id : NULL;
}

struct base_address hermes_secure_address(const struct hermes_secure *secure, uint32_t peer)
{
    return peer < secure->capacity ? secure->sessions[peer].address : (struct base_address){ 0 };
}

struct hermes_secure_counts hermes_secure_counts(const struct hermes_secure *secure)
{
    return secure->counts;
}
