/* cmd_network_report.c - a network test again, with or without what it was held against, in the
 * format that the file's ending says. */
#include "commands.h"
#include "network_front.h"
#include "option_rows.h"
#include "output.h"
#include "show.h"

#include <base/log.h>
#include <result/history.h>

#include <stdio.h>
#include <string.h>

const struct cli_option cli_network_report_options[] = {
    TEXT("test-id", CLI_TEXT, "ID", "the test, as it was named: network-test-12345"),
    FLAG("include-baseline", 0,
         "with the baselines of the test; where it has none, those of the newest test under the "
         "same conditions"),
    { 0 },
};

static bool is_baseline(const struct result_case *one)
{
    return one->peer_of != NULL;
}

static bool has_baseline(const struct result_run *run)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (is_baseline(&run->cases[i]))
            return true;
    return false;
}

/* Of a test of baselines alone they are what was tested. */
static void leave_out_baselines(struct result_run *run)
{
    size_t kept = 0;
    bool has_other = false;
    for (size_t i = 0; i < run->case_count; i++)
        has_other = has_other || !is_baseline(&run->cases[i]);
    if (!has_other)
        return;
    for (size_t i = 0; i < run->case_count; i++)
        if (!is_baseline(&run->cases[i]))
            run->cases[kept++] = run->cases[i];
    run->case_count = kept;
}

/* Were both measured under the same conditions? */
static bool is_alike(const struct result_case *a, const struct result_case *b)
{
    const char *const of_a = strchr(a->id, ':'), *const of_b = strchr(b->id, ':');
    return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) == 0;
}

/* The baselines of another run that go with a case of this one; they live in the other run. */
static base_err add_alike(struct result_run *run, const struct result_run *other, bool *is_added,
                          struct base_why *why)
{
    struct result_case *all =
        base_arena_array(&run->arena, run->case_count + other->case_count + 1, sizeof *all);
    size_t count = run->case_count;
    if (all == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    memcpy(all, run->cases, run->case_count * sizeof *all);
    for (size_t i = 0; i < other->case_count; i++) {
        bool is_wanted = false;
        for (size_t k = 0; k < run->case_count; k++)
            is_wanted = is_wanted || (is_baseline(&other->cases[i]) &&
                                      is_alike(&other->cases[i], &run->cases[k]));
        if (is_wanted)
            all[count++] = other->cases[i];
    }
    *is_added = count > run->case_count;
    run->cases = all;
    run->case_count = count;
    return BASE_OK;
}

/* From the newest run of the history that has them; it is left in `other`. */
static base_err find_baseline(struct result_run *run, struct result_run *other,
                              struct base_why *why)
{
    struct result_history *history = NULL;
    struct base_arena arena = { 0 };
    struct result_history_entry *entries = NULL;
    size_t count = 0;
    bool is_added = false;
    CLI_TRY(result_history_open(NULL, &history, why));
    base_err err = result_history_list(history, &arena, &entries, &count, why);
    for (size_t i = 0; err == BASE_OK && !is_added && i < count; i++) {
        if (strstr(entries[i].command, "network test-") == NULL ||
            strcmp(entries[i].state, "running") == 0)
            continue;
        err = result_history_load(history, entries[i].id, other, why);
        if (err == BASE_OK)
            err = add_alike(run, other, &is_added, why);
        if (err == BASE_OK && is_added)
            base_log(BASE_LOG_INFO, "the baselines are those of run %s", other->id);
        else
            result_run_done(other);
    }
    base_arena_done(&arena);
    result_history_close(history);
    if (err == BASE_OK && !is_added)
        err = base_fail(why, BASE_ENOTFOUND, 0,
                        "no baseline under these conditions is in the history: measure one with "
                        "'network test-baseline --comparison-mode' and the same options");
    return err;
}

/* By the file's ending, unless a format was asked for. */
static base_err write_report(const struct cli_args *args, const struct result_run *run,
                             struct base_buf *out, struct base_why *why)
{
    const char *path = cli_text(args, "output", NULL), *name = cli_show_format(args);
    const char *dot = path != NULL ? strrchr(path, '.') : NULL;
    const struct result_format *format = result_format_find(name);
    struct result_report_options options = cli_show_options(args);
    options.is_detailed = true;
    if (dot != NULL && strchr(dot, '/') == NULL && !cli_has(args, "format")) {
        format = result_format_find(dot + 1);
        if (format == NULL)
            return base_fail(why, BASE_EINVALID, 0,
                             "--output: '%s' does not end in .html, .pdf, .md, .csv, .json, .txt, "
                             ".svg or .png; say --format",
                             path);
    }
    struct base_arena arena = { 0 };
    const struct result_front *found = NULL;
    struct result_front front;
    base_err err = cli_network_front(run, &arena, &found);
    if (err == BASE_OK && found != NULL) {
        front = *found;
        front.title = base_arena_printf(&arena, "Network test %s", cli_text(args, "test-id", ""));
        options.front = &front;
        err = front.title != NULL ? BASE_OK : BASE_ENOMEM;
    }
    if (err == BASE_OK)
        err = format->write(run, &options, out);
    base_arena_done(&arena);
    return err == BASE_OK ? err : base_fail(why, err, 0, "%s", base_err_text(err));
}

int cli_cmd_network_report(const struct cli_args *args)
{
    struct result_run run = { 0 }, other = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    if (!cli_has(args, "test-id")) {
        (void)base_fail(&why, BASE_EINVALID, 0, "say which test: --test-id network-test-12345");
        return cli_complain_usage(args, &why);
    }
    base_err err = cli_show_check_binary(args, &why);
    if (err == BASE_OK)
        err = cli_show_load(cli_text(args, "test-id", ""), &run, &why);
    if (err == BASE_OK && !cli_has(args, "include-baseline"))
        leave_out_baselines(&run);
    else if (err == BASE_OK && !has_baseline(&run))
        err = find_baseline(&run, &other, &why);
    if (err == BASE_OK)
        err = write_report(args, &run, &out, &why);
    result_run_done(&run);
    result_run_done(&other);
    if (err == BASE_OK)
        return cli_output_finish(&out, cli_text(args, "output", NULL), CLI_FINE);
    base_buf_done(&out);
    return cli_complain(err, &why);
}
