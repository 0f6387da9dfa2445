/* main.c - the command line of a program that was made with bench.h: a short form of bpi-perf's for
 * one program. It starts itself as the worker, so nothing is measured in this process. */
#define _GNU_SOURCE
#include <bench/bench.h>

#include <base/units.h>
#include <bench/drive.h>
#include <bench/worker.h>
#include <stats/estimate.h>

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FINE, EXIT_WRONG, EXIT_USAGE, EXIT_UNMEASURED, GIVEN_MAX = 32, CPU_MAX = 64 };

struct options {
    struct bench_plan plan;
    uint32_t cpus[CPU_MAX];
    struct bench_arg given[GIVEN_MAX];
    size_t given_count;
    double confidence;
    bool is_json, is_list, is_quiet;
    const char *const *filters;
    size_t filter_count;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static const char help_text[] =
    "Usage: %s [OPTIONS] [FILTER...]\n"
    "Measure the cases of this program whose id contains a FILTER (or matches it as a glob).\n\n"
    "  --list                   list the cases and stop\n"
    "  --arg NAME=VALUES        give a parameter values: 1,10 or 1..1024*4 (repeatable)\n"
    "  --measurement-time TIME  time for one case [3s]\n"
    "  --warm-up TIME           at most so much warm-up for one case [1s]\n"
    "  --sample-size N          at least N batches [100]\n"
    "  --iterations N           at least N items\n"
    "  --processes N            fresh processes for each case [10]\n"
    "  --threads N              threads that run the case at once [1]\n"
    "  --timeout TIME           limit for one case [2min]\n"
    "  --confidence LEVEL       of the intervals [0.95]\n"
    "  --cpu-affinity LIST      bind the workers: 0,1\n"
    "  --seed N                 of data and order [1]\n"
    "  --instructions           count instructions under callgrind too\n"
    "  --json                   one JSON object a line instead of a table\n"
    "  --quiet                  no progress line\n"
    "  --worker                 serve bpi-perf (docs/worker-protocol.md)\n\n"
    "Exit status: 0 fine, 1 a check failed, 2 wrong usage, 3 a case could not be measured.\n";

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "list", no_argument, NULL, 'l' },
    { "arg", required_argument, NULL, 'a' },
    { "measurement-time", required_argument, NULL, 'm' },
    { "warm-up", required_argument, NULL, 'w' },
    { "sample-size", required_argument, NULL, 's' },
    { "iterations", required_argument, NULL, 'i' },
    { "processes", required_argument, NULL, 'p' },
    { "threads", required_argument, NULL, 't' },
    { "timeout", required_argument, NULL, 'T' },
    { "confidence", required_argument, NULL, 'c' },
    { "cpu-affinity", required_argument, NULL, 'A' },
    { "seed", required_argument, NULL, 'S' },
    { "instructions", no_argument, NULL, 'I' },
    { "json", no_argument, NULL, 'j' },
    { "quiet", no_argument, NULL, 'q' },
    { NULL, 0, NULL, 0 },
};

static base_err parse_count32(const char *text, uint32_t low, uint32_t high, uint32_t *out,
                              struct base_why *why)
{
    uint64_t value = 0;
    const base_err err = base_units_parse_count(text, low, high, &value, why);
    if (err == BASE_OK)
        *out = (uint32_t)value;
    return err;
}

static base_err parse_cpus(char *text, struct options *options, struct base_why *why)
{
    options->plan.cpus = options->cpus;
    base_err err = BASE_OK;
    for (char *item = NULL; err == BASE_OK && (item = strsep(&text, ",")) != NULL;) {
        if (options->plan.cpu_count >= CPU_MAX)
            return base_fail(why, BASE_EFULL, 0, "more than %d processors", CPU_MAX);
        err = parse_count32(item, 0, 1023, &options->cpus[options->plan.cpu_count++], why);
    }
    return err;
}

static base_err parse_arg(char *text, struct options *options, struct base_why *why)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return base_fail(why, BASE_EPARSE, 0, "'%s' is not NAME=VALUES", text);
    if (options->given_count >= GIVEN_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d of them", GIVEN_MAX);
    *equals = '\0';
    options->given[options->given_count++] = (struct bench_arg){ text, equals + 1 };
    return BASE_OK;
}

static base_err take_option(int letter, char *text, struct options *options, struct base_why *why)
{
    struct bench_plan *plan = &options->plan;
    switch (letter) {
    case 'l':
        options->is_list = true;
        return BASE_OK;
    case 'j':
        options->is_json = true;
        return BASE_OK;
    case 'q':
        options->is_quiet = true;
        return BASE_OK;
    case 'I':
        plan->is_counting_instructions = true;
        return BASE_OK;
    case 'a':
        return parse_arg(text, options, why);
    case 'A':
        return parse_cpus(text, options, why);
    case 'm':
        return base_units_parse_time(text, &plan->measurement_ns, why);
    case 'w':
        return base_units_parse_time(text, &plan->warm_up_ns, why);
    case 'T':
        return base_units_parse_time(text, &plan->timeout_ns, why);
    case 's':
        return parse_count32(text, 1, 1000000, &plan->sample_size, why);
    case 'p':
        return parse_count32(text, 1, BENCH_PROCESS_MAX, &plan->processes, why);
    case 't':
        return parse_count32(text, 1, 256, &plan->threads, why);
    case 'i':
        return base_units_parse_count(text, 1, UINT64_C(1) << 50, &plan->iterations, why);
    case 'S':
        return base_units_parse_count(text, 1, UINT64_C(1) << 62, &plan->seed, why);
    default:
        return base_units_parse_number(text, 0.5, 0.9999, &options->confidence, why);
    }
}

/* Returns -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    int letter = 0;
    int index = 0;
    while ((letter = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
        struct base_why why = { 0 };
        if (letter == 'h') {
            printf(help_text, argv[0]);
            return EXIT_FINE;
        }
        if (letter == '?')
            return EXIT_USAGE;
        if (take_option(letter, optarg, options, &why) != BASE_OK) {
            fprintf(stderr, "%s: --%s: %s\n", argv[0], long_options[index].name, why.text);
            return EXIT_USAGE;
        }
    }
    options->filters = (const char *const *)argv + optind;
    options->filter_count = (size_t)(argc - optind);
    return -1;
}

static bool is_wanted(const struct options *options, const struct bench_target *target)
{
    if (options->filter_count == 0)
        return strncmp(target->name, "reference/", 10) != 0;
    for (size_t i = 0; i < options->filter_count; i++)
        if (bench_target_matches(target, options->filters[i]))
            return true;
    return false;
}

static base_err estimate_record(const struct bench_record *record, double confidence,
                                struct stats_estimate *out)
{
    struct stats_batches *batches = calloc(record->process_count, sizeof *batches);
    if (batches == NULL)
        return BASE_ENOMEM;
    for (size_t p = 0; p < record->process_count; p++) {
        const struct bench_process *process = &record->processes[p];
        batches[p] =
            (struct stats_batches){ process->batch_count, process->counts,    process->ns,
                                    process->core_ns,     process->memory_ns, process->wide_ns,
                                    process->cache_ns };
    }
    const struct stats_estimate_options options = { .confidence = confidence, .seed = 1 };
    const base_err err = stats_estimate_of(batches, record->process_count, &options, NULL, out);
    free(batches);
    return err;
}

static void set_interval(json_t *object, const char *name, struct stats_interval interval)
{
    if (!isfinite(interval.value))
        return;
    json_t *value = json_pack("{s:f}", "value", interval.value);
    if (isfinite(interval.low) && isfinite(interval.high)) {
        json_object_set_new(value, "low", json_real(interval.low));
        json_object_set_new(value, "high", json_real(interval.high));
    }
    json_object_set_new(object, name, value);
}

static void print_json(const struct bench_record *record, const struct stats_estimate *estimate)
{
    json_t *line = json_pack("{s:s}", "id", record->target.id);
    if (record->err != BASE_OK)
        json_object_set_new(line, "error", json_string(record->why.text));
    if (estimate != NULL) {
        set_interval(line, "median_ns", estimate->median_ns);
        set_interval(line, "mean_ns", estimate->mean_ns);
        set_interval(line, "slope_ns", estimate->slope_ns);
        json_object_set_new(line, "processes", json_integer((json_int_t)record->process_count));
        json_object_set_new(line, "bytes_per_item", json_real(record->bytes_per_item));
        json_t *counters = json_object();
        for (size_t i = 0; i < record->counter_count; i++)
            json_object_set_new(counters, record->counters[i].name,
                                json_real(record->counters[i].per_item));
        json_object_set_new(line, "counters", counters);
    }
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12));
    printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(line);
}

static void print_row(const struct bench_record *record, const struct stats_estimate *estimate)
{
    if (estimate == NULL) {
        printf("%-40s %s\n", record->target.id, record->why.text);
        return;
    }
    char value[BASE_UNITS_TEXT_SIZE], low[BASE_UNITS_TEXT_SIZE], high[BASE_UNITS_TEXT_SIZE];
    char rate[BASE_UNITS_TEXT_SIZE] = "";
    const double ns = estimate->median_ns.value;
    if (record->bytes_per_item > 0 && ns > 0) {
        base_units_print_size(record->bytes_per_item * record->threads * 1e9 / ns, 3, rate);
        strcat(rate, "/s");
    }
    printf("%-40s %12s  [%s .. %s]  %s\n", record->target.id, base_units_print_time(ns, 4, value),
           base_units_print_time(estimate->median_ns.low, 4, low),
           base_units_print_time(estimate->median_ns.high, 4, high), rate);
}

static void show_progress(void *context, const struct bench_progress *progress)
{
    (void)context;
    char item[BASE_UNITS_TEXT_SIZE];
    fprintf(stderr, "\r\033[K%.40s  process %u/%u  %s", progress->id, progress->process + 1,
            progress->processes, base_units_print_time(progress->item_ns, 4, item));
}

static int measure_target(const struct bench_launch *launch, const struct options *options,
                          const struct bench_target *target)
{
    struct bench_record record;
    const bool is_shown = !options->is_quiet && isatty(STDERR_FILENO);
    const base_err err = bench_drive_case(launch, &options->plan, target,
                                          is_shown ? show_progress : NULL, NULL, &record);
    if (is_shown)
        fputs("\r\033[K", stderr);
    struct stats_estimate estimate;
    const bool has_estimate =
        err == BASE_OK && estimate_record(&record, options->confidence, &estimate) == BASE_OK;
    (options->is_json ? print_json : print_row)(&record, has_estimate ? &estimate : NULL);
    fflush(stdout);
    bench_record_done(&record);
    return err == BASE_EWRONG ? EXIT_WRONG : has_estimate ? EXIT_FINE : EXIT_UNMEASURED;
}

static int run(const struct bench_launch *launch, const struct options *options,
               struct base_arena *arena, struct base_why *why)
{
    struct bench_listed *listed = NULL;
    size_t count = 0;
    if (bench_drive_list(launch, arena, &listed, &count, why) != BASE_OK)
        return EXIT_UNMEASURED;
    int status = EXIT_FINE;
    size_t measured = 0;
    for (size_t i = 0; i < count && !interrupted; i++) {
        struct bench_target *targets = NULL;
        size_t target_count = 0;
        if (bench_drive_expand(&listed[i], options->given, options->given_count, arena, &targets,
                               &target_count, why) != BASE_OK)
            continue; /* an argument that this case does not have */
        for (size_t t = 0; t < target_count && !interrupted; t++) {
            if (!is_wanted(options, &targets[t]))
                continue;
            measured++;
            if (options->is_list)
                printf("%s\n", targets[t].id);
            const int one = options->is_list ? 0 : measure_target(launch, options, &targets[t]);
            status = one > status ? one : status;
        }
    }
    if (measured == 0) {
        if (why->text[0] == '\0')
            base_fail(why, BASE_ENOTFOUND, 0, "no case matches");
        return EXIT_USAGE;
    }
    why->text[0] = '\0';
    return interrupted ? 130 : status;
}

int bench_main(int argc, char **argv, const struct bench_case *const *cases, size_t case_count)
{
    const char *slash = strrchr(argv[0], '/');
    if (bench_worker_wanted(argc, argv))
        return bench_worker_main(slash != NULL ? slash + 1 : argv[0], cases, case_count);
    struct options options = { .confidence = 0.95 };
    options.plan.interrupted = &interrupted;
    const int early = parse(argc, argv, &options);
    if (early >= 0)
        return early;
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    const char *const worker[] = { size > 0 ? self : argv[0], NULL };
    const struct bench_launch launch = { worker, worker };
    struct base_arena arena = { 0 };
    struct base_why why = { 0 };
    const int status = run(&launch, &options, &arena, &why);
    if (why.text[0] != '\0')
        fprintf(stderr, "%s: %s\n", argv[0], why.text);
    base_arena_done(&arena);
    return status;
}
