/* hermes_tool_node.c - a node on its UDP socket and its control socket, in this thread, until it is
 * stopped. */
#define _GNU_SOURCE
#include "hermes_tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

enum {
    WAIT_NS = 200000000, /* the longest without a look at `stop` */
    WAITING_MAX = 256,   /* sends whose clients wait to hear whom they reached */
    SENTENCE_SIZE = 400,
};

static const uint64_t status_each_ns = 10 * NS_PER_S, pause_each_ns = NS_PER_S;

struct waiting {
    struct bpi_hermes_message_id id;
    size_t place; /* of the client */
    uint64_t serial;
    bool is_used;
};

struct host {
    const struct suite_hermes_node *config;
    char name[SUITE_HERMES_NAME_MAX + 1];
    int key_lock;
    uint64_t begin_ns;
    struct bpi_hermes *node;
    struct bpi_udp *udp;
    struct hermes_tool_clients clients;
    struct waiting waiting[WAITING_MAX];
    bool is_sending;              /* bpi_hermes_send runs, and */
    struct bpi_hermes_event done; /* told this meanwhile */
    struct base_buf line;         /* that is being made */
};

struct suite_hermes_node suite_hermes_node_defaults(void)
{
    return (struct suite_hermes_node){
        .listen_port = BPI_HERMES_PORT,
        .max_neighbors = 8,
        .has_auction_retry = true,
        .consensus_timeout_ns = NS_PER_S,
        .auction_timeout_ns = 5 * NS_PER_S,
    };
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static struct hermes_tool_facts facts_of(const struct host *host)
{
    return (struct hermes_tool_facts){
        .name = host->name,
        .network = host->config->network,
        .address = bpi_udp_address(host->udp),
        .uptime_ns = clock_ns(CLOCK_MONOTONIC) - host->begin_ns,
        .clients = hermes_tool_clients_count(&host->clients),
        .udp = bpi_udp_stats(host->udp),
    };
}

/* ---- to the clients ---- */

/* The line that was made, or nothing when there was no memory for it. */
static void line_give(struct host *host, struct hermes_tool_client *client, base_err made)
{
    if (made == BASE_OK)
        hermes_tool_client_put(&host->clients, client, base_buf_span(&host->line));
    else
        hermes_tool_client_drop(client);
}

static void error_give(struct host *host, struct hermes_tool_client *client, base_err err,
                       const struct base_why *why)
{
    base_buf_clear(&host->line);
    line_give(host, client, hermes_tool_put_error(err, why, &host->line));
}

static void message_give(struct host *host, const struct bpi_hermes_event *event)
{
    base_err made = BASE_EINVALID;
    base_buf_clear(&host->line);
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i++) {
        struct hermes_tool_client *const client = &host->clients.list[i];
        if (client->fd < 0 || (client->types >> event->type & 1) == 0)
            continue;
        if (made == BASE_EINVALID) /* the first that wants it */
            made = hermes_tool_put_message(event, &host->line);
        line_give(host, client, made);
    }
}

static void done_put(struct host *host, struct hermes_tool_client *client,
                     const struct bpi_hermes_event *event)
{
    char id[HERMES_TOOL_MESSAGE_TEXT_SIZE];
    base_buf_clear(&host->line);
    line_give(host, client,
              base_buf_printf(&host->line,
                              "{\"event\": \"done\", \"id\": \"%s\", \"addressees\": %u, "
                              "\"missed\": %u}\n",
                              hermes_tool_message_text(&event->message_id, id), event->addressees,
                              event->missed));
}

static void done_give(struct host *host, const struct bpi_hermes_event *event)
{
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct waiting *const waiting = &host->waiting[i];
        if (!waiting->is_used || memcmp(&waiting->id, &event->message_id, sizeof waiting->id) != 0)
            continue;
        struct hermes_tool_client *const client = &host->clients.list[waiting->place];
        waiting->is_used = false;
        if (client->fd >= 0 && client->serial == waiting->serial)
            done_put(host, client, event);
        return;
    }
    if (host->is_sending)
        host->done = *event;
}

static void on_event(void *context, uint64_t now_ns, const void *told)
{
    struct host *const host = context;
    const struct bpi_hermes_event *const event = told;
    (void)now_ns;
    if (event->kind == BPI_HERMES_MESSAGE)
        message_give(host, event);
    else if (event->kind == BPI_HERMES_DONE)
        done_give(host, event);
}

/* ---- from the clients ---- */

/* A place in the table; one whose client went away is free. NULL: none */
static struct waiting *waiting_find(struct host *host)
{
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct waiting *const waiting = &host->waiting[i];
        const struct hermes_tool_client *const client = &host->clients.list[waiting->place];
        if (!waiting->is_used || client->fd < 0 || client->serial != waiting->serial)
            return waiting;
    }
    return NULL;
}

static base_err send_try(struct host *host, struct hermes_tool_request *request,
                         struct bpi_hermes_message_id *id, struct base_why *why)
{
    host->is_sending = true;
    host->done = (struct bpi_hermes_event){ 0 };
    const base_err err = bpi_hermes_send(host->node, bpi_udp_world(host->udp), request->type,
                                         request->is_to_all ? NULL : &request->to,
                                         base_buf_span(&request->payload), id, why);
    host->is_sending = false;
    return err;
}

static void send_do(struct host *host, struct hermes_tool_client *client,
                    struct hermes_tool_request *request)
{
    char text[HERMES_TOOL_MESSAGE_TEXT_SIZE];
    struct base_why why = { 0 };
    struct bpi_hermes_message_id id;
    struct waiting *const waiting = request->is_waiting ? waiting_find(host) : NULL;
    if (request->is_waiting && waiting == NULL) {
        const base_err full =
            base_fail(&why, BASE_EFULL, 0, "%d sends are waited for already", WAITING_MAX);
        error_give(host, client, full, &why);
        return;
    }
    const base_err err = send_try(host, request, &id, &why);
    if (err != BASE_OK) {
        error_give(host, client, err, &why);
        return;
    }
    const uint64_t serial = client->serial;
    base_buf_clear(&host->line);
    line_give(host, client,
              base_buf_printf(&host->line, "{\"answer\": \"send\", \"id\": \"%s\"}\n",
                              hermes_tool_message_text(&id, text)));
    if (waiting == NULL || client->fd < 0)
        return;
    if (host->done.kind == BPI_HERMES_DONE && memcmp(&host->done.message_id, &id, sizeof id) == 0)
        done_put(host, client, &host->done);
    else
        *waiting = (struct waiting){ id, (size_t)(client - host->clients.list), serial, true };
}

static void status_do(struct host *host, struct hermes_tool_client *client)
{
    const struct hermes_tool_facts facts = facts_of(host);
    base_buf_clear(&host->line);
    line_give(host, client, hermes_tool_put_status(host->node, &facts, &host->line));
}

static void on_line(void *context, struct hermes_tool_client *client, struct base_span line)
{
    static const char subscribed[] = "{\"answer\": \"subscribe\"}\n";
    struct host *const host = context;
    struct hermes_tool_request request = { 0 };
    struct base_why why = { 0 };
    const base_err err = hermes_tool_request_parse(line, &request, &why);
    if (err != BASE_OK) {
        error_give(host, client, err, &why);
    } else if (request.verb == HERMES_TOOL_SEND) {
        send_do(host, client, &request);
    } else if (request.verb == HERMES_TOOL_STATUS) {
        status_do(host, client);
    } else {
        client->types = request.types;
        hermes_tool_client_put(&host->clients, client,
                               base_span_of(subscribed, sizeof subscribed - 1));
    }
    base_buf_done(&request.payload);
}

/* ---- opening ---- */

/* Errors: EPARSE */
static base_err listen_take(const struct suite_hermes_node *config, struct base_address *out,
                            int *family, struct base_why *why)
{
    const char *const text = config->listen_address;
    struct base_address address = { .port = config->listen_port };
    *family = AF_UNSPEC;
    if (text != NULL && inet_pton(AF_INET, text, address.ip + 12) == 1) {
        address.ip[10] = address.ip[11] = 0xff;
        *family = AF_INET;
    } else if (text != NULL && inet_pton(AF_INET6, text, address.ip) == 1) {
        *family = strcmp(text, "::") == 0 ? AF_UNSPEC : AF_INET6;
    } else if (text != NULL) {
        return base_fail(why, BASE_EPARSE, 0,
                         "listen address \"%.80s\" is neither an IPv4 nor an IPv6 address", text);
    }
    *out = address;
    return BASE_OK;
}

/* Those that are found; it is an error when there are some and none is. */
static base_err members_find(const struct suite_hermes_node *config, int family,
                             struct bpi_hermes_member *members, size_t *count, struct base_why *why)
{
    struct base_why last = { 0 };
    *count = 0;
    if (config->bootstrap_count > SUITE_HERMES_BOOTSTRAP_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%zu bootstrap nodes are more than %d",
                         config->bootstrap_count, SUITE_HERMES_BOOTSTRAP_MAX);
    for (size_t i = 0; i < config->bootstrap_count; i++) {
        const base_err err =
            hermes_tool_member_find(config->bootstrap[i], family, &members[*count], &last);
        *count += err == BASE_OK;
        if (err == BASE_EPARSE) {
            *why = last;
            return err;
        }
        if (err != BASE_OK && config->warn != NULL)
            config->warn(last.text);
    }
    if (config->bootstrap_count == 0 || *count > 0)
        return BASE_OK;
    return base_fail(why, BASE_EIO, 0, "no bootstrap node was found: %s", last.text);
}

static base_err node_new(struct host *host, const struct bpi_hermes_member *members, size_t count,
                         const char *key_path, struct base_why *why)
{
    struct bpi_hermes_config config;
    bpi_hermes_defaults(&config);
    config.bootstrap = members;
    config.bootstrap_count = count;
    config.max_neighbors = host->config->max_neighbors;
    config.deadline_ns[BPI_HERMES_CONSENSUS] = host->config->consensus_timeout_ns;
    config.deadline_ns[BPI_HERMES_AUCTION] = host->config->auction_timeout_ns;
    config.incarnation = clock_ns(CLOCK_REALTIME);
    if (!host->config->has_auction_retry)
        config.auction_retries = 0;
    base_err err = hermes_tool_key_read(key_path, true, config.seed, &host->key_lock, why);
    if (err == BASE_OK)
        err = bpi_hermes_new(&config, &host->node, why);
    sodium_memzero(config.seed, sizeof config.seed);
    return err;
}

static void name_take(struct host *host)
{
    char id[BPI_HERMES_ID_TEXT_SIZE];
    const struct bpi_hermes_status status = bpi_hermes_status(host->node);
    bpi_hermes_id_print(&status.id, id);
    if (host->config->name != NULL)
        snprintf(host->name, sizeof host->name, "%s", host->config->name);
    else
        snprintf(host->name, sizeof host->name, "node_%.16s", id);
}

static base_err sockets_open(struct host *host, struct base_address listen,
                             const char *control_path, struct base_why *why)
{
    const struct bpi_udp_config config = { .listen = listen,
                                           .step = &bpi_hermes_step,
                                           .state = host->node,
                                           .tell = on_event,
                                           .context = host };
    base_err err = bpi_udp_open(&config, &host->udp, why);
    if (err == BASE_OK)
        err = hermes_tool_clients_open(control_path, on_line, host, &host->clients, why);
    return err;
}

static base_err host_open(struct host *host, const char *key_path, const char *control_path,
                          struct base_why *why)
{
    struct bpi_hermes_member members[SUITE_HERMES_BOOTSTRAP_MAX];
    struct base_address listen;
    size_t count = 0;
    int family = AF_UNSPEC;
    base_err err = listen_take(host->config, &listen, &family, why);
    if (err == BASE_OK)
        err = members_find(host->config, family, members, &count, why);
    if (err == BASE_OK)
        err = node_new(host, members, count, key_path, why);
    if (err == BASE_OK) {
        name_take(host);
        err = sockets_open(host, listen, control_path, why);
    }
    return err;
}

static void host_close(struct host *host)
{
    hermes_tool_clients_close(&host->clients);
    bpi_udp_close(host->udp);
    bpi_hermes_free(host->node);
    base_buf_done(&host->line);
    if (host->key_lock >= 0)
        close(host->key_lock);
}

/* ---- running ---- */

static void say_opened(const struct host *host, const char *control_path)
{
    char text[SENTENCE_SIZE], id[BPI_HERMES_ID_TEXT_SIZE], address[BASE_ADDRESS_TEXT_SIZE];
    const struct base_address at = bpi_udp_address(host->udp);
    const struct bpi_hermes_status status = bpi_hermes_status(host->node);
    if (host->config->say == NULL)
        return;
    snprintf(text, sizeof text, "%s (%s) runs on %s, control on %s; Ctrl-C ends", host->name,
             bpi_hermes_id_print(&status.id, id), base_address_print(&at, address), control_path);
    host->config->say(text);
}

static void status_say(struct host *host)
{
    const struct hermes_tool_facts facts = facts_of(host);
    base_buf_clear(&host->line);
    if (hermes_tool_status_line(host->node, &facts, &host->line) == BASE_OK)
        host->config->status(base_buf_text(&host->line));
}

static base_err host_run(struct host *host, struct base_why *why)
{
    const volatile sig_atomic_t *const stop = host->config->stop;
    uint64_t status_ns = host->begin_ns + status_each_ns, pause_ns = host->begin_ns;
    while (stop == NULL || *stop == 0) {
        bool has_clients = false;
        const uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + WAIT_NS;
        const base_err err = bpi_udp_poll(host->udp, until_ns, host->clients.epoll, &has_clients);
        if (err != BASE_OK && err != BASE_EINTERRUPTED)
            return base_fail(why, err, 0, "the node's socket failed: %s", strerror(errno));
        if (has_clients)
            hermes_tool_clients_step(&host->clients);
        const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
        if (now_ns >= pause_ns) {
            pause_ns = now_ns + pause_each_ns;
            bpi_udp_set_pause(host->udp,
                              bpi_udp_pause_of(bpi_hermes_status(host->node).rtt_min_ns));
        }
        if (host->config->status != NULL && now_ns >= status_ns) {
            status_ns += status_each_ns;
            status_say(host);
        }
    }
    return BASE_OK;
}

static base_err host_serve(const struct suite_hermes_node *config, const char *key_path,
                           const char *control_path, struct base_why *why)
{
    struct host *const host = calloc(1, sizeof *host);
    if (host == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a node");
    host->config = config;
    host->key_lock = -1;
    host->begin_ns = clock_ns(CLOCK_MONOTONIC);
    base_err err = host_open(host, key_path, control_path, why);
    if (err == BASE_OK) {
        say_opened(host, control_path);
        err = host_run(host, why);
    }
    host_close(host);
    free(host);
    return err;
}

base_err suite_hermes_node(const struct suite_hermes_node *config, struct base_why *why)
{
    struct base_buf key = { 0 }, control = { 0 };
    base_err err = hermes_tool_place(config->key_path, "hermes.key", &key, why);
    if (err == BASE_OK)
        err = hermes_tool_place(config->control_path, "hermes.sock", &control, why);
    if (err == BASE_OK)
        err = host_serve(config, base_buf_text(&key), base_buf_text(&control), why);
    base_buf_done(&key);
    base_buf_done(&control);
    return err;
}

base_err suite_hermes_id(const char *key_path, bool may_make, char *out, struct base_why *why)
{
    struct base_buf path = { 0 };
    struct bpi_hermes_config config;
    struct bpi_hermes *node = NULL;
    bpi_hermes_defaults(&config);
    base_err err = hermes_tool_place(key_path, "hermes.key", &path, why);
    if (err == BASE_OK)
        err = hermes_tool_key_read(base_buf_text(&path), may_make, config.seed, NULL, why);
    if (err == BASE_OK)
        err = bpi_hermes_new(&config, &node, why);
    sodium_memzero(config.seed, sizeof config.seed);
    base_buf_done(&path);
    if (err != BASE_OK)
        return err;
    const struct bpi_hermes_status status = bpi_hermes_status(node);
    bpi_hermes_id_print(&status.id, out);
    bpi_hermes_free(node);
    return BASE_OK;
}
