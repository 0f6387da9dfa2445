/* net_report.c - what was achieved, and whether it counts. */
#include "net_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* A share of packets that may be late, or have waited unseen, before a run is invalid. */
static const double late_share_max = 0.01;

static void judge(const struct lab_net *net, const struct lab_emulator_stats *stats,
                  struct lab_net_report *report)
{
    char *const reason = report->reason;
    const size_t size = sizeof report->reason;
    const int status = net->emulator_status;
    if (net->is_ended && WIFSIGNALED(status))
        snprintf(reason, size, "the emulator was ended by signal %d", WTERMSIG(status));
    else if (net->is_ended)
        snprintf(reason, size, "the emulator has ended (status %d)", WEXITSTATUS(status));
    else if (stats->failure[0])
        snprintf(reason, size, "%.150s", stats->failure);
    else if (report->dropped_device > 0)
        snprintf(reason, size,
                 "%llu packets came faster than the emulator or a host took them, and were lost",
                 (unsigned long long)report->dropped_device);
    else if (report->dropped_memory > 0)
        snprintf(reason, size, "%llu packets found no memory on their way",
                 (unsigned long long)report->dropped_memory);
    else if (stats->refused > 0)
        snprintf(reason, size, "the emulator had no place for %llu packets or connections",
                 (unsigned long long)stats->refused);
    else if (report->late_p99_ns > lab_late_max_ns)
        snprintf(reason, size, "the emulator fell behind: of 100 packets one came %.3g ms late",
                 (double)report->late_p99_ns / 1e6);
    else if ((double)stats->waited > late_share_max * (double)stats->packets)
        snprintf(reason, size,
                 "the emulator fell behind: %llu packets waited more than 1 ms to be taken",
                 (unsigned long long)stats->waited);
    report->is_valid = reason[0] == '\0';
}

/* The emulator brings its books up to date; those of one that has ended are as it left them. */
static base_err ask_for_books(struct lab_net *net, struct base_why *why)
{
    const struct lab_request request = { .kind = LAB_REQUEST_REPORT };
    struct lab_reply reply;
    if (lab_net_is_ended(net))
        return BASE_OK;
    const base_err err = lab_net_ask(net, &request, NULL, 0, &reply, why);
    return err && !lab_net_is_ended(net) ? err : BASE_OK;
}

base_err lab_net_arrived(struct lab_net *net, uint64_t *bytes, struct base_why *why)
{
    const base_err err = ask_for_books(net, why);
    if (!err)
        *bytes = net->stats->arrived_bytes;
    return err;
}

base_err lab_net_report(struct lab_net *net, struct lab_net_report *out, struct base_why *why)
{
    struct lab_net_report report = { .back_end = net->back_end };
    base_err err = ask_for_books(net, why);
    if (!err)
        err = lab_net_device_drops(net, &report.dropped_device, why);
    if (err)
        return err;
    const struct lab_emulator_stats *const stats = net->stats;
    report.dropped_device += stats->dropped_socket;
    report.packets = stats->packets;
    report.bytes = stats->bytes;
    report.dropped_memory = stats->dropped_memory;
    report.late_p50_ns = lab_late_quantile(&stats->late, 0.5);
    report.late_p99_ns = lab_late_quantile(&stats->late, 0.99);
    report.late_max_ns = stats->late.max_ns;
    report.busy_ns = stats->busy_ns;
    report.wall_ns = stats->last_ns - stats->begin_ns;
    const uint64_t most = stats->window_packets > stats->window_packets_max
                              ? stats->window_packets
                              : stats->window_packets_max;
    report.rate_pps_max = 10 * (double)most;
    report.total = stats->total;
    judge(net, stats, &report);
    *out = report;
    return BASE_OK;
}

static const struct {
    const char *name;
    enum lab_back_end back_end;
} names[] = { { "auto", LAB_BACK_AUTO },
              { "tun", LAB_BACK_TUN },
              { "veth", LAB_BACK_VETH },
              { "relay", LAB_BACK_RELAY },
              { "netem", LAB_BACK_NETEM } };

const char *lab_back_end_name(enum lab_back_end back_end)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].back_end == back_end)
            return names[i].name;
    return "?";
}

base_err lab_back_end_parse(const char *text, enum lab_back_end *back_end, struct base_why *why)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].name, text)) {
            *back_end = names[i].back_end;
            return BASE_OK;
        }
    return base_fail(why, BASE_EPARSE, 0, "%.40s is no back end: auto, tun, veth, relay or netem",
                     text);
}
