/* cbor_float.c - IEEE 754 binary16 by its bits. A float is narrowed by trying: the value survives
 * the trip to the narrower format exactly or the wider one is kept. */
#include <bpi/cbor.h>

enum { HALF_NAN = 0x7e00, HALF_INFINITY = 0x7c00 };

/* binary32 to binary16, false when it loses anything; NaN is the caller's. */
static bool half_of_single(uint32_t single, uint16_t *half)
{
    const uint16_t sign = (uint16_t)(single >> 16 & 0x8000);
    const int exponent = (int)(single >> 23 & 0xff) - 127;
    const uint32_t fraction = single & 0x7fffff;
    if ((single & 0x7fffffff) == 0 || exponent == 128) {
        *half = exponent == 128 ? sign | HALF_INFINITY : sign;
        return true;
    }
    if (exponent > 15 || exponent < -24)
        return false;
    /* Below 2^-14 the half is subnormal: a multiple of 2^-24 without a hidden bit. */
    const int drop = exponent >= -14 ? 13 : -1 - exponent;
    const uint32_t significand = exponent >= -14 ? fraction : fraction | 0x800000;
    if ((significand & ((UINT32_C(1) << drop) - 1)) != 0)
        return false;
    const uint32_t biased = exponent >= -14 ? (uint32_t)(exponent + 15) << 10 : 0;
    *half = (uint16_t)(sign | biased | significand >> drop);
    return true;
}

unsigned bpi_cbor_float_narrow(double value, uint64_t *bits)
{
    if (value != value) {
        *bits = HALF_NAN;
        return 2;
    }
    const float single = (float)value;
    if ((double)single != value) {
        memcpy(bits, &value, sizeof value);
        return 8;
    }
    uint32_t single_bits;
    memcpy(&single_bits, &single, sizeof single);
    uint16_t half;
    if (half_of_single(single_bits, &half)) {
        *bits = half;
        return 2;
    }
    *bits = single_bits;
    return 4;
}

double bpi_cbor_float_widen(uint16_t half)
{
    const uint64_t sign = (uint64_t)(half & 0x8000) << 48;
    const unsigned exponent = half >> 10 & 31;
    const uint64_t fraction = half & 0x3ff;
    double value;
    if (exponent == 0) {
        value = (double)fraction * 0x1p-24;
        return sign != 0 ? -value : value;
    }
    const uint64_t biased = exponent == 31 ? 0x7ff : exponent - 15 + 1023;
    const uint64_t bits = sign | biased << 52 | fraction << 42;
    memcpy(&value, &bits, sizeof value);
    return value;
}
