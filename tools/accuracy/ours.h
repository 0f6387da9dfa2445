/* ours.h - one comparison by bpi-perf itself. */
#ifndef ACCURACY_OURS_H
#define ACCURACY_OURS_H

#include "rounds.h"

/* Compare accuracy_kernels_a with the binary that has the cell's extra work.
 *
 *   options   more words for `bpi-perf compare`, NULL-terminated; before rounds->words
 *
 * Gives { verdict, ratio, low, high, pairs, seconds, exit, wall, ln_ratios }; NULL with why. */
json_t *ours_compare(const struct rounds *rounds, const struct rounds_cell *cell,
                     const char *const *options, struct base_why *why);

#endif
