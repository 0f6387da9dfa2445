/* wire_world.h - what the tests of the transport share: a folder with a socket, a small map as the
 * service, a server driven by hand or by a thread, raw clients that may say anything. */
#ifndef TESTS_WIRE_WORLD_H
#define TESTS_WIRE_WORLD_H

#include "unit.h"

#include <mfn/ifr_client.h>
#include <mfn/ifr_frame.h>
#include <mfn/ifr_server.h>

#include <pthread.h>

enum { WIRE_MAP_CAPACITY = 512 };

/* The service: an array that is searched from end to end; 37-byte keys are not kept. */
struct wire_map {
    struct {
        uint8_t key[MFN_IFR_KEY_SIZE_MAX];
        size_t key_size;
        struct mfn_ifr_value value;
    } rows[WIRE_MAP_CAPACITY];
    size_t count, capacity;
    struct mfn_ifr_counters counters;
};

struct mfn_ifr_service wire_map_service(struct wire_map *map);

struct wire_world {
    char folder[64];
    char path[96];
    struct wire_map map;
    struct mfn_ifr_server *server;
    pthread_t thread;
    bool has_thread;
    base_err run_err; /* of the thread's run, after wire_stop */
};

/* A server that the test steps by hand; client_max 0: default. */
void wire_open(struct wire_world *world, uint32_t client_max);
/* One that a thread runs. */
void wire_start(struct wire_world *world, uint32_t client_max);
/* A thread for a server that the test has opened. */
void wire_run(struct wire_world *world);
void wire_stop(struct wire_world *world);  /* the thread has ended */
void wire_close(struct wire_world *world); /* also stops; nothing is left in the folder */

/* Steps until none brings anything. */
void wire_settle(struct wire_world *world);
struct mfn_ifr_counters wire_counters(const struct wire_world *world);

/* A client of the test's own. */
struct wire_raw {
    int fd;
    uint32_t sequence;
    struct mfn_ifr_decoder in;
};

void wire_raw_open(struct wire_raw *raw, const char *path);
void wire_raw_close(struct wire_raw *raw);
/* All of it or a failure of the test. */
void wire_raw_send(struct wire_raw *raw, const void *bytes, size_t size);
/* The bytes of the next frame; the caller's buffer is cleared before. */
void wire_raw_frame(struct wire_raw *raw, enum mfn_ifr_frame_type type, const void *payload,
                    size_t size, struct base_buf *out);
/* A frame that has come, without waiting. */
bool wire_raw_has(struct wire_raw *raw, struct mfn_ifr_frame *frame);
/* Has the server closed, after everything that was read? */
bool wire_raw_is_over(struct wire_raw *raw);

/* Key number `number` of a size, and a value that belongs to it. */
void wire_key(uint64_t number, size_t key_size, uint8_t *key);
struct mfn_ifr_value wire_value(uint64_t number);
void wire_value_check(const struct mfn_ifr_value *value, uint64_t number);

#endif
