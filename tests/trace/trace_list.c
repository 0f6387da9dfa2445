/* trace_list.c - the packets of a pcap or pcapng file and their flows, as parse.py prints them.
 * Exit status 1 when the file is damaged; what came before is printed. */
#include <mfn/flow_packet.h>
#include <mfn/flow_trace.h>

#include <stdio.h>

static const char *what_of(const struct mfn_flow_key *key)
{
    switch (key->result) {
    case MFN_FLOW_OK:
        return "flow";
    case MFN_FLOW_FRAGMENT:
        return "fragment";
    case MFN_FLOW_NO_PORTS:
        return "no-ports";
    default:
        return "none";
    }
}

static void print_packet(size_t number, const struct mfn_flow_trace_packet *packet)
{
    struct mfn_flow_key key;
    mfn_flow_packet_key(packet->link, &packet->frame, &key);
    printf("%zu %llu %u %u %s ", number, (unsigned long long)packet->time_ns, packet->frame.size,
           packet->frame.wire_size, what_of(&key));
    for (size_t i = 0; i < key.size; i++)
        printf("%02x", key.bytes[i]);
    puts(mfn_flow_has_key(&key) ? "" : "-");
}

int main(int count, char **args)
{
    static struct mfn_flow_trace trace;
    struct mfn_flow_trace_packet packet;
    struct base_why why = { 0 };
    if (count != 2) {
        fputs("usage: trace_list FILE\n", stderr);
        return 2;
    }
    base_err err = mfn_flow_trace_open(args[1], &trace, &why);
    for (size_t number = 0; err == BASE_OK; number++) {
        err = mfn_flow_trace_next(&trace, &packet, &why);
        if (err == BASE_OK)
            print_packet(number, &packet);
    }
    mfn_flow_trace_close(&trace);
    if (err != BASE_ENOTFOUND)
        fprintf(stderr, "%s\n", why.text);
    return err != BASE_ENOTFOUND;
}
