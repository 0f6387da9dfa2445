/* changes.c - simulated histories of runs, with steps at known places or with none, in eight kinds
 * of noise; and recorded ones with a change at a known run. Ours stands beside E-divisive and a
 * step detection as asv has it. Found is a change within two runs of a true one.
 *
 * Usage: accuracy changepoints [--histories N] [--length N] [--seed N] [--significance P]
 *                              [--recorded FILE]
 */
#include "modes.h"

#include "changes_recorded.h"
#include "changes_twins.h"

#include <base/rng.h>
#include <base/units.h>
#include <stats/changepoint.h>

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_MAX = TWIN_COUNT_MAX, NEAR = 2, TRUE_MAX = 8, FOUND_MAX = 200, METHODS = 3 };
#define NOISE 0.005

static const char *const method_names[METHODS] = { "ours", "E-divisive", "asv-like" };

struct options {
    size_t histories, length;
    uint64_t seed;
    double significance;
    const char *recorded;
};

/* --- noise: the logarithm of a run's factor ------------------------------------------------- */

struct noise {
    struct base_rng rng;
    size_t length;
    double last; /* of correlated noise */
};

static double plain(struct noise *noise, size_t i)
{
    (void)i;
    return NOISE * base_rng_normal(&noise->rng);
}

/* One run in twenty is 5 to 50 % too slow. */
static double outliers(struct noise *noise, size_t i)
{
    const double spike =
        base_rng_uniform(&noise->rng) < 0.05 ? 0.05 + 0.35 * base_rng_uniform(&noise->rng) : 0;
    return plain(noise, i) + spike;
}

/* The host is exchanged for a noisier one: 0.25 % in the first half, 1 % in the second. */
static double changing(struct noise *noise, size_t i)
{
    return (i < noise->length / 2 ? 0.5 : 2) * plain(noise, i);
}

/* Two layouts of the binary, 1.5 % apart, at random in each run. */
static double bimodal(struct noise *noise, size_t i)
{
    return 0.6 * plain(noise, i) + (base_rng_uniform(&noise->rng) < 0.5 ? 0.0075 : -0.0075);
}

/* Student's t with 3 degrees of freedom. */
static double heavy(struct noise *noise, size_t i)
{
    double square = 0;
    for (int k = 0; k < 3; k++)
        square += pow(base_rng_normal(&noise->rng), 2);
    return plain(noise, i) / sqrt(square / 3);
}

/* Neighbouring runs see the same host: correlation 0.5. */
static double correlated(struct noise *noise, size_t i)
{
    const double fresh = plain(noise, i);
    noise->last = i == 0 ? fresh : 0.5 * noise->last + sqrt(0.75) * fresh;
    return noise->last;
}

/* 3 % slower over the whole history, evenly. */
static double drift(struct noise *noise, size_t i)
{
    return plain(noise, i) + 0.03 * (double)i / (double)noise->length;
}

/* The host warms and cools by 1.5 % either way, twice over the history. */
static double wave(struct noise *noise, size_t i)
{
    return plain(noise, i) + 0.015 * sin(4 * 3.14159265358979 * (double)i / (double)noise->length);
}

static const struct kind {
    const char *name;
    double (*value)(struct noise *noise, size_t i);
} kinds[] = {
    { "plain, 0.5 %", plain },
    { "single outliers, 1 in 20", outliers },
    { "changing, 0.25 % to 1 %", changing },
    { "two modes 1.5 % apart", bimodal },
    { "heavy tails (t, 3 df)", heavy },
    { "correlated, 0.5", correlated },
    { "drift of 3 %", drift },
    { "waves of 1.5 %", wave },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const double steps[] = { 0, 0.01, 0.02, 0.05, 0.10 };
enum { STEPS = sizeof steps / sizeof steps[0] };

/* --- histories ------------------------------------------------------------------------------ */

struct history {
    double values[LENGTH_MAX];
    size_t count;
    size_t truth[TRUE_MAX];
    size_t true_count;
};

static bool is_apart(const struct history *history, size_t at, size_t least)
{
    for (size_t i = 0; i < history->true_count; i++)
        if (at < history->truth[i] + least && history->truth[i] < at + least)
            return false;
    return true;
}

/* One to three steps of a size, up or down, ten runs or more apart and from the ends. */
static void make_history(const struct kind *kind, double step, size_t length, uint64_t seed,
                         struct history *history)
{
    enum { APART = 10 };
    struct noise noise = { .length = length };
    double levels[LENGTH_MAX] = { 0 };
    base_rng_init(&noise.rng, seed);
    *history = (struct history){ .count = length };
    const size_t wanted = step > 0 ? 1 + (size_t)base_rng_below(&noise.rng, 3) : 0;
    while (history->true_count < wanted) {
        const size_t at = APART + (size_t)base_rng_below(&noise.rng, length - 2 * APART + 1);
        if (!is_apart(history, at, APART))
            continue;
        const double size = log1p(step) * (base_rng_below(&noise.rng, 2) == 0 ? 1 : -1);
        for (size_t i = at; i < length; i++)
            levels[i] += size;
        history->truth[history->true_count++] = at;
    }
    for (size_t i = 0; i < length; i++)
        history->values[i] = 1000 * exp(levels[i] + kind->value(&noise, i));
}

struct score {
    size_t truths, found, matched;
    size_t histories, alarmed;         /* with anything found that is not true */
    size_t covered, placed, intervals; /* of ours: intervals that hold the step's size, its place */
};

static void match(const struct history *history, const size_t *found, size_t found_count,
                  struct score *score)
{
    bool is_taken[TRUE_MAX] = { false };
    size_t matched = 0;
    for (size_t i = 0; i < found_count; i++)
        for (size_t k = 0; k < history->true_count; k++)
            if (!is_taken[k] && found[i] <= history->truth[k] + NEAR &&
                history->truth[k] <= found[i] + NEAR) {
                is_taken[k] = true;
                matched++;
                break;
            }
    score->truths += history->true_count;
    score->found += found_count;
    score->matched += matched;
    score->histories++;
    score->alarmed += found_count > matched;
}

static size_t find_ours(const struct history *history, const struct options *options, uint64_t seed,
                        double step, size_t *found, struct score *score)
{
    struct stats_changepoint points[FOUND_MAX];
    const struct stats_changepoint_options how = { .significance = options->significance,
                                                   .seed = seed };
    size_t count = 0;
    if (stats_changepoint_find(history->values, history->count, &how, points, FOUND_MAX, &count) !=
        BASE_OK)
        return 0;
    for (size_t i = 0; i < count; i++) {
        found[i] = points[i].index;
        for (size_t k = 0; k < history->true_count; k++)
            if (found[i] <= history->truth[k] + NEAR && history->truth[k] <= found[i] + NEAR) {
                const double up = 1 + step, down = 1 / up;
                score->intervals++;
                score->placed +=
                    points[i].first <= history->truth[k] && history->truth[k] <= points[i].last;
                score->covered += (points[i].low <= up && up <= points[i].high) ||
                                  (points[i].low <= down && down <= points[i].high);
            }
    }
    return count;
}

static void find_all(const struct history *history, const struct options *options, uint64_t seed,
                     double step, struct score scores[METHODS])
{
    size_t found[FOUND_MAX];
    size_t count = find_ours(history, options, seed, step, found, &scores[0]);
    match(history, found, count, &scores[0]);
    count = twin_divisive(history->values, history->count, options->significance, 5, seed, found,
                          FOUND_MAX);
    match(history, found, count, &scores[1]);
    count = twin_asv(history->values, history->count, found, FOUND_MAX);
    match(history, found, count, &scores[2]);
}

static void print_share(size_t part, size_t whole)
{
    if (whole == 0)
        printf(" –");
    else
        printf(" %.0f %%", 100 * (double)part / (double)whole);
}

static void print_row(const char *kind, double step, const struct score scores[METHODS])
{
    if (step == 0)
        printf("| %s | none |", kind);
    else
        printf("| %s | %g %% |", kind, 100 * step);
    for (size_t m = 0; m < METHODS; m++) {
        if (step == 0) {
            printf(" in");
            print_share(scores[m].alarmed, scores[m].histories);
            printf(" |");
            continue;
        }
        print_share(scores[m].matched, scores[m].found);
        printf(",");
        print_share(scores[m].matched, scores[m].truths);
        printf(" |");
    }
    print_share(scores[0].covered, scores[0].intervals);
    printf(",");
    print_share(scores[0].placed, scores[0].intervals);
    printf(" |\n");
}

static void print_head(const char *what)
{
    printf("| %s | step |", what);
    for (size_t m = 0; m < METHODS; m++)
        printf(" %s |", method_names[m]);
    printf(" our intervals hold its size, its place |\n|---|---|---|---|---|---|\n");
}

static void simulate(const struct options *options)
{
    print_head("noise");
    for (size_t k = 0; k < KINDS; k++)
        for (size_t s = 0; s < STEPS; s++) {
            struct score scores[METHODS] = { { 0 } };
            for (size_t i = 0; i < options->histories; i++) {
                struct history history;
                const uint64_t seed = ((options->seed * 100 + k) * 100 + s) * 100000 + i;
                make_history(&kinds[k], steps[s], options->length, seed, &history);
                find_all(&history, options, seed, steps[s], scores);
            }
            print_row(kinds[k].name, steps[s], scores);
            fflush(stdout);
        }
}

/* --- recorded ------------------------------------------------------------------------------- */

static void print_places(const size_t *places, size_t count)
{
    printf(count == 0 ? " none |" : "");
    for (size_t i = 0; i < count; i++)
        printf(" %zu%s", places[i] + 1, i + 1 < count ? "," : " |");
}

static void print_recorded(const struct recorded *one, const struct options *options)
{
    struct stats_changepoint points[FOUND_MAX];
    const struct stats_changepoint_options how = { .significance = options->significance,
                                                   .seed = options->seed,
                                                   .errors = one->errors };
    size_t places[FOUND_MAX], count = 0;
    double values[TWIN_COUNT_MAX], last = NAN;
    printf("| %s, %s | %zu |", one->name, one->is_normalised ? "at reference speed" : "median",
           one->count);
    print_places(one->truth, one->true_count);
    if (stats_changepoint_find(one->values, one->count, &how, points, FOUND_MAX, &count) != BASE_OK)
        count = 0;
    for (size_t i = 0; i < count; i++)
        printf(" %zu (%+.2f %%, %+.2f .. %+.2f)%s", points[i].index + 1,
               100 * (points[i].ratio - 1), 100 * (points[i].low - 1), 100 * (points[i].high - 1),
               i + 1 < count ? "," : "");
    printf(count == 0 ? " none |" : " |");
    for (size_t i = 0; i < one->count; i++) { /* the others know no missing values */
        last = one->values[i] > 0 ? one->values[i] : last;
        values[i] = last;
    }
    print_places(places, twin_divisive(values, one->count, options->significance, 5, options->seed,
                                       places, FOUND_MAX));
    print_places(places, twin_asv(values, one->count, places, FOUND_MAX));
    printf("\n");
}

static int replay(const struct options *options)
{
    struct recorded *cases = calloc(RECORDED_CASES_MAX + 1, sizeof *cases);
    struct base_why why = { 0 };
    size_t count = 0;
    const base_err err =
        cases == NULL ? BASE_ENOMEM : recorded_read(options->recorded, cases, &count, &why);
    if (err != BASE_OK)
        fprintf(stderr, "accuracy: %s: %s\n", options->recorded, why.text);
    printf("| case | runs | true | %s | %s | %s |\n|---|---|---|---|---|---|\n", method_names[0],
           method_names[1], method_names[2]);
    for (size_t i = 0; err == BASE_OK && i < count; i++)
        print_recorded(&cases[i], options);
    free(cases);
    return err == BASE_OK ? 0 : 2;
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = { { "histories", required_argument, NULL, 'n' },
                                           { "length", required_argument, NULL, 'l' },
                                           { "seed", required_argument, NULL, 's' },
                                           { "significance", required_argument, NULL, 'p' },
                                           { "recorded", required_argument, NULL, 'r' },
                                           { NULL, 0, NULL, 0 } };
    int letter = 0;
    while ((letter = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        struct base_why why = { 0 };
        uint64_t value = 0;
        base_err err = BASE_OK;
        if (letter == 'r')
            options->recorded = optarg;
        else if (letter == 'p')
            err = base_units_parse_number(optarg, 0.0001, 0.5, &options->significance, &why);
        else if (letter == 'l')
            err = base_units_parse_count(optarg, 40, LENGTH_MAX, &value, &why);
        else if (letter != '?')
            err = base_units_parse_count(optarg, 1, 1000000, &value, &why);
        if (letter == '?' || err != BASE_OK) {
            fprintf(stderr, "accuracy: %s\n", err != BASE_OK ? why.text : "wrong usage");
            return 2;
        }
        options->histories = letter == 'n' ? (size_t)value : options->histories;
        options->length = letter == 'l' ? (size_t)value : options->length;
        options->seed = letter == 's' ? value : options->seed;
    }
    return 0;
}

int changes_main(int argc, char **argv)
{
    struct options options = { .histories = 200, .length = 120, .seed = 1, .significance = 0.01 };
    if (parse(argc, argv, &options) != 0)
        return 2;
    if (options.recorded != NULL)
        return replay(&options);
    simulate(&options);
    return 0;
}
