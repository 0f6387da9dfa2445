/* ring_internal.h - the kernel's buffer of one event: what it holds is taken out whole. */
#ifndef PROF_RING_INTERNAL_H
#define PROF_RING_INTERNAL_H

#include "records_internal.h"

struct ring {
    int fd;
    uint8_t *memory; /* a page of state, then `size` bytes; NULL: not mapped */
    size_t size;     /* a power of two */
};

/* Map the buffer of an event, as large as allowed, at most `pages` (a power of two).
 * Errors: ENOMEM (nothing could be mapped) */
BASE_MUST_USE base_err ring_open(struct ring *ring, int fd, size_t pages);
void ring_close(struct ring *ring); /* the descriptor too */

/* Move everything that is in it now. */
void ring_drain(struct ring *ring, struct records *records);

#endif
