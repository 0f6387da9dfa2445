/* ifr_server.c - one thread, one epoll, level-triggered. A client's turn is one read, the answers
 * to what is whole, one write; so no client keeps the others waiting longer than one buffer takes.
 * What epoll watches follows from what waits (mfn_ifr_connection_wanted), and nothing else is
 * remembered. */
#define _GNU_SOURCE
#include <mfn/ifr_server.h>

#include "ifr_connection.h"
#include "ifr_le.h"
#include "ifr_pause.h"
#include "ifr_peer.h"

#include <base/listen.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NO_CONNECTION UINT32_MAX

enum {
    EVENTS = 64,
    ACCEPTS = 64,
    DEAF_MS = 100,
    RING_SPINS = 32,
    RING_SPIN_NS = 50000,
    RING_HEARD_NS = 1000000000
};

/* Tags of epoll beside the indices of connections. */
#define TAG_LISTENER (UINT64_C(1) << 32)
#define TAG_STOP     (UINT64_C(2) << 32)
#define TAG_BELL     (UINT64_C(3) << 32)

struct mfn_ifr_server {
    struct mfn_ifr_server_options options;
    struct base_listener listener;
    int epoll, stop, bell,
        spare;    /* spare: given up for a moment to refuse when descriptors run out */
    bool is_deaf; /* the listener is not watched until a client goes, or DEAF_MS */
    uint64_t opened_ns, now_ns;
    struct mfn_ifr_counters counters;
    uint32_t first_free;
    struct mfn_ifr_connection *connections; /* [options.client_max] */
    uint32_t *rings;                        /* [ring_count] connections that have one */
    uint32_t ring_count;
    bool is_dozing; /* the rings were told so */
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- opening and closing ---- */

static bool watch(int epoll, int fd, uint64_t tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static base_err descriptors_open(struct mfn_ifr_server *server, struct base_why *why)
{
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (server->epoll < 0 || server->bell < 0 || server->stop < 0 || server->spare < 0 ||
        !watch(server->epoll, server->stop, TAG_STOP) ||
        !watch(server->epoll, server->bell, TAG_BELL))
        return base_fail(why, BASE_EIO, 0, "cannot make the server's descriptors: %s",
                         strerror(errno));
    return BASE_OK;
}

static base_err connections_make(struct mfn_ifr_server *server, struct base_why *why)
{
    const uint32_t count = server->options.client_max;
    server->connections = calloc(count, sizeof server->connections[0]);
    server->rings = calloc(count, sizeof server->rings[0]);
    if (server->connections == NULL || server->rings == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for %u connections", count);
    for (uint32_t i = 0; i < count; i++)
        server->connections[i].next_free = i + 1 < count ? i + 1 : NO_CONNECTION;
    return BASE_OK;
}

static base_err parts_open(struct mfn_ifr_server *server, struct base_why *why)
{
    const struct mfn_ifr_server_options *const options = &server->options;
    const struct base_listen_options name = { .path = options->path,
                                              .who = "server",
                                              .mode = MFN_IFR_SERVER_MODE,
                                              .gid = options->has_gid ? options->gid : (gid_t)-1,
                                              .backlog = MFN_IFR_SERVER_BACKLOG };
    base_err err = connections_make(server, why);
    if (err == BASE_OK)
        err = descriptors_open(server, why);
    if (err == BASE_OK)
        err = base_listener_open(&name, &server->listener, why);
    if (err == BASE_OK && !watch(server->epoll, server->listener.fd, TAG_LISTENER))
        err = base_fail(why, BASE_EIO, 0, "cannot watch %s: %s", options->path, strerror(errno));
    return err;
}

base_err mfn_ifr_server_open(const struct mfn_ifr_server_options *options,
                             struct mfn_ifr_server **out, struct base_why *why)
{
    if (options->client_max > MFN_IFR_SERVER_CLIENTS_MAX)
        return base_fail(why, BASE_EINVALID, 0, "%u clients are more than the most possible, %d",
                         options->client_max, MFN_IFR_SERVER_CLIENTS_MAX);
    struct mfn_ifr_server *const server = calloc(1, sizeof *server);
    if (server == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a server");
    server->options = *options;
    if (options->client_max == 0)
        server->options.client_max = MFN_IFR_SERVER_CLIENTS;
    server->epoll = server->stop = server->bell = server->spare = server->listener.fd = -1;
    server->opened_ns = server->now_ns = clock_ns();
    const base_err err = parts_open(server, why);
    server->options.path = NULL; /* the caller's text; the listener has its own */
    if (err != BASE_OK) {
        mfn_ifr_server_close(server);
        return err;
    }
    *out = server;
    return BASE_OK;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void mfn_ifr_server_close(struct mfn_ifr_server *server)
{
    if (server == NULL)
        return;
    base_listener_close(&server->listener);
    for (uint32_t i = 0; server->connections != NULL && i < server->options.client_max; i++)
        mfn_ifr_connection_done(&server->connections[i]);
    close_if_open(server->epoll);
    close_if_open(server->stop);
    close_if_open(server->bell);
    close_if_open(server->spare);
    free(server->connections);
    free(server->rings);
    free(server);
}

/* ---- clients come and go ---- */

/* The connection of a component: tell the service, if it wants to know. */
static void notice(const struct mfn_ifr_server *server, const struct mfn_ifr_connection *connection,
                   enum mfn_ifr_notice_kind kind, uint64_t sent_ns)
{
    const struct mfn_ifr_service *const service = &server->options.service;
    if (service->notice == NULL || !connection->has_component)
        return;
    const struct mfn_ifr_notice told = { kind, connection->component_id, sent_ns, clock_ns() };
    service->notice(service->context, &told);
}

static void listener_listen(struct mfn_ifr_server *server, bool is_deaf)
{
    struct epoll_event event = { .events = is_deaf ? 0 : EPOLLIN, .data.u64 = TAG_LISTENER };
    if (server->is_deaf != is_deaf &&
        epoll_ctl(server->epoll, EPOLL_CTL_MOD, server->listener.fd, &event) == 0)
        server->is_deaf = is_deaf;
}

static void ring_forget(struct mfn_ifr_server *server, uint32_t index)
{
    for (uint32_t i = 0; i < server->ring_count; i++)
        if (server->rings[i] == index) {
            server->rings[i] = server->rings[--server->ring_count];
            return;
        }
}

static void drop(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection)
{
    const uint32_t index = (uint32_t)(connection - server->connections);
    ring_forget(server, index);
    notice(server, connection, MFN_IFR_NOTICE_ENDED, 0);
    mfn_ifr_connection_done(connection);
    connection->next_free = server->first_free;
    server->first_free = index;
    server->counters.client_count--;
    listener_listen(server, false);
}

/* Says why and closes; what the socket's buffer does not take is not waited for. */
static void refuse(struct mfn_ifr_server *server, int fd, enum mfn_ifr_result result)
{
    struct mfn_ifr_connection guest = { .fd = fd, .is_open = true };
    uint8_t *const room = mfn_ifr_connection_room(&guest, MFN_IFR_ANSWER_SIZE_MAX);
    if (room != NULL) {
        const size_t size = mfn_ifr_service_refuse(result, NULL, room);
        mfn_ifr_connection_seal(&guest, MFN_IFR_FRAME_RESPONSE, server->now_ns, size);
        (void)mfn_ifr_connection_flush(&guest);
    }
    mfn_ifr_connection_done(&guest);
    server->counters.clients_refused++;
}

static void admit(struct mfn_ifr_server *server, int fd)
{
    if (!mfn_ifr_peer_may(fd, server->options.has_gid, server->options.gid)) {
        refuse(server, fd, MFN_IFR_RESULT_DENIED);
        return;
    }
    const uint32_t index = server->first_free;
    if (index == NO_CONNECTION || !watch(server->epoll, fd, index)) {
        refuse(server, fd, MFN_IFR_RESULT_BUSY);
        return;
    }
    struct mfn_ifr_connection *const connection = &server->connections[index];
    server->first_free = connection->next_free;
    *connection = (struct mfn_ifr_connection){
        .fd = fd, .is_open = true, .interest = EPOLLIN, .heard_ns = server->now_ns
    };
    server->counters.client_count++;
    server->counters.clients_accepted++;
}

/* No descriptor is left: the spare one is given up to tell the client so. False: nobody waits. */
static bool refuse_with_spare(struct mfn_ifr_server *server)
{
    close_if_open(server->spare);
    const int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    const bool is_stuck = fd < 0 && errno != EAGAIN;
    if (fd >= 0)
        refuse(server, fd, MFN_IFR_RESULT_BUSY);
    server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (is_stuck || server->spare < 0)
        listener_listen(server, true);
    return fd >= 0;
}

static void accept_some(struct mfn_ifr_server *server)
{
    for (int i = 0; i < ACCEPTS; i++) {
        const int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            admit(server, fd);
        } else if (errno == EMFILE || errno == ENFILE) {
            if (!refuse_with_spare(server))
                return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            listener_listen(server, errno != EAGAIN); /* out of memory: not in a busy loop */
            return;
        }
    }
}

/* ---- answers ---- */

static bool answer_command(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                           struct base_span payload)
{
    uint8_t *const room = mfn_ifr_connection_room(connection, MFN_IFR_ANSWER_SIZE_MAX);
    if (room == NULL)
        return false;
    const size_t size =
        mfn_ifr_service_answer(&server->options.service, payload, &server->counters, room);
    mfn_ifr_connection_seal(connection, MFN_IFR_FRAME_RESPONSE, server->now_ns, size);
    return true;
}

static bool answer_refusal(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                           enum mfn_ifr_result result, const char *sentence)
{
    uint8_t *const room = mfn_ifr_connection_room(connection, MFN_IFR_ANSWER_SIZE_MAX);
    if (room == NULL)
        return false;
    const size_t size = mfn_ifr_service_refuse(result, sentence, room);
    mfn_ifr_connection_seal(connection, MFN_IFR_FRAME_RESPONSE, server->now_ns, size);
    return true;
}

/* The ring's descriptors go with the answer, which therefore must not wait behind others. */
static bool answer_attach(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection)
{
    int fds[2] = { -1, server->bell };
    if (!mfn_ifr_connection_flush(connection))
        return false;
    if (connection->ring.memory != NULL || mfn_ifr_connection_pending(connection) > 0 ||
        mfn_ifr_ring_make(&connection->ring, server->bell, &fds[0], NULL) != BASE_OK)
        return answer_refusal(server, connection, MFN_IFR_RESULT_INVALID,
                              "no ring: there is one, or answers wait, or memory is short");
    uint8_t *const room = mfn_ifr_connection_room(connection, MFN_IFR_ANSWER_SIZE_MAX);
    const struct mfn_ifr_answer answer = { .command = MFN_IFR_COMMAND_ATTACH };
    bool is_sent = room != NULL;
    if (is_sent) {
        const size_t size = mfn_ifr_answer_encode(&answer, room);
        mfn_ifr_connection_seal(connection, MFN_IFR_FRAME_RESPONSE, server->now_ns, size);
        is_sent = mfn_ifr_connection_flush_with(connection, fds);
    }
    close(fds[0]);
    server->rings[server->ring_count++] = (uint32_t)(connection - server->connections);
    return is_sent;
}

static bool answer_bytes(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                         enum mfn_ifr_frame_type type, struct base_span bytes)
{
    uint8_t *const room = mfn_ifr_connection_room(connection, bytes.size);
    if (room == NULL)
        return false;
    if (bytes.size > 0)
        memcpy(room, bytes.data, bytes.size);
    mfn_ifr_connection_seal(connection, type, server->now_ns, bytes.size);
    return true;
}

static bool acknowledge(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection)
{
    const uint8_t ok = MFN_IFR_RESULT_OK;
    return answer_bytes(server, connection, MFN_IFR_FRAME_RESPONSE, base_span_of(&ok, 1));
}

static bool answer_registration(struct mfn_ifr_server *server,
                                struct mfn_ifr_connection *connection, struct base_span payload)
{
    if (payload.size != 4)
        return answer_refusal(server, connection, MFN_IFR_RESULT_INVALID,
                              "a Registration has 4 bytes, the component id");
    notice(server, connection, MFN_IFR_NOTICE_ENDED, 0);
    connection->component_id = mfn_ifr_get32(payload.data);
    connection->has_component = true;
    notice(server, connection, MFN_IFR_NOTICE_ANNOUNCED, 0);
    return acknowledge(server, connection);
}

static bool answer_discovery(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection)
{
    const size_t most = 4 + 8 * (size_t)server->counters.client_count;
    uint8_t *const room = mfn_ifr_connection_room(connection, most);
    if (room == NULL)
        return false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < server->options.client_max; i++) {
        const struct mfn_ifr_connection *const one = &server->connections[i];
        if (!one->is_open || !one->has_component)
            continue;
        const uint64_t silent_ms = (server->now_ns - one->heard_ns) / 1000000;
        uint8_t *const row = room + 4 + (size_t)8 * count++;
        mfn_ifr_put32(row, one->component_id);
        mfn_ifr_put32(row + 4, silent_ms < UINT32_MAX ? (uint32_t)silent_ms : UINT32_MAX);
    }
    mfn_ifr_put32(room, count);
    mfn_ifr_connection_seal(connection, MFN_IFR_FRAME_DISCOVERY, server->now_ns,
                            4 + (size_t)8 * count);
    return true;
}

static bool answer_metrics(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection)
{
    static const uint8_t head[4] = { MFN_IFR_RESULT_OK, MFN_IFR_COMMAND_METRICS };
    const struct mfn_ifr_service *const service = &server->options.service;
    struct base_buf out = { 0 };
    base_err err =
        service->metrics == NULL ? BASE_EUNSUPPORTED : base_buf_put(&out, head, sizeof head);
    if (err == BASE_OK)
        err = service->metrics(service->context, &server->counters, &out);
    if (err == BASE_OK && out.size > sizeof head + MFN_IFR_METRICS_SIZE_MAX)
        err = BASE_EFULL;
    const bool is_sent =
        err == BASE_OK
            ? answer_bytes(server, connection, MFN_IFR_FRAME_RESPONSE, base_buf_span(&out))
            : answer_refusal(server, connection, mfn_ifr_result_of(err),
                             service->metrics == NULL ? "this registry has no metrics" : NULL);
    base_buf_done(&out);
    return is_sent;
}

static bool is_command(struct base_span payload, enum mfn_ifr_command command)
{
    struct mfn_ifr_request request;
    return payload.size > 0 && payload.data[0] == command &&
           mfn_ifr_request_decode(payload, &request, NULL) == BASE_OK;
}

static bool answer_any_command(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                               struct base_span payload)
{
    if (is_command(payload, MFN_IFR_COMMAND_ATTACH))
        return answer_attach(server, connection);
    if (is_command(payload, MFN_IFR_COMMAND_METRICS))
        return answer_metrics(server, connection);
    return answer_command(server, connection, payload);
}

static bool answer(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                   const struct mfn_ifr_frame *frame)
{
    switch (frame->type) {
    case MFN_IFR_FRAME_COMMAND:
        return answer_any_command(server, connection, frame->payload);
    case MFN_IFR_FRAME_EVENT:
        return acknowledge(server, connection);
    case MFN_IFR_FRAME_HEARTBEAT:
        return answer_bytes(server, connection, MFN_IFR_FRAME_HEARTBEAT, frame->payload);
    case MFN_IFR_FRAME_DISCOVERY:
        return answer_discovery(server, connection);
    case MFN_IFR_FRAME_REGISTRATION:
        return answer_registration(server, connection, frame->payload);
    default:
        return answer_refusal(server, connection, MFN_IFR_RESULT_INVALID,
                              "a client sends no Response");
    }
}

/* Answers what is whole, as far as there is room. False: the connection is lost. */
static bool answer_some(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                        bool *has_more)
{
    struct mfn_ifr_frame frame;
    struct base_why why;
    *has_more = true;
    while (mfn_ifr_connection_pending(connection) < MFN_IFR_SERVER_OUT_HIGH) {
        if (mfn_ifr_decoder_next(&connection->in, &frame, has_more, &why) != BASE_OK) {
            server->counters.bad_frames++;
            connection->is_ending = true;
            *has_more = false;
            return answer_refusal(server, connection, MFN_IFR_RESULT_PROTOCOL, why.text);
        }
        if (!*has_more)
            return true;
        server->counters.frames++;
        notice(server, connection, MFN_IFR_NOTICE_HEARD, frame.timestamp_ns);
        if (!answer(server, connection, &frame))
            return false;
    }
    return true;
}

/* ---- turns ---- */

static bool turn(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection,
                 uint32_t events)
{
    if ((events & ~(uint32_t)EPOLLIN) != 0 && !mfn_ifr_connection_flush(connection))
        return false;
    const bool may_read = (mfn_ifr_connection_wanted(connection) & EPOLLIN) != 0;
    if (may_read && (events & ~(uint32_t)EPOLLOUT) != 0) {
        connection->heard_ns = server->now_ns;
        if (!mfn_ifr_connection_receive(connection))
            return false;
    }
    /* Frames that wait for room are there only when nothing was read, so both ways go on here. */
    bool has_more = connection->in.broken.err == BASE_OK;
    while (has_more && mfn_ifr_connection_pending(connection) < MFN_IFR_SERVER_OUT_HIGH)
        if (!answer_some(server, connection, &has_more) || !mfn_ifr_connection_flush(connection))
            return false;
    return !connection->is_ending || mfn_ifr_connection_pending(connection) > 0;
}

static void client_event(struct mfn_ifr_server *server, uint32_t index, uint32_t events)
{
    struct mfn_ifr_connection *const connection = &server->connections[index];
    if (!connection->is_open)
        return;
    if (!turn(server, connection, events)) {
        drop(server, connection);
        return;
    }
    const uint32_t wanted = mfn_ifr_connection_wanted(connection);
    struct epoll_event event = { .events = wanted, .data.u64 = index };
    if (wanted == connection->interest)
        return;
    if (epoll_ctl(server->epoll, EPOLL_CTL_MOD, connection->fd, &event) != 0)
        drop(server, connection);
    else
        connection->interest = wanted;
}

/* ---- rings ---- */

/* Who asks through its ring is not silent; once a second says so. */
static void ring_heard(struct mfn_ifr_server *server, struct mfn_ifr_connection *connection)
{
    if (server->now_ns - connection->heard_ns < RING_HEARD_NS)
        return;
    connection->heard_ns = server->now_ns;
    notice(server, connection, MFN_IFR_NOTICE_HEARD, 0);
}

static bool rings_serve(struct mfn_ifr_server *server)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < server->ring_count; i++) {
        struct mfn_ifr_connection *const connection = &server->connections[server->rings[i]];
        const unsigned answered =
            mfn_ifr_ring_serve(&connection->ring, &server->options.service, &server->counters);
        count += answered;
        if (answered > 0)
            ring_heard(server, connection);
    }
    server->counters.frames += count;
    return count > 0;
}

static void rings_doze(struct mfn_ifr_server *server, bool is_asleep)
{
    if (server->is_dozing == is_asleep)
        return;
    server->is_dozing = is_asleep;
    for (uint32_t i = 0; i < server->ring_count; i++)
        mfn_ifr_ring_doze(&server->connections[server->rings[i]].ring, is_asleep);
}

static bool rings_spin(struct mfn_ifr_server *server)
{
    bool was_busy = false;
    const uint64_t until_ns = clock_ns() + RING_SPIN_NS;
    do {
        for (int i = 0; i < RING_SPINS; i++)
            if (rings_serve(server))
                was_busy = true;
            else
                mfn_ifr_pause();
    } while (clock_ns() < until_ns);
    return was_busy;
}

/* Serve the rings for a while; answers how long epoll may wait. When it may, they are told. */
static int rings_turn(struct mfn_ifr_server *server, int timeout_ms)
{
    if (server->ring_count == 0)
        return timeout_ms;
    if (timeout_ms == 0 ? rings_serve(server) : rings_spin(server))
        return 0;
    rings_doze(server, timeout_ms != 0);
    return rings_serve(server) ? 0 : timeout_ms;
}

static void bell_clear(struct mfn_ifr_server *server)
{
    uint64_t rung;
    if (read(server->bell, &rung, sizeof rung) < 0)
        return; /* another step has read it */
}

base_err mfn_ifr_server_step(struct mfn_ifr_server *server, int timeout_ms)
{
    struct epoll_event events[EVENTS];
    if (server->is_deaf && (timeout_ms < 0 || timeout_ms > DEAF_MS))
        timeout_ms = DEAF_MS;
    timeout_ms = rings_turn(server, timeout_ms);
    const int count = epoll_wait(server->epoll, events, EVENTS, timeout_ms);
    rings_doze(server, false);
    if (count < 0)
        return errno == EINTR ? BASE_OK : BASE_EIO;
    if (count == 0)
        listener_listen(server, false);
    server->now_ns = clock_ns();
    server->counters.uptime_ns = server->now_ns - server->opened_ns;
    bool is_stopped = false, has_guests = false;
    for (int i = 0; i < count; i++) {
        const uint64_t tag = events[i].data.u64;
        if (tag == TAG_STOP)
            is_stopped = true;
        else if (tag == TAG_LISTENER)
            has_guests = true;
        else if (tag == TAG_BELL)
            bell_clear(server);
        else
            client_event(server, (uint32_t)tag, events[i].events);
    }
    if (has_guests && !is_stopped) /* last, so that no event of this step meets a new client */
        accept_some(server);
    return is_stopped ? BASE_EINTERRUPTED : BASE_OK;
}

base_err mfn_ifr_server_run(struct mfn_ifr_server *server)
{
    for (;;) {
        const base_err err = mfn_ifr_server_step(server, -1);
        if (err != BASE_OK)
            return err == BASE_EINTERRUPTED ? BASE_OK : err;
    }
}

void mfn_ifr_server_stop(struct mfn_ifr_server *server)
{
    const uint64_t one = 1;
    const int saved = errno; /* a signal handler's caller looks at its own */
    if (write(server->stop, &one, sizeof one) < 0)
        errno = saved; /* the counter is full: it was stopped before */
    errno = saved;
}

void mfn_ifr_server_counters(const struct mfn_ifr_server *server, struct mfn_ifr_counters *out)
{
    *out = server->counters;
}

size_t mfn_ifr_server_size_bytes(const struct mfn_ifr_server *server)
{
    size_t size = 0;
    for (uint32_t i = 0; i < server->options.client_max; i++)
        size += server->connections[i].in.capacity + server->connections[i].out.capacity;
    return size;
}
