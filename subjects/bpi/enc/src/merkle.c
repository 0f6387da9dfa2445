/* merkle.c - all levels in one array, leaves first.
 *
 * The tree that RFC 9162 defines by recursive splitting is the one in which every level pairs its
 * nodes from the left and an odd last node moves up as it is; so both shapes are built level by
 * level, and a level is one batch of hashes: the children of a node are neighbours in memory.
 */
#include <bpi/merkle.h>

#include <string.h>

enum { MERKLE_BATCH = 256 };

#define MERKLE_LEAF_MAX (UINT64_C(1) << (BPI_MERKLE_LEVEL_MAX - 1))

/* Nodes a level has room for: the duplicate shape stores the copy of an odd last node. */
static uint64_t merkle_room(const struct bpi_merkle_kind *kind, uint64_t width)
{
    return kind->shape == BPI_MERKLE_DUPLICATE && width % 2 == 1 ? width + 1 : width;
}

/* Lay the levels out; returns how many nodes there are in all. */
static uint64_t merkle_layout(struct bpi_merkle *tree)
{
    uint64_t total = 0;
    uint64_t width = tree->leaf_count;
    for (tree->level_count = 0; width > 0; tree->level_count++) {
        const size_t level = tree->level_count;
        const bool is_root = width == 1 && (level > 0 || tree->kind.shape != BPI_MERKLE_DUPLICATE);
        tree->starts[level] = total;
        tree->widths[level] = width;
        total += is_root ? 1 : merkle_room(&tree->kind, width);
        width = is_root ? 0 : (width + 1) / 2;
    }
    return total;
}

/* Hash the pairs of one level into the next. */
static void merkle_raise(struct bpi_merkle *tree, size_t level)
{
    uint8_t(*below)[BPI_DIGEST_SIZE] = tree->nodes + tree->starts[level];
    uint8_t(*above)[BPI_DIGEST_SIZE] = tree->nodes + tree->starts[level + 1];
    const uint64_t width = tree->widths[level];
    if (width % 2 == 1 && tree->kind.shape == BPI_MERKLE_DUPLICATE)
        memcpy(below[width], below[width - 1], BPI_DIGEST_SIZE);
    else if (width % 2 == 1)
        memcpy(above[width / 2], below[width - 1], BPI_DIGEST_SIZE);
    const uint64_t pairs = merkle_room(&tree->kind, width) / 2;
    struct base_span spans[MERKLE_BATCH];
    for (uint64_t done = 0; done < pairs;) {
        size_t count = 0;
        for (; count < MERKLE_BATCH && done + count < pairs; count++)
            spans[count] = base_span_of(below[2 * (done + count)], 2 * BPI_DIGEST_SIZE);
        bpi_domain_hash_many(tree->kind.node, tree->kind.hash, tree->kind.form, spans, count,
                             above + done);
        done += count;
    }
}

uint64_t bpi_merkle_node_count(const struct bpi_merkle_kind *kind, uint64_t count)
{
    if (count > MERKLE_LEAF_MAX)
        return 0;
    struct bpi_merkle tree = { .kind = *kind, .leaf_count = count };
    return merkle_layout(&tree);
}

base_err bpi_merkle_build(const struct bpi_merkle_kind *kind, const struct base_span *leaves,
                          uint64_t count, uint8_t (*nodes)[BPI_DIGEST_SIZE], uint64_t capacity,
                          struct bpi_merkle *tree)
{
    if (count == 0 && kind->shape == BPI_MERKLE_DUPLICATE)
        return BASE_EINVALID;
    if (count > MERKLE_LEAF_MAX)
        return BASE_ERANGE;
    struct bpi_merkle built = { .kind = *kind, .leaf_count = count, .nodes = nodes };
    if (merkle_layout(&built) > capacity)
        return BASE_EFULL;
    if (count == 0) {
        bpi_hash_plain(kind->hash, base_span_of(NULL, 0), built.root);
    } else {
        bpi_domain_hash_many(kind->leaf, kind->hash, kind->form, leaves, count, nodes);
        for (size_t level = 0; level + 1 < built.level_count; level++)
            merkle_raise(&built, level);
        memcpy(built.root, nodes[built.starts[built.level_count - 1]], BPI_DIGEST_SIZE);
    }
    *tree = built;
    return BASE_OK;
}

base_err bpi_merkle_prove(const struct bpi_merkle *tree, uint64_t index,
                          struct bpi_merkle_proof *proof)
{
    if (index >= tree->leaf_count)
        return BASE_ERANGE;
    memset(proof, 0, sizeof *proof);
    proof->leaf_index = index;
    memcpy(proof->leaf, tree->nodes[index], BPI_DIGEST_SIZE);
    for (size_t level = 0; level + 1 < tree->level_count; level++, index /= 2) {
        const uint64_t sibling = index ^ 1;
        if (sibling >= merkle_room(&tree->kind, tree->widths[level]))
            continue; /* the odd last node of the split shape moves up alone */
        memcpy(proof->siblings[proof->sibling_count++], tree->nodes[tree->starts[level] + sibling],
               BPI_DIGEST_SIZE);
    }
    return BASE_OK;
}

/* Replace `node` by its parent. */
static void merkle_climb(const struct bpi_merkle_kind *kind, const uint8_t sibling[BPI_DIGEST_SIZE],
                         bool is_right_child, uint8_t node[BPI_DIGEST_SIZE])
{
    uint8_t pair[2][BPI_DIGEST_SIZE];
    memcpy(pair[is_right_child ? 1 : 0], node, BPI_DIGEST_SIZE);
    memcpy(pair[is_right_child ? 0 : 1], sibling, BPI_DIGEST_SIZE);
    bpi_domain_hash(kind->node, kind->hash, kind->form, base_span_of(pair, sizeof pair), node);
}

/* Fold the siblings over the leaf; false when their number does not fit the place. */
static bool merkle_fold(const struct bpi_merkle_kind *kind, uint64_t leaf_count,
                        const struct bpi_merkle_proof *proof, uint8_t node[BPI_DIGEST_SIZE])
{
    uint64_t index = proof->leaf_index;
    uint64_t width = leaf_count;
    bool is_first = kind->shape == BPI_MERKLE_DUPLICATE; /* even one leaf is paired */
    size_t used = 0;
    for (; width > 1 || is_first; width = (width + 1) / 2, index /= 2, is_first = false) {
        if ((index ^ 1) >= merkle_room(kind, width))
            continue;
        if (used == proof->sibling_count)
            return false;
        merkle_climb(kind, proof->siblings[used++], index % 2 == 1, node);
    }
    return used == proof->sibling_count;
}

base_err bpi_merkle_verify(const struct bpi_merkle_kind *kind, const uint8_t root[BPI_DIGEST_SIZE],
                           uint64_t leaf_count, struct base_span data,
                           const struct bpi_merkle_proof *proof)
{
    if (proof->leaf_index >= leaf_count)
        return BASE_ERANGE;
    if (proof->sibling_count > BPI_MERKLE_LEVEL_MAX)
        return BASE_EINVALID;
    uint8_t node[BPI_DIGEST_SIZE];
    bpi_domain_hash(kind->leaf, kind->hash, kind->form, data, node);
    if (memcmp(node, proof->leaf, sizeof node) != 0)
        return BASE_EWRONG;
    if (!merkle_fold(kind, leaf_count, proof, node))
        return BASE_EINVALID;
    return memcmp(node, root, sizeof node) == 0 ? BASE_OK : BASE_EWRONG;
}
