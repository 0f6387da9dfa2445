/* ifr_filter_rate.c - how often a split-block filter is wrong, and how large it must be.
 *
 * The number of keys in the block that a question meets is binomial; its weights come from their
 * recurrence, which is exact and stays positive, while the closed form (an alternating sum over the
 * lanes) loses all digits at small rates. */
#include "ifr_filter_internal.h"

#include <math.h>

/* With more keys a block every answer is yes, to four digits; no weight underflows below it, not
 * even that of an empty one of two blocks. */
#define KEYS_A_BLOCK_MAX 400.0

/* A block answers yes when the asked bit of each lane is set. `clear` = (31/32)^keys. */
static double block_rate(double clear)
{
    const double lane = 1 - clear;
    const double two = lane * lane;
    const double four = two * two;
    return four * four;
}

double mfn_ifr_filter_rate_of(uint64_t count, uint64_t blocks)
{
    const double keys = (double)count;
    const double mean = keys / (double)blocks;
    if (mean > KEYS_A_BLOCK_MAX)
        return 1;
    if (blocks == 1)
        return block_rate(pow(31.0 / 32, keys));
    double weight = exp(keys * log1p(-1 / (double)blocks));
    double clear = 1;
    double rate = 0;
    for (double i = 1; i <= keys; i++) {
        weight *= (keys - i + 1) / (i * ((double)blocks - 1));
        clear *= 31.0 / 32;
        rate += weight * block_rate(clear);
        if (i > mean && weight < 1e-18 * rate)
            break;
    }
    return rate < 1 ? rate : 1;
}

uint64_t ifr_filter_blocks_for(uint64_t count, double rate)
{
    uint64_t enough = 1;
    while (mfn_ifr_filter_rate_of(count, enough) > rate)
        enough *= 2;
    uint64_t too_few = enough / 2;
    while (enough - too_few > 1) {
        const uint64_t middle = too_few + (enough - too_few) / 2;
        if (mfn_ifr_filter_rate_of(count, middle) > rate)
            too_few = middle;
        else
            enough = middle;
    }
    return enough;
}
