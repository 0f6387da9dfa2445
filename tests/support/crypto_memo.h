/* crypto_memo.h - the costly operations of libsodium, each worked out once: who asks again what was
 * asked before gets the answer it got then. For simulations, in which one process plays both sides
 * of every handshake, checks a signature once for each node, and opens what it has sealed itself.
 *
 * Answers are exact. Key pairs and signatures follow from their inputs (RFC 8032, 5.1.6); two sides
 * agree on one secret (RFC 7748, 6.1), which is kept under both public keys; a signature that was
 * made here by a seed and its own public key is right; a packet that is to the last bit what was
 * sealed here, under the same key and nonce, opens to what was sealed (RFC 8439, 2.8). Everything
 * else is worked out: a forged signature, a packet that was changed. So nothing in a simulation
 * changes but its speed, and a run without the memory must come to the same end.
 *
 * The linker puts it between a program and libsodium (bpi_remember_crypto in tests/CMakeLists.txt).
 * What does not fit into the tables (65 MB of questions, 2 MB of packets) pushes out older ones.
 *
 * Threads   one in the process
 */
#ifndef TESTS_CRYPTO_MEMO_H
#define TESTS_CRYPTO_MEMO_H

#include <stdbool.h>
#include <stdint.h>

/* On at the start. Off: everything is worked out, and nothing is remembered. */
void crypto_memo_use(bool is_used);

struct crypto_memo_counts {
    uint64_t asked, known;
};
struct crypto_memo_counts crypto_memo_counts(void);

#endif
