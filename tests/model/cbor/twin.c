/* twin.c - see twin.h. */
#include "twin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 120, CHILDREN_MAX = 12, TEXT_MAX = 40 };

static struct twin *new_twin(struct base_arena *arena, unsigned major, uint64_t value)
{
    struct twin *const twin = base_arena_alloc(arena, sizeof *twin);
    *twin = (struct twin){ .major = major, .value = value };
    return twin;
}

static uint64_t random_value(struct base_rng *rng)
{
    return base_rng_u64(rng) >> base_rng_below(rng, 64);
}

static double random_number(struct base_rng *rng)
{
    static const double some[] = { 0,     -0.0,     1,         65504, 65505,    0x1p-24,   0x1p-25,
                                   1e300, INFINITY, -INFINITY, NAN,   0x1p-149, 0x1p-1074, 1.1 };
    const uint64_t kind = base_rng_below(rng, 3);
    if (kind == 0)
        return some[base_rng_below(rng, sizeof some / sizeof some[0])];
    const double number = ldexp((double)base_rng_below(rng, kind == 1 ? 2048 : 1 << 25),
                                (int)base_rng_below(rng, 60) - 40);
    return base_rng_below(rng, 2) ? number : -number;
}

static struct base_span random_string(struct base_arena *arena, struct base_rng *rng, bool is_text)
{
    static const char *const letters[] = {
        "a", "b", "k", "_", "\xc3\xa9", "\xe6\xb0\xb4", "\xf0\x90\x85\x91", "\""
    };
    char bytes[4 * TEXT_MAX];
    size_t size = 0;
    for (uint64_t left = base_rng_below(rng, TEXT_MAX); left > 0; left--) {
        if (!is_text) {
            bytes[size++] = (char)base_rng_below(rng, 256);
            continue;
        }
        const char *const letter = letters[base_rng_below(rng, base_rng_below(rng, 4) ? 3 : 8)];
        memcpy(bytes + size, letter, strlen(letter));
        size += strlen(letter);
    }
    return base_span_of(base_arena_text_of(arena, bytes, size), size);
}

static bool are_equal(const struct twin *a, const struct twin *b)
{
    struct base_buf left = { 0 };
    struct base_buf right = { 0 };
    const bool is_encoded = twin_encode(a, TWIN_CORE, &left) && twin_encode(b, TWIN_CORE, &right);
    const bool is_equal =
        is_encoded && left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
    base_buf_done(&left);
    base_buf_done(&right);
    return is_equal;
}

static bool has_key(const struct twin *map, const struct twin *key)
{
    for (size_t i = 0; i < map->count; i += 2)
        if (are_equal(map->children[i], key))
            return true;
    return false;
}

static void random_children(struct base_arena *arena, struct base_rng *rng, struct twin *twin,
                            unsigned depth)
{
    const size_t wanted = twin->major == 6 ? 1 : base_rng_below(rng, CHILDREN_MAX);
    twin->children = base_arena_array(arena, 2 * wanted + 1, sizeof *twin->children);
    for (size_t i = 0; i < wanted; i++) {
        struct twin *const child = twin_random(arena, rng, depth - 1);
        if (twin->major == 5 && has_key(twin, child))
            continue;
        twin->children[twin->count++] = child;
        if (twin->major == 5)
            twin->children[twin->count++] = twin_random(arena, rng, depth - 1);
    }
    if (twin->major != 6)
        twin->value = twin->major == 5 ? twin->count / 2 : twin->count;
}

struct twin *twin_random(struct base_arena *arena, struct base_rng *rng, unsigned depth)
{
    const unsigned major = (unsigned)base_rng_below(rng, 8);
    struct twin *const twin =
        new_twin(arena, depth == 0 && major >= 4 ? 0 : major, random_value(rng));
    if (twin->major == 2 || twin->major == 3) {
        twin->string = random_string(arena, rng, twin->major == 3);
        twin->value = twin->string.size;
    } else if (twin->major >= 4 && twin->major <= 6) {
        random_children(arena, rng, twin, depth);
    } else if (twin->major == 7) {
        twin->is_float = base_rng_below(rng, 2) == 0;
        twin->number = random_number(rng);
        twin->value = base_rng_below(rng, 256);
        if (twin->value >= 24 && twin->value < 32)
            twin->value = 22;
    }
    return twin;
}

static void put_byte(struct base_buf *out, uint64_t byte)
{
    const uint8_t bytes[1] = { (uint8_t)byte };
    if (base_buf_put(out, bytes, 1) != BASE_OK)
        abort();
}

static void put_number(struct base_buf *out, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        put_byte(out, value >> (8 * i));
}

static void put_head(struct base_buf *out, unsigned major, uint64_t value)
{
    const int bytes = value < 24            ? 0
                      : value <= 0xff       ? 1
                      : value <= 0xffff     ? 2
                      : value <= 0xffffffff ? 4
                                            : 8;
    static const unsigned info[] = { [1] = 24, [2] = 25, [4] = 26, [8] = 27 };
    put_byte(out, major * 32 + (bytes == 0 ? value : info[bytes]));
    put_number(out, value, bytes);
}

/* A half's value by the definition of the format, for all 65536 of them. */
static double half_value(unsigned half)
{
    const int exponent = (int)(half >> 10) & 31;
    const double fraction = half & 1023;
    const double size = exponent == 0    ? ldexp(fraction, -24)
                        : exponent != 31 ? ldexp(fraction + 1024, exponent - 25)
                        : fraction == 0  ? INFINITY
                                         : NAN;
    return half & 0x8000 ? -size : size;
}

static bool same_number(double a, double b)
{
    return a == b && signbit(a) == signbit(b);
}

static void put_float(struct base_buf *out, double number)
{
    if (isnan(number)) {
        put_byte(out, 0xf9);
        put_number(out, 0x7e00, 2);
        return;
    }
    for (unsigned half = 0; half < 65536; half++) {
        if (same_number(half_value(half), number)) {
            put_byte(out, 0xf9);
            put_number(out, half, 2);
            return;
        }
    }
    const float single = (float)number;
    uint32_t single_bits;
    uint64_t bits;
    memcpy(&single_bits, &single, 4);
    memcpy(&bits, &number, 8);
    const bool is_single = same_number(single, number);
    put_byte(out, is_single ? 0xfa : 0xfb);
    put_number(out, is_single ? single_bits : bits, is_single ? 4 : 8);
}

static bool is_before(struct base_span a, struct base_span b, enum twin_order order)
{
    if (order == TWIN_CTAP2 && a.data[0] / 32 != b.data[0] / 32)
        return a.data[0] < b.data[0];
    if (order != TWIN_CORE && a.size != b.size)
        return a.size < b.size;
    for (size_t i = 0; i < a.size && i < b.size; i++)
        if (a.data[i] != b.data[i])
            return a.data[i] < b.data[i];
    return a.size < b.size;
}

static bool put_map(const struct twin *map, enum twin_order order, struct base_buf *out)
{
    const size_t count = map->count / 2;
    struct base_buf *const keys = calloc(count + 1, sizeof *keys);
    size_t *const ranks = calloc(count + 1, sizeof *ranks);
    bool is_good = true;
    for (size_t i = 0; i < count; i++)
        is_good &= twin_encode(map->children[2 * i], order, &keys[i]);
    for (size_t i = 0; is_good && i < count; i++)
        for (size_t k = 0; k < count; k++)
            ranks[i] += is_before(base_buf_span(&keys[k]), base_buf_span(&keys[i]), order);
    for (size_t rank = 0; is_good && rank < count; rank++) {
        size_t i = 0;
        while (i < count && ranks[i] != rank)
            i++;
        if (i == count) {
            is_good = false; /* two keys have the same rank: they are equal */
            break;
        }
        is_good = base_buf_put(out, keys[i].data, keys[i].size) == BASE_OK &&
                  twin_encode(map->children[2 * i + 1], order, out);
    }
    for (size_t i = 0; i < count; i++)
        base_buf_done(&keys[i]);
    free(keys);
    free(ranks);
    return is_good;
}

bool twin_encode(const struct twin *twin, enum twin_order order, struct base_buf *out)
{
    if (twin->major == 7 && twin->is_float) {
        put_float(out, twin->number);
        return true;
    }
    put_head(out, twin->major, twin->value);
    if (twin->major == 2 || twin->major == 3)
        return base_buf_put(out, twin->string.data, twin->string.size) == BASE_OK;
    if (twin->major == 5)
        return put_map(twin, order, out);
    for (size_t i = 0; i < twin->count; i++)
        if (!twin_encode(twin->children[i], order, out))
            return false;
    return true;
}

/* The argument of the head at *at; false when it is cut off or reserved. */
static bool take_head(struct base_span input, size_t *at, unsigned *major, unsigned *info,
                      uint64_t *value)
{
    if (*at >= input.size)
        return false;
    const uint8_t first = input.data[(*at)++];
    *major = first / 32;
    *info = first % 32;
    *value = *info;
    if (*info < 24 || *info == 31)
        return true;
    if (*info > 27)
        return false;
    *value = 0;
    for (size_t bytes = (size_t)1 << (*info - 24); bytes > 0; bytes--) {
        if (*at >= input.size)
            return false;
        *value = *value * 256 + input.data[(*at)++];
    }
    return true;
}

static bool take_string(struct base_span input, size_t *at, uint64_t size)
{
    if (size > input.size - *at)
        return false;
    *at += size;
    return true;
}

static int well_formed(struct base_span input, size_t *at, unsigned nesting);

enum { BAD = -1, BREAK = 99 };

static bool chunks(struct base_span input, size_t *at, unsigned major)
{
    for (;;) {
        unsigned other, info;
        uint64_t size;
        if (*at < input.size && input.data[*at] == 0xff)
            return ++*at, true;
        if (!take_head(input, at, &other, &info, &size) || other != major || info == 31 ||
            !take_string(input, at, size))
            return false;
    }
}

static bool endless(struct base_span input, size_t *at, unsigned major, unsigned nesting)
{
    if (major == 2 || major == 3)
        return chunks(input, at, major);
    for (size_t parts = 0;; parts++) {
        const int item = well_formed(input, at, nesting + 1);
        if (item == BREAK)
            return major == 4 || parts % 2 == 0;
        if (item == BAD)
            return false;
    }
}

static int well_formed(struct base_span input, size_t *at, unsigned nesting)
{
    unsigned major, info;
    uint64_t value;
    if (nesting > NESTING_MAX || !take_head(input, at, &major, &info, &value))
        return BAD;
    if (info == 31 && major == 7)
        return BREAK;
    if (info == 31)
        return major >= 2 && major <= 5 && endless(input, at, major, nesting) ? 0 : BAD;
    if (major == 7)
        return info == 24 && value < 32 ? BAD : 0;
    if (major == 2 || major == 3)
        return take_string(input, at, value) ? 0 : BAD;
    if (major < 4)
        return 0;
    const uint64_t each = major == 5 ? 2 : 1;
    const uint64_t items = major == 6 ? 1 : value;
    for (uint64_t i = 0; i < items; i++)
        for (uint64_t k = 0; k < each; k++)
            if (well_formed(input, at, nesting + 1) != 0)
                return BAD;
    return 0;
}

bool twin_is_well_formed(struct base_span input)
{
    size_t at = 0;
    return well_formed(input, &at, 0) == 0 && at == input.size;
}

/* Decode each code point, and ask whether encoding it gives the same bytes. */
static bool is_utf8(struct base_span text)
{
    for (size_t at = 0; at < text.size;) {
        const uint8_t lead = text.data[at];
        const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        if ((lead >= 0x80 && lead < 0xc0) || lead >= 0xf8 || size > text.size - at)
            return false;
        uint32_t code = size == 1 ? lead : lead & (0x7fU >> size);
        for (size_t i = 1; i < size; i++) {
            if (text.data[at + i] / 64 != 2)
                return false;
            code = code * 64 + text.data[at + i] % 64;
        }
        if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
        at += size;
    }
    return true;
}

static double float_value(uint64_t bits, unsigned info)
{
    if (info == 25)
        return half_value((unsigned)bits);
    if (info == 26) {
        const uint32_t single_bits = (uint32_t)bits;
        float single;
        memcpy(&single, &single_bits, 4);
        return single;
    }
    double number;
    memcpy(&number, &bits, 8);
    return number;
}

/* The input is well-formed. NULL: indefinite, or a text that is not UTF-8. */
static struct twin *decode(struct base_arena *arena, struct base_span input, size_t *at)
{
    unsigned major, info;
    uint64_t value;
    if (!take_head(input, at, &major, &info, &value) || info == 31)
        return NULL;
    struct twin *const twin = new_twin(arena, major, value);
    if (major == 7 && info >= 25) {
        twin->is_float = true;
        twin->number = float_value(value, info);
    } else if (major == 2 || major == 3) {
        twin->string = base_span_of(input.data + *at, value);
        *at += value;
        return major == 3 && !is_utf8(twin->string) ? NULL : twin;
    } else if (major >= 4 && major <= 6) {
        twin->count = major == 6 ? 1 : major == 5 ? 2 * value : value;
        twin->children = base_arena_array(arena, twin->count + 1, sizeof *twin->children);
        for (size_t i = 0; i < twin->count; i++)
            if ((twin->children[i] = decode(arena, input, at)) == NULL)
                return NULL;
    }
    return twin;
}

bool twin_is_deterministic(struct base_span input, enum twin_order order)
{
    if (!twin_is_well_formed(input))
        return false;
    struct base_arena arena = { 0 };
    struct base_buf out = { 0 };
    size_t at = 0;
    const struct twin *const twin = decode(&arena, input, &at);
    const bool is_same = twin != NULL && twin_encode(twin, order, &out) && out.size == input.size &&
                         memcmp(out.data, input.data, out.size) == 0;
    base_buf_done(&out);
    base_arena_done(&arena);
    return is_same;
}
