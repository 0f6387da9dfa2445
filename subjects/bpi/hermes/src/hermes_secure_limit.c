/* hermes_secure_limit.c - token buckets for handshakes, by source. A bucket is one number, the time
 * at which it would be full again (virtual scheduling, ITU-T I.371, annex A). A source has a bucket
 * in each of two rows, by a keyed hash that nobody else knows, and is refused when both are empty:
 * two sources that share one bucket do not hurt each other (the idea of Feng, Shin, Kandlur, Saha,
 * INFOCOM 2001: Stochastic Fair Blue). There is no table of sources that a flood could fill, but
 * there are only 2 x 256 buckets: N sources that keep theirs empty shut out a share (1 - (255 /
 * 256)^N)^2 of all others. hermes_secure_internal.h, Bound. */
#include "hermes_secure_state_internal.h"

#include "hermes_subnet_internal.h"

#include <sodium.h>

uint32_t hermes_limit_burst(const struct hermes_secure *secure)
{
    const uint32_t quarter = secure->half_capacity / 4;
    return quarter < HERMES_LIMIT_MAX ? quarter : (uint32_t)HERMES_LIMIT_MAX;
}

bool hermes_limit_take(struct hermes_secure *secure, uint64_t now_ns,
                       const struct base_address *from)
{
    uint8_t source[HERMES_SOURCE_SIZE], hash[crypto_shorthash_BYTES];
    const uint64_t each_ns = HERMES_LIMIT_NS / hermes_limit_burst(secure);
    const uint64_t empty_ns = now_ns + HERMES_LIMIT_NS; /* later: nothing is left in it */
    hermes_source_of(from, source);
    crypto_shorthash(hash, source, sizeof source, secure->hash_key);
    uint64_t *const buckets[HERMES_LIMIT_ROWS] = {
        &secure->limits[0][hermes_load32(hash) % HERMES_LIMIT_BUCKETS],
        &secure->limits[1][hermes_load32(hash + 4) % HERMES_LIMIT_BUCKETS],
    };
    bool has_any = false;
    for (int i = 0; i < HERMES_LIMIT_ROWS; i++)
        has_any |= *buckets[i] + each_ns <= empty_ns;
    for (int i = 0; i < HERMES_LIMIT_ROWS && has_any; i++) {
        const uint64_t full_ns = *buckets[i] > now_ns ? *buckets[i] : now_ns;
        *buckets[i] = full_ns + each_ns < empty_ns ? full_ns + each_ns : empty_ns;
    }
    return has_any;
}
