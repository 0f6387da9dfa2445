/* cmd_history.c - the runs that were kept. */
#include "commands.h"
#include "output.h"
#include "show.h"

#include <result/history.h>

#include <stdio.h>
#include <string.h>

static const struct result_column run_columns[] = {
    { .title = "id" },
    { .title = "started", .width_least = 10 },
    { .title = "state" },
    { .title = "cases", .align = RESULT_RIGHT },
    { .title = "revision", .drop = 2, .width_least = 8 },
    { .title = "signed", .drop = 3 },
    { .title = "command", .width_least = 20 },
};

static base_err put_run(struct result_table *table, const struct result_history_entry *entry)
{
    char count[24];
    const bool is_complete = strcmp(entry->state, "complete") == 0;
    snprintf(count, sizeof count, "%zu", entry->case_count);
    const struct result_cell cells[] = {
        { .text = entry->id },
        { .text = entry->started },
        { .text = entry->state, .style = is_complete ? RESULT_PLAIN : RESULT_WARN },
        { .text = count },
        { .text = entry->revision },
        { .text = entry->is_signed ? "yes" : "no" },
        { .text = entry->command },
    };
    return result_table_add(table, cells);
}

static base_err write_list(const struct cli_args *args, struct result_history *history,
                           struct base_buf *out, struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct result_table table;
    struct result_history_entry *entries = NULL;
    size_t count = 0;
    base_err err = result_history_list(history, &arena, &entries, &count, why);
    result_table_init(&table, run_columns, sizeof run_columns / sizeof run_columns[0], 0);
    for (size_t i = 0; err == BASE_OK && i < count; i++)
        err = put_run(&table, &entries[i]);
    if (err == BASE_OK && count == 0 && strcmp(cli_show_format(args), "text") == 0)
        err = base_buf_printf(out, "%s holds no runs yet\n", result_history_path(history));
    else if (err == BASE_OK)
        err = cli_show_table(args, &table, out);
    result_table_done(&table);
    base_arena_done(&arena);
    return err;
}

int cli_cmd_history_list(const struct cli_args *args)
{
    return cli_show_history(args, write_list);
}

static const struct result_column baseline_columns[] = {
    { .title = "name" },
    { .title = "run" },
    { .title = "started", .width_least = 10 },
    { .title = "revision", .drop = 2, .width_least = 8 },
    { .title = "command", .width_least = 20 },
};

static base_err put_baselines(const struct cli_args *args, struct result_history *history,
                              struct result_table *table, struct base_buf *out,
                              struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct result_history_baseline *all = NULL;
    size_t count = 0;
    base_err err = result_history_baselines(history, &arena, &all, &count, why);
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        const struct result_cell cells[] = { { .text = all[i].name },
                                             { .text = all[i].run_id },
                                             { .text = all[i].started },
                                             { .text = all[i].revision },
                                             { .text = all[i].command } };
        err = result_table_add(table, cells);
    }
    if (err == BASE_OK && count == 0 && strcmp(cli_show_format(args), "text") == 0)
        err = base_buf_printf(out, "%s holds no baselines yet\n", result_history_path(history));
    else if (err == BASE_OK)
        err = cli_show_table(args, table, out);
    base_arena_done(&arena);
    return err;
}

/* "main=01J...", or "main=" */
static base_err name_baseline(struct result_history *history, const char *word,
                              struct base_why *why)
{
    char name[RESULT_BASELINE_NAME_MAX + 1];
    const size_t size = strcspn(word, "=");
    if (word[size] == '\0' || size >= sizeof name)
        return base_fail(why, BASE_EINVALID, 0,
                         "'%s' is not NAME=ID; NAME= takes a name away, no word lists them", word);
    memcpy(name, word, size);
    name[size] = '\0';
    return word[size + 1] == '\0'
               ? result_history_remove_baseline(history, name, why)
               : result_history_set_baseline(history, name, word + size + 1, why);
}

static base_err write_baselines(const struct cli_args *args, struct result_history *history,
                                struct base_buf *out, struct base_why *why)
{
    struct result_table table;
    for (size_t i = 0; i < args->operand_count; i++)
        CLI_TRY(name_baseline(history, args->operands[i], why));
    result_table_init(&table, baseline_columns,
                      sizeof baseline_columns / sizeof baseline_columns[0], 0);
    const base_err err = put_baselines(args, history, &table, out, why);
    result_table_done(&table);
    return err;
}

int cli_cmd_history_baselines(const struct cli_args *args)
{
    return cli_show_history(args, write_baselines);
}

static base_err write_path(const struct cli_args *args, struct result_history *history,
                           struct base_buf *out, struct base_why *why)
{
    (void)args;
    (void)why;
    return base_buf_printf(out, "%s\n", result_history_path(history));
}

int cli_cmd_history_path(const struct cli_args *args)
{
    return cli_show_history(args, write_path);
}

static base_err remove_all(const struct cli_args *args, struct result_history *history,
                           struct base_buf *out, struct base_why *why)
{
    for (size_t i = 0; i < args->operand_count; i++) {
        CLI_TRY(result_history_remove(history, args->operands[i], why));
        CLI_TRY(base_buf_printf(out, "removed %s\n", args->operands[i]));
    }
    return BASE_OK;
}

int cli_cmd_history_remove(const struct cli_args *args)
{
    return cli_show_history(args, remove_all);
}

static base_err write_document(const struct cli_args *args, struct result_history *history,
                               struct base_buf *out, struct base_why *why)
{
    struct result_run run = { 0 };
    CLI_TRY(result_history_load(history, args->operands[0], &run, why));
    const base_err err = result_run_write_why(&run, out, why);
    result_run_done(&run);
    return err;
}

int cli_cmd_history_export(const struct cli_args *args)
{
    return cli_show_history(args, write_document);
}
