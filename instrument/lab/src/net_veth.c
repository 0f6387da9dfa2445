/* net_veth.c - devices for whoever wants the kernel's own times of packets, or may not open
 * /dev/net/tun: each host gets one end of a veth pair, and the emulator reads and writes packets at
 * the other ends, which are all in a network namespace of its own, by packet sockets.
 *
 * No addresses are asked for (IFF_NOARP), and checksums are computed before a packet leaves its
 * host, since nobody would do it later. A little slower than TUN, and the queue in front of the
 * emulator is a socket's buffer, as large as the user may have one.
 *
 * Source  veth(4), packet(7), rtnetlink(7) */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WISH_MAX = 512, BUFFER_BYTES = 16 << 20 };

/* A netlink request that grows; its attributes need not fit more than WISH_MAX. */
struct wish {
    struct nlmsghdr head;
    uint8_t data[WISH_MAX];
};

static void *put(struct wish *wish, const void *data, size_t size)
{
    void *const at = (uint8_t *)wish + NLMSG_ALIGN(wish->head.nlmsg_len);
    if (data)
        memcpy(at, data, size);
    wish->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(wish->head.nlmsg_len) + size);
    return at;
}

static void put_attribute(struct wish *wish, uint16_t type, const void *data, size_t size)
{
    const struct rtattr head = { (uint16_t)RTA_LENGTH(size), type };
    put(wish, &head, sizeof head);
    put(wish, data, size);
}

static struct rtattr *nest_begin(struct wish *wish, uint16_t type)
{
    const struct rtattr head = { 0, type };
    return put(wish, &head, sizeof head);
}

static void nest_end(const struct wish *wish, struct rtattr *nest)
{
    nest->rta_len = (uint16_t)((const uint8_t *)wish + wish->head.nlmsg_len - (uint8_t *)nest);
}

static void mac_of(uint32_t host, uint8_t mac[6])
{
    memcpy(mac, (const uint8_t[6]){ 0x02, 0x77, 0, 0, 0, (uint8_t)(host + 1) }, 6);
}

/* lab0 here, hostN in the emulator's namespace. */
static int pair_make(uint32_t host, int hub, const char *peer_name, uint32_t mtu_bytes)
{
    struct wish wish = { .head = { .nlmsg_len = NLMSG_HDRLEN,
                                   .nlmsg_type = RTM_NEWLINK,
                                   .nlmsg_flags =
                                       NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL } };
    const struct ifinfomsg link = { 0 };
    const uint32_t queue = LAB_DEVICE_QUEUE;
    uint8_t mac[6];
    mac_of(host, mac);
    put(&wish, &link, sizeof link);
    put_attribute(&wish, IFLA_IFNAME, LAB_DEVICE, sizeof LAB_DEVICE);
    put_attribute(&wish, IFLA_ADDRESS, mac, sizeof mac);
    put_attribute(&wish, IFLA_MTU, &mtu_bytes, sizeof mtu_bytes);
    put_attribute(&wish, IFLA_TXQLEN, &queue, sizeof queue);
    struct rtattr *const info = nest_begin(&wish, IFLA_LINKINFO);
    put_attribute(&wish, IFLA_INFO_KIND, "veth", 4);
    struct rtattr *const data = nest_begin(&wish, IFLA_INFO_DATA);
    struct rtattr *const peer = nest_begin(&wish, VETH_INFO_PEER);
    put(&wish, &link, sizeof link);
    put_attribute(&wish, IFLA_IFNAME, peer_name, strlen(peer_name) + 1);
    put_attribute(&wish, IFLA_MTU, &mtu_bytes, sizeof mtu_bytes);
    put_attribute(&wish, IFLA_NET_NS_FD, &hub, sizeof hub);
    nest_end(&wish, peer);
    nest_end(&wish, data);
    nest_end(&wish, info);
    return lab_netlink_ask(&wish, wish.head.nlmsg_len);
}

static int no_arp_no_offload(void)
{
    struct ifreq request = { .ifr_flags = IFF_NOARP };
    struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM };
    memcpy(request.ifr_name, LAB_DEVICE, sizeof LAB_DEVICE);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
    request.ifr_data = (char *)&off;
    if (result == 0)
        result = ioctl(fd, SIOCETHTOOL, &request);
    if (fd >= 0)
        close(fd);
    return result;
}

static int peer_up(const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_UP | IFF_NOARP };
    memcpy(request.ifr_name, name, strlen(name));
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int result = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
    if (fd >= 0)
        close(fd);
    return result;
}

/* In the emulator's namespace: what the host sends, without the kernel's own header. */
static int peer_socket(uint32_t host, const char *name, struct sockaddr_ll *address)
{
    const int yes = 1, bytes = BUFFER_BYTES;
    *address = (struct sockaddr_ll){ .sll_family = AF_PACKET,
                                     .sll_protocol = htons(ETH_P_ALL),
                                     .sll_ifindex = (int)if_nametoindex(name),
                                     .sll_halen = 6 };
    mac_of(host, address->sll_addr);
    const int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) ||
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) ||
        (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) &&
         setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes)) ||
        bind(fd, (const struct sockaddr *)address, sizeof *address)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* The emulator's end is up before the host's: a device that is brought up while the other is down
 * gets its carrier, and with it its queue, at a time of the kernel's choosing, and loses packets
 * until then. The emulator's end is in that state, but its socket passes by the queue. */
base_err lab_veth_open(uint32_t host, int space, int hub, uint32_t mtu_bytes, int *fd,
                       struct sockaddr_ll *address, struct base_why *why)
{
    char name[16];
    snprintf(name, sizeof name, "host%u", host);
    if (pair_make(host, hub, name, mtu_bytes) || no_arp_no_offload())
        return base_fail(why, BASE_EUNSUPPORTED, 0, "a pair of veth devices cannot be made: %s",
                         strerror(errno));
    if (setns(hub, CLONE_NEWNET) || peer_up(name) || (*fd = peer_socket(host, name, address)) < 0 ||
        setns(space, CLONE_NEWNET))
        return base_fail(why, BASE_EIO, 0, "host %u: its veth device cannot be read: %s", host,
                         strerror(errno));
    return BASE_OK;
}

base_err lab_veth_hub(int *hub, struct base_why *why)
{
    if (unshare(CLONE_NEWNET) == 0)
        *hub = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (*hub < 0)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "the emulator's network namespace: %s",
                         strerror(errno));
    lab_write_where_possible("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    return BASE_OK;
}
