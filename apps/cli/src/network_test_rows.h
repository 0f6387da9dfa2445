/* network_test_rows.h - the rows of the network tests in the table of commands. */
#ifndef CLI_NETWORK_TEST_ROWS_H
#define CLI_NETWORK_TEST_ROWS_H

#include "commands.h"

#define NETWORK_TEST_ABOUT                                                                         \
    "Makes a laboratory of hosts whose links have the latency, loss and bandwidth that were "      \
    "asked "                                                                                       \
    "for, starts one node on each, and sends messages at an even rate, each to all other nodes. "  \
    "Latency counts from the moment a message was intended to its delivery at each addressee. "    \
    "A round whose laboratory fell behind does not count and is made again.\n\n"                   \
    "The overlays do not know the same: HERMES-Lite is told each peer's share of its host's "      \
    "bandwidth and has measured every path's round trip before the load; the others send as fast " \
    "as they can.\n\n"                                                                             \
    "The run is kept in the history under a test id, network-test-NNNNN: a name as "               \
    "'history baselines' lists them, so 'report', 'benchmark compare' and 'claims --run' take "    \
    "it, too. 'bpi-perf history path' says where the history is. Without the options the "         \
    "conditions are those of --condition production: 10 nodes, 100 messages of 2048 bytes each, "  \
    "25 ms one way, 0.5 % loss.\n\n"                                                               \
    "With --config the conditions and targets of real_world_testing are measured and judged. The " \
    "exit status is 1 when a target or a claim is missed, 3 when something could not be "          \
    "measured. Hosts need TUN devices and network namespaces: as root, or where user namespaces "  \
    "are allowed; --virtual needs neither."

#define NETWORK_TEST_ROWS                                                                          \
    { .name = "network test-hermes",                                                               \
      .doc = "measure HERMES-Lite on a network with stated conditions",                            \
      .about = NETWORK_TEST_ABOUT,                                                                 \
      .options = { cli_network_test_options, report_options, keep_options },                       \
      .examples = { { "bpi-perf network test-hermes --nodes 10 --message-size 2048 --messages "    \
                      "100 --latency 25ms --packet-loss 0.5%",                                     \
                      "one round" },                                                               \
                    { "bpi-perf network test-hermes --attack all --rate 200 --runs 10",            \
                      "before, during and after every attack, in one table" } },                   \
      .run = cli_cmd_network_test_hermes },                                                        \
        { .name = "network test-baseline",                                                         \
          .doc = "measure UDP flooding likewise; with --comparison-mode every overlay beside it",  \
          .about = NETWORK_TEST_ABOUT,                                                             \
          .options = { cli_network_baseline_options, cli_network_test_options, report_options,     \
                       keep_options },                                                             \
          .examples = { { "bpi-perf network test-baseline --nodes 10 --message-size 2048 "         \
                          "--messages 100 --comparison-mode",                                      \
                          "both, in turns" },                                                      \
                        { "bpi-perf network test-baseline --comparison-mode --runs 10 --rate "     \
                          "full "                                                                  \
                          "--bandwidth 10Mbit/s --class shadow-data",                              \
                          "on links that flooding saturates" },                                    \
                        { "bpi-perf network test-baseline --comparison-mode --condition loopback " \
                          "--find-knee --runs 10",                                                 \
                          "without a network: limited by processors alone" } },                    \
          .run = cli_cmd_network_test_baseline },                                                  \
    {                                                                                              \
        .name = "network report", .doc = "the report of a network test",                           \
        .options = { cli_network_report_options, report_options },                                 \
        .examples = { { "bpi-perf network report --test-id network-test-12345 "                    \
                        "--include-baseline --output network-performance.pdf",                     \
                        "a page; the format follows from the ending" } },                          \
        .run = cli_cmd_network_report                                                              \
    }

#endif
