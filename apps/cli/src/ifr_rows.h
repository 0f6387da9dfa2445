/* ifr_rows.h - the rows of the flow registry in the table of commands. */
#ifndef CLI_IFR_ROWS_H
#define CLI_IFR_ROWS_H

#include "commands.h"

#include <suite/ifr.h>

/* Words of a key: "A - B protocol N". */
enum { IFR_KEY_WORDS = 5 };

#define IFR_ABOUT                                                                                  \
    "A KEY is SOURCE:PORT - DESTINATION:PORT PROTOCOL, with IPv6 addresses in brackets and tcp, "  \
    "udp, sctp, dccp, udplite or 'protocol N'; for icmp, SOURCE - DESTINATION icmp TYPE/CODE "     \
    "(icmp6 between IPv6 addresses); or 64 hexadecimal digits, a hashed name. In quotes '>' may "  \
    "stand for '-'."

#define IFR_SERVE_ABOUT                                                                            \
    "Listens on a Unix socket until Ctrl-C or SIGTERM, then shows its statistics and removes the " \
    "socket; what a server that was killed left behind is replaced. The registry is in memory "    \
    "and "                                                                                         \
    "begins empty. Only this user and root may connect, and members of --group. The socket's "     \
    "folder is made when it is missing, for this user alone (mode 0700; with --group 0750 and "    \
    "that group); one that is there must belong to this user or root, and others must not be "     \
    "able to replace files in it. Components that announce themselves, and those that listen on "  \
    "NAME.sock in the same folder, are watched."

#define IFR_NOT_THERE                                                                              \
    " The exit status is 1 when the registry does not know the flow, and 3 when no server "        \
    "answers."

#define IFR_ROWS                                                                                   \
    { .name = "ifr",                                                                               \
      .doc = "the flow registry: which component serves a flow",                                   \
      .about = IFR_ABOUT },                                                                        \
        { .name = "ifr serve",                                                                     \
          .doc = "serve a flow registry to the processes of this machine",                         \
          .about = IFR_SERVE_ABOUT,                                                                \
          .options = { cli_ifr_serve_options },                                                    \
          .examples = { { "bpi-perf ifr serve", "on " SUITE_IFR_SOCKET },                          \
                        { "bpi-perf ifr serve --flows 1000000 --flow-age 60s --socket "            \
                          "/run/flows/ifr.sock",                                                   \
                          "a million flows, forgotten after a minute" } },                         \
          .run = cli_cmd_ifr_serve },                                                              \
        { .name = "ifr lookup",                                                                    \
          .operands = "KEY",                                                                       \
          .operand_min = 1,                                                                        \
          .operand_max = IFR_KEY_WORDS,                                                            \
          .doc = "which component serves a flow",                                                  \
          .about = IFR_ABOUT IFR_NOT_THERE,                                                        \
          .options = { cli_ifr_link_options, cli_ifr_ask_options, cli_ifr_lookup_options },        \
          .examples = { { "bpi-perf ifr lookup 10.0.0.1:443 - 10.0.0.2:5555 tcp", "one flow" } },  \
          .run = cli_cmd_ifr_lookup },                                                             \
        { .name = "ifr register",                                                                  \
          .operands = "[KEY]",                                                                     \
          .operand_max = IFR_KEY_WORDS,                                                            \
          .doc = "say which component serves a flow, or all flows of a trace",                     \
          .about = IFR_ABOUT,                                                                      \
          .options = { cli_ifr_register_options, cli_ifr_link_options, cli_ifr_ask_options },      \
          .examples = { { "bpi-perf ifr register 10.0.0.1:443 - 10.0.0.2:5555 tcp --component "    \
                          "security",                                                              \
                          "one flow" },                                                            \
                        { "bpi-perf ifr register --input trace.pcap --component networking",       \
                          "every flow of a trace" } },                                             \
          .run = cli_cmd_ifr_register },                                                           \
        { .name = "ifr remove",                                                                    \
          .operands = "KEY",                                                                       \
          .operand_min = 1,                                                                        \
          .operand_max = IFR_KEY_WORDS,                                                            \
          .doc = "forget a flow",                                                                  \
          .about = IFR_ABOUT IFR_NOT_THERE,                                                        \
          .options = { cli_ifr_link_options, cli_ifr_ask_options },                                \
          .examples = { { "bpi-perf ifr remove 10.0.0.1:443 - 10.0.0.2:5555 tcp", "one flow" } },  \
          .run = cli_cmd_ifr_remove },                                                             \
    {                                                                                              \
        .name = "ifr stats",                                                                       \
        .doc = "the counters of a serving registry, for people or for Prometheus",                 \
        .options = { cli_ifr_stats_options, cli_ifr_link_options },                                \
        .examples = { { "bpi-perf ifr stats --format prometheus", "all metrics" } },               \
        .run = cli_cmd_ifr_stats                                                                   \
    }

#endif
