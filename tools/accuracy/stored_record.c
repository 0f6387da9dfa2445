/* stored_record.c - lines of one run are read into arrays, process after process. */
#include "stored_record.h"

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

static void fill_processes(const struct windows *all, struct result_case *one)
{
    for (size_t p = 0; p < all->process_count; p++) {
        double medians[FIGURES];
        for (size_t f = 0; f < FIGURES; f++)
            medians[f] =
                median_of(all->figures[f] + all->starts[p], all->starts[p + 1] - all->starts[p]);
        one->processes[p] = (struct result_process){ .median_ns = medians[0],
                                                     .normalised_ns = NAN,
                                                     .core_ns = medians[1],
                                                     .wide_ns = medians[2],
                                                     .cache_ns = medians[3],
                                                     .memory_ns = medians[4] };
    }
    one->process_count = all->process_count;
}

/* The windows are overwritten. */
static bool fit(struct windows *all, struct stats_shares *out)
{
    struct stats_share_windows each[PROCESSES_MAX];
    for (size_t i = 0; i < all->count; i++) {
        const double core = log(all->figures[1][i]);
        for (size_t f = 0; f < FIGURES; f++)
            all->figures[f][i] = log(all->figures[f][i]) - core;
    }
    for (size_t p = 0; p < all->process_count; p++)
        each[p] = (struct stats_share_windows){
            .count = all->starts[p + 1] - all->starts[p],
            .time = all->figures[0] + all->starts[p],
            .speed = { all->figures[2] + all->starts[p], all->figures[3] + all->starts[p],
                       all->figures[4] + all->starts[p] },
        };
    return stats_shares_fit(each, all->process_count, out) == BASE_OK;
}

bool stored_record_read(FILE *file, char *line, size_t size, struct stored_place *place,
                        struct result_run *run)
{
    struct windows *all = calloc(1, sizeof *all);
    struct stats_shares shares;
    const struct result_estimate none = { NAN, NAN, NAN };
    bool is_fine = all != NULL;
    errno = 0;
    is_fine = is_fine && gather(file, line, size, place, all);
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
        fill_processes(all, &run->cases[0]);
        is_fine = fit(all, &shares);
        run->cases[0].shares = stored_shares_of(&shares);
    }
    free(all);
    return is_fine;
}
