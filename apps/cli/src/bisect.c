/* bisect.c - the state is two lists of commits; everything else is asked of git each time. */
#include "bisect.h"

#include "cli.h"
#include "revision_child.h"

#include <stdio.h>
#include <string.h>

enum { ARGV_MAX = CLI_BISECT_STEPS_MAX + 16, SHOWN_MAX = 150 };

/* The commits in the order of how well they halve what is left; the rest of the arguments are
 * rev-list's. Only so many lines: a child's output is kept from its end. */
static const char order_script[] = "git rev-list --bisect-all \"$@\" | cut -d' ' -f1 | head -n 150";

static base_err run(const char *const *argv, struct cli_child *child, struct base_why *why)
{
    const struct cli_child_options options = { .argv = argv, .is_plain = true, .notify = -1 };
    const base_err err = cli_child_run(&options, child, why);
    if (err == BASE_OK && !cli_child_is_fine(child)) {
        char text[200];
        cli_child_last_lines(child, text, sizeof text);
        return base_fail(why, BASE_EIO, 0, "git cannot walk the history: %s", text);
    }
    return err;
}

base_err cli_bisect_begin(struct cli_bisect *bisect, const char *good, const char *bad,
                          struct base_why *why)
{
    struct cli_child child;
    base_err err = cli_revision_find(good, bisect->goods[0], why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--good");
    err = cli_revision_find(bad, bisect->bad, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "--bad");
    bisect->good_count = 1;
    if (strcmp(bisect->goods[0], bisect->bad) == 0)
        return base_fail(why, BASE_EINVALID, 0, "--good %.80s and --bad %.80s are one commit", good,
                         bad);
    const struct cli_child_options options = {
        .argv = (const char *const[]){ "git", "merge-base", "--is-ancestor", bisect->goods[0],
                                       bisect->bad, NULL },
        .is_plain = true,
        .notify = -1,
    };
    CLI_TRY(cli_child_run(&options, &child, why));
    if (!cli_child_is_fine(&child))
        return base_fail(why, BASE_EINVALID, 0,
                         "%.80s was not built on %.80s: --good must be an ancestor of --bad, as "
                         "'git merge-base' finds one",
                         bad, good);
    return BASE_OK;
}

/* "sh -c SCRIPT sh BAD ^GOOD...". negated [good_count] holds the texts */
static size_t fill_argv(const struct cli_bisect *bisect, const char **argv,
                        char (*negated)[CLI_REVISION_COMMIT_SIZE + 1])
{
    size_t count = 0;
    if (bisect->is_first_parent)
        argv[count++] = "--first-parent";
    argv[count++] = bisect->bad;
    for (size_t i = 0; i < bisect->good_count; i++) {
        snprintf(negated[i], sizeof negated[i], "^%s", bisect->goods[i]);
        argv[count++] = negated[i];
    }
    argv[count] = NULL;
    return count;
}

static bool is_skipped(const struct cli_bisect *bisect, const char *commit)
{
    for (size_t i = 0; i < bisect->skipped_count; i++)
        if (strcmp(bisect->skipped[i], commit) == 0)
            return true;
    return false;
}

/* The first of the lines that is neither skipped nor known to be bad. */
static void choose(const struct cli_bisect *bisect, char *lines, char *commit)
{
    char *rest = lines;
    commit[0] = '\0';
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strlen(line) >= CLI_REVISION_COMMIT_SIZE || strcmp(line, bisect->bad) == 0 ||
            is_skipped(bisect, line))
            continue;
        strcpy(commit, line);
        return;
    }
}

base_err cli_bisect_next(const struct cli_bisect *bisect, char *commit, size_t *left,
                         struct base_why *why)
{
    char negated[CLI_BISECT_STEPS_MAX + 1][CLI_REVISION_COMMIT_SIZE + 1];
    const char *count_argv[ARGV_MAX] = { "git", "rev-list", "--count" };
    const char *order_argv[ARGV_MAX] = { "sh", "-c", order_script, "sh" };
    struct cli_child child;
    size_t many = 0;
    (void)fill_argv(bisect, &count_argv[3], negated);
    (void)fill_argv(bisect, &order_argv[4], negated);
    CLI_TRY(run(count_argv, &child, why));
    if (sscanf(child.output, "%zu", &many) != 1)
        return base_fail(why, BASE_EIO, 0, "git does not say how many commits there are");
    CLI_TRY(run(order_argv, &child, why));
    choose(bisect, child.output, commit);
    *left = many;
    return BASE_OK;
}

base_err cli_bisect_mark(struct cli_bisect *bisect, const char *commit, enum cli_bisect_mark mark,
                         struct base_why *why)
{
    if (mark == CLI_BISECT_BAD)
        snprintf(bisect->bad, sizeof bisect->bad, "%s", commit);
    else if (mark == CLI_BISECT_GOOD && bisect->good_count <= CLI_BISECT_STEPS_MAX)
        snprintf(bisect->goods[bisect->good_count++], sizeof bisect->goods[0], "%s", commit);
    else if (mark == CLI_BISECT_SKIPPED && bisect->skipped_count < CLI_BISECT_STEPS_MAX)
        snprintf(bisect->skipped[bisect->skipped_count++], sizeof bisect->skipped[0], "%s", commit);
    else
        return base_fail(why, BASE_EFULL, 0, "more than %d commits were looked at without an end",
                         CLI_BISECT_STEPS_MAX);
    return BASE_OK;
}

base_err cli_bisect_describe(const char *commit, char out[CLI_BISECT_SUBJECT_SIZE],
                             struct base_why *why)
{
    struct cli_child child;
    CLI_TRY(run((const char *const[]){ "git", "log", "-1", "--date=short",
                                       "--format=%h %ad %an: %s", "--abbrev=12", commit, NULL },
                &child, why));
    child.output[strcspn(child.output, "\n")] = '\0';
    snprintf(out, CLI_BISECT_SUBJECT_SIZE, "%.*s", CLI_BISECT_SUBJECT_SIZE - 1, child.output);
    return BASE_OK;
}
