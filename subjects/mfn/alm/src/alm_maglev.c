/* alm_maglev.c - turns by turns. A permutation is an arithmetic progression modulo a prime, so it
 * is a next slot and a step rather than an array; nothing is remembered of slots passed over, as
 * a slot that was taken stays taken.
 */
#include <mfn/alm_maglev.h>

#include <assert.h>
#include <stdbool.h>

static bool maglev_is_prime(uint32_t number)
{
    if (number % 2 == 0)
        return number == 2;
    for (uint32_t i = 3; (uint64_t)i * i <= number; i += 2)
        if (number % i == 0)
            return false;
    return true;
}

uint32_t mfn_alm_maglev_size(uint32_t at_least)
{
    assert(at_least <= MFN_ALM_SLOTS_MAX);
    uint32_t size = at_least < 3 ? 3 : at_least;
    while (!maglev_is_prime(size))
        size++;
    return size;
}

/* Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 */
static uint64_t maglev_splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Returns the heaviest weight. */
static uint32_t maglev_begin(const struct mfn_alm_member *members, uint32_t count,
                             struct mfn_alm_turn *work, uint32_t slot_count)
{
    uint32_t heaviest = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t state = members[i].id;
        const uint64_t a = maglev_splitmix(&state);
        const uint64_t b = maglev_splitmix(&state);
        work[i].next = (uint32_t)(a % slot_count);
        work[i].skip = (uint32_t)(b % (slot_count - 1)) + 1;
        work[i].gathered = 0;
        if (members[i].weight > heaviest)
            heaviest = members[i].weight;
    }
    return heaviest;
}

static void maglev_take(struct mfn_alm_turn *turn, uint16_t server, uint16_t *slots,
                        uint32_t slot_count)
{
    uint32_t slot;
    do {
        slot = turn->next;
        turn->next += turn->skip;
        if (turn->next >= slot_count)
            turn->next -= slot_count;
    } while (slots[slot] != MFN_ALM_SLOT_NONE);
    slots[slot] = server;
}

void mfn_alm_maglev_fill(const struct mfn_alm_member *members, uint32_t count,
                         struct mfn_alm_turn *work, uint16_t *slots, uint32_t slot_count)
{
    assert(count <= MFN_ALM_SERVERS_MAX && slot_count >= 3 && slot_count <= MFN_ALM_SLOTS_MAX);
    for (uint32_t i = 0; i < slot_count; i++)
        slots[i] = MFN_ALM_SLOT_NONE;
    const uint32_t heaviest = maglev_begin(members, count, work, slot_count);
    if (heaviest == 0)
        return;
    for (uint32_t filled = 0;;) {
        for (uint32_t i = 0; i < count; i++) {
            work[i].gathered += members[i].weight;
            if (work[i].gathered < heaviest)
                continue;
            work[i].gathered -= heaviest;
            maglev_take(&work[i], (uint16_t)i, slots, slot_count);
            if (++filled == slot_count)
                return;
        }
    }
}
