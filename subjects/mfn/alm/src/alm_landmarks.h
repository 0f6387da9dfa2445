/* alm_landmarks.h - the distances that landmarks know. */
#ifndef ALM_LANDMARKS_H
#define ALM_LANDMARKS_H

#include <mfn/alm_pair.h>

struct alm_known {
    uint64_t from, to; /* from the landmark to the node, from the node to the landmark */
};

struct mfn_alm_landmarks {
    uint32_t count;
    uint32_t capacity; /* of a row */
    uint32_t nodes[MFN_ALM_LANDMARK_MAX];
    struct alm_known *known; /* [node_count][capacity] */
};

#endif
