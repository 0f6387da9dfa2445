/* test_udp.c - the driver over loopback: what is opened, sizes, both families, overflow, timers,
 * signals, another descriptor. */
#define _GNU_SOURCE
#include "udp_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static uint8_t bytes[BASE_STEP_DATAGRAM_MAX + 1];

static void bytes_fill(uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)base_rng_u64(&rng);
}

static base_err open_at(struct base_address listen, struct bpi_udp **udp, struct base_why *why)
{
    const struct bpi_udp_config config = { .listen = listen, .step = &udp_idle_step };
    return bpi_udp_open(&config, udp, why);
}

/* ---- opening ---- */

static void port_in_use(void **state)
{
    (void)state;
    struct bpi_udp *first = NULL, *second = NULL;
    struct base_why why = { 0 };
    assert_int_equal(open_at(udp_loopback(true, 0), &first, &why), BASE_OK);
    const struct base_address taken = bpi_udp_address(first);
    assert_memory_equal(taken.ip, udp_loopback(true, 0).ip, sizeof taken.ip);
    assert_true(taken.port > 0);
    assert_int_equal(open_at(taken, &second, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "127.0.0.1:"));
    assert_non_null(strstr(why.text, "in use"));
    assert_null(second);
    bpi_udp_close(first);
    assert_int_equal(open_at(taken, &second, &why), BASE_OK);
    bpi_udp_close(second);
    bpi_udp_close(NULL);
}

static void foreign_address(void **state)
{
    (void)state;
    struct bpi_udp *udp = NULL;
    struct base_why why = { 0 };
    /* 2001:db8::/32 is for documents (RFC 3849) */
    const struct base_address foreign = { .ip = { 0x20, 0x01, 0x0d, 0xb8, [15] = 9 }, .port = 9 };
    assert_int_equal(open_at(foreign, &udp, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "does not have the address"));
}

static int port_80_as_nobody(void)
{
    struct bpi_udp *udp = NULL;
    struct base_why why = { 0 };
    if (setgid(65534) != 0 || setuid(65534) != 0)
        return 2;
    if (open_at(udp_loopback(true, 80), &udp, &why) != BASE_EIO)
        return 3;
    return strstr(why.text, "may not use the port") != NULL ? 0 : 4;
}

static void no_privileges(void **state)
{
    (void)state;
    int first_free = 1024, status = 0;
    FILE *const file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
    if (file != NULL) {
        if (fscanf(file, "%d", &first_free) != 1)
            first_free = 1024;
        fclose(file);
    }
    if (geteuid() != 0 || first_free <= 80)
        skip();
    const pid_t pid = fork();
    if (pid == 0)
        _exit(port_80_as_nobody());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- datagrams ---- */

static void every_kind_of_size(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 2, 3, 1200, 1472, 1473, 4096, 32768, 65506, 65507 };
    for (unsigned is_plain = 0; is_plain < 2; is_plain++) {
        struct udp_world world;
        udp_world_open(&world, 2, is_plain);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (size_t k = 0; k < 2; k++) {
                bytes_fill(i * 2 + k);
                udp_world_send(&world, k, bytes, sizes[i]);
                udp_world_send(&world, k, bytes, sizes[i]);
                udp_world_drain(&world);
            }
        const struct bpi_udp_stats stats = bpi_udp_stats(world.centre);
        assert_int_equal(stats.sent, 4 * sizeof sizes / sizeof sizes[0]);
        assert_int_equal(stats.received, stats.sent);
        assert_int_equal(stats.received_bytes, stats.sent_bytes);
        assert_int_equal(stats.send_failed + stats.overflowed, 0);
        udp_world_close(&world);
    }
}

static void runs_share_a_call(void **state)
{
    (void)state;
    struct udp_world world;
    udp_world_open(&world, 1, false);
    bytes_fill(1);
    for (size_t i = 0; i < 40; i++) /* one run: 39 of 1000, and a shorter one */
        udp_world_send(&world, 0, bytes + i, i < 39 ? 1000 : 999);
    bpi_udp_flush(world.centre);
    assert_int_equal(bpi_udp_stats(world.centre).sent, 40);
    assert_int_equal(bpi_udp_stats(world.centre).send_calls, 1);
    udp_world_drain(&world);
    assert_int_equal(bpi_udp_stats(world.centre).received, 40);
    assert_true(bpi_udp_stats(world.centre).receive_calls < 40);
    udp_world_close(&world);
}

/* Whoever has taken all there was waits before it looks again; who does not wait looks at once. And
 * nothing is missed. */
static void an_empty_socket_is_looked_at_once(void **state)
{
    (void)state;
    enum { ROUNDS = 50 };
    struct bpi_udp *to = NULL, *from = NULL;
    assert_int_equal(open_at(udp_loopback(true, 0), &to, NULL), BASE_OK);
    assert_int_equal(open_at(udp_loopback(true, 0), &from, NULL), BASE_OK);
    const struct base_step_world *const world = bpi_udp_world(from);
    const struct base_address there = bpi_udp_address(to);
    for (unsigned waits = 0; waits < 2; waits++)
        for (uint64_t i = 0; i < ROUNDS; i++) {
            const uint64_t received = bpi_udp_stats(to).received;
            world->send(world->context, &there, bytes, 100);
            bpi_udp_flush(from);
            uint64_t calls = bpi_udp_stats(to).receive_calls;
            do { /* over the loopback it is there on return, unless the kernel is busy */
                assert_int_equal(bpi_udp_poll(to, waits ? UINT64_MAX : 0, -1, NULL), BASE_OK);
                assert_int_equal(bpi_udp_stats(to).receive_calls, ++calls);
                assert_true(bpi_udp_stats(to).received > received || !waits);
            } while (bpi_udp_stats(to).received == received);
            assert_int_equal(bpi_udp_stats(to).received, received + 1);
            const uint64_t soon_ns = bpi_udp_world(to)->now_ns + 20 * MS;
            assert_int_equal(bpi_udp_poll(to, waits ? soon_ns : 0, -1, NULL), BASE_OK);
            assert_int_equal(bpi_udp_stats(to).receive_calls, calls + 1);
        }
    bpi_udp_close(from);
    bpi_udp_close(to);
}

static void what_cannot_be_sent(void **state)
{
    (void)state;
    struct bpi_udp *udp = NULL;
    assert_int_equal(open_at((struct base_address){ 0 }, &udp, NULL), BASE_OK);
    const struct base_step_world *const world = bpi_udp_world(udp);
    const struct base_address nowhere = udp_loopback(true, 0), here = udp_loopback(true, 9);
    world->send(world->context, &nowhere, bytes, 10);
    world->send(world->context, &here, bytes, BASE_STEP_DATAGRAM_MAX + 1);
    bpi_udp_flush(udp);
    assert_int_equal(bpi_udp_stats(udp).send_failed, 2);
    /* Nobody listens there: the kernel may tell so, and that is nothing to the driver. */
    for (size_t i = 0; i < 10; i++) {
        world->send(world->context, &here, bytes, 10 + i);
        assert_int_equal(bpi_udp_poll(udp, 0, -1, NULL), BASE_OK);
    }
    assert_int_equal(bpi_udp_stats(udp).send_failed, 2);
    assert_int_equal(bpi_udp_stats(udp).sent, 10);
    bpi_udp_close(udp);
}

static void overflow(bool is_plain)
{
    struct bpi_udp *to = NULL, *from = NULL;
    struct bpi_udp_config config = { .step = &udp_idle_step,
                                     .is_plain = is_plain,
                                     .socket_buffer_bytes = 4096 };
    assert_int_equal(bpi_udp_open(&config, &to, NULL), BASE_OK);
    config.socket_buffer_bytes = 0;
    config.is_plain = true; /* one datagram, one buffer: so the counts agree */
    assert_int_equal(bpi_udp_open(&config, &from, NULL), BASE_OK);
    const struct base_step_world *const world = bpi_udp_world(from);
    const struct base_address there = udp_loopback(true, bpi_udp_address(to).port);
    for (size_t i = 0; i < 500; i++)
        world->send(world->context, &there, bytes, 500);
    bpi_udp_flush(from);
    assert_int_equal(bpi_udp_stats(from).sent, 500);
    for (uint64_t last = 1; bpi_udp_stats(to).received != last;) {
        last = bpi_udp_stats(to).received;
        assert_int_equal(bpi_udp_poll(to, 0, -1, NULL), BASE_OK);
    }
    const struct bpi_udp_stats stats = bpi_udp_stats(to);
    assert_true(stats.received > 0);
    assert_true(stats.overflowed > 0);
    assert_int_equal(stats.received + stats.overflowed, 500);
    bpi_udp_close(from);
    bpi_udp_close(to);
}

static void overflow_is_counted(void **state)
{
    (void)state;
    overflow(false);
    overflow(true);
}

/* ---- time ---- */

enum { TIMERS = 40 };

struct timers {
    uint64_t due_ns[TIMERS], rang_ns[TIMERS];
    size_t next, early;
    unsigned starts;
    struct base_rng rng;
};

static void timers_arm(struct timers *timers, uint64_t now_ns)
{
    if (timers->next < TIMERS)
        timers->due_ns[timers->next] = now_ns + base_rng_below(&timers->rng, 2 * MS);
}

static void timers_start(void *state, const struct base_step_world *world)
{
    struct timers *const timers = state;
    timers->starts++;
    timers_arm(timers, world->now_ns);
}

static void timers_ring(void *state, const struct base_step_world *world)
{
    struct timers *const timers = state;
    if (timers->next == TIMERS || world->now_ns < timers->due_ns[timers->next]) {
        timers->early++;
        return;
    }
    timers->rang_ns[timers->next++] = world->now_ns;
    timers_arm(timers, world->now_ns);
}

static uint64_t timers_wake(const void *state)
{
    const struct timers *const timers = state;
    return timers->next < TIMERS ? timers->due_ns[timers->next] : UINT64_MAX;
}

static void timers_in_order(void **state)
{
    (void)state;
    struct base_step step = udp_idle_step;
    step.start = timers_start;
    step.timer = timers_ring;
    step.wake_ns = timers_wake;
    for (unsigned busy = 0; busy < 2; busy++) {
        struct timers timers = { 0 };
        struct bpi_udp *udp = NULL;
        const struct bpi_udp_config config = { .step = &step,
                                               .state = &timers,
                                               .busy_poll_ns = busy * 20000 };
        base_rng_init(&timers.rng, busy);
        assert_int_equal(bpi_udp_open(&config, &udp, NULL), BASE_OK);
        assert_int_equal(timers.starts, 0);
        const uint64_t end_ns = udp_clock_ns() + 20000 * MS;
        while (timers.next < TIMERS && udp_clock_ns() < end_ns)
            assert_int_equal(bpi_udp_poll(udp, end_ns, -1, NULL), BASE_OK);
        assert_int_equal(timers.starts, 1);
        assert_int_equal(timers.next, TIMERS);
        assert_int_equal(timers.early, 0);
        for (size_t i = 0; i < TIMERS; i++) {
            assert_true(timers.rang_ns[i] >= timers.due_ns[i]);
            assert_true(i == 0 || timers.rang_ns[i] >= timers.rang_ns[i - 1]);
        }
        bpi_udp_close(udp);
    }
}

static void until_is_kept(void **state)
{
    (void)state;
    for (unsigned busy = 0; busy < 2; busy++) {
        struct bpi_udp *udp = NULL;
        const struct bpi_udp_config config = { .step = &udp_idle_step,
                                               .busy_poll_ns = busy * 100000 };
        assert_int_equal(bpi_udp_open(&config, &udp, NULL), BASE_OK);
        const uint64_t until_ns = udp_clock_ns() + 5 * MS;
        assert_int_equal(bpi_udp_poll(udp, until_ns, -1, NULL), BASE_OK);
        assert_true(udp_clock_ns() >= until_ns);
        bpi_udp_close(udp);
    }
}

static void on_alarm(int number)
{
    (void)number;
}

static void a_signal_interrupts(void **state)
{
    (void)state;
    struct bpi_udp *udp = NULL;
    const struct sigaction action = { .sa_handler = on_alarm };
    /* Again and again: the first may come before poll waits. */
    const struct itimerval soon = { .it_interval = { 0, 20000 }, .it_value = { 0, 20000 } };
    const struct itimerval never = { .it_value = { 0, 0 } };
    struct sigaction before;
    assert_int_equal(open_at((struct base_address){ 0 }, &udp, NULL), BASE_OK);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(bpi_udp_poll(udp, udp_clock_ns() + 60000 * MS, -1, NULL), BASE_EINTERRUPTED);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    bpi_udp_close(udp);
}

static void another_descriptor(void **state)
{
    (void)state;
    struct udp_world world;
    int ends[2];
    bool is_other = true;
    assert_int_equal(pipe(ends), 0);
    udp_world_open(&world, 1, false);
    assert_int_equal(bpi_udp_poll(world.centre, 0, ends[0], &is_other), BASE_OK);
    assert_false(is_other);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(bpi_udp_poll(world.centre, UINT64_MAX, ends[0], &is_other), BASE_OK);
    assert_true(is_other);
    /* Also when datagrams keep the driver busy. */
    bytes_fill(3);
    udp_world_send(&world, 0, bytes, 100);
    is_other = false;
    assert_int_equal(bpi_udp_poll(world.centre, 0, -1, NULL), BASE_OK);
    do { /* the kernel may be busy, and the datagram not there yet */
        assert_int_equal(bpi_udp_poll(world.peers[0].udp, UINT64_MAX, ends[0], &is_other), BASE_OK);
        assert_true(is_other);
    } while (bpi_udp_stats(world.peers[0].udp).received == 0);
    assert_int_equal(bpi_udp_stats(world.peers[0].udp).received, 1);
    udp_world_drain(&world);
    udp_world_close(&world);
    close(ends[0]);
    close(ends[1]);
}

/* ---- what the machine is given ---- */

static uint64_t told_ns;
static const void *told;

static void on_tell(void *context, uint64_t now_ns, const void *event)
{
    *(unsigned *)context += 1;
    told_ns = now_ns;
    told = event;
}

static void tell_and_secrets(void **state)
{
    (void)state;
    struct bpi_udp *udp = NULL;
    unsigned count = 0;
    uint8_t one[40] = { 0 }, two[40] = { 0 };
    const struct bpi_udp_config config = {
        .step = &udp_idle_step, .tell = on_tell, .context = &count, .seed = 7
    };
    struct base_rng rng;
    base_rng_init(&rng, 7);
    assert_int_equal(bpi_udp_open(&config, &udp, NULL), BASE_OK);
    const struct base_step_world *const world = bpi_udp_world(udp);
    world->tell(world->context, &rng);
    assert_int_equal(count, 1);
    assert_ptr_equal(told, &rng);
    assert_int_equal(told_ns, world->now_ns);
    assert_true(world->now_ns <= udp_clock_ns());
    assert_true(base_rng_u64(world->rng) == base_rng_u64(&rng));
    world->secret(world->context, one, sizeof one);
    world->secret(world->context, two, sizeof two);
    assert_memory_not_equal(one, two, sizeof one);
    bpi_udp_close(udp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_in_use),
        cmocka_unit_test(foreign_address),
        cmocka_unit_test(no_privileges),
        cmocka_unit_test(every_kind_of_size),
        cmocka_unit_test(runs_share_a_call),
        cmocka_unit_test(what_cannot_be_sent),
        cmocka_unit_test(overflow_is_counted),
        cmocka_unit_test(timers_in_order),
        cmocka_unit_test(until_is_kept),
        cmocka_unit_test(a_signal_interrupts),
        cmocka_unit_test(another_descriptor),
        cmocka_unit_test(tell_and_secrets),
        cmocka_unit_test(an_empty_socket_is_looked_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
