/* ifr_way.h - the ways to a registry in another process: each is opened, asked and closed alike. */
#ifndef SUITE_IFR_WAY_H
#define SUITE_IFR_WAY_H

#include "http_service.h"
#include "ifr_host.h"
#include "ifr_spin.h"
#include "suite_cores.h"

#include <mfn/ifr_client.h>

struct ifr_way;

struct ifr_way_kind {
    const char *name; /* "socket", "socket_spin", "ring", "http" */
    bool is_apart;    /* both ends wait busily: each needs a processor */
    base_err (*open)(struct ifr_way *way, struct bench_env *env, const struct ifr_query *query);
    base_err (*find)(struct ifr_way *way, const void *key, size_t key_size,
                     struct mfn_ifr_value *out, struct base_why *why);
};

struct ifr_way {
    const struct ifr_way_kind *kind;
    struct suite_cores cores;
    struct ifr_host host;
    struct mfn_ifr_client *client; /* of socket and ring */
    struct ifr_spin spin;
    struct suite_http *http;
};

/* blocking at both ends; busy-polled at both; memory that both share; HTTP/1.1 keep-alive */
extern const struct ifr_way_kind ifr_way_socket, ifr_way_spin, ifr_way_ring, ifr_way_http;

/* The kind of a name. Errors: EINVALID */
BASE_MUST_USE base_err ifr_way_of(struct bench_env *env, const char *name,
                                  const struct ifr_way_kind **out);

/* Start the registry's process with the flows of `query`, connect to it; both are where the
 * parameter "cores" says, or apart when the kind needs that. Nothing is left open on failure. */
BASE_MUST_USE base_err ifr_way_open(struct ifr_way *way, const struct ifr_way_kind *kind,
                                    struct bench_env *env, const struct ifr_query *query);

/* Errors: ENOTFOUND, and those of the connection, with a sentence */
BASE_MUST_USE static inline base_err ifr_way_find(struct ifr_way *way, const void *key,
                                                  size_t key_size, struct mfn_ifr_value *out,
                                                  struct base_why *why)
{
    return way->kind->find(way, key, key_size, out, why);
}
void ifr_way_close(struct ifr_way *way); /* a zeroed one is allowed */

#endif
