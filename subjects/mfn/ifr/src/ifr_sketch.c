/* ifr_sketch.c - see ifr_sketch.h. */
#include "ifr_sketch.h"

/* Counted uses an item, between two halvings: as many as 4 bits can tell apart at the edge of a
 * cache of a tenth of a Zipf population. */
enum { SAMPLE = 20 };

_Static_assert(sizeof(struct ifr_sketch_line) == 64, "a line of the sketch is a line of the cache");

size_t ifr_sketch_size(size_t capacity)
{
    return (capacity + IFR_SKETCH_ITEMS - 1) / IFR_SKETCH_ITEMS * sizeof(struct ifr_sketch_line);
}

void ifr_sketch_init(struct ifr_sketch *sketch, size_t capacity, void *memory)
{
    *sketch = (struct ifr_sketch){
        .lines = memory,
        .count = ifr_sketch_size(capacity) / sizeof(struct ifr_sketch_line),
        .sample = (uint64_t)capacity * SAMPLE,
    };
}

static struct ifr_sketch_line *line_of(const struct ifr_sketch *sketch, uint64_t hash)
{
    const uint64_t spread = hash * UINT64_C(0xd6e8feb86659fd93);
    return sketch->lines + (((unsigned __int128)spread * sketch->count) >> 64);
}

/* The number of a row's counter in its line: one of 28 from 16 bits of the hash. */
static unsigned counter_of(uint64_t hash, unsigned row)
{
    const unsigned bits = (unsigned)(hash >> (16 * row)) & 0xffff;
    return row * IFR_SKETCH_ROW_SIZE + ((bits * IFR_SKETCH_ROW_SIZE) >> 16);
}

static unsigned counter_get(const struct ifr_sketch_line *line, unsigned counter)
{
    return (unsigned)(line->counters[counter / 16] >> (counter % 16 * 4)) & 15;
}

static unsigned least_of(const struct ifr_sketch_line *line, uint64_t hash)
{
    unsigned least = IFR_SKETCH_MAX;
    for (unsigned row = 0; row < IFR_SKETCH_ROWS; row++) {
        const unsigned value = counter_get(line, counter_of(hash, row));
        least = value < least ? value : least;
    }
    return least;
}

/* Make up for the halvings since the line was last touched; after four nothing is left. */
static void line_age(struct ifr_sketch_line *line, uint64_t age)
{
    const uint64_t times = age - line->age;
    const uint64_t keep = times < 4 ? (15U >> times) * UINT64_C(0x1111111111111111) : 0;
    if (times == 0)
        return;
    for (unsigned i = 0; i < IFR_SKETCH_WORDS; i++)
        line->counters[i] = times < 4 ? (line->counters[i] >> times) & keep : 0;
    line->age = age;
}

void ifr_sketch_add(struct ifr_sketch *sketch, uint64_t hash)
{
    struct ifr_sketch_line *const line = line_of(sketch, hash);
    line_age(line, sketch->age);
    const unsigned least = least_of(line, hash);
    if (least == IFR_SKETCH_MAX)
        return;
    for (unsigned row = 0; row < IFR_SKETCH_ROWS; row++) {
        const unsigned counter = counter_of(hash, row);
        if (counter_get(line, counter) == least)
            line->counters[counter / 16] += UINT64_C(1) << (counter % 16 * 4);
    }
    if (++sketch->uses >= sketch->sample) {
        sketch->uses /= 2;
        sketch->age++;
    }
}

unsigned ifr_sketch_estimate(const struct ifr_sketch *sketch, uint64_t hash)
{
    const struct ifr_sketch_line *const line = line_of(sketch, hash);
    const uint64_t times = sketch->age - line->age;
    return times < 4 ? least_of(line, hash) >> times : 0;
}
