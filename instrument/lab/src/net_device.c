/* net_device.c - a TUN device, and any device's addresses, by the oldest ioctls there are where
 * they serve: they work in every namespace whose user may administer it. */
#define _GNU_SOURCE
#include "net_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ADDRESS_PATIENCE_MS = 5000, ROUTES_SIZE = 8192 };

base_err lab_tun_open(bool has_offload, int *out, struct base_why *why)
{
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "there is no /dev/net/tun, which hosts need for their devices: load the "
                         "kernel's module tun (as root: modprobe tun), or use the relay");
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "/dev/net/tun cannot be opened (%s), and hosts need it for their devices: "
                         "let everybody open it, which is safe and usual (as root: chmod 0666 "
                         "/dev/net/tun), or use the relay",
                         strerror(errno));
    if (fd < 0)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "/dev/net/tun: %s", strerror(errno));
    struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI | (has_offload ? IFF_VNET_HDR : 0) };
    memcpy(request.ifr_name, LAB_DEVICE, sizeof LAB_DEVICE);
    unsigned offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    if (ioctl(fd, TUNSETIFF, &request) || (has_offload && ioctl(fd, TUNSETOFFLOAD, offload))) {
        base_fail(why, BASE_EUNSUPPORTED, 0, "a TUN device cannot be made: %s", strerror(errno));
        close(fd);
        return BASE_EUNSUPPORTED;
    }
    *out = fd;
    return BASE_OK;
}

void lab_write_where_possible(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, text, strlen(text));
    close(fd);
}

static void settings_write(bool is_unprivileged)
{
    char groups[40];
    const unsigned long first = is_unprivileged ? getegid() : 0;
    const unsigned long last = is_unprivileged ? first : 2147483647;
    snprintf(groups, sizeof groups, "%lu %lu", first, last);
    lab_write_where_possible("/proc/sys/net/ipv4/ping_group_range", groups);
    lab_write_where_possible("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    lab_write_where_possible("/proc/sys/net/ipv6/conf/lab0/accept_ra", "0");
    lab_write_where_possible("/proc/sys/net/ipv6/conf/lab0/router_solicitations", "0");
    lab_write_where_possible("/proc/sys/net/ipv6/conf/lab0/addr_gen_mode", "1");
    lab_write_where_possible("/proc/sys/net/ipv6/conf/lab0/accept_dad", "0");
}

static int up(int socket, const char *name)
{
    struct ifreq request = { 0 };
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(socket, SIOCGIFFLAGS, &request))
        return -1;
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    return ioctl(socket, SIOCSIFFLAGS, &request);
}

static int address4_set(int socket, uint32_t host)
{
    struct ifreq request = { 0 };
    memcpy(request.ifr_name, LAB_DEVICE, sizeof LAB_DEVICE);
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(0x0a4d0000 + host + 1); /* 10.77.0.N */
    memcpy(&request.ifr_addr, &address, sizeof address);
    if (ioctl(socket, SIOCSIFADDR, &request))
        return -1;
    address.sin_addr.s_addr = htonl(0xffffff00);
    memcpy(&request.ifr_netmask, &address, sizeof address);
    return ioctl(socket, SIOCSIFNETMASK, &request);
}

int lab_netlink_ask(const void *wish, size_t size)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char more[256];
    } answer;
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int error = 0;
    if (fd < 0 || send(fd, wish, size, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
        error = errno;
    else if (answer.head.nlmsg_type != NLMSG_ERROR)
        error = EPROTO;
    else
        error = -answer.error.error;
    if (fd >= 0)
        close(fd);
    errno = error;
    return error ? -1 : 0;
}

/* MTU and queue; an ioctl would give the queue's length to the machine's root only. */
static int link_set(uint32_t mtu_bytes)
{
    const struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
        struct rtattr mtu_head;
        uint32_t mtu_bytes;
        struct rtattr queue_head;
        uint32_t queue;
    } wish = {
        .head = { .nlmsg_len = sizeof wish,
                  .nlmsg_type = RTM_NEWLINK,
                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
        .link = { .ifi_index = (int)if_nametoindex(LAB_DEVICE) },
        .mtu_head = { sizeof(struct rtattr) + sizeof(uint32_t), IFLA_MTU },
        .mtu_bytes = mtu_bytes,
        .queue_head = { sizeof(struct rtattr) + sizeof(uint32_t), IFLA_TXQLEN },
        .queue = LAB_DEVICE_QUEUE,
    };
    return lab_netlink_ask(&wish, sizeof wish);
}

/* The kernel makes an address of IPv6 its own a moment after it was set; what comes for it before
 * is dropped. It is there when it has a route with all 128 bits (0x80). */
static int address6_await(uint32_t host)
{
    char wanted[48], text[ROUTES_SIZE];
    snprintf(wanted, sizeof wanted, "fd77%028x 80 ", (unsigned)host + 1);
    for (int i = 0; i < ADDRESS_PATIENCE_MS; i++) {
        const int fd = open("/proc/self/net/ipv6_route", O_RDONLY | O_CLOEXEC);
        const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        if (fd < 0)
            return 0; /* nothing to look at */
        close(fd);
        text[n > 0 ? n : 0] = '\0';
        if (strstr(text, wanted))
            return 0;
        (void)!poll(NULL, 0, 1);
    }
    errno = ETIMEDOUT;
    return -1;
}

/* fd77::N/64, when the device is up; a kernel without IPv6 has none to set. By netlink, the only
 * way to say that nobody needs to be asked whether the address is taken (IFA_F_NODAD): until then
 * it would not be used. */
static int address6_set(uint32_t host)
{
    const struct {
        struct nlmsghdr head;
        struct ifaddrmsg address;
        struct rtattr ip_head;
        uint8_t ip[16];
    } wish = {
        .head = { .nlmsg_len = sizeof wish,
                  .nlmsg_type = RTM_NEWADDR,
                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL },
        .address = { .ifa_family = AF_INET6,
                     .ifa_prefixlen = 64,
                     .ifa_flags = IFA_F_NODAD | IFA_F_PERMANENT,
                     .ifa_index = if_nametoindex(LAB_DEVICE) },
        .ip_head = { sizeof(struct rtattr) + 16, IFA_LOCAL },
        .ip = { 0xfd, 0x77, [15] = (uint8_t)(host + 1) },
    };
    if (lab_netlink_ask(&wish, sizeof wish) == 0)
        return address6_await(host);
    return errno == EOPNOTSUPP || errno == EACCES ? 0 : -1;
}

base_err lab_device_set_up(uint32_t host, uint32_t mtu_bytes, bool is_unprivileged,
                           struct base_why *why)
{
    settings_write(is_unprivileged);
    base_err err = BASE_OK;
    const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0 || up(control, "lo") || link_set(mtu_bytes) || address4_set(control, host) ||
        up(control, LAB_DEVICE) || address6_set(host))
        err = base_fail(why, BASE_EIO, 0, "host %u: its device cannot be set up: %s", host,
                        strerror(errno));
    if (control >= 0)
        close(control);
    return err;
}
