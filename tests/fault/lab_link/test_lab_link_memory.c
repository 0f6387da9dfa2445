/* test_lab_link_memory.c - fabrics and simulations when memory ends at any moment: an error, a
 * count, and an object that goes on. */
#include "unit.h"

#include "fault.h"

#include <lab/sim.h>

#include <string.h>

#define MS UINT64_C(1000000)

enum { HOSTS = 6 };

static struct lab_host hosts[HOSTS];
static struct lab_edge edges[2 * HOSTS];
static struct lab_change changes[] = { { .at_ns = MS, .kind = LAB_CUT, .a = 0, .b = 1 },
                                       { .at_ns = 2 * MS, .kind = LAB_HEAL_ALL } };
static struct lab_topology topology;

/* A ring with a limit at one host, or a uniform mesh. */
static void make(bool is_uniform)
{
    memset(hosts, 0, sizeof hosts);
    topology = (struct lab_topology){ .hosts = hosts,
                                      .host_count = HOSTS,
                                      .program_count = HOSTS,
                                      .edges = edges,
                                      .changes = changes,
                                      .change_count = 2,
                                      .is_uniform = is_uniform };
    topology.uniform.delay_ns = MS;
    hosts[2].rate_bits = 1000000000;
    for (uint32_t i = 0; i < HOSTS && !is_uniform; i++)
        for (uint32_t k = 0; k < 2; k++)
            edges[topology.edge_count++] =
                (struct lab_edge){ k == 0 ? i : (i + 1) % HOSTS,
                                   k == 0 ? (i + 1) % HOSTS : i,
                                   { .delay_ns = MS, .is_down = i == 3 } };
}

static void nothing_is_left_of_what_was_not_made(void **state)
{
    (void)state;
    for (int is_uniform = 0; is_uniform < 2; is_uniform++) {
        const struct lab_sim_config config = { .topology = &topology };
        struct lab_sim *sim = NULL;
        size_t k = 0;
        make(is_uniform);
        for (;; k++) {
            struct base_why why = { 0 };
            fault_left = k;
            const base_err err = lab_sim_new(&config, &sim, &why);
            fault_left = SIZE_MAX;
            if (err == BASE_OK)
                break;
            assert_int_equal(err, BASE_ENOMEM);
            assert_non_null(strstr(why.text, "no memory for"));
            assert_null(sim);
        }
        assert_true(k > 8);
        lab_sim_free(sim);
    }
}

static void no_act(void *context, struct lab_sim *sim)
{
    (void)sim;
    ++*(unsigned *)context;
}

static void calls_are_planned_or_refused(void **state)
{
    const struct lab_sim_config config = { .topology = &topology };
    struct lab_sim *sim = NULL;
    unsigned planned = 0, done = 0;
    (void)state;
    make(true);
    assert_int_equal(lab_sim_new(&config, &sim, NULL), BASE_OK);
    for (int i = 0; i < 1000; i++) {
        fault_left = i % 3 == 0 ? 0 : SIZE_MAX;
        const base_err err = lab_sim_at(sim, lab_sim_now(sim) + MS, no_act, &done);
        planned += err == BASE_OK;
        assert_true(err == BASE_OK || (err == BASE_ENOMEM && fault_left == 0));
    }
    fault_left = SIZE_MAX;
    assert_true(planned < 1000 && planned > 600);
    lab_sim_run(sim, UINT64_MAX);
    assert_int_equal(done, planned);
    lab_sim_free(sim);
}

/* Packets of all sizes between all hosts, while every so many calls for memory one fails. */
static void packets_arrive_or_are_counted(void **state)
{
    static uint8_t data[20000];
    uint64_t all_refused = 0;
    (void)state;
    for (size_t left = 0; left < 40; left++) {
        struct lab_fabric *fabric = NULL;
        struct lab_arrival a;
        struct base_rng rng;
        uint64_t refused = 0;
        make(left % 2);
        base_rng_init(&rng, left);
        assert_int_equal(lab_fabric_new(&topology, 1, 0, &fabric, NULL), BASE_OK);
        for (uint64_t i = 0; i < 3000; i++) {
            if (i % 100 == 0)
                fault_left = left / 2;
            if (i % 100 == 90)
                fault_left = SIZE_MAX;
            const base_err err = lab_fabric_push(
                fabric, i * 1000, (uint32_t)base_rng_below(&rng, HOSTS),
                (uint32_t)base_rng_below(&rng, HOSTS), data, base_rng_below(&rng, sizeof data), 0);
            refused += err != BASE_OK;
            assert_true(err == BASE_OK || err == BASE_EFULL);
        }
        fault_left = SIZE_MAX;
        while (lab_fabric_pop(fabric, 1000000 * MS, &a))
            assert_true(a.size < sizeof data);
        const struct lab_fabric_stats s = lab_fabric_stats(fabric);
        const struct lab_link_counts n = lab_fabric_total(fabric);
        assert_true(s.no_memory >= refused);
        all_refused += refused;
        assert_int_equal(s.pushed, s.arrived + s.no_memory + n.down_dropped + n.queue_dropped);
        assert_int_equal(s.under_way, 0);
        assert_int_equal(s.memory_bytes, 0);
        lab_fabric_free(fabric);
    }
    assert_true(all_refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_what_was_not_made),
        cmocka_unit_test(calls_are_planned_or_refused),
        cmocka_unit_test(packets_arrive_or_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
