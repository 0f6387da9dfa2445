/* cmd_network_lab.c - hosts and links that stay until Ctrl-C, for programs that the user starts. */
#include "commands.h"
#include "netlab.h"
#include "option_rows.h"
#include "output.h"
#include "progress.h"
#include "signals.h"

#include <base/log.h>
#include <base/units.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 200 };

const struct cli_option cli_network_lab_options[] = {
    TIME("duration", "end by itself after this", "until Ctrl-C"),
    FLAG("json", 'j', "the report as JSON, and no table"),
    { 0 },
};

struct stay {
    const struct cli_args *args;
    struct cli_netlab lab;
    pid_t holders[CLI_NETLAB_NODES_MAX]; /* a sleeping program on each host, to enter by */
};

/* Namespaces have no name that others could enter by; a process in them has. */
static base_err start_holders(struct stay *stay, struct base_why *why)
{
    static const char *const words[] = { "sleep", "infinity", NULL };
    static const int none[3] = { -1, -1, -1 };
    for (uint32_t i = 0; i < stay->lab.topology.program_count; i++)
        CLI_TRY(lab_net_spawn(stay->lab.net, i, words, none, &stay->holders[i], why));
    return BASE_OK;
}

static void end_holders(struct stay *stay)
{
    for (uint32_t i = 0; i < stay->lab.topology.program_count; i++)
        if (stay->holders[i] > 0) {
            (void)kill(stay->holders[i], SIGKILL);
            (void)waitpid(stay->holders[i], NULL, 0);
        }
}

static base_err put_table(const struct stay *stay, struct base_buf *out)
{
    const struct lab_topology *const topology = &stay->lab.topology;
    struct lab_net_report report = { 0 };
    CLI_TRY(lab_net_report(stay->lab.net, &report, NULL));
    const bool has_spaces = report.back_end != LAB_BACK_RELAY;
    CLI_TRY(base_buf_printf(out, "%-16s  %-12s  %-10s  %s\n", "host", "address", "address6",
                            has_spaces ? "a shell there" : ""));
    for (uint32_t i = 0; i < topology->program_count; i++) {
        const char *const address6 = lab_net_address6(stay->lab.net, i);
        CLI_TRY(base_buf_printf(out, "%-16s  %-12s  %-10s", topology->hosts[i].name,
                                lab_net_address(stay->lab.net, i),
                                address6 != NULL ? address6 : "-"));
        if (has_spaces)
            CLI_TRY(base_buf_printf(out, "  nsenter -t %d %s-n", (int)stay->holders[i],
                                    geteuid() != 0 ? "-U --preserve-credentials " : ""));
        CLI_TRY(base_buf_put_text(out, "\n"));
    }
    return BASE_OK;
}

static base_err show_table(const struct stay *stay, struct base_why *why)
{
    struct base_buf out = { 0 };
    if (cli_has(stay->args, "json"))
        return BASE_OK;
    base_err err = put_table(stay, &out);
    if (err == BASE_OK)
        err = cli_output_write(base_buf_span(&out), NULL, why);
    base_buf_done(&out);
    return err;
}

static void show_live(struct stay *stay, struct cli_progress *progress)
{
    struct lab_net_report report = { 0 };
    char late[BASE_UNITS_TEXT_SIZE], what[48], rest[320];
    if (!progress->is_on || lab_net_report(stay->lab.net, &report, NULL) != BASE_OK)
        return;
    snprintf(what, sizeof what, "%.0f s", cli_netlab_seconds(&stay->lab));
    snprintf(rest, sizeof rest, " %llu packets, late by %s (p99)%s%s",
             (unsigned long long)report.packets,
             base_units_print_time((double)report.late_p99_ns, 3, late),
             report.is_valid ? "" : ", invalid: ", report.reason);
    cli_progress_say(progress, what, rest);
}

/* Returns when it is over. */
static void wait_here(struct stay *stay)
{
    const struct cli_value *const duration = cli_value(stay->args, "duration");
    const double seconds = duration != NULL ? (double)duration->ns / 1e9 : 1e300;
    struct cli_progress progress;
    cli_progress_open(&progress, stay->args, 1);
    while (!cli_signals_interrupted && cli_netlab_seconds(&stay->lab) < seconds) {
        const double left_ms = (seconds - cli_netlab_seconds(&stay->lab)) * 1e3 + 1;
        (void)poll(NULL, 0, left_ms < TICK_MS ? (int)left_ms : TICK_MS); /* a signal ends it */
        if (stay->lab.said < stay->lab.topology.change_count)
            cli_progress_clear(&progress);
        cli_netlab_say_changes(&stay->lab);
        show_live(stay, &progress);
    }
    cli_progress_clear(&progress);
}

static int finish(struct stay *stay)
{
    struct lab_net_report report = { 0 };
    struct base_buf out = { 0 };
    cli_netlab_report(&stay->lab, &report);
    const base_err err =
        cli_has(stay->args, "json")
            ? cli_netlab_put_json(&out, cli_netlab_report_json(&stay->lab, &report))
            : cli_netlab_report_text(&stay->lab, &report, &out);
    if (err == BASE_OK)
        return cli_netlab_finish(&out, &report, CLI_FINE);
    base_buf_done(&out);
    return cli_complain(err, NULL);
}

static int stay_up(struct stay *stay)
{
    struct base_why why = { 0 };
    base_err err = cli_netlab_open(&stay->lab, &why);
    if (err == BASE_OK)
        err = start_holders(stay, &why);
    if (err == BASE_OK)
        err = show_table(stay, &why);
    if (err == BASE_OK)
        err = cli_netlab_begin(&stay->lab, &why);
    if (err == BASE_OK) {
        wait_here(stay);
        const int status = finish(stay);
        end_holders(stay);
        return status;
    }
    end_holders(stay);
    return err == BASE_ECLOSED ? CLI_PIPE_CLOSED : cli_netlab_complain(err, &why);
}

int cli_cmd_network_lab(const struct cli_args *args)
{
    static struct stay stay;
    struct base_why why = { 0 };
    stay.args = args;
    base_err err = cli_netlab_plan(args, &stay.lab, &why);
    if (err == BASE_OK && stay.lab.topology.program_count > CLI_NETLAB_NODES_MAX)
        err = base_fail(&why, BASE_ERANGE, 0, "%u hosts are more than %d",
                        stay.lab.topology.program_count, CLI_NETLAB_NODES_MAX);
    const int status = err == BASE_OK         ? stay_up(&stay)
                       : err == BASE_EINVALID ? cli_complain_usage(args, &why)
                                              : cli_complain(err, &why);
    cli_netlab_close(&stay.lab);
    return status;
}
