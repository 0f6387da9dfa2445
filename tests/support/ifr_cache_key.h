/* ifr_cache_key.h - flow keys and their hashes for tests, from small numbers. */
#ifndef TESTS_IFR_CACHE_KEY_H
#define TESTS_IFR_CACHE_KEY_H

#include <stdint.h>
#include <string.h>

/* splitmix64: a bijection of good quality. */
static inline uint64_t ifr_cache_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Keys differ only in their last four bytes. */
static inline void ifr_cache_key(uint32_t id, void *key, size_t key_size)
{
    memset(key, 0x5a, key_size);
    memcpy((char *)key + key_size - sizeof id, &id, sizeof id);
}

#endif
