/* hermes_secure_table.c - where sessions and half-open handshakes are and how they are found: by
 * session index (random, so its bits are its hash), by address and by id (keyed SipHash, since
 * others choose those), by time (a tree of minima). All memory is taken once; half-open handshakes
 * are a ring, so that a new one takes the place of the oldest. */
#include "hermes_secure_state_internal.h"

#include <sodium.h>
#include <stdlib.h>

base_err hermes_map_init(struct hermes_map *map, uint32_t capacity)
{
    uint32_t heads = 16;
    while (heads < 2 * capacity)
        heads *= 2;
    map->mask = heads - 1;
    map->heads = calloc(heads, sizeof *map->heads);
    map->next = calloc(capacity, sizeof *map->next);
    return map->heads != NULL && map->next != NULL ? BASE_OK : BASE_ENOMEM;
}

void hermes_map_done(struct hermes_map *map)
{
    free(map->heads);
    free(map->next);
}

void hermes_map_put(struct hermes_map *map, uint32_t hash, uint32_t entity)
{
    uint32_t *const head = &map->heads[hash & map->mask];
    map->next[entity] = *head;
    *head = entity + 1;
}

void hermes_map_remove(struct hermes_map *map, uint32_t hash, uint32_t entity)
{
    uint32_t *at = &map->heads[hash & map->mask];
    while (*at != 0 && *at != entity + 1)
        at = &map->next[*at - 1];
    if (*at != 0)
        *at = map->next[entity];
}

static uint32_t hash_of(const struct hermes_secure *secure, const void *data, size_t size)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, data, size, secure->hash_key);
    return hermes_load32(hash);
}

static uint32_t hash_of_address(const struct hermes_secure *secure,
                                const struct base_address *address)
{
    uint8_t bytes[18];
    memcpy(bytes, address->ip, 16);
    bytes[16] = (uint8_t)address->port;
    bytes[17] = (uint8_t)(address->port >> 8);
    return hash_of(secure, bytes, sizeof bytes);
}

void hermes_start(struct hermes_secure *secure, const struct base_step_world *world)
{
    if (secure->is_started)
        return;
    world->secret(world->context, secure->hash_key, sizeof secure->hash_key);
    world->secret(world->context, secure->cookie_key, sizeof secure->cookie_key);
    secure->cookie_ns = world->now_ns;
    secure->is_started = true;
}

static uint32_t local_of(const struct hermes_secure *secure, uint32_t entity)
{
    if (entity >= 2 * secure->capacity)
        return secure->halves[entity - 2 * secure->capacity].local;
    return secure->sessions[entity / 2].keys[entity % 2].local;
}

uint32_t hermes_index_find(const struct hermes_secure *secure, uint32_t index)
{
    uint32_t entity = hermes_map_first(&secure->by_index, index);
    while (entity != HERMES_NONE && local_of(secure, entity) != index)
        entity = hermes_map_next(&secure->by_index, entity);
    return entity;
}

uint32_t hermes_index_new(struct hermes_secure *secure, const struct base_step_world *world,
                          uint32_t entity)
{
    uint8_t bytes[4];
    uint32_t index;
    do {
        world->secret(world->context, bytes, sizeof bytes);
        index = hermes_load32(bytes);
    } while (index == 0 || hermes_index_find(secure, index) != HERMES_NONE);
    hermes_map_put(&secure->by_index, index, entity);
    return index;
}

void hermes_index_give(struct hermes_secure *secure, uint32_t index, uint32_t from, uint32_t to)
{
    hermes_map_remove(&secure->by_index, index, from);
    hermes_map_put(&secure->by_index, index, to);
}

void hermes_session_reserve(struct hermes_secure *secure, const struct base_step_world *world,
                            struct hermes_session *session, uint32_t which)
{
    session->keys[which].local =
        hermes_index_new(secure, world, 2 * hermes_peer_of(secure, session) + which);
}

void hermes_keys_drop(struct hermes_secure *secure, struct hermes_session *session, uint32_t which)
{
    struct hermes_keys *const keys = &session->keys[which];
    if (keys->local != 0)
        hermes_map_remove(&secure->by_index, keys->local,
                          2 * hermes_peer_of(secure, session) + which);
    sodium_memzero(keys, sizeof *keys);
}

struct hermes_session *hermes_session_new(struct hermes_secure *secure,
                                          const struct base_address *address)
{
    if (secure->free_count == 0)
        return NULL;
    const uint32_t peer = secure->free[--secure->free_count];
    struct hermes_session *const session = &secure->sessions[peer];
    memset(session, 0, sizeof *session);
    session->address = *address;
    hermes_map_put(&secure->by_address, hash_of_address(secure, address), peer);
    return session;
}

/* Id and address stay to be read until the handle is used again. */
void hermes_session_free(struct hermes_secure *secure, struct hermes_session *session)
{
    const uint32_t peer = hermes_peer_of(secure, session);
    const struct bpi_hermes_id id = session->id;
    const struct base_address address = session->address;
    hermes_keys_drop(secure, session, 0);
    hermes_keys_drop(secure, session, 1);
    hermes_map_remove(&secure->by_address, hash_of_address(secure, &address), peer);
    if (session->has_id)
        hermes_map_remove(&secure->by_id, hash_of(secure, &id, sizeof id), peer);
    hermes_wake_at(secure, session, UINT64_MAX);
    sodium_memzero(session, sizeof *session);
    session->id = id;
    session->address = address;
    secure->free[secure->free_count++] = peer;
}

struct hermes_opened hermes_session_down(struct hermes_secure *secure,
                                         struct hermes_session *session)
{
    const struct hermes_opened opened = { .kind = session->owes_up ? HERMES_NOTHING : HERMES_DOWN,
                                          .peer = hermes_peer_of(secure, session) };
    hermes_session_free(secure, session);
    return opened;
}

void hermes_session_move(struct hermes_secure *secure, struct hermes_session *session,
                         const struct base_address *address)
{
    const uint32_t peer = hermes_peer_of(secure, session);
    if (base_address_is(&session->address, address))
        return;
    hermes_map_remove(&secure->by_address, hash_of_address(secure, &session->address), peer);
    session->address = *address;
    hermes_map_put(&secure->by_address, hash_of_address(secure, address), peer);
}

void hermes_session_name(struct hermes_secure *secure, struct hermes_session *session,
                         const struct bpi_hermes_id *id)
{
    if (session->has_id)
        return;
    session->id = *id;
    session->has_id = true;
    hermes_map_put(&secure->by_id, hash_of(secure, id, sizeof *id),
                   hermes_peer_of(secure, session));
}

struct hermes_session *hermes_session_of_id(struct hermes_secure *secure,
                                            const struct bpi_hermes_id *id,
                                            const struct hermes_session *except)
{
    struct hermes_session *found = NULL;
    uint32_t peer = hermes_map_first(&secure->by_id, hash_of(secure, id, sizeof *id));
    for (; peer != HERMES_NONE; peer = hermes_map_next(&secure->by_id, peer)) {
        struct hermes_session *const session = &secure->sessions[peer];
        if (session == except || memcmp(&session->id, id, sizeof *id) != 0)
            continue;
        if (session->stage == HERMES_RUNNING)
            return session;
        found = session;
    }
    return found;
}

struct hermes_session *hermes_session_at(struct hermes_secure *secure,
                                         const struct base_address *address)
{
    uint32_t entity = hermes_map_first(&secure->by_address, hash_of_address(secure, address));
    for (; entity != HERMES_NONE; entity = hermes_map_next(&secure->by_address, entity))
        if (entity < secure->capacity &&
            base_address_is(&secure->sessions[entity].address, address))
            return &secure->sessions[entity];
    return NULL;
}

struct hermes_half *hermes_half_at(struct hermes_secure *secure, const struct base_address *address,
                                   const uint8_t other[HERMES_KEY_SIZE])
{
    uint32_t entity = hermes_map_first(&secure->by_address, hash_of_address(secure, address));
    for (; entity != HERMES_NONE; entity = hermes_map_next(&secure->by_address, entity)) {
        if (entity < secure->capacity)
            continue;
        struct hermes_half *const half = &secure->halves[entity - secure->capacity];
        if (base_address_is(&half->address, address) &&
            memcmp(half->noise.other, other, HERMES_KEY_SIZE) == 0)
            return half;
    }
    return NULL;
}

struct hermes_half *hermes_half_new(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    const struct base_address *address)
{
    const uint32_t number = secure->half_next;
    struct hermes_half *const half = &secure->halves[number];
    secure->half_next = (number + 1) % secure->half_capacity;
    if (half->is_live)
        hermes_half_free(secure, half, true);
    *half = (struct hermes_half){ .is_live = true,
                                  .address = *address,
                                  .made_ns = world->now_ns,
                                  .sequence = ++secure->sequence };
    half->local = hermes_index_new(secure, world, 2 * secure->capacity + number);
    hermes_map_put(&secure->by_address, hash_of_address(secure, address),
                   secure->capacity + number);
    return half;
}

void hermes_half_free(struct hermes_secure *secure, struct hermes_half *half, bool with_index)
{
    const uint32_t number = (uint32_t)(half - secure->halves);
    if (with_index)
        hermes_map_remove(&secure->by_index, half->local, 2 * secure->capacity + number);
    hermes_map_remove(&secure->by_address, hash_of_address(secure, &half->address),
                      secure->capacity + number);
    sodium_memzero(half, sizeof *half);
}

void hermes_wake_at(struct hermes_secure *secure, const struct hermes_session *session,
                    uint64_t at_ns)
{
    uint64_t *const wake = secure->wake;
    uint32_t node = secure->leaves + hermes_peer_of(secure, session);
    wake[node] = at_ns;
    for (node /= 2; node > 0; node /= 2)
        wake[node] = wake[2 * node] < wake[2 * node + 1] ? wake[2 * node] : wake[2 * node + 1];
}

struct hermes_session *hermes_wake_due(struct hermes_secure *secure, uint64_t now_ns)
{
    const uint64_t *const wake = secure->wake;
    uint32_t node = 1;
    if (wake[1] > now_ns)
        return NULL;
    while (node < secure->leaves)
        node = 2 * node + (wake[2 * node] == wake[node] ? 0 : 1);
    return &secure->sessions[node - secure->leaves];
}
