/* test_udp_pause.c - datagrams that come one after another are taken together and sent together,
 * few at once. Pauses are long here, so that a busy machine does not matter. */
#define _GNU_SOURCE
#include "udp_peer.h"

#include <time.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static const uint64_t pause_ns = 200 * MS;

/* A machine that remembers. */
struct ear {
    uint64_t heard_ns;        /* the last datagram */
    uint64_t due_ns, rang_ns; /* due 0: no timer */
};

static void ear_hears(void *state, const struct base_step_world *world,
                      const struct base_address *from, uint8_t *data, size_t size)
{
    struct ear *const ear = state;
    (void)from;
    (void)data;
    (void)size;
    ear->heard_ns = world->now_ns;
}

static void ear_rings(void *state, const struct base_step_world *world)
{
    struct ear *const ear = state;
    ear->rang_ns = world->now_ns;
    ear->due_ns = 0;
}

static uint64_t ear_wake(const void *state)
{
    const struct ear *const ear = state;
    return ear->due_ns != 0 ? ear->due_ns : UINT64_MAX;
}

struct line {
    struct ear ear;
    struct base_step step;
    struct bpi_udp *to, *from;
    struct base_address there;
};

static void line_open(struct line *line, struct bpi_udp_config config)
{
    *line = (struct line){ .step = udp_idle_step };
    line->step.datagram = ear_hears;
    line->step.timer = ear_rings;
    line->step.wake_ns = ear_wake;
    config.listen = udp_loopback(true, 0);
    config.step = &line->step;
    config.state = &line->ear;
    const struct bpi_udp_config other = { .listen = config.listen, .step = &udp_idle_step };
    assert_int_equal(bpi_udp_open(&config, &line->to, NULL), BASE_OK);
    assert_int_equal(bpi_udp_open(&other, &line->from, NULL), BASE_OK);
    line->there = bpi_udp_address(line->to);
}

static void line_close(struct line *line)
{
    bpi_udp_close(line->to);
    bpi_udp_close(line->from);
}

/* Each by itself; over the loopback they are there on return, or a moment later. */
static void line_send(struct line *line, size_t count)
{
    const struct base_step_world *const world = bpi_udp_world(line->from);
    for (size_t i = 0; i < count; i++) {
        world->send(world->context, &line->there, "datagram", 8);
        bpi_udp_flush(line->from);
    }
}

static void line_poll(struct line *line, uint64_t until_ns)
{
    assert_int_equal(bpi_udp_poll(line->to, until_ns, -1, NULL), BASE_OK);
}

/* Datagrams until the driver pauses; whether it does. */
static bool line_crowd(struct line *line)
{
    const uint64_t pauses = bpi_udp_stats(line->to).pauses;
    for (size_t i = 0; i < 100; i++) {
        line_send(line, 1);
        line_poll(line, UINT64_MAX);
        assert_int_equal(bpi_udp_stats(line->to).received, bpi_udp_stats(line->from).sent);
        if (bpi_udp_stats(line->to).pauses > pauses)
            return true;
    }
    return false;
}

/* How many whole pauses the clock has seen. */
static uint64_t pauses_of(uint64_t ns)
{
    return ns / pause_ns;
}

static void wait_ms(uint64_t ms)
{
    const struct timespec time = { .tv_nsec = (long)(ms * MS) };
    nanosleep(&time, NULL); /* sleep: datagrams with time between them are what is tested */
}

static void pauses_of_round_trips(void **state)
{
    (void)state;
    assert_int_equal(bpi_udp_pause_of(0), 0);
    assert_int_equal(bpi_udp_pause_of(2499999), 0);
    assert_int_equal(bpi_udp_pause_of(2500000), 50000);
    assert_int_equal(bpi_udp_pause_of(20 * MS), 400000);
    assert_int_equal(bpi_udp_pause_of(50 * MS), 1000000);
    assert_int_equal(bpi_udp_pause_of(UINT64_MAX), 1000000);
}

static void few_are_taken_at_once(void **state)
{
    (void)state;
    struct line line;
    line_open(&line, (struct bpi_udp_config){ .pause_ns = MS });
    for (size_t i = 0; i < 20; i++) {
        wait_ms(5);
        line_send(&line, 1);
        line_poll(&line, UINT64_MAX);
        assert_int_equal(bpi_udp_stats(line.to).received, i + 1);
    }
    assert_int_equal(bpi_udp_stats(line.to).pauses, 0);
    line_close(&line);
}

/* The calls it takes to send to two addresses in turn, before a flush and with it. */
static void send_calls_are(struct line *line, uint64_t before, uint64_t after)
{
    const struct base_address there[] = { bpi_udp_address(line->from), line->there };
    const uint64_t calls = bpi_udp_stats(line->to).send_calls;
    const struct base_step_world *const world = bpi_udp_world(line->to);
    for (size_t i = 0; i < 4; i++) {
        world->send(world->context, &there[i % 2], "one", 3);
        world->send(world->context, &there[i % 2], "two", 3);
    }
    assert_int_equal(bpi_udp_stats(line->to).send_calls - calls, before);
    bpi_udp_flush(line->to);
    assert_int_equal(bpi_udp_stats(line->to).send_calls - calls, after);
    assert_int_equal(bpi_udp_stats(line->to).sent % 8, 0);
}

static void who_is_calm_sends_at_once(void **state)
{
    (void)state;
    struct line line;
    line_open(&line, (struct bpi_udp_config){ .pause_ns = pause_ns });
    send_calls_are(&line, 0, 1); /* nothing is known yet */
    line_close(&line);
    line_open(&line, (struct bpi_udp_config){ .pause_ns = 0 });
    for (size_t i = 0; i < 10; i++) {
        wait_ms(5);
        line_send(&line, 1);
        line_poll(&line, UINT64_MAX);
    }
    send_calls_are(&line, 3, 4);
    line_close(&line);
    line_open(&line, (struct bpi_udp_config){ .pause_ns = pause_ns });
    assert_true(line_crowd(&line));
    send_calls_are(&line, 0, 1);
    line_close(&line);
}

static void who_has_no_pause_takes_none(void **state)
{
    (void)state;
    const struct bpi_udp_config configs[] = { { .pause_ns = 0 },
                                              { .pause_ns = pause_ns, .busy_poll_ns = 1000 } };
    for (size_t i = 0; i < 2; i++) {
        struct line line;
        line_open(&line, configs[i]);
        assert_false(line_crowd(&line));
        bpi_udp_set_pause(line.to, i == 0 ? MS : 0);
        bpi_udp_set_pause(line.to, 0);
        assert_false(line_crowd(&line));
        line_close(&line);
    }
}

static void a_crowd_is_taken_together(void **state)
{
    (void)state;
    struct line line;
    line_open(&line, (struct bpi_udp_config){ .pause_ns = pause_ns });
    assert_true(line_crowd(&line));
    for (size_t i = 0; i < 3; i++) {
        const struct bpi_udp_stats before = bpi_udp_stats(line.to);
        line.ear.due_ns = udp_clock_ns(); /* timers wait, too */
        const uint64_t sent_ns = udp_clock_ns();
        line_send(&line, 5);
        line_poll(&line, UINT64_MAX);
        const struct bpi_udp_stats after = bpi_udp_stats(line.to);
        assert_int_equal(after.pauses, before.pauses + 1);
        assert_int_equal(after.received, before.received + 5);
        assert_int_equal(after.receive_calls, before.receive_calls + 1);
        assert_true(pauses_of(line.ear.heard_ns) > pauses_of(sent_ns));
        assert_true(pauses_of(line.ear.rang_ns) > pauses_of(sent_ns));
    }
    line_close(&line);
}

static void what_one_turn_does_not_take_is_not_slept_over(void **state)
{
    (void)state;
    enum { MANY = 40 }; /* more than two turns take */
    struct line line;
    line_open(&line, (struct bpi_udp_config){ .pause_ns = pause_ns });
    assert_true(line_crowd(&line));
    const struct bpi_udp_stats before = bpi_udp_stats(line.to);
    line_send(&line, MANY);
    for (size_t turns = 0; bpi_udp_stats(line.to).received < before.received + MANY; turns++) {
        assert_true(turns < 3);
        line_poll(&line, UINT64_MAX);
    }
    assert_int_equal(bpi_udp_stats(line.to).pauses, before.pauses + 1);
    line_close(&line);
}

static void a_crowd_ends(void **state)
{
    (void)state;
    struct line line;
    line_open(&line, (struct bpi_udp_config){ .pause_ns = pause_ns });
    assert_true(line_crowd(&line));
    const uint64_t until_ns = udp_clock_ns() + 4 * pause_ns;
    line_poll(&line, until_ns);
    assert_true(udp_clock_ns() >= until_ns);
    const struct bpi_udp_stats before = bpi_udp_stats(line.to);
    line_send(&line, 1);
    line_poll(&line, UINT64_MAX);
    assert_int_equal(bpi_udp_stats(line.to).received, before.received + 1);
    assert_int_equal(bpi_udp_stats(line.to).pauses, before.pauses);
    assert_true(line_crowd(&line)); /* and there can be another */
    line_close(&line);
}

static void a_pause_can_be_cut_short(void **state)
{
    (void)state;
    struct line line;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    line_open(&line, (struct bpi_udp_config){ .pause_ns = pause_ns });
    assert_true(line_crowd(&line));
    for (size_t i = 0; i < 2; i++) {
        const struct bpi_udp_stats before = bpi_udp_stats(line.to);
        bool is_other = false;
        line_send(&line, 1);
        const uint64_t until_ns = i == 0 ? udp_clock_ns() + MS : UINT64_MAX;
        if (i == 1)
            assert_int_equal(write(ends[1], "x", 1), 1);
        assert_int_equal(bpi_udp_poll(line.to, until_ns, ends[0], &is_other), BASE_OK);
        assert_int_equal(bpi_udp_stats(line.to).receive_calls, before.receive_calls + 1);
        assert_true(is_other == (i == 1));
        assert_true(i == 1 || udp_clock_ns() >= until_ns);
        while (bpi_udp_stats(line.to).received == before.received) /* the kernel was busy */
            line_poll(&line, UINT64_MAX);
        assert_int_equal(bpi_udp_stats(line.to).received, before.received + 1);
    }
    line_close(&line);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_of_round_trips),
        cmocka_unit_test(few_are_taken_at_once),
        cmocka_unit_test(who_is_calm_sends_at_once),
        cmocka_unit_test(who_has_no_pause_takes_none),
        cmocka_unit_test(a_crowd_is_taken_together),
        cmocka_unit_test(what_one_turn_does_not_take_is_not_slept_over),
        cmocka_unit_test(a_crowd_ends),
        cmocka_unit_test(a_pause_can_be_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
