/* channel.c - poll over the socket and the other side's standard error, so that a worker that
 * floods the latter cannot block itself or us. */
#define _GNU_SOURCE
#include "channel_internal.h"

#include <bench/clock.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { POLL_MS_MAX = 100 };

/* One packet wakes the other side once; text and break sent apart would wake it twice. */
static ssize_t put_parts(const struct channel *channel, struct iovec *parts, size_t count)
{
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    const ssize_t put = sendmsg(channel->out_fd, &message, MSG_NOSIGNAL);
    if (put < 0 && errno == ENOTSOCK) /* a worker run by hand, over pipes */
        return writev(channel->out_fd, parts, (int)count);
    return put;
}

base_err channel_send(struct channel *channel, const char *text, size_t size)
{
    struct iovec parts[] = { { (void *)text, size }, { (void *)"\n", 1 } };
    while (parts[1].iov_len > 0) {
        const ssize_t put = put_parts(channel, parts, 2);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == EPIPE || errno == ECONNRESET ? BASE_ECLOSED : BASE_EIO;
        const size_t first = (size_t)put < parts[0].iov_len ? (size_t)put : parts[0].iov_len;
        parts[0].iov_base = (char *)parts[0].iov_base + first;
        parts[0].iov_len -= first;
        parts[1].iov_len -= (size_t)put - first;
    }
    return BASE_OK;
}

static void keep_noise(struct channel *channel, const char *bytes, size_t size)
{
    if (size >= CHANNEL_NOISE_MAX) {
        memcpy(channel->noise, bytes + size - CHANNEL_NOISE_MAX, CHANNEL_NOISE_MAX);
        channel->noise_size = CHANNEL_NOISE_MAX;
        return;
    }
    const size_t room = CHANNEL_NOISE_MAX - channel->noise_size;
    if (size > room) {
        memmove(channel->noise, channel->noise + (size - room),
                channel->noise_size - (size - room));
        channel->noise_size -= size - room;
    }
    memcpy(channel->noise + channel->noise_size, bytes, size);
    channel->noise_size += size;
}

static bool read_noise(struct channel *channel)
{
    char bytes[8192];
    const ssize_t got = read(channel->noise_fd, bytes, sizeof bytes);
    if (got > 0)
        keep_noise(channel, bytes, (size_t)got);
    return got > 0;
}

static void noise_ended(struct channel *channel)
{
    close(channel->noise_fd);
    channel->noise_fd = -1;
}

void channel_drain_noise(struct channel *channel)
{
    struct pollfd waits = { .fd = channel->noise_fd, .events = POLLIN };
    for (int i = 0; i < 64 && channel->noise_fd >= 0 && poll(&waits, 1, 0) == 1; i++)
        if (!read_noise(channel))
            break;
    channel->noise[channel->noise_size] = '\0';
}

static base_err read_more(struct channel *channel)
{
    if (channel->in.size > CHANNEL_LINE_MAX)
        return BASE_ERANGE;
    const base_err err = base_buf_reserve(&channel->in, 65536);
    if (err != BASE_OK)
        return err;
    const ssize_t got = read(channel->fd, channel->in.data + channel->in.size,
                             channel->in.capacity - channel->in.size);
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return BASE_ECLOSED;
    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? BASE_OK : BASE_EIO;
    channel->in.size += (size_t)got;
    return BASE_OK;
}

static base_err wait_for_more(struct channel *channel, uint64_t deadline_ns,
                              const volatile sig_atomic_t *interrupted)
{
    for (;;) {
        if (interrupted != NULL && *interrupted)
            return BASE_EINTERRUPTED;
        int wait_ms = -1;
        if (deadline_ns != UINT64_MAX || interrupted != NULL) {
            const uint64_t now = bench_clock_now_ns();
            if (now >= deadline_ns)
                return BASE_ETIMEOUT;
            const uint64_t left_ms = (deadline_ns - now) / 1000000 + 1;
            wait_ms = left_ms < POLL_MS_MAX ? (int)left_ms : POLL_MS_MAX;
        }
        struct pollfd waits[2] = { { .fd = channel->fd, .events = POLLIN },
                                   { .fd = channel->noise_fd, .events = POLLIN } };
        if (poll(waits, 2, wait_ms) < 0 && errno != EINTR)
            return BASE_EIO;
        if (waits[1].revents != 0 && !read_noise(channel))
            noise_ended(channel);
        if (waits[0].revents != 0)
            return read_more(channel);
    }
}

/* Forget the line that was handed out last. */
static void drop_taken(struct channel *channel)
{
    if (channel->taken == 0)
        return;
    memmove(channel->in.data, channel->in.data + channel->taken, channel->in.size - channel->taken);
    channel->in.size -= channel->taken;
    channel->taken = 0;
    channel->scanned = 0;
}

base_err channel_receive(struct channel *channel, uint64_t deadline_ns,
                         const volatile sig_atomic_t *interrupted, struct base_span *line)
{
    drop_taken(channel);
    for (;;) {
        const size_t left = channel->in.size - channel->scanned;
        uint8_t *end = left > 0 ? memchr(channel->in.data + channel->scanned, '\n', left) : NULL;
        if (end != NULL) {
            channel->taken = (size_t)(end - channel->in.data) + 1;
            *line = base_span_of(channel->in.data, channel->taken - 1);
            return BASE_OK;
        }
        channel->scanned = channel->in.size;
        const base_err err = wait_for_more(channel, deadline_ns, interrupted);
        if (err != BASE_OK)
            return err;
    }
}

size_t channel_unasked(struct channel *channel)
{
    int waiting = 0;
    if (ioctl(channel->fd, FIONREAD, &waiting) != 0)
        waiting = 0;
    return channel->in.size - channel->taken + (size_t)waiting;
}

void channel_done(struct channel *channel)
{
    base_buf_done(&channel->in);
    if (channel->fd > 2)
        close(channel->fd);
    if (channel->out_fd > 2 && channel->out_fd != channel->fd)
        close(channel->out_fd);
    if (channel->noise_fd > 2)
        close(channel->noise_fd);
    *channel = (struct channel){ .fd = -1, .out_fd = -1, .noise_fd = -1 };
}
