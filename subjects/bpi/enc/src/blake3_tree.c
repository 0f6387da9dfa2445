/* blake3_tree.c - the chunks of a prefixed message, many at a time.
 *
 * The library's hasher grows its tree from the left, and after a first piece of one byte it only
 * sees subtrees of 1, 2, 4, ... chunks: most of its lanes stay empty up to about a megabyte. But
 * the prefix only shifts where chunks begin. The first chunk is joined in a copy, every other one
 * is read where it lies, and the tree over them is the usual one.
 */
#include "blake3_tree.h"

#if BPI_BLAKE3_LANES

#include <blake3_impl.h>

#include <assert.h>
#include <string.h>

enum {
    GROUP_CHUNKS = 256, /* chaining values that are kept at once; a power of two */
    PAIR_SIZE = 2 * BLAKE3_OUT_LEN,
};

struct tree {
    const uint8_t *joined; /* chunk 0 */
    struct base_span prefix, data;
    size_t size; /* of both */
};

static const uint8_t *tree_chunk(const struct tree *tree, size_t index)
{
    return index == 0 ? tree->joined
                      : tree->data.data + index * BLAKE3_CHUNK_LEN - tree->prefix.size;
}

/* The last chunk, when it is not a whole one. */
static void tree_last_chunk(const uint8_t *input, size_t size, uint64_t index, uint8_t *out)
{
    uint32_t cv[8];
    memcpy(cv, IV, sizeof cv);
    uint8_t flags = CHUNK_START;
    for (; size > BLAKE3_BLOCK_LEN; size -= BLAKE3_BLOCK_LEN, input += BLAKE3_BLOCK_LEN) {
        blake3_compress_in_place(cv, input, BLAKE3_BLOCK_LEN, index, flags);
        flags = 0;
    }
    uint8_t block[BLAKE3_BLOCK_LEN] = { 0 };
    memcpy(block, input, size);
    blake3_compress_in_place(cv, block, (uint8_t)size, index, flags | CHUNK_END);
    store_cv_words(out, cv);
}

/* Chaining values of the chunks first .. first+count-1. */
static void tree_chunks(const struct tree *tree, size_t first, size_t count,
                        uint8_t (*out)[BLAKE3_OUT_LEN])
{
    const size_t end = first + count;
    const size_t whole_end = end * BLAKE3_CHUNK_LEN <= tree->size ? end : end - 1;
    for (size_t at = first; at < whole_end;) {
        const uint8_t *inputs[BPI_LANES];
        size_t lanes = 0;
        for (; lanes < BPI_LANES && at + lanes < whole_end; lanes++)
            inputs[lanes] = tree_chunk(tree, at + lanes);
        blake3_hash_many(inputs, lanes, BLAKE3_CHUNK_LEN / BLAKE3_BLOCK_LEN, IV, at, true, 0,
                         CHUNK_START, CHUNK_END, out[at - first]);
        at += lanes;
    }
    if (whole_end < end)
        tree_last_chunk(tree_chunk(tree, whole_end), tree->size - whole_end * BLAKE3_CHUNK_LEN,
                        whole_end, out[whole_end - first]);
}

/* One level up: neighbours are hashed in pairs, an odd last one moves up as it is. */
static size_t tree_raise(uint8_t (*cvs)[BLAKE3_OUT_LEN], size_t count, uint8_t root)
{
    uint8_t above[GROUP_CHUNKS / 2][BLAKE3_OUT_LEN];
    const size_t pairs = count / 2;
    for (size_t at = 0; at < pairs;) {
        const uint8_t *inputs[BPI_LANES];
        size_t lanes = 0;
        for (; lanes < BPI_LANES && at + lanes < pairs; lanes++)
            inputs[lanes] = cvs[2 * (at + lanes)];
        blake3_hash_many(inputs, lanes, 1, IV, 0, false, PARENT, 0, root, above[at]);
        at += lanes;
    }
    if (count % 2 == 1)
        memcpy(cvs[pairs], cvs[count - 1], BLAKE3_OUT_LEN);
    memcpy(cvs, above, pairs * BLAKE3_OUT_LEN);
    return pairs + count % 2;
}

/* The subtree over these chunks; `root` is ROOT for the whole tree, else 0. */
static void tree_hash(const struct tree *tree, size_t first, size_t count, uint8_t root,
                      uint8_t out[BLAKE3_OUT_LEN])
{
    uint8_t cvs[GROUP_CHUNKS][BLAKE3_OUT_LEN];
    size_t left = count;
    if (count <= GROUP_CHUNKS) {
        tree_chunks(tree, first, count, cvs);
        while (left > 2)
            left = tree_raise(cvs, left, 0);
    } else {
        const size_t half = round_down_to_power_of_2(count - 1);
        tree_hash(tree, first, half, 0, cvs[0]);
        tree_hash(tree, first + half, count - half, 0, cvs[1]);
        left = 2;
    }
    if (left == 2)
        tree_raise(cvs, left, root);
    memcpy(out, cvs[0], BLAKE3_OUT_LEN);
}

void bpi_blake3_tree(struct base_span prefix, struct base_span data, uint8_t out[32])
{
    assert(prefix.size <= BLAKE3_CHUNK_LEN && prefix.size + data.size > BLAKE3_CHUNK_LEN);
    uint8_t joined[BLAKE3_CHUNK_LEN];
    memcpy(joined, prefix.data, prefix.size);
    memcpy(joined + prefix.size, data.data, sizeof joined - prefix.size);
    const struct tree tree = { joined, prefix, data, prefix.size + data.size };
    const size_t chunks = (tree.size + BLAKE3_CHUNK_LEN - 1) / BLAKE3_CHUNK_LEN;
    tree_hash(&tree, 0, chunks, ROOT, out);
}

#endif
