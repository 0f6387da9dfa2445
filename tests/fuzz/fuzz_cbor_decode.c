/* fuzz_cbor_decode.c - any bytes through both readers, the notation and the document. What must
 * hold:
 *
 *   what is strict in some order is well-formed, and is written again to the same bytes
 *   what is well-formed is shown, and its notation ends where the item does
 *   a document that decodes encodes to the same bytes
 */
#include "../support/cbor_again.h"

#include <bpi/cbor_diag.h>
#include <bpi/document.h>

#include <stdlib.h>

enum { ENTRIES = 64, OUTPUT_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_again(struct base_span input, const struct bpi_cbor_options *options)
{
    uint8_t *const memory = malloc(input.size);
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, memory, input.size);
    expect(cbor_again(input, options, &writer) == BASE_OK);
    const struct base_span again = bpi_cbor_written(&writer);
    expect(again.size == input.size && memcmp(again.data, input.data, again.size) == 0);
    free(memory);
}

static bool check_strict(struct base_span input)
{
    bool is_strict = false;
    for (unsigned order = 0; order < BPI_CBOR_ORDER_ANY; order++) {
        const struct bpi_cbor_options options = { .order = (enum bpi_cbor_order)order };
        struct bpi_cbor_fault fault;
        const base_err err = bpi_cbor_check(input, &options, &fault);
        expect(fault.at <= input.size && err == bpi_cbor_reason_err(fault.reason));
        if (err == BASE_OK)
            check_again(input, &options);
        is_strict |= err == BASE_OK;
    }
    return is_strict;
}

/* Reading item by item and skipping must agree on what is well-formed. */
static bool check_lenient(struct base_span input)
{
    struct bpi_cbor_fault fault;
    const bool is_good = bpi_cbor_check(input, &bpi_cbor_lenient, &fault) == BASE_OK;
    struct bpi_cbor_reader reader;
    struct bpi_cbor_item item;
    bpi_cbor_reader_init(&reader, input, &bpi_cbor_lenient);
    base_err err;
    while ((err = bpi_cbor_next(&reader, &item)) == BASE_OK) {
        expect(item.offset < input.size);
        expect(item.string.data >= input.data &&
               item.string.data + item.string.size <= input.data + input.size);
    }
    expect(is_good == (err == BASE_ENOTFOUND && reader.at == reader.end));
    expect(is_good || err == BASE_ENOTFOUND || reader.fault.at == fault.at);
    return is_good;
}

static void check_document(struct base_span input, enum bpi_document_layout layout)
{
    struct bpi_cbor_entry entries[ENTRIES];
    struct bpi_document document = { .entries = entries, .entry_capacity = ENTRIES };
    struct base_why why = { 0 };
    if (bpi_document_decode(input, layout, &document, &why) != BASE_OK) {
        expect(why.text[0] != '\0' && why.at <= input.size);
        return;
    }
    uint64_t work[BPI_CBOR_SORT_WORK_WORDS * ENTRIES];
    uint8_t *const memory = malloc(input.size);
    for (int sorts = 0; sorts < 2; sorts++) {
        struct bpi_cbor_writer writer;
        bpi_cbor_writer_init(&writer, memory, input.size);
        expect(bpi_document_encode(&document, layout, sorts ? work : NULL, &writer, &why) ==
               BASE_OK);
        expect(bpi_cbor_written(&writer).size == input.size &&
               memcmp(memory, input.data, input.size) == 0);
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct base_span input = base_span_of(data, size);
    const bool is_strict = check_strict(input);
    const bool is_good = check_lenient(input);
    expect(is_good || !is_strict);
    struct base_buf out = { 0 };
    expect((bpi_cbor_diag(input, size % 2 == 0, &out, NULL) == BASE_OK) == is_good);
    expect(!is_good || (out.size > 0 && out.size < OUTPUT_MAX_BYTES + 8 * size));
    base_buf_done(&out);
    check_document(input, BPI_DOCUMENT_CORE);
    check_document(input, BPI_DOCUMENT_COMPAT);
    return 0;
}
