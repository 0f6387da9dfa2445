/* ifr_slot.h - one record: a cache line that one thread writes while others read.
 *
 * Word 0 holds a version (low half) and the value's size, words 1 and 2 the rest of the value, then
 * the key. The version is odd while the record is being written, and 0 if it never was: a reader
 * whose version is the same, even and not 0 before and after has read one record. All words are
 * atomic, stored with release and loaded with acquire – plain instructions on x86 – so that whoever
 * sees a new word sees the odd version before it. The version comes back after 2^31 writes of one
 * record; a reader would have to sleep exactly that long.
 */
#ifndef IFR_SLOT_H
#define IFR_SLOT_H

#include "ifr_key.h"

#include <sched.h>
#include <stdatomic.h>

enum { IFR_SLOT_KEY_WORD = 3, IFR_SLOT_WORDS = 8, IFR_SLOT_SPINS = 64 };

_Static_assert(offsetof(struct mfn_ifr_value, timestamp_ns) == sizeof(uint64_t),
               "what is before the timestamp fills a word");

struct ifr_slot {
    _Alignas(64) _Atomic uint64_t word[IFR_SLOT_WORDS];
};

IFR_INLINE uint64_t ifr_slot_word(const struct ifr_slot *slot, size_t i)
{
    return atomic_load_explicit(&slot->word[i], memory_order_acquire);
}

IFR_INLINE void ifr_slot_put(struct ifr_slot *slot, size_t i, uint64_t word)
{
    atomic_store_explicit(&slot->word[i], word, memory_order_release);
}

/* A writer that lost its processor in the middle of a record is let on after a few looks. */
static inline void ifr_slot_wait(unsigned *spins)
{
    if (++*spins % IFR_SLOT_SPINS == 0)
        sched_yield();
}

IFR_INLINE void ifr_slot_value(uint64_t word0, uint64_t word1, uint64_t word2,
                               struct mfn_ifr_value *value)
{
    memcpy(value, &word2, sizeof word2); /* all that is before the timestamp */
    value->timestamp_ns = word1;
    value->size = (uint32_t)(word0 >> 32);
}

IFR_INLINE uint64_t ifr_slot_differs(const struct ifr_slot *slot, const uint64_t *key, size_t i)
{
    return ifr_slot_word(slot, IFR_SLOT_KEY_WORD + i) ^ key[i];
}

/* One look, without waiting: false also when the record is just being written. */
IFR_INLINE bool ifr_slot_try(const struct ifr_slot *slot, const uint64_t *key, size_t key_words,
                             struct mfn_ifr_value *value)
{
    const uint64_t word0 = ifr_slot_word(slot, 0);
    uint64_t difference = ifr_slot_differs(slot, key, 0) | ifr_slot_differs(slot, key, 1);
    if (key_words > 2)
        difference |= ifr_slot_differs(slot, key, 2) | ifr_slot_differs(slot, key, 3);
    if (key_words > 4)
        difference |= ifr_slot_differs(slot, key, 4);
    const uint64_t word1 = ifr_slot_word(slot, 1), word2 = ifr_slot_word(slot, 2);
    difference |= (word0 & 1) | (ifr_slot_word(slot, 0) ^ word0);
    if (difference != 0 || (uint32_t)word0 == 0)
        return false;
    ifr_slot_value(word0, word1, word2, value);
    return true;
}

/* Is this the record of that key? Then its value. A key in a slot changes only when the flow left
 * it, so a different key needs no second look at the version. */
IFR_INLINE bool ifr_slot_read(const struct ifr_slot *slot, const uint64_t *key, size_t key_words,
                              struct mfn_ifr_value *value)
{
    for (unsigned spins = 0;; ifr_slot_wait(&spins)) {
        const uint64_t word0 = ifr_slot_word(slot, 0);
        uint64_t difference = ifr_slot_differs(slot, key, 0) | ifr_slot_differs(slot, key, 1);
        if (key_words > 2)
            difference |= ifr_slot_differs(slot, key, 2) | ifr_slot_differs(slot, key, 3);
        if (key_words > 4)
            difference |= ifr_slot_differs(slot, key, 4);
        if (__builtin_expect(difference != 0 || (uint32_t)word0 == 0, 0))
            return false;
        const uint64_t word1 = ifr_slot_word(slot, 1), word2 = ifr_slot_word(slot, 2);
        if (__builtin_expect((word0 & 1) == 0 && ifr_slot_word(slot, 0) == word0, 1)) {
            ifr_slot_value(word0, word1, word2, value);
            return true;
        }
    }
}

/* Whatever record is here; false when none ever was. key [key_words] */
static inline bool ifr_slot_copy(const struct ifr_slot *slot, uint64_t *key, size_t key_words,
                                 struct mfn_ifr_value *value)
{
    for (unsigned spins = 0;; ifr_slot_wait(&spins)) {
        const uint64_t word0 = ifr_slot_word(slot, 0);
        for (size_t i = 0; i < key_words; i++)
            key[i] = ifr_slot_word(slot, IFR_SLOT_KEY_WORD + i);
        ifr_slot_value(word0, ifr_slot_word(slot, 1), ifr_slot_word(slot, 2), value);
        if ((uint32_t)word0 == 0)
            return false;
        if ((word0 & 1) == 0 && ifr_slot_word(slot, 0) == word0)
            return true;
    }
}

/* For the writer. `key` NULL: the same flow, another value. */
static inline void ifr_slot_write(struct ifr_slot *slot, const uint64_t *key, size_t key_words,
                                  const struct mfn_ifr_value *value)
{
    uint64_t front;
    memcpy(&front, value, sizeof front);
    const uint64_t old = ifr_slot_word(slot, 0);
    const uint32_t version = (uint32_t)old + 2 != 0 ? (uint32_t)old + 2 : 2;
    ifr_slot_put(slot, 0, (old & ~(uint64_t)UINT32_MAX) | (version - 1));
    ifr_slot_put(slot, 1, value->timestamp_ns);
    ifr_slot_put(slot, 2, front);
    for (size_t i = 0; key != NULL && i < key_words; i++)
        ifr_slot_put(slot, IFR_SLOT_KEY_WORD + i, key[i]);
    ifr_slot_put(slot, 0, (uint64_t)value->size << 32 | version);
}

#endif
