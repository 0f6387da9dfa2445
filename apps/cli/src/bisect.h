/* bisect.h - which commit to look at next, and which is left: git knows the history, this keeps
 * what was found out about it.
 *
 * One commit of good .. bad is the first that is slow; every commit that has it is slow. git's own
 * choice of the middle is used (rev-list --bisect-all), so merges are handled as git bisect does.
 */
#ifndef CLI_BISECT_H
#define CLI_BISECT_H

#include "revision.h"

#include <stdbool.h>

enum { CLI_BISECT_STEPS_MAX = 60, CLI_BISECT_SUBJECT_SIZE = 200 };

/* What was found out about a commit. */
enum cli_bisect_mark { CLI_BISECT_GOOD, CLI_BISECT_BAD, CLI_BISECT_SKIPPED };

struct cli_bisect {                     /* fill first_parent, the rest is cli_bisect_begin's */
    bool is_first_parent;               /* only the first parent of a merge */
    char bad[CLI_REVISION_COMMIT_SIZE]; /* the oldest that is known to be slow */
    char goods[CLI_BISECT_STEPS_MAX + 1][CLI_REVISION_COMMIT_SIZE];
    size_t good_count;
    char skipped[CLI_BISECT_STEPS_MAX][CLI_REVISION_COMMIT_SIZE];
    size_t skipped_count;
};

/* Errors: EINVALID (good is not an ancestor of bad, or the same commit), those of
 * cli_revision_find */
BASE_MUST_USE base_err cli_bisect_begin(struct cli_bisect *bisect, const char *good,
                                        const char *bad, struct base_why *why);

/* The commit to look at next.
 *
 *   commit   out: [CLI_REVISION_COMMIT_SIZE]; "" when nothing is left to look at: `bad` is the
 *            first slow one, or one of the skipped commits before it is
 *   left     out: how many commits may still be the first slow one
 *
 * Errors   EFULL (too many steps), EINTERRUPTED, EIO
 */
BASE_MUST_USE base_err cli_bisect_next(const struct cli_bisect *bisect, char *commit, size_t *left,
                                       struct base_why *why);

/* Errors: EFULL */
BASE_MUST_USE base_err cli_bisect_mark(struct cli_bisect *bisect, const char *commit,
                                       enum cli_bisect_mark mark, struct base_why *why);

/* "a1b2c3d4e5f6 2026-01-31 Name: Subject"; control characters are left to who shows it.
 * Errors: EIO */
BASE_MUST_USE base_err cli_bisect_describe(const char *commit, char out[CLI_BISECT_SUBJECT_SIZE],
                                           struct base_why *why);

#endif
