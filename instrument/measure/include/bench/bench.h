/* bench.h - make a file of your own a benchmark.
 *
 *     #include <bench/bench.h>
 *
 *     BENCH(add, .doc = "one addition")
 *     {
 *         uint64_t sum = 0;
 *         BENCH_LOOP(count) { sum += bench_left; BENCH_KEEP(sum); }
 *     }
 *     BENCH_MAIN(&add)
 *
 * The body is the case's `run`: it has `state` (what .setup left) and `count` (items to do).
 * Everything in case.h can follow the name: .params, .setup, .check, .item, .threads ...
 * The program has the standard command line (--help) and is a worker (--worker).
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <bench/case.h>
#include <bench/keep.h>

#define BENCH(identifier, ...)                                                                     \
    static void identifier##_run(void *state, uint64_t count);                                     \
    static const struct bench_case identifier = { .name = #identifier,                             \
                                                  .run = identifier##_run,                         \
                                                  ##__VA_ARGS__ };                                 \
    static void identifier##_run(__attribute__((unused)) void *state,                              \
                                 __attribute__((unused)) uint64_t count)

#define BENCH_MAIN(...)                                                                            \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct bench_case *const cases[] = { __VA_ARGS__ };                           \
        return bench_main(argc, argv, cases, sizeof cases / sizeof cases[0]);                      \
    }

/* The standard command line over a table of cases: `--help` describes it; `--worker` serves the
 * protocol instead. Returns the exit status: 0 fine, 1 a check failed, 2 usage, 3 could not
 * measure. */
int bench_main(int argc, char **argv, const struct bench_case *const *cases, size_t case_count);

#endif
