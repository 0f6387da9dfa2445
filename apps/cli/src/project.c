/* project.c - a run of somebody's program belongs to the commit of that program, not to ours. */
#include "project.h"

#include "revision_child.h"

#include <sys/wait.h>

bool cli_project_read(char *commit, bool *is_dirty)
{
    struct cli_child child;
    struct base_why why;
    const struct cli_child_options diff = {
        .argv =
            (const char *const[]){ "git", "diff", "--quiet", "--ignore-submodules", "HEAD", NULL },
        .is_plain = true,
        .notify = -1,
    };
    if (cli_revision_find("HEAD", commit, &why) != BASE_OK ||
        cli_child_run(&diff, &child, &why) != BASE_OK || !WIFEXITED(child.status))
        return false;
    *is_dirty = WEXITSTATUS(child.status) != 0;
    return true;
}
