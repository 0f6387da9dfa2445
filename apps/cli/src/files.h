/* files.h - cases that measure on files of the user. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "plan.h"

#define CLI_FILES_PARAM "file" /* the parameter of a case that takes a path */
enum { CLI_FILES_SIZE_MAX = 1 << 30 };

/* Was --input given, or a word that is taken for another file after it? */
bool cli_files_given(const struct cli_args *args);

/* Add each case of the suite that takes a file, once for each file of the command line.
 *
 *   word    only cases whose name contains it; NULL: all
 *
 * Errors   ENOTFOUND, EINVALID (a file that cannot be read, a word without --input), those of
 *          cli_plan_add_exact
 */
BASE_MUST_USE base_err cli_files_plan(struct cli_plan *plan, const struct cli_args *args,
                                      const char *suite, const char *word, struct base_why *why);

/* For commands whose operands are filters: add each case that takes a file and that one of them
 * matches (an id without its file), once for each --input.
 *
 * Errors   ENOTFOUND (a filter matches no such case), EINVALID (a file that cannot be read), those
 *          of cli_plan_add_exact and cli_plan_check_args
 */
BASE_MUST_USE base_err cli_files_run(struct cli_plan *plan, const struct cli_args *args,
                                     struct base_why *why);

#endif
