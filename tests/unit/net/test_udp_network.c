/* test_udp_network.c - networks that are not loopback's: a device that cuts no large segments, a
 * queue that fills. Each in a network namespace of a child of this test, gone with it. */
#define _GNU_SOURCE
#include "udp_peer.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 77 };

static uint8_t bytes[BASE_STEP_DATAGRAM_MAX];

/* Only this process is in it. */
static bool namespace_enter(const char *commands)
{
    const bool is_in = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return is_in && system("PATH=$PATH:/sbin:/usr/sbin; ip link set lo up 2>/dev/null") == 0 &&
           system(commands) == 0;
}

static int in_child(int (*run)(void))
{
    int status = 0;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0)
        _exit(run());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Segments of 4000 bytes do not fit a path of 1500; datagrams of 4000 do, in fragments. */
static int small_device(void)
{
    struct udp_world world;
    if (!namespace_enter("PATH=$PATH:/sbin:/usr/sbin; ip link set lo mtu 1500 2>/dev/null"))
        return CANNOT;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    udp_world_open(&world, 2, false);
    for (size_t turn = 0; turn < 3; turn++)
        for (size_t peer = 0; peer < 2; peer++) {
            for (size_t i = 0; i < 20; i++)
                udp_world_send(&world, peer, bytes + i, i < 10 ? 4000 : 1200);
            udp_world_drain(&world);
        }
    const struct bpi_udp_stats stats = bpi_udp_stats(world.centre);
    const bool is_right = stats.sent == 120 && stats.received == 120 && stats.send_failed == 0;
    /* The first 10 of 4000 go one by one; after that nobody tries again, and all share calls. */
    const bool is_batched = stats.send_calls < 30;
    udp_world_close(&world);
    return !is_right ? 1 : is_batched ? 0 : 2;
}

static void large_segments_are_refused(void **state)
{
    (void)state;
    const int status = in_child(small_device);
    if (status == CANNOT)
        skip();
    assert_int_equal(status, 0);
}

enum { SIZE = 1000 };

struct numbered {
    uint64_t count, wrong;
    uint32_t last; /* number in the first bytes; all others are its low byte */
};

static void numbered_make(uint32_t number, uint8_t *out)
{
    memset(out, (int)(number & 0xff), SIZE);
    memcpy(out, &number, sizeof number);
}

static void numbered_datagram(void *state, const struct base_step_world *world,
                              const struct base_address *from, uint8_t *data, size_t size)
{
    struct numbered *const got = state;
    uint8_t right[SIZE];
    uint32_t number = 0;
    (void)world;
    (void)from;
    memcpy(&number, data, sizeof number);
    numbered_make(number, right);
    got->wrong += size != SIZE || number <= got->last || memcmp(right, data, SIZE) != 0;
    got->last = number;
    got->count++;
}

/* 8 MB at once through 80 Mbit/s: some wait in the kernel, some with the driver, others find no
 * room and are counted. */
static int slow_device(void)
{
    enum { COUNT = 8000 };
    struct base_step step = udp_idle_step;
    struct numbered got = { 0 };
    struct bpi_udp *from = NULL, *to = NULL;
    struct bpi_udp_config config = { .step = &udp_idle_step, .socket_buffer_bytes = 1 << 18 };
    if (!namespace_enter("PATH=$PATH:/sbin:/usr/sbin; tc qdisc add dev lo root tbf rate 80mbit "
                         "burst 70kb limit 16mb 2>/dev/null"))
        return CANNOT;
    step.datagram = numbered_datagram;
    if (bpi_udp_open(&config, &from, NULL) != BASE_OK)
        return 1;
    config = (struct bpi_udp_config){ .step = &step, .state = &got };
    if (bpi_udp_open(&config, &to, NULL) != BASE_OK)
        return 1;
    const struct base_address there = udp_loopback(true, bpi_udp_address(to).port);
    const struct base_step_world *const world = bpi_udp_world(from);
    for (uint32_t i = 1; i <= COUNT; i++) {
        numbered_make(i, bytes);
        world->send(world->context, &there, bytes, SIZE);
    }
    const bool has_failed = bpi_udp_stats(from).send_failed > 0;
    const uint64_t end_ns = udp_clock_ns() + UINT64_C(15000000000);
    while (got.count + bpi_udp_stats(from).send_failed < COUNT && udp_clock_ns() < end_ns) {
        const uint64_t soon_ns = udp_clock_ns() + 1000000;
        if (bpi_udp_poll(from, soon_ns, -1, NULL) != BASE_OK ||
            bpi_udp_poll(to, 0, -1, NULL) != BASE_OK)
            return 2;
    }
    const struct bpi_udp_stats stats = bpi_udp_stats(from);
    bpi_udp_close(from);
    bpi_udp_close(to);
    if (stats.sent + stats.send_failed != COUNT || got.count != stats.sent)
        return 3;
    return !has_failed ? 4 : got.wrong > 0 ? 5 : 0;
}

static void a_full_queue(void **state)
{
    (void)state;
    const int status = in_child(slow_device);
    if (status == CANNOT)
        skip();
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_segments_are_refused),
        cmocka_unit_test(a_full_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
