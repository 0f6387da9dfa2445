/* accuracy.c - is the interval of a single result honest? Two kernels, one that lives in L1 and one
 * bound by memory, are measured many times exactly as bpi-perf does it, on a quiet machine and
 * beside a noisy neighbour, in turn. The truth is the mean over all runs of a kernel; the share of
 * runs whose interval holds it is the coverage. Prints one Markdown table.
 *
 * With --known it measures what is known beforehand instead: nothing, a dependent step whose time
 * is taken with the system's clock over a thousand million steps, and delays spun by that clock.
 *
 * The first word may be a mode with a command line of its own (modes.h); see `accuracy MODE
 * --help`.
 *
 * Usage: accuracy [--known] [--runs N] [--time TIME] [--processes N] [--core N] [--csv FILE]
 */
#define _GNU_SOURCE
#include "modes.h"
#include "neighbour.h"
#include "stored.h"

#include <base/rng.h>
#include <base/units.h>
#include <bench/bench.h>
#include <bench/clock.h>
#include <bench/drive.h>
#include <bench/worker.h>
#include <stats/drift.h>
#include <stats/estimate.h>
#include <stats/interval.h>
#include <stats/summary.h>

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RUNS_MAX = 1000,
    KERNELS = 2,
    CONDITIONS = 2,
    L1_SIZE = 1024,
    CHASE_LINES = (128 << 20) / 64,
    CHASE_STEPS = 100,
    NOMINAL_RUNS = 3,
};

static unsigned char l1_data[L1_SIZE];

BENCH(l1, .doc = "FNV-1a over 1 KiB", .item = "hash")
{
    BENCH_LOOP(count) {
        uint64_t hash = 14695981039346656037u;
        for (size_t i = 0; i < L1_SIZE; i++)
            hash = (hash ^ l1_data[i]) * 1099511628211u;
        BENCH_KEEP(hash);
    }
}

/* A random cycle (Sattolo, Information Processing Letters 22 (1986) 315) through 128 MiB. */
static base_err dram_setup(struct bench_env *env)
{
    uint32_t(*lines)[16] = aligned_alloc(64, (size_t)CHASE_LINES * 64);
    if (lines == NULL)
        return BASE_ENOMEM;
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    for (uint32_t i = 0; i < CHASE_LINES; i++)
        lines[i][0] = i;
    for (uint32_t i = CHASE_LINES - 1; i > 0; i--) {
        const uint32_t other = (uint32_t)base_rng_below(&rng, i);
        const uint32_t held = lines[i][0];
        lines[i][0] = lines[other][0];
        lines[other][0] = held;
    }
    env->state = lines;
    return BASE_OK;
}

BENCH(dram, .doc = "100 dependent loads from 128 MiB", .item = "walk", .setup = dram_setup,
      .teardown = free)
{
    const uint32_t(*lines)[16] = (const uint32_t(*)[16])state;
    uint32_t at = lines[0][1];
    BENCH_LOOP(count *CHASE_STEPS) {
        at = lines[at][0];
        BENCH_HIDE(at);
    }
    ((uint32_t(*)[16])state)[0][1] = at;
}

BENCH(empty, .doc = "nothing")
{
}

BENCH(step, .doc = "one dependent xorshift step", .item = "step")
{
    uint64_t x = 88172645463325252u;
    BENCH_LOOP(count) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        BENCH_HIDE(x);
    }
    BENCH_KEEP(x);
}

/* Each delay ends where it should have, not a clock reading later: their sum is known. */
static void spin(uint64_t ns, uint64_t count)
{
    uint64_t end = bench_clock_now_ns();
    BENCH_LOOP(count) {
        end += ns;
        while (bench_clock_now_ns() < end)
            ;
    }
}

BENCH(spin_1us, .doc = "the clock read until 1 us has passed")
{
    spin(1000, count);
}

BENCH(spin_100us, .doc = "the clock read until 100 us have passed")
{
    spin(100000, count);
}

static const struct bench_case *const cases[] = {
    &l1, &dram, &empty, &step, &spin_1us, &spin_100us
};
static const char *const kernel_names[KERNELS] = { "l1", "dram" };
static const char *const condition_names[CONDITIONS] = { "quiet", "noisy" };

struct options {
    uint32_t runs, processes, core;
    uint64_t measurement_ns;
    FILE *csv;
    bool is_known;
};

struct shot { /* one run of one kernel */
    struct stats_interval raw, normalised;
    double core_ns, memory_ns, wide_ns, cache_ns;
    double memory_share, memory_share_error, explained;
};

struct results {
    struct shot shots[KERNELS][CONDITIONS][RUNS_MAX];
    struct shot log[KERNELS][CONDITIONS * RUNS_MAX]; /* in the order of time: the history */
    size_t logged[KERNELS];
    double nominal_core_ns, nominal_memory_ns, nominal_wide_ns, nominal_cache_ns;
};

/* One figure of the earlier runs of a kernel, and how much it moves between runs. */
static double learned(const struct results *results, size_t kernel, size_t offset,
                      double (*share)(const double *, size_t, double), double assumed)
{
    const size_t count = results->logged[kernel];
    double *values = calloc(count + 1, sizeof *values);
    if (values == NULL)
        return assumed;
    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&results->log[kernel][i] + offset, sizeof values[i]);
    const double out = share(values, count, assumed);
    free(values);
    return out;
}

static bool estimate(const struct bench_record *record, size_t kernel,
                     const struct results *results, struct shot *shot)
{
    struct stats_batches *batches = calloc(record->process_count, sizeof *batches);
    struct stats_process_estimate *each = calloc(record->process_count, sizeof *each);
    for (size_t p = 0; p < record->process_count; p++) {
        const struct bench_process *from = &record->processes[p];
        batches[p] =
            (struct stats_batches){ from->batch_count, from->counts,  from->ns,      from->core_ns,
                                    from->memory_ns,   from->wide_ns, from->cache_ns };
    }
    const size_t normalised = offsetof(struct shot, normalised.value);
    const struct stats_estimate_options options = {
        .confidence = 0.95,
        .nominal_core_ns = results->nominal_core_ns,
        .nominal_memory_ns = results->nominal_memory_ns,
        .nominal_wide_ns = results->nominal_wide_ns,
        .nominal_cache_ns = results->nominal_cache_ns,
        .drift_wide_share = STATS_DRIFT_WIDE_ASSUMED,
        .drift_cache_share = STATS_DRIFT_MEMORY_ASSUMED,
        .drift_core_share = learned(results, kernel, offsetof(struct shot, core_ns),
                                    stats_drift_share, STATS_DRIFT_CORE_ASSUMED),
        .drift_memory_share = learned(results, kernel, offsetof(struct shot, memory_ns),
                                      stats_drift_share, STATS_DRIFT_MEMORY_ASSUMED),
        .residual_core_share =
            learned(results, kernel, normalised, stats_residual_share, STATS_RESIDUAL_CORE_ASSUMED),
        .residual_memory_share = learned(results, kernel, normalised, stats_residual_share,
                                         STATS_RESIDUAL_MEMORY_ASSUMED),
        .seed = 1,
    };
    struct stats_estimate out;
    const bool is_fine =
        stats_estimate_of(batches, record->process_count, &options, each, &out) == BASE_OK;
    if (is_fine) {
        *shot = (struct shot){ .raw = out.median_ns,
                               .normalised = out.normalised_ns,
                               .memory_share = out.memory_share,
                               .memory_share_error = out.memory_share_error,
                               .explained = out.reference_explained };
        for (size_t p = 0; p < record->process_count; p++) {
            shot->core_ns += each[p].core_ns / (double)record->process_count;
            shot->memory_ns += each[p].memory_ns / (double)record->process_count;
            shot->wide_ns += each[p].wide_ns / (double)record->process_count;
            shot->cache_ns += each[p].cache_ns / (double)record->process_count;
        }
    }
    free(batches);
    free(each);
    return is_fine;
}

static bool shoot(const struct options *options, struct results *results, const char *kernel,
                  size_t index, uint64_t seed, struct shot *shot)
{
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    const char *const argv[] = { self, NULL };
    const struct bench_launch launch = { argv, argv };
    const struct bench_plan plan = { .measurement_ns = options->measurement_ns,
                                     .processes = options->processes,
                                     .cpus = &options->core,
                                     .cpu_count = 1,
                                     .seed = seed };
    struct bench_target target = { .name = kernel };
    struct bench_record record;
    const base_err err = bench_drive_case(&launch, &plan, &target, NULL, NULL, &record);
    if (err != BASE_OK)
        fprintf(stderr, "accuracy: %s: %s\n", kernel, record.why.text);
    const bool is_fine = err == BASE_OK && estimate(&record, index, results, shot);
    bench_record_done(&record);
    return is_fine;
}

/* The reference speed is what the host shows at first, as in bpi-perf. */
static bool calibrate(const struct options *options, struct results *results)
{
    double core[NOMINAL_RUNS], memory[NOMINAL_RUNS], wide[NOMINAL_RUNS], cache[NOMINAL_RUNS];
    for (int i = 0; i < NOMINAL_RUNS; i++) {
        struct shot shot = { 0 };
        if (!shoot(options, results, "reference/core", 0, 1, &shot))
            return false;
        core[i] = shot.core_ns;
        memory[i] = shot.memory_ns;
        wide[i] = shot.wide_ns;
        cache[i] = shot.cache_ns;
    }
    stats_sort(core, NOMINAL_RUNS);
    stats_sort(memory, NOMINAL_RUNS);
    stats_sort(wide, NOMINAL_RUNS);
    stats_sort(cache, NOMINAL_RUNS);
    results->nominal_core_ns = core[NOMINAL_RUNS / 2];
    results->nominal_memory_ns = memory[NOMINAL_RUNS / 2];
    results->nominal_wide_ns = wide[NOMINAL_RUNS / 2];
    results->nominal_cache_ns = cache[NOMINAL_RUNS / 2];
    return true;
}

static void print_csv(FILE *file, size_t round, const char *kernel, const char *condition,
                      const struct shot *shot)
{
    fprintf(file, "%zu,%s,%s,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.3f,%.3f,%.3f\n", round,
            kernel, condition, shot->raw.value, shot->raw.low, shot->raw.high,
            shot->normalised.value, shot->normalised.low, shot->normalised.high, shot->core_ns,
            shot->memory_ns, shot->memory_share, shot->memory_share_error, shot->explained);
    fflush(file);
}

static bool run_all(const struct options *options, struct results *results)
{
    if (options->csv != NULL)
        fprintf(options->csv, "round,kernel,condition,raw,raw_low,raw_high,normalised,"
                              "normalised_low,normalised_high,core_ns,memory_ns,memory_share,"
                              "memory_share_error,explained\n");
    for (size_t round = 0; round < options->runs; round++)
        for (size_t c = 0; c < CONDITIONS; c++)
            for (size_t k = 0; k < KERNELS; k++) {
                struct neighbour neighbour = { { 0 } };
                if (c == 1 && !neighbour_start(&neighbour, options->core, round + 1))
                    return false;
                struct shot *shot = &results->shots[k][c][round];
                const bool is_fine = shoot(options, results, kernel_names[k], k, round + 1, shot);
                neighbour_stop(&neighbour);
                if (!is_fine)
                    return false;
                results->log[k][results->logged[k]++] = *shot;
                if (options->csv != NULL)
                    print_csv(options->csv, round, kernel_names[k], condition_names[c], shot);
            }
    return true;
}

/* Mean over all runs of a kernel, quiet and noisy alike: what it costs in the long run. */
static double truth(const struct results *results, size_t kernel, size_t runs, bool is_normalised)
{
    double total = 0;
    for (size_t c = 0; c < CONDITIONS; c++)
        for (size_t r = 0; r < runs; r++) {
            const struct shot *shot = &results->shots[kernel][c][r];
            total += is_normalised ? shot->normalised.value : shot->raw.value;
        }
    return total / (double)(CONDITIONS * runs);
}

static void print_row(const struct results *results, size_t kernel, size_t condition, size_t runs,
                      bool is_normalised)
{
    const double value = truth(results, kernel, runs, is_normalised);
    size_t covered = 0;
    double half = 0, square = 0, explained = 0;
    for (size_t r = 0; r < runs; r++) {
        const struct shot *shot = &results->shots[kernel][condition][r];
        const struct stats_interval one = is_normalised ? shot->normalised : shot->raw;
        covered += one.low <= value && value <= one.high;
        half += (one.high - one.low) / 2 / value / (double)runs;
        square += (one.value / value - 1) * (one.value / value - 1) / (double)runs;
        explained += shot->explained / (double)runs;
    }
    const struct stats_interval share = stats_interval_wilson(covered, runs, 0.95);
    char time[BASE_UNITS_TEXT_SIZE];
    printf("| %s | %s | %s | %s | %zu/%zu = %.0f %% (%.0f–%.0f) | ±%.2f %% | %.2f %% | %.0f %% |\n",
           kernel_names[kernel], condition_names[condition],
           is_normalised ? "at reference speed" : "raw", base_units_print_time(value, 4, time),
           covered, runs, 100 * share.value, 100 * share.low, 100 * share.high, 100 * half,
           100 * sqrt(square), 100 * explained);
}

static void print_table(const struct results *results, const struct options *options)
{
    printf(
        "| kernel | condition | time | truth | coverage of the 95 %% interval | mean half width | "
        "rms error | explained by its reference |\n|---|---|---|---|---|---|---|---|\n");
    for (size_t k = 0; k < KERNELS; k++)
        for (int normalised = 0; normalised < 2; normalised++)
            for (size_t c = 0; c < CONDITIONS; c++)
                print_row(results, k, c, options->runs, normalised != 0);
}

/* One step by the system's clock alone, over many; the best of a few tries beside the measurement.
 */
static double step_by_clock(void)
{
    enum { STEPS = 1 << 28, TRIES = 3 };
    double best = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        const uint64_t start = bench_clock_now_ns();
        step_run(NULL, STEPS);
        const double ns = (double)(bench_clock_now_ns() - start) / STEPS;
        best = ns < best ? ns : best;
    }
    return best;
}

static bool print_known(const struct options *options, struct results *results)
{
    const struct {
        const char *name;
        double truth_ns;
        double share, slack_ns; /* of the bound */
    } rows[] = { { "empty", 0, 0, 0.05 },
                 { "step", step_by_clock(), 0.02, 0 },
                 { "spin_1us", 1000, 0.01, 1 },
                 { "spin_100us", 100000, 0.01, 100 } };
    printf("| case | known | measured | error | bound |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct shot shot = { 0 };
        if (!shoot(options, results, rows[i].name, 0, 1, &shot))
            return false;
        const double error = shot.raw.value - rows[i].truth_ns;
        const bool holds = fabs(error) <= rows[i].share * rows[i].truth_ns + rows[i].slack_ns;
        char known[BASE_UNITS_TEXT_SIZE], measured[BASE_UNITS_TEXT_SIZE], off[BASE_UNITS_TEXT_SIZE];
        printf("| %s | %s | %s | %s | ± %g %% + %g ns: %s |\n", rows[i].name,
               base_units_print_time(rows[i].truth_ns, 4, known),
               base_units_print_time(shot.raw.value, 4, measured),
               base_units_print_time(error, 2, off), 100 * rows[i].share, rows[i].slack_ns,
               holds ? "holds" : "does not hold");
    }
    return true;
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        { "known", no_argument, NULL, 'k' },

        { "runs", required_argument, NULL, 'r' },      { "time", required_argument, NULL, 't' },
        { "processes", required_argument, NULL, 'p' }, { "core", required_argument, NULL, 'c' },
        { "csv", required_argument, NULL, 'o' },       { NULL, 0, NULL, 0 }
    };
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        uint64_t value = 0;
        struct base_why why = { 0 };
        base_err err = BASE_OK;
        if (letter == 't')
            err = base_units_parse_time(optarg, &options->measurement_ns, &why);
        else if (letter == 'o')
            options->csv = fopen(optarg, "w");
        else if (letter == 'k')
            options->is_known = true;
        else if (letter != '?')
            err = base_units_parse_count(optarg, letter == 'c' ? 0 : 1, RUNS_MAX, &value, &why);
        if (letter == '?' || err != BASE_OK || (letter == 'o' && options->csv == NULL)) {
            fprintf(stderr, "accuracy: %s\n", err != BASE_OK ? why.text : "wrong usage");
            return 2;
        }
        if (letter == 'r')
            options->runs = (uint32_t)value;
        if (letter == 'p')
            options->processes = (uint32_t)value;
        if (letter == 'c')
            options->core = (uint32_t)value;
    }
    return 0;
}

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} modes[] = {
    { "aa", aa_main },         { "replay", aa_replay_main },
    { "peers", peers_main },   { "changepoints", changes_main },
    { "stored", stored_main },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[1], modes[i].name) == 0)
            return modes[i].main(argc - 1, argv + 1);
    if (bench_worker_wanted(argc, argv))
        return bench_worker_main("accuracy", cases, sizeof cases / sizeof cases[0]);
    struct options options = { .runs = 40, .processes = 10, .measurement_ns = 2000000000 };
    if (parse(argc, argv, &options) != 0)
        return 2;
    struct results *results = calloc(1, sizeof *results);
    bool is_fine = results != NULL && calibrate(&options, results);
    if (is_fine && options.is_known)
        is_fine = print_known(&options, results);
    else if (is_fine && (is_fine = run_all(&options, results)))
        print_table(results, &options);
    free(results);
    return is_fine ? 0 : 3;
}
