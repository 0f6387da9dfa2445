/* cbor_map.h - a map whose entries are put in any order and end up in the canonical one.
 *
 *     struct bpi_cbor_map map;
 *     bpi_cbor_map_begin(writer, &work, 2, BPI_CBOR_ORDER_CORE, &map);
 *     bpi_cbor_map_key(writer, &map);  put key;  put value;
 *     bpi_cbor_map_key(writer, &map);  put key;  put value;
 *     bpi_cbor_map_end(writer, &map, why);
 *
 * Keys and values are any items; maps nest, and share one work memory. Every entry is encoded once;
 * the end sorts the entries' spans and moves them.
 *
 * Ownership the work memory is the caller's, and can be used again once the outermost map has ended
 * Threads   one writer, one work memory, one thread
 */
#ifndef BPI_CBOR_MAP_H
#define BPI_CBOR_MAP_H

#include <bpi/cbor_sort.h>

struct bpi_cbor_map_work {
    struct base_span *keys; /* [capacity] */
    uint64_t *words;        /* [BPI_CBOR_SORT_WORK_WORDS * capacity] */
    size_t capacity;        /* entries of all maps that are open at once */
    uint8_t *bytes;         /* [bytes_capacity] */
    size_t bytes_capacity;  /* the encoded entries of the largest map that needs sorting */
    size_t used;            /* starts at 0 */
};

struct bpi_cbor_map {
    struct bpi_cbor_map_work *work;
    size_t first; /* of work->keys */
    size_t count;
    size_t filled;
    enum bpi_cbor_order order;
};

/* Put the head. Errors: EFULL (writer, or work->capacity) */
BASE_MUST_USE base_err bpi_cbor_map_begin(struct bpi_cbor_writer *writer,
                                          struct bpi_cbor_map_work *work, size_t count,
                                          enum bpi_cbor_order order, struct bpi_cbor_map *map);

/* The next put is a key. Errors: EINVALID (more entries than said) */
BASE_MUST_USE base_err bpi_cbor_map_key(struct bpi_cbor_writer *writer, struct bpi_cbor_map *map);

/* Sort the entries. The writer keeps them unsorted on failure.
 *
 * Errors   EEXIST    two keys are equal; why->at is the byte offset, in what was written, of the
 *                    key that was put later
 *          EINVALID  fewer entries than said; a key that is not one item, or not a string under
 *                    BPI_CBOR_ORDER_TEXT; why->at is its offset
 *          EFULL     work->bytes is too small
 *          ERANGE    more than BPI_CBOR_SORT_COUNT_MAX entries
 */
BASE_MUST_USE base_err bpi_cbor_map_end(struct bpi_cbor_writer *writer, struct bpi_cbor_map *map,
                                        struct base_why *why);

#endif
