/* step.h - a pure state machine that talks: time, network, randomness and the application are
 * arguments, so that one machine runs on real sockets and, a thousand times, in virtual time.
 *
 * A machine is a state and a `struct base_step` of functions on it. A driver calls them with a
 * world, one call at a time; the machine does nothing by itself, keeps no pointer into its
 * arguments, and reads no clock.
 *
 * Ownership bytes handed in belong to the caller until the call returns, on both sides
 * Threads   one machine, one thread at a time
 */
#ifndef BASE_STEP_H
#define BASE_STEP_H

#include <base/rng.h>

#include <stdbool.h>
#include <string.h>

enum {
    BASE_STEP_DATAGRAM_MAX = 65507, /* bytes of one datagram, without UDP's and IP's headers */
    BASE_ADDRESS_TEXT_SIZE = 64,    /* "[2001:db8::1]:9000" with its terminating zero */
};

/* An Internet address: IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). Zeroed: none. */
struct base_address {
    uint8_t ip[16];
    uint16_t port; /* in the machine's own byte order */
};

static inline bool base_address_is(const struct base_address *a, const struct base_address *b)
{
    return a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* "10.0.0.1:9000", "[fd00::1]:9000"; no names are looked up. Errors: EPARSE (why names the text).
 */
BASE_MUST_USE base_err base_address_parse(const char *text, struct base_address *address,
                                          struct base_why *why);
/* out [BASE_ADDRESS_TEXT_SIZE]; returned for use in one expression. */
const char *base_address_print(const struct base_address *address, char *out);

/* What a machine can see and do during one call. */
struct base_step_world {
    void *context;
    uint64_t now_ns;      /* monotonic; never goes back between calls */
    struct base_rng *rng; /* for jitter and choices; repeatable in virtual time */
    /* Bytes for keys and nonces: the kernel's under a real driver, seeded in virtual time. */
    void (*secret)(void *context, void *out, size_t size);
    /* A datagram is on its way: copied, never refused here; the network may lose it. Sends of equal
     * size to one address in a row travel together where the driver can do that. */
    void (*send)(void *context, const struct base_address *to, const void *data, size_t size);
    /* An event for the application; its type is named by the machine's header. */
    void (*tell)(void *context, const void *event);
};

struct base_step {
    const char *name;
    /* Once, before everything else. */
    void (*start)(void *state, const struct base_step_world *world);
    /* A datagram has come; the machine may change the bytes (decryption in place). */
    void (*datagram)(void *state, const struct base_step_world *world,
                     const struct base_address *from, uint8_t *data, size_t size);
    /* Called at or after wake_ns; also harmless before it. */
    void (*timer)(void *state, const struct base_step_world *world);
    /* When the machine next wants `timer`; UINT64_MAX: only after something else has come. */
    uint64_t (*wake_ns)(const void *state);
};

#endif
