/* hermes_tool.c - the other end of the control socket: one connection a call. */
#define _GNU_SOURCE
#include "hermes_tool.h"

#include <base/units.h>

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

enum { READ_SIZE = 1 << 16, WAIT_MS = 200, SHOWN_MAX = 200 };

struct ask {
    const struct suite_hermes_link *link;
    int fd;
    struct base_buf in;
    size_t start, scanned; /* of the next line; it has no line feed before */
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- a connection ---- */

static base_err ask_open(const struct suite_hermes_link *link, struct ask *ask,
                         struct base_why *why)
{
    struct base_buf path = { 0 };
    *ask = (struct ask){ .link = link, .fd = -1 };
    base_err err = hermes_tool_place(link->path, "hermes.sock", &path, why);
    if (err == BASE_OK)
        err = base_listen_connect(base_buf_text(&path), "node", &ask->fd, why);
    base_buf_done(&path);
    return err;
}

static void ask_close(struct ask *ask)
{
    if (ask->fd >= 0)
        close(ask->fd);
    base_buf_done(&ask->in);
}

/* Until the socket is ready for `events`. Errors: ETIMEOUT, EINTERRUPTED, EIO */
static base_err ask_wait(const struct ask *ask, short events, uint64_t end_ns, struct base_why *why)
{
    const volatile sig_atomic_t *const stop = ask->link->stop;
    for (;;) {
        struct pollfd file = { ask->fd, events, 0 };
        if (stop != NULL && *stop != 0)
            return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
        const int ready = poll(&file, 1, WAIT_MS);
        if (ready > 0)
            return BASE_OK;
        if (ready < 0 && errno != EINTR)
            return base_fail(why, BASE_EIO, 0, "the control socket failed: %s", strerror(errno));
        if (clock_ns() >= end_ns)
            return base_fail(why, BASE_ETIMEOUT, 0, "the node did not answer in time");
    }
}

static base_err ask_write(const struct ask *ask, struct base_span line, struct base_why *why)
{
    const uint64_t end_ns = clock_ns() + ask->link->timeout_ns;
    for (size_t at = 0; at < line.size;) {
        const ssize_t sent =
            send(ask->fd, line.data + at, line.size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            return BASE_OK; /* it said why before it closed */
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return base_fail(why, BASE_EIO, 0, "the control socket failed: %s", strerror(errno));
        at += sent > 0 ? (size_t)sent : 0;
        if (sent < 0) {
            const base_err err = ask_wait(ask, POLLOUT, end_ns, why);
            if (err != BASE_OK)
                return err;
        }
    }
    return BASE_OK;
}

/* Errors: ECLOSED, EPROTOCOL (no line), ENOMEM, those of ask_wait */
static base_err ask_fill(struct ask *ask, uint64_t end_ns, struct base_why *why)
{
    ask->in.size -= ask->start;
    if (ask->start > 0 && ask->in.size > 0)
        memmove(ask->in.data, ask->in.data + ask->start, ask->in.size);
    ask->scanned -= ask->start;
    ask->start = 0;
    if (ask->in.size > HERMES_TOOL_UNREAD_MAX)
        return base_fail(why, BASE_EPROTOCOL, 0, "the node's line has no end");
    if (base_buf_reserve(&ask->in, READ_SIZE) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for an answer");
    for (;;) {
        const ssize_t got = recv(ask->fd, ask->in.data + ask->in.size, READ_SIZE, MSG_DONTWAIT);
        ask->in.size += got > 0 ? (size_t)got : 0;
        if (got > 0)
            return BASE_OK;
        if (got == 0 || errno == ECONNRESET)
            return base_fail(why, BASE_ECLOSED, 0, "the node closed the connection");
        if (errno != EAGAIN && errno != EINTR)
            return base_fail(why, BASE_EIO, 0, "the control socket failed: %s", strerror(errno));
        const base_err err = ask_wait(ask, POLLIN, end_ns, why);
        if (err != BASE_OK)
            return err;
    }
}

/* The next line, with its line feed; it lives until the next call. */
static base_err ask_line(struct ask *ask, uint64_t end_ns, struct base_span *line,
                         struct base_why *why)
{
    for (;;) {
        const uint8_t *const data = ask->in.data;
        const uint8_t *const end = ask->in.size > ask->scanned ? memchr(data + ask->scanned, '\n',
                                                                        ask->in.size - ask->scanned)
                                                               : NULL;
        if (end != NULL) {
            const size_t start = ask->start;
            ask->start = ask->scanned = (size_t)(end - data) + 1;
            *line = base_span_of(data + start, ask->start - start);
            return BASE_OK;
        }
        ask->scanned = ask->in.size;
        const base_err err = ask_fill(ask, end_ns, why);
        if (err != BASE_OK)
            return err;
    }
}

/* ---- answers ---- */

static base_err err_of(const char *name)
{
    for (int i = 1; i < BASE_ERR_COUNT; i++)
        if (name != NULL && strcmp(name, base_err_name((base_err)i)) == 0)
            return (base_err)i;
    return BASE_EPROTOCOL;
}

/* An object, released by the caller. What the node refused is its error and sentence. */
static base_err answer_take(struct ask *ask, uint64_t end_ns, json_t **out, struct base_why *why)
{
    struct base_span line;
    base_err err = ask_line(ask, end_ns, &line, why);
    if (err != BASE_OK)
        return err;
    json_t *const object = json_loadb((const char *)line.data, line.size, 0, NULL);
    const char *const error = json_string_value(json_object_get(object, "error"));
    const char *const sentence = json_string_value(json_object_get(object, "sentence"));
    if (!json_is_object(object))
        err = base_fail(why, BASE_EPROTOCOL, 0, "the node's answer is no JSON object");
    else if (error != NULL)
        err = base_fail(why, err_of(error), 0, "%s", sentence != NULL ? sentence : error);
    if (err == BASE_OK)
        *out = object;
    else
        json_decref(object);
    return err;
}

static base_err request(struct ask *ask, struct base_span line, json_t **answer,
                        struct base_why *why)
{
    const base_err err = ask_write(ask, line, why);
    return err == BASE_OK ? answer_take(ask, clock_ns() + ask->link->timeout_ns, answer, why) : err;
}

/* ---- send ---- */

static base_err message_check(const struct suite_hermes_message *message, struct base_why *why)
{
    enum bpi_hermes_type type;
    struct bpi_hermes_id to;
    const size_t size = message->payload.size;
    base_err err = bpi_hermes_type_parse(message->type, &type, why);
    if (err == BASE_OK && strcmp(message->to, "all") != 0)
        err = bpi_hermes_id_parse(message->to, &to, why);
    if (err == BASE_OK && (size == 0 || size > BPI_HERMES_MESSAGE_MAX))
        err = base_fail(why, BASE_ERANGE, 0, "the payload has %zu bytes, and a message 1 to %d",
                        size, BPI_HERMES_MESSAGE_MAX);
    return err;
}

static base_err done_take(struct ask *ask, struct suite_hermes_sent *sent, struct base_why *why)
{
    json_t *event = NULL;
    const base_err err = answer_take(ask, clock_ns() + ask->link->timeout_ns, &event, why);
    if (err == BASE_ETIMEOUT)
        return base_fail(why, err, 0,
                         "the node took message %s and did not say in time whom it reached",
                         sent->id);
    if (err != BASE_OK)
        return err;
    sent->addressees = (uint32_t)json_integer_value(json_object_get(event, "addressees"));
    sent->missed = (uint32_t)json_integer_value(json_object_get(event, "missed"));
    json_decref(event);
    return BASE_OK;
}

static base_err send_ask(struct ask *ask, const struct suite_hermes_message *message,
                         struct suite_hermes_sent *sent, struct base_why *why)
{
    struct base_buf line = { 0 };
    json_t *answer = NULL;
    const uint64_t begin_ns = clock_ns();
    base_err err = hermes_tool_put_send(message, &line);
    err = err == BASE_OK ? request(ask, base_buf_span(&line), &answer, why)
                         : base_fail(why, err, 0, "out of memory for a message");
    base_buf_done(&line);
    if (err != BASE_OK)
        return err;
    const char *const id = json_string_value(json_object_get(answer, "id"));
    snprintf(sent->id, sizeof sent->id, "%s", id != NULL ? id : "");
    json_decref(answer);
    if (message->is_waiting)
        err = done_take(ask, sent, why);
    sent->duration_ns = clock_ns() - begin_ns;
    return err;
}

base_err suite_hermes_send(const struct suite_hermes_link *link,
                           const struct suite_hermes_message *message,
                           struct suite_hermes_sent *sent, struct base_why *why)
{
    struct ask ask = { .fd = -1 };
    *sent = (struct suite_hermes_sent){ 0 };
    base_err err = message_check(message, why);
    if (err != BASE_OK)
        return err;
    err = ask_open(link, &ask, why);
    if (err == BASE_OK)
        err = send_ask(&ask, message, sent, why);
    ask_close(&ask);
    return err;
}

/* ---- subscribe ---- */

/* Text as it is, cut; anything else by its size. */
static base_err payload_show(const char *base64, struct base_buf *out)
{
    const size_t text_size = strlen(base64), room = text_size / 4 * 3 + 1;
    size_t size = 0, shown = 0;
    uint8_t *const bytes = malloc(room);
    if (bytes == NULL || sodium_base642bin(bytes, room, base64, text_size, NULL, &size, NULL,
                                           sodium_base64_VARIANT_ORIGINAL) != 0) {
        free(bytes);
        return bytes == NULL ? BASE_ENOMEM : BASE_EPROTOCOL;
    }
    while (shown < size && shown < SHOWN_MAX && isprint(bytes[shown]))
        shown++;
    const bool is_text = shown == size || shown == SHOWN_MAX;
    base_err err = base_buf_printf(out, "%zu bytes", size);
    if (err == BASE_OK && is_text)
        err = base_buf_printf(out, ": %.*s%s", (int)shown, (const char *)bytes,
                              shown < size ? ".." : "");
    free(bytes);
    return err == BASE_OK ? base_buf_put_text(out, "\n") : err;
}

static base_err event_show(const struct suite_hermes_filter *filter, struct base_span line,
                           struct base_buf *out, struct base_why *why)
{
    if (filter->is_json)
        return filter->show(filter->context, line, why);
    json_t *const event = json_loadb((const char *)line.data, line.size, 0, NULL);
    const char *type = NULL, *from = NULL, *payload = NULL;
    base_err err = BASE_EPROTOCOL;
    base_buf_clear(out);
    if (json_unpack(event, "{s:s, s:s, s:s}", "type", &type, "from", &from, "payload", &payload) ==
        0)
        err = base_buf_printf(out, "%s from %.16s: ", type, from);
    if (err == BASE_OK)
        err = payload_show(payload, out);
    json_decref(event);
    return err == BASE_OK ? filter->show(filter->context, base_buf_span(out), why)
                          : base_fail(why, err, 0, "a line of the node is no message");
}

static base_err events_take(struct ask *ask, const struct suite_hermes_filter *filter,
                            struct base_why *why)
{
    struct base_buf out = { 0 };
    base_err err = BASE_OK;
    for (uint64_t i = 0; err == BASE_OK && (filter->count == 0 || i < filter->count); i++) {
        struct base_span line;
        err = ask_line(ask, UINT64_MAX, &line, why);
        if (err == BASE_OK)
            err = event_show(filter, line, &out, why);
    }
    base_buf_done(&out);
    return err;
}

base_err suite_hermes_subscribe(const struct suite_hermes_link *link,
                                const struct suite_hermes_filter *filter, struct base_why *why)
{
    struct ask ask = { .fd = -1 };
    struct base_buf line = { 0 };
    json_t *answer = NULL;
    uint32_t types;
    base_err err = hermes_tool_types_parse(filter->type, filter->class, &types, why);
    if (err != BASE_OK)
        return err;
    err = hermes_tool_put_subscribe(filter->type, filter->class, &line);
    if (err == BASE_OK)
        err = ask_open(link, &ask, why);
    if (err == BASE_OK)
        err = request(&ask, base_buf_span(&line), &answer, why);
    json_decref(answer);
    if (err == BASE_OK && filter->opened != NULL)
        filter->opened();
    if (err == BASE_OK)
        err = events_take(&ask, filter, why);
    ask_close(&ask);
    base_buf_done(&line);
    return err;
}

/* ---- status ---- */

base_err suite_hermes_status(const struct suite_hermes_link *link, bool is_json,
                             struct base_buf *out, struct base_why *why)
{
    static const char line[] = "{\"do\": \"status\"}\n";
    struct ask ask = { .fd = -1 };
    json_t *answer = NULL;
    base_err err = ask_open(link, &ask, why);
    if (err == BASE_OK)
        err = request(&ask, base_span_of(line, sizeof line - 1), &answer, why);
    if (err == BASE_OK && hermes_tool_status_show(answer, is_json, out) != BASE_OK)
        err = base_fail(why, BASE_ENOMEM, 0, "out of memory for the status");
    json_decref(answer);
    ask_close(&ask);
    return err;
}
