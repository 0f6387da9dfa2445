/* ifr_keys.h - keys and values of flows made from numbers, for tests. */
#ifndef TESTS_IFR_KEYS_H
#define TESTS_IFR_KEYS_H

#include <base/rng.h>
#include <mfn/ifr_record.h>

#include <string.h>

/* All zeros but the last 8 bytes: as alike as keys come. */
static inline void ifr_keys_make(uint64_t number, size_t key_size, uint8_t *key)
{
    memset(key, 0, key_size);
    memcpy(key + key_size - sizeof number, &number, sizeof number);
}

static inline uint64_t ifr_keys_number(const uint8_t *key, size_t key_size)
{
    uint64_t number;
    memcpy(&number, key + key_size - sizeof number, sizeof number);
    return number;
}

static inline struct mfn_ifr_value ifr_keys_value(struct base_rng *rng)
{
    const uint64_t a = base_rng_u64(rng), b = base_rng_u64(rng);
    return (struct mfn_ifr_value){ .component_id = (uint32_t)a,
                                   .flow_type = (uint8_t)(a >> 32),
                                   .priority = (uint8_t)(a >> 40),
                                   .flags = (uint16_t)(a >> 48),
                                   .timestamp_ns = base_rng_u64(rng),
                                   .size = (uint32_t)b };
}

static inline bool ifr_keys_same(const struct mfn_ifr_value *a, const struct mfn_ifr_value *b)
{
    return a->component_id == b->component_id && a->flow_type == b->flow_type &&
           a->priority == b->priority && a->flags == b->flags &&
           a->timestamp_ns == b->timestamp_ns && a->size == b->size;
}

#endif
