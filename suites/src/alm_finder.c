/* alm_finder.c - the path of a pair, its nodes included. */
#include "alm_service_cases.h"

enum { LANDMARKS = 16 };

base_err alm_finder_init(struct alm_finder *finder, const struct mfn_alm_graph *graph,
                         bool is_textbook, struct base_why *why)
{
    *finder = (struct alm_finder){ .graph = graph };
    base_err err;
    if (is_textbook) {
        err = alm_heap_search_init(&finder->heap, graph);
    } else {
        err = mfn_alm_landmarks_new(graph, LANDMARKS, &finder->landmarks);
        if (err == BASE_OK)
            err = mfn_alm_pair_new(graph, finder->landmarks, &finder->search);
    }
    if (err != BASE_OK) {
        alm_finder_done(finder);
        return base_fail(why, err, 0, "no memory for a search");
    }
    if (!is_textbook)
        mfn_alm_pair_tune(finder->search);
    return BASE_OK;
}

void alm_finder_done(struct alm_finder *finder)
{
    mfn_alm_pair_free(finder->search);
    mfn_alm_landmarks_free(finder->landmarks);
    alm_heap_search_done(&finder->heap);
    *finder = (struct alm_finder){ 0 };
}

static void find_textbook(struct alm_heap_search *heap, struct alm_pair_of_nodes ask,
                          struct alm_answer *out)
{
    alm_heap_search_run(heap, ask.from, ask.to);
    out->distance = heap->distances[ask.to];
    out->count = 0;
    if (out->distance == MFN_ALM_FAR)
        return;
    for (uint32_t node = ask.to; node != MFN_ALM_NONE; node = heap->parents[node])
        out->count++;
    if (out->count > ALM_SERVED_NODES) {
        out->distance = MFN_ALM_FAR;
        return;
    }
    size_t place = out->count;
    for (uint32_t node = ask.to; node != MFN_ALM_NONE; node = heap->parents[node])
        out->nodes[--place] = node;
}

void alm_finder_find(struct alm_finder *finder, struct alm_pair_of_nodes ask,
                     struct alm_answer *out)
{
    if (finder->search == NULL) {
        find_textbook(&finder->heap, ask, out);
        return;
    }
    out->distance = mfn_alm_pair_find(finder->search, ask.from, ask.to);
    if (mfn_alm_pair_path(finder->search, out->nodes, ALM_SERVED_NODES, &out->count) != BASE_OK)
        out->distance = MFN_ALM_FAR;
}
