/* test_net_end.c - whoever is killed, nothing stays. The caller is this program, started again with
 * a variable in its environment by which all that comes from it is found in /proc. */
#define _GNU_SOURCE
#include "unit.h"

#include "net_internal.h"
#include "net_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOSTS = 3, TEXT_MAX = 1 << 16 };

static const char *program;
static const struct lab_link_config link_config = { .delay_ns = 1000000 };

/* Does a file of /proc/PID have the text in it, zeros and all? */
static bool has_text(const char *pid, const char *file, const char *text)
{
    static char data[TEXT_MAX];
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? 0 : read(fd, data, sizeof data);
    if (fd >= 0)
        close(fd);
    return n > 0 && memmem(data, (size_t)n, text, strlen(text)) != NULL;
}

/* Processes with the variable in their environment that are not zombies (these have none). */
static unsigned tagged_count(const char *tag)
{
    unsigned count = 0;
    DIR *const folder = opendir("/proc");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            count += has_text(entry->d_name, "environ", tag);
    closedir(folder);
    return count;
}

/* Until there are at least (or, with 0, at most) so many. */
static void wait_until(const char *tag, unsigned wanted)
{
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    for (unsigned count; (count = tagged_count(tag)) < wanted || (wanted == 0 && count > 0);)
        if (world_now_ms() > until_ms)
            fail_msg("%u processes, not %u", count, wanted);
}

/* The caller that will be killed: programs of three kinds on each host, then a word, then nothing.
 */
static int live(const char *back_end)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing, either */
    static const char line[] = "trap '' TERM HUP INT; sleep 1000 & "
                               "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & "
                               "sleep 1000; sleep 1000";
    static const char plain[] = "trap '' TERM HUP INT; sleep 1000 & sleep 1000; sleep 1000";
    struct world world;
    world_plan(&world, HOSTS, &link_config);
    const bool is_relay = !strcmp(back_end, "relay");
    world.config.back_end = is_relay ? LAB_BACK_RELAY : LAB_BACK_TUN;
    if (lab_net_open(&world.config, &world.net, NULL))
        return 1;
    const char *const argv[] = { "sh", "-c", is_relay ? plain : line, NULL };
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const int fds[3] = { -1, null, null };
    for (uint32_t i = 0; i < HOSTS; i++) {
        pid_t pid;
        if (lab_net_spawn(world.net, i, argv, fds, &pid, NULL))
            return 1;
    }
    if (write(STDOUT_FILENO, "up", 2) != 2)
        return 1;
    for (;;)
        pause();
}

static pid_t live_start(const char *tag, const char *back_end, int *out)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        char *const argv[] = { (char *)program, "live", (char *)back_end, NULL };
        putenv((char *)tag);
        dup2(ends[1], STDOUT_FILENO);
        execv(program, argv);
        _exit(1);
    }
    close(ends[1]);
    char text[2];
    assert_int_equal(read(ends[0], text, sizeof text), 2);
    *out = ends[0];
    return pid;
}

static void kill_caller(const char *back_end, unsigned programs)
{
    char tag[64], byte;
    int out;
    snprintf(tag, sizeof tag, "LAB_TEST_TAG=%d.%s", getpid(), back_end);
    const pid_t pid = live_start(tag, back_end, &out);
    wait_until(tag, 2 + HOSTS * programs); /* caller, emulator, ... */
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    wait_until(tag, 0);
    assert_int_equal(read(out, &byte, 1), 0);
    close(out);
}

static void the_caller_is_killed(void **state)
{
    (void)state;
    kill_caller("tun", 3);
}

static void the_caller_of_a_relay_is_killed(void **state)
{
    (void)state;
    kill_caller("relay", 1);
}

static void the_emulator_is_killed(void **state)
{
    (void)state;
    struct world world;
    struct base_why why = { 0 };
    const char *const argv[] = { "sleep", "1000", NULL };
    pid_t pid;
    int status;
    world_plan(&world, HOSTS, &link_config);
    world_open(&world);
    assert_int_equal(world_run(&world, 0, "exit 0"), 0);
    assert_int_equal(lab_net_spawn(world.net, 1, argv, NULL, &pid, NULL), BASE_OK);
    const int fd = world_socket(&world, 0, AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, AF_INET, 99, &to);
    struct lab_net_report report;
    do {
        assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, size), 1);
        assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    } while (report.packets == 0);
    const uint64_t before = report.packets;
    assert_int_equal(kill(world.net->emulator, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid); /* its programs go with it */
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_false(report.is_valid);
    assert_non_null(strstr(report.reason, "signal 9"));
    assert_true(report.packets >= before);
    assert_int_equal(lab_net_begin(world.net, &why), BASE_EIO);
    assert_int_equal(lab_net_spawn(world.net, 1, argv, NULL, &pid, &why), BASE_EIO);
    close(fd);
    world_close(&world);
}

/* The keeper's PID namespace is where programs are: without it there is no place for one. */
static void the_keeper_is_killed(void **state)
{
    (void)state;
    struct world world;
    struct base_why why = { 0 };
    const char *const argv[] = { "sleep", "1000", NULL };
    pid_t pid;
    int status;
    world_plan(&world, HOSTS, &link_config);
    world_open(&world);
    assert_int_equal(lab_net_spawn(world.net, 1, argv, NULL, &pid, NULL), BASE_OK);
    assert_int_equal(syscall(SYS_pidfd_send_signal, world.net->keeper, SIGKILL, NULL, 0), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(lab_net_spawn(world.net, 1, argv, NULL, &pid, &why), BASE_EIO);
    world_close(&world);
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc > 2 && !strcmp(argv[1], "live"))
        return live(argv[2]);
    if (world_skip(LAB_BACK_TUN))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caller_is_killed),
        cmocka_unit_test(the_caller_of_a_relay_is_killed),
        cmocka_unit_test(the_emulator_is_killed),
        cmocka_unit_test(the_keeper_is_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
