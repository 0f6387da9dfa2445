/* make_run.h - runs built by hand, with known truths and fixed seeds. */
#ifndef TESTS_MAKE_RUN_H
#define TESTS_MAKE_RUN_H

#include <result/run.h>

#include <base/rng.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAKE_CASE_MAX = 256 };

static inline void *make_array(struct result_run *run, size_t count, size_t size)
{
    void *memory = base_arena_array(&run->arena, count, size);
    assert(memory != NULL);
    return memory;
}

static inline void make_run(struct result_run *run, const char *id)
{
    *run = (struct result_run){ .id = id,
                                .command = "bpi-perf benchmark --comprehensive",
                                .started = "2026-11-21T10:00:00.000Z",
                                .ended = "2026-11-21T10:01:12.500Z",
                                .state = "complete",
                                .confidence = 0.95 };
    run->cases = make_array(run, MAKE_CASE_MAX, sizeof *run->cases);
}

static inline struct result_pairs make_pairs(struct result_run *run, size_t count,
                                             const struct result_pair *pairs)
{
    struct result_pair *items = make_array(run, count, sizeof *items);
    memcpy(items, pairs, count * sizeof *items);
    return (struct result_pairs){ items, count };
}

#define MAKE_PAIRS(run, ...)                                                                       \
    make_pairs((run), sizeof((struct result_pair[]){ __VA_ARGS__ }) / sizeof(struct result_pair),  \
               (struct result_pair[]){ __VA_ARGS__ })

static inline struct result_quantities make_quantities(struct result_run *run, size_t count,
                                                       const struct result_quantity *list)
{
    struct result_quantity *items = make_array(run, count, sizeof *items);
    memcpy(items, list, count * sizeof *items);
    return (struct result_quantities){ items, count };
}

#define MAKE_QUANTITIES(run, ...)                                                                  \
    make_quantities(                                                                               \
        (run), sizeof((struct result_quantity[]){ __VA_ARGS__ }) / sizeof(struct result_quantity), \
        (struct result_quantity[]){ __VA_ARGS__ })

/* The arguments of "name:a=1,b=2". */
static inline struct result_pairs make_args(struct result_run *run, const char *id)
{
    struct result_pair *items = make_array(run, 8, sizeof *items);
    struct result_pairs args = { items, 0 };
    const char *at = strchr(id, ':');
    while (at != NULL && args.count < 8) {
        const char *name = at + 1, *equals = strchr(name, '=');
        if (equals == NULL)
            break;
        at = strchr(equals, ',');
        const size_t size = at != NULL ? (size_t)(at - equals - 1) : strlen(equals + 1);
        items[args.count].name = base_arena_text_of(&run->arena, name, (size_t)(equals - name));
        items[args.count++].value = base_arena_text_of(&run->arena, equals + 1, size);
    }
    return args;
}

static inline struct result_estimate make_none(void)
{
    return (struct result_estimate){ NAN, NAN, NAN };
}

/* A case in which everything that can be absent is. */
static inline struct result_case *make_empty_case(struct result_run *run, const char *id)
{
    assert(run->case_count < MAKE_CASE_MAX);
    struct result_case *one = &run->cases[run->case_count++];
    const char *colon = strchr(id, ':'), *slash = strchr(id, '/');
    const size_t name = colon != NULL ? (size_t)(colon - id) : strlen(id);
    *one = (struct result_case){
        .id = id,
        .name = base_arena_text_of(&run->arena, id, name),
        .suite = slash != NULL ? base_arena_text_of(&run->arena, id, (size_t)(slash - id)) : id,
        .args = make_args(run, id),
        .item = "item",
        .status = "ok",
        .threads = 1,
        .reference = "none"
    };
    one->median_ns = one->mean_ns = one->normalised_ns = one->slope_ns = make_none();
    one->stddev_ns = one->mad_ns = one->trimmed_mean_ns = one->min_ns = one->max_ns = NAN;
    one->p05_ns = one->p25_ns = one->p75_ns = one->p95_ns = one->p99_ns = NAN;
    one->effective_batches = one->residual_share = one->memory_share = one->drift_share =
        one->reference_explained = NAN;
    one->shares = one->calm_shares =
        (struct result_shares){ NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
    return one;
}

static inline struct result_estimate make_estimate(double value, double share)
{
    return (struct result_estimate){ value, value * (1 - share), value * (1 + share) };
}

/* Processes whose times are log-normal about `truth_ns` with standard deviation `share`, and an
 * interval of the mean of their logarithms at about 95 %. */
static inline void make_processes(struct result_run *run, struct result_case *one, size_t count,
                                  double truth_ns, double share, struct base_rng *rng)
{
    one->processes = make_array(run, count, sizeof *one->processes);
    one->process_count = count;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double log_ns = log(truth_ns) + share * base_rng_normal(rng);
        one->processes[i] = (struct result_process){ .batches = 100,
                                                     .median_ns = exp(log_ns),
                                                     .mean_ns = exp(log_ns) * 1.01,
                                                     .normalised_ns = exp(log_ns),
                                                     .core_ns = 1.5,
                                                     .memory_ns = NAN,
                                                     .wide_ns = NAN,
                                                     .cache_ns = NAN,
                                                     .calm_ns = NAN,
                                                     .calm_memory_ns = NAN,
                                                     .calm_wide_ns = NAN,
                                                     .calm_cache_ns = NAN };
        sum += log_ns;
    }
    const double centre = exp(sum / (double)count), half = 2 * share / sqrt((double)count);
    one->median_ns = one->normalised_ns = make_estimate(centre, half);
    one->mean_ns = make_estimate(centre * 1.01, half);
    one->reference = "core";
}

/* A case with every number that a report shows. */
static inline struct result_case *make_case(struct result_run *run, const char *id, double ns,
                                            struct base_rng *rng)
{
    struct result_case *one = make_empty_case(run, id);
    make_processes(run, one, 10, ns, 0.01, rng);
    one->median_ns = make_estimate(ns, 0.012);
    one->mean_ns = make_estimate(ns * 1.02, 0.013);
    one->normalised_ns = make_estimate(ns * 0.98, 0.003);
    one->slope_ns = make_estimate(ns * 0.99, 0.01);
    one->interval = "spread between 10 processes, and the host's drift (2.7 %) in raw times";
    one->stddev_ns = ns * 0.03, one->mad_ns = ns * 0.004, one->trimmed_mean_ns = ns * 1.004;
    one->min_ns = ns * 0.97, one->p05_ns = ns * 0.98, one->p25_ns = ns * 0.995;
    one->p75_ns = ns * 1.005, one->p95_ns = ns * 1.03, one->p99_ns = ns * 1.1;
    one->max_ns = ns * 2.5;
    one->effective_batches = 420;
    one->drift_share = 0.027, one->reference_explained = 0.93;
    one->outliers = (struct result_outliers){ 0, 2, 11, 5 };
    one->elapsed_ns = 3200000000;
    for (size_t i = 0; i < one->process_count; i++) {
        struct result_process *process = &one->processes[i];
        process->sample_count = 50;
        process->counts = make_array(run, 50, sizeof *process->counts);
        process->ns = make_array(run, 50, sizeof *process->ns);
        for (size_t j = 0; j < 50; j++) {
            process->counts[j] = 100;
            process->ns[j] = ns * (1 + 0.01 * base_rng_normal(rng)) * (j == 49 ? 2 : 1);
        }
    }
    return one;
}

#endif
