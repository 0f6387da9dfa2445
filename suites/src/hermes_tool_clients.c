/* hermes_tool_clients.c - connections to the control socket: lines in, lines out, and nobody may
 * make the node wait. What a client did not read yet waits in memory, up to a limit; one that
 * crosses it is cut off. */
#define _GNU_SOURCE
#include "hermes_tool.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    READ_SIZE = 1 << 16,
    READS_MAX = 16, /* of one client in one step: others have their turn */
    EVENTS_MAX = 16,
    BACKLOG = 16,
    KEPT_SIZE = 1 << 16, /* larger buffers are released when they are empty */
};

static const uint64_t listener_mark = UINT64_MAX;

static void epoll_set(struct hermes_tool_clients *clients, int how,
                      struct hermes_tool_client *client)
{
    const size_t place = (size_t)(client - clients->list);
    struct epoll_event event = {
        .events = (client->is_ended ? 0 : EPOLLIN) | (client->is_writing ? EPOLLOUT : 0),
        .data.u64 = client->serial * HERMES_TOOL_CLIENTS_MAX + place,
    };
    (void)epoll_ctl(clients->epoll, how, client->fd, &event); /* fails only when out of memory */
}

static void buffer_release(struct base_buf *buf)
{
    if (buf->capacity > KEPT_SIZE)
        base_buf_done(buf);
    else
        base_buf_clear(buf);
}

void hermes_tool_client_drop(struct hermes_tool_client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd); /* leaves the epoll by that */
    base_buf_done(&client->in);
    base_buf_done(&client->out);
    *client = (struct hermes_tool_client){ .fd = -1 };
}

/* ---- out ---- */

static void client_write(struct hermes_tool_clients *clients, struct hermes_tool_client *client)
{
    while (client->written < client->out.size) {
        const ssize_t sent = send(client->fd, client->out.data + client->written,
                                  client->out.size - client->written, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            hermes_tool_client_drop(client);
            return;
        }
        if (sent < 0)
            break;
        client->written += (size_t)sent;
    }
    const bool has_rest = client->written < client->out.size;
    if (!has_rest) {
        buffer_release(&client->out);
        client->written = 0;
    }
    if (!has_rest && client->is_ended) {
        hermes_tool_client_drop(client);
    } else if (has_rest != client->is_writing) {
        client->is_writing = has_rest;
        epoll_set(clients, EPOLL_CTL_MOD, client);
    }
}

static void out_compact(struct hermes_tool_client *client)
{
    if (client->written < client->out.size / 2 || client->written == 0)
        return;
    client->out.size -= client->written;
    memmove(client->out.data, client->out.data + client->written, client->out.size);
    client->written = 0;
}

void hermes_tool_client_put(struct hermes_tool_clients *clients, struct hermes_tool_client *client,
                            struct base_span lines)
{
    if (client->fd < 0)
        return;
    const size_t unread = client->out.size - client->written;
    out_compact(client);
    if (unread + lines.size > HERMES_TOOL_UNREAD_MAX ||
        base_buf_put(&client->out, lines.data, lines.size) != BASE_OK) {
        hermes_tool_client_drop(client);
        return;
    }
    if (!client->is_writing)
        client_write(clients, client);
}

/* ---- in ---- */

/* Each whole line is shown; false when the client was dropped meanwhile. */
static bool lines_take(struct hermes_tool_clients *clients, struct hermes_tool_client *client)
{
    const uint64_t serial = client->serial;
    size_t start = 0;
    for (;;) {
        const uint8_t *const data = client->in.data;
        const uint8_t *const end =
            client->in.size > client->scanned
                ? memchr(data + client->scanned, '\n', client->in.size - client->scanned)
                : NULL;
        if (end == NULL)
            break;
        const size_t size = (size_t)(end - data) - start;
        client->scanned = start + size + 1;
        clients->line(clients->context, client, base_span_of(data + start, size));
        if (client->fd < 0 || client->serial != serial)
            return false;
        start = client->scanned;
    }
    client->in.size -= start;
    if (client->in.size == 0)
        buffer_release(&client->in);
    else if (start > 0)
        memmove(client->in.data, client->in.data + start, client->in.size);
    client->scanned = client->in.size;
    return true;
}

static void client_end(struct hermes_tool_clients *clients, struct hermes_tool_client *client)
{
    client->is_ended = true;
    client->types = 0;
    if (client->is_writing)
        epoll_set(clients, EPOLL_CTL_MOD, client);
    else
        hermes_tool_client_drop(client);
}

static void line_refuse(struct hermes_tool_clients *clients, struct hermes_tool_client *client)
{
    struct base_buf line = { 0 };
    struct base_why why;
    const base_err err =
        base_fail(&why, BASE_ERANGE, 0, "a line has more than %d bytes", HERMES_TOOL_LINE_MAX);
    if (hermes_tool_put_error(err, &why, &line) == BASE_OK)
        hermes_tool_client_put(clients, client, base_buf_span(&line));
    base_buf_done(&line);
    if (client->fd >= 0)
        client_end(clients, client);
}

static void client_read(struct hermes_tool_clients *clients, struct hermes_tool_client *client)
{
    for (unsigned i = 0; i < READS_MAX; i++) {
        if (base_buf_reserve(&client->in, READ_SIZE) != BASE_OK) {
            hermes_tool_client_drop(client);
            return;
        }
        const ssize_t got =
            recv(client->fd, client->in.data + client->in.size, READ_SIZE, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got < 0) {
            hermes_tool_client_drop(client);
            return;
        }
        if (got == 0) {
            client_end(clients, client);
            return;
        }
        client->in.size += (size_t)got;
        if (!lines_take(clients, client))
            return;
        if (client->in.size > HERMES_TOOL_LINE_MAX) {
            line_refuse(clients, client);
            return;
        }
    }
}

/* ---- all ---- */

static void client_accept(struct hermes_tool_clients *clients)
{
    const int fd = accept4(clients->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i++) {
        struct hermes_tool_client *const client = &clients->list[i];
        if (client->fd >= 0)
            continue;
        *client = (struct hermes_tool_client){ .fd = fd, .serial = ++clients->serials };
        epoll_set(clients, EPOLL_CTL_ADD, client);
        return;
    }
    static const char full[] = "{\"error\": \"EFULL\", \"sentence\": \"the node has too many "
                               "clients already\"}\n";
    (void)!send(fd, full, sizeof full - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

static void event_take(struct hermes_tool_clients *clients, const struct epoll_event *event)
{
    if (event->data.u64 == listener_mark) {
        client_accept(clients);
        return;
    }
    struct hermes_tool_client *const client =
        &clients->list[event->data.u64 % HERMES_TOOL_CLIENTS_MAX];
    const uint64_t serial = event->data.u64 / HERMES_TOOL_CLIENTS_MAX;
    if (client->fd >= 0 && client->serial == serial && (event->events & EPOLLOUT) != 0)
        client_write(clients, client);
    if (client->fd < 0 || client->serial != serial)
        return;
    if (!client->is_ended && (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        client_read(clients, client);
    else if ((event->events & (EPOLLHUP | EPOLLERR)) != 0)
        hermes_tool_client_drop(client);
}

void hermes_tool_clients_step(struct hermes_tool_clients *clients)
{
    struct epoll_event events[EVENTS_MAX];
    const int count = epoll_wait(clients->epoll, events, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++)
        event_take(clients, &events[i]);
}

size_t hermes_tool_clients_count(const struct hermes_tool_clients *clients)
{
    size_t count = 0;
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i++)
        count += clients->list[i].fd >= 0;
    return count;
}

base_err hermes_tool_clients_open(const char *path, hermes_tool_line_fn *line, void *context,
                                  struct hermes_tool_clients *out, struct base_why *why)
{
    *out = (struct hermes_tool_clients){ .listener.fd = -1, .line = line, .context = context };
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i++)
        out->list[i].fd = -1;
    out->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (out->epoll < 0)
        return base_fail(why, BASE_EIO, 0, "no epoll: %s", strerror(errno));
    const struct base_listen_options name = {
        .path = path, .who = "node", .mode = 0600, .gid = (gid_t)-1, .backlog = BACKLOG
    };
    struct sockaddr_un address;
    base_err err = base_listen_address(path, &address, why); /* or a folder would be made for it */
    if (err == BASE_OK)
        err = hermes_tool_folder_make(path, why);
    if (err == BASE_OK)
        err = base_listener_open(&name, &out->listener, why);
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = listener_mark };
    if (err == BASE_OK && epoll_ctl(out->epoll, EPOLL_CTL_ADD, out->listener.fd, &event) != 0)
        err = base_fail(why, BASE_EIO, 0, "no epoll: %s", strerror(errno));
    if (err != BASE_OK)
        hermes_tool_clients_close(out);
    return err;
}

void hermes_tool_clients_close(struct hermes_tool_clients *clients)
{
    if (clients->line == NULL)
        return;
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i++)
        hermes_tool_client_drop(&clients->list[i]);
    base_listener_close(&clients->listener);
    close(clients->epoll);
    clients->line = NULL;
}
