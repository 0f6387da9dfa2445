/* sign.h - who made a run, and that it was not changed since.
 *
 * A signed run has two more fields: `key`, an Ed25519 public key, and `signature`, over the
 * canonical CBOR of the document without the signature. Maps are sorted bytewise by their encoded
 * keys; a number written without fraction and exponent is an integer, any other the shortest
 * float that is equal; all lengths are definite. So another program can check a signature from the
 * JSON alone. Ours also checks the file's bytes: they must be what result_run_write gives.
 *
 * The key is made on first use and stays on the machine. It tells runs made here from others; it
 * is no proof of a person.
 *
 * Threads   objects are not shared
 * Source    RFC 8032 (Ed25519), RFC 8949 section 4.2.1 (canonical CBOR)
 */
#ifndef RESULT_SIGN_H
#define RESULT_SIGN_H

#include <result/run.h>

enum {
    RESULT_KEY_SEED_SIZE = 32,
    RESULT_KEY_HEX_SIZE = 65, /* a public key as text, with its terminating zero */
};

struct result_key {
    char public_hex[RESULT_KEY_HEX_SIZE];
    uint8_t secret[64];
};

/* The user's own key, from signing.key in $BPI_PERF_CONFIG_DIR, $XDG_CONFIG_HOME/bpi-perf or
 * ~/.config/bpi-perf: 32 bytes, mode 0600, in a folder that only the user can write. Made when
 * there is none; two that make it at once get the same one.
 *
 * Errors   EINVALID (wrong size, readable or owned by others, no regular file, no folder known),
 *          EIO, ENOMEM; why names the path and what to do
 */
BASE_MUST_USE base_err result_key_open(struct result_key *key, struct base_why *why);

/* A key from its seed: fixed ones for tests. */
void result_key_init(struct result_key *key, const uint8_t seed[RESULT_KEY_SEED_SIZE]);

/* Wipes the secret. */
void result_key_done(struct result_key *key);

/* Set run->key and run->signature, replacing earlier ones.
 *
 * Cost     writes and parses the document once
 * Errors   those of result_run_write_why; the run is as before then
 */
BASE_MUST_USE base_err result_sign_run(struct result_run *run, const struct result_key *key,
                                       struct base_why *why);

struct result_verified {
    char key[RESULT_KEY_HEX_SIZE];
    bool is_own_key; /* it is the key that result_key_open would give */
    char id[RESULT_ID_SIZE];
};

/* Is this text, byte for byte, a document that the key in it signed?
 *
 *   path   for the sentences
 *   why    at: line; for a changed byte that leaves a readable document the text names the byte
 *
 * Errors   those of result_run_read (a change made it unreadable), EINVALID (not signed),
 *          EWRONG (changed)
 */
BASE_MUST_USE base_err result_verify_text(struct base_span text, const char *path,
                                          struct result_verified *out, struct base_why *why);

#endif
