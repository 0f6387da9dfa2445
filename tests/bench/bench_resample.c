/* bench_resample.c - how long 100 000 resamples of five statistics take, for each variant that this
 * processor has. A tool for the developer, not a test: bench_resample [SAMPLE [RESAMPLES]] */
#include <base/rng.h>
#include <stats/bootstrap.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double best_run_s(struct stats_resampler *resampler, size_t resamples, double *const *out)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        const double start = now_s();
        stats_resampler_run(resampler, resamples, out);
        const double spent = now_s() - start;
        best = spent < best ? spent : best;
    }
    return best;
}

static int bench_variant(const char *name, const struct stats_source *source, size_t resamples,
                         double *const *out)
{
    struct stats_resampler *resampler;
    if (stats_resampler_new(source, 1, &resampler) != BASE_OK)
        return 1;
    const base_err err = stats_resampler_choose(resampler, name);
    if (err == BASE_OK)
        printf("%-8s %7.4f s resampling\n", name, best_run_s(resampler, resamples, out));
    else
        printf("%-8s %s\n", name, base_err_text(err));
    stats_resampler_free(resampler);
    return 0;
}

int main(int argc, char **argv)
{
    const size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    const size_t resamples = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
    double *memory = malloc((2 * count + STATS_STATISTIC_COUNT * resamples) * sizeof *memory);
    if (memory == NULL)
        return 1;
    struct base_rng rng;
    base_rng_init(&rng, 1);
    double *items = memory + count;
    for (size_t i = 0; i < count; i++) {
        items[i] = (double)(i + 1);
        memory[i] = items[i] * (100 + base_rng_normal(&rng) + base_rng_exponential(&rng, 1));
    }
    double *out[STATS_STATISTIC_COUNT];
    for (size_t s = 0; s < STATS_STATISTIC_COUNT; s++)
        out[s] = memory + 2 * count + s * resamples;
    const struct stats_source source = {
        .times = memory, .items = items, .count = count, .block = 1
    };
    printf("%zu resamples of mean, median, stddev, MAD and slope; sample of %zu; best of 5\n",
           resamples, count);
    int failed = bench_variant("avx512", &source, resamples, out) ||
                 bench_variant("avx2", &source, resamples, out) ||
                 bench_variant("plain", &source, resamples, out);
    const struct stats_bootstrap_options options = { 0.95, resamples, 1 };
    struct stats_bootstrap intervals[STATS_STATISTIC_COUNT];
    const double start = now_s();
    failed |= stats_bootstrap_of(&source, &options, intervals) != BASE_OK;
    printf("all      %7.4f s with BCa and percentile intervals of all five\n", now_s() - start);
    free(memory);
    return failed;
}
