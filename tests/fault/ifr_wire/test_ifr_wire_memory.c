/* test_ifr_wire_memory.c - memory that is not there, at each place where the server or a client
 * asks for some: the one connection it is for fails, and everything else goes on. */
#define _GNU_SOURCE
#include "wire_world.h"

#include "fault.h"

#include <stdlib.h>
#include <string.h>

static void an_opened_server_or_none(void **state)
{
    (void)state;
    struct wire_world world;
    wire_open(&world, 0);
    mfn_ifr_server_close(world.server);
    const struct mfn_ifr_server_options options = { .path = world.path,
                                                    .service = wire_map_service(&world.map) };
    for (size_t k = 0; k < 3; k++) {
        struct base_why why = { 0 };
        fault_left = k;
        const base_err err = mfn_ifr_server_open(&options, &world.server, &why);
        fault_left = SIZE_MAX;
        assert_int_equal(err, BASE_ENOMEM);
        assert_non_null(strstr(why.text, "out of memory"));
    }
    assert_int_equal(mfn_ifr_server_open(&options, &world.server, NULL), BASE_OK);
    wire_close(&world);
}

/* Sends, and lets the server work with so much memory; is the client still there? */
static bool survives(struct wire_world *world, enum mfn_ifr_frame_type type, const void *payload,
                     size_t size, size_t allocations)
{
    struct wire_raw raw;
    struct base_buf bytes = { 0 };
    wire_raw_open(&raw, world->path);
    wire_settle(world);
    wire_raw_frame(&raw, type, payload, size, &bytes);
    wire_raw_send(&raw, bytes.data, bytes.size);
    fault_left = allocations;
    wire_settle(world);
    fault_left = SIZE_MAX;
    const bool is_there = wire_counters(world).client_count == 1;
    struct mfn_ifr_frame frame;
    assert_int_equal(wire_raw_has(&raw, &frame), is_there);
    wire_raw_close(&raw);
    wire_settle(world);
    assert_int_equal(wire_counters(world).client_count, 0);
    base_buf_done(&bytes);
    return is_there;
}

static void a_client_that_memory_is_short_for(void **state)
{
    (void)state;
    static uint8_t payload[9000];
    static const uint8_t attach[] = { MFN_IFR_COMMAND_ATTACH, 0, 0, 0 };
    static const struct {
        enum mfn_ifr_frame_type type;
        const void *payload;
        size_t size;
        size_t needed; /* allocations without which the client goes */
    } rows[] = {
        { MFN_IFR_FRAME_HEARTBEAT, payload, 10, 2 },   /* frame, answer */
        { MFN_IFR_FRAME_HEARTBEAT, payload, 9000, 3 }, /* frame, the rest of it, answer */
        { MFN_IFR_FRAME_DISCOVERY, payload, 0, 2 },    { MFN_IFR_FRAME_EVENT, payload, 10, 2 },
        { MFN_IFR_FRAME_REGISTRATION, payload, 4, 2 }, { MFN_IFR_FRAME_COMMAND, payload, 3, 2 },
        { MFN_IFR_FRAME_COMMAND, attach, 4, 3 }, /* frame, ring, answer */
    };
    struct wire_world world;
    wire_open(&world, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k <= rows[i].needed; k++) {
            const bool is_there = survives(&world, rows[i].type, rows[i].payload, rows[i].size, k);
            assert_int_equal(is_there, k == rows[i].needed);
        }
    assert_int_equal(mfn_ifr_server_size_bytes(world.server), 0);
    wire_close(&world);
}

/* Refusing a guest needs memory too; without it the guest is closed without a word. */
static void a_refusal_without_memory(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw first, second;
    struct mfn_ifr_frame frame;
    wire_open(&world, 1);
    wire_raw_open(&first, world.path);
    wire_settle(&world);
    wire_raw_open(&second, world.path);
    fault_left = 0;
    wire_settle(&world);
    fault_left = SIZE_MAX;
    assert_int_equal(wire_counters(&world).clients_refused, 1);
    assert_false(wire_raw_has(&second, &frame));
    assert_true(wire_raw_is_over(&second));
    wire_raw_close(&first);
    wire_raw_close(&second);
    wire_close(&world);
}

/* The server is not stepped here: the second try fails before anything is sent. */
static void a_client_library_without_memory(void **state)
{
    (void)state;
    struct wire_world world;
    struct base_why why = { 0 };
    wire_open(&world, 0);
    struct mfn_ifr_client *client = NULL;
    fault_left = 0;
    const base_err err = mfn_ifr_client_open(world.path, 1000000000, &client, &why);
    fault_left = SIZE_MAX;
    assert_int_equal(err, BASE_ENOMEM);
    fault_left = 1;
    const base_err second = mfn_ifr_client_open(world.path, 1000000000, &client, &why);
    fault_left = SIZE_MAX;
    assert_int_equal(second, BASE_ENOMEM);
    assert_non_null(strstr(why.text, "out of memory"));
    assert_null(client);
    wire_close(&world);
    assert_true(fault_refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opened_server_or_none),
        cmocka_unit_test(a_client_that_memory_is_short_for),
        cmocka_unit_test(a_refusal_without_memory),
        cmocka_unit_test(a_client_library_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
