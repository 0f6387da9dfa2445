/* ifr_group.h - the tags of 15 slots and a count in 16 bytes, compared at once.
 *
 * Byte i is the tag of slot i, 0 when it is empty. Byte 15 counts the flows whose way from home to
 * their slot went past this group because it was full; at 255 it stays, and costs only time.
 * Readers load the two words one after the other, that with the count first: if it says that nobody
 * went past, whoever has its home here is here when the other word is loaded, or came or went
 * since.
 *
 * The tags are compared by SSE2 or NEON where the compiler may use them (always on x86-64 and
 * arm64), else by the plain form, which is there in every build for tests.
 */
#ifndef IFR_GROUP_H
#define IFR_GROUP_H

#include "ifr_key.h"

#include <stdatomic.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum {
    IFR_GROUP_SLOTS = 15,
    IFR_GROUP_MASK = (1 << IFR_GROUP_SLOTS) - 1,
    IFR_OVERFLOW_BYTE = 15,
    IFR_OVERFLOW_MAX = 255,
};

struct ifr_group {
    _Alignas(16) _Atomic uint64_t word[2];
};

struct ifr_tags {
    uint64_t low, high;
};

IFR_INLINE struct ifr_tags ifr_group_load(const struct ifr_group *group)
{
    struct ifr_tags tags;
    tags.high = atomic_load_explicit(&group->word[1], memory_order_acquire);
    tags.low = atomic_load_explicit(&group->word[0], memory_order_acquire);
    return tags;
}

/* Bit i of the result: byte i of the word is 0. */
IFR_INLINE unsigned ifr_zero_bytes(uint64_t word)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7fU;
    const uint64_t is_zero = ~(((word & low7) + low7) | word | low7) >> 7;
    return (unsigned)((is_zero * 0x0102040810204080U) >> 56);
}

/* Bit i: slot i has this tag; 0 finds the empty slots. */
IFR_INLINE unsigned ifr_tags_match_plain(struct ifr_tags tags, uint8_t tag)
{
    const uint64_t repeated = tag * 0x0101010101010101U;
    return (ifr_zero_bytes(tags.low ^ repeated) | ifr_zero_bytes(tags.high ^ repeated) << 8) &
           IFR_GROUP_MASK;
}

IFR_INLINE unsigned ifr_tags_match(struct ifr_tags tags, uint8_t tag)
{
#if defined(__SSE2__)
    const __m128i bytes = _mm_set_epi64x((long long)tags.high, (long long)tags.low);
    const __m128i is_equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)tag));
    return (unsigned)_mm_movemask_epi8(is_equal) & IFR_GROUP_MASK;
#elif defined(__aarch64__)
    const uint8x16_t bits = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    const uint8x16_t bytes = vcombine_u8(vcreate_u8(tags.low), vcreate_u8(tags.high));
    const uint8x16_t equal = vandq_u8(vceqq_u8(bytes, vdupq_n_u8(tag)), bits);
    return (vaddv_u8(vget_low_u8(equal)) | (unsigned)vaddv_u8(vget_high_u8(equal)) << 8) &
           IFR_GROUP_MASK;
#else
    return ifr_tags_match_plain(tags, tag);
#endif
}

IFR_INLINE unsigned ifr_tags_occupied(struct ifr_tags tags)
{
    return ~ifr_tags_match(tags, 0) & IFR_GROUP_MASK;
}

IFR_INLINE unsigned ifr_tags_overflow(struct ifr_tags tags)
{
    return (unsigned)(tags.high >> 56);
}

/* For the writer: one byte of a group; a reader that sees it sees what was written before. */
static inline void ifr_group_set(struct ifr_group *group, unsigned byte, uint8_t value)
{
    _Atomic uint64_t *const word = &group->word[byte / 8];
    const unsigned shift = 8 * (byte % 8);
    const uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
    const uint64_t changed = (old & ~((uint64_t)0xff << shift)) | (uint64_t)value << shift;
    atomic_store_explicit(word, changed, memory_order_release);
}

static inline void ifr_group_overflow_add(struct ifr_group *group, int by)
{
    const unsigned count = ifr_tags_overflow(ifr_group_load(group));
    if (count != IFR_OVERFLOW_MAX)
        ifr_group_set(group, IFR_OVERFLOW_BYTE, (uint8_t)((int)count + by));
}

#endif
