/* test_topology_memory.c - the k-th allocation fails, for every k: ENOMEM, nothing is left of the
 * topology, and one that is there stays as it was. */
#include "fault.h"
#include "unit.h"

#include <lab/topology.h>

#include <string.h>

static const struct lab_link_config link_config = { .delay_ns = 1000 };

static base_err make_regular(size_t allowed)
{
    struct lab_topology t;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = lab_topology_make(&t, LAB_RANDOM_REGULAR, 60, 3, &link_config, 1, &why);
    fault_left = SIZE_MAX;
    assert_true((t.hosts != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    lab_topology_done(&t);
    return err;
}

static base_err parse(size_t allowed)
{
    static const char text[] =
        "hosts: [a, b, c]\nshape: star\nlinks:\n"
        "  - {between: [a, c], latency: 2ms}\n"
        "schedule:\n  - at 1s partition [a] [b]\n  - at 2s set a-c mtu 900\n";
    struct lab_topology t;
    struct base_why why = { 0 };
    fault_left = allowed;
    const base_err err = lab_topology_parse(&t, base_span_of(text, sizeof text - 1), &why);
    fault_left = SIZE_MAX;
    assert_true((t.hosts != NULL) == (err == BASE_OK));
    assert_int_equal(why.err, err);
    lab_topology_done(&t);
    return err;
}

static base_err find_path(size_t allowed)
{
    struct lab_topology t;
    struct lab_path path = { .hops = 77 };
    assert_int_equal(lab_topology_make(&t, LAB_RING, 50, 0, &link_config, 1, NULL), BASE_OK);
    fault_left = allowed;
    const base_err err = lab_topology_path(&t, 0, 7, &path);
    fault_left = SIZE_MAX;
    assert_int_equal(path.hops, err == BASE_OK ? 7 : 77);
    lab_topology_done(&t);
    return err;
}

/* A list of changes that cannot grow is as it was, and can grow later. */
static base_err add_changes(size_t allowed)
{
    struct lab_topology t;
    struct base_buf text = { 0 };
    assert_int_equal(lab_topology_make(&t, LAB_RING, 5, 0, &link_config, 1, NULL), BASE_OK);
    assert_int_equal(lab_topology_schedule(&t, "at 1s heal", NULL), BASE_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(base_buf_put_text(&text, "at 2s cut node0-node1;"), BASE_OK);
    const char *const many = base_buf_text(&text);
    fault_left = allowed;
    const base_err err = lab_topology_schedule(&t, many, NULL);
    fault_left = SIZE_MAX;
    assert_int_equal(t.change_count, err == BASE_OK ? 101 : 1);
    assert_int_equal(lab_topology_schedule(&t, "at 3s heal", NULL), BASE_OK);
    assert_int_equal(t.changes[0].kind, LAB_HEAL_ALL);
    lab_topology_done(&t);
    base_buf_done(&text);
    return err;
}

/* Calls up to the first k with which it works; each before that is ENOMEM. */
static void try_all(base_err (*act)(size_t allowed), size_t least)
{
    size_t allowed = 0;
    base_err err;
    while ((err = act(allowed)) != BASE_OK) {
        assert_int_equal(err, BASE_ENOMEM);
        assert_true(++allowed < 1000);
    }
    assert_true(allowed >= least);
}

static void all_of_them(void **state)
{
    (void)state;
    try_all(make_regular, 2);
    try_all(parse, 6);
    try_all(find_path, 1);
    try_all(add_changes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(all_of_them) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
