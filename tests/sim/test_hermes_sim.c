/* test_hermes_sim.c - random schedules of HERMES-Lite in virtual time.
 *
 *   test_hermes_sim [COUNT [FIRST]]   so many schedules from a seed on (200 from 1)
 *   test_hermes_sim replay SEED       one schedule, with what happens in it
 *
 * A failure names its seed and the command that replays it. Every hundredth schedule is run twice
 * and must have the same history, byte for byte. */
#include "hermes_sim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct total {
    uint64_t sent, delivered, owed, rejected, steps, evil, trees, partitions, crashes;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool run_one(const char *program, uint64_t seed, bool is_loud, struct total *total)
{
    struct hermes_sim_result result, again;
    hermes_sim_run(seed, is_loud, &result);
    total->sent += result.sent;
    total->delivered += result.delivered;
    total->owed += result.owed;
    total->rejected += result.rejected;
    total->steps += result.steps;
    total->evil += result.evil > 0;
    total->trees += result.is_tree;
    total->partitions += result.has_partition;
    total->crashes += result.has_crash;
    if (result.why[0] == '\0' && seed % 100 == 0) {
        hermes_sim_run(seed, false, &again);
        if (again.digest != result.digest)
            snprintf(result.why, sizeof result.why, "two runs of one seed differ");
    }
    if (result.why[0] != '\0')
        printf("seed %" PRIu64 " (%u nodes, %u byzantine%s%s%s): %s\nreplay: %s replay %" PRIu64
               "\n",
               seed, result.nodes, result.evil, result.is_tree ? ", tree" : "",
               result.has_partition ? ", partition" : "", result.has_crash ? ", crash" : "",
               result.why, program, seed);
    return result.why[0] == '\0';
}

static uint64_t number_of(const char *text)
{
    char *end;
    errno = 0;
    const uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        fprintf(stderr, "%s is no number\n", text);
        exit(2);
    }
    return number;
}

int main(int argc, char **argv)
{
    struct total total = { 0 };
    const bool is_replay = argc == 3 && strcmp(argv[1], "replay") == 0;
    uint64_t count = 200, first = 1, bad = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (is_replay) {
        first = number_of(argv[2]);
        count = 1;
    } else {
        count = argc > 1 ? number_of(argv[1]) : count;
        first = argc > 2 ? number_of(argv[2]) : first;
    }
    const double start_s = now_s();
    for (uint64_t i = 0; i < count && bad < 20; i++) {
        bad += !run_one(argv[0], first + i, is_replay, &total);
        if (i % 10000 == 9999)
            printf("%" PRIu64 " schedules, %" PRIu64 " failed\n", i + 1, bad);
    }
    const double taken_s = now_s() - start_s;
    printf("%" PRIu64 " schedules (%" PRIu64 " with byzantine nodes, %" PRIu64 " trees, %" PRIu64
           " partitions, %" PRIu64 " crashes), %" PRIu64 " messages, %" PRIu64
           " deliveries, %" PRIu64 " of class 0 were owed, %" PRIu64 " attacks rejected, %" PRIu64
           " steps: %" PRIu64 " failed; %.0f schedules/s\n",
           count, total.evil, total.trees, total.partitions, total.crashes, total.sent,
           total.delivered, total.owed, total.rejected, total.steps, bad, (double)count / taken_s);
    return bad == 0 ? 0 : 1;
}
