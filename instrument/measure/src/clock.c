/* clock.c - finding the counter's rate and the cost and grain of a reading. */
#define _GNU_SOURCE
#include <bench/clock.h>

#include <stdlib.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { RATE_NS = 10000000, PAIR_COUNT = 1001 };

uint64_t bench_clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool tsc_is_invariant(void)
{
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(0x80000007u, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
#else
    return false;
#endif
}

#if defined(__x86_64__)
/* A moment on both clocks: of several tries the one whose two outer readings are closest. */
static void moment(uint64_t *ticks, uint64_t *ns)
{
    uint64_t closest = UINT64_MAX;
    for (int i = 0; i < 50; i++) {
        const uint64_t before = __builtin_ia32_rdtsc();
        const uint64_t now = bench_clock_now_ns();
        const uint64_t after = __builtin_ia32_rdtsc();
        if (after - before >= closest)
            continue;
        closest = after - before;
        *ticks = before + (after - before) / 2;
        *ns = now;
    }
}

static double tsc_ns_per_tick(void)
{
    uint64_t ticks_a = 0, ns_a = 0, ticks_b = 0, ns_b = 0;
    moment(&ticks_a, &ns_a);
    while (bench_clock_now_ns() - ns_a < RATE_NS)
        ;
    moment(&ticks_b, &ns_b);
    return ticks_b > ticks_a ? (double)(ns_b - ns_a) / (double)(ticks_b - ticks_a) : 0;
}
#endif

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void measure_reading(struct bench_clock *clock)
{
    uint64_t pairs[PAIR_COUNT];
    for (int i = 0; i < PAIR_COUNT; i++) {
        const uint64_t start = bench_clock_start(clock);
        pairs[i] = bench_clock_stop(clock) - start;
    }
    qsort(pairs, PAIR_COUNT, sizeof pairs[0], ascending);
    clock->cost_ns = (double)pairs[PAIR_COUNT / 2] * clock->ns_per_tick;
    uint64_t step = UINT64_MAX;
    uint64_t last = bench_clock_stop(clock);
    for (int i = 0; i < PAIR_COUNT; i++) {
        const uint64_t now = bench_clock_stop(clock);
        if (now > last && now - last < step)
            step = now - last;
        last = now;
    }
    for (int i = 1; i < PAIR_COUNT; i++) /* differences of intervals show a finer grain */
        if (pairs[i] > pairs[i - 1] && pairs[i] - pairs[i - 1] < step)
            step = pairs[i] - pairs[i - 1];
    clock->resolution_ns = step == UINT64_MAX ? 1 : (double)step * clock->ns_per_tick;
}

void bench_clock_open(struct bench_clock *clock)
{
    bench_clock_open_rate(clock, 0);
}

void bench_clock_open_rate(struct bench_clock *clock, double ns_per_tick)
{
    *clock = (struct bench_clock){ .ns_per_tick = 1 };
#if defined(__x86_64__)
    if (tsc_is_invariant()) {
        const double rate = ns_per_tick > 0 ? ns_per_tick : tsc_ns_per_tick();
        if (rate > 0.05 && rate < 100) { /* 10 MHz .. 20 GHz: anything else is no clock */
            clock->is_tsc = true;
            clock->ns_per_tick = rate;
        }
    }
#else
    (void)tsc_is_invariant;
    (void)ns_per_tick;
#endif
    measure_reading(clock);
}

double bench_clock_ns(const struct bench_clock *clock, uint64_t start, uint64_t stop)
{
    if (stop <= start)
        return 0;
    const double ns = (double)(stop - start) * clock->ns_per_tick - clock->cost_ns;
    return ns > 0 ? ns : 0;
}
