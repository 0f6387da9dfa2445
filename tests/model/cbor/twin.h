/* twin.h - CBOR done naively: a tree, a recursive decoder, an encoder that sorts by comparing. It
 * shares nothing with the code under test, and is as slow as it is plain. */
#ifndef TESTS_TWIN_H
#define TESTS_TWIN_H

#include <base/arena.h>
#include <base/buf.h>
#include <base/rng.h>

struct twin {
    unsigned major; /* 0 .. 7 */
    uint64_t value; /* argument; of a float unused */
    double number;  /* major 7 and is_float */
    bool is_float;
    struct base_span string;
    size_t count; /* children: items, keys and values by turns, the content of a tag */
    struct twin **children;
};

enum twin_order { TWIN_CORE, TWIN_CTAP2, TWIN_LENGTH_FIRST };

/* A random tree. No two keys of a map are equal. */
struct twin *twin_random(struct base_arena *arena, struct base_rng *rng, unsigned depth);

/* Deterministic bytes in that order; false when a map has two equal keys. */
bool twin_encode(const struct twin *twin, enum twin_order order, struct base_buf *out);

/* Is this one well-formed item and nothing after it? RFC 8949 appendix C, in this project's words.
 */
bool twin_is_well_formed(struct base_span input);

/* Is it also deterministic: does it decode (definite, UTF-8) to a tree that encodes to it? */
bool twin_is_deterministic(struct base_span input, enum twin_order order);

#endif
