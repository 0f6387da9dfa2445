/* pair.h - programs side by side: rounds of fresh processes in lock step on one core.
 *
 * A round starts one fresh worker of every side, all bound to one core and each with another stack
 * offset, opens the case in each, and runs blocks. A block is one batch of every side in random
 * order and then the same again backwards (A B B A), so whatever changes linearly in time falls on
 * both sides alike; only one side runs at any moment, and the coordinator waits on the same core,
 * so that handing over costs microseconds. A block gives ln(time of a side / time of side 0), a
 * round the midmean (mean of the middle half) of its blocks: a batch that was preempted spoils one
 * block, not the round.
 *
 * Rounds are independent of one another (other processes, other addresses, other pages), and which
 * side goes first is drawn by chance: two equal programs give values that are symmetric about 0.
 * What is made of the rounds is stats/paired.h's and stats/sequential.h's business.
 *
 * Batches of more than a quarter of a round (whole commands) are not repeated backwards: then a
 * block is one batch of each side in random order, and the rounds' chance takes care of drift.
 *
 * Threads   during a round the calling thread is bound to the round's core and, where that is
 *           permitted, has the highest priority of ordinary ones (nice -20); workers inherit both
 */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include <bench/drive.h>

enum { BENCH_PAIR_SIDES_MAX = 8 };

struct bench_pair_side {
    const char *const *argv;           /* the worker, as in bench_launch; the caller's */
    const struct bench_target *target; /* the case with its arguments; the caller's */
};

/* A zeroed struct means the defaults in brackets. */
struct bench_pair_options {
    uint64_t round_ns;    /* blocks of one round, without starting and set-up [as long as these,
                             20 .. 80 ms] */
    uint64_t batch_ns;    /* target length of one batch [100 us] */
    uint64_t deadline_ns; /* on bench_clock_now_ns: a worker that is still busy then has failed
                             [120 s from now] */
    uint64_t seed;        /* of the case's data, the order of batches and the layout [1] */
    uint32_t threads;     /* that run the case at once [1] */
    const uint32_t *cpus; /* [cpu_count] */
    size_t cpu_count;     /* 0: each round takes the core that the scheduler has just given us */
    const volatile sig_atomic_t *interrupted; /* may be NULL */
};

struct bench_round {
    double ln_ratio[BENCH_PAIR_SIDES_MAX]; /* [k] ln(side k / side 0); [0] is 0 */
    double item_ns[BENCH_PAIR_SIDES_MAX];  /* midmean time per item */
    size_t blocks;                         /* that the midmeans are of */
    uint64_t elapsed_ns;                   /* wall time of the whole round */
};

struct bench_pair;

/* Prepare; nothing is started yet.
 *
 *   sides    [side_count] 2 .. BENCH_PAIR_SIDES_MAX
 *   pair     out: release with bench_pair_free
 */
BASE_MUST_USE base_err bench_pair_new(const struct bench_pair_side *sides, size_t side_count,
                                      const struct bench_pair_options *options,
                                      struct bench_pair **pair, struct base_why *why);
void bench_pair_free(struct bench_pair *pair); /* accepts NULL */

/* One round. The first one also finds how many items make a batch.
 *
 * Errors   those of a worker (drive.h), EWRONG when a check fails, EINTERRUPTED; why begins with
 *          the side's program
 */
BASE_MUST_USE base_err bench_pair_round(struct bench_pair *pair, struct bench_round *out,
                                        struct base_why *why);

#endif
