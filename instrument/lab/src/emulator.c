/* emulator.c - one loop: give out what is due, take what has come, wait for either.
 *
 * It sleeps (ppoll on the epoll descriptor, whose timeout is in nanoseconds) until spin_ns before
 * the next thing is due and polls without sleeping from there on: waking up takes a kernel tens of
 * microseconds, a turn of this loop takes less than one. The system calls are one epoll_wait a turn
 * and one read or write a packet. Nothing is allocated. */
#define _GNU_SOURCE
#include "emulator_internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 64,
    GIVE_MAX = 64, /* given out before hosts are looked at again */
    TAG_CONTROL = INT32_MAX,
    TAG_CALLER = INT32_MAX - 1,
};

static const uint64_t window_ns = 100000000, total_every_ns = 1000000000,
                      flush_every_ns = 500000000;

uint64_t lab_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

base_err lab_emulator_watch(struct lab_emulator *e, int fd, uint64_t tag, struct base_why *why)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };
    if (epoll_ctl(e->queue, EPOLL_CTL_ADD, fd, &event) == 0)
        return BASE_OK;
    return base_fail(why, BASE_EIO, 0, "epoll_ctl: %s", strerror(errno));
}

void lab_emulator_interest(struct lab_emulator *e, int fd, uint64_t tag, bool reads, bool writes)
{
    struct epoll_event event = { .events = (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0),
                                 .data.u64 = tag };
    if (!reads && !writes) { /* even an empty set would wake for the end of a connection */
        lab_emulator_forget(e, fd);
        return;
    }
    if (epoll_ctl(e->queue, EPOLL_CTL_MOD, fd, &event) && errno == ENOENT)
        (void)!epoll_ctl(e->queue, EPOLL_CTL_ADD, fd, &event);
}

void lab_emulator_forget(struct lab_emulator *e, int fd)
{
    (void)!epoll_ctl(e->queue, EPOLL_CTL_DEL, fd, NULL);
}

base_err lab_emulator_init(struct lab_emulator *e, struct base_why *why)
{
    if (e->spin_ns == 0)
        e->spin_ns = lab_spin_default_ns;
    e->begun_ns = UINT64_MAX;
    e->queue = epoll_create1(EPOLL_CLOEXEC);
    if (e->queue < 0)
        return base_fail(why, BASE_EIO, 0, "epoll_create1: %s", strerror(errno));
    base_err err = lab_emulator_watch(e, e->control, TAG_CONTROL, why);
    if (!err && e->caller >= 0)
        err = lab_emulator_watch(e, e->caller, TAG_CALLER, why);
    return err;
}

static void count_push(struct lab_emulator *e, size_t size, base_err err)
{
    struct lab_emulator_stats *const stats = e->stats;
    stats->packets++;
    stats->bytes += size;
    stats->window_packets++;
    if (err == BASE_EFULL)
        stats->dropped_memory++;
    else if (err)
        stats->no_route++;
}

void lab_emulator_push(struct lab_emulator *e, uint64_t now_ns, uint32_t from, uint32_t to,
                       const void *data, size_t size, size_t extra)
{
    count_push(e, size + extra, lab_fabric_push(e->fabric, now_ns, from, to, data, size, extra));
}

base_err lab_emulator_push_stream(struct lab_emulator *e, uint64_t now_ns, uint32_t from,
                                  uint32_t to, const void *data, size_t size, size_t extra)
{
    const base_err err = lab_fabric_push(e->streams, now_ns, from, to, data, size, extra);
    count_push(e, size + extra, err);
    return err;
}

void lab_emulator_unsent(struct lab_emulator *e, int error)
{
    e->stats->dropped_socket += error == ENOBUFS || error == ENOMEM || error == EAGAIN;
}

/* Two fabrics only where streams have one of their own. */
static uint64_t next_ns(const struct lab_emulator *e)
{
    const uint64_t packet_ns = lab_fabric_next_ns(e->fabric);
    const uint64_t stream_ns = e->streams ? lab_fabric_next_ns(e->streams) : UINT64_MAX;
    return packet_ns < stream_ns ? packet_ns : stream_ns;
}

static bool pop(struct lab_emulator *e, uint64_t now_ns, struct lab_arrival *arrival)
{
    return lab_fabric_pop(e->fabric, now_ns, arrival) ||
           (e->streams && lab_fabric_pop(e->streams, now_ns, arrival));
}

/* Give out what is due; the time when that is done. The clock is read after each packet: that is
 * when its host has it, and the next one's now. */
static uint64_t give_due(struct lab_emulator *e, uint64_t now_ns)
{
    struct lab_arrival arrival;
    for (uint32_t i = 0; i < GIVE_MAX && pop(e, now_ns, &arrival); i++) {
        const uint64_t at_ns = arrival.at_ns;
        e->io->give(e, &arrival);
        now_ns = lab_clock_ns();
        lab_late_add(&e->stats->late, now_ns > at_ns ? now_ns - at_ns : 0);
    }
    return now_ns;
}

void lab_emulator_account(struct lab_emulator *e)
{
    e->io->flush(e);
    e->stats->total = lab_fabric_total(e->fabric);
    e->stats->dropped_memory = lab_fabric_stats(e->fabric).no_memory;
    e->stats->arrived_bytes = lab_fabric_stats(e->fabric).arrived_bytes;
    if (e->streams) {
        const struct lab_link_counts streams = lab_fabric_total(e->streams);
        lab_link_counts_add(&e->stats->total, &streams);
        e->stats->dropped_memory += lab_fabric_stats(e->streams).no_memory;
        e->stats->arrived_bytes += lab_fabric_stats(e->streams).arrived_bytes;
    }
    e->stats->busy_ns = processor_ns();
    e->stats->last_ns = e->total_ns = lab_clock_ns();
}

static void keep_books(struct lab_emulator *e, uint64_t now_ns)
{
    struct lab_emulator_stats *const stats = e->stats;
    stats->last_ns = now_ns;
    stats->busy_ns = processor_ns();
    if (now_ns >= stats->window_ns + window_ns) {
        const double share = (double)window_ns / (double)(now_ns - stats->window_ns);
        const uint64_t packets = (uint64_t)((double)stats->window_packets * share);
        if (packets > stats->window_packets_max)
            stats->window_packets_max = packets;
        stats->window_ns = now_ns;
        stats->window_packets = 0;
    }
    if (now_ns >= e->flush_ns) {
        e->io->flush(e);
        e->flush_ns = now_ns + flush_every_ns;
    }
    const bool is_idle = next_ns(e) > now_ns + lab_late_max_ns;
    if (is_idle && now_ns >= e->total_ns + total_every_ns)
        lab_emulator_account(e);
    e->tick_ns = now_ns + window_ns;
}

/* Sleep until shortly before something is due, unless something comes first. */
static void wait_until_due(struct lab_emulator *e, uint64_t now_ns)
{
    uint64_t due_ns = next_ns(e);
    const uint64_t change_ns = lab_emulator_change_ns(e);
    if (change_ns < due_ns)
        due_ns = change_ns;
    uint64_t until_ns = due_ns > e->spin_ns ? due_ns - e->spin_ns : 0;
    if (e->tick_ns < until_ns)
        until_ns = e->tick_ns;
    if (until_ns <= now_ns)
        return;
    const uint64_t ns = until_ns - now_ns;
    const struct timespec timeout = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
    struct pollfd queue = { e->queue, POLLIN, 0 };
    const int ready = ppoll(&queue, 1, &timeout, NULL);
    e->looked_ns = ready > 0 ? lab_clock_ns() : until_ns;
}

/* What came since it was last looked may have waited that long, without any time on it. Whoever
 * sleeps is taken to have looked until woken up, or until it was to wake up. */
static void look(struct lab_emulator *e)
{
    const uint64_t now_ns = lab_clock_ns();
    e->has_looked_late = now_ns > e->looked_ns + lab_late_max_ns;
    e->looked_ns = now_ns;
}

static void take_from(struct lab_emulator *e, uint64_t tag)
{
    if (tag == TAG_CONTROL)
        lab_emulator_serve(e);
    else if (tag == TAG_CALLER)
        e->is_over = true;
    else
        e->io->take(e, tag);
}

void lab_emulator_run(struct lab_emulator *e)
{
    struct epoll_event events[EVENTS_MAX];
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    uint64_t now_ns = lab_clock_ns();
    e->stats->begin_ns = e->stats->last_ns = e->stats->window_ns = e->looked_ns = now_ns;
    for (int count = 0; !e->is_over;) {
        now_ns = give_due(e, lab_clock_ns());
        if (e->ahead.has_turns && now_ns >= e->ahead.turn_ns)
            lab_ahead_turn(&e->ahead, now_ns);
        lab_emulator_changes(e, now_ns);
        if (now_ns >= e->tick_ns)
            keep_books(e, now_ns);
        if (count == 0)
            wait_until_due(e, now_ns);
        look(e);
        count = epoll_wait(e->queue, events, EVENTS_MAX, 0);
        for (int i = 0; i < count; i++) {
            now_ns = lab_clock_ns();
            if (next_ns(e) <= now_ns)
                give_due(e, now_ns);
            take_from(e, events[i].data.u64);
        }
    }
    lab_emulator_account(e);
    close(e->queue);
    base_arena_done(&e->arena);
}
