/* hermes_fec_internal.h - systematic Reed-Solomon over GF(2^8), and how much of it a loss needs.
 *
 * A block of `count` data fragments of equal size has fragments 0 .. HERMES_FEC_INDEX_MAX: those
 * below `count` are the data, all others parity by a Cauchy matrix, coefficient 1 / (index ^
 * column). Any `count` different ones give the block back. A repair can therefore always send a
 * fragment that was never sent before, and need not know which of the others came.
 *
 * How many: with n = count + parity fragments that are lost independently with probability p, a
 * block needs repair with probability
 *
 *     q = P(more than `parity` of n are lost) = 1 - sum over i <= parity of C(n,i) p^i (1-p)^(n-i)
 *
 * A repair costs two one-way delays L more, so the average is about L (1 + 2.1 q), and the p99
 * stays L while q < 1 %. For an average within 1.01 L, q <= 0.4 % (HERMES_FEC_FAILURE). Among all
 * (count, parity) that hold this the plan takes the one with the least bytes on the wire, headers
 * included; more and smaller fragments need less parity and more headers. With 84 bytes of headers
 * a fragment, 2 KiB at 5 % becomes 5+2 fragments of 410 bytes (q = 0.38 %), 4 KiB at 1 % 7+1 of 586
 * (q = 0.27 %), 8 KiB at 1 % 8+1 of 1024 (q = 0.34 %), 8 KiB at 5 % 10+3 of 820 (q = 0.31 %).
 *
 * Messages that share a block share its parity, which is then both less and better: of n fragments,
 * a message of `part` of them is late when one of its own is lost and more than `parity` of all,
 *
 *     P(more than parity of n) - (1-p)^part P(more than parity of the n - part others)
 *
 * With p = 1 %, seven messages of 3 fragments and 2 of parity (10 %) have 0.055 %, while each alone
 * would need 1 (33 %) for 0.06 %. A block should grow until its parity is near what more of it
 * could bring it down to: 10 % + 2 p.
 *
 * Threads   no shared state
 * Source    sharing: RFC 8681, RFC 8627 and RFC 8854 (parity over several source packets, for real
 *           time); Reed & Solomon, J. SIAM 8 (1960) 300; Blomer et al., ICSI TR-95-048 (Cauchy
 * matrices); arithmetic of GF(2^8) modulo x^8+x^4+x^3+x^2+1 by ISA-L
 */
#ifndef BPI_HERMES_FEC_INTERNAL_H
#define BPI_HERMES_FEC_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HERMES_FEC_DATA_MAX = 40,   /* data fragments of a block */
    HERMES_FEC_PARITY_MAX = 40, /* planned for one block */
    HERMES_FEC_INDEX_MAX = 254,
    HERMES_FEC_HEADERS = 84, /* bytes that each fragment costs beside itself: IPv6 and UDP 48, seal
                                27, kind 1, fragment 8 */
};

#define HERMES_FEC_FAILURE 0.004

struct hermes_fec_plan {
    uint32_t data, parity, fragment_size;
};

/* Chance that more than `parity` of `count` are lost; loss 0 .. 0.5, larger counts as 0.5. */
double hermes_fec_failure(unsigned count, unsigned parity, double loss);
/* The least bytes with failure <= failure_max, or the least failure where that cannot be had.
 * failure_max 1: no parity. size 1 .. HERMES_FEC_DATA_MAX * fragment_max. Cost: some hundred steps.
 */
struct hermes_fec_plan hermes_fec_plan(size_t size, size_t fragment_max, double loss,
                                       double failure_max);
/* Chance that a message of `part` of `count` fragments is not there without a repair. */
double hermes_fec_late(unsigned count, unsigned parity, unsigned part, double loss);

struct hermes_fec_share {
    unsigned parity; /* at least 1 */
    bool is_enough;  /* for failure_max, and a larger block would hardly need a smaller share */
};
/* Parity for `data` fragments (1 .. HERMES_FEC_DATA_MAX) of messages of `part` fragments: as much
 * as failure_max asks for, but what is beyond HERMES_FEC_FAILURE only while it is cheap. */
struct hermes_fec_share hermes_fec_share(unsigned data, unsigned part, double loss,
                                         double failure_max);
/* How many fragments to send so that `missing` of them arrive but for failure_max. */
unsigned hermes_fec_repair(unsigned missing, double loss, double failure_max);
/* Parity fragment `index` (count .. HERMES_FEC_INDEX_MAX) of data [count * size]. */
void hermes_fec_parity(const uint8_t *data, unsigned count, size_t size, unsigned index,
                       uint8_t *out);
/* Data from any `count` different fragments, in place.
 *
 *   slots   [count * size] fragments in any order
 *   index   [count] which one each slot holds; all different, at most HERMES_FEC_INDEX_MAX; used up
 *
 * Cost     O(missing * count * size) */
void hermes_fec_recover(uint8_t *slots, unsigned count, size_t size, uint8_t *index);

#endif
