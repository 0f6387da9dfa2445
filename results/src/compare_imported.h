/* compare_imported.h - what a comparison does differently where a run was imported. */
#ifndef RESULT_COMPARE_IMPORTED_H
#define RESULT_COMPARE_IMPORTED_H

#include <result/compare.h>

/* The title of the format that a run was imported from; NULL: it was measured by us. */
const char *result_imported_from(const struct result_run *run);

/* Is a fact of the configuration one that the import added? */
bool result_is_of_import(const char *name);

/* Sentences about both sides, in the comparison's arena: what was dropped, what is assumed.
 *   sentences   out: array in the arena */
BASE_MUST_USE base_err result_import_caveats(struct result_comparison *all, const char ***sentences,
                                             size_t *count);

/* A side of an imported case that has fewer than two processes, on the logarithmic scale: its
 * value, and the half width of its own interval as a standard error. The interval holds
 * RESULT_IMPORT_DRIFT. `error` is NaN when the file tells no spread. */
void result_import_side(const struct result_case *one, double confidence, double *mean,
                        double *error);

/* Why the spread of an imported case is not known. */
const char *result_import_why(const struct result_case *one);

#endif
