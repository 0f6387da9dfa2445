/* ifr_client.h - talk to the flow registry of this host over its Unix socket.
 *
 * The plain calls ask one thing and wait for the answer. To have several requests under way, send
 * them and receive their answers in the same order:
 *
 *     for (i = 0; i < 32; i++) mfn_ifr_client_send(client, &requests[i], &why);
 *     for (i = 0; i < 32; i++) mfn_ifr_client_receive(client, &answers[i], &why);
 *
 * Waiting is limited by the timeout of open; it holds for one call. After ECLOSED, ETIMEOUT, EIO,
 * EPROTOCOL or ECORRUPT the connection is lost, and every later call answers the same.
 * Threads   one client, one thread; different clients may be used in parallel
 */
#ifndef MFN_IFR_CLIENT_H
#define MFN_IFR_CLIENT_H

#include <mfn/ifr_command.h>

/* With so few under way, all answers fit into the ring, and over a socket below the mark at which
 * the server stops reading; so sending never waits for answers to be received. */
enum { MFN_IFR_CLIENT_IN_FLIGHT_MAX = 32 };

struct mfn_ifr_client;

/* A component that is connected to the server. */
struct mfn_ifr_component {
    uint32_t component_id;
    uint32_t silent_ms; /* since the server last heard it */
};

/* Connect and ask for a first heartbeat.
 *
 *   timeout_ns   1 ms .. 1 h
 *
 * Errors   ERANGE     path is empty or too long
 *          EINVALID   timeout is not valid; this user may not connect
 *          ENOTFOUND  nobody listens there
 *          EFULL      the server has as many clients as it takes
 *          ETIMEOUT, ECLOSED, EPROTOCOL, ECORRUPT, EIO, ENOMEM
 */
BASE_MUST_USE base_err mfn_ifr_client_open(const char *path, uint64_t timeout_ns,
                                           struct mfn_ifr_client **out, struct base_why *why);
void mfn_ifr_client_close(struct mfn_ifr_client *client); /* NULL is allowed */

/* One request, one answer. The key has 13, 32 or 37 bytes.
 *
 * Errors   ENOTFOUND  no such flow (find, remove)
 *          EFULL, ENOMEM, EIO  the registry says so
 *          EINVALID   no such size of key here; answers are still to be received
 *          and those of a lost connection
 */
BASE_MUST_USE base_err mfn_ifr_client_find(struct mfn_ifr_client *client, const void *key,
                                           size_t key_size, struct mfn_ifr_value *out,
                                           struct base_why *why);
BASE_MUST_USE base_err mfn_ifr_client_insert(struct mfn_ifr_client *client, const void *key,
                                             size_t key_size, const struct mfn_ifr_value *value,
                                             struct base_why *why);
BASE_MUST_USE base_err mfn_ifr_client_remove(struct mfn_ifr_client *client, const void *key,
                                             size_t key_size, struct base_why *why);
BASE_MUST_USE base_err mfn_ifr_client_stats(struct mfn_ifr_client *client,
                                            struct mfn_ifr_counters *out, struct base_why *why);

/* Append the registry's metrics, text as Prometheus reads it. Always asked over the socket.
 * Errors   EINVALID (this registry has none), ENOMEM, and those of a lost connection */
BASE_MUST_USE base_err mfn_ifr_client_metrics(struct mfn_ifr_client *client, struct base_buf *out,
                                              struct base_why *why);

/* Say which component this is; it is shown to those who ask for components. */
BASE_MUST_USE base_err mfn_ifr_client_announce(struct mfn_ifr_client *client, uint32_t component_id,
                                               struct base_why *why);

/* The components that are connected, in no order.
 *
 *   out       [capacity]
 *   count     all there are; when more than capacity, only capacity are written
 */
BASE_MUST_USE base_err mfn_ifr_client_components(struct mfn_ifr_client *client,
                                                 struct mfn_ifr_component *out, size_t capacity,
                                                 size_t *count, struct base_why *why);

/* Send a payload there and back, and compare. Errors: EWRONG (it came back changed), ERANGE (over
 * 65536 bytes) */
BASE_MUST_USE base_err mfn_ifr_client_heartbeat(struct mfn_ifr_client *client,
                                                struct base_span payload, struct base_why *why);

/* Put a request behind those that wait to be sent; flush, or the first receive, sends them.
 * Errors   EFULL  MFN_IFR_CLIENT_IN_FLIGHT_MAX answers are still to be received; ENOMEM */
BASE_MUST_USE base_err mfn_ifr_client_send(struct mfn_ifr_client *client,
                                           const struct mfn_ifr_request *request,
                                           struct base_why *why);
BASE_MUST_USE base_err mfn_ifr_client_flush(struct mfn_ifr_client *client, struct base_why *why);

/* The answer to the oldest request under way, whatever it says: out->result tells.
 * Errors   EINVALID (none is under way), those of a lost connection */
BASE_MUST_USE base_err mfn_ifr_client_receive(struct mfn_ifr_client *client,
                                              struct mfn_ifr_answer *out, struct base_why *why);

/* From now on ask through memory shared with the server (ifr_ring.h): every call above but
 * announce, components, metrics and heartbeat, which stay on the socket.
 *
 *   spin_ns   so long a call looks for its answer before it sleeps; 0 .. the timeout of open
 *
 * Errors   EINVALID (answers are to be received, there is a ring, the server refuses), and those of
 *          a lost connection
 */
BASE_MUST_USE base_err mfn_ifr_client_attach(struct mfn_ifr_client *client, uint64_t spin_ns,
                                             struct base_why *why);

/* Requests sent or waiting to be sent, whose answers were not received. */
size_t mfn_ifr_client_in_flight(const struct mfn_ifr_client *client);

#endif
