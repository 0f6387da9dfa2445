/* model_lab_fabric.c - a fabric against a list of packets that is searched from end to end.
 *
 *   model_lab_fabric [TIMES]    TIMES the usual number of rounds
 *
 * SEED in the environment repeats a run. The twin has the links' own model (which has tests of its
 * own) but nothing else: routes by Floyd & Warshall, packets in one unsorted array. */
#include "unit.h"

#include "fabric_internal.h"
#include "model_seed.h"

#include <string.h>

enum { ROUNDS = 300 / MODEL_SLOW, STEPS = 400, HOSTS_MAX = 7, FLYING_MAX = 1024, DATA_MAX = 4000 };

static uint64_t seed;
static unsigned times = 1;

struct flying {
    bool is_used, is_out, is_corrupt;
    uint32_t from, to, at;
    uint64_t sent_ns, at_ns, sequence;
    size_t size, extra;
    uint8_t data[DATA_MAX];
};

static struct twin {
    struct lab_topology topology;
    struct lab_host hosts[HOSTS_MAX];
    struct lab_edge edges[HOSTS_MAX * HOSTS_MAX];
    uint64_t delay[HOSTS_MAX][HOSTS_MAX];
    uint32_t hops[HOSTS_MAX][HOSTS_MAX];
    bool is_linked[HOSTS_MAX][HOSTS_MAX];
    struct lab_link links[HOSTS_MAX][HOSTS_MAX], limits[HOSTS_MAX];
    uint8_t side[HOSTS_MAX];
    bool is_parted;
    uint64_t sequence, no_route;
    size_t high; /* places used so far */
    struct flying flying[FLYING_MAX];
} twin;

static struct lab_link_config random_config(struct base_rng *rng)
{
    struct lab_link_config c = { .delay_ns = base_rng_below(rng, 4) * 1000 };
    if (base_rng_below(rng, 3) == 0)
        c.delay_ns = base_rng_below(rng, 5000);
    if (base_rng_below(rng, 4) == 0) {
        c.jitter = LAB_JITTER_UNIFORM;
        c.jitter_ns = base_rng_below(rng, 3000);
    }
    if (base_rng_below(rng, 4) == 0) {
        c.loss = LAB_LOSS_BERNOULLI;
        c.loss_share = base_rng_uniform(rng) / 2;
    }
    if (base_rng_below(rng, 4) == 0) {
        c.rate_bits = 1000000000 + base_rng_below(rng, 9000000000);
        c.queue_bytes = 1000 + base_rng_below(rng, 20000);
        c.queue = base_rng_below(rng, 2) ? LAB_QUEUE_CODEL : LAB_QUEUE_DROP_TAIL;
    }
    if (base_rng_below(rng, 4) == 0)
        c.duplicate = 0.3;
    if (base_rng_below(rng, 4) == 0)
        c.corrupt = 0.3;
    if (c.delay_ns > 0 && base_rng_below(rng, 6) == 0)
        c.reorder = 0.3;
    if (base_rng_below(rng, 6) == 0)
        c.mtu_bytes = 68 + (uint32_t)base_rng_below(rng, 3000);
    c.is_down = base_rng_below(rng, 12) == 0;
    return c;
}

static struct lab_link made_link(const struct lab_link_config *config, uint64_t my_seed,
                                 uint32_t from, uint32_t to)
{
    struct lab_link link;
    struct base_why why = { 0 };
    if (lab_link_init(&link, config, lab_link_seed(my_seed, from, to), &why) != BASE_OK)
        fail_msg("%s", why.text);
    return link;
}

static void set_route(uint32_t a, uint32_t b, uint64_t delay_ns, uint32_t hops)
{
    if (delay_ns < twin.delay[a][b] || (delay_ns == twin.delay[a][b] && hops < twin.hops[a][b])) {
        twin.delay[a][b] = delay_ns;
        twin.hops[a][b] = hops;
    }
}

static void find_routes(void)
{
    const uint32_t n = twin.topology.host_count;
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++) {
            twin.delay[a][b] = a == b ? 0 : UINT64_MAX;
            twin.hops[a][b] = a == b ? 0 : UINT32_MAX;
        }
    for (size_t i = 0; i < twin.topology.edge_count; i++)
        set_route(twin.edges[i].from, twin.edges[i].to, twin.edges[i].config.delay_ns, 1);
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t a = 0; a < n; a++)
            for (uint32_t b = 0; b < n; b++)
                if (twin.hops[a][k] != UINT32_MAX && twin.hops[k][b] != UINT32_MAX)
                    set_route(a, b, twin.delay[a][k] + twin.delay[k][b],
                              twin.hops[a][k] + twin.hops[k][b]);
}

static void random_edges(struct base_rng *rng, uint64_t my_seed)
{
    const uint32_t n = twin.topology.host_count;
    const uint64_t density = 1 + base_rng_below(rng, 4);
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++) {
            struct lab_link_config c = twin.topology.uniform;
            twin.is_linked[a][b] = a != b && twin.topology.is_uniform;
            if (a != b && base_rng_below(rng, 4) < density) {
                c = random_config(rng);
                twin.edges[twin.topology.edge_count++] = (struct lab_edge){ a, b, c };
                twin.is_linked[a][b] = true;
            }
            if (twin.is_linked[a][b])
                twin.links[a][b] = made_link(&c, my_seed, a, b);
        }
}

static void random_world(struct base_rng *rng, uint64_t my_seed)
{
    const uint32_t n = 2 + (uint32_t)base_rng_below(rng, HOSTS_MAX - 1);
    memset(&twin, 0, offsetof(struct twin, flying)); /* nothing is flying between rounds */
    twin.topology = (struct lab_topology){ .hosts = twin.hosts,
                                           .host_count = n,
                                           .program_count = n,
                                           .edges = twin.edges,
                                           .is_uniform = base_rng_below(rng, 5) == 0 };
    twin.topology.uniform = random_config(rng);
    twin.topology.uniform.is_down = false;
    for (uint32_t i = 0; i < n; i++) {
        snprintf(twin.hosts[i].name, sizeof twin.hosts[i].name, "node%u", i);
        twin.hosts[i].is_switch = i > 1 && base_rng_below(rng, 4) == 0;
        if (base_rng_below(rng, 3) == 0)
            twin.hosts[i].rate_bits = 1000000000 + base_rng_below(rng, 9000000000);
        const struct lab_link_config limit = { .rate_bits = twin.hosts[i].rate_bits };
        twin.limits[i] = made_link(&limit, my_seed, i, i);
    }
    random_edges(rng, my_seed);
    find_routes();
}

/* UINT32_MAX: there is no way. */
static uint32_t next_host(uint32_t at, uint32_t to)
{
    const uint32_t n = twin.topology.host_count;
    uint32_t equals[HOSTS_MAX], count = 0;
    if (twin.topology.is_uniform)
        return to;
    if (twin.hops[at][to] == UINT32_MAX)
        return UINT32_MAX;
    for (size_t i = 0; i < twin.topology.edge_count; i++) {
        const struct lab_edge *const e = &twin.edges[i];
        if (e->from == at && twin.hops[e->to][to] != UINT32_MAX &&
            e->config.delay_ns + twin.delay[e->to][to] == twin.delay[at][to] &&
            1 + twin.hops[e->to][to] == twin.hops[at][to])
            equals[count++] = e->to;
    }
    /* A link straight to the end has the fewest hops, so it has no equals. */
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = i + 1; k < count; k++)
            assert_true(equals[i] < equals[k]);
    assert_true(count > 0 && count <= n);
    return equals[(at + to) % count];
}

static struct flying *free_place(void)
{
    for (size_t i = 0; i < twin.high; i++)
        if (!twin.flying[i].is_used)
            return &twin.flying[i];
    assert_true(twin.high < FLYING_MAX);
    return &twin.flying[twin.high++];
}

static void hop(struct flying *p, uint64_t now_ns)
{
    const uint32_t next = next_host(p->at, p->to);
    const size_t size = p->size + p->extra > 0 ? p->size + p->extra : 1;
    struct lab_link *const link = &twin.links[p->at][next];
    struct lab_fate fates[LAB_FATES_MAX];
    const bool is_inside = twin.hosts[p->at].is_switch || twin.hosts[next].is_switch;
    p->is_out = false;
    if (twin.is_parted && (twin.side[p->from] != twin.side[p->to] ||
                           (!is_inside && twin.side[p->at] != twin.side[next]))) {
        link->counts.packets++;
        link->counts.bytes += size;
        link->counts.down_dropped++;
        p->is_used = false;
        return;
    }
    const size_t count = lab_link_send(link, now_ns, size, fates);
    p->is_used = count > 0;
    if (count > 0) {
        if (fates[0].is_corrupt && p->size > 0) {
            const uint64_t bit = fates[0].corrupt_bit % (8 * p->size);
            p->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            p->is_corrupt = true;
        }
        p->at = next;
        p->at_ns = fates[0].at_ns;
    }
    if (count == 2) {
        struct flying *const copy = free_place();
        *copy = *p;
        copy->sequence = twin.sequence++;
    }
}

static void leave(struct flying *p, uint64_t now_ns)
{
    struct lab_fate fates[LAB_FATES_MAX];
    const size_t size = p->size + p->extra > 0 ? p->size + p->extra : 1;
    if (twin.hosts[p->at].rate_bits == 0) {
        hop(p, now_ns);
    } else if (lab_link_send(&twin.limits[p->at], now_ns, size, fates) == 0) {
        p->is_used = false;
    } else {
        p->is_out = true;
        p->at_ns = fates[0].at_ns;
    }
}

/* The next packet that is due, or NULL; those that have arrived wait. */
static struct flying *first_due(uint64_t now_ns, bool has_arrived)
{
    struct flying *first = NULL;
    for (size_t i = 0; i < twin.high; i++) {
        struct flying *const p = &twin.flying[i];
        const bool is_there = p->at == p->to && !p->is_out;
        if (!p->is_used || p->at_ns > now_ns || is_there != has_arrived)
            continue;
        if (first == NULL || p->at_ns < first->at_ns ||
            (p->at_ns == first->at_ns && p->sequence < first->sequence))
            first = p;
    }
    return first;
}

static void settle(uint64_t now_ns)
{
    for (struct flying *p; (p = first_due(now_ns, false)) != NULL;)
        if (p->is_out)
            hop(p, p->at_ns);
        else
            leave(p, p->at_ns);
}

static void push_both(struct lab_fabric *fabric, struct base_rng *rng, uint64_t now_ns)
{
    const uint32_t n = twin.topology.host_count;
    const uint32_t from = (uint32_t)base_rng_below(rng, n), to = (uint32_t)base_rng_below(rng, n);
    const size_t extra = base_rng_below(rng, 100);
    const size_t size =
        base_rng_below(rng, 3) ? base_rng_below(rng, 600) : base_rng_below(rng, DATA_MAX + 1);
    settle(now_ns);
    struct flying *const p = free_place();
    *p = (struct flying){ .is_used = true,
                          .from = from,
                          .to = to,
                          .at = from,
                          .sent_ns = now_ns,
                          .at_ns = now_ns,
                          .sequence = twin.sequence++,
                          .size = size,
                          .extra = extra };
    for (size_t i = 0; i < size; i++)
        p->data[i] = (uint8_t)base_rng_u64(rng);
    const base_err err = lab_fabric_push(fabric, now_ns, from, to, p->data, size, extra);
    const bool is_reached = from == to || next_host(from, to) != UINT32_MAX;
    if (is_reached) {
        assert_int_equal(err, BASE_OK);
        if (from != to)
            leave(p, now_ns);
        return;
    }
    twin.no_route++;
    twin.sequence--;
    p->is_used = false;
    assert_int_equal(err, BASE_ENOTFOUND);
}

static void pop_all(struct lab_fabric *fabric, uint64_t now_ns, uint64_t *count)
{
    struct lab_arrival a;
    settle(now_ns);
    while (lab_fabric_pop(fabric, now_ns, &a)) {
        struct flying *const p = first_due(now_ns, true);
        assert_non_null(p);
        assert_int_equal(a.from, p->from);
        assert_int_equal(a.to, p->to);
        assert_int_equal(a.sent_ns, p->sent_ns);
        assert_int_equal(a.at_ns, p->at_ns);
        assert_int_equal(a.size, p->size);
        assert_int_equal(a.is_corrupt, p->is_corrupt);
        assert_memory_equal(a.data, p->data, p->size);
        p->is_used = false;
        ++*count;
    }
    assert_null(first_due(now_ns, true));
}

static void change_link(uint32_t a, uint32_t b, const struct lab_change *change)
{
    if (!twin.is_linked[a][b])
        return;
    if (change->kind == LAB_SET)
        assert_int_equal(lab_link_change(&twin.links[a][b], &change->config, NULL), BASE_OK);
    else
        twin.links[a][b].config.is_down = change->kind == LAB_CUT;
}

static void change_both(struct lab_fabric *fabric, struct base_rng *rng, uint64_t now_ns)
{
    const uint32_t n = twin.topology.host_count;
    uint8_t side[HOSTS_MAX];
    struct lab_change c = { .kind = (enum lab_change_kind)base_rng_below(rng, 5),
                            .a = (uint32_t)base_rng_below(rng, n),
                            .b = (uint32_t)base_rng_below(rng, n),
                            .is_one_way = base_rng_below(rng, 2),
                            .config = random_config(rng),
                            .side = side };
    for (uint32_t i = 0; i < n; i++)
        side[i] = (uint8_t)base_rng_below(rng, 2);
    settle(now_ns);
    const base_err err = lab_fabric_change(fabric, now_ns, &c, NULL);
    if (c.kind == LAB_PARTITION) {
        memcpy(twin.side, side, sizeof side);
        twin.is_parted = true;
    } else if (c.kind == LAB_HEAL_ALL) {
        twin.is_parted = false;
        for (uint32_t a = 0; a < n; a++)
            for (uint32_t b = 0; b < n; b++)
                twin.links[a][b].config.is_down = false;
    } else {
        const bool is_there =
            twin.is_linked[c.a][c.b] || (!c.is_one_way && twin.is_linked[c.b][c.a]);
        assert_int_equal(err, is_there ? BASE_OK : BASE_ENOTFOUND);
        change_link(c.a, c.b, &c);
        if (!c.is_one_way)
            change_link(c.b, c.a, &c);
        return;
    }
    assert_int_equal(err, BASE_OK);
}

static void check_counts(const struct lab_fabric *fabric)
{
    const uint32_t n = twin.topology.host_count;
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++) {
            const struct lab_link_counts *const counts = lab_fabric_counts(fabric, a, b);
            assert_int_equal(counts != NULL, twin.is_linked[a][b]);
            if (counts != NULL)
                assert_memory_equal(counts, &twin.links[a][b].counts, sizeof *counts);
        }
}

static void run(struct base_rng *rng, uint64_t my_seed, uint64_t *arrived)
{
    struct lab_fabric *fabric = NULL;
    struct base_why why = { 0 };
    uint64_t now_ns = 0;
    random_world(rng, my_seed);
    if (lab_fabric_new(&twin.topology, my_seed, 0, &fabric, &why) != BASE_OK)
        fail_msg("%s", why.text);
    for (int i = 0; i < STEPS; i++) {
        now_ns += base_rng_below(rng, 3) ? base_rng_below(rng, 1500) : 0;
        const uint64_t what = base_rng_below(rng, 20);
        if (what < 12)
            push_both(fabric, rng, now_ns);
        else if (what < 19)
            pop_all(fabric, now_ns, arrived);
        else
            change_both(fabric, rng, now_ns);
    }
    while (lab_fabric_next_ns(fabric) != UINT64_MAX) {
        if (lab_fabric_next_ns(fabric) > now_ns)
            now_ns = lab_fabric_next_ns(fabric);
        pop_all(fabric, now_ns, arrived);
    }
    check_counts(fabric);
    const struct lab_fabric_stats stats = lab_fabric_stats(fabric);
    assert_int_equal(stats.under_way, 0);
    assert_int_equal(stats.memory_bytes, 0);
    assert_int_equal(stats.no_memory, 0);
    assert_int_equal(stats.no_route, twin.no_route);
    const struct lab_link_counts total = lab_fabric_total(fabric);
    assert_int_equal(total.packets, total.delivered + total.lost + total.queue_dropped +
                                        total.mtu_dropped + total.down_dropped);
    lab_fabric_free(fabric);
}

static void a_fabric_is_its_twin(void **state)
{
    struct base_rng rng;
    uint64_t arrived = 0;
    (void)state;
    base_rng_init(&rng, seed);
    for (unsigned r = 0; r < ROUNDS * times; r++)
        run(&rng, seed + r, &arrived);
    printf("%llu packets arrived\n", (unsigned long long)arrived);
    assert_true(arrived > ROUNDS * 20);
}

int main(int count, char **args)
{
    seed = model_seed();
    times = model_times(count, args);
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_fabric_is_its_twin) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
