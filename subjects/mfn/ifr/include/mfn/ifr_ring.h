/* ifr_ring.h - commands and answers in memory that two processes share.
 *
 * The payloads are those of ifr_command.h, without frames: memory does not corrupt them. The
 * memory, MFN_IFR_RING_SIZE bytes, is made and sealed by the serving end:
 *
 *   offset  size      field
 *        0     4      the serving end sleeps (its bell must be rung)
 *       64     4      the asking end sleeps (futex)
 *     4096  32 slots of 128 bytes: questions
 *     8192  32 slots of 192 bytes: answers
 *
 * Message n of either kind lies in slot n modulo 32: u32 turn, u16 size, 2 bytes unused, payload.
 * It is there once turn is n + 1 (modulo 2^32), which is written last. Since every question has one
 * answer and at most 32 are under way, whoever may write a slot knows that it was read; there is
 * no index that both would write. One message moves one or two cache lines. All slots together
 * stay in the first-level caches of both ends, beside what a registry looks up.
 *
 * Neither end trusts the other: sizes are bounded, and payloads are copied before they are looked
 * at. A peer that breaks the rules harms itself only.
 * Threads   one for each end
 * Source    Giacomoni, Moseley, Vachharajani, "FastForward for efficient pipeline parallelism",
 *           PPoPP 2008: the state lies in the slot; Drepper, "Futexes are tricky": sleeping
 */
#ifndef MFN_IFR_RING_H
#define MFN_IFR_RING_H

#include <mfn/ifr_service.h>

enum { MFN_IFR_RING_SLOTS = 32, MFN_IFR_RING_SIZE = 14336 };

/* One end. A zeroed one is closed and valid. */
struct mfn_ifr_ring {
    uint8_t *memory;
    int bell; /* eventfd that wakes the serving end; of the asking end: its own copy */
    bool is_serving;
    uint32_t kicked;   /* asked, at the last kick (asking end) */
    uint32_t asked;    /* questions written (asking end) */
    uint32_t answered; /* answers written (serving end) or read (asking end) */
};

/* The serving end. *memory_fd is the caller's to send to the asking end and to close; the bell
 * stays the caller's. Errors: EIO */
BASE_MUST_USE base_err mfn_ifr_ring_make(struct mfn_ifr_ring *ring, int bell, int *memory_fd,
                                         struct base_why *why);

/* The asking end, from two descriptors that it received; they are taken over, also on failure.
 * Errors: EPROTOCOL (no memory of this size, sealed), EIO */
BASE_MUST_USE base_err mfn_ifr_ring_join(struct mfn_ifr_ring *ring, int memory_fd, int bell,
                                         struct base_why *why);
void mfn_ifr_ring_close(struct mfn_ifr_ring *ring);

/* ---- the serving end ---- */

/* Answer what is there, at most 32 questions; answers how many. Does not wait. */
unsigned mfn_ifr_ring_serve(struct mfn_ifr_ring *ring, const struct mfn_ifr_service *service,
                            const struct mfn_ifr_counters *server);

/* Before and after the serving end sleeps on its bell: between them every question rings. After
 * `true` it must look for questions once more before it sleeps. */
void mfn_ifr_ring_doze(struct mfn_ifr_ring *ring, bool is_asleep);

/* ---- the asking end ---- */

static inline uint32_t mfn_ifr_ring_in_flight(const struct mfn_ifr_ring *ring)
{
    return ring->asked - ring->answered;
}

/* Write a question. A server that sleeps hears of it with the next kick or take; so the price of
 * looking whether it sleeps is paid once for many. Errors: EFULL (32 are under way) */
BASE_MUST_USE base_err mfn_ifr_ring_ask(struct mfn_ifr_ring *ring,
                                        const struct mfn_ifr_request *request);

/* Ring the server's bell if it sleeps and has questions. Errors: EIO */
BASE_MUST_USE base_err mfn_ifr_ring_kick(struct mfn_ifr_ring *ring);

/* The next answer, copied.
 *
 *   payload    [MFN_IFR_ANSWER_SIZE_MAX]
 *   spin_ns    so long it is looked for without sleeping
 *   wait_ns    so long in all
 *
 * Errors   ETIMEOUT; EPROTOCOL (an answer of an impossible size); EIO (the bell)
 */
BASE_MUST_USE base_err mfn_ifr_ring_take(struct mfn_ifr_ring *ring, uint64_t spin_ns,
                                         uint64_t wait_ns, uint8_t *payload, size_t *size);

#endif
