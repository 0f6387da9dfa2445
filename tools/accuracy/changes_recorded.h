/* changes_recorded.h - histories that were recorded, from a file. */
#ifndef ACCURACY_CHANGES_RECORDED_H
#define ACCURACY_CHANGES_RECORDED_H

#include "changes_twins.h"

#include <base/err.h>

#include <stdbool.h>

enum { RECORDED_CASES_MAX = 16, RECORDED_NAME_SIZE = 40, RECORDED_TRUE_MAX = 8 };

struct recorded {
    char name[RECORDED_NAME_SIZE];
    double values[TWIN_COUNT_MAX]; /* ns; NaN: the run has none */
    double errors[TWIN_COUNT_MAX]; /* a quarter of the interval's logarithm; NaN: none */
    size_t count;
    size_t truth[RECORDED_TRUE_MAX]; /* first runs after a change of the work */
    double ratios[RECORDED_TRUE_MAX];
    size_t true_count;
    bool is_normalised;
};

/* Read a file as tests/golden/changes/README.md has it.
 * Errors: EIO, EPARSE (why names the line), EFULL (too many cases or runs) */
BASE_MUST_USE base_err recorded_read(const char *path, struct recorded *cases, size_t *count,
                                     struct base_why *why);

#endif
