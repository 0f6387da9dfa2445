/* net_open.c - a network comes up and goes away. */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OPEN_TIMEOUT_MS = 60000, /* 250 hosts on a slow machine */
    END_TIMEOUT_MS = 60000,  /* devices go one by one */
    MTU_MIN = 1280,          /* IPv6's: RFC 8200, section 5 */
    MTU_MAX = 65000,
};

/* May a link, now or by the schedule, be too narrow for a packet? */
static bool has_mtu(const struct lab_topology *topology)
{
    bool has = topology->is_uniform && topology->uniform.mtu_bytes > 0;
    for (size_t i = 0; i < topology->edge_count; i++)
        has |= topology->edges[i].config.mtu_bytes > 0;
    for (size_t i = 0; i < topology->change_count; i++)
        has |= topology->changes[i].kind == LAB_SET && topology->changes[i].config.mtu_bytes > 0;
    return has;
}

base_err lab_net_mtu_refuse(struct base_why *why)
{
    return base_fail(why, BASE_ERANGE, 0,
                     "a link with an MTU and offload do not go together: with offload a packet is "
                     "a segment of up to 64 KiB; set the MTU of the devices");
}

static base_err config_check(const struct lab_net_config *config, struct base_why *why)
{
    const struct lab_topology *const topology = config->topology;
    if (topology->program_count < 1 || topology->program_count > LAB_NET_HOSTS_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "%u hosts are not between 1 and %d, which is what one machine can be in "
                         "real time",
                         topology->program_count, LAB_NET_HOSTS_MAX);
    if (config->mtu_bytes != 0 && (config->mtu_bytes < MTU_MIN || config->mtu_bytes > MTU_MAX))
        return base_fail(why, BASE_ERANGE, 0, "an MTU of %u bytes is not between %d and %d",
                         config->mtu_bytes, MTU_MIN, MTU_MAX);
    if (config->has_offload && config->back_end == LAB_BACK_VETH)
        return base_fail(why, BASE_ERANGE, 0, "offload needs TUN devices, and veth was asked for");
    return config->has_offload && has_mtu(topology) ? lab_net_mtu_refuse(why) : BASE_OK;
}

static base_err memory_new(struct lab_net *net, struct base_why *why)
{
    net->addresses = calloc(net->host_count, sizeof *net->addresses);
    net->addresses6 = calloc(net->host_count, sizeof *net->addresses6);
    net->net_spaces = malloc(net->host_count * sizeof *net->net_spaces);
    net->stats =
        mmap(NULL, sizeof *net->stats, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (net->stats == MAP_FAILED)
        net->stats = NULL;
    if (!net->addresses || !net->addresses6 || !net->net_spaces || !net->stats)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a network of %u hosts",
                         net->host_count);
    for (uint32_t i = 0; i < net->host_count; i++)
        net->net_spaces[i] = -1;
    return BASE_OK;
}

static void addresses_set(struct lab_net *net)
{
    for (uint32_t i = 0; i < net->host_count; i++) {
        char *const address = net->addresses[i], *const address6 = net->addresses6[i];
        const unsigned n = (i + 1) & 255;
        if (net->back_end == LAB_BACK_RELAY) {
            snprintf(address, sizeof *net->addresses, "127.0.0.1");
            address6[0] = '\0';
        } else {
            snprintf(address, sizeof *net->addresses, "10.77.0.%u", n);
            snprintf(address6, sizeof *net->addresses6, "fd77::%x", n);
        }
    }
}

static base_err hello_receive(struct lab_net *net, struct base_why *why)
{
    struct lab_hello hello;
    int fds[LAB_DESCRIPTORS_MAX];
    size_t count = LAB_DESCRIPTORS_MAX;
    const base_err err =
        lab_pass_receive(net->control, &hello, sizeof hello, fds, &count, OPEN_TIMEOUT_MS, why);
    if (err)
        return base_fail_prefix(why, BASE_EIO, "the emulator did not start");
    if (hello.err)
        return base_fail(why, hello.err, 0, "%s", hello.text);
    if (!lab_back_end_has_spaces(net->back_end))
        return BASE_OK;
    net->back_end = hello.has_veth ? LAB_BACK_VETH : LAB_BACK_TUN;
    const size_t expected = 2 + net->host_count + hello.has_user_space;
    for (size_t i = 0; count != expected && i < count; i++)
        close(fds[i]);
    if (count != expected)
        return base_fail(why, BASE_EIO, 0,
                         "%zu of %zu descriptors came through: more files must be allowed to be "
                         "open (ulimit -n)",
                         count, expected);
    net->keeper = fds[0];
    net->pid_space = fds[1];
    memcpy(net->net_spaces, fds + 2, net->host_count * sizeof *fds);
    if (hello.has_user_space)
        net->user_space = fds[count - 1];
    return BASE_OK;
}

static base_err child_start(struct lab_net *net, struct lab_fabric *fabric, struct base_why *why)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return base_fail(why, BASE_EIO, 0, "socketpair: %s", strerror(errno));
    const struct lab_child child = { &net->config, net->back_end, net->host_count, getpid(),
                                     ends[1],      fabric,        net->stats };
    net->emulator = fork();
    if (net->emulator == 0)
        lab_net_child(&child);
    const int error = errno;
    close(ends[1]);
    net->control = ends[0];
    if (net->emulator < 0)
        return base_fail(why, BASE_EIO, 0, "fork: %s", strerror(error));
    net->emulator_pidfd = (int)syscall(SYS_pidfd_open, net->emulator, 0);
    if (net->emulator_pidfd < 0) {
        const int no_pidfd = errno;
        kill(net->emulator, SIGKILL);
        waitpid(net->emulator, NULL, 0);
        return base_fail(why, BASE_EUNSUPPORTED, 0, "pidfd_open: %s (Linux 5.4 or later is needed)",
                         strerror(no_pidfd));
    }
    return hello_receive(net, why);
}

/* One back end, without falling back on another. */
static base_err try_open(const struct lab_net_config *config, enum lab_back_end back_end,
                         struct lab_net **out, struct base_why *why)
{
    struct lab_net *net = calloc(1, sizeof *net);
    if (!net)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a network");
    net->config = *config;
    net->back_end = back_end;
    net->host_count = config->topology->program_count;
    net->plan_host_count = config->topology->host_count;
    net->control = net->emulator_pidfd = net->keeper = net->user_space = net->pid_space = -1;
    struct lab_fabric *fabric = NULL;
    base_err err = memory_new(net, why);
    if (!err)
        err = lab_fabric_new(config->topology, config->seed, 0, &fabric, why);
    if (!err)
        err = child_start(net, fabric, why);
    lab_fabric_free(fabric); /* the emulator has its own copy */
    if (err) {
        lab_net_close(net);
        return err;
    }
    net->config.topology = NULL; /* the caller may be done with it */
    addresses_set(net);
    *out = net;
    return BASE_OK;
}

base_err lab_net_open(const struct lab_net_config *config, struct lab_net **net,
                      struct base_why *why)
{
    base_err err = config_check(config, why);
    if (err)
        return err;
    if (config->back_end == LAB_BACK_NETEM)
        return lab_netem_refuse(why);
    if (config->back_end == LAB_BACK_RELAY || config->back_end == LAB_BACK_VETH)
        return try_open(config, config->back_end, net, why);
    err = try_open(config, LAB_BACK_TUN, net, why);
    if (err == BASE_EUNSUPPORTED && config->back_end == LAB_BACK_AUTO)
        err = try_open(config, LAB_BACK_RELAY, net, why);
    return err;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* The end of control tells the emulator to end; one that does not is killed. */
static void emulator_end(struct lab_net *net)
{
    close_if_open(net->control);
    if (net->emulator_pidfd < 0)
        return;
    lab_programs_done(net); /* the keeper cannot end before somebody has waited for them */
    struct pollfd wait = { net->emulator_pidfd, POLLIN, 0 };
    if (!net->is_ended && poll(&wait, 1, END_TIMEOUT_MS) != 1)
        lab_net_kill(net);
    siginfo_t info;
    while (!net->is_ended && waitid(P_PIDFD, (id_t)net->emulator_pidfd, &info, WEXITED) < 0 &&
           errno == EINTR)
        ;
    close(net->emulator_pidfd);
}

void lab_net_close(struct lab_net *net)
{
    if (!net)
        return;
    emulator_end(net);
    if (net->keeper >= 0) { /* of an emulator that was killed: it ends by itself */
        struct pollfd wait = { net->keeper, POLLIN, 0 };
        (void)!poll(&wait, 1, END_TIMEOUT_MS);
    }
    close_if_open(net->keeper);
    close_if_open(net->user_space);
    close_if_open(net->pid_space);
    for (uint32_t i = 0; i < net->host_count && net->net_spaces; i++)
        close_if_open(net->net_spaces[i]);
    if (net->stats)
        munmap(net->stats, sizeof *net->stats);
    free(net->net_spaces);
    free(net->addresses);
    free(net->addresses6);
    free(net->programs);
    free(net);
}

const char *lab_net_address(const struct lab_net *net, uint32_t host)
{
    return host < net->host_count ? net->addresses[host] : "";
}

const char *lab_net_address6(const struct lab_net *net, uint32_t host)
{
    return host < net->host_count ? net->addresses6[host] : "";
}

enum lab_back_end lab_net_back_end(const struct lab_net *net)
{
    return net->back_end;
}
