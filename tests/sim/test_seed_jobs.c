/* test_seed_jobs.c - every seed is run once, whatever becomes of the processes; who dies names its
 * seed. */
#include <unit.h>

#include <seed_jobs.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEDS, SUM };

static bool run_good(uint64_t seed, uint64_t *counters)
{
    counters[SEEDS]++;
    counters[SUM] += seed;
    return true;
}

static bool run_mixed(uint64_t seed, uint64_t *counters)
{
    if (seed == 110)
        kill(getpid(), SIGKILL);
    if (seed == 120)
        _exit(3);
    run_good(seed, counters);
    return seed != 130;
}

static bool run_bad(uint64_t seed, uint64_t *counters)
{
    (void)seed;
    counters[SEEDS]++;
    return false;
}

static char said[8192];

/* With stdout into `said`. */
static void run(const struct seed_jobs *jobs, struct seed_jobs_result *result)
{
    FILE *const file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    const int before = dup(STDOUT_FILENO);
    assert_true(before >= 0 && dup2(fileno(file), STDOUT_FILENO) >= 0);
    const base_err err = seed_jobs_run(jobs, result);
    fflush(stdout);
    assert_true(dup2(before, STDOUT_FILENO) >= 0);
    close(before);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(err, BASE_OK);
}

static struct seed_jobs jobs_of(bool (*what)(uint64_t seed, uint64_t *counters), uint32_t jobs)
{
    return (struct seed_jobs){ .first = 100,
                               .count = 200,
                               .jobs = jobs,
                               .what = "things",
                               .replay = "me replay",
                               .run = what };
}

static void test_each_once(void **state)
{
    (void)state;
    for (uint32_t jobs = 1; jobs <= 5; jobs += 2) {
        struct seed_jobs_result result;
        const struct seed_jobs config = jobs_of(run_good, jobs);
        run(&config, &result);
        assert_int_equal(result.done, 200);
        assert_int_equal(result.failed, 0);
        assert_false(result.is_interrupted);
        assert_int_equal(result.counters[SEEDS], 200);
        assert_int_equal(result.counters[SUM], 200 * 100 + 199 * 200 / 2);
        assert_string_equal(said, "");
    }
}

static void test_deaths(void **state)
{
    (void)state;
    for (uint32_t jobs = 1; jobs <= 2; jobs++) {
        struct seed_jobs_result result;
        const struct seed_jobs config = jobs_of(run_mixed, jobs);
        run(&config, &result);
        assert_int_equal(result.done, 198);
        assert_int_equal(result.failed, 3);
        assert_int_equal(result.counters[SEEDS], 198);
        assert_int_equal(result.counters[SUM], 200 * 100 + 199 * 200 / 2 - 110 - 120);
        assert_non_null(strstr(said, "seed 110: the process was ended by signal 9"));
        assert_non_null(strstr(said, "replay: me replay 110\n"));
        assert_non_null(strstr(said, "seed 120: the process ended with status 3\n"));
        assert_non_null(strstr(said, "replay: me replay 120\n"));
    }
}

/* Where all fails, the first ones tell enough. */
static void test_gives_up(void **state)
{
    (void)state;
    struct seed_jobs_result result;
    struct seed_jobs config = jobs_of(run_bad, 2);
    config.count = UINT64_C(1) << 40;
    run(&config, &result);
    assert_true(result.failed >= SEED_JOBS_FAILURES_MAX);
    assert_true(result.done == result.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_deaths),
        cmocka_unit_test(test_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
