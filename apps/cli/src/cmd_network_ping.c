/* cmd_network_ping.c - UDP there and back between two hosts, at intended times, in one thread that
 * holds both ends. When a packet came is said by the kernel that received it, so that our own
 * waking up is in the round trip alone. The kernel's stamps are of the wall clock, which may be
 * set; all other times are of the one that only goes on. */
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
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 7, HEAD_BYTES = 32, SIZE_MAX_BYTES = 65507, STRAGGLERS_NS = 1000000000 };

const struct cli_option cli_network_ping_options[] = {
    TEXT("from", CLI_TEXT, "N", "who asks, by number or name; 0 without"),
    TEXT("to", CLI_TEXT, "N", "who answers; 1 without"),
    COUNT("count", 1, 1000000, "so many packets", "1000"),
    TIME("interval", "from one packet to the next", "10ms"),
    COUNT("size", HEAD_BYTES, SIZE_MAX_BYTES, "bytes of a datagram", "64"),
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

/* What a datagram begins with; the rest of it are zeros. */
struct head {
    uint64_t index;
    uint64_t sent_ns;     /* by who asks; CLOCK_REALTIME, as the kernel's stamps */
    uint64_t answered_ns; /* by who answers; 0 on the way there */
    int64_t there_ns;     /* how long the way there took; below 0: the clock was set */
};
_Static_assert(sizeof(struct head) == HEAD_BYTES, "the smallest datagram is a head");

/* Delays in the order of their coming. */
struct delays {
    uint64_t *ns; /* [the ping's count] */
    size_t count;
};

struct ping {
    const struct cli_args *args;
    struct cli_netlab lab;
    struct cli_netlab_ends ends;
    int asker, answerer;
    struct sockaddr_in from, to;
    uint64_t count, interval_ns, size;
    uint64_t sent, refused; /* by our own kernel */
    uint64_t duplicates;
    uint64_t negative;    /* ways that took less than no time, as the wall clock has it */
    uint64_t *sent_at_ns; /* [count] bench_clock_now_ns */
    bool *is_answered;    /* [count] */
    struct delays there, back, round_trip;
    size_t answered;
    uint8_t datagram[SIZE_MAX_BYTES];
};

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void delays_add(struct ping *ping, struct delays *delays, int64_t ns)
{
    if (ns < 0)
        ping->negative++;
    else
        delays->ns[delays->count++] = (uint64_t)ns;
}

static bool put(int fd, const struct sockaddr_in *to, struct ping *ping, const struct head *head)
{
    memcpy(ping->datagram, head, sizeof *head);
    return sendto(fd, ping->datagram, ping->size, 0, (const struct sockaddr *)to, sizeof *to) >= 0;
}

/* A datagram that begins with a head, and when the kernel had it; false when none is there. */
static bool take(int fd, struct ping *ping, struct head *head, uint64_t *came_ns)
{
    char control[CMSG_SPACE(sizeof(struct timespec))] = { 0 };
    struct iovec part = { ping->datagram, sizeof ping->datagram };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
    };
    const ssize_t size = recvmsg(fd, &message, 0);
    if (size < (ssize_t)sizeof *head)
        return false;
    memcpy(head, ping->datagram, sizeof *head);
    *came_ns = wall_ns();
    for (struct cmsghdr *part_of = CMSG_FIRSTHDR(&message); part_of != NULL;
         part_of = CMSG_NXTHDR(&message, part_of))
        if (part_of->cmsg_level == SOL_SOCKET && part_of->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(part_of), sizeof stamp);
            *came_ns = (uint64_t)stamp.tv_sec * 1000000000u + (uint64_t)stamp.tv_nsec;
        }
    return true;
}

static void answer(struct ping *ping)
{
    struct head head;
    uint64_t came_ns = 0;
    while (take(ping->answerer, ping, &head, &came_ns)) {
        head.there_ns = (int64_t)(came_ns - head.sent_ns);
        head.answered_ns = wall_ns();
        ping->refused += !put(ping->answerer, &ping->from, ping, &head);
    }
}

static void collect(struct ping *ping)
{
    struct head head;
    uint64_t came_ns = 0;
    while (take(ping->asker, ping, &head, &came_ns)) {
        if (head.index >= ping->sent)
            continue; /* corrupted on the way, and not noticed */
        if (ping->is_answered[head.index]) {
            ping->duplicates++;
            continue;
        }
        ping->is_answered[head.index] = true;
        ping->answered++;
        delays_add(ping, &ping->there, head.there_ns);
        delays_add(ping, &ping->back, (int64_t)(came_ns - head.answered_ns));
        delays_add(ping, &ping->round_trip,
                   (int64_t)(bench_clock_now_ns() - ping->sent_at_ns[head.index]));
    }
}

/* Datagrams at their intended times; whatever comes is dealt with at once. */
static void run(struct ping *ping)
{
    const uint64_t begin_ns = bench_clock_now_ns();
    const uint64_t end_ns = begin_ns + ping->count * ping->interval_ns + STRAGGLERS_NS +
                            2 * (ping->ends.there.delay_ns + ping->ends.back.delay_ns);
    struct pollfd files[] = { { .fd = ping->answerer, .events = POLLIN },
                              { .fd = ping->asker, .events = POLLIN } };
    while (!cli_signals_interrupted && ping->answered < ping->count) {
        const uint64_t due_ns = begin_ns + ping->sent * ping->interval_ns;
        const uint64_t at_ns = bench_clock_now_ns();
        if (at_ns >= end_ns)
            break;
        if (ping->sent < ping->count && at_ns >= due_ns) {
            ping->sent_at_ns[ping->sent] = at_ns;
            const struct head head = { .index = ping->sent++, .sent_ns = wall_ns() };
            ping->refused += !put(ping->asker, &ping->to, ping, &head);
        } else {
            const uint64_t until_ns = ping->sent < ping->count ? due_ns : end_ns;
            const uint64_t left_ns = until_ns - at_ns;
            const struct timespec left = { .tv_sec = (time_t)(left_ns / 1000000000u),
                                           .tv_nsec = (long)(left_ns % 1000000000u) };
            (void)ppoll(files, 2, &left, NULL);
        }
        answer(ping);
        collect(ping);
        cli_netlab_say_changes(&ping->lab);
    }
}

/* ---- what it found ---- */

static double error_of(uint64_t got_ns, uint64_t asked_ns)
{
    return got_ns > asked_ns ? (double)(got_ns - asked_ns) : -(double)(asked_ns - got_ns);
}

static base_err put_row(const char *name, const struct delays *sorted, uint64_t asked_ns,
                        struct base_buf *out)
{
    static const double quantiles[] = { 0, 0.5, 0.99, 1 };
    char text[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(
        base_buf_printf(out, "%-12s%12s", name, base_units_print_time((double)asked_ns, 4, text)));
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
        CLI_TRY(base_buf_printf(
            out, "%12s",
            base_units_print_time(
                (double)cli_netlab_quantile(sorted->ns, sorted->count, quantiles[i]), 5, text)));
    for (size_t i = 1; i < 3; i++)
        CLI_TRY(base_buf_printf(
            out, "%12s",
            base_units_print_time(
                error_of(cli_netlab_quantile(sorted->ns, sorted->count, quantiles[i]), asked_ns), 3,
                text)));
    return base_buf_put_text(out, "\n");
}

static base_err put_text(const struct ping *ping, struct base_buf *out)
{
    const struct lab_topology *const topology = &ping->lab.topology;
    const uint64_t there_ns = ping->ends.there.delay_ns, back_ns = ping->ends.back.delay_ns;
    char interval[BASE_UNITS_TEXT_SIZE], lost[BASE_UNITS_TEXT_SIZE], asked[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(base_buf_printf(out, "%s to %s and back: %llu datagrams of %llu bytes, %s apart\n",
                            topology->hosts[ping->ends.from].name,
                            topology->hosts[ping->ends.to].name, (unsigned long long)ping->sent,
                            (unsigned long long)ping->size,
                            base_units_print_time_exact(ping->interval_ns, interval)));
    CLI_TRY(base_buf_printf(out, "%-12s%12s%12s%12s%12s%12s%12s%12s\n", "", "asked", "least", "p50",
                            "p99", "most", "p50-asked", "p99-asked"));
    CLI_TRY(put_row("there", &ping->there, there_ns, out));
    CLI_TRY(put_row("back", &ping->back, back_ns, out));
    CLI_TRY(put_row("round trip", &ping->round_trip, there_ns + back_ns, out));
    const double share = ping->sent > 0 ? 1 - (double)ping->answered / (double)ping->sent : 0;
    CLI_TRY(base_buf_printf(
        out, "no answer to %llu (%s; asked %s there and back)",
        (unsigned long long)(ping->sent - ping->answered), base_units_print_percent(share, 3, lost),
        base_units_print_percent(1 - ping->ends.there.arrive * ping->ends.back.arrive, 3, asked)));
    if (ping->duplicates > 0)
        CLI_TRY(base_buf_printf(out, ", %llu answers came again",
                                (unsigned long long)ping->duplicates));
    if (ping->refused > 0)
        CLI_TRY(
            base_buf_printf(out, ", %llu could not be sent", (unsigned long long)ping->refused));
    if (ping->negative > 0)
        CLI_TRY(base_buf_printf(out, ", %llu delays below 0 were left out: the clock was set",
                                (unsigned long long)ping->negative));
    return base_buf_put_text(out, "\n");
}

static json_t *times_json(const struct delays *delays, uint64_t asked_ns)
{
    const uint64_t *const sorted = delays->ns;
    const size_t n = delays->count;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "asked_ns", (json_int_t)asked_ns, "min_ns",
                     (json_int_t)cli_netlab_quantile(sorted, n, 0), "p50_ns",
                     (json_int_t)cli_netlab_quantile(sorted, n, 0.5), "p90_ns",
                     (json_int_t)cli_netlab_quantile(sorted, n, 0.9), "p99_ns",
                     (json_int_t)cli_netlab_quantile(sorted, n, 0.99), "max_ns",
                     (json_int_t)cli_netlab_quantile(sorted, n, 1));
}

static base_err put_json(const struct ping *ping, const struct lab_net_report *report,
                         struct base_buf *out)
{
    const uint64_t there_ns = ping->ends.there.delay_ns, back_ns = ping->ends.back.delay_ns;
    const struct lab_topology *const topology = &ping->lab.topology;
    return cli_netlab_put_json(
        out, json_pack(
                 "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:o, s:o, s:o, s:o}", "from",
                 topology->hosts[ping->ends.from].name, "to", topology->hosts[ping->ends.to].name,
                 "sent", (json_int_t)ping->sent, "answered", (json_int_t)ping->answered,
                 "duplicates", (json_int_t)ping->duplicates, "negative", (json_int_t)ping->negative,
                 "size_bytes", (json_int_t)ping->size, "interval_ns", (json_int_t)ping->interval_ns,
                 "lost_share_asked", 1 - ping->ends.there.arrive * ping->ends.back.arrive, "there",
                 times_json(&ping->there, there_ns), "back", times_json(&ping->back, back_ns),
                 "round_trip", times_json(&ping->round_trip, there_ns + back_ns), "network",
                 cli_netlab_report_json(&ping->lab, report)));
}

static int finish(struct ping *ping)
{
    struct lab_net_report report = { 0 };
    struct base_buf out = { 0 };
    cli_netlab_report(&ping->lab, &report);
    cli_netlab_sort(ping->there.ns, ping->there.count);
    cli_netlab_sort(ping->back.ns, ping->back.count);
    cli_netlab_sort(ping->round_trip.ns, ping->round_trip.count);
    base_err err;
    if (cli_has(ping->args, "json"))
        err = put_json(ping, &report, &out);
    else {
        err = put_text(ping, &out);
        if (err == BASE_OK)
            err = cli_netlab_report_text(&ping->lab, &report, &out);
    }
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, NULL);
    }
    int status = CLI_FINE;
    if (cli_signals_interrupted)
        status = CLI_INTERRUPTED;
    else if (ping->answered == 0) {
        base_log(BASE_LOG_ERROR, "no datagram was answered");
        status = CLI_UNMEASURED;
    }
    return cli_netlab_finish(&out, &report, status);
}

/* ---- the command ---- */

static base_err open_sockets(struct ping *ping, struct base_why *why)
{
    static const int on = 1;
    CLI_TRY(cli_netlab_socket(&ping->lab, ping->ends.from, SOCK_DGRAM, PORT, &ping->asker,
                              &ping->from, why));
    CLI_TRY(cli_netlab_socket(&ping->lab, ping->ends.to, SOCK_DGRAM, PORT, &ping->answerer,
                              &ping->to, why));
    if (setsockopt(ping->asker, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        setsockopt(ping->answerer, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        return base_fail(why, BASE_EIO, 0, "no time stamps: %s", strerror(errno));
    return BASE_OK;
}

static uint64_t count_of(const struct cli_args *args, const char *name, uint64_t fallback)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->count : fallback;
}

static base_err prepare(struct ping *ping, struct base_why *why)
{
    const struct cli_value *const interval = cli_value(ping->args, "interval");
    ping->count = count_of(ping->args, "count", 1000);
    ping->size = count_of(ping->args, "size", 64);
    ping->interval_ns = interval != NULL ? interval->ns : 10000000;
    ping->is_answered = calloc(ping->count, sizeof *ping->is_answered);
    ping->sent_at_ns = calloc(ping->count, sizeof *ping->sent_at_ns);
    ping->there.ns = calloc(ping->count, sizeof *ping->there.ns);
    ping->back.ns = calloc(ping->count, sizeof *ping->back.ns);
    ping->round_trip.ns = calloc(ping->count, sizeof *ping->round_trip.ns);
    if (ping->is_answered == NULL || ping->sent_at_ns == NULL || ping->there.ns == NULL ||
        ping->back.ns == NULL || ping->round_trip.ns == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (ping->interval_ns > UINT64_C(3600000000000))
        return base_fail(why, BASE_EINVALID, 0, "--interval: more than an hour");
    CLI_TRY(cli_netlab_plan(ping->args, &ping->lab, why));
    return cli_netlab_ends(&ping->lab, &ping->ends, why);
}

static int ping_on_network(struct ping *ping)
{
    struct base_why why = { 0 };
    base_err err = cli_netlab_open(&ping->lab, &why);
    if (err == BASE_OK)
        err = open_sockets(ping, &why);
    if (err == BASE_OK)
        err = cli_netlab_begin(&ping->lab, &why);
    if (err != BASE_OK)
        return cli_netlab_complain(err, &why);
    run(ping);
    return finish(ping);
}

int cli_cmd_network_ping(const struct cli_args *args)
{
    static struct ping ping; /* large */
    struct base_why why = { 0 };
    ping.args = args;
    ping.asker = ping.answerer = -1;
    const base_err err = prepare(&ping, &why);
    const int status = err == BASE_OK         ? ping_on_network(&ping)
                       : err == BASE_EINVALID ? cli_complain_usage(args, &why)
                                              : cli_complain(err, &why);
    if (ping.asker >= 0)
        close(ping.asker);
    if (ping.answerer >= 0)
        close(ping.answerer);
    cli_netlab_close(&ping.lab);
    free(ping.is_answered);
    free(ping.sent_at_ns);
    free(ping.there.ns);
    free(ping.back.ns);
    free(ping.round_trip.ns);
    return status;
}
