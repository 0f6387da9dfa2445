/* bench_sampler.c - what sampling costs the process that is sampled: the processor's time of the
 * same work with it and without, turn by turn. */
#define _GNU_SOURCE
#include <prof/facts.h>
#include <prof/sampler.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS = 31, STEPS = 100 * 1000 * 1000 };

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void work(int in, int out)
{
    char byte = 0;
    while (read(in, &byte, 1) == 1) {
        const uint64_t start = cpu_ns();
        uint64_t x = 1;
        for (unsigned i = 0; i < STEPS; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            __asm__ volatile("" : "+r"(x));
        }
        const uint64_t spent = cpu_ns() - start;
        if (write(out, &spent, sizeof spent) != sizeof spent)
            break;
    }
    _exit(0);
}

static double turn(int to, int from, struct prof_sampler *sampler)
{
    uint64_t spent = 0;
    if (sampler != NULL)
        prof_sampler_run(sampler, true);
    if (write(to, "!", 1) != 1 || read(from, &spent, sizeof spent) != sizeof spent)
        exit(1);
    if (sampler != NULL)
        prof_sampler_run(sampler, false);
    return (double)spent;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const struct prof_sampler_options options = { .rate_per_s =
                                                      argc > 1 ? (uint32_t)atoi(argv[1]) : 997 };
    struct prof_stacks stacks;
    struct prof_sampler *sampler = NULL;
    struct base_why why = { 0 };
    double ratios[PAIRS], weight = 0, count = 0;
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        return 1;
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(to[0], from[1]);
    }
    turn(to[1], from[0], NULL);
    if (prof_stacks_init(&stacks) != BASE_OK ||
        prof_sampler_open(pid, &options, &stacks, &sampler, &why) != BASE_OK) {
        fprintf(stderr, "%s\n", why.text);
        kill(pid, SIGKILL);
        return 77;
    }
    for (size_t i = 0; i < PAIRS; i++) {
        const double first = turn(to[1], from[0], i % 2 == 0 ? sampler : NULL);
        const double second = turn(to[1], from[0], i % 2 == 0 ? NULL : sampler);
        ratios[i] = i % 2 == 0 ? first / second : second / first;
    }
    struct timespec start, stop;
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (prof_sampler_collect(sampler, &why) != BASE_OK)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &stop);
    prof_facts_sum(&stacks, &weight, &count);
    qsort(ratios, PAIRS, sizeof *ratios, compare);
    const double naming_us =
        ((double)(stop.tv_sec - start.tv_sec) * 1e9 + (double)(stop.tv_nsec - start.tv_nsec)) /
        1e3 / count;
    printf("%u samples a second: processor's time %+.2f %% (quartiles %+.2f .. %+.2f) over %d "
           "pairs; %.0f samples, %.0f lost; %.0f us to unwind and name one\n",
           options.rate_per_s, 100 * (ratios[PAIRS / 2] - 1), 100 * (ratios[PAIRS / 4] - 1),
           100 * (ratios[3 * PAIRS / 4] - 1), PAIRS, count, stacks.about.lost, naming_us);
    prof_sampler_close(sampler);
    prof_stacks_done(&stacks);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
