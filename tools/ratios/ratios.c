/* ratios.c - how much faster than the peer, in one interleaved run. For each pair of cases a fresh
 * process of one and a fresh process of the other are measured in turn on one core (with
 * --unpinned on any: of cases whose threads or processes talk to each other one core would measure
 * the scheduler), in random order within a round; the ratio is the mean of the rounds' log ratios
 * of medians, with Student's interval over the rounds. What the host does in a round happens to
 * both. Prints one Markdown table.
 *
 * Usage: ratios [--rounds N] [--time TIME] [--core N | --unpinned] --pairs FILE PROGRAM
 * A line of FILE: CASE PEER GOAL WORDS...   ('#' begins a comment; GOAL is the ratio aimed at)
 */
#define _GNU_SOURCE
#include <base/buf.h>
#include <base/rng.h>
#include <base/units.h>
#include <bench/drive.h>
#include <stats/interval.h>
#include <stats/summary.h>

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 200, FILE_MAX = 1 << 20, ID_SIZE = 256 };

struct options {
    uint32_t rounds, core;
    bool has_core, is_unpinned;
    uint64_t round_ns; /* of one process */
    const char *pairs;
    const char *program;
};

struct pair {
    char ids[2][ID_SIZE];
    double goal;
    const char *words;
};

/* "name:param=value,param=value" taken apart in place. */
static struct bench_target target_of(char *text, const char *id)
{
    struct bench_target target = { .name = text };
    snprintf(text, ID_SIZE, "%s", id);
    snprintf(target.id, sizeof target.id, "%s", id);
    char *rest = strchr(text, ':');
    if (rest != NULL)
        *rest++ = '\0';
    for (char *item = NULL; (item = strsep(&rest, ",")) != NULL;) {
        char *equals = strchr(item, '=');
        if (equals == NULL || target.arg_count >= BENCH_PARAM_MAX)
            break;
        *equals = '\0';
        target.args[target.arg_count++] = (struct bench_arg){ item, equals + 1 };
    }
    return target;
}

/* Median time per item of one fresh process; NaN with a message when it fails. */
static double measure(const struct options *options, const char *id, uint64_t seed)
{
    char text[ID_SIZE];
    const struct bench_target target = target_of(text, id);
    const char *const argv[] = { options->program, NULL };
    const struct bench_launch launch = { argv, NULL };
    const struct bench_plan plan = { .measurement_ns = options->round_ns,
                                     .warm_up_ns = options->round_ns / 3,
                                     .processes = 1,
                                     .sample_size = 20,
                                     .seed = seed,
                                     .cpus = &options->core,
                                     .cpu_count = options->is_unpinned ? 0 : 1,
                                     .is_without_references = true };
    struct bench_record record;
    double out = NAN;
    if (bench_drive_case(&launch, &plan, &target, NULL, NULL, &record) == BASE_OK) {
        struct bench_process *process = &record.processes[0];
        for (size_t i = 0; i < process->batch_count; i++)
            process->ns[i] /= (double)process->counts[i];
        stats_sort(process->ns, process->batch_count);
        out = stats_median_sorted(process->ns, process->batch_count);
    } else {
        fprintf(stderr, "ratios: %s: %s\n", id, record.why.text);
    }
    bench_record_done(&record);
    return out;
}

static bool measure_pair(const struct options *options, const struct pair *pair)
{
    double logs[ROUNDS_MAX];
    double times[2][ROUNDS_MAX];
    struct base_rng rng;
    base_rng_init(&rng, 7);
    for (uint32_t round = 0; round < options->rounds; round++) {
        const unsigned first = (unsigned)base_rng_below(&rng, 2);
        for (unsigned i = 0; i < 2; i++) {
            const unsigned side = first ^ i;
            times[side][round] = measure(options, pair->ids[side], round + 1);
            if (isnan(times[side][round]))
                return false;
        }
        logs[round] = log(times[0][round] / times[1][round]);
    }
    const struct stats_interval ratio = stats_interval_t(logs, options->rounds, 0.95);
    char ours[BASE_UNITS_TEXT_SIZE], peer[BASE_UNITS_TEXT_SIZE];
    stats_sort(times[0], options->rounds);
    stats_sort(times[1], options->rounds);
    const char *verdict = exp(ratio.high) <= pair->goal ? "reached"
                          : exp(ratio.low) > pair->goal ? "not reached"
                                                        : "undecided";
    printf("| %s | `%s` | %s | %s | %.3f (%.3f–%.3f) | ≤ %.3g | %s |\n", pair->words, pair->ids[0],
           base_units_print_time(stats_median_sorted(times[0], options->rounds), 3, ours),
           base_units_print_time(stats_median_sorted(times[1], options->rounds), 3, peer),
           exp(ratio.value), exp(ratio.low), exp(ratio.high), pair->goal, verdict);
    fflush(stdout);
    return true;
}

static bool parse_pair(char *line, struct pair *pair)
{
    int used = 0;
    const int got =
        sscanf(line, "%255s %255s %lf %n", pair->ids[0], pair->ids[1], &pair->goal, &used);
    pair->words = line + used;
    return got == 3 && pair->goal > 0;
}

static int run(const struct options *options)
{
    struct base_buf buf = { 0 };
    struct base_why why = { 0 };
    if (base_buf_read_file(&buf, options->pairs, FILE_MAX, &why) != BASE_OK) {
        fprintf(stderr, "ratios: %s\n", why.text);
        return 2;
    }
    printf("| what | case | ours | peer | ours / peer (95 %%) | goal | "
           "|\n|---|---|---|---|---|---|---|\n");
    int status = 0;
    unsigned number = 0;
    char *rest = (char *)(uintptr_t)base_buf_text(&buf);
    for (char *line = NULL; (line = strsep(&rest, "\n")) != NULL;) {
        struct pair pair;
        number++;
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (!parse_pair(line, &pair)) {
            fprintf(stderr, "ratios: %s:%u: expected CASE PEER GOAL WORDS\n", options->pairs,
                    number);
            status = 2;
            break;
        }
        status = measure_pair(options, &pair) ? status : 3;
    }
    base_buf_done(&buf);
    return status;
}

static base_err take(int letter, struct options *options, struct base_why *why)
{
    uint64_t value = 0;
    base_err err = BASE_OK;
    if (letter == 'p')
        options->pairs = optarg;
    else if (letter == 'u')
        options->is_unpinned = true;
    else if (letter == 't')
        err = base_units_parse_time(optarg, &options->round_ns, why);
    else
        err = base_units_parse_count(optarg, letter == 'r' ? 2 : 0, ROUNDS_MAX, &value, why);
    if (err == BASE_OK && letter == 'r')
        options->rounds = (uint32_t)value;
    if (err == BASE_OK && letter == 'c') {
        options->core = (uint32_t)value;
        options->has_core = true;
    }
    if (err == BASE_OK && options->has_core && options->is_unpinned)
        err = base_fail(why, BASE_EINVALID, 0, "--core and --unpinned exclude each other");
    return err;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        { "rounds", required_argument, NULL, 'r' }, { "time", required_argument, NULL, 't' },
        { "core", required_argument, NULL, 'c' },   { "unpinned", no_argument, NULL, 'u' },
        { "pairs", required_argument, NULL, 'p' },  { NULL, 0, NULL, 0 }
    };
    struct options options = { .rounds = 20, .round_ns = 100000000 };
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        struct base_why why = { 0 };
        if (letter == '?' || take(letter, &options, &why) != BASE_OK) {
            fprintf(stderr, "ratios: %s\n", letter == '?' ? "wrong usage" : why.text);
            return 2;
        }
    }
    if (optind + 1 != argc || options.pairs == NULL) {
        fprintf(stderr,
                "Usage: ratios [--rounds N] [--time TIME] [--core N | --unpinned] --pairs FILE "
                "PROGRAM\n");
        return 2;
    }
    options.program = argv[optind];
    return run(&options);
}
