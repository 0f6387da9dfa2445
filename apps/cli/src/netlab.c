/* netlab.c - from options to a network that is up. */
#include "netlab.h"

#include "option_rows.h"

#include <base/log.h>
#include <base/units.h>
#include <bench/clock.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const struct cli_option cli_netlab_shape_options[] = {
    TEXT("topology", CLI_FILE, "FILE",
         "hosts and links from a YAML file, in place of the options from --nodes to --bandwidth; "
         "docs/network-lab.md has the format"),
    COUNT("nodes", 1, CLI_NETLAB_NODES_MAX, "so many hosts, node0 and on", "2"),
    { .name = "shape",
      .kind = CLI_WORD,
      .value_name = "SHAPE",
      .choices = "mesh,star,ring,random-regular,tree,fat-tree",
      .doc = "how they are joined: mesh, star, ring, random-regular, tree or fat-tree",
      .fallback = "mesh" },
    COUNT("degree", 1, 16384,
          "neighbours of each (random-regular), children (tree), ports of a switch (fat-tree)",
          "4; 2; what is enough"),
    TEXT("preset", CLI_TEXT, "NAME",
         "every link as in local, internet, poor, large, lan, wan, lte, satellite or wifi; the "
         "options that follow win over it"),
    TIME("latency", "delay of a link, one way", "0s"),
    TIME("jitter", "the delay varies evenly by at most this; see the file's keys for other ways",
         "0s"),
    { .name = "packet-loss",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "share of the packets that a link loses",
      .fallback = "0%" },
    { .name = "bandwidth",
      .kind = CLI_TEXT,
      .value_name = "RATE",
      .doc = "of a link, each way, as in 100Mbit/s",
      .fallback = "unlimited" },
    { 0 },
};

const struct cli_option cli_netlab_run_options[] = {
    TEXT("schedule", CLI_TEXT, "TEXT",
         "what changes when, as in 'at 10s cut node0-node1; at 20s heal'; also 'set node0-node1 "
         "latency 100ms' and 'partition [node0] [node1,node2]'"),
    COUNT("mtu", 1280, 65000, "largest packet of the hosts' devices",
          "the smallest MTU of a link, 1280 to 1500"),
    { .name = "back-end",
      .kind = CLI_WORD,
      .value_name = "NAME",
      .choices = "auto,tun,veth,relay,netem",
      .doc =
          "tun: namespaces and an emulator; veth: these with the kernel's times of packets, more "
          "exact and 30 % slower; relay: ports of loopback, where namespaces are "
          "forbidden; netem, the kernel's, is not driven and says why",
      .fallback = "auto" },
    COUNT(
        "core", 0, 1023,
        "where the emulator runs, from 0; as root in real time, which keeps delays more exact and "
        "leaves little of that core to others",
        "any"),
    FLAG("offload", 0,
         "leave TCP's segments whole and checksums undone between hosts: faster, but a segment of "
         "up to 64 KiB is one packet to the links, and no MTU holds"),
    TEXT("capture", CLI_FILE, "FOLDER", "write the packets of each host to FOLDER/HOST.pcap"),
    COUNT("seed", 0, 9.2e18, "seed of losses, jitter and random shapes", "1"),
    { 0 },
};

/* ---- the plan ---- */

static const struct {
    const char *option, *key;
} link_options[] = {
    { "preset", "preset" },           { "latency", "latency" },     { "jitter", "jitter" },
    { "packet-loss", "packet_loss" }, { "bandwidth", "bandwidth" },
};

enum { LINK_OPTIONS = sizeof link_options / sizeof link_options[0] };

static uint64_t count_of(const struct cli_args *args, const char *name, uint64_t fallback)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->count : fallback;
}

static base_err check_alone(const struct cli_args *args, struct base_why *why)
{
    const char *names[3 + LINK_OPTIONS] = { "nodes", "shape", "degree" };
    for (size_t i = 0; i < LINK_OPTIONS; i++)
        names[3 + i] = link_options[i].option;
    for (size_t i = 0; i < 3 + LINK_OPTIONS; i++)
        if (cli_has(args, names[i]))
            return base_fail(why, BASE_EINVALID, 0,
                             "--%s and --topology exclude each other: the file says it", names[i]);
    return BASE_OK;
}

static base_err plan_shape(const struct cli_args *args, struct lab_topology *topology,
                           struct base_why *why)
{
    struct lab_link_config link = { 0 };
    enum lab_shape shape = LAB_MESH;
    for (size_t i = 0; i < LINK_OPTIONS; i++) {
        const char *const text = cli_text(args, link_options[i].option, NULL);
        if (text != NULL && lab_link_set(&link, link_options[i].key, text, why) != BASE_OK)
            return base_fail_prefix(why, BASE_EINVALID, "--%s", link_options[i].option);
    }
    CLI_TRY(lab_shape_parse(cli_text(args, "shape", "mesh"), &shape, why));
    return lab_topology_make(topology, shape, (uint32_t)count_of(args, "nodes", 2),
                             (uint32_t)count_of(args, "degree", 0), &link,
                             count_of(args, "seed", 1), why);
}

base_err cli_netlab_plan(const struct cli_args *args, struct cli_netlab *lab, struct base_why *why)
{
    const char *const file = cli_text(args, "topology", NULL);
    const char *const schedule = cli_text(args, "schedule", NULL);
    *lab = (struct cli_netlab){ .args = args };
    if (file != NULL) {
        CLI_TRY(check_alone(args, why));
        CLI_TRY(lab_topology_read(&lab->topology, file, why));
    } else
        CLI_TRY(plan_shape(args, &lab->topology, why));
    base_err err = BASE_OK;
    if (schedule != NULL && lab_topology_schedule(&lab->topology, schedule, why) != BASE_OK)
        err = base_fail_prefix(why, BASE_EINVALID, "--schedule");
    if (err != BASE_OK)
        lab_topology_done(&lab->topology);
    return err;
}

base_err cli_netlab_host(const struct lab_topology *topology, const char *text, uint32_t *host,
                         struct base_why *why)
{
    uint64_t number = 0;
    uint32_t found = lab_topology_host(topology, text);
    if (found == UINT32_MAX &&
        base_units_parse_count(text, 0, LAB_HOSTS_MAX, &number, NULL) == BASE_OK)
        found = (uint32_t)number;
    if (found >= topology->program_count)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "there is no host '%.40s'; they are %s to %s, or 0 to %u", text,
                         topology->hosts[0].name, topology->hosts[topology->program_count - 1].name,
                         topology->program_count - 1);
    *host = found;
    return BASE_OK;
}

/* ---- up and down ---- */

enum { MTU_USUAL = 1500, MTU_LEAST = 1280 /* of IPv6 */ };

static uint32_t smaller_mtu(uint32_t mtu, const struct lab_link_config *link)
{
    return link->mtu_bytes >= MTU_LEAST && link->mtu_bytes < mtu ? link->mtu_bytes : mtu;
}

uint32_t cli_netlab_mtu(const struct cli_netlab *lab)
{
    const struct lab_topology *const topology = &lab->topology;
    const struct cli_value *const asked = cli_value(lab->args, "mtu");
    uint32_t mtu = MTU_USUAL;
    if (asked != NULL)
        return (uint32_t)asked->count;
    for (size_t i = 0; i < topology->edge_count; i++)
        mtu = smaller_mtu(mtu, &topology->edges[i].config);
    return topology->is_uniform ? smaller_mtu(mtu, &topology->uniform) : mtu;
}

base_err cli_netlab_open(struct cli_netlab *lab, struct base_why *why)
{
    struct lab_net_config config = {
        .topology = &lab->topology,
        .seed = count_of(lab->args, "seed", 1),
        .capture_folder = cli_text(lab->args, "capture", NULL),
        .mtu_bytes = cli_netlab_mtu(lab),
        .core = cli_has(lab->args, "core") ? (int)count_of(lab->args, "core", 0) : -1,
        .has_offload = cli_has(lab->args, "offload"),
    };
    CLI_TRY(lab_back_end_parse(cli_text(lab->args, "back-end", "auto"), &config.back_end, why));
    if (config.capture_folder != NULL)
        CLI_TRY(base_folder_make(config.capture_folder, why));
    CLI_TRY(lab_net_open(&config, &lab->net, why));
    if (config.back_end == LAB_BACK_AUTO && lab_net_back_end(lab->net) == LAB_BACK_RELAY)
        base_log(
            BASE_LOG_WARNING,
            "hosts are ports of 127.0.0.1, as namespaces do not work here; --back-end tun says "
            "why");
    return BASE_OK;
}

void cli_netlab_close(struct cli_netlab *lab)
{
    if (lab->net != NULL)
        lab_net_close(lab->net);
    lab->net = NULL;
    lab_topology_done(&lab->topology);
}

int cli_netlab_complain(base_err err, const struct base_why *why)
{
    const int status = cli_complain(err, why);
    return err == BASE_EUNSUPPORTED ? CLI_UNMEASURED : status;
}

base_err cli_netlab_begin(struct cli_netlab *lab, struct base_why *why)
{
    CLI_TRY(lab_net_begin(lab->net, why));
    lab->begin_ns = bench_clock_now_ns();
    lab->has_begun = true;
    return BASE_OK;
}

double cli_netlab_seconds(const struct cli_netlab *lab)
{
    return lab->has_begun ? (double)(bench_clock_now_ns() - lab->begin_ns) / 1e9 : 0;
}

void cli_netlab_say_changes(struct cli_netlab *lab)
{
    const struct lab_topology *const topology = &lab->topology;
    char time[BASE_UNITS_TEXT_SIZE], text[LAB_CHANGE_TEXT_SIZE];
    if (!lab->has_begun)
        return;
    const uint64_t now_ns = bench_clock_now_ns() - lab->begin_ns;
    for (; lab->said < topology->change_count && topology->changes[lab->said].at_ns <= now_ns;
         lab->said++) {
        const struct lab_change *const change = &topology->changes[lab->said];
        base_log(BASE_LOG_INFO, "at %s: %s", base_units_print_time_exact(change->at_ns, time),
                 lab_change_print(topology, change, text));
    }
}

/* ---- words ---- */

/* The value of what stands between braces, or NULL when it means nothing here. */
static const char *value_of(const struct cli_netlab *lab, uint32_t host, const char *name,
                            char number[16])
{
    const uint32_t count = lab->topology.program_count, next = (host + 1) % count;
    if (strcmp(name, "node") == 0 || strcmp(name, "nodes") == 0) {
        snprintf(number, 16, "%u", name[4] == 's' ? count : host);
        return number;
    }
    if (strcmp(name, "name") == 0)
        return lab->topology.hosts[host].name;
    if (strcmp(name, "address") == 0)
        return lab_net_address(lab->net, host);
    if (strcmp(name, "address6") == 0)
        return lab_net_address6(lab->net, host);
    if (strcmp(name, "peer") == 0)
        return lab_net_address(lab->net, next);
    if (strcmp(name, "peer6") == 0)
        return lab_net_address6(lab->net, next);
    return NULL;
}

/* "0:5201": where host `from` reaches port 5201 of host 0. */
static base_err port_of(const struct cli_netlab *lab, uint32_t from, char *place, bool is_tcp,
                        char number[16], struct base_why *why)
{
    char *const colon = strchr(place, ':');
    uint64_t service = 0;
    uint32_t to = 0;
    uint16_t port = 0;
    if (colon == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "a host and its port are expected, as in 0:5201");
    *colon = '\0';
    CLI_TRY(cli_netlab_host(&lab->topology, place, &to, why));
    CLI_TRY(base_units_parse_count(colon + 1, 1, UINT16_MAX, &service, why));
    port = (uint16_t)service;
    if (lab_net_back_end(lab->net) == LAB_BACK_RELAY && to != from)
        CLI_TRY(lab_net_relay_port(lab->net, from, to, (uint16_t)service, is_tcp, &port, why));
    snprintf(number, 16, "%u", port);
    return BASE_OK;
}

/* *value is NULL when the braces mean nothing. */
static base_err look_up(const struct cli_netlab *lab, uint32_t host, char *name, char number[16],
                        const char **value, struct base_why *why)
{
    char *const colon = strchr(name, ':');
    *value = colon == NULL ? value_of(lab, host, name, number) : NULL;
    if (colon == NULL)
        return BASE_OK;
    *colon = '\0';
    const bool is_tcp = strcmp(name, "port") == 0;
    base_err err = BASE_OK;
    if (is_tcp || strcmp(name, "udp-port") == 0) {
        err = port_of(lab, host, colon + 1, is_tcp, number, why);
        *value = number;
    } else if (strcmp(name, "address") == 0 || strcmp(name, "address6") == 0) {
        err = cli_netlab_host(&lab->topology, colon + 1, &host, why);
        *value = err == BASE_OK ? value_of(lab, host, name, number) : NULL;
    }
    return err == BASE_OK ? err : base_fail_prefix(why, err, "{%s:...}", name);
}

static base_err fill(const struct cli_netlab *lab, uint32_t host, const char *word,
                     struct base_buf *out, struct base_why *why)
{
    while (*word != '\0') {
        const size_t plain = strcspn(word, "{");
        CLI_TRY(base_buf_put(out, word, plain));
        word += plain;
        if (*word == '\0')
            break;
        char name[24 + LAB_NAME_SIZE], number[16];
        const char *value = NULL;
        const size_t size = strcspn(word + 1, "{}");
        if (word[1 + size] == '}' && size < sizeof name) {
            snprintf(name, sizeof name, "%.*s", (int)size, word + 1);
            CLI_TRY(look_up(lab, host, name, number, &value, why));
        }
        CLI_TRY(value != NULL ? base_buf_put_text(out, value) : base_buf_put(out, word, 1));
        word += value != NULL ? size + 2 : 1;
    }
    return BASE_OK;
}

base_err cli_netlab_fill(const struct cli_netlab *lab, uint32_t host, const char *word,
                         struct base_arena *arena, const char **filled, struct base_why *why)
{
    struct base_buf out = { 0 };
    base_err err = fill(lab, host, word, &out, why);
    const char *const text = err == BASE_OK ? base_buf_text(&out) : NULL;
    if (err == BASE_OK) {
        *filled = text != NULL ? base_arena_text(arena, text) : NULL;
        err = *filled != NULL ? BASE_OK : BASE_ENOMEM;
    }
    if (err == BASE_ENOMEM)
        err = base_fail(why, err, 0, "out of memory");
    base_buf_done(&out);
    return err;
}

/* ---- self-checks ---- */

static int by_size(const void *one, const void *other)
{
    const uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

void cli_netlab_sort(uint64_t *times, size_t count)
{
    if (count > 0)
        qsort(times, count, sizeof *times, by_size);
}

uint64_t cli_netlab_quantile(const uint64_t *sorted, size_t count, double quantile)
{
    if (count == 0)
        return 0;
    const size_t at = (size_t)(quantile * (double)count);
    return sorted[at < count ? at : count - 1];
}

base_err cli_netlab_ends(const struct cli_netlab *lab, struct cli_netlab_ends *ends,
                         struct base_why *why)
{
    const struct lab_topology *const topology = &lab->topology;
    const char *const from = cli_text(lab->args, "from", "0"), *const to =
                                                                   cli_text(lab->args, "to", "1");
    if (cli_netlab_host(topology, from, &ends->from, why) != BASE_OK)
        return base_fail_prefix(why, BASE_EINVALID, "--from");
    if (cli_netlab_host(topology, to, &ends->to, why) != BASE_OK)
        return base_fail_prefix(why, BASE_EINVALID, "--to");
    if (ends->from == ends->to)
        return base_fail(why, BASE_EINVALID, 0, "--from and --to are both %s",
                         topology->hosts[ends->to].name);
    base_err err = lab_topology_path(topology, ends->from, ends->to, &ends->there);
    if (err == BASE_OK)
        err = lab_topology_path(topology, ends->to, ends->from, &ends->back);
    return err == BASE_OK
               ? err
               : base_fail(why, BASE_EINVALID, 0, "no way leads from %s to %s and back",
                           topology->hosts[ends->from].name, topology->hosts[ends->to].name);
}

base_err cli_netlab_socket(const struct cli_netlab *lab, uint32_t host, int type, uint16_t port,
                           int *fd, struct sockaddr_in *address, struct base_why *why)
{
    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
    if (inet_pton(AF_INET, lab_net_address(lab->net, host), &address->sin_addr) != 1)
        return base_fail(why, BASE_EIO, 0, "'%s' is no address", lab_net_address(lab->net, host));
    CLI_TRY(
        lab_net_socket(lab->net, host, AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd, why));
    if (bind(*fd, (struct sockaddr *)address, sizeof *address) == 0)
        return BASE_OK;
    const int error = errno;
    close(*fd);
    return base_fail(why, BASE_EIO, 0, "%s port %u: %s", lab_net_address(lab->net, host), port,
                     strerror(error));
}
