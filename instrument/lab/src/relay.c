/* relay.c - ports on loopback, and UDP through them. */
#define _GNU_SOURCE
#include "relay_internal.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What no streams can fill, but no more than a link may have: an hour of its rate. */
static uint64_t queue_of(uint64_t rate_bits)
{
    const uint64_t most = (uint64_t)LAB_RELAY_PLACES * LAB_STREAM_WINDOW;
    const uint64_t hour = rate_bits / 8 * LAB_LINK_DELAY_MAX_S;
    return hour < most ? hour : most;
}

struct lab_link_config lab_stream_link(const struct lab_link_config *link)
{
    struct lab_link_config stream = *link;
    stream.loss = LAB_LOSS_NONE;
    stream.reorder = stream.duplicate = stream.corrupt = 0;
    stream.mtu_bytes = 0;
    stream.queue = LAB_QUEUE_DROP_TAIL;
    stream.codel_target_ns = stream.codel_interval_ns = 0;
    stream.queue_bytes = queue_of(stream.rate_bits);
    return stream;
}

struct lab_place *lab_place_new(struct lab_relay *relay, enum lab_place_kind kind, int fd,
                                const struct lab_place *like)
{
    for (uint32_t i = 0; i < LAB_RELAY_PLACES; i++) {
        struct lab_place *const place = &relay->places[i];
        if (place->kind != LAB_PLACE_FREE)
            continue;
        *place = (struct lab_place){ .kind = kind,
                                     .fd = fd,
                                     .generation = ++relay->generation,
                                     .from = like->from,
                                     .to = like->to,
                                     .service = like->service };
        const uint64_t tag = lab_place_tag(relay, place);
        if (fd < 0 || lab_emulator_watch(relay->emulator, fd, tag, NULL) == BASE_OK)
            return place;
        lab_place_free(relay, place);
        return NULL;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

void lab_place_free(struct lab_relay *relay, struct lab_place *place)
{
    (void)relay;
    if (place->fd >= 0)
        close(place->fd);
    base_buf_done(&place->unwritten);
    *place = (struct lab_place){ .kind = LAB_PLACE_FREE, .fd = -1 };
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static bool is_flow(const struct lab_relay *relay, const struct lab_place *flow,
                    const struct lab_place *port, const struct sockaddr_in *sender)
{
    return flow->kind == LAB_PLACE_FLOW && flow->port == lab_place_index(relay, port) &&
           flow->sender.sin_port == sender->sin_port &&
           flow->sender.sin_addr.s_addr == sender->sin_addr.s_addr;
}

/* A new flow of a sender to a port; when there is no room, the one that was silent longest makes
 * it. */
static struct lab_place *flow_new(struct lab_relay *relay, struct lab_place *port,
                                  const struct sockaddr_in *sender, struct lab_place *oldest)
{
    const struct sockaddr_in service = loopback(port->service);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&service, sizeof service)) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    const int again = dup(fd); /* lab_place_new closes what finds no place */
    struct lab_place *flow = lab_place_new(relay, LAB_PLACE_FLOW, fd, port);
    if (!flow && oldest && again >= 0) {
        lab_place_free(relay, oldest);
        flow = lab_place_new(relay, LAB_PLACE_FLOW, again, port);
    } else if (again >= 0) {
        close(again);
    }
    if (flow) {
        flow->port = lab_place_index(relay, port);
        flow->sender = *sender;
    }
    return flow;
}

/* The flow of a sender to a port, mostly that of the datagram before; NULL when there can be none.
 */
static struct lab_place *flow_of(struct lab_relay *relay, struct lab_place *port,
                                 const struct sockaddr_in *sender)
{
    struct lab_place *flow = &relay->places[port->port], *oldest = NULL;
    if (is_flow(relay, flow, port, sender))
        return flow;
    for (flow = relay->places; flow < relay->places + LAB_RELAY_PLACES; flow++) {
        if (is_flow(relay, flow, port, sender))
            break;
        if (flow->kind == LAB_PLACE_FLOW && (!oldest || flow->used_ns < oldest->used_ns))
            oldest = flow;
    }
    if (flow == relay->places + LAB_RELAY_PLACES)
        flow = flow_new(relay, port, sender, oldest);
    if (flow)
        port->port = lab_place_index(relay, flow);
    return flow;
}

static void datagram_push(struct lab_relay *relay, const struct lab_place *flow,
                          enum lab_piece_kind kind, size_t size, uint64_t now_ns)
{
    const struct lab_piece piece = { lab_place_index(relay, flow), flow->generation, kind, 0 };
    const bool is_answer = kind == LAB_PIECE_ANSWER;
    memcpy(relay->buffer, &piece, sizeof piece);
    lab_emulator_push(relay->emulator, now_ns, is_answer ? flow->to : flow->from,
                      is_answer ? flow->from : flow->to, relay->buffer, sizeof piece + size,
                      LAB_HEADERS_UDP - sizeof piece);
}

static_assert(sizeof(struct lab_piece) <= LAB_HEADERS_UDP, "so that a datagram counts as it is");
static_assert(sizeof(struct lab_piece) + 65507 <= LAB_PACKET_MAX, "the largest datagram fits");

static void take_datagrams(struct lab_relay *relay, struct lab_place *place)
{
    uint8_t *const data = relay->buffer + sizeof(struct lab_piece);
    for (int i = 0; i < LAB_EMULATOR_BATCH; i++) {
        struct sockaddr_in sender;
        socklen_t length = sizeof sender;
        const ssize_t n = recvfrom(place->fd, data, LAB_PACKET_MAX, MSG_DONTWAIT,
                                   (struct sockaddr *)&sender, &length);
        if (n < 0 && errno == ECONNREFUSED) /* an ICMP error of an earlier datagram */
            continue;
        if (n < 0)
            return;
        struct lab_place *const flow =
            place->kind == LAB_PLACE_FLOW ? place : flow_of(relay, place, &sender);
        if (!flow) {
            relay->emulator->stats->refused++;
            continue;
        }
        const uint64_t now_ns = lab_clock_ns();
        flow->used_ns = now_ns;
        relay->emulator->stats->waited += relay->emulator->has_looked_late;
        datagram_push(relay, flow, flow == place ? LAB_PIECE_ANSWER : LAB_PIECE_DATAGRAM, (size_t)n,
                      now_ns);
    }
}

static void take(struct lab_emulator *e, uint64_t tag)
{
    struct lab_relay *const relay = e->context;
    struct lab_place *const place = &relay->places[(uint32_t)tag % LAB_RELAY_PLACES];
    if (lab_place_tag(relay, place) != tag)
        return; /* an event before this one has closed that socket; the place may be another's */
    switch (place->kind) {
    case LAB_PLACE_FREE:
        break;
    case LAB_PLACE_UDP:
    case LAB_PLACE_FLOW:
        take_datagrams(relay, place);
        break;
    case LAB_PLACE_TCP:
        lab_stream_accept(relay, place);
        break;
    case LAB_PLACE_END:
        lab_stream_ready(relay, place);
        break;
    }
}

static void give(struct lab_emulator *e, const struct lab_arrival *arrival)
{
    struct lab_relay *const relay = e->context;
    struct lab_piece piece;
    memcpy(&piece, arrival->data, sizeof piece);
    struct lab_place *const place = &relay->places[piece.place % LAB_RELAY_PLACES];
    /* A bit of the piece's own may have been flipped: what does not fit any more is lost. */
    if (arrival->is_corrupt || place->kind == LAB_PLACE_FREE ||
        place->generation != piece.generation)
        return;
    const uint8_t *const data = arrival->data + sizeof piece;
    const size_t size = arrival->size - sizeof piece;
    ssize_t n = 0;
    if (piece.kind == LAB_PIECE_DATAGRAM)
        n = send(place->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    else if (piece.kind == LAB_PIECE_ANSWER)
        n = sendto(relay->places[place->port].fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL,
                   (const struct sockaddr *)&place->sender, sizeof place->sender);
    else
        lab_stream_give(relay, place, &piece, data, size);
    if (n < 0) /* perhaps nobody listens, yet */
        lab_emulator_unsent(e, errno);
}

static void flush(struct lab_emulator *e)
{
    (void)e; /* no captures: there are no packets to keep */
}

static base_err port_open(struct lab_relay *relay, const struct lab_request *request,
                          struct lab_reply *reply, struct base_why *why)
{
    const int type = request->is_tcp ? SOCK_STREAM : SOCK_DGRAM;
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) ||
        (request->is_tcp && listen(fd, SOMAXCONN)) ||
        getsockname(fd, (struct sockaddr *)&address, &length)) {
        const int error = errno;
        if (fd >= 0)
            close(fd);
        return base_fail(why, BASE_EIO, 0, "a port of the relay: %s", strerror(error));
    }
    const struct lab_place like = { .from = request->from,
                                    .to = request->to,
                                    .service = request->port };
    if (!lab_place_new(relay, request->is_tcp ? LAB_PLACE_TCP : LAB_PLACE_UDP, fd, &like))
        return base_fail(why, BASE_EFULL, 0, "the relay has no more than %d sockets",
                         LAB_RELAY_PLACES);
    reply->port = ntohs(address.sin_port);
    return BASE_OK;
}

static bool is_alive(const struct lab_relay *relay, size_t i)
{
    return syscall(SYS_pidfd_send_signal, relay->programs[i], 0, NULL, 0) == 0;
}

static base_err program_watch(struct lab_relay *relay, pid_t pid, struct base_why *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < relay->program_count; i++) {
        if (!is_alive(relay, i)) {
            close(relay->programs[i]);
            continue;
        }
        relay->programs[kept] = relay->programs[i];
        relay->program_pids[kept++] = relay->program_pids[i];
    }
    relay->program_count = kept;
    if (kept == LAB_RELAY_PROGRAMS_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d programs", LAB_RELAY_PROGRAMS_MAX);
    const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return errno == ESRCH ? BASE_OK
                              : base_fail(why, BASE_EIO, 0, "pidfd_open: %s", strerror(errno));
    relay->programs[kept] = pidfd;
    relay->program_pids[kept] = pid;
    relay->program_count++;
    return BASE_OK;
}

static base_err request(struct lab_emulator *e, const struct lab_request *wanted,
                        struct lab_reply *reply, struct base_why *why)
{
    struct lab_relay *const relay = e->context;
    if (wanted->kind == LAB_REQUEST_WATCH)
        return program_watch(relay, wanted->pid, why);
    return port_open(relay, wanted, reply, why);
}

static const struct lab_emulator_io relay_io = { take, give, flush, request };

/* The same hosts and links, but for what a stream must not meet. */
static base_err plan_streams(struct lab_relay *relay, const struct lab_topology *topology,
                             struct base_why *why)
{
    struct lab_topology *const plan = &relay->plan;
    *plan = *topology;
    plan->arena = (struct base_arena){ 0 };
    plan->edges = calloc(topology->edge_count + 1, sizeof *plan->edges);
    plan->hosts = calloc(topology->host_count, sizeof *plan->hosts);
    if (!plan->edges || !plan->hosts)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the links of streams");
    memcpy(plan->hosts, topology->hosts, topology->host_count * sizeof *plan->hosts);
    for (uint32_t i = 0; i < plan->host_count; i++)
        plan->hosts[i].rate_bits = plan->hosts[i].queue_bytes = 0; /* its queue drops */
    plan->uniform = lab_stream_link(&topology->uniform);
    for (size_t i = 0; i < plan->edge_count; i++) {
        plan->edges[i] = topology->edges[i];
        plan->edges[i].config = lab_stream_link(&topology->edges[i].config);
    }
    return BASE_OK;
}

base_err lab_relay_new(const struct lab_net_config *config, struct lab_emulator *e,
                       struct lab_relay **out, struct base_why *why)
{
    struct lab_relay *const relay = calloc(1, sizeof *relay);
    if (!relay)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the relay");
    relay->emulator = e;
    relay->host_count = config->topology->program_count;
    e->io = &relay_io;
    e->context = relay;
    *out = relay;
    const base_err err = plan_streams(relay, config->topology, why);
    return err ? err : lab_fabric_new(&relay->plan, config->seed + 1, 0, &e->streams, why);
}

/* The process ends next: memory and sockets go with it, the programs do not. */
void lab_relay_end(struct lab_relay *relay)
{
    for (size_t i = 0; i < relay->program_count; i++)
        if (is_alive(relay, i)) {
            kill(-relay->program_pids[i], SIGKILL);
            /* It may lead its group later only. */
            (void)!syscall(SYS_pidfd_send_signal, relay->programs[i], SIGKILL, NULL, 0);
        }
}
