/* baseline_registry.h - where flows are registered: at a service of its own process over TCP, or in
 * a table of this process.
 *
 * The service is forked from the caller, listens on 127.0.0.1 at a port of the kernel's choice for
 * this one connection, and ends when the connection does: with its parent, however that ends.
 * Threads   objects are not shared
 */
#ifndef BASELINE_REGISTRY_H
#define BASELINE_REGISTRY_H

#include "baseline_service.h"

#include <stdbool.h>
#include <sys/types.h>

struct baseline_registry {
    bool is_remote;
    int socket;              /* -1: none */
    pid_t pid;               /* of the service; 0: none */
    struct baseline_map map; /* not remote */
    uint64_t request_count;  /* round trips so far */
    uint64_t flow_count;     /* in the registry after the last registration, as it was answered */
    size_t used;
    char in[BASELINE_LINE_MAX];
};

/* Start with the flows that `map` has; the registry takes them over, also on failure.
 * Errors: EIO (a socket or process could not be made; why says which) */
BASE_MUST_USE base_err baseline_registry_open(struct baseline_registry *registry, bool is_remote,
                                              struct baseline_map *map, struct base_why *why);
/* Ends the service and waits for it. A zeroed registry is accepted. */
void baseline_registry_close(struct baseline_registry *registry);

/* Register a flow, or its new record: one round trip.
 * Errors: ECLOSED, ETIMEOUT (10 s), EIO, EPROTOCOL (an answer that is not right), ENOMEM */
BASE_MUST_USE base_err baseline_registry_put(struct baseline_registry *registry,
                                             const uint8_t id[BASELINE_ID_SIZE],
                                             struct baseline_record record, struct base_why *why);

/* Look a flow up: one round trip. Errors: likewise; ENOTFOUND */
BASE_MUST_USE base_err baseline_registry_find(struct baseline_registry *registry,
                                              const uint8_t id[BASELINE_ID_SIZE],
                                              struct baseline_record *out, struct base_why *why);

#endif
