/* lab_accuracy.c - how exactly does the laboratory keep what it was asked for? Datagrams with their
 * time on them go from host to host, and beside it, for comparison, through a relay that sleeps.
 * Prints errors of delay from socket to socket, losses, rates and jitter beside what was asked, and
 * what the emulator says of itself; on request captures for others to look at. */
#define _GNU_SOURCE
#include "lab_figures.h"
#include "lab_kernel.h"
#include "lab_sleeper.h"
#include "lab_spread.h"
#include "lab_traffic.h"
#include "lab_twin.h"

#include <base/units.h>
#include <lab/net.h>

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 9000, HEADERS = 28, HEADERS6 = 48, HOSTS_MAX = 64 };

struct options {
    uint64_t packets, size, core, spin_ns, seed;
    double rate_pps;
    struct lab_link_config link;
    enum lab_back_end back_end; /* TUN or VETH */
    const char *capture;        /* a folder */
    bool has_core, is_v6, has_sleeper;
};

static const char usage[] =
    "usage: lab-accuracy [--packets N] [--rate N] [--size BYTES] [--delay TIME] [--jitter TIME]\n"
    "                    [--jitter-distribution uniform|normal|pareto] [--loss PERCENT]\n"
    "                    [--bandwidth RATE] [--seed N] [--core N] [--spin TIME] [--ipv6]\n"
    "                    [--back-end tun|veth] [--capture FOLDER] [--sleeper]\n"
    "Sends datagrams from host to host at a rate and prints how exactly they were delayed.\n"
    "--jitter goes over as many links in turn as it takes for packets of one link not to wait for\n"
    "each other. --core is the emulator's, the sender gets another. --spin is how long before a\n"
    "packet's time the emulator stops sleeping (300us). --capture (one link) writes captures of\n"
    "the emulator and, by dumpcap, of the hosts' kernels, and packets.csv: number, sent, came,\n"
    "delay drawn in ns. --sleeper measures a relay on loopback that sleeps, too.\n";

static base_err option_set(struct options *o, int which, const char *text, struct base_why *why)
{
    struct lab_link_config *const link = &o->link;
    switch (which) {
    case 'n':
        return base_units_parse_count(text, 100, 100000000, &o->packets, why);
    case 'r':
        return base_units_parse_rate(text, &o->rate_pps, why);
    case 's':
        return base_units_parse_count(text, 16, 1400, &o->size, why);
    case 'd':
        return base_units_parse_time(text, &link->delay_ns, why);
    case 'j':
        return lab_link_set(link, "jitter", text, why);
    case 'g':
        return lab_link_set(link, "jitter_distribution", text, why);
    case 'l':
        return lab_link_set(link, "packet_loss", text, why);
    case 'b':
        return base_units_parse_bitrate(text, &link->rate_bits, why);
    case 'p':
        return base_units_parse_time(text, &o->spin_ns, why);
    case 'e':
        return base_units_parse_count(text, 0, 9e18, &o->seed, why);
    case 'c':
        o->has_core = true;
        return base_units_parse_count(text, 0, 1023, &o->core, why);
    case 'f':
        o->capture = text;
        return BASE_OK;
    case 'k':
        return lab_back_end_parse(text, &o->back_end, why);
    case '6':
        o->is_v6 = true;
        return BASE_OK;
    case 'S':
        o->has_sleeper = true;
        return BASE_OK;
    default:
        return base_fail(why, BASE_EINVALID, 0, "try --help");
    }
}

/* So many links that packets of one are further apart than its jitter reaches. */
static double flows_needed(const struct options *o)
{
    const double reach = o->rate_pps * (double)lab_spread_reach_ns(&o->link) / 1e9;
    return fmax(1, ceil(reach));
}

static base_err options_check(const struct options *o, struct base_why *why)
{
    const double most = HOSTS_MAX * (HOSTS_MAX - 1), flows = flows_needed(o);
    char text[BASE_UNITS_TEXT_SIZE];
    if (!(o->rate_pps >= 1 && o->rate_pps <= 1e7))
        return base_fail(why, BASE_ERANGE, 0, "the rate is not between 1/s and 10M/s");
    if (o->back_end != LAB_BACK_TUN && o->back_end != LAB_BACK_VETH)
        return base_fail(why, BASE_EINVALID, 0, "--back-end %s: it is of tun and veth",
                         lab_back_end_name(o->back_end));
    if (o->link.jitter != LAB_JITTER_NONE && o->link.jitter_ns == 0)
        return base_fail(why, BASE_EINVALID, 0, "a jitter distribution needs --jitter");
    if (o->link.delay_ns < lab_spread_least_delay_ns(&o->link))
        return base_fail(
            why, BASE_ERANGE, 0,
            "delays below 0 would be cut off: this jitter needs a --delay of %s",
            base_units_print_time((double)lab_spread_least_delay_ns(&o->link), 4, text));
    if (flows > most)
        return base_fail(why, BASE_ERANGE, 0,
                         "packets of one link would wait for each other: with this jitter at most "
                         "%.0f/s go over %.0f links",
                         floor(o->rate_pps * most / flows), most);
    if (o->capture && flows > 1)
        return base_fail(why, BASE_ERANGE, 0,
                         "a capture is of one link: with this jitter at most %.0f/s",
                         floor(o->rate_pps / flows));
    return lab_link_check(&o->link, why);
}

static base_err options_read(struct options *o, int argc, char **argv, struct base_why *why)
{
    static const struct option known[] = {
        { "packets", 1, NULL, 'n' },  { "rate", 1, NULL, 'r' },
        { "size", 1, NULL, 's' },     { "delay", 1, NULL, 'd' },
        { "jitter", 1, NULL, 'j' },   { "jitter-distribution", 1, NULL, 'g' },
        { "loss", 1, NULL, 'l' },     { "bandwidth", 1, NULL, 'b' },
        { "seed", 1, NULL, 'e' },     { "core", 1, NULL, 'c' },
        { "spin", 1, NULL, 'p' },     { "ipv6", 0, NULL, '6' },
        { "capture", 1, NULL, 'f' },  { "sleeper", 0, NULL, 'S' },
        { "back-end", 1, NULL, 'k' }, { "help", 0, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    base_err err = BASE_OK;
    for (int which; !err && (which = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (which == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        err = option_set(o, which, optarg, why);
    }
    if (!err && optind < argc)
        return base_fail(why, BASE_EINVALID, 0, "%s: no argument is expected", argv[optind]);
    return err ? err : options_check(o, why);
}

static size_t wire_size(const struct options *o)
{
    return o->size + (o->is_v6 ? HEADERS6 : HEADERS);
}

/* ---- the laboratory ---- */

struct laboratory {
    const struct options *options;
    struct lab_topology topology;
    struct lab_net *net;
    struct lab_traffic traffic;
    struct lab_flow *flows; /* [traffic.flow_count] */
    int sockets[HOSTS_MAX]; /* [traffic.reader_count] one a host */
    struct lab_kernel kernels[2];
    int64_t *drawn_ns; /* [packets] NULL: not known */
};

static void print_report(const struct lab_net_report *report)
{
    printf("  emulator: late p50 %.1f  p99 %.1f  max %.1f us; processor %.0f %% of %.1f s; %.0f "
           "packets/s at most; %s%s\n",
           (double)report->late_p50_ns / 1e3, (double)report->late_p99_ns / 1e3,
           (double)report->late_max_ns / 1e3,
           100 * (double)report->busy_ns / (double)report->wall_ns, (double)report->wall_ns / 1e9,
           report->rate_pps_max, report->is_valid ? "valid" : "invalid: ", report->reason);
}

/* The emulator's core is not the sender's, where there are two. */
static void sender_place(const struct options *o)
{
    cpu_set_t cores;
    if (!o->has_core || sched_getaffinity(0, sizeof cores, &cores))
        return;
    CPU_CLR((unsigned)o->core, &cores);
    if (CPU_COUNT(&cores) > 0)
        (void)sched_setaffinity(0, sizeof cores, &cores);
}

static void address_set(const struct laboratory *lab, uint32_t host, struct lab_flow *flow)
{
    struct sockaddr_in6 *const a6 = (struct sockaddr_in6 *)&flow->address;
    struct sockaddr_in *const a4 = (struct sockaddr_in *)&flow->address;
    const bool is_v6 = lab->options->is_v6;
    flow->address = (struct sockaddr_storage){ .ss_family = is_v6 ? AF_INET6 : AF_INET };
    flow->address_size = is_v6 ? sizeof *a6 : sizeof *a4;
    if (is_v6) {
        a6->sin6_port = htons(PORT);
        inet_pton(AF_INET6, lab_net_address6(lab->net, host), &a6->sin6_addr);
    } else {
        a4->sin_port = htons(PORT);
        inet_pton(AF_INET, lab_net_address(lab->net, host), &a4->sin_addr);
    }
}

static base_err sockets_open(struct laboratory *lab, struct base_why *why)
{
    for (uint32_t i = 0; i < lab->topology.host_count; i++) {
        struct lab_flow own;
        address_set(lab, i, &own);
        base_err err = lab_net_socket(lab->net, i, own.address.ss_family, SOCK_DGRAM, 0,
                                      &lab->sockets[i], why);
        if (err)
            return err;
        lab->traffic.reader_count = i + 1;
        if (bind(lab->sockets[i], (struct sockaddr *)&own.address, own.address_size))
            return base_fail(why, BASE_EIO, 0, "a host has no port: %s", strerror(errno));
    }
    return BASE_OK;
}

/* Each host to its next, then each to the one after that, and so on. */
static void flows_plan(struct laboratory *lab, uint32_t hosts)
{
    for (uint32_t i = 0; i < lab->traffic.flow_count; i++) {
        lab->flows[i].from = i % hosts;
        lab->flows[i].to = (i % hosts + 1 + i / hosts) % hosts;
    }
}

static void flows_connect(struct laboratory *lab)
{
    for (uint32_t i = 0; i < lab->traffic.flow_count; i++) {
        lab->flows[i].socket = lab->sockets[lab->flows[i].from];
        address_set(lab, lab->flows[i].to, &lab->flows[i]);
    }
}

static base_err laboratory_plan(struct laboratory *lab, struct base_why *why)
{
    const struct options *const o = lab->options;
    uint32_t hosts = 2;
    lab->traffic = (struct lab_traffic){ .packets = o->packets,
                                         .rate_pps = o->rate_pps,
                                         .size = o->size,
                                         .flow_count = (uint32_t)flows_needed(o),
                                         .readers = lab->sockets,
                                         .apart_ns = lab_spread_reach_ns(&o->link),
                                         .patience_ns = o->link.delay_ns + 1000000000 +
                                                        2 * lab_spread_reach_ns(&o->link) };
    while (hosts * (hosts - 1) < lab->traffic.flow_count)
        hosts++;
    lab->flows = calloc(lab->traffic.flow_count, sizeof *lab->flows);
    lab->traffic.flows = lab->flows;
    if (o->link.rate_bits == 0)
        lab->drawn_ns = malloc(o->packets * sizeof *lab->drawn_ns);
    if (!lab->flows || (o->link.rate_bits == 0 && !lab->drawn_ns))
        return base_fail(why, BASE_ENOMEM, 0, "no memory for so many packets");
    flows_plan(lab, hosts);
    return lab_topology_make(&lab->topology, LAB_MESH, hosts, 0, &o->link, 1, why);
}

static base_err laboratory_open(struct laboratory *lab, struct base_why *why)
{
    const struct options *const o = lab->options;
    if (o->capture && mkdir(o->capture, 0777) && errno != EEXIST)
        return base_fail(why, BASE_EIO, 0, "%s: %s", o->capture, strerror(errno));
    const struct lab_net_config config = { .topology = &lab->topology,
                                           .seed = o->seed,
                                           .back_end = o->back_end,
                                           .capture_folder = o->capture,
                                           .spin_ns = o->spin_ns,
                                           .core = o->has_core ? (int)o->core : -1 };
    base_err err = lab_net_open(&config, &lab->net, why);
    if (!err)
        err = sockets_open(lab, why);
    if (!err)
        flows_connect(lab);
    for (uint32_t i = 0; o->capture && !err && i < 2; i++)
        err = lab_kernel_start(lab->net, i, o->capture, lab->topology.hosts[i].name, PORT,
                               &lab->kernels[i], why);
    return err;
}

static void laboratory_close(struct laboratory *lab)
{
    for (uint32_t i = 0; i < lab->traffic.reader_count; i++)
        close(lab->sockets[i]);
    if (lab->net)
        lab_net_close(lab->net);
    lab_topology_done(&lab->topology);
    free(lab->flows);
    free(lab->drawn_ns);
}

/* Seconds with nanoseconds, as captures have them: doubles do not hold these. */
static void print_time(FILE *file, uint64_t ns)
{
    if (ns > 0)
        fprintf(file, "%llu.%09llu", (unsigned long long)(ns / 1000000000),
                (unsigned long long)(ns % 1000000000));
}

static base_err packets_write(const struct laboratory *lab, const struct lab_traffic_result *result,
                              struct base_why *why)
{
    char path[4096];
    const int size = snprintf(path, sizeof path, "%s/packets.csv", lab->options->capture);
    FILE *const file = size < (int)sizeof path ? fopen(path, "we") : NULL;
    if (!file)
        return base_fail(why, BASE_EIO, 0, "%.3000s: %s", path, strerror(errno));
    for (uint64_t i = 0; i < lab->traffic.packets; i++) {
        fprintf(file, "%llu,", (unsigned long long)i);
        print_time(file, result->sent_ns[i]);
        fputc(',', file);
        print_time(file, result->came_ns[i]);
        fputc(',', file);
        if (lab->drawn_ns && lab->drawn_ns[i] != LAB_TWIN_LOST)
            fprintf(file, "%lld", (long long)lab->drawn_ns[i]);
        fputc('\n', file);
    }
    const bool is_bad = ferror(file);
    return fclose(file) || is_bad ? base_fail(why, BASE_EIO, 0, "%s: not written", path) : BASE_OK;
}

static base_err laboratory_show(struct laboratory *lab, const struct lab_traffic_result *result,
                                struct base_why *why)
{
    struct lab_figures figures = { .name = "laboratory",
                                   .traffic = &lab->traffic,
                                   .result = result,
                                   .link = &lab->options->link,
                                   .drawn_ns = lab->drawn_ns,
                                   .wire_size = wire_size(lab->options) };
    struct lab_net_report report;
    base_err err = lab_net_report(lab->net, &report, why);
    if (!err)
        err = lab_figures_print(&figures, why);
    if (!err)
        print_report(&report);
    return err;
}

static base_err measure_laboratory(const struct options *o, struct base_why *why)
{
    struct laboratory lab = { .options = o };
    struct lab_traffic_result result = { 0 };
    base_err err = laboratory_plan(&lab, why);
    if (!err && lab.drawn_ns)
        err = lab_twin_draw(&lab.topology, o->seed, &lab.traffic, wire_size(o), lab.drawn_ns, why);
    if (!err)
        err = laboratory_open(&lab, why);
    if (!err)
        err = lab_traffic_run(&lab.traffic, &result, why);
    for (uint32_t i = 0; o->capture && !err && i < 2; i++)
        err = lab_kernel_stop(&lab.kernels[i], why);
    if (!err)
        err = laboratory_show(&lab, &result, why);
    if (!err && o->capture)
        err = packets_write(&lab, &result, why);
    lab_traffic_result_done(&result);
    laboratory_close(&lab);
    return err;
}

/* ---- the relay that sleeps ---- */

static int loopback_socket(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    *address = (struct sockaddr_in){ .sin_family = AF_INET };
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)address, size) ||
                    getsockname(fd, (struct sockaddr *)address, &size))) {
        close(fd);
        return -1;
    }
    return fd;
}

static base_err measure_sleeper(const struct options *o, struct base_why *why)
{
    struct sockaddr_in in, out, own;
    const int relay = loopback_socket(&in), reader = loopback_socket(&out);
    struct lab_flow flow = { .socket = loopback_socket(&own), .address_size = sizeof in };
    if (relay < 0 || reader < 0 || flow.socket < 0)
        return base_fail(why, BASE_EIO, 0, "no sockets on loopback");
    memcpy(&flow.address, &in, sizeof in);
    const struct lab_traffic traffic = { .packets = o->packets,
                                         .rate_pps = o->rate_pps,
                                         .size = o->size,
                                         .flows = &flow,
                                         .flow_count = 1,
                                         .readers = &reader,
                                         .reader_count = 1,
                                         .patience_ns = o->link.delay_ns + 1000000000 };
    struct lab_traffic_result result;
    const size_t held_max = 1000 + (size_t)(4 * o->rate_pps * (double)o->link.delay_ns / 1e9);
    pid_t pid;
    base_err err = lab_sleeper_start(relay, &out, o->link.delay_ns, held_max, &pid, why);
    if (err)
        return err;
    err = lab_traffic_run(&traffic, &result, why);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (err)
        return err;
    /* it delays, and knows nothing else */
    const struct lab_link_config plain = { .delay_ns = o->link.delay_ns };
    struct lab_figures figures = { .name = "a relay that sleeps",
                                   .traffic = &traffic,
                                   .result = &result,
                                   .link = &plain,
                                   .wire_size = wire_size(o) };
    err = lab_figures_print(&figures, why);
    lab_traffic_result_done(&result);
    return err;
}

int main(int argc, char **argv)
{
    struct options o = { .packets = 1000000,
                         .back_end = LAB_BACK_TUN,
                         .rate_pps = 50000,
                         .size = 100,
                         .seed = 1,
                         .link = { .delay_ns = 25000000 } };
    struct base_why why = { 0 };
    if (options_read(&o, argc, argv, &why)) {
        fprintf(stderr, "lab-accuracy: %s\n", why.text);
        return 2;
    }
    char text[BASE_UNITS_TEXT_SIZE];
    printf("%s each way, %llu packets with %llu bytes of payload at %.0f/s\n",
           base_units_print_time_exact(o.link.delay_ns, text), (unsigned long long)o.packets,
           (unsigned long long)o.size, o.rate_pps);
    fflush(stdout);
    sender_place(&o);
    base_err err = measure_laboratory(&o, &why);
    fflush(stdout);
    if (!err && o.has_sleeper)
        err = measure_sleeper(&o, &why);
    if (err) {
        fprintf(stderr, "lab-accuracy: %s\n", why.text);
        return 3;
    }
    return 0;
}
