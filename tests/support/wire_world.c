/* wire_world.c - see the header; everything here fails the test rather than answering an error. */
#define _GNU_SOURCE
#include "wire_world.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the map ---- */

static size_t row_of(const struct wire_map *map, const void *key, size_t key_size)
{
    size_t i = 0;
    while (i < map->count &&
           (map->rows[i].key_size != key_size || memcmp(map->rows[i].key, key, key_size) != 0))
        i++;
    return i;
}

static base_err map_find(void *context, const void *key, size_t key_size, struct mfn_ifr_value *out)
{
    struct wire_map *const map = context;
    const size_t i = row_of(map, key, key_size);
    map->counters.lookups++;
    if (i == map->count) {
        map->counters.misses++;
        return BASE_ENOTFOUND;
    }
    map->counters.hits++;
    *out = map->rows[i].value;
    return BASE_OK;
}

static base_err map_insert(void *context, const void *key, size_t key_size,
                           const struct mfn_ifr_value *value)
{
    struct wire_map *const map = context;
    const size_t i = row_of(map, key, key_size);
    if (key_size == MFN_IFR_KEY_IPV6)
        return BASE_EINVALID;
    if (i == map->capacity)
        return BASE_EFULL;
    if (i == map->count)
        map->count++;
    memcpy(map->rows[i].key, key, key_size);
    map->rows[i].key_size = key_size;
    map->rows[i].value = *value;
    map->counters.registrations++;
    return BASE_OK;
}

static base_err map_remove(void *context, const void *key, size_t key_size)
{
    struct wire_map *const map = context;
    const size_t i = row_of(map, key, key_size);
    if (i == map->count)
        return BASE_ENOTFOUND;
    map->rows[i] = map->rows[--map->count];
    map->counters.removals++;
    return BASE_OK;
}

static void map_stats(void *context, struct mfn_ifr_counters *out)
{
    const struct wire_map *const map = context;
    *out = map->counters;
    out->active_flows = map->count;
}

struct mfn_ifr_service wire_map_service(struct wire_map *map)
{
    return (struct mfn_ifr_service){ .context = map,
                                     .find = map_find,
                                     .insert = map_insert,
                                     .remove = map_remove,
                                     .stats = map_stats };
}

/* ---- the server ---- */

void wire_open(struct wire_world *world, uint32_t client_max)
{
    struct base_why why = { 0 };
    *world = (struct wire_world){ .folder = "/tmp/ifr-wire-XXXXXX" };
    world->map.capacity = WIRE_MAP_CAPACITY;
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/ifr.sock", world->folder);
    const struct mfn_ifr_server_options options = {
        .path = world->path,
        .client_max = client_max,
        .service = wire_map_service(&world->map),
    };
    if (mfn_ifr_server_open(&options, &world->server, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void *run(void *argument)
{
    struct wire_world *const world = argument;
    world->run_err = mfn_ifr_server_run(world->server);
    return NULL;
}

void wire_run(struct wire_world *world)
{
    assert_int_equal(pthread_create(&world->thread, NULL, run, world), 0);
    world->has_thread = true;
}

void wire_start(struct wire_world *world, uint32_t client_max)
{
    wire_open(world, client_max);
    wire_run(world);
}

void wire_stop(struct wire_world *world)
{
    if (!world->has_thread)
        return;
    mfn_ifr_server_stop(world->server);
    assert_int_equal(pthread_join(world->thread, NULL), 0);
    world->has_thread = false;
    assert_int_equal(world->run_err, BASE_OK);
}

void wire_close(struct wire_world *world)
{
    wire_stop(world);
    mfn_ifr_server_close(world->server);
    assert_int_equal(rmdir(world->folder), 0);
}

struct mfn_ifr_counters wire_counters(const struct wire_world *world)
{
    struct mfn_ifr_counters counters;
    mfn_ifr_server_counters(world->server, &counters);
    return counters;
}

/* A step that neither answers a frame nor moves a client is one too many; two, since a client that
 * hangs up and one that comes count against each other. */
void wire_settle(struct wire_world *world)
{
    for (int idle = 0; idle < 3;) {
        const struct mfn_ifr_counters before = wire_counters(world);
        assert_int_equal(mfn_ifr_server_step(world->server, 0), BASE_OK);
        const struct mfn_ifr_counters after = wire_counters(world);
        const bool is_same = before.frames == after.frames &&
                             before.client_count == after.client_count &&
                             before.clients_accepted == after.clients_accepted &&
                             before.clients_refused == after.clients_refused &&
                             before.bad_frames == after.bad_frames;
        idle = is_same ? idle + 1 : 0;
    }
}

/* ---- raw clients ---- */

void wire_raw_open(struct wire_raw *raw, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    *raw = (struct wire_raw){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    assert_true(raw->fd >= 0);
    strcpy(address.sun_path, path);
    assert_int_equal(connect(raw->fd, (struct sockaddr *)&address, sizeof address), 0);
}

void wire_raw_close(struct wire_raw *raw)
{
    close(raw->fd);
    mfn_ifr_decoder_done(&raw->in);
}

void wire_raw_send(struct wire_raw *raw, const void *bytes, size_t size)
{
    const ssize_t count = send(raw->fd, bytes, size, MSG_NOSIGNAL);
    assert_int_equal(count, size);
}

void wire_raw_frame(struct wire_raw *raw, enum mfn_ifr_frame_type type, const void *payload,
                    size_t size, struct base_buf *out)
{
    const struct mfn_ifr_frame frame = { .type = type,
                                         .sequence = raw->sequence++,
                                         .payload = base_span_of(payload, size) };
    base_buf_clear(out);
    assert_int_equal(mfn_ifr_frame_encode(&frame, out), BASE_OK);
}

bool wire_raw_has(struct wire_raw *raw, struct mfn_ifr_frame *frame)
{
    for (bool has_frame = false;;) {
        uint8_t *room;
        size_t size;
        assert_int_equal(mfn_ifr_decoder_next(&raw->in, frame, &has_frame, NULL), BASE_OK);
        if (has_frame)
            return true;
        assert_int_equal(mfn_ifr_decoder_room(&raw->in, &room, &size), BASE_OK);
        const ssize_t count = recv(raw->fd, room, size, MSG_DONTWAIT);
        if (count <= 0)
            return false;
        mfn_ifr_decoder_add(&raw->in, (size_t)count);
    }
}

bool wire_raw_is_over(struct wire_raw *raw)
{
    uint8_t byte;
    const ssize_t count = recv(raw->fd, &byte, 1, MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno == ECONNRESET);
}

/* ---- keys ---- */

void wire_key(uint64_t number, size_t key_size, uint8_t *key)
{
    for (size_t i = 0; i < key_size; i++)
        key[i] = (uint8_t)(number >> (8 * (i % 8)) ^ (i * 31));
}

struct mfn_ifr_value wire_value(uint64_t number)
{
    return (struct mfn_ifr_value){
        .component_id = (uint32_t)(number * 2654435761u),
        .flow_type = (uint8_t)(number % 251),
        .priority = (uint8_t)(number % 7),
        .flags = (uint16_t)(number * 40503u),
        .timestamp_ns = number * UINT64_C(0x9e3779b97f4a7c15),
        .size = (uint32_t)~number,
    };
}

void wire_value_check(const struct mfn_ifr_value *value, uint64_t number)
{
    const struct mfn_ifr_value right = wire_value(number);
    assert_int_equal(value->component_id, right.component_id);
    assert_int_equal(value->flow_type, right.flow_type);
    assert_int_equal(value->priority, right.priority);
    assert_int_equal(value->flags, right.flags);
    assert_int_equal(value->timestamp_ns, right.timestamp_ns);
    assert_int_equal(value->size, right.size);
}
