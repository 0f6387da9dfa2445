/* udp_receive.c - datagrams that came together are handed over by the kernel together (UDP_GRO): a
 * buffer with the size of its segments, of which the last may be shorter. */
#define _GNU_SOURCE
#include "udp_internal.h"

#include <errno.h>
#include <netinet/udp.h>

/* Errors of earlier sends, told by ICMP, are not the socket's own. */
static bool is_broken(int error)
{
    return error == EBADF || error == ENOTSOCK || error == EINVAL || error == EFAULT;
}

static size_t segment_of(struct msghdr *head, size_t size)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(head); control != NULL;
         control = CMSG_NXTHDR(head, control)) {
        int segment = 0;
        if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO)
            continue;
        memcpy(&segment, CMSG_DATA(control), sizeof segment);
        if (segment > 0)
            return (size_t)segment;
    }
    return size;
}

static void datagrams_step(struct bpi_udp *udp, const struct base_address *from, uint8_t *data,
                           size_t size, size_t segment)
{
    bpi_udp_now(udp);
    size_t at = 0;
    do {
        const size_t left = size - at, one = left < segment ? left : segment;
        udp->stats.received++;
        udp->stats.received_bytes += one;
        udp->config.step->datagram(udp->config.state, &udp->world, from, data + at, one);
        at += one;
    } while (at < size);
}

static base_err failed(void)
{
    return is_broken(errno) ? BASE_EIO : BASE_OK;
}

static base_err receive_plain(struct bpi_udp *udp, bool *has_come)
{
    for (size_t i = 0; i < BPI_UDP_RECEIVE_MESSAGES; i++) {
        struct sockaddr_in6 name;
        socklen_t name_size = sizeof name;
        udp->stats.receive_calls++;
        const ssize_t size = recvfrom(udp->fd, udp->received, BPI_UDP_RECEIVE_SIZE, MSG_DONTWAIT,
                                      (struct sockaddr *)&name, &name_size);
        udp->is_drained = size < 0;
        if (size < 0)
            return failed();
        const struct base_address from = bpi_udp_address_of(&name);
        *has_come = true;
        datagrams_step(udp, &from, udp->received, (size_t)size, (size_t)size);
    }
    return BASE_OK;
}

static void heads_fill(struct bpi_udp *udp)
{
    for (size_t i = 0; i < BPI_UDP_RECEIVE_MESSAGES; i++) {
        udp->receive_spans[i] =
            (struct iovec){ udp->received + i * BPI_UDP_RECEIVE_SIZE, BPI_UDP_RECEIVE_SIZE };
        udp->receive_heads[i].msg_hdr =
            (struct msghdr){ .msg_name = &udp->receive_names[i],
                             .msg_namelen = sizeof udp->receive_names[i],
                             .msg_iov = &udp->receive_spans[i],
                             .msg_iovlen = 1,
                             .msg_control = udp->receive_controls[i],
                             .msg_controllen = sizeof udp->receive_controls[i] };
    }
}

base_err bpi_udp_receive(struct bpi_udp *udp, bool *has_come)
{
    if (udp->config.is_plain)
        return receive_plain(udp, has_come);
    heads_fill(udp);
    udp->stats.receive_calls++;
    const int count =
        recvmmsg(udp->fd, udp->receive_heads, BPI_UDP_RECEIVE_MESSAGES, MSG_DONTWAIT, NULL);
    udp->is_drained = count < BPI_UDP_RECEIVE_MESSAGES;
    if (count < 0)
        return failed();
    for (int i = 0; i < count; i++) {
        const size_t size = udp->receive_heads[i].msg_len;
        const struct base_address from = bpi_udp_address_of(&udp->receive_names[i]);
        *has_come = true;
        datagrams_step(udp, &from, udp->received + (size_t)i * BPI_UDP_RECEIVE_SIZE, size,
                       segment_of(&udp->receive_heads[i].msg_hdr, size));
    }
    return BASE_OK;
}
