/* ifr_message_cases.c - payloads there and back, and one message to many components. */
#include "ifr_service_cases.h"
#include "ifr_way.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_NS UINT64_C(10000000000)

/* ---- heartbeats: what is sent comes back ---- */

struct echoed {
    struct ifr_query query;
    struct ifr_way way;
    size_t size;
    uint8_t *payload;
    uint64_t sent;
    base_err err; /* the first failure */
    struct base_why why;
};

static void echo_teardown(void *state)
{
    struct echoed *const echoed = state;
    if (echoed == NULL)
        return;
    ifr_way_close(&echoed->way);
    ifr_query_close(&echoed->query);
    free(echoed->payload);
    free(echoed);
}

static base_err echo_make(struct bench_env *env, struct echoed *echoed)
{
    uint64_t size;
    base_err err = bench_env_count(env, "size", 0, MFN_IFR_FRAME_PAYLOAD_MAX, &size);
    if (err != BASE_OK)
        return err;
    echoed->size = (size_t)size;
    echoed->payload = malloc(echoed->size + 1);
    if (echoed->payload == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for a payload");
    for (size_t i = 0; i < echoed->size; i++)
        echoed->payload[i] = (uint8_t)(i * 7 + i / 256);
    err = ifr_query_open(env, &echoed->query);
    return err == BASE_OK ? ifr_way_open(&echoed->way, &ifr_way_socket, env, &echoed->query) : err;
}

static base_err echo_setup(struct bench_env *env)
{
    struct echoed *const echoed = calloc(1, sizeof *echoed);
    if (echoed == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    const base_err err = echo_make(env, echoed);
    if (err != BASE_OK) {
        echo_teardown(echoed);
        return err;
    }
    env->bytes_per_item = (double)echoed->size;
    env->state = echoed;
    return BASE_OK;
}

static void echo_run(void *state, uint64_t count)
{
    struct echoed *const echoed = state;
    for (uint64_t i = 0; i < count && echoed->err == BASE_OK; i++) {
        if (echoed->size > 0)
            echoed->payload[0] = (uint8_t)echoed->sent; /* yesterday's answer would be noticed */
        echoed->err = mfn_ifr_client_heartbeat(
            echoed->way.client, base_span_of(echoed->payload, echoed->size), &echoed->why);
        echoed->sent++;
    }
}

static base_err echo_check(void *state, struct base_why *why)
{
    const struct echoed *const echoed = state;
    if (echoed->err == BASE_OK)
        return BASE_OK; /* each answer was compared when it came */
    return base_fail(why, BASE_EWRONG, echoed->sent, "heartbeat %llu: %s",
                     (unsigned long long)echoed->sent, echoed->why.text);
}

/* ---- a registration to each of some components ---- */

enum { COMPONENTS_MAX = 64 };

struct broadcast {
    struct ifr_query query;
    size_t count;
    struct ifr_host hosts[COMPONENTS_MAX];
    struct mfn_ifr_client *clients[COMPONENTS_MAX];
    uint64_t sent;
    base_err err;
    struct base_why why;
};

static void broadcast_teardown(void *state)
{
    struct broadcast *const broadcast = state;
    if (broadcast == NULL)
        return;
    for (size_t i = 0; i < broadcast->count; i++) {
        mfn_ifr_client_close(broadcast->clients[i]);
        ifr_host_close(&broadcast->hosts[i]);
    }
    ifr_query_close(&broadcast->query);
    free(broadcast);
}

static base_err broadcast_open(struct bench_env *env, struct broadcast *broadcast, size_t count)
{
    base_err err = ifr_query_open(env, &broadcast->query);
    while (err == BASE_OK && broadcast->count < count) {
        const size_t i = broadcast->count++;
        err = ifr_host_open(&broadcast->hosts[i], &broadcast->query, false, &env->why);
        if (err == BASE_OK)
            err = mfn_ifr_client_open(broadcast->hosts[i].path, TIMEOUT_NS, &broadcast->clients[i],
                                      &env->why);
        ifr_host_hide(&broadcast->hosts[i]);
    }
    return err;
}

static base_err broadcast_setup(struct bench_env *env)
{
    uint64_t count;
    base_err err = bench_env_count(env, "components", 1, COMPONENTS_MAX, &count);
    if (err != BASE_OK)
        return err;
    struct broadcast *const broadcast = calloc(1, sizeof *broadcast);
    if (broadcast == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    err = broadcast_open(env, broadcast, (size_t)count);
    if (err != BASE_OK) {
        broadcast_teardown(broadcast);
        return err;
    }
    env->parts_per_item = (double)count;
    env->state = broadcast;
    return BASE_OK;
}

/* Flow `at` gets the value of number `at`, so that each broadcast changes something. */
static base_err broadcast_one(struct broadcast *broadcast, uint64_t at)
{
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_REGISTER,
                                             .key = ifr_query_key(&broadcast->query, at),
                                             .key_size = broadcast->query.key_size,
                                             .value = ifr_query_value(at) };
    base_err err = BASE_OK;
    for (size_t i = 0; i < broadcast->count && err == BASE_OK; i++) {
        err = mfn_ifr_client_send(broadcast->clients[i], &request, &broadcast->why);
        if (err == BASE_OK)
            err = mfn_ifr_client_flush(broadcast->clients[i], &broadcast->why);
    }
    for (size_t i = 0; i < broadcast->count && err == BASE_OK; i++) {
        struct mfn_ifr_answer answer;
        err = mfn_ifr_client_receive(broadcast->clients[i], &answer, &broadcast->why);
        if (err == BASE_OK && answer.result != MFN_IFR_RESULT_OK)
            err =
                base_fail(&broadcast->why, BASE_EWRONG, 0, "component %zu: %s", i, answer.sentence);
    }
    return err;
}

static void broadcast_run(void *state, uint64_t count)
{
    struct broadcast *const broadcast = state;
    for (uint64_t i = 0; i < count && broadcast->err == BASE_OK; i++)
        broadcast->err = broadcast_one(broadcast, broadcast->sent++);
}

/* Each component knows what was told last. */
static base_err broadcast_check(void *state, struct base_why *why)
{
    struct broadcast *const broadcast = state;
    if (broadcast->err != BASE_OK)
        return base_fail(why, BASE_EWRONG, broadcast->sent, "broadcast %llu: %s",
                         (unsigned long long)broadcast->sent, broadcast->why.text);
    if (broadcast->sent == 0)
        return BASE_OK;
    const uint64_t last = broadcast->sent - 1;
    for (size_t i = 0; i < broadcast->count; i++) {
        struct mfn_ifr_value value;
        const base_err err =
            mfn_ifr_client_find(broadcast->clients[i], ifr_query_key(&broadcast->query, last),
                                broadcast->query.key_size, &value, why);
        if (err != BASE_OK)
            return base_fail(why, BASE_EWRONG, i, "component %zu does not know the last flow: %s",
                             i, base_err_text(err));
        if (!ifr_query_is_same(&value, last))
            return base_fail(why, BASE_EWRONG, i, "component %zu knows another value", i);
    }
    return BASE_OK;
}

const struct bench_case ifr_echo_case = {
    .name = "ifr/socket_echo",
    .doc = "a heartbeat with a payload to another process over the Unix socket, and back",
    .item = "round trip",
    .params = { { "size", "64,256,1024,4096", "bytes of the payload, up to 65536" },
                { "cores", "any", "processors of the two processes: any, one, two" } },
    .setup = echo_setup,
    .run = echo_run,
    .check = echo_check,
    .teardown = echo_teardown,
};

const struct bench_case ifr_broadcast_case = {
    .name = "ifr/broadcast",
    .doc = "a flow told to components, each a process with a socket, until all have confirmed it",
    .item = "broadcast",
    .params = { { "components", "5,10,20", "processes, up to 64" } },
    .setup = broadcast_setup,
    .run = broadcast_run,
    .check = broadcast_check,
    .teardown = broadcast_teardown,
};
