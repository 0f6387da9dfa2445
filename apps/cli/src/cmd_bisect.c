/* cmd_bisect.c - the commit that made a case slower.
 *
 * The good revision stays built beside every other one and runs at the same time, so what the host
 * does cancels. The first comparison is good with bad; half of the difference (in ratios) is then
 * the line between good and bad commits, unless --threshold draws it.
 */
#include "bisect.h"
#include "commands.h"
#include "option_rows.h"
#include "output.h"
#include "progress.h"
#include "show.h"
#include "signals.h"
#include "versus.h"

#include <base/units.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MORE_TIME = 4,   /* times the budget, once, for a commit that is undecided */
    GIT_SKIP = 125,  /* of git bisect run */
    GIT_ABORT = 128, /* of git bisect run: anything from here on */
    WHY_SIZE = BASE_WHY_TEXT_SIZE,
    CASE_SIZE = 400,
};
#define BUDGET_NS       UINT64_C(4000000000)
#define AS_GOOD_AS_SAME 0.005

const struct cli_option cli_bisect_options[] = {
    { .name = "good",
      .kind = CLI_TEXT,
      .value_name = "REV",
      .doc = "a revision that was still fast: an ancestor of --bad" },
    { .name = "bad",
      .kind = CLI_TEXT,
      .value_name = "REV",
      .doc = "a revision that is slow",
      .fallback = "HEAD" },
    { .name = "build",
      .kind = CLI_TEXT,
      .value_name = "COMMAND",
      .doc = "shell command that builds a revision in its worktree",
      .fallback = "nothing is built" },
    { .name = "program",
      .kind = CLI_FILE,
      .value_name = "PATH",
      .doc = "the benchmark program that the build makes, relative to this folder" },
    { .name = "threshold",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "a commit is bad when it is slower than --good by more than this",
      .fallback = "half of what lies between --good and --bad; 1.0 in a step of git bisect" },
    TIME("budget", "wall time of a comparison; four times as much when it stays undecided", "4s"),
    FLAG("first-parent", 0, "follow only the first parent of merges"),
    FLAG("as-git-bisect-step", 0,
         "compare HEAD with --good and end as 'git bisect run' wants it: 0 good, 1 bad, 125 cannot "
         "be told"),
    { 0 },
};

struct step {
    char commit[CLI_REVISION_COMMIT_SIZE];
    char subject[CLI_BISECT_SUBJECT_SIZE];
    enum cli_bisect_mark mark;
    struct result_estimate ratio; /* to --good; NaN: not compared */
    char why[WHY_SIZE];           /* of a skipped one */
};

struct hunt {
    const struct cli_args *args;
    const char *filter;
    char exact[CASE_SIZE + 2]; /* the filter as a pattern that matches one id; "": it is no id */
    struct cli_revision good;
    struct cli_bisect bisect;
    struct step steps[CLI_BISECT_STEPS_MAX + 2];
    size_t step_count;
    double threshold;
    struct result_estimate whole; /* bad to good */
    char case_id[CASE_SIZE];
    struct cli_progress progress;
    bool is_over, is_found;
    char found[CLI_BISECT_SUBJECT_SIZE];
};

/* --- one comparison ------------------------------------------------------------------------- */

/* "[h]ash" matches "hash" alone. */
static void set_exact(struct hunt *hunt, const char *id)
{
    hunt->exact[0] = '\0';
    if (strpbrk(id, "*?[") == NULL && id[0] != '\0' && strlen(id) < CASE_SIZE)
        snprintf(hunt->exact, sizeof hunt->exact, "[%c]%s", id[0], id + 1);
}

static base_err take_item(struct hunt *hunt, const struct result_comparison *all, struct step *step,
                          enum result_change *change, struct base_why *why)
{
    size_t compared = 0;
    const struct result_compared *item = NULL;
    for (size_t i = 0; i < all->count; i++) {
        if (hunt->case_id[0] != '\0' && strcmp(all->items[i].id, hunt->case_id) != 0)
            continue;
        item = &all->items[i];
        compared++;
    }
    if (compared > 1)
        return base_fail(why, BASE_ERANGE, 0,
                         "'%s' matches %zu cases (%.60s, %.60s, ..): bisect follows one; write its "
                         "whole id",
                         hunt->filter, compared, all->items[0].id, all->items[1].id);
    *change = item == NULL ? RESULT_CHANGE_MISSING : item->change;
    step->ratio = item == NULL ? (struct result_estimate){ NAN, NAN, NAN } : item->ratio;
    snprintf(step->why, sizeof step->why, "%s", item == NULL || item->why == NULL ? "" : item->why);
    if (hunt->case_id[0] == '\0' && item != NULL) {
        snprintf(hunt->case_id, sizeof hunt->case_id, "%s", item->id);
        set_exact(hunt, hunt->case_id);
    }
    return BASE_OK;
}

static base_err compare(struct hunt *hunt, const struct cli_revision *built, double threshold,
                        uint64_t budget_ns, struct step *step, enum result_change *change,
                        struct base_why *why)
{
    const char *const good[] = { hunt->good.program, NULL };
    const char *const other[] = { built->program, NULL };
    const struct cli_versus_side sides[] = { { .name = hunt->good.commit, .argv = good },
                                             { .name = built->commit, .argv = other } };
    const struct cli_versus_options options = { .threshold = threshold,
                                                .budget_ns = budget_ns,
                                                .seed = 1,
                                                .threads = 1,
                                                .interrupted = &cli_signals_interrupted,
                                                .progress = &hunt->progress };
    struct result_comparison all = { 0 };
    base_err err = BASE_ENOTFOUND;
    if (hunt->exact[0] != '\0')
        err = cli_versus_programs(sides, 2, hunt->exact, &options, &all, why);
    if (err == BASE_ENOTFOUND && hunt->case_id[0] == '\0')
        err = cli_versus_programs(sides, 2, hunt->filter, &options, &all, why);
    if (err == BASE_OK)
        err = take_item(hunt, &all, step, change, why);
    result_comparison_done(&all);
    return err;
}

/* Compare, and once more with more time when it stays open. NaN: is it slower at all? Programs that
 * are as good as the same are told so first, which takes less time than to look for any difference.
 */
static base_err compare_twice(struct hunt *hunt, const struct cli_revision *built, double threshold,
                              struct step *step, enum result_change *change, struct base_why *why)
{
    const struct cli_value *given = cli_value(hunt->args, "budget");
    const uint64_t budget_ns = given != NULL ? given->ns : BUDGET_NS;
    const double first = isnan(threshold) ? AS_GOOD_AS_SAME : threshold;
    const double second = isnan(threshold) ? 0 : threshold;
    CLI_TRY(compare(hunt, built, first, budget_ns, step, change, why));
    if (*change == RESULT_CHANGE_UNDECIDED)
        CLI_TRY(compare(hunt, built, second, MORE_TIME * budget_ns, step, change, why));
    return BASE_OK;
}

/* Errors of a commit and not of the machine: such a commit is skipped. */
static bool is_of_commit(base_err err)
{
    return err == BASE_ECRASHED || err == BASE_ENOTFOUND || err == BASE_EINVALID ||
           err == BASE_EPROTOCOL || err == BASE_ETIMEOUT || err == BASE_ECLOSED;
}

static void skip(struct step *step, const char *sentence)
{
    step->mark = CLI_BISECT_SKIPPED;
    step->ratio = (struct result_estimate){ NAN, NAN, NAN };
    snprintf(step->why, sizeof step->why, "%s", sentence);
    for (char *at = strchr(step->why, '\n'); at != NULL; at = strchr(at, '\n'))
        *at = ' ';
}

static void judge(struct step *step, enum result_change change)
{
    switch (change) {
    case RESULT_CHANGE_SLOWER:
        step->mark = CLI_BISECT_BAD;
        break;
    case RESULT_CHANGE_FASTER:
    case RESULT_CHANGE_SAME:
        step->mark = CLI_BISECT_GOOD;
        break;
    case RESULT_CHANGE_UNDECIDED:
        step->mark = CLI_BISECT_SKIPPED;
        snprintf(step->why, sizeof step->why, "undecided, though it had %d times the budget",
                 1 + MORE_TIME);
        break;
    default:
        step->mark = CLI_BISECT_SKIPPED;
        if (step->why[0] == '\0')
            snprintf(step->why, sizeof step->why, "it does not have the case");
    }
}

/* Build a commit and compare it with the good one. */
static base_err look_at(struct hunt *hunt, const char *commit, double threshold,
                        enum result_change *change, struct base_why *why)
{
    struct step *step = &hunt->steps[hunt->step_count];
    struct cli_revision built = { 0 };
    *step = (struct step){ .ratio = { NAN, NAN, NAN } };
    *change = RESULT_CHANGE_BROKEN;
    snprintf(step->commit, sizeof step->commit, "%s", commit);
    CLI_TRY(cli_bisect_describe(commit, step->subject, why));
    cli_progress_say(&hunt->progress, "building", step->subject);
    base_err err = cli_revision_build(commit, cli_text(hunt->args, "build", NULL),
                                      cli_text(hunt->args, "program", ""), &built, why);
    if (err == BASE_OK)
        err = compare_twice(hunt, &built, threshold, step, change, why);
    cli_revision_remove(&built);
    hunt->step_count++;
    if (err == BASE_OK)
        judge(step, *change);
    else if (is_of_commit(err)) {
        skip(step, why->text);
        err = BASE_OK;
    }
    return err;
}

/* --- the search ----------------------------------------------------------------------------- */

static base_err check(const struct cli_args *args, bool is_step, struct base_why *why)
{
    static const char *const needed[] = { "good", "program" };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!cli_has(args, needed[i]))
            return base_fail(why, BASE_EINVALID, 0,
                             "bisect needs --good REV, --program PATH and mostly --build COMMAND; "
                             "--%s is missing",
                             needed[i]);
    if (is_step && (cli_has(args, "bad") || cli_has(args, "first-parent")))
        return base_fail(why, BASE_EINVALID, 0,
                         "--as-git-bisect-step looks at HEAD alone: --bad and --first-parent are "
                         "git bisect's");
    return BASE_OK;
}

static base_err build_good(struct hunt *hunt, struct base_why *why)
{
    const char *good = cli_text(hunt->args, "good", "");
    cli_progress_say(&hunt->progress, "building", good);
    const base_err err = cli_revision_build(good, cli_text(hunt->args, "build", NULL),
                                            cli_text(hunt->args, "program", ""), &hunt->good, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--good");
}

/* Is bad slower than good at all? The threshold of the steps comes from here. */
static base_err compare_ends(struct hunt *hunt, struct base_why *why)
{
    const struct cli_value *given = cli_value(hunt->args, "threshold");
    enum result_change change = RESULT_CHANGE_BROKEN;
    CLI_TRY(look_at(hunt, hunt->bisect.bad, given != NULL ? given->number : NAN, &change, why));
    const struct step *step = &hunt->steps[0];
    hunt->whole = step->ratio;
    if (step->mark == CLI_BISECT_SKIPPED && change != RESULT_CHANGE_UNDECIDED)
        return base_fail(why, BASE_ECRASHED, 0, "--bad cannot be compared with --good: %.300s",
                         step->why);
    hunt->is_over = step->mark != CLI_BISECT_BAD;
    hunt->threshold = given != NULL ? given->number : sqrt(step->ratio.value) - 1;
    return BASE_OK;
}

static base_err search(struct hunt *hunt, struct base_why *why)
{
    while (!hunt->is_over) {
        char commit[CLI_REVISION_COMMIT_SIZE];
        enum result_change change;
        size_t left = 0;
        CLI_TRY(cli_bisect_next(&hunt->bisect, commit, &left, why));
        if (commit[0] == '\0') {
            hunt->is_found = left == 1;
            hunt->is_over = true;
            return cli_bisect_describe(hunt->bisect.bad, hunt->found, why);
        }
        if (hunt->step_count > CLI_BISECT_STEPS_MAX)
            return base_fail(why, BASE_EFULL, 0, "after %d commits %zu are left: no end is near",
                             CLI_BISECT_STEPS_MAX, left);
        CLI_TRY(look_at(hunt, commit, hunt->threshold, &change, why));
        CLI_TRY(
            cli_bisect_mark(&hunt->bisect, commit, hunt->steps[hunt->step_count - 1].mark, why));
    }
    return BASE_OK;
}

static base_err hunt_down(struct hunt *hunt, struct base_why *why)
{
    const struct cli_args *args = hunt->args;
    CLI_TRY(check(args, false, why));
    hunt->bisect.is_first_parent = cli_has(args, "first-parent");
    CLI_TRY(cli_bisect_begin(&hunt->bisect, cli_text(args, "good", ""),
                             cli_text(args, "bad", "HEAD"), why));
    CLI_TRY(build_good(hunt, why));
    CLI_TRY(compare_ends(hunt, why));
    return search(hunt, why);
}

/* --- what is shown -------------------------------------------------------------------------- */

static const struct result_column step_columns[] = {
    { .title = "commit", .width_least = 24 },
    { .title = "verdict" },
    { .title = "to good", .align = RESULT_RIGHT, .title_in = "change" },
    { .title = "interval", .align = RESULT_RIGHT, .drop = 2 },
    { .title = "why", .drop = 1, .width_least = 16 },
};

static const char *const mark_texts[] = { "good", "bad", "skipped" };
static const enum result_style mark_styles[] = { RESULT_GOOD, RESULT_BAD, RESULT_WARN };

static const char *verdict_of(const struct step *step)
{
    const bool is_open = step->mark == CLI_BISECT_SKIPPED && isfinite(step->ratio.value);
    return is_open ? "undecided" : mark_texts[step->mark];
}

static base_err put_steps(const struct hunt *hunt, struct result_table *table)
{
    base_err err = BASE_OK;
    result_table_init(table, step_columns, sizeof step_columns / sizeof step_columns[0], 0);
    for (size_t i = 0; err == BASE_OK && i < hunt->step_count; i++) {
        const struct step *step = &hunt->steps[i];
        char ratio[32] = "", interval[64] = "";
        if (isfinite(step->ratio.value))
            snprintf(ratio, sizeof ratio, "%+.2f %%", 100 * (step->ratio.value - 1));
        if (isfinite(step->ratio.low) && isfinite(step->ratio.high))
            snprintf(interval, sizeof interval, "%+.2f .. %+.2f %%", 100 * (step->ratio.low - 1),
                     100 * (step->ratio.high - 1));
        const struct result_cell cells[] = {
            { .text = step->subject },
            { .text = verdict_of(step), .style = mark_styles[step->mark] },
            { .text = ratio },
            { .text = interval },
            { .text = step->why },
        };
        err = result_table_add(table, cells);
    }
    return err;
}

/* The sentence that is the answer. */
static void answer(const struct hunt *hunt, char *out, size_t size)
{
    const char *good = cli_text(hunt->args, "good", ""), *bad = cli_text(hunt->args, "bad", "HEAD");
    if (hunt->is_found)
        snprintf(out, size, "%s made %s slower", hunt->found, hunt->case_id);
    else if (hunt->found[0] != '\0')
        snprintf(out, size,
                 "%s is slow; it, or one of the skipped commits before it, made %s "
                 "slower",
                 hunt->found, hunt->case_id);
    else if (isfinite(hunt->whole.low))
        snprintf(out, size,
                 "nothing to find: %s is not shown to be slower than %s (%+.2f %%, %+.2f .. %+.2f "
                 "%%)",
                 bad, good, 100 * (hunt->whole.value - 1), 100 * (hunt->whole.low - 1),
                 100 * (hunt->whole.high - 1));
    else
        snprintf(out, size, "nothing to find: %s is not shown to be slower than %s", bad, good);
}

/* A subject may hold any bytes, and may be cut within a character. */
static json_t *text_of(const char *text)
{
    struct base_buf clean = { 0 };
    json_t *value = json_string(text);
    if (value == NULL && result_text_put(&clean, text) == BASE_OK)
        value = json_string(base_buf_text(&clean));
    base_buf_done(&clean);
    return value;
}

static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static bool fill_step(json_t *object, const struct step *step)
{
    bool is_good = set(object, "commit", text_of(step->commit)) &&
                   set(object, "subject", text_of(step->subject)) &&
                   set(object, "verdict", text_of(verdict_of(step))) &&
                   set(object, "why", text_of(step->why));
    if (is_good && isfinite(step->ratio.value))
        is_good = set(object, "ratio", json_real(step->ratio.value));
    if (is_good && isfinite(step->ratio.low) && isfinite(step->ratio.high))
        is_good = set(object, "low", json_real(step->ratio.low)) &&
                  set(object, "high", json_real(step->ratio.high));
    return is_good;
}

static bool fill_root(json_t *root, const struct hunt *hunt, const char *sentence)
{
    const bool is_slow = hunt->found[0] != '\0';
    json_t *steps = json_array();
    bool is_good = set(root, "schema", text_of("bpi-perf/bisect/1")) &&
                   set(root, "case", text_of(hunt->case_id)) &&
                   set(root, "good", text_of(hunt->good.commit)) &&
                   set(root, "found", json_boolean(hunt->is_found)) &&
                   set(root, "commit", is_slow ? text_of(hunt->bisect.bad) : json_null()) &&
                   set(root, "subject", is_slow ? text_of(hunt->found) : json_null()) &&
                   set(root, "sentence", text_of(sentence));
    if (is_good && isfinite(hunt->threshold))
        is_good = set(root, "threshold_share", json_real(hunt->threshold));
    is_good = set(root, "steps", steps) && is_good;
    for (size_t i = 0; is_good && i < hunt->step_count; i++) {
        json_t *item = json_object();
        is_good = json_array_append_new(steps, item) == 0 && fill_step(item, &hunt->steps[i]);
    }
    return is_good;
}

static base_err write_json(const struct hunt *hunt, const char *sentence, struct base_buf *out)
{
    json_t *root = json_object();
    char *text = root != NULL && fill_root(root, hunt, sentence)
                     ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9))
                     : NULL;
    const base_err err = text == NULL ? BASE_ENOMEM : base_buf_printf(out, "%s\n", text);
    free(text);
    json_decref(root);
    return err;
}

static base_err write_hunt(const struct hunt *hunt, struct base_buf *out)
{
    const struct result_page page = cli_show_options(hunt->args).page;
    const bool is_text = strcmp(cli_show_format(hunt->args), "text") == 0;
    char sentence[CLI_BISECT_SUBJECT_SIZE + CASE_SIZE + 400];
    struct result_table table;
    answer(hunt, sentence, sizeof sentence);
    if (strcmp(cli_show_format(hunt->args), "json") == 0)
        return write_json(hunt, sentence, out);
    base_err err = put_steps(hunt, &table);
    if (err == BASE_OK)
        err = cli_show_table(hunt->args, &table, out);
    result_table_done(&table);
    if (err != BASE_OK || !is_text)
        return err;
    CLI_TRY(base_buf_put_text(out, "\n"));
    if (hunt->step_count > 1)
        CLI_TRY(base_buf_printf(out, "bad: slower than %.12s by more than %.3g %%\n",
                                hunt->good.commit, 100 * hunt->threshold));
    CLI_TRY(result_text_put_wrapped(out, sentence, page.width, 0, 0));
    return base_buf_put_text(out, "\n");
}

static int show(const struct hunt *hunt)
{
    struct base_buf out = { 0 };
    const base_err err = write_hunt(hunt, &out);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, NULL);
    }
    const int status = hunt->found[0] == '\0' ? CLI_REFUTED : CLI_FINE;
    return cli_output_finish(&out, cli_text(hunt->args, "output", NULL),
                             hunt->found[0] != '\0' && !hunt->is_found ? CLI_UNMEASURED : status);
}

/* --- a step of git bisect ------------------------------------------------------------------- */

static base_err run_step(struct hunt *hunt, struct base_why *why)
{
    const struct cli_value *given = cli_value(hunt->args, "threshold");
    enum result_change change = RESULT_CHANGE_BROKEN;
    char head[CLI_REVISION_COMMIT_SIZE];
    CLI_TRY(check(hunt->args, true, why));
    CLI_TRY(cli_revision_find("HEAD", head, why));
    CLI_TRY(build_good(hunt, why));
    return look_at(hunt, head, given != NULL ? given->number : -1, &change, why);
}

static int git_status(const struct hunt *hunt, base_err err, const struct base_why *why)
{
    static const int statuses[] = {
        [CLI_BISECT_GOOD] = 0, [CLI_BISECT_BAD] = 1, [CLI_BISECT_SKIPPED] = GIT_SKIP
    };
    const struct step *step = &hunt->steps[0];
    if (err != BASE_OK) {
        (void)cli_complain(err, why);
        return err == BASE_EINTERRUPTED ? CLI_INTERRUPTED : GIT_ABORT;
    }
    printf("%s: %s", step->subject, verdict_of(step));
    if (isfinite(step->ratio.low))
        printf(" (%+.2f .. %+.2f %%)", 100 * (step->ratio.low - 1), 100 * (step->ratio.high - 1));
    printf("%s%s\n", step->mark == CLI_BISECT_SKIPPED ? ": " : "",
           step->mark == CLI_BISECT_SKIPPED ? step->why : "");
    return fflush(stdout) == 0 ? statuses[step->mark] : GIT_ABORT;
}

int cli_cmd_bisect(const struct cli_args *args)
{
    static struct hunt hunt;
    struct base_why why = { 0 };
    const bool is_step = cli_has(args, "as-git-bisect-step");
    hunt = (struct hunt){
        .args = args, .filter = args->operands[0], .threshold = NAN, .whole = { NAN, NAN, NAN }
    };
    set_exact(&hunt, hunt.filter);
    cli_progress_open(&hunt.progress, args, 1);
    const base_err err = is_step ? run_step(&hunt, &why) : hunt_down(&hunt, &why);
    cli_progress_clear(&hunt.progress);
    const int status = is_step          ? git_status(&hunt, err, &why)
                       : err == BASE_OK ? show(&hunt)
                                        : cli_complain(err, &why);
    cli_revision_remove(&hunt.good);
    return status;
}
