/* test_ifr_company.c - all bad company at once, while a server runs: a thousand clients that say
 * nothing, some that never read, and one after the other those that break the protocol in each way
 * or end inside a frame. A good client among them notices nothing, and memory has its bound. */
#define _GNU_SOURCE
#include "wire_world.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FLOODERS = 16, ROUNDS = 200, LOOKUPS = 50, FLOWS = 300, GUESTS = FLOODERS + 8 };

/* Sends heartbeats and never reads. */
struct flooder {
    struct wire_raw raw;
    struct base_buf bytes;
    size_t at;     /* of them are sent */
    bool is_stuck; /* nothing was taken when it tried last */
};

static void flooder_push(struct flooder *flooder)
{
    static const uint8_t payload[4000] = { 7 };
    flooder->is_stuck = false;
    for (int i = 0; i < 20 && !flooder->is_stuck; i++) {
        if (flooder->at == flooder->bytes.size) {
            wire_raw_frame(&flooder->raw, MFN_IFR_FRAME_HEARTBEAT, payload, sizeof payload,
                           &flooder->bytes);
            flooder->at = 0;
        }
        const ssize_t sent = send(flooder->raw.fd, flooder->bytes.data + flooder->at,
                                  flooder->bytes.size - flooder->at, MSG_DONTWAIT | MSG_NOSIGNAL);
        flooder->is_stuck = sent < 0;
        assert_true(sent > 0 || errno == EAGAIN);
        flooder->at += sent > 0 ? (size_t)sent : 0;
    }
}

/* Where a frame is spoiled; past its end: it is cut off there instead. */
static const struct {
    size_t offset;
    uint8_t value;
    bool is_cut;
} wrongs[] = {
    { 0, 0, false },  /* magic */
    { 4, 9, false },  /* version */
    { 5, 6, false },  /* type */
    { 6, 1, false },  /* reserved */
    { 12, 7, false }, /* sequence */
    { 19, 1, false }, /* payload_size: 16 MiB */
    { 20, 1, false }, /* CRC */
    { 40, 9, false }, /* payload */
    { 1, 0, true },   { 20, 0, true }, { 32, 0, true }, { 45, 0, true },
};
enum { WRONGS = sizeof wrongs / sizeof wrongs[0] };

/* Until the server has hung up, or five seconds. */
static void wait_for_the_end(int fd)
{
    uint8_t bytes[512];
    struct pollfd poller = { .fd = fd, .events = POLLIN };
    while (poll(&poller, 1, 5000) == 1)
        if (recv(fd, bytes, sizeof bytes, 0) <= 0)
            return;
    fail_msg("the server does not hang up");
}

/* One who breaks the protocol, or goes inside a frame; was it a bad frame? */
static bool offend(const struct wire_world *world, size_t kind)
{
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX], key[MFN_IFR_KEY_SIZE_MAX];
    struct base_buf bytes = { 0 };
    struct wire_raw raw;
    wire_key(1, MFN_IFR_KEY_IPV4, key);
    const struct mfn_ifr_request request = { MFN_IFR_COMMAND_REGISTER, key, MFN_IFR_KEY_IPV4,
                                             wire_value(99) };
    const size_t size = mfn_ifr_request_encode(&request, payload);
    wire_raw_open(&raw, world->path);
    wire_raw_frame(&raw, MFN_IFR_FRAME_COMMAND, payload, size, &bytes);
    if (wrongs[kind].is_cut) {
        wire_raw_send(&raw, bytes.data, wrongs[kind].offset);
    } else {
        bytes.data[wrongs[kind].offset] = wrongs[kind].value;
        wire_raw_send(&raw, bytes.data, bytes.size);
        wait_for_the_end(raw.fd);
    }
    wire_raw_close(&raw);
    base_buf_done(&bytes);
    return !wrongs[kind].is_cut;
}

static void look_around(struct mfn_ifr_client *good, uint64_t round)
{
    for (uint64_t i = 0; i < LOOKUPS; i++) {
        const uint64_t number = (round * LOOKUPS + i) % FLOWS;
        uint8_t key[MFN_IFR_KEY_SIZE_MAX];
        struct mfn_ifr_value value;
        struct base_why why = { 0 };
        wire_key(number, MFN_IFR_KEY_IPV4, key);
        if (mfn_ifr_client_find(good, key, MFN_IFR_KEY_IPV4, &value, &why) != BASE_OK)
            fail_msg("round %d: %s", (int)round, why.text);
        wire_value_check(&value, number);
    }
}

static struct mfn_ifr_client *good_open(const struct wire_world *world)
{
    struct mfn_ifr_client *good = NULL;
    assert_int_equal(mfn_ifr_client_open(world->path, UINT64_C(20000000000), &good, NULL), BASE_OK);
    for (uint64_t number = 0; number < FLOWS; number++) {
        uint8_t key[MFN_IFR_KEY_SIZE_MAX];
        const struct mfn_ifr_value value = wire_value(number);
        wire_key(number, MFN_IFR_KEY_IPV4, key);
        assert_int_equal(mfn_ifr_client_insert(good, key, MFN_IFR_KEY_IPV4, &value, NULL), BASE_OK);
    }
    return good;
}

/* As many idle clients as this process may have descriptors for, both ends. */
static size_t idle_count(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur > 2300 ? 1000 : 200;
}

static void a_good_client_notices_nothing(void **state)
{
    (void)state;
    static struct flooder flooders[FLOODERS];
    struct wire_world world;
    const size_t idle = idle_count();
    struct wire_raw *const crowd = calloc(idle, sizeof *crowd);
    assert_non_null(crowd);
    wire_start(&world, (uint32_t)idle + GUESTS);
    for (size_t i = 0; i < idle; i++)
        wire_raw_open(&crowd[i], world.path);
    for (size_t i = 0; i < FLOODERS; i++)
        wire_raw_open(&flooders[i].raw, world.path);
    struct mfn_ifr_client *const good = good_open(&world);

    uint64_t bad_frames = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < FLOODERS; i++)
            flooder_push(&flooders[i]);
        bad_frames += offend(&world, round % WRONGS);
        look_around(good, round);
    }
    struct mfn_ifr_counters counters;
    assert_int_equal(mfn_ifr_client_stats(good, &counters, NULL), BASE_OK);
    assert_int_equal(counters.bad_frames, bad_frames);
    for (size_t i = 0; i < FLOODERS; i++)
        assert_true(flooders[i].is_stuck);

    wire_stop(&world); /* its memory can be looked at now */
    const size_t held = mfn_ifr_server_size_bytes(world.server);
    print_message("%zu idle, %d that never read: %zu bytes, %zu each who does not read\n", idle,
                  FLOODERS, held, held / FLOODERS);
    assert_true(held > 0);
    assert_true(held <= (size_t)(FLOODERS + 1) * MFN_IFR_SERVER_CLIENT_BYTES_MAX);
    mfn_ifr_client_close(good);
    for (size_t i = 0; i < FLOODERS; i++) {
        wire_raw_close(&flooders[i].raw);
        base_buf_done(&flooders[i].bytes);
    }
    for (size_t i = 0; i < idle; i++)
        wire_raw_close(&crowd[i]);
    wire_close(&world);
    free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_client_notices_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
