/* history_sql.c - statements, transactions and SQLite's errors as sentences; who is alive. */
#define _GNU_SOURCE
#include "history_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

base_err result_history_fail(const struct result_history *history, int code, struct base_why *why)
{
    const char *const path = history->path;
    const char *const said =
        history->db != NULL ? sqlite3_errmsg(history->db) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return base_fail(why, BASE_ETIMEOUT, 0,
                         "%s: the history is locked by another process for more than %u ms", path,
                         history->busy_ms);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return base_fail(why, BASE_EIO, 0, "%s: the history is read-only; nothing can be kept",
                         path);
    case SQLITE_FULL:
        return base_fail(why, BASE_EFULL, 0,
                         "%s: no space left for the history; remove runs or make room on the disk",
                         path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return base_fail(why, BASE_ECORRUPT, 0,
                         "%s: not a history, or damaged (%s); move it away to start a new one",
                         path, said);
    case SQLITE_CANTOPEN:
        return base_fail(why, BASE_EIO, 0, "%s: the history cannot be opened (%s)", path, said);
    default:
        return base_fail(why, BASE_EIO, 0, "%s: the history failed (%s)", path, said);
    }
}

static int bind_number(sqlite3_stmt *statement, int index, double value)
{
    return isnan(value) ? sqlite3_bind_null(statement, index)
                        : sqlite3_bind_double(statement, index, value);
}

static int bind_estimate(sqlite3_stmt *statement, int *index,
                         const struct result_estimate *estimate)
{
    int code = bind_number(statement, (*index)++, estimate->value);
    if (code == SQLITE_OK)
        code = bind_number(statement, (*index)++, estimate->low);
    return code == SQLITE_OK ? bind_number(statement, (*index)++, estimate->high) : code;
}

static int bind_text(sqlite3_stmt *statement, int index, struct base_span text)
{
    return sqlite3_bind_text64(statement, index, (const char *)text.data, text.size,
                               SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int bind_all(sqlite3_stmt *statement, const char *types, va_list list)
{
    int code = SQLITE_OK;
    int index = 1;
    for (; *types != '\0' && code == SQLITE_OK; types++) {
        if (*types == 't')
            code = sqlite3_bind_text(statement, index++, va_arg(list, const char *), -1,
                                     SQLITE_TRANSIENT);
        else if (*types == 'b')
            code = bind_text(statement, index++, va_arg(list, struct base_span));
        else if (*types == 'i')
            code = sqlite3_bind_int64(statement, index++, va_arg(list, int64_t));
        else if (*types == 'd')
            code = bind_number(statement, index++, va_arg(list, double));
        else
            code = bind_estimate(statement, &index, va_arg(list, const struct result_estimate *));
    }
    return code;
}

base_err result_history_prepare(struct result_history *history, sqlite3_stmt **statement,
                                struct base_why *why, const char *sql, const char *types, ...)
{
    *statement = NULL;
    int code = sqlite3_prepare_v2(history->db, sql, -1, statement, NULL);
    if (code == SQLITE_OK) {
        va_list list;
        va_start(list, types);
        code = bind_all(*statement, types, list);
        va_end(list);
    }
    if (code == SQLITE_OK)
        return BASE_OK;
    const base_err err = result_history_fail(history, code, why);
    sqlite3_finalize(*statement);
    *statement = NULL;
    return err;
}

base_err result_history_step(struct result_history *history, sqlite3_stmt *statement, bool *is_row,
                             struct base_why *why)
{
    const int code = sqlite3_step(statement);
    *is_row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? BASE_OK
                                                     : result_history_fail(history, code, why);
}

base_err result_history_run(struct result_history *history, base_err err, sqlite3_stmt *statement,
                            struct base_why *why)
{
    bool is_row = true;
    while (err == BASE_OK && is_row)
        err = result_history_step(history, statement, &is_row, why);
    sqlite3_finalize(statement);
    return err;
}

static base_err run_plain(struct result_history *history, const char *sql, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(history, &statement, why, sql, "");
    return result_history_run(history, err, statement, why);
}

base_err result_history_begin_write(struct result_history *history, struct base_why *why)
{
    return run_plain(history, "BEGIN IMMEDIATE", why);
}

base_err result_history_end_write(struct result_history *history, base_err err,
                                  struct base_why *why)
{
    if (err == BASE_OK)
        err = run_plain(history, "COMMIT", why);
    if (err != BASE_OK && sqlite3_get_autocommit(history->db) == 0)
        sqlite3_exec(history->db, "ROLLBACK", NULL, NULL, NULL); /* the first error is the news */
    return err;
}

const char *result_history_text(sqlite3_stmt *statement, int column, struct base_arena *arena)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text == NULL ? base_arena_text(arena, "")
                        : base_arena_text_of(arena, (const char *)text,
                                             (size_t)sqlite3_column_bytes(statement, column));
}

double result_history_number(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(statement, column);
}

struct result_estimate result_history_estimate(sqlite3_stmt *statement, int column)
{
    return (struct result_estimate){ .value = result_history_number(statement, column),
                                     .low = result_history_number(statement, column + 1),
                                     .high = result_history_number(statement, column + 2) };
}

base_err result_history_grow(struct base_arena *arena, void **items, size_t count, size_t size,
                             struct base_why *why)
{
    if (*items != NULL && (count == 0 || (count & (count - 1)) != 0))
        return BASE_OK; /* the capacity is the next power of two */
    void *more = base_arena_array(arena, count == 0 ? 1 : 2 * count, size);
    if (more == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the history's rows");
    if (count > 0)
        memcpy(more, *items, count * size);
    *items = more;
    return BASE_OK;
}

base_err result_history_rows(struct result_history *history, struct base_arena *arena, base_err err,
                             sqlite3_stmt *statement, size_t size,
                             base_err (*read)(sqlite3_stmt *statement, struct base_arena *arena,
                                              void *item, struct base_why *why),
                             void **items, size_t *count, struct base_why *why)
{
    void *made = NULL;
    size_t used = 0;
    for (bool is_row = true; err == BASE_OK && is_row;) {
        err = result_history_step(history, statement, &is_row, why);
        if (err != BASE_OK || !is_row)
            break;
        err = result_history_grow(arena, &made, used, size, why);
        if (err == BASE_OK)
            err = read(statement, arena, (char *)made + used++ * size, why);
    }
    sqlite3_finalize(statement);
    if (err == BASE_OK) {
        *items = made;
        *count = used;
    }
    return err;
}

/* The first line of a file of /proc; "" when there is none. */
static void read_line(const char *path, char *out, size_t size)
{
    ssize_t got = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        got = read(fd, out, size - 1);
        close(fd);
    }
    out[got > 0 ? got : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* Clock ticks after boot at which a process started; 0: there is none, or only its remains. */
static unsigned long long start_of(long pid)
{
    char path[64];
    char line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    read_line(path, line, sizeof line);
    const char *at = strrchr(line, ')'); /* the name before it may hold anything */
    if (at == NULL || at[1] == '\0' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    for (int field = 2; field < 22 && at != NULL; field++)
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

/* "boot pid:[namespace]" of this system, as seen from here. */
static void system_of(char out[RESULT_HISTORY_PROCESS_SIZE])
{
    char boot[64];
    char space[48];
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    const ssize_t size = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[size > 0 ? size : 0] = '\0';
    snprintf(out, RESULT_HISTORY_PROCESS_SIZE, "%s %s", boot, space);
}

void result_history_process(char out[RESULT_HISTORY_PROCESS_SIZE])
{
    char system[RESULT_HISTORY_PROCESS_SIZE];
    system_of(system);
    snprintf(out, RESULT_HISTORY_PROCESS_SIZE, "%.100s %ld %llu", system, (long)getpid(),
             start_of(getpid()));
}

bool result_history_process_is_gone(const char *process)
{
    char system[RESULT_HISTORY_PROCESS_SIZE];
    system_of(system);
    const char *const space = strchr(system, ' ');
    const size_t boot_size = (size_t)(space - system) + 1;
    if (strncmp(process, system, boot_size) != 0)
        return true; /* another boot */
    if (strncmp(process, system, strlen(system)) != 0 || process[strlen(system)] != ' ')
        return false;
    char *end = NULL;
    const long pid = strtol(process + strlen(system), &end, 10);
    const unsigned long long start = strtoull(end, NULL, 10);
    return start_of(pid) != start;
}
