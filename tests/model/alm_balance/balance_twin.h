/* balance_twin.h - balancing done naively, from the published descriptions: no table that is kept,
 * no cursor but the last choice. */
#ifndef TESTS_BALANCE_TWIN_H
#define TESTS_BALANCE_TWIN_H

#include <mfn/alm_balance.h>

enum { TWIN_SERVERS_MAX = 64 };

struct balance_twin {
    uint32_t capacity;
    struct {
        bool is_there, is_draining;
        uint64_t id;
        uint32_t weight, active;
        int64_t current; /* smooth weighted round robin */
    } servers[TWIN_SERVERS_MAX];
    uint32_t position; /* round robin: among those up, of the next; else the next server */
};

/* Those up changed: the smooth sequence starts anew. */
void balance_twin_changed(struct balance_twin *twin);

uint32_t balance_twin_up(const struct balance_twin *twin, uint32_t *up);
uint32_t balance_twin_choose(struct balance_twin *twin, enum mfn_alm_policy policy);

/* Maglev's table from whole permutations, [slot_count]. */
void balance_twin_maglev(const struct mfn_alm_member *members, uint32_t count, uint16_t *slots,
                         uint32_t slot_count);

#endif
