/* net_process.c - into the namespace, then one loop: poll the driver, look at the shared control.
 */
#define _GNU_SOURCE
#include "net_process.h"

#include <bench/clock.h>
#include <bpi/udp.h>

#include <errno.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const uint64_t poll_ns = 5000000;  /* between looks at the control */
static const uint64_t slow_ns = 50000000; /* that a slow guest does not look at its socket */

/* Where we are not root, the namespace belongs to a user namespace that is ours. */
static base_err enter(int door, struct base_why *why)
{
    const int net = ioctl(door, SIOCGSKNS);
    if (net < 0)
        return base_fail(why, BASE_EIO, 0, "the network of a host: %s", strerror(errno));
    bool is_in = setns(net, CLONE_NEWNET) == 0;
    const int user = is_in ? -1 : ioctl(net, NS_GET_USERNS);
    if (user >= 0) {
        is_in = setns(user, CLONE_NEWUSER) == 0 && setns(net, CLONE_NEWNET) == 0;
        close(user);
    }
    const int problem = errno;
    close(net);
    close(door);
    return is_in ? BASE_OK
                 : base_fail(why, BASE_EIO, 0, "into the network of a host: %s", strerror(problem));
}

static void fail(struct net_record *record, base_err err, const struct base_why *why)
{
    memcpy(record->why, why->text, NET_WHY_SIZE - 1);
    record->err = err;
    _exit(1);
}

static void no_tell(void *context, uint64_t at_ns, const void *event)
{
    (void)context;
    (void)at_ns;
    (void)event;
}

static void be_slow(void)
{
    const struct timespec wait = { .tv_nsec = (long)slow_ns };
    nanosleep(&wait, NULL); /* sleep: this is the attack, a peer that hardly listens */
}

/* The driver's loop until it is told to stop. */
static base_err serve(const struct net_round *round, struct net_node *node, struct bpi_udp *udp)
{
    while (atomic_load(&round->control->must_stop) == 0) {
        const uint64_t start_ns = atomic_load(&round->control->start_ns),
                       at_ns = bench_clock_now_ns();
        if (start_ns != 0 && node->start_ns == 0)
            net_node_begin(node, start_ns);
        if (node->behaviour == NET_SLOW && net_node_attacks(node, at_ns))
            be_slow();
        const base_err err = bpi_udp_poll(udp, at_ns + poll_ns, -1, NULL);
        if (err != BASE_OK && err != BASE_EINTERRUPTED)
            return err;
    }
    return BASE_OK;
}

static void node_main(const struct net_round *round, uint32_t index)
{
    struct base_why why = { 0 };
    struct net_node_config config;
    struct net_node node = net_round_node(round, index, &config);
    node.clock = bench_clock_now_ns;
    base_err err = net_node_open(&node, &config, &why);
    if (err != BASE_OK)
        fail(node.record, err, &why);
    struct bpi_udp_config udp_config = {
        .listen = { .port = NET_PORT },
        .step = &net_node_step,
        .state = &node,
        .tell = no_tell,
        .pause_ns = bpi_udp_pause_of(2 * round->plan->conditions.latency_ns),
    };
    if (round->plan->conditions.is_loopback) /* all are on one host */
        udp_config.listen = round->addresses[index];
    struct bpi_udp *udp = NULL;
    err = bpi_udp_open(&udp_config, &udp, &why);
    if (err != BASE_OK)
        fail(node.record, err, &why);
    err = serve(round, &node, udp);
    if (err != BASE_OK) {
        (void)base_fail(&why, err, 0, "its socket: %s", base_err_text(err));
        fail(node.record, err, &why);
    }
    net_node_end(&node);
    bpi_udp_close(udp);
    net_node_close(&node);
    atomic_store(&round->records[index]->is_done, 1);
}

_Noreturn void net_process_main(const struct net_round *round, uint32_t host, int door,
                                pid_t parent)
{
    struct base_why why = { 0 };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    signal(SIGINT, SIG_IGN); /* the parent says when it is over */
    signal(SIGTERM, SIG_DFL);
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* else every timer of a node is 50 us late */
    const bool is_member = host < round->member_count;
    const base_err err = door >= 0 ? enter(door, &why) : BASE_OK;
    if (err != BASE_OK && is_member)
        fail(round->records[host], err, &why);
    if (err != BASE_OK)
        _exit(1);
    if (is_member)
        node_main(round, host);
    else
        net_attacker_main(round, host - round->member_count);
    _exit(0);
}
