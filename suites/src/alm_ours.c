/* alm_ours.c - our own searches as ways of answering. */
#include "alm_methods.h"

#include <mfn/alm_kpaths.h>
#include <mfn/alm_pair.h>
#include <mfn/alm_search.h>

#include <stdlib.h>
#include <string.h>

enum { LANDMARKS = 16 };

static base_err tree_open(const struct mfn_alm_graph *graph, void **solver, struct base_why *why)
{
    struct mfn_alm_search *search;
    const base_err err = mfn_alm_search_new(graph, &search);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for a search");
    *solver = search;
    return BASE_OK;
}

static void tree_run(void *solver, uint32_t root)
{
    mfn_alm_search_run(solver, root, MFN_ALM_FROM);
}

static uint64_t tree_distance(const void *solver, uint32_t node)
{
    return mfn_alm_search_distance(solver, node);
}

static void tree_close(void *solver)
{
    mfn_alm_search_free(solver);
}

struct pair {
    struct mfn_alm_landmarks *landmarks;
    struct mfn_alm_pair *search;
};

static void pair_close(void *solver)
{
    struct pair *const pair = solver;
    if (pair == NULL)
        return;
    mfn_alm_pair_free(pair->search);
    mfn_alm_landmarks_free(pair->landmarks);
    free(pair);
}

static base_err pair_open(const struct mfn_alm_graph *graph, void **solver, struct base_why *why)
{
    struct pair *const pair = calloc(1, sizeof *pair);
    base_err err = BASE_ENOMEM;
    if (pair != NULL)
        err = mfn_alm_landmarks_new(graph, LANDMARKS, &pair->landmarks);
    if (err == BASE_OK)
        err = mfn_alm_pair_new(graph, pair->landmarks, &pair->search);
    if (err != BASE_OK) {
        pair_close(pair);
        return base_fail(why, err, 0, "no memory for a search with landmarks");
    }
    mfn_alm_pair_tune(pair->search);
    *solver = pair;
    return BASE_OK;
}

static uint64_t pair_find(void *solver, uint32_t from, uint32_t to)
{
    const struct pair *const pair = solver;
    return mfn_alm_pair_find(pair->search, from, to);
}

static base_err kpaths_open(const struct mfn_alm_graph *graph, size_t k, void **solver,
                            struct base_why *why)
{
    struct mfn_alm_kpaths *kpaths;
    const base_err err = mfn_alm_kpaths_new(graph, k, &kpaths);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for %zu paths", k);
    *solver = kpaths;
    return BASE_OK;
}

static size_t kpaths_find(void *solver, uint32_t from, uint32_t to, size_t k)
{
    size_t count = 0;
    return mfn_alm_kpaths_find(solver, from, to, k, &count) == BASE_OK ? count : 0;
}

static size_t kpaths_path(const void *solver, size_t index, uint32_t *nodes, size_t capacity)
{
    const struct mfn_alm_path path =
        mfn_alm_kpaths_get((const struct mfn_alm_kpaths *)solver, index);
    if (path.count <= capacity)
        memcpy(nodes, path.nodes, path.count * sizeof *nodes);
    return path.count;
}

static void kpaths_close(void *solver)
{
    mfn_alm_kpaths_free(solver);
}

const struct alm_tree_method alm_tree_ours = { tree_open, tree_run, tree_distance, tree_close };
const struct alm_pair_method alm_pair_ours = { pair_open, pair_find, pair_close };
const struct alm_kpaths_method alm_kpaths_ours = { kpaths_open, kpaths_find, kpaths_path,
                                                   kpaths_close };
