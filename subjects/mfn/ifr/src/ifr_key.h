/* ifr_key.h - a key as words, and the hash of these words; inline for the loops of the tables.
 *
 * 13, 32, 37 bytes become 2, 4, 5 words: the sizes leave 0 or 5 bytes over, which are the low bytes
 * of the last word.
 */
#ifndef IFR_KEY_H
#define IFR_KEY_H

#include <mfn/ifr_hash.h>

#include <string.h>

enum { IFR_KEY_WORDS_MAX = 5 };

#define IFR_INLINE static inline __attribute__((always_inline))

IFR_INLINE size_t ifr_key_words(size_t key_size)
{
    return (key_size + 7) / 8;
}

IFR_INLINE uint64_t ifr_load64(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

IFR_INLINE uint64_t ifr_load40(const uint8_t *bytes)
{
    uint32_t low;
    memcpy(&low, bytes, sizeof low);
    return low | (uint64_t)bytes[4] << 32;
}

/* words [IFR_KEY_WORDS_MAX] only those of this size are written. */
IFR_INLINE void ifr_key_load(const void *key, size_t key_size, uint64_t *words)
{
    const uint8_t *const bytes = key;
    words[0] = ifr_load64(bytes);
    if (key_size == MFN_IFR_KEY_IPV4) {
        words[1] = ifr_load40(bytes + 8);
        return;
    }
    words[1] = ifr_load64(bytes + 8);
    words[2] = ifr_load64(bytes + 16);
    words[3] = ifr_load64(bytes + 24);
    if (key_size == MFN_IFR_KEY_IPV6)
        words[4] = ifr_load40(bytes + 32);
}

/* key [MFN_IFR_KEY_SIZE_MAX] all written, zeros at the end. */
static inline void ifr_key_store(const uint64_t *words, size_t key_size, uint8_t *key)
{
    const size_t whole = key_size / 8;
    memset(key, 0, MFN_IFR_KEY_SIZE_MAX);
    memcpy(key, words, 8 * whole);
    if (key_size % 8 != 0) {
        const uint32_t low = (uint32_t)words[whole];
        memcpy(key + 8 * whole, &low, sizeof low);
        key[8 * whole + 4] = (uint8_t)(words[whole] >> 32);
    }
}

IFR_INLINE uint64_t ifr_fold(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Binary digits of pi behind the point, so that a seed of zeros is usable too. */
#define IFR_PI_0 0x243f6a8885a308d3U
#define IFR_PI_1 0x13198a2e03707344U
#define IFR_PI_2 0xa4093822299f31d0U
#define IFR_PI_3 0x082efa98ec4e6c89U
#define IFR_PI_4 0x452821e638d01377U
#define IFR_PI_5 0xbe5466cf34e90c6cU

IFR_INLINE uint64_t ifr_hash_words(const struct mfn_ifr_seed *seed, const uint64_t *words,
                                   size_t key_size)
{
    const uint64_t *const k = seed->k;
    uint64_t hash = ifr_fold(words[0] ^ k[0] ^ IFR_PI_0, words[1] ^ k[1] ^ IFR_PI_1);
    if (key_size != MFN_IFR_KEY_IPV4)
        hash ^= ifr_fold(words[2] ^ k[2] ^ IFR_PI_2, words[3] ^ k[3] ^ IFR_PI_3);
    const uint64_t rest = key_size == MFN_IFR_KEY_IPV6 ? words[4] : 0;
    return ifr_fold(hash ^ k[2] ^ IFR_PI_4, rest ^ k[3] ^ IFR_PI_5);
}

/* The home of a hash among `count` places: the hash, as a fraction of 2^64, times count. So places
 * are in the order of hashes, and place j of count becomes 2j and 2j + 1 of 2 count. */
IFR_INLINE size_t ifr_home(uint64_t hash, size_t count)
{
    return (size_t)(((unsigned __int128)hash * count) >> 64);
}

/* 8 bits at the other end of the hash; never 0, which means empty. */
IFR_INLINE uint8_t ifr_tag(uint64_t hash)
{
    const uint8_t tag = (uint8_t)hash;
    return tag != 0 ? tag : 0x80;
}

#endif
