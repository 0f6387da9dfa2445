/* relay_stream.c - a TCP connection in two halves, and links in between that delay its bytes.
 *
 * The port accepts at once (the kernel does); the service is connected when the news has come over
 * the link. Each end reads while less than a window of its bytes is under way, so that a slow link
 * or reader is felt by the writer. Pieces are numbered: one that is missing (a cut, no memory)
 * breaks the stream when the next arrives. */
#define _GNU_SOURCE
#include "relay_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct lab_place *other_of(struct lab_relay *relay, const struct lab_place *end)
{
    return &relay->places[end->other];
}

/* Both ends, with a reset: whoever is there learns that bytes are missing. */
static void stream_break(struct lab_relay *relay, struct lab_place *end)
{
    struct lab_place *const ends[2] = { end, other_of(relay, end) };
    for (int i = 0; i < 2; i++) {
        const struct linger reset = { 1, 0 };
        if (ends[i]->fd >= 0)
            (void)setsockopt(ends[i]->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        lab_place_free(relay, ends[i]);
    }
}

static void interest_set(struct lab_relay *relay, const struct lab_place *end)
{
    if (end->fd < 0)
        return;
    const bool reads =
        !end->is_connecting && !end->has_read_end && end->under_way < LAB_STREAM_WINDOW;
    lab_emulator_interest(relay->emulator, end->fd, lab_place_tag(relay, end), reads,
                          end->is_connecting || end->unwritten.size > 0);
}

/* A piece from an end to its other; false when the links have no room, which breaks the stream. */
static bool piece_push(struct lab_relay *relay, struct lab_place *end, enum lab_piece_kind kind,
                       size_t size, uint64_t now_ns)
{
    const struct lab_place *const other = other_of(relay, end);
    const struct lab_piece piece = { end->other, other->generation, kind, end->sent++ };
    memcpy(relay->buffer, &piece, sizeof piece);
    return lab_emulator_push_stream(relay->emulator, now_ns, end->from, end->to, relay->buffer,
                                    sizeof piece + size, LAB_HEADERS_TCP - sizeof piece) == BASE_OK;
}

void lab_stream_accept(struct lab_relay *relay, struct lab_place *port)
{
    const int fd = accept4(port->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct lab_place *const near = lab_place_new(relay, LAB_PLACE_END, fd, port);
    const struct lab_place back = { .from = port->to, .to = port->from, .service = port->service };
    struct lab_place *const far = near ? lab_place_new(relay, LAB_PLACE_END, -1, &back) : NULL;
    if (!far) {
        if (near)
            lab_place_free(relay, near);
        relay->emulator->stats->refused++;
        return;
    }
    near->other = lab_place_index(relay, far);
    far->other = lab_place_index(relay, near);
    if (!piece_push(relay, near, LAB_PIECE_OPEN, 0, lab_clock_ns()))
        stream_break(relay, near);
}

/* Write what waits; then the end, if it has come. False when the stream is broken and gone. */
static bool write_out(struct lab_relay *relay, struct lab_place *end)
{
    struct lab_place *const other = other_of(relay, end);
    while (end->unwritten.size > 0 && !end->is_connecting) {
        const ssize_t n =
            send(end->fd, end->unwritten.data, end->unwritten.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n < 0) {
            stream_break(relay, end);
            return false;
        }
        end->unwritten.size -= (size_t)n;
        memmove(end->unwritten.data, end->unwritten.data + n, end->unwritten.size);
        other->under_way -= (size_t)n;
    }
    if (end->unwritten.size == 0 && end->has_end_to_write && !end->is_write_shut &&
        !end->is_connecting) {
        (void)shutdown(end->fd, SHUT_WR);
        end->is_write_shut = true;
    }
    if (end->is_write_shut && other->is_write_shut) {
        lab_place_free(relay, other);
        lab_place_free(relay, end);
        return false;
    }
    interest_set(relay, end);
    interest_set(relay, other);
    return true;
}

static bool read_in(struct lab_relay *relay, struct lab_place *end)
{
    uint8_t *const data = relay->buffer + sizeof(struct lab_piece);
    for (int i = 0; i < LAB_EMULATOR_BATCH && end->under_way < LAB_STREAM_WINDOW; i++) {
        const ssize_t n = recv(end->fd, data, LAB_STREAM_PIECE, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        end->has_read_end = n == 0;
        end->under_way += n > 0 ? (size_t)n : 0;
        if (n < 0 || !piece_push(relay, end, n > 0 ? LAB_PIECE_BYTES : LAB_PIECE_END, (size_t)n,
                                 lab_clock_ns())) {
            stream_break(relay, end);
            return false;
        }
        if (n == 0)
            break;
    }
    interest_set(relay, end);
    return true;
}

/* The connection to the service has come about, or not. */
static bool connect_end(struct lab_relay *relay, struct lab_place *end)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &length) || error) {
        stream_break(relay, end);
        return false;
    }
    end->is_connecting = false;
    return true;
}

void lab_stream_ready(struct lab_relay *relay, struct lab_place *end)
{
    if (end->is_connecting && !connect_end(relay, end))
        return;
    if (!write_out(relay, end))
        return;
    if (!end->has_read_end && end->under_way < LAB_STREAM_WINDOW)
        (void)read_in(relay, end);
}

static void service_connect(struct lab_relay *relay, struct lab_place *end)
{
    struct sockaddr_in service = { .sin_family = AF_INET, .sin_port = htons(end->service) };
    service.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    end->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const uint64_t tag = lab_place_tag(relay, end);
    if (end->fd < 0 || lab_emulator_watch(relay->emulator, end->fd, tag, NULL) ||
        (connect(end->fd, (const struct sockaddr *)&service, sizeof service) &&
         errno != EINPROGRESS)) {
        stream_break(relay, end);
        return;
    }
    end->is_connecting = true;
    interest_set(relay, end);
}

void lab_stream_give(struct lab_relay *relay, struct lab_place *end, const struct lab_piece *piece,
                     const uint8_t *data, size_t size)
{
    const bool is_next = end->kind == LAB_PLACE_END && piece->index == end->received++;
    if (end->kind != LAB_PLACE_END)
        return;
    if (!is_next ||
        (piece->kind == LAB_PIECE_BYTES && base_buf_put(&end->unwritten, data, size) != BASE_OK)) {
        stream_break(relay, end);
        return;
    }
    if (piece->kind == LAB_PIECE_OPEN) {
        service_connect(relay, end);
        return;
    }
    end->has_end_to_write |= piece->kind == LAB_PIECE_END;
    (void)write_out(relay, end);
}
