/* emulator_control.c - what the caller asks of a running emulator, and what the schedule does. */
#include "emulator_internal.h"

#include "relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The next array of a message, after those that were taken; NULL when the message has less. */
static const uint8_t *array_next(const uint8_t **at, size_t *left, size_t count, size_t size)
{
    if (count > *left / size)
        return NULL;
    const uint8_t *const array = *at;
    *at += count * size;
    *left -= count * size;
    return array;
}

/* A copy that lives as long as the emulator; NULL when there is no room. */
static void *keep(struct lab_emulator *e, const void *array, size_t size)
{
    if (e->arena.size_bytes + size > LAB_TRACES_MAX)
        return NULL;
    void *const copy = base_arena_alloc(&e->arena, size > 0 ? size : 1);
    if (copy)
        memcpy(copy, array, size);
    return copy;
}

/* The pointers of a change mean nothing in this process: its arrays follow the request. */
static base_err change_read(struct lab_emulator *e, struct lab_change *change, const uint8_t *at,
                            size_t left, struct base_why *why)
{
    struct lab_link_config *const link = &change->config;
    change->side = NULL;
    if (change->kind == LAB_PARTITION) {
        change->side = array_next(&at, &left, e->topology->host_count, 1);
        if (!change->side)
            return base_fail(why, BASE_EPROTOCOL, 0, "a partition without its sides");
    }
    if (change->kind != LAB_SET)
        return BASE_OK;
    const uint8_t *const jitter = array_next(&at, &left, link->jitter_count, sizeof(int64_t));
    const uint8_t *const loss = jitter ? array_next(&at, &left, link->loss_count, 1) : NULL;
    if (!loss)
        return base_fail(why, BASE_EPROTOCOL, 0, "a change without its traces");
    link->jitter_trace = keep(e, jitter, link->jitter_count * sizeof(int64_t));
    link->loss_trace = keep(e, loss, link->loss_count);
    if (!link->jitter_trace || !link->loss_trace)
        return base_fail(why, BASE_EFULL, 0, "changes brought more than %d MiB of traces along",
                         LAB_TRACES_MAX >> 20);
    return BASE_OK;
}

/* What happens to the links happens to those of streams, but that these lose nothing. */
static base_err change_do(struct lab_emulator *e, uint64_t now_ns, const struct lab_change *change,
                          struct base_why *why)
{
    const base_err err = lab_fabric_change(e->fabric, now_ns, change, why);
    if (err || !e->streams)
        return err;
    struct lab_change same = *change;
    if (change->kind == LAB_SET)
        same.config = lab_stream_link(&change->config);
    return lab_fabric_change(e->streams, now_ns, &same, why);
}

static base_err request_do(struct lab_emulator *e, const uint8_t *message, size_t size,
                           struct lab_reply *reply, struct base_why *why)
{
    struct lab_request request;
    if (size < sizeof request)
        return base_fail(why, BASE_EPROTOCOL, 0, "a request of %zu bytes", size);
    memcpy(&request, message, sizeof request);
    reply->number = request.number;
    base_err err;
    switch (request.kind) {
    case LAB_REQUEST_REPORT:
        lab_emulator_account(e);
        return BASE_OK;
    case LAB_REQUEST_BEGIN:
        if (e->begun_ns != UINT64_MAX)
            return base_fail(why, BASE_EEXIST, 0, "the clock of the changes runs already");
        e->begun_ns = request.at_ns;
        return BASE_OK;
    case LAB_REQUEST_CHANGE:
        err = change_read(e, &request.change, message + sizeof request, size - sizeof request, why);
        return err ? err : change_do(e, lab_clock_ns(), &request.change, why);
    case LAB_REQUEST_RELAY:
    case LAB_REQUEST_WATCH:
        break;
    }
    if (e->io->request)
        return e->io->request(e, &request, reply, why);
    return base_fail(why, BASE_EUNSUPPORTED, 0, "this back end has no ports");
}

void lab_emulator_serve(struct lab_emulator *e)
{
    const ssize_t size = recv(e->control, e->message, sizeof e->message, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        e->is_over = true;
        return;
    }
    struct lab_reply reply = { 0 };
    struct base_why why = { 0 };
    reply.err = request_do(e, e->message, (size_t)size, &reply, &why);
    memcpy(reply.text, why.text, sizeof reply.text);
    if (send(e->control, &reply, sizeof reply, MSG_NOSIGNAL) < 0 && errno == EPIPE)
        e->is_over = true;
}

uint64_t lab_emulator_change_ns(const struct lab_emulator *e)
{
    if (e->begun_ns == UINT64_MAX || e->change_next >= e->topology->change_count)
        return UINT64_MAX;
    return e->begun_ns + e->topology->changes[e->change_next].at_ns;
}

void lab_emulator_changes(struct lab_emulator *e, uint64_t now_ns)
{
    while (lab_emulator_change_ns(e) <= now_ns) {
        const struct lab_change *const change = &e->topology->changes[e->change_next++];
        struct base_why why = { 0 };
        if (change_do(e, now_ns, change, &why) && e->stats->failure[0] == '\0')
            snprintf(e->stats->failure, sizeof e->stats->failure, "the change at %.3f s: %.120s",
                     (double)change->at_ns / 1e9, why.text);
    }
}
