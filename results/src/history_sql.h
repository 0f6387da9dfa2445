/* history_sql.h - the history's layout, its migrations, and statements with clear errors. */
#ifndef RESULT_HISTORY_SQL_H
#define RESULT_HISTORY_SQL_H

#include <result/history.h>

#include <sqlite3.h>

/* Migration N takes a file from version N to N + 1; an empty file has version 0. Never edit one
 * that was released: add one.
 *
 *   run        one row a run. process: who makes it (see result_history_process), '' once the final
 *              document is there. document: the final text, before that the head
 *   run_case   one row a finished case. document: its text until the run has its own
 *   speed      what the reference kernels said about a host
 *   baseline   names of runs; a name goes when its run is removed
 *   An interval's three columns are NULL where nothing was measured. */
#define RESULT_HISTORY_MIGRATIONS                                                                  \
    {                                                                                              \
        "CREATE TABLE run ("                                                                       \
        " seq INTEGER PRIMARY KEY,"                                                                \
        " id TEXT NOT NULL UNIQUE,"                                                                \
        " started TEXT NOT NULL,"                                                                  \
        " ended TEXT,"                                                                             \
        " command TEXT NOT NULL,"                                                                  \
        " state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'interrupted')),"            \
        " process TEXT NOT NULL,"                                                                  \
        " document TEXT NOT NULL);"                                                                \
        "CREATE TABLE run_case ("                                                                  \
        " run_seq INTEGER NOT NULL REFERENCES run (seq) ON DELETE CASCADE,"                        \
        " position INTEGER NOT NULL,"                                                              \
        " case_id TEXT NOT NULL,"                                                                  \
        " status TEXT NOT NULL,"                                                                   \
        " median_value REAL, median_low REAL, median_high REAL,"                                   \
        " normalised_value REAL, normalised_low REAL, normalised_high REAL,"                       \
        " document TEXT,"                                                                          \
        " PRIMARY KEY (run_seq, position)) WITHOUT ROWID;"                                         \
        "CREATE INDEX run_case_by_id ON run_case (case_id, run_seq);",                             \
                                                                                                   \
            "ALTER TABLE run ADD COLUMN host TEXT NOT NULL DEFAULT '';"                            \
            "ALTER TABLE run ADD COLUMN revision TEXT NOT NULL DEFAULT '';"                        \
            "ALTER TABLE run ADD COLUMN is_signed INTEGER NOT NULL DEFAULT 0;"                     \
            "UPDATE run SET"                                                                       \
            " is_signed = json_extract(document, '$.signature') IS NOT NULL,"                      \
            " host = coalesce((SELECT json_extract(value, '$.value')"                              \
            "  FROM json_each(document, '$.host')"                                                 \
            "  WHERE json_extract(value, '$.name') = 'name'), ''),"                                \
            " revision = coalesce((SELECT json_extract(value, '$.value')"                          \
            "  FROM json_each(document, '$.build')"                                                \
            "  WHERE json_extract(value, '$.name') = 'git_revision'), '');"                        \
            "CREATE TABLE speed ("                                                                 \
            " seq INTEGER PRIMARY KEY,"                                                            \
            " host_id TEXT NOT NULL,"                                                              \
            " when_ms INTEGER NOT NULL,"                                                           \
            " core_ns REAL,"                                                                       \
            " memory_ns REAL);"                                                                    \
            "CREATE INDEX speed_by_host ON speed (host_id, when_ms);",                             \
                                                                                                   \
            "CREATE TABLE baseline ("                                                              \
            " name TEXT PRIMARY KEY,"                                                              \
            " run_seq INTEGER NOT NULL REFERENCES run (seq) ON DELETE CASCADE) WITHOUT ROWID;"     \
            "CREATE INDEX baseline_by_run ON baseline (run_seq);"                                  \
            "ALTER TABLE speed ADD COLUMN wide_ns REAL;"                                           \
            "ALTER TABLE speed ADD COLUMN cache_ns REAL;",                                         \
                                                                                                   \
            "DELETE FROM speed;", /* the kernels for cache and memory became others */             \
    }

enum { RESULT_HISTORY_VERSION = 4, RESULT_HISTORY_APPLICATION_ID = 0x62706972 /* "bpir" */ };

struct result_history {
    sqlite3 *db;
    char *path;
    uint32_t busy_ms;
};

/* The sentence of a result code of SQLite. */
base_err result_history_fail(const struct result_history *history, int code, struct base_why *why);

/* Prepare a statement and bind its parameters in order.
 *
 *   types   one letter each: 't' const char * (NULL allowed), 'b' struct base_span as text,
 *           'i' int64_t, 'd' double (NaN: NULL), 'e' const struct result_estimate * (three)
 */
BASE_MUST_USE base_err result_history_prepare(struct result_history *history,
                                              sqlite3_stmt **statement, struct base_why *why,
                                              const char *sql, const char *types, ...);

/* One row at a time: OK with *is_row, or the error. */
BASE_MUST_USE base_err result_history_step(struct result_history *history, sqlite3_stmt *statement,
                                           bool *is_row, struct base_why *why);

/* Run a prepared statement that gives no rows, and finalise it; passes an earlier error through. */
BASE_MUST_USE base_err result_history_run(struct result_history *history, base_err err,
                                          sqlite3_stmt *statement, struct base_why *why);

/* A transaction that holds the write lock from the start; end commits when err is BASE_OK, else it
 * rolls back; it returns err or what the commit says. */
BASE_MUST_USE base_err result_history_begin_write(struct result_history *history,
                                                  struct base_why *why);
BASE_MUST_USE base_err result_history_end_write(struct result_history *history, base_err err,
                                                struct base_why *why);

/* A column's text in the arena ("" for NULL; NULL when out of memory). */
const char *result_history_text(sqlite3_stmt *statement, int column, struct base_arena *arena);
/* Three columns from `column` on. */
struct result_estimate result_history_estimate(sqlite3_stmt *statement, int column);
double result_history_number(sqlite3_stmt *statement, int column);

/* Grow an array in the arena by doubling: room for one more of `size` bytes after count. */
BASE_MUST_USE base_err result_history_grow(struct base_arena *arena, void **items, size_t count,
                                           size_t size, struct base_why *why);

/* Every row of a statement as an item of an array in the arena.
 *
 *   err         of preparing: returned at once unless BASE_OK
 *   statement   finalised in any case
 *   size        of an item; `read` fills one from the row at hand
 *   items       out: a pointer to the array; NULL without rows. With count, written on BASE_OK only
 */
BASE_MUST_USE base_err result_history_rows(struct result_history *history, struct base_arena *arena,
                                           base_err err, sqlite3_stmt *statement, size_t size,
                                           base_err (*read)(sqlite3_stmt *statement,
                                                            struct base_arena *arena, void *item,
                                                            struct base_why *why),
                                           void **items, size_t *count, struct base_why *why);

/* This process, as a text that no other process of this machine has: boot, pid namespace, pid and
 * start time. */
enum { RESULT_HISTORY_PROCESS_SIZE = 160 };
void result_history_process(char out[RESULT_HISTORY_PROCESS_SIZE]);

/* Is the process of such a text certainly gone? One in another pid namespace cannot be seen. */
bool result_history_process_is_gone(const char *process);

/* The run that `which` means: an id or its beginning, "latest", "latest~N".
 * Errors: ENOTFOUND, EINVALID (ambiguous) */
BASE_MUST_USE base_err result_history_find(struct result_history *history, const char *which,
                                           int64_t *seq, struct base_why *why);

/* The run that a baseline names; *seq is 0 when there is no such name. */
BASE_MUST_USE base_err result_history_find_baseline(struct result_history *history,
                                                    const char *name, int64_t *seq,
                                                    struct base_why *why);

/* Mark the running runs of processes that are gone. */
BASE_MUST_USE base_err result_history_sweep(struct result_history *history, struct base_why *why);

#endif
