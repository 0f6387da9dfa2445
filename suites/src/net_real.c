/* net_real.c - a round in real time: each node is a forked process inside a host of the laboratory,
 * found by the network namespace of a socket that was made there. Processes share the records; the
 * parent only looks and waits. */
#define _GNU_SOURCE
#include "net_awake.h"
#include "net_cores.h"
#include "net_process.h"
#include "net_round.h"

#include <bench/clock.h>
#include <lab/net.h>
#include <probe/process.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_LOOK_SHARE = 200 }; /* looks at memory take one part in so many of the time */

static const uint64_t ready_limit_ns = 20000000000u, end_limit_ns = 5000000000u;
static const uint64_t look_ns = 2000000, memory_look_ns = 100000000, ahead_ns = 60000000;
static const uint64_t memory_pause_max_ns = 1000000000;
static const uint64_t links_look_ns = 20000000; /* after the load; before, as the memory's */

struct world {
    struct net_round *round;
    struct lab_net *net; /* NULL: the nodes are on the loopback */
    struct net_cores cores;
    int awake;   /* of net_awake_open */
    pid_t *pids; /* [host_count] 0: it has ended and was waited for */
    double memory_bytes, phase_memory_bytes[SUITE_NET_PHASES]; /* largest sums so far */
    uint64_t arrived_before;                                   /* the load: bytes */
    double cpu_before_ns;                                      /* likewise */
    uint64_t load_end_ns;
};

static void wait_ns(uint64_t ns)
{
    const struct timespec wait = { .tv_sec = (time_t)(ns / 1000000000u),
                                   .tv_nsec = (long)(ns % 1000000000u) };
    nanosleep(&wait, NULL); /* sleep: the parent leaves the processors to the nodes */
}

static bool is_interrupted(const struct net_round *round)
{
    return round->plan->interrupted != NULL && *round->plan->interrupted != 0;
}

/* 127.A.B.N: A and B of this process's number, so that rounds of two programs do not meet. */
static base_err find_addresses(struct net_round *round, struct base_why *why)
{
    const unsigned pid = (unsigned)getpid();
    base_err err = BASE_OK;
    for (uint32_t i = 0; err == BASE_OK && i < round->host_count; i++) {
        char text[BASE_ADDRESS_TEXT_SIZE];
        snprintf(text, sizeof text, "127.%u.%u.%u:%d", pid >> 8 & 255, pid & 255, i + 1,
                 NET_LOOPBACK_PORT);
        err = base_address_parse(text, &round->addresses[i], why);
    }
    return err;
}

static base_err open_lab(struct world *world, struct base_why *why)
{
    struct net_round *round = world->round;
    if (round->plan->conditions.is_loopback)
        return find_addresses(round, why);
    const struct lab_net_config config = { .topology = &round->topology,
                                           .seed = round->plan->seed,
                                           .back_end = LAB_BACK_TUN,
                                           .mtu_bytes = NET_MTU_BYTES,
                                           .core = -1 };
    net_cores_open(&world->cores);
    net_cores_go_emulator(&world->cores);
    base_err err = lab_net_open(&config, &world->net, why);
    net_cores_go_nodes(&world->cores);
    for (uint32_t i = 0; err == BASE_OK && i < round->host_count; i++) {
        char text[BASE_ADDRESS_TEXT_SIZE];
        snprintf(text, sizeof text, "%s:%d", lab_net_address(world->net, i), NET_PORT);
        err = base_address_parse(text, &round->addresses[i], why);
    }
    return err;
}

/* One child a host, in the host's network. */
static base_err start_host(struct world *world, uint32_t host, struct base_why *why)
{
    int door = -1;
    base_err err = BASE_OK;
    if (world->net != NULL)
        err = lab_net_socket(world->net, host, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0, &door, why);
    if (err != BASE_OK)
        return err;
    fflush(NULL);
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        net_process_main(world->round, host, door, parent);
    if (pid < 0)
        err = base_fail(why, BASE_EIO, 0, "no process for host %u: %s", host, strerror(errno));
    else
        world->pids[host] = pid;
    if (door >= 0)
        close(door);
    return err;
}

/* A child that has ended before it was told to is a failure. */
static base_err look_after(struct world *world, struct base_why *why)
{
    const struct net_round *round = world->round;
    base_err err = net_round_failed(round, why);
    for (uint32_t i = 0; err == BASE_OK && i < round->host_count; i++) {
        int status = 0;
        if (world->pids[i] == 0 || waitpid(world->pids[i], &status, WNOHANG) != world->pids[i])
            continue;
        world->pids[i] = 0;
        err = net_round_failed(round, why);
        if (err == BASE_OK)
            err = base_fail(why, BASE_ECRASHED, 0, "the process of host %u ended with %s %d", i,
                            WIFSIGNALED(status) ? "signal" : "status",
                            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    if (err == BASE_OK && is_interrupted(round))
        err = base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
    return err;
}

static base_err wait_ready(struct world *world, struct base_why *why)
{
    const struct net_round *round = world->round;
    const uint64_t limit_ns = bench_clock_now_ns() + ready_limit_ns;
    uint32_t ready = 0;
    for (;;) {
        while (ready < round->member_count && round->records[ready]->is_ready != 0)
            ready++;
        if (ready == round->member_count)
            return BASE_OK;
        const base_err err = look_after(world, why);
        if (err != BASE_OK)
            return err;
        if (bench_clock_now_ns() > limit_ns)
            return base_fail(why, BASE_ETIMEOUT, 0, "node %u did not find the others within 20 s",
                             ready);
        wait_ns(look_ns);
    }
}

/* PSS of the members; of what processes share each has its part. */
static void look_at_memory(struct world *world, uint64_t elapsed_ns)
{
    const struct net_round *round = world->round;
    double sum = 0;
    for (uint32_t i = 0; i < round->member_count; i++) {
        struct probe_process process;
        if (probe_process_read(NULL, world->pids[i], &process, NULL) != BASE_OK ||
            process.pss_bytes < 0)
            return; /* not told: the memory stays unknown */
        sum += (double)process.pss_bytes;
    }
    const uint64_t third_ns = round->load_ns / SUITE_NET_PHASES + 1;
    const size_t phase = elapsed_ns / third_ns < 2 ? elapsed_ns / third_ns : 2;
    world->memory_bytes = fmax(world->memory_bytes, sum);
    world->phase_memory_bytes[phase] = fmax(world->phase_memory_bytes[phase], sum);
}

/* A look at ten nodes keeps a processor for milliseconds, and the messages that come meanwhile
 * waiting: looks take half a percent of the time, but there is one a second, and under attack there
 * are four in a third of the load. */
static uint64_t memory_pause_ns(const struct net_round *round, uint64_t took_ns)
{
    const uint64_t twelfth_ns = round->load_ns / (4 * (uint64_t)SUITE_NET_PHASES);
    const uint64_t most_ns = round->attack != NET_ATTACK_NONE && twelfth_ns < memory_pause_max_ns
                                 ? twelfth_ns
                                 : memory_pause_max_ns;
    uint64_t pause_ns = MEMORY_LOOK_SHARE * took_ns;
    if (pause_ns > most_ns)
        pause_ns = most_ns;
    return pause_ns > memory_look_ns ? pause_ns : memory_look_ns;
}

/* Processor time of the measured nodes so far; NaN: not told. */
static double nodes_cpu_ns(const struct world *world)
{
    double sum = 0;
    for (uint32_t i = 0; i < world->round->load.node_count; i++) {
        struct timespec used;
        clockid_t clock;
        if (world->pids[i] == 0 || clock_getcpuclockid(world->pids[i], &clock) != 0 ||
            clock_gettime(clock, &used) != 0)
            return NAN;
        sum += (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
    }
    return sum;
}

/* Something was delivered: what the nodes have used till now, and, not as often, what came through
 * the links. */
static base_err note_delivery(struct world *world, bool is_last, struct base_why *why)
{
    struct net_outcome *outcome = &world->round->outcome;
    const uint64_t at_ns = bench_clock_now_ns();
    outcome->cpu_ns = nodes_cpu_ns(world) - world->cpu_before_ns;
    outcome->cpu_until_ns = at_ns;
    const uint64_t pause_ns = at_ns < world->load_end_ns ? memory_look_ns : links_look_ns;
    if (world->net == NULL || (!is_last && at_ns < outcome->links_until_ns + pause_ns))
        return BASE_OK;
    uint64_t arrived = 0;
    const base_err err = lab_net_arrived(world->net, &arrived, why);
    if (err != BASE_OK)
        return err;
    outcome->links_until_bytes = (double)(arrived - world->arrived_before);
    outcome->links_until_ns = bench_clock_now_ns();
    return BASE_OK;
}

/* Until everything has come, or nothing more will. */
static base_err carry_load(struct world *world, struct base_why *why)
{
    struct net_round *round = world->round;
    const uint64_t due = net_round_due(round), start_ns = bench_clock_now_ns() + ahead_ns;
    const uint64_t load_end_ns = start_ns + round->load_ns;
    uint64_t seen = 0, change_ns = load_end_ns, memory_ns = start_ns;
    world->load_end_ns = load_end_ns;
    world->cpu_before_ns = nodes_cpu_ns(world);
    round->outcome.start_ns = start_ns;
    atomic_store(&round->control->start_ns, start_ns);
    for (;;) {
        base_err err = look_after(world, why);
        const uint64_t delivered = net_round_delivered(round), at_ns = bench_clock_now_ns();
        if (err == BASE_OK && delivered != seen)
            err = note_delivery(world, delivered == due, why);
        if (err != BASE_OK)
            return err;
        if (at_ns < start_ns)
            world->cpu_before_ns = nodes_cpu_ns(world);
        if (delivered != seen && at_ns > load_end_ns)
            change_ns = at_ns;
        seen = delivered;
        const bool is_over =
            at_ns > load_end_ns && (seen == due || at_ns > change_ns + round->patience_ns);
        if (at_ns >= memory_ns || is_over) {
            look_at_memory(world, at_ns > start_ns ? at_ns - start_ns : 0);
            const uint64_t now_ns = bench_clock_now_ns();
            memory_ns = now_ns + memory_pause_ns(round, now_ns - at_ns);
        }
        if (is_over)
            break;
        wait_ns(look_ns);
    }
    wait_ns(round->settle_ns);
    return look_after(world, why);
}

/* Ask all to end; who does not is killed. */
static void end_children(struct world *world)
{
    const uint64_t limit_ns = bench_clock_now_ns() + end_limit_ns;
    atomic_store(&world->round->control->must_stop, 1);
    for (uint32_t i = 0; i < world->round->host_count; i++) {
        while (world->pids[i] != 0 && waitpid(world->pids[i], NULL, WNOHANG) == 0) {
            if (bench_clock_now_ns() > limit_ns)
                kill(world->pids[i], SIGKILL);
            wait_ns(look_ns);
        }
        world->pids[i] = 0;
    }
}

static base_err collect_records(struct world *world, struct base_why *why)
{
    struct net_round *round = world->round;
    for (uint32_t i = 0; i < round->member_count; i++)
        if (round->records[i]->is_done == 0)
            return base_fail(why, BASE_ECRASHED, 0, "node %u did not say what it had done", i);
    round->outcome.processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
    round->outcome.memory_bytes = world->memory_bytes > 0 ? world->memory_bytes : NAN;
    for (size_t i = 0; i < SUITE_NET_PHASES; i++)
        round->outcome.phase_memory_bytes[i] =
            world->phase_memory_bytes[i] > 0 ? world->phase_memory_bytes[i] : NAN;
    return BASE_OK;
}

static void collect_lab(struct world *world, const struct lab_net_report *before,
                        const struct lab_net_report *after)
{
    struct net_round *round = world->round;
    struct lab_link_counts *links = &round->outcome.links;
    const double wall_ns = (double)(after->wall_ns - before->wall_ns);
    *links = after->total;
    links->packets -= before->total.packets;
    links->bytes -= before->total.bytes;
    links->lost -= before->total.lost;
    links->queue_dropped -= before->total.queue_dropped;
    round->lab = (struct suite_net_lab){
        .is_valid = after->is_valid,
        .late_p50_ns = (double)after->late_p50_ns,
        .late_p99_ns = (double)after->late_p99_ns,
        .late_max_ns = (double)after->late_max_ns,
        .cpu_share = (double)(after->busy_ns - before->busy_ns) / wall_ns,
        .packets = links->packets,
        .lost = links->lost,
        .queue_dropped = links->queue_dropped,
        .is_awake = world->awake >= 0,
    };
    snprintf(round->lab.back_end, sizeof round->lab.back_end, "%s",
             lab_back_end_name(after->back_end));
    snprintf(round->lab.reason, sizeof round->lab.reason, "%s", after->reason);
}

/* The load, between two reports of the laboratory. */
static base_err carry_in_lab(struct world *world, struct base_why *why)
{
    struct lab_net_report before, after;
    base_err err = lab_net_begin(world->net, why);
    if (err == BASE_OK)
        err = lab_net_report(world->net, &before, why);
    if (err == BASE_OK)
        err = lab_net_arrived(world->net, &world->arrived_before, why);
    if (err == BASE_OK)
        err = carry_load(world, why);
    if (err == BASE_OK)
        err = lab_net_report(world->net, &after, why);
    if (err == BASE_OK)
        collect_lab(world, &before, &after);
    return err;
}

/* Nothing is emulated, so nothing can fall behind. */
static base_err carry_on_loopback(struct world *world, struct base_why *why)
{
    world->round->lab = (struct suite_net_lab){ .back_end = "loopback",
                                                .is_valid = true,
                                                .late_p50_ns = NAN,
                                                .late_p99_ns = NAN,
                                                .late_max_ns = NAN,
                                                .cpu_share = NAN,
                                                .is_awake = world->awake >= 0 };
    return carry_load(world, why);
}

static base_err run_hosts(struct world *world, struct base_why *why)
{
    base_err err = BASE_OK;
    for (uint32_t i = 0; err == BASE_OK && i < world->round->host_count; i++)
        err = start_host(world, i, why);
    if (err == BASE_OK)
        err = wait_ready(world, why);
    if (err == BASE_OK)
        err = world->net != NULL ? carry_in_lab(world, why) : carry_on_loopback(world, why);
    end_children(world);
    return err == BASE_OK ? collect_records(world, why) : err;
}

base_err net_real_run(struct net_round *round, struct base_why *why)
{
    struct world world = { .round = round };
    world.pids = calloc(round->host_count, sizeof *world.pids);
    if (world.pids == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %u hosts", round->host_count);
    base_err err = open_lab(&world, why);
    world.awake = net_awake_open();
    if (err == BASE_OK)
        err = run_hosts(&world, why);
    net_awake_close(world.awake);
    if (world.net != NULL)
        lab_net_close(world.net);
    net_cores_close(&world.cores);
    free(world.pids);
    return err;
}
