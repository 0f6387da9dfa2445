/* revision.h - a revision of the project in the current folder, built in a worktree of its own.
 *
 * The worktree is a fresh folder below TMPDIR (or /tmp), so nothing of the user's checkout is
 * touched. It goes away with cli_revision_remove, and also when this process ends in any other way:
 * a guard process, which signals of the terminal do not reach, waits for that.
 */
#ifndef CLI_REVISION_H
#define CLI_REVISION_H

#include <base/err.h>

#include <limits.h>
#include <sys/types.h>

enum { CLI_REVISION_COMMIT_SIZE = 65 };

struct cli_revision {                      /* zeroed is fine for remove */
    char commit[CLI_REVISION_COMMIT_SIZE]; /* 40 (or 64) hex digits */
    char folder[PATH_MAX];                 /* of the worktree, absolute */
    char program[PATH_MAX];                /* absolute */
    pid_t guard;                           /* internal; 0: none */
    int guard_input;                       /* internal: it ends when this is closed */
};

/* Find a commit without building it.
 *
 *   revision   what git understands: a branch, tag, commit, HEAD~3, ..
 *   commit     out: [CLI_REVISION_COMMIT_SIZE]
 *
 * Errors   ENOTFOUND (no repository here, no such revision), EINVALID (empty, or like an option),
 *          EUNSUPPORTED (git is not installed), EINTERRUPTED, EIO, ENOMEM
 */
BASE_MUST_USE base_err cli_revision_find(const char *revision, char *commit, struct base_why *why);

/* Check a revision out into a fresh worktree and build it there.
 *
 *   build_command   for sh -c, in the worktree's counterpart of the current folder; its standard
 *                   input is empty. NULL or "": nothing is built
 *   program         relative to that folder; what the build made, or the revision holds
 *   out             removed by cli_revision_remove; untouched on failure, when nothing is left
 *
 * Git's hooks are not run. What the build printed is shown only on failure: its last lines, in why.
 * Ctrl-C (cli_signals_interrupted) ends the build.
 *
 * Errors   those of cli_revision_find; ECRASHED (the build failed; why holds its status and last
 *          lines), EINVALID (program is absolute, leads out of the worktree or is not executable),
 *          ENOTFOUND (the build made no such program, the revision has no such folder), ERANGE (a
 *          path is too long)
 */
BASE_MUST_USE base_err cli_revision_build(const char *revision, const char *build_command,
                                          const char *program, struct cli_revision *out,
                                          struct base_why *why);

/* Remove the worktree and what git knows of it; the struct is zeroed. */
void cli_revision_remove(struct cli_revision *revision);

#endif
