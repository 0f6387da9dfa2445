/* stored.c - is a comparison of stored runs honest? Four kernels are measured again and again as
 * bpi-perf does it, on the machine as it is and beside a noisy neighbour in turn, with 0, 2 and 5 %
 * of real extra work. Each run without extra work is then compared, as `benchmark compare
 * --threshold 0` does, with the runs of `--lag` or more rounds later, minutes apart: with those
 * without extra work any verdict but undecided is a false alarm; of the others the share that is
 * found is counted. A run is part of many comparisons, so the brackets (Wilson) are too narrow.
 *
 * Usage: accuracy stored [--rounds N] [--lag N] [--time TIME] [--processes N] [--core N]
 *        [--budget TIME] [--csv FILE] [--record FILE | --from FILE]
 */
#define _GNU_SOURCE
#include "stored.h"

#include "neighbour.h"
#include "stored_cases.h"
#include "stored_record.h"

#include <base/units.h>
#include <bench/clock.h>
#include <bench/drive.h>
#include <bench/worker.h>
#include <result/compare.h>
#include <stats/drift.h>
#include <stats/estimate.h>
#include <stats/interval.h>

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 500, CONDITIONS = 2, CHANGES = 3 };
#define CONFIDENCE 0.95

static const char *const works[CHANGES] = { "1000", "1020", "1050" };
static const char *const change_names[CHANGES] = { "none", "+2 %", "+5 %" };
static const double truths[CHANGES] = { 1, 1.02, 1.05 };
static const char *const condition_names[CONDITIONS] = { "as it is", "noisy" };

struct options {
    uint32_t rounds, lag, processes, core;
    uint64_t measurement_ns;
    uint64_t budget_ns; /* no round is begun after it; 0: none */
    FILE *csv;
    FILE *record; /* where new runs are recorded; NULL: nowhere */
    FILE *from;   /* recorded runs instead of new ones; NULL: measure */
};

struct study {
    struct options options;
    struct stats_estimate_options estimate;
    struct result_run runs[STORED_KERNELS][CHANGES][CONDITIONS][ROUNDS_MAX];
};

/* --- measuring ----------------------------------------------------------------------------- */

static bool shoot(const struct options *options, const char *kernel, const char *work,
                  struct bench_record *record)
{
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    const char *const argv[] = { self, "stored", NULL };
    const struct bench_launch launch = { argv, argv };
    const struct bench_plan plan = { .measurement_ns = options->measurement_ns,
                                     .processes = options->processes,
                                     .cpus = &options->core,
                                     .cpu_count = 1,
                                     .seed = 1 };
    struct bench_target target = { .name = kernel };
    snprintf(target.id, sizeof target.id, "%s", kernel);
    if (work != NULL) {
        target.args[0] = (struct bench_arg){ "work", work };
        target.arg_count = 1;
    }
    const base_err err = bench_drive_case(&launch, &plan, &target, NULL, NULL, record);
    if (err != BASE_OK)
        fprintf(stderr, "accuracy: %s: %s\n", kernel, record->why.text);
    return err == BASE_OK;
}

static void fill_processes(struct result_run *run, const struct bench_record *record,
                           const struct stats_process_estimate *each)
{
    struct result_case *one = &run->cases[0];
    one->process_count = record->process_count;
    one->processes = base_arena_array(&run->arena, one->process_count, sizeof *one->processes);
    for (size_t p = 0; p < one->process_count; p++)
        one->processes[p] = (struct result_process){ .batches = record->processes[p].batch_count,
                                                     .median_ns = each[p].median_ns,
                                                     .mean_ns = each[p].mean_ns,
                                                     .normalised_ns = each[p].normalised_ns,
                                                     .core_ns = each[p].core_ns,
                                                     .wide_ns = each[p].wide_ns,
                                                     .cache_ns = each[p].cache_ns,
                                                     .memory_ns = each[p].memory_ns,
                                                     .calm_ns = each[p].calm_ns,
                                                     .calm_wide_ns = each[p].calm_wide_ns,
                                                     .calm_cache_ns = each[p].calm_cache_ns,
                                                     .calm_memory_ns = each[p].calm_memory_ns };
}

static void fill_facts(struct result_run *run, const struct bench_fact *facts, size_t count)
{
    struct result_quantities *out = &run->cases[0].facts;
    out->items = base_arena_array(&run->arena, count, sizeof *out->items);
    out->count = count;
    for (size_t i = 0; i < count; i++)
        out->items[i] =
            (struct result_quantity){ base_arena_text(&run->arena, facts[i].name), facts[i].value,
                                      base_arena_text(&run->arena, facts[i].unit) };
}

static struct result_estimate interval_of(struct stats_interval from)
{
    return (struct result_estimate){ from.value, from.low, from.high };
}

/* A record as a run document with one case. */
static bool keep(const struct bench_record *record, const struct stats_estimate_options *options,
                 struct result_run *run)
{
    const size_t count = record->process_count;
    struct stats_estimate out;
    struct stats_batches *batches = base_arena_array(&run->arena, count, sizeof *batches);
    struct stats_process_estimate *each = base_arena_array(&run->arena, count, sizeof *each);
    run->cases = base_arena_array(&run->arena, 1, sizeof *run->cases);
    for (size_t p = 0; p < count; p++) {
        const struct bench_process *from = &record->processes[p];
        batches[p] =
            (struct stats_batches){ from->batch_count, from->counts,  from->ns,      from->core_ns,
                                    from->memory_ns,   from->wide_ns, from->cache_ns };
    }
    if (stats_estimate_of(batches, count, options, each, &out) != BASE_OK)
        return false;
    run->id = "";
    run->confidence = CONFIDENCE;
    run->case_count = 1;
    run->cases[0] = (struct result_case){ .id = "case",
                                          .status = "ok",
                                          .reference = "mixed",
                                          .memory_pages = record->memory_pages,
                                          .threads = 1,
                                          .median_ns = interval_of(out.median_ns),
                                          .normalised_ns = interval_of(out.normalised_ns),
                                          .shares = stored_shares_of(&out.shares),
                                          .calm_shares = stored_shares_of(&out.calm_shares) };
    fill_processes(run, record, each);
    fill_facts(run, record->facts, record->fact_count);
    return true;
}

/* The reference speed is what the host shows at first, as in bpi-perf. */
static bool calibrate(struct study *study)
{
    struct bench_record record;
    struct result_run run = { 0 };
    bool is_fine = shoot(&study->options, "reference/core", NULL, &record);
    is_fine = is_fine && keep(&record, &study->estimate, &run);
    for (size_t p = 0; is_fine && p < run.cases[0].process_count; p++) {
        const struct result_process *one = &run.cases[0].processes[p];
        const double share = 1 / (double)run.cases[0].process_count;
        study->estimate.nominal_core_ns += one->core_ns * share;
        study->estimate.nominal_wide_ns += one->wide_ns * share;
        study->estimate.nominal_cache_ns += one->cache_ns * share;
        study->estimate.nominal_memory_ns += one->memory_ns * share;
    }
    result_run_done(&run);
    bench_record_done(&record);
    return is_fine;
}

static bool measure_one(struct study *study, size_t kernel, size_t change, size_t condition,
                        size_t round)
{
    struct neighbour neighbour = { { 0 } };
    struct bench_record record;
    struct result_run *run = &study->runs[kernel][change][condition][round];
    if (condition == 1 && !neighbour_start(&neighbour, study->options.core, round + 1))
        return false;
    bool is_fine = shoot(&study->options, stored_cases[kernel]->name, works[change], &record);
    neighbour_stop(&neighbour);
    is_fine = is_fine && keep(&record, &study->estimate, run);
    const struct stored_place place = { (unsigned)round, (unsigned)condition, (unsigned)kernel,
                                        (unsigned)change };
    if (is_fine && study->options.record != NULL)
        is_fine = stored_record_write(study->options.record, &place, &record);
    bench_record_done(&record);
    return is_fine;
}

static bool measure_all(struct study *study)
{
    const uint64_t start_ns = bench_clock_now_ns();
    for (size_t round = 0; round < study->options.rounds; round++) {
        const uint64_t passed_ns = bench_clock_now_ns() - start_ns;
        if (study->options.budget_ns > 0 && passed_ns > study->options.budget_ns) {
            study->options.rounds = (uint32_t)round;
            break;
        }
        for (size_t condition = 0; condition < CONDITIONS; condition++)
            for (size_t kernel = 0; kernel < STORED_KERNELS; kernel++)
                for (size_t change = 0; change < CHANGES; change++)
                    if (!measure_one(study, kernel, change, condition, round))
                        return false;
        fprintf(stderr, "accuracy: round %zu after %.0f s\n", round + 1,
                (double)(bench_clock_now_ns() - start_ns) / 1e9);
    }
    return study->options.rounds > study->options.lag;
}

/* What the kernels have in memory, which recordings do not say. */
static const struct bench_fact kernel_facts[STORED_KERNELS][2] = {
    [STORED_L1] = { { "setup_rss_bytes", 0, "B" }, { "setup_large_pages_bytes", 0, "B" } },
    [STORED_DIGITS] = { { "setup_rss_bytes", 0, "B" }, { "setup_large_pages_bytes", 0, "B" } },
    [STORED_DRAM] = { { "setup_rss_bytes", STORED_WALK_BYTES, "B" },
                      { "setup_large_pages_bytes", STORED_WALK_BYTES, "B" } },
    [STORED_SMALL_PAGES] = { { "setup_rss_bytes", STORED_WALK_BYTES, "B" },
                             { "setup_large_pages_bytes", 0, "B" } },
};

/* Recorded runs; a run that is missing ends the study before its round. */
static bool read_all(struct study *study)
{
    char line[512] = "";
    struct stored_place at;
    size_t counts[ROUNDS_MAX] = { 0 };
    struct result_run run = { .id = "", .confidence = CONFIDENCE };
    while (stored_record_read(study->options.from, line, sizeof line, &at, &run)) {
        if (at.round >= ROUNDS_MAX || at.condition >= CONDITIONS || at.kernel >= STORED_KERNELS ||
            at.change >= CHANGES) {
            result_run_done(&run);
            return false;
        }
        fill_facts(&run, kernel_facts[at.kernel], 2);
        study->runs[at.kernel][at.change][at.condition][at.round] = run;
        counts[at.round] += run.cases[0].process_count == study->options.processes;
        run = (struct result_run){ .id = "", .confidence = CONFIDENCE };
    }
    result_run_done(&run);
    study->options.rounds = 0;
    const bool is_whole = counts[0] > 0 && counts[0] % (CONDITIONS * CHANGES) == 0;
    while (is_whole && study->options.rounds < ROUNDS_MAX &&
           counts[study->options.rounds] == counts[0])
        study->options.rounds++;
    return study->options.rounds > study->options.lag;
}

/* --- comparing ----------------------------------------------------------------------------- */

struct past { /* what has been learned of a kernel's time at reference speed */
    const struct study *study;
    size_t kernel, rounds;
    bool is_long; /* as after more than an hour: what was learned replaces what is assumed */
};

static struct result_residual residual_of(void *context, const char *case_id)
{
    const struct past *past = context;
    double values[CONDITIONS * ROUNDS_MAX];
    size_t count = 0;
    (void)case_id;
    for (size_t round = 0; round < past->rounds; round++)
        for (size_t c = 0; c < CONDITIONS; c++) {
            const double ns =
                past->study->runs[past->kernel][0][c][round].cases[0].normalised_ns.value;
            if (ns > 0)
                values[count++] = ns;
        }
    const double learned = stats_residual_share(values, count, NAN);
    if (!past->is_long || !isfinite(learned))
        return (struct result_residual){ RESULT_RESIDUAL_CORE, RESULT_RESIDUAL_MEMORY,
                                         RESULT_RESIDUAL_PAGES };
    return (struct result_residual){ learned, learned, 0 };
}

struct tally {
    size_t count, slower, faster;
    double half, square; /* sums: half widths, squared errors of ln ratio */
    double raw_square;   /* the same of the times as they were measured */
};

/* Mean of the logarithms of the processes' medians. */
static double raw_of(const struct result_run *run)
{
    const struct result_case *one = &run->cases[0];
    double sum = 0;
    for (size_t p = 0; p < one->process_count; p++)
        sum += log(one->processes[p].median_ns) / (double)one->process_count;
    return sum;
}

struct pair {
    size_t change, from, to; /* conditions */
    size_t round, later;
};

static bool compare(struct study *study, const struct past *past, const struct pair *pair,
                    struct tally *tally)
{
    const struct result_run *baseline = &study->runs[past->kernel][0][pair->from][pair->round];
    const struct result_run *current =
        &study->runs[past->kernel][pair->change][pair->to][pair->later];
    struct past now = *past;
    struct result_comparison all;
    struct base_why why;
    now.rounds = pair->later;
    const struct result_compare_options options = { .confidence = CONFIDENCE,
                                                    .residual = residual_of,
                                                    .residual_context = &now };
    if (result_compare(baseline, current, &options, &all, &why) != BASE_OK)
        return false;
    const struct result_compared *item = &all.items[0];
    const double error = log(item->ratio.value / truths[pair->change]);
    tally->count++;
    tally->slower += item->change == RESULT_CHANGE_SLOWER;
    tally->faster += item->change == RESULT_CHANGE_FASTER;
    tally->half += log(item->ratio.high / item->ratio.low) / 2;
    tally->square += error * error;
    const double raw_error = raw_of(current) - raw_of(baseline) - log(truths[pair->change]);
    tally->raw_square += raw_error * raw_error;
    if (study->options.csv != NULL)
        fprintf(study->options.csv, "%zu,%zu,%s,%s,%s,%s,%d,%.6g,%.6g,%.6g,%s,%s\n", pair->round,
                pair->later, stored_cases[past->kernel]->name, change_names[pair->change],
                condition_names[pair->from], condition_names[pair->to], past->is_long,
                item->ratio.value, item->ratio.low, item->ratio.high,
                result_change_text(item->change), item->metric);
    result_comparison_done(&all);
    return true;
}

static void print_row(const struct past *past, size_t change, bool is_alike,
                      const struct tally *tally)
{
    const size_t found = change == 0 ? tally->slower + tally->faster : tally->slower;
    const struct stats_interval share = stats_interval_wilson(found, tally->count, 0.95);
    const double n = (double)tally->count;
    printf("| %s | %s | %s | %s | %zu/%zu = %.0f %% (%.0f–%.0f) | %zu | ±%.2f %% | %.2f %% | %.2f "
           "%% |\n",
           stored_cases[past->kernel]->name, change_names[change], is_alike ? "alike" : "differs",
           past->is_long ? "learned" : "assumed", found, tally->count, 100 * share.value,
           100 * share.low, 100 * share.high, change == 0 ? 0 : tally->faster,
           100 * tally->half / n, 100 * sqrt(tally->square / n), 100 * sqrt(tally->raw_square / n));
}

/* All pairs of rounds far enough apart, in both orders of the conditions. */
static bool compare_row(struct study *study, const struct past *past, size_t change, bool is_alike)
{
    struct tally tally = { 0 };
    for (size_t round = 0; round < study->options.rounds; round++)
        for (size_t later = round + study->options.lag; later < study->options.rounds; later++)
            for (size_t from = 0; from < CONDITIONS; from++) {
                const struct pair pair = { change, from, is_alike ? from : 1 - from, round, later };
                if (!compare(study, past, &pair, &tally))
                    return false;
            }
    print_row(past, change, is_alike, &tally);
    return true;
}

static bool compare_all(struct study *study, const struct past *past)
{
    for (size_t change = 0; change < CHANGES; change++)
        if (!compare_row(study, past, change, true) || !compare_row(study, past, change, false))
            return false;
    return true;
}

static bool print_all(struct study *study)
{
    if (study->options.csv != NULL)
        fprintf(study->options.csv,
                "round,later,kernel,change,baseline,current,is_learned,ratio,low,"
                "high,verdict,metric\n");
    printf("| kernel | change | load | residual | found | as faster | mean half width | rms error "
           "| rms error of raw times |\n|---|---|---|---|---|---|---|---|---|\n");
    const int most = study->options.from != NULL ? 1 : 2; /* recorded runs taught nothing */
    for (int is_long = 0; is_long < most; is_long++)
        for (size_t kernel = 0; kernel < STORED_KERNELS; kernel++)
            if (study->runs[kernel][0][0][0].case_count > 0 && /* an older recording has fewer */
                !compare_all(study, &(struct past){ study, kernel, 0, is_long != 0 }))
                return false;
    return true;
}

/* --- command line -------------------------------------------------------------------------- */

static bool parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        { "rounds", required_argument, NULL, 'r' }, { "lag", required_argument, NULL, 'l' },
        { "time", required_argument, NULL, 't' },   { "processes", required_argument, NULL, 'p' },
        { "core", required_argument, NULL, 'c' },   { "csv", required_argument, NULL, 'o' },
        { "budget", required_argument, NULL, 'b' }, { "from", required_argument, NULL, 'f' },
        { "record", required_argument, NULL, 'w' }, { NULL, 0, NULL, 0 }
    };
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        uint64_t value = 0;
        struct base_why why = { .text = "wrong usage" };
        base_err err = BASE_OK;
        if (letter == 't')
            err = base_units_parse_time(optarg, &options->measurement_ns, &why);
        else if (letter == 'b')
            err = base_units_parse_time(optarg, &options->budget_ns, &why);
        else if (letter == 'o')
            options->csv = fopen(optarg, "w");
        else if (letter == 'f')
            options->from = fopen(optarg, "r");
        else if (letter == 'w')
            options->record = fopen(optarg, "w");
        else if (letter != '?')
            err = base_units_parse_count(optarg, letter == 'c' ? 0 : 1, ROUNDS_MAX, &value, &why);
        if (letter == '?' || err != BASE_OK || (letter == 'o' && options->csv == NULL) ||
            (letter == 'f' && options->from == NULL) ||
            (letter == 'w' && options->record == NULL)) {
            fprintf(stderr, "accuracy stored: %s\n", why.text);
            return false;
        }
        uint32_t *const to = letter == 'r'   ? &options->rounds
                             : letter == 'l' ? &options->lag
                             : letter == 'p' ? &options->processes
                             : letter == 'c' ? &options->core
                                             : NULL;
        if (to != NULL)
            *to = (uint32_t)value;
    }
    return true;
}

int stored_main(int argc, char **argv)
{
    if (bench_worker_wanted(argc, argv))
        return bench_worker_main("accuracy", stored_cases, STORED_KERNELS);
    struct study *study = calloc(1, sizeof *study);
    if (study == NULL)
        return 3;
    study->options =
        (struct options){ .rounds = 20, .lag = 2, .processes = 10, .measurement_ns = 2000000000 };
    study->estimate = (struct stats_estimate_options){ .confidence = CONFIDENCE, .seed = 1 };
    if (!parse(argc, argv, &study->options))
        return 2;
    study->estimate.residual_core_share = STATS_RESIDUAL_CORE_ASSUMED;
    study->estimate.residual_memory_share = STATS_RESIDUAL_MEMORY_ASSUMED;
    const bool is_there =
        study->options.from != NULL ? read_all(study) : calibrate(study) && measure_all(study);
    const bool is_fine = is_there && print_all(study);
    FILE *const files[] = { study->options.csv, study->options.record, study->options.from };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i] != NULL)
            fclose(files[i]);
    for (size_t k = 0; k < STORED_KERNELS; k++)
        for (size_t w = 0; w < CHANGES; w++)
            for (size_t c = 0; c < CONDITIONS; c++)
                for (size_t r = 0; r < ROUNDS_MAX; r++)
                    result_run_done(&study->runs[k][w][c][r]);
    free(study);
    return is_fine ? 0 : 3;
}
