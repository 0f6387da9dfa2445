/* test_topology.c - shapes: counts, degrees, both directions, and what a pair of hosts meets; the
 * quickest way against a naive twin; schedules. SEED in the environment repeats a run. */
#include "unit.h"

#include <base/rng.h>
#include <lab/topology.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct lab_link_config plain = { .delay_ns = 25000001,
                                              .loss = LAB_LOSS_BERNOULLI,
                                              .loss_share = 0.01,
                                              .rate_bits = 100000000,
                                              .mtu_bytes = 1400 };

static void make(struct lab_topology *topology, enum lab_shape shape, uint32_t count,
                 uint32_t degree, uint64_t seed)
{
    struct base_why why = { 0 };
    if (lab_topology_make(topology, shape, count, degree, &plain, seed, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(topology->program_count, count);
}

static void degrees_of(const struct lab_topology *topology, uint32_t *out)
{
    memset(out, 0, topology->host_count * sizeof *out);
    for (size_t i = 0; i < topology->edge_count; i++)
        out[topology->edges[i].from]++;
}

/* No edge twice, none to itself, each there in the other direction, all in one piece. */
static void check_sound(const struct lab_topology *topology)
{
    const size_t hosts = topology->host_count;
    uint8_t *const seen = calloc(hosts * hosts, 1);
    assert_non_null(seen);
    for (size_t i = 0; i < topology->edge_count; i++) {
        const struct lab_edge *const edge = &topology->edges[i];
        assert_true(edge->from < hosts && edge->to < hosts && edge->from != edge->to);
        assert_int_equal(seen[edge->from * hosts + edge->to]++, 0);
    }
    for (size_t i = 0; i < topology->edge_count; i++)
        assert_int_equal(seen[topology->edges[i].to * hosts + topology->edges[i].from], 1);
    for (uint32_t i = 0; i < hosts; i++) { /* all within reach of host 0: seen[0][i] becomes 2 */
        struct lab_path path;
        assert_int_equal(lab_topology_path(topology, 0, i, &path), BASE_OK);
        assert_int_equal(lab_topology_host(topology, topology->hosts[i].name), i);
        assert_int_equal(topology->hosts[i].is_switch, i >= topology->program_count);
    }
    free(seen);
}

static void counts_of_shapes(void **state)
{
    (void)state;
    static const struct {
        enum lab_shape shape;
        uint32_t count, degree, hosts;
        size_t edges;
    } rows[] = {
        { LAB_MESH, 1, 0, 1, 0 },
        { LAB_MESH, 16384, 0, 16384, 0 },
        { LAB_STAR, 1, 0, 2, 2 },
        { LAB_STAR, 7, 0, 8, 14 },
        { LAB_RING, 1, 0, 1, 0 },
        { LAB_RING, 2, 0, 2, 2 },
        { LAB_RING, 3, 0, 3, 6 },
        { LAB_RING, 50, 9, 50, 100 },
        { LAB_TREE, 1, 0, 1, 0 },
        { LAB_TREE, 10, 0, 10, 18 },
        { LAB_TREE, 10, 1, 10, 18 },
        { LAB_TREE, 10, 9, 10, 18 },
        { LAB_FAT_TREE, 2, 0, 7, 12 },
        { LAB_FAT_TREE, 16, 4, 36, 96 },
        { LAB_FAT_TREE, 10, 0, 30, 84 },
        { LAB_FAT_TREE, 3, 6, 48, 222 },
        { LAB_RANDOM_REGULAR, 1, 0, 1, 0 },
        { LAB_RANDOM_REGULAR, 2, 1, 2, 2 },
        { LAB_RANDOM_REGULAR, 5, 0, 5, 20 },
        { LAB_RANDOM_REGULAR, 9, 0, 9, 36 },
        { LAB_RANDOM_REGULAR, 10, 8, 10, 80 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab_topology topology;
        make(&topology, rows[i].shape, rows[i].count, rows[i].degree, 1);
        assert_int_equal(topology.host_count, rows[i].hosts);
        assert_int_equal(topology.edge_count, rows[i].edges);
        assert_int_equal(topology.is_uniform, rows[i].shape == LAB_MESH);
        assert_int_equal(topology.change_count, 0);
        if (rows[i].count <= 100)
            check_sound(&topology);
        lab_topology_done(&topology);
        lab_topology_done(&topology);
    }
}

static void random_regular_is_regular(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, degree;
    } rows[] = { { 3, 2 },   { 4, 3 },  { 8, 3 },   { 10, 4 },  { 11, 2 },   { 20, 19 },
                 { 21, 10 }, { 50, 8 }, { 50, 25 }, { 200, 3 }, { 200, 198 } };
    uint32_t degrees[200];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct lab_topology topology;
            make(&topology, LAB_RANDOM_REGULAR, rows[i].count, rows[i].degree, seed);
            check_sound(&topology);
            degrees_of(&topology, degrees);
            for (uint32_t k = 0; k < rows[i].count; k++)
                assert_int_equal(degrees[k], rows[i].degree);
            lab_topology_done(&topology);
        }
}

static bool is_same(const struct lab_topology *a, const struct lab_topology *b)
{
    bool same = a->edge_count == b->edge_count;
    for (size_t i = 0; same && i < a->edge_count; i++)
        same = a->edges[i].from == b->edges[i].from && a->edges[i].to == b->edges[i].to;
    return same;
}

static void one_seed_one_graph(void **state)
{
    (void)state;
    for (uint32_t degree = 2; degree <= 5; degree++) {
        struct lab_topology one, again, other;
        make(&one, LAB_RANDOM_REGULAR, 40, degree, 7);
        make(&again, LAB_RANDOM_REGULAR, 40, degree, 7);
        make(&other, LAB_RANDOM_REGULAR, 40, degree, 8);
        assert_true(is_same(&one, &again));
        assert_false(is_same(&one, &other));
        lab_topology_done(&one);
        lab_topology_done(&again);
        lab_topology_done(&other);
    }
}

/* Every edge of the complete graph should be there equally often: 45 pairs, 400 graphs of 15 edges,
 * each pair in 133 on average, standard deviation about 9. */
static void random_regular_is_even(void **state)
{
    (void)state;
    enum { COUNT = 10, GRAPHS = 400, DEGREE = 3 };
    unsigned there[COUNT][COUNT] = { 0 };
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        struct lab_topology topology;
        make(&topology, LAB_RANDOM_REGULAR, COUNT, DEGREE, seed);
        for (size_t i = 0; i < topology.edge_count; i++)
            there[topology.edges[i].from][topology.edges[i].to]++;
        lab_topology_done(&topology);
    }
    for (int a = 0; a < COUNT; a++)
        for (int b = 0; b < COUNT; b++)
            if (a != b)
                assert_in_range(there[a][b], 85, 185);
}

/* ---- what a pair meets ---- */

static uint32_t ring_hops(uint32_t a, uint32_t b, uint32_t count)
{
    const uint32_t one = a > b ? a - b : b - a;
    return one < count - one ? one : count - one;
}

static uint32_t tree_hops(uint32_t a, uint32_t b, uint32_t degree)
{
    uint32_t hops = 0;
    for (; a != b; hops++) {
        if (a > b)
            a = (a - 1) / degree;
        else
            b = (b - 1) / degree;
    }
    return hops;
}

static uint32_t fat_tree_hops(uint32_t a, uint32_t b, uint32_t ports)
{
    const uint32_t half = ports / 2, pod = half * half;
    return a == b ? 0 : a / half == b / half ? 2 : a / pod == b / pod ? 4 : 6;
}

static void pairs_meet_what_was_asked(void **state)
{
    (void)state;
    enum { COUNT = 16 };
    static const enum lab_shape shapes[] = { LAB_MESH, LAB_STAR, LAB_RING, LAB_TREE, LAB_FAT_TREE };
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        struct lab_topology topology;
        make(&topology, shapes[s], COUNT, shapes[s] == LAB_TREE ? 3 : 4, 1);
        for (uint32_t a = 0; a < COUNT; a++)
            for (uint32_t b = 0; b < COUNT; b++) {
                const uint32_t links[] = { a != b, a != b, ring_hops(a, b, COUNT),
                                           tree_hops(a, b, 3), fat_tree_hops(a, b, 4) };
                struct lab_path path;
                assert_int_equal(lab_topology_path(&topology, a, b, &path), BASE_OK);
                assert_int_equal(path.delay_ns, links[s] * plain.delay_ns);
                assert_int_equal(path.hops, shapes[s] == LAB_STAR ? 2 * links[s] : links[s]);
                assert_int_equal(path.rate_bits, a != b ? plain.rate_bits : 0);
                assert_true(fabs(path.arrive - pow(0.99, links[s])) < 1e-12);
            }
        lab_topology_done(&topology);
    }
}

/* In a star a pair sees jitter and reordering as in a mesh: they need the whole delay. */
static void star_keeps_a_delay_that_varies(void **state)
{
    (void)state;
    const struct lab_link_config jitter = { .delay_ns = 10,
                                            .jitter = LAB_JITTER_UNIFORM,
                                            .jitter_ns = 10 };
    const struct lab_link_config reorder = { .delay_ns = 1, .reorder = 0.1 };
    const struct lab_link_config *const links[] = { &jitter, &reorder };
    for (int i = 0; i < 2; i++) {
        struct lab_topology topology;
        struct lab_path path;
        assert_int_equal(lab_topology_make(&topology, LAB_STAR, 3, 0, links[i], 1, NULL), BASE_OK);
        assert_int_equal(lab_topology_path(&topology, 0, 2, &path), BASE_OK);
        assert_int_equal(path.delay_ns, links[i]->delay_ns);
        for (size_t k = 0; k < topology.edge_count; k++)
            assert_int_equal(lab_link_check(&topology.edges[k].config, NULL), BASE_OK);
        lab_topology_done(&topology);
    }
}

static void loss_of_all_kinds(void **state)
{
    (void)state;
    static const uint8_t trace[] = { 0, 1, 0, 0, 1 };
    static const struct {
        struct lab_link_config config;
        double arrive;
    } rows[] = {
        { { .loss_share = 0.5 }, 1 },
        { { .loss = LAB_LOSS_BERNOULLI, .loss_share = 0.25 }, 0.75 },
        { { .loss = LAB_LOSS_GILBERT_ELLIOTT,
            .good_to_bad = 0.1,
            .bad_to_good = 0.3,
            .loss_good = 0.2,
            .loss_bad = 1 },
          0.6 },
        { { .loss = LAB_LOSS_GILBERT_ELLIOTT, .loss_good = 0.2, .loss_bad = 1 }, 0.8 },
        { { .loss = LAB_LOSS_TRACE, .loss_trace = trace, .loss_count = 5 }, 0.6 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab_topology topology;
        struct lab_path path;
        assert_int_equal(lab_topology_make(&topology, LAB_MESH, 2, 0, &rows[i].config, 1, NULL),
                         BASE_OK);
        assert_int_equal(lab_topology_path(&topology, 0, 1, &path), BASE_OK);
        assert_true(fabs(path.arrive - rows[i].arrive) < 1e-12);
        lab_topology_done(&topology);
    }
}

/* Random graphs with few delays (ties), one-way links and holes, against Floyd and Warshall. */
static void quickest_way_against_a_twin(void **state)
{
    (void)state;
    enum { HOSTS = 12 };
    const char *const text = getenv("SEED");
    const uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    struct base_rng rng;
    printf("SEED=%llu\n", (unsigned long long)seed);
    base_rng_init(&rng, seed);
    for (int round = 0; round < 200; round++) {
        struct lab_host hosts[HOSTS] = { 0 };
        struct lab_edge edges[HOSTS * HOSTS];
        uint64_t twin[HOSTS][HOSTS]; /* delay * 1000 + hops */
        struct lab_topology topology = {
            .hosts = hosts, .host_count = HOSTS, .program_count = HOSTS, .edges = edges
        };
        for (uint32_t a = 0; a < HOSTS; a++)
            for (uint32_t b = 0; b < HOSTS; b++) {
                twin[a][b] = a == b ? 0 : UINT64_MAX / 4;
                if (a == b || base_rng_below(&rng, 4) != 0)
                    continue;
                const uint64_t delay = base_rng_below(&rng, 5);
                edges[topology.edge_count++] = (struct lab_edge){ a, b, { .delay_ns = delay } };
                twin[a][b] = delay * 1000 + 1;
            }
        for (uint32_t k = 0; k < HOSTS; k++)
            for (uint32_t a = 0; a < HOSTS; a++)
                for (uint32_t b = 0; b < HOSTS; b++)
                    if (twin[a][k] + twin[k][b] < twin[a][b])
                        twin[a][b] = twin[a][k] + twin[k][b];
        for (uint32_t a = 0; a < HOSTS; a++)
            for (uint32_t b = 0; b < HOSTS; b++) {
                struct lab_path path = { 0 };
                const base_err err = lab_topology_path(&topology, a, b, &path);
                assert_int_equal(err, twin[a][b] < UINT64_MAX / 4 ? BASE_OK : BASE_ENOTFOUND);
                if (err == BASE_OK)
                    assert_int_equal(path.delay_ns * 1000 + path.hops, twin[a][b]);
            }
    }
}

static void impossible_shapes(void **state)
{
    (void)state;
    static const struct {
        enum lab_shape shape;
        uint32_t count, degree;
        const char *sentence;
    } rows[] = {
        { LAB_MESH, 0, 0, "0 hosts: a network has 1 to 16384" },
        { LAB_MESH, 16385, 0, "16385 hosts" },
        { LAB_STAR, 16384, 0, "16384 hosts and 1 switches are more than 16384" },
        { LAB_RANDOM_REGULAR, 5, 3, "half a link too many" },
        { LAB_RANDOM_REGULAR, 5, 5, "at most 4 neighbours" },
        { LAB_RANDOM_REGULAR, 4, 1, "2 is the least" },
        { LAB_RANDOM_REGULAR, 16384, 1024, "links are more than" },
        { LAB_FAT_TREE, 17, 4, "at least 6" },
        { LAB_FAT_TREE, 2, 3, "even number of ports" },
        { LAB_FAT_TREE, 16384, 0, "are more than 16384" },
        { LAB_FAT_TREE, 4, 16384, "are more than" },
        { (enum lab_shape)77, 4, 0, "no shape" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab_topology topology;
        struct base_why why = { 0 };
        const base_err err = lab_topology_make(&topology, rows[i].shape, rows[i].count,
                                               rows[i].degree, &plain, 1, &why);
        assert_int_not_equal(err, BASE_OK);
        assert_int_equal(why.err, err);
        if (strstr(why.text, rows[i].sentence) == NULL)
            fail_msg("row %zu: '%s' lacks '%s'", i, why.text, rows[i].sentence);
        assert_null(topology.hosts);
    }
    const struct lab_link_config bad = { .loss = LAB_LOSS_BERNOULLI, .loss_share = 1.01 };
    struct lab_topology topology;
    assert_int_equal(lab_topology_make(&topology, LAB_MESH, 2, 0, &bad, 1, NULL), BASE_ERANGE);
}

static void names_of_shapes(void **state)
{
    (void)state;
    enum lab_shape shape = LAB_MESH;
    for (size_t i = 0; lab_shape_name(i) != NULL; i++)
        assert_int_equal(lab_shape_parse(lab_shape_name(i), &shape, NULL), BASE_OK);
    assert_int_equal(lab_shape_parse("fat_tree", &shape, NULL), BASE_OK);
    assert_int_equal(shape, LAB_FAT_TREE);
    assert_int_equal(lab_shape_parse("full mesh", &shape, NULL), BASE_OK);
    assert_int_equal(shape, LAB_MESH);
    assert_int_equal(lab_shape_parse("random regular", &shape, NULL), BASE_OK);
    assert_int_equal(shape, LAB_RANDOM_REGULAR);
    static const char *const wrong[] = { "", "mes", "mesh ", "Mesh", "fat--tree", "tre" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(lab_shape_parse(wrong[i], &shape, NULL), BASE_EPARSE);
}

/* ---- settings of a link ---- */

static void settings_by_name(void **state)
{
    (void)state;
    struct lab_link_config c = { 0 };
    struct base_why why = { 0 };
    static const char *const rows[][2] = {
        { "preset", "lte" },       { "latency", "25ms" },      { "jitter", "2ms" },
        { "packet_loss", "0.5%" }, { "bandwidth", "1Gbit/s" }, { "queue", "codel" },
        { "queue_size", "64KiB" }, { "codel_target", "10ms" }, { "codel_interval", "200ms" },
        { "reorder", "1%" },       { "duplicate", "2%" },      { "corrupt", "3%" },
        { "mtu", "1400" },         { "down", "true" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (lab_link_set(&c, rows[i][0], rows[i][1], &why) != BASE_OK)
            fail_msg("%s", why.text);
    assert_int_equal(c.delay_ns, 25000000);
    assert_int_equal(c.jitter, LAB_JITTER_PARETO); /* the preset's */
    assert_int_equal(c.jitter_ns, 2000000);
    assert_true(c.loss == LAB_LOSS_BERNOULLI && c.loss_share == 0.005);
    assert_true(c.rate_bits == 1000000000 && c.queue == LAB_QUEUE_CODEL && c.queue_bytes == 65536);
    assert_true(c.codel_target_ns == 10000000 && c.codel_interval_ns == 200000000);
    assert_true(c.reorder == 0.01 && c.duplicate == 0.02 && c.corrupt == 0.03);
    assert_true(c.mtu_bytes == 1400 && c.is_down);
    assert_int_equal(lab_link_set(&c, "bandwidth", "unlimited", NULL), BASE_OK);
    assert_int_equal(lab_link_check(&c, NULL), BASE_OK); /* the queue went with it */
    assert_int_equal(lab_link_set(&c, "good_to_bad", "1%", NULL), BASE_OK);
    assert_true(c.loss == LAB_LOSS_GILBERT_ELLIOTT && c.loss_bad == 1 && c.loss_good == 0);
    assert_int_equal(lab_link_set(&c, "packet_loss", "0%", NULL), BASE_OK);
    assert_int_equal(c.loss, LAB_LOSS_NONE);
    assert_int_equal(lab_link_set(&c, "jitter", "0ms", NULL), BASE_OK);
    assert_int_equal(c.jitter, LAB_JITTER_NONE);
}

static void wrong_settings_change_nothing(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "latency", "25", "latency: '25' lacks a unit" },
        { "latency", "-1ms", "is negative" },
        { "packet_loss", "101%", "packet_loss: 101% is not between 0% and 100%" },
        { "bandwidth", "0bit/s", "lets nothing through" },
        { "bandwidth", "fast", "bandwidth: " },
        { "queue", "red", "'red' is not drop-tail or codel" },
        { "jitter_distribution", "trace", "is not none, uniform, normal or pareto" },
        { "mtu", "67", "67 is not between 68 and 65535" },
        { "down", "yes", "'yes' is not true or false" },
        { "preset", "moon", "moon" },
        { "latncy", "1ms", "'latncy' is none of preset, latency, jitter" },
        { "loss_bad", "x", "loss_bad: " },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab_link_config c = plain;
        struct base_why why = { 0 };
        assert_int_not_equal(lab_link_set(&c, rows[i][0], rows[i][1], &why), BASE_OK);
        if (strstr(why.text, rows[i][2]) == NULL)
            fail_msg("'%s' lacks '%s'", why.text, rows[i][2]);
        assert_memory_equal(&c, &plain, sizeof c);
    }
}

/* ---- schedules ---- */

static void changes_in_order(void **state)
{
    (void)state;
    struct lab_topology topology;
    struct base_why why = { 0 };
    char text[LAB_CHANGE_TEXT_SIZE];
    make(&topology, LAB_MESH, 3, 0, 1);
    if (lab_topology_schedule(&topology,
                              "at 20 s heal; at 10s cut node0-node1;; at 10s cut node1->node2 ;"
                              "at 3s partition [node0, node1] [node2]; at 25s heal all;"
                              "at 12s heal node0-node1;",
                              &why) != BASE_OK)
        fail_msg("%s", why.text);
    static const struct {
        uint64_t at_s;
        const char *text;
    } rows[] = { { 3, "partition [node0,node1] [node2]" },
                 { 10, "cut node0-node1" },
                 { 10, "cut node1->node2" },
                 { 12, "heal node0-node1" },
                 { 20, "heal all" },
                 { 25, "heal all" } };
    assert_int_equal(topology.change_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(topology.changes[i].at_ns, rows[i].at_s * 1000000000);
        assert_string_equal(lab_change_print(&topology, &topology.changes[i], text), rows[i].text);
    }
    assert_memory_equal(topology.changes[0].side, "\1\1\2", 3);
    assert_int_equal(lab_topology_schedule(&topology, " ; ", NULL), BASE_OK);
    assert_int_equal(lab_topology_schedule(&topology, "at 1ms cut node2-node1", NULL), BASE_OK);
    assert_int_equal(topology.change_count, 7);
    assert_string_equal(lab_change_print(&topology, &topology.changes[0], text), "cut node2-node1");
    lab_topology_done(&topology);
}

/* A `set` keeps what it does not name, as the link is at that time. */
static void sets_build_on_each_other(void **state)
{
    (void)state;
    struct lab_topology topology;
    make(&topology, LAB_RING, 3, 0, 1);
    assert_int_equal(lab_topology_schedule(&topology,
                                           "at 3s set node0-node1 bandwidth 1Mbit/s;"
                                           "at 1s set node0-node1 latency 100ms mtu 1000;"
                                           "at 2s set node1->node0 latency 7ms;"
                                           "at 4s cut node0-node1; at 5s set node0->node1 mtu 900;"
                                           "at 6s set node0->node1 down false",
                                           NULL),
                     BASE_OK);
    static const struct {
        uint32_t a, b;
        uint64_t delay_ms, rate;
        uint32_t mtu;
        bool is_down;
    } rows[] = { { 0, 1, 100, 100000000, 1000, false }, { 1, 0, 100, 100000000, 1000, false },
                 { 1, 0, 7, 100000000, 1000, false },   { 0, 1, 100, 1000000, 1000, false },
                 { 1, 0, 7, 1000000, 1000, false },     { 0, 1, 0, 0, 0, false },
                 { 0, 1, 100, 1000000, 900, true },     { 0, 1, 100, 1000000, 900, false } };
    assert_int_equal(topology.change_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct lab_change *const change = &topology.changes[i];
        assert_true(change->a == rows[i].a && change->b == rows[i].b);
        assert_int_equal(change->kind, i == 5 ? LAB_CUT : LAB_SET);
        assert_int_equal(change->is_one_way, i != 5);
        assert_int_equal(change->config.delay_ns, rows[i].delay_ms * 1000000);
        assert_int_equal(change->config.rate_bits, rows[i].rate);
        assert_int_equal(change->config.mtu_bytes, rows[i].mtu);
        assert_int_equal(change->config.is_down, rows[i].is_down);
    }
    lab_topology_done(&topology);
}

static void wrong_schedules(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "cut a-b", "'cut' begins no change" },
        { "at", "is not a time" },
        { "at 10 cut node0-node1", "'10' lacks a unit" },
        { "at -1s cut node0-node1", "is negative" },
        { "at 1s", "'' is not cut, heal, set or partition" },
        { "at 1s drop node0-node1", "'drop' is not cut" },
        { "at 1s cut", "'' are no two hosts" },
        { "at 1s cut node0", "'node0' are no two hosts" },
        { "at 1s cut node0-node9", "'node0-node9' are no two hosts" },
        { "at 1s cut node0-node0", "there is no such link" },
        { "at 1s cut node0-node2", "there is no such link" },
        { "at 1s cut node0-node1 now", "'now' is one word too many" },
        { "at 1s heal all now", "'now' is one word too many" },
        { "at 1s set node0-node1", "set what?" },
        { "at 1s set node0-node1 latency", "latency: the value is missing" },
        { "at 1s set node0-node1 latency 3", "latency: '3' lacks a unit" },
        { "at 1s set node0-node1 speed 3", "'speed' is none of" },
        { "at 1s set node0-node1 latency 2h", "more than an hour" },
        { "at 1s partition", "the parts are missing" },
        { "at 1s partition node0", "a part is written as in" },
        { "at 1s partition [node0", "a part is written as in" },
        { "at 1s partition []", "a part without hosts" },
        { "at 1s partition [node0, x]", "there is no host 'x'" },
        { "at 1s partition [node0] [node1 node0]", "node0 stands in two parts or twice" },
        { "at 1s cut "
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "is too long" },
    };
    struct lab_topology topology;
    make(&topology, LAB_RING, 4, 0, 1);
    assert_int_equal(lab_topology_schedule(&topology, "at 1s heal", NULL), BASE_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_why why = { 0 };
        assert_int_not_equal(lab_topology_schedule(&topology, rows[i][0], &why), BASE_OK);
        if (strstr(why.text, rows[i][1]) == NULL)
            fail_msg("'%s': '%s' lacks '%s'", rows[i][0], why.text, rows[i][1]);
        assert_int_equal(topology.change_count, 1);
    }
    lab_topology_done(&topology);
}

static void too_many_changes(void **state)
{
    (void)state;
    struct lab_topology topology;
    struct base_buf text = { 0 };
    make(&topology, LAB_RING, 3, 0, 1);
    for (int i = 0; i < LAB_CHANGES_MAX; i++)
        assert_int_equal(base_buf_put_text(&text, "at 1s heal;"), BASE_OK);
    assert_int_equal(lab_topology_schedule(&topology, base_buf_text(&text), NULL), BASE_OK);
    assert_int_equal(topology.change_count, LAB_CHANGES_MAX);
    assert_int_equal(lab_topology_schedule(&topology, "at 2s heal", NULL), BASE_EFULL);
    assert_int_equal(topology.change_count, LAB_CHANGES_MAX);
    base_buf_done(&text);
    lab_topology_done(&topology);
}

/* Names that hold the '-' of a pair; switches serve every part. */
static void names_with_dashes_and_switches(void **state)
{
    (void)state;
    struct lab_topology topology;
    make(&topology, LAB_STAR, 3, 0, 1);
    strcpy(topology.hosts[0].name, "a-b");
    strcpy(topology.hosts[3].name, "c-d");
    assert_int_equal(lab_topology_schedule(&topology,
                                           "at 1s cut a-b-c-d; at 2s cut c-d->a-b;"
                                           "at 3s partition [node2]",
                                           NULL),
                     BASE_OK);
    assert_true(topology.changes[0].a == 0 && topology.changes[0].b == 3);
    assert_true(topology.changes[1].a == 3 && topology.changes[1].b == 0);
    assert_true(topology.changes[1].is_one_way && !topology.changes[0].is_one_way);
    assert_memory_equal(topology.changes[2].side, "\0\0\1\377", 4);
    lab_topology_done(&topology);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_shapes),
        cmocka_unit_test(random_regular_is_regular),
        cmocka_unit_test(one_seed_one_graph),
        cmocka_unit_test(random_regular_is_even),
        cmocka_unit_test(pairs_meet_what_was_asked),
        cmocka_unit_test(star_keeps_a_delay_that_varies),
        cmocka_unit_test(loss_of_all_kinds),
        cmocka_unit_test(quickest_way_against_a_twin),
        cmocka_unit_test(impossible_shapes),
        cmocka_unit_test(names_of_shapes),
        cmocka_unit_test(settings_by_name),
        cmocka_unit_test(wrong_settings_change_nothing),
        cmocka_unit_test(changes_in_order),
        cmocka_unit_test(sets_build_on_each_other),
        cmocka_unit_test(wrong_schedules),
        cmocka_unit_test(too_many_changes),
        cmocka_unit_test(names_with_dashes_and_switches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
