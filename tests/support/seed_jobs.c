/* seed_jobs.c - see seed_jobs.h. What processes tell each other is one piece of shared memory: the
 * next seed, and for each process the seed it is at and its sums. */
#include "seed_jobs.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 120, LOOK_MS = 250, LONG_COUNT = 10000 };

struct worker {
    pid_t pid; /* 0: none; the parent's own */
    atomic_bool is_busy;
    atomic_uint_least64_t seed, since_s; /* while it is busy */
    atomic_uint_least64_t done, failed;
    uint64_t counters[SEED_JOBS_COUNTERS_MAX];
};

struct shared {
    atomic_uint_least64_t next;
    struct worker workers[SEED_JOBS_MAX];
};

struct work {
    const struct seed_jobs *jobs;
    struct shared *shared;
    uint64_t died; /* at their seeds */
    uint64_t told; /* lines of progress on stdout */
    bool is_terminal, is_stopped, is_interrupted;
    double start_s;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static sigset_t signals_of(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

/* The process of a worker; never returns. */
static _Noreturn void labour(const struct work *work, struct worker *own, pid_t parent,
                             const sigset_t *before)
{
    const struct seed_jobs *const jobs = work->jobs;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, before, NULL);
    for (;;) {
        const uint64_t at = atomic_fetch_add(&work->shared->next, 1);
        if (at >= jobs->count)
            break;
        atomic_store(&own->since_s, (uint64_t)now_s());
        atomic_store(&own->seed, jobs->first + at);
        atomic_store(&own->is_busy, true);
        const bool is_good = jobs->run(jobs->first + at, own->counters);
        atomic_store(&own->is_busy, false);
        own->done++;
        own->failed += !is_good;
    }
    exit(0); /* and what the program checks at its end */
}

static base_err hire(struct work *work, struct worker *worker)
{
    const sigset_t set = signals_of();
    const pid_t parent = getpid();
    sigset_t before;
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &set, &before);
    const pid_t pid = fork();
    if (pid == 0) {
        sigdelset(&before, SIGINT);
        sigdelset(&before, SIGTERM);
        sigdelset(&before, SIGCHLD);
        labour(work, worker, parent, &before);
    }
    if (pid < 0)
        return BASE_EIO;
    worker->pid = pid;
    return BASE_OK;
}

static uint64_t done_of(const struct work *work)
{
    uint64_t done = 0;
    for (uint32_t i = 0; i < work->jobs->jobs; i++)
        done += work->shared->workers[i].done;
    return done;
}

static uint64_t failed_of(const struct work *work)
{
    uint64_t failed = work->died;
    for (uint32_t i = 0; i < work->jobs->jobs; i++)
        failed += work->shared->workers[i].failed;
    return failed;
}

static void clear_line(const struct work *work)
{
    if (work->is_terminal)
        fputs("\r\033[K", stderr);
}

static void tell(struct work *work)
{
    const struct seed_jobs *const jobs = work->jobs;
    const uint64_t done = done_of(work);
    const double rate = (double)done / (now_s() - work->start_s + 1e-9);
    const double left_s = rate > 0 ? (double)(jobs->count - done) / rate : 0;
    const uint64_t every = jobs->count / 100;
    if (work->is_terminal) {
        fprintf(stderr,
                "\r%" PRIu64 " of %" PRIu64 " %s, %" PRIu64 " failed, %.0f/s, %.0f s left\033[K",
                done, jobs->count, jobs->what, failed_of(work), rate, left_s);
        fflush(stderr);
    } else if (jobs->count >= LONG_COUNT && done / every > work->told && done < jobs->count) {
        work->told = done / every;
        printf("%" PRIu64 " of %" PRIu64 " %s, %" PRIu64 " failed, %.0f/s, %.0f s left\n", done,
               jobs->count, jobs->what, failed_of(work), rate, left_s);
        fflush(stdout);
    }
}

/* A process has ended: in the middle of a seed it has failed there. True: another must go on. */
static bool mourn(struct work *work, struct worker *worker, int status)
{
    const bool is_signal = WIFSIGNALED(status);
    worker->pid = 0;
    if (work->is_interrupted || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return false;
    work->died++;
    clear_line(work);
    if (worker->is_busy)
        printf("seed %" PRIu64 ": ", worker->seed);
    else
        printf("after its last seed: ");
    printf("the process %s %d%s%s%s\n", is_signal ? "was ended by signal" : "ended with status",
           is_signal ? WTERMSIG(status) : WEXITSTATUS(status), is_signal ? " (" : "",
           is_signal ? strsignal(WTERMSIG(status)) : "", is_signal ? ")" : "");
    if (worker->is_busy)
        printf("replay: %s %" PRIu64 "\n", work->jobs->replay, worker->seed);
    fflush(stdout);
    const bool was_busy = worker->is_busy;
    worker->is_busy = false;
    return was_busy;
}

static base_err collect(struct work *work)
{
    base_err err = BASE_OK;
    for (uint32_t i = 0; i < work->jobs->jobs; i++) {
        struct worker *const worker = &work->shared->workers[i];
        int status;
        if (worker->pid != 0 && waitpid(worker->pid, &status, WNOHANG) == worker->pid &&
            mourn(work, worker, status) && !work->is_stopped)
            err = err == BASE_OK ? hire(work, worker) : err;
    }
    return err;
}

static void end_all(const struct work *work, int signal)
{
    for (uint32_t i = 0; i < work->jobs->jobs; i++)
        if (work->shared->workers[i].pid != 0)
            kill(work->shared->workers[i].pid, signal);
}

static void end_stuck(const struct work *work)
{
    for (uint32_t i = 0; i < work->jobs->jobs; i++) {
        const struct worker *const worker = &work->shared->workers[i];
        if (worker->pid != 0 && worker->is_busy &&
            (uint64_t)now_s() > worker->since_s + PATIENCE_S) {
            clear_line(work);
            printf("seed %" PRIu64 " has not ended after %d s\n", worker->seed, PATIENCE_S);
            kill(worker->pid, SIGKILL);
        }
    }
}

static bool is_anybody(const struct work *work)
{
    for (uint32_t i = 0; i < work->jobs->jobs; i++)
        if (work->shared->workers[i].pid != 0)
            return true;
    return false;
}

/* Until the last has ended. */
static base_err watch(struct work *work)
{
    const sigset_t set = signals_of();
    const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
    base_err err = BASE_OK;
    while (is_anybody(work)) {
        const int signal = sigtimedwait(&set, NULL, &look);
        if (signal == SIGINT || signal == SIGTERM) {
            work->is_interrupted = true;
            end_all(work, SIGTERM);
        }
        if ((failed_of(work) >= SEED_JOBS_FAILURES_MAX || work->is_interrupted || err != BASE_OK) &&
            !work->is_stopped) {
            work->is_stopped = true;
            atomic_store(&work->shared->next, work->jobs->count);
        }
        end_stuck(work);
        const base_err now = collect(work);
        err = err == BASE_OK ? now : err;
        tell(work);
    }
    clear_line(work);
    return err;
}

static void sum(const struct work *work, struct seed_jobs_result *result)
{
    *result = (struct seed_jobs_result){ .done = done_of(work),
                                         .failed = failed_of(work),
                                         .is_interrupted = work->is_interrupted,
                                         .taken_s = now_s() - work->start_s };
    for (uint32_t i = 0; i < work->jobs->jobs; i++)
        for (int k = 0; k < SEED_JOBS_COUNTERS_MAX; k++)
            result->counters[k] += work->shared->workers[i].counters[k];
}

base_err seed_jobs_run(const struct seed_jobs *jobs, struct seed_jobs_result *result)
{
    const sigset_t set = signals_of();
    sigset_t before;
    struct work work = { .jobs = jobs,
                         .is_terminal = isatty(STDERR_FILENO) == 1,
                         .start_s = now_s() };
    work.shared =
        mmap(NULL, sizeof *work.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (work.shared == MAP_FAILED)
        return BASE_ENOMEM;
    sigprocmask(SIG_BLOCK, &set, &before);
    base_err err = BASE_OK;
    for (uint32_t i = 0; i < jobs->jobs && err == BASE_OK; i++)
        err = hire(&work, &work.shared->workers[i]);
    if (err != BASE_OK)
        atomic_store(&work.shared->next, jobs->count);
    const base_err watched = watch(&work);
    err = err == BASE_OK ? watched : err;
    sum(&work, result);
    sigprocmask(SIG_SETMASK, &before, NULL);
    munmap(work.shared, sizeof *work.shared);
    return err;
}
