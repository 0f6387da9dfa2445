/* ifr_sketch.h - how often a hash was seen lately: a count-min sketch of 4-bit counters that age.
 *
 * Four rows; a hash has one counter in each, all four in one cache line. An estimate is the least
 * of them: at least the true count since the counters were last halved, up to 15. Only counters
 * that equal the least are increased. After `sample` uses all counters are halved: a line notes the
 * age at which it was last touched and makes up for it then, so that no call stops to halve them
 * all.
 *
 * Source   Cormode & Muthukrishnan, J. Algorithms 55 (2005) 58; conservative update: Estan &
 *          Varghese, ACM TOCS 21 (2003) 270; ageing: Einziger, Friedman & Manes (see ifr_cache.h)
 */
#ifndef IFR_SKETCH_H
#define IFR_SKETCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    IFR_SKETCH_ROWS = 4,
    IFR_SKETCH_ROW_SIZE = 28, /* counters of one row in a line */
    IFR_SKETCH_WORDS = 7,     /* of 16 counters: 4 x 28 = 7 x 16 */
    IFR_SKETCH_ITEMS = 8,     /* items a line is made for: 14 counters each */
    IFR_SKETCH_MAX = 15,
};

struct ifr_sketch_line {
    uint64_t counters[IFR_SKETCH_WORDS];
    uint64_t age;
};

struct ifr_sketch {
    struct ifr_sketch_line *lines;
    uint64_t count; /* lines */
    uint64_t age;   /* halvings so far */
    uint64_t uses;  /* counted since the last halving, and half of those before */
    uint64_t sample;
};

/* Bytes of zeroed memory, at a multiple of 64, for the sketch of a cache of `capacity` items. */
size_t ifr_sketch_size(size_t capacity);
void ifr_sketch_init(struct ifr_sketch *sketch, size_t capacity, void *memory);

void ifr_sketch_add(struct ifr_sketch *sketch, uint64_t hash);
unsigned ifr_sketch_estimate(const struct ifr_sketch *sketch, uint64_t hash);

#endif
