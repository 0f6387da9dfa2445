/* test_hermes_node_memory.c - nodes without memory: a new one is refused cleanly whichever
 * allocation fails; living ones that find none for a while neither crash nor stay broken: when
 * there is memory again, messages arrive again. */
#include "unit.h"

#include "fault.h"

#include <bpi/hermes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { NODES = 3, QUEUE = 4096, DATAGRAM = 1500 };

/* Nodes side by side; a datagram arrives a millisecond later. */
struct datagram {
    uint64_t at_ns;
    uint32_t from, to;
    size_t size;
    uint8_t data[DATAGRAM];
};

static struct datagram queue[QUEUE];
static uint32_t queue_first, queue_count;
static struct bpi_hermes *nodes[NODES];
static uint64_t now_ns;
static struct base_rng rng;
static size_t left; /* allocations while nodes run; they alone are short of memory */
static uint32_t delivered[NODES];

static struct base_address address_of(uint32_t host)
{
    return (struct base_address){ .ip = { 0xfd, [15] = (uint8_t)(1 + host) }, .port = 9000 };
}

static void world_secret(void *context, void *out, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)base_rng_u64(&rng);
}

static void world_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    const uint32_t from = (uint32_t)(uintptr_t)context;
    if (queue_count == QUEUE || size > DATAGRAM)
        return;
    struct datagram *const d = &queue[(queue_first + queue_count++) % QUEUE];
    *d = (struct datagram){ now_ns + MS, from, to->ip[15] - 1u, size, { 0 } };
    memcpy(d->data, data, size);
}

static void world_tell(void *context, const void *event)
{
    const struct bpi_hermes_event *const e = event;
    if (e->kind == BPI_HERMES_MESSAGE)
        delivered[(uintptr_t)context]++;
}

static struct base_step_world world_of(uint32_t host)
{
    return (struct base_step_world){ .context = (void *)(uintptr_t)host,
                                     .now_ns = now_ns,
                                     .rng = &rng,
                                     .secret = world_secret,
                                     .send = world_send,
                                     .tell = world_tell };
}

static void begin(void)
{
    fault_left = left;
}

static void end(void)
{
    left = fault_left;
    fault_left = SIZE_MAX;
}

static void run(uint64_t for_ns)
{
    for (const uint64_t until_ns = now_ns + for_ns; now_ns < until_ns; now_ns += MS) {
        while (queue_count > 0 && queue[queue_first].at_ns <= now_ns) {
            struct datagram *const d = &queue[queue_first];
            const struct base_step_world world = world_of(d->to);
            const struct base_address from = address_of(d->from);
            begin();
            if (d->to < NODES)
                bpi_hermes_step.datagram(nodes[d->to], &world, &from, d->data, d->size);
            end();
            queue_first = (queue_first + 1) % QUEUE;
            queue_count--;
        }
        for (uint32_t i = 0; i < NODES; i++) {
            const struct base_step_world world = world_of(i);
            begin();
            if (bpi_hermes_step.wake_ns(nodes[i]) <= now_ns)
                bpi_hermes_step.timer(nodes[i], &world);
            end();
        }
    }
}

static struct bpi_hermes_config config_of(uint32_t host, uint32_t direct_max,
                                          struct bpi_hermes_member *boots)
{
    struct bpi_hermes_config config;
    bpi_hermes_defaults(&config);
    memset(config.seed, (int)host + 1, sizeof config.seed);
    config.direct_max = direct_max;
    config.members_max = 64;
    config.peer_memory_bytes = 256 << 10;
    for (uint32_t i = 0; i < NODES; i++)
        if (i != host)
            boots[config.bootstrap_count++] =
                (struct bpi_hermes_member){ .address = address_of(i) };
    config.bootstrap = boots;
    return config;
}

static void send_all(uint32_t host, size_t size)
{
    static const uint8_t payload[20000];
    const struct base_step_world world = world_of(host);
    begin();
    (void)!bpi_hermes_send(nodes[host], &world, BPI_HERMES_AUCTION_BID, NULL,
                           base_span_of(payload, size), NULL, NULL);
    end();
}

static void test_new_is_refused(void **state)
{
    (void)state;
    size_t k = 0;
    for (base_err err = BASE_ENOMEM; err != BASE_OK; k++) {
        struct bpi_hermes_member boots[NODES];
        const struct bpi_hermes_config config = config_of(0, 64, boots);
        struct bpi_hermes *node = NULL;
        struct base_why why = { 0 };
        fault_left = k;
        err = bpi_hermes_new(&config, &node, &why);
        fault_left = SIZE_MAX;
        if (err == BASE_OK) {
            bpi_hermes_free(node);
        } else {
            assert_int_equal(err, BASE_ENOMEM);
            assert_null(node);
            assert_true(why.text[0] != '\0');
        }
    }
    assert_true(k > 5);
}

/* Without memory from the k-th allocation on, for half a second in the middle of things. */
static bool starve(uint32_t direct_max, size_t k)
{
    queue_count = 0;
    now_ns = SECOND;
    base_rng_init(&rng, k);
    memset(delivered, 0, sizeof delivered);
    left = SIZE_MAX;
    for (uint32_t i = 0; i < NODES; i++) {
        struct bpi_hermes_member boots[NODES];
        const struct bpi_hermes_config config = config_of(i, direct_max, boots);
        assert_int_equal(bpi_hermes_new(&config, &nodes[i], NULL), BASE_OK);
    }
    fault_refused = 0;
    left = k;
    for (uint32_t i = 0; i < NODES; i++) {
        const struct base_step_world world = world_of(i);
        begin();
        bpi_hermes_step.start(nodes[i], &world);
        end();
    }
    for (int i = 0; i < 10; i++) {
        run(50 * MS);
        send_all((uint32_t)i % NODES, i % 2 == 0 ? 300 : 20000);
    }
    const bool was_short = fault_refused > 0;
    left = SIZE_MAX;
    run(8 * SECOND);
    memset(delivered, 0, sizeof delivered);
    send_all(0, 5000);
    send_all(1, 500);
    run(3 * SECOND);
    if (delivered[0] != 1 || delivered[1] != 1 || delivered[2] != 2)
        fail_msg("direct_max %u, %zu allocations: %u, %u and %u delivered", direct_max, k,
                 delivered[0], delivered[1], delivered[2]);
    for (uint32_t i = 0; i < NODES; i++)
        bpi_hermes_free(nodes[i]);
    return was_short;
}

static void test_nodes_recover(void **state)
{
    (void)state;
    for (uint32_t direct_max = 0; direct_max <= 64; direct_max += 64) {
        size_t k = 0;
        while (starve(direct_max, k))
            k += k < 40 ? 1 : 1 + k / 16;
        print_message("direct_max %u: more than %zu allocations are not needed\n", direct_max, k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_is_refused),
        cmocka_unit_test(test_nodes_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
