/* test_ifr_metrics.c - a registry behind a real server: components by their frames, metrics over
 * the wire, and what they say. */
#include "wire_world.h"

#include <mfn/ifr_registry.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry_world {
    struct wire_world wire; /* its folder, path, thread */
    struct mfn_ifr_registry *registry;
};

static void world_start(struct registry_world *world)
{
    const struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    struct base_why why = { 0 };
    wire_open(&world->wire, 0);
    mfn_ifr_server_close(world->wire.server);
    assert_int_equal(mfn_ifr_registry_new(&options, &world->registry, NULL), BASE_OK);
    const struct mfn_ifr_server_options server = { .path = world->wire.path,
                                                   .service =
                                                       mfn_ifr_registry_service(world->registry) };
    if (mfn_ifr_server_open(&server, &world->wire.server, &why) != BASE_OK)
        fail_msg("%s", why.text);
    wire_run(&world->wire);
}

static void world_close(struct registry_world *world)
{
    wire_close(&world->wire);
    mfn_ifr_registry_free(world->registry);
}

static struct mfn_ifr_client *client_of(const struct registry_world *world)
{
    struct mfn_ifr_client *client = NULL;
    struct base_why why = { 0 };
    if (mfn_ifr_client_open(world->wire.path, UINT64_C(10000000000), &client, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return client;
}

/* The value behind "name " at the beginning of a line. */
static double number_of(const char *text, const char *name)
{
    char line[100];
    snprintf(line, sizeof line, "\n%s ", name);
    const char *const at = strstr(text, line);
    if (at == NULL)
        fail_msg("the metrics lack %s", name);
    return strtod(at + strlen(line), NULL);
}

static void buckets_check(const char *text, const char *name)
{
    char line[100];
    double before = 0, bound = 0;
    unsigned count = 0;
    snprintf(line, sizeof line, "\n%s_bucket{le=\"", name);
    const char *at = text;
    while ((at = strstr(at, line)) != NULL) {
        at += strlen(line);
        char *end;
        const double next_bound = strtod(at, &end);
        const double value = strtod(strchr(end, '}') + 1, NULL);
        assert_true(next_bound > bound);
        assert_true(value >= before);
        bound = next_bound;
        before = value;
        count++;
    }
    assert_int_equal(count, MFN_IFR_LATENCY_BOUNDS + 1);
    snprintf(line, sizeof line, "%s_count", name);
    assert_true(number_of(text, line) == before);
}

static void metrics_say_what_happened(void **state)
{
    (void)state;
    enum { FINDS = 20000 };
    struct registry_world world = { 0 };
    struct base_buf out = { 0 };
    struct mfn_ifr_value value = wire_value(1);
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    world_start(&world);
    struct mfn_ifr_client *const client = client_of(&world);
    assert_int_equal(mfn_ifr_client_metrics(client, &out, NULL), BASE_OK);
    assert_non_null(strstr(base_buf_text(&out), "\nifr_cache_hit_rate NaN\n"));
    base_buf_clear(&out);
    assert_int_equal(mfn_ifr_client_announce(client, 5, NULL), BASE_OK);
    wire_key(1, 37, key);
    assert_int_equal(mfn_ifr_client_insert(client, key, 37, &value, NULL), BASE_OK);
    for (int i = 0; i < FINDS; i++)
        assert_int_equal(mfn_ifr_client_find(client, key, 37, &value, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_metrics(client, &out, NULL), BASE_OK);
    const char *const text = base_buf_text(&out);
    assert_true(number_of(text, "ifr_lookup_total") == FINDS);
    assert_true(number_of(text, "ifr_cache_hit_rate") == (FINDS - 1.0) / FINDS);
    assert_true(number_of(text, "ifr_active_flows") == 1);
    assert_true(number_of(text, "ifr_memory_usage_bytes") > 1e6);
    assert_true(number_of(text, "ifr_components{state=\"running\"}") == 1);
    assert_true(number_of(text, "ifr_components{state=\"failed\"}") == 0);
    assert_true(number_of(text, "ifr_clients") == 1);
    assert_true(number_of(text, "ifr_uptime_seconds") > 0);
    /* Every frame after the announcement was timed: the insert, the finds, this question. */
    assert_true(number_of(text, "ifr_coordination_latency_seconds_count") == FINDS + 2);
    const double count = number_of(text, "ifr_lookup_latency_seconds_count");
    const double mean_s = number_of(text, "ifr_lookup_latency_seconds_sum") / count;
    assert_true(count > FINDS / 128.0 && count < FINDS / 32.0);
    assert_true(mean_s > 1e-9 && mean_s < 1e-1); /* seconds, and not of another unit */
    buckets_check(text, "ifr_lookup_latency_seconds");
    buckets_check(text, "ifr_coordination_latency_seconds");
    assert_true(out.size < MFN_IFR_METRICS_SIZE_MAX);
    base_buf_done(&out);
    mfn_ifr_client_close(client);
    world_close(&world);
}

static void components_come_and_go_with_their_connections(void **state)
{
    (void)state;
    struct registry_world world = { 0 };
    world_start(&world);
    struct mfn_ifr_client *const one = client_of(&world), *const two = client_of(&world);
    assert_int_equal(mfn_ifr_client_announce(one, 3, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_announce(two, 3, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_announce(two, 4, NULL), BASE_OK); /* another from now on */
    assert_int_equal(mfn_ifr_client_heartbeat(two, (struct base_span){ 0 }, NULL), BASE_OK);
    mfn_ifr_client_close(one);
    struct mfn_ifr_counters counters;
    do /* the server notices the end in its own time */
        assert_int_equal(mfn_ifr_client_stats(two, &counters, NULL), BASE_OK);
    while (counters.client_count != 1);
    assert_int_equal(counters.component_count, 1);
    wire_stop(&world.wire);
    const struct mfn_ifr_components *const components = mfn_ifr_registry_components(world.registry);
    assert_int_equal(components->count, 2);
    assert_int_equal(mfn_ifr_components_find(components, 3)->state, MFN_IFR_STOPPED);
    assert_int_equal(mfn_ifr_components_find(components, 4)->state, MFN_IFR_RUNNING);
    mfn_ifr_client_close(two);
    world_close(&world);
}

static void a_service_without_metrics_says_so(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_client *client = NULL;
    struct base_why why = { 0 };
    struct base_buf out = { 0 };
    wire_start(&world, 0);
    assert_int_equal(mfn_ifr_client_open(world.path, UINT64_C(10000000000), &client, NULL),
                     BASE_OK);
    assert_int_equal(mfn_ifr_client_metrics(client, &out, &why), BASE_EINVALID);
    assert_string_equal(why.text, "this registry has no metrics");
    assert_int_equal(out.size, 0);
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_METRICS };
    assert_int_equal(mfn_ifr_client_send(client, &request, &why), BASE_EINVALID);
    assert_int_equal(mfn_ifr_client_heartbeat(client, (struct base_span){ 0 }, NULL), BASE_OK);
    mfn_ifr_client_close(client);
    wire_close(&world);
}

/* A buffer that is too small is an error, and the metrics are not cut. */
static void metrics_that_do_not_fit(void **state)
{
    (void)state;
    char memory[200];
    struct base_buf out = { 0 };
    const struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    struct mfn_ifr_registry *registry = NULL;
    assert_int_equal(mfn_ifr_registry_new(&options, &registry, NULL), BASE_OK);
    base_buf_init_fixed(&out, memory, sizeof memory);
    assert_int_equal(mfn_ifr_registry_prometheus(registry, NULL, &out), BASE_EFULL);
    mfn_ifr_registry_free(registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_say_what_happened),
        cmocka_unit_test(components_come_and_go_with_their_connections),
        cmocka_unit_test(a_service_without_metrics_says_so),
        cmocka_unit_test(metrics_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
