/* alm_landmarks.c - farthest-point landmarks and their distances, a row a node. */
#include "alm_landmarks.h"

#include "alm_search_internal.h"

#include <string.h>

/* The node farthest from those in `nearest` that is reached at all; the smallest of equals. */
static uint32_t farthest(const uint64_t *nearest, uint32_t node_count)
{
    uint32_t best = MFN_ALM_NONE;
    for (uint32_t i = 0; i < node_count; i++)
        if (nearest[i] != MFN_ALM_FAR && nearest[i] > 0 &&
            (best == MFN_ALM_NONE || nearest[i] > nearest[best]))
            best = i;
    return best;
}

static void learn(struct mfn_alm_landmarks *landmarks, struct mfn_alm_search *search,
                  uint64_t *nearest, uint32_t node)
{
    const uint32_t index = landmarks->count++;
    const uint32_t nodes = search->graph->node_count;
    landmarks->nodes[index] = node;
    mfn_alm_search_run(search, node, MFN_ALM_TO);
    for (uint32_t i = 0; i < nodes; i++)
        landmarks->known[(size_t)i * landmarks->capacity + index].to = search->labels[i].distance;
    mfn_alm_search_run(search, node, MFN_ALM_FROM);
    for (uint32_t i = 0; i < nodes; i++) {
        const uint64_t distance = search->labels[i].distance;
        landmarks->known[(size_t)i * landmarks->capacity + index].from = distance;
        nearest[i] = distance < nearest[i] ? distance : nearest[i];
    }
}

static void choose(struct mfn_alm_landmarks *landmarks, struct mfn_alm_search *search,
                   uint64_t *nearest)
{
    const uint32_t nodes = search->graph->node_count;
    if (nodes == 0)
        return;
    mfn_alm_search_run(search, 0, MFN_ALM_FROM);
    for (uint32_t i = 0; i < nodes; i++)
        nearest[i] = search->labels[i].distance;
    const uint32_t first = farthest(nearest, nodes);
    for (uint32_t i = 0; i < nodes; i++)
        nearest[i] = MFN_ALM_FAR;
    learn(landmarks, search, nearest, first == MFN_ALM_NONE ? 0 : first);
    while (landmarks->count < landmarks->capacity) {
        const uint32_t next = farthest(nearest, nodes);
        if (next == MFN_ALM_NONE)
            return;
        learn(landmarks, search, nearest, next);
    }
}

base_err mfn_alm_landmarks_new(const struct mfn_alm_graph *graph, size_t count,
                               struct mfn_alm_landmarks **out)
{
    if (count == 0 || count > MFN_ALM_LANDMARK_MAX)
        return BASE_EINVALID;
    const size_t nodes = graph->node_count;
    struct mfn_alm_landmarks *const landmarks = calloc(1, sizeof *landmarks);
    struct mfn_alm_search *search = NULL;
    uint64_t *const nearest = malloc((nodes + 1) * sizeof *nearest);
    base_err err =
        landmarks != NULL && nearest != NULL ? mfn_alm_search_new(graph, &search) : BASE_ENOMEM;
    if (err == BASE_OK) {
        landmarks->capacity = (uint32_t)count;
        landmarks->known = malloc((nodes * count + 1) * sizeof *landmarks->known);
        err = landmarks->known != NULL ? BASE_OK : BASE_ENOMEM;
    }
    if (err == BASE_OK) {
        choose(landmarks, search, nearest);
        *out = landmarks;
    } else {
        mfn_alm_landmarks_free(landmarks);
    }
    mfn_alm_search_free(search);
    free(nearest);
    return err;
}

void mfn_alm_landmarks_free(struct mfn_alm_landmarks *landmarks)
{
    if (landmarks == NULL)
        return;
    free(landmarks->known);
    free(landmarks);
}

size_t mfn_alm_landmarks_count(const struct mfn_alm_landmarks *landmarks)
{
    return landmarks->count;
}

uint32_t mfn_alm_landmarks_node(const struct mfn_alm_landmarks *landmarks, size_t index)
{
    return index < landmarks->count ? landmarks->nodes[index] : MFN_ALM_NONE;
}
