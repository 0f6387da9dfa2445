/* hermes_tool.h - the parts of `hermes node` and of those who talk to it.
 *
 * The control socket: lines of JSON, each ended by a line feed, at most HERMES_TOOL_LINE_MAX bytes.
 *
 *   {"do": "send", "to": ID | "all", "type": "IbftPrepare", "payload": BASE64, "wait": true}
 *       {"answer": "send", "id": MESSAGE}, and with "wait", once it is known whom it reached,
 *       {"event": "done", "id": MESSAGE, "addressees": 2, "missed": 0}
 *   {"do": "subscribe", "class": "Consensus"} or {.., "type": "IbftPrepare"} or neither
 *       {"answer": "subscribe"}, and for each message
 *       {"event": "message", "from": ID, "id": MESSAGE, "class": .., "type": .., "hops": 1,
 *        "payload": BASE64}
 *   {"do": "status"}
 *       {"answer": "status", ...}
 *
 * What goes wrong is {"error": "EFULL", "sentence": ".."}. A client that does not read loses its
 * connection when HERMES_TOOL_UNREAD_MAX bytes wait for it.
 * Source    base64: RFC 4648, section 4
 */
#ifndef SUITE_HERMES_TOOL_H
#define SUITE_HERMES_TOOL_H

#include <suite/hermes_command.h>

#include <base/listen.h>
#include <bpi/hermes.h>
#include <bpi/udp.h>

#include <jansson.h>
#include <sys/types.h>

enum {
    HERMES_TOOL_LINE_MAX = 2 << 20,   /* a message of 1 MiB in base64, and what is around it */
    HERMES_TOOL_UNREAD_MAX = 4 << 20, /* waiting for one client */
    HERMES_TOOL_CLIENTS_MAX = 64,
    HERMES_TOOL_MESSAGE_TEXT_SIZE = 33,
};

/* ---- places and keys (hermes_tool_key.c) ---- */

/* `given`, or that name in $BPI_PERF_STATE_DIR, $XDG_STATE_HOME/bpi-perf or
 * ~/.local/state/bpi-perf, as a text of `out`. Errors: EIO (no home), ENOMEM */
BASE_MUST_USE base_err hermes_tool_place(const char *given, const char *name, struct base_buf *out,
                                         struct base_why *why);
/* Make the folder of a path. */
BASE_MUST_USE base_err hermes_tool_folder_make(const char *path, struct base_why *why);

/* Read the secret of a file, or make it.
 *
 *   lock   out: a descriptor that keeps others from locking it; NULL: not wanted
 *
 * Errors   ENOTFOUND, ECORRUPT, EIO (also: others may read it), EEXIST (locked)
 */
BASE_MUST_USE base_err hermes_tool_key_read(const char *path, bool may_make,
                                            uint8_t seed[BPI_HERMES_SEED_SIZE], int *lock,
                                            struct base_why *why);

/* ---- bootstrap (hermes_tool_members.c) ---- */

/* Errors: EPARSE (the text), ENOTFOUND (the name is not known) */
BASE_MUST_USE base_err hermes_tool_member_find(const char *text, int family,
                                               struct bpi_hermes_member *member,
                                               struct base_why *why);

/* ---- lines (hermes_tool_lines.c) ---- */

enum hermes_tool_verb { HERMES_TOOL_SEND, HERMES_TOOL_SUBSCRIBE, HERMES_TOOL_STATUS };

struct hermes_tool_request {
    enum hermes_tool_verb verb;
    struct bpi_hermes_id to;
    bool is_to_all, is_waiting;
    enum bpi_hermes_type type; /* of SEND */
    uint32_t types;            /* of SUBSCRIBE: bit t is type t */
    struct base_buf payload;   /* of SEND; the caller's to release, also after a failure */
};

/* Errors: EPARSE, ERANGE (the payload), ENOMEM */
BASE_MUST_USE base_err hermes_tool_request_parse(struct base_span line,
                                                 struct hermes_tool_request *request,
                                                 struct base_why *why);
/* bit t is type t; at most one of both names. Errors: EPARSE */
BASE_MUST_USE base_err hermes_tool_types_parse(const char *type, const char *class, uint32_t *types,
                                               struct base_why *why);

/* Each appends one line. Errors: ENOMEM */
BASE_MUST_USE base_err hermes_tool_put_send(const struct suite_hermes_message *message,
                                            struct base_buf *out);
BASE_MUST_USE base_err hermes_tool_put_subscribe(const char *type, const char *class,
                                                 struct base_buf *out);
BASE_MUST_USE base_err hermes_tool_put_message(const struct bpi_hermes_event *event,
                                               struct base_buf *out);
BASE_MUST_USE base_err hermes_tool_put_error(base_err err, const struct base_why *why,
                                             struct base_buf *out);
const char *hermes_tool_message_text(const struct bpi_hermes_message_id *id,
                                     char out[HERMES_TOOL_MESSAGE_TEXT_SIZE]);

/* ---- status (hermes_tool_status.c) ---- */

struct hermes_tool_facts {
    const char *name, *network;
    struct base_address address;
    uint64_t uptime_ns;
    size_t clients;
    struct bpi_udp_stats udp;
};

/* One line of JSON, the answer to "status". */
BASE_MUST_USE base_err hermes_tool_put_status(const struct bpi_hermes *node,
                                              const struct hermes_tool_facts *facts,
                                              struct base_buf *out);
/* The same in words, or as JSON of several lines; and in one short line for a terminal. */
BASE_MUST_USE base_err hermes_tool_status_show(json_t *answer, bool is_json, struct base_buf *out);
BASE_MUST_USE base_err hermes_tool_status_line(const struct bpi_hermes *node,
                                               const struct hermes_tool_facts *facts,
                                               struct base_buf *out);

/* ---- the socket (hermes_tool_clients.c) ---- */

struct hermes_tool_client {
    int fd;          /* -1: this place is free */
    uint64_t serial; /* of the connection */
    uint32_t types;  /* subscribed to */
    bool is_ended;   /* it sends no more; closed when it has what waits */
    bool is_writing; /* the kernel says when there is room */
    size_t scanned;  /* of `in`: has no line feed */
    size_t written;  /* of `out` */
    struct base_buf in, out;
};

/* One line has come, without its line feed; the client may be dropped during the call. */
typedef void hermes_tool_line_fn(void *context, struct hermes_tool_client *client,
                                 struct base_span line);

struct hermes_tool_clients {
    struct base_listener listener;
    int epoll; /* readable when there is something to do */
    uint64_t serials;
    hermes_tool_line_fn *line;
    void *context;
    struct hermes_tool_client list[HERMES_TOOL_CLIENTS_MAX];
};

/* Listen at a path, for this user alone; its folder is made when it is missing. Errors: those of
 * base_listener_open (<base/listen.h>), EIO (the folder), ENOMEM */
BASE_MUST_USE base_err hermes_tool_clients_open(const char *path, hermes_tool_line_fn *line,
                                                void *context, struct hermes_tool_clients *out,
                                                struct base_why *why);
/* Also for what was zeroed and never opened. */
void hermes_tool_clients_close(struct hermes_tool_clients *clients);
/* Do what there is to do; does not wait. */
void hermes_tool_clients_step(struct hermes_tool_clients *clients);
size_t hermes_tool_clients_count(const struct hermes_tool_clients *clients);
/* Send whole lines; a client with too much unread, or that is gone, is dropped (fd is -1 then). */
void hermes_tool_client_put(struct hermes_tool_clients *clients, struct hermes_tool_client *client,
                            struct base_span lines);
void hermes_tool_client_drop(struct hermes_tool_client *client);

#endif
