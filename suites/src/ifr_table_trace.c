/* ifr_table_trace.c - two tables, of IPv4 flows and of IPv6 flows, asked for the flow of each
 * packet in the order of the trace. Which packets are of one flow is found by sorting, so that the
 * check does not believe a table. Packets in a row that have keys of one size, which is nearly
 * always all, are one ask. */
#include "ifr_table_trace.h"

#include "ifr_table_cases.h"
#include "ifr_table_chained.h"
#include "ifr_table_lookup.h"
#include "ifr_table_own.h"
#include "suite_claims.h"

#include <mfn/flow_trace.h>

#include <stdlib.h>
#include <string.h>

enum { PACKETS_MAX = 1 << 30 };

__asm__(".pushsection .rodata\n"
        "suite_ifr_veth:\n"
        ".incbin \"" SUITE_CLAIMS_FOLDER "../data/veth.pcap\"\n"
        "suite_ifr_veth_end:\n"
        ".popsection\n");
extern __attribute__((visibility("hidden"))) const uint8_t suite_ifr_veth[], suite_ifr_veth_end[];

/* Reading */

void ifr_packets_done(struct ifr_packets *packets)
{
    free(packets->keys);
    free(packets->flows);
    *packets = (struct ifr_packets){ 0 };
}

static base_err add_key(struct ifr_packets *packets, const struct mfn_flow_key *key,
                        size_t *capacity)
{
    if (packets->count == *capacity) {
        const size_t more = *capacity == 0 ? 1024 : 2 * *capacity;
        if (more > PACKETS_MAX)
            return BASE_ERANGE;
        struct mfn_flow_key *const keys = realloc(packets->keys, more * sizeof *keys);
        if (keys == NULL)
            return BASE_ENOMEM;
        packets->keys = keys;
        *capacity = more;
    }
    packets->keys[packets->count++] = *key;
    packets->ipv6_count += key->size == MFN_FLOW_KEY_IPV6;
    return BASE_OK;
}

static base_err read_keys(struct mfn_flow_trace *trace, struct ifr_packets *packets,
                          struct base_why *why)
{
    struct mfn_flow_trace_packet packet;
    size_t capacity = 0;
    base_err err;
    while ((err = mfn_flow_trace_next(trace, &packet, why)) == BASE_OK) {
        struct mfn_flow_key key;
        mfn_flow_packet_key(packet.link, &packet.frame, &key);
        packets->packet_count++;
        if (!mfn_flow_has_key(&key))
            continue;
        err = add_key(packets, &key, &capacity);
        if (err != BASE_OK)
            return base_fail(why, err, 0, "%zu packets are too many: %s", packets->count,
                             base_err_text(err));
    }
    if (err != BASE_ENOTFOUND)
        return err;
    return packets->count > 0 ? BASE_OK
                              : base_fail(why, BASE_ENOTFOUND, 0, "no packet of %zu has a flow",
                                          packets->packet_count);
}

struct numbered {
    struct mfn_flow_key key;
    uint32_t packet;
};

static int by_key(const void *a, const void *b)
{
    const struct numbered *const x = a, *const y = b;
    const int order = memcmp(x->key.bytes, y->key.bytes, sizeof x->key.bytes);
    if (order != 0 || x->key.size != y->key.size)
        return order != 0 ? order : x->key.size - y->key.size;
    return x->packet < y->packet ? -1 : x->packet > y->packet;
}

static bool is_same_flow(const struct mfn_flow_key *a, const struct mfn_flow_key *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The first packet of each flow, and then numbers in the order of these. */
static base_err number_flows(struct ifr_packets *packets)
{
    struct numbered *const sorted = malloc(packets->count * sizeof *sorted);
    packets->flows = malloc(packets->count * sizeof *packets->flows);
    if (sorted == NULL || packets->flows == NULL) {
        free(sorted);
        return BASE_ENOMEM;
    }
    for (size_t i = 0; i < packets->count; i++)
        sorted[i] = (struct numbered){ packets->keys[i], (uint32_t)i };
    qsort(sorted, packets->count, sizeof *sorted, by_key);
    uint32_t first = 0;
    for (size_t i = 0; i < packets->count; i++) {
        if (i == 0 || !is_same_flow(&sorted[i].key, &sorted[i - 1].key))
            first = sorted[i].packet;
        packets->flows[sorted[i].packet] = first;
    }
    free(sorted);
    for (size_t i = 0; i < packets->count; i++)
        packets->flows[i] = packets->flows[i] == i ? (uint32_t)packets->flow_count++
                                                   : packets->flows[packets->flows[i]];
    return BASE_OK;
}

base_err ifr_packets_read(const char *path, struct ifr_packets *out, struct base_why *why)
{
    struct mfn_flow_trace *const trace = calloc(1, sizeof *trace);
    struct ifr_packets packets = { 0 };
    if (trace == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory");
    const size_t veth_size = (size_t)(suite_ifr_veth_end - suite_ifr_veth);
    base_err err = strcmp(path, "veth") == 0
                       ? mfn_flow_trace_init(base_span_of(suite_ifr_veth, veth_size), trace, why)
                       : mfn_flow_trace_open(path, trace, why);
    if (err == BASE_OK) {
        err = read_keys(trace, &packets, why);
        mfn_flow_trace_close(trace);
        if (err == BASE_OK && number_flows(&packets) != BASE_OK)
            err = base_fail(why, BASE_ENOMEM, 0, "no memory for %zu packets", packets.count);
        if (err != BASE_OK)
            base_fail_prefix(why, err, "file: %s", path);
    } else {
        base_fail_prefix(why, err, "file"); /* opening names the path */
    }
    free(trace);
    if (err != BASE_OK) {
        ifr_packets_done(&packets);
        return err;
    }
    *out = packets;
    return BASE_OK;
}

/* The case */

struct traced {
    const struct ifr_kind *kind;
    struct ifr_packets packets;
    uint8_t *keys;   /* [count * stride], each with its size in sizes */
    uint32_t *runs;  /* [count] packets from here on that have keys of this size */
    void *tables[2]; /* of IPv4, of IPv6; NULL: the trace has none */
    size_t at;
    uint64_t asked;
    struct ifr_answers answers;
};

enum { KEY_STRIDE = 40 };

void ifr_trace_teardown(void *state)
{
    struct traced *const traced = state;
    if (traced == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if (traced->tables[i] != NULL)
            traced->kind->close(traced->tables[i]);
    ifr_packets_done(&traced->packets);
    free(traced->keys);
    free(traced->runs);
    free(traced);
}

static void *table_of(const struct traced *traced, size_t i)
{
    return traced->tables[traced->packets.keys[i].size == MFN_FLOW_KEY_IPV6];
}

static bool prepare_keys(struct traced *traced)
{
    const size_t count = traced->packets.count;
    traced->keys = calloc(count, KEY_STRIDE);
    traced->runs = malloc(count * sizeof *traced->runs);
    if (traced->keys == NULL || traced->runs == NULL)
        return false;
    for (size_t i = count; i-- > 0;) {
        const struct mfn_flow_key *const key = &traced->packets.keys[i];
        const bool is_end = i + 1 == count || key[1].size != key[0].size;
        memcpy(traced->keys + i * KEY_STRIDE, key->bytes, key->size);
        traced->runs[i] = is_end ? 1 : traced->runs[i + 1] + 1;
    }
    return true;
}

static base_err open_tables(struct bench_env *env, struct traced *traced)
{
    static const size_t sizes[] = { MFN_FLOW_KEY_IPV4, MFN_FLOW_KEY_IPV6 };
    const struct ifr_packets *const packets = &traced->packets;
    for (int i = 0; i < 2; i++) {
        const struct ifr_kind_options options = { .key_size = sizes[i],
                                                  .capacity = packets->flow_count,
                                                  .want_large_pages = true,
                                                  .seed = env->seed };
        const base_err err = traced->kind->open(&options, &traced->tables[i], &env->why);
        if (err != BASE_OK)
            return err;
    }
    uint32_t next = 0;
    for (size_t i = 0; i < packets->count; i++) {
        if (packets->flows[i] != next)
            continue;
        const base_err err = traced->kind->insert(
            table_of(traced, i), traced->keys + i * KEY_STRIDE, ifr_traffic_value(next++));
        if (err != BASE_OK)
            return base_fail(&env->why, err, i, "a flow is not taken: %s", base_err_text(err));
    }
    return BASE_OK;
}

base_err ifr_trace_setup(struct bench_env *env, const struct ifr_kind *kind)
{
    struct traced *const traced = calloc(1, sizeof *traced);
    if (traced == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    traced->kind = kind;
    base_err err = ifr_traffic_one_thread(env);
    if (err == BASE_OK)
        err = ifr_packets_read(bench_env_text(env, "file"), &traced->packets, &env->why);
    if (err == BASE_OK && !prepare_keys(traced))
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for keys");
    if (err == BASE_OK)
        err = open_tables(env, traced);
    if (err != BASE_OK) {
        ifr_trace_teardown(traced);
        return err;
    }
    const struct ifr_packets *const packets = &traced->packets;
    bench_env_fact(env, "flows", (double)packets->flow_count, "1");
    bench_env_fact(env, "packets", (double)packets->packet_count, "1");
    bench_env_fact(env, "packets_with_flow", (double)packets->count, "1");
    bench_env_fact(env, "packets_ipv6", (double)packets->ipv6_count, "1");
    env->state = traced;
    return BASE_OK;
}

void ifr_trace_run(void *state, uint64_t count)
{
    struct traced *const traced = state;
    traced->asked += count;
    while (count > 0) {
        const size_t run = traced->runs[traced->at];
        const struct ifr_asked asked = { .keys = traced->keys + traced->at * KEY_STRIDE,
                                         .stride = KEY_STRIDE,
                                         .key_size = traced->packets.keys[traced->at].size,
                                         .count = count < run ? (size_t)count : run };
        traced->kind->lookup(table_of(traced, traced->at), &asked, &traced->answers);
        traced->at = (traced->at + asked.count) % traced->packets.count;
        count -= asked.count;
    }
}

/* Each packet's flow is found with its number; so were all that were timed. */
base_err ifr_trace_check(void *state, struct base_why *why)
{
    const struct traced *const traced = state;
    const struct ifr_packets *const packets = &traced->packets;
    uint64_t round = 0, rest = 0;
    for (size_t i = 0; i < packets->count; i++) {
        const uint64_t expect = ifr_traffic_value(packets->flows[i]);
        uint64_t value = 0;
        if (!traced->kind->find(table_of(traced, i), traced->keys + i * KEY_STRIDE, &value) ||
            value != expect)
            return base_fail(why, BASE_EWRONG, i, "packet %zu is not of flow %u", i,
                             packets->flows[i]);
        round += expect;
        rest += i < traced->asked % packets->count ? expect : 0;
    }
    const uint64_t sum = traced->asked / packets->count * round + rest;
    if (traced->answers.found != traced->asked || traced->answers.sum != sum)
        return base_fail(why, BASE_EWRONG, 0, "%llu packets were asked for, %llu found, wrong sum",
                         (unsigned long long)traced->asked,
                         (unsigned long long)traced->answers.found);
    return BASE_OK;
}

IFR_TRACE_CASE(suite_ifr_trace, "ifr/trace",
               "the flow of each packet of a recorded trace, one by one; your own: --input FILE",
               NULL, ifr_kind_own, IFR_PARAM_FILE);
IFR_TRACE_CASE(suite_ifr_chained_trace, "ifr/trace.chained",
               "the same from lists of malloc'd nodes", "ifr/trace", ifr_kind_chained,
               IFR_PARAM_FILE);
