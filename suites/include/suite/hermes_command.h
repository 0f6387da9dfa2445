/* hermes_command.h - what the command line asks of the HERMES-Lite overlay: to run a node, and to
 * talk to one through its control socket.
 *
 * A node's identity is an Ed25519 key, kept as 64 hexadecimal digits in a file that only its owner
 * may read; its public half, in as many digits, is the node's id. The control socket is a Unix
 * socket of mode 0600 that speaks lines of JSON (suites/src/hermes_tool.h).
 *
 * Errors of all: EPARSE and ERANGE are the words' fault, all others that of the world; ENOTFOUND:
 * no node runs there.
 */
#ifndef SUITE_HERMES_COMMAND_H
#define SUITE_HERMES_COMMAND_H

#include <base/buf.h>

#include <signal.h>
#include <stdbool.h>

enum {
    SUITE_HERMES_ID_TEXT_SIZE = 65,  /* 64 hexadecimal digits and a zero */
    SUITE_HERMES_NAME_MAX = 64,      /* bytes of a node's name */
    SUITE_HERMES_BOOTSTRAP_MAX = 64, /* nodes known from the start */
    SUITE_HERMES_NEIGHBORS_MAX = 64,
    SUITE_HERMES_MESSAGE_MAX = 1 << 20, /* bytes of a payload */
};

struct suite_hermes_node {
    const char *name;           /* shown; NULL: "node_" and 16 digits of the id */
    const char *network;        /* shown; NULL: not said */
    const char *listen_address; /* without its port; NULL: every address */
    uint16_t listen_port;
    uint32_t max_neighbors;       /* 1 .. 64 */
    const char *const *bootstrap; /* [bootstrap_count] "HOST:PORT" or "ID@HOST:PORT" */
    size_t bootstrap_count;
    bool has_auction_retry;
    uint64_t consensus_timeout_ns, auction_timeout_ns;
    const char *key_path;              /* made when missing; NULL: hermes.key in the state folder */
    const char *control_path;          /* NULL: hermes.sock in the state folder */
    const volatile sig_atomic_t *stop; /* ends when it is not 0, within 0.2 s */
    void (*say)(const char *sentence); /* that the node runs, and where; NULL: nobody listens */
    void (*warn)(const char *sentence); /* a bootstrap node that was not found; NULL */
    void (*status)(const char *line);   /* every 10 s; NULL: not wanted */
};

/* Port 9000, 8 neighbours, retry, 1 s and 5 s; no bootstrap node, no stop. */
struct suite_hermes_node suite_hermes_node_defaults(void);

/* Is this "HOST:PORT", "[IPV6]:PORT", or one of them after "ID@"? Names are not looked up.
 * Errors: EPARSE */
BASE_MUST_USE base_err suite_hermes_bootstrap_check(const char *text, struct base_why *why);

/* Run a node until stopped; then its control socket is removed. Folders of the key and the socket
 * are made when missing, for this user alone.
 *
 * Errors   EEXIST (a node uses the socket or the key), EIO (the port, a file, no bootstrap node's
 *          name is known), ECORRUPT (the key file), ENOMEM, EPARSE, ERANGE, EUNSUPPORTED
 */
BASE_MUST_USE base_err suite_hermes_node(const struct suite_hermes_node *config,
                                         struct base_why *why);

/* The id that belongs to a key file (NULL: hermes.key in the state folder).
 *
 *   out   [SUITE_HERMES_ID_TEXT_SIZE]
 *
 * Errors   ENOTFOUND (no such file, and it may not be made), ECORRUPT, EIO, ENOMEM
 */
BASE_MUST_USE base_err suite_hermes_id(const char *key_path, bool may_make, char *out,
                                       struct base_why *why);

/* How to reach a node. */
struct suite_hermes_link {
    const char *path;                  /* NULL: hermes.sock in the state folder */
    uint64_t timeout_ns;               /* of each answer */
    const volatile sig_atomic_t *stop; /* NULL: nothing interrupts */
};

struct suite_hermes_message {
    const char *to;   /* an id, or "all" */
    const char *type; /* "IbftPrepare" */
    struct base_span payload;
    bool is_waiting; /* until it is known whom it reached */
};

struct suite_hermes_sent {
    char id[33];                 /* of the message */
    uint32_t addressees, missed; /* of a message that was waited for */
    uint64_t duration_ns;        /* from asking to knowing */
};

/* Errors   EFULL (the node has no room: later), ENOTFOUND (also: nobody knows `to`), ETIMEOUT,
 *          EINTERRUPTED, those of the node */
BASE_MUST_USE base_err suite_hermes_send(const struct suite_hermes_link *link,
                                         const struct suite_hermes_message *message,
                                         struct suite_hermes_sent *sent, struct base_why *why);

struct suite_hermes_filter {
    const char *type, *class; /* at most one of them; both NULL: everything */
    uint64_t count;           /* ends after so many messages; 0: never */
    bool is_json;             /* the node's own lines; else a line for people */
    void (*opened)(void);     /* from now on nothing is missed; NULL */
    base_err (*show)(void *context, struct base_span line, struct base_why *why);
    void *context;
};

/* Show each message that comes to a node. Errors: those of `show`, EINTERRUPTED, ECLOSED (the node
 * ended, or this program did not read fast enough) */
BASE_MUST_USE base_err suite_hermes_subscribe(const struct suite_hermes_link *link,
                                              const struct suite_hermes_filter *filter,
                                              struct base_why *why);

/* Append what a node says of itself. */
BASE_MUST_USE base_err suite_hermes_status(const struct suite_hermes_link *link, bool is_json,
                                           struct base_buf *out, struct base_why *why);

#endif
