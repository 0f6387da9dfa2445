/* stored_record.c - lines of one run are read into arrays, process after process. */
#include "stored_record.h"

#include <stats/calm.h>
#include <stats/summary.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURES = 5, PROCESSES_MAX = 64, WINDOWS_MAX = 8192 };

struct windows { /* of one run */
    size_t count, process_count;
    size_t starts[PROCESSES_MAX + 1];
    double figures[FIGURES][WINDOWS_MAX]; /* ns, core, wide, cache, memory */
};

struct result_shares stored_shares_of(const struct stats_shares *from)
{
    const double(*precision)[STATS_SHARES] = from->precision;
    return (struct result_shares){ from->of[0],     from->of[1],     from->of[2],
                                   precision[0][0], precision[0][1], precision[0][2],
                                   precision[1][1], precision[1][2], precision[2][2],
                                   from->noise };
}

static double median_of(const double *values, size_t count)
{
    double *copy = calloc(count, sizeof *copy);
    if (copy == NULL)
        return NAN;
    memcpy(copy, values, count * sizeof *copy);
    stats_sort(copy, count);
    const double median = stats_median_sorted(copy, count);
    free(copy);
    return median;
}

static void write_process(FILE *file, const struct stored_place *place, size_t index,
                          struct bench_process *from)
{
    const size_t size = from->batch_count >= 64 ? 8 : from->batch_count / 8 + 1;
    for (size_t i = 0; i < from->batch_count; i++)
        from->ns[i] /= (double)from->counts[i];
    for (size_t at = 0; at + size <= from->batch_count; at += size)
        fprintf(file, "%u,%u,%u,%u,%zu,%.8g,%.8g,%.8g,%.8g,%.8g\n", place->round, place->condition,
                place->kernel, place->change, index, median_of(from->ns + at, size),
                median_of(from->core_ns + at, size), median_of(from->wide_ns + at, size),
                median_of(from->cache_ns + at, size), median_of(from->memory_ns + at, size));
}

bool stored_record_write(FILE *file, const struct stored_place *place, struct bench_record *record)
{
    for (size_t p = 0; p < record->process_count; p++)
        write_process(file, place, p, &record->processes[p]);
    return fflush(file) == 0;
}

static bool is_same(const struct stored_place *a, const struct stored_place *b)
{
    return a->round == b->round && a->condition == b->condition && a->kernel == b->kernel &&
           a->change == b->change;
}

static bool parse(const char *line, struct stored_place *place, unsigned *process, double *figures)
{
    const int got = sscanf(line, "%u,%u,%u,%u,%u,%lf,%lf,%lf,%lf,%lf", &place->round,
                           &place->condition, &place->kernel, &place->change, process, &figures[0],
                           &figures[1], &figures[2], &figures[3], &figures[4]);
    bool is_good = got == 5 + FIGURES;
    for (size_t f = 0; is_good && f < FIGURES; f++)
        is_good = isfinite(figures[f]) && figures[f] > 0;
    return is_good;
}

static bool add_line(struct windows *all, unsigned process, const double *figures)
{
    if (process + 1 > all->process_count) {
        if (process != all->process_count || process >= PROCESSES_MAX)
            return false;
        all->starts[all->process_count++] = all->count;
    }
    if (all->count == WINDOWS_MAX)
        return false;
    for (size_t f = 0; f < FIGURES; f++)
        all->figures[f][all->count] = figures[f];
    all->starts[all->process_count] = ++all->count;
    return true;
}

static bool gather(FILE *file, char *line, size_t size, struct stored_place *place,
                   struct windows *all)
{
    if (line[0] == '\0' && fgets(line, (int)size, file) == NULL)
        return false;
    do {
        struct stored_place here;
        unsigned process = 0;
        double figures[FIGURES];
        errno = EINVAL;
        if (!parse(line, &here, &process, figures))
            return false;
        if (all->count > 0 && !is_same(&here, place))
            return true;
        *place = here;
        if (!add_line(all, process, figures))
            return false;
    } while (fgets(line, (int)size, file) != NULL);
    line[0] = '\0';
    return true;
}

static void fill_medians(const struct windows *all, struct result_case *one)
{
    for (size_t p = 0; p < all->process_count; p++)
        one->processes[p] = (struct result_process){
            .median_ns =
                median_of(all->figures[0] + all->starts[p], all->starts[p + 1] - all->starts[p]),
            .normalised_ns = NAN,
            .calm_ns = NAN,
        };
    one->process_count = all->process_count;
}

static void take_logarithms(struct windows *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const double core = log(all->figures[1][i]);
        for (size_t f = 0; f < FIGURES; f++)
            all->figures[f][i] = log(all->figures[f][i]) - core;
    }
}

static struct stats_share_windows windows_of(struct windows *all, size_t process)
{
    const size_t at = all->starts[process];
    return (struct stats_share_windows){
        .count = all->starts[process + 1] - at,
        .time = all->figures[0] + at,
        .speed = { all->figures[2] + at, all->figures[3] + at, all->figures[4] + at },
    };
}

/* The logarithms are overwritten. */
static bool fit(struct windows *logarithms, struct stats_shares *out, struct stats_shares *calm)
{
    struct stats_share_windows each[PROCESSES_MAX];
    for (size_t p = 0; p < logarithms->process_count; p++)
        each[p] = windows_of(logarithms, p);
    return stats_calm_fit(each, logarithms->process_count, calm) == BASE_OK &&
           stats_shares_fit(each, logarithms->process_count, out) == BASE_OK;
}

/* As in stats_estimate_of. */
static void place_processes(struct windows *logarithms, const struct stats_shares *shares,
                            const struct stats_shares *calm, struct result_case *one)
{
    double scratch[WINDOWS_MAX];
    for (size_t p = 0; p < one->process_count; p++) {
        struct result_process *process = &one->processes[p];
        const struct stats_share_windows here = windows_of(logarithms, p);
        double time = 0, speed[STATS_SHARES];
        stats_shares_place(shares, &here, scratch, &time, speed);
        process->core_ns = process->median_ns / exp(time);
        process->wide_ns = process->core_ns * exp(speed[STATS_SHARE_WIDE]);
        process->cache_ns = process->core_ns * exp(speed[STATS_SHARE_CACHE]);
        process->memory_ns = process->core_ns * exp(speed[STATS_SHARE_MEMORY]);
        if (!stats_calm_place(calm, &here, scratch, &time, speed))
            continue;
        process->calm_ns = process->core_ns * exp(time);
        process->calm_wide_ns = process->core_ns * exp(speed[STATS_SHARE_WIDE]);
        process->calm_cache_ns = process->core_ns * exp(speed[STATS_SHARE_CACHE]);
        process->calm_memory_ns = process->core_ns * exp(speed[STATS_SHARE_MEMORY]);
    }
}

static bool fill_case(struct windows *all, struct windows *copy, struct result_case *one)
{
    struct stats_shares shares, calm;
    fill_medians(all, one);
    take_logarithms(all);
    *copy = *all;
    if (!fit(copy, &shares, &calm))
        return false;
    place_processes(all, &shares, &calm, one);
    one->shares = stored_shares_of(&shares);
    one->calm_shares = stored_shares_of(&calm);
    return true;
}

bool stored_record_read(FILE *file, char *line, size_t size, struct stored_place *place,
                        struct result_run *run)
{
    struct windows *all = calloc(2, sizeof *all);
    const struct result_estimate none = { NAN, NAN, NAN };
    errno = 0;
    bool is_fine = all != NULL && gather(file, line, size, place, all);
    if (is_fine) {
        run->cases = base_arena_array(&run->arena, 1, sizeof *run->cases);
        run->case_count = 1;
        run->cases[0] = (struct result_case){ .id = "case",
                                              .status = "ok",
                                              .reference = "mixed",
                                              .threads = 1,
                                              .median_ns = none,
                                              .normalised_ns = none };
        run->cases[0].processes =
            base_arena_array(&run->arena, all->process_count, sizeof(struct result_process));
        is_fine = fill_case(all, all + 1, &run->cases[0]);
    }
    free(all);
    return is_fine;
}
