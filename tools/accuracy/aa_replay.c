/* aa_replay.c - early stopping is a function of the pairs in the order in which they came, so what
 * it would have said under any setting can be had from one set of pairs, without the machine. */
#define _GNU_SOURCE
#include "aa_replay.h"

#include "modes.h"
#include "rounds.h"

#include <stats/interval.h>
#include <stats/sequential.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 64 };
static const double CONFIDENCE = 0.95;

struct setting {
    double alpha; /* 0: the default */
    double threshold;
    bool is_early;
};

enum { DEFAULT, DEFAULT_WHOLE, STRICT, STRICT_WHOLE, LOOSE, LOOSE_WHOLE, SETTINGS };

/* STRICT: everything that differs is slower or faster. LOOSE: and one error in twenty is fine. */
static const struct setting settings[SETTINGS] = {
    [DEFAULT] = { 0, 0.01, true }, [DEFAULT_WHOLE] = { 0, 0.01, false },
    [STRICT] = { 0, 0, true },     [STRICT_WHOLE] = { 0, 0, false },
    [LOOSE] = { 0.05, 0, true },   [LOOSE_WHOLE] = { 0.05, 0, false },
};

struct outcome { /* of one setting in one cell */
    size_t verdicts[STATS_VERDICT_COUNT];
    size_t wrong;          /* verdicts that the truth contradicts */
    size_t covered;        /* the interval of the last look holds the truth */
    double share, seconds; /* sums: pairs used of those there are, and the time for them */
};

struct tally { /* of one cell */
    size_t count, failed;
    struct outcome outcomes[SETTINGS];
    size_t covered, said; /* the 95 % interval of all pairs; the interval bpi-perf printed */
    size_t said_count;
    size_t bounded; /* comparisons with enough pairs for a finite 95 % interval */
    double half_width, pairs, seconds; /* sums */
    double *errors;                    /* [count] estimate - truth, of ln ratio */
    size_t capacity;
};

struct tables {
    struct tally cells[ROUNDS_CONDITIONS][ROUNDS_KERNELS][ROUNDS_EXTRAS];
};

static void tables_free(struct tables *tables)
{
    for (size_t c = 0; tables != NULL && c < ROUNDS_CONDITIONS; c++)
        for (size_t k = 0; k < ROUNDS_KERNELS; k++)
            for (size_t e = 0; e < ROUNDS_EXTRAS; e++)
                free(tables->cells[c][k][e].errors);
    free(tables);
}

static double truth_of(const struct rounds_cell *cell)
{
    return log1p(rounds_extras[cell->extra] / 1000.0);
}

static bool is_wrong(enum stats_verdict verdict, double truth, double threshold)
{
    const double bound = log1p(threshold);
    switch (verdict) {
    case STATS_VERDICT_SLOWER:
        return truth <= bound;
    case STATS_VERDICT_FASTER:
        return truth >= -bound;
    case STATS_VERDICT_SAME:
        return fabs(truth) >= bound;
    default:
        return false;
    }
}

/* What one setting would have made of the pairs. */
static base_err replay(const struct setting *setting, const double *values, size_t count,
                       double truth, double seconds, struct outcome *outcome)
{
    static struct stats_sequential sequential;
    const struct stats_sequential_options options = { .alpha = setting->alpha,
                                                      .threshold = setting->threshold };
    base_err err = stats_sequential_init(&sequential, &options);
    for (size_t i = 0; i < count && err == BASE_OK && !sequential.look.is_over; i++) {
        err = stats_sequential_add(&sequential, values[i]);
        if (err == BASE_OK && (setting->is_early || i + 1 == count))
            err = stats_sequential_look(&sequential, i + 1 == count);
    }
    if (err != BASE_OK)
        return err;
    const struct stats_look *look = &sequential.look;
    const double share = (double)look->count / (double)count;
    outcome->verdicts[look->verdict]++;
    outcome->wrong += is_wrong(look->verdict, truth, setting->threshold);
    outcome->covered += look->low <= truth && truth <= look->high;
    outcome->share += share;
    outcome->seconds += share * seconds;
    return BASE_OK;
}

static base_err keep_error(struct tally *tally, double error)
{
    if (tally->count == tally->capacity) {
        const size_t capacity = tally->capacity > 0 ? 2 * tally->capacity : 64;
        double *errors = realloc(tally->errors, capacity * sizeof *errors);
        if (errors == NULL)
            return BASE_ENOMEM;
        tally->errors = errors;
        tally->capacity = capacity;
    }
    tally->errors[tally->count++] = error;
    return BASE_OK;
}

static base_err judge(struct tally *tally, double truth, const double *values, size_t count,
                      double seconds)
{
    struct stats_paired paired = { 0 };
    base_err err = stats_paired_init(&paired, values, count);
    for (size_t s = 0; s < SETTINGS && err == BASE_OK; s++)
        err = replay(&settings[s], values, count, truth, seconds, &tally->outcomes[s]);
    if (err == BASE_OK) {
        const struct stats_interval all = stats_paired_interval(&paired, 1 - CONFIDENCE);
        tally->covered += all.low <= truth && truth <= all.high;
        tally->bounded += isfinite(all.low) && isfinite(all.high);
        tally->half_width += isfinite(all.high - all.low) ? (all.high - all.low) / 2 : 0;
        tally->pairs += (double)count;
        tally->seconds += seconds;
        err = keep_error(tally, all.value - truth);
    }
    stats_paired_done(&paired);
    return err;
}

/* The interval in the program's own words, where it gave one. */
static void take_said(json_t *line, double truth, struct tally *tally)
{
    const json_t *low = json_object_get(line, "low"), *high = json_object_get(line, "high");
    if (!json_is_number(low) || !json_is_number(high))
        return;
    tally->said_count++;
    tally->said += log(json_number_value(low)) <= truth && truth <= log(json_number_value(high));
}

static base_err take_line(struct tables *tables, json_t *line, struct base_why *why)
{
    struct rounds_cell cell;
    double values[STATS_PAIRED_MAX];
    if (!rounds_cell_of(line, &cell))
        return base_fail(why, BASE_EPARSE, 0, "has no condition, kernel and extra of this tool");
    struct tally *tally = &tables->cells[cell.condition][cell.kernel][cell.extra];
    json_t *pairs = json_object_get(line, "ln_ratios");
    const size_t count = json_array_size(pairs);
    if (count == 0) {
        tally->failed++;
        return BASE_OK;
    }
    if (count > STATS_PAIRED_MAX)
        return base_fail(why, BASE_ERANGE, 0, "has %zu pairs; at most %d can be judged", count,
                         STATS_PAIRED_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(pairs, i);
        if (!json_is_number(value))
            return base_fail(why, BASE_EPARSE, 0, "ln_ratios[%zu] is no number", i);
        values[i] = json_number_value(value);
    }
    const double truth = truth_of(&cell);
    take_said(line, truth, tally);
    const double seconds = json_number_value(json_object_get(line, "seconds"));
    const base_err err = judge(tally, truth, values, count, seconds);
    return err == BASE_OK ? err : base_fail(why, err, 0, "%s", base_err_text(err));
}

static base_err read_file(struct tables *tables, FILE *file, struct base_why *why)
{
    char *text = NULL;
    size_t room = 0, number = 0;
    base_err err = BASE_OK;
    while (err == BASE_OK && getline(&text, &room, file) > 0) {
        json_error_t error;
        json_t *line = json_loads(text, 0, &error);
        const char *kind = json_string_value(json_object_get(line, "accuracy"));
        number++;
        if (line == NULL)
            err = base_fail(why, BASE_EPARSE, 0, "is not JSON: %s", error.text);
        else if (number == 1 && (kind == NULL || strcmp(kind, "aa") != 0))
            err = base_fail(why, BASE_EPARSE, 0, "is not the head of a file by `accuracy aa`");
        else if (number > 1)
            err = take_line(tables, line, why);
        json_decref(line);
    }
    free(text);
    if (err == BASE_OK && number == 0)
        err = base_fail(why, BASE_EPARSE, 0, "is missing: the file is empty");
    if (err != BASE_OK && why != NULL)
        why->at = number;
    return err;
}

static void print_share(FILE *out, size_t part, size_t count)
{
    const struct stats_interval share = stats_interval_clopper_pearson(part, count, CONFIDENCE);
    fprintf(out, " %zu/%zu = %.1f %% (%.1f–%.1f) |", part, count, 100 * share.value,
            100 * share.low, 100 * share.high);
}

typedef void print_row(FILE *out, const struct tally *tally);

static void print_alarms(FILE *out, const struct tally *tally)
{
    static const size_t columns[] = { DEFAULT, DEFAULT_WHOLE, STRICT, LOOSE, LOOSE_WHOLE };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        const size_t *verdicts = tally->outcomes[columns[i]].verdicts;
        print_share(out, verdicts[STATS_VERDICT_SLOWER] + verdicts[STATS_VERDICT_FASTER],
                    tally->count);
    }
    fprintf(out, " %.1f | %zu |\n", tally->pairs / (double)tally->count, tally->failed);
}

static void print_power(FILE *out, const struct tally *tally)
{
    static const size_t columns[] = { STRICT, STRICT_WHOLE, LOOSE, LOOSE_WHOLE };
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        print_share(out, tally->outcomes[columns[i]].verdicts[STATS_VERDICT_SLOWER], tally->count);
        wrong += tally->outcomes[columns[i]].verdicts[STATS_VERDICT_FASTER];
    }
    fprintf(out, " %zu |\n", wrong);
}

static void print_estimate(FILE *out, const struct tally *tally)
{
    const struct stats_interval mean = stats_interval_t(tally->errors, tally->count, CONFIDENCE);
    double square = 0;
    for (size_t i = 0; i < tally->count; i++)
        square += tally->errors[i] * tally->errors[i];
    fprintf(out, " %+.3f %% ", 100 * mean.value);
    if (tally->count > 1)
        fprintf(out, "(%+.3f .. %+.3f) ", 100 * mean.low, 100 * mean.high);
    fprintf(out, "| %.3f %% | ±%.3f %% |", 100 * sqrt(square / (double)tally->count),
            100 * tally->half_width / (double)tally->bounded);
    print_share(out, tally->covered, tally->count);
    print_share(out, tally->outcomes[LOOSE].covered, tally->count);
    if (tally->said_count > 0)
        print_share(out, tally->said, tally->said_count);
    else
        fputs(" – |", out);
    fputc('\n', out);
}

static void print_time(FILE *out, const struct tally *tally)
{
    static const size_t columns[] = { DEFAULT, STRICT };
    const double count = (double)tally->count;
    print_share(out, tally->outcomes[DEFAULT].verdicts[STATS_VERDICT_SAME], tally->count);
    print_share(out, tally->outcomes[DEFAULT].wrong, tally->count);
    fprintf(out, " %.2f s |", tally->seconds / count);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        const struct outcome *outcome = &tally->outcomes[columns[i]];
        fprintf(out, " %.2f s, %.0f %% saved |", outcome->seconds / count,
                100 * (1 - outcome->share / count));
    }
    fputc('\n', out);
}

/* All cells whose extra work is in first .. last. */
static void print_rows(FILE *out, const struct tables *tables, size_t first, size_t last,
                       print_row *row)
{
    for (size_t k = 0; k < ROUNDS_KERNELS; k++)
        for (size_t e = first; e <= last; e++)
            for (size_t c = 0; c < ROUNDS_CONDITIONS; c++) {
                const struct tally *tally = &tables->cells[c][k][e];
                if (tally->count == 0)
                    continue;
                fprintf(out, "| %s | %s | +%.1f %% |", rounds_kernel_names[k],
                        rounds_condition_names[c], rounds_extras[e] / 10.0);
                row(out, tally);
            }
}

static void print_tables(FILE *out, const struct tables *tables)
{
    fputs("False alarms: slower or faster, and nothing differs\n\n"
          "| kernel | condition | extra | default (threshold 1 %) | default, whole budget | "
          "threshold 0 | threshold 0, α = 0.05 | the same, whole budget | pairs | failed |\n"
          "|---|---|---|---|---|---|---|---|---|---|\n",
          out);
    print_rows(out, tables, 0, 0, print_alarms);
    fputs("\nFound: slower, with a threshold of 0\n\n"
          "| kernel | condition | extra | default α | whole budget | α = 0.05 | "
          "the same, whole budget | called faster |\n|---|---|---|---|---|---|---|---|\n",
          out);
    print_rows(out, tables, 1, ROUNDS_EXTRAS - 1, print_power);
    fputs("\nThe estimate, from the whole budget\n\n"
          "| kernel | condition | extra | mean error | rms error | half of the 95 % interval | "
          "95 % interval holds the truth | that of the deciding look, α = 0.05 | "
          "the printed one |\n|---|---|---|---|---|---|---|---|---|\n",
          out);
    print_rows(out, tables, 0, ROUNDS_EXTRAS - 1, print_estimate);
    fputs("\nVerdicts at the default settings, and when they were there\n\n"
          "| kernel | condition | extra | same within 1 % | wrong | whole budget | "
          "decided at the default settings | decided at threshold 0 |\n"
          "|---|---|---|---|---|---|---|---|\n",
          out);
    print_rows(out, tables, 0, ROUNDS_EXTRAS - 1, print_time);
}

base_err aa_replay_print(FILE *const *files, const char *const *names, size_t count, FILE *out,
                         struct base_why *why)
{
    struct tables *tables = calloc(1, sizeof *tables);
    base_err err = tables != NULL ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (size_t i = 0; i < count && err == BASE_OK; i++) {
        struct base_why line = { 0 };
        err = read_file(tables, files[i], &line);
        if (err != BASE_OK)
            base_fail(why, err, line.at, "%s:%zu: %s", names[i], (size_t)line.at, line.text);
    }
    if (err == BASE_OK)
        print_tables(out, tables);
    tables_free(tables);
    return err;
}

int aa_replay_main(int argc, char **argv)
{
    FILE *files[FILES_MAX] = { NULL };
    const size_t count = argc > 1 ? (size_t)argc - 1 : 0;
    if (count == 0 || count > FILES_MAX || strncmp(argv[1], "--", 2) == 0) {
        const bool is_asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fprintf(is_asked ? stdout : stderr,
                "usage: accuracy replay FILE...\n\nPrints the tables of what `accuracy aa --save "
                "FILE` kept, at most %d files together.\n",
                FILES_MAX);
        return is_asked ? 0 : 2;
    }
    struct base_why why = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        if ((files[i] = fopen(argv[i + 1], "r")) == NULL)
            err = base_fail(&why, BASE_EIO, 0, "cannot open %s: %s", argv[i + 1], strerror(errno));
    if (err == BASE_OK)
        err = aa_replay_print(files, (const char *const *)argv + 1, count, stdout, &why);
    for (size_t i = 0; i < count; i++)
        if (files[i] != NULL)
            fclose(files[i]);
    if (err != BASE_OK)
        fprintf(stderr, "accuracy: %s\n", why.text);
    return err == BASE_OK ? 0 : 3;
}
