/* ifr_hash.h - a keyed hash of flow keys.
 *
 * Who does not know the seed cannot choose keys that collide; so keep it secret, and take a new one
 * for each table. It is no message authentication code: do not publish hashes of chosen keys.
 * The same seed and key give the same hash on machines of one byte order, for one version of this
 * library: hashes are not to be stored.
 *
 * Threads   no shared state
 * Source    128-bit products of words and secret words, folded: Wang Yi's wyhash (public domain);
 *           NH of Black, Halevi, Krawczyk, Krovetz, Rogaway, "UMAC", CRYPTO '99
 */
#ifndef MFN_IFR_HASH_H
#define MFN_IFR_HASH_H

#include <mfn/ifr_record.h>

struct mfn_ifr_seed {
    uint64_t k[4];
};

/* 256 bits of the kernel's random numbers. */
void mfn_ifr_seed_random(struct mfn_ifr_seed *seed);

/* 64 bits, all of them good.
 *
 *   key        [key_size] any alignment
 *   key_size   13, 32 or 37
 *
 * Cost       two to four multiplications: a few nanoseconds
 */
uint64_t mfn_ifr_hash(const struct mfn_ifr_seed *seed, const void *key, size_t key_size);

#endif
