/* lab_traffic.c - one thread that sends at its times, spinning in between, and looks for arrivals
 * as often as some have come: the kernel has written down when they did. */
#define _GNU_SOURCE
#include "lab_traffic.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DATA_MAX = 1400, BATCH = 32, BUFFER_BYTES = 32 << 20 };

/* A kernel gives the memory of packets back to the core they were sent from, and interrupts that
 * one when 32 of them wait for it (half of net.core.skb_defer_max): read by the millisecond, fifty
 * at a time, they took the emulator's core 900 times a second. */
static const double drain_packets = 5;
static const double drain_most_ns = 1e6;

struct mark {
    uint64_t number, sent_ns;
};

struct run {
    const struct lab_traffic *traffic;
    struct lab_traffic_result *result;
    uint64_t first_ns, last_ns, drain_every_ns;
};

uint64_t lab_wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t kernel_ns(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
        }
    return lab_wall_ns();
}

static void note(struct run *run, const struct mark *mark, uint64_t at_ns)
{
    struct lab_traffic_result *const result = run->result;
    if (mark->number >= run->traffic->packets)
        return;
    if (result->came_ns[mark->number] != 0) {
        result->twice++;
        return;
    }
    result->came_ns[mark->number] = at_ns;
    result->received++;
    if (run->first_ns == 0 || at_ns < run->first_ns)
        run->first_ns = at_ns;
    if (at_ns > run->last_ns)
        run->last_ns = at_ns;
}

static void drain_socket(struct run *run, int socket)
{
    static uint8_t data[BATCH][DATA_MAX], control[BATCH][64];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    int count;
    do {
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){ data[i], DATA_MAX };
            messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i],
                                                   .msg_iovlen = 1,
                                                   .msg_control = control[i],
                                                   .msg_controllen = sizeof control[i] };
        }
        count = recvmmsg(socket, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++) {
            struct mark mark;
            if (messages[i].msg_len < sizeof mark)
                continue;
            memcpy(&mark, data[i], sizeof mark);
            note(run, &mark, kernel_ns(&messages[i].msg_hdr));
        }
    } while (count == BATCH);
}

static void drain(struct run *run)
{
    for (uint32_t i = 0; i < run->traffic->reader_count; i++)
        drain_socket(run, run->traffic->readers[i]);
}

static uint64_t due(const struct run *run, uint64_t i, uint64_t begin_ns)
{
    const struct lab_traffic *const traffic = run->traffic;
    const uint64_t due_ns = begin_ns + (uint64_t)((double)i * 1e9 / traffic->rate_pps);
    if (i < traffic->flow_count)
        return due_ns;
    const uint64_t apart_ns = run->result->sent_ns[i - traffic->flow_count] + traffic->apart_ns;
    return apart_ns > due_ns ? apart_ns : due_ns;
}

static base_err send_all(struct run *run, struct base_why *why)
{
    const struct lab_traffic *const traffic = run->traffic;
    uint8_t data[DATA_MAX] = { 0 };
    const uint64_t begin_ns = lab_wall_ns();
    uint64_t drained_ns = begin_ns, now_ns = begin_ns;
    for (uint64_t i = 0; i < traffic->packets; i++) {
        const uint64_t due_ns = due(run, i, begin_ns);
        do {
            now_ns = lab_wall_ns();
            if (now_ns > drained_ns + run->drain_every_ns) {
                drain(run);
                drained_ns = now_ns;
            }
        } while (now_ns < due_ns);
        const struct lab_flow *const flow = &traffic->flows[i % traffic->flow_count];
        const struct mark mark = { i, lab_wall_ns() };
        memcpy(data, &mark, sizeof mark);
        run->result->sent_ns[i] = mark.sent_ns;
        if (sendto(flow->socket, data, traffic->size, 0, (const struct sockaddr *)&flow->address,
                   flow->address_size) < 0 &&
            errno != ENOBUFS)
            return base_fail(why, BASE_EIO, 0, "sendto: %s", strerror(errno));
    }
    run->result->sent_pps = (double)(traffic->packets - 1) / ((double)(now_ns - begin_ns) / 1e9);
    while (lab_wall_ns() < now_ns + traffic->patience_ns)
        drain(run);
    return BASE_OK;
}

static base_err socket_prepare(int socket, struct base_why *why)
{
    const int yes = 1, bytes = BUFFER_BYTES;
    if (setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes))
        return base_fail(why, BASE_EIO, 0, "SO_TIMESTAMPNS: %s", strerror(errno));
    if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) &&
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes))
        return base_fail(why, BASE_EIO, 0, "SO_RCVBUF: %s", strerror(errno));
    return BASE_OK;
}

static uint64_t drops_of(int socket)
{
    uint32_t info[SK_MEMINFO_VARS] = { 0 };
    socklen_t size = sizeof info;
    return getsockopt(socket, SOL_SOCKET, SO_MEMINFO, info, &size) == 0 ? info[SK_MEMINFO_DROPS]
                                                                        : 0;
}

base_err lab_traffic_run(const struct lab_traffic *traffic, struct lab_traffic_result *out,
                         struct base_why *why)
{
    struct lab_traffic_result result = { 0 };
    struct run run = { .traffic = traffic,
                       .result = &result,
                       .drain_every_ns =
                           (uint64_t)fmin(drain_most_ns, drain_packets * 1e9 / traffic->rate_pps) };
    result.sent_ns = calloc(traffic->packets, sizeof *result.sent_ns);
    result.came_ns = calloc(traffic->packets, sizeof *result.came_ns);
    base_err err = BASE_OK;
    if (!result.sent_ns || !result.came_ns)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for so many packets");
    for (uint32_t i = 0; !err && i < traffic->reader_count; i++)
        err = socket_prepare(traffic->readers[i], why);
    if (!err)
        err = send_all(&run, why);
    if (err) {
        lab_traffic_result_done(&result);
        return err;
    }
    for (uint32_t i = 0; i < traffic->reader_count; i++)
        result.unread += drops_of(traffic->readers[i]);
    if (result.received > 1 && run.last_ns > run.first_ns)
        result.received_pps =
            (double)(result.received - 1) / ((double)(run.last_ns - run.first_ns) / 1e9);
    *out = result;
    return BASE_OK;
}

void lab_traffic_result_done(struct lab_traffic_result *result)
{
    free(result->sent_ns);
    free(result->came_ns);
    *result = (struct lab_traffic_result){ 0 };
}
