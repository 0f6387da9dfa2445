/* hist_codec.c - the V2 encoding: header and counts are built plain, deflated, and put behind a
 * cookie. Decoding inflates the 40-byte header first, so that the shape of the histogram, and not a
 * length in the input, bounds what is allocated for the rest. */
#include <bench/hist_log.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    HEAD_SIZE = 40,
    FRAME_SIZE = 8,
    LEB128_MAX = 9, /* the ninth byte carries eight bits */
};

static const uint32_t cookie_counts = 0x1c849303;
static const uint32_t cookie_frame = 0x1c849304;
static const uint32_t cookie_nibble = 0x10; /* word size; always one in V2 */

static void put_be(uint8_t *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

static uint64_t get_be(const uint8_t *in, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

static base_err put_count(struct base_buf *out, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    uint8_t bytes[LEB128_MAX];
    size_t size = 0;
    while (rest >= 0x80 && size < LEB128_MAX - 1) {
        bytes[size++] = (uint8_t)(rest | 0x80);
        rest >>= 7;
    }
    bytes[size++] = (uint8_t)rest;
    return base_buf_put(out, bytes, size);
}

/* False at the end of the input inside a number. */
static bool get_count(struct base_span in, size_t *at, int64_t *value)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < LEB128_MAX; i++) {
        if (*at == in.size)
            return false;
        const uint8_t byte = in.data[(*at)++];
        if (i == LEB128_MAX - 1) {
            bits |= (uint64_t)byte << 56;
            break;
        }
        bits |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            break;
    }
    *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return true;
}

/* A single empty bucket is written as 0, a run of n > 1 as -n, as the Java writer does. */
static base_err put_counts(const struct bench_hist *hist, struct base_buf *out)
{
    const size_t end = bench_hist_index(hist, hist->max_value) + 1;
    base_err err = BASE_OK;
    for (size_t i = 0; i < end && err == BASE_OK;) {
        if (hist->counts[i] != 0) {
            err = put_count(out, (int64_t)hist->counts[i++]);
            continue;
        }
        int64_t zeros = 0;
        while (i < end && hist->counts[i] == 0) {
            zeros++;
            i++;
        }
        err = put_count(out, zeros > 1 ? -zeros : 0);
    }
    return err;
}

static base_err put_plain(const struct bench_hist *hist, struct base_buf *plain)
{
    uint8_t head[HEAD_SIZE] = { 0 };
    base_err err = base_buf_put(plain, head, sizeof head);
    if (err == BASE_OK)
        err = put_counts(hist, plain);
    if (err != BASE_OK)
        return err;
    uint64_t ratio = 0;
    memcpy(&ratio, &hist->ratio, sizeof ratio);
    put_be(plain->data, cookie_counts | cookie_nibble, 4);
    put_be(plain->data + 4, plain->size - HEAD_SIZE, 4);
    put_be(plain->data + 12, hist->digits, 4);
    put_be(plain->data + 16, hist->lowest, 8);
    put_be(plain->data + 24, hist->highest, 8);
    put_be(plain->data + 32, ratio, 8);
    return BASE_OK;
}

base_err bench_hist_encode(const struct bench_hist *hist, struct base_buf *out)
{
    struct base_buf plain = { 0 };
    base_err err = put_plain(hist, &plain);
    if (err != BASE_OK)
        goto done;
    uLongf size = compressBound(plain.size);
    err = base_buf_reserve(out, FRAME_SIZE + size);
    if (err != BASE_OK)
        goto done;
    uint8_t *frame = out->data + out->size;
    if (compress(frame + FRAME_SIZE, &size, plain.data, plain.size) != Z_OK) {
        err = BASE_ENOMEM; /* the only failure left with compressBound bytes of room */
        goto done;
    }
    put_be(frame, cookie_frame | cookie_nibble, 4);
    put_be(frame + 4, size, 4);
    out->size += FRAME_SIZE + size;
done:
    base_buf_done(&plain);
    return err;
}

static base_err check_frame(struct base_span bytes, struct base_why *why)
{
    if (bytes.size < FRAME_SIZE)
        return base_fail(why, BASE_ECORRUPT, bytes.size,
                         "a histogram of %zu bytes ends inside its first 8 bytes", bytes.size);
    const uint32_t cookie = (uint32_t)get_be(bytes.data, 4);
    if ((cookie & ~0xf0u) == 0x1c849302 || (cookie & ~0xf0u) == 0x1c849309)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "cookie 0x%08x is of encoding version 0 or 1; version 2 (0x1c849314) is "
                         "understood",
                         cookie);
    if ((cookie & ~0xf0u) != cookie_frame)
        return base_fail(why, BASE_ECORRUPT, 0, "cookie 0x%08x is not a histogram's (0x1c849314)",
                         cookie);
    const uint64_t size = get_be(bytes.data + 4, 4);
    if (size != bytes.size - FRAME_SIZE)
        return base_fail(why, BASE_ECORRUPT, 4, "%llu compressed bytes are announced, %zu follow",
                         (unsigned long long)size, bytes.size - FRAME_SIZE);
    return BASE_OK;
}

static base_err read_head(const uint8_t *head, struct bench_hist *hist, uint64_t *payload_size,
                          struct base_why *why)
{
    const uint32_t cookie = (uint32_t)get_be(head, 4);
    if ((cookie & ~0xf0u) != cookie_counts)
        return base_fail(why, BASE_ECORRUPT, 0,
                         "inner cookie 0x%08x is not that of version 2 (0x1c849313)", cookie);
    if (get_be(head + 8, 4) != 0)
        return base_fail(why, BASE_EUNSUPPORTED, 8,
                         "shifted buckets (offset %d) are not understood",
                         (int)(int32_t)get_be(head + 8, 4));
    const uint32_t digits = (uint32_t)get_be(head + 12, 4);
    const uint64_t lowest = get_be(head + 16, 8);
    const uint64_t highest = get_be(head + 24, 8);
    const base_err err = bench_hist_init(hist, lowest, highest, digits, NULL);
    if (err != BASE_OK)
        return base_fail(why, err == BASE_ERANGE ? BASE_ECORRUPT : err, 12,
                         "no histogram has %u digits from %llu to %llu", digits,
                         (unsigned long long)lowest, (unsigned long long)highest);
    const uint64_t ratio = get_be(head + 32, 8);
    memcpy(&hist->ratio, &ratio, sizeof ratio);
    *payload_size = get_be(head + 4, 4);
    if (!isfinite(hist->ratio) || hist->ratio <= 0)
        return base_fail(why, BASE_ECORRUPT, 32, "conversion ratio %g is not above 0", hist->ratio);
    if (*payload_size > hist->capacity * LEB128_MAX)
        return base_fail(why, BASE_ECORRUPT, 4,
                         "%llu bytes of counts are more than %zu buckets need",
                         (unsigned long long)*payload_size, hist->capacity);
    return BASE_OK;
}

static base_err read_counts(struct base_span in, struct bench_hist *hist, struct base_why *why)
{
    size_t index = 0;
    for (size_t at = 0; at < in.size;) {
        const size_t start = at + HEAD_SIZE;
        int64_t count = 0;
        if (!get_count(in, &at, &count))
            return base_fail(why, BASE_ECORRUPT, start, "the counts end inside a number");
        const uint64_t step = count < 0 ? 0 - (uint64_t)count : 1;
        if (step > hist->capacity - index)
            return base_fail(why, BASE_ECORRUPT, start, "counts go past the last of %zu buckets",
                             hist->capacity);
        if (count > 0) {
            if ((uint64_t)count > INT64_MAX - hist->total)
                return base_fail(why, BASE_ECORRUPT, start, "counts add up to more than 2^63-1");
            hist->counts[index] = (uint64_t)count;
            hist->total += (uint64_t)count;
        }
        index += step;
    }
    return BASE_OK;
}

/* Smallest and largest value from the buckets: the lower and the upper edge, as others report. */
static void find_extremes(struct bench_hist *hist)
{
    struct bench_hist_iter iter = { .hist = hist };
    while (bench_hist_next(&iter)) {
        if (hist->min_value == UINT64_MAX)
            hist->min_value = iter.low;
        hist->max_value = iter.high;
    }
}

static base_err inflate_head(z_stream *stream, uint8_t *head, struct base_why *why)
{
    stream->next_out = head;
    stream->avail_out = HEAD_SIZE;
    const int got = inflate(stream, Z_SYNC_FLUSH);
    if ((got != Z_OK && got != Z_STREAM_END) || stream->avail_out != 0)
        return base_fail(why, got == Z_MEM_ERROR ? BASE_ENOMEM : BASE_ECORRUPT,
                         FRAME_SIZE + stream->total_in,
                         "the compressed bytes are damaged before the end of the header");
    return BASE_OK;
}

/* zlib reports the end of the stream only when it may write one byte more, hence the spare one. */
static base_err read_payload(z_stream *stream, uint64_t size, struct bench_hist *hist,
                             struct base_why *why)
{
    uint8_t *payload = malloc(size + 1);
    if (payload == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %llu bytes of counts",
                         (unsigned long long)size);
    stream->next_out = payload;
    stream->avail_out = (uInt)(size + 1);
    const int got = inflate(stream, Z_FINISH);
    base_err err = BASE_OK;
    if (got != Z_STREAM_END || stream->avail_in != 0 || stream->avail_out != 1)
        err = base_fail(why, got == Z_MEM_ERROR ? BASE_ENOMEM : BASE_ECORRUPT,
                        FRAME_SIZE + stream->total_in,
                        "the compressed bytes are damaged, or not of the announced length");
    if (err == BASE_OK)
        err = read_counts(base_span_of(payload, size), hist, why);
    free(payload);
    return err;
}

base_err bench_hist_decode(struct base_span bytes, struct bench_hist *hist, struct base_why *why)
{
    base_err err = check_frame(bytes, why);
    if (err != BASE_OK)
        return err;
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)(bytes.data + FRAME_SIZE),
                        .avail_in = (uInt)(bytes.size - FRAME_SIZE) };
    if (inflateInit(&stream) != Z_OK)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory while inflating");
    struct bench_hist made = { 0 };
    uint8_t head[HEAD_SIZE];
    uint64_t payload_size = 0;
    err = inflate_head(&stream, head, why);
    if (err == BASE_OK)
        err = read_head(head, &made, &payload_size, why);
    if (err == BASE_OK)
        err = read_payload(&stream, payload_size, &made, why);
    inflateEnd(&stream);
    if (err == BASE_OK) {
        find_extremes(&made);
        *hist = made;
    } else {
        bench_hist_done(&made);
    }
    return err;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

base_err bench_hist_encode_text(const struct bench_hist *hist, struct base_buf *out)
{
    struct base_buf bytes = { 0 };
    base_err err = bench_hist_encode(hist, &bytes);
    if (err == BASE_OK)
        err = base_buf_reserve(out, (bytes.size + 2) / 3 * 4);
    for (size_t i = 0; err == BASE_OK && i < bytes.size; i += 3) {
        const size_t have = bytes.size - i < 3 ? bytes.size - i : 3;
        uint8_t group[3] = { 0 };
        memcpy(group, bytes.data + i, have);
        const uint32_t bits = (uint32_t)get_be(group, 3);
        char text[4];
        for (unsigned k = 0; k < 4; k++)
            text[k] = k <= have ? base64_digits[bits >> (18 - 6 * k) & 63] : '=';
        err = base_buf_put(out, text, sizeof text);
    }
    base_buf_done(&bytes);
    return err;
}

/* -1: not a digit of base64. */
static int base64_value(uint8_t c)
{
    const char *at = c == '\0' ? NULL : strchr(base64_digits, c);
    return at == NULL ? -1 : (int)(at - base64_digits);
}

static base_err base64_decode(struct base_span text, struct base_buf *out, struct base_why *why)
{
    size_t size = text.size;
    for (unsigned pads = 0; pads < 2 && size > 0 && text.data[size - 1] == '='; pads++)
        size--;
    if (text.size % 4 != 0 || text.size == 0)
        return base_fail(why, BASE_ECORRUPT, text.size,
                         "%zu characters of base64 are not a multiple of 4", text.size);
    uint32_t bits = 0;
    for (size_t i = 0; i < size; i++) {
        const int value = base64_value(text.data[i]);
        if (value < 0)
            return base_fail(why, BASE_ECORRUPT, i, "byte 0x%02x is not base64", text.data[i]);
        bits = bits << 6 | (uint32_t)value;
        const uint8_t byte = (uint8_t)(bits >> (6 - 2 * (i % 4)));
        if (i % 4 != 0 && base_buf_put(out, &byte, 1) != BASE_OK)
            return base_fail(why, BASE_ENOMEM, i, "no memory for a histogram's bytes");
    }
    return BASE_OK;
}

base_err bench_hist_decode_text(struct base_span text, struct bench_hist *hist,
                                struct base_why *why)
{
    struct base_buf bytes = { 0 };
    base_err err = base64_decode(text, &bytes, why);
    if (err == BASE_OK)
        err = bench_hist_decode(base_buf_span(&bytes), hist, why);
    base_buf_done(&bytes);
    return err;
}
