/* pace.c - intended starts are computed from the plan alone: for a constant rate from the index (no
 * rounding error adds up), for Poisson arrivals by adding gaps. */
#define _GNU_SOURCE
#include <bench/pace.h>

#include <base/rng.h>

#include <errno.h>
#include <time.h>

enum { SLEEP_MAX_NS = 100000000 };

static uint64_t real_now(void *context)
{
    (void)context;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* This sleep is the pacing itself: the time between two intended starts belongs to nobody, and is
 * given back to the machine. It never stands in for work. */
static void real_wait(void *context, uint64_t until_ns)
{
    const uint64_t now_ns = real_now(context);
    if (until_ns > now_ns + BENCH_PACE_SPIN_NS) {
        const bool is_far = until_ns - now_ns > SLEEP_MAX_NS;
        const uint64_t wake_ns = is_far ? now_ns + SLEEP_MAX_NS : until_ns - BENCH_PACE_SPIN_NS;
        const struct timespec wake = { .tv_sec = (time_t)(wake_ns / 1000000000u),
                                       .tv_nsec = (long)(wake_ns % 1000000000u) };
        /* sleep: pacing itself, see above; the last stretch is spun */
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL) == EINTR || is_far)
            return; /* so that an interruption is seen soon, whichever thread got the signal */
    }
    while (real_now(context) < until_ns)
        relax();
}

struct bench_pace_clock bench_pace_clock_real(void)
{
    return (struct bench_pace_clock){ .now = real_now, .wait = real_wait };
}

struct pace {
    const struct bench_pace_plan *plan;
    const struct bench_pace_clock *clock;
    struct base_rng rng;
    double gap_ns;     /* mean */
    double poisson_ns; /* offset of the current start */
    uint64_t start_ns; /* first intended start */
    uint64_t index;    /* of the current start */
    uint64_t due_ns;   /* offset of the current start */
};

static void pace_set(struct pace *pace)
{
    const bool is_poisson = pace->plan->arrival == BENCH_PACE_POISSON;
    const double offset = is_poisson ? pace->poisson_ns : (double)pace->index * pace->gap_ns;
    pace->due_ns = offset < 0x1p62 ? (uint64_t)(offset + 0.5) : UINT64_C(1) << 62;
}

static void pace_next(struct pace *pace)
{
    pace->index++;
    if (pace->plan->arrival == BENCH_PACE_POISSON)
        pace->poisson_ns += base_rng_exponential(&pace->rng, pace->gap_ns);
    pace_set(pace);
}

static bool pace_is_over(const struct pace *pace)
{
    const struct bench_pace_plan *plan = pace->plan;
    return (plan->count > 0 && pace->index >= plan->count) ||
           (plan->duration_ns > 0 && pace->due_ns >= plan->duration_ns);
}

static bool is_interrupted(const struct bench_pace_plan *plan)
{
    return plan->interrupted != NULL && *plan->interrupted != 0;
}

static base_err check_plan(const struct bench_pace_plan *plan, struct base_why *why)
{
    if (plan->count == 0 && plan->duration_ns == 0)
        return base_fail(why, BASE_EINVALID, 0, "an open loop needs a count or a duration");
    if (!(plan->rate_per_s >= 1e-6 && plan->rate_per_s <= 1e9))
        return base_fail(why, BASE_ERANGE, 0, "a rate of %g/s is not between 1e-06 and 1e+09",
                         plan->rate_per_s);
    return BASE_OK;
}

/* A time beyond the histogram stays in the sample, at its end, and is counted. */
static void record(struct bench_hist *hist, uint64_t value_ns, struct bench_pace_result *result)
{
    if (hist == NULL || bench_hist_record(hist, value_ns) == BASE_OK)
        return;
    const base_err err = bench_hist_record(hist, hist->highest);
    (void)err; /* the highest value fits by definition */
    result->over_range++;
}

/* Starts due by now that were not made; leaves the pace at the first that is not due. */
static uint64_t count_owed(struct pace *pace)
{
    uint64_t owed = 0;
    const uint64_t now_ns = pace->clock->now(pace->clock->context);
    while (!pace_is_over(pace) && pace->start_ns + pace->due_ns <= now_ns) {
        owed++;
        pace_next(pace);
    }
    return owed;
}

static base_err run_one(struct pace *pace, bench_pace_fn *fn, void *context,
                        struct bench_hist *latency, struct bench_hist *service,
                        struct bench_pace_result *result)
{
    const struct bench_pace_clock *clock = pace->clock;
    const uint64_t intended_ns = pace->start_ns + pace->due_ns;
    const uint64_t begin_ns = clock->now(clock->context);
    const base_err err = fn(context, pace->index, intended_ns);
    const uint64_t end_ns = clock->now(clock->context);
    if (err != BASE_OK)
        return err;
    const uint64_t late_ns = begin_ns - intended_ns;
    result->late += late_ns > BENCH_PACE_LATE_NS;
    if (late_ns > result->late_max_ns)
        result->late_max_ns = late_ns;
    record(latency, end_ns - intended_ns, result);
    record(service, end_ns - begin_ns, result);
    result->done++;
    result->elapsed_ns = end_ns - pace->start_ns;
    return BASE_OK;
}

/* Wait until the start is due. */
static base_err wait_due(struct pace *pace)
{
    const struct bench_pace_clock *clock = pace->clock;
    const uint64_t until_ns = pace->start_ns + pace->due_ns;
    uint64_t now_ns = clock->now(clock->context);
    while (now_ns < until_ns && !is_interrupted(pace->plan)) {
        clock->wait(clock->context, until_ns);
        now_ns = clock->now(clock->context);
    }
    if (is_interrupted(pace->plan))
        return BASE_EINTERRUPTED;
    const uint64_t limit_ns = pace->plan->late_limit_ns;
    return limit_ns > 0 && now_ns - until_ns > limit_ns ? BASE_ETIMEOUT : BASE_OK;
}

base_err bench_pace_run(const struct bench_pace_plan *plan, const struct bench_pace_clock *clock,
                        bench_pace_fn *fn, void *context, struct bench_hist *latency,
                        struct bench_hist *service, struct bench_pace_result *result,
                        struct base_why *why)
{
    *result = (struct bench_pace_result){ 0 };
    base_err err = check_plan(plan, why);
    if (err != BASE_OK)
        return err;
    struct pace pace = { .plan = plan, .clock = clock, .gap_ns = 1e9 / plan->rate_per_s };
    base_rng_init(&pace.rng, plan->seed);
    pace.start_ns = clock->now(clock->context);
    for (pace_set(&pace); !pace_is_over(&pace); pace_next(&pace)) {
        err = wait_due(&pace);
        if (err != BASE_OK) {
            result->owed = count_owed(&pace);
            return base_fail(why, err, result->done, "%s after %llu starts, %llu were still owed",
                             err == BASE_ETIMEOUT ? "the work could not keep the rate: gave up"
                                                  : "interrupted",
                             (unsigned long long)result->done, (unsigned long long)result->owed);
        }
        err = run_one(&pace, fn, context, latency, service, result);
        if (err != BASE_OK)
            return base_fail(why, err, pace.index, "start %llu failed: %s",
                             (unsigned long long)pace.index, base_err_text(err));
    }
    return BASE_OK;
}
