/* cbor_diag.c - the reader's items, printed one by one. A small stack remembers how each open item
 * ends; nothing recurses. */
#include <bpi/cbor_diag.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BIGNUM_MIN_BYTES = 9, BIGNUM_MAX_BYTES = 64, TAG_BIGNUM = 2, TAG_NEGATIVE_BIGNUM = 3 };
enum { DIGITS_MAX = 17, NUMBER_TEXT_SIZE = 64, FIXED_BELOW = 21, FIXED_ABOVE = -6 };
enum { INDICATOR_SIZE = 4 };

struct open_item {
    uint64_t left; /* parts to come; UINT64_MAX: until a BREAK */
    uint64_t done; /* parts printed */
    enum bpi_cbor_type type;
};

struct printer {
    struct bpi_cbor_reader reader;
    struct base_buf *out;
    bool has_indicators;
    uint32_t depth;
    struct open_item open[BPI_CBOR_DEPTH_MAX + 2]; /* the root, and an empty item inside the last */
};

static base_err put(struct printer *printer, const char *text)
{
    if (printer->out->size > BPI_CBOR_DIAG_MAX_BYTES)
        return BASE_ERANGE;
    return base_buf_put_text(printer->out, text);
}

/* "_0" to "_3" when the head could have been shorter, else "". */
static void indicator_of(const struct printer *printer, const struct bpi_cbor_item *item,
                         char *text)
{
    static const uint64_t least[9] = {
        [1] = 24, [2] = 1 << 8, [4] = 1 << 16, [8] = UINT64_C(1) << 32
    };
    bool is_long = item->width > 0 && item->value < least[item->width];
    if (item->type == BPI_CBOR_FLOAT) {
        uint64_t bits;
        is_long = bpi_cbor_float_narrow(item->number, &bits) < item->width;
    }
    text[0] = '\0';
    if (printer->has_indicators && !item->is_indefinite && is_long)
        snprintf(text, INDICATOR_SIZE, "_%d", __builtin_ctz(item->width));
}

static base_err put_indicator(struct printer *printer, const struct bpi_cbor_item *item)
{
    char text[INDICATOR_SIZE];
    indicator_of(printer, item, text);
    return put(printer, text);
}

static base_err put_unsigned(struct printer *printer, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return put(printer, text);
}

/* -1 - value, of which -2^64 has no machine type. */
static base_err put_negative(struct printer *printer, uint64_t value)
{
    if (value == UINT64_MAX)
        return put(printer, "-18446744073709551616");
    const base_err err = put(printer, "-");
    return err == BASE_OK ? put_unsigned(printer, value + 1) : err;
}

/* Is this the text of the value, or is it with its last digit one up? (Above a power of two more
 * texts mean the same value than below, so that the nearest one may lie on the wrong side.) */
static bool is_text_of(double value, char *text)
{
    if (strtod(text, NULL) == value)
        return true;
    char *const last = strchr(text, 'e') - 1;
    if (*last == '9')
        return false;
    ++*last;
    return strtod(text, NULL) == value;
}

/* The fewest digits that mean a finite positive number, 0.d1d2d3... x 10^point. */
static int shortest_digits(double value, char *digits, int *point)
{
    char text[NUMBER_TEXT_SIZE];
    for (int precision = 1; precision <= DIGITS_MAX; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (is_text_of(value, text))
            break;
    }
    int count = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    *point = atoi(at + 1) + 1;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    return count;
}

static void print_fixed(const char *digits, int count, int point, char *text)
{
    char *to = text;
    if (point <= 0) {
        *to++ = '0';
        *to++ = '.';
        for (int i = point; i < 0; i++)
            *to++ = '0';
    }
    for (int i = 0; i < count || i < point; i++) {
        if (i == point && point > 0)
            *to++ = '.';
        *to++ = i < count ? digits[i] : '0';
    }
    if (count <= point) {
        *to++ = '.';
        *to++ = '0';
    }
    *to = '\0';
}

static base_err put_number(struct printer *printer, double value)
{
    if (isnan(value))
        return put(printer, "NaN");
    if (isinf(value))
        return put(printer, value < 0 ? "-Infinity" : "Infinity");
    if (value == 0)
        return put(printer, signbit(value) ? "-0.0" : "0.0");
    char digits[NUMBER_TEXT_SIZE];
    char text[NUMBER_TEXT_SIZE];
    int point;
    const int count = shortest_digits(fabs(value), digits, &point);
    if (point > FIXED_ABOVE && point <= FIXED_BELOW)
        print_fixed(digits, count, point, text);
    else
        snprintf(text, sizeof text, "%c.%.*se%+d", digits[0], count > 1 ? count - 1 : 1,
                 count > 1 ? digits + 1 : "0", point - 1);
    const base_err err = value < 0 ? put(printer, "-") : BASE_OK;
    return err == BASE_OK ? put(printer, text) : err;
}

static base_err put_hex(struct printer *printer, struct base_span bytes)
{
    static const char hex[] = "0123456789abcdef";
    base_err err = put(printer, "h'");
    if (err == BASE_OK)
        err = base_buf_reserve(printer->out, 2 * bytes.size);
    for (size_t i = 0; err == BASE_OK && i < bytes.size; i++) {
        const char pair[] = { hex[bytes.data[i] >> 4], hex[bytes.data[i] & 15] };
        err = base_buf_put(printer->out, pair, 2);
    }
    return err == BASE_OK ? put(printer, "'") : err;
}

/* One byte that cannot stand for itself in a JSON string. */
static base_err put_escape(struct printer *printer, uint8_t byte)
{
    static const char letters[] = "\"\\\b\f\n\r\t";
    static const char names[] = "\"\\bfnrt";
    const char *const found = byte != 0 ? strchr(letters, byte) : NULL;
    char text[8];
    if (found != NULL)
        snprintf(text, sizeof text, "\\%c", names[found - letters]);
    else
        snprintf(text, sizeof text, "\\u%04x", byte);
    return put(printer, text);
}

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
}

static base_err put_string(struct printer *printer, struct base_span text)
{
    base_err err = put(printer, "\"");
    size_t valid = bpi_cbor_utf8_valid(text.data, text.size);
    for (size_t at = 0; err == BASE_OK && at < text.size;) {
        size_t run = at;
        while (run < valid && is_plain(text.data[run]))
            run++;
        err = base_buf_put(printer->out, text.data + at, run - at);
        at = run;
        if (err != BASE_OK || at == text.size)
            break;
        if (at < valid) {
            err = put_escape(printer, text.data[at++]);
        } else {
            err = put(printer, "\xef\xbf\xbd");
            at++;
            valid = at + bpi_cbor_utf8_valid(text.data + at, text.size - at);
        }
    }
    return err == BASE_OK ? put(printer, "\"") : err;
}

static base_err put_simple(struct printer *printer, const struct bpi_cbor_item *item)
{
    static const char *const names[] = { "false", "true", "null", "undefined" };
    if (item->value >= BPI_CBOR_SIMPLE_FALSE && item->value <= BPI_CBOR_SIMPLE_UNDEFINED)
        return put(printer, names[item->value - BPI_CBOR_SIMPLE_FALSE]);
    char text[16];
    snprintf(text, sizeof text, "simple(%u)", (unsigned)item->value);
    return put(printer, text);
}

/* Divide a big-endian number by ten in place; returns the remainder. */
static unsigned divide_by_ten(uint8_t *number, size_t size)
{
    unsigned rest = 0;
    for (size_t i = 0; i < size; i++) {
        rest = rest << 8 | number[i];
        number[i] = (uint8_t)(rest / 10);
        rest %= 10;
    }
    return rest;
}

static base_err put_bignum(struct printer *printer, struct base_span bytes, bool is_negative)
{
    uint8_t number[BIGNUM_MAX_BYTES + 1] = { 0 };
    memcpy(number + 1, bytes.data, bytes.size);
    for (size_t i = bytes.size; is_negative && ++number[i] == 0;)
        i--;
    char text[3 * BIGNUM_MAX_BYTES];
    size_t at = sizeof text - 1;
    text[at] = '\0';
    for (bool is_zero = false; !is_zero;) {
        text[--at] = (char)('0' + divide_by_ten(number, bytes.size + 1));
        is_zero = true;
        for (size_t i = 0; i <= bytes.size; i++)
            is_zero &= number[i] == 0;
    }
    const base_err err = is_negative ? put(printer, "-") : BASE_OK;
    return err == BASE_OK ? put(printer, text + at) : err;
}

/* A tag that is a bignum in preferred form: its content is read ahead with a copy of the place. */
static bool bignum_of(const struct printer *printer, const struct bpi_cbor_item *tag,
                      struct base_span *bytes)
{
    if ((tag->value != TAG_BIGNUM && tag->value != TAG_NEGATIVE_BIGNUM) || tag->width != 0)
        return false;
    const uint8_t *const at = printer->reader.at;
    const size_t room = (size_t)(printer->reader.end - at);
    const size_t head = room > 0 && at[0] == (BPI_CBOR_BYTES << 5 | 24) ? 2 : 1;
    if (room <= head || at[0] >> 5 != BPI_CBOR_BYTES || (at[0] & 31) > 24)
        return false;
    const size_t size = head == 2 ? at[1] : (size_t)(at[0] & 31);
    if (size < BIGNUM_MIN_BYTES || size > BIGNUM_MAX_BYTES || room - head < size || at[head] == 0 ||
        (head == 2 && size <= BPI_CBOR_SHORT_MAX))
        return false;
    *bytes = base_span_of(at + head, size);
    return true;
}

static base_err open_item(struct printer *printer, const struct bpi_cbor_item *item,
                          const char *opener)
{
    char indicator[INDICATOR_SIZE] = "_";
    if (!item->is_indefinite)
        indicator_of(printer, item, indicator);
    const uint64_t parts = item->type == BPI_CBOR_MAP ? 2 * item->value : item->value;
    printer->open[++printer->depth] =
        (struct open_item){ item->is_indefinite ? UINT64_MAX : parts, 0, item->type };
    base_err err = put(printer, opener);
    if (err == BASE_OK && indicator[0] != '\0')
        err = put(printer, indicator);
    return err == BASE_OK && indicator[0] != '\0' ? put(printer, " ") : err;
}

static base_err put_tag(struct printer *printer, const struct bpi_cbor_item *item)
{
    struct base_span bignum;
    if (bignum_of(printer, item, &bignum)) {
        struct bpi_cbor_item content;
        const base_err err = bpi_cbor_next(&printer->reader, &content);
        return err == BASE_OK ? put_bignum(printer, bignum, item->value == TAG_NEGATIVE_BIGNUM)
                              : err;
    }
    base_err err = put_unsigned(printer, item->value);
    if (err == BASE_OK)
        err = put_indicator(printer, item);
    if (err == BASE_OK)
        err = put(printer, "(");
    printer->open[++printer->depth] = (struct open_item){ 1, 0, BPI_CBOR_TAG };
    return err;
}

/* The next byte is a break: a chunked string without chunks has its own notation. */
static base_err put_empty_chunks(struct printer *printer, const struct bpi_cbor_item *item)
{
    struct bpi_cbor_item end;
    const base_err err = bpi_cbor_next(&printer->reader, &end);
    if (err != BASE_OK)
        return err;
    return put(printer, item->type == BPI_CBOR_TEXT ? "\"\"_" : "''_");
}

static base_err put_strings(struct printer *printer, const struct bpi_cbor_item *item)
{
    const struct bpi_cbor_reader *const reader = &printer->reader;
    if (item->is_indefinite && reader->at < reader->end && *reader->at == 0xff)
        return put_empty_chunks(printer, item);
    if (item->is_indefinite)
        return open_item(printer, item, "(");
    const base_err err = item->type == BPI_CBOR_TEXT ? put_string(printer, item->string)
                                                     : put_hex(printer, item->string);
    return err == BASE_OK ? put_indicator(printer, item) : err;
}

static base_err put_item(struct printer *printer, const struct bpi_cbor_item *item)
{
    base_err err;
    switch (item->type) {
    case BPI_CBOR_UINT:
        err = put_unsigned(printer, item->value);
        break;
    case BPI_CBOR_NINT:
        err = put_negative(printer, item->value);
        break;
    case BPI_CBOR_SIMPLE:
        return put_simple(printer, item);
    case BPI_CBOR_FLOAT:
        err = put_number(printer, item->number);
        break;
    case BPI_CBOR_ARRAY:
        return open_item(printer, item, "[");
    case BPI_CBOR_MAP:
        return open_item(printer, item, "{");
    case BPI_CBOR_TAG:
        return put_tag(printer, item);
    default:
        return put_strings(printer, item);
    }
    return err == BASE_OK ? put_indicator(printer, item) : err;
}

static base_err close_item(struct printer *printer)
{
    static const char *const closers[] = { [BPI_CBOR_BYTES] = ")",
                                           [BPI_CBOR_TEXT] = ")",
                                           [BPI_CBOR_ARRAY] = "]",
                                           [BPI_CBOR_MAP] = "}",
                                           [BPI_CBOR_TAG] = ")" };
    return put(printer, closers[printer->open[printer->depth--].type]);
}

/* What stands between the part before and the next one. */
static base_err put_separator(struct printer *printer)
{
    const struct open_item *const open = &printer->open[printer->depth];
    if (open->done == 0)
        return BASE_OK;
    return put(printer, open->type == BPI_CBOR_MAP && open->done % 2 != 0 ? ": " : ", ");
}

static base_err print_next(struct printer *printer)
{
    struct bpi_cbor_item item;
    base_err err = bpi_cbor_next(&printer->reader, &item);
    if (err != BASE_OK)
        return err;
    if (item.type == BPI_CBOR_BREAK) {
        err = close_item(printer);
    } else {
        err = put_separator(printer);
        printer->open[printer->depth].done++;
        printer->open[printer->depth].left -= printer->open[printer->depth].left != UINT64_MAX;
        if (err == BASE_OK)
            err = put_item(printer, &item);
    }
    while (err == BASE_OK && printer->depth > 0 && printer->open[printer->depth].left == 0)
        err = close_item(printer);
    return err;
}

base_err bpi_cbor_diag(struct base_span input, bool has_indicators, struct base_buf *out,
                       struct base_why *why)
{
    struct printer printer = { .out = out, .has_indicators = has_indicators };
    bpi_cbor_reader_init(&printer.reader, input, &bpi_cbor_lenient);
    printer.open[0] = (struct open_item){ .left = 1 };
    base_err err = BASE_OK;
    while (err == BASE_OK && (printer.depth > 0 || printer.open[0].left > 0))
        err = print_next(&printer);
    if (err == BASE_OK)
        err = bpi_cbor_finish(&printer.reader);
    if (printer.reader.fault.reason != BPI_CBOR_FINE)
        return bpi_cbor_reader_why(&printer.reader, why);
    return err == BASE_OK ? err
                          : base_fail(why, err, bpi_cbor_offset(&printer.reader),
                                      "no room for more than %zu bytes of notation", out->size);
}
