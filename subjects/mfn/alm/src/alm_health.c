/* alm_health.c - health checks: a streak of answers that speak against what is believed. */
#include <mfn/alm_health.h>

#include <inttypes.h>

base_err mfn_alm_health_check(const struct mfn_alm_health_options *options, struct base_why *why)
{
    if (options->interval_ns < 1 || options->interval_ns > MFN_ALM_TIME_MAX_NS)
        return base_fail(why, BASE_ERANGE, 0,
                         "health interval: %" PRIu64 " ns is not between 1 and 2^62",
                         options->interval_ns);
    if (options->timeout_ns < 1 || options->timeout_ns > MFN_ALM_TIME_MAX_NS)
        return base_fail(why, BASE_ERANGE, 0,
                         "health time limit: %" PRIu64 " ns is not between 1 and 2^62",
                         options->timeout_ns);
    if (options->rise == 0 || options->fall == 0)
        return base_fail(why, BASE_ERANGE, 0,
                         "health rise %" PRIu32 " and fall %" PRIu32 " must both be 1 or more",
                         options->rise, options->fall);
    return BASE_OK;
}

void mfn_alm_health_init(struct mfn_alm_health *health, bool is_up, uint64_t first_ns)
{
    *health = (struct mfn_alm_health){ .is_up = is_up, .next_ns = first_ns };
}

bool mfn_alm_health_due(struct mfn_alm_health *health, const struct mfn_alm_health_options *options,
                        uint64_t now_ns)
{
    if (health->is_sent && now_ns - health->sent_ns >= options->timeout_ns)
        mfn_alm_health_answer(health, options, false);
    if (health->is_sent || now_ns < health->next_ns)
        return false;
    health->is_sent = true;
    health->sent_ns = now_ns;
    health->next_ns = now_ns + options->interval_ns;
    return true;
}

void mfn_alm_health_answer(struct mfn_alm_health *health,
                           const struct mfn_alm_health_options *options, bool is_good)
{
    if (!health->is_sent)
        return;
    health->is_sent = false;
    if (is_good == health->is_up) {
        health->streak = 0;
        return;
    }
    health->streak++;
    if (health->streak >= (health->is_up ? options->fall : options->rise)) {
        health->is_up = is_good;
        health->streak = 0;
    }
}
