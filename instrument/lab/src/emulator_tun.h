/* emulator_tun.h - the emulator between devices, one a host: TUN, or veth with packet sockets.
 *
 * Threads   the emulator's process
 */
#ifndef LAB_EMULATOR_TUN_H
#define LAB_EMULATOR_TUN_H

#include "emulator_internal.h"
#include "pcap_internal.h"

#include <lab/net.h>

#include <linux/if_packet.h>

enum { LAB_NET_HOSTS_MAX = 250, LAB_VIRTIO_SIZE = 10 /* of struct virtio_net_hdr */ };

struct lab_tun {
    const struct sockaddr_ll *links; /* [host_count]: the devices are veth pairs; NULL: TUN */
    uint32_t host_count;
    int fds[LAB_NET_HOSTS_MAX];                /* non-blocking */
    struct lab_pcap *pcaps[LAB_NET_HOSTS_MAX]; /* NULL: no capture */
    uint64_t behind_ns[LAB_NET_HOSTS_MAX]; /* since when a device was never seen empty; 0: it was */
    uint64_t empty_ns[LAB_NET_HOSTS_MAX];  /* veth: a time at which nothing that is there now was */
    size_t head_size;                      /* of the virtio header before each packet; 0: none */
    uint64_t unix_ns;                      /* the wall clock's less the monotonic one's, or less */
    uint8_t packet[LAB_PACKET_MAX + 16];
};

/* When a packet came: the kernel's time for it where that can be so, which is after nothing was
 * there and not after now. Else, as when somebody has set the clock, now. */
static inline uint64_t lab_stamp_ns(uint64_t kernel_ns, uint64_t empty_ns, uint64_t now_ns)
{
    return kernel_ns > empty_ns && kernel_ns < now_ns ? kernel_ns : now_ns;
}

extern const struct lab_emulator_io lab_tun_io;

/* Let an emulator watch the devices; tun->fds, pcaps and head_size are given. Errors: EIO. */
BASE_MUST_USE base_err lab_tun_init(struct lab_tun *tun, struct lab_emulator *emulator,
                                    struct base_why *why);

#endif
