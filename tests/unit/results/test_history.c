/* test_history.c - the life of a run in the history, its errors, its migration. */
#define _GNU_SOURCE
#include "unit.h"

#include "result_sample.h"

#include <result/history.h>
#include <result/sign.h>

#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_history.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/history.db", folder);
    return 0;
}

static void remove_file(const char *suffix)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    unlink(name);
}

static int remove_folder(void **state)
{
    (void)state;
    remove_file("");
    remove_file("-wal");
    remove_file("-shm");
    return rmdir(folder);
}

static struct result_history *open_history(void)
{
    struct result_history *history = NULL;
    struct base_why why = { 0 };
    const struct result_history_options options = { .path = path, .busy_ms = 5000 };
    if (result_history_open(&options, &history, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return history;
}

static void good(base_err err, const struct base_why *why)
{
    if (err != BASE_OK)
        fail_msg("%s", why->text);
}

static void same_document(const struct result_run *left, const struct result_run *right)
{
    struct base_buf a = { 0 };
    struct base_buf b = { 0 };
    assert_int_equal(result_run_write(left, &a), BASE_OK);
    assert_int_equal(result_run_write(right, &b), BASE_OK);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    base_buf_done(&a);
    base_buf_done(&b);
}

/* The sample under another id and time. */
static void sample_at(struct result_run *run, uint64_t unix_ms, const char *id)
{
    char time[RESULT_TIME_SIZE];
    sample_run(run);
    result_run_print_time(unix_ms, time);
    run->started = base_arena_text(&run->arena, time);
    run->id = id;
}

static void a_run_lives(void **state)
{
    (void)state;
    struct result_history *history = open_history();
    struct base_why why = { 0 };
    struct result_run run = { 0 };
    struct result_run back = { 0 };
    struct base_arena arena = { 0 };
    struct result_history_entry *entries = NULL;
    size_t count = 0;
    uint8_t seed[RESULT_KEY_SEED_SIZE] = { 7 };
    struct result_key key;
    sample_run(&run);
    good(result_history_begin(history, &run, &why), &why);
    good(result_history_add_case(history, run.id, &run.cases[0], &why), &why);
    good(result_history_add_case(history, run.id, &run.cases[1], &why), &why);
    good(result_history_list(history, &arena, &entries, &count, &why), &why);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].state, "running");
    assert_int_equal(entries[0].case_count, 2);
    assert_null(entries[0].ended);
    assert_false(entries[0].is_signed);
    good(result_history_load(history, run.id, &back, &why), &why);
    assert_string_equal(back.state, "interrupted");
    assert_int_equal(back.case_count, 2);
    assert_string_equal(back.cases[1].status, "wrong");
    result_run_done(&back);
    assert_int_equal(result_history_load(history, "latest", &back, &why), BASE_ENOTFOUND);
    assert_int_equal(result_history_remove(history, run.id, &why), BASE_EINVALID);
    assert_non_null(strstr(why.text, "is still running"));

    result_key_init(&key, seed);
    good(result_sign_run(&run, &key, &why), &why);
    good(result_history_finish(history, &run, &why), &why);
    good(result_history_load(history, "latest", &back, &why), &why);
    same_document(&run, &back);
    result_run_done(&back);
    good(result_history_list(history, &arena, &entries, &count, &why), &why);
    assert_string_equal(entries[0].state, "complete");
    assert_string_equal(entries[0].host, "bench-1");
    assert_string_equal(entries[0].revision, "abc1234");
    assert_string_equal(entries[0].ended, run.ended);
    assert_string_equal(entries[0].command, run.command);
    assert_int_equal(entries[0].case_count, 3);
    assert_true(entries[0].is_signed);

    assert_int_equal(result_history_finish(history, &run, &why), BASE_EEXIST);
    assert_int_equal(result_history_begin(history, &run, &why), BASE_EEXIST);
    assert_non_null(strstr(why.text, "is there already"));
    assert_int_equal(result_history_add_case(history, run.id, &run.cases[0], &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "is finished"));
    good(result_history_remove(history, "01jd7", &why), &why);
    assert_int_equal(result_history_add_case(history, run.id, &run.cases[0], &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "was never begun"));
    good(result_history_list(history, &arena, &entries, &count, &why), &why);
    assert_int_equal(count, 0);
    base_arena_done(&arena);
    result_run_done(&run);
    result_history_close(history);
    remove_file("");
}

static void runs_are_found(void **state)
{
    (void)state;
    static const char *const ids[] = { "01JD7Q2M8Z0000000000000001", "01JD7Q2M8Z0000000000000002",
                                       "01JD8Q2M8Z0000000000000003" };
    struct result_history *history = open_history();
    struct base_why why = { 0 };
    for (size_t i = 0; i < 3; i++) {
        struct result_run run = { 0 };
        sample_at(&run, 1000 * (i + 1), ids[i]);
        good(result_history_finish(history, &run, &why), &why); /* an import: never begun */
        result_run_done(&run);
    }
    static const struct {
        const char *which;
        base_err err;
        const char *id; /* or the sentence */
    } rows[] = {
        { "latest", BASE_OK, "01JD8Q2M8Z0000000000000003" },
        { "latest~0", BASE_OK, "01JD8Q2M8Z0000000000000003" },
        { "latest~2", BASE_OK, "01JD7Q2M8Z0000000000000001" },
        { "latest~3", BASE_ENOTFOUND, "no run 'latest~3'" },
        { "latest~x", BASE_ENOTFOUND, "no run 'latest~x'" },
        { "01JD8", BASE_OK, "01JD8Q2M8Z0000000000000003" },
        { "01jd8q", BASE_OK, "01JD8Q2M8Z0000000000000003" },
        { "01JD7Q2M8Z0000000000000002", BASE_OK, "01JD7Q2M8Z0000000000000002" },
        { "01JD7", BASE_EINVALID,
          "'01JD7' fits 2 runs: 01JD7Q2M8Z0000000000000001, 01JD7Q2M8Z0000000000000002" },
        { "", BASE_ENOTFOUND, "no run ''" },
        { "%", BASE_ENOTFOUND, "no run '%'" },
        { "02", BASE_ENOTFOUND, "no run '02'" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result_run run = { 0 };
        assert_int_equal(result_history_load(history, rows[i].which, &run, &why), rows[i].err);
        if (rows[i].err == BASE_OK)
            assert_string_equal(run.id, rows[i].id);
        else if (strstr(why.text, rows[i].id) == NULL || strstr(why.text, path) != why.text)
            fail_msg("%s", why.text);
        result_run_done(&run);
    }
    result_history_close(history);
    remove_file("");
}

static void a_case_has_a_trend(void **state)
{
    (void)state;
    static const char *const ids[] = { "01JD7Q2M8Z0000000000000001", "01JD7Q2M8Z0000000000000002",
                                       "01JD7Q2M8Z0000000000000003" };
    struct result_history *history = open_history();
    struct base_why why = { 0 };
    struct base_arena arena = { 0 };
    struct result_history_point *points = NULL;
    size_t count = 9;
    for (size_t i = 3; i-- > 0;) { /* put in the wrong order: time decides */
        struct result_run run = { 0 };
        sample_at(&run, 1000 * (i + 1), ids[i]);
        run.cases[0] = sample_case(&run, "enc/encode:entries=100", 100 + (double)i);
        if (i == 1)
            run.cases[0].status = "wrong";
        good(result_history_finish(history, &run, &why), &why);
        result_run_done(&run);
    }
    good(result_history_trend(history, "enc/encode:entries=100", &arena, &points, &count, &why),
         &why);
    assert_int_equal(count, 2);
    assert_string_equal(points[0].run_id, ids[0]);
    assert_string_equal(points[0].started, "1970-01-01T00:00:01.000Z");
    assert_string_equal(points[1].revision, "abc1234");
    assert_true(points[1].median_ns.value == 102 && points[1].median_ns.low == 102 * 0.99);
    assert_true(points[1].normalised_ns.high == 102 * 0.975);
    good(result_history_trend(history, "null/empty", &arena, &points, &count, &why), &why);
    assert_int_equal(count, 3);
    assert_true(isnan(points[0].median_ns.value));
    good(result_history_trend(history, "none", &arena, &points, &count, &why), &why);
    assert_int_equal(count, 0);
    base_arena_done(&arena);
    result_history_close(history);
    remove_file("");
}

static void a_host_has_speeds(void **state)
{
    (void)state;
    struct result_history *history = open_history();
    struct base_why why = { 0 };
    struct base_arena arena = { 0 };
    struct result_history_speed *speeds = NULL;
    size_t count = 9;
    for (uint64_t i = 0; i < 10; i++) {
        const struct result_history_speed speed = { .when_ms = 100 - i,
                                                    .core_ns = 0.3 + (double)i,
                                                    .memory_ns = i == 9 ? NAN : 90 };
        good(result_history_add_speed(history, i == 5 ? "other" : "host", &speed, &why), &why);
    }
    good(result_history_speeds(history, "host", 100, &arena, &speeds, &count, &why), &why);
    assert_int_equal(count, 9);
    assert_int_equal(speeds[0].when_ms, 91);
    assert_true(isnan(speeds[0].memory_ns) && speeds[0].core_ns == 9.3);
    good(result_history_speeds(history, "host", 2, &arena, &speeds, &count, &why), &why);
    assert_int_equal(count, 2);
    assert_int_equal(speeds[0].when_ms, 99);
    assert_int_equal(speeds[1].when_ms, 100);
    good(result_history_speeds(history, "unknown", SIZE_MAX, &arena, &speeds, &count, &why), &why);
    assert_int_equal(count, 0);
    base_arena_done(&arena);
    result_history_close(history);
    remove_file("");
}

/* A child that begins a run, keeps one case, and is gone. */
static void leave_a_run_behind(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        struct result_history *history = NULL;
        const struct result_history_options options = { .path = path };
        struct result_run run = { 0 };
        sample_run(&run);
        if (result_history_open(&options, &history, NULL) != BASE_OK ||
            result_history_begin(history, &run, NULL) != BASE_OK ||
            result_history_add_case(history, run.id, &run.cases[0], NULL) != BASE_OK)
            _exit(1);
        _exit(0);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void a_run_left_behind_is_interrupted(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct base_arena arena = { 0 };
    struct result_history_entry *entries = NULL;
    size_t count = 0;
    struct result_run run = { 0 };
    struct result_run expect = { 0 };
    struct result_history *history = open_history();
    leave_a_run_behind();
    good(result_history_list(history, &arena, &entries, &count, &why), &why);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].state, "interrupted");
    assert_int_equal(entries[0].case_count, 1);
    good(result_history_load(history, "latest", &run, &why), &why);
    sample_run(&expect);
    expect.state = "interrupted";
    expect.ended = NULL;
    expect.case_count = 1;
    expect.verdict_count = 0;
    same_document(&expect, &run);
    good(result_history_remove(history, "latest", &why), &why);
    base_arena_done(&arena);
    result_run_done(&run);
    result_run_done(&expect);
    result_history_close(history);
    remove_file("");
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    char *said = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
        fail_msg("%s", said);
    sqlite3_close(db);
}

/* The layout of version 1, word for word, with one run. */
static void make_version_1(void)
{
    struct result_run run = { 0 };
    struct base_buf text = { 0 };
    sample_run(&run);
    run.command = "earlier";
    assert_int_equal(result_run_write(&run, &text), BASE_OK);
    run_sql("PRAGMA journal_mode = WAL;"
            "CREATE TABLE run (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
            " started TEXT NOT NULL, ended TEXT, command TEXT NOT NULL, state TEXT NOT NULL CHECK"
            " (state IN ('running', 'complete', 'interrupted')), process TEXT NOT NULL,"
            " document TEXT NOT NULL);"
            "CREATE TABLE run_case (run_seq INTEGER NOT NULL REFERENCES run (seq) ON DELETE"
            " CASCADE, position INTEGER NOT NULL, case_id TEXT NOT NULL, status TEXT NOT NULL,"
            " median_value REAL, median_low REAL, median_high REAL, normalised_value REAL,"
            " normalised_low REAL, normalised_high REAL, document TEXT,"
            " PRIMARY KEY (run_seq, position)) WITHOUT ROWID;"
            "CREATE INDEX run_case_by_id ON run_case (case_id, run_seq);"
            "INSERT INTO run_case VALUES (1, 0, 'enc/encode:entries=100', 'ok', 100.125, 99, 102,"
            " NULL, NULL, NULL, NULL);"
            "PRAGMA application_id = 1651534194; PRAGMA user_version = 1");
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "INSERT INTO run VALUES (1, ?, ?, NULL, 'earlier',"
                                        " 'complete', '', ?)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(statement, 1, run.id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, run.started, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, (const char *)text.data, (int)text.size, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    result_run_done(&run);
    base_buf_done(&text);
}

static void an_earlier_layout_is_migrated(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct base_arena arena = { 0 };
    struct result_history_entry *entries = NULL;
    struct result_history_point *points = NULL;
    size_t count = 0;
    struct result_run run = { 0 };
    make_version_1();
    struct result_history *history = open_history();
    good(result_history_list(history, &arena, &entries, &count, &why), &why);
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].command, "earlier");
    assert_string_equal(entries[0].host, "bench-1");
    assert_string_equal(entries[0].revision, "abc1234");
    assert_false(entries[0].is_signed);
    good(result_history_load(history, "latest", &run, &why), &why);
    assert_int_equal(run.case_count, 3);
    result_run_done(&run);
    good(result_history_trend(history, "enc/encode:entries=100", &arena, &points, &count, &why),
         &why);
    assert_int_equal(count, 1);
    const struct result_history_speed speed = { .when_ms = 1, .core_ns = 1, .memory_ns = 1 };
    good(result_history_add_speed(history, "host", &speed, &why), &why);
    good(result_history_set_baseline(history, "main", "latest", &why), &why);
    result_history_close(history);
    history = open_history(); /* and once more, as the new version */
    result_history_close(history);
    base_arena_done(&arena);
    remove_file("");
}

static void check_name_fails(struct result_history *history, const char *name, const char *which,
                             base_err err, const char *sentence)
{
    struct base_why why = { 0 };
    assert_int_equal(result_history_set_baseline(history, name, which, &why), err);
    if (strstr(why.text, sentence) == NULL)
        fail_msg("%s", why.text);
}

static void a_run_has_a_name(void **state)
{
    (void)state;
    struct result_history *history = open_history();
    struct base_why why = { 0 };
    struct base_arena arena = { 0 };
    struct result_history_baseline *all = NULL;
    size_t count = 7;
    struct result_run a, b, back;
    sample_at(&a, 1000, "01JD7Z8Q4M5N6P7R8S9TAVBWCX");
    sample_at(&b, 2000, "01JD7ZB1C2D3E4F5G6H7J8K9MN");
    good(result_history_baselines(history, &arena, &all, &count, &why), &why);
    assert_int_equal(count, 0);
    check_name_fails(history, "main", "latest", BASE_ENOTFOUND, "no run 'latest'");
    good(result_history_finish(history, &a, &why), &why);
    good(result_history_finish(history, &b, &why), &why);
    good(result_history_set_baseline(history, "main", "latest", &why), &why);
    good(result_history_set_baseline(history, "01jd7za", a.id, &why), &why);
    good(result_history_load(history, "main", &back, &why), &why);
    assert_string_equal(back.id, b.id);
    result_run_done(&back);
    good(result_history_set_baseline(history, "main", "latest~1", &why), &why); /* another run */
    good(result_history_load(history, "main", &back, &why), &why);
    assert_string_equal(back.id, a.id);
    result_run_done(&back);
    good(result_history_baselines(history, &arena, &all, &count, &why), &why);
    assert_int_equal(count, 2);
    assert_string_equal(all[0].name, "01jd7za");
    assert_string_equal(all[1].name, "main");
    assert_string_equal(all[1].run_id, a.id);
    assert_string_equal(all[1].revision, "abc1234");

    check_name_fails(history, "", a.id, BASE_EINVALID, "is no name for a baseline");
    check_name_fails(history, "-x", a.id, BASE_EINVALID, "is no name for a baseline");
    check_name_fails(history, "a/b", a.id, BASE_EINVALID, "is no name for a baseline");
    check_name_fails(history, "latest", a.id, BASE_EINVALID, "'latest' is the newest run");
    check_name_fails(history, "x", "nosuch", BASE_ENOTFOUND, "no run 'nosuch'");
    check_name_fails(history, "x", "01JD7Z", BASE_EINVALID, "fits 2 runs");
    check_name_fails(history, "x", "main", BASE_ENOTFOUND, "no run 'main'");
    assert_int_equal(result_history_remove(history, "main", &why), BASE_ENOTFOUND);

    good(result_history_remove_baseline(history, "01jd7za", &why), &why);
    assert_int_equal(result_history_remove_baseline(history, "01jd7za", &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "no baseline '01jd7za'"));
    good(result_history_remove(history, a.id, &why), &why); /* and its name with it */
    good(result_history_baselines(history, &arena, &all, &count, &why), &why);
    assert_int_equal(count, 0);
    assert_int_equal(result_history_load(history, "main", &back, &why), BASE_ENOTFOUND);
    good(result_history_begin(history, &a, &why), &why);
    check_name_fails(history, "x", a.id, BASE_EINVALID, "still running");
    result_history_close(history);
    base_arena_done(&arena);
    result_run_done(&a);
    result_run_done(&b);
    remove_file("");
}

static void check_open_fails(uint32_t busy_ms, base_err err, const char *sentence)
{
    struct base_why why = { 0 };
    struct result_history *history = NULL;
    const struct result_history_options options = { .path = path, .busy_ms = busy_ms };
    assert_int_equal(result_history_open(&options, &history, &why), err);
    assert_null(history);
    if (strstr(why.text, path) != why.text || strstr(why.text, sentence) == NULL)
        fail_msg("%s", why.text);
}

static void write_file(const char *text)
{
    struct base_why why = { 0 };
    good(base_file_write(path, base_span_of(text, strlen(text)), &why), &why);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    write_file("this is a text of some length and no database at all, certainly not one of runs; "
               "it is even longer than the hundred bytes of a header");
    check_open_fails(100, BASE_ECORRUPT, "not a history, or damaged");
    remove_file("");
    run_sql("CREATE TABLE songs (title TEXT)");
    check_open_fails(100, BASE_ECORRUPT, "a database of another program");
    remove_file("");
    result_history_close(open_history());
    run_sql("PRAGMA user_version = 5");
    check_open_fails(100, BASE_EUNSUPPORTED,
                     "a history of version 5, this program knows up to 4; use the newer program");
    remove_file("");
    char keep[sizeof path];
    memcpy(keep, path, sizeof path);
    snprintf(path, sizeof path, "%s/none/history.db", folder);
    check_open_fails(100, BASE_EIO, "the history cannot be opened");
    memcpy(path, keep, sizeof path);
}

static void a_damaged_file_is_named(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct base_buf file = { 0 };
    struct result_history *history = open_history();
    struct result_run run = { 0 };
    sample_run(&run);
    good(result_history_finish(history, &run, &why), &why);
    result_history_close(history);
    good(base_buf_read_file(&file, path, 1 << 24, &why), &why);
    memset(file.data + 4096, 0xa5, file.size - 4096); /* all but the first page */
    good(base_file_write(path, base_buf_span(&file), &why), &why);
    check_open_fails(100, BASE_ECORRUPT, "not a history, or damaged");
    base_buf_done(&file);
    result_run_done(&run);
    remove_file("");
}

/* SQLite takes a file whose format version it can read but not write as read-only: that holds for
 * root too, unlike file modes. */
static void a_read_only_file_is_named(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct base_buf file = { 0 };
    struct result_run run = { 0 };
    enum { WRITE_VERSION_OFFSET = 18 };
    result_history_close(open_history());
    good(base_buf_read_file(&file, path, 1 << 24, &why), &why);
    file.data[WRITE_VERSION_OFFSET] = 3;
    good(base_file_write(path, base_buf_span(&file), &why), &why);
    struct result_history *history = open_history();
    sample_run(&run);
    assert_int_equal(result_history_begin(history, &run, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "the history is read-only; nothing can be kept"));
    result_history_close(history);
    result_run_done(&run);
    base_buf_done(&file);
    remove_file("");
    remove_file("-wal");
    remove_file("-shm");
}

static void a_locked_file_is_named(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct result_history *history = NULL;
    const struct result_history_options options = { .path = path, .busy_ms = 50 };
    struct result_run run = { 0 };
    sqlite3 *other = NULL;
    result_history_close(open_history());
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    good(result_history_open(&options, &history, &why), &why); /* reading goes on */
    sample_run(&run);
    assert_int_equal(result_history_begin(history, &run, &why), BASE_ETIMEOUT);
    assert_non_null(strstr(why.text, "locked by another process for more than 50 ms"));
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    good(result_history_begin(history, &run, &why), &why);
    sqlite3_close(other);
    result_history_close(history);
    result_run_done(&run);
    remove_file("");
}

/* A full disk loses the run that does not fit, and nothing else. */
static void a_full_disk_is_named(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct result_history *history = NULL;
    const struct result_history_options options = { .path = path, .bytes_max = 128 << 10 };
    struct base_arena arena = { 0 };
    struct result_history_entry *entries = NULL;
    size_t count = 0;
    size_t kept = 0;
    base_err err = BASE_OK;
    good(result_history_open(&options, &history, &why), &why);
    while (err == BASE_OK && kept < 1000) {
        struct result_run run = { 0 };
        char id[RESULT_ID_SIZE];
        result_run_make_id(1000 * kept, id);
        sample_at(&run, 1000 * kept, id);
        err = result_history_finish(history, &run, &why);
        kept += err == BASE_OK;
        result_run_done(&run);
    }
    assert_int_equal(err, BASE_EFULL);
    assert_non_null(strstr(why.text, "no space left for the history; remove runs or make room"));
    assert_true(kept > 3);
    good(result_history_list(history, &arena, &entries, &count, &why), &why);
    assert_int_equal(count, kept);
    good(result_history_remove(history, "latest", &why), &why); /* still in working order */
    struct result_run run = { 0 };
    good(result_history_load(history, "latest", &run, &why), &why);
    result_run_done(&run);
    base_arena_done(&arena);
    result_history_close(history);
    remove_file("");
}

static void invalid_runs_are_not_kept(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct result_history *history = open_history();
    struct result_run run = { 0 };
    sample_run(&run);
    good(result_history_begin(history, &run, &why), &why);
    run.cases[0].median_ns.value = INFINITY;
    assert_int_equal(result_history_add_case(history, run.id, &run.cases[0], &why), BASE_EINVALID);
    assert_non_null(strstr(why.text, "median_ns.value: inf is not a finite number"));
    assert_int_equal(result_history_finish(history, &run, &why), BASE_EINVALID);
    result_history_close(history);
    result_run_done(&run);
    remove_file("");
}

static void the_default_place_is_the_users(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct result_history *history = NULL;
    char inner[160];
    setenv("BPI_PERF_STATE_DIR", folder, 1);
    good(result_history_open(NULL, &history, &why), &why);
    assert_string_equal(result_history_path(history), path);
    result_history_close(history);
    remove_file("");
    unsetenv("BPI_PERF_STATE_DIR");
    setenv("XDG_STATE_HOME", folder, 1);
    good(result_history_open(NULL, &history, &why), &why);
    snprintf(inner, sizeof inner, "%s/bpi-perf/history.db", folder);
    assert_string_equal(result_history_path(history), inner);
    result_history_close(history);
    unlink(inner);
    snprintf(inner, sizeof inner, "%s/bpi-perf", folder);
    assert_int_equal(rmdir(inner), 0);
    unsetenv("XDG_STATE_HOME");
    result_history_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_lives),
        cmocka_unit_test(runs_are_found),
        cmocka_unit_test(a_case_has_a_trend),
        cmocka_unit_test(a_host_has_speeds),
        cmocka_unit_test(a_run_left_behind_is_interrupted),
        cmocka_unit_test(a_run_has_a_name),
        cmocka_unit_test(an_earlier_layout_is_migrated),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(a_damaged_file_is_named),
        cmocka_unit_test(a_read_only_file_is_named),
        cmocka_unit_test(a_locked_file_is_named),
        cmocka_unit_test(a_full_disk_is_named),
        cmocka_unit_test(invalid_runs_are_not_kept),
        cmocka_unit_test(the_default_place_is_the_users),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
