/* ifr_client.c - a blocking socket with time limits. Requests are collected in one buffer and sent
 * by one call; that answers come in the order of the questions is checked by the sequence, and that
 * they fit the questions by their type. A server that hangs up may have said why just before: its
 * last words are looked for before the connection is declared lost. */
#define _GNU_SOURCE
#include <mfn/ifr_client.h>

#include "ifr_le.h"

#include <base/listen.h>
#include <mfn/ifr_frame.h>
#include <mfn/ifr_ring.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MS      UINT64_C(1000000)
#define LIFE_NS (100 * MS) /* so often a silent server is asked whether it lives */

struct mfn_ifr_client {
    int fd;
    uint64_t timeout_ns;
    uint32_t component_id;
    uint32_t sequence; /* of the next frame out; that of the next frame in is in.sequence */
    struct mfn_ifr_decoder in;
    struct base_buf out;
    struct mfn_ifr_ring ring; /* its memory is NULL: none */
    uint64_t spin_ns;
    bool is_attaching;
    int fds[2];             /* received while attaching; -1: none */
    struct base_why broken; /* its err is BASE_OK as long as the connection is good */
};

static const char bell_failed[] = "cannot ring the server's bell";

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

size_t mfn_ifr_client_in_flight(const struct mfn_ifr_client *client)
{
    return client->ring.memory != NULL ? mfn_ifr_ring_in_flight(&client->ring)
                                       : client->sequence - client->in.sequence;
}

/* ---- a lost connection ---- */

static base_err tell(const struct mfn_ifr_client *client, struct base_why *why)
{
    if (why != NULL)
        *why = client->broken;
    return client->broken.err;
}

static base_err lose(struct mfn_ifr_client *client, base_err err, const char *sentence,
                     struct base_why *why)
{
    base_fail(&client->broken, err, client->in.at, "%s", sentence);
    return tell(client, why);
}

static bool is_last_word(unsigned result)
{
    return result == MFN_IFR_RESULT_PROTOCOL || result == MFN_IFR_RESULT_BUSY ||
           result == MFN_IFR_RESULT_DENIED;
}

/* Is it a refusal after which the server hangs up? */
static bool last_word_find(const struct mfn_ifr_frame *frame, struct mfn_ifr_answer *answer)
{
    return frame->type == MFN_IFR_FRAME_RESPONSE &&
           mfn_ifr_answer_decode(frame->payload, answer, NULL) == BASE_OK &&
           is_last_word(answer->result);
}

static base_err lose_by_word(struct mfn_ifr_client *client, const struct mfn_ifr_answer *answer,
                             struct base_why *why)
{
    char sentence[MFN_IFR_SENTENCE_MAX + 40];
    const char *const text =
        answer->sentence[0] != '\0' ? answer->sentence : mfn_ifr_result_text(answer->result);
    snprintf(sentence, sizeof sentence, "the server refused: %s", text);
    return lose(client, mfn_ifr_result_err(answer->result), sentence, why);
}

static base_err hung_up(struct mfn_ifr_client *client, struct base_why *why)
{
    for (;;) {
        struct mfn_ifr_frame frame;
        struct mfn_ifr_answer answer;
        bool has_frame;
        uint8_t *room;
        size_t size;
        if (mfn_ifr_decoder_next(&client->in, &frame, &has_frame, NULL) != BASE_OK)
            break;
        if (has_frame && last_word_find(&frame, &answer))
            return lose_by_word(client, &answer, why);
        if (has_frame)
            continue;
        if (mfn_ifr_decoder_room(&client->in, &room, &size) != BASE_OK)
            break;
        const ssize_t count = recv(client->fd, room, size, MSG_DONTWAIT);
        if (count <= 0)
            break;
        mfn_ifr_decoder_add(&client->in, (size_t)count);
    }
    return lose(client, BASE_ECLOSED, "the server closed the connection", why);
}

static base_err socket_failed(struct mfn_ifr_client *client, int number, struct base_why *why)
{
    if (number == EPIPE || number == ECONNRESET)
        return hung_up(client, why);
    char sentence[100];
    if (number == EAGAIN || number == EWOULDBLOCK) {
        snprintf(sentence, sizeof sentence, "the server did not answer within %" PRIu64 " ms",
                 client->timeout_ns / MS);
        return lose(client, BASE_ETIMEOUT, sentence, why);
    }
    snprintf(sentence, sizeof sentence, "the socket failed: %s", strerror(number));
    return lose(client, BASE_EIO, sentence, why);
}

/* ---- opening and closing ---- */

static base_err limits_set(int fd, uint64_t timeout_ns, struct base_why *why)
{
    const struct timeval limit = { .tv_sec = (time_t)(timeout_ns / (1000 * MS)),
                                   .tv_usec = (suseconds_t)(timeout_ns / 1000 % 1000000) };
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
        return base_fail(why, BASE_EIO, 0, "cannot limit the socket's waiting: %s",
                         strerror(errno));
    return BASE_OK;
}

static base_err connect_failed(const char *path, int number, uint64_t timeout_ns,
                               struct base_why *why)
{
    if (number == ENOENT || number == ECONNREFUSED || number == ENOTDIR)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s: no server listens there", path);
    if (number == EAGAIN)
        return base_fail(why, BASE_ETIMEOUT, 0,
                         "%s: the server accepted nobody within %" PRIu64 " ms", path,
                         timeout_ns / MS);
    return base_fail(why, BASE_EIO, 0, "%s: cannot connect: %s", path, strerror(number));
}

static base_err connect_to(struct mfn_ifr_client *client, const char *path, struct base_why *why)
{
    struct sockaddr_un address;
    base_err err = base_listen_address(path, &address, why);
    if (err != BASE_OK)
        return err;
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return base_fail(why, BASE_EIO, 0, "cannot make a socket: %s", strerror(errno));
    err = limits_set(client->fd, client->timeout_ns, why);
    if (err != BASE_OK)
        return err;
    while (connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        if (errno != EINTR)
            return connect_failed(path, errno, client->timeout_ns, why);
    err = mfn_ifr_client_heartbeat(client, (struct base_span){ 0 }, why);
    return err == BASE_OK ? BASE_OK : base_fail_prefix(why, err, "%s", path);
}

base_err mfn_ifr_client_open(const char *path, uint64_t timeout_ns, struct mfn_ifr_client **out,
                             struct base_why *why)
{
    if (timeout_ns < MS || timeout_ns > 3600 * 1000 * MS)
        return base_fail(why, BASE_EINVALID, 0,
                         "a timeout of %" PRIu64 " ns is not between 1 ms and 1 h", timeout_ns);
    struct mfn_ifr_client *const client = calloc(1, sizeof *client);
    if (client == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a client");
    client->fd = -1;
    client->timeout_ns = timeout_ns;
    const base_err err = connect_to(client, path, why);
    if (err != BASE_OK) {
        mfn_ifr_client_close(client);
        return err;
    }
    *out = client;
    return BASE_OK;
}

void mfn_ifr_client_close(struct mfn_ifr_client *client)
{
    if (client == NULL)
        return;
    if (client->fd >= 0)
        close(client->fd);
    mfn_ifr_ring_close(&client->ring);
    mfn_ifr_decoder_done(&client->in);
    base_buf_done(&client->out);
    free(client);
}

/* ---- frames ---- */

base_err mfn_ifr_client_flush(struct mfn_ifr_client *client, struct base_why *why)
{
    if (client->broken.err != BASE_OK)
        return tell(client, why);
    if (client->ring.memory != NULL && mfn_ifr_ring_kick(&client->ring) != BASE_OK)
        return lose(client, BASE_EIO, bell_failed, why);
    for (size_t sent = 0; sent < client->out.size;) {
        const ssize_t count =
            send(client->fd, client->out.data + sent, client->out.size - sent, MSG_NOSIGNAL);
        if (count >= 0)
            sent += (size_t)count;
        else if (errno != EINTR)
            return socket_failed(client, errno, why);
    }
    base_buf_clear(&client->out);
    return BASE_OK;
}

static base_err frame_put(struct mfn_ifr_client *client, enum mfn_ifr_frame_type type,
                          struct base_span payload, struct base_why *why)
{
    if (client->broken.err != BASE_OK)
        return tell(client, why);
    const struct mfn_ifr_frame frame = {
        .type = type,
        .component_id = client->component_id,
        .sequence = client->sequence,
        .timestamp_ns = clock_ns(),
        .payload = payload,
    };
    const base_err err = mfn_ifr_frame_encode(&frame, &client->out);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "a frame with a payload of %zu bytes: %s", payload.size,
                         base_err_text(err));
    client->sequence++;
    return BASE_OK;
}

/* One read; descriptors that come along are kept in client->fds when attaching. */
static ssize_t receive(struct mfn_ifr_client *client, uint8_t *room, size_t size)
{
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec part = { .iov_base = room, .iov_len = size };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes };
    if (!client->is_attaching)
        return recv(client->fd, room, size, 0);
    const ssize_t count = recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *const head = count > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (head != NULL && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof client->fds) && client->fds[0] < 0)
        memcpy(client->fds, CMSG_DATA(head), sizeof client->fds);
    return count;
}

static base_err read_some(struct mfn_ifr_client *client, struct base_why *why)
{
    uint8_t *room;
    size_t size;
    if (mfn_ifr_decoder_room(&client->in, &room, &size) != BASE_OK)
        return lose(client, BASE_ENOMEM, "out of memory for an answer", why);
    const ssize_t count = receive(client, room, size);
    if (count == 0)
        return hung_up(client, why);
    if (count < 0)
        return errno == EINTR ? BASE_OK : socket_failed(client, errno, why);
    mfn_ifr_decoder_add(&client->in, (size_t)count);
    return BASE_OK;
}

/* The next frame. The socket limits one read; the deadline limits a server that trickles. */
static base_err frame_wait(struct mfn_ifr_client *client, struct mfn_ifr_frame *frame,
                           struct base_why *why)
{
    uint64_t deadline_ns = 0;
    for (bool has_frame = false;;) {
        struct base_why wrong;
        base_err err = mfn_ifr_decoder_next(&client->in, frame, &has_frame, &wrong);
        if (err != BASE_OK)
            return lose(client, err, wrong.text, why);
        if (has_frame)
            return BASE_OK;
        const uint64_t now_ns = clock_ns();
        if (deadline_ns == 0)
            deadline_ns = now_ns + client->timeout_ns;
        else if (now_ns >= deadline_ns)
            return socket_failed(client, EAGAIN, why);
        err = read_some(client, why);
        if (err != BASE_OK)
            return err;
    }
}

static base_err response_judge(struct mfn_ifr_client *client, struct base_span payload,
                               struct mfn_ifr_answer *answer, struct base_why *why)
{
    struct base_why wrong;
    const base_err err = mfn_ifr_answer_decode(payload, answer, &wrong);
    if (err != BASE_OK)
        return lose(client, err, wrong.text, why);
    return is_last_word(answer->result) ? lose_by_word(client, answer, why) : BASE_OK;
}

static base_err response_wait(struct mfn_ifr_client *client, struct mfn_ifr_answer *answer,
                              struct base_why *why)
{
    struct mfn_ifr_frame frame;
    const base_err err = frame_wait(client, &frame, why);
    if (err != BASE_OK)
        return err;
    if (frame.type != MFN_IFR_FRAME_RESPONSE)
        return lose(client, BASE_EPROTOCOL, "the answer to a request is not a Response", why);
    return response_judge(client, frame.payload, answer, why);
}

/* ---- the ring ---- */

/* Has the server gone, whose end of the ring does not answer? */
static bool is_hung_up(const struct mfn_ifr_client *client)
{
    uint8_t byte;
    const ssize_t count = recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

static base_err ring_wait(struct mfn_ifr_client *client, struct mfn_ifr_answer *answer,
                          struct base_why *why)
{
    uint8_t payload[MFN_IFR_ANSWER_SIZE_MAX];
    size_t size;
    uint64_t left_ns = client->timeout_ns;
    for (;;) {
        const uint64_t slice_ns = left_ns < LIFE_NS ? left_ns : LIFE_NS;
        const base_err err =
            mfn_ifr_ring_take(&client->ring, client->spin_ns, slice_ns, payload, &size);
        if (err == BASE_OK)
            return response_judge(client, base_span_of(payload, size), answer, why);
        if (err != BASE_ETIMEOUT)
            return lose(client, err,
                        err == BASE_EIO ? bell_failed
                                        : "an answer in the ring has an impossible size",
                        why);
        left_ns -= slice_ns;
        if (is_hung_up(client))
            return hung_up(client, why);
        if (left_ns == 0)
            return socket_failed(client, EAGAIN, why);
    }
}

static base_err ring_send(struct mfn_ifr_client *client, const struct mfn_ifr_request *request,
                          struct base_why *why)
{
    if (client->broken.err != BASE_OK)
        return tell(client, why);
    return mfn_ifr_ring_ask(&client->ring, request);
}

/* ---- the two halves ---- */

base_err mfn_ifr_client_send(struct mfn_ifr_client *client, const struct mfn_ifr_request *request,
                             struct base_why *why)
{
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX];
    if (request->command == MFN_IFR_COMMAND_ATTACH || request->command == MFN_IFR_COMMAND_METRICS)
        return base_fail(why, BASE_EINVALID, 0, "%s",
                         request->command == MFN_IFR_COMMAND_ATTACH
                             ? "a ring is asked for by mfn_ifr_client_attach"
                             : "metrics are asked for by mfn_ifr_client_metrics");
    if (request->command != MFN_IFR_COMMAND_STATS && !mfn_ifr_key_size_is_valid(request->key_size))
        return base_fail(why, BASE_EINVALID, 0, "a key of %zu bytes: it has 13, 32 or 37",
                         request->key_size);
    if (mfn_ifr_client_in_flight(client) >= MFN_IFR_CLIENT_IN_FLIGHT_MAX)
        return base_fail(why, BASE_EFULL, 0, "%d requests are under way: receive answers first",
                         MFN_IFR_CLIENT_IN_FLIGHT_MAX);
    if (client->ring.memory != NULL)
        return ring_send(client, request, why);
    const size_t size = mfn_ifr_request_encode(request, payload);
    return frame_put(client, MFN_IFR_FRAME_COMMAND, base_span_of(payload, size), why);
}

base_err mfn_ifr_client_receive(struct mfn_ifr_client *client, struct mfn_ifr_answer *out,
                                struct base_why *why)
{
    if (client->broken.err == BASE_OK && mfn_ifr_client_in_flight(client) == 0)
        return base_fail(why, BASE_EINVALID, 0, "no request is under way");
    const base_err err = mfn_ifr_client_flush(client, why);
    if (err != BASE_OK)
        return err;
    return client->ring.memory != NULL ? ring_wait(client, out, why)
                                       : response_wait(client, out, why);
}

/* ---- whole calls ---- */

static base_err idle_check(const struct mfn_ifr_client *client, struct base_why *why)
{
    const size_t count = mfn_ifr_client_in_flight(client);
    if (client->broken.err != BASE_OK)
        return tell(client, why);
    if (count > 0)
        return base_fail(why, BASE_EINVALID, 0, "%zu answers are to be received first", count);
    return BASE_OK;
}

static base_err answer_judge(const struct mfn_ifr_answer *answer, struct base_why *why)
{
    if (answer->result == MFN_IFR_RESULT_OK)
        return BASE_OK;
    return base_fail(why, mfn_ifr_result_err(answer->result), 0, "%s",
                     answer->sentence[0] != '\0' ? answer->sentence
                                                 : mfn_ifr_result_text(answer->result));
}

static base_err call(struct mfn_ifr_client *client, const struct mfn_ifr_request *request,
                     struct mfn_ifr_answer *answer, struct base_why *why)
{
    base_err err = idle_check(client, why);
    if (err == BASE_OK)
        err = mfn_ifr_client_send(client, request, why);
    if (err == BASE_OK)
        err = mfn_ifr_client_receive(client, answer, why);
    if (err == BASE_OK)
        err = answer_judge(answer, why);
    if (err == BASE_OK && answer->command != request->command)
        err = lose(client, BASE_EPROTOCOL, "the answer is to another command", why);
    return err;
}

base_err mfn_ifr_client_find(struct mfn_ifr_client *client, const void *key, size_t key_size,
                             struct mfn_ifr_value *out, struct base_why *why)
{
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_request request = { MFN_IFR_COMMAND_LOOKUP, key, key_size, { 0 } };
    const base_err err = call(client, &request, &answer, why);
    if (err == BASE_OK)
        *out = answer.value;
    return err;
}

base_err mfn_ifr_client_insert(struct mfn_ifr_client *client, const void *key, size_t key_size,
                               const struct mfn_ifr_value *value, struct base_why *why)
{
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_request request = { MFN_IFR_COMMAND_REGISTER, key, key_size, *value };
    return call(client, &request, &answer, why);
}

base_err mfn_ifr_client_remove(struct mfn_ifr_client *client, const void *key, size_t key_size,
                               struct base_why *why)
{
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_request request = { MFN_IFR_COMMAND_REMOVE, key, key_size, { 0 } };
    return call(client, &request, &answer, why);
}

base_err mfn_ifr_client_stats(struct mfn_ifr_client *client, struct mfn_ifr_counters *out,
                              struct base_why *why)
{
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_STATS };
    const base_err err = call(client, &request, &answer, why);
    if (err == BASE_OK)
        *out = answer.counters;
    return err;
}

/* One frame of any type there, one back. */
static base_err exchange(struct mfn_ifr_client *client, enum mfn_ifr_frame_type type,
                         struct base_span payload, struct mfn_ifr_frame *back, struct base_why *why)
{
    struct mfn_ifr_answer answer;
    base_err err = idle_check(client, why);
    if (err == BASE_OK)
        err = frame_put(client, type, payload, why);
    if (err == BASE_OK)
        err = mfn_ifr_client_flush(client, why);
    if (err == BASE_OK)
        err = frame_wait(client, back, why);
    if (err == BASE_OK && last_word_find(back, &answer))
        err = lose_by_word(client, &answer, why);
    return err;
}

base_err mfn_ifr_client_heartbeat(struct mfn_ifr_client *client, struct base_span payload,
                                  struct base_why *why)
{
    struct mfn_ifr_frame back;
    const base_err err = exchange(client, MFN_IFR_FRAME_HEARTBEAT, payload, &back, why);
    if (err != BASE_OK)
        return err;
    if (back.type != MFN_IFR_FRAME_HEARTBEAT)
        return lose(client, BASE_EPROTOCOL, "the answer to a Heartbeat is none", why);
    if (back.payload.size != payload.size ||
        (payload.size > 0 && memcmp(back.payload.data, payload.data, payload.size) != 0))
        return base_fail(why, BASE_EWRONG, 0, "a Heartbeat of %zu bytes came back changed",
                         payload.size);
    return BASE_OK;
}

base_err mfn_ifr_client_announce(struct mfn_ifr_client *client, uint32_t component_id,
                                 struct base_why *why)
{
    uint8_t payload[4];
    struct mfn_ifr_frame back;
    struct mfn_ifr_answer answer;
    mfn_ifr_put32(payload, component_id);
    base_err err = exchange(client, MFN_IFR_FRAME_REGISTRATION,
                            base_span_of(payload, sizeof payload), &back, why);
    if (err != BASE_OK)
        return err;
    if (back.type != MFN_IFR_FRAME_RESPONSE ||
        mfn_ifr_answer_decode(back.payload, &answer, NULL) != BASE_OK)
        return lose(client, BASE_EPROTOCOL, "the answer to a Registration is no Response", why);
    err = answer_judge(&answer, why);
    if (err == BASE_OK)
        client->component_id = component_id;
    return err;
}

base_err mfn_ifr_client_components(struct mfn_ifr_client *client, struct mfn_ifr_component *out,
                                   size_t capacity, size_t *count, struct base_why *why)
{
    struct mfn_ifr_frame back;
    const base_err err =
        exchange(client, MFN_IFR_FRAME_DISCOVERY, (struct base_span){ 0 }, &back, why);
    if (err != BASE_OK)
        return err;
    const size_t size = back.payload.size;
    const uint32_t said = size >= 4 ? mfn_ifr_get32(back.payload.data) : 0;
    if (back.type != MFN_IFR_FRAME_DISCOVERY || size != 4 + (size_t)8 * said)
        return lose(client, BASE_EPROTOCOL, "the answer to a Discovery is none", why);
    for (size_t i = 0; i < said && i < capacity; i++)
        out[i] = (struct mfn_ifr_component){ mfn_ifr_get32(back.payload.data + 4 + 8 * i),
                                             mfn_ifr_get32(back.payload.data + 8 + 8 * i) };
    *count = said;
    return BASE_OK;
}

base_err mfn_ifr_client_metrics(struct mfn_ifr_client *client, struct base_buf *out,
                                struct base_why *why)
{
    enum { BEFORE_TEXT = 4 };
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX];
    struct mfn_ifr_frame back;
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_METRICS };
    const size_t size = mfn_ifr_request_encode(&request, payload);
    base_err err = exchange(client, MFN_IFR_FRAME_COMMAND, base_span_of(payload, size), &back, why);
    if (err == BASE_OK && back.type != MFN_IFR_FRAME_RESPONSE)
        err = lose(client, BASE_EPROTOCOL, "the answer to Metrics is not a Response", why);
    if (err == BASE_OK)
        err = response_judge(client, back.payload, &answer, why);
    if (err == BASE_OK)
        err = answer_judge(&answer, why);
    if (err == BASE_OK && answer.command != MFN_IFR_COMMAND_METRICS)
        err = lose(client, BASE_EPROTOCOL, "the answer is to another command", why);
    if (err != BASE_OK)
        return err;
    err = base_buf_put(out, back.payload.data + BEFORE_TEXT, back.payload.size - BEFORE_TEXT);
    return err == BASE_OK ? BASE_OK : base_fail(why, err, 0, "out of memory for the metrics");
}

static base_err ring_join(struct mfn_ifr_client *client, struct base_why *why)
{
    struct base_why wrong;
    if (client->fds[0] < 0)
        return lose(client, BASE_EPROTOCOL, "the server sent no descriptors of a ring", why);
    const base_err err = mfn_ifr_ring_join(&client->ring, client->fds[0], client->fds[1], &wrong);
    return err == BASE_OK ? BASE_OK : lose(client, err, wrong.text, why);
}

base_err mfn_ifr_client_attach(struct mfn_ifr_client *client, uint64_t spin_ns,
                               struct base_why *why)
{
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX];
    struct mfn_ifr_frame back;
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_ATTACH };
    if (client->ring.memory != NULL || spin_ns > client->timeout_ns)
        return base_fail(why, BASE_EINVALID, 0, "%s",
                         client->ring.memory != NULL ? "this client has a ring already"
                                                     : "spin_ns is longer than the timeout");
    const size_t size = mfn_ifr_request_encode(&request, payload);
    client->fds[0] = client->fds[1] = -1;
    client->is_attaching = true;
    base_err err = exchange(client, MFN_IFR_FRAME_COMMAND, base_span_of(payload, size), &back, why);
    client->is_attaching = false;
    if (err == BASE_OK && back.type != MFN_IFR_FRAME_RESPONSE)
        err = lose(client, BASE_EPROTOCOL, "the answer to Attach is not a Response", why);
    if (err == BASE_OK)
        err = response_judge(client, back.payload, &answer, why);
    if (err == BASE_OK)
        err = answer_judge(&answer, why);
    if (err == BASE_OK) {
        client->spin_ns = spin_ns;
        return ring_join(client, why);
    }
    for (int i = 0; i < 2; i++)
        if (client->fds[i] >= 0)
            close(client->fds[i]);
    return err;
}
