/* ifr_connection.h - one client of the server: what was received, what waits to be sent. It knows
 * frames and a socket, and not what the answers are. */
#ifndef MFN_IFR_CONNECTION_H
#define MFN_IFR_CONNECTION_H

#include <mfn/ifr_frame.h>
#include <mfn/ifr_ring.h>

/* A zeroed connection is free. */
struct mfn_ifr_connection {
    int fd;
    bool is_open;
    bool is_ending;     /* nothing more is read; closed when the answers are sent */
    bool has_component; /* has sent a Registration */
    uint32_t component_id;
    uint32_t interest;        /* what epoll was told */
    uint32_t sequence;        /* of the next frame to the client */
    uint32_t next_free;       /* index of the next free connection */
    uint64_t heard_ns;        /* when bytes last came; through the ring: to a second */
    struct mfn_ifr_ring ring; /* its memory is NULL: none */
    struct mfn_ifr_decoder in;
    struct base_buf out;
    size_t out_begin; /* bytes of out that were sent */
};

void mfn_ifr_connection_done(struct mfn_ifr_connection *connection); /* closes the socket */

/* Bytes of answers that wait. */
static inline size_t mfn_ifr_connection_pending(const struct mfn_ifr_connection *connection)
{
    return connection->out.size - connection->out_begin;
}

/* What epoll is to watch. */
uint32_t mfn_ifr_connection_wanted(const struct mfn_ifr_connection *connection);

/* One read; the end of the stream makes it end. False: the connection is lost. */
bool mfn_ifr_connection_receive(struct mfn_ifr_connection *connection);

/* One write, if something waits. False: the connection is lost. */
bool mfn_ifr_connection_flush(struct mfn_ifr_connection *connection);

/* The same with two descriptors beside the first byte. False: nothing was sent. */
bool mfn_ifr_connection_flush_with(struct mfn_ifr_connection *connection, const int fds[2]);

/* Room for a payload of `size` bytes of the next frame out; NULL when out of memory. The frame is
 * then sealed with the size that the payload really has. */
uint8_t *mfn_ifr_connection_room(struct mfn_ifr_connection *connection, size_t size);
void mfn_ifr_connection_seal(struct mfn_ifr_connection *connection, enum mfn_ifr_frame_type type,
                             uint64_t now_ns, size_t size);

#endif
