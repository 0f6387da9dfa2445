/* document.h - a document of the BPI chain: height, hash and metadata, as CBOR.
 *
 *     { "hash": 32 bytes, "height": unsigned, "metadata": { text: text, … } }
 *
 * Two layouts. CORE is deterministic CBOR. COMPAT is what the earlier system wrote: the
 * self-describe tag, fields in the order height, hash, metadata, the hash as an array of 32
 * integers, and metadata in the bytewise order of the key strings.
 *
 * Ownership strings and entries are the caller's; a decoded document borrows from its input
 * Threads   one document, one thread
 * Source    RFC 8949 section 4.2.1; for COMPAT the serde_cbor 0.11 defaults
 */
#ifndef BPI_DOCUMENT_H
#define BPI_DOCUMENT_H

#include <bpi/cbor_read.h>
#include <bpi/cbor_sort.h>

enum bpi_document_layout { BPI_DOCUMENT_CORE, BPI_DOCUMENT_COMPAT };

enum {
    BPI_DOCUMENT_HASH_BYTES = 32,
    BPI_DOCUMENT_FIXED_MAX_BYTES = 128, /* all of a document but its entries */
    BPI_DOCUMENT_ENTRY_MAX_BYTES = 18,  /* heads of an entry, beside key and value */
};

struct bpi_document {
    uint64_t height;
    uint8_t hash[BPI_DOCUMENT_HASH_BYTES];
    struct bpi_cbor_entry *entries;
    size_t entry_count;
    size_t entry_capacity; /* for decoding: places in entries */
};

/* Memory that is enough to encode a document in either layout. */
size_t bpi_document_bound(const struct bpi_document *document);

/* Append a document to what the writer holds.
 *
 *   work    [BPI_CBOR_SORT_WORK_WORDS * entry_count] the entries are sorted, their array stays as
 * it is; or NULL: the entries are in the layout's order already, which is the caller's to guarantee
 * and not checked (bpi_document_sort establishes it)
 *
 * Errors   EFULL, EEXIST (two equal keys; why->at is the entry's index), ERANGE (too many entries);
 *          the writer is where it was
 */
BASE_MUST_USE base_err bpi_document_encode(const struct bpi_document *document,
                                           enum bpi_document_layout layout, uint64_t *work,
                                           struct bpi_cbor_writer *writer, struct base_why *why);

/* Put document->entries into the order of a layout.
 *
 *   work    [BPI_CBOR_SORT_WORK_WORDS * entry_count]
 *   spare   [entry_count]
 *
 * Errors   EEXIST, ERANGE as above; the entries are as they were
 */
BASE_MUST_USE base_err bpi_document_sort(struct bpi_document *document,
                                         enum bpi_document_layout layout, uint64_t *work,
                                         struct bpi_cbor_entry *spare, struct base_why *why);

/* Read one document, the whole input, with every check of the strict reader; metadata must be in
 * the order of the layout. Set document->entries and entry_capacity before; the rest is written on
 * OK only (entries also on failure).
 *
 * Errors   as bpi_cbor_next, why->at is the byte offset; EPARSE (not the fields of a document);
 *          EFULL (more entries than entry_capacity)
 */
BASE_MUST_USE base_err bpi_document_decode(struct base_span input, enum bpi_document_layout layout,
                                           struct bpi_document *document, struct base_why *why);

#endif
