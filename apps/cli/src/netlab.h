/* netlab.h - what the network commands share: from options to hosts that are up, the schedule said
 * aloud, and what was asked against what was achieved. */
#ifndef CLI_NETLAB_H
#define CLI_NETLAB_H

#include "cli.h"

#include <lab/net.h>

#include <jansson.h>

enum { CLI_NETLAB_NODES_MAX = 250 };

/* Which network: --topology, or --nodes and the like. */
extern const struct cli_option cli_netlab_shape_options[];
/* How it is run: --schedule, --mtu, --back-end, --capture, --seed. */
extern const struct cli_option cli_netlab_run_options[];

struct cli_netlab {
    const struct cli_args *args;
    struct lab_topology topology;
    struct lab_net *net; /* NULL: not open */
    bool has_begun;
    uint64_t begin_ns; /* CLOCK_MONOTONIC */
    size_t said;       /* changes that were said already */
};

/* The topology of the options. Errors: EINVALID (options that do not go together), those of
 * lab_topology_read and lab_topology_make; why names option or line. */
BASE_MUST_USE base_err cli_netlab_plan(const struct cli_args *args, struct cli_netlab *lab,
                                       struct base_why *why);
/* Make the hosts of the plan. Errors: those of lab_net_open; EIO (--capture) */
BASE_MUST_USE base_err cli_netlab_open(struct cli_netlab *lab, struct base_why *why);
void cli_netlab_close(struct cli_netlab *lab);
/* Of the hosts' devices: --mtu, or the smallest of the links', so that nothing is sent which a link
 * behind the first would drop. */
uint32_t cli_netlab_mtu(const struct cli_netlab *lab);
/* What a failure of cli_netlab_open means, after it was said: 2 when the options are not right, 3
 * when this machine cannot do it. */
int cli_netlab_complain(base_err err, const struct base_why *why);

/* The schedule's clock starts. */
BASE_MUST_USE base_err cli_netlab_begin(struct cli_netlab *lab, struct base_why *why);
/* Seconds since then; 0 before. */
double cli_netlab_seconds(const struct cli_netlab *lab);
/* Say the changes whose time has come. Their doing is the emulator's. */
void cli_netlab_say_changes(struct cli_netlab *lab);

/* A host with programs, by name or number. Errors: ENOTFOUND; why lists some. */
BASE_MUST_USE base_err cli_netlab_host(const struct lab_topology *topology, const char *text,
                                       uint32_t *host, struct base_why *why);

/* Some lines about a report, or the same as an object (NULL: out of memory). */
BASE_MUST_USE base_err cli_netlab_report_text(const struct cli_netlab *lab,
                                              const struct lab_net_report *report,
                                              struct base_buf *out);
json_t *cli_netlab_report_json(const struct cli_netlab *lab, const struct lab_net_report *report);
/* Fetch the report; when there is none it is an invalid one that says why. */
void cli_netlab_report(struct cli_netlab *lab, struct lab_net_report *report);
/* Say that it is invalid, when it is. Returns CLI_FINE or CLI_UNMEASURED. */
int cli_netlab_judge(const struct lab_net_report *report);
/* Write what a command found to standard output, then judge the network. Returns the status of the
 * output, `status` when it is not CLI_FINE, or that of the network; releases the buffer. */
int cli_netlab_finish(struct base_buf *out, const struct lab_net_report *report, int status);
/* An object with a line break behind it; the object is released. */
BASE_MUST_USE base_err cli_netlab_put_json(struct base_buf *out, json_t *object);

/* {node}, {nodes}, {name}, {address}, {address6}, {peer}, {peer6}, {address:N}, {address6:N},
 * {port:N:P} and {udp-port:N:P} (where this host reaches port P of host N: P itself, but with the
 * relay) in a word, N a name or number; other braces stay. Errors: ENOTFOUND (no host N), EPARSE,
 * ERANGE (no port), those of lab_net_relay_port, ENOMEM */
BASE_MUST_USE base_err cli_netlab_fill(const struct cli_netlab *lab, uint32_t host,
                                       const char *word, struct base_arena *arena,
                                       const char **filled, struct base_why *why);

/* The value at a quantile of sorted times; 0 of none. */
uint64_t cli_netlab_quantile(const uint64_t *sorted, size_t count, double quantile);
void cli_netlab_sort(uint64_t *times, size_t count);

/* The two ends of a self-check: --from and --to, node 0 and node 1 without; and what a packet
 * meets between them. */
struct cli_netlab_ends {
    uint32_t from, to;
    struct lab_path there, back;
};
BASE_MUST_USE base_err cli_netlab_ends(const struct cli_netlab *lab, struct cli_netlab_ends *ends,
                                       struct base_why *why);
/* A socket on a host, bound to its address and a port, not blocking, its address as others reach
 * it in *address [16 bytes of struct sockaddr_in]. Errors: those of lab_net_socket, EIO */
struct sockaddr_in;
BASE_MUST_USE base_err cli_netlab_socket(const struct cli_netlab *lab, uint32_t host, int type,
                                         uint16_t port, int *fd, struct sockaddr_in *address,
                                         struct base_why *why);

#endif
