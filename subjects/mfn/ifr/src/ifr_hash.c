/* ifr_hash.c - the hash for callers outside, and seeds from the kernel. */
#include <mfn/ifr_hash.h>

#include "ifr_key.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>

void mfn_ifr_seed_random(struct mfn_ifr_seed *seed)
{
    ssize_t size;
    do
        size = getrandom(seed, sizeof *seed, 0);
    while (size < 0 && errno == EINTR);
    assert(size == (ssize_t)sizeof *seed); /* always so for 256 bytes or less, random(7) */
}

uint64_t mfn_ifr_hash(const struct mfn_ifr_seed *seed, const void *key, size_t key_size)
{
    assert(mfn_ifr_key_size_is_valid(key_size));
    uint64_t words[IFR_KEY_WORDS_MAX];
    ifr_key_load(key, key_size, words);
    return ifr_hash_words(seed, words, key_size);
}
