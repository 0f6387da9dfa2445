/* model_wheel.c - flows come, are renewed and go, time goes on in small and large steps: each is
 * removed when it is old, and no earlier. SEED in the environment repeats a run; an argument is the
 * number of operations, at least. */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_wheel.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef BPI_SANITIZED
enum { STEPS = 10000 };
#else
enum { STEPS = 60000 };
#endif

enum { KEYS = 3000 };

static uint64_t seed;
static uint64_t episodes = 12;

struct world {
    struct mfn_ifr_table *table;
    struct mfn_ifr_wheel *wheel;
    struct mfn_ifr_wheel_options options;
    struct base_rng rng;
    uint64_t now_ns;
};

static bool is_there[KEYS];
static uint64_t stamps[KEYS];

static void make_world(struct world *world, uint64_t episode)
{
    static const size_t key_sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED, MFN_IFR_KEY_IPV6 };
    static const uint64_t ages[] = { 1, 100, 300, 70000, 20000000, UINT32_MAX };
    base_rng_init(&world->rng, seed + episode);
    world->now_ns = 1000000000000000 + base_rng_below(&world->rng, 1000000);
    world->options = (struct mfn_ifr_wheel_options){ .key_size = key_sizes[episode % 3],
                                                     .tick_ns = 1 + episode * 37 % 1000,
                                                     .now_ns = world->now_ns };
    world->options.age_ns = ages[episode % 6] * world->options.tick_ns;
    const struct mfn_ifr_table_options options = { .key_size = key_sizes[episode % 3],
                                                   .seed = { { episode, 1, 2, 3 } } };
    assert_int_equal(mfn_ifr_table_new(&options, &world->table), BASE_OK);
    assert_int_equal(mfn_ifr_wheel_new(&world->options, &world->wheel), BASE_OK);
    memset(is_there, 0, sizeof is_there);
}

static void renew(struct world *world, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, world->options.key_size, key);
    const uint64_t stamp =
        world->now_ns - base_rng_below(&world->rng, world->options.age_ns + 1) / 3;
    stamps[number] = is_there[number] && stamps[number] > stamp ? stamps[number] : stamp;
    const struct mfn_ifr_value value = { .timestamp_ns = stamps[number] };
    assert_int_equal(mfn_ifr_table_insert(world->table, key, &value), BASE_OK);
    if (!is_there[number])
        assert_int_equal(mfn_ifr_wheel_add(world->wheel, key, stamps[number]), BASE_OK);
    is_there[number] = true;
}

static void drop(struct world *world, size_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    ifr_keys_make(number, world->options.key_size, key);
    assert_int_equal(mfn_ifr_table_remove(world->table, key), is_there[number]);
    is_there[number] = false;
}

/* Who may not be gone yet, and who must not be there any more. */
static void check(struct world *world, bool is_complete)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (!is_there[i])
            continue;
        uint8_t key[MFN_IFR_KEY_SIZE_MAX];
        struct mfn_ifr_value value;
        ifr_keys_make(i, world->options.key_size, key);
        const bool is_found = mfn_ifr_table_find(world->table, key, &value);
        const uint64_t old_ns = stamps[i] + world->options.age_ns;
        if (world->now_ns <= old_ns)
            assert_true(is_found);
        else if (is_complete && world->now_ns >= old_ns + 2 * world->options.tick_ns)
            assert_false(is_found);
        is_there[i] = is_found;
    }
}

static void pass_time(struct world *world)
{
    const uint64_t age = world->options.age_ns;
    const uint64_t longest = base_rng_below(&world->rng, 20) == 0 ? 2 * age : age / 50;
    world->now_ns += base_rng_below(&world->rng, longest + 2);
    const size_t count = mfn_ifr_table_count(world->table);
    const bool is_complete = base_rng_below(&world->rng, 3) > 0;
    const size_t steps = is_complete ? SIZE_MAX : base_rng_below(&world->rng, 50);
    const size_t removed = mfn_ifr_wheel_expire(world->wheel, world->table, world->now_ns, steps);
    assert_true(is_complete || removed <= steps);
    if (is_complete)
        assert_false(mfn_ifr_wheel_is_due(world->wheel, world->now_ns));
    else if (mfn_ifr_wheel_is_due(world->wheel, world->now_ns))
        assert_true(mfn_ifr_wheel_is_due(world->wheel, world->now_ns + 1));
    assert_int_equal(mfn_ifr_table_count(world->table), count - removed);
    check(world, is_complete);
}

static void flows_go_when_they_are_old(void **state)
{
    (void)state;
    for (uint64_t episode = 0; episode < episodes; episode++) {
        struct world world;
        make_world(&world, episode);
        for (size_t i = 0; i < STEPS; i++) {
            const size_t number = base_rng_below(&world.rng, KEYS);
            const uint64_t choice = base_rng_below(&world.rng, 100);
            if (choice < 70)
                renew(&world, number);
            else if (choice < 98)
                drop(&world, number);
            else
                pass_time(&world);
        }
        world.now_ns += 2 * world.options.age_ns + 3 * world.options.tick_ns;
        (void)mfn_ifr_wheel_expire(world.wheel, world.table, world.now_ns, SIZE_MAX);
        assert_int_equal(mfn_ifr_table_count(world.table), 0);
        assert_int_equal(mfn_ifr_wheel_count(world.wheel), 0);
        const size_t size = mfn_ifr_wheel_size_bytes(world.wheel);
        assert_true(size > (size_t)4096 * 56 && size < (size_t)STEPS * 64);
        while (!mfn_ifr_wheel_shed(world.wheel))
            assert_true(mfn_ifr_wheel_size_bytes(world.wheel) < size);
        mfn_ifr_wheel_free(world.wheel);
        mfn_ifr_table_free(world.table);
    }
}

static void options_are_checked(void **state)
{
    (void)state;
    struct mfn_ifr_wheel *wheel = NULL;
    struct mfn_ifr_wheel_options options = { .key_size = 13, .age_ns = 10, .tick_ns = 0 };
    assert_int_equal(mfn_ifr_wheel_new(&options, &wheel), BASE_EINVALID);
    options.tick_ns = 11;
    assert_int_equal(mfn_ifr_wheel_new(&options, &wheel), BASE_ERANGE);
    options = (struct mfn_ifr_wheel_options){ .key_size = 13, .age_ns = UINT64_MAX, .tick_ns = 1 };
    assert_int_equal(mfn_ifr_wheel_new(&options, &wheel), BASE_ERANGE);
    options = (struct mfn_ifr_wheel_options){ .key_size = 5, .age_ns = 10, .tick_ns = 1 };
    assert_int_equal(mfn_ifr_wheel_new(&options, &wheel), BASE_EINVALID);
    assert_null(wheel);
    mfn_ifr_wheel_free(NULL);
}

int main(int argc, char **argv)
{
    const char *const text = getenv("SEED");
    seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    if (argc > 1)
        episodes = 1 + strtoull(argv[1], NULL, 0) / STEPS;
    printf("SEED=%llu, %llu operations\n", (unsigned long long)seed,
           (unsigned long long)(episodes * STEPS));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(flows_go_when_they_are_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
