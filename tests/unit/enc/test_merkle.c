/* test_merkle.c - Certificate Transparency's vectors, a naive twin, and tampering. */
#include "unit.h"
#include "hex.h"

#include <bpi/merkle.h>

#include <string.h>

enum { LEAF_MAX = 70, NODE_MAX = 2 * LEAF_MAX + 16 };

static const struct bpi_merkle_kind kinds[] = {
    BPI_MERKLE_RFC9162,
    BPI_MERKLE_DEFAULT,
    BPI_MERKLE_EARLIER,
    { BPI_MERKLE_DUPLICATE, BPI_HASH_SHA256, BPI_FORM_DERIVE, BPI_DOMAIN_MERKLE_LEAF,
      BPI_DOMAIN_MERKLE_INTERNAL },
    { BPI_MERKLE_SPLIT, BPI_HASH_BLAKE3, BPI_FORM_PREFIX, BPI_DOMAIN_BPI_MERKLE_LEAF,
      BPI_DOMAIN_BPI_MERKLE_NODE },
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* The eight leaves and the roots of their first 0..8, of the Certificate Transparency reference
 * implementation's tests. */
static const char *const ct_leaves[8] = { "",
                                          "00",
                                          "10",
                                          "2021",
                                          "3031",
                                          "40414243",
                                          "5051525354555657",
                                          "606162636465666768696a6b6c6d6e6f" };
static const char *const ct_roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void build(const struct bpi_merkle_kind *kind, const struct base_span *leaves, size_t count,
                  uint8_t (*nodes)[32], struct bpi_merkle *tree)
{
    const uint64_t room = bpi_merkle_node_count(kind, count);
    assert_true(room <= NODE_MAX);
    assert_int_equal(bpi_merkle_build(kind, leaves, count, nodes, room, tree), BASE_OK);
}

static void fill_ct_leaves(uint8_t bytes[8][16], struct base_span leaves[8])
{
    for (size_t i = 0; i < 8; i++)
        leaves[i] = base_span_of(bytes[i], hex_bytes(ct_leaves[i], bytes[i]));
}

static void roots_of_certificate_transparency(void **state)
{
    (void)state;
    uint8_t bytes[8][16];
    struct base_span leaves[8];
    fill_ct_leaves(bytes, leaves);
    for (size_t count = 0; count <= 8; count++) {
        uint8_t nodes[NODE_MAX][32];
        struct bpi_merkle tree;
        build(&kinds[0], leaves, count, nodes, &tree);
        assert_string_equal(hex_of(tree.root), ct_roots[count]);
    }
}

static void paths_of_certificate_transparency(void **state)
{
    (void)state;
    static const struct {
        uint64_t index;
        const char *siblings[3];
    } rows[] = {
        { 0,
          { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
        { 5,
          { "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
    };
    uint8_t bytes[8][16];
    struct base_span leaves[8];
    fill_ct_leaves(bytes, leaves);
    uint8_t nodes[NODE_MAX][32];
    struct bpi_merkle tree;
    build(&kinds[0], leaves, 8, nodes, &tree);
    for (size_t i = 0; i < 2; i++) {
        struct bpi_merkle_proof proof;
        assert_int_equal(bpi_merkle_prove(&tree, rows[i].index, &proof), BASE_OK);
        assert_int_equal(proof.sibling_count, 3);
        for (size_t j = 0; j < 3; j++)
            assert_string_equal(hex_of(proof.siblings[j]), rows[i].siblings[j]);
    }
}

static void naive_node(const struct bpi_merkle_kind *kind, const uint8_t left[32],
                       const uint8_t right[32], uint8_t out[32])
{
    uint8_t pair[64];
    memcpy(pair, left, 32);
    memcpy(pair + 32, right, 32);
    bpi_domain_hash(kind->node, kind->hash, kind->form, base_span_of(pair, 64), out);
}

static void naive_leaf(const struct bpi_merkle_kind *kind, struct base_span leaf, uint8_t out[32])
{
    bpi_domain_hash(kind->leaf, kind->hash, kind->form, leaf, out);
}

/* The standard's definition: split at the largest power of two below count. */
static void naive_split(const struct bpi_merkle_kind *kind, const struct base_span *leaves,
                        size_t count, uint8_t out[32])
{
    if (count == 1) {
        naive_leaf(kind, leaves[0], out);
        return;
    }
    size_t half = 1;
    while (2 * half < count)
        half *= 2;
    uint8_t left[32], right[32];
    naive_split(kind, leaves, half, left);
    naive_split(kind, leaves + half, count - half, right);
    naive_node(kind, left, right, out);
}

/* The earlier system: every odd level gets a copy of its last node. */
static void naive_duplicate(const struct bpi_merkle_kind *kind, const struct base_span *leaves,
                            size_t count, uint8_t out[32])
{
    uint8_t level[LEAF_MAX + 1][32];
    for (size_t i = 0; i < count; i++)
        naive_leaf(kind, leaves[i], level[i]);
    do {
        if (count % 2 == 1) {
            memcpy(level[count], level[count - 1], 32);
            count++;
        }
        for (size_t i = 0; i < count / 2; i++)
            naive_node(kind, level[2 * i], level[2 * i + 1], level[i]);
        count /= 2;
    } while (count > 1);
    memcpy(out, level[0], 32);
}

/* Any single change to a good proof must be noticed. */
static void tamper(const struct bpi_merkle_kind *kind, const struct bpi_merkle *tree,
                   struct base_span data, const struct bpi_merkle_proof *good)
{
    struct bpi_merkle_proof bad = *good;
    uint8_t root[32];
    memcpy(root, tree->root, 32);
    root[31] ^= 1;
    assert_int_equal(bpi_merkle_verify(kind, root, tree->leaf_count, data, good), BASE_EWRONG);
    for (size_t i = 0; i < good->sibling_count; i++) {
        bad.siblings[i][i] ^= 0x80;
        assert_int_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, data, &bad),
                         BASE_EWRONG);
        bad = *good;
    }
    bad.leaf[7] ^= 4;
    assert_int_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, data, &bad),
                     BASE_EWRONG);
    bad = *good;
    bad.sibling_count++;
    assert_int_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, data, &bad),
                     BASE_EINVALID);
    bad.sibling_count = good->sibling_count - 1; /* wraps when there is none: too many */
    assert_int_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, data, &bad),
                     BASE_EINVALID);
    bad = *good;
    bad.leaf_index = tree->leaf_count;
    assert_int_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, data, &bad),
                     BASE_ERANGE);
    for (bad.leaf_index = 0; bad.leaf_index < tree->leaf_count; bad.leaf_index++)
        if (bad.leaf_index != good->leaf_index)
            assert_int_not_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, data, &bad),
                                 BASE_OK);
    const struct base_span other = base_span_of("other", 5);
    assert_int_equal(bpi_merkle_verify(kind, tree->root, tree->leaf_count, other, good),
                     BASE_EWRONG);
}

static void check_tree(const struct bpi_merkle_kind *kind, const struct base_span *leaves,
                       size_t count)
{
    uint8_t nodes[NODE_MAX][32], naive[32];
    struct bpi_merkle tree;
    build(kind, leaves, count, nodes, &tree);
    if (kind->shape == BPI_MERKLE_SPLIT)
        naive_split(kind, leaves, count, naive);
    else
        naive_duplicate(kind, leaves, count, naive);
    assert_string_equal(hex_of(tree.root), hex_of(naive));
    struct bpi_merkle_proof proof;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(bpi_merkle_prove(&tree, i, &proof), BASE_OK);
        assert_int_equal(bpi_merkle_verify(kind, tree.root, count, leaves[i], &proof), BASE_OK);
        if (i % 7 == count % 7)
            tamper(kind, &tree, leaves[i], &proof);
    }
    assert_int_equal(bpi_merkle_prove(&tree, count, &proof), BASE_ERANGE);
}

static void trees_are_the_naive_ones(void **state)
{
    (void)state;
    static char texts[LEAF_MAX][32];
    struct base_span leaves[LEAF_MAX];
    for (size_t i = 0; i < LEAF_MAX; i++)
        leaves[i] = base_span_of(texts[i], (size_t)snprintf(texts[i], 32, "leaf %zu of some", i));
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        for (size_t count = 1; count <= LEAF_MAX; count++)
            check_tree(&kinds[kind], leaves, count);
}

/* The known weakness of the earlier shape, and that the other shape is free of it. */
static void only_the_earlier_shape_collides(void **state)
{
    (void)state;
    const struct base_span leaves[] = { base_span_of("a", 1), base_span_of("b", 1),
                                        base_span_of("c", 1), base_span_of("c", 1) };
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        uint8_t nodes[2][NODE_MAX][32];
        struct bpi_merkle three, four;
        build(&kinds[kind], leaves, 3, nodes[0], &three);
        build(&kinds[kind], leaves, 4, nodes[1], &four);
        assert_int_equal(memcmp(three.root, four.root, 32) == 0,
                         kinds[kind].shape == BPI_MERKLE_DUPLICATE);
    }
}

static void impossible_trees_are_refused(void **state)
{
    (void)state;
    uint8_t nodes[NODE_MAX][32];
    struct bpi_merkle tree;
    const struct base_span leaves[3] = { { NULL, 0 } };
    const struct bpi_merkle_kind earlier = BPI_MERKLE_EARLIER, safe = BPI_MERKLE_DEFAULT;
    const uint64_t too_many = (UINT64_C(1) << 39) + 1;
    assert_int_equal(bpi_merkle_build(&earlier, NULL, 0, nodes, 9, &tree), BASE_EINVALID);
    assert_int_equal(bpi_merkle_build(&safe, NULL, too_many, nodes, UINT64_MAX, &tree),
                     BASE_ERANGE);
    assert_int_equal(bpi_merkle_node_count(&safe, too_many), 0);
    assert_true(bpi_merkle_node_count(&earlier, too_many - 1) < UINT64_C(3) << 39);
    assert_int_equal(bpi_merkle_node_count(&earlier, 3), 4 + 2 + 1);
    assert_int_equal(bpi_merkle_build(&earlier, leaves, 3, nodes, 6, &tree), BASE_EFULL);
    assert_int_equal(bpi_merkle_build(&earlier, leaves, 3, nodes, 7, &tree), BASE_OK);
    struct bpi_merkle_proof proof;
    assert_int_equal(bpi_merkle_build(&safe, NULL, 0, NULL, 0, &tree), BASE_OK);
    assert_int_equal(bpi_merkle_prove(&tree, 0, &proof), BASE_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_certificate_transparency),
        cmocka_unit_test(paths_of_certificate_transparency),
        cmocka_unit_test(trees_are_the_naive_ones),
        cmocka_unit_test(only_the_earlier_shape_collides),
        cmocka_unit_test(impossible_trees_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
