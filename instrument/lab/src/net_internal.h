/* net_internal.h - the caller's side of a real network, and the process it starts.
 *
 *   caller --control--> emulator (its child; makes the namespaces, then moves the packets)
 *                          '--> keeper (process 1 of a PID namespace: when it ends, the kernel ends
 *                               every program of the hosts, whatever these did to get away)
 *
 * Programs are children of the caller (clone with CLONE_PARENT from a process that has joined the
 * namespaces), so that waiting and signals need no go-between.
 */
#ifndef LAB_NET_INTERNAL_H
#define LAB_NET_INTERNAL_H

#include "emulator_tun.h"

#include <lab/net.h>

#include <sys/types.h>

enum { LAB_DEVICE_QUEUE = 10000 }; /* packets that a device keeps for the emulator */

/* A program that was started, until somebody has waited for it. */
struct lab_program {
    pid_t pid;
    int pidfd;
};

struct lab_net {
    struct lab_net_config config;
    enum lab_back_end back_end;
    uint32_t host_count;              /* with programs */
    uint32_t plan_host_count;         /* with switches */
    struct lab_emulator_stats *stats; /* shared with the emulator */
    pid_t emulator;
    int emulator_pidfd;  /* so that no other process is taken for it */
    int emulator_status; /* of waitpid, when is_ended */
    bool is_ended;
    int control;
    uint64_t request_count;
    int keeper;             /* pidfd; -1: none */
    int user_space;         /* user namespace; -1: none of its own */
    int pid_space;          /* PID namespace; -1: none (relay) */
    int *net_spaces;        /* [host_count] network namespaces; -1: none (relay) */
    char (*addresses)[16];  /* [host_count] */
    char (*addresses6)[24]; /* [host_count] */
    struct lab_program *programs;
    size_t program_count, program_capacity;
};

/* What the emulator's process works with; the fabric was made by the caller, so that what is wrong
 * with a topology is said before anything is started. */
struct lab_child {
    const struct lab_net_config *config;
    enum lab_back_end back_end; /* TUN, VETH or RELAY */
    uint32_t host_count;
    pid_t caller;
    int control;
    struct lab_fabric *fabric;
    struct lab_emulator_stats *stats;
};

/* The first message of the emulator. With BASE_OK and hosts in namespaces come the descriptors of
 * the keeper, the PID namespace, the hosts' network namespaces and, when has_user_space, the user
 * namespace. */
struct lab_hello {
    base_err err;
    bool has_user_space, has_veth;
    char text[BASE_WHY_TEXT_SIZE];
};

enum { LAB_DESCRIPTORS_MAX = LAB_NET_HOSTS_MAX + 3 };

static inline bool lab_back_end_has_spaces(enum lab_back_end back_end)
{
    return back_end == LAB_BACK_TUN || back_end == LAB_BACK_VETH;
}

/* net_child.c: the emulator's process; does not return. */
_Noreturn void lab_net_child(const struct lab_child *child);

/* net_space.c: namespaces and devices, for the emulator's process. */
struct lab_spaces {
    int user, pid, keeper; /* -1: none */
    int keeper_pipe;       /* the keeper ends when this is closed */
    pid_t keeper_pid;
    int hub; /* network namespace of the emulator's ends of veth devices; -1: devices are TUN */
    int nets[LAB_NET_HOSTS_MAX], devices[LAB_NET_HOSTS_MAX];
    struct sockaddr_ll links[LAB_NET_HOSTS_MAX]; /* with a hub */
};
BASE_MUST_USE base_err lab_spaces_open(const struct lab_net_config *config, bool has_veth,
                                       uint32_t host_count, struct lab_spaces *spaces,
                                       struct base_why *why);

/* net_device.c, in the current network namespace: make the device; give it its addresses, bring it
 * and loopback up. is_unprivileged: the namespace knows one group only. */
#define LAB_DEVICE "lab0"
BASE_MUST_USE base_err lab_tun_open(bool has_offload, int *fd, struct base_why *why);
BASE_MUST_USE base_err lab_device_set_up(uint32_t host, uint32_t mtu_bytes, bool is_unprivileged,
                                         struct base_why *why);
/* Ask the kernel by netlink; 0, or -1 with errno. */
int lab_netlink_ask(const void *wish, size_t size);
/* A file that may be missing or read-only, where programs get by without what it says. */
void lab_write_where_possible(const char *path, const char *text);

/* net_veth.c: a namespace for the emulator, which it is in then; and, in the namespace of a host
 * (`space`), a device with its other end in there (`hub`), a socket at that end, and the address to
 * which the host's packets are sent. */
BASE_MUST_USE base_err lab_veth_hub(int *hub, struct base_why *why);
BASE_MUST_USE base_err lab_veth_open(uint32_t host, int space, int hub, uint32_t mtu_bytes, int *fd,
                                     struct sockaddr_ll *address, struct base_why *why);

/* net_pass.c: messages with descriptors, over a socket of sequenced packets. */
BASE_MUST_USE base_err lab_pass_send(int socket, const void *data, size_t size, const int *fds,
                                     size_t fd_count, struct base_why *why);
/* fd_count: room in, number out; descriptors that find no room are closed. ECLOSED: the other side
 * is gone; ETIMEOUT. */
BASE_MUST_USE base_err lab_pass_receive(int socket, void *data, size_t size, int *fds,
                                        size_t *fd_count, int timeout_ms, struct base_why *why);

/* net_open.c: why no link may have an MTU where there is offload; never BASE_OK. */
BASE_MUST_USE base_err lab_net_mtu_refuse(struct base_why *why);

/* net_control.c: ask the emulator; `more` [more_size] follows the request. After 10 s without an
 * answer it is given up (EIO); one that comes later is passed over. */
BASE_MUST_USE base_err lab_net_ask(struct lab_net *net, const struct lab_request *request,
                                   const void *more, size_t more_size, struct lab_reply *reply,
                                   struct base_why *why);
/* Has the emulator ended? Then it has been waited for. */
bool lab_net_is_ended(struct lab_net *net);
void lab_net_kill(struct lab_net *net);

/* net_spawn.c: wait for what still runs, after it was ended. */
void lab_programs_done(struct lab_net *net);

/* net_drops.c: packets that the hosts' devices could not keep for the emulator. */
BASE_MUST_USE base_err lab_net_device_drops(struct lab_net *net, uint64_t *drops,
                                            struct base_why *why);

/* net_netem.c: why the kernel's netem does not serve here; never BASE_OK. */
BASE_MUST_USE base_err lab_netem_refuse(struct base_why *why);

/* Join the namespaces of a host, in a forked child; an errno, or 0. */
int lab_net_join(const struct lab_net *net, uint32_t host, bool with_pids);

#endif
