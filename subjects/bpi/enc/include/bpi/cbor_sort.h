/* cbor_sort.h - the order of keys, and sorting by it.
 *
 * Ownership nothing is allocated; work memory is the caller's
 * Source    RFC 8949 sections 4.2.1 and 4.2.3; CTAP 2.1 section 8
 */
#ifndef BPI_CBOR_SORT_H
#define BPI_CBOR_SORT_H

#include <bpi/cbor.h>

enum {
    BPI_CBOR_SORT_COUNT_MAX = 1 << 24,
    BPI_CBOR_SORT_WORK_WORDS = 2, /* words of work memory a key */
};

/* How two byte strings compare. */
enum bpi_cbor_rule {
    BPI_CBOR_RULE_BYTES,        /* bytewise; a prefix is smaller */
    BPI_CBOR_RULE_LENGTH,       /* the shorter is smaller, then bytewise */
    BPI_CBOR_RULE_MAJOR_LENGTH, /* top three bits of the first byte, then as LENGTH */
};

/* The rule that gives an order: on keys as encoded, and on texts without their heads. TEXT on
 * encoded keys has no rule (strip the heads); ANY has none at all. */
enum bpi_cbor_rule bpi_cbor_rule_of_encoded(enum bpi_cbor_order order);
enum bpi_cbor_rule bpi_cbor_rule_of_texts(enum bpi_cbor_order order);

/* Negative, zero or positive. */
int bpi_cbor_compare(enum bpi_cbor_rule rule, struct base_span a, struct base_span b);

/* Sort `count` keys that lie `stride` bytes apart (inside an array of larger structs).
 *
 *   work       [BPI_CBOR_SORT_WORK_WORDS * count]; on OK its first `count` words are the indices of
 *              the keys in order. Contents are lost on failure
 *   duplicate  [1] may be NULL; on EEXIST the larger index of two equal keys
 *
 * Cost     O(count) for keys that differ within eight bytes of where they stop being all alike;
 *          O(count log count) comparisons at worst, whatever the keys
 * Errors   EEXIST (two keys are equal), ERANGE (more than BPI_CBOR_SORT_COUNT_MAX)
 */
BASE_MUST_USE base_err bpi_cbor_sort_keys(const struct base_span *keys, size_t stride, size_t count,
                                          enum bpi_cbor_rule rule, uint64_t *work,
                                          size_t *duplicate);

/* Sort entries and put them, after bpi_cbor_put_map. ANY keeps their order and needs no work
 * memory.
 *
 *   work     [BPI_CBOR_SORT_WORK_WORDS * count]
 *
 * Errors   EEXIST, ERANGE as above, why->at is the index of the entry; EFULL, with the writer where
 *          it was
 */
BASE_MUST_USE base_err bpi_cbor_put_entries_sorted(struct bpi_cbor_writer *writer,
                                                   const struct bpi_cbor_entry *entries,
                                                   size_t count, enum bpi_cbor_order order,
                                                   uint64_t *work, struct base_why *why);

#endif
