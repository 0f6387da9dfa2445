/* pair.c - a round: start, open, warm up, blocks, check, end. Both sides run the same number of
 * items in a batch where their speeds allow it, so that what a batch costs beside its items falls
 * on both alike. */
#define _GNU_SOURCE
#include <bench/pair.h>

#include "wire_internal.h"

#include <base/rng.h>
#include <bench/clock.h>
#include <stats/summary.h>

#include <assert.h>
#include <dirent.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    BLOCK_MAX = 4096,     /* of one round */
    CALIBRATE_GROWTH = 8, /* from try to try */
    SURE = 1000,          /* so many times the target ends the search at once */
    REWARM_SHARE = 8,     /* untimed items before each batch: one in so many */
    SAME_COUNT_RATIO = 4, /* sides whose speeds differ by less run equal batches */
    WARM_UP_SHARE = 8,    /* of a round's time goes by before its first block */
    CHECK_SHARE = 10,     /* a check that takes more of a round is asked for once */
    LONG_BATCHES = 4,     /* a round that holds fewer batches has long ones */
};
#define COUNT_MAX    (UINT64_C(1) << 30)
#define DEADLINE_NS  UINT64_C(120000000000)
#define ROUND_MIN_NS UINT64_C(20000000)
#define ROUND_MAX_NS UINT64_C(80000000)

struct side {
    struct wire wire;
    struct wire_batches batches;
    uint64_t items; /* of one batch */
    double item_ns; /* found by calibrating */
};

struct bench_pair {
    struct bench_pair_side sides[BENCH_PAIR_SIDES_MAX];
    struct side state[BENCH_PAIR_SIDES_MAX];
    size_t count;
    struct bench_pair_options options;
    struct base_rng rng;
    double tsc_ns_per_tick;
    uint32_t rounds;
    bool is_calibrated, is_long;
    uint64_t blocks_ns; /* time for the blocks of a round */
    uint64_t check_ns;  /* what the last check of all sides took */
    double *ln_ratios;  /* [count][BLOCK_MAX] of the round at work */
    double *item_ns;    /* [count][BLOCK_MAX] */
};

base_err bench_pair_new(const struct bench_pair_side *sides, size_t side_count,
                        const struct bench_pair_options *options, struct bench_pair **out,
                        struct base_why *why)
{
    assert(side_count >= 2 && side_count <= BENCH_PAIR_SIDES_MAX);
    struct bench_pair *pair = calloc(1, sizeof *pair);
    double *values = calloc(2 * side_count * BLOCK_MAX, sizeof *values);
    if (pair == NULL || values == NULL) {
        free(pair);
        free(values);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a comparison");
    }
    memcpy(pair->sides, sides, side_count * sizeof *sides);
    pair->count = side_count;
    pair->options = *options;
#define OR(field, value) pair->options.field = options->field != 0 ? options->field : (value)
    OR(batch_ns, UINT64_C(100000));
    OR(deadline_ns, bench_clock_now_ns() + DEADLINE_NS);
    OR(seed, 1);
    OR(threads, 1);
#undef OR
    pair->blocks_ns = options->round_ns != 0 ? options->round_ns : ROUND_MIN_NS;
    pair->ln_ratios = values;
    pair->item_ns = values + side_count * BLOCK_MAX;
    base_rng_init(&pair->rng, pair->options.seed);
    struct bench_clock clock;
    bench_clock_open(&clock);
    pair->tsc_ns_per_tick = clock.is_tsc ? clock.ns_per_tick : 0;
    *out = pair;
    return BASE_OK;
}

void bench_pair_free(struct bench_pair *pair)
{
    if (pair == NULL)
        return;
    for (size_t i = 0; i < pair->count; i++)
        wire_batches_done(&pair->state[i].batches);
    free(pair->ln_ratios);
    free(pair);
}

static bool is_interrupted(const struct bench_pair *pair)
{
    return pair->options.interrupted != NULL && *pair->options.interrupted != 0;
}

static void shuffle(struct bench_pair *pair, size_t order[BENCH_PAIR_SIDES_MAX])
{
    for (size_t i = 0; i < pair->count; i++)
        order[i] = i;
    for (size_t i = pair->count - 1; i > 0; i--) {
        const size_t other = base_rng_below(&pair->rng, i + 1);
        const size_t held = order[i];
        order[i] = order[other];
        order[other] = held;
    }
}

/* Where a round takes place. */
struct place {
    uint32_t core;
    bool is_bound;              /* to the core, during blocks */
    uint32_t wide[CPU_SETSIZE]; /* [wide_count] what the workers may use while they are set up */
    size_t wide_count;
    cpu_set_t before; /* of the calling thread */
};

static base_err start_side(struct bench_pair *pair, size_t index, const struct place *place,
                           struct base_why *why)
{
    const struct bench_pair_options *options = &pair->options;
    const struct wire_options wire = { .argv = pair->sides[index].argv,
                                       .cpus = place->wide,
                                       .cpu_count = place->wide_count,
                                       .layout_seed = base_rng_u64(&pair->rng),
                                       .deadline_ns = options->deadline_ns,
                                       .interrupted = options->interrupted,
                                       .tsc_ns_per_tick = pair->tsc_ns_per_tick };
    struct side *side = &pair->state[index];
    const base_err err = wire_open(&side->wire, &wire, why);
    return err == BASE_OK ? wire_open_case_begin(&side->wire, pair->sides[index].target,
                                                 options->threads, options->seed, why)
                          : err;
}

/* Every thread that a worker has after its set-up. */
static void bind_worker(pid_t pid, uint32_t core)
{
    char path[64];
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return;
    for (const struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks))
        if (task->d_name[0] != '.')
            (void)!sched_setaffinity((pid_t)strtol(task->d_name, NULL, 10), sizeof one, &one);
    closedir(tasks);
}

/* The sides set themselves up at the same time, on all cores; then they go to the one core. */
static base_err open_sides(struct bench_pair *pair, const struct place *place, struct base_why *why)
{
    size_t order[BENCH_PAIR_SIDES_MAX];
    shuffle(pair, order);
    for (size_t i = 0; i < pair->count; i++) {
        const base_err err = start_side(pair, order[i], place, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "%s", pair->sides[order[i]].argv[0]);
    }
    for (size_t i = 0; i < pair->count; i++) {
        struct wire *wire = &pair->state[order[i]].wire;
        json_t *reply = NULL;
        const base_err err = wire_open_case_end(wire, &reply, why);
        json_decref(reply);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "%s", pair->sides[order[i]].argv[0]);
        if (place->is_bound)
            bind_worker(wire->pid, place->core);
    }
    return BASE_OK;
}

/* One batch of a side; its time per item. A few items go before it, untimed: while the other side
 * ran, this one's lines left the nearest cache. */
static base_err run_batch(struct side *side, uint64_t items, double *item_ns, struct base_why *why)
{
    static const char *const no_series[BENCH_SERIES_MAX] = { NULL };
    const uint64_t counts[2] = { items / REWARM_SHARE, items };
    const size_t skip = counts[0] > 0 && !side->wire.is_exclusive ? 0 : 1;
    wire_batches_clear(&side->batches);
    const base_err err =
        wire_run(&side->wire, counts + skip, 2 - skip, false, no_series, &side->batches, why);
    if (err == BASE_OK)
        *item_ns = side->batches.ns[side->batches.count - 1] / (double)items;
    return err;
}

/* Grow the batch until it is long enough to tell twice in a row; the first call of a case is cold.
 */
static base_err calibrate_side(const struct bench_pair *pair, struct side *side,
                               struct base_why *why)
{
    const double target = (double)pair->options.batch_ns;
    uint64_t items = 1;
    for (bool was_long = false;;) {
        const base_err err = run_batch(side, items, &side->item_ns, why);
        if (err != BASE_OK)
            return err;
        const double ns = side->item_ns * (double)items;
        const bool is_long = ns >= target / 4;
        if (side->wire.is_exclusive || items >= COUNT_MAX || (is_long && was_long) ||
            ns >= target * SURE)
            return BASE_OK;
        was_long = is_long;
        if (!is_long)
            items *= CALIBRATE_GROWTH;
    }
}

static uint64_t items_for(double target_ns, double item_ns)
{
    const double items = item_ns > 0 ? target_ns / item_ns : (double)COUNT_MAX;
    return items < 1 ? 1 : items > (double)COUNT_MAX ? COUNT_MAX : (uint64_t)items;
}

static base_err calibrate(struct bench_pair *pair, struct base_why *why)
{
    double fastest = INFINITY, slowest = 0, block = 0;
    bool is_exclusive = false;
    for (size_t i = 0; i < pair->count; i++) {
        const base_err err = calibrate_side(pair, &pair->state[i], why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "%s", pair->sides[i].argv[0]);
        fastest = fmin(fastest, pair->state[i].item_ns);
        slowest = fmax(slowest, pair->state[i].item_ns);
        is_exclusive = is_exclusive || pair->state[i].wire.is_exclusive;
    }
    for (size_t i = 0; i < pair->count; i++) {
        struct side *side = &pair->state[i];
        const double item_ns = slowest < fastest * SAME_COUNT_RATIO ? fastest : side->item_ns;
        side->items = is_exclusive ? 1 : items_for((double)pair->options.batch_ns, item_ns);
        block += side->item_ns * (double)side->items;
    }
    pair->is_long = block / (double)pair->count * LONG_BATCHES > (double)pair->blocks_ns;
    pair->is_calibrated = true;
    return BASE_OK;
}

/* A batch without a time: a worker that could not do it says so when it is asked to check. */
static base_err explain_nothing(struct bench_pair *pair, size_t at, struct base_why *why)
{
    const base_err err = wire_tell(&pair->state[at].wire, "check", why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "%s", pair->sides[at].argv[0]);
    return base_fail(why, BASE_EINVALID, 0,
                     "%s: a batch of %llu items of %s takes no time that the clock can tell; there "
                     "is nothing to compare",
                     pair->sides[at].argv[0], (unsigned long long)pair->state[at].items,
                     pair->sides[at].target->id);
}

/* Every side in random order, and backwards again unless batches are long. ln_ns: of each side. */
static base_err run_block(struct bench_pair *pair, double ln_ns[BENCH_PAIR_SIDES_MAX],
                          struct base_why *why)
{
    size_t order[BENCH_PAIR_SIDES_MAX];
    shuffle(pair, order);
    const size_t turns = pair->is_long ? 1 : 2;
    memset(ln_ns, 0, BENCH_PAIR_SIDES_MAX * sizeof ln_ns[0]);
    for (size_t turn = 0; turn < turns; turn++)
        for (size_t i = 0; i < pair->count; i++) {
            const size_t at = order[turn == 0 ? i : pair->count - 1 - i];
            struct side *side = &pair->state[at];
            double item_ns = 0;
            const base_err err = run_batch(side, side->items, &item_ns, why);
            if (err != BASE_OK)
                return base_fail_prefix(why, err, "%s", pair->sides[at].argv[0]);
            if (!(item_ns > 0))
                return explain_nothing(pair, at, why);
            ln_ns[at] += log(item_ns) / (double)turns;
        }
    return BASE_OK;
}

static base_err run_blocks(struct bench_pair *pair, size_t *blocks, struct base_why *why)
{
    const uint64_t start = bench_clock_now_ns();
    const uint64_t warm_ns = pair->is_long ? 0 : pair->blocks_ns / WARM_UP_SHARE;
    size_t dropped = pair->is_long && pair->rounds > 0 ? 1 : 0;
    *blocks = 0;
    for (uint64_t spent = 0; *blocks == 0 || (spent < pair->blocks_ns && *blocks < BLOCK_MAX);
         spent = bench_clock_now_ns() - start) {
        double ln_ns[BENCH_PAIR_SIDES_MAX];
        const base_err err = run_block(pair, ln_ns, why);
        if (err != BASE_OK)
            return err;
        if (is_interrupted(pair))
            return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
        if (dropped == 0 || spent < warm_ns) { /* the first block of a round is always cold */
            dropped++;
            continue;
        }
        for (size_t i = 0; i < pair->count; i++) {
            pair->ln_ratios[i * BLOCK_MAX + *blocks] = ln_ns[i] - ln_ns[0];
            pair->item_ns[i * BLOCK_MAX + *blocks] = exp(ln_ns[i]);
        }
        ++*blocks;
    }
    return BASE_OK;
}

static base_err check_sides(struct bench_pair *pair, struct base_why *why)
{
    const uint64_t start = bench_clock_now_ns();
    if (pair->check_ns > pair->blocks_ns / CHECK_SHARE)
        return BASE_OK;
    for (size_t i = 0; i < pair->count; i++) {
        const base_err err = wire_tell(&pair->state[i].wire, "check", why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "%s", pair->sides[i].argv[0]);
    }
    pair->check_ns = bench_clock_now_ns() - start;
    return BASE_OK;
}

/* Mean of the middle half: like the median deaf to a disturbed quarter on either side, but less
 * noisy (efficiency 0.84 against 0.64 for normal values), and not tied to the clock's grain.
 * Source: Tukey, "Exploratory Data Analysis" (1977) chapter 19 (midmean) */
static double midmean_of(double *values, size_t count)
{
    const size_t cut = (count + 1) / 4;
    double sum = 0;
    stats_sort(values, count);
    for (size_t i = cut; i < count - cut; i++)
        sum += values[i];
    return sum / (double)(count - 2 * cut);
}

/* Starting and set-up cost time, blocks cost time, and neither the difference between processes nor
 * the noise within them is known: as much time for the one as for the other is never more than
 * twice as long as the best split. */
static void choose_round(struct bench_pair *pair, uint64_t opening_ns)
{
    if (pair->options.round_ns != 0)
        return;
    pair->blocks_ns = opening_ns < ROUND_MIN_NS   ? ROUND_MIN_NS
                      : opening_ns > ROUND_MAX_NS ? ROUND_MAX_NS
                                                  : opening_ns;
}

static base_err work(struct bench_pair *pair, const struct place *place, struct bench_round *out,
                     struct base_why *why)
{
    const uint64_t start = bench_clock_now_ns();
    base_err err = open_sides(pair, place, why);
    if (err != BASE_OK)
        return err;
    if (!pair->is_calibrated) {
        choose_round(pair, bench_clock_now_ns() - start);
        err = calibrate(pair, why);
    }
    if (err == BASE_OK)
        err = run_blocks(pair, &out->blocks, why);
    if (err == BASE_OK)
        err = check_sides(pair, why);
    for (size_t i = 0; i < pair->count && err == BASE_OK; i++) {
        err = wire_tell(&pair->state[i].wire, "close", why);
        out->ln_ratio[i] = midmean_of(pair->ln_ratios + i * BLOCK_MAX, out->blocks);
        out->item_ns[i] = midmean_of(pair->item_ns + i * BLOCK_MAX, out->blocks);
    }
    return err;
}

/* The core of a round: one of those that were asked for, else where the scheduler has put us. A
 * thread that cannot be bound goes on unbound. */
static void choose_place(const struct bench_pair *pair, struct place *place)
{
    const struct bench_pair_options *options = &pair->options;
    const int here = sched_getcpu();
    *place = (struct place){ 0 };
    if (sched_getaffinity(0, sizeof place->before, &place->before) != 0)
        return;
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        if (options->cpu_count == 0 && CPU_ISSET(i, &place->before))
            place->wide[place->wide_count++] = i;
    for (size_t i = 0; i < options->cpu_count && i < CPU_SETSIZE; i++)
        place->wide[place->wide_count++] = options->cpus[i];
    if (options->cpu_count == 0 && here < 0)
        return;
    place->core =
        options->cpu_count > 0 ? options->cpus[pair->rounds % options->cpu_count] : (uint32_t)here;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(place->core, &one);
    place->is_bound = sched_setaffinity(0, sizeof one, &one) == 0;
}

/* Whoever may, measures before everybody else: other programs then take less of the core away.
 * Workers inherit it. Returns what to go back to. */
static int raise_priority(void)
{
    const int before = getpriority(PRIO_PROCESS, 0);
    (void)!setpriority(PRIO_PROCESS, 0, PRIO_MIN);
    return before;
}

base_err bench_pair_round(struct bench_pair *pair, struct bench_round *out, struct base_why *why)
{
    const uint64_t start = bench_clock_now_ns();
    struct place place;
    choose_place(pair, &place);
    const int priority = raise_priority();
    struct bench_round round = { 0 };
    const base_err err = work(pair, &place, &round, why);
    for (size_t i = 0; i < pair->count; i++)
        wire_close(&pair->state[i].wire, false);
    (void)!setpriority(PRIO_PROCESS, 0, priority);
    if (place.is_bound)
        (void)!sched_setaffinity(0, sizeof place.before, &place.before);
    if (err != BASE_OK)
        return err;
    pair->rounds++;
    round.elapsed_ns = bench_clock_now_ns() - start;
    *out = round;
    return BASE_OK;
}
