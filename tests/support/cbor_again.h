/* cbor_again.h - read with the reader, write with the writer: the shortest round trip there is. */
#ifndef TESTS_CBOR_AGAIN_H
#define TESTS_CBOR_AGAIN_H

#include <bpi/cbor_read.h>

static inline base_err put_item_again(struct bpi_cbor_writer *writer,
                                      const struct bpi_cbor_item *item)
{
    if (item->is_indefinite)
        return bpi_cbor_put_indefinite(writer, item->type);
    switch (item->type) {
    case BPI_CBOR_BYTES:
        return bpi_cbor_put_bytes(writer, item->string.data, item->string.size);
    case BPI_CBOR_TEXT:
        return bpi_cbor_put_text(writer, (const char *)item->string.data, item->string.size);
    case BPI_CBOR_SIMPLE:
        return bpi_cbor_put_simple(writer, (unsigned)item->value);
    case BPI_CBOR_FLOAT:
        return bpi_cbor_put_float(writer, item->number);
    case BPI_CBOR_BREAK:
        return bpi_cbor_put_break(writer);
    default:
        return bpi_cbor_put_head(writer, (unsigned)item->type, item->value);
    }
}

/* One whole item, map entries in the order they come in. */
static inline base_err cbor_again(struct base_span input, const struct bpi_cbor_options *options,
                                  struct bpi_cbor_writer *writer)
{
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, input, options);
    struct bpi_cbor_item item;
    for (;;) {
        base_err err = bpi_cbor_next(&reader, &item);
        if (err == BASE_ENOTFOUND)
            return reader.at == reader.end ? BASE_OK : BASE_EPARSE;
        if (err == BASE_OK)
            err = put_item_again(writer, &item);
        if (err != BASE_OK)
            return err;
    }
}

#endif
