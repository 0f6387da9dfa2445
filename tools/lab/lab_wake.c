/* lab_wake.c - clock_nanosleep to absolute times, as late as the scheduler and the timer slack make
 * it. */
#define _GNU_SOURCE
#include "lab_wake.h"

#include <stats/summary.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAKES_MAX = 1 << 17 };

struct wake_log {
    _Atomic uint64_t count;
    double late_ns[WAKES_MAX];
};

static const int64_t every_ns = 1000000;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

_Noreturn static void run(struct wake_log *log)
{
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* as nodes do */
    for (int64_t due_ns = now_ns();;) {
        const struct timespec due = { (time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000) };
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL))
            continue;
        const int64_t at_ns = now_ns();
        const uint64_t count = atomic_load_explicit(&log->count, memory_order_relaxed);
        log->late_ns[count % WAKES_MAX] = (double)(at_ns - due_ns);
        atomic_store_explicit(&log->count, count + 1, memory_order_release);
        due_ns += every_ns * (1 + (at_ns - due_ns) / every_ns); /* what was slept through is one */
    }
}

base_err lab_wake_start(struct lab_wake *wake, struct base_why *why)
{
    const pid_t parent = getpid();
    wake->log =
        mmap(NULL, sizeof *wake->log, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (wake->log == MAP_FAILED)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for wake-ups");
    wake->pid = fork();
    if (wake->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        run(wake->log);
    }
    if (wake->pid < 0) {
        const int error = errno;
        munmap(wake->log, sizeof *wake->log);
        return base_fail(why, BASE_EIO, 0, "fork: %s", strerror(error));
    }
    return BASE_OK;
}

void lab_wake_stop(struct lab_wake *wake, struct lab_wake_times *times)
{
    kill(wake->pid, SIGKILL);
    while (waitpid(wake->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    const uint64_t all = atomic_load_explicit(&wake->log->count, memory_order_acquire);
    const size_t count = all < WAKES_MAX ? (size_t)all : WAKES_MAX;
    double *const late_ns = wake->log->late_ns;
    stats_sort(late_ns, count);
    *times = (struct lab_wake_times){
        .mean_ns = count > 0 ? stats_mean(late_ns, count) : NAN,
        .p50_ns = stats_quantile_sorted(late_ns, count, 0.5, STATS_QUANTILE_LINEAR),
        .p9975_ns = stats_quantile_sorted(late_ns, count, 0.9975, STATS_QUANTILE_LINEAR),
        .count = count,
    };
    munmap(wake->log, sizeof *wake->log);
}
