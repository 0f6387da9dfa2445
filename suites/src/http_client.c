/* http_client.c - one send and, as a rule, one receive for each question; what was received beyond
 * an answer is a broken protocol, as nothing else was asked. */
#define _GNU_SOURCE
#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The connection is lost, and why. */
static base_err lose(struct http_client *client, base_err err, const char *sentence)
{
    client->broken = err;
    return base_fail(&client->why, err, 0, "%s", sentence);
}

static base_err lose_errno(struct http_client *client, const char *what)
{
    const bool is_late = errno == EAGAIN || errno == EWOULDBLOCK;
    client->broken = BASE_EIO;
    if (is_late)
        return base_fail(&client->why, BASE_EIO, 0, "the HTTP service did not %s within %d s", what,
                         HTTP_TIMEOUT_S);
    return base_fail(&client->why, BASE_EIO, 0, "the HTTP service does not %s: %s", what,
                     strerror(errno));
}

static bool set_up(int fd)
{
    const int on = 1;
    const struct timeval limit = { .tv_sec = HTTP_TIMEOUT_S };
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

static base_err connect_to(struct http_client *client)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(client->port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    client->is_closing = false;
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0)
        return lose_errno(client, "get a socket");
    if (!set_up(client->socket) ||
        connect(client->socket, (const void *)&address, sizeof address) != 0)
        return lose_errno(client, "accept");
    return BASE_OK;
}

void http_client_close(struct http_client *client)
{
    if (client->socket >= 0)
        close(client->socket);
    client->socket = -1;
}

base_err http_client_open(struct http_client *client, uint16_t port, struct base_why *why)
{
    memset(client, 0, sizeof *client);
    client->port = port;
    client->tail_size = (size_t)snprintf(client->tail, sizeof client->tail,
                                         " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", port);
    const base_err err = connect_to(client);
    if (err == BASE_OK)
        return err;
    http_client_close(client);
    return base_fail(why, err, 0, "%s", client->why.text);
}

static base_err make_request(struct http_client *client, const char *path, size_t *size)
{
    const size_t length = strlen(path);
    bool is_good = length >= 1 && length <= SUITE_HTTP_PATH_MAX && path[0] == '/';
    for (size_t i = 0; is_good && i < length; i++)
        is_good = path[i] > ' ' && path[i] < 0x7f;
    if (!is_good)
        return base_fail(&client->why, BASE_EINVALID, 0,
                         "a path is '/' and printable ASCII without blanks, at most %d bytes",
                         SUITE_HTTP_PATH_MAX);
    char *at = mempcpy(client->request, "GET ", 4);
    at = mempcpy(at, path, length);
    at = mempcpy(at, client->tail, client->tail_size);
    *size = (size_t)(at - client->request);
    return BASE_OK;
}

static base_err send_all(struct http_client *client, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t sent = send(client->socket, client->request + at, size - at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return lose_errno(client, "take a request");
        at += (size_t)sent;
    }
    return BASE_OK;
}

static base_err receive(struct http_client *client, char *out, size_t room, size_t *got)
{
    ssize_t size;
    do
        size = recv(client->socket, out, room, 0);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return lose_errno(client, "answer");
    if (size == 0)
        return lose(client, BASE_EIO, "the HTTP service is gone: it closed the connection");
    *got = (size_t)size;
    return BASE_OK;
}

/* Receive until the headers are whole; `*have` bytes are there then, `*head` of them headers. */
static base_err receive_head(struct http_client *client, size_t *have, size_t *head)
{
    *have = 0;
    for (;;) {
        if (*have == HTTP_HEAD_MAX)
            return lose(client, BASE_EPROTOCOL, "the HTTP service's headers do not end");
        size_t got;
        const base_err err = receive(client, client->head + *have, HTTP_HEAD_MAX - *have, &got);
        if (err != BASE_OK)
            return err;
        const size_t from = *have < 3 ? 0 : *have - 3;
        *have += got;
        const char *end = memmem(client->head + from, *have - from, "\r\n\r\n", 4);
        if (end != NULL) {
            *head = (size_t)(end - client->head) + 4;
            return BASE_OK;
        }
    }
}

/* The value of a header when `line` is that header, else NULL. */
static const char *value_of(const char *line, const char *name)
{
    const size_t size = strlen(name);
    if (strncasecmp(line, name, size) != 0 || line[size] != ':')
        return NULL;
    return line + size + 1 + strspn(line + size + 1, " \t");
}

/* A decimal number up to the end of its line. */
static bool read_length(const char *text, size_t *length)
{
    *length = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && at - text < 12; at++)
        *length = *length * 10 + (size_t)(*at - '0');
    return at > text && (*at == '\r' || *at == ' ');
}

/* What the headers say: the status, and the size of the body. */
static base_err read_head(struct http_client *client, size_t head, int *status, size_t *length)
{
    char *text = client->head;
    bool has_length = false;
    if (memchr(text, '\0', head) != NULL || sscanf(text, "HTTP/1.%*1[01] %3d", status) != 1)
        return lose(client, BASE_EPROTOCOL, "the service's answer is not HTTP/1.1");
    for (char *line = strchr(text, '\n') + 1; line < text + head - 2;
         line = strchr(line, '\n') + 1) {
        const char *value = value_of(line, "Content-Length");
        if (value != NULL) {
            has_length = read_length(value, length);
            continue;
        }
        value = value_of(line, "Connection");
        if (value != NULL)
            client->is_closing = strncasecmp(value, "close", 5) == 0;
    }
    if (!has_length)
        return lose(client, BASE_EPROTOCOL, "the HTTP service's answer has no Content-Length");
    return BASE_OK;
}

/* The body: what came with the headers, and the rest of it. */
static base_err receive_body(struct http_client *client, size_t head, size_t have, char *out,
                             size_t length)
{
    size_t at = have - head;
    if (at > length)
        return lose(client, BASE_EPROTOCOL, "the HTTP service sent more than one answer");
    memcpy(out, client->head + head, at);
    while (at < length) {
        size_t got;
        const base_err err = receive(client, out + at, length - at, &got);
        if (err != BASE_OK)
            return err;
        at += got;
    }
    return BASE_OK;
}

static base_err receive_answer(struct http_client *client, char *out, size_t out_size, int *status,
                               size_t *length)
{
    size_t have = 0, head = 0;
    base_err err = receive_head(client, &have, &head);
    if (err != BASE_OK)
        return err;
    const char end = client->head[head];
    client->head[head] = '\0'; /* so that the headers are a text */
    err = read_head(client, head, status, length);
    client->head[head] = end;
    if (err == BASE_OK && *length > out_size)
        err = lose(client, BASE_EFULL, "the HTTP service's answer is larger than its place");
    return err == BASE_OK ? receive_body(client, head, have, out, *length) : err;
}

base_err http_client_get(struct http_client *client, const char *path, char *out, size_t out_size,
                         size_t *size)
{
    if (client->broken != BASE_OK)
        return client->broken;
    size_t request_size = 0, length = 0;
    int status = 0;
    base_err err = make_request(client, path, &request_size);
    if (err == BASE_OK && client->is_closing) {
        http_client_close(client);
        err = connect_to(client);
    }
    if (err == BASE_OK)
        err = send_all(client, request_size);
    if (err == BASE_OK)
        err = receive_answer(client, out, out_size, &status, &length);
    if (err != BASE_OK)
        return err;
    if (status == 404)
        return base_fail(&client->why, BASE_ENOTFOUND, 0, "the HTTP service has no %s", path);
    if (status != 200) {
        client->broken = BASE_EPROTOCOL;
        return base_fail(&client->why, BASE_EPROTOCOL, 0, "the HTTP service answers %d to GET %s",
                         status, path);
    }
    *size = length;
    return BASE_OK;
}
