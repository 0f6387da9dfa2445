/* resample_plain.c - the inner operations in plain C: the twin that the vector variants must equal.
 */
#include "resample_internal.h"

#include <base/rng.h>

static bool plain_is_supported(void)
{
    return true;
}

static inline uint64_t next_of(uint64_t state[4][RESAMPLE_LANES], int lane)
{
    struct base_rng rng = { { state[0][lane], state[1][lane], state[2][lane], state[3][lane] } };
    const uint64_t value = base_rng_u64(&rng);
    for (int word = 0; word < 4; word++)
        state[word][lane] = rng.state[word];
    return value;
}

static void plain_draw(struct resample_rng *rng, uint32_t bound, uint32_t *out, size_t count)
{
    for (size_t i = 0; i < count; i += RESAMPLE_DRAW) {
        for (int lane = 0; lane < RESAMPLE_LANES; lane++) {
            const uint64_t bits = next_of(rng->state, lane);
            out[i + 2 * lane] = (uint32_t)((bits & 0xffffffffu) * bound >> 32);
            out[i + 2 * lane + 1] = (uint32_t)((bits >> 32) * bound >> 32);
        }
    }
}

static void plain_sums(const uint16_t *counts, const double *columns, size_t padded,
                       double sums[RESAMPLE_COLUMNS])
{
    for (int c = 0; c < RESAMPLE_COLUMNS; c++, columns += padded) {
        double lanes[RESAMPLE_LANES] = { 0 };
        for (size_t i = 0; i < padded; i += RESAMPLE_LANES) {
            for (int lane = 0; lane < RESAMPLE_LANES; lane++)
                lanes[lane] += (double)counts[i + lane] * columns[i + lane];
        }
        sums[c] = resample_fold(lanes);
    }
}

static void plain_prefix(const uint16_t *counts, uint16_t *prefix, size_t padded)
{
    uint16_t sum = 0;
    for (size_t i = 0; i < padded; i++)
        prefix[i] = sum = (uint16_t)(sum + counts[i]);
}

/* Each 64-bit word holds four counts: a multiplication leaves their running sums in place, and the
 * running sum of words is a chain of one addition a word.
 * Little-endian only. */
void resample_prefix_words(const uint16_t *counts, uint16_t *prefix, size_t padded)
{
    const uint64_t ones = 0x0001000100010001u;
    uint64_t total = 0;
    for (size_t i = 0; i < padded; i += 4) {
        uint64_t word;
        __builtin_memcpy(&word, counts + i, sizeof word);
        word *= ones;
        const uint64_t sums = word + total * ones;
        __builtin_memcpy(prefix + i, &sums, sizeof sums);
        total += word >> 48;
    }
}

static inline size_t plain_below(const struct resample_drawn *drawn, size_t target)
{
    const size_t base = resample_narrow(drawn, target, 1);
    return base + (drawn->prefix[base] < target);
}

static void plain_middle(const struct resample_drawn *drawn, double *median, double *mad)
{
    resample_middle(drawn, median, mad, plain_below);
}

const struct resample_kernel resample_plain = {
    .name = "plain",
    .is_supported = plain_is_supported,
    .draw = plain_draw,
    .sums = plain_sums,
    .prefix = plain_prefix,
    .middle = plain_middle,
};
