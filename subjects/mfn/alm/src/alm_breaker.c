/* alm_breaker.c - the circuit breaker. The window is a word of bits, so the failures in it are a
 * population count.
 */
#include <mfn/alm_health.h>

#include <inttypes.h>

base_err mfn_alm_breaker_check(const struct mfn_alm_breaker_options *options, struct base_why *why)
{
    if (options->window < 1 || options->window > MFN_ALM_WINDOW_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "breaker window: %" PRIu32 " outcomes are not between 1 and %d",
                         options->window, MFN_ALM_WINDOW_MAX);
    if (options->minimum < 1 || options->minimum > options->window)
        return base_fail(why, BASE_ERANGE, 0,
                         "breaker minimum: %" PRIu32
                         " outcomes are not between 1 and the window's %" PRIu32,
                         options->minimum, options->window);
    if (!(options->failure_rate > 0 && options->failure_rate <= 1))
        return base_fail(why, BASE_ERANGE, 0, "breaker failure rate: %g is not above 0 and up to 1",
                         options->failure_rate);
    if (options->open_ns < 1 || options->open_ns > MFN_ALM_TIME_MAX_NS)
        return base_fail(why, BASE_ERANGE, 0,
                         "breaker open time: %" PRIu64 " ns is not between 1 and 2^62",
                         options->open_ns);
    if (options->trial_count == 0)
        return base_fail(why, BASE_ERANGE, 0, "breaker trials: 0 is not 1 or more");
    return BASE_OK;
}

void mfn_alm_breaker_init(struct mfn_alm_breaker *breaker)
{
    *breaker = (struct mfn_alm_breaker){ .state = MFN_ALM_CLOSED, .due_ns = UINT64_MAX };
}

void mfn_alm_breaker_started(struct mfn_alm_breaker *breaker)
{
    if (breaker->state == MFN_ALM_HALF_OPEN)
        breaker->trials++;
}

static void breaker_wait(struct mfn_alm_breaker *breaker, enum mfn_alm_breaker_state state,
                         uint64_t until_ns)
{
    *breaker = (struct mfn_alm_breaker){ .state = state, .due_ns = until_ns };
}

static void breaker_count(struct mfn_alm_breaker *breaker,
                          const struct mfn_alm_breaker_options *options, bool is_good,
                          uint64_t now_ns)
{
    const uint64_t mask = UINT64_MAX >> (MFN_ALM_WINDOW_MAX - options->window);
    breaker->failures = (breaker->failures << 1 | !is_good) & mask;
    breaker->count += breaker->count < options->window;
    const int failed = __builtin_popcountll(breaker->failures);
    if (breaker->count >= options->minimum && failed > 0 &&
        failed >= options->failure_rate * breaker->count)
        breaker_wait(breaker, MFN_ALM_OPEN, now_ns + options->open_ns);
}

void mfn_alm_breaker_finished(struct mfn_alm_breaker *breaker,
                              const struct mfn_alm_breaker_options *options, bool is_good,
                              uint64_t now_ns)
{
    if (breaker->state == MFN_ALM_CLOSED)
        breaker_count(breaker, options, is_good, now_ns);
    else if (breaker->state == MFN_ALM_HALF_OPEN && breaker->passed < breaker->trials) {
        if (!is_good)
            breaker_wait(breaker, MFN_ALM_OPEN, now_ns + options->open_ns);
        else if (++breaker->passed == options->trial_count)
            mfn_alm_breaker_init(breaker);
    }
}

void mfn_alm_breaker_tick(struct mfn_alm_breaker *breaker,
                          const struct mfn_alm_breaker_options *options, uint64_t now_ns)
{
    if (now_ns >= breaker->due_ns)
        breaker_wait(breaker, MFN_ALM_HALF_OPEN, now_ns + options->open_ns);
}
