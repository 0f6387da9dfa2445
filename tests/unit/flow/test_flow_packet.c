/* test_flow_packet.c - frames written by hand: every link type, every reason, every limit. */
#include "unit.h"
#include "flow_hex.h"

#include <mfn/flow_packet.h>

#include <stdio.h>

#define MACS       "020000000001 020000000002 "
#define ETH4       MACS "0800 "
#define ETH6       MACS "86dd "
#define SLL        "0000 0001 0006 020000000001 0000 "
#define SLL2(type) type " 0000 00000002 0001 00 06 0200000000010000 "
#define A4         "0a000001 0a000002 "
#define A6         "20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define PORTS      "1234 0050 "
#define TCP_REST   "00000001 00000002 5010 0100 0000 0000 "
#define UDP_REST   "0008 0000 "
#define ZEROS      "0000 0000 "

/* The fields that vary, as hexadecimal digits: total length, fragment word, protocol. */
#define IP4(total, fragment, protocol) "45 00 " total " 0001 " fragment " 40 " protocol " 0000 " A4
#define IP6(payload, next)             "60000000 " payload " " next " 40 " A6
#define EXT(next)                      next " 00 000000000000 "

#define TCP4 IP4("0028", "4000", "06") PORTS TCP_REST
#define UDP4 IP4("001c", "0000", "11") PORTS UDP_REST
#define TCP6 IP6("0014", "06") PORTS TCP_REST
#define UDP6 IP6("0008", "11") PORTS UDP_REST

#define KEY4(ports, protocol) A4 ports protocol
#define KEY6(ports, protocol) A6 ports protocol

static const struct row {
    const char *name;
    uint32_t link;
    const char *frame;
    enum mfn_flow_result result;
    const char *key;
    uint32_t lost; /* bytes on the wire that were not captured */
} rows[] = {
    /* Link types. */
    { "ethernet ipv4 tcp", 1, ETH4 TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "ethernet ipv4 udp", 1, ETH4 UDP4, MFN_FLOW_OK, KEY4(PORTS, "11") },
    { "ethernet ipv6 tcp", 1, ETH6 TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "ethernet ipv6 udp", 1, ETH6 UDP6, MFN_FLOW_OK, KEY6(PORTS, "11") },
    { "raw ipv4", 101, TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "raw ipv6", 101, TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "raw as others number it", 12, UDP4, MFN_FLOW_OK, KEY4(PORTS, "11") },
    { "ipv4 alone", 228, TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "ipv6 alone", 229, TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "cooked ipv4", 113, SLL "0800 " TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "cooked ipv6", 113, SLL "86dd " UDP6, MFN_FLOW_OK, KEY6(PORTS, "11") },
    { "cooked tagged", 113, SLL "8100 0064 0800 " TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "cooked 2 ipv4", 276, SLL2("0800") TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "cooked 2 ipv6", 276, SLL2("86dd") TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "loopback little-endian", 0, "02000000 " TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "loopback big-endian", 0, "00000002 " TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "loopback FreeBSD", 0, "1c000000 " TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "loopback macOS", 0, "0000001e " TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "loopback NetBSD", 0, "18000000 " TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "loopback Linux", 0, "0a000000 " TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "network-order loopback", 108, "00000002 " UDP4, MFN_FLOW_OK, KEY4(PORTS, "11") },
    { "network-order loopback, ipv6", 108, "00000018 " UDP6, MFN_FLOW_OK, KEY6(PORTS, "11") },
    { "network-order loopback, turned", 108, "02000000 " UDP4, MFN_FLOW_NOT_IP },
    { "loopback of AppleTalk", 0, "10000000 " TCP4, MFN_FLOW_NOT_IP },
    { "unknown link", 105, ETH4 TCP4, MFN_FLOW_LINK_UNKNOWN },
    { "unknown link, large number", 0x10001, ETH4 TCP4, MFN_FLOW_LINK_UNKNOWN },

    /* Tags. */
    { "802.1Q", 1, MACS "8100 0064 0800 " TCP4, MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "802.1Q ipv6", 1, MACS "8100 e064 86dd " TCP6, MFN_FLOW_OK, KEY6(PORTS, "06") },
    { "802.1ad and 802.1Q", 1, MACS "88a8 0001 8100 0064 0800 " UDP4, MFN_FLOW_OK,
      KEY4(PORTS, "11") },
    { "three tags", 1, MACS "88a8 0001 8100 0064 8100 0065 0800 " UDP4, MFN_FLOW_VLAN_DEEP },
    { "tag cut on the wire", 1, MACS "8100 0064 08", MFN_FLOW_LINK_SHORT },
    { "tag cut by the capture", 1, MACS "8100 0064 08", MFN_FLOW_CUT, NULL, 50 },

    /* No IP. */
    { "empty", 1, "", MFN_FLOW_LINK_SHORT },
    { "empty by the capture", 1, "", MFN_FLOW_CUT, NULL, 60 },
    { "13 bytes", 1, MACS "08", MFN_FLOW_LINK_SHORT },
    { "cooked, 15 bytes", 113, SLL "08", MFN_FLOW_LINK_SHORT },
    { "cooked 2, 4 bytes", 276, "0800 0000", MFN_FLOW_LINK_SHORT },
    { "loopback, 3 bytes", 0, "020000", MFN_FLOW_LINK_SHORT },
    { "ARP", 1, MACS "0806 0001 0800 0604 0001", MFN_FLOW_NOT_IP },
    { "ARP behind a tag", 1, MACS "8100 0064 0806 0001", MFN_FLOW_NOT_IP },
    { "802.3 length", 1, MACS "0026 4242 03", MFN_FLOW_NOT_IP },
    { "MPLS", 1, MACS "8847 00012140 " TCP4, MFN_FLOW_NOT_IP },

    /* The IP header. */
    { "raw, empty", 101, "", MFN_FLOW_IP_SHORT },
    { "raw, version 5", 101, "55 00", MFN_FLOW_IP_VERSION },
    { "ipv4 said, 6 there", 1, ETH4 TCP6, MFN_FLOW_IP_VERSION },
    { "ipv6 said, 4 there", 1, ETH6 UDP4 ZEROS ZEROS ZEROS ZEROS, MFN_FLOW_IP_VERSION },
    { "ipv4, 19 bytes", 228, "45 00 0028 0001 4000 40 06 0000 0a000001 0a0000", MFN_FLOW_IP_SHORT },
    { "ipv4, 19 bytes captured", 228, "45 00 0028 0001 4000 40 06 0000 0a000001 0a0000",
      MFN_FLOW_CUT, NULL, 21 },
    { "ipv4, header of 16 bytes", 228, "44 00 0028 0001 4000 40 06 0000 " A4 PORTS TCP_REST,
      MFN_FLOW_IP_LENGTH },
    { "ipv4, total below header", 228, IP4("0013", "4000", "06") PORTS, MFN_FLOW_IP_LENGTH },
    { "ipv4, total beyond the frame", 1, ETH4 IP4("0029", "4000", "06") PORTS TCP_REST,
      MFN_FLOW_IP_LENGTH },
    { "ipv4, total beyond the captured", 1, ETH4 IP4("0029", "4000", "06") PORTS TCP_REST,
      MFN_FLOW_OK, KEY4(PORTS, "06"), 1 },
    { "ipv4, total 0: as long as the frame", 1, ETH4 IP4("0000", "4000", "06") PORTS TCP_REST,
      MFN_FLOW_OK, KEY4(PORTS, "06") },
    { "ipv4 options", 1, ETH4 "46 00 0020 0001 0000 40 11 0000 " A4 "01010100 " PORTS UDP_REST,
      MFN_FLOW_OK, KEY4(PORTS, "11") },
    { "ipv4 options beyond the packet", 228, "4f 00 0000 0001 0000 40 11 0000 " A4 PORTS,
      MFN_FLOW_IP_SHORT },
    { "ipv4 options beyond the capture", 228, "4f 00 0060 0001 0000 40 11 0000 " A4 PORTS,
      MFN_FLOW_CUT, NULL, 100 },
    { "ipv6, 39 bytes", 229,
      "60000000 0014 06 40 20010db8000000000000000000000001 20010db80000000000000000000000",
      MFN_FLOW_IP_SHORT },
    { "ipv6, payload beyond the frame", 1, ETH6 IP6("0015", "06") PORTS TCP_REST,
      MFN_FLOW_IP_LENGTH },
    { "ipv6, payload 0: as long as the frame", 1, ETH6 IP6("0000", "06") PORTS TCP_REST,
      MFN_FLOW_OK, KEY6(PORTS, "06") },

    /* Transport. */
    { "sctp", 1, ETH4 IP4("0020", "0000", "84") PORTS ZEROS ZEROS, MFN_FLOW_OK, KEY4(PORTS, "84") },
    { "sctp over ipv6", 1, ETH6 IP6("000c", "84") PORTS ZEROS ZEROS, MFN_FLOW_OK,
      KEY6(PORTS, "84") },
    { "dccp", 1, ETH4 IP4("0020", "0000", "21") PORTS ZEROS ZEROS, MFN_FLOW_OK, KEY4(PORTS, "21") },
    { "udp-lite", 1, ETH4 IP4("001c", "0000", "88") PORTS ZEROS, MFN_FLOW_OK, KEY4(PORTS, "88") },
    { "icmp echo request", 1, ETH4 IP4("001c", "0000", "01") "0800 f7ff 0001 0002", MFN_FLOW_OK,
      KEY4("0008 0000 ", "01") },
    { "icmp port unreachable", 1, ETH4 IP4("001c", "0000", "01") "0303 0000 0000 0000", MFN_FLOW_OK,
      KEY4("0003 0003 ", "01") },
    { "icmpv6 echo reply", 1, ETH6 IP6("0008", "3a") "8100 0000 0001 0002", MFN_FLOW_OK,
      KEY6("0081 0000 ", "3a") },
    { "icmp of version 4 in ipv6", 1, ETH6 IP6("0008", "01") "0800 0000 0001 0002",
      MFN_FLOW_NO_PORTS, KEY6(ZEROS, "01") },
    { "icmpv6 in ipv4", 1, ETH4 IP4("001c", "0000", "3a") "8000 0000 0001 0002", MFN_FLOW_NO_PORTS,
      KEY4(ZEROS, "3a") },
    { "gre", 1, ETH4 IP4("0018", "0000", "2f") "0000 0800", MFN_FLOW_NO_PORTS, KEY4(ZEROS, "2f") },
    { "esp over ipv6", 1, ETH6 IP6("0008", "32") ZEROS ZEROS, MFN_FLOW_NO_PORTS,
      KEY6(ZEROS, "32") },
    { "no next header", 1, ETH6 IP6("0000", "3b"), MFN_FLOW_NO_PORTS, KEY6(ZEROS, "3b") },
    { "ah over ipv4 is a protocol", 1, ETH4 IP4("0020", "0000", "33") EXT("06") PORTS,
      MFN_FLOW_NO_PORTS, KEY4(ZEROS, "33") },
    { "ports in the padding only", 1, ETH4 IP4("0014", "0000", "11") PORTS UDP_REST,
      MFN_FLOW_TRANSPORT_SHORT },
    { "three bytes of ports", 1, ETH4 IP4("0017", "0000", "06") PORTS TCP_REST,
      MFN_FLOW_TRANSPORT_SHORT },
    { "ipv6, three bytes of ports", 1, ETH6 IP6("0003", "06") PORTS TCP_REST,
      MFN_FLOW_TRANSPORT_SHORT },
    { "one byte of icmp", 1, ETH4 IP4("0015", "0000", "01") "0800", MFN_FLOW_TRANSPORT_SHORT },
    { "ports not captured", 1, ETH4 IP4("0028", "0000", "06") "1234 00", MFN_FLOW_CUT, NULL, 17 },
    { "just the ports captured", 1, ETH4 IP4("0028", "0000", "06") PORTS, MFN_FLOW_OK,
      KEY4(PORTS, "06"), 16 },
    { "ipv6, just the ports captured", 1, ETH6 IP6("0014", "06") PORTS, MFN_FLOW_OK,
      KEY6(PORTS, "06"), 16 },

    /* Fragments. */
    { "first fragment", 1, ETH4 IP4("001c", "2000", "11") PORTS UDP_REST, MFN_FLOW_OK,
      KEY4(PORTS, "11") },
    { "later fragment", 1, ETH4 IP4("001c", "2001", "11") PORTS UDP_REST, MFN_FLOW_FRAGMENT,
      KEY4(ZEROS, "11") },
    { "later fragment, far", 1, ETH4 IP4("001c", "1000", "11") PORTS UDP_REST, MFN_FLOW_FRAGMENT,
      KEY4(ZEROS, "11") },
    { "last fragment", 1, ETH4 IP4("001c", "1fff", "06") PORTS UDP_REST, MFN_FLOW_FRAGMENT,
      KEY4(ZEROS, "06") },
    { "ipv6 first fragment", 1, ETH6 IP6("0010", "2c") "11 00 0001 00000007 " PORTS UDP_REST,
      MFN_FLOW_OK, KEY6(PORTS, "11") },
    { "ipv6 later fragment", 1, ETH6 IP6("0010", "2c") "11 00 0009 00000007 " PORTS UDP_REST,
      MFN_FLOW_FRAGMENT, KEY6(ZEROS, "11") },
    { "ipv6 atomic fragment", 1, ETH6 IP6("0010", "2c") "11 00 0000 00000007 " PORTS UDP_REST,
      MFN_FLOW_OK, KEY6(PORTS, "11") },
    { "ipv6 later fragment of an extension", 1,
      ETH6 IP6("0010", "2c") "3c 00 0008 00000007 " PORTS UDP_REST, MFN_FLOW_FRAGMENT,
      KEY6(ZEROS, "3c") },

    /* Extension headers. */
    { "hop-by-hop, routing, destination", 1,
      ETH6 IP6("0020", "00") EXT("2b") EXT("3c") EXT("11") PORTS UDP_REST, MFN_FLOW_OK,
      KEY6(PORTS, "11") },
    { "extension of 16 bytes", 1,
      ETH6 IP6("0018", "3c") "11 01 00000000 0000 0000000000000000 " PORTS UDP_REST, MFN_FLOW_OK,
      KEY6(PORTS, "11") },
    { "authentication header of 12 bytes", 1,
      ETH6 IP6("0014", "33") "11 01 0000 00000001 00000002 " PORTS UDP_REST, MFN_FLOW_OK,
      KEY6(PORTS, "11") },
    { "mobility, hip, shim6", 1,
      ETH6 IP6("0020", "87") EXT("8b") EXT("8c") EXT("11") PORTS UDP_REST, MFN_FLOW_OK,
      KEY6(PORTS, "11") },
    { "eight extensions", 1,
      ETH6 IP6("0048", "3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c")
          EXT("11") PORTS UDP_REST,
      MFN_FLOW_OK, KEY6(PORTS, "11") },
    { "nine extensions", 1,
      ETH6 IP6("0050", "3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c") EXT("3c")
          EXT("3c") EXT("11") PORTS UDP_REST,
      MFN_FLOW_EXTENSION_DEEP },
    { "extension beyond the packet", 1, ETH6 IP6("0008", "3c") "11 01 000000000000 " PORTS UDP_REST,
      MFN_FLOW_EXTENSION_SHORT },
    { "extension of seven bytes", 1, ETH6 IP6("0007", "3c") EXT("11") PORTS UDP_REST,
      MFN_FLOW_EXTENSION_SHORT },
    { "extension not captured", 1, ETH6 IP6("0010", "3c") "11 00 0000", MFN_FLOW_CUT, NULL, 12 },
};

static void row_check(const struct row *row)
{
    size_t size;
    uint8_t *const bytes = flow_hex_new(row->frame, &size);
    const struct mfn_flow_frame frame = { bytes, (uint32_t)size, (uint32_t)size + row->lost };
    uint8_t expected[MFN_FLOW_KEY_IPV6] = { 0 };
    const size_t key_size = hex_bytes(row->key != NULL ? row->key : "", expected).size;
    struct mfn_flow_key key;
    memset(&key, 0xff, sizeof key);
    mfn_flow_packet_key(row->link, &frame, &key);
    if (key.result != row->result || key.size != key_size ||
        memcmp(key.bytes, expected, sizeof expected) != 0)
        fail_msg("%s: %s (%d), a key of %d bytes", row->name, mfn_flow_result_text(key.result),
                 key.result, key.size);
    assert_int_equal(key.unused, 0);
    assert_int_equal(mfn_flow_has_key(&key), row->key != NULL);
    free(bytes);
}

static void frames_have_their_flow_or_a_reason(void **state)
{
    (void)state;
    bool seen[MFN_FLOW_RESULT_COUNT] = { false };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        row_check(&rows[i]);
        seen[rows[i].result] = true;
    }
    for (size_t i = 0; i < MFN_FLOW_RESULT_COUNT; i++)
        if (!seen[i])
            fail_msg("no frame has the result %zu", i);
}

/* Whatever part of a frame was captured: the same answer as for the whole frame, or cut. */
static void a_shorter_capture_cuts_or_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size;
        uint8_t *const bytes = flow_hex_new(rows[i].frame, &size);
        const uint32_t wire = (uint32_t)size + rows[i].lost;
        struct mfn_flow_key whole, part;
        mfn_flow_packet_key(rows[i].link, &(struct mfn_flow_frame){ bytes, (uint32_t)size, wire },
                            &whole);
        bool was_same = true;
        for (size_t cut = size; cut-- > 0;) {
            uint8_t *const exact = flow_exact(bytes, cut);
            mfn_flow_packet_key(rows[i].link,
                                &(struct mfn_flow_frame){ exact, (uint32_t)cut, wire }, &part);
            const bool is_same = memcmp(&part, &whole, sizeof part) == 0;
            if (!is_same && part.result != MFN_FLOW_CUT)
                fail_msg("%s: %s with %zu bytes captured", rows[i].name,
                         mfn_flow_result_text(part.result), cut);
            assert_true(was_same || !is_same);
            was_same = is_same;
            free(exact);
        }
        free(bytes);
    }
}

static void a_batch_is_its_frames_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = sizeof rows / sizeof rows[0] };
    struct mfn_flow_frame frames[COUNT];
    struct mfn_flow_key batch[COUNT], single;
    for (size_t i = 0; i < COUNT; i++) {
        size_t size;
        frames[i].data = flow_hex_new(rows[i].frame, &size);
        frames[i].size = (uint32_t)size;
        frames[i].wire_size = (uint32_t)size + rows[i].lost;
    }
    const uint32_t links[] = { 0, 1, 101, 113, 276, 7 };
    for (size_t l = 0; l < sizeof links / sizeof links[0]; l++) {
        memset(batch, 0xff, sizeof batch);
        const size_t found = mfn_flow_packet_keys(links[l], frames, COUNT, batch);
        size_t expected = 0;
        for (size_t i = 0; i < COUNT; i++) {
            mfn_flow_packet_key(links[l], &frames[i], &single);
            assert_memory_equal(&single, &batch[i], sizeof single);
            expected += single.size > 0;
        }
        assert_int_equal(found, expected);
    }
    assert_int_equal(mfn_flow_packet_keys(1, frames, 0, batch), 0);
    for (size_t i = 0; i < COUNT; i++)
        free((void *)(uintptr_t)frames[i].data);
}

/* A wire size below the captured one is the writer's mistake and counts as it. */
static void a_wire_size_below_the_captured_does_not_matter(void **state)
{
    (void)state;
    size_t size;
    uint8_t *const bytes = flow_hex_new(ETH4 TCP4, &size);
    struct mfn_flow_key key;
    mfn_flow_packet_key(1, &(struct mfn_flow_frame){ bytes, (uint32_t)size, 0 }, &key);
    assert_int_equal(key.result, MFN_FLOW_OK);
    bytes[15] = 1; /* type of service: anything */
    bytes[23] = 1; /* and not by the short way: ICMP */
    mfn_flow_packet_key(1, &(struct mfn_flow_frame){ bytes, (uint32_t)size, 0 }, &key);
    assert_int_equal(key.result, MFN_FLOW_OK);
    free(bytes);
}

static void no_bytes_may_be_nowhere(void **state)
{
    (void)state;
    static const uint32_t links[] = { 0, 1, 12, 101, 108, 113, 228, 229, 276 };
    const struct mfn_flow_frame frame = { NULL, 0, 60 };
    struct mfn_flow_key key;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        assert_int_equal(mfn_flow_packet_keys(links[i], &frame, 1, &key), 0);
        assert_int_equal(key.result, MFN_FLOW_CUT);
    }
}

static void texts_say_what_they_name(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text;
    } texts[] = {
        { KEY4(PORTS, "06"), "10.0.0.1:4660 > 10.0.0.2:80 tcp" },
        { KEY4(PORTS, "11"), "10.0.0.1:4660 > 10.0.0.2:80 udp" },
        { KEY4("0008 0000", "01"), "10.0.0.1 > 10.0.0.2 icmp 8/0" },
        { KEY4(ZEROS, "2f"), "10.0.0.1:0 > 10.0.0.2:0 protocol 47" },
        { KEY6(PORTS, "84"), "[2001:db8::1]:4660 > [2001:db8::2]:80 sctp" },
        { KEY6("0081 0000", "3a"), "2001:db8::1 > 2001:db8::2 icmp6 129/0" },
        { KEY4(ZEROS, "21"), "10.0.0.1:0 > 10.0.0.2:0 dccp" },
        { KEY4(ZEROS, "88"), "10.0.0.1:0 > 10.0.0.2:0 udplite" },
        { "00", "" },
    };
    char text[MFN_FLOW_TEXT_SIZE];
    uint8_t key[MFN_FLOW_KEY_IPV6];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const size_t size = hex_bytes(texts[i].key, key).size;
        assert_string_equal(mfn_flow_key_text(key, size, text), texts[i].text);
    }
    memset(key, 0xff, sizeof key); /* the longest */
    assert_true(strlen(mfn_flow_key_text(key, sizeof key, text)) < MFN_FLOW_TEXT_SIZE - 1);
    assert_string_equal(mfn_flow_result_text(MFN_FLOW_NOT_IP), "the frame does not carry IP");
    assert_string_equal(mfn_flow_result_text((enum mfn_flow_result)99), "an unknown result");
    assert_string_equal(mfn_flow_link_text(113), "Linux cooked, version 1");
    assert_string_equal(mfn_flow_link_text(105), "an unknown link type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_have_their_flow_or_a_reason),
        cmocka_unit_test(a_shorter_capture_cuts_or_agrees),
        cmocka_unit_test(a_batch_is_its_frames_one_by_one),
        cmocka_unit_test(a_wire_size_below_the_captured_does_not_matter),
        cmocka_unit_test(no_bytes_may_be_nowhere),
        cmocka_unit_test(texts_say_what_they_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
