/* merkle.h - Merkle trees and proofs that a leaf is in one.
 *
 * leaf = domain_hash(leaf domain, data), node = domain_hash(node domain, left || right). Two
 * shapes for a level with an odd number of nodes:
 *
 *   split       the last node moves up unchanged. Trees of different sizes have different roots.
 *               With BPI_MERKLE_RFC9162 (SHA-256, bytes 00 and 01, prefix) roots and proofs are
 *               those of RFC 6962 and RFC 9162.
 *   duplicate   the last node is paired with itself, as in the earlier system; a single leaf too.
 *               A tree of n leaves (n odd) and the tree whose last leaf is there twice have the
 *               same root: the count must be authenticated beside it. No empty tree.
 *
 * Threads   a built tree may be read in parallel
 * Source    RFC 9162 section 2.1; spec: A.1.6
 */
#ifndef BPI_MERKLE_H
#define BPI_MERKLE_H

#include <bpi/domain.h>

enum bpi_merkle_shape { BPI_MERKLE_SPLIT, BPI_MERKLE_DUPLICATE };

struct bpi_merkle_kind {
    enum bpi_merkle_shape shape;
    enum bpi_hash hash;
    enum bpi_form form;
    enum bpi_domain leaf, node;
};

/* Constants for initialising a kind: the standard's tree; the safe tree at BLAKE3's speed; the
 * earlier system's tree. */
#define BPI_MERKLE_RFC9162                                                                         \
    {                                                                                              \
        BPI_MERKLE_SPLIT, BPI_HASH_SHA256, BPI_FORM_PREFIX, BPI_DOMAIN_MERKLE_LEAF,                \
            BPI_DOMAIN_MERKLE_INTERNAL                                                             \
    }
#define BPI_MERKLE_DEFAULT                                                                         \
    {                                                                                              \
        BPI_MERKLE_SPLIT, BPI_HASH_BLAKE3, BPI_FORM_DERIVE, BPI_DOMAIN_MERKLE_LEAF,                \
            BPI_DOMAIN_MERKLE_INTERNAL                                                             \
    }
#define BPI_MERKLE_EARLIER                                                                         \
    {                                                                                              \
        BPI_MERKLE_DUPLICATE, BPI_HASH_BLAKE3, BPI_FORM_PREFIX, BPI_DOMAIN_BPI_MERKLE_LEAF,        \
            BPI_DOMAIN_BPI_MERKLE_INTERNAL                                                         \
    }

enum { BPI_MERKLE_LEVEL_MAX = 40 }; /* up to 2^39 leaves */

/* A tree with all its nodes, leaves first. */
struct bpi_merkle {
    struct bpi_merkle_kind kind;
    uint64_t leaf_count;
    size_t level_count;                    /* of levels with nodes; 0: empty */
    uint64_t starts[BPI_MERKLE_LEVEL_MAX]; /* first node of each level */
    uint64_t widths[BPI_MERKLE_LEVEL_MAX]; /* nodes of each level, without padding */
    uint8_t (*nodes)[BPI_DIGEST_SIZE];     /* the caller's */
    uint8_t root[BPI_DIGEST_SIZE];
};

/* How many digests a tree needs room for: about 2 count; 0 for a count that is out of range. */
uint64_t bpi_merkle_node_count(const struct bpi_merkle_kind *kind, uint64_t count);

/* Build a tree.
 *
 *   leaves   [count] the leaves' data; only read during the call
 *   nodes    [capacity] at least bpi_merkle_node_count; the tree uses it until the caller frees it
 *
 * Cost     O(bytes + count), leaves and nodes hashed in batches; does not allocate
 * Errors   EINVALID (no leaves in the duplicate shape), ERANGE (more than 2^39), EFULL
 */
BASE_MUST_USE base_err bpi_merkle_build(const struct bpi_merkle_kind *kind,
                                        const struct base_span *leaves, uint64_t count,
                                        uint8_t (*nodes)[BPI_DIGEST_SIZE], uint64_t capacity,
                                        struct bpi_merkle *tree);

/* The way from a leaf to the root. Sibling i stands on the right of the node on the way unless the
 * node is a right child; which one it is follows from index and count alone, so that a proof
 * has no second spelling. In the duplicate shape: on the right when bit i of leaf_index is 0. */
struct bpi_merkle_proof {
    uint64_t leaf_index;
    uint8_t leaf[BPI_DIGEST_SIZE]; /* the leaf's hash */
    size_t sibling_count;
    uint8_t siblings[BPI_MERKLE_LEVEL_MAX][BPI_DIGEST_SIZE];
};

/* Errors: ERANGE (index is not below leaf_count) */
BASE_MUST_USE base_err bpi_merkle_prove(const struct bpi_merkle *tree, uint64_t index,
                                        struct bpi_merkle_proof *proof);

/* Is `data` the leaf that the proof speaks of, in the tree with this root and size?
 *
 *   root, leaf_count   from a source that is trusted, not from the prover
 *
 * Errors   ERANGE (index not below leaf_count), EINVALID (wrong number of siblings for the place),
 *          EWRONG (the data is not the proof's leaf, or the way does not end at the root)
 */
BASE_MUST_USE base_err bpi_merkle_verify(const struct bpi_merkle_kind *kind,
                                         const uint8_t root[BPI_DIGEST_SIZE], uint64_t leaf_count,
                                         struct base_span data,
                                         const struct bpi_merkle_proof *proof);

#endif
