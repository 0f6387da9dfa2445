/* test_observe.c - a case run for a watcher, through a real worker (this program): what it is told,
 * in which order; where allocations are, all of them or a choice of them. */
#include "unit.h"

#include <bench/bench.h>
#include <bench/observe.h>
#include <bench/worker.h>

#include "drive_internal.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- cases --- */

BENCH(step)
{
    uint64_t x = 1;
    BENCH_LOOP(count)
        BENCH_HIDE(x);
}

__attribute__((noinline)) static void take(size_t size)
{
    void *memory = malloc(size);
    BENCH_KEEP(memory);
    free(memory);
}

__attribute__((noinline)) static void take_zeroed(void)
{
    void *memory = calloc(3, 100);
    BENCH_KEEP(memory);
    free(memory);
}

BENCH(few)
{
    BENCH_LOOP(count) {
        take(64);
        take_zeroed();
    }
}

BENCH(many, .item = "100000 allocations")
{
    BENCH_LOOP(count)
        for (size_t i = 0; i < 50000; i++) {
            take(i % 2 == 0 ? 16 : 2000);
            take_zeroed();
        }
}

/* The calls by which a batch is sized are held up. */
BENCH(late)
{
    static int calls;
    uint64_t x = 1;
    if (calls++ < 2)
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    BENCH_LOOP(count)
        BENCH_HIDE(x);
}

static const struct bench_case *const cases[] = { &step, &few, &many, &late };

/* --- a watcher that writes down what it hears --- */

struct heard {
    char words[4096]; /* b: begin, r: running, p: pause, e: end */
    pid_t pid;
    bool was_alive;
    double items, calls, bytes;
    size_t stacks, deepest;
    base_err begin_err;
};

static void word(struct heard *heard, char letter)
{
    const size_t size = strlen(heard->words);
    if (size + 1 < sizeof heard->words)
        heard->words[size] = letter;
}

static base_err hear_begin(void *context, pid_t pid, struct base_why *why)
{
    struct heard *heard = context;
    word(heard, 'b');
    heard->pid = pid;
    return heard->begin_err == BASE_OK ? BASE_OK : base_fail(why, heard->begin_err, 0, "not today");
}

static void hear_running(void *context, bool is_running)
{
    word(context, is_running ? 'r' : 'p');
}

static base_err hear_allocated(void *context, const uint64_t *addresses, size_t count, double calls,
                               double bytes, struct base_why *why)
{
    (void)why;
    struct heard *heard = context;
    for (size_t i = 0; i < count; i++)
        assert_true(addresses[i] > 4096);
    heard->stacks++;
    heard->deepest = count > heard->deepest ? count : heard->deepest;
    heard->calls += calls;
    heard->bytes += bytes;
    return BASE_OK;
}

static base_err hear_end(void *context, double items, struct base_why *why)
{
    (void)why;
    struct heard *heard = context;
    word(heard, 'e');
    heard->items = items;
    heard->was_alive = kill(heard->pid, 0) == 0;
    return BASE_OK;
}

static char self[4096];
static const char *const argv_self[] = { self, NULL };
static const struct bench_launch launch = { argv_self, argv_self };

static struct bench_observer observer_of(struct heard *heard)
{
    return (struct bench_observer){ .context = heard,
                                    .begin = hear_begin,
                                    .running = hear_running,
                                    .allocated = hear_allocated,
                                    .end = hear_end };
}

static const uint64_t duration_ns = 50000000;

static base_err observe_for(uint64_t ns, const char *name, const struct bench_plan *plan,
                            struct heard *heard, struct base_why *why)
{
    const struct bench_target target = { .name = name };
    const struct bench_observer observer = observer_of(heard);
    return bench_drive_observe(&launch, plan, &target, ns, &observer, why);
}

static base_err observe(const char *name, const struct bench_plan *plan, struct heard *heard,
                        struct base_why *why)
{
    return observe_for(duration_ns, name, plan, heard, why);
}

/* --- tests --- */

static void a_watcher_hears_in_order(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(observe("step", &(struct bench_plan){ 0 }, &heard, &why), BASE_OK);
    const size_t size = strlen(heard.words);
    assert_true(size >= 4 && size % 2 == 0);
    assert_int_equal(heard.words[0], 'b');
    assert_int_equal(heard.words[size - 1], 'e');
    for (size_t i = 1; i + 1 < size; i += 2)
        assert_true(heard.words[i] == 'r' && heard.words[i + 1] == 'p');
    assert_true(heard.items >= 1000 && heard.was_alive);
    assert_int_not_equal(heard.pid, getpid());
}

/* A request has at most 64 batches: so many items are seen when each batch has one. */
static void batches_are_sized_anew(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(observe("late", &(struct bench_plan){ 0 }, &heard, &why), BASE_OK);
    size_t requests = 0;
    for (const char *at = heard.words; *at != '\0'; at++)
        requests += *at == 'r';
    assert_true(requests >= 1);
    assert_true(heard.items >= 8 * 64 * (double)requests);
}

static void short_batches_grow(void **state)
{
    (void)state;
    static const struct {
        double items, item_ns, expected;
        uint32_t threads;
        bool is_exclusive;
    } rows[] = {
        { 1, 37500, 1, 1, false }, /* a quarter of the plan's 150 us is enough */
        { 10, 3750, 10, 1, false },
        { 10, 1e6, 10, 1, false },
        { 1, 30000, 5, 1, false }, /* else as long as the plan wants */
        { 10, 2000, 75, 1, false },
        { 10, 100, 80, 1, false }, /* but not too much at once */
        { 1, 0, 8, 1, false },
        { 1, 30000, 8, 2, false }, /* ten times as long with several threads */
        { 1, 100, 1, 1, true },
        { 1 << 29, 1e-6, 1 << 30, 1, false },
        { 1 << 30, 0, 1 << 30, 1, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct drive drive = { .plan = { .batch_ns = 150000, .threads = rows[i].threads },
                               .wire = { .is_exclusive = rows[i].is_exclusive },
                               .batch_items = rows[i].items,
                               .is_flat = rows[i].items < 3 };
        drive_resize_batches(&drive, rows[i].item_ns);
        assert_true(fabs(drive.batch_items - rows[i].expected) < 1e-6 * rows[i].expected);
        assert_int_equal(drive.is_flat, drive.batch_items < 3);
    }
}

/* A busy machine lets two threads do little at once: they get more time then, up to 4 s. */
static void threads_count_all_their_items(void **state)
{
    (void)state;
    const struct bench_plan plan = { .threads = 2 };
    double items = 0;
    uint64_t ns = duration_ns;
    for (int i = 0; i < 5 && items < 1000; i++, ns *= 3) {
        struct heard heard = { 0 };
        struct base_why why = { 0 };
        assert_int_equal(observe_for(ns, "step", &plan, &heard, &why), BASE_OK);
        assert_true(fmod(heard.items, 2) == 0);
        items = heard.items;
    }
    assert_true(items >= 1000);
}

static void a_refusal_is_passed_on(void **state)
{
    (void)state;
    struct heard heard = { .begin_err = BASE_EUNSUPPORTED };
    struct base_why why = { 0 };
    assert_int_equal(observe("step", &(struct bench_plan){ 0 }, &heard, &why), BASE_EUNSUPPORTED);
    assert_string_equal(why.text, "not today");
    assert_string_equal(heard.words, "b");
    static const volatile sig_atomic_t interrupted = 1;
    struct heard nothing = { 0 };
    const base_err err =
        observe("step", &(struct bench_plan){ .interrupted = &interrupted }, &nothing, &why);
    assert_int_equal(err, BASE_EINTERRUPTED);
    assert_string_equal(nothing.words, "");
}

static base_err allocations(const char *name, struct heard *heard, double *period,
                            struct base_why *why)
{
    const struct bench_target target = { .name = name };
    const struct bench_observer observer = observer_of(heard);
    double dropped = -1;
    const base_err err = bench_drive_allocations(&launch, &(struct bench_plan){ 0 }, &target,
                                                 &observer, period, &dropped, why);
    if (err == BASE_OK)
        assert_true(dropped == 0);
    return err;
}

static void every_allocation_has_its_place(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    struct base_why why = { 0 };
    double period = -1;
    const base_err err = allocations("few", &heard, &period, &why);
#ifdef BPI_SANITIZED
    assert_int_equal(err, BASE_EUNSUPPORTED);
    assert_non_null(strstr(why.text, "allocations are not seen in this build"));
    return;
#endif
    assert_int_equal(err, BASE_OK);
    assert_string_equal(heard.words, "be");
    assert_true(heard.was_alive && period == 0);
    assert_int_equal(heard.stacks, 2);
    assert_true(heard.deepest >= 4);
    assert_true(heard.calls == 2 * heard.items && heard.bytes == 364 * heard.items);
}

/* A choice of them estimates both totals: 20000 taken, so a standard error below 2 %. */
static void a_choice_is_scaled_up(void **state)
{
    (void)state;
#ifdef BPI_SANITIZED
    skip();
#endif
    struct heard heard = { 0 };
    struct base_why why = { 0 };
    double period = -1;
    assert_int_equal(allocations("many", &heard, &period, &why), BASE_OK);
    assert_true(period > 1000);
    const double bytes = (25000. * 16 + 25000. * 2000 + 50000. * 300) * heard.items;
    assert_true(fabs(heard.bytes / bytes - 1) < 0.1);
    assert_true(fabs(heard.calls / (100000 * heard.items) - 1) < 0.3);
    assert_true(heard.stacks >= 2);
}

int main(int argc, char **argv)
{
    if (bench_worker_wanted(argc, argv))
        return bench_worker_main("test_observe", cases, sizeof cases / sizeof cases[0]);
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0)
        return 3;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_watcher_hears_in_order),
        cmocka_unit_test(batches_are_sized_anew),
        cmocka_unit_test(short_batches_grow),
        cmocka_unit_test(threads_count_all_their_items),
        cmocka_unit_test(a_refusal_is_passed_on),
        cmocka_unit_test(every_allocation_has_its_place),
        cmocka_unit_test(a_choice_is_scaled_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
