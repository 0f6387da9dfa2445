/* ifr_way.c - the HTTP service is forked with its registry made, as its contract wants it; here
 * that memory is given back at once, so that it is the service's only. */
#include "ifr_way.h"

#include "ifr_filled.h"
#include "ifr_http_flows.h"

#include <string.h>

#define TIMEOUT_NS UINT64_C(10000000000)
#define SPIN_NS    UINT64_C(1000000) /* so long a client of the ring looks before it sleeps */

/* ---- the Unix socket, blocking; and the ring, which begins as one ---- */

static base_err host_open(struct ifr_way *way, struct bench_env *env, const struct ifr_query *query,
                          bool is_spinning)
{
    suite_cores_go_other(&way->cores);
    const base_err err = ifr_host_open(&way->host, query, is_spinning, &env->why);
    suite_cores_go_mine(&way->cores);
    return err;
}

static base_err socket_open(struct ifr_way *way, struct bench_env *env,
                            const struct ifr_query *query)
{
    base_err err = host_open(way, env, query, false);
    if (err == BASE_OK)
        err = mfn_ifr_client_open(way->host.path, TIMEOUT_NS, &way->client, &env->why);
    ifr_host_hide(&way->host);
    return err;
}

static base_err ring_open(struct ifr_way *way, struct bench_env *env, const struct ifr_query *query)
{
    const base_err err = socket_open(way, env, query);
    return err == BASE_OK ? mfn_ifr_client_attach(way->client, SPIN_NS, &env->why) : err;
}

static base_err client_find(struct ifr_way *way, const void *key, size_t key_size,
                            struct mfn_ifr_value *out, struct base_why *why)
{
    return mfn_ifr_client_find(way->client, key, key_size, out, why);
}

/* ---- the Unix socket, busy-polled ---- */

static base_err spin_open(struct ifr_way *way, struct bench_env *env, const struct ifr_query *query)
{
    base_err err = host_open(way, env, query, true);
    if (err == BASE_OK)
        err = ifr_spin_open(&way->spin, way->host.path, &env->why);
    ifr_host_hide(&way->host);
    return err;
}

static base_err spin_find(struct ifr_way *way, const void *key, size_t key_size,
                          struct mfn_ifr_value *out, struct base_why *why)
{
    return ifr_spin_find(&way->spin, key, key_size, out, why);
}

/* ---- HTTP ---- */

static base_err http_open(struct ifr_way *way, struct bench_env *env, const struct ifr_query *query)
{
    struct mfn_ifr_registry *registry;
    base_err err = ifr_filled_new(query, &(struct ifr_filled_options){ 0 }, &registry, &env->why);
    if (err != BASE_OK)
        return err;
    suite_cores_go_other(&way->cores);
    err = suite_http_open(ifr_http_answer, registry, &way->http, &env->why);
    suite_cores_go_mine(&way->cores);
    mfn_ifr_registry_free(registry);
    return err;
}

static base_err http_find(struct ifr_way *way, const void *key, size_t key_size,
                          struct mfn_ifr_value *out, struct base_why *why)
{
    const base_err err = ifr_http_find(way->http, key, key_size, out);
    if (err != BASE_OK && err != BASE_ENOTFOUND)
        base_fail(why, err, 0, "%s", suite_http_why(way->http));
    return err;
}

const struct ifr_way_kind ifr_way_socket = { "socket", false, socket_open, client_find };
const struct ifr_way_kind ifr_way_spin = { "socket_spin", true, spin_open, spin_find };
const struct ifr_way_kind ifr_way_ring = { "ring", true, ring_open, client_find };
const struct ifr_way_kind ifr_way_http = { "http", false, http_open, http_find };

base_err ifr_way_of(struct bench_env *env, const char *name, const struct ifr_way_kind **out)
{
    static const struct ifr_way_kind *const kinds[] = { &ifr_way_socket, &ifr_way_spin,
                                                        &ifr_way_ring, &ifr_way_http };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(name, kinds[i]->name) == 0) {
            *out = kinds[i];
            return BASE_OK;
        }
    return base_fail(&env->why, BASE_EINVALID, 0,
                     "via: \"%s\" is none of socket, socket_spin, ring, http", name);
}

base_err ifr_way_open(struct ifr_way *way, const struct ifr_way_kind *kind, struct bench_env *env,
                      const struct ifr_query *query)
{
    *way = (struct ifr_way){ .kind = kind, .spin = { .fd = -1 } };
    base_err err = kind->is_apart ? suite_cores_open_place(env, SUITE_CORES_TWO, &way->cores)
                                  : suite_cores_open(env, &way->cores);
    if (err == BASE_OK)
        err = kind->open(way, env, query);
    if (err != BASE_OK)
        ifr_way_close(way);
    return err;
}

void ifr_way_close(struct ifr_way *way)
{
    if (way->kind == NULL)
        return;
    mfn_ifr_client_close(way->client);
    ifr_spin_close(&way->spin);
    suite_http_close(way->http);
    ifr_host_close(&way->host);
    suite_cores_close(&way->cores);
    *way = (struct ifr_way){ 0 };
}
