/* test_relay_places.c - events of the relay's sockets come in bunches: one of them may close a
 * socket that a later one is of, and its place in the table may be another's by then. */
#define _GNU_SOURCE
#include "unit.h"

#include "net_world.h"
#include "relay_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct parts {
    struct world world;
    struct lab_emulator *emulator;
    struct lab_relay *relay;
    int listener; /* of a service */
    struct lab_place like;
};

static void parts_open(struct parts *parts)
{
    struct base_why why = { 0 };
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world_plan(&parts->world, 2, &(struct lab_link_config){ .delay_ns = 1000 });
    parts->emulator = calloc(1, sizeof *parts->emulator);
    assert_non_null(parts->emulator);
    parts->emulator->stats = calloc(1, sizeof *parts->emulator->stats);
    assert_non_null(parts->emulator->stats);
    parts->emulator->queue = epoll_create1(EPOLL_CLOEXEC);
    assert_true(parts->emulator->queue >= 0);
    if (lab_relay_new(&parts->world.config, parts->emulator, &parts->relay, &why))
        fail_msg("%s", why.text);
    parts->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(parts->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(parts->listener, 4), 0);
    assert_int_equal(getsockname(parts->listener, (struct sockaddr *)&address, &size), 0);
    parts->like = (struct lab_place){ .from = 0, .to = 1, .service = ntohs(address.sin_port) };
}

static void parts_close(struct parts *parts)
{
    for (uint32_t i = 0; i < LAB_RELAY_PLACES; i++)
        if (parts->relay->places[i].kind != LAB_PLACE_FREE)
            lab_place_free(parts->relay, &parts->relay->places[i]);
    lab_fabric_free(parts->emulator->streams);
    free(parts->relay->plan.edges);
    free(parts->relay->plan.hosts);
    free(parts->relay);
    close(parts->emulator->queue);
    close(parts->listener);
    free(parts->emulator->stats);
    free(parts->emulator);
}

/* The tag of the one event that waits. */
static uint64_t event_wait(struct parts *parts)
{
    struct epoll_event events[2];
    assert_int_equal(epoll_wait(parts->emulator->queue, events, 2, WORLD_PATIENCE_MS), 1);
    return events[0].data.u64;
}

static void take(struct parts *parts, uint64_t tag)
{
    parts->emulator->io->take(parts->emulator, tag);
}

/* Two ends of a stream, the near one a real socket; bytes wait at `fds[1]`'s side to be read. */
static struct lab_place *stream_new(struct parts *parts, int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct lab_place *const near = lab_place_new(parts->relay, LAB_PLACE_END, fds[0], &parts->like);
    struct lab_place *const far = lab_place_new(parts->relay, LAB_PLACE_END, -1, &parts->like);
    assert_non_null(near);
    assert_non_null(far);
    near->other = lab_place_index(parts->relay, far);
    far->other = lab_place_index(parts->relay, near);
    return near;
}

static void stream_free(struct parts *parts, struct lab_place *near)
{
    lab_place_free(parts->relay, &parts->relay->places[near->other]);
    lab_place_free(parts->relay, near);
}

/* The place is that of an end which is connecting: it has not come about because an old event says
 * that something else could be read. */
static void a_stale_event_is_not_of_who_connects_there(void **state)
{
    (void)state;
    struct parts parts;
    int old[2], fds[2];
    parts_open(&parts);
    struct lab_place *const first = stream_new(&parts, old);
    assert_int_equal(write(old[1], "x", 1), 1);
    const uint64_t stale = event_wait(&parts);
    stream_free(&parts, first);

    struct lab_place *const far = lab_place_new(parts.relay, LAB_PLACE_END, -1, &parts.like);
    assert_ptr_equal(far, first); /* the same place */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct lab_place *const near = lab_place_new(parts.relay, LAB_PLACE_END, fds[0], &parts.like);
    near->other = lab_place_index(parts.relay, far);
    far->other = lab_place_index(parts.relay, near);
    const struct lab_piece open = { near->other, far->generation, LAB_PIECE_OPEN, 0 };
    lab_stream_give(parts.relay, far, &open, NULL, 0);
    assert_true(far->is_connecting);
    take(&parts, stale);
    assert_true(far->is_connecting);
    const uint64_t fresh = event_wait(&parts);
    assert_int_equal((uint32_t)fresh, (uint32_t)stale);
    assert_true(fresh != stale);
    take(&parts, fresh);
    assert_false(far->is_connecting);
    close(old[1]);
    close(fds[1]);
    parts_close(&parts);
}

/* Nor are bytes read for it, and a place that is free stays so. */
static void a_stale_event_reads_nothing(void **state)
{
    (void)state;
    struct parts parts;
    int old[2], fds[2];
    parts_open(&parts);
    struct lab_place *const first = stream_new(&parts, old);
    assert_int_equal(write(old[1], "x", 1), 1);
    const uint64_t stale = event_wait(&parts);
    stream_free(&parts, first);
    take(&parts, stale);
    assert_int_equal(first->kind, LAB_PLACE_FREE);
    struct lab_place *const second = stream_new(&parts, fds);
    assert_ptr_equal(second, first);
    assert_int_equal(write(fds[1], "yz", 2), 2);
    take(&parts, stale);
    assert_int_equal(second->under_way, 0);
    take(&parts, event_wait(&parts));
    assert_int_equal(second->under_way, 2);
    close(old[1]);
    close(fds[1]);
    parts_close(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stale_event_is_not_of_who_connects_there),
        cmocka_unit_test(a_stale_event_reads_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
