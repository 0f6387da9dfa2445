/* test_drive.c - sweeps, filters, and whole cases measured through a real worker (this program). */
#include "unit.h"

#include <bench/bench.h>
#include <bench/drive.h>
#include <bench/worker.h>

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- cases --- */

BENCH(empty)
{
}

BENCH(alloc, .item = "pair")
{
    BENCH_LOOP(count) {
        void *memory = malloc(100);
        BENCH_KEEP(memory);
        free(memory);
    }
}

struct spin {
    uint64_t ns;
    uint64_t done;
    bool is_wrong;
};

static base_err spin_setup(struct bench_env *env)
{
    struct spin *spin = calloc(1, sizeof *spin);
    env->state = spin;
    env->bytes_per_item = 64;
    bench_env_fact(env, "answer", 42, "1");
    spin->is_wrong = strcmp(bench_env_text(env, "mode"), "wrong") == 0;
    const base_err err = bench_env_count(env, "ns", 1, 1000000000, &spin->ns);
    if (err != BASE_OK)
        free(spin);
    return err;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static base_err spin_check(void *state, struct base_why *why)
{
    const struct spin *spin = state;
    if (spin->done == 0)
        return base_fail(why, BASE_EWRONG, 0, "nothing was run");
    return spin->is_wrong ? base_fail(why, BASE_EWRONG, 0, "41 is not 42") : BASE_OK;
}

BENCH(delay, .item = "spin", .params = { { "ns", "1000,20000", "time" }, { "mode", "right", "" } },
      .setup = spin_setup, .check = spin_check, .teardown = free)
{
    struct spin *spin = state;
    BENCH_LOOP(count) {
        const uint64_t end = now_ns() + spin->ns;
        while (now_ns() < end)
            ;
        spin->done++;
    }
}

/* One item a batch, and each batch says which one of its process it was. */
struct single {
    uint64_t done;
};

static base_err single_setup(struct bench_env *env)
{
    env->state = calloc(1, sizeof(struct single));
    return env->state != NULL ? BASE_OK : BASE_ENOMEM;
}

static void single_run(void *state, uint64_t count)
{
    const uint64_t end = now_ns() + 20000;
    while (now_ns() < end)
        ;
    ((struct single *)state)->done += count;
}

static void single_after(void *state, double *series)
{
    for (size_t i = 0; i < BENCH_SERIES_MAX; i++)
        series[i] = (double)(((struct single *)state)->done * (i + 1));
    series[8] = NAN;
    series[9] = ((struct single *)state)->done % 2 == 0 ? INFINITY : 5;
}

static const struct bench_case single = {
    .name = "single",
    .doc = "one item a batch",
    .series = { "a", "b", "c", "d", "e", "f", "g", "h", "unknown", "now_and_then" },
    .is_exclusive = true,
    .setup = single_setup,
    .run = single_run,
    .after = single_after,
    .teardown = free,
};

/* Keeps 100 bytes an item, slowly. */
BENCH(leak)
{
    BENCH_LOOP(count) {
        const uint64_t end = now_ns() + 20000;
        void *memory = malloc(100);
        BENCH_KEEP(memory);
        while (now_ns() < end)
            ;
    }
}

static base_err hold_setup(struct bench_env *env)
{
    env->state = malloc(256 << 20);
    return env->state != NULL ? BASE_OK : base_fail(&env->why, BASE_ENOMEM, 0, "no 256 MiB");
}

BENCH(hold, .setup = hold_setup, .teardown = free)
{
}

static const struct bench_case *const cases[] = { &empty, &alloc, &delay, &single, &leak, &hold };

/* --- helpers --- */

static char self[4096];
static const char *const argv_self[] = { self, NULL };
static const struct bench_launch launch = { argv_self, argv_self };

static base_err measure_as(const char *name, const struct bench_plan *plan,
                           struct bench_record *record)
{
    struct bench_target target = { .name = name };
    snprintf(target.id, sizeof target.id, "%s", name);
    return bench_drive_case(&launch, plan, &target, NULL, NULL, record);
}

static base_err measure(const char *name, const struct bench_arg *args, size_t arg_count,
                        uint32_t threads, struct bench_record *record)
{
    struct bench_target target = { .name = name, .arg_count = arg_count };
    if (arg_count > 0)
        memcpy(target.args, args, arg_count * sizeof *args);
    snprintf(target.id, sizeof target.id, "%s", name);
    const struct bench_plan plan = { .measurement_ns = 60000000,
                                     .warm_up_ns = 20000000,
                                     .processes = 2,
                                     .threads = threads,
                                     .sample_size = 10 };
    return bench_drive_case(&launch, &plan, &target, NULL, NULL, record);
}

static double median_item_ns(const struct bench_record *record)
{
    double least = INFINITY; /* of the processes' smallest batches: robust on a busy machine */
    for (size_t p = 0; p < record->process_count; p++)
        for (size_t i = 0; i < record->processes[p].batch_count; i++)
            least =
                fmin(least, record->processes[p].ns[i] / (double)record->processes[p].counts[i]);
    return least;
}

static double batch_ns(const struct bench_record *record)
{
    const struct bench_process *process = &record->processes[0];
    double items = 0;
    for (size_t b = 0; b < process->batch_count; b++)
        items += (double)process->counts[b] / (double)process->batch_count;
    return items * median_item_ns(record);
}

/* What depends on time is measured until it is as it must be: a busy machine disturbs some
 * measurements, a defect all. The last is kept, and is what the assertions are about. */
static void measure_until(bool (*is_right)(const struct bench_record *), const char *name,
                          const struct bench_arg *arg, struct bench_record *record)
{
    enum { TRIES = 10 };
    for (int i = 0; i < TRIES; i++) {
        assert_int_equal(measure(name, arg, arg != NULL, 1, record), BASE_OK);
        if (is_right(record) || i + 1 == TRIES)
            return;
        print_message("again: %g ns an item, %zu batches of %g ns\n", median_item_ns(record),
                      record->processes[0].batch_count, batch_ns(record));
        bench_record_done(record);
    }
}

/* --- tests --- */

static void expands_sweeps(void **state)
{
    (void)state;
    static const struct {
        const char *values;
        const char *expect; /* joined with blanks; NULL: an error */
    } rows[] = { { "1,10,100", "1 10 100" },
                 { "1..5", "1 2 3 4 5" },
                 { "16..1024*4", "16 64 256 1024" },
                 { "0..100+25", "0 25 50 75 100" },
                 { "sorted,shuffled", "sorted shuffled" },
                 { "7", "7" },
                 { "1..3,10", "1 2 3 10" },
                 { "5..1", NULL },
                 { "0..8*2", NULL },
                 { "1..8*1", NULL },
                 { "1..x", NULL },
                 { "1..1000000", NULL } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct bench_listed listed = { .name = "c",
                                             .params = { { "p", rows[i].values, "" } },
                                             .param_count = 1 };
        struct base_arena arena = { 0 };
        struct bench_target *targets = NULL;
        size_t count = 0;
        struct base_why why = { 0 };
        const base_err err = bench_drive_expand(&listed, NULL, 0, &arena, &targets, &count, &why);
        assert_int_equal(err == BASE_OK, rows[i].expect != NULL);
        char joined[256] = "";
        for (size_t t = 0; t < count; t++) {
            if (t > 0)
                strcat(joined, " ");
            strcat(joined, targets[t].args[0].value);
        }
        if (rows[i].expect != NULL)
            assert_string_equal(joined, rows[i].expect);
        else
            assert_true(strncmp(why.text, "p: ", 3) == 0);
        base_arena_done(&arena);
    }
}

static void multiplies_out_and_matches(void **state)
{
    (void)state;
    const struct bench_listed listed = { .name = "enc/encode",
                                         .params = { { "entries", "1,10", "" },
                                                     { "order", "a,b", "" } },
                                         .param_count = 2 };
    struct base_arena arena = { 0 };
    struct bench_target *targets = NULL;
    size_t count = 0;
    const struct bench_arg given = { "order", "z" };
    const struct bench_arg unknown = { "size", "1" };
    struct base_why why = { 0 };
    assert_int_equal(bench_drive_expand(&listed, NULL, 0, &arena, &targets, &count, &why), BASE_OK);
    assert_int_equal(count, 4);
    assert_string_equal(targets[1].id, "enc/encode:entries=1,order=b");
    assert_string_equal(targets[2].id, "enc/encode:entries=10,order=a");
    assert_true(bench_target_matches(&targets[1], "encode"));
    assert_true(bench_target_matches(&targets[1], "enc/*order=b"));
    assert_false(bench_target_matches(&targets[1], "enc/*order=a"));
    assert_true(bench_target_matches(&targets[1], NULL));
    assert_int_equal(bench_drive_expand(&listed, &given, 1, &arena, &targets, &count, &why),
                     BASE_OK);
    assert_int_equal(count, 2);
    assert_int_equal(bench_drive_expand(&listed, &unknown, 1, &arena, &targets, &count, &why),
                     BASE_ENOTFOUND);
    assert_string_equal(why.text, "enc/encode has no parameter 'size'");
    base_arena_done(&arena);
}

static void lists_its_cases(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    struct bench_listed *listed = NULL;
    size_t count = 0;
    struct base_why why = { 0 };
    assert_int_equal(bench_drive_list(&launch, &arena, &listed, &count, &why), BASE_OK);
    assert_int_equal(count, 10); /* with the four references */
    assert_string_equal(listed[2].name, "delay");
    assert_string_equal(listed[2].params[0].values, "1000,20000");
    assert_string_equal(listed[6].name, "reference/core");
    base_arena_done(&arena);
}

static bool is_nothing(const struct bench_record *record)
{
    return median_item_ns(record) < 0.05;
}

static void the_empty_case_is_nothing(void **state)
{
    (void)state;
    struct bench_record record;
    measure_until(is_nothing, "empty", NULL, &record);
    assert_true(is_nothing(&record));
    bench_record_done(&record);
}

static bool is_found(const struct bench_record *record)
{
    return median_item_ns(record) < 20000 * 1.01 + 100;
}

/* A slice can be preempted; half of them are not. */
static bool is_ordered(const struct bench_process *process)
{
    size_t ordered = 0;
    for (size_t i = 0; i < process->batch_count; i++)
        ordered += process->memory_ns[i] > process->core_ns[i];
    return 2 * ordered > process->batch_count;
}

static bool is_undisturbed(const struct bench_record *record)
{
    const struct bench_process *process = &record->processes[0];
    assert_true(median_item_ns(record) >= 20000); /* nothing makes it shorter */
    return is_found(record) && process->batch_count >= 5 && is_ordered(process);
}

static void a_known_delay_is_found(void **state)
{
    (void)state;
    struct bench_record record;
    const struct bench_arg arg = { "ns", "20000" };
    measure_until(is_undisturbed, "delay", &arg, &record);
    assert_true(is_found(&record));
    assert_int_equal(record.process_count, 2);
    assert_float_equal(record.bytes_per_item, 64, 0);
    assert_int_equal(record.fact_count, 4); /* with the set-up's RSS, PSS and large pages */
    assert_string_equal(record.facts[0].name, "answer");
    const struct bench_process *process = &record.processes[0];
    assert_true(process->batch_count >= 5);
    for (size_t i = 0; i < process->batch_count; i++)
        assert_true(process->core_ns[i] > 0 && process->memory_ns[i] > 0 &&
                    process->wide_ns[i] > 0 && process->cache_ns[i] > 0);
    assert_true(is_ordered(process));
    assert_true(record.memory_pages != NULL && (strcmp(record.memory_pages, "large") == 0 ||
                                                strcmp(record.memory_pages, "small") == 0));
    bench_record_done(&record);
}

static bool is_as_long_as_planned(const struct bench_record *record)
{
    return fabs(batch_ns(record) - 150000) <= 45000;
}

/* The references' figures depend a little on how long a batch lasts between them: whole multiples
 * of a smallest batch of one or two items would change it by half from run to run. */
static void batches_are_as_long_as_planned(void **state)
{
    (void)state;
    static const char *const lengths[] = { "23000", "31000", "41000" };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct bench_record record;
        const struct bench_arg arg = { "ns", lengths[i] };
        measure_until(is_as_long_as_planned, "delay", &arg, &record);
        assert_float_equal(batch_ns(&record), 150000, 45000);
        bench_record_done(&record);
    }
}

static void a_wrong_answer_is_no_result(void **state)
{
    (void)state;
    struct bench_record record;
    const struct bench_arg args[] = { { "mode", "wrong" } };
    assert_int_equal(measure("delay", args, 1, 1, &record), BASE_EWRONG);
    assert_string_equal(record.why.text, "delay: 41 is not 42");
    assert_int_equal(record.process_count, 0);
    bench_record_done(&record);
}

static void bad_arguments_are_named(void **state)
{
    (void)state;
    struct bench_record record;
    const struct bench_arg bad[] = { { "ns", "soon" } };
    assert_int_equal(measure("delay", bad, 1, 1, &record), BASE_EPARSE);
    assert_string_equal(record.why.text, "delay: ns: 'soon' is not a whole number");
    bench_record_done(&record);
    const struct bench_arg unknown[] = { { "colour", "red" } };
    assert_int_equal(measure("delay", unknown, 1, 1, &record), BASE_ENOTFOUND);
    assert_string_equal(record.why.text, "delay has no parameter 'colour'");
    bench_record_done(&record);
    assert_int_equal(measure("nothing", NULL, 0, 1, &record), BASE_ENOTFOUND);
    assert_string_equal(record.why.text, "there is no case 'nothing'");
    bench_record_done(&record);
}

static void allocations_are_counted(void **state)
{
    (void)state;
#ifdef BPI_SANITIZED
    skip();
#endif
    struct bench_record record;
    assert_int_equal(measure("alloc", NULL, 0, 1, &record), BASE_OK);
    unsigned seen = 0;
    for (size_t i = 0; i < record.counter_count; i++) {
        const struct bench_counter *counter = &record.counters[i];
        if (strcmp(counter->name, "allocs") == 0)
            seen += counter->per_item == 1;
        if (strcmp(counter->name, "alloc_bytes") == 0)
            seen += counter->per_item == 100;
        if (strcmp(counter->name, "alloc_peak_bytes") == 0)
            seen += counter->per_item >= 100 && counter->per_item < 200;
    }
    assert_int_equal(seen, 3);
    bench_record_done(&record);
}

static void what_is_kept_is_counted(void **state)
{
    (void)state;
#ifdef BPI_SANITIZED
    skip();
#endif
    struct bench_record record;
    unsigned seen = 0;
    assert_int_equal(measure("leak", NULL, 0, 1, &record), BASE_OK);
    for (size_t i = 0; i < record.counter_count; i++)
        if (strcmp(record.counters[i].name, "alloc_kept_bytes") == 0)
            seen += record.counters[i].per_item >= 100 && record.counters[i].per_item < 200;
    assert_int_equal(seen, 1);
    bench_record_done(&record);
    assert_int_equal(measure("alloc", NULL, 0, 1, &record), BASE_OK);
    for (size_t i = 0; i < record.counter_count; i++)
        if (strcmp(record.counters[i].name, "alloc_kept_bytes") == 0)
            seen += record.counters[i].per_item == 0;
    assert_int_equal(seen, 2);
    bench_record_done(&record);
}

static void memory_is_limited(void **state)
{
    (void)state;
#ifdef BPI_SANITIZED
    skip(); /* a sanitizer maps terabytes */
#endif
    struct bench_record record;
    struct bench_plan plan = { .measurement_ns = 10000000,
                               .warm_up_ns = 1000000,
                               .processes = 2,
                               .sample_size = 4,
                               .memory_limit_bytes = 128 << 20 };
    assert_int_equal(measure_as("hold", &plan, &record), BASE_ENOMEM);
    assert_string_equal(record.why.text, "hold: no 256 MiB; its memory is limited to 128MiB");
    assert_int_equal(record.process_count, 0);
    bench_record_done(&record);
    assert_int_equal(measure_as("empty", &plan, &record), BASE_OK);
    bench_record_done(&record);
    plan.memory_limit_bytes = UINT64_C(1) << 30;
    assert_int_equal(measure_as("hold", &plan, &record), BASE_OK);
    bench_record_done(&record);
}

/* Batches before the measurement, however steady the case is. */
static void warm_up_has_a_least(void **state)
{
    (void)state;
    struct bench_record record;
    struct bench_plan plan = { .measurement_ns = 10000000,
                               .warm_up_ns = 10000000000,
                               .processes = 1,
                               .sample_size = 4,
                               .warm_up_batches = 3000 };
    const uint64_t least_ns = 3000 * UINT64_C(15000); /* batches of some 150 us */
    uint64_t long_ns = 0;
    for (int i = 0; i < 10 && long_ns < least_ns; i++) { /* short when calibrated disturbed */
        assert_int_equal(measure_as("empty", &plan, &record), BASE_OK);
        long_ns = record.processes[0].warm_up_ns;
        bench_record_done(&record);
    }
    assert_true(long_ns >= least_ns);
}

static void threads_run_at_once(void **state)
{
    (void)state;
    struct bench_record record;
    const struct bench_arg args[] = { { "ns", "20000" } };
    assert_int_equal(measure("delay", args, 1, 3, &record), BASE_OK);
    assert_int_equal(record.threads, 3);
    assert_true(median_item_ns(&record) >= 20000);
    bench_record_done(&record);
}

static void an_interruption_keeps_whole_processes(void **state)
{
    (void)state;
    volatile sig_atomic_t stop = 1;
    struct bench_record record;
    const struct bench_plan plan = { .interrupted = &stop };
    const struct bench_target target = { .name = "empty", .id = "empty" };
    assert_int_equal(bench_drive_case(&launch, &plan, &target, NULL, NULL, &record),
                     BASE_EINTERRUPTED);
    assert_true(record.is_interrupted);
    assert_int_equal(record.process_count, 0);
    bench_record_done(&record);
}

static base_err measure_exactly(const char *name, uint64_t items, uint32_t processes,
                                bench_progress_fn *progress, struct bench_record *record)
{
    static volatile sig_atomic_t interrupted;
    struct bench_target target = { .name = name };
    snprintf(target.id, sizeof target.id, "%s", name);
    interrupted = 0;
    const struct bench_plan plan = { .warm_up_ns = 5000000,
                                     .measurement_ns = 1,
                                     .items_exact = items,
                                     .processes = processes,
                                     .is_without_references = true,
                                     .interrupted = &interrupted };
    return bench_drive_case(&launch, &plan, &target, progress, (void *)&interrupted, record);
}

static uint64_t batches_of(const struct bench_record *record)
{
    uint64_t batches = 0;
    for (size_t i = 0; i < record->process_count; i++)
        batches += record->processes[i].batch_count;
    return batches;
}

/* Not one more, not one less, evenly shared; all series are kept, and unknown stays
 * unknown. */
static void measures_an_exact_number_of_items(void **state)
{
    (void)state;
    static const struct {
        uint64_t items;
        uint32_t processes, used;
    } rows[] = { { 1, 10, 1 }, { 3, 3, 3 }, { 100, 3, 3 }, { 257, 2, 2 }, { 64, 1, 1 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench_record record = { 0 };
        if (measure_exactly("single", rows[i].items, rows[i].processes, NULL, &record) != BASE_OK)
            fail_msg("%s", record.why.text);
        assert_int_equal(record.process_count, rows[i].used);
        assert_int_equal(batches_of(&record), rows[i].items);
        for (size_t p = 0; p < record.process_count; p++) {
            const struct bench_process *process = &record.processes[p];
            assert_true(process->batch_count - rows[i].items / rows[i].used <= 1);
            for (size_t k = 1; k < process->batch_count; k++) {
                assert_true(process->series[0][k] == process->series[0][k - 1] + 1);
                assert_true(process->series[7][k] == 8 * process->series[0][k]);
                assert_true(isnan(process->series[8][k]));
                if (fmod(process->series[0][k], 2) > 0)
                    assert_float_equal(process->series[9][k], 5, 0);
                else
                    assert_true(isnan(process->series[9][k]));
            }
        }
        bench_record_done(&record);
    }
}

static void exact_needs_single_items(void **state)
{
    (void)state;
    struct bench_record record = { 0 };
    assert_int_equal(measure_exactly("empty", 100, 2, NULL, &record), BASE_EINVALID);
    assert_non_null(strstr(record.why.text, "one item a batch"));
    bench_record_done(&record);
    assert_int_equal(measure_exactly("single", UINT64_C(1) << 40, 2, NULL, &record), BASE_ERANGE);
    bench_record_done(&record);
}

static void interrupt_in_sampling(void *context, const struct bench_progress *at)
{
    if (at->phase == BENCH_PHASE_SAMPLE)
        *(volatile sig_atomic_t *)context = 1;
}

/* Also in the only process, and in its middle. */
static void an_interrupt_keeps_the_items_that_were_done(void **state)
{
    (void)state;
    for (uint32_t processes = 1; processes <= 2; processes++) {
        struct bench_record record = { 0 };
        assert_int_equal(
            measure_exactly("single", 100000, processes, interrupt_in_sampling, &record), BASE_OK);
        assert_true(record.is_interrupted);
        assert_int_equal(record.process_count, 1);
        assert_true(batches_of(&record) > 0 && batches_of(&record) <= 64);
        bench_record_done(&record);
    }
}

int main(int argc, char **argv)
{
    if (bench_worker_wanted(argc, argv))
        return bench_worker_main("test_drive", cases, sizeof cases / sizeof cases[0]);
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0)
        return 3;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_sweeps),
        cmocka_unit_test(multiplies_out_and_matches),
        cmocka_unit_test(lists_its_cases),
        cmocka_unit_test(the_empty_case_is_nothing),
        cmocka_unit_test(a_known_delay_is_found),
        cmocka_unit_test(batches_are_as_long_as_planned),
        cmocka_unit_test(a_wrong_answer_is_no_result),
        cmocka_unit_test(bad_arguments_are_named),
        cmocka_unit_test(allocations_are_counted),
        cmocka_unit_test(what_is_kept_is_counted),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(warm_up_has_a_least),
        cmocka_unit_test(threads_run_at_once),
        cmocka_unit_test(an_interruption_keeps_whole_processes),
        cmocka_unit_test(measures_an_exact_number_of_items),
        cmocka_unit_test(exact_needs_single_items),
        cmocka_unit_test(an_interrupt_keeps_the_items_that_were_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
