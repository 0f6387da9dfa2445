/* history_runs.c - the life of a run in the history. */
#define _GNU_SOURCE
#include "history_sql.h"

#include "run_table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *pair_of(const struct result_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return "";
}

/* Of the project that was measured, or else of the program that measured itself. */
static const char *revision_of(const struct result_run *run)
{
    const char *project = pair_of(&run->build, "project_revision");
    return project[0] != '\0' ? project : pair_of(&run->build, "git_revision");
}

static base_err refuse(const struct result_history *history, struct base_why *why, base_err err,
                       const char *run, const char *text)
{
    return base_fail(why, err, 0, "%s: run %s %s", history->path, run, text);
}

struct found {
    int64_t seq; /* 0: there is none */
    bool is_final;
};

static base_err find_id(struct result_history *history, const char *id, struct found *found,
                        struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    bool is_row = false;
    base_err err = result_history_prepare(
        history, &statement, why, "SELECT seq, process = '' FROM run WHERE id = ?", "t", id);
    if (err == BASE_OK)
        err = result_history_step(history, statement, &is_row, why);
    if (err == BASE_OK)
        *found = (struct found){ .seq = is_row ? sqlite3_column_int64(statement, 0) : 0,
                                 .is_final = is_row && sqlite3_column_int(statement, 1) != 0 };
    sqlite3_finalize(statement);
    return err;
}

static base_err insert_run(struct result_history *history, const struct result_run *run,
                           const char *state, const char *process, struct base_span document,
                           struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(
        history, &statement, why,
        "INSERT INTO run (id, started, ended, command, state, process, host, revision, is_signed,"
        " document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET started = excluded.started, ended = excluded.ended,"
        " command = excluded.command, state = excluded.state, process = excluded.process,"
        " host = excluded.host, revision = excluded.revision, is_signed = excluded.is_signed,"
        " document = excluded.document",
        "ttttttttib", run->id, run->started, run->ended, run->command, state, process,
        pair_of(&run->host, "name"), revision_of(run), (int64_t)(run->signature != NULL), document);
    return result_history_run(history, err, statement, why);
}

base_err result_history_begin(struct result_history *history, const struct result_run *run,
                              struct base_why *why)
{
    struct result_run head = *run;
    head.ended = NULL;
    head.state = "interrupted"; /* what it is if nothing more comes */
    head.case_count = 0;
    head.verdict_count = 0;
    head.key = NULL;
    head.signature = NULL;
    char process[RESULT_HISTORY_PROCESS_SIZE];
    result_history_process(process);
    struct base_buf text = { 0 };
    struct found found = { 0 };
    base_err err = result_run_write_why(&head, &text, why);
    if (err == BASE_OK)
        err = result_history_begin_write(history, why);
    if (err == BASE_OK) {
        err = find_id(history, head.id, &found, why);
        if (err == BASE_OK && found.seq != 0)
            err = refuse(history, why, BASE_EEXIST, head.id, "is there already");
        if (err == BASE_OK)
            err = insert_run(history, &head, "running", process, base_buf_span(&text), why);
        err = result_history_end_write(history, err, why);
    }
    base_buf_done(&text);
    return err;
}

/* A case's row; `document` is NULL when the run's document holds it. */
static base_err insert_case(struct result_history *history, int64_t seq,
                            const struct result_case *item, struct base_buf *document,
                            struct base_why *why)
{
    const char *text = document == NULL ? NULL : base_buf_text(document);
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(
        history, &statement, why,
        "INSERT INTO run_case VALUES (?1,"
        " (SELECT coalesce(max(position) + 1, 0) FROM run_case WHERE run_seq = ?1),"
        " ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "itteet", seq, item->id, item->status, &item->median_ns, &item->normalised_ns, text);
    return result_history_run(history, err, statement, why);
}

base_err result_history_add_case(struct result_history *history, const char *run_id,
                                 const struct result_case *item, struct base_why *why)
{
    struct base_buf text = { 0 };
    struct found found = { 0 };
    base_err err = result_shape_write(&result_shape_case, item, &text, why);
    if (err == BASE_OK)
        err = result_history_begin_write(history, why);
    if (err == BASE_OK) {
        err = find_id(history, run_id, &found, why);
        if (err == BASE_OK && (found.seq == 0 || found.is_final))
            err = refuse(history, why, BASE_ENOTFOUND, run_id,
                         found.is_final ? "is finished" : "was never begun");
        if (err == BASE_OK)
            err = insert_case(history, found.seq, item, &text, why);
        err = result_history_end_write(history, err, why);
    }
    base_buf_done(&text);
    return err;
}

static base_err replace_cases(struct result_history *history, const struct result_run *run,
                              struct base_why *why)
{
    struct found found = { 0 };
    sqlite3_stmt *statement = NULL;
    base_err err = find_id(history, run->id, &found, why);
    if (err == BASE_OK)
        err = result_history_prepare(history, &statement, why,
                                     "DELETE FROM run_case WHERE run_seq = ?", "i", found.seq);
    err = result_history_run(history, err, statement, why);
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++)
        err = insert_case(history, found.seq, &run->cases[i], NULL, why);
    return err;
}

base_err result_history_finish(struct result_history *history, const struct result_run *run,
                               struct base_why *why)
{
    struct base_buf text = { 0 };
    struct found found = { 0 };
    base_err err = result_run_write_why(run, &text, why);
    if (err == BASE_OK)
        err = result_history_begin_write(history, why);
    if (err == BASE_OK) {
        err = find_id(history, run->id, &found, why);
        if (err == BASE_OK && found.is_final)
            err = refuse(history, why, BASE_EEXIST, run->id, "is finished already");
        if (err == BASE_OK)
            err = insert_run(history, run, run->state, "", base_buf_span(&text), why);
        if (err == BASE_OK)
            err = replace_cases(history, run, why);
        err = result_history_end_write(history, err, why);
    }
    base_buf_done(&text);
    return err;
}

static base_err mark_interrupted(struct result_history *history, int64_t seq, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(
        history, &statement, why,
        "UPDATE run SET state = 'interrupted' WHERE seq = ? AND state = 'running'", "i", seq);
    return result_history_run(history, err, statement, why);
}

base_err result_history_sweep(struct result_history *history, struct base_why *why)
{
    struct base_arena arena = { 0 };
    int64_t *gone = NULL;
    size_t count = 0;
    bool is_row = true;
    sqlite3_stmt *statement = NULL;
    base_err err = result_history_prepare(
        history, &statement, why, "SELECT seq, process FROM run WHERE state = 'running'", "");
    while (err == BASE_OK && is_row) {
        err = result_history_step(history, statement, &is_row, why);
        const char *process = is_row ? (const char *)sqlite3_column_text(statement, 1) : NULL;
        if (err != BASE_OK || process == NULL || !result_history_process_is_gone(process))
            continue;
        err = result_history_grow(&arena, (void **)&gone, count, sizeof *gone, why);
        if (err == BASE_OK)
            gone[count++] = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    for (size_t i = 0; err == BASE_OK && i < count; i++)
        err = mark_interrupted(history, gone[i], why);
    base_arena_done(&arena);
    return err;
}

static base_err read_entry(sqlite3_stmt *statement, struct base_arena *arena, void *item,
                           struct base_why *why)
{
    struct result_history_entry *entry = item;
    const bool has_ended = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    *entry = (struct result_history_entry){
        .id = result_history_text(statement, 0, arena),
        .started = result_history_text(statement, 1, arena),
        .ended = has_ended ? result_history_text(statement, 2, arena) : NULL,
        .command = result_history_text(statement, 3, arena),
        .state = result_history_text(statement, 4, arena),
        .host = result_history_text(statement, 5, arena),
        .revision = result_history_text(statement, 6, arena),
        .is_signed = sqlite3_column_int(statement, 7) != 0,
        .case_count = (size_t)sqlite3_column_int64(statement, 8),
    };
    if (entry->id == NULL || entry->started == NULL || entry->command == NULL ||
        entry->state == NULL || entry->host == NULL || entry->revision == NULL ||
        (has_ended && entry->ended == NULL))
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the history's list");
    return BASE_OK;
}

base_err result_history_list(struct result_history *history, struct base_arena *arena,
                             struct result_history_entry **entries, size_t *count,
                             struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    base_err err = result_history_sweep(history, why);
    if (err == BASE_OK)
        err =
            result_history_prepare(history, &statement, why,
                                   "SELECT id, started, ended, command, state, host, revision,"
                                   " is_signed, (SELECT count(*) FROM run_case WHERE run_seq = seq)"
                                   " FROM run ORDER BY started DESC, seq DESC",
                                   "");
    return result_history_rows(history, arena, err, statement, sizeof **entries, read_entry,
                               (void **)entries, count, why);
}

/* "latest" is 0, "latest~3" is 3; false: something else. */
static bool is_latest(const char *which, int64_t *back)
{
    static const char word[] = "latest";
    if (strncmp(which, word, sizeof word - 1) != 0)
        return false;
    which += sizeof word - 1;
    *back = 0;
    if (*which == '\0')
        return true;
    char *end = NULL;
    if (which[0] != '~' || !isdigit((unsigned char)which[1]))
        return false;
    *back = strtoll(which + 1, &end, 10);
    return *end == '\0';
}

/* Add a candidate's id to the sentence. */
static void name_candidate(char *names, size_t size, const char *id, size_t index)
{
    enum { NAMED_MAX = 5 };
    const size_t used = strlen(names);
    if (index < NAMED_MAX)
        snprintf(names + used, size - used, "%s%s", index > 0 ? ", " : "", id);
    else if (index == NAMED_MAX)
        snprintf(names + used, size - used, ", ...");
}

/* The one run that `which` means. */
base_err result_history_find(struct result_history *history, const char *which, int64_t *seq,
                             struct base_why *why)
{
    int64_t back = 0;
    size_t count = 0;
    bool is_row = true;
    char names[256] = "";
    sqlite3_stmt *statement = NULL;
    base_err err = is_latest(which, &back)
                       ? result_history_prepare(history, &statement, why,
                                                "SELECT seq, id FROM run WHERE state <> 'running'"
                                                " ORDER BY started DESC, seq DESC LIMIT 1 OFFSET ?",
                                                "i", back)
                       : result_history_prepare(history, &statement, why,
                                                "SELECT seq, id FROM run"
                                                " WHERE substr(id, 1, length(?1)) = upper(?1)"
                                                " AND ?1 <> '' ORDER BY id",
                                                "t", which);
    while (err == BASE_OK && is_row) {
        err = result_history_step(history, statement, &is_row, why);
        if (err != BASE_OK || !is_row)
            break;
        *seq = sqlite3_column_int64(statement, 0);
        name_candidate(names, sizeof names, (const char *)sqlite3_column_text(statement, 1),
                       count++);
    }
    sqlite3_finalize(statement);
    if (err == BASE_OK && count == 0)
        err = base_fail(why, BASE_ENOTFOUND, 0, "%s: no run '%.40s'", history->path, which);
    if (err == BASE_OK && count > 1)
        err = base_fail(why, BASE_EINVALID, 0, "%s: '%.40s' fits %zu runs: %s", history->path,
                        which, count, names);
    return err;
}

/* Add the finished cases of a run without a final document. */
static base_err load_case(sqlite3_stmt *statement, const char *path, struct result_run *run,
                          struct base_why *why)
{
    const struct base_span text =
        base_span_of(sqlite3_column_text(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
    json_t *tree = NULL;
    base_err err = result_history_grow(&run->arena, (void **)&run->cases, run->case_count,
                                       sizeof *run->cases, why);
    if (err == BASE_OK)
        err = result_tree_read(text, path, &tree, why);
    if (err == BASE_OK) {
        struct result_case *item = &run->cases[run->case_count];
        *item = (struct result_case){ 0 };
        err = result_shape_read(&result_shape_case, tree, text, path, &run->arena, item, why);
        run->case_count += err == BASE_OK;
    }
    json_decref(tree);
    return err;
}

static base_err load_cases(struct result_history *history, int64_t seq, struct result_run *run,
                           struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    bool is_row = true;
    run->cases = NULL;
    base_err err = result_history_prepare(history, &statement, why,
                                          "SELECT document FROM run_case WHERE run_seq = ?"
                                          " ORDER BY position",
                                          "i", seq);
    while (err == BASE_OK && is_row) {
        err = result_history_step(history, statement, &is_row, why);
        if (err == BASE_OK && is_row)
            err = load_case(statement, history->path, run, why);
    }
    sqlite3_finalize(statement);
    return err;
}

static base_err load_seq(struct result_history *history, int64_t seq, struct result_run *run,
                         struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    struct result_run made = { 0 };
    bool is_row = false;
    bool is_final = true;
    base_err err = result_history_prepare(
        history, &statement, why, "SELECT document, id, process = '' FROM run WHERE seq = ?", "i",
        seq);
    if (err == BASE_OK)
        err = result_history_step(history, statement, &is_row, why);
    if (err == BASE_OK && !is_row)
        err = base_fail(why, BASE_ENOTFOUND, 0, "%s: the run was removed", history->path);
    if (err == BASE_OK) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        const size_t size = (size_t)sqlite3_column_bytes(statement, 0);
        char name[512];
        snprintf(name, sizeof name, "%.400s run %s", history->path,
                 (const char *)sqlite3_column_text(statement, 1));
        is_final = sqlite3_column_int(statement, 2) != 0;
        err = result_run_read(base_span_of(text, size), name, &made, why);
    }
    sqlite3_finalize(statement);
    if (err == BASE_OK && !is_final)
        err = load_cases(history, seq, &made, why);
    if (err == BASE_OK)
        *run = made;
    else
        result_run_done(&made);
    return err;
}

base_err result_history_load(struct result_history *history, const char *which,
                             struct result_run *run, struct base_why *why)
{
    int64_t seq = 0;
    base_err err = result_history_sweep(history, why);
    if (err != BASE_OK)
        return err;
    const int code = sqlite3_exec(history->db, "BEGIN", NULL, NULL, NULL); /* one moment's view */
    if (code != SQLITE_OK)
        return result_history_fail(history, code, why);
    err = result_history_find_baseline(history, which, &seq, why);
    if (err == BASE_OK && seq == 0)
        err = result_history_find(history, which, &seq, why);
    if (err == BASE_OK)
        err = load_seq(history, seq, run, why);
    return result_history_end_write(history, err, why);
}

static base_err remove_seq(struct result_history *history, int64_t seq, const char *which,
                           struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(
        history, &statement, why, "DELETE FROM run WHERE seq = ? AND state <> 'running'", "i", seq);
    const base_err done = result_history_run(history, err, statement, why);
    if (done == BASE_OK && sqlite3_changes(history->db) == 0)
        return refuse(history, why, BASE_EINVALID, which, "is still running");
    return done;
}

base_err result_history_remove(struct result_history *history, const char *which,
                               struct base_why *why)
{
    int64_t seq = 0;
    base_err err = result_history_sweep(history, why);
    if (err == BASE_OK)
        err = result_history_begin_write(history, why);
    if (err != BASE_OK)
        return err;
    err = result_history_find(history, which, &seq, why);
    if (err == BASE_OK)
        err = remove_seq(history, seq, which, why);
    return result_history_end_write(history, err, why);
}
