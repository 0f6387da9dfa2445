/* udp_send.c - datagrams of equal size to one address in a row become one run, which the kernel
 * carries as one buffer and cuts late or never (UDP_SEGMENT). A run that it refuses is sent one by
 * one; what can be sent so and not as a run was too large to be cut, or the device cannot do it,
 * and such runs are not made any more. Runs leave together, which saves calls, or, while little
 * comes, each as soon as it ends: the others' are being made meanwhile. */
#define _GNU_SOURCE
#include "udp_internal.h"

#include <errno.h>
#include <netinet/udp.h>

static const uint64_t calm_gap_ns = 1000000;

static bool joins(const struct bpi_udp *udp, const struct bpi_udp_run *run,
                  const struct base_address *to, size_t size)
{
    return size > 0 && size <= run->segment && run->segment <= udp->segment_max &&
           run->size == run->segment * run->count /* the last is not shorter */ &&
           run->count < BPI_UDP_SEGMENTS_MAX && run->size + size <= BASE_STEP_DATAGRAM_MAX &&
           base_address_is(&run->to, to);
}

static bool has_room(const struct bpi_udp *udp, size_t size)
{
    return udp->pool_used + size <= BPI_UDP_POOL_SIZE && udp->run_count < BPI_UDP_RUNS_MAX;
}

/* What waits goes to the front. */
static void pool_compact(struct bpi_udp *udp)
{
    const size_t first = udp->run_first, count = udp->run_count - first;
    const uint32_t start = count > 0 ? udp->runs[first].offset : (uint32_t)udp->pool_used;
    memmove(udp->pool, udp->pool + start, udp->pool_used - start);
    memmove(udp->runs, udp->runs + first, count * sizeof udp->runs[0]);
    for (size_t i = 0; i < count; i++)
        udp->runs[i].offset -= start;
    udp->pool_used -= start;
    udp->run_first = 0;
    udp->run_count = count;
}

static bool room_make(struct bpi_udp *udp, size_t size)
{
    if (has_room(udp, size))
        return true;
    if (!udp->is_blocked)
        bpi_udp_flush(udp);
    if (!has_room(udp, size))
        pool_compact(udp);
    return has_room(udp, size);
}

static bool is_calm(const struct bpi_udp *udp)
{
    return udp->gap_ns >= calm_gap_ns && udp->pause_until_ns == 0;
}

void bpi_udp_put(void *context, const struct base_address *to, const void *data, size_t size)
{
    struct bpi_udp *const udp = context;
    if (size > BASE_STEP_DATAGRAM_MAX || to->port == 0 || !room_make(udp, size)) {
        udp->stats.send_failed++;
        return;
    }
    struct bpi_udp_run *run =
        udp->run_count > udp->run_first ? &udp->runs[udp->run_count - 1] : NULL;
    if (run == NULL || !joins(udp, run, to, size)) {
        if (run != NULL && !base_address_is(&run->to, to) && !udp->is_blocked && is_calm(udp))
            bpi_udp_flush(udp);
        run = &udp->runs[udp->run_count++];
        *run = (struct bpi_udp_run){ *to, (uint32_t)udp->pool_used, 0, (uint32_t)size, 0 };
    }
    if (size > 0)
        memcpy(udp->pool + udp->pool_used, data, size);
    udp->pool_used += size;
    run->size += (uint32_t)size;
    run->count++;
    const size_t waiting = udp->pool_used - udp->runs[udp->run_first].offset;
    if (!udp->is_blocked &&
        (waiting >= BPI_UDP_FLUSH_SIZE || udp->run_count - udp->run_first > BPI_UDP_FLUSH_RUNS))
        bpi_udp_flush(udp);
}

/* ---- to the kernel ---- */

static void head_fill(struct bpi_udp *udp, size_t i, const struct bpi_udp_run *run)
{
    struct msghdr *const head = &udp->send_heads[i].msg_hdr;
    udp->send_names[i] = bpi_udp_name_of(&run->to);
    udp->send_spans[i] = (struct iovec){ udp->pool + run->offset, run->size };
    *head = (struct msghdr){ .msg_name = &udp->send_names[i],
                             .msg_namelen = sizeof udp->send_names[i],
                             .msg_iov = &udp->send_spans[i],
                             .msg_iovlen = 1 };
    if (run->count == 1)
        return;
    const uint16_t segment = (uint16_t)run->segment;
    head->msg_control = udp->send_controls[i];
    head->msg_controllen = sizeof udp->send_controls[i];
    struct cmsghdr *const control = CMSG_FIRSTHDR(head);
    *control = (struct cmsghdr){ .cmsg_level = SOL_UDP,
                                 .cmsg_type = UDP_SEGMENT,
                                 .cmsg_len = CMSG_LEN(sizeof segment) };
    memcpy(CMSG_DATA(control), &segment, sizeof segment);
}

static void count_sent(struct bpi_udp *udp, uint32_t count, uint32_t size)
{
    udp->stats.sent += count;
    udp->stats.sent_bytes += size;
}

/* A failure may be of an earlier datagram, told by ICMP: hence a second try. */
static base_err datagram_send(struct bpi_udp *udp, const struct base_address *to,
                              const uint8_t *data, size_t size)
{
    const struct sockaddr_in6 name = bpi_udp_name_of(to);
    for (unsigned i = 0; i < 2; i++) {
        udp->stats.send_calls++;
        if (sendto(udp->fd, data, size, MSG_DONTWAIT, (const struct sockaddr *)&name,
                   sizeof name) >= 0)
            return BASE_OK;
        if (errno == EAGAIN)
            return BASE_EFULL;
    }
    return BASE_EIO;
}

/* The first run, datagram by datagram, as far as the kernel takes it: how many it took. */
static size_t run_send_apart(struct bpi_udp *udp)
{
    struct bpi_udp_run *const run = &udp->runs[udp->run_first];
    size_t taken = 0;
    while (run->count > 0) {
        const uint32_t size = run->size < run->segment ? run->size : run->segment;
        const base_err err = datagram_send(udp, &run->to, udp->pool + run->offset, size);
        udp->is_blocked = err == BASE_EFULL;
        if (udp->is_blocked)
            return taken;
        if (err == BASE_OK)
            count_sent(udp, 1, size);
        else
            udp->stats.send_failed++;
        taken += err == BASE_OK;
        run->offset += size;
        run->size -= size;
        run->count--;
    }
    udp->run_first++;
    return taken;
}

static bool is_apart(const struct bpi_udp *udp, const struct bpi_udp_run *run)
{
    return udp->config.is_plain || (run->count > 1 && run->segment > udp->segment_max);
}

/* The first run was refused with this error number. */
static void run_refused(struct bpi_udp *udp, int error)
{
    const struct bpi_udp_run run = udp->runs[udp->run_first];
    if (error == EAGAIN) {
        udp->is_blocked = true;
        return;
    }
    const bool is_about_size = error == EINVAL || error == EMSGSIZE;
    if (run_send_apart(udp) > 0 && run.count > 1 && (is_about_size || error == EIO))
        udp->segment_max = is_about_size ? run.segment - 1 : 0;
}

static void runs_send(struct bpi_udp *udp)
{
    unsigned count = 0;
    for (size_t i = udp->run_first; i < udp->run_count && count < BPI_UDP_FLUSH_RUNS; i++) {
        if (is_apart(udp, &udp->runs[i]))
            break;
        head_fill(udp, count++, &udp->runs[i]);
    }
    if (count == 0) {
        (void)run_send_apart(udp);
        return;
    }
    udp->stats.send_calls++;
    const int taken = sendmmsg(udp->fd, udp->send_heads, count, MSG_DONTWAIT);
    if (taken <= 0)
        run_refused(udp, errno);
    for (int i = 0; i < taken; i++, udp->run_first++)
        count_sent(udp, udp->runs[udp->run_first].count, udp->runs[udp->run_first].size);
}

void bpi_udp_flush(struct bpi_udp *udp)
{
    udp->is_blocked = false;
    while (udp->run_first < udp->run_count && !udp->is_blocked)
        runs_send(udp);
    if (udp->run_first == udp->run_count)
        udp->run_first = udp->run_count = udp->pool_used = 0;
}
