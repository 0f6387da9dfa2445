/* hermes_tool_status.c - a node's counters, as JSON and in words. */
#include "hermes_tool.h"

#include <base/units.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)(value <= INT64_MAX ? value : INT64_MAX));
}

/* {"Consensus": 1, ...} */
static json_t *by_class(const uint64_t *counts)
{
    json_t *const object = json_object();
    int failed = object == NULL;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        failed |= json_object_set_new(object, bpi_hermes_class_text((enum bpi_hermes_class)i),
                                      number(counts[i]));
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

#define COUNTERS(X)                                                                                \
    X(duplicates)                                                                                  \
    X(expired)                                                                                     \
    X(refused)                                                                                     \
    X(fragments_sent)                                                                              \
    X(fragments_repeated)                                                                          \
    X(fragments_parity)                                                                            \
    X(fragments_received)                                                                          \
    X(fragments_redundant)                                                                         \
    X(bytes_sent)                                                                                  \
    X(bytes_received)                                                                              \
    X(rejected_forged)                                                                             \
    X(rejected_replayed)                                                                           \
    X(rejected_malformed)                                                                          \
    X(rejected_unknown)                                                                            \
    X(cookies_sent)                                                                                \
    X(memory_bytes)

static int counters_set(json_t *object, const struct bpi_hermes_status *status)
{
    int failed = json_object_set_new(object, "sent", by_class(status->sent)) |
                 json_object_set_new(object, "delivered", by_class(status->delivered));
#define SET(name) failed |= json_object_set_new(object, #name, number(status->name));
    COUNTERS(SET)
#undef SET
    return failed;
}

static json_t *datagrams_json(const struct bpi_udp_stats *udp)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sent", (json_int_t)udp->sent,
                     "received", (json_int_t)udp->received, "send_calls",
                     (json_int_t)udp->send_calls, "receive_calls", (json_int_t)udp->receive_calls,
                     "pauses", (json_int_t)udp->pauses, "send_failed", (json_int_t)udp->send_failed,
                     "overflowed", (json_int_t)udp->overflowed);
}

static json_t *neighbor_json(const struct bpi_hermes_neighbor *neighbor)
{
    char id[BPI_HERMES_ID_TEXT_SIZE], address[BASE_ADDRESS_TEXT_SIZE];
    return json_pack(
        "{s:s, s:s, s:b, s:f, s:I, s:I, s:f, s:I, s:I}", "id",
        bpi_hermes_id_print(&neighbor->id, id), "address",
        base_address_print(&neighbor->address, address), "is_neighbor", (int)neighbor->is_neighbor,
        "score", neighbor->score, "rtt_ns", (json_int_t)neighbor->rtt_ns, "rtt_deviation_ns",
        (json_int_t)neighbor->rtt_deviation_ns, "loss_share", neighbor->loss_share, "rate_bits",
        (json_int_t)neighbor->rate_bits, "queued_bytes", (json_int_t)neighbor->queued_bytes);
}

static json_t *neighbors_json(const struct bpi_hermes *node)
{
    const size_t room = bpi_hermes_neighbors(node, NULL, 0);
    struct bpi_hermes_neighbor *const list = calloc(room + 1, sizeof *list);
    json_t *const array = json_array();
    int failed = list == NULL || array == NULL;
    const size_t count = failed ? 0 : bpi_hermes_neighbors(node, list, room);
    for (size_t i = 0; i < count && i < room; i++)
        failed |= json_array_append_new(array, neighbor_json(&list[i]));
    free(list);
    if (!failed)
        return array;
    json_decref(array);
    return NULL;
}

base_err hermes_tool_put_status(const struct bpi_hermes *node,
                                const struct hermes_tool_facts *facts, struct base_buf *out)
{
    const struct bpi_hermes_status status = bpi_hermes_status(node);
    char id[BPI_HERMES_ID_TEXT_SIZE], address[BASE_ADDRESS_TEXT_SIZE];
    json_t *const object = json_pack(
        "{s:s, s:s, s:s?, s:s, s:s, s:f, s:b, s:i, s:i, s:i, s:i}", "answer", "status", "name",
        facts->name, "network", facts->network, "id", bpi_hermes_id_print(&status.id, id),
        "address", base_address_print(&facts->address, address), "uptime_s",
        (double)facts->uptime_ns / 1e9, "is_ready", (int)status.is_ready, "members",
        (int)status.members, "sessions", (int)status.sessions, "neighbors", (int)status.neighbors,
        "clients", (int)facts->clients);
    int failed = object == NULL;
    if (!failed)
        failed = counters_set(object, &status) |
                 json_object_set_new(object, "datagrams", datagrams_json(&facts->udp)) |
                 json_object_set_new(object, "peers", neighbors_json(node));
    char *const text = failed ? NULL : json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    json_decref(object);
    return err;
}

/* ---- in words ---- */

static uint64_t sum(const uint64_t *counts)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < BPI_HERMES_CLASSES; i++)
        total += counts[i];
    return total;
}

base_err hermes_tool_status_line(const struct bpi_hermes *node,
                                 const struct hermes_tool_facts *facts, struct base_buf *out)
{
    const struct bpi_hermes_status status = bpi_hermes_status(node);
    char memory[BASE_UNITS_TEXT_SIZE];
    return base_buf_printf(
        out,
        "%s: %s, %u members, %u sessions, %u neighbours; %" PRIu64 " messages sent, %" PRIu64
        " delivered, %" PRIu64 " rejected; %s",
        facts->name, status.is_ready ? "ready" : "not ready", status.members, status.sessions,
        status.neighbors, sum(status.sent), sum(status.delivered),
        status.rejected_forged + status.rejected_replayed + status.rejected_malformed,
        base_units_print_size((double)status.memory_bytes, 3, memory));
}

static json_int_t whole(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
    const char *const text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "-";
}

static base_err row(struct base_buf *out, const char *name, json_int_t value)
{
    char words[40];
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < sizeof words; i++)
        words[i] = name[i] == '_' ? ' ' : name[i];
    words[i] = '\0';
    return base_buf_printf(out, "  %-22s%" JSON_INTEGER_FORMAT "\n", words, value);
}

static base_err classes_row(const json_t *object, const char *key, struct base_buf *out)
{
    base_err err = base_buf_printf(out, "  %-22s", key);
    for (unsigned i = 0; i < BPI_HERMES_CLASSES && err == BASE_OK; i++) {
        const char *const class = bpi_hermes_class_text((enum bpi_hermes_class)i);
        err = base_buf_printf(out, "%s%" JSON_INTEGER_FORMAT " %s", i > 0 ? ", " : "",
                              whole(json_object_get(object, key), class), class);
    }
    return err == BASE_OK ? base_buf_put_text(out, "\n") : err;
}

static base_err peer_row(const json_t *peer, struct base_buf *out)
{
    char rtt[BASE_UNITS_TEXT_SIZE], loss[BASE_UNITS_TEXT_SIZE], rate[BASE_UNITS_TEXT_SIZE];
    return base_buf_printf(
        out, "  %.16s  %-22s %-9s score %.2f  rtt %-9s loss %-8s %s\n", word(peer, "id"),
        word(peer, "address"),
        json_is_true(json_object_get(peer, "is_neighbor")) ? "neighbour" : "session",
        json_number_value(json_object_get(peer, "score")),
        base_units_print_time((double)whole(peer, "rtt_ns"), 3, rtt),
        base_units_print_percent(json_number_value(json_object_get(peer, "loss_share")), 2, loss),
        base_units_print_bitrate((double)whole(peer, "rate_bits"), 3, rate));
}

static base_err words_put(const json_t *object, struct base_buf *out)
{
    const json_t *const peers = json_object_get(object, "peers");
    base_err err =
        base_buf_printf(out, "%s\n  id                    %s\n  address               %s\n",
                        word(object, "name"), word(object, "id"), word(object, "address"));
    if (err == BASE_OK)
        err = base_buf_printf(out, "  network               %s\n  up                    %.1f s\n",
                              word(object, "network"),
                              json_number_value(json_object_get(object, "uptime_s")));
    if (err == BASE_OK)
        err = base_buf_printf(out, "  ready                 %s\n",
                              json_is_true(json_object_get(object, "is_ready")) ? "yes" : "no");
    static const char *const first[] = { "members", "sessions", "neighbors", "clients" };
    for (size_t i = 0; i < sizeof first / sizeof first[0] && err == BASE_OK; i++)
        err = row(out, first[i], whole(object, first[i]));
    if (err == BASE_OK)
        err = classes_row(object, "sent", out);
    if (err == BASE_OK)
        err = classes_row(object, "delivered", out);
#define ROW(name)                                                                                  \
    if (err == BASE_OK)                                                                            \
        err = row(out, #name, whole(object, #name));
    COUNTERS(ROW)
#undef ROW
    for (size_t i = 0; i < json_array_size(peers) && err == BASE_OK; i++)
        err = peer_row(json_array_get(peers, i), out);
    return err;
}

base_err hermes_tool_status_show(json_t *answer, bool is_json, struct base_buf *out)
{
    if (!is_json)
        return words_put(answer, out);
    json_object_del(answer, "answer");
    char *const text = json_dumps(answer, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    return err;
}
