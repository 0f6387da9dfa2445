/* baseline_index.c - prepared statements, everything else as SQLite has it. */
#include "baseline_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "index.db"

enum { NODE_TEXT_SIZE = 11, /* of "4294967295-" */ WAIT_MS = 5000 };

static base_err fail_sqlite(struct baseline_index *index, const char *what)
{
    return base_fail(&index->why, BASE_EIO, 0, "the index: %s: %s", what,
                     index->database != NULL ? sqlite3_errmsg(index->database) : "out of memory");
}

static base_err run_sql(struct baseline_index *index, const char *sql)
{
    return sqlite3_exec(index->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? BASE_OK
               : fail_sqlite(index, sql);
}

static base_err prepare(struct baseline_index *index, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(index->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement,
                              NULL) == SQLITE_OK
               ? BASE_OK
               : fail_sqlite(index, sql);
}

static base_err fill_links(struct baseline_index *index, const struct baseline_graph *graph)
{
    sqlite3_stmt *put = NULL;
    base_err err = prepare(index, "INSERT INTO link VALUES(?1, ?2)", &put);
    for (uint32_t node = 0; node < graph->node_count && err == BASE_OK; node++)
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1] && err == BASE_OK; i++) {
            sqlite3_bind_int64(put, 1, node);
            sqlite3_bind_int64(put, 2, graph->to[i]);
            if (sqlite3_step(put) != SQLITE_DONE)
                err = fail_sqlite(index, "a link cannot be added");
            sqlite3_reset(put);
        }
    sqlite3_finalize(put);
    return err;
}

static base_err make_tables(struct baseline_index *index, const struct baseline_graph *graph)
{
    base_err err =
        run_sql(index, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; BEGIN;"
                       "CREATE TABLE link(from_node INTEGER NOT NULL, to_node INTEGER NOT NULL,"
                       " PRIMARY KEY(from_node, to_node)) WITHOUT ROWID;"
                       "CREATE TABLE route(flow BLOB PRIMARY KEY, from_node INTEGER NOT NULL,"
                       " to_node INTEGER NOT NULL, hops INTEGER, path TEXT NOT NULL)"
                       " WITHOUT ROWID");
    if (err == BASE_OK)
        err = fill_links(index, graph);
    return err == BASE_OK ? run_sql(index, "COMMIT") : err;
}

/* What was filled in lies on the disk before anything is measured. No lock is held yet that closing
 * the file would drop. */
static base_err flush(struct baseline_index *index)
{
    const int file = openat(index->folder.file, FILE_NAME, O_RDWR | O_CLOEXEC);
    const bool is_flushed = file >= 0 && fsync(file) == 0;
    const int problem = errno;
    if (file >= 0)
        close(file);
    return is_flushed ? BASE_OK
                      : base_fail(&index->why, BASE_EIO, 0, "the index cannot be flushed: %s",
                                  strerror(problem));
}

/* The journal that was asked for is a request: the answer says which one it is. */
static base_err set_journal(struct baseline_index *index, bool is_wal)
{
    const char *wanted = is_wal ? "wal" : "delete";
    sqlite3_stmt *ask = NULL;
    base_err err =
        prepare(index, is_wal ? "PRAGMA journal_mode=WAL" : "PRAGMA journal_mode=DELETE", &ask);
    if (err == BASE_OK && (sqlite3_step(ask) != SQLITE_ROW ||
                           strcmp((const char *)sqlite3_column_text(ask, 0), wanted) != 0))
        err = base_fail(&index->why, BASE_EIO, 0, "the index: SQLite does not give the journal %s",
                        wanted);
    sqlite3_finalize(ask);
    return err == BASE_OK ? run_sql(index, "PRAGMA synchronous=FULL") : err;
}

static base_err prepare_all(struct baseline_index *index)
{
    base_err err =
        prepare(index, "SELECT to_node FROM link WHERE from_node=?1", &index->find_links);
    if (err == BASE_OK)
        err = prepare(index, "SELECT path FROM route WHERE flow=?1", &index->find_route);
    if (err == BASE_OK)
        err = prepare(index, "INSERT OR REPLACE INTO route VALUES(?1, ?2, ?3, ?4, ?5)",
                      &index->put_route);
    if (err == BASE_OK)
        err = prepare(index, "SELECT count(*) FROM route", &index->count_routes);
    return err;
}

static base_err open_database(struct baseline_index *index, const struct baseline_graph *graph,
                              bool is_wal)
{
    char path[BASELINE_PATH_SIZE + 16];
    base_err err = baseline_folder_open(&index->folder, &index->why);
    if (err != BASE_OK)
        return err;
    snprintf(path, sizeof path, "%s/" FILE_NAME, index->folder.path);
    index->node_count = graph->node_count;
    index->links = malloc(graph->node_count * sizeof *index->links);
    if (index->links == NULL)
        return base_fail(&index->why, BASE_ENOMEM, 0, "no memory for the index");
    if (sqlite3_open_v2(path, &index->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return fail_sqlite(index, path);
    sqlite3_busy_timeout(index->database, WAIT_MS);
    err = make_tables(index, graph);
    if (err == BASE_OK)
        err = flush(index);
    if (err == BASE_OK)
        err = set_journal(index, is_wal);
    return err == BASE_OK ? prepare_all(index) : err;
}

base_err baseline_index_open(struct baseline_index *index, const struct baseline_graph *graph,
                             bool is_wal, struct base_why *why)
{
    *index = (struct baseline_index){ 0 };
    const base_err err = open_database(index, graph, is_wal);
    if (err == BASE_OK)
        return BASE_OK;
    if (why != NULL)
        *why = index->why;
    baseline_index_close(index);
    return err;
}

void baseline_index_close(struct baseline_index *index)
{
    sqlite3_finalize(index->find_links);
    sqlite3_finalize(index->find_route);
    sqlite3_finalize(index->put_route);
    sqlite3_finalize(index->count_routes);
    sqlite3_close(index->database);
    baseline_folder_close(&index->folder);
    free(index->links);
    *index = (struct baseline_index){ 0 };
}

static uint64_t pragma_count(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *ask = NULL;
    uint64_t value = 0;
    if (sqlite3_prepare_v2(database, sql, -1, &ask, NULL) == SQLITE_OK &&
        sqlite3_step(ask) == SQLITE_ROW)
        value = (uint64_t)sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    return value;
}

uint64_t baseline_index_size_bytes(const struct baseline_index *index)
{
    return pragma_count(index->database, "PRAGMA page_count") *
           pragma_count(index->database, "PRAGMA page_size");
}

base_err baseline_index_begin(struct baseline_index *index)
{
    return run_sql(index, "BEGIN");
}

base_err baseline_index_commit(struct baseline_index *index)
{
    return run_sql(index, "COMMIT");
}

base_err baseline_index_links(void *context, uint32_t node, const uint32_t **to, size_t *count)
{
    struct baseline_index *index = context;
    sqlite3_stmt *find = index->find_links;
    size_t found = 0;
    int status;
    sqlite3_bind_int64(find, 1, node);
    while ((status = sqlite3_step(find)) == SQLITE_ROW && found < index->node_count) {
        const sqlite3_int64 next = sqlite3_column_int64(find, 0);
        if (next < 0 || next >= index->node_count)
            break;
        index->links[found++] = (uint32_t)next;
    }
    sqlite3_reset(find);
    index->statement_count++;
    if (status != SQLITE_DONE)
        return fail_sqlite(index, "the links of a node cannot be read");
    *to = index->links;
    *count = found;
    return BASE_OK;
}

/* "12-7-845" */
static size_t print_path(const uint32_t *path, uint32_t count, char *out)
{
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, NODE_TEXT_SIZE + 1, i > 0 ? "-%u" : "%u", path[i]);
    return used;
}

base_err baseline_index_put(struct baseline_index *index, const uint8_t id[BASELINE_ID_SIZE],
                            uint32_t from, uint32_t to, const uint32_t *path, uint32_t count)
{
    char few[32 * NODE_TEXT_SIZE + 1];
    char *text = count <= 32 ? few : malloc((size_t)count * NODE_TEXT_SIZE + 1);
    sqlite3_stmt *put = index->put_route;
    if (text == NULL)
        return base_fail(&index->why, BASE_ENOMEM, 0, "no memory for a route");
    const size_t size = print_path(path, count, text);
    sqlite3_bind_blob(put, 1, id, BASELINE_ID_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(put, 2, from);
    sqlite3_bind_int64(put, 3, to);
    if (count > 0)
        sqlite3_bind_int64(put, 4, count - 1);
    else
        sqlite3_bind_null(put, 4);
    sqlite3_bind_text(put, 5, text, (int)size, SQLITE_STATIC);
    const int status = sqlite3_step(put);
    sqlite3_reset(put);
    sqlite3_clear_bindings(put);
    index->statement_count++;
    if (text != few)
        free(text);
    return status == SQLITE_DONE ? BASE_OK : fail_sqlite(index, "a route cannot be written");
}

static base_err parse_path(struct baseline_index *index, const char *text, uint32_t *path,
                           uint32_t *count)
{
    uint32_t found = 0;
    for (const char *at = text; *at != '\0'; at += *at == '-') {
        char *end = NULL;
        const unsigned long node = strtoul(at, &end, 10);
        if (end == at || (*end != '-' && *end != '\0') || node >= index->node_count ||
            found == index->node_count)
            return base_fail(&index->why, BASE_ECORRUPT, 0, "the index: '%.60s' is no route", text);
        path[found++] = (uint32_t)node;
        at = end;
    }
    *count = found;
    return BASE_OK;
}

base_err baseline_index_find(struct baseline_index *index, const uint8_t id[BASELINE_ID_SIZE],
                             uint32_t *path, uint32_t *count)
{
    sqlite3_stmt *find = index->find_route;
    sqlite3_bind_blob(find, 1, id, BASELINE_ID_SIZE, SQLITE_STATIC);
    const int status = sqlite3_step(find);
    base_err err = BASE_OK;
    if (status == SQLITE_ROW)
        err = parse_path(index, (const char *)sqlite3_column_text(find, 0), path, count);
    else if (status == SQLITE_DONE)
        err = BASE_ENOTFOUND; /* of every new flow: no sentence is made for it */
    else
        err = fail_sqlite(index, "a route cannot be read");
    sqlite3_reset(find);
    sqlite3_clear_bindings(find);
    index->statement_count++;
    return err;
}

base_err baseline_index_count(struct baseline_index *index, uint64_t *count)
{
    const bool is_there = sqlite3_step(index->count_routes) == SQLITE_ROW;
    if (is_there)
        *count = (uint64_t)sqlite3_column_int64(index->count_routes, 0);
    const base_err err = is_there ? BASE_OK : fail_sqlite(index, "routes cannot be counted");
    sqlite3_reset(index->count_routes);
    return err;
}
