/* revision.c - git does the work. A guard shell owns the removal: it waits for the end of a pipe
 * that only this process holds open, so that even a process that is killed leaves nothing behind.
 * The pipe also carries the process group of a build that is running, to be ended first. */
#define _GNU_SOURCE
#include "revision.h"

#include "cli.h"
#include "revision_child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES_SIZE = 240, SHORT_COMMIT = 10, GIT_ARGV_MAX = 16 };

/* $1 a folder of the repository, $2 the folder with the worktree in it. */
static const char guard_script[] = "group=; while read -r line; do group=$line; done\n"
                                   "[ -z \"$group\" ] || kill -KILL -- \"-$group\"\n"
                                   "git -C \"$1\" worktree remove --force \"$2\"\n"
                                   "rm -rf -- \"$2\" || { sleep 1; rm -rf -- \"$2\"; }\n"
                                   "git -C \"$1\" worktree prune\n";

/* Set by git for the hooks it runs: they would lead a worktree astray. */
static const char *const of_hooks[] = { "GIT_INDEX_FILE", "GIT_PREFIX", NULL };
static const char *const of_checkout[] = { "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_DIR",
                                           "GIT_WORK_TREE", NULL };

/* --- git ----------------------------------------------------------------------------------- */

static base_err run_git(const char *const *words, int notify, struct cli_child *child,
                        struct base_why *why)
{
    const char *argv[GIT_ARGV_MAX] = { "git", "-c", "core.hooksPath=/dev/null" };
    for (size_t i = 0; words[i] != NULL && i + 4 < GIT_ARGV_MAX; i++)
        argv[i + 3] = words[i];
    const struct cli_child_options options = {
        .argv = argv, .unset = of_hooks, .is_plain = true, .notify = notify
    };
    const base_err err = cli_child_run(&options, child, why);
    return err == BASE_EUNSUPPORTED
               ? base_fail(why, err, 0, "git is not installed; it is needed to build a revision")
               : err;
}

/* Git's last words without its "fatal: ". */
static void complaint_of(const struct cli_child *child, char *out, size_t size)
{
    static const char prefix[] = "fatal: ";
    cli_child_last_lines(child, out, size);
    if (strncmp(out, prefix, sizeof prefix - 1) == 0)
        memmove(out, out + sizeof prefix - 1, strlen(out + sizeof prefix - 1) + 1);
}

/* The one line that `git rev-parse OPTION` answers. out [size] */
static base_err ask_git(const char *option, char *out, size_t size, struct base_why *why)
{
    struct cli_child child;
    char text[LINES_SIZE];
    CLI_TRY(run_git((const char *const[]){ "rev-parse", option, NULL }, -1, &child, why));
    if (!cli_child_is_fine(&child)) {
        complaint_of(&child, text, sizeof text);
        return base_fail(
            why, BASE_ENOTFOUND, 0,
            "the current folder is not in a checkout of git, which a revision needs: %s", text);
    }
    if (child.size > 0 && child.output[child.size - 1] == '\n')
        child.output[--child.size] = '\0';
    if (child.is_cut || child.size >= size)
        return base_fail(why, BASE_ERANGE, 0, "the path of the checkout is too long");
    memcpy(out, child.output, child.size + 1);
    return BASE_OK;
}

base_err cli_revision_find(const char *revision, char *commit, struct base_why *why)
{
    struct cli_child child;
    char wanted[PATH_MAX], top[PATH_MAX];
    if (revision[0] == '\0' || revision[0] == '-')
        return base_fail(why, BASE_EINVALID, 0,
                         "'%.80s' is not a revision: a branch, a tag or a commit is wanted, as in "
                         "HEAD~1",
                         revision);
    if ((size_t)snprintf(wanted, sizeof wanted, "%s^{commit}", revision) >= sizeof wanted)
        return base_fail(why, BASE_EINVALID, 0, "a revision of %zu characters is too long",
                         strlen(revision));
    CLI_TRY(ask_git("--show-toplevel", top, sizeof top, why));
    CLI_TRY(run_git((const char *const[]){ "rev-parse", "--verify", "--quiet", "--end-of-options",
                                           wanted, NULL },
                    -1, &child, why));
    while (child.size > 0 && child.output[child.size - 1] == '\n')
        child.size--;
    const bool is_commit = child.size == 40 || child.size == CLI_REVISION_COMMIT_SIZE - 1;
    if (!cli_child_is_fine(&child) || !is_commit)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "there is no revision '%.80s' in %.200s: a branch, a tag or a commit is "
                         "wanted",
                         revision, top);
    memcpy(commit, child.output, child.size);
    commit[child.size] = '\0';
    return BASE_OK;
}

/* --- the worktree -------------------------------------------------------------------------- */

/* What is being built, in its steps. */
struct job {
    const char *revision, *program;
    char prefix[PATH_MAX]; /* of the current folder in the checkout: "" or "a/b/" */
    char place[PATH_MAX];  /* its counterpart in the worktree, with a slash at its end */
    struct cli_revision made;
};

static base_err make_folder(char *folder, struct base_why *why)
{
    const char *parent = getenv("TMPDIR");
    char template[PATH_MAX];
    parent = parent != NULL && parent[0] != '\0' ? parent : "/tmp";
    if ((size_t)snprintf(template, sizeof template, "%s/bpi-perf-XXXXXX", parent) >=
        sizeof template)
        return base_fail(why, BASE_ERANGE, 0, "TMPDIR is too long");
    if (mkdtemp(template) == NULL)
        return base_fail(why, BASE_EIO, 0, "cannot make a folder in %s: %s", parent,
                         strerror(errno));
    if (realpath(template, folder) != NULL)
        return BASE_OK;
    const int problem = errno;
    rmdir(template);
    return base_fail(why, BASE_EIO, 0, "%s: %s", template, strerror(problem));
}

static base_err add_worktree(struct job *job, struct base_why *why)
{
    struct cli_revision *made = &job->made;
    struct cli_child child;
    char top[PATH_MAX], text[LINES_SIZE];
    CLI_TRY(ask_git("--show-toplevel", top, sizeof top, why));
    CLI_TRY(ask_git("--show-prefix", job->prefix, sizeof job->prefix, why));
    CLI_TRY(make_folder(made->folder, why));
    const base_err err =
        cli_child_guard(guard_script, top, made->folder, &made->guard, &made->guard_input, why);
    if (err != BASE_OK) {
        rmdir(made->folder);
        return err;
    }
    const char *const words[] = { "worktree", "add",        "--quiet",    "--detach",
                                  "--",       made->folder, made->commit, NULL };
    CLI_TRY(run_git(words, made->guard_input, &child, why));
    if (cli_child_is_fine(&child))
        return BASE_OK;
    complaint_of(&child, text, sizeof text);
    return base_fail(why, BASE_EIO, 0, "cannot check out '%.80s': %s", job->revision, text);
}

static base_err find_place(struct job *job, struct base_why *why)
{
    struct stat status;
    if ((size_t)snprintf(job->place, sizeof job->place, "%s/%s", job->made.folder, job->prefix) >=
        sizeof job->place)
        return base_fail(why, BASE_ERANGE, 0, "the path of the worktree is too long");
    if (stat(job->place, &status) != 0 || !S_ISDIR(status.st_mode))
        return base_fail(why, BASE_ENOTFOUND, 0, "revision '%.80s' has no folder %s", job->revision,
                         job->prefix);
    return BASE_OK;
}

static base_err run_build(const struct job *job, const char *command, struct base_why *why)
{
    const char *const argv[] = { "sh", "-c", command, NULL };
    const struct cli_child_options options = {
        .argv = argv,
        .folder = job->place,
        .unset = of_checkout,
        .temporary = job->made.folder, /* a compiler that is killed leaves files */
        .notify = job->made.guard_input
    };
    struct cli_child child;
    char how[32], lines[LINES_SIZE];
    if (command == NULL || command[0] == '\0')
        return BASE_OK;
    CLI_TRY(cli_child_run(&options, &child, why));
    if (cli_child_is_fine(&child))
        return BASE_OK;
    cli_child_how(&child, how, sizeof how);
    cli_child_last_lines(&child, lines, sizeof lines);
    return base_fail(why, BASE_ECRASHED, 0, "the build of '%.60s' (%.*s) ended with %s%s%s",
                     job->revision, SHORT_COMMIT, job->made.commit, how,
                     lines[0] != '\0' ? "; its last lines:\n" : " and printed nothing", lines);
}

/* The program must be the worktree's own: one outside would be the same for every revision. */
static base_err find_program(struct job *job, struct base_why *why)
{
    char *path = job->made.program, real[PATH_MAX];
    struct stat status;
    if ((size_t)snprintf(path, sizeof job->made.program, "%s%s", job->place, job->program) >=
        sizeof job->made.program)
        return base_fail(why, BASE_ERANGE, 0, "the path of '%.80s' is too long", job->program);
    if (realpath(path, real) == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "revision '%.60s' (%.*s) has no program '%.80s' after its build: %s",
                         job->revision, SHORT_COMMIT, job->made.commit, job->program,
                         strerror(errno));
    const size_t size = strlen(job->made.folder);
    if (strncmp(real, job->made.folder, size) != 0 || real[size] != '/')
        return base_fail(why, BASE_EINVALID, 0,
                         "'%.80s' leads out of the worktree, to %.200s: every revision would be "
                         "measured with the same program",
                         job->program, real);
    if (stat(real, &status) != 0 || !S_ISREG(status.st_mode) || access(real, X_OK) != 0)
        return base_fail(why, BASE_EINVALID, 0,
                         "'%.80s' of revision '%.60s' is not an executable file", job->program,
                         job->revision);
    return BASE_OK;
}

static base_err build(struct job *job, const char *command, struct base_why *why)
{
    CLI_TRY(add_worktree(job, why));
    CLI_TRY(find_place(job, why));
    CLI_TRY(run_build(job, command, why));
    return find_program(job, why);
}

base_err cli_revision_build(const char *revision, const char *build_command, const char *program,
                            struct cli_revision *out, struct base_why *why)
{
    struct job job = { .revision = revision, .program = program };
    if (program[0] == '\0' || program[0] == '/')
        return base_fail(
            why, BASE_EINVALID, 0,
            "program '%.200s': a path inside the checkout is wanted, as in ./bench, so "
            "that each revision has its own",
            program);
    CLI_TRY(cli_revision_find(revision, job.made.commit, why));
    const base_err err = build(&job, build_command, why);
    if (err != BASE_OK) {
        cli_revision_remove(&job.made);
        return err;
    }
    *out = job.made;
    return BASE_OK;
}

void cli_revision_remove(struct cli_revision *revision)
{
    if (revision->guard > 0) {
        close(revision->guard_input);
        while (waitpid(revision->guard, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    *revision = (struct cli_revision){ 0 };
}
