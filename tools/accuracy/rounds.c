/* rounds.c - the loop, and the file that remembers how far it came. */
#define _GNU_SOURCE
#include "rounds.h"

#include "compilers.h"
#include "neighbour.h"

#include <base/rng.h>
#include <base/units.h>
#include <bench/clock.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    CELLS_MAX = ROUNDS_CONDITIONS * ROUNDS_KERNELS * ROUNDS_EXTRAS,
    FAILURES_MAX = 5, /* in a row: then it is no accident */
    SETTLE_MS = 100,  /* until the noise that was just started is there */
};

const char *const rounds_condition_names[] = { "quiet", "ambient", "noisy" };
const char *const rounds_kernel_names[] = { "l1", "dram", "scatter" };
const unsigned rounds_extras[] = { 0, 5, 10, 20, 50 };

volatile sig_atomic_t rounds_interrupted;

struct work {
    const struct rounds *rounds;
    rounds_shot *shot;
    FILE *file;
    size_t done[ROUNDS_CONDITIONS][ROUNDS_KERNELS][ROUNDS_EXTRAS]; /* comparisons in the file */
    uint64_t start_ns;
    size_t planned, made; /* in this run of the program */
    size_t failures;      /* in a row */
};

static void on_signal(int number)
{
    (void)number;
    rounds_interrupted = 1;
}

static void catch_signals(void)
{
    /* Without SA_RESTART, so that a wait ends. */
    struct sigaction action = { .sa_handler = on_signal };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static bool index_of(const char *text, const char *const *names, size_t count, size_t *index)
{
    for (*index = 0; text != NULL && *index < count; (*index)++)
        if (strcmp(text, names[*index]) == 0)
            return true;
    return false;
}

bool rounds_cell_of(json_t *line, struct rounds_cell *cell)
{
    const json_int_t extra = json_integer_value(json_object_get(line, "extra"));
    for (cell->extra = 0; cell->extra < ROUNDS_EXTRAS; cell->extra++)
        if ((json_int_t)rounds_extras[cell->extra] == extra)
            break;
    return json_is_integer(json_object_get(line, "extra")) && cell->extra < ROUNDS_EXTRAS &&
           index_of(json_string_value(json_object_get(line, "condition")), rounds_condition_names,
                    ROUNDS_CONDITIONS, &cell->condition) &&
           index_of(json_string_value(json_object_get(line, "kernel")), rounds_kernel_names,
                    ROUNDS_KERNELS, &cell->kernel);
}

/* Count what the file has; a line that was cut off is cut off wholly. 0, or the exit status. */
static int take_up(struct work *work, json_t *head)
{
    const char *path = work->rounds->save;
    char *text = NULL;
    size_t room = 0;
    long end = 0;
    int status = 0;
    for (size_t number = 1; status == 0 && getline(&text, &room, work->file) > 0; number++) {
        json_t *line = json_loads(text, 0, NULL);
        struct rounds_cell cell;
        const bool is_whole = text[strlen(text) - 1] == '\n';
        if (number == 1 && is_whole && !json_equal(line, head)) {
            fprintf(stderr,
                    "accuracy: %s:1: was made with other settings: %.300s"
                    "accuracy: repeat them, or save to another file\n",
                    path, text);
            status = 2;
        } else if (number > 1 && is_whole && !rounds_cell_of(line, &cell)) {
            fprintf(stderr, "accuracy: %s:%zu: is no comparison of this tool\n", path, number);
            status = 2;
        } else if (number > 1 && is_whole) {
            work->done[cell.condition][cell.kernel][cell.extra]++;
        }
        json_decref(line);
        end = is_whole ? ftell(work->file) : end;
    }
    free(text);
    if (status == 0 &&
        (ftruncate(fileno(work->file), end) != 0 || fseek(work->file, end, SEEK_SET) != 0)) {
        fprintf(stderr, "accuracy: %s: %s\n", path, strerror(errno));
        status = 3;
    }
    return status;
}

static bool put_line(FILE *file, const json_t *line)
{
    return json_dumpf(line, file, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 &&
           fputc('\n', file) != EOF && fflush(file) == 0;
}

static bool is_time_up(const struct work *work)
{
    return work->rounds->limit_ns > 0 &&
           bench_clock_now_ns() - work->start_ns > work->rounds->limit_ns;
}

/* One line that is written over, for people only. */
static void show_progress(const struct work *work, const struct rounds_cell *cell)
{
    if (!isatty(STDERR_FILENO))
        return;
    const double spent = (double)(bench_clock_now_ns() - work->start_ns) * 1e-9;
    const double each =
        work->made > 0 ? spent / (double)work->made : (double)work->rounds->budget_ns * 1.2e-9;
    double left = each * (double)(work->planned - work->made);
    const double limit = (double)work->rounds->limit_ns * 1e-9;
    if (limit > 0 && limit - spent < left)
        left = limit - spent;
    fprintf(stderr, "\r%zu of %zu, %.0f min %02.0f s left: %s %s +%.1f %%\033[K", work->made,
            work->planned, left / 60 - 0.5 > 0 ? (double)(long)(left / 60) : 0.0,
            left > 0 ? left - 60.0 * (double)(long)(left / 60) : 0.0,
            rounds_condition_names[cell->condition], rounds_kernel_names[cell->kernel],
            rounds_extras[cell->extra] / 10.0);
}

static bool compare_once(struct work *work, const struct rounds_cell *cell)
{
    struct base_why why = { 0 };
    show_progress(work, cell);
    json_t *found = work->shot(work->rounds, cell, &why);
    if (rounds_interrupted) {
        json_decref(found);
        return true;
    }
    json_t *line =
        json_pack("{si ss ss si}", "round", (int)cell->round, "condition",
                  rounds_condition_names[cell->condition], "kernel",
                  rounds_kernel_names[cell->kernel], "extra", (int)rounds_extras[cell->extra]);
    work->failures = found == NULL ? work->failures + 1 : 0;
    if (found == NULL)
        fprintf(stderr, "\raccuracy: %s %s: %s\n", rounds_condition_names[cell->condition],
                rounds_kernel_names[cell->kernel], why.text);
    bool is_fine =
        line != NULL &&
        (found != NULL ? json_object_update(line, found)
                       : json_object_set_new(line, "failed", json_string(why.text))) == 0;
    is_fine = is_fine && put_line(work->file, line);
    json_decref(line);
    json_decref(found);
    work->done[cell->condition][cell->kernel][cell->extra]++;
    work->made++;
    if (!is_fine)
        fprintf(stderr, "accuracy: cannot write the file\n");
    return is_fine && work->failures < FAILURES_MAX;
}

/* What is still to be done of a round under one condition, in random order. */
static size_t block(const struct work *work, size_t condition, size_t round,
                    struct rounds_cell cells[CELLS_MAX])
{
    const struct rounds *rounds = work->rounds;
    struct base_rng rng;
    base_rng_init(&rng, round * ROUNDS_CONDITIONS + condition + 1);
    size_t count = 0;
    for (size_t k = 0; k < ROUNDS_KERNELS; k++)
        for (size_t e = 0; e < ROUNDS_EXTRAS; e++) {
            if (!rounds->conditions[condition] || !rounds->kernels[k] || !rounds->extras[e] ||
                work->done[condition][k][e] > round)
                continue;
            const size_t at = base_rng_below(&rng, ++count);
            cells[count - 1] = cells[at];
            cells[at] = (struct rounds_cell){ condition, k, e, round };
        }
    return count;
}

static bool make_noise(const struct rounds *rounds, size_t condition, size_t round,
                       struct compilers *compilers, struct neighbour *neighbour)
{
    bool is_fine = true;
    if (condition == ROUNDS_AMBIENT)
        is_fine = compilers_start(compilers);
    if (condition == ROUNDS_NOISY)
        is_fine = neighbour_start(neighbour, rounds->core, round + 1);
    /* sleep: the noise has to be there before what it is to disturb */
    const struct timespec settle = { .tv_nsec = SETTLE_MS * 1000000L };
    if (condition != ROUNDS_QUIET)
        nanosleep(&settle, NULL);
    return is_fine;
}

static bool run_block(struct work *work, size_t condition, size_t round)
{
    struct rounds_cell cells[CELLS_MAX];
    const size_t count = block(work, condition, round, cells);
    if (count == 0)
        return true;
    struct compilers compilers = { { 0 } };
    struct neighbour neighbour = { { 0 } };
    bool is_fine = make_noise(work->rounds, condition, round, &compilers, &neighbour);
    for (size_t i = 0; is_fine && i < count && !rounds_interrupted && !is_time_up(work); i++)
        is_fine = compare_once(work, &cells[i]);
    compilers_stop(&compilers);
    neighbour_stop(&neighbour);
    return is_fine;
}

static size_t planned(const struct work *work)
{
    const struct rounds *rounds = work->rounds;
    size_t count = 0;
    for (size_t c = 0; c < ROUNDS_CONDITIONS; c++)
        for (size_t k = 0; k < ROUNDS_KERNELS; k++)
            for (size_t e = 0; e < ROUNDS_EXTRAS; e++)
                if (rounds->conditions[c] && rounds->kernels[k] && rounds->extras[e] &&
                    work->done[c][k][e] < rounds->comparisons)
                    count += rounds->comparisons - work->done[c][k][e];
    return count;
}

static int open_file(struct work *work, json_t *head)
{
    const char *path = work->rounds->save;
    work->file = path != NULL ? fopen(path, "a+") : tmpfile();
    if (work->file == NULL) {
        fprintf(stderr, "accuracy: cannot open %s: %s\n", path != NULL ? path : "a temporary file",
                strerror(errno));
        return 3;
    }
    rewind(work->file);
    const int status = take_up(work, head);
    if (status != 0)
        return status;
    return ftell(work->file) > 0 || put_line(work->file, head) ? 0 : 3;
}

int rounds_run(const struct rounds *rounds, json_t *head, rounds_shot *shot, FILE **file)
{
    struct work work = { .rounds = rounds, .shot = shot };
    catch_signals();
    const int status = open_file(&work, head);
    json_decref(head);
    bool is_fine = status == 0;
    work.start_ns = bench_clock_now_ns();
    work.planned = is_fine ? planned(&work) : 0;
    for (size_t round = 0; is_fine && round < rounds->comparisons; round++)
        for (size_t c = 0; is_fine && c < ROUNDS_CONDITIONS; c++)
            if (!rounds_interrupted && !is_time_up(&work))
                is_fine = run_block(&work, c, round);
    if (isatty(STDERR_FILENO) && work.made > 0)
        fprintf(stderr, "\r\033[K");
    if (work.file != NULL)
        rewind(work.file);
    *file = work.file;
    return status != 0 ? status : !is_fine ? 3 : rounds_interrupted ? 130 : 0;
}
