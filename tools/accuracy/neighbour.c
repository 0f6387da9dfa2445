/* neighbour.c - two children: one spins for 1 to 30 ms and rests for as long on the measured core,
 * the other copies 48 MiB to and fro on the next core for 5 to 200 ms and rests as long. */
#define _GNU_SOURCE
#include "neighbour.h"

#include <base/rng.h>
#include <bench/clock.h>
#include <bench/keep.h>

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STREAM_SIZE = 48 << 20, STREAM_CHUNK = 1 << 20 };

static void rest(uint64_t ns)
{
    /* sleep: the neighbour is silent between its bursts; nothing is timed in this process */
    const struct timespec time = { .tv_sec = (time_t)(ns / 1000000000u),
                                   .tv_nsec = (long)(ns % 1000000000u) };
    nanosleep(&time, NULL);
}

static void burst(struct base_rng *rng)
{
    const uint64_t length = 1000000 + base_rng_below(rng, 29000000);
    const uint64_t end = bench_clock_now_ns() + length;
    uint64_t x = 1;
    while (bench_clock_now_ns() < end)
        for (int i = 0; i < 1000; i++) {
            x = x * 6364136223846793005u + 1;
            BENCH_HIDE(x);
        }
    rest(1000000 + base_rng_below(rng, 29000000));
}

static void stream(struct base_rng *rng, char *memory)
{
    const uint64_t length = 5000000 + base_rng_below(rng, 195000000);
    const uint64_t end = bench_clock_now_ns() + length;
    for (size_t at = 0; bench_clock_now_ns() < end; at = (at + STREAM_CHUNK) % (STREAM_SIZE / 2)) {
        memcpy(memory + at, memory + STREAM_SIZE / 2 + at, STREAM_CHUNK);
        BENCH_KEEP(memory);
    }
    rest(5000000 + base_rng_below(rng, 195000000));
}

static void child(unsigned core, bool is_stream, uint64_t seed, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
    struct base_rng rng;
    base_rng_init(&rng, seed);
    char *memory = calloc(1, STREAM_SIZE);
    for (;;) {
        if (is_stream && memory != NULL)
            stream(&rng, memory);
        else
            burst(&rng);
    }
}

bool neighbour_start(struct neighbour *neighbour, unsigned core, uint64_t seed)
{
    const unsigned cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    const pid_t parent = getpid();
    for (unsigned i = 0; i < NEIGHBOUR_MAX; i++) {
        const pid_t pid = fork();
        if (pid == 0)
            child((core + i) % cores, i == 1, seed * NEIGHBOUR_MAX + i, parent);
        neighbour->pids[i] = pid > 0 ? pid : 0;
    }
    return neighbour->pids[0] > 0 && neighbour->pids[1] > 0;
}

void neighbour_stop(struct neighbour *neighbour)
{
    for (unsigned i = 0; i < NEIGHBOUR_MAX; i++) {
        if (neighbour->pids[i] <= 0)
            continue;
        kill(neighbour->pids[i], SIGKILL);
        waitpid(neighbour->pids[i], NULL, 0);
        neighbour->pids[i] = 0;
    }
}
