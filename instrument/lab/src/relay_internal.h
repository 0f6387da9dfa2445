/* relay_internal.h - the relay's table of sockets; what is under way names its place in it. */
#ifndef LAB_RELAY_INTERNAL_H
#define LAB_RELAY_INTERNAL_H

#include "relay.h"

#include <netinet/in.h>

enum {
    LAB_RELAY_PLACES = 4096,
    LAB_RELAY_PROGRAMS_MAX = 4096,
    LAB_STREAM_PIECE = 1448,     /* bytes of a stream in one packet of 1500 */
    LAB_STREAM_WINDOW = 1 << 20, /* bytes of one direction under way or not yet written */
    LAB_HEADERS_UDP = 28,        /* IPv4 and UDP */
    LAB_HEADERS_TCP = 40,
};

enum lab_place_kind {
    LAB_PLACE_FREE,
    LAB_PLACE_UDP,  /* a port: what comes is for a service */
    LAB_PLACE_FLOW, /* one sender to it, towards the service; what comes is its answer */
    LAB_PLACE_TCP,  /* a port that listens */
    LAB_PLACE_END   /* one of the two ends of a stream */
};

/* One socket. */
struct lab_place {
    enum lab_place_kind kind;
    int fd;              /* -1: an end whose connection is still to come */
    uint32_t generation; /* of this use of the place */
    uint32_t from, to;   /* hosts: whose sender uses it, whose service it is */
    uint16_t service;
    struct sockaddr_in sender; /* FLOW */
    uint32_t port;             /* FLOW: the place of its UDP port; UDP: that of its last flow */
    uint64_t used_ns;          /* FLOW: last datagram */
    /* END: what it reads goes from `from` to `to` and is written at `other`. */
    uint32_t other;
    uint32_t sent, received; /* pieces; a gap breaks the stream */
    size_t under_way;        /* bytes read here and not yet written there */
    struct base_buf unwritten;
    bool is_connecting, has_read_end, has_end_to_write, is_write_shut;
};

/* In front of each packet's bytes. */
enum lab_piece_kind {
    LAB_PIECE_DATAGRAM,
    LAB_PIECE_ANSWER,
    LAB_PIECE_OPEN,
    LAB_PIECE_BYTES,
    LAB_PIECE_END
};
struct lab_piece {
    uint32_t place, generation, kind, index;
};

struct lab_relay {
    struct lab_emulator *emulator;
    uint32_t host_count;
    uint32_t generation;
    struct lab_place places[LAB_RELAY_PLACES];
    int programs[LAB_RELAY_PROGRAMS_MAX]; /* pidfds */
    pid_t program_pids[LAB_RELAY_PROGRAMS_MAX];
    size_t program_count;
    struct lab_topology plan; /* of the streams' fabric */
    uint8_t buffer[sizeof(struct lab_piece) + LAB_PACKET_MAX];
};

/* A free place for a socket that is watched (fd -1: later); NULL: there is none, and fd is closed.
 */
struct lab_place *lab_place_new(struct lab_relay *relay, enum lab_place_kind kind, int fd,
                                const struct lab_place *like);
void lab_place_free(struct lab_relay *relay, struct lab_place *place);
static inline uint32_t lab_place_index(const struct lab_relay *relay, const struct lab_place *place)
{
    return (uint32_t)(place - relay->places);
}

/* What the emulator calls a place's socket: the place, and which use of it. */
static inline uint64_t lab_place_tag(const struct lab_relay *relay, const struct lab_place *place)
{
    return (uint64_t)place->generation << 32 | lab_place_index(relay, place);
}

/* relay_stream.c */
void lab_stream_accept(struct lab_relay *relay, struct lab_place *port);
void lab_stream_ready(struct lab_relay *relay, struct lab_place *end);
void lab_stream_give(struct lab_relay *relay, struct lab_place *end, const struct lab_piece *piece,
                     const uint8_t *data, size_t size);

#endif
