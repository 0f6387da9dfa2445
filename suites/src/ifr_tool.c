/* ifr_tool.c - one call of a client each. */
#include "ifr_tool_text.h"

#include <mfn/flow_trace.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_NS_MIN UINT64_C(1000000)
#define TIMEOUT_NS_MAX UINT64_C(3600000000000)

enum {
    IN_FLIGHT = MFN_IFR_CLIENT_IN_FLIGHT_MAX, /* registrations sent before answers are read */
    SPIN_NS = 20000,
};

/* Words come first: what is wrong with them does not need a server to be said. Who is turned away
 * by the server typed nothing wrong. */
static base_err link_open(const struct suite_ifr_link *link, struct mfn_ifr_client **out,
                          struct base_why *why)
{
    const bool is_in_range =
        link->timeout_ns >= TIMEOUT_NS_MIN && link->timeout_ns <= TIMEOUT_NS_MAX;
    base_err err = mfn_ifr_client_open(link->path, link->timeout_ns, out, why);
    if (err == BASE_EINVALID)
        return is_in_range ? BASE_EIO : BASE_ERANGE;
    if (err != BASE_OK || !link->wants_ring)
        return err;
    err = mfn_ifr_client_attach(*out, SPIN_NS, why);
    if (err != BASE_OK)
        mfn_ifr_client_close(*out);
    return err == BASE_EINVALID ? BASE_EIO : err;
}

/* Since 1970, as the times of traces. */
static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

base_err suite_ifr_lookup(const struct suite_ifr_link *link, const char *key,
                          enum suite_ifr_format format, struct base_buf *out, bool *is_there,
                          struct base_why *why)
{
    struct ifr_tool_key parsed;
    struct mfn_ifr_client *client = NULL;
    struct mfn_ifr_value value;
    base_err err = ifr_tool_key_parse(key, &parsed, why);
    if (err == BASE_OK)
        err = link_open(link, &client, why);
    if (err != BASE_OK)
        return err;
    err = mfn_ifr_client_find(client, parsed.bytes, parsed.size, &value, why);
    mfn_ifr_client_close(client);
    *is_there = err == BASE_OK;
    if (err == BASE_OK)
        err = ifr_tool_value_write(&parsed, &value, format, out);
    return err == BASE_ENOTFOUND ? BASE_OK : err;
}

base_err suite_ifr_register(const struct suite_ifr_link *link, const char *key,
                            const struct suite_ifr_flow *flow, struct base_why *why)
{
    struct ifr_tool_key parsed;
    struct mfn_ifr_client *client = NULL;
    struct mfn_ifr_value value;
    base_err err = ifr_tool_key_parse(key, &parsed, why);
    if (err == BASE_OK)
        err = ifr_tool_value_parse(flow, &value, why);
    if (err == BASE_OK)
        err = link_open(link, &client, why);
    if (err != BASE_OK)
        return err;
    value.timestamp_ns = now_ns();
    err = mfn_ifr_client_insert(client, parsed.bytes, parsed.size, &value, why);
    mfn_ifr_client_close(client);
    return err;
}

base_err suite_ifr_remove(const struct suite_ifr_link *link, const char *key, bool *was_there,
                          struct base_why *why)
{
    struct ifr_tool_key parsed;
    struct mfn_ifr_client *client = NULL;
    base_err err = ifr_tool_key_parse(key, &parsed, why);
    if (err == BASE_OK)
        err = link_open(link, &client, why);
    if (err != BASE_OK)
        return err;
    err = mfn_ifr_client_remove(client, parsed.bytes, parsed.size, why);
    mfn_ifr_client_close(client);
    *was_there = err == BASE_OK;
    return err == BASE_ENOTFOUND ? BASE_OK : err;
}

/* ---- traces ---- */

struct counts {
    uint64_t packets, registered;
};

static base_err answer_take(struct mfn_ifr_client *client, struct base_why *why)
{
    struct mfn_ifr_answer answer;
    const base_err err = mfn_ifr_client_receive(client, &answer, why);
    if (err != BASE_OK || answer.result == MFN_IFR_RESULT_OK)
        return err;
    return base_fail(why, mfn_ifr_result_err(answer.result), 0, "the server: %s",
                     answer.sentence[0] != '\0' ? answer.sentence
                                                : mfn_ifr_result_text(answer.result));
}

static base_err answers_take(struct mfn_ifr_client *client, size_t most, struct base_why *why)
{
    base_err err = BASE_OK;
    while (err == BASE_OK && mfn_ifr_client_in_flight(client) > most)
        err = answer_take(client, why);
    return err;
}

static base_err packet_register(struct mfn_ifr_client *client,
                                const struct mfn_flow_trace_packet *packet,
                                const struct mfn_ifr_value *value, struct counts *counts,
                                struct base_why *why)
{
    struct mfn_flow_key key;
    mfn_flow_packet_key(packet->link, &packet->frame, &key);
    counts->packets++;
    if (!mfn_flow_has_key(&key))
        return BASE_OK;
    struct mfn_ifr_request request = { MFN_IFR_COMMAND_REGISTER, key.bytes, key.size, *value };
    request.value.timestamp_ns = packet->time_ns;
    counts->registered++;
    const base_err err = answers_take(client, IN_FLIGHT - 1, why);
    return err == BASE_OK ? mfn_ifr_client_send(client, &request, why) : err;
}

static base_err trace_register(struct mfn_ifr_client *client, struct mfn_flow_trace *trace,
                               const struct mfn_ifr_value *value, struct counts *counts,
                               struct base_why *why)
{
    struct mfn_flow_trace_packet packet;
    struct base_why broken;
    base_err end, err = BASE_OK;
    while ((end = mfn_flow_trace_next(trace, &packet, &broken)) == BASE_OK && err == BASE_OK)
        err = packet_register(client, &packet, value, counts, why);
    if (err == BASE_OK)
        err = answers_take(client, 0, why);
    if (err != BASE_OK || end == BASE_ENOTFOUND)
        return err;
    return base_fail(why, BASE_EPARSE, broken.at, "%s; the %llu packets before it were registered",
                     broken.text, (unsigned long long)counts->packets);
}

base_err suite_ifr_register_trace(const struct suite_ifr_link *link, const char *file,
                                  const struct suite_ifr_flow *flow, struct base_buf *out,
                                  struct base_why *why)
{
    struct mfn_ifr_client *client = NULL;
    struct mfn_ifr_value value;
    struct counts counts = { 0 };
    base_err err = ifr_tool_value_parse(flow, &value, why);
    if (err != BASE_OK)
        return err;
    struct mfn_flow_trace *const trace = calloc(1, sizeof *trace);
    if (trace == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a trace");
    if (mfn_flow_trace_open(file, trace, why) != BASE_OK) {
        free(trace);
        return BASE_EPARSE;
    }
    err = link_open(link, &client, why);
    if (err == BASE_OK) {
        err = trace_register(client, trace, &value, &counts, why);
        if (err == BASE_EPARSE)
            err = base_fail_prefix(why, err, "%s", file);
        mfn_ifr_client_close(client);
    }
    mfn_flow_trace_close(trace);
    free(trace);
    if (err != BASE_OK)
        return err;
    return base_buf_printf(out, "%llu packets: %llu registered, %llu without a flow\n",
                           (unsigned long long)counts.packets,
                           (unsigned long long)counts.registered,
                           (unsigned long long)(counts.packets - counts.registered));
}

/* ---- statistics ---- */

enum { COMPONENTS_MAX = 8000 /* as many as a server has clients */ };

static base_err counters_write(struct mfn_ifr_client *client, enum suite_ifr_format format,
                               struct base_buf *out, struct base_why *why)
{
    struct mfn_ifr_counters counters;
    size_t count = 0;
    base_err err = mfn_ifr_client_stats(client, &counters, why);
    if (err != BASE_OK)
        return err;
    struct mfn_ifr_component *const components = calloc(COMPONENTS_MAX, sizeof *components);
    if (components == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for the components");
    err = mfn_ifr_client_components(client, components, COMPONENTS_MAX, &count, why);
    if (err == BASE_OK)
        err = ifr_tool_counters_write(&counters, components,
                                      count < COMPONENTS_MAX ? count : COMPONENTS_MAX, format, out);
    free(components);
    return err;
}

base_err suite_ifr_stats(const struct suite_ifr_link *link, enum suite_ifr_format format,
                         struct base_buf *out, struct base_why *why)
{
    struct mfn_ifr_client *client = NULL;
    base_err err = link_open(link, &client, why);
    if (err != BASE_OK)
        return err;
    err = format == SUITE_IFR_PROMETHEUS ? mfn_ifr_client_metrics(client, out, why)
                                         : counters_write(client, format, out, why);
    mfn_ifr_client_close(client);
    return err == BASE_EINVALID ? BASE_EUNSUPPORTED : err;
}
