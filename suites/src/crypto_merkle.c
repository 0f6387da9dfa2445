/* crypto_merkle.c - building a tree over leaves of 256 bytes. The check proves every leaf. */
#include "crypto_expect.h"

#include <base/rng.h>
#include <bench/keep.h>
#include <bpi/merkle.h>

#include <stdlib.h>
#include <string.h>

enum { LEAF_SIZE = 256, LEAF_COUNT_MAX = 1 << 20 };

static const struct {
    const char *name;
    struct bpi_merkle_kind kind;
} tree_kinds[] = {
    { "default", BPI_MERKLE_DEFAULT },
    { "rfc9162", BPI_MERKLE_RFC9162 },
    { "earlier", BPI_MERKLE_EARLIER },
};

struct growing {
    struct bpi_merkle_kind kind;
    uint64_t count;
    uint64_t capacity;
    uint8_t *data;            /* [count * LEAF_SIZE] */
    struct base_span *leaves; /* [count] */
    uint8_t (*nodes)[BPI_DIGEST_SIZE];
    struct bpi_merkle tree;
    uint64_t items;
    base_err err;
};

static void merkle_teardown(void *state)
{
    struct growing *growing = state;
    if (growing == NULL)
        return;
    free(growing->data);
    free(growing->leaves);
    free(growing->nodes);
    free(growing);
}

static base_err merkle_kind(struct bench_env *env, struct bpi_merkle_kind *kind)
{
    const char *name = bench_env_text(env, "kind");
    for (size_t i = 0; i < sizeof tree_kinds / sizeof tree_kinds[0]; i++) {
        if (strcmp(tree_kinds[i].name, name) == 0) {
            *kind = tree_kinds[i].kind;
            return BASE_OK;
        }
    }
    return base_fail(&env->why, BASE_EINVALID, 0,
                     "kind: \"%s\" is no kind of tree; default, rfc9162 and earlier are", name);
}

static bool merkle_allocate(struct growing *growing)
{
    growing->capacity = bpi_merkle_node_count(&growing->kind, growing->count);
    growing->data = malloc(growing->count * LEAF_SIZE);
    growing->leaves = calloc(growing->count, sizeof *growing->leaves);
    growing->nodes = calloc(growing->capacity, sizeof *growing->nodes);
    return growing->data != NULL && growing->leaves != NULL && growing->nodes != NULL;
}

static base_err merkle_setup(struct bench_env *env)
{
    struct bpi_merkle_kind kind;
    uint64_t count;
    base_err err = merkle_kind(env, &kind);
    if (err == BASE_OK)
        err = bench_env_count(env, "leaves", 1, LEAF_COUNT_MAX, &count);
    if (err != BASE_OK)
        return err;
    struct growing *growing = calloc(1, sizeof *growing);
    if (growing != NULL) {
        growing->kind = kind;
        growing->count = count;
    }
    if (growing == NULL || !merkle_allocate(growing)) {
        merkle_teardown(growing);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for %llu leaves",
                         (unsigned long long)count);
    }
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (uint64_t i = 0; i < count * LEAF_SIZE; i++)
        growing->data[i] = (uint8_t)base_rng_u64(&rng);
    for (uint64_t i = 0; i < count; i++)
        growing->leaves[i] = base_span_of(growing->data + i * LEAF_SIZE, LEAF_SIZE);
    env->state = growing;
    env->parts_per_item = (double)count;
    env->bytes_per_item = (double)(count * LEAF_SIZE);
    return BASE_OK;
}

static void merkle_run(void *state, uint64_t count)
{
    struct growing *growing = state;
    BENCH_LOOP(count) {
        const base_err err = bpi_merkle_build(&growing->kind, growing->leaves, growing->count,
                                              growing->nodes, growing->capacity, &growing->tree);
        if (err != BASE_OK)
            growing->err = err;
        BENCH_KEEP(&growing->tree.root[0]);
    }
    growing->items += count;
}

static base_err merkle_check(void *state, struct base_why *why)
{
    const struct growing *growing = state;
    if (growing->err != BASE_OK)
        return base_fail(why, growing->err, 0, "a tree could not be built");
    for (uint64_t i = 0; growing->items > 0 && i < growing->count; i++) {
        struct bpi_merkle_proof proof;
        base_err err = bpi_merkle_prove(&growing->tree, i, &proof);
        if (err == BASE_OK)
            err = bpi_merkle_verify(&growing->kind, growing->tree.root, growing->count,
                                    growing->leaves[i], &proof);
        if (err != BASE_OK)
            return base_fail(why, BASE_EWRONG, i, "leaf %llu has no valid proof",
                             (unsigned long long)i);
    }
    return BASE_OK;
}

const struct bench_case suite_crypto_merkle = {
    .name = "crypto/merkle",
    .doc = "a Merkle tree over leaves of 256 bytes, with all its nodes",
    .item = "tree",
    .params = { { "leaves", "16,1024", "leaves of the tree" },
                { "kind", "default", "default (BLAKE3), rfc9162 (SHA-256) or earlier" } },
    .setup = merkle_setup,
    .run = merkle_run,
    .check = merkle_check,
    .teardown = merkle_teardown,
};
