/* net.h - a network in real time: programs on hosts of their own, unmodified, with the links of a
 * topology between them.
 *
 * Each host is a network namespace (and, when not root, all are in a user namespace) with one
 * device, lab0: TUN, or one end of a veth pair. A child process, the emulator, moves raw IP packets
 * of any protocol through a fabric (fabric.h) and measures itself. Broadcast and multicast go
 * nowhere; what a host sends to itself stays in its loopback. Where namespaces are forbidden the
 * back end `relay` gives pairs of hosts UDP and TCP ports on loopback instead (lab_net_relay_port).
 * The kernel's netem is not driven: asked for, it is refused with the reason.
 *
 * From TUN a packet's delay begins when the emulator has read it, from veth when the kernel had it,
 * so that what the emulator came late for is not added. veth takes some 30 % fewer packets a
 * second, and keeps fewer for the emulator where the user is not root.
 *
 * Without root programs keep their user, who is the only one inside, and get CAP_NET_ADMIN,
 * CAP_NET_RAW and CAP_NET_BIND_SERVICE for their host. Files are the caller's; /etc/hosts and
 * /etc/resolv.conf stay as they are, and /proc shows process numbers from outside.
 *
 * A packet that the first link on its way finds larger than its MTU is answered, in time 0, with
 * ICMP "fragmentation needed" or "packet too big" when that link joins the two hosts directly;
 * elsewhere it is dropped silently.
 *
 * The emulator and every program started end with the caller, however it ends: the kernel kills the
 * emulator (PR_SET_PDEATHSIG), and with it ends process 1 of the PID namespace that the programs
 * are in, daemons too. Namespaces and devices go with them. With the relay there is no such
 * namespace: the emulator kills the process groups of programs that still run; what has left its
 * group, or outlived its program, stays.
 *
 * Ownership lab_net_close ends everything; the topology is read during lab_net_open only
 * Threads   one thread, which must live as long as the network: it ends with its thread
 * Source    TUN: Linux Documentation/networking/tuntap.rst; namespaces(7), user_namespaces(7),
 *           pid_namespaces(7)
 */
#ifndef LAB_NET_H
#define LAB_NET_H

#include <lab/fabric.h>

#include <sys/types.h>

/* TUN and VETH: hosts in namespaces, with these devices. */
enum lab_back_end { LAB_BACK_AUTO, LAB_BACK_TUN, LAB_BACK_VETH, LAB_BACK_RELAY, LAB_BACK_NETEM };

/* core: 0 is a core, too: say -1. */
struct lab_net_config {
    const struct lab_topology *topology; /* at most 250 programs' hosts */
    uint64_t seed;
    enum lab_back_end back_end; /* AUTO: TUN where namespaces work, else the relay. TUN: VETH where
                                   /dev/net/tun may not be opened */
    const char *capture_folder; /* NULL, or where HOST.pcap are written (nanosecond pcap, raw IP;
                                   namespaces only); they are whole up to half a second ago */
    uint32_t mtu_bytes;         /* of the devices, 1280 .. 65000; 0: 1500 */
    uint64_t spin_ns; /* the emulator spins from this long before a packet's time; 0: 300 us */
    int core; /* the emulator's; -1: any. As root it comes there before all that is not in real time
                 itself, but for 15 ms after each 200 (SCHED_FIFO: sched(7)) */
    bool has_offload; /* TUN alone: segments and checksums left undone inside (GSO); faster, and
                         a segment of up to 64 KiB, with ten bytes for the device, is one packet to
                         the links, which then have no MTU; corrupt ones are dropped */
};

/* What was asked for and what was achieved. Times are of the emulator alone: when a packet was
 * handed to its host against when the link let it out. */
struct lab_net_report {
    enum lab_back_end back_end;
    uint64_t packets, bytes; /* that hosts sent to each other */
    uint64_t dropped_memory; /* no room on the way */
    uint64_t dropped_device; /* came faster than the emulator, or a host, took them */
    uint64_t late_p50_ns, late_p99_ns, late_max_ns; /* p50, p99 within 3 % */
    uint64_t busy_ns, wall_ns; /* processor time of the emulator, and since it began */
    double rate_pps_max;       /* of the busiest 100 ms */
    bool is_valid;    /* the emulator lives, late_p99 within 1 ms, 99 % taken within 1 ms of the
                         time when they could have been, none dropped for want of room or time,
                         every change of the schedule carried out */
    char reason[160]; /* why not; "" */
    struct lab_link_counts total;
};

struct lab_net;

/* Make the hosts; all are up on return. Errors: EUNSUPPORTED (why names what is missing and what
 * would help), ERANGE, EIO, ENOMEM. Ten hosts take well below a second. */
BASE_MUST_USE base_err lab_net_open(const struct lab_net_config *config, struct lab_net **net,
                                    struct base_why *why);
/* End the hosts and what runs on them; programs that nobody has waited for are waited for here. */
void lab_net_close(struct lab_net *net);
enum lab_back_end lab_net_back_end(const struct lab_net *net);
/* Start a program on a host.
 *
 *   argv    [.., NULL]; argv[0] is looked for in PATH
 *   fds     its standard input, output and error; -1: /dev/null, or the caller's own for output and
 *           error; NULL: all -1. Other descriptors are not passed on
 *
 * It is a child of the caller, who waits for it (waitpid) and may signal it, and it leads a process
 * group of its own. What it leaves running stays until lab_net_close. Errors: ERANGE, ENOTFOUND (no
 * such program), EIO. */
BASE_MUST_USE base_err lab_net_spawn(struct lab_net *net, uint32_t host, const char *const *argv,
                                     const int fds[3], pid_t *pid, struct base_why *why);
/* A socket(2), close-on-exec, made inside a host for the caller's own process: no program needs to
 * be started there. Namespaces only. Errors: EUNSUPPORTED, ERANGE, EIO. */
BASE_MUST_USE base_err lab_net_socket(struct lab_net *net, uint32_t host, int family, int type,
                                      int protocol, int *fd, struct base_why *why);
/* "10.77.0.3" and "fd77::3" of host 2: N is 1 + the host, in decimal and hexadecimal. With the
 * relay "127.0.0.1" and "". "" past the last host. */
const char *lab_net_address(const struct lab_net *net, uint32_t host);
const char *lab_net_address6(const struct lab_net *net, uint32_t host);
/* With the relay: the port on 127.0.0.1 at which host `from` reaches what host `to` offers at
 * 127.0.0.1:service. Datagrams pass the links as they are, answers go back to their sender. A
 * stream's bytes pass links that delay and pace, and lose nothing; a cut breaks it. These links are
 * beside those of datagrams, with the same rate again and no limit of a host's. Errors:
 * EUNSUPPORTED (another back end), ERANGE, EFULL (4096 sockets are in use), EIO. */
BASE_MUST_USE base_err lab_net_relay_port(struct lab_net *net, uint32_t from, uint32_t to,
                                          uint16_t service, bool is_tcp, uint16_t *port,
                                          struct base_why *why);
/* Start the clock of the topology's changes ("at 10 s cut"): time 0 is now. Errors: EEXIST (it runs
 * already), EIO. */
BASE_MUST_USE base_err lab_net_begin(struct lab_net *net, struct base_why *why);
/* Change something now; it has been done on return. Errors: those of lab_fabric_change; ERANGE
 * (traces of more than 128 KiB; an MTU where there is offload), EFULL, EIO. */
BASE_MUST_USE base_err lab_net_change(struct lab_net *net, const struct lab_change *change,
                                      struct base_why *why);
/* At any time, also when the emulator was killed: then what it knew last. Errors: EIO. */
BASE_MUST_USE base_err lab_net_report(struct lab_net *net, struct lab_net_report *report,
                                      struct base_why *why);
/* Bytes that have come out of the links so far, not those under way. One question to the emulator
 * and no more, so that it may be asked often. Errors: EIO. */
BASE_MUST_USE base_err lab_net_arrived(struct lab_net *net, uint64_t *bytes, struct base_why *why);
const char *lab_back_end_name(enum lab_back_end back_end);
/* "auto", "tun", "veth", "relay", "netem". Errors: EPARSE. */
BASE_MUST_USE base_err lab_back_end_parse(const char *text, enum lab_back_end *back_end,
                                          struct base_why *why);

#endif
