/* commands.h - the functions behind the rows of the table, one file each. All return an exit
 * status. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli.h"

extern const struct cli_option cli_side_by_side_options[];
extern const struct cli_option cli_trend_options[];
extern const struct cli_option cli_changes_options[];
extern const struct cli_option cli_bisect_options[];

extern const struct cli_option cli_runner_options[];

int cli_cmd_benchmark(const struct cli_args *args);
int cli_cmd_benchmark_cbor(const struct cli_args *args);
int cli_cmd_benchmark_crypto(const struct cli_args *args);
int cli_cmd_benchmark_runner(const struct cli_args *args);
int cli_cmd_compare(const struct cli_args *args);
int cli_cmd_side_by_side(const struct cli_args *args);
int cli_cmd_gate(const struct cli_args *args);
extern const struct cli_option cli_gate_options[];
int cli_cmd_list(const struct cli_args *args);
int cli_cmd_run(const struct cli_args *args);
int cli_cmd_exec(const struct cli_args *args);
int cli_cmd_worker(const struct cli_args *args);
int cli_cmd_cbor_diag(const struct cli_args *args);
int cli_cmd_baseline_generator(const struct cli_args *args);
extern const struct cli_option cli_generator_options[];
int cli_cmd_claims(const struct cli_args *args);
int cli_cmd_history_list(const struct cli_args *args);
int cli_cmd_history_remove(const struct cli_args *args);
int cli_cmd_history_export(const struct cli_args *args);
int cli_cmd_history_baselines(const struct cli_args *args);
int cli_cmd_history_path(const struct cli_args *args);
int cli_cmd_history_trend(const struct cli_args *args);
int cli_cmd_history_changes(const struct cli_args *args);
int cli_cmd_bisect(const struct cli_args *args);
int cli_cmd_report(const struct cli_args *args);
int cli_cmd_alm_route(const struct cli_args *args);
int cli_cmd_alm_kpaths(const struct cli_args *args);
int cli_cmd_alm_balance(const struct cli_args *args);
extern const struct cli_option cli_alm_route_options[], cli_alm_kpaths_options[];
extern const struct cli_option cli_alm_balance_options[];
int cli_cmd_verify(const struct cli_args *args);
int cli_cmd_profile_diff(const struct cli_args *args);
int cli_cmd_doctor(const struct cli_args *args);
int cli_cmd_completions(const struct cli_args *args);
int cli_cmd_export(const struct cli_args *args);
int cli_cmd_import(const struct cli_args *args);
int cli_cmd_ifr_serve(const struct cli_args *args);
int cli_cmd_ifr_lookup(const struct cli_args *args);
int cli_cmd_ifr_register(const struct cli_args *args);
int cli_cmd_ifr_remove(const struct cli_args *args);
int cli_cmd_ifr_stats(const struct cli_args *args);
int cli_cmd_network_test_hermes(const struct cli_args *args);
int cli_cmd_network_test_baseline(const struct cli_args *args);
int cli_cmd_network_report(const struct cli_args *args);
extern const struct cli_option cli_network_test_options[], cli_network_baseline_options[],
    cli_network_report_options[];
int cli_cmd_network_exec(const struct cli_args *args);
int cli_cmd_network_lab(const struct cli_args *args);
int cli_cmd_network_ping(const struct cli_args *args);
int cli_cmd_network_iperf(const struct cli_args *args);
extern const struct cli_option cli_network_exec_options[], cli_network_lab_options[],
    cli_network_ping_options[], cli_network_iperf_options[];
int cli_cmd_hermes_node(const struct cli_args *args);
int cli_cmd_hermes_send(const struct cli_args *args);
int cli_cmd_hermes_subscribe(const struct cli_args *args);
int cli_cmd_hermes_status(const struct cli_args *args);
int cli_cmd_hermes_id(const struct cli_args *args);
int cli_cmd_help(const struct cli_args *args);
int cli_cmd_man(const struct cli_args *args);

/* The option tables that stand in their command's own file. */
extern const struct cli_option cli_export_options[], cli_import_options[];
/* Tables of options that stand beside their command. */
extern const struct cli_option cli_profile_diff_options[];
extern const struct cli_option cli_ifr_serve_options[], cli_ifr_link_options[],
    cli_ifr_ask_options[], cli_ifr_lookup_options[], cli_ifr_register_options[],
    cli_ifr_stats_options[];
extern const struct cli_option cli_hermes_node_options[], cli_hermes_link_options[],
    cli_hermes_send_options[], cli_hermes_subscribe_options[], cli_hermes_status_options[],
    cli_hermes_id_options[];

#endif
