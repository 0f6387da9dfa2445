/* changes_twins.h - two other ways to find changes, written from their descriptions, to stand
 * beside ours in the table of changes.c. Both take values [count] > 0 and give the indices of the
 * first value after each change, ascending; they return how many, at most capacity. */
#ifndef ACCURACY_CHANGES_TWINS_H
#define ACCURACY_CHANGES_TWINS_H

#include <stddef.h>
#include <stdint.h>

enum { TWIN_COUNT_MAX = 400 };

/* As asv detects steps: least absolute deviations from constant pieces of two or more values, a
 * price for each piece, the price chosen by an information criterion of 4 degrees of freedom a
 * piece with correlated noise. Source: the description in asv's manual of its step detection;
 * Friedrich et al., Journal of Computational and Graphical Statistics 17 (2008) 201 */
size_t twin_asv(const double *values, size_t count, size_t *changes, size_t capacity);

/* E-divisive: the place with the largest energy statistic (exponent 1), kept while fewer than
 * `significance` of 199 random orders within its segment reach it, then both sides in turn.
 * Source: Matteson & James, JASA 109 (2014) 334 */
size_t twin_divisive(const double *values, size_t count, double significance, size_t min_segment,
                     uint64_t seed, size_t *changes, size_t capacity);

#endif
