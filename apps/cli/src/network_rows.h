/* network_rows.h - the rows of the network laboratory in the table of commands. */
#ifndef CLI_NETWORK_ROWS_H
#define CLI_NETWORK_ROWS_H

#include "commands.h"
#include "netlab.h"

#define NETWORK_ABOUT                                                                              \
    "Gives programs a network of stated latency, jitter, loss, bandwidth and faults on this one "  \
    "machine, without root where users may make namespaces, and without kernel modules. Every "    \
    "report says what was asked and what was achieved; a run whose emulator fell behind is "       \
    "invalid, and its status is 3. docs/network-lab.md tells more."

#define NETWORK_EXEC_ABOUT                                                                         \
    "Runs a command on each host, as it is: TCP, UDP and whatever else goes over IP. In the "      \
    "words of a command {node} is the host's number, {nodes} how many there are, {name} its "      \
    "name, {address} and {address6} where it is, {peer} and {peer6} where the next one is, "       \
    "{address:N} and {address6:N} where host N is. Output comes line by line with the host's "     \
    "name before it. With the relay {port:N:P} and {udp-port:N:P} are where port P of host N is "  \
    "reached; with namespaces that is P itself.\n\n"                                               \
    "The run ends when every program has ended, or those of --until, or after --duration; what "   \
    "still runs then gets SIGTERM, and SIGKILL 5 s later, and how it ends is not judged. The "     \
    "status is 3 when a program failed by itself or the network was not what was asked for. "      \
    "However it ends, nothing stays behind: no process, device or namespace."

#define NETWORK_LAB_ABOUT                                                                          \
    "Makes the hosts, shows how to get a shell on each, and stays until Ctrl-C or --duration. "    \
    "Then it shows what was asked and achieved. Changes of the schedule are said when they "       \
    "happen."

#define NETWORK_PING_ABOUT                                                                         \
    "Sends UDP packets from one host to another and back, at their intended times, and holds the " \
    "times against what was asked. There and back are from the sending to the moment the kernel "  \
    "of the other host has the packet; the round trip is what a program sees, its own waking up "  \
    "included."

#define NETWORK_IPERF_ABOUT                                                                        \
    "Sends as much as goes through from one host to another, by TCP and by UDP, and holds it "     \
    "against the bandwidth that was asked for. The first fifth of the time is not counted. UDP "   \
    "offers a quarter more than the bandwidth, or --rate."

#define NETWORK_TABLES cli_netlab_shape_options, cli_netlab_run_options

#define NETWORK_ROWS                                                                               \
    { .name = "network",                                                                           \
      .doc = "a network on this machine, as slow and lossy as you say",                            \
      .about = NETWORK_ABOUT },                                                                    \
        { .name = "network exec",                                                                  \
          .operands = "-- COMMAND [ARGUMENT...]",                                                  \
          .has_rest = true,                                                                        \
          .doc = "run programs on the hosts of a network",                                         \
          .about = NETWORK_EXEC_ABOUT,                                                             \
          .options = { cli_network_exec_options, NETWORK_TABLES },                                 \
          .examples = { { "bpi-perf network exec --nodes 3 --latency 25ms --packet-loss 0.5% "     \
                          "--bandwidth 100Mbit/s -- ping -c 4 {peer}",                             \
                          "each host pings the next" },                                            \
                        { "bpi-perf network exec --latency 10ms --node 0:'iperf3 -s' --node "      \
                          "1:'iperf3 -c {address:0}' --until 1",                                   \
                          "a server and a client; the client's end is the end" },                  \
                        { "bpi-perf network exec --nodes 3 --schedule 'at 10s cut node0-node1; "   \
                          "at 20s heal' --duration 30s -- ./server {node}",                        \
                          "a fault and its end" } },                                               \
          .run = cli_cmd_network_exec },                                                           \
        { .name = "network lab",                                                                   \
          .doc = "hosts and links that stay until Ctrl-C",                                         \
          .about = NETWORK_LAB_ABOUT,                                                              \
          .options = { cli_network_lab_options, NETWORK_TABLES },                                  \
          .examples = { { "bpi-perf network lab --topology examples/network/data_centres.yaml",    \
                          "nine hosts in three places" } },                                        \
          .run = cli_cmd_network_lab },                                                            \
        { .name = "network ping",                                                                  \
          .doc = "is the delay what was asked for? A check of the laboratory itself",              \
          .about = NETWORK_PING_ABOUT,                                                             \
          .options = { cli_network_ping_options, NETWORK_TABLES },                                 \
          .examples = { { "bpi-perf network ping --latency 25ms --packet-loss 0.5%",               \
                          "1000 packets" } },                                                      \
          .run = cli_cmd_network_ping },                                                           \
    {                                                                                              \
        .name = "network iperf",                                                                   \
        .doc = "is the bandwidth what was asked for? A check of the laboratory itself",            \
        .about = NETWORK_IPERF_ABOUT, .options = { cli_network_iperf_options, NETWORK_TABLES },    \
        .examples = { { "bpi-perf network iperf --latency 5ms --bandwidth 100Mbit/s",              \
                        "TCP, then UDP" } },                                                       \
        .run = cli_cmd_network_iperf                                                               \
    }

#endif
