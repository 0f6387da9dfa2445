/* test_history_kill.c - writers of the history are killed at random moments.
 *
 * A child makes runs in a loop and reports each step once it is kept. It is killed; then the
 * history must open, every step that was reported must be there, every listed case must be whole,
 * complete runs must verify, and no run is shown as complete that is not. BPI_TEST_SEED repeats a
 * sequence.
 */
#define _GNU_SOURCE
#include "unit.h"

#include "result_sample.h"

#include <result/history.h>
#include <result/sign.h>

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 200, CASES = 3, DELAY_US_MAX = 6000 };

enum step { STEP_BEGUN, STEP_CASE, STEP_FINISHED };

struct report {
    char id[RESULT_ID_SIZE];
    enum step step;
};

static char folder[64];
static char path[96];
static struct base_rng rng;

static int make_folder(void **state)
{
    (void)state;
    const char *const given = getenv("BPI_TEST_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("BPI_TEST_SEED=%llu\n", (unsigned long long)seed);
    base_rng_init(&rng, seed);
    /* memory does as well as a disk: a killed process loses nothing that it had written */
    const char *const place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/test_history_kill.XXXXXX", place);
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/history.db", folder);
    return 0;
}

static void remove_history(void)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static int remove_folder(void **state)
{
    (void)state;
    remove_history();
    return rmdir(folder);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct result_history *open_history(void)
{
    const struct result_history_options options = { .path = path };
    struct result_history *history = NULL;
    struct base_why why = { 0 };
    if (result_history_open(&options, &history, &why) != BASE_OK) {
        fprintf(stderr, "%s\n", why.text);
        abort();
    }
    return history;
}

/* The run that writer and checker agree on; the measured times depend on the position. */
static void make_run(struct result_run *run, const char *id, const char *started)
{
    sample_run(run);
    run->id = base_arena_text(&run->arena, id);
    run->started = base_arena_text(&run->arena, started);
    run->case_count = CASES;
    for (size_t i = 0; i < CASES; i++) {
        char name[32];
        snprintf(name, sizeof name, "kill/case:position=%zu", i);
        run->cases[i] = sample_case(run, name, 100 + (double)i);
    }
}

static void test_key(struct result_key *key)
{
    const uint8_t seed[RESULT_KEY_SEED_SIZE] = { 42 };
    result_key_init(key, seed);
}

static void tell(int fd, const char *id, enum step step)
{
    struct report report = { .step = step };
    memcpy(report.id, id, sizeof report.id);
    if (fd >= 0 && write(fd, &report, sizeof report) != (ssize_t)sizeof report)
        abort();
}

static void need(base_err err, const struct base_why *why)
{
    if (err == BASE_OK)
        return;
    fprintf(stderr, "writer: %s\n", why->text);
    abort();
}

static void write_one_run(struct result_history *history, int fd)
{
    struct result_run run = { 0 };
    struct result_key key;
    struct base_why why = { 0 };
    char id[RESULT_ID_SIZE];
    char started[RESULT_TIME_SIZE];
    const uint64_t now = now_ms();
    result_run_make_id(now, id);
    result_run_print_time(now, started);
    make_run(&run, id, started);
    need(result_history_begin(history, &run, &why), &why);
    tell(fd, id, STEP_BEGUN);
    for (size_t i = 0; i < CASES; i++) {
        need(result_history_add_case(history, id, &run.cases[i], &why), &why);
        tell(fd, id, STEP_CASE);
    }
    test_key(&key);
    need(result_sign_run(&run, &key, &why), &why);
    need(result_history_finish(history, &run, &why), &why);
    tell(fd, id, STEP_FINISHED);
    result_run_done(&run);
}

/* A child that makes `count` runs and ends with status 0. */
static pid_t start_writer(int fd, size_t count)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct result_history *history = open_history();
    for (size_t i = 0; i < count; i++)
        write_one_run(history, fd);
    result_history_close(history);
    _exit(0);
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

static void check_complete(const struct result_run *run)
{
    struct base_buf text = { 0 };
    struct base_why why = { 0 };
    struct result_verified verified;
    assert_int_equal(result_run_write(run, &text), BASE_OK);
    if (result_verify_text(base_buf_span(&text), "history", &verified, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_string_equal(verified.id, run->id);
    assert_int_equal(run->case_count, CASES);
    base_buf_done(&text);
}

/* An interrupted run is the head and the first cases, byte for byte. */
static void check_interrupted(const struct result_run *run, size_t case_count)
{
    struct result_run expect = { 0 };
    make_run(&expect, run->id, run->started);
    expect.state = "interrupted";
    expect.ended = NULL;
    expect.verdict_count = 0;
    expect.case_count = case_count;
    same_document(&expect, run);
    result_run_done(&expect);
}

static void check_entry(struct result_history *history, const struct result_history_entry *entry)
{
    struct result_run run = { 0 };
    struct base_why why = { 0 };
    if (result_history_load(history, entry->id, &run, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_string_equal(run.state, entry->state);
    assert_int_equal(run.case_count, entry->case_count);
    if (strcmp(entry->state, "complete") == 0)
        check_complete(&run);
    else
        check_interrupted(&run, entry->case_count);
    result_run_done(&run);
}

/* What was reported before the kill is there. At most one more step can be. */
static void check_reports(int fd, const struct result_history_entry *entries, size_t count)
{
    struct report last = { 0 };
    struct report report;
    size_t begun = 0;
    size_t finished = 0;
    size_t cases = 0;
    while (read(fd, &report, sizeof report) == (ssize_t)sizeof report) {
        cases = report.step == STEP_BEGUN ? 0 : cases + (report.step == STEP_CASE);
        begun += report.step == STEP_BEGUN;
        finished += report.step == STEP_FINISHED;
        last = report;
    }
    assert_in_range(count, begun, begun + 1);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].id, last.id) != 0)
            continue;
        assert_in_range(entries[i].case_count, cases, cases + 1);
        if (last.step == STEP_FINISHED)
            assert_string_equal(entries[i].state, "complete");
        return;
    }
    assert_int_equal(begun + finished, 0);
}

static struct result_history_entry *list(struct result_history *history, struct base_arena *arena,
                                         size_t *count)
{
    struct result_history_entry *entries = NULL;
    struct base_why why = { 0 };
    if (result_history_list(history, arena, &entries, count, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return entries;
}

/* Wait until the writer has reported so many steps, however slow the machine and its disk. */
static void wait_for_reports(int fd, uint64_t count)
{
    enum { TRIES_MAX = 200000 };
    const struct timespec pause = { .tv_nsec = 100000 };
    int bytes = 0;
    for (int i = 0; i < TRIES_MAX && (size_t)bytes < count * sizeof(struct report); i++) {
        assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
        nanosleep(&pause, NULL);
    }
    assert_true((size_t)bytes >= count * sizeof(struct report));
}

static void kill_at_random(pid_t pid, int fd)
{
    enum { REPORTS = 8 }; /* a run has five */
    if (fd >= 0)
        wait_for_reports(fd, base_rng_below(&rng, REPORTS));
    const struct timespec delay = { .tv_nsec = (long)base_rng_below(&rng, DELAY_US_MAX) * 1000 };
    int status = 0;
    nanosleep(&delay, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void check_integrity(void)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void nothing_is_lost_when_killed(void **state)
{
    (void)state;
    size_t known = 0;
    size_t complete = 0;
    size_t partial = 0;
    for (int i = 0; i < KILLS; i++) {
        int pipes[2];
        struct base_arena arena = { 0 };
        size_t count = 0;
        assert_int_equal(pipe(pipes), 0);
        const pid_t pid = start_writer(pipes[1], SIZE_MAX);
        close(pipes[1]);
        kill_at_random(pid, pipes[0]);
        struct result_history *history = open_history();
        const struct result_history_entry *entries = list(history, &arena, &count);
        assert_true(count >= known);
        check_reports(pipes[0], entries, count - known);
        for (size_t k = 0; k < count - known; k++) { /* the newest come first */
            check_entry(history, &entries[k]);
            complete += strcmp(entries[k].state, "complete") == 0;
            partial += strcmp(entries[k].state, "interrupted") == 0;
        }
        known = count;
        result_history_close(history);
        base_arena_done(&arena);
        close(pipes[0]);
    }
    print_message("%d kills: %zu complete runs, %zu interrupted\n", KILLS, complete, partial);
    assert_int_equal(complete + partial, known);
    assert_true(complete > 0 && partial > 0);
    check_integrity();
    remove_history();
}

static void check_all(size_t complete_expected)
{
    struct base_arena arena = { 0 };
    size_t count = 0;
    size_t complete = 0;
    struct result_history *history = open_history();
    const struct result_history_entry *entries = list(history, &arena, &count);
    for (size_t i = 0; i < count; i++) {
        check_entry(history, &entries[i]);
        complete += strcmp(entries[i].state, "complete") == 0;
    }
    assert_true(complete >= complete_expected);
    result_history_close(history);
    base_arena_done(&arena);
    check_integrity();
}

static void two_writers_at_once_lose_nothing(void **state)
{
    (void)state;
    enum { RUNS = 30 };
    const pid_t pids[] = { start_writer(-1, RUNS), start_writer(-1, RUNS) };
    for (size_t i = 0; i < 2; i++) {
        int status = 1;
        waitpid(pids[i], &status, 0);
        assert_int_equal(status, 0);
    }
    check_all((size_t)2 * RUNS);
    remove_history();
}

/* Other writers are killed beside one that must not notice. */
static void a_writer_survives_the_death_of_others(void **state)
{
    (void)state;
    enum { RUNS = 40, OTHERS = 20 };
    int status = 1;
    const pid_t steady = start_writer(-1, RUNS);
    for (int i = 0; i < OTHERS; i++)
        kill_at_random(start_writer(-1, SIZE_MAX), -1);
    waitpid(steady, &status, 0);
    assert_int_equal(status, 0);
    check_all(RUNS);
    remove_history();
}

/* The file is made by whoever comes first, and by nobody twice. */
static void first_writers_at_once_share_one_file(void **state)
{
    (void)state;
    enum { ROUNDS = 10, WRITERS = 4 };
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[WRITERS];
        for (size_t i = 0; i < WRITERS; i++)
            pids[i] = start_writer(-1, 1);
        for (size_t i = 0; i < WRITERS; i++) {
            int status = 1;
            waitpid(pids[i], &status, 0);
            assert_int_equal(status, 0);
        }
        check_all(WRITERS);
        remove_history();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_when_killed),
        cmocka_unit_test(two_writers_at_once_lose_nothing),
        cmocka_unit_test(a_writer_survives_the_death_of_others),
        cmocka_unit_test(first_writers_at_once_share_one_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
