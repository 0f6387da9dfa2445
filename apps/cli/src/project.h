/* project.h - the revision of the project whose programs are measured: that of the current folder.
 */
#ifndef CLI_PROJECT_H
#define CLI_PROJECT_H

#include "revision.h"

#include <stdbool.h>

/* The commit checked out in the current folder, and whether tracked files differ from it.
 *
 *   commit   out: [CLI_REVISION_COMMIT_SIZE]
 *
 * Cost     what `git diff --quiet HEAD` costs
 * Returns false outside of a checkout, before its first commit, or without git
 */
bool cli_project_read(char *commit, bool *is_dirty);

#endif
