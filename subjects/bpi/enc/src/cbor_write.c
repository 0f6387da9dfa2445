/* cbor_write.c - the long forms of the writer. Every put computes its whole size first, so that one
 * comparison decides and a refused put leaves no bytes behind. */
#include <bpi/cbor_sort.h>

#include <assert.h>

enum { MAJOR_SHIFT = 5, INFO_INDEFINITE = 31, BREAK_BYTE = 0xff };

/* log2 of the bytes of an argument above 23: 0 .. 3, which is also info - 24. */
static unsigned width_of(uint64_t value)
{
    return (value > UINT8_MAX) + (value > UINT16_MAX) + (value > UINT32_MAX);
}

static void store_big_endian(uint8_t *to, uint64_t value, size_t size)
{
    const uint64_t swapped = __builtin_bswap64(value << (64 - 8 * size));
    memcpy(to, &swapped, size);
}

base_err bpi_cbor_put_head_long(struct bpi_cbor_writer *writer, unsigned major, uint64_t value)
{
    assert(major <= BPI_CBOR_SIMPLE);
    const unsigned width = width_of(value);
    const size_t size = value > BPI_CBOR_SHORT_MAX ? (size_t)1 << width : 0;
    if (bpi_cbor_room(writer) < 1 + size)
        return BASE_EFULL;
    const uint64_t info = size > 0 ? 24 + width : value;
    writer->at[0] = (uint8_t)(major << MAJOR_SHIFT | info);
    if (size > 0)
        store_big_endian(writer->at + 1, value, size);
    writer->at += 1 + size;
    return BASE_OK;
}

base_err bpi_cbor_put_string_long(struct bpi_cbor_writer *writer, unsigned major, const void *data,
                                  size_t size)
{
    uint8_t *const before = writer->at;
    const base_err err = bpi_cbor_put_head(writer, major, size);
    if (err != BASE_OK)
        return err;
    if (bpi_cbor_room(writer) < size) {
        writer->at = before;
        return BASE_EFULL;
    }
    if (size > 0)
        memcpy(writer->at, data, size);
    writer->at += size;
    return BASE_OK;
}

base_err bpi_cbor_put_simple(struct bpi_cbor_writer *writer, unsigned value)
{
    if ((value > BPI_CBOR_SHORT_MAX && value < 32) || value > UINT8_MAX)
        return BASE_EINVALID;
    return bpi_cbor_put_head(writer, BPI_CBOR_SIMPLE, value);
}

base_err bpi_cbor_put_float(struct bpi_cbor_writer *writer, double value)
{
    uint64_t bits;
    const unsigned size = bpi_cbor_float_narrow(value, &bits);
    if (bpi_cbor_room(writer) < 1 + size)
        return BASE_EFULL;
    const unsigned info = size == 2 ? 25 : size == 4 ? 26 : 27;
    writer->at[0] = (uint8_t)(BPI_CBOR_SIMPLE << MAJOR_SHIFT | info);
    store_big_endian(writer->at + 1, bits, size);
    writer->at += 1 + size;
    return BASE_OK;
}

static base_err put_byte(struct bpi_cbor_writer *writer, unsigned byte)
{
    if (writer->at == writer->end)
        return BASE_EFULL;
    *writer->at++ = (uint8_t)byte;
    return BASE_OK;
}

base_err bpi_cbor_put_indefinite(struct bpi_cbor_writer *writer, enum bpi_cbor_type type)
{
    if (type < BPI_CBOR_BYTES || type > BPI_CBOR_MAP)
        return BASE_EINVALID;
    return put_byte(writer, (unsigned)type << MAJOR_SHIFT | INFO_INDEFINITE);
}

base_err bpi_cbor_put_break(struct bpi_cbor_writer *writer)
{
    return put_byte(writer, BREAK_BYTE);
}

base_err bpi_cbor_put_encoded(struct bpi_cbor_writer *writer, struct base_span item)
{
    if (bpi_cbor_room(writer) < item.size)
        return BASE_EFULL;
    if (item.size > 0)
        memcpy(writer->at, item.data, item.size);
    writer->at += item.size;
    return BASE_OK;
}

static base_err put_entry(struct bpi_cbor_writer *writer, const struct bpi_cbor_entry *entry)
{
    const base_err err =
        bpi_cbor_put_string_long(writer, BPI_CBOR_TEXT, entry->key.data, entry->key.size);
    if (err != BASE_OK)
        return err;
    return bpi_cbor_put_string_long(writer, BPI_CBOR_TEXT, entry->value.data, entry->value.size);
}

/* The place lives in a local: a store through a byte pointer may alias the writer, and would make
 * the compiler write and read writer->at around every byte. `order` is NULL for one after the
 * other. */
static inline __attribute__((always_inline)) base_err put_entries(
    struct bpi_cbor_writer *writer, const struct bpi_cbor_entry *entries, const uint64_t *order,
    size_t count)
{
    uint8_t *const before = writer->at;
    uint8_t *at = before;
    const uint8_t *const last = bpi_cbor_room(writer) < 2 * BPI_CBOR_SHORT_ROOM
                                    ? NULL
                                    : writer->end - 2 * BPI_CBOR_SHORT_ROOM;
    const uint64_t *const order_end = order == NULL ? NULL : order + count;
    const struct bpi_cbor_entry *const entries_end = entries + count;
    for (const struct bpi_cbor_entry *next = entries;
         order == NULL ? next < entries_end : order < order_end;) {
        const struct bpi_cbor_entry *const entry = order == NULL ? next++ : &entries[*order++];
        const struct base_span key = entry->key;
        const struct base_span value = entry->value;
        if (at > last || key.size > BPI_CBOR_SHORT_MAX || value.size > BPI_CBOR_SHORT_MAX) {
            writer->at = at;
            const base_err err = put_entry(writer, entry);
            if (err != BASE_OK) {
                writer->at = before;
                return err;
            }
            at = writer->at;
            continue;
        }
        at = bpi_cbor_write_short(at, BPI_CBOR_TEXT, key);
        at = bpi_cbor_write_short(at, BPI_CBOR_TEXT, value);
    }
    writer->at = at;
    return BASE_OK;
}

base_err bpi_cbor_put_entries(struct bpi_cbor_writer *writer, const struct bpi_cbor_entry *entries,
                              size_t count)
{
    return put_entries(writer, entries, NULL, count);
}

base_err bpi_cbor_put_entries_sorted(struct bpi_cbor_writer *writer,
                                     const struct bpi_cbor_entry *entries, size_t count,
                                     enum bpi_cbor_order order, uint64_t *work,
                                     struct base_why *why)
{
    if (order == BPI_CBOR_ORDER_ANY || count == 0)
        return put_entries(writer, entries, NULL, count);
    size_t duplicate = 0;
    base_err err = bpi_cbor_sort_keys(&entries[0].key, sizeof *entries, count,
                                      bpi_cbor_rule_of_texts(order), work, &duplicate);
    if (err == BASE_EEXIST)
        return base_fail(why, err, duplicate, "entry %zu has the key of an earlier one", duplicate);
    if (err != BASE_OK)
        return base_fail(why, err, count, "%zu entries are more than %d", count,
                         BPI_CBOR_SORT_COUNT_MAX);
    err = put_entries(writer, entries, work, count);
    return err == BASE_OK ? err : base_fail(why, err, 0, "the output buffer is full");
}
