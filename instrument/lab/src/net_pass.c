/* net_pass.c - one message, some descriptors (SCM_RIGHTS, unix(7)). */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union ancillary {
    char bytes[CMSG_SPACE(sizeof(int) * LAB_DESCRIPTORS_MAX)];
    struct cmsghdr align;
};

base_err lab_pass_send(int socket, const void *data, size_t size, const int *fds, size_t fd_count,
                       struct base_why *why)
{
    union ancillary space;
    struct iovec part = { (void *)data, size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd_count > 0) {
        memset(&space, 0, sizeof space);
        message.msg_control = space.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *const head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(head), fds, sizeof(int) * fd_count);
    }
    ssize_t n;
    do
        n = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return base_fail(why, errno == EPIPE || errno == ECONNRESET ? BASE_ECLOSED : BASE_EIO, 0,
                         "sendmsg: %s", strerror(errno));
    return BASE_OK;
}

static void fds_take(struct msghdr *message, int *fds, size_t room, size_t *count)
{
    *count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t found = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < found; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (*count < room)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
}

base_err lab_pass_receive(int socket, void *data, size_t size, int *fds, size_t *fd_count,
                          int timeout_ms, struct base_why *why)
{
    struct pollfd wait = { socket, POLLIN, 0 };
    int ready;
    do
        ready = poll(&wait, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return base_fail(why, BASE_ETIMEOUT, 0, "no answer within %d ms", timeout_ms);
    union ancillary space;
    struct iovec part = { data, size };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = space.bytes,
                              .msg_controllen = sizeof space.bytes };
    ssize_t n;
    do
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != ECONNRESET)
        return base_fail(why, BASE_EIO, 0, "recvmsg: %s", strerror(errno));
    size_t found = 0;
    if (n > 0)
        fds_take(&message, fds, fd_count ? *fd_count : 0, &found);
    if (fd_count)
        *fd_count = found;
    if (n <= 0)
        return base_fail(why, BASE_ECLOSED, 0, "the other side has ended");
    if ((size_t)n != size)
        return base_fail(why, BASE_EPROTOCOL, 0, "a message of %zd bytes, not %zu", n, size);
    return BASE_OK;
}
