/* flow_packet.h - the flow key of a captured frame.
 *
 * A key is the 5-tuple: addresses (network order) source, destination; ports (network order)
 * source, destination; protocol. 13 bytes for IPv4, 37 for IPv6. ICMP and ICMPv6 have their type in
 * the place of the source port and their code in the place of the destination port. TCP, UDP, SCTP,
 * DCCP and UDP-Lite have ports; other protocols, and all fragments but a packet's first, have ports
 * 0, and the result says so.
 *
 * Every byte that is read was captured, and every field lies inside the length its own header
 * states: ports are never taken from padding behind a short packet. Not judged: checksums, the
 * rest of the transport header, addresses, VLAN numbers (they are not part of a key).
 *
 * Captures of senders that leave segmentation to the card are understood: an IPv4 total length or
 * an IPv6 payload length of 0 (also of a jumbogram) means "as long as the frame".
 *
 * Limits    2 VLAN tags (802.1Q, 802.1ad), 8 IPv6 extension headers; MPLS, PPPoE, LLC/SNAP and
 *           tunnels are not looked into (a tunnel is a flow of its outer header)
 * Threads   no shared state
 * Source    RFC 791, 8200, 4302, 7045; IEEE 802.1Q; link types and their headers as listed at
 *           https://www.tcpdump.org/linktypes.html
 */
#ifndef MFN_FLOW_PACKET_H
#define MFN_FLOW_PACKET_H

#include <base/err.h>

#include <stdbool.h>

enum {
    MFN_FLOW_KEY_IPV4 = 13,
    MFN_FLOW_KEY_IPV6 = 37,
    MFN_FLOW_VLAN_MAX = 2,
    MFN_FLOW_EXTENSION_MAX = 8,
};

/* X(name, number in files, sentence) */
#define MFN_FLOW_LINK_MAP(X)                                                                       \
    X(LOCAL, 0, "loopback, family in the writer's byte order")                                     \
    X(ETHERNET, 1, "Ethernet")                                                                     \
    X(RAW_OLD, 12, "IP without a link header, as some systems number it")                          \
    X(RAW, 101, "IP without a link header")                                                        \
    X(LOOP, 108, "loopback, family in network byte order")                                         \
    X(LINUX_SLL, 113, "Linux cooked, version 1")                                                   \
    X(IPV4, 228, "IPv4 without a link header")                                                     \
    X(IPV6, 229, "IPv6 without a link header")                                                     \
    X(LINUX_SLL2, 276, "Linux cooked, version 2")

enum mfn_flow_link {
#define MFN_FLOW_LINK_ENUM(name, number, text) MFN_FLOW_LINK_##name = number,
    MFN_FLOW_LINK_MAP(MFN_FLOW_LINK_ENUM)
#undef MFN_FLOW_LINK_ENUM
};

/* X(name, sentence). The first three have a key. */
#define MFN_FLOW_RESULT_MAP(X)                                                                     \
    X(OK, "a flow with its ports")                                                                 \
    X(NO_PORTS, "a flow of a protocol without ports, they are 0")                                  \
    X(FRAGMENT, "a later fragment of a packet, its ports are 0")                                   \
    X(CUT, "the capture ends before the fields of the flow")                                       \
    X(LINK_UNKNOWN, "the link type is not known")                                                  \
    X(LINK_SHORT, "the frame is shorter than its link header")                                     \
    X(VLAN_DEEP, "the frame has more than two VLAN tags")                                          \
    X(NOT_IP, "the frame does not carry IP")                                                       \
    X(IP_VERSION, "the IP header's version is not that of its link header, or neither 4 nor 6")    \
    X(IP_LENGTH, "the IP header's lengths contradict each other or the frame's")                   \
    X(IP_SHORT, "the packet ends inside its IP header")                                            \
    X(EXTENSION_SHORT, "the packet ends inside an IPv6 extension header")                          \
    X(EXTENSION_DEEP, "the packet has more than eight IPv6 extension headers")                     \
    X(TRANSPORT_SHORT, "the packet ends before its ports")

enum mfn_flow_result {
#define MFN_FLOW_RESULT_ENUM(name, text) MFN_FLOW_##name,
    MFN_FLOW_RESULT_MAP(MFN_FLOW_RESULT_ENUM)
#undef MFN_FLOW_RESULT_ENUM
        MFN_FLOW_RESULT_COUNT
};

/* One frame: `size` bytes were captured of `wire_size` on the wire (a smaller wire_size counts as
 * size). The bytes are the caller's. */
struct mfn_flow_frame {
    const uint8_t *data;
    uint32_t size;
    uint32_t wire_size;
};

/* A key, or why there is none. Bytes past `size` are 0. */
struct mfn_flow_key {
    uint8_t bytes[MFN_FLOW_KEY_IPV6];
    uint8_t size;   /* 13, 37; 0 without a key */
    uint8_t result; /* enum mfn_flow_result */
    uint8_t unused; /* 0 */
};

static inline bool mfn_flow_has_key(const struct mfn_flow_key *key)
{
    return key->size != 0;
}

/* The key of one frame; `link` is a number of MFN_FLOW_LINK_MAP or any other (LINK_UNKNOWN).
 *
 * Cost     a few ns for TCP, UDP and SCTP over Ethernet and an IP header without options, about 15
 *          ns otherwise; does not allocate
 */
void mfn_flow_packet_key(uint32_t link, const struct mfn_flow_frame *frame,
                         struct mfn_flow_key *out);

/* The keys of [count] frames of one link type, in order; the frames' bytes are prefetched.
 * Returns how many have a key. */
size_t mfn_flow_packet_keys(uint32_t link, const struct mfn_flow_frame *frames, size_t count,
                            struct mfn_flow_key *out);

/* Sentences without a full stop; never NULL. */
const char *mfn_flow_result_text(enum mfn_flow_result result);
const char *mfn_flow_link_text(uint32_t link);

/* What a key reads like: "10.0.0.1:80 > 10.0.0.2:4711 tcp", "[2001:db8::1]:53 > [2001:db8::2]:53
 * udp", "10.0.0.1 > 10.0.0.2 icmp 8/0"; "" for other sizes.
 *
 *   out   [MFN_FLOW_TEXT_SIZE]; returned for use in one expression
 */
enum { MFN_FLOW_TEXT_SIZE = 128 };
const char *mfn_flow_key_text(const void *key, size_t key_size, char *out);

/* The key of such a text, as _text writes it:
 *
 *     key      = address ":" port  ">"  address ":" port  protocol
 *              | address  ">"  address  ("icmp" | "icmp6")  type "/" code
 *     address  = IPv4, or IPv6 (in brackets before a port); both of one kind
 *     protocol = "tcp" "udp" "sctp" "dccp" "udplite" "icmp" "icmp6" | "protocol" 0 .. 255
 *
 * with blanks between the words, and around ">" as one likes; in place of ">", which shells want
 * quoted, a word "-" will do. The second form is that of icmp between IPv4 and of icmp6 between
 * IPv6 addresses. Protocols in any case.
 *
 *   out   written only on BASE_OK; its result is 0
 *
 * Errors   EPARSE, one sentence
 */
BASE_MUST_USE base_err mfn_flow_key_parse(const char *text, struct mfn_flow_key *out,
                                          struct base_why *why);

#endif
