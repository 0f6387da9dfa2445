/* cmd_network_iperf.c - as much as goes through from one host to another, by TCP and by UDP, in one
 * thread that holds both ends. */
#define _GNU_SOURCE
#include "commands.h"
#include "netlab.h"
#include "option_rows.h"
#include "signals.h"

#include <base/log.h>
#include <base/units.h>
#include <bench/clock.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PORT = 5201,
    CHUNK_BYTES = 131072,
    UDP_HEADERS = 28, /* IPv4 and UDP */
    TCP_HEADERS = 52, /* IPv4, TCP and its time stamps */
    BURST_MAX = 32,   /* datagrams in a row before what has come is taken */
    CONNECT_NS = 2000000000,
    UDP_RATE = 100000000, /* offered where nothing was asked */
};

const struct cli_option cli_network_iperf_options[] = {
    TEXT("from", CLI_TEXT, "N", "who sends, by number or name; 0 without"),
    TEXT("to", CLI_TEXT, "N", "who receives; 1 without"),
    TIME("duration", "of each protocol", "5s"),
    { .name = "protocol",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = "tcp,udp",
      .doc = "tcp, udp or both",
      .fallback = "tcp,udp" },
    { .name = "rate",
      .kind = CLI_TEXT,
      .value_name = "RATE",
      .doc = "what UDP offers, as in 10Mbit/s, headers of IP and UDP included",
      .fallback = "1.25 times the bandwidth; 100Mbit/s without one" },
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

struct flow {
    const char *name;
    bool is_run;
    uint64_t offered_bits;             /* UDP: per second */
    uint64_t sent, sent_bytes;         /* UDP: datagrams; bytes of user data */
    uint64_t received, received_bytes; /* counted after the first fifth */
    uint64_t arrived;                  /* UDP: datagrams over the whole time */
    uint64_t counted_ns;               /* how long was counted */
};

struct iperf {
    const struct cli_args *args;
    struct cli_netlab lab;
    struct cli_netlab_ends ends;
    uint64_t duration_ns, mtu;
    struct flow tcp, udp;
    uint8_t chunk[CHUNK_BYTES];
};

static uint64_t later_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void wait_for(struct pollfd *files, nfds_t count, uint64_t until_ns)
{
    const uint64_t now_ns = bench_clock_now_ns();
    const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    const struct timespec left = { .tv_sec = (time_t)(left_ns / 1000000000u),
                                   .tv_nsec = (long)(left_ns % 1000000000u) };
    (void)ppoll(files, count, &left, NULL);
}

/* ---- TCP ---- */

/* Two ends of one connection. Errors: ETIMEOUT, EIO, EINTERRUPTED */
static base_err connect_ends(struct iperf *iperf, int files[3], struct base_why *why)
{
    struct sockaddr_in here, there;
    CLI_TRY(
        cli_netlab_socket(&iperf->lab, iperf->ends.to, SOCK_STREAM, PORT, &files[0], &there, why));
    CLI_TRY(
        cli_netlab_socket(&iperf->lab, iperf->ends.from, SOCK_STREAM, 0, &files[1], &here, why));
    if (listen(files[0], 1) != 0 ||
        (connect(files[1], (struct sockaddr *)&there, sizeof there) != 0 && errno != EINPROGRESS))
        return base_fail(why, BASE_EIO, 0, "tcp: %s", strerror(errno));
    const uint64_t end_ns = bench_clock_now_ns() + CONNECT_NS +
                            8 * (iperf->ends.there.delay_ns + iperf->ends.back.delay_ns);
    while (files[2] < 0 && !cli_signals_interrupted && bench_clock_now_ns() < end_ns) {
        struct pollfd file = { .fd = files[0], .events = POLLIN };
        wait_for(&file, 1, end_ns);
        files[2] = accept4(files[0], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    if (cli_signals_interrupted)
        return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
    return files[2] >= 0 ? BASE_OK
                         : base_fail(why, BASE_ETIMEOUT, 0, "tcp: no connection came about");
}

static void receive_stream(struct iperf *iperf, int fd, bool is_counted)
{
    for (;;) {
        const ssize_t size = recv(fd, iperf->chunk, sizeof iperf->chunk, 0);
        if (size <= 0)
            return;
        iperf->tcp.received_bytes += is_counted ? (uint64_t)size : 0;
    }
}

static void stream(struct iperf *iperf, int sender, int receiver)
{
    const uint64_t begin_ns = bench_clock_now_ns(), end_ns = begin_ns + iperf->duration_ns;
    const uint64_t count_ns = begin_ns + iperf->duration_ns / 5;
    uint64_t now_ns = begin_ns, first_ns = 0;
    while (now_ns < end_ns && !cli_signals_interrupted) {
        struct pollfd files[] = { { .fd = sender, .events = POLLOUT },
                                  { .fd = receiver, .events = POLLIN } };
        wait_for(files, 2, end_ns);
        if (files[0].revents & (POLLERR | POLLHUP))
            break;
        if (files[0].revents != 0)
            (void)send(sender, iperf->chunk, sizeof iperf->chunk, MSG_NOSIGNAL);
        now_ns = bench_clock_now_ns();
        receive_stream(iperf, receiver, now_ns >= count_ns);
        if (now_ns >= count_ns && first_ns == 0) {
            first_ns = now_ns;
            iperf->tcp.received_bytes = 0; /* from here on */
        }
        cli_netlab_say_changes(&iperf->lab);
    }
    iperf->tcp.counted_ns = first_ns != 0 ? now_ns - first_ns : 0;
}

static base_err run_tcp(struct iperf *iperf, struct base_why *why)
{
    int files[3] = { -1, -1, -1 };
    const base_err err = connect_ends(iperf, files, why);
    if (err == BASE_OK)
        stream(iperf, files[1], files[2]);
    iperf->tcp.is_run = err == BASE_OK;
    for (int i = 0; i < 3; i++)
        if (files[i] >= 0)
            close(files[i]);
    return err;
}

/* ---- UDP ---- */

static void receive_datagrams(struct iperf *iperf, int fd, uint64_t from_ns, uint64_t to_ns)
{
    for (;;) {
        const ssize_t size = recv(fd, iperf->chunk, sizeof iperf->chunk, 0);
        const uint64_t now_ns = bench_clock_now_ns();
        if (size < 0)
            return;
        iperf->udp.arrived++;
        if (now_ns < from_ns || now_ns >= to_ns)
            continue;
        iperf->udp.received++;
        iperf->udp.received_bytes += (uint64_t)size;
    }
}

/* Datagrams are due at even times; what is late is caught up with. The time in which arrivals are
 * counted begins when the first could have come, and a fifth later. */
static void datagrams(struct iperf *iperf, int sender, int receiver, const struct sockaddr_in *to)
{
    const uint64_t size = iperf->mtu - UDP_HEADERS;
    const double gap_ns = (double)iperf->mtu * 8e9 / (double)iperf->udp.offered_bits;
    const uint64_t begin_ns = bench_clock_now_ns(), stop_ns = begin_ns + iperf->duration_ns;
    const uint64_t delay_ns = iperf->ends.there.delay_ns;
    const uint64_t from_ns = begin_ns + delay_ns + iperf->duration_ns / 5,
                   to_ns = later_of(stop_ns + delay_ns, from_ns + 1);
    uint64_t now_ns = begin_ns;
    while (now_ns < to_ns + 100000000 && !cli_signals_interrupted) {
        struct pollfd file = { .fd = receiver, .events = POLLIN };
        uint64_t due_ns = begin_ns + (uint64_t)((double)iperf->udp.sent * gap_ns);
        for (int i = 0; i < BURST_MAX && due_ns <= now_ns && due_ns < stop_ns; i++) {
            if (sendto(sender, iperf->chunk, size, 0, (const struct sockaddr *)to, sizeof *to) > 0)
                iperf->udp.sent_bytes += size;
            iperf->udp.sent++;
            due_ns = begin_ns + (uint64_t)((double)iperf->udp.sent * gap_ns);
        }
        receive_datagrams(iperf, receiver, from_ns, to_ns);
        cli_netlab_say_changes(&iperf->lab);
        now_ns = bench_clock_now_ns();
        if (due_ns > now_ns)
            wait_for(&file, 1, due_ns < stop_ns ? due_ns : to_ns + 100000000);
        now_ns = bench_clock_now_ns();
    }
    iperf->udp.counted_ns = to_ns - from_ns;
}

static base_err run_udp(struct iperf *iperf, struct base_why *why)
{
    static const int room = 8 << 20;
    struct sockaddr_in here, there;
    int sender = -1, receiver = -1;
    base_err err =
        cli_netlab_socket(&iperf->lab, iperf->ends.to, SOCK_DGRAM, PORT, &receiver, &there, why);
    if (err == BASE_OK)
        err = cli_netlab_socket(&iperf->lab, iperf->ends.from, SOCK_DGRAM, 0, &sender, &here, why);
    if (err == BASE_OK) {
        if (setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
            (void)setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        datagrams(iperf, sender, receiver, &there);
        iperf->udp.is_run = true;
    }
    if (sender >= 0)
        close(sender);
    if (receiver >= 0)
        close(receiver);
    return err;
}

/* ---- what it found ---- */

static double per_second(uint64_t bits, const struct flow *flow)
{
    return flow->counted_ns > 0 ? (double)bits * 1e9 / (double)flow->counted_ns : 0;
}

static double goodput_of(const struct flow *flow)
{
    return per_second(flow->received_bytes * 8, flow);
}

/* Whole IP packets: exact for UDP, and for TCP as if every packet were full. */
static double wire_of(const struct iperf *iperf, const struct flow *flow)
{
    if (flow == &iperf->udp)
        return per_second((flow->received_bytes + UDP_HEADERS * flow->received) * 8, flow);
    return goodput_of(flow) * (double)iperf->mtu / (double)(iperf->mtu - TCP_HEADERS);
}

static base_err put_flow(const struct iperf *iperf, const struct flow *flow, struct base_buf *out)
{
    const uint64_t asked = iperf->ends.there.rate_bits;
    char a[BASE_UNITS_TEXT_SIZE], b[BASE_UNITS_TEXT_SIZE];
    if (!flow->is_run)
        return BASE_OK;
    CLI_TRY(base_buf_printf(out, "%s  %s of user data, %s of IP packets", flow->name,
                            base_units_print_bitrate(goodput_of(flow), 4, a),
                            base_units_print_bitrate(wire_of(iperf, flow), 4, b)));
    if (asked > 0)
        CLI_TRY(
            base_buf_printf(out, ": %.4f of what was asked", wire_of(iperf, flow) / (double)asked));
    if (flow == &iperf->udp)
        CLI_TRY(base_buf_printf(
            out, "; %s offered, %s of %llu datagrams came",
            base_units_print_bitrate((double)flow->offered_bits, 4, a),
            base_units_print_percent(
                flow->sent > 0 ? (double)flow->arrived / (double)flow->sent : 0, 4, b),
            (unsigned long long)flow->sent));
    return base_buf_put_text(out, "\n");
}

static base_err put_text(const struct iperf *iperf, struct base_buf *out)
{
    const struct lab_topology *const topology = &iperf->lab.topology;
    const struct lab_path *const there = &iperf->ends.there;
    char delay[BASE_UNITS_TEXT_SIZE], lost[BASE_UNITS_TEXT_SIZE], rate[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(base_buf_printf(
        out, "%s to %s: asked %s, %s, %s lost\n", topology->hosts[iperf->ends.from].name,
        topology->hosts[iperf->ends.to].name,
        there->rate_bits > 0 ? base_units_print_bitrate((double)there->rate_bits, 4, rate)
                             : "no limit of the rate",
        base_units_print_time((double)there->delay_ns, 4, delay),
        base_units_print_percent(1 - there->arrive, 3, lost)));
    CLI_TRY(put_flow(iperf, &iperf->tcp, out));
    return put_flow(iperf, &iperf->udp, out);
}

static json_t *flow_json(const struct iperf *iperf, const struct flow *flow)
{
    if (!flow->is_run)
        return json_null();
    json_t *const object =
        json_pack("{s:f, s:f, s:I}", "goodput_bits", goodput_of(flow), "wire_bits",
                  wire_of(iperf, flow), "counted_ns", (json_int_t)flow->counted_ns);
    if (flow == &iperf->udp && object != NULL) {
        (void)json_object_set_new(object, "offered_bits",
                                  json_integer((json_int_t)flow->offered_bits));
        (void)json_object_set_new(object, "sent", json_integer((json_int_t)flow->sent));
        (void)json_object_set_new(object, "arrived", json_integer((json_int_t)flow->arrived));
    }
    return object;
}

static base_err put_json(const struct iperf *iperf, const struct lab_net_report *report,
                         struct base_buf *out)
{
    const struct lab_topology *const topology = &iperf->lab.topology;
    const struct lab_path *const there = &iperf->ends.there;
    return cli_netlab_put_json(
        out, json_pack("{s:s, s:s, s:I, s:I, s:f, s:o, s:o, s:o}", "from",
                       topology->hosts[iperf->ends.from].name, "to",
                       topology->hosts[iperf->ends.to].name, "asked_rate_bits",
                       (json_int_t)there->rate_bits, "asked_delay_ns", (json_int_t)there->delay_ns,
                       "asked_lost_share", 1 - there->arrive, "tcp", flow_json(iperf, &iperf->tcp),
                       "udp", flow_json(iperf, &iperf->udp), "network",
                       cli_netlab_report_json(&iperf->lab, report)));
}

static int finish(struct iperf *iperf)
{
    struct lab_net_report report = { 0 };
    struct base_buf out = { 0 };
    cli_netlab_report(&iperf->lab, &report);
    base_err err;
    if (cli_has(iperf->args, "json"))
        err = put_json(iperf, &report, &out);
    else {
        err = put_text(iperf, &out);
        if (err == BASE_OK)
            err = cli_netlab_report_text(&iperf->lab, &report, &out);
    }
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, NULL);
    }
    return cli_netlab_finish(&out, &report, cli_signals_interrupted ? CLI_INTERRUPTED : CLI_FINE);
}

/* ---- the command ---- */

static base_err prepare(struct iperf *iperf, struct base_why *why)
{
    const struct cli_value *const duration = cli_value(iperf->args, "duration");
    const char *const rate = cli_text(iperf->args, "rate", NULL);
    iperf->tcp.name = "tcp";
    iperf->udp.name = "udp";
    iperf->duration_ns = duration != NULL ? duration->ns : UINT64_C(5000000000);
    if (iperf->duration_ns < 100000000 || iperf->duration_ns > UINT64_C(3600000000000))
        return base_fail(why, BASE_EINVALID, 0, "--duration: not between 100ms and 1h");
    CLI_TRY(cli_netlab_plan(iperf->args, &iperf->lab, why));
    CLI_TRY(cli_netlab_ends(&iperf->lab, &iperf->ends, why));
    iperf->mtu = cli_netlab_mtu(&iperf->lab);
    const uint64_t asked = iperf->ends.there.rate_bits;
    iperf->udp.offered_bits = asked > 0 ? asked + asked / 4 : UDP_RATE;
    if (rate != NULL && (base_units_parse_bitrate(rate, &iperf->udp.offered_bits, why) != BASE_OK))
        return base_fail_prefix(why, BASE_EINVALID, "--rate");
    return iperf->udp.offered_bits > 0
               ? BASE_OK
               : base_fail(why, BASE_EINVALID, 0, "--rate: '%s' is nothing", rate);
}

static int iperf_on_network(struct iperf *iperf)
{
    const char *const protocols = cli_text(iperf->args, "protocol", "tcp,udp");
    struct base_why why = { 0 };
    base_err err = cli_netlab_open(&iperf->lab, &why);
    if (err == BASE_OK)
        err = cli_netlab_begin(&iperf->lab, &why);
    if (err == BASE_OK && strstr(protocols, "tcp") != NULL)
        err = run_tcp(iperf, &why);
    if (err == BASE_OK && strstr(protocols, "udp") != NULL && !cli_signals_interrupted)
        err = run_udp(iperf, &why);
    return err == BASE_OK ? finish(iperf) : cli_netlab_complain(err, &why);
}

int cli_cmd_network_iperf(const struct cli_args *args)
{
    static struct iperf iperf; /* large */
    struct base_why why = { 0 };
    iperf.args = args;
    const base_err err = prepare(&iperf, &why);
    const int status = err == BASE_OK         ? iperf_on_network(&iperf)
                       : err == BASE_EINVALID ? cli_complain_usage(args, &why)
                                              : cli_complain(err, &why);
    cli_netlab_close(&iperf.lab);
    return status;
}
