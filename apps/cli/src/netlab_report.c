/* netlab_report.c - what was asked of the links against what they and the emulator did. */
#include "cli.h"
#include "netlab.h"
#include "output.h"

#include <base/log.h>
#include <base/units.h>

#include <stdio.h>
#include <stdlib.h>

/* The smallest and largest of what was asked, over the links. */
struct asked {
    uint64_t delay_ns_min, delay_ns_max;
    uint64_t rate_bits_min, rate_bits_max; /* 0: no limit */
    bool has_rate;
    double lost_min, lost_max;
    size_t links; /* both directions counted as one in a mesh */
};

static void widen(struct asked *asked, const struct lab_link_config *link)
{
    if (link->delay_ns < asked->delay_ns_min)
        asked->delay_ns_min = link->delay_ns;
    if (link->delay_ns > asked->delay_ns_max)
        asked->delay_ns_max = link->delay_ns;
    const double lost = lab_link_loss(link);
    asked->lost_min = lost < asked->lost_min ? lost : asked->lost_min;
    asked->lost_max = lost > asked->lost_max ? lost : asked->lost_max;
    if (link->rate_bits == 0)
        return;
    if (!asked->has_rate || link->rate_bits < asked->rate_bits_min)
        asked->rate_bits_min = link->rate_bits;
    if (link->rate_bits > asked->rate_bits_max)
        asked->rate_bits_max = link->rate_bits;
    asked->has_rate = true;
}

static struct asked asked_of(const struct lab_topology *topology)
{
    struct asked asked = { .delay_ns_min = UINT64_MAX, .lost_min = 1 };
    for (size_t i = 0; i < topology->edge_count; i++)
        widen(&asked, &topology->edges[i].config);
    const uint64_t pairs = (uint64_t)topology->host_count * (topology->host_count - 1);
    if (topology->is_uniform && topology->edge_count < pairs)
        widen(&asked, &topology->uniform);
    asked.links = topology->is_uniform ? pairs : topology->edge_count;
    if (asked.links == 0) {
        asked.delay_ns_min = 0;
        asked.lost_min = 0;
    }
    return asked;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static double rate_of(const struct lab_net_report *report)
{
    return report->wall_ns > 0
               ? (double)report->total.delivered_bytes * 8e9 / (double)report->wall_ns
               : 0;
}

static double mean_delay(const struct lab_net_report *report)
{
    return share(report->total.delay_sum_ns, report->total.delivered);
}

/* "25.0 ms" or "250 us to 42.0 ms" */
static base_err put_range(struct base_buf *out, double low, double high,
                          const char *(*print)(double, int, char *))
{
    char a[BASE_UNITS_TEXT_SIZE], b[BASE_UNITS_TEXT_SIZE];
    if (low == high)
        return base_buf_put_text(out, print(low, 4, a));
    return base_buf_printf(out, "%s to %s", print(low, 4, a), print(high, 4, b));
}

static base_err put_asked(const struct cli_netlab *lab, struct base_buf *out)
{
    const struct asked asked = asked_of(&lab->topology);
    CLI_TRY(base_buf_printf(out, "asked     "));
    CLI_TRY(put_range(out, (double)asked.delay_ns_min, (double)asked.delay_ns_max,
                      base_units_print_time));
    CLI_TRY(base_buf_put_text(out, " and "));
    CLI_TRY(put_range(out, asked.lost_min, asked.lost_max, base_units_print_percent));
    CLI_TRY(base_buf_put_text(out, " lost in a link, "));
    if (asked.has_rate)
        CLI_TRY(put_range(out, (double)asked.rate_bits_min, (double)asked.rate_bits_max,
                          base_units_print_bitrate));
    else
        CLI_TRY(base_buf_put_text(out, "no limit of its rate"));
    return base_buf_printf(out, "; %u hosts, %zu links one way\n", lab->topology.program_count,
                           asked.links);
}

static base_err put_dropped(const struct lab_net_report *report, struct base_buf *out)
{
    const struct {
        const char *what;
        uint64_t count;
    } rows[] = {
        { "in queues", report->total.queue_dropped },
        { "larger than the MTU", report->total.mtu_dropped },
        { "on cut links", report->total.down_dropped },
        { "for want of memory", report->dropped_memory },
        { "by a host's device", report->dropped_device },
    };
    char text[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(base_buf_printf(
        out, "          lost %llu of %llu (%s)", (unsigned long long)report->total.lost,
        (unsigned long long)report->total.packets,
        base_units_print_percent(share(report->total.lost, report->total.packets), 3, text)));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].count > 0)
            CLI_TRY(base_buf_printf(out, ", dropped %llu %s", (unsigned long long)rows[i].count,
                                    rows[i].what));
    if (report->total.duplicated > 0)
        CLI_TRY(base_buf_printf(out, ", %llu twice", (unsigned long long)report->total.duplicated));
    if (report->total.reordered > 0)
        CLI_TRY(base_buf_printf(out, ", %llu out of order",
                                (unsigned long long)report->total.reordered));
    if (report->total.corrupted > 0)
        CLI_TRY(
            base_buf_printf(out, ", %llu corrupted", (unsigned long long)report->total.corrupted));
    return base_buf_put_text(out, "\n");
}

base_err cli_netlab_report_text(const struct cli_netlab *lab, const struct lab_net_report *report,
                                struct base_buf *out)
{
    char a[BASE_UNITS_TEXT_SIZE], b[BASE_UNITS_TEXT_SIZE], c[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(put_asked(lab, out));
    if (report->packets == 0)
        return base_buf_printf(out, "achieved  no host sent anything to another in %s (%s)\n",
                               base_units_print_time((double)report->wall_ns, 3, a),
                               lab_back_end_name(report->back_end));
    CLI_TRY(base_buf_printf(out, "achieved  %s in a link on average, with jitter and queues; %s ",
                            base_units_print_time(mean_delay(report), 4, a),
                            base_units_print_bitrate(rate_of(report), 4, b)));
    CLI_TRY(base_buf_printf(out, "through all of them, %llu packets in %s\n",
                            (unsigned long long)report->packets,
                            base_units_print_time((double)report->wall_ns, 3, c)));
    CLI_TRY(base_buf_printf(out, "          handed over late by %s (p50), %s (p99), %s at most\n",
                            base_units_print_time((double)report->late_p50_ns, 3, a),
                            base_units_print_time((double)report->late_p99_ns, 3, b),
                            base_units_print_time((double)report->late_max_ns, 3, c)));
    CLI_TRY(put_dropped(report, out));
    return base_buf_printf(out, "          %s, %s of a core\n", lab_back_end_name(report->back_end),
                           base_units_print_percent(share(report->busy_ns, report->wall_ns), 3, a));
}

json_t *cli_netlab_report_json(const struct cli_netlab *lab, const struct lab_net_report *report)
{
    const struct asked asked = asked_of(&lab->topology);
    const struct lab_link_counts *const total = &report->total;
    json_t *const requested = json_pack(
        "{s:I, s:I, s:f, s:f, s:I, s:I}", "link_delay_ns_min", (json_int_t)asked.delay_ns_min,
        "link_delay_ns_max", (json_int_t)asked.delay_ns_max, "link_lost_share_min", asked.lost_min,
        "link_lost_share_max", asked.lost_max, "link_rate_bits_min",
        (json_int_t)asked.rate_bits_min, "link_rate_bits_max", (json_int_t)asked.rate_bits_max);
    json_t *const achieved =
        json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:I}", "link_delay_ns_mean", mean_delay(report),
                  "rate_bits_mean", rate_of(report), "lost_share",
                  share(total->lost, total->packets), "rate_pps_max", report->rate_pps_max,
                  "late_ns_p50", (json_int_t)report->late_p50_ns, "late_ns_p99",
                  (json_int_t)report->late_p99_ns, "late_ns_max", (json_int_t)report->late_max_ns);
    json_t *const counts = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "packets",
        (json_int_t)total->packets, "bytes", (json_int_t)total->bytes, "delivered",
        (json_int_t)total->delivered, "delivered_bytes", (json_int_t)total->delivered_bytes, "lost",
        (json_int_t)total->lost, "queue_dropped", (json_int_t)total->queue_dropped, "mtu_dropped",
        (json_int_t)total->mtu_dropped, "down_dropped", (json_int_t)total->down_dropped,
        "corrupted", (json_int_t)total->corrupted, "duplicated", (json_int_t)total->duplicated,
        "reordered", (json_int_t)total->reordered, "dropped_memory",
        (json_int_t)report->dropped_memory, "dropped_device", (json_int_t)report->dropped_device);
    return json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:o, s:o, s:o}", "back_end",
                     lab_back_end_name(report->back_end), "hosts", (int)lab->topology.program_count,
                     "links", (json_int_t)asked.links, "packets", (json_int_t)report->packets,
                     "bytes", (json_int_t)report->bytes, "wall_ns", (json_int_t)report->wall_ns,
                     "emulator_busy_ns", (json_int_t)report->busy_ns, "is_valid", report->is_valid,
                     "reason", report->reason, "requested", requested, "achieved", achieved,
                     "links_total", counts);
}

void cli_netlab_report(struct cli_netlab *lab, struct lab_net_report *report)
{
    struct base_why why = { 0 };
    if (lab_net_report(lab->net, report, &why) == BASE_OK)
        return;
    *report = (struct lab_net_report){ .back_end = lab_net_back_end(lab->net) };
    snprintf(report->reason, sizeof report->reason, "there is no report: %.120s", why.text);
}

int cli_netlab_judge(const struct lab_net_report *report)
{
    if (report->is_valid)
        return CLI_FINE;
    base_log(BASE_LOG_ERROR, "invalid: %s", report->reason);
    return CLI_UNMEASURED;
}

int cli_netlab_finish(struct base_buf *out, const struct lab_net_report *report, int status)
{
    const int written = cli_output_finish(out, NULL, CLI_FINE);
    const int judged = cli_netlab_judge(report);
    return written != CLI_FINE ? written : status != CLI_FINE ? status : judged;
}

base_err cli_netlab_put_json(struct base_buf *out, json_t *object)
{
    char *const text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    json_decref(object);
    return err;
}
