/* ifr_connection.c - partial reads and writes; answers are written where they are sent from. */
#define _GNU_SOURCE
#include "ifr_connection.h"

#include <mfn/ifr_server.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUT_KEEP = 16384 }; /* a larger buffer is given back when it is empty */

void mfn_ifr_connection_done(struct mfn_ifr_connection *connection)
{
    if (connection->is_open)
        close(connection->fd);
    mfn_ifr_ring_close(&connection->ring);
    mfn_ifr_decoder_done(&connection->in);
    base_buf_done(&connection->out);
    *connection = (struct mfn_ifr_connection){ .fd = -1 };
}

uint32_t mfn_ifr_connection_wanted(const struct mfn_ifr_connection *connection)
{
    const size_t pending = mfn_ifr_connection_pending(connection);
    uint32_t wanted = 0;
    if (!connection->is_ending && pending < MFN_IFR_SERVER_OUT_HIGH)
        wanted |= EPOLLIN;
    if (pending > 0)
        wanted |= EPOLLOUT;
    return wanted;
}

static bool is_again(int number)
{
    return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

bool mfn_ifr_connection_receive(struct mfn_ifr_connection *connection)
{
    uint8_t *room;
    size_t size;
    if (mfn_ifr_decoder_room(&connection->in, &room, &size) != BASE_OK)
        return false;
    const ssize_t count = recv(connection->fd, room, size, MSG_DONTWAIT);
    if (count < 0)
        return is_again(errno);
    if (count == 0)
        connection->is_ending = true;
    mfn_ifr_decoder_add(&connection->in, (size_t)count);
    return true;
}

static void out_clear(struct mfn_ifr_connection *connection)
{
    connection->out_begin = 0;
    if (connection->out.capacity > OUT_KEEP)
        base_buf_done(&connection->out);
    else
        base_buf_clear(&connection->out);
}

static void sent(struct mfn_ifr_connection *connection, size_t size)
{
    connection->out_begin += size;
    if (mfn_ifr_connection_pending(connection) == 0)
        out_clear(connection);
}

bool mfn_ifr_connection_flush_with(struct mfn_ifr_connection *connection, const int fds[2])
{
    union {
        struct cmsghdr head;
        uint8_t bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = { .bytes = { 0 } };
    struct iovec part = { .iov_base = connection->out.data + connection->out_begin,
                          .iov_len = mfn_ifr_connection_pending(connection) };
    const struct msghdr message = { .msg_iov = &part,
                                    .msg_iovlen = 1,
                                    .msg_control = control.bytes,
                                    .msg_controllen = sizeof control.bytes };
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(&control.head), fds, 2 * sizeof(int));
    const ssize_t count = sendmsg(connection->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count <= 0)
        return false;
    sent(connection, (size_t)count);
    return true;
}

bool mfn_ifr_connection_flush(struct mfn_ifr_connection *connection)
{
    const size_t pending = mfn_ifr_connection_pending(connection);
    if (pending == 0)
        return true;
    const ssize_t count = send(connection->fd, connection->out.data + connection->out_begin,
                               pending, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0)
        return is_again(errno);
    sent(connection, (size_t)count);
    return true;
}

/* What was sent makes room first, so that the buffer never holds more than what waits. */
static void out_move_to_front(struct mfn_ifr_connection *connection)
{
    struct base_buf *const out = &connection->out;
    const size_t pending = mfn_ifr_connection_pending(connection);
    memmove(out->data, out->data + connection->out_begin, pending);
    out->size = pending;
    connection->out_begin = 0;
}

uint8_t *mfn_ifr_connection_room(struct mfn_ifr_connection *connection, size_t size)
{
    struct base_buf *const out = &connection->out;
    if (connection->out_begin > 0)
        out_move_to_front(connection);
    if (base_buf_reserve(out, MFN_IFR_FRAME_HEAD_SIZE + size) != BASE_OK)
        return NULL;
    return out->data + out->size + MFN_IFR_FRAME_HEAD_SIZE;
}

void mfn_ifr_connection_seal(struct mfn_ifr_connection *connection, enum mfn_ifr_frame_type type,
                             uint64_t now_ns, size_t size)
{
    struct base_buf *const out = &connection->out;
    const struct mfn_ifr_frame frame = {
        .type = type,
        .sequence = connection->sequence++,
        .timestamp_ns = now_ns,
    };
    mfn_ifr_frame_seal(&frame, out->data + out->size, (uint32_t)size);
    out->size += MFN_IFR_FRAME_HEAD_SIZE + size;
}
