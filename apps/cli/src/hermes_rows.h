/* hermes_rows.h - the rows of the overlay in the table of commands. */
#ifndef CLI_HERMES_ROWS_H
#define CLI_HERMES_ROWS_H

#include "commands.h"

#define HERMES_NODE_ABOUT                                                                          \
    "Runs until Ctrl-C or SIGTERM. The file's name ends in .toml or .yaml; its keys, all at the "  \
    "top: node_id (a name to show), listen_address, listen_port (9000; 9100 where network_mode "   \
    "is Testnet), max_neighbors (8), bootstrap_nodes (a list of HOST:PORT or ID@HOST:PORT; none, " \
    "or the three of Mainnet), network_mode (Testnet or Mainnet), enable_auction_retry (true), "   \
    "consensus_timeout_ms (1000) and auction_timeout_ms (5000): a message that did not arrive by " \
    "then is given up; key_file (hermes.key) and control_socket (hermes.sock, both in the state "  \
    "folder). enable_consensus_priority and shadow_data_background are how a node works and can "  \
    "only be true. The identity is an Ed25519 key, made when the file is not there, which only "   \
    "its owner may read. What a node that was killed left behind is replaced; two nodes on one "   \
    "control socket or key are refused. Its counters are shown every 10 s on a terminal."

#define HERMES_SEND_ABOUT                                                                          \
    "Waits until the node says whom the message reached; the exit status is 1 when it missed "     \
    "somebody, and 3 when the node could not send it. TYPE is one of IbftPrepare, IbftCommit, "    \
    "HotStuffVote and Heartbeat (consensus), AuctionBid, AuctionResult, RoundtableCoordination "   \
    "and NeighborDiscovery (auction), BlockData, TransactionPool and ShadowSync (shadow data). A " \
    "message has 1 byte to 1 MiB."

#define HERMES_ROWS                                                                                \
    { .name = "hermes", .doc = "the HERMES-Lite overlay: run a node, send and receive messages" }, \
        { .name = "hermes node",                                                                   \
          .doc = "run a node of the overlay",                                                      \
          .about = HERMES_NODE_ABOUT,                                                              \
          .options = { cli_hermes_node_options },                                                  \
          .examples = { { "bpi-perf hermes node --config node.toml", "until Ctrl-C" } },           \
          .run = cli_cmd_hermes_node },                                                            \
        { .name = "hermes send",                                                                   \
          .doc = "send a message through the node of this machine",                                \
          .about = HERMES_SEND_ABOUT,                                                              \
          .options = { cli_hermes_send_options, cli_hermes_link_options },                         \
          .examples = { { "bpi-perf hermes send --to all --type IbftPrepare --payload hello",      \
                          "to every member" },                                                     \
                        { "bpi-perf hermes send --to all --type BlockData --input block.bin",      \
                          "a file" } },                                                            \
          .run = cli_cmd_hermes_send },                                                            \
        { .name = "hermes subscribe",                                                              \
          .doc = "show the messages that come to the node of this machine",                        \
          .about = "Until Ctrl-C, or --count messages. A program that does not read what is "      \
                   "shown is cut off when 4 MiB wait for it.",                                     \
          .options = { cli_hermes_subscribe_options, cli_hermes_link_options },                    \
          .examples = { { "bpi-perf hermes subscribe --class Consensus --json",                    \
                          "a line of JSON each, with the payload in base64" } },                   \
          .run = cli_cmd_hermes_subscribe },                                                       \
        { .name = "hermes status",                                                                 \
          .doc = "what the node of this machine knows and has done",                               \
          .options = { cli_hermes_status_options, cli_hermes_link_options },                       \
          .examples = { { "bpi-perf hermes status --json", "all counters and peers" } },           \
          .run = cli_cmd_hermes_status },                                                          \
    {                                                                                              \
        .name = "hermes id", .doc = "the id of a node, from its key file",                         \
        .options = { cli_hermes_id_options },                                                      \
        .examples = { { "bpi-perf hermes id --key hermes.key", "64 hexadecimal digits" } },        \
        .run = cli_cmd_hermes_id                                                                   \
    }

#endif
