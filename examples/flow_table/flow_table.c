/* flow_table.c - the flows of a capture: each packet's bytes are counted in a table, then all
 * packets are looked up again, 64 at a time. With libmfn; usage: flow_table FILE.pcap */
#include <mfn/flow_trace.h>
#include <mfn/ifr_table.h>

#include <stdio.h>

enum { BATCH = 64 };

struct tables {
    struct mfn_ifr_table *ipv4, *ipv6; /* keys of 13 and of 37 bytes */
};

static struct mfn_ifr_table *new_table(size_t key_size)
{
    struct mfn_ifr_table_options options = { .key_size = key_size };
    struct mfn_ifr_table *table = NULL;
    mfn_ifr_seed_random(&options.seed);
    return mfn_ifr_table_new(&options, &table) == BASE_OK ? table : NULL;
}

/* The next packet that has a flow: its table and key; false at the end of the file. */
static bool next_flow(struct mfn_flow_trace *trace, const struct tables *tables,
                      struct mfn_ifr_table **table, struct mfn_flow_key *key, uint32_t *size,
                      struct base_why *why)
{
    struct mfn_flow_trace_packet packet;
    while (mfn_flow_trace_next(trace, &packet, why) == BASE_OK) {
        mfn_flow_packet_key(packet.link, &packet.frame, key);
        *table = key->size == MFN_FLOW_KEY_IPV4 ? tables->ipv4 : tables->ipv6;
        *size = packet.frame.wire_size;
        if (mfn_flow_has_key(key))
            return true;
    }
    return false;
}

static base_err count_bytes(struct mfn_ifr_table *table, const void *key, uint32_t size)
{
    struct mfn_ifr_value value = { 0 };
    (void)mfn_ifr_table_find(table, key, &value);
    value.size += size;
    return mfn_ifr_table_insert(table, key, &value);
}

static void show(const struct mfn_ifr_table *table, size_t key_size)
{
    struct mfn_ifr_flow flows[MFN_IFR_SCAN_MAX];
    struct mfn_ifr_scan scan = { 0 };
    for (size_t count; (count = mfn_ifr_table_scan(table, &scan, flows)) > 0;)
        for (size_t i = 0; i < count; i++) {
            char text[MFN_FLOW_TEXT_SIZE];
            printf("%10u  %s\n", flows[i].value.size,
                   mfn_flow_key_text(flows[i].key, key_size, text));
        }
}

int main(int argc, char **argv)
{
    const struct tables tables = { new_table(MFN_FLOW_KEY_IPV4), new_table(MFN_FLOW_KEY_IPV6) };
    static struct mfn_flow_trace trace;
    struct mfn_flow_key keys[BATCH], key;
    struct mfn_ifr_table *table;
    struct base_why why = { 0 };
    const void *pointers[BATCH];
    struct mfn_ifr_value values[BATCH];
    uint64_t found_bits[(BATCH + 63) / 64];
    size_t packets = 0, found = 0, waiting = 0;
    uint32_t size;
    if (argc != 2 || tables.ipv4 == NULL || tables.ipv6 == NULL)
        return fprintf(stderr, "usage: flow_table FILE.pcap\n"), 2;
    if (mfn_flow_trace_open(argv[1], &trace, &why) != BASE_OK)
        return fprintf(stderr, "flow_table: %s\n", why.text), 2;
    for (; next_flow(&trace, &tables, &table, &key, &size, &why); packets++)
        if (count_bytes(table, key.bytes, size) != BASE_OK)
            return fprintf(stderr, "flow_table: out of memory\n"), 3;
    if (why.err != BASE_OK)
        fprintf(stderr, "flow_table: %s: %s\n", argv[1], why.text); /* what came before counts */
    show(tables.ipv4, MFN_FLOW_KEY_IPV4);
    show(tables.ipv6, MFN_FLOW_KEY_IPV6);
    mfn_flow_trace_rewind(&trace);
    while (next_flow(&trace, &tables, &table, &keys[waiting], &size, &why)) {
        if (table == tables.ipv6) { /* one by one; the rest in batches */
            found += mfn_ifr_table_find(table, keys[waiting].bytes, &values[0]);
            continue;
        }
        pointers[waiting] = keys[waiting].bytes;
        if (++waiting == BATCH)
            found += mfn_ifr_table_find_batch(tables.ipv4, pointers, BATCH, values, found_bits),
                waiting = 0;
    }
    found += mfn_ifr_table_find_batch(tables.ipv4, pointers, waiting, values, found_bits);
    printf("%zu packets of %zu flows, %zu found again\n", packets,
           mfn_ifr_table_count(tables.ipv4) + mfn_ifr_table_count(tables.ipv6), found);
    mfn_flow_trace_close(&trace);
    mfn_ifr_table_free(tables.ipv4);
    mfn_ifr_table_free(tables.ipv6);
    return found == packets && why.err == BASE_OK ? 0 : 1;
}
