/* test_hermes_self.c - where a node says it is, when some of those it asks lie: how many lies it
 * takes, and that no lie outlives its liar. */
#include <unit.h>

#include "hermes_group.h"
#include "hermes_node_internal.h"

#include <string.h>

enum { ELSEWHERE = 100 };

/* Hosts 0 .. liars - 1 lie, then come the honest ones; the last host is the one they speak to. */
struct world {
    struct hermes_group group;
    uint32_t liars, victim;
    bool is_one_lie;       /* all name the same address; else each its own */
    uint32_t subnet_count; /* public ones that the liars live in; 0: all in the laboratory's own */
};

struct word {
    uint32_t handle;
    struct base_address address;
};

static void act_name(void *context, void *state, const struct base_step_world *world)
{
    const struct word *const word = context;
    hermes_node_enter(state, world);
    hermes_self_named(state, word->handle, &word->address);
    hermes_node_leave(state);
}

static struct bpi_hermes *victim_of(struct world *world)
{
    return world->group.nodes[world->victim];
}

/* 203.0.113.7, 203.0.114.7, ... */
static void move_to_subnet(struct hermes_peer *peer, uint32_t host, uint32_t subnet)
{
    peer->address = (struct base_address){
        .ip = { [10] = 0xff, 0xff, 203, 0, (uint8_t)(113 + subnet), (uint8_t)(7 + host) },
        .port = 9000
    };
}

/* Every liar that is up now, and did not speak yet, does. */
static void lie(struct world *world)
{
    struct bpi_hermes *const node = victim_of(world);
    for (uint32_t i = 0; i < node->heap_count; i++) {
        const uint32_t handle = node->heap[i];
        struct hermes_peer *const peer = &node->peers[handle];
        const uint32_t host = hermes_group_host(&world->group, &peer->id);
        if (host >= world->liars || peer->seen_at.port != 0)
            continue;
        if (world->subnet_count > 0)
            move_to_subnet(peer, host, host % world->subnet_count);
        struct word word = { handle, lab_sim_address(ELSEWHERE + (world->is_one_lie ? 0 : host)) };
        lab_sim_call(world->group.sim, world->victim, act_name, &word);
    }
}

static uint32_t liars_heard(struct world *world)
{
    const struct bpi_hermes *const node = victim_of(world);
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->heap_count; i++)
        count += node->peers[node->heap[i]].seen_at.port != 0;
    return count;
}

static bool is_right(struct world *world)
{
    const struct base_address own = lab_sim_address(world->victim);
    return base_address_is(&victim_of(world)->self_record.address, &own);
}

/* The liars are heard first: before anything honest can have come. */
static void world_open(struct world *world, uint32_t liars, uint32_t honest)
{
    struct hermes_group_config config = { .count = liars + honest + 1,
                                          .seed = 7,
                                          .link = { .delay_ns = 10 * HERMES_MS },
                                          .boots = liars + honest + 1,
                                          .is_earlier_only = true };
    bpi_hermes_defaults(&config.node);
    world->liars = liars;
    world->victim = liars + honest;
    hermes_group_open(&world->group, &config);
    for (uint32_t i = 0; i < liars; i++)
        hermes_group_start(&world->group, i);
    hermes_group_start(&world->group, world->victim);
    for (int i = 0; i < 1000 && liars_heard(world) < liars; i++) {
        hermes_group_run(&world->group, HERMES_MS);
        lie(world);
    }
    assert_int_equal(liars_heard(world), liars);
    assert_false(is_right(world));
}

/* Honest hosts from `first` on come, and are met. */
static void come(struct world *world, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        hermes_group_start(&world->group, first + i);
    hermes_group_run(&world->group, 150 * HERMES_SECOND);
    assert_int_equal(victim_of(world)->up_count, first + count);
}

/* More different lies than any table of four has places. */
static void different_lies_are_one_voice_each(void **state)
{
    (void)state;
    for (uint32_t liars = 1; liars <= 12; liars += 3 + (liars > 1)) {
        struct world world = { .is_one_lie = false };
        world_open(&world, liars, 2);
        come(&world, liars, 2);
        assert_true(is_right(&world));
        hermes_group_close(&world.group);
    }
}

/* The bound, on both sides. */
static void equal_lies_win_until_they_are_fewer(void **state)
{
    (void)state;
    struct world world = { .is_one_lie = true };
    world_open(&world, 3, 4);
    come(&world, 3, 3);
    assert_false(is_right(&world)); /* three against three: what is signed stays */
    come(&world, 6, 1);
    assert_true(is_right(&world));
    hermes_group_close(&world.group);
}

static void a_public_subnet_has_one_voice(void **state)
{
    (void)state;
    static const struct {
        uint32_t subnet_count;
        bool is_right;
    } rows[] = { { 1, true }, { 2, false }, { 5, false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world = { .is_one_lie = true, .subnet_count = rows[i].subnet_count };
        world_open(&world, 5, 2);
        come(&world, 5, 2);
        assert_int_equal(is_right(&world), rows[i].is_right);
        hermes_group_close(&world.group);
    }
}

/* Nobody new has to come for that: what the others said long ago counts again. */
static void a_lie_ends_with_its_liars(void **state)
{
    (void)state;
    struct world world = { .is_one_lie = true };
    world_open(&world, 3, 2);
    come(&world, 3, 2);
    assert_false(is_right(&world));
    const uint64_t version = victim_of(&world)->self_record.version;
    hermes_group_crash(&world.group, 0);
    hermes_group_crash(&world.group, 1);
    hermes_group_run(&world.group, 400 * HERMES_SECOND);
    assert_int_equal(victim_of(&world)->up_count, 3);
    assert_true(is_right(&world));
    assert_int_equal(victim_of(&world)->self_record.version, version + 1);
    hermes_group_close(&world.group);
}

/* One against one: the start's word decides, if there is one. */
static void among_equals_the_starts_word_counts(void **state)
{
    (void)state;
    for (int is_told = 0; is_told < 2; is_told++) {
        struct world world = { .is_one_lie = true };
        world_open(&world, 1, 2); /* host 2 never comes: its entry is made that of the victim */
        struct hermes_boot *const boot = &victim_of(&world)->boots[2];
        if (is_told) {
            boot->id = victim_of(&world)->self;
            boot->address = lab_sim_address(world.victim);
        }
        come(&world, 1, 1);
        assert_int_equal(is_right(&world), is_told);
        hermes_group_close(&world.group);
    }
}

/* Only the first word of a session counts, and no word without a port. */
static void a_session_has_one_word(void **state)
{
    (void)state;
    struct world world = { .is_one_lie = true };
    world_open(&world, 1, 0);
    struct bpi_hermes *const node = victim_of(&world);
    const uint64_t version = node->self_record.version;
    for (uint32_t i = 0; i < 20; i++) {
        struct word word = { node->heap[0], lab_sim_address(i) };
        lab_sim_call(world.group.sim, world.victim, act_name, &word);
    }
    assert_int_equal(node->self_record.version, version);
    hermes_group_close(&world.group);
    world = (struct world){ .is_one_lie = true };
    world_open(&world, 1, 0);
    const struct base_address nothing = { .port = 0 };
    struct word none = { victim_of(&world)->heap[0], lab_sim_address(9) };
    none.address.port = 0;
    struct hermes_peer *const peer = &victim_of(&world)->peers[none.handle];
    peer->seen_at = nothing;
    lab_sim_call(world.group.sim, world.victim, act_name, &none);
    assert_true(base_address_is(&peer->seen_at, &nothing));
    hermes_group_close(&world.group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(different_lies_are_one_voice_each),
        cmocka_unit_test(equal_lies_win_until_they_are_fewer),
        cmocka_unit_test(a_public_subnet_has_one_voice),
        cmocka_unit_test(a_lie_ends_with_its_liars),
        cmocka_unit_test(among_equals_the_starts_word_counts),
        cmocka_unit_test(a_session_has_one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
