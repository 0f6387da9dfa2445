/* rounds.h - the plan that `accuracy aa` and `accuracy peers` share: in every round each condition
 * in turn, and in it each kernel with each share of extra work once, in random order; so the slow
 * wandering of the machine meets all alike. One line of JSON per comparison is appended to a file,
 * and a run that ended is taken up where it stopped.
 */
#ifndef ACCURACY_ROUNDS_H
#define ACCURACY_ROUNDS_H

#include <base/err.h>

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

enum rounds_condition { ROUNDS_QUIET, ROUNDS_AMBIENT, ROUNDS_NOISY, ROUNDS_CONDITIONS };
enum rounds_kernel { ROUNDS_L1, ROUNDS_DRAM, ROUNDS_SCATTER, ROUNDS_KERNELS };
enum { ROUNDS_EXTRAS = 5, ROUNDS_COUNT_MAX = 100000, ROUNDS_PATH_SIZE = 4096 };

extern const char *const rounds_condition_names[ROUNDS_CONDITIONS];
extern const char *const rounds_kernel_names[ROUNDS_KERNELS];
/* Extra work in tenths of a per cent: 0, 5, 10, 20, 50. For each there is a binary. */
extern const unsigned rounds_extras[ROUNDS_EXTRAS];

struct rounds_cell {
    size_t condition, kernel, extra; /* indices of the three above */
    size_t round;                    /* from 0; not set by rounds_cell_of */
};

struct rounds {
    bool conditions[ROUNDS_CONDITIONS], kernels[ROUNDS_KERNELS], extras[ROUNDS_EXTRAS];
    uint64_t comparisons;          /* of each cell */
    uint64_t budget_ns;            /* of one comparison, both sides together */
    uint64_t limit_ns;             /* of the whole run; 0: none */
    unsigned core;                 /* what is measured is bound to it, and so is its neighbour */
    const char *save;              /* path; NULL: a file without a name, gone in the end */
    const char *bpi_perf;          /* the program under judgement */
    char beside[ROUNDS_PATH_SIZE]; /* folder of this program, where the kernels are */
    char *const *words;            /* more options for `bpi-perf compare`, NULL-terminated */
};

/* Compare once. Gives a new object with the findings; what the cell is, is added to it. NULL with
 * why: this comparison failed. */
typedef json_t *rounds_shot(const struct rounds *rounds, const struct rounds_cell *cell,
                            struct base_why *why);

/* The defaults, then the command line (argv[0] is the mode). Exit status, or -1: go on.
 * `usage` is printed for --help and after a wrong word. */
int rounds_parse(int argc, char **argv, const char *usage, struct rounds *rounds);

/* Compare until all is done, time is up or the user interrupts, then rewind *file for reading.
 *
 *   head     what every line of the file depends on; the first line. A file that begins with
 *            another one is refused. Taken over.
 *
 * Returns the exit status: 0, 3 (cannot measure, with a sentence on standard error), 130 */
int rounds_run(const struct rounds *rounds, json_t *head, rounds_shot *shot, FILE **file);

/* Set by Ctrl-C and by SIGTERM while rounds_run is at work. */
extern volatile sig_atomic_t rounds_interrupted;

/* The cell that a line of a file is about. False: none that this program knows. */
bool rounds_cell_of(json_t *line, struct rounds_cell *cell);

#endif
