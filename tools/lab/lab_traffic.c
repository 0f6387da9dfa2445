/* lab_traffic.c - one thread that sends at its times, spinning in between, and looks for arrivals
 * each millisecond: the kernel has written down when they came. */
#define _GNU_SOURCE
#include "lab_traffic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DATA_MAX = 1400, BATCH = 32, BUFFER_BYTES = 32 << 20 };

static const uint64_t drain_every_ns = 1000000;

struct mark {
    uint64_t number, sent_ns;
};

struct run {
    const struct lab_traffic *traffic;
    struct lab_traffic_result *result;
    uint8_t *seen; /* [packets] */
    uint64_t first_ns, last_ns;
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
    if (run->seen[mark->number]) {
        result->twice++;
        return;
    }
    run->seen[mark->number] = 1;
    result->delays_ns[result->received++] = (int64_t)(at_ns - mark->sent_ns);
    if (run->first_ns == 0)
        run->first_ns = at_ns;
    run->last_ns = at_ns;
}

static void drain(struct run *run)
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
        count = recvmmsg(run->traffic->to, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++) {
            struct mark mark;
            if (messages[i].msg_len < sizeof mark)
                continue;
            memcpy(&mark, data[i], sizeof mark);
            note(run, &mark, kernel_ns(&messages[i].msg_hdr));
        }
    } while (count == BATCH);
}

static base_err send_all(struct run *run, struct base_why *why)
{
    const struct lab_traffic *const traffic = run->traffic;
    uint8_t data[DATA_MAX] = { 0 };
    const uint64_t begin_ns = lab_wall_ns();
    uint64_t drained_ns = begin_ns, now_ns = begin_ns;
    for (uint64_t i = 0; i < traffic->packets; i++) {
        const uint64_t due_ns = begin_ns + (uint64_t)((double)i * 1e9 / traffic->rate_pps);
        while ((now_ns = lab_wall_ns()) < due_ns)
            if (now_ns > drained_ns + drain_every_ns) {
                drain(run);
                drained_ns = now_ns;
            }
        const struct mark mark = { i, lab_wall_ns() };
        memcpy(data, &mark, sizeof mark);
        if (sendto(traffic->from, data, traffic->size, 0,
                   (const struct sockaddr *)&traffic->address, traffic->address_size) < 0 &&
            errno != ENOBUFS)
            return base_fail(why, BASE_EIO, 0, "sendto: %s", strerror(errno));
    }
    run->result->sent_pps = (double)(traffic->packets - 1) / ((double)(now_ns - begin_ns) / 1e9);
    while (lab_wall_ns() < now_ns + traffic->patience_ns)
        drain(run);
    return BASE_OK;
}

static base_err sockets_prepare(const struct lab_traffic *traffic, struct base_why *why)
{
    const int yes = 1, bytes = BUFFER_BYTES;
    if (setsockopt(traffic->to, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes))
        return base_fail(why, BASE_EIO, 0, "SO_TIMESTAMPNS: %s", strerror(errno));
    if (setsockopt(traffic->to, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) &&
        setsockopt(traffic->to, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes))
        return base_fail(why, BASE_EIO, 0, "SO_RCVBUF: %s", strerror(errno));
    return BASE_OK;
}

base_err lab_traffic_run(const struct lab_traffic *traffic, struct lab_traffic_result *result,
                         struct base_why *why)
{
    struct run run = { .traffic = traffic, .result = result };
    *result = (struct lab_traffic_result){ 0 };
    result->delays_ns = malloc(traffic->packets * sizeof *result->delays_ns);
    run.seen = calloc(traffic->packets, 1);
    base_err err = BASE_OK;
    if (!result->delays_ns || !run.seen)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for so many packets");
    if (!err)
        err = sockets_prepare(traffic, why);
    if (!err)
        err = send_all(&run, why);
    if (result->received > 1 && run.last_ns > run.first_ns)
        result->received_pps =
            (double)(result->received - 1) / ((double)(run.last_ns - run.first_ns) / 1e9);
    free(run.seen);
    if (err) {
        free(result->delays_ns);
        result->delays_ns = NULL;
    }
    return err;
}
