/* history_baseline.c - names of runs. */
#include "history_sql.h"

#include <string.h>

base_err result_baseline_check(const char *name, struct base_why *why)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    const size_t size = strlen(name);
    if (size == 0 || size > RESULT_BASELINE_NAME_MAX || name[0] == '-' ||
        name[strspn(name, allowed)] != '\0')
        return base_fail(why, BASE_EINVALID, 0,
                         "'%.80s' is no name for a baseline: 1 to %d letters, digits, - and _, not "
                         "a - first",
                         name, RESULT_BASELINE_NAME_MAX);
    if (strcmp(name, "latest") == 0)
        return base_fail(why, BASE_EINVALID, 0, "'latest' is the newest run; name it otherwise");
    return BASE_OK;
}

base_err result_history_find_baseline(struct result_history *history, const char *name,
                                      int64_t *seq, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    bool is_row = false;
    base_err err = result_history_prepare(history, &statement, why,
                                          "SELECT run_seq FROM baseline WHERE name = ?", "t", name);
    if (err == BASE_OK)
        err = result_history_step(history, statement, &is_row, why);
    if (err == BASE_OK)
        *seq = is_row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return err;
}

static base_err put(struct result_history *history, const char *name, int64_t seq,
                    struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(
        history, &statement, why,
        "INSERT INTO baseline SELECT ?, seq FROM run WHERE seq = ? AND state <> 'running'"
        " ON CONFLICT (name) DO UPDATE SET run_seq = excluded.run_seq",
        "ti", name, seq);
    const base_err done = result_history_run(history, err, statement, why);
    if (done == BASE_OK && sqlite3_changes(history->db) == 0)
        return base_fail(why, BASE_EINVALID, 0, "%s: a run that is still running is no baseline",
                         history->path);
    return done;
}

base_err result_history_set_baseline(struct result_history *history, const char *name,
                                     const char *which, struct base_why *why)
{
    int64_t seq = 0;
    base_err err = result_baseline_check(name, why);
    if (err == BASE_OK)
        err = result_history_begin_write(history, why);
    if (err != BASE_OK)
        return err;
    err = result_history_find(history, which, &seq, why);
    if (err == BASE_OK)
        err = put(history, name, seq, why);
    return result_history_end_write(history, err, why);
}

base_err result_history_remove_baseline(struct result_history *history, const char *name,
                                        struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(history, &statement, why,
                                                "DELETE FROM baseline WHERE name = ?", "t", name);
    const base_err done = result_history_run(history, err, statement, why);
    if (done == BASE_OK && sqlite3_changes(history->db) == 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s: no baseline '%.80s'", history->path, name);
    return done;
}

static base_err read_baseline(sqlite3_stmt *statement, struct base_arena *arena, void *item,
                              struct base_why *why)
{
    struct result_history_baseline *baseline = item;
    *baseline = (struct result_history_baseline){
        .name = result_history_text(statement, 0, arena),
        .run_id = result_history_text(statement, 1, arena),
        .started = result_history_text(statement, 2, arena),
        .command = result_history_text(statement, 3, arena),
        .revision = result_history_text(statement, 4, arena),
    };
    if (baseline->name == NULL || baseline->run_id == NULL || baseline->started == NULL ||
        baseline->command == NULL || baseline->revision == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the baselines");
    return BASE_OK;
}

base_err result_history_baselines(struct result_history *history, struct base_arena *arena,
                                  struct result_history_baseline **baselines, size_t *count,
                                  struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    base_err err = result_history_prepare(history, &statement, why,
                                          "SELECT name, id, started, command, revision"
                                          " FROM baseline JOIN run ON run_seq = seq ORDER BY name",
                                          "");
    return result_history_rows(history, arena, err, statement, sizeof **baselines, read_baseline,
                               (void **)baselines, count, why);
}
