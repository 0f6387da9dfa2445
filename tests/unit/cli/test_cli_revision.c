/* test_cli_revision.c - revisions of a scratch repository are built and leave nothing behind: after
 * removal, after every failure, after Ctrl-C and after the process was killed. */
#define _GNU_SOURCE
#include "unit.h"

#include "revision.h"
#include "revision_child.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, PATIENCE_MS = 20000, STEP_MS = 20 };

static char work[PATH_MAX]; /* holds tree/, the repository, and tmp/, where worktrees go */

static const char make_tree[] =
    "set -e; cd \"$0\"; mkdir tmp; git init -q tree; cd tree; mkdir sub\n"
    "export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@localhost\n"
    "export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@localhost\n"
    "printf '#!/bin/sh\\necho one\\n' > answer; chmod +x answer; echo plain > sub/plain\n"
    "git add .; git commit -q -m one; git tag first\n"
    "printf '#!/bin/sh\\necho two\\n' > answer; git commit -q -a -m two\n"
    "git rm -q -r sub; git commit -q -m three; mkdir -p sub\n"
    "printf '#!/bin/sh\\ntouch \"%s/hook\"\\n' \"$0\" > .git/hooks/post-checkout\n"
    "chmod +x .git/hooks/post-checkout\n";

/* The output of a shell command that must succeed. */
static const char *shell(const char *command)
{
    static struct cli_child child;
    struct base_why why = { 0 };
    const struct cli_child_options options = {
        .argv = (const char *const[]){ "sh", "-c", command, work, NULL }, .notify = -1
    };
    assert_int_equal(cli_child_run(&options, &child, &why), BASE_OK);
    if (!cli_child_is_fine(&child))
        fail_msg("%s: %s", command, child.output);
    return child.output;
}

static void enter(const char *folder)
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", work, folder);
    assert_int_equal(chdir(path), 0);
}

static bool is_clean(void)
{
    return strcmp(shell("ls \"$0/tmp\"; git -C \"$0/tree\" worktree list | sed 1d; "
                        "ls \"$0/tree/.git/worktrees\" 2>/dev/null || true; ls -d \"$0\"/hook*"
                        " 2>/dev/null || true"),
                  "") == 0;
}

static void assert_clean(void)
{
    if (!is_clean())
        fail_msg("left behind: %s", shell("ls -R \"$0/tmp\"; git -C \"$0/tree\" worktree list"));
}

static void builds_in_its_own_worktree(void **state)
{
    (void)state;
    struct cli_revision one = { 0 }, two = { 0 };
    struct base_why why = { 0 };
    char answer[3 * PATH_MAX];
    enter("tree");
    assert_int_equal(
        cli_revision_build("first", "cp answer made; pwd; exec 1>&-", "./made", &one, &why),
        BASE_OK);
    assert_int_equal(cli_revision_build("HEAD~1", NULL, "answer", &two, &why), BASE_OK);
    assert_int_equal(strlen(one.commit), 40);
    assert_string_not_equal(one.commit, two.commit);
    assert_string_not_equal(one.folder, two.folder);
    snprintf(answer, sizeof answer, "'%s'; '%s'; git rev-parse first HEAD~1", one.program,
             two.program);
    const char *said = shell(answer);
    assert_memory_equal(said, "one\ntwo\n", 8);
    assert_memory_equal(said + 8, one.commit, 40);
    assert_memory_equal(said + 8 + 41, two.commit, 40);
    cli_revision_remove(&one);
    assert_int_equal(one.folder[0], 0);
    assert_int_equal(access(two.program, X_OK), 0);
    cli_revision_remove(&two);
    cli_revision_remove(&two); /* once more does nothing */
    assert_clean();
    assert_string_equal(shell("git -C \"$0/tree\" status --porcelain"), "");
}

static void builds_in_the_same_folder(void **state)
{
    (void)state;
    struct cli_revision one = { 0 };
    struct base_why why = { 0 };
    enter("tree/sub");
    assert_int_equal(cli_revision_build("first", "cat plain && cp ../answer it", "it", &one, &why),
                     BASE_OK);
    assert_non_null(strstr(one.program, "/sub/it"));
    cli_revision_remove(&one);
    assert_int_equal(cli_revision_build("HEAD", "true", "it", &one, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "revision 'HEAD' has no folder sub/"));
    assert_clean();
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *revision, *build, *program;
        base_err err;
        const char *says;
    } rows[] = {
        { "", "true", "answer", BASE_EINVALID, "'' is not a revision" },
        { "--help", "true", "answer", BASE_EINVALID, "'--help' is not a revision" },
        { "nosuch", "true", "answer", BASE_ENOTFOUND, "no revision 'nosuch' in" },
        { "HEAD:answer", "true", "answer", BASE_ENOTFOUND, "no revision 'HEAD:answer' in" },
        { "$(touch ../hooked)", "true", "answer", BASE_ENOTFOUND,
          "no revision '$(touch ../hooked)' in" },
        { "first", "true", "", BASE_EINVALID, "a path inside the checkout is wanted" },
        { "first", "true", "/bin/true", BASE_EINVALID, "a path inside the checkout is wanted" },
        { "first", "true", "made", BASE_ENOTFOUND,
          "has no program 'made' after its build: No such" },
        { "first", "true", "sub", BASE_EINVALID, "'sub' of revision 'first' is not an executable" },
        { "first", "true", "sub/plain", BASE_EINVALID, "is not an executable file" },
        { "first", "ln -s /bin/true made", "made", BASE_EINVALID,
          "leads out of the worktree, to /" },
        { "first", "true", "../../../../../../../../bin/sh", BASE_EINVALID, "leads out of" },
        { "first", "echo a; echo b >&2; exit 3", "answer", BASE_ECRASHED,
          "ended with status 3; its last lines:\na\nb" },
        { "first", "exit 4", "answer", BASE_ECRASHED, "ended with status 4 and printed nothing" },
        { "first", "kill -9 $$", "answer", BASE_ECRASHED, "ended with signal 9" },
        { "first", "seq 100000; false", "answer", BASE_ECRASHED, "\n99998\n99999\n100000" },
    };
    enter("tree");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cli_revision made = { .guard_input = 77 };
        struct base_why why = { 0 };
        assert_int_equal(
            cli_revision_build(rows[i].revision, rows[i].build, rows[i].program, &made, &why),
            rows[i].err);
        if (strstr(why.text, rows[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", why.text, rows[i].says);
        assert_int_equal(made.guard_input, 77);
        assert_clean();
    }
}

static void needs_git_and_a_checkout(void **state)
{
    (void)state;
    char commit[CLI_REVISION_COMMIT_SIZE];
    struct base_why why = { 0 };
    enter("tmp");
    setenv("GIT_CEILING_DIRECTORIES", work, 1);
    assert_int_equal(cli_revision_find("HEAD", commit, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "not in a checkout of git"));
    unsetenv("GIT_CEILING_DIRECTORIES");
    enter("tree");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    assert_int_equal(cli_revision_find("HEAD", commit, &why), BASE_EUNSUPPORTED);
    assert_non_null(strstr(why.text, "git is not installed"));
    setenv("PATH", path, 1);
    free(path);
    setenv("TMPDIR", "/nonexistent", 1);
    struct cli_revision made;
    assert_int_equal(cli_revision_build("HEAD", "true", "answer", &made, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "cannot make a folder in /nonexistent"));
}

/* Git sets these for its hooks: from one, a build would touch the user's index. */
static void works_inside_a_hook(void **state)
{
    (void)state;
    struct cli_revision made = { 0 };
    struct base_why why = { 0 };
    char index[2 * PATH_MAX];
    enter("tree");
    snprintf(index, sizeof index, "%s/tree/.git/index", work);
    setenv("GIT_INDEX_FILE", index, 1);
    setenv("GIT_DIR", ".git", 1);
    const base_err err = cli_revision_build(
        "first",
        "test \"$(git rev-parse HEAD)\" = \"$(git rev-parse first)\" && git status -s && "
        "test \"$(git rev-parse --show-toplevel)\" = \"$PWD\"",
        "answer", &made, &why);
    unsetenv("GIT_INDEX_FILE");
    unsetenv("GIT_DIR");
    if (err != BASE_OK)
        fail_msg("%s", why.text);
    cli_revision_remove(&made);
    assert_clean();
    assert_string_equal(shell("git -C \"$0/tree\" status --porcelain"), "");
}

/* --- the end of the process --------------------------------------------------------------------
 */

static void await(bool (*is_so)(void), const char *what)
{
    for (int waited = 0; !is_so(); waited += STEP_MS) {
        if (waited > PATIENCE_MS)
            fail_msg("not within %d s: %s", PATIENCE_MS / 1000, what);
        (void)poll(NULL, 0, STEP_MS);
    }
}

static bool has_started(void)
{
    return strcmp(shell("ls -d \"$0\"/tmp/*/started 2>/dev/null || true"), "") != 0;
}

static pid_t start_builder(const char *command, bool is_second)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct cli_revision first = { 0 }, made = { 0 };
    struct base_why why = { 0 };
    cli_signals_open();
    if (is_second && cli_revision_build("first", NULL, "answer", &first, &why) != BASE_OK)
        _exit(99);
    const base_err err = cli_revision_build("first", command, "answer", &made, &why);
    cli_revision_remove(&first);
    _exit((int)err);
}

static void interrupt_ends_the_build(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "touch started; sleep 600",
        "touch started; sleep 600 & wait",
        "trap '' TERM; touch started; sleep 600; sleep 600",
    };
    enter("tree");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        int status = 0;
        const pid_t pid = start_builder(commands[i], true);
        await(has_started, "the build starts");
        kill(pid, SIGINT);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), BASE_EINTERRUPTED);
        assert_clean();
    }
}

static void a_killed_process_leaves_nothing(void **state)
{
    (void)state;
    static const int numbers[] = { SIGKILL, SIGINT };
    enter("tree");
    for (size_t i = 0; i < 2; i++) {
        const pid_t pid =
            start_builder("trap '' TERM; touch started; while :; do echo x >> grows; done", true);
        await(has_started, "the build starts");
        kill(pid, numbers[i]);
        if (numbers[i] == SIGINT) { /* twice: the program ends at once */
            (void)poll(NULL, 0, STEP_MS);
            kill(pid, SIGINT);
        }
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        await(is_clean, "both worktrees are gone");
    }
}

/* A server that the build started keeps its standard output open. */
static void a_server_is_not_waited_for(void **state)
{
    (void)state;
    struct cli_child child;
    struct base_why why = { 0 };
    const struct cli_child_options options = {
        .argv = (const char *const[]){ "sh", "-c", "sleep 600 & echo $!; echo done", NULL },
        .notify = -1
    };
    assert_int_equal(cli_child_run(&options, &child, &why), BASE_OK);
    assert_true(cli_child_is_fine(&child));
    assert_non_null(strstr(child.output, "done"));
    assert_int_equal(kill((pid_t)atoi(child.output), SIGKILL), 0);
}

static void last_lines(void **state)
{
    (void)state;
    static const struct {
        const char *output;
        size_t size;
        const char *kept;
    } rows[] = {
        { "", 10, "" },
        { "\n\n", 10, "" },
        { "one\n", 10, "one" },
        { "one\ntwo\n", 8, "one\ntwo" },
        { "one\ntwo\n", 7, "two" },
        { "one\ntwo", 4, "two" },
        { "one\nthree", 4, "ree" },
        { "one", 2, "e" },
        { "a\x1b[1mb\t\x7f\r\nc", 20, "a [1mb   \nc" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cli_child child = { .size = strlen(rows[i].output) };
        char out[32];
        memcpy(child.output, rows[i].output, child.size + 1);
        cli_child_last_lines(&child, out, rows[i].size);
        assert_string_equal(out, rows[i].kept);
    }
}

static int start_group(void **state)
{
    (void)state;
    shell(make_tree);
    return 0;
}

static int set_tmpdir(void **state)
{
    (void)state;
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/tmp", work);
    return setenv("TMPDIR", path, 1);
}

static int end_group(void **state)
{
    (void)state;
    if (chdir("/") != 0)
        return 1;
    shell("rm -rf \"$0\"");
    return 0;
}

int main(void)
{
    char template[] = "/tmp/test-revision-XXXXXX";
    if (system("git --version >/dev/null 2>&1") != 0) {
        fprintf(stderr, "git is not installed\n");
        return SKIPPED;
    }
    if (mkdtemp(template) == NULL || realpath(template, work) == NULL)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(builds_in_its_own_worktree, set_tmpdir),
        cmocka_unit_test_setup(builds_in_the_same_folder, set_tmpdir),
        cmocka_unit_test_setup(says_what_is_wrong, set_tmpdir),
        cmocka_unit_test_setup(needs_git_and_a_checkout, set_tmpdir),
        cmocka_unit_test_setup(works_inside_a_hook, set_tmpdir),
        cmocka_unit_test_setup(interrupt_ends_the_build, set_tmpdir),
        cmocka_unit_test_setup(a_killed_process_leaves_nothing, set_tmpdir),
        cmocka_unit_test(a_server_is_not_waited_for),
        cmocka_unit_test(last_lines),
    };
    return cmocka_run_group_tests(tests, start_group, end_group);
}
