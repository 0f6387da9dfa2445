/* cbor_read.h - CBOR items out of memory: the reader, strict unless told otherwise.
 *
 * A pull reader over bytes that stay where they are: bpi_cbor_next hands out one item after the
 * other in the order of the encoding – an array is followed by its items, a map by key, value, key,
 * value …, a tag by its content, an item of indefinite length by its parts and a BREAK. Strings are
 * borrowed from the input. A container's end is not announced when its count was.
 *
 * Strict means deterministic: shortest forms, definite lengths, map keys in order and without
 * duplicates, UTF-8. Lenient takes everything that is well-formed (RFC 8949 appendix C).
 *
 * Ownership the input must outlive reader and items; nothing is allocated, whatever a head claims
 * Errors    the first one is kept in reader->fault with its byte offset, and every later call
 *           answers it again; bpi_cbor_reader_why makes a sentence of it
 * Threads   one reader, one thread
 * Source    RFC 8949 sections 3, 4.2 and appendix C
 */
#ifndef BPI_CBOR_READ_H
#define BPI_CBOR_READ_H

#include <bpi/cbor.h>

/* X(name, base_err, sentence) */
#define BPI_CBOR_REASON_MAP(X)                                                                     \
    X(FINE, OK, "nothing is wrong")                                                                \
    X(TRUNCATED, EPARSE, "the input ends inside this item")                                        \
    X(TRAILING, EPARSE, "there are bytes after the item")                                          \
    X(RESERVED_INFO, EPARSE, "additional information 28 to 30 is reserved")                        \
    X(NO_INDEFINITE, EPARSE, "integers and tags have no indefinite length")                        \
    X(RESERVED_SIMPLE, EPARSE, "a simple value below 32 has no two-byte form")                     \
    X(BREAK_MISPLACED, EPARSE, "a break stands outside an item of indefinite length")              \
    X(ODD_MAP, EPARSE, "a break leaves a map key without its value")                               \
    X(CHUNK_TYPE, EPARSE, "a chunk is not a definite string of the type it is part of")            \
    X(INDEFINITE, EPARSE, "an item of indefinite length is not deterministic")                     \
    X(NOT_SHORTEST, EPARSE, "an integer, length or tag is not in its shortest form")               \
    X(FLOAT_NOT_SHORTEST, EPARSE, "a float fits fewer bytes")                                      \
    X(NAN_NOT_CANONICAL, EPARSE, "a NaN is not f9 7e00")                                           \
    X(KEY_ORDER, EPARSE, "a map key is smaller than the one before it")                            \
    X(DUPLICATE_KEY, EPARSE, "a map key is the same as the one before it")                         \
    X(KEY_TYPE, EPARSE, "a map key is not a string, which its order needs")                        \
    X(UTF8, EPARSE, "a text is not UTF-8")                                                         \
    X(TOO_DEEP, ERANGE, "items are nested deeper than the limit")                                  \
    X(TOO_LONG, ERANGE, "a string is longer than the limit")                                       \
    X(TOO_MANY, ERANGE, "an array or map has more items than the limit")                           \
    X(OTHER_TYPE, EINVALID, "the item has another type than was asked for")                        \
    X(OTHER_RANGE, ERANGE, "the integer does not fit the type that was asked for")                 \
    X(NO_MORE, ENOTFOUND, "the item is complete: there is no next one")

enum bpi_cbor_reason {
#define BPI_CBOR_REASON_ENUM(name, err, text) BPI_CBOR_##name,
    BPI_CBOR_REASON_MAP(BPI_CBOR_REASON_ENUM)
#undef BPI_CBOR_REASON_ENUM
        BPI_CBOR_REASON_COUNT
};

/* "NOT_SHORTEST"; "an integer, …"; BASE_EPARSE. */
const char *bpi_cbor_reason_name(enum bpi_cbor_reason reason);
const char *bpi_cbor_reason_text(enum bpi_cbor_reason reason);
base_err bpi_cbor_reason_err(enum bpi_cbor_reason reason);

enum {
    BPI_CBOR_DEPTH_MAX = 128,            /* open arrays, maps, tags and chunked strings */
    BPI_CBOR_COUNT_MAX = 1 << 24,        /* items of an array, entries of a map */
    BPI_CBOR_STRING_MAX_BYTES = 1 << 30, /* of a string, or of a chunk */
};

/* Zeroed options are strict, in core order, with the limits above. */
struct bpi_cbor_options {
    enum bpi_cbor_order order;
    bool allow_long_forms; /* of integers, lengths, tags, floats, NaN */
    bool allow_indefinite;
    bool allow_bad_text;
    uint32_t depth_max; /* 1 .. BPI_CBOR_DEPTH_MAX; 0: that */
    uint64_t count_max; /* 0: BPI_CBOR_COUNT_MAX */
    uint64_t string_max_bytes;
};

extern const struct bpi_cbor_options bpi_cbor_strict;
extern const struct bpi_cbor_options bpi_cbor_lenient;

struct bpi_cbor_item {
    enum bpi_cbor_type type;
    uint8_t width;      /* bytes of argument after the first byte: 0, 1, 2, 4, 8 */
    bool is_indefinite; /* BYTES, TEXT, ARRAY, MAP: parts follow until a BREAK */
    /* UINT the value · NINT n of -1 - n · BYTES, TEXT the size · ARRAY items · MAP entries · TAG
     * the number · SIMPLE the value · FLOAT the bits as encoded; 0 when indefinite */
    uint64_t value;
    double number;           /* FLOAT */
    struct base_span string; /* BYTES, TEXT: borrowed; empty when indefinite */
    uint64_t offset;         /* of the item's first byte */
};

struct bpi_cbor_fault {
    enum bpi_cbor_reason reason;
    uint64_t at; /* byte offset */
};

/* Internal: what is open. */
struct bpi_cbor_frame {
    uint64_t left;       /* items to come, keys and values each counted */
    const uint8_t *item; /* where the item at hand starts */
    const uint8_t *key;  /* the last complete key, NULL before the first */
    size_t key_size;
    uint8_t kind;
    uint8_t chunk_major;
    bool is_indefinite;
};

struct bpi_cbor_reader {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    struct bpi_cbor_options options;
    struct bpi_cbor_fault fault;
    uint32_t depth;
    struct bpi_cbor_frame frames[BPI_CBOR_DEPTH_MAX + 1];
};

/* Read one item from the front of `input`; options NULL is strict. */
void bpi_cbor_reader_init(struct bpi_cbor_reader *reader, struct base_span input,
                          const struct bpi_cbor_options *options);

static inline uint64_t bpi_cbor_offset(const struct bpi_cbor_reader *reader)
{
    return (uint64_t)(reader->at - reader->start);
}

/* The next item. Errors: by reason; NO_MORE after the last. */
BASE_MUST_USE base_err bpi_cbor_next(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item);

/* Step over the next item and all that is in it, checking it. */
BASE_MUST_USE base_err bpi_cbor_skip(struct bpi_cbor_reader *reader);

/* The item must be complete and the input used up. Errors: TRUNCATED (items are left), TRAILING */
BASE_MUST_USE base_err bpi_cbor_finish(struct bpi_cbor_reader *reader);

/* The next item, which must be of that type and definite. Errors: OTHER_TYPE, OTHER_RANGE, and
 * those of bpi_cbor_next. */
BASE_MUST_USE base_err bpi_cbor_get_uint(struct bpi_cbor_reader *reader, uint64_t *value);
BASE_MUST_USE base_err bpi_cbor_get_int(struct bpi_cbor_reader *reader, int64_t *value);
BASE_MUST_USE base_err bpi_cbor_get_bytes(struct bpi_cbor_reader *reader, struct base_span *bytes);
BASE_MUST_USE base_err bpi_cbor_get_text(struct bpi_cbor_reader *reader, struct base_span *text);
BASE_MUST_USE base_err bpi_cbor_get_array(struct bpi_cbor_reader *reader, uint64_t *count);
BASE_MUST_USE base_err bpi_cbor_get_map(struct bpi_cbor_reader *reader, uint64_t *count);
BASE_MUST_USE base_err bpi_cbor_get_tag(struct bpi_cbor_reader *reader, uint64_t *tag);
BASE_MUST_USE base_err bpi_cbor_get_bool(struct bpi_cbor_reader *reader, bool *value);
BASE_MUST_USE base_err bpi_cbor_get_float(struct bpi_cbor_reader *reader, double *value);

/* `count` entries, text to text, of the map that bpi_cbor_get_map has just opened; with every
 * check.
 *
 *   entries  [count]; strings borrowed from the input
 *   count    0 .. the entries that the map has left
 *
 * Errors   as bpi_cbor_get_text; NO_MORE when the map ends before
 */
BASE_MUST_USE base_err bpi_cbor_get_entries(struct bpi_cbor_reader *reader,
                                            struct bpi_cbor_entry *entries, size_t count);

/* What went wrong, as a sentence: "byte 17: an integer, … (NOT_SHORTEST)"; why->at is the offset.
 * Returns the error; BASE_OK, and `why` untouched, when nothing did. */
base_err bpi_cbor_reader_why(const struct bpi_cbor_reader *reader, struct base_why *why);

/* Check one whole item in one pass. `fault` may be NULL; FINE on OK. */
BASE_MUST_USE base_err bpi_cbor_check(struct base_span input,
                                      const struct bpi_cbor_options *options,
                                      struct bpi_cbor_fault *fault);

/* The same, with a sentence; why->at is the byte offset. */
BASE_MUST_USE base_err bpi_cbor_validate(struct base_span input,
                                         const struct bpi_cbor_options *options,
                                         struct base_why *why);

/* The offset of the first byte that is not part of UTF-8, or `size`.
 * Source   Unicode 15 table 3-7 */
size_t bpi_cbor_utf8_valid(const uint8_t *text, size_t size);

#endif
