/* peers_tools.c - each tool as its manual says, with ten repetitions a side: google/benchmark's
 * compare.py asks for at least nine, hyperfine's default is at least ten. */
#define _GNU_SOURCE
#include "peers_tools.h"

#include "command.h"
#include "ours.h"

#include <stats/distribution.h>
#include <stats/sequential.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPETITIONS = 10, FILE_SIZE_MAX = 1 << 24, SLACK = 10, PATH_SIZE = ROUNDS_PATH_SIZE + 64 };
static const double ALPHA = 0.05; /* the default of compare.py; used for hyperfine too */
static const char compare_py[] = "/usr/share/benchmark/compare.py";

const struct peers_rule peers_rules[] = {
    { "google time", "google/benchmark compare.py, U test of real time" },
    { "google cpu", "google/benchmark compare.py, U test of CPU time" },
    { "hyperfine welch", "hyperfine, Welch's t test" },
    { "hyperfine sigma", "hyperfine, mean ± σ apart" },
    { "ours alpha 0.05", "bpi-perf compare, α = 0.05, threshold 0" },
    { "ours", "bpi-perf compare, threshold 0" },
};

static const char *verdict_text(bool is_changed, double ratio)
{
    return !is_changed ? "none" : ratio > 1 ? "slower" : "faster";
}

static void put(json_t *found, const char *key, bool is_changed, double ratio, double p,
                double seconds)
{
    json_object_set_new(found, key,
                        json_pack("{ss sf sf sf}", "verdict", verdict_text(is_changed, ratio),
                                  "ratio", ratio, "p", isfinite(p) ? p : 1.0, "seconds", seconds));
}

/* Run; a status other than 0 is a failure with what the program said last. */
static bool run(const struct rounds *rounds, const char *const *argv, double *seconds,
                struct base_why *why)
{
    const struct command command = { argv, SLACK * rounds->budget_ns + 60000000000u,
                                     &rounds_interrupted };
    struct command_end end;
    base_err err = command_run(&command, &end, why);
    *seconds += end.seconds;
    if (err == BASE_OK && end.status != 0) {
        const size_t size = end.errors.size < 200 ? end.errors.size : 200;
        err = base_fail(why, BASE_ECRASHED, 0, "'%s' ended with status %d: %.*s", argv[0],
                        end.status, (int)size,
                        size > 0 ? (const char *)end.errors.data + end.errors.size - size : "");
    }
    command_end_done(&end);
    return err == BASE_OK;
}

static json_t *load(const char *path, struct base_why *why)
{
    json_error_t error;
    json_t *document = json_load_file(path, 0, &error);
    if (document == NULL)
        base_fail(why, BASE_EPARSE, 0, "%s: %s", path, error.text);
    return document;
}

struct folder { /* of one comparison's files */
    char path[64], a[80], b[80], out[80];
};

static bool folder_make(struct folder *folder, struct base_why *why)
{
    strcpy(folder->path, "/tmp/accuracy.XXXXXX");
    if (mkdtemp(folder->path) == NULL) {
        base_fail(why, BASE_EIO, 0, "cannot make a folder in /tmp");
        return false;
    }
    snprintf(folder->a, sizeof folder->a, "%s/a.json", folder->path);
    snprintf(folder->b, sizeof folder->b, "%s/b.json", folder->path);
    snprintf(folder->out, sizeof folder->out, "%s/out.json", folder->path);
    return true;
}

static void folder_remove(const struct folder *folder)
{
    unlink(folder->a);
    unlink(folder->b);
    unlink(folder->out);
    rmdir(folder->path);
}

static bool google_side(const struct rounds *rounds, const struct rounds_cell *cell, bool is_b,
                        const char *path, double *seconds, struct base_why *why)
{
    char program[PATH_SIZE], core[16], extra[16], filter[64], time[64], out[128], count[64];
    snprintf(program, sizeof program, "%s/accuracy_google_%c", rounds->beside, is_b ? 'b' : 'a');
    snprintf(core, sizeof core, "%u", rounds->core);
    snprintf(extra, sizeof extra, "%u", is_b ? rounds_extras[cell->extra] : 0);
    snprintf(filter, sizeof filter, "--benchmark_filter=^%s$", rounds_kernel_names[cell->kernel]);
    snprintf(time, sizeof time, "--benchmark_min_time=%.4f",
             (double)rounds->budget_ns * 1e-9 / 2 / REPETITIONS);
    snprintf(count, sizeof count, "--benchmark_repetitions=%d", REPETITIONS);
    snprintf(out, sizeof out, "--benchmark_out=%s", path);
    if (access(program, X_OK) != 0) {
        base_fail(why, BASE_ENOTFOUND, 0,
                  "%s was not built: install libbenchmark-dev and a C++ compiler, build again",
                  program);
        return false;
    }
    const char *const argv[] = { "taskset", "-c", core,  program, extra,
                                 filter,    time, count, out,     "--benchmark_out_format=json",
                                 NULL };
    return run(rounds, argv, seconds, why);
}

/* The p-values of compare.py, and the ratio of the medians it shows. */
static bool google_judge(const struct folder *folder, const char *kernel, double seconds,
                         json_t *found, struct base_why *why)
{
    json_t *document = load(folder->out, why), *one = NULL;
    if (document == NULL)
        return false;
    json_t *list = json_is_array(document) ? document : json_object_get(document, "benchmarks");
    size_t index = 0;
    bool is_fine = false;
    json_array_foreach(list, index, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        json_t *utest = json_object_get(one, "utest"), *times = NULL;
        size_t place = 0;
        if (name == NULL || strcmp(name, kernel) != 0 || json_object_size(utest) == 0)
            continue;
        double real = 0, other = 0, cpu = 0, cpu_other = 0;
        json_array_foreach(json_object_get(one, "measurements"), place, times)
        {
            real += json_number_value(json_object_get(times, "real_time"));
            other += json_number_value(json_object_get(times, "real_time_other"));
            cpu += json_number_value(json_object_get(times, "cpu_time"));
            cpu_other += json_number_value(json_object_get(times, "cpu_time_other"));
        }
        const double p = json_number_value(json_object_get(utest, "time_pvalue"));
        const double p_cpu = json_number_value(json_object_get(utest, "cpu_pvalue"));
        put(found, "google time", p < ALPHA, other / real, p, seconds);
        put(found, "google cpu", p_cpu < ALPHA, cpu_other / cpu, p_cpu, seconds);
        is_fine = true;
    }
    json_decref(document);
    if (!is_fine)
        base_fail(why, BASE_ENOTFOUND, 0, "compare.py gave no U test about %s", kernel);
    return is_fine;
}

static bool google(const struct rounds *rounds, const struct rounds_cell *cell, json_t *found,
                   struct base_why *why)
{
    struct folder folder;
    double seconds = 0, judging = 0;
    if (!folder_make(&folder, why))
        return false;
    const char *const argv[] = { "/usr/bin/python3", compare_py, "-d",     folder.out,
                                 "benchmarks",       folder.a,   folder.b, NULL };
    const bool is_fine =
        google_side(rounds, cell, false, folder.a, &seconds, why) &&
        google_side(rounds, cell, true, folder.b, &seconds, why) &&
        run(rounds, argv, &judging, why) &&
        google_judge(&folder, rounds_kernel_names[cell->kernel], seconds, found, why);
    folder_remove(&folder);
    return is_fine;
}

struct moments {
    double mean, variance, count;
};

static struct moments moments_of(const json_t *times)
{
    struct moments m = { .count = (double)json_array_size(times) };
    for (size_t i = 0; i < json_array_size(times); i++)
        m.mean += json_number_value(json_array_get(times, i)) / m.count;
    for (size_t i = 0; i < json_array_size(times); i++) {
        const double off = json_number_value(json_array_get(times, i)) - m.mean;
        m.variance += off * off / (m.count - 1);
    }
    return m;
}

/* Welch's t test with Satterthwaite's degrees of freedom, two-sided.
 * Source   Welch, Biometrika 34 (1947) 28-35 */
static double welch_p(const struct moments *a, const struct moments *b)
{
    const double ea = a->variance / a->count, eb = b->variance / b->count;
    const double t = fabs(a->mean - b->mean) / sqrt(ea + eb);
    const double df = (ea + eb) * (ea + eb) / (ea * ea / (a->count - 1) + eb * eb / (b->count - 1));
    return 2 * stats_student_cdf(-t, df);
}

static bool hyperfine_judge(const struct folder *folder, double seconds, json_t *found,
                            struct base_why *why)
{
    json_t *document = load(folder->out, why);
    const json_t *results = json_object_get(document, "results");
    const json_t *times[2];
    for (size_t i = 0; i < 2; i++)
        times[i] = json_object_get(json_array_get(results, i), "times");
    const bool is_fine = json_array_size(times[0]) > 1 && json_array_size(times[1]) > 1;
    if (is_fine) {
        const struct moments a = moments_of(times[0]), b = moments_of(times[1]);
        const double p = welch_p(&a, &b), ratio = b.mean / a.mean;
        const bool is_apart = fabs(a.mean - b.mean) > sqrt(a.variance) + sqrt(b.variance);
        put(found, "hyperfine welch", p < ALPHA, ratio, p, seconds);
        put(found, "hyperfine sigma", is_apart, ratio, p, seconds);
    } else if (document != NULL) {
        base_fail(why, BASE_ENOTFOUND, 0, "hyperfine gave no times of two commands");
    }
    json_decref(document);
    return is_fine;
}

static bool hyperfine(const struct rounds *rounds, const struct rounds_cell *cell, json_t *found,
                      struct base_why *why)
{
    static const double item_ns[ROUNDS_KERNELS] = { 1100, 15000, 15000 }; /* about */
    struct folder folder;
    char a[PATH_SIZE + 64], b[PATH_SIZE + 64], core[16], runs[16];
    double seconds = 0;
    if (!folder_make(&folder, why))
        return false;
    const char *kernel = rounds_kernel_names[cell->kernel];
    const double items =
        fmax(1, (double)rounds->budget_ns / 2 / REPETITIONS / item_ns[cell->kernel]);
    snprintf(core, sizeof core, "%u", rounds->core);
    snprintf(runs, sizeof runs, "%d", REPETITIONS);
    snprintf(a, sizeof a, "%s/accuracy_fixed_a %s %.0f 0", rounds->beside, kernel, items);
    snprintf(b, sizeof b, "%s/accuracy_fixed_b %s %.0f %u", rounds->beside, kernel, items,
             rounds_extras[cell->extra]);
    const char *const argv[] = { "taskset",  "-c",   core,     "hyperfine", "--shell=none",
                                 "--style",  "none", "--runs", runs,        "--export-json",
                                 folder.out, a,      b,        NULL };
    const bool is_fine =
        run(rounds, argv, &seconds, why) && hyperfine_judge(&folder, seconds, found, why);
    folder_remove(&folder);
    return is_fine;
}

/* The verdict at `alpha` (0: the default) over all pairs. */
static bool ours_judge(json_t *one, const char *key, double alpha, json_t *found)
{
    static struct stats_sequential sequential;
    const struct stats_sequential_options options = { .alpha = alpha };
    const json_t *values = json_object_get(one, "ln_ratios");
    bool is_fine = stats_sequential_init(&sequential, &options) == BASE_OK;
    for (size_t i = 0; is_fine && i < json_array_size(values); i++)
        is_fine = stats_sequential_add(&sequential, json_number_value(json_array_get(values, i))) ==
                  BASE_OK;
    if (!is_fine || json_array_size(values) == 0 ||
        stats_sequential_look(&sequential, true) != BASE_OK)
        return false;
    const struct stats_look *look = &sequential.look;
    put(found, key, look->verdict == STATS_VERDICT_SLOWER || look->verdict == STATS_VERDICT_FASTER,
        exp(look->estimate), look->p_equal, json_number_value(json_object_get(one, "wall")));
    return true;
}

static bool ours(const struct rounds *rounds, const struct rounds_cell *cell, json_t *found,
                 struct base_why *why)
{
    static const char *const options[] = { "--threshold", "0", "--no-early-stop", NULL };
    json_t *one = ours_compare(rounds, cell, options, why);
    const bool is_fine = one != NULL && ours_judge(one, "ours alpha 0.05", ALPHA, found) &&
                         ours_judge(one, "ours", 0, found);
    if (is_fine)
        json_object_set(found, "ln_ratios", json_object_get(one, "ln_ratios"));
    else if (one != NULL)
        base_fail(why, BASE_ENOTFOUND, 0, "bpi-perf gave no pairs");
    json_decref(one);
    return is_fine;
}

const struct peers_tool peers_tools[] = {
    { "google/benchmark", google },
    { "hyperfine", hyperfine },
    { "bpi-perf", ours },
};
