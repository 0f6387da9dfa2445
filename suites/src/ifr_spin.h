/* ifr_spin.h - a client of the Unix socket that never sleeps: it looks for its answer again and
 * again. What the ring is compared with, as nothing is faster over a socket.
 *
 * Threads   one object, one thread
 */
#ifndef SUITE_IFR_SPIN_H
#define SUITE_IFR_SPIN_H

#include <mfn/ifr_frame.h>
#include <mfn/ifr_record.h>

struct ifr_spin {
    int fd; /* -1: closed */
    uint32_t sequence;
    struct mfn_ifr_decoder in;
    struct base_buf out;
};

/* Errors: those of base_listen_connect (<base/listen.h>) */
BASE_MUST_USE base_err ifr_spin_open(struct ifr_spin *spin, const char *path, struct base_why *why);

/* Errors: ENOTFOUND; EIO, ECLOSED, ETIMEOUT (ten seconds), EPROTOCOL, ECORRUPT, ENOMEM */
BASE_MUST_USE base_err ifr_spin_find(struct ifr_spin *spin, const void *key, size_t key_size,
                                     struct mfn_ifr_value *out, struct base_why *why);
void ifr_spin_close(struct ifr_spin *spin);

#endif
