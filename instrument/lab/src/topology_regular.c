/* topology_regular.c - a random regular graph: from a circulant one, by swaps of the ends of two
 * random links, ten for each link. A swap keeps every degree, and the chain of swaps has the
 * uniform distribution as its limit. Pairing stubs at random (Steger & Wormald) is uniform sooner,
 * but gets stuck for the dense graphs that are asked for here, too. */
#include "topology_internal.h"

#include <base/rng.h>

enum { SWAPS_PER_LINK = 10, ROUNDS_MAX = 1000 };

struct regular {
    struct base_arena scratch;
    struct base_rng rng;
    uint32_t count;
    uint64_t *bits; /* [count * count] who is linked with whom */
    uint32_t (*links)[2];
    size_t link_count;
};

static bool is_linked(const struct regular *regular, uint32_t a, uint32_t b)
{
    const uint64_t bit = (uint64_t)a * regular->count + b;
    return (regular->bits[bit / 64] >> bit % 64 & 1) != 0;
}

static void flip_bit(struct regular *regular, uint32_t a, uint32_t b)
{
    const uint64_t bit = (uint64_t)a * regular->count + b;
    regular->bits[bit / 64] ^= UINT64_C(1) << bit % 64;
}

static void flip_link(struct regular *regular, uint32_t a, uint32_t b)
{
    flip_bit(regular, a, b);
    flip_bit(regular, b, a);
}

static void put_link(struct regular *regular, uint32_t a, uint32_t b)
{
    regular->links[regular->link_count][0] = a;
    regular->links[regular->link_count++][1] = b;
    flip_link(regular, a, b);
}

/* Each host with its degree/2 next ones; with an odd degree also with the opposite one. */
static void put_circulant(struct regular *regular, uint32_t degree)
{
    const uint32_t count = regular->count;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t step = 1; step <= degree / 2; step++)
            put_link(regular, i, (i + step) % count);
    for (uint32_t i = 0; degree % 2 != 0 && i < count / 2; i++)
        put_link(regular, i, i + count / 2);
}

/* The only connected graph of degree 2 is a ring; swaps would seldom end with one. */
static base_err put_ring(struct regular *regular)
{
    const uint32_t count = regular->count;
    uint32_t *const order = base_arena_array(&regular->scratch, count, sizeof *order);
    if (order == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < count; i++) { /* Fisher and Yates, inside out */
        const uint32_t at = (uint32_t)base_rng_below(&regular->rng, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        put_link(regular, order[i], order[(i + 1) % count]);
    return BASE_OK;
}

static void swap_ends(struct regular *regular)
{
    uint32_t *const one = regular->links[base_rng_below(&regular->rng, regular->link_count)];
    uint32_t *const other = regular->links[base_rng_below(&regular->rng, regular->link_count)];
    const unsigned side = base_rng_u64(&regular->rng) & 1;
    const uint32_t a = one[0], b = one[1], c = other[side], d = other[1 - side];
    if (a == d || b == c || is_linked(regular, a, d) || is_linked(regular, c, b))
        return;
    flip_link(regular, a, b);
    flip_link(regular, c, d);
    flip_link(regular, a, d);
    flip_link(regular, c, b);
    one[1] = d;
    other[side] = c;
    other[1 - side] = b;
}

static void put_edges(struct lab_topology *topology, const struct regular *regular,
                      const struct lab_link_config *link)
{
    topology->edge_count = 0;
    for (size_t i = 0; i < regular->link_count; i++)
        lab_topology_join(topology, regular->links[i][0], regular->links[i][1], link);
}

static base_err make(struct regular *regular, struct lab_topology *topology, uint32_t degree,
                     const struct lab_link_config *link)
{
    const uint64_t count = regular->count;
    uint32_t apart = 0;
    regular->bits =
        base_arena_array(&regular->scratch, (count * count + 63) / 64, sizeof *regular->bits);
    regular->links =
        base_arena_array(&regular->scratch, count * degree / 2, sizeof *regular->links);
    if (regular->bits == NULL || regular->links == NULL)
        return BASE_ENOMEM;
    if (degree == 2)
        LAB_TRY(put_ring(regular));
    else
        put_circulant(regular, degree);
    for (unsigned round = 0; round < ROUNDS_MAX && apart != UINT32_MAX; round++) {
        for (size_t i = 0; degree != 2 && i < SWAPS_PER_LINK * regular->link_count; i++)
            swap_ends(regular);
        put_edges(topology, regular, link);
        LAB_TRY(lab_topology_apart(topology, &apart));
    }
    return apart == UINT32_MAX ? BASE_OK : BASE_EFULL;
}

base_err lab_regular_make(struct lab_topology *topology, uint32_t degree,
                          const struct lab_link_config *link, uint64_t seed, struct base_why *why)
{
    struct regular regular = { .count = topology->program_count };
    base_rng_init(&regular.rng, seed);
    const base_err err = make(&regular, topology, degree, link);
    base_arena_done(&regular.scratch);
    if (err == BASE_EFULL)
        return base_fail(why, err, 0, "no connected graph of degree %u was found in %d tries",
                         degree, ROUNDS_MAX);
    return err == BASE_OK ? err : base_fail(why, err, 0, "out of memory");
}
