/* cbor.h - CBOR items into memory: the writer, and what writer and reader share.
 *
 * Integers, lengths, tags and floats are always written in their shortest form. Maps are written in
 * the order of the caller's puts; bpi_cbor_map_* (cbor_map.h) sorts them.
 *
 * Ownership the writer owns nothing: it fills the caller's memory and never allocates. The memory
 *           between writer->at and writer->end has no meaning and may change with every put
 * Errors    every put answers EFULL when the item does not fit and then has written nothing
 * Threads   one writer, one thread
 * Source    RFC 8949; deterministic encoding: section 4.2.1
 */
#ifndef BPI_CBOR_H
#define BPI_CBOR_H

#include <base/buf.h>

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are stored lowest byte first");

/* The major types (RFC 8949 section 3.1), and two of the reader's own: a float is told from the
 * other simple values, and BREAK ends an item of indefinite length. */
enum bpi_cbor_type {
    BPI_CBOR_UINT,
    BPI_CBOR_NINT,
    BPI_CBOR_BYTES,
    BPI_CBOR_TEXT,
    BPI_CBOR_ARRAY,
    BPI_CBOR_MAP,
    BPI_CBOR_TAG,
    BPI_CBOR_SIMPLE,
    BPI_CBOR_FLOAT,
    BPI_CBOR_BREAK,
};

/* The order of the keys of a map. */
enum bpi_cbor_order {
    BPI_CBOR_ORDER_CORE,         /* bytewise, of the encoded keys: RFC 8949 4.2.1 */
    BPI_CBOR_ORDER_CTAP2,        /* major type, encoded length, bytewise: CTAP 2.1 section 8 */
    BPI_CBOR_ORDER_LENGTH_FIRST, /* encoded length, bytewise: RFC 7049 3.9, RFC 8949 4.2.3 */
    BPI_CBOR_ORDER_TEXT,         /* bytewise, of the strings without their heads */
    BPI_CBOR_ORDER_ANY,          /* as put; the reader checks neither order nor duplicates */
};

enum {
    BPI_CBOR_SIMPLE_FALSE = 20,
    BPI_CBOR_SIMPLE_TRUE = 21,
    BPI_CBOR_SIMPLE_NULL = 22,
    BPI_CBOR_SIMPLE_UNDEFINED = 23,
    BPI_CBOR_TAG_SELF_DESCRIBE = 55799, /* d9 d9 f7 */
    BPI_CBOR_SHORT_MAX = 23,            /* largest value or size that fits the first byte */
    BPI_CBOR_SHORT_ROOM = 24,           /* bytes that a fast put of a short string needs */
    BPI_CBOR_HEAD_MAX_BYTES = 9,
};

/* A text key and its text value. */
struct bpi_cbor_entry {
    struct base_span key;
    struct base_span value;
};

struct bpi_cbor_writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
};

static inline void bpi_cbor_writer_init(struct bpi_cbor_writer *writer, void *memory,
                                        size_t capacity)
{
    uint8_t *const start = (uint8_t *)memory;
    *writer = (struct bpi_cbor_writer){ start, start, start + capacity };
}

static inline size_t bpi_cbor_room(const struct bpi_cbor_writer *writer)
{
    return (size_t)(writer->end - writer->at);
}

static inline struct base_span bpi_cbor_written(const struct bpi_cbor_writer *writer)
{
    return (struct base_span){ writer->start, (size_t)(writer->at - writer->start) };
}

/* The long forms behind the inline puts below. */
BASE_MUST_USE base_err bpi_cbor_put_head_long(struct bpi_cbor_writer *writer, unsigned major,
                                              uint64_t value);
BASE_MUST_USE base_err bpi_cbor_put_string_long(struct bpi_cbor_writer *writer, unsigned major,
                                                const void *data, size_t size);

/* The head of an item: major type 0 .. 7 and its argument. */
BASE_MUST_USE static inline base_err bpi_cbor_put_head(struct bpi_cbor_writer *writer,
                                                       unsigned major, uint64_t value)
{
    if (value > BPI_CBOR_SHORT_MAX || writer->at == writer->end)
        return bpi_cbor_put_head_long(writer, major, value);
    *writer->at++ = (uint8_t)(major << 5 | value);
    return BASE_OK;
}

static inline uint64_t bpi_cbor_load_8(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

static inline void bpi_cbor_store_8(uint8_t *to, uint64_t word)
{
    memcpy(to, &word, 8);
}

/* Write a string of 0 .. 23 bytes where there is room for BPI_CBOR_SHORT_ROOM; returns the place
 * after it. Reads nothing outside the string; what is in the room behind it is lost. The head and
 * the first bytes go out in one store, since stores are what a run of short strings waits for. For
 * loops that check the room of several items at once. */
static inline uint8_t *bpi_cbor_write_short(uint8_t *at, unsigned major, struct base_span string)
{
    const uint8_t *const from = string.data;
    const size_t size = string.size;
    uint64_t word = major << 5 | size;
    if (size >= 8) {
        const uint64_t last = bpi_cbor_load_8(from + size - 8);
        if (size > 15)
            bpi_cbor_store_8(at + 8, bpi_cbor_load_8(from + 7));
        bpi_cbor_store_8(at, word | bpi_cbor_load_8(from) << 8);
        bpi_cbor_store_8(at + 1 + size - 8, last);
    } else if (size >= 4) {
        uint32_t first, last;
        memcpy(&first, from, 4);
        memcpy(&last, from + size - 4, 4);
        bpi_cbor_store_8(at, word | (uint64_t)first << 8 | (uint64_t)last << (8 * size - 24));
    } else if (size > 0) {
        word |= (uint64_t)from[0] << 8;
        word |= (uint64_t)from[size / 2] << (8 + 8 * (size / 2));
        word |= (uint64_t)from[size - 1] << (8 * size);
        bpi_cbor_store_8(at, word);
    } else {
        *at = (uint8_t)word;
    }
    return at + 1 + size;
}

BASE_MUST_USE static inline base_err bpi_cbor_put_string(struct bpi_cbor_writer *writer,
                                                         unsigned major, const void *data,
                                                         size_t size)
{
    if (size > BPI_CBOR_SHORT_MAX || bpi_cbor_room(writer) < BPI_CBOR_SHORT_ROOM)
        return bpi_cbor_put_string_long(writer, major, data, size);
    writer->at = bpi_cbor_write_short(writer->at, major, base_span_of(data, size));
    return BASE_OK;
}

BASE_MUST_USE static inline base_err bpi_cbor_put_uint(struct bpi_cbor_writer *writer,
                                                       uint64_t value)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_UINT, value);
}

/* The negative number -1 - value: the whole range down to -2^64. */
BASE_MUST_USE static inline base_err bpi_cbor_put_nint(struct bpi_cbor_writer *writer,
                                                       uint64_t value)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_NINT, value);
}

BASE_MUST_USE static inline base_err bpi_cbor_put_int(struct bpi_cbor_writer *writer, int64_t value)
{
    return value < 0 ? bpi_cbor_put_nint(writer, ~(uint64_t)value)
                     : bpi_cbor_put_uint(writer, (uint64_t)value);
}

BASE_MUST_USE static inline base_err bpi_cbor_put_bytes(struct bpi_cbor_writer *writer,
                                                        const void *data, size_t size)
{
    return bpi_cbor_put_string(writer, BPI_CBOR_BYTES, data, size);
}

/* UTF-8, which is the caller's to guarantee: it is not checked here. */
BASE_MUST_USE static inline base_err bpi_cbor_put_text(struct bpi_cbor_writer *writer,
                                                       const char *text, size_t size)
{
    return bpi_cbor_put_string(writer, BPI_CBOR_TEXT, text, size);
}

/* The head of an array of `count` items, of a map of `count` entries (key, value, key, value ...),
 * of a tagged item: the contents are the puts that follow. */
BASE_MUST_USE static inline base_err bpi_cbor_put_array(struct bpi_cbor_writer *writer,
                                                        uint64_t count)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_ARRAY, count);
}

BASE_MUST_USE static inline base_err bpi_cbor_put_map(struct bpi_cbor_writer *writer,
                                                      uint64_t count)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_MAP, count);
}

BASE_MUST_USE static inline base_err bpi_cbor_put_tag(struct bpi_cbor_writer *writer, uint64_t tag)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_TAG, tag);
}

/* A simple value. Errors: EINVALID (24 .. 31 and above 255 do not exist), EFULL */
BASE_MUST_USE base_err bpi_cbor_put_simple(struct bpi_cbor_writer *writer, unsigned value);

BASE_MUST_USE static inline base_err bpi_cbor_put_bool(struct bpi_cbor_writer *writer, bool value)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_SIMPLE,
                             value ? BPI_CBOR_SIMPLE_TRUE : BPI_CBOR_SIMPLE_FALSE);
}

BASE_MUST_USE static inline base_err bpi_cbor_put_null(struct bpi_cbor_writer *writer)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_SIMPLE, BPI_CBOR_SIMPLE_NULL);
}

BASE_MUST_USE static inline base_err bpi_cbor_put_undefined(struct bpi_cbor_writer *writer)
{
    return bpi_cbor_put_head(writer, BPI_CBOR_SIMPLE, BPI_CBOR_SIMPLE_UNDEFINED);
}

/* A float in the shortest of 16, 32 and 64 bits that keeps its value; every NaN as f9 7e00. */
BASE_MUST_USE base_err bpi_cbor_put_float(struct bpi_cbor_writer *writer, double value);

/* Items of indefinite length, which deterministic encodings forbid and the lenient reader takes:
 * begin an array, a map or a string in chunks (BYTES or TEXT; the chunks are ordinary puts of that
 * type), and end it. Errors of begin: EINVALID (another type), EFULL */
BASE_MUST_USE base_err bpi_cbor_put_indefinite(struct bpi_cbor_writer *writer,
                                               enum bpi_cbor_type type);
BASE_MUST_USE base_err bpi_cbor_put_break(struct bpi_cbor_writer *writer);

/* One whole item that is encoded already, as it is. */
BASE_MUST_USE base_err bpi_cbor_put_encoded(struct bpi_cbor_writer *writer, struct base_span item);

/* The entries of a map of texts, in the order given, which the caller guarantees: the head is put
 * by bpi_cbor_put_map before.
 *
 * Cost     one check of the room an entry when key and value have at most 23 bytes
 * Errors   EFULL, with the writer where it was
 */
BASE_MUST_USE base_err bpi_cbor_put_entries(struct bpi_cbor_writer *writer,
                                            const struct bpi_cbor_entry *entries, size_t count);

/* The bits of the narrowest float that keeps a value.
 *
 * bits     [1] binary16, binary32 or binary64
 * returns  2, 4 or 8 bytes; NaN is 2 and 0x7e00
 */
unsigned bpi_cbor_float_narrow(double value, uint64_t *bits);
/* A binary16 as a double. */
double bpi_cbor_float_widen(uint16_t half);

#endif
