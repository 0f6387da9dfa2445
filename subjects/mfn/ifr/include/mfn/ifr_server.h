/* ifr_server.h - the flow registry for other processes of this host: HYMF frames over a Unix stream
 * socket, every client served by one thread. A client may ask for a ring (ifr_ring.h): while there
 * is one, run looks at it without sleeping for 50 us after each question.
 *
 * What a client gets: every frame is answered by one frame, in order. A command that is not valid
 * is answered by a Response with a result and a sentence, and the connection stays; a frame that
 * breaks the protocol is answered by a Response with result PROTOCOL and the connection is closed.
 * Clients over the limit (BUSY) and users that may not connect (DENIED) are told so and closed. A
 * client that closes without waiting for its answers may lose what it asked for last.
 *
 * A client that does not read its answers is not read from once MFN_IFR_SERVER_OUT_HIGH bytes wait
 * for it; the others do not notice. A client holds no memory of its own before its first byte, then
 * at most MFN_IFR_SERVER_CLIENT_BYTES_MAX, and MFN_IFR_RING_SIZE more with a ring. There is no time
 * limit: an idle client keeps its place until it goes.
 *
 * Threads   open, step, run and close: one thread at a time. stop: any thread, and signal handlers
 * Source    the seed's IPC of layer 1
 */
#ifndef MFN_IFR_SERVER_H
#define MFN_IFR_SERVER_H

#include <mfn/ifr_service.h>

#include <sys/types.h>

enum {
    MFN_IFR_SERVER_CLIENTS = 1000,     /* when client_max is 0 */
    MFN_IFR_SERVER_CLIENTS_MAX = 8000, /* so that a Discovery answer fits one frame */
    MFN_IFR_SERVER_BACKLOG = 128,
    MFN_IFR_SERVER_MODE = 0660, /* of the socket */
    MFN_IFR_SERVER_OUT_HIGH = 32768,
    MFN_IFR_SERVER_CLIENT_BYTES_MAX = 131072 + 73760, /* answers that wait, frame under way */
};

struct mfn_ifr_server_options {
    const char *path;    /* 1 .. 107 bytes; its folder is there already */
    uint32_t client_max; /* 0: MFN_IFR_SERVER_CLIENTS */
    bool has_gid; /* besides root and the user of this process, members of `gid` may connect */
    gid_t gid;    /* the socket is given to this group */
    struct mfn_ifr_service service;
};

struct mfn_ifr_server;

/* Listen on a path, as <base/listen.h> says: a socket that nobody listens on any more is replaced.
 *
 * Errors   ERANGE    path is empty or too long
 *          EINVALID  client_max over MFN_IFR_SERVER_CLIENTS_MAX
 *          EEXIST    a server listens there, or something that is no socket has the name
 *          EIO, ENOMEM
 */
BASE_MUST_USE base_err mfn_ifr_server_open(const struct mfn_ifr_server_options *options,
                                           struct mfn_ifr_server **out, struct base_why *why);

/* Close every connection, remove the socket unless another has taken its name; NULL is allowed. */
void mfn_ifr_server_close(struct mfn_ifr_server *server);

/* Wait for something to happen and do it once, for each client that has something.
 *
 *   timeout_ms   0: do not wait (a busy loop of steps spares a client the wake-up); -1: no limit
 *
 * Errors   EINTERRUPTED  mfn_ifr_server_stop was called; EIO
 */
BASE_MUST_USE base_err mfn_ifr_server_step(struct mfn_ifr_server *server, int timeout_ms);

/* Steps until mfn_ifr_server_stop is called, then BASE_OK. Answers not yet sent are not waited for.
 * Errors   EIO */
BASE_MUST_USE base_err mfn_ifr_server_run(struct mfn_ifr_server *server);

/* Make run, and every step from now on, return. */
void mfn_ifr_server_stop(struct mfn_ifr_server *server);

/* The transport's own counters (uptime_ns and those behind it); the others are 0. */
void mfn_ifr_server_counters(const struct mfn_ifr_server *server, struct mfn_ifr_counters *out);

/* Bytes that frames under way and waiting answers take; O(clients). */
size_t mfn_ifr_server_size_bytes(const struct mfn_ifr_server *server);

#endif
