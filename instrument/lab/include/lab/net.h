/* net.h - a network in real time: programs on hosts of their own, unmodified, with the links of a
 * topology between them.
 *
 * Each host is a network namespace (and, when not root, a user namespace) with one TUN device; a
 * child process, the emulator, moves raw IP packets through a fabric (fabric.h) and measures
 * itself. Where namespaces are forbidden the back end `relay` gives each pair of hosts a UDP and
 * TCP port on loopback instead, and where the kernel has netem it can shape veth pairs.
 *
 * The emulator, the holders of the namespaces and every program started die with the caller,
 * however it ends (PR_SET_PDEATHSIG and a pipe whose end they wait for); namespaces and devices go
 * with them.
 *
 * Ownership lab_net_close ends everything
 * Threads   one thread
 * Source    TUN: Linux Documentation/networking/tuntap.rst; namespaces(7), user_namespaces(7)
 */
#ifndef LAB_NET_H
#define LAB_NET_H

#include <lab/fabric.h>

#include <sys/types.h>

enum lab_back_end { LAB_BACK_AUTO, LAB_BACK_TUN, LAB_BACK_RELAY, LAB_BACK_NETEM };

struct lab_net_config {
    const struct lab_topology *topology; /* at most 250 programs' hosts */
    uint64_t seed;
    enum lab_back_end back_end; /* AUTO: TUN where it works, else the relay */
    const char *capture_folder; /* NULL, or where HOST.pcap are written (nanosecond pcap, raw IP) */
    uint32_t mtu_bytes;         /* of the devices; 0: 1500 */
    uint64_t spin_ns; /* the emulator spins from this long before a packet's time; 0: 300 us */
    int core;         /* the emulator's; -1: any */
    bool has_offload; /* TUN: segments and checksums left undone inside (GSO); faster, and
                         a segment is one packet to the links */
};

/* What was asked for and what was achieved. Times are of the emulator alone: when a packet was
 * handed to its host against when the link let it out. */
struct lab_net_report {
    enum lab_back_end back_end;
    uint64_t packets, bytes, dropped_memory, dropped_device;
    uint64_t late_p50_ns, late_p99_ns, late_max_ns;
    uint64_t busy_ns, wall_ns; /* processor time of the emulator, and since it began */
    double rate_pps_max;       /* of the busiest 100 ms */
    bool is_valid;    /* late_p99 within 1 ms, nothing dropped for want of memory or time */
    char reason[160]; /* why not; "" */
    struct lab_link_counts total;
};

struct lab_net;

/* Make the hosts; all are up on return. Errors: EUNSUPPORTED (why names what is missing and what
 * would help), ERANGE, EIO, ENOMEM. Ten hosts take well below a second. */
BASE_MUST_USE base_err lab_net_open(const struct lab_net_config *config, struct lab_net **net,
                                    struct base_why *why);
void lab_net_close(struct lab_net *net);
/* Start a program on a host.
 *
 *   argv    [.., NULL]; argv[0] is looked for in PATH
 *   fds     its standard input, output and error; -1: /dev/null, or the caller's own for output and
 * error
 *
 * It leads a process group of its own; the caller waits for it (waitpid). Errors: ERANGE, ENOTFOUND
 * (no such program), EIO. */
BASE_MUST_USE base_err lab_net_spawn(struct lab_net *net, uint32_t host, const char *const *argv,
                                     const int fds[3], pid_t *pid, struct base_why *why);
/* A socket(2) made inside a host by the caller's own process: no program needs to be started there.
 * Back end TUN only. Errors: EUNSUPPORTED, EIO. */
BASE_MUST_USE base_err lab_net_socket(struct lab_net *net, uint32_t host, int family, int type,
                                      int protocol, int *fd, struct base_why *why);
/* "10.77.0.3" and "fd77::3"; with the relay "127.0.0.1" and ports by lab_net_port. */
const char *lab_net_address(const struct lab_net *net, uint32_t host);
const char *lab_net_address6(const struct lab_net *net, uint32_t host);
/* Start the clock of the topology's changes ("at 10 s cut"): time 0 is now. */
BASE_MUST_USE base_err lab_net_begin(struct lab_net *net, struct base_why *why);
BASE_MUST_USE base_err lab_net_change(struct lab_net *net, const struct lab_change *change,
                                      struct base_why *why);
BASE_MUST_USE base_err lab_net_report(struct lab_net *net, struct lab_net_report *report,
                                      struct base_why *why);
const char *lab_back_end_name(enum lab_back_end back_end);
BASE_MUST_USE base_err lab_back_end_parse(const char *text, enum lab_back_end *back_end,
                                          struct base_why *why);

#endif
