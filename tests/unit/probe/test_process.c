/* test_process.c - a written-down process, and this one. */
#include "unit.h"

#include <probe/process.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void a_written_process_is_read(void **state)
{
    (void)state;
    struct probe_process process;
    struct base_why why = { 0 };
    assert_int_equal(probe_process_read(TEST_DATA "/process", 42, &process, &why), BASE_OK);
    assert_int_equal(process.rss_bytes, 8000 * 1024);
    assert_int_equal(process.peak_rss_bytes, 9000 * 1024);
    assert_int_equal(process.pss_bytes, 5000 * 1024);
    assert_int_equal(process.uss_bytes, (1000 + 3000 + 2048) * 1024);
    assert_int_equal(process.swap_bytes, 16 * 1024);
    assert_int_equal(process.threads, 3);
    assert_int_equal(process.descriptors, 3);
    assert_int_equal(process.user_ns, 250 * (1000000000 / sysconf(_SC_CLK_TCK)));
    assert_int_equal(process.system_ns, 125 * (1000000000 / sysconf(_SC_CLK_TCK)));
    assert_int_equal(process.voluntary_switches, 20); /* of the two threads that live */
    assert_int_equal(process.involuntary_switches, 6);
    assert_int_equal(process.minor_faults, 1500);
    assert_int_equal(process.major_faults, 7);
}

static void what_is_not_told_is_minus_one(void **state)
{
    (void)state;
    struct probe_process process;
    struct base_why why = { 0 };
    assert_int_equal(probe_process_read(TEST_DATA "/process", 44, &process, &why), BASE_OK);
    assert_int_equal(process.rss_bytes, -1);
    assert_int_equal(process.pss_bytes, -1);
    assert_int_equal(process.uss_bytes, -1);
    assert_int_equal(process.descriptors, -1);
    assert_int_equal(process.voluntary_switches, -1);
    assert_int_equal(process.major_faults, 0);
    process.rss_bytes = 77;
    assert_int_equal(probe_process_read(TEST_DATA "/process", 43, &process, &why), BASE_EINVALID);
    assert_non_null(strstr(why.text, "/proc/43/stat"));
    assert_int_equal(probe_process_read(TEST_DATA "/process", 45, &process, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "process 45 is not there"));
    assert_int_equal(process.rss_bytes, 77);
}

static void own_growth_is_seen(void **state)
{
    (void)state;
    enum { SIZE = 32 << 20 };
#ifdef BPI_SANITIZED /* ThreadSanitizer keeps four bytes of its own for each of ours */
    enum { OTHERS = 8 * SIZE };
#else
    enum { OTHERS = 8 << 20 };
#endif
    struct probe_process before;
    struct probe_process after;
    struct base_why why = { 0 };
    assert_int_equal(probe_process_read(NULL, 0, &before, &why), BASE_OK);
    const int fd = open("/dev/null", O_RDONLY);
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    memset(memory, 1, SIZE);
    assert_int_equal(probe_process_read(NULL, (int)getpid(), &after, &why), BASE_OK);
    assert_in_range(after.rss_bytes - before.rss_bytes, SIZE - (1 << 20), SIZE + OTHERS);
    assert_true(after.peak_rss_bytes >= SIZE);
    assert_true(after.minor_faults > before.minor_faults);
    assert_int_equal(after.descriptors, before.descriptors + 1);
    assert_true(after.threads >= 1);
    if (after.pss_bytes >= 0) {
        assert_true(after.pss_bytes <= after.rss_bytes + (1 << 20));
        assert_true(after.uss_bytes - before.uss_bytes >= SIZE - (1 << 20));
    }
    const clock_t start = clock();
    while (clock() - start < CLOCKS_PER_SEC / 20)
        ;
    const struct timespec nap = { .tv_nsec = 1000000 };
    nanosleep(&nap, NULL);
    assert_int_equal(probe_process_read(NULL, 0, &before, &why), BASE_OK);
    assert_true(before.user_ns + before.system_ns >= after.user_ns + after.system_ns + 20000000);
    assert_true(before.voluntary_switches > after.voluntary_switches);
    munmap(memory, SIZE);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_process_is_read),
        cmocka_unit_test(what_is_not_told_is_minus_one),
        cmocka_unit_test(own_growth_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
