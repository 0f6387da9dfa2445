/* ifr.h - what the command line asks of the flow registry: to serve it, and to talk to a server.
 *
 * A key is 64 hexadecimal digits (a hashed name), or a flow as mfn_flow_key_parse reads it:
 * "10.0.0.1:443 > 10.0.0.2:5555 tcp". A component is a name (transport, consensus, container,
 * security, orchestration, networking, scheduler) or a number; a type one of command, data, event,
 * metrics, security, health, or a number 0 .. 255.
 *
 * Errors of all: EPARSE and ERANGE are the words' fault, all others that of the world; ENOTFOUND:
 * no server listens there.
 */
#ifndef SUITE_IFR_H
#define SUITE_IFR_H

#include <base/buf.h>

#include <signal.h>
#include <stdbool.h>

#define SUITE_IFR_SOCKET "/tmp/hypermesh/ifr.sock"

struct suite_ifr_serve {
    const char *path;           /* of the socket */
    const char *group;          /* whose members may connect too; NULL: none */
    uint64_t client_max;        /* 0: 1000 */
    uint64_t flow_count;        /* room to begin with, for each size of key; it grows */
    double false_positive_rate; /* of the filter; 0: no filter */
    uint64_t cache_count;       /* flows cached, for each size of key; 0: no cache */
    const char *policy;         /* of the cache: sieve, tinylfu, lru, lfu, fifo, random */
    uint64_t cache_ttl_ns;      /* 0: cached flows do not expire */
    uint64_t flow_age_ns;       /* 0: flows do not expire */
    bool want_large_pages;
    const volatile sig_atomic_t *stop; /* ends when it is not 0, within 0.2 s */
    void (*opened)(const char *path);  /* clients may come; NULL: nobody wants to know */
};

/* The numbers to begin with, the socket above, no stop. */
struct suite_ifr_serve suite_ifr_serve_defaults(void);

/* Serve a registry until stopped; then its statistics are appended to `out` and the socket is
 * removed. The socket's folder is made when it is missing, for this user alone (0700), or with a
 * group 0750 and the group's (then its parent must be there: one made would keep the group out);
 * one that is there must belong to this user or root, and must not be writable by others without
 * the sticky bit.
 *
 * Every 0.2 s old flows go even when nobody asks; every 30 s the folder is searched for components.
 * Errors   EEXIST  a server listens there; ERANGE (also: a group, and no parent);
 *          EIO, EFULL, ENOMEM
 */
BASE_MUST_USE base_err suite_ifr_serve(const struct suite_ifr_serve *serve, struct base_buf *out,
                                       struct base_why *why);

/* How to reach a server. */
struct suite_ifr_link {
    const char *path;
    uint64_t timeout_ns; /* of each call */
    bool wants_ring;     /* ask through shared memory */
};

struct suite_ifr_flow {
    const char *component, *type;
    uint32_t priority; /* 0 .. 255 */
    uint32_t size;     /* bytes of payload */
};

enum suite_ifr_format { SUITE_IFR_TEXT, SUITE_IFR_JSON, SUITE_IFR_PROMETHEUS };

/* Append what the server knows of a flow; nothing when it does not know it. */
BASE_MUST_USE base_err suite_ifr_lookup(const struct suite_ifr_link *link, const char *key,
                                        enum suite_ifr_format format, struct base_buf *out,
                                        bool *is_there, struct base_why *why);

/* With the time of now, since 1970. */
BASE_MUST_USE base_err suite_ifr_register(const struct suite_ifr_link *link, const char *key,
                                          const struct suite_ifr_flow *flow, struct base_why *why);

/* Register the flow of each packet of a pcap or pcapng file, with the packet's time, and append one
 * sentence. What comes before a damaged place is registered. EPARSE is also the file's fault. */
BASE_MUST_USE base_err suite_ifr_register_trace(const struct suite_ifr_link *link, const char *file,
                                                const struct suite_ifr_flow *flow,
                                                struct base_buf *out, struct base_why *why);

BASE_MUST_USE base_err suite_ifr_remove(const struct suite_ifr_link *link, const char *key,
                                        bool *was_there, struct base_why *why);

/* Append the server's counters and its components; for Prometheus, all its metrics. */
BASE_MUST_USE base_err suite_ifr_stats(const struct suite_ifr_link *link,
                                       enum suite_ifr_format format, struct base_buf *out,
                                       struct base_why *why);

#endif
