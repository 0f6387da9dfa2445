/* balance_twin.c - the naive policies and the naive table. */
#include "balance_twin.h"

#include <stdlib.h>

uint32_t balance_twin_up(const struct balance_twin *twin, uint32_t *up)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < twin->capacity; i++)
        if (twin->servers[i].is_there && !twin->servers[i].is_draining)
            up[count++] = i;
    return count;
}

void balance_twin_changed(struct balance_twin *twin)
{
    for (uint32_t i = 0; i < TWIN_SERVERS_MAX; i++)
        twin->servers[i].current = 0;
}

/* nginx: "on each selection, increase current_weight of each eligible peer by its weight, select
 * peer with greatest current_weight and reduce its current_weight by total number of weight points
 * distributed among peers". */
static uint32_t smooth(struct balance_twin *twin, const uint32_t *up, uint32_t count)
{
    int64_t points = 0;
    for (uint32_t k = 0; k < count; k++) {
        twin->servers[up[k]].current += twin->servers[up[k]].weight;
        points += twin->servers[up[k]].weight;
    }
    uint32_t greatest = up[0];
    for (uint32_t k = 1; k < count; k++)
        if (twin->servers[up[k]].current > twin->servers[greatest].current)
            greatest = up[k];
    twin->servers[greatest].current -= points;
    return greatest;
}

/* The least, and of equals the one that comes first from `position` on. */
static uint32_t least(struct balance_twin *twin, const uint32_t *up, uint32_t count,
                      bool is_weighted)
{
    uint32_t best = 0;
    long double best_cost = 0;
    uint32_t best_distance = 0;
    for (uint32_t k = 0; k < count; k++) {
        const long double active = twin->servers[up[k]].active;
        const long double cost = is_weighted ? (active + 1) / twin->servers[up[k]].weight : active;
        const uint32_t distance = (up[k] + twin->capacity - twin->position) % twin->capacity;
        if (k == 0 || cost < best_cost || (cost == best_cost && distance < best_distance)) {
            best = k;
            best_cost = cost;
            best_distance = distance;
        }
    }
    twin->position = (up[best] + 1) % twin->capacity;
    return up[best];
}

uint32_t balance_twin_choose(struct balance_twin *twin, enum mfn_alm_policy policy)
{
    uint32_t up[TWIN_SERVERS_MAX];
    const uint32_t count = balance_twin_up(twin, up);
    if (count == 0)
        return MFN_ALM_SERVER_NONE;
    if (policy == MFN_ALM_WEIGHTED_ROUND_ROBIN)
        return smooth(twin, up, count);
    if (policy != MFN_ALM_ROUND_ROBIN)
        return least(twin, up, count, policy == MFN_ALM_WEIGHTED_LEAST_CONNECTIONS);
    /* A turn beyond the last begins at the first. */
    const uint32_t at = twin->position < count ? twin->position : 0;
    twin->position = at + 1;
    return up[at];
}

static uint64_t splitmix(uint64_t *x)
{
    *x += 0x9e3779b97f4a7c15;
    uint64_t z = *x;
    z ^= z >> 30;
    z *= 0xbf58476d1ce4e5b9;
    z ^= z >> 27;
    z *= 0x94d049bb133111eb;
    return z ^ z >> 31;
}

void balance_twin_maglev(const struct mfn_alm_member *members, uint32_t count, uint16_t *slots,
                         uint32_t slot_count)
{
    uint32_t *const permutations = malloc((size_t)count * slot_count * sizeof *permutations);
    uint32_t *const next = calloc(count + 1, sizeof *next);
    uint64_t heaviest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t state = members[i].id;
        const uint64_t offset = splitmix(&state) % slot_count;
        const uint64_t skip = splitmix(&state) % (slot_count - 1) + 1;
        for (uint64_t j = 0; j < slot_count; j++)
            permutations[(size_t)i * slot_count + j] = (uint32_t)((offset + j * skip) % slot_count);
        heaviest = members[i].weight > heaviest ? members[i].weight : heaviest;
    }
    for (uint32_t k = 0; k < slot_count; k++)
        slots[k] = MFN_ALM_SLOT_NONE;
    uint32_t filled = 0;
    for (uint64_t round = 1; heaviest > 0 && filled < slot_count; round++) {
        for (uint32_t i = 0; i < count && filled < slot_count; i++) {
            const uint64_t weight = members[i].weight;
            if (round * weight / heaviest == (round - 1) * weight / heaviest)
                continue;
            const uint32_t *const permutation = permutations + (size_t)i * slot_count;
            while (slots[permutation[next[i]]] != MFN_ALM_SLOT_NONE)
                next[i]++;
            slots[permutation[next[i]]] = (uint16_t)i;
            filled++;
        }
    }
    free(permutations);
    free(next);
}
