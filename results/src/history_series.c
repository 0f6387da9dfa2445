/* history_series.c - things over time: one case's results, one host's speed. */
#include "history_sql.h"

#include <stdlib.h>

static base_err read_point(sqlite3_stmt *statement, struct base_arena *arena, void *item,
                           struct base_why *why)
{
    struct result_history_point *point = item;
    *point = (struct result_history_point){
        .run_id = result_history_text(statement, 0, arena),
        .started = result_history_text(statement, 1, arena),
        .revision = result_history_text(statement, 2, arena),
        .median_ns = result_history_estimate(statement, 3),
        .normalised_ns = result_history_estimate(statement, 6),
        .host = result_history_text(statement, 9, arena),
    };
    if (point->run_id == NULL || point->started == NULL || point->revision == NULL ||
        point->host == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the history's points");
    return BASE_OK;
}

base_err result_history_trend(struct result_history *history, const char *case_id,
                              struct base_arena *arena, struct result_history_point **points,
                              size_t *count, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    base_err err = result_history_sweep(history, why);
    if (err == BASE_OK)
        err = result_history_prepare(
            history, &statement, why,
            "SELECT id, started, revision, median_value, median_low, median_high,"
            " normalised_value, normalised_low, normalised_high, host"
            " FROM run_case JOIN run ON run_seq = seq"
            " WHERE case_id = ? AND status = 'ok' AND state <> 'running'"
            " ORDER BY started, seq, position",
            "t", case_id);
    return result_history_rows(history, arena, err, statement, sizeof **points, read_point,
                               (void **)points, count, why);
}

static base_err read_case(sqlite3_stmt *statement, struct base_arena *arena, void *item,
                          struct base_why *why)
{
    const char **id = item;
    *id = result_history_text(statement, 0, arena);
    return *id != NULL ? BASE_OK
                       : base_fail(why, BASE_ENOMEM, 0, "no memory for the history's cases");
}

base_err result_history_cases(struct result_history *history, struct base_arena *arena,
                              const char ***ids, size_t *count, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    base_err err = result_history_sweep(history, why);
    if (err == BASE_OK)
        err = result_history_prepare(history, &statement, why,
                                     "SELECT DISTINCT case_id FROM run_case"
                                     " JOIN run ON run_seq = seq"
                                     " WHERE status = 'ok' AND state <> 'running'"
                                     " ORDER BY case_id",
                                     "");
    return result_history_rows(history, arena, err, statement, sizeof **ids, read_case,
                               (void **)ids, count, why);
}

base_err result_history_add_speed(struct result_history *history, const char *host_id,
                                  const struct result_history_speed *speed, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    const base_err err = result_history_prepare(
        history, &statement, why,
        "INSERT INTO speed (host_id, when_ms, core_ns, memory_ns, wide_ns, cache_ns)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        "tidddd", host_id, (int64_t)speed->when_ms, speed->core_ns, speed->memory_ns,
        speed->wide_ns, speed->cache_ns);
    return result_history_run(history, err, statement, why);
}

static base_err read_speed(sqlite3_stmt *statement, struct base_arena *arena, void *item,
                           struct base_why *why)
{
    struct result_history_speed *speed = item;
    (void)arena;
    (void)why;
    *speed = (struct result_history_speed){
        .when_ms = (uint64_t)sqlite3_column_int64(statement, 0),
        .core_ns = result_history_number(statement, 1),
        .memory_ns = result_history_number(statement, 2),
        .wide_ns = result_history_number(statement, 3),
        .cache_ns = result_history_number(statement, 4),
    };
    return BASE_OK;
}

base_err result_history_speeds(struct result_history *history, const char *host_id, size_t limit,
                               struct base_arena *arena, struct result_history_speed **speeds,
                               size_t *count, struct base_why *why)
{
    sqlite3_stmt *statement = NULL;
    base_err err = result_history_prepare(
        history, &statement, why,
        "SELECT when_ms, core_ns, memory_ns, wide_ns, cache_ns FROM (SELECT * FROM speed"
        " WHERE host_id = ? ORDER BY when_ms DESC, seq DESC LIMIT ?)"
        " ORDER BY when_ms, seq",
        "ti", host_id, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    return result_history_rows(history, arena, err, statement, sizeof **speeds, read_speed,
                               (void **)speeds, count, why);
}
