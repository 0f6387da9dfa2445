/* ifr_wheel.h - flows leave the table when nothing renewed them for a while.
 *
 * A hierarchical timing wheel: 4 wheels of 256 slots, each slot of one as long as the whole wheel
 * below it. The wheel holds each flow once, at the time when it is next to be looked at. Renewing a
 * flow is only a new timestamp_ns in the table; when its time comes and it was renewed, it is put
 * to its new time, else it is removed. So a renewal costs nothing here.
 *
 * Memory    56 bytes for each flow in the wheel, taken in pieces as they come, and kept
 * Threads   that of the table's writer
 * Source    Varghese & Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, scheme 7
 */
#ifndef MFN_IFR_WHEEL_H
#define MFN_IFR_WHEEL_H

#include <mfn/ifr_table.h>

enum { MFN_IFR_WHEEL_TICKS_LOG2 = 32 /* ticks that an age may have, as a power of two */ };

struct mfn_ifr_wheel;

struct mfn_ifr_wheel_options {
    size_t key_size;  /* that of the table */
    uint64_t age_ns;  /* a flow is old at timestamp_ns + age_ns; at least a tick */
    uint64_t tick_ns; /* how exactly: it goes less than two ticks after that, never before; >= 1 */
    uint64_t now_ns;  /* when the wheel begins, of the clock of timestamps */
};

/* Errors   EINVALID key_size, tick_ns; ERANGE age_ns is under one tick or 2^32 of them and more;
 *          ENOMEM */
BASE_MUST_USE base_err mfn_ifr_wheel_new(const struct mfn_ifr_wheel_options *options,
                                         struct mfn_ifr_wheel **out);
void mfn_ifr_wheel_free(struct mfn_ifr_wheel *wheel);

/* Watch a flow, once when it is new in the table (twice is harmless, and costs memory until then).
 * A time far in the future is looked at early, and put off.
 *
 * Cost     O(1)
 * Errors   ENOMEM
 */
BASE_MUST_USE base_err mfn_ifr_wheel_add(struct mfn_ifr_wheel *wheel, const void *key,
                                         uint64_t timestamp_ns);

/* Let time go on to `now_ns` (earlier than before: it stands), in `step_count` steps at most; what
 * is left comes with the next call. A step looks at one flow, or puts it to a lower wheel, which
 * happens at most four times before it is looked at. Returns how many were removed from the table.
 *
 * Cost     O(steps + ticks that passed, but 1 for 256^l ticks when the l lowest wheels are empty)
 */
size_t mfn_ifr_wheel_expire(struct mfn_ifr_wheel *wheel, struct mfn_ifr_table *table,
                            uint64_t now_ns, size_t step_count);

/* Is there something for expire to do at this time? */
bool mfn_ifr_wheel_is_due(const struct mfn_ifr_wheel *wheel, uint64_t now_ns);

/* Flows that are watched, those that left the table before their time included. */
size_t mfn_ifr_wheel_count(const struct mfn_ifr_wheel *wheel);

size_t mfn_ifr_wheel_size_bytes(const struct mfn_ifr_wheel *wheel);

/* Give back a piece of the memory (4096 flows) of a wheel that is only to be freed, so that a large
 * one need not be freed at once; true when no piece is left. */
bool mfn_ifr_wheel_shed(struct mfn_ifr_wheel *wheel);

#endif
