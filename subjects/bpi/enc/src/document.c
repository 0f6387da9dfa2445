/* document.c - the frame around the entries never changes, so its fields are constant bytes with
 * their heads: one comparison or copy each. */
#include <bpi/document.h>

#include <inttypes.h>

/* Text items of the field names, the array head of COMPAT's hash, and the map head of three. */
#define HASH      "\x64hash"
#define HEIGHT    "\x66height"
#define METADATA  "\x68metadata"
#define MAP_OF_3  "\xa3"
#define DESCRIBED "\xd9\xd9\xf7"

enum { HASH_ARRAY_MAX_BYTES = 2 + 2 * BPI_DOCUMENT_HASH_BYTES };

static enum bpi_cbor_order order_of(enum bpi_document_layout layout)
{
    return layout == BPI_DOCUMENT_COMPAT ? BPI_CBOR_ORDER_TEXT : BPI_CBOR_ORDER_CORE;
}

size_t bpi_document_bound(const struct bpi_document *document)
{
    size_t bound = BPI_DOCUMENT_FIXED_MAX_BYTES;
    for (size_t i = 0; i < document->entry_count; i++)
        bound += document->entries[i].key.size + document->entries[i].value.size +
                 BPI_DOCUMENT_ENTRY_MAX_BYTES;
    return bound;
}

#define PUT_LITERAL(writer, text) bpi_cbor_put_encoded(writer, base_span_of(text, sizeof(text) - 1))

static base_err put_core_head(struct bpi_cbor_writer *writer, const struct bpi_document *document)
{
    base_err err = PUT_LITERAL(writer, MAP_OF_3 HASH);
    if (err == BASE_OK)
        err = bpi_cbor_put_bytes(writer, document->hash, sizeof document->hash);
    if (err == BASE_OK)
        err = PUT_LITERAL(writer, HEIGHT);
    if (err == BASE_OK)
        err = bpi_cbor_put_uint(writer, document->height);
    return err;
}

static base_err put_compat_head(struct bpi_cbor_writer *writer, const struct bpi_document *document)
{
    base_err err = PUT_LITERAL(writer, DESCRIBED MAP_OF_3 HEIGHT);
    if (err == BASE_OK)
        err = bpi_cbor_put_uint(writer, document->height);
    if (err == BASE_OK)
        err = PUT_LITERAL(writer, HASH);
    if (err == BASE_OK)
        err = bpi_cbor_put_array(writer, sizeof document->hash);
    for (size_t i = 0; err == BASE_OK && i < sizeof document->hash; i++)
        err = bpi_cbor_put_uint(writer, document->hash[i]);
    return err;
}

base_err bpi_document_encode(const struct bpi_document *document, enum bpi_document_layout layout,
                             uint64_t *work, struct bpi_cbor_writer *writer, struct base_why *why)
{
    uint8_t *const before = writer->at;
    base_err err = layout == BPI_DOCUMENT_COMPAT ? put_compat_head(writer, document)
                                                 : put_core_head(writer, document);
    if (err == BASE_OK)
        err = PUT_LITERAL(writer, METADATA);
    if (err == BASE_OK)
        err = bpi_cbor_put_map(writer, document->entry_count);
    if (err == BASE_OK && work == NULL)
        err = bpi_cbor_put_entries(writer, document->entries, document->entry_count);
    else if (err == BASE_OK)
        err = bpi_cbor_put_entries_sorted(writer, document->entries, document->entry_count,
                                          order_of(layout), work, why);
    if (err == BASE_OK)
        return err;
    writer->at = before;
    if (err == BASE_EFULL)
        base_fail(why, err, 0, "a document of up to %zu bytes does not fit the %zu that are left",
                  bpi_document_bound(document), bpi_cbor_room(writer));
    return err;
}

base_err bpi_document_sort(struct bpi_document *document, enum bpi_document_layout layout,
                           uint64_t *work, struct bpi_cbor_entry *spare, struct base_why *why)
{
    const size_t count = document->entry_count;
    if (count == 0)
        return BASE_OK;
    size_t duplicate = 0;
    const base_err err =
        bpi_cbor_sort_keys(&document->entries[0].key, sizeof document->entries[0], count,
                           bpi_cbor_rule_of_texts(order_of(layout)), work, &duplicate);
    if (err == BASE_EEXIST)
        return base_fail(why, err, duplicate, "entry %zu has the key of an earlier one", duplicate);
    if (err != BASE_OK)
        return base_fail(why, err, count, "%zu entries are more than %d", count,
                         BPI_CBOR_SORT_COUNT_MAX);
    for (size_t i = 0; i < count; i++)
        spare[i] = document->entries[work[i]];
    memcpy(document->entries, spare, count * sizeof *spare);
    return BASE_OK;
}

/* The next item must be this field name. */
static base_err expect_name(struct bpi_cbor_reader *reader, const char *name, struct base_why *why)
{
    const uint64_t at = bpi_cbor_offset(reader);
    struct base_span text;
    if (bpi_cbor_get_text(reader, &text) != BASE_OK)
        return bpi_cbor_reader_why(reader, why);
    if (text.size == strlen(name) && memcmp(text.data, name, text.size) == 0)
        return BASE_OK;
    return base_fail(why, BASE_EPARSE, at, "byte %" PRIu64 ": a document has the field \"%s\" here",
                     at, name);
}

static base_err expect_map(struct bpi_cbor_reader *reader, struct base_why *why)
{
    const uint64_t at = bpi_cbor_offset(reader);
    uint64_t count;
    if (bpi_cbor_get_map(reader, &count) != BASE_OK)
        return bpi_cbor_reader_why(reader, why);
    return count == 3
               ? BASE_OK
               : base_fail(why, BASE_EPARSE, at,
                           "byte %" PRIu64 ": a document has 3 fields, not %" PRIu64, at, count);
}

static base_err wrong_hash(uint64_t at, struct base_why *why)
{
    return base_fail(why, BASE_EPARSE, at, "byte %" PRIu64 ": a hash has %d bytes", at,
                     BPI_DOCUMENT_HASH_BYTES);
}

static base_err get_hash_bytes(struct bpi_cbor_reader *reader, uint8_t *hash, struct base_why *why)
{
    const uint64_t at = bpi_cbor_offset(reader);
    struct base_span bytes;
    if (bpi_cbor_get_bytes(reader, &bytes) != BASE_OK)
        return bpi_cbor_reader_why(reader, why);
    if (bytes.size != BPI_DOCUMENT_HASH_BYTES)
        return wrong_hash(at, why);
    memcpy(hash, bytes.data, bytes.size);
    return BASE_OK;
}

static base_err get_hash_array(struct bpi_cbor_reader *reader, uint8_t *hash, struct base_why *why)
{
    const uint64_t at = bpi_cbor_offset(reader);
    uint64_t count;
    if (bpi_cbor_get_array(reader, &count) != BASE_OK)
        return bpi_cbor_reader_why(reader, why);
    if (count != BPI_DOCUMENT_HASH_BYTES)
        return wrong_hash(at, why);
    for (size_t i = 0; i < BPI_DOCUMENT_HASH_BYTES; i++) {
        const uint64_t element = bpi_cbor_offset(reader);
        uint64_t value;
        if (bpi_cbor_get_uint(reader, &value) != BASE_OK)
            return bpi_cbor_reader_why(reader, why);
        if (value > UINT8_MAX)
            return base_fail(why, BASE_EPARSE, element,
                             "byte %" PRIu64 ": %" PRIu64 " is not a byte of a hash", element,
                             value);
        hash[i] = (uint8_t)value;
    }
    return BASE_OK;
}

static base_err get_height(struct bpi_cbor_reader *reader, uint64_t *height, struct base_why *why)
{
    const base_err err = expect_name(reader, "height", why);
    if (err != BASE_OK)
        return err;
    return bpi_cbor_get_uint(reader, height) == BASE_OK ? BASE_OK
                                                        : bpi_cbor_reader_why(reader, why);
}

static base_err get_core_head(struct bpi_cbor_reader *reader, struct bpi_document *document,
                              struct base_why *why)
{
    base_err err = expect_map(reader, why);
    if (err == BASE_OK)
        err = expect_name(reader, "hash", why);
    if (err == BASE_OK)
        err = get_hash_bytes(reader, document->hash, why);
    return err == BASE_OK ? get_height(reader, &document->height, why) : err;
}

static base_err get_compat_head(struct bpi_cbor_reader *reader, struct bpi_document *document,
                                struct base_why *why)
{
    uint64_t tag;
    if (bpi_cbor_get_tag(reader, &tag) != BASE_OK)
        return bpi_cbor_reader_why(reader, why);
    if (tag != BPI_CBOR_TAG_SELF_DESCRIBE)
        return base_fail(why, BASE_EPARSE, 0,
                         "byte 0: the compatible layout starts with tag %d, not %" PRIu64,
                         BPI_CBOR_TAG_SELF_DESCRIBE, tag);
    base_err err = expect_map(reader, why);
    if (err == BASE_OK)
        err = get_height(reader, &document->height, why);
    if (err == BASE_OK)
        err = expect_name(reader, "hash", why);
    return err == BASE_OK ? get_hash_array(reader, document->hash, why) : err;
}

/* The fields of COMPAT are in no key order, but its metadata is in that of TEXT: the order changes
 * here, inside the last field, where no key of the outer map is left to be compared. */
static base_err get_metadata(struct bpi_cbor_reader *reader, enum bpi_document_layout layout,
                             struct bpi_document *document, struct base_why *why)
{
    base_err err = expect_name(reader, "metadata", why);
    if (err != BASE_OK)
        return err;
    const uint64_t at = bpi_cbor_offset(reader);
    uint64_t count;
    if (bpi_cbor_get_map(reader, &count) != BASE_OK)
        return bpi_cbor_reader_why(reader, why);
    if (count > document->entry_capacity)
        return base_fail(why, BASE_EFULL, at,
                         "byte %" PRIu64 ": %" PRIu64 " entries are more than there is room for "
                         "(%zu)",
                         at, count, document->entry_capacity);
    reader->options.order = order_of(layout);
    document->entry_count = (size_t)count;
    err = bpi_cbor_get_entries(reader, document->entries, (size_t)count);
    return err == BASE_OK ? err : bpi_cbor_reader_why(reader, why);
}

base_err bpi_document_decode(struct base_span input, enum bpi_document_layout layout,
                             struct bpi_document *document, struct base_why *why)
{
    const bool is_compat = layout == BPI_DOCUMENT_COMPAT;
    struct bpi_cbor_options options = bpi_cbor_strict;
    options.order = is_compat ? BPI_CBOR_ORDER_ANY : BPI_CBOR_ORDER_CORE;
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, input, &options);
    struct bpi_document read = *document;
    base_err err =
        is_compat ? get_compat_head(&reader, &read, why) : get_core_head(&reader, &read, why);
    if (err != BASE_OK)
        return err;
    err = get_metadata(&reader, layout, &read, why);
    if (err != BASE_OK)
        return err;
    if (bpi_cbor_finish(&reader) != BASE_OK)
        return bpi_cbor_reader_why(&reader, why);
    *document = read;
    return BASE_OK;
}
