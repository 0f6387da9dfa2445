/* emulator_ahead.c - see emulator_ahead.h. */
#define _GNU_SOURCE
#include "emulator_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of sched_setattr(2), whose header does not go together with <sched.h>. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static const uint64_t slice_ns = 100000; /* the least there is */

/* Of any second at least four rests are part, 6 %. */
static const uint64_t real_time_ns = 200000000, rest_ns = 15000000;
static const long period_least_us = 1000000;

/* Ahead of others, where that is allowed. Where the kernel shares the processor by sessions first
 * (sched(7), autogroups), the session of this process must be, too. */
static void go_ahead(void)
{
    (void)!setpriority(PRIO_PROCESS, 0, PRIO_MIN);
    const int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!write(fd, "-20", 3);
    close(fd);
}

/* A short slice is what lets a process that wakes up interrupt others (EEVDF, Linux 6.12 and later:
 * sched(7)); else it waits until their slices of some milliseconds are over. */
static void share(void)
{
    const struct attributes short_slice = { .size = sizeof short_slice,
                                            .policy = SCHED_OTHER,
                                            .nice = getpriority(PRIO_PROCESS, 0),
                                            .runtime = slice_ns };
    (void)!syscall(SYS_sched_setattr, 0, &short_slice, 0);
}

static bool real_time(void)
{
    const struct attributes first = { .size = sizeof first, .policy = SCHED_FIFO, .priority = 1 };
    return syscall(SYS_sched_setattr, 0, &first, 0) == 0;
}

static long setting_us(const char *path)
{
    long us = 0;
    FILE *const file = fopen(path, "re");
    if (!file)
        return 0;
    if (fscanf(file, "%ld", &us) != 1)
        us = 0;
    fclose(file);
    return us;
}

/* May a process run in real time for as long as this one does, without being stopped? */
static bool is_left_alone(void)
{
    const long share_us = setting_us("/proc/sys/kernel/sched_rt_runtime_us");
    const long period_us = setting_us("/proc/sys/kernel/sched_rt_period_us");
    return share_us < 0 || (period_us >= period_least_us && share_us >= period_us / 20 * 19);
}

base_err lab_ahead_begin(struct lab_ahead *ahead, int core, struct base_why *why)
{
    *ahead = (struct lab_ahead){ 0 };
    go_ahead();
    share();
    if (core < 0)
        return BASE_OK;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (core < CPU_SETSIZE)
        CPU_SET((unsigned)core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores))
        return base_fail(why, BASE_ERANGE, 0, "core %d is none that this process may use: %s", core,
                         strerror(errno));
    ahead->has_turns = is_left_alone();
    return BASE_OK;
}

void lab_ahead_turn(struct lab_ahead *ahead, uint64_t now_ns)
{
    if (ahead->is_in_real_time)
        share();
    else
        ahead->has_turns = real_time();
    ahead->is_in_real_time = ahead->has_turns && !ahead->is_in_real_time;
    ahead->turn_ns = now_ns + (ahead->is_in_real_time ? real_time_ns : rest_ns);
}
