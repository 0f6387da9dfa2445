/* history.c - opening: SQLite in WAL mode, migrated to the present layout.
 *
 * synchronous is FULL: each commit is on the disk when it returns. A commit is made once a case,
 * which took seconds to measure, and before the next case starts; losing it to a power cut would
 * cost more than the milliseconds of a sync, and no sync runs while something is measured.
 */
#define _GNU_SOURCE
#include "history_sql.h"

#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUSY_MS = 10000, RETRY_NS = 2000000, PAGE_SIZE = 4096 };

static const char *const migrations[] = RESULT_HISTORY_MIGRATIONS;
_Static_assert(sizeof migrations / sizeof migrations[0] == RESULT_HISTORY_VERSION, "one a version");

static base_err run_sql(struct result_history *history, const char *sql, struct base_why *why)
{
    const int code = sqlite3_exec(history->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? BASE_OK : result_history_fail(history, code, why);
}

struct version {
    int64_t number;
    bool is_ours;
    bool is_empty;
};

/* One statement, so that all of it is of one moment: another process may be making the file. */
static base_err ask_version(struct result_history *history, struct version *version,
                            struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    bool is_row = false;
    base_err err = result_history_prepare(
        history, &statement, why,
        "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)"
        " FROM pragma_user_version, pragma_application_id",
        "");
    if (err == BASE_OK)
        err = result_history_step(history, statement, &is_row, why);
    if (err == BASE_OK) {
        const int64_t application = sqlite3_column_int64(statement, 1);
        version->number = sqlite3_column_int64(statement, 0);
        version->is_ours = application == RESULT_HISTORY_APPLICATION_ID;
        version->is_empty =
            application == 0 && version->number == 0 && sqlite3_column_int64(statement, 2) == 0;
    }
    sqlite3_finalize(statement);
    return err;
}

/* The version of a file that is ours; of an empty one 0. */
static base_err check_version(struct result_history *history, int64_t *number, struct base_why *why)
{
    struct version version = { 0 };
    const base_err err = ask_version(history, &version, why);
    if (err != BASE_OK)
        return err;
    if (!version.is_ours && !version.is_empty)
        return base_fail(why, BASE_ECORRUPT, 0,
                         "%s: a database of another program; name another file for the history",
                         history->path);
    if (version.number > RESULT_HISTORY_VERSION)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "%s: a history of version %lld, this program knows up to %d; use the "
                         "newer program",
                         history->path, (long long)version.number, RESULT_HISTORY_VERSION);
    *number = version.number;
    return BASE_OK;
}

/* Another process may have migrated while this one waited for the lock: the version is asked
 * again. */
static base_err migrate(struct result_history *history, struct base_why *why)
{
    int64_t version = 0;
    base_err err = result_history_begin_write(history, why);
    if (err != BASE_OK)
        return err;
    err = check_version(history, &version, why);
    for (; err == BASE_OK && version < RESULT_HISTORY_VERSION; version++)
        err = run_sql(history, migrations[version], why);
    if (err == BASE_OK) {
        char sql[128];
        snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 RESULT_HISTORY_APPLICATION_ID, RESULT_HISTORY_VERSION);
        err = run_sql(history, sql, why);
    }
    return result_history_end_write(history, err, why);
}

static base_err set_up(struct result_history *history, uint64_t bytes_max, struct base_why *why)
{
    char sql[128];
    int64_t version = 0;
    base_err err = run_sql(history, "PRAGMA foreign_keys = ON", why);
    if (err == BASE_OK && bytes_max > 0) {
        snprintf(sql, sizeof sql, "PRAGMA max_page_count = %llu",
                 (unsigned long long)(bytes_max / PAGE_SIZE + 1));
        err = run_sql(history, sql, why);
    }
    if (err == BASE_OK)
        err = check_version(history, &version, why);
    if (err == BASE_OK)
        err = run_sql(history, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", why);
    if (err == BASE_OK && version < RESULT_HISTORY_VERSION)
        err = migrate(history, why);
    return err == BASE_OK ? result_history_sweep(history, why) : err;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Changing the journal mode of a new file does not wait for others by itself: hence the retry. */
static base_err open_path(struct result_history *history, uint64_t bytes_max, struct base_why *why)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(history->path, &history->db, flags, NULL);
    if (code != SQLITE_OK)
        return result_history_fail(history, code, why);
    sqlite3_extended_result_codes(history->db, 1);
    sqlite3_busy_timeout(history->db, (int)history->busy_ms);
    const uint64_t deadline = now_ms() + history->busy_ms;
    base_err err = set_up(history, bytes_max, why);
    while (err == BASE_ETIMEOUT && now_ms() < deadline) {
        /* sleep: another process is making the file; bounded by busy_ms */
        nanosleep(&(struct timespec){ .tv_nsec = RETRY_NS }, NULL);
        err = set_up(history, bytes_max, why);
    }
    return err;
}

static base_err path_of(const struct result_history_options *options, char **path,
                        struct base_why *why)
{
    struct base_buf buf = { 0 };
    base_err err = BASE_OK;
    const char *text = options->path;
    if (text == NULL) {
        err = result_place_state("history.db", true, &buf, why);
        text = err == BASE_OK ? base_buf_text(&buf) : NULL;
    }
    *path = text == NULL ? NULL : strdup(text);
    if (err == BASE_OK && *path == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the history's path");
    base_buf_done(&buf);
    return err;
}

base_err result_history_open(const struct result_history_options *options,
                             struct result_history **history, struct base_why *why)
{
    static const struct result_history_options defaults = { 0 };
    if (options == NULL)
        options = &defaults;
    struct result_history *made = calloc(1, sizeof *made);
    if (made == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the history");
    made->busy_ms = options->busy_ms > 0 ? options->busy_ms : BUSY_MS;
    base_err err = path_of(options, &made->path, why);
    if (err == BASE_OK)
        err = open_path(made, options->bytes_max, why);
    if (err == BASE_OK)
        *history = made;
    else
        result_history_close(made);
    return err;
}

void result_history_close(struct result_history *history)
{
    if (history == NULL)
        return;
    sqlite3_close(history->db);
    free(history->path);
    free(history);
}

const char *result_history_path(const struct result_history *history)
{
    return history->path;
}
