/* test_suite_exec.c - commands that work, fail, are killed, use memory and time, or leave things.
 */
#include "unit.h"
#include "case_open.h"

#include <suite/suite.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { USER, SYSTEM, RSS, EXIT };

extern const struct suite suite_exec;

struct option {
    const char *name, *value;
};

static const struct bench_case *command(void)
{
    return suite_exec.cases[0];
}

static void open_command(struct case_open *opened, const struct option *options)
{
    case_defaults(opened, command());
    for (; options->name != NULL; options++)
        case_argument(opened, options->name, options->value);
    if (command()->setup(&opened->env) != BASE_OK)
        fail_msg("%s", opened->env.why.text);
}

/* Run so often; the series of the last, the result of the check. */
static base_err run_command(const struct option *options, unsigned runs, double *series,
                            struct base_why *why)
{
    struct case_open opened;
    open_command(&opened, options);
    for (unsigned i = 0; i < runs; i++) {
        command()->before(opened.env.state);
        command()->run(opened.env.state, 1);
        command()->after(opened.env.state, series);
    }
    const base_err err = command()->check(opened.env.state, why);
    command()->teardown(opened.env.state);
    return err;
}

static void results_and_failures(void **state)
{
    (void)state;
    const struct {
        struct option options[4];
        base_err err;
        const char *text;
        double exit_code;
    } rows[] = {
        { { { "argv", "true" } }, BASE_OK, "", 0 },
        { { { "argv", "false" } }, BASE_EWRONG, "\"false\" ended with status 1 in run 1", 1 },
        { { { "argv", "false" }, { "failures", "ignore" } }, BASE_OK, "", 1 },
        { { { "argv", "sh\x1f-c\x1fkill -9 $$" } },
          BASE_EWRONG,
          "\"sh -c kill -9 $$\" was killed by signal 9 (Killed) in run 1",
          137 },
        { { { "argv", "kill -9 $$" }, { "shell", "sh" }, { "failures", "ignore" } },
          BASE_OK,
          "",
          137 },
        { { { "argv", "/no/such/program" } },
          BASE_EWRONG,
          "\"/no/such/program\" cannot be started: No such file or directory",
          0 },
        { { { "argv", "/no/such/program" }, { "failures", "ignore" } },
          BASE_EWRONG,
          "\"/no/such/program\" cannot be started: No such file or directory",
          0 },
        { { { "argv", "/etc/passwd" } },
          BASE_EWRONG,
          "\"/etc/passwd\" cannot be started: Permission denied",
          0 },
        { { { "argv", "true" }, { "prepare", "exit 3" } },
          BASE_EWRONG,
          "\"exit 3\" ended with status 3 in run 0",
          3 },
        { { { "argv", "test\x1f"
                      "a b\x1f=\x1f"
                      "a b" } },
          BASE_OK,
          "",
          0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double series[BENCH_SERIES_MAX];
        struct base_why why = { 0 };
        assert_int_equal(run_command(rows[i].options, 3, series, &why), rows[i].err);
        assert_string_equal(why.text, rows[i].text);
        assert_true(series[EXIT] == rows[i].exit_code);
    }
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    const struct {
        struct option option;
        base_err err;
        const char *text;
    } rows[] = {
        { { "argv", "" }, BASE_EINVALID, "argv: a command of 1 to 1024 words is needed" },
        { { "shell", "csh" }, BASE_EINVALID, "shell: \"csh\" is neither none nor sh" },
        { { "failures", "" }, BASE_EINVALID, "failures: \"\" is neither refuse nor ignore" },
        { { "input", "/no/such" }, BASE_ENOTFOUND, "input: /no/such cannot be read" },
        { { "output", "/no/such/file" }, BASE_EIO, "output: /no/such/file cannot be written" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct case_open opened;
        case_defaults(&opened, command());
        case_argument(&opened, rows[i].option.name, rows[i].option.value);
        assert_int_equal(command()->setup(&opened.env), rows[i].err);
        assert_string_equal(opened.env.why.text, rows[i].text);
        assert_null(opened.env.state);
    }
}

/* What a process is of this size is measured although this one is larger. */
static void peak_memory_is_the_commands_own(void **state)
{
    (void)state;
    double series[BENCH_SERIES_MAX];
    struct base_why why = { 0 };
    const struct option large[] = { { "argv", "dd\x1fif=/dev/zero\x1fof=/dev/null\x1f"
                                              "bs=50M\x1f"
                                              "count=1\x1fstatus=none" },
                                    { NULL, NULL } };
    assert_int_equal(run_command(large, 2, series, &why), BASE_OK);
    print_message("dd bs=50M: %.1f MB\n", series[RSS] / 1e6);
    assert_true(series[RSS] > 0.8 * (50 << 20) && series[RSS] < 1.2 * (50 << 20));
    struct case_open opened;
    const struct option small[] = { { "argv", "true" }, { NULL, NULL } };
    open_command(&opened, small);
    enum { BALLAST = 200 << 20 };
    char *ballast = malloc(BALLAST);
    assert_non_null(ballast);
    memset(ballast, 1, BALLAST);
    __asm__ volatile("" : : "r"(ballast) : "memory");
    command()->run(opened.env.state, 1);
    command()->after(opened.env.state, series);
    assert_int_equal(command()->check(opened.env.state, &why), BASE_OK);
    const double floor_bytes = opened.env.facts[0].value;
    command()->teardown(opened.env.state);
    free(ballast);
    print_message("true: %.1f MB, floor %.1f MB\n", series[RSS] / 1e6, floor_bytes / 1e6);
    assert_true(series[RSS] > 0.2e6 && series[RSS] < 40e6);
    assert_true(floor_bytes > 0.2e6 && floor_bytes < 40e6);
}

static double ms_of(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

/* This program again, as a command that works for so many milliseconds, and says at its end how
 * many it took, user and system. */
static _Noreturn void busy(long ms)
{
    struct timespec used;
    do {
        for (volatile unsigned i = 0; i < 200000; i++)
            continue; /* far longer than reading the clock: this is user time */
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    } while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < ms);
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        _exit(3);
    printf("%.3f %.3f\n", ms_of(usage.ru_utime), ms_of(usage.ru_stime));
    _exit(fflush(stdout) == 0 ? 0 : 3); /* nothing is left to do that would take time */
}

static const char *program;

static void read_times(const char *path, double *user_ms, double *system_ms)
{
    FILE *const file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lf %lf", user_ms, system_ms), 2);
    fclose(file);
}

/* As the command itself was told shortly before its end. */
static void processor_time_is_measured(void **state)
{
    (void)state;
    char argv[600], said[] = "/tmp/test_exec.XXXXXX";
    const int file = mkstemp(said);
    assert_true(file >= 0);
    close(file);
    snprintf(argv, sizeof argv, "%s\x1f--busy\x1f%d", program, 100);
    double series[BENCH_SERIES_MAX], user_ms = 0, system_ms = 0;
    struct base_why why = { 0 };
    const struct option options[] = { { "argv", argv }, { "output", said }, { NULL, NULL } };
    assert_int_equal(run_command(options, 1, series, &why), BASE_OK);
    read_times(said, &user_ms, &system_ms);
    unlink(said);
    print_message("100 ms: user %.1f ms, system %.1f ms; it says %.1f and %.1f\n",
                  series[USER] / 1e6, series[SYSTEM] / 1e6, user_ms, system_ms);
    assert_float_equal(series[USER] / 1e6, user_ms, 30);
    assert_float_equal(series[SYSTEM] / 1e6, system_ms, 30);
    assert_true(series[USER] + series[SYSTEM] >= 100e6);
}

static void input_and_output(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_exec.XXXXXX";
    assert_non_null(mkdtemp(folder));
    char out[128], line[256], text[64] = "";
    snprintf(out, sizeof out, "%s/out", folder);
    double series[BENCH_SERIES_MAX];
    struct base_why why = { 0 };
    const struct option empty[] = { { "argv", "test -z \"$(cat)\"" }, { "shell", "sh" }, { 0 } };
    assert_int_equal(run_command(empty, 2, series, &why), BASE_OK);
    const struct option writes[] = { { "argv", "echo\x1fhello" }, { "output", out }, { 0 } };
    assert_int_equal(run_command(writes, 2, series, &why), BASE_OK);
    snprintf(line, sizeof line, "test \"$(cat)\" = hello");
    const struct option reads[] = { { "argv", line }, { "shell", "sh" }, { "input", out }, { 0 } };
    assert_int_equal(run_command(reads, 1, series, &why), BASE_OK);
    snprintf(line, sizeof line, "echo prepared >> %s", out);
    const struct option prepares[] = { { "argv", "true" }, { "prepare", line }, { 0 } };
    assert_int_equal(run_command(prepares, 3, series, &why), BASE_OK);
    FILE *file = fopen(out, "r");
    assert_non_null(file);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_int_equal(size, strlen("hello\nprepared\nprepared\nprepared\n"));
    assert_string_equal(text, "hello\nprepared\nprepared\nprepared\n");
    unlink(out);
    rmdir(folder);
}

static void sleep_ms(long ms)
{
    const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

/* The number a command wrote to a file, once it is there. */
static pid_t read_pid(const char *path)
{
    for (int i = 0; i < 300; i++, sleep_ms(10)) {
        FILE *file = fopen(path, "r");
        int pid = 0;
        if (file != NULL && fscanf(file, "%d", &pid) != 1)
            pid = 0;
        if (file != NULL)
            fclose(file);
        if (pid > 0)
            return pid;
    }
    fail_msg("no pid in %s", path);
    return 0;
}

/* Dead, or a zombie that nobody has buried yet. */
static bool is_gone(pid_t pid)
{
    for (int i = 0; i < 300; i++, sleep_ms(10)) {
        char path[64], status = '?';
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            return true;
        if (fscanf(file, "%*d (%*[^)]) %c", &status) != 1)
            status = 'X';
        fclose(file);
        if (status == 'Z' || status == 'X')
            return true;
    }
    return false;
}

/* A worker that is killed in the middle of a command: with the whole group, as the coordinator
 * does, or alone. */
static void kill_worker(bool is_group, const char *pid_path)
{
    char line[256];
    snprintf(line, sizeof line, "sleep 300 & echo $! > %s; wait", pid_path);
    const pid_t worker = fork();
    if (worker == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const struct option options[] = { { "argv", line }, { "shell", "sh" }, { 0 } };
        struct case_open opened;
        open_command(&opened, options);
        command()->run(opened.env.state, 1);
        _exit(0);
    }
    assert_true(worker > 0);
    setpgid(worker, worker);
    const pid_t sleeper = read_pid(pid_path);
    assert_int_equal(kill(is_group ? -worker : worker, SIGKILL), 0);
    assert_int_equal(waitpid(worker, NULL, 0), worker);
    assert_true(is_gone(sleeper));
    unlink(pid_path);
}

static void nothing_is_left_behind(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_exec.XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[128], line[256];
    snprintf(path, sizeof path, "%s/pid", folder);
    kill_worker(true, path);
    kill_worker(false, path);
    /* a command that ends but leaves a process in its group */
    snprintf(line, sizeof line, "sleep 300 & echo $! > %s", path);
    const struct option leaves[] = { { "argv", line }, { "shell", "sh" }, { 0 } };
    double series[BENCH_SERIES_MAX];
    struct base_why why = { 0 };
    assert_int_equal(run_command(leaves, 1, series, &why), BASE_OK);
    assert_true(is_gone(read_pid(path)));
    unlink(path);
    rmdir(folder);
    /* the helper itself */
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* A helper that is gone is a failure of the case, not a result. */
static void a_dead_helper_is_noticed(void **state)
{
    (void)state;
    const struct option options[] = { { "argv", "kill -9 $PPID" }, { "shell", "sh" }, { 0 } };
    double series[BENCH_SERIES_MAX];
    struct base_why why = { 0 };
    assert_int_equal(run_command(options, 2, series, &why), BASE_ECRASHED);
    assert_string_equal(why.text, "the helper that starts commands is gone");
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3 && strcmp(argv[1], "--busy") == 0)
        busy(strtol(argv[2], NULL, 10));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_and_failures),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(peak_memory_is_the_commands_own),
        cmocka_unit_test(processor_time_is_measured),
        cmocka_unit_test(input_and_output),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(a_dead_helper_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
