/* lab_accuracy.c - how exactly does the laboratory keep what it was asked for? Datagrams with their
 * time on them go from one host to another, and beside it, for comparison, through a relay that
 * sleeps. Prints errors of delay from socket to socket, and what the emulator says of itself. */
#define _GNU_SOURCE
#include "lab_sleeper.h"
#include "lab_traffic.h"

#include <base/units.h>
#include <lab/net.h>

#include <arpa/inet.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 9000, HEADERS = 28 };

struct options {
    uint64_t packets, size, core;
    double rate_pps;
    struct lab_link_config link;
    bool has_core, is_v6, has_sleeper;
};

static const char usage[] =
    "usage: lab-accuracy [--packets N] [--rate N] [--size BYTES] [--delay TIME] [--jitter TIME]\n"
    "                    [--normal TIME] [--loss PERCENT] [--bandwidth RATE] [--core N] [--ipv6]\n"
    "                    [--sleeper]\n"
    "Sends datagrams from host to host at a rate and prints how exactly they were delayed.\n"
    "--jitter is uniform, --normal a standard deviation; keep them below the time between "
    "packets,\n"
    "which arrive in the order they were sent. --core is the emulator's, the sender gets another.\n"
    "--sleeper measures a relay on loopback that sleeps, too.\n";

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
        link->jitter = LAB_JITTER_UNIFORM;
        return base_units_parse_time(text, &link->jitter_ns, why);
    case 'g':
        link->jitter = LAB_JITTER_NORMAL;
        return base_units_parse_time(text, &link->jitter_ns, why);
    case 'l':
        link->loss = LAB_LOSS_BERNOULLI;
        return base_units_parse_percent(text, &link->loss_share, why);
    case 'b':
        return base_units_parse_bitrate(text, &link->rate_bits, why);
    case 'c':
        o->has_core = true;
        return base_units_parse_count(text, 0, 1023, &o->core, why);
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

static base_err options_read(struct options *o, int argc, char **argv, struct base_why *why)
{
    static const struct option known[] = {
        { "packets", 1, NULL, 'n' },   { "rate", 1, NULL, 'r' },    { "size", 1, NULL, 's' },
        { "delay", 1, NULL, 'd' },     { "jitter", 1, NULL, 'j' },  { "normal", 1, NULL, 'g' },
        { "loss", 1, NULL, 'l' },      { "core", 1, NULL, 'c' },    { "ipv6", 0, NULL, '6' },
        { "bandwidth", 1, NULL, 'b' }, { "sleeper", 0, NULL, 'S' }, { "help", 0, NULL, 'h' },
        { NULL, 0, NULL, 0 }
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
    if (!err && !(o->rate_pps >= 1 && o->rate_pps <= 1e7))
        return base_fail(why, BASE_ERANGE, 0, "the rate is not between 1/s and 10M/s");
    return err;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double error_us(const struct lab_traffic_result *r, double share, uint64_t delay_ns)
{
    const uint64_t i = (uint64_t)ceil(share * (double)r->received);
    return (double)(r->delays_ns[i > 0 ? i - 1 : 0] - (int64_t)delay_ns) / 1e3;
}

static void print_deviation(const struct lab_traffic_result *r, const struct lab_link_config *link)
{
    double mean = 0, square = 0;
    for (uint64_t i = 0; i < r->received; i++)
        mean += (double)r->delays_ns[i] / (double)r->received;
    for (uint64_t i = 0; i < r->received; i++)
        square += pow((double)r->delays_ns[i] - mean, 2) / (double)r->received;
    const double asked =
        (double)link->jitter_ns / (link->jitter == LAB_JITTER_UNIFORM ? sqrt(3) : 1);
    printf("  jitter: standard deviation %.3f us of %.3f asked (%+.2f %%, 95 %% within %.2f %%)\n",
           sqrt(square) / 1e3, asked / 1e3, 100 * (sqrt(square) / asked - 1),
           196 / sqrt(2 * (double)r->received));
}

static void print_result(const char *name, const struct options *o, struct lab_traffic_result *r)
{
    const struct lab_link_config *const link = &o->link;
    qsort(r->delays_ns, r->received, sizeof *r->delays_ns, compare);
    printf("%s: %llu of %llu packets arrived, sent at %.0f/s\n", name,
           (unsigned long long)r->received, (unsigned long long)o->packets, r->sent_pps);
    if (r->received == 0)
        return;
    printf("  error of delay, socket to socket: p1 %+.1f  p50 %+.1f  p99 %+.1f  p99.9 %+.1f  max "
           "%+.1f us\n",
           error_us(r, 0.01, link->delay_ns), error_us(r, 0.5, link->delay_ns),
           error_us(r, 0.99, link->delay_ns), error_us(r, 0.999, link->delay_ns),
           error_us(r, 1, link->delay_ns));
    const double n = (double)o->packets, lost = 1 - (double)r->received / n;
    printf("  loss: %.4f %% of %.4f %% asked (95 %% within %.4f)\n", 100 * lost,
           100 * link->loss_share, 196 * sqrt(link->loss_share * (1 - link->loss_share) / n));
    if (link->rate_bits > 0) {
        const double bits = r->received_pps * 8 * (double)(o->size + (o->is_v6 ? 48 : HEADERS));
        printf("  rate: %.4f Mbit/s of %.4f asked (%+.2f %%)\n", bits / 1e6,
               (double)link->rate_bits / 1e6, 100 * (bits / (double)link->rate_bits - 1));
    }
    if (link->jitter != LAB_JITTER_NONE)
        print_deviation(r, link);
}

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

static void address_set(const struct lab_net *net, const struct options *o, uint32_t host,
                        struct lab_traffic *traffic)
{
    struct sockaddr_in6 *const a6 = (struct sockaddr_in6 *)&traffic->address;
    struct sockaddr_in *const a4 = (struct sockaddr_in *)&traffic->address;
    memset(&traffic->address, 0, sizeof traffic->address);
    traffic->address.ss_family = o->is_v6 ? AF_INET6 : AF_INET;
    traffic->address_size = o->is_v6 ? sizeof *a6 : sizeof *a4;
    if (o->is_v6) {
        a6->sin6_port = htons(PORT);
        inet_pton(AF_INET6, lab_net_address6(net, host), &a6->sin6_addr);
    } else {
        a4->sin_port = htons(PORT);
        inet_pton(AF_INET, lab_net_address(net, host), &a4->sin_addr);
    }
}

static base_err measure_net(struct lab_net *net, const struct options *o, struct base_why *why)
{
    struct lab_traffic traffic = { .packets = o->packets,
                                   .rate_pps = o->rate_pps,
                                   .size = o->size,
                                   .patience_ns = o->link.delay_ns + 1000000000 };
    struct lab_traffic_result result;
    struct lab_net_report report;
    address_set(net, o, 1, &traffic);
    const int family = traffic.address.ss_family;
    base_err err = lab_net_socket(net, 0, family, SOCK_DGRAM, 0, &traffic.from, why);
    if (!err)
        err = lab_net_socket(net, 1, family, SOCK_DGRAM, 0, &traffic.to, why);
    if (!err && bind(traffic.to, (struct sockaddr *)&traffic.address, traffic.address_size))
        err = base_fail(why, BASE_EIO, 0, "the receiver has no port");
    if (!err)
        err = lab_traffic_run(&traffic, &result, why);
    if (err)
        return err;
    err = lab_net_report(net, &report, why);
    if (!err) {
        print_result("laboratory", o, &result);
        print_report(&report);
    }
    free(result.delays_ns);
    return err;
}

static base_err measure_laboratory(const struct options *o, struct base_why *why)
{
    struct lab_host hosts[2] = { { .name = "a" }, { .name = "b" } };
    struct lab_edge edges[2] = { { 0, 1, o->link }, { 1, 0, o->link } };
    const struct lab_topology plan = {
        .hosts = hosts, .edges = edges, .host_count = 2, .program_count = 2, .edge_count = 2
    };
    const struct lab_net_config config = { .topology = &plan,
                                           .seed = 1,
                                           .back_end = LAB_BACK_TUN,
                                           .core = o->has_core ? (int)o->core : -1 };
    struct lab_net *net;
    base_err err = lab_net_open(&config, &net, why);
    if (err)
        return err;
    err = measure_net(net, o, why);
    lab_net_close(net);
    return err;
}

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
    struct lab_traffic_result result;
    struct lab_traffic traffic = { .packets = o->packets,
                                   .rate_pps = o->rate_pps,
                                   .size = o->size,
                                   .address_size = sizeof in,
                                   .patience_ns = o->link.delay_ns + 1000000000 };
    const int relay = loopback_socket(&in);
    traffic.to = loopback_socket(&out);
    traffic.from = loopback_socket(&own);
    if (relay < 0 || traffic.to < 0 || traffic.from < 0)
        return base_fail(why, BASE_EIO, 0, "no sockets on loopback");
    memcpy(&traffic.address, &in, sizeof in);
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
    struct options plain = *o; /* it delays, and knows nothing else */
    plain.link = (struct lab_link_config){ .delay_ns = o->link.delay_ns };
    print_result("a relay that sleeps", &plain, &result);
    free(result.delays_ns);
    return BASE_OK;
}

int main(int argc, char **argv)
{
    struct options o = {
        .packets = 1000000, .rate_pps = 50000, .size = 100, .link = { .delay_ns = 25000000 }
    };
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
