/* ifr_table_writer.c - two open loops. The writer inserts a new flow when one is due, and from a
 * quarter of a million on also removes the oldest of its own, so that the table stays as it is. The
 * reader's lookups are due at a constant rate; the time of each counts from then, so that a stall
 * shows in all that were due meanwhile (Tene, "How NOT to measure latency"). One reading of the
 * clock is in every time; the case states what it costs. */
#define _GNU_SOURCE
#include "ifr_table_writer.h"

#include "ifr_table_cases.h"
#include "ifr_table_chained.h"
#include "ifr_table_own.h"

#include <bench/clock.h>
#include <bench/pace.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    WINDOW = 1 << 18,  /* flows of the writer that are in the table */
    RING = 2 * WINDOW, /* keys of the writer, used in turn */
    DIGITS = 2,        /* of the histogram */
    RATE_MAX = 10000000,
    JUDGED_NS = 200000000, /* a writer of less time is not asked whether it kept its rate */
    ROUND_MAX = 100000000,
};

/* Nothing that a build with sanitizers measures is kept; what its tests want to know is whether the
 * threads do as they should. Beside other tests on two processors the writer was seen to do 12 to
 * 100 % of 100000 writes a second there; one that stands still (3 % in test_ifr_tables) is noticed.
 */
#ifdef BPI_SANITIZED
static const double done_share_min = 0.1;
#else
static const double done_share_min = 0.95;
#endif
static const uint64_t highest_ns = UINT64_C(100000000000);
static const uint64_t no_end_ns = UINT64_C(1000000000000000); /* eleven days: until told to stop */

struct writer {
    const struct ifr_kind *kind;
    void *table;
    uint64_t rate;
    const uint8_t *keys; /* [RING * stride] */
    size_t stride;
    uint64_t first_flow;
    atomic_uint_fast64_t done;
    atomic_bool is_stopping, is_over;
    pthread_t thread;
    base_err err; /* after its end */
    struct bench_pace_result result;
};

struct reader {
    const struct ifr_kind *kind;
    struct ifr_traffic traffic;
    void *table;
    uint8_t *keys; /* of the writer */
    struct writer writer;
    bool has_writer;
    struct bench_clock clock;
    double gap_ticks;
    size_t at;
    uint64_t asked, round;           /* lookups so far, of an item */
    uint64_t noted_ns, noted_writes; /* when the writes were last counted, and how many */
    struct ifr_answers answers;
    struct bench_hist hist; /* of the last item */
    base_err err;
};

/* The writer */

static base_err write_one(void *context, uint64_t index, uint64_t intended_ns)
{
    struct writer *const writer = context;
    (void)intended_ns;
    if (atomic_load_explicit(&writer->is_stopping, memory_order_relaxed))
        return BASE_EINTERRUPTED;
    const uint8_t *const key = writer->keys + index % RING * writer->stride;
    base_err err = writer->kind->insert(writer->table, key,
                                        ifr_traffic_value(writer->first_flow + index % RING));
    if (err == BASE_OK && index >= WINDOW &&
        !writer->kind->remove(writer->table,
                              writer->keys + (index - WINDOW) % RING * writer->stride))
        err = BASE_EWRONG;
    if (err == BASE_OK)
        atomic_fetch_add_explicit(&writer->done, 1, memory_order_relaxed);
    return err;
}

static void *writer_main(void *argument)
{
    struct writer *const writer = argument;
    const struct bench_pace_plan plan = { .rate_per_s = (double)writer->rate,
                                          .duration_ns = no_end_ns };
    const struct bench_pace_clock clock = bench_pace_clock_real();
    struct base_why why;
    if (writer->kind->enter != NULL)
        writer->kind->enter();
    writer->err =
        bench_pace_run(&plan, &clock, write_one, writer, NULL, NULL, &writer->result, &why);
    if (writer->kind->leave != NULL)
        writer->kind->leave();
    atomic_store(&writer->is_over, true);
    return NULL;
}

static base_err writer_start(struct bench_env *env, struct reader *reader, uint64_t rate)
{
    struct writer *const writer = &reader->writer;
    reader->keys = ifr_traffic_keys(&reader->traffic, reader->traffic.flow_count, RING);
    if (reader->keys == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for keys");
    writer->kind = reader->kind;
    writer->table = reader->table;
    writer->rate = rate;
    writer->keys = reader->keys;
    writer->stride = reader->traffic.stride;
    writer->first_flow = reader->traffic.flow_count;
    if (pthread_create(&writer->thread, NULL, writer_main, writer) != 0)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no thread for the writer");
    reader->has_writer = true;
    while (atomic_load(&writer->done) == 0 && !atomic_load(&writer->is_over))
        sched_yield(); /* it writes from the first lookup on */
    reader->noted_ns = bench_clock_now_ns();
    reader->noted_writes = atomic_load(&writer->done);
    return BASE_OK;
}

static void writer_stop(struct reader *reader)
{
    if (!reader->has_writer)
        return;
    atomic_store(&reader->writer.is_stopping, true);
    pthread_join(reader->writer.thread, NULL);
    reader->has_writer = false;
}

/* The reader */

void ifr_reader_teardown(void *state)
{
    struct reader *const reader = state;
    if (reader == NULL)
        return;
    writer_stop(reader);
    reader->kind->close(reader->table);
    ifr_traffic_done(&reader->traffic);
    bench_hist_done(&reader->hist);
    free(reader->keys);
    free(reader);
}

static base_err reader_open(struct bench_env *env, struct reader *reader)
{
    uint64_t flow_count = 0, writes = 0, reads = 0;
    base_err err = bench_env_count(env, "flows", 1, IFR_FLOWS_MAX, &flow_count);
    if (err == BASE_OK)
        err = bench_env_count(env, "writes", 0, RATE_MAX, &writes);
    if (err == BASE_OK)
        err = bench_env_count(env, "reads", 1, RATE_MAX, &reads);
    if (err == BASE_OK)
        err = bench_env_count(env, "lookups", 1, ROUND_MAX, &reader->round);
    if (err == BASE_OK)
        err = ifr_traffic_init(env, flow_count, &reader->traffic);
    if (err == BASE_OK)
        err = ifr_traffic_fill(&reader->traffic, reader->kind, RING, env, &reader->table);
    if (err == BASE_OK && bench_hist_init(&reader->hist, 1, highest_ns, DIGITS, NULL) != BASE_OK)
        err = base_fail(&env->why, BASE_ENOMEM, 0, "no memory for times");
    if (err != BASE_OK)
        return err;
    cpu_set_t cpus;
    bench_clock_open(&reader->clock);
    reader->gap_ticks = 1e9 / (double)reads / reader->clock.ns_per_tick;
    bench_env_fact(env, "clock_reading_ns", reader->clock.cost_ns / 2, "ns");
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        bench_env_fact(env, "processors", CPU_COUNT(&cpus), "1");
    return writes > 0 ? writer_start(env, reader, writes) : BASE_OK;
}

base_err ifr_reader_setup(struct bench_env *env, const struct ifr_kind *kind)
{
    base_err err = ifr_traffic_one_thread(env);
    if (err != BASE_OK)
        return err;
    struct reader *const reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    reader->kind = kind;
    err = reader_open(env, reader);
    if (err != BASE_OK) {
        ifr_reader_teardown(reader);
        return err;
    }
    env->parts_per_item = (double)reader->round;
    env->state = reader;
    return BASE_OK;
}

static void ask_one(struct reader *reader)
{
    const struct ifr_traffic *const traffic = &reader->traffic;
    uint64_t value = 0;
    reader->answers.found +=
        reader->kind->find(reader->table, traffic->asks + reader->at * traffic->stride, &value);
    reader->answers.sum += value;
    reader->at = reader->at + 1 == traffic->ask_count ? 0 : reader->at + 1;
}

void ifr_reader_run(void *state, uint64_t count)
{
    struct reader *const reader = state;
    (void)count; /* one at a time */
    bench_hist_clear(&reader->hist);
    const uint64_t start = bench_clock_stop(&reader->clock);
    for (uint64_t i = 0; i < reader->round; i++) {
        const uint64_t due = start + (uint64_t)((double)i * reader->gap_ticks);
        while (bench_clock_stop(&reader->clock) < due)
            continue;
        ask_one(reader);
        const uint64_t ticks = bench_clock_stop(&reader->clock) - due;
        reader->err |=
            bench_hist_record(&reader->hist, (uint64_t)((double)ticks * reader->clock.ns_per_tick));
    }
    reader->asked += reader->round;
}

/* Of all the time since they were last counted: the writer does not rest between rounds. */
static double writes_per_second(struct reader *reader)
{
    if (!reader->has_writer)
        return 0;
    const uint64_t now_ns = bench_clock_now_ns(), writes = atomic_load(&reader->writer.done);
    const double rate =
        (double)(writes - reader->noted_writes) * 1e9 / (double)(now_ns - reader->noted_ns);
    reader->noted_ns = now_ns;
    reader->noted_writes = writes;
    return rate;
}

void ifr_reader_after(void *state, double *series)
{
    struct reader *const reader = state;
    series[0] = (double)bench_hist_quantile(&reader->hist, 0.5);
    series[1] = (double)bench_hist_quantile(&reader->hist, 0.99);
    series[2] = (double)bench_hist_quantile(&reader->hist, 0.999);
    series[3] = (double)reader->hist.max_value;
    series[4] = writes_per_second(reader);
}

/* That what was due was done, by a table that is to keep up. */
static base_err writer_check(const struct writer *writer, struct base_why *why)
{
    if (writer->err != BASE_EINTERRUPTED)
        return base_fail(why, BASE_EWRONG, 0, "the writer failed after %llu flows: %s",
                         (unsigned long long)atomic_load(&writer->done),
                         base_err_text(writer->err));
    const struct bench_pace_result *const result = &writer->result;
    const double elapsed_s = (double)result->elapsed_ns / 1e9;
    if (writer->kind->is_outrun || result->elapsed_ns < JUDGED_NS ||
        (double)result->done >= done_share_min * (double)writer->rate * elapsed_s)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, 0,
                     "the writer did %llu writes in %.3g s, and %llu a second were due",
                     (unsigned long long)result->done, elapsed_s, (unsigned long long)writer->rate);
}

/* All flows that nobody wrote were found with their values, and all due writes were done. */
base_err ifr_reader_check(void *state, struct base_why *why)
{
    struct reader *const reader = state;
    const bool had_writer = reader->has_writer;
    writer_stop(reader);
    const base_err err = had_writer ? writer_check(&reader->writer, why) : BASE_OK;
    if (err != BASE_OK)
        return err;
    const struct ifr_answers expect = ifr_traffic_expect(&reader->traffic, 0, reader->asked);
    if (reader->answers.found != expect.found || reader->answers.sum != expect.sum)
        return base_fail(why, BASE_EWRONG, 0, "%llu of %llu lookups found a flow, or a wrong value",
                         (unsigned long long)reader->answers.found,
                         (unsigned long long)reader->asked);
    return reader->err == BASE_OK ? BASE_OK
                                  : base_fail(why, BASE_ERANGE, 0, "a lookup took over 100 s");
}

IFR_READER_CASE(suite_ifr_under_writer, "ifr/lookup_under_writer",
                IFR_READER_DOC " at `writes` a second in another thread", NULL, ifr_kind_own,
                IFR_READER_PARAMS, IFR_PARAM_PAGES);
IFR_READER_CASE(suite_ifr_locked_under_writer, "ifr/lookup_under_writer.locked",
                IFR_READER_DOC "; lists of nodes behind a readers-writer lock",
                "ifr/lookup_under_writer", ifr_kind_locked, IFR_READER_PARAMS);
