/* canonical.c - heads and floats by libcbor's streaming encoders; order and shortest form are ours.
 *
 * Half floats are made here: whether a double fits one exactly has to be known anyway.
 */
#include "canonical.h"

#include <cbor.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_SIZE = 9, HALF_HEAD = 0xf9 };

static base_err put(struct base_buf *out, const unsigned char *head, size_t size)
{
    return base_buf_put(out, head, size);
}

/* The bits of the half float that equals a finite value. */
static bool half_of(double value, uint16_t *bits)
{
    int exponent = 0;
    const double fraction = frexp(fabs(value), &exponent); /* [0.5, 1) or 0 */
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const bool is_small = exponent < -13; /* below 2^-14: no hidden bit */
    const double units = is_small ? ldexp(fabs(value), 24) : ldexp(fraction, 11);
    if (exponent > 16 || units != floor(units))
        return false;
    const uint16_t whole = (uint16_t)units;
    *bits = is_small || whole == 0 ? (uint16_t)(sign | whole)
                                   : (uint16_t)(sign | ((exponent + 14) << 10) | (whole & 0x3ff));
    return true;
}

base_err result_canonical_put_float(double value, struct base_buf *out)
{
    unsigned char head[HEAD_SIZE];
    uint16_t bits = 0;
    if (half_of(value, &bits)) {
        const unsigned char half[] = { HALF_HEAD, (unsigned char)(bits >> 8), (unsigned char)bits };
        return put(out, half, sizeof half);
    }
    const float single = fabs(value) <= 3.4028234663852886e38 ? (float)value : 0;
    if ((double)single == value)
        return put(out, head, cbor_encode_single(single, head, sizeof head));
    return put(out, head, cbor_encode_double(value, head, sizeof head));
}

static base_err put_text(const char *text, size_t size, struct base_buf *out)
{
    unsigned char head[HEAD_SIZE];
    const base_err err = put(out, head, cbor_encode_string_start(size, head, sizeof head));
    return err != BASE_OK ? err : base_buf_put(out, text, size);
}

static base_err put_integer(json_int_t value, struct base_buf *out)
{
    unsigned char head[HEAD_SIZE];
    const size_t size = value >= 0
                            ? cbor_encode_uint((uint64_t)value, head, sizeof head)
                            : cbor_encode_negint((uint64_t) - (value + 1), head, sizeof head);
    return put(out, head, size);
}

/* Bytewise order of encoded text keys: the head holds the length, so shorter ones come first. */
static int by_encoding(const void *left, const void *right)
{
    const char *const a = *(const char *const *)left;
    const char *const b = *(const char *const *)right;
    const size_t a_size = strlen(a);
    const size_t b_size = strlen(b);
    return a_size != b_size ? (a_size < b_size ? -1 : 1) : memcmp(a, b, a_size);
}

static base_err put_map(const json_t *tree, const char *without, struct base_buf *out)
{
    unsigned char head[HEAD_SIZE];
    const char **keys = calloc(json_object_size(tree) + 1, sizeof *keys);
    if (keys == NULL)
        return BASE_ENOMEM;
    size_t count = 0;
    for (void *at = json_object_iter((json_t *)tree); at != NULL;
         at = json_object_iter_next((json_t *)tree, at))
        if (without == NULL || strcmp(json_object_iter_key(at), without) != 0)
            keys[count++] = json_object_iter_key(at);
    qsort(keys, count, sizeof *keys, by_encoding);
    base_err err = put(out, head, cbor_encode_map_start(count, head, sizeof head));
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        err = put_text(keys[i], strlen(keys[i]), out);
        if (err == BASE_OK)
            err = result_canonical_of(json_object_get(tree, keys[i]), NULL, out);
    }
    free(keys);
    return err;
}

static base_err put_array(const json_t *tree, struct base_buf *out)
{
    unsigned char head[HEAD_SIZE];
    const size_t count = json_array_size(tree);
    base_err err = put(out, head, cbor_encode_array_start(count, head, sizeof head));
    for (size_t i = 0; err == BASE_OK && i < count; i++)
        err = result_canonical_of(json_array_get(tree, i), NULL, out);
    return err;
}

base_err result_canonical_of(const json_t *tree, const char *without, struct base_buf *out)
{
    unsigned char head[HEAD_SIZE];
    switch (json_typeof(tree)) {
    case JSON_OBJECT:
        return put_map(tree, without, out);
    case JSON_ARRAY:
        return put_array(tree, out);
    case JSON_STRING:
        return put_text(json_string_value(tree), json_string_length(tree), out);
    case JSON_INTEGER:
        return put_integer(json_integer_value(tree), out);
    case JSON_REAL:
        return result_canonical_put_float(json_real_value(tree), out);
    case JSON_TRUE:
    case JSON_FALSE:
        return put(out, head, cbor_encode_bool(json_is_true(tree), head, sizeof head));
    case JSON_NULL:
        return put(out, head, cbor_encode_null(head, sizeof head));
    }
    return BASE_EINVALID;
}
