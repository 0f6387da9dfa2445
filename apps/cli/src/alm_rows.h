/* alm_rows.h - the rows of the routing layer in the table of commands. */
#ifndef CLI_ALM_ROWS_H
#define CLI_ALM_ROWS_H

#include "commands.h"

#define ALM_ABOUT                                                                                  \
    "A graph is a list of edges or GraphML, told by its content; - is standard input. A "          \
    "line of the list is: from to latency [bandwidth [reliability [cost]]], in ms and "            \
    "Mbit/s; usual are 1000, 1 and 1. In GraphML, edges have data with these names, or "           \
    "weight."

#define ALM_ROUTE_ABOUT                                                                            \
    "Shows every hop with the graph's own figures, and the bottleneck: the hop with the "          \
    "least bandwidth. Within limits the best path that keeps them all is shown, or which "         \
    "one cannot be kept. The exit status is 1 when there is no path, 3 when the search "           \
    "within limits was given up. Names that begin with a dash stand after --."

#define ALM_KPATHS_ABOUT                                                                           \
    "Shows the paths from the best on, fewer where there are no more. The exit status is "         \
    "1 when there is none."

#define ALM_BALANCE_ABOUT                                                                          \
    "SERVERS is a file of lines: name weight [latency], in ms, 1 without it; - is "                \
    "standard input. Requests are played in virtual time, nothing is measured: each "              \
    "client asks again when it was answered, each time for a random one of 65536 flows, "          \
    "and a server always answers after its latency. Then a server goes down and as many "          \
    "requests follow. Shown are the busiest and idlest server by their fair share, the "           \
    "mean latency, the requests that were lost with the server, and the flows of other "           \
    "servers that went elsewhere. With one policy, or --verbose, every server's requests "         \
    "are shown."

#define ALM_WITHIN                                                                                 \
    "bpi-perf alm route edges.txt paris nice -m cost --max-latency 20 --min-bandwidth 1000"

#define ALM_ROWS                                                                                   \
    { .name = "alm",                                                                               \
      .doc = "routes and balancing on your own graph and servers",                                 \
      .about = ALM_ABOUT },                                                                        \
        { .name = "alm route",                                                                     \
          .operands = "GRAPH FROM TO",                                                             \
          .operand = CLI_A_FILE,                                                                   \
          .operand_min = 3,                                                                        \
          .operand_max = 3,                                                                        \
          .has_rest = true,                                                                        \
          .doc = "the best path between two nodes of a graph",                                     \
          .about = ALM_ROUTE_ABOUT,                                                                \
          .options = { cli_alm_route_options },                                                    \
          .examples = { { "bpi-perf alm route network.graphml paris nice", "the fastest" },        \
                        { "bpi-perf alm route edges.txt paris nice -u --metric reliability",       \
                          "a list of edges, each both ways" },                                     \
                        { ALM_WITHIN, "the cheapest that is fast enough" } },                      \
          .run = cli_cmd_alm_route },                                                              \
        { .name = "alm kpaths",                                                                    \
          .operands = "GRAPH FROM TO",                                                             \
          .operand = CLI_A_FILE,                                                                   \
          .operand_min = 3,                                                                        \
          .operand_max = 3,                                                                        \
          .has_rest = true,                                                                        \
          .doc = "the best few paths between two nodes, none with a node twice",                   \
          .about = ALM_KPATHS_ABOUT,                                                               \
          .options = { cli_alm_kpaths_options },                                                   \
          .examples = { { "bpi-perf alm kpaths edges.txt paris nice -k 4", "four" } },             \
          .run = cli_cmd_alm_kpaths },                                                             \
    {                                                                                              \
        .name = "alm balance", .operands = "[SERVERS]", .operand = CLI_A_FILE, .operand_max = 1,   \
        .doc = "how policies spread requests over servers", .about = ALM_BALANCE_ABOUT,            \
        .options = { cli_alm_balance_options },                                                    \
        .examples = { { "bpi-perf alm balance servers.txt", "all policies side by side" },         \
                      { "bpi-perf alm balance --servers 10 --policy maglev,adaptive --json",       \
                        "ten equal servers, two policies" } },                                     \
        .run = cli_cmd_alm_balance                                                                 \
    }

#endif
