/* test_ifr_registry_memory.c - memory that is not there: for a new registry, for the shelf of a new
 * size of key, for tables that grow, filters and wheels that are made anew. What was registered is
 * found all the time, what was refused is not, and all goes on when there is memory again. */
#include "unit.h"

#include "ifr_keys.h"

#include <mfn/ifr_registry.h>

#include <stdlib.h>
#include <sys/mman.h>

enum { KEYS = 20000, OPERATIONS = 600000 };

static size_t left = SIZE_MAX; /* allocations that still succeed */

static bool is_refused(void)
{
    if (left == 0)
        return true;
    left -= left != SIZE_MAX;
    return false;
}

void *__real_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return is_refused() ? MAP_FAILED : __real_mmap(address, size, protection, flags, fd, offset);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return is_refused() ? NULL : __real_aligned_alloc(alignment, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __real_realloc(memory, size);
}

static struct mfn_ifr_registry_options options_of(uint32_t bank, uint64_t age_ns)
{
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.flow_count = 500;
    options.filter_bank = bank;
    options.cache_count = 100;
    options.flow_age_ns = age_ns;
    return options;
}

/* Each allocation of the first insert in turn: registry, table, its array, cache, filter, wheel, a
 * piece of it. */
static void a_first_insert_fails_whole(void **state)
{
    (void)state;
    const struct mfn_ifr_registry_options options = options_of(1, 1000000);
    const struct mfn_ifr_value value = { 0 };
    static const uint8_t key[MFN_IFR_KEY_HASHED];
    struct mfn_ifr_value found;
    struct base_why why;
    size_t k = 0;
    for (base_err err = BASE_ENOMEM; err != BASE_OK; k++) {
        struct mfn_ifr_registry *registry = NULL;
        left = k;
        err = mfn_ifr_registry_new(&options, &registry, &why);
        assert_true(err == BASE_OK || registry == NULL);
        if (err == BASE_OK)
            err = mfn_ifr_registry_insert(registry, key, sizeof key, 5, &value);
        left = SIZE_MAX;
        assert_true(err == BASE_OK || err == BASE_ENOMEM);
        if (registry != NULL && err != BASE_OK) {
            assert_int_equal(mfn_ifr_registry_find(registry, key, sizeof key, 5, &found),
                             BASE_ENOTFOUND);
            assert_int_equal(mfn_ifr_registry_insert(registry, key, sizeof key, 5, &value),
                             BASE_OK);
        }
        if (registry != NULL)
            assert_int_equal(mfn_ifr_registry_find(registry, key, sizeof key, 5, &found), BASE_OK);
        mfn_ifr_registry_free(registry);
    }
    assert_true(k > 7);
}

static bool is_there[KEYS];
static uint64_t written[KEYS];

struct world {
    struct mfn_ifr_registry *registry;
    struct base_rng rng;
    uint64_t now_ns;
    size_t refused;
};

static void one_operation(struct world *world, size_t number)
{
    uint8_t key[MFN_IFR_KEY_IPV6];
    struct mfn_ifr_value value = { .size = (uint32_t)world->now_ns };
    const uint64_t choice = base_rng_below(&world->rng, 8);
    ifr_keys_make(number, sizeof key, key);
    if (choice < 4) {
        const base_err err =
            mfn_ifr_registry_insert(world->registry, key, sizeof key, world->now_ns, &value);
        assert_true(err == BASE_OK || (err == BASE_ENOMEM && left == 0 && !is_there[number]));
        world->refused += err != BASE_OK;
        written[number] = err == BASE_OK ? value.size : written[number];
        is_there[number] = is_there[number] || err == BASE_OK;
    } else if (choice < 7) {
        const base_err err =
            mfn_ifr_registry_find(world->registry, key, sizeof key, world->now_ns, &value);
        assert_int_equal(err, is_there[number] ? BASE_OK : BASE_ENOTFOUND);
        assert_true(!is_there[number] || value.size == written[number]);
    } else {
        assert_int_equal(mfn_ifr_registry_remove(world->registry, key, sizeof key, world->now_ns),
                         is_there[number] ? BASE_OK : BASE_ENOTFOUND);
        is_there[number] = false;
    }
}

/* Memory is there for a while, and then for a long while not. */
static void registries_live_on_without_memory(void **state)
{
    (void)state;
    static const uint32_t banks[] = { 1, 0, 16 };
    for (uint64_t turn = 0; turn < 6; turn++) {
        const struct mfn_ifr_registry_options options =
            options_of(banks[turn % 3], turn < 3 ? 0 : UINT64_C(1) << 40);
        struct world world = { .now_ns = 1 };
        struct mfn_ifr_registry_more more;
        base_rng_init(&world.rng, turn);
        memset(is_there, 0, sizeof is_there);
        assert_int_equal(mfn_ifr_registry_new(&options, &world.registry, NULL), BASE_OK);
        for (size_t i = 0; i < OPERATIONS; i++, world.now_ns++) {
            const size_t range = KEYS * (i / 1000 + 1) / (OPERATIONS / 1000);
            left = i % 40000 < 30000 && i > 100 ? 0 : SIZE_MAX;
            one_operation(&world, base_rng_below(&world.rng, range));
        }
        left = SIZE_MAX;
        for (size_t i = 0; i < KEYS; i++) {
            uint8_t key[MFN_IFR_KEY_IPV6];
            struct mfn_ifr_value value;
            ifr_keys_make(i, sizeof key, key);
            assert_int_equal(
                mfn_ifr_registry_find(world.registry, key, sizeof key, world.now_ns, &value),
                is_there[i] ? BASE_OK : BASE_ENOTFOUND);
        }
        mfn_ifr_registry_more(world.registry, &more);
        assert_true(world.refused > 100);
        assert_true(options.filter_bank == 0 || more.filter_rebuilds > 0);
        mfn_ifr_registry_free(world.registry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_insert_fails_whole),
        cmocka_unit_test(registries_live_on_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
