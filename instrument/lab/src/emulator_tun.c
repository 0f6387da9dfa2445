/* emulator_tun.c - IP packets from and to devices.
 *
 * From TUN a packet is stamped when it has been read, so that it is never delayed for less than
 * asked: this process may lose its processor between any two steps. Packet sockets have the
 * kernel's time, of when the device of the emulator's end got the packet. With offload a virtio
 * header of ten bytes travels in front of it through the fabric, and counts there. */
#include "emulator_tun.h"

#include "emulator_packet.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static_assert(sizeof(struct virtio_net_hdr) == LAB_VIRTIO_SIZE, "what TUN devices speak");

static void capture(const struct lab_tun *tun, uint32_t host, uint64_t now_ns, const uint8_t *data,
                    size_t size)
{
    if (tun->pcaps[host] && size > tun->head_size)
        lab_pcap_put(tun->pcaps[host], now_ns + tun->unix_ns, data + tun->head_size,
                     size - tun->head_size);
}

static uint64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The wall clock's time less the monotonic one's. The latter is read last, so that a kernel's time
 * is never taken to be earlier than it was, and this process may lose its processor in between, so
 * that the largest of three is the best. */
static uint64_t unix_ns_now(void)
{
    uint64_t most = 0;
    for (int i = 0; i < 3; i++) {
        const uint64_t wall = wall_ns(), ns = wall - lab_clock_ns();
        most = ns > most ? ns : most;
    }
    return most;
}

static uint64_t kernel_ns(struct msghdr *message, uint64_t unix_ns)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        struct timespec t;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec - unix_ns;
    }
    return 0;
}

/* at_ns: when the kernel had the packet; 0: it does not say. */
static ssize_t device_read(struct lab_tun *tun, uint32_t host, uint64_t *at_ns)
{
    *at_ns = 0;
    if (!tun->links)
        return read(tun->fds[host], tun->packet, sizeof tun->packet);
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec packet = { tun->packet, sizeof tun->packet };
    struct msghdr message = { .msg_iov = &packet,
                              .msg_iovlen = 1,
                              .msg_control = control,
                              .msg_controllen = sizeof control };
    const ssize_t size = recvmsg(tun->fds[host], &message, 0);
    if (size > 0)
        *at_ns = kernel_ns(&message, tun->unix_ns);
    return size;
}

static ssize_t device_write(const struct lab_tun *tun, uint32_t host, const uint8_t *data,
                            size_t size)
{
    ssize_t n;
    if (!tun->links) {
        do
            n = write(tun->fds[host], data, size);
        while (n < 0 && errno == EINTR);
        return n;
    }
    struct sockaddr_ll link = tun->links[host];
    link.sll_protocol = htons(data[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
    do
        n = sendto(tun->fds[host], data, size, 0, (const struct sockaddr *)&link, sizeof link);
    while (n < 0 && errno == EINTR);
    return n;
}

static uint64_t mtu_drops(const struct lab_emulator *e, uint32_t from, uint32_t to)
{
    const struct lab_link_counts *const counts = lab_fabric_counts(e->fabric, from, to);
    return counts ? counts->mtu_dropped : 0;
}

/* Push a packet that the link between the two hosts would not take. Its way may be another: that it
 * did not is seen in the link's counts, and its sender gets the answer of a router there. */
static void push_large(struct lab_emulator *e, struct lab_tun *tun, uint32_t from, uint32_t to,
                       uint64_t now_ns, size_t size, uint32_t mtu_bytes)
{
    const uint64_t before = mtu_drops(e, from, to);
    lab_emulator_push(e, now_ns, from, to, tun->packet, size, 0);
    if (mtu_drops(e, from, to) == before)
        return;
    uint8_t answer[LAB_TOO_BIG_MAX];
    const size_t n = lab_packet_too_big(tun->packet, size, mtu_bytes, to, answer);
    if (n > 0 && device_write(tun, from, answer, n) == (ssize_t)n)
        e->stats->too_big_answers++;
}

static void take_packet(struct lab_emulator *e, struct lab_tun *tun, uint32_t from, uint64_t now_ns,
                        size_t size)
{
    const uint8_t *const packet = tun->packet + tun->head_size;
    if (size <= tun->head_size || size > LAB_PACKET_MAX) {
        e->stats->refused += size > LAB_PACKET_MAX;
        return;
    }
    const uint32_t to = lab_packet_host(packet, size - tun->head_size, tun->host_count);
    if (to == LAB_NO_HOST || to == from) {
        e->stats->no_host++;
        return;
    }
    capture(tun, from, now_ns, tun->packet, size);
    const uint32_t mtu_bytes = tun->head_size == 0 ? lab_fabric_mtu(e->fabric, from, to) : 0;
    if (mtu_bytes > 0 && size > mtu_bytes)
        push_large(e, tun, from, to, now_ns, size, mtu_bytes);
    else
        lab_emulator_push(e, now_ns, from, to, tun->packet, size, 0);
}

/* Packets that wait in a TUN device have no time on them: what is taken long after the device was
 * last seen empty may be late without any sign of it, and is counted. */
static void take(struct lab_emulator *e, uint64_t tag)
{
    const uint32_t host = (uint32_t)tag;
    uint64_t now_ns = 0, came_ns;
    struct lab_tun *const tun = e->context;
    const uint64_t since_ns = tun->behind_ns[host];
    for (uint32_t i = 0; i < LAB_EMULATOR_BATCH; i++) {
        const ssize_t size = device_read(tun, host, &came_ns);
        if (size <= 0) {
            tun->behind_ns[host] = 0;
            if (now_ns > 0)
                tun->empty_ns[host] = now_ns;
            if (size < 0 && errno == EBADFD) /* a program has removed the device */
                lab_emulator_forget(e, tun->fds[host]);
            return;
        }
        now_ns = lab_clock_ns();
        came_ns = lab_stamp_ns(came_ns, tun->empty_ns[host], now_ns);
        e->stats->waited +=
            came_ns == now_ns &&
            (e->has_looked_late || (since_ns > 0 && now_ns > since_ns + lab_late_max_ns));
        take_packet(e, tun, host, came_ns, (size_t)size);
    }
    if (since_ns == 0)
        tun->behind_ns[host] = now_ns;
}

static void give(struct lab_emulator *e, const struct lab_arrival *arrival)
{
    struct lab_tun *const tun = e->context;
    const uint8_t *const data = arrival->data;
    /* With offload nobody has computed the checksum that would find the flipped bit; a device that
     * does it would have done so before the wire, and the other end would have dropped the packet.
     */
    if (arrival->is_corrupt && tun->head_size > 0)
        return;
    if (device_write(tun, arrival->to, data, arrival->size) < 0)
        lab_emulator_unsent(e, errno);
    if (tun->pcaps[arrival->to])
        capture(tun, arrival->to, lab_clock_ns(), data, arrival->size);
}

/* What a packet socket had no room for since it was asked last. */
static uint64_t socket_drops(int fd)
{
    struct tpacket_stats stats = { 0 };
    socklen_t size = sizeof stats;
    return getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0 ? stats.tp_drops : 0;
}

static void flush(struct lab_emulator *e)
{
    struct lab_tun *const tun = e->context;
    tun->unix_ns = unix_ns_now();
    for (uint32_t i = 0; i < tun->host_count; i++) {
        if (tun->pcaps[i])
            lab_pcap_flush(tun->pcaps[i]);
        if (tun->links)
            e->stats->dropped_socket += socket_drops(tun->fds[i]);
    }
}

const struct lab_emulator_io lab_tun_io = { take, give, flush, NULL };

base_err lab_tun_init(struct lab_tun *tun, struct lab_emulator *e, struct base_why *why)
{
    tun->unix_ns = unix_ns_now();
    base_err err = BASE_OK;
    for (uint32_t i = 0; i < tun->host_count && !err; i++)
        err = lab_emulator_watch(e, tun->fds[i], i, why);
    return err;
}
