/* link_check.c - is a link's configuration possible? One sentence for each way it is not. */
#include <base/units.h>
#include <lab/link.h>

#include <math.h>

static const uint64_t time_max_ns = LAB_LINK_DELAY_MAX_S * UINT64_C(1000000000);
static const uint64_t queue_bytes_max = UINT64_C(1) << 40;

struct share {
    const char *name;
    double value;
};

static base_err check_shares(const struct share *shares, size_t count, struct base_why *why)
{
    for (size_t i = 0; i < count; i++)
        if (!(shares[i].value >= 0 && shares[i].value <= 1))
            return base_fail(why, BASE_ERANGE, 0, "%s: %.9g%% is not between 0%% and 100%%",
                             shares[i].name, shares[i].value * 100);
    return BASE_OK;
}

static base_err check_time(const char *name, uint64_t ns, struct base_why *why)
{
    char text[BASE_UNITS_TEXT_SIZE];
    if (ns <= time_max_ns)
        return BASE_OK;
    return base_fail(why, BASE_ERANGE, 0, "%s: %s is more than an hour", name,
                     base_units_print_time_exact(ns, text));
}

static base_err check_jitter(const struct lab_link_config *c, struct base_why *why)
{
    if (c->jitter == LAB_JITTER_TRACE && (c->jitter_trace == NULL || c->jitter_count == 0))
        return base_fail(why, BASE_ERANGE, 0, "jitter: the trace is empty");
    for (size_t i = 0; c->jitter == LAB_JITTER_TRACE && i < c->jitter_count; i++)
        if (c->jitter_trace[i] > (int64_t)time_max_ns || c->jitter_trace[i] < -(int64_t)time_max_ns)
            return base_fail(why, BASE_ERANGE, i,
                             "jitter: value %zu of the trace is %lld ns, more "
                             "than an hour",
                             i + 1, (long long)c->jitter_trace[i]);
    return check_time("jitter", c->jitter_ns, why);
}

static base_err check_rate(const struct lab_link_config *c, struct base_why *why)
{
    if (c->rate_bits == 0 && c->queue_bytes > 0)
        return base_fail(why, BASE_ERANGE, 0,
                         "queue: %llu bytes without a bandwidth: nothing would ever wait",
                         (unsigned long long)c->queue_bytes);
    if (c->rate_bits == 0 && c->queue == LAB_QUEUE_CODEL)
        return base_fail(why, BASE_ERANGE, 0,
                         "queue: CoDel without a bandwidth: nothing would ever wait");
    if (c->rate_bits != 0 && (c->rate_bits < LAB_LINK_RATE_MIN || c->rate_bits > LAB_LINK_RATE_MAX))
        return base_fail(why, BASE_ERANGE, 0,
                         "bandwidth: %llu bit/s is not between 1 kbit/s and 10 Tbit/s",
                         (unsigned long long)c->rate_bits);
    if (c->queue_bytes > queue_bytes_max ||
        (double)c->queue_bytes * 8 > (double)c->rate_bits * LAB_LINK_DELAY_MAX_S)
        return base_fail(why, BASE_ERANGE, 0,
                         "queue: %llu bytes at %llu bit/s is more than an hour or 1 TiB",
                         (unsigned long long)c->queue_bytes, (unsigned long long)c->rate_bits);
    return BASE_OK;
}

static base_err check_rest(const struct lab_link_config *c, struct base_why *why)
{
    if ((unsigned)c->jitter > LAB_JITTER_TRACE || (unsigned)c->loss > LAB_LOSS_TRACE ||
        (unsigned)c->queue > LAB_QUEUE_CODEL)
        return base_fail(why, BASE_ERANGE, 0, "jitter, loss or queue is of no known kind");
    if (c->loss == LAB_LOSS_TRACE && (c->loss_trace == NULL || c->loss_count == 0))
        return base_fail(why, BASE_ERANGE, 0, "packet loss: the trace is empty");
    if (c->mtu_bytes != 0 && c->mtu_bytes < LAB_LINK_MTU_MIN)
        return base_fail(why, BASE_ERANGE, 0, "MTU: %u bytes is below %d, the least of IP",
                         c->mtu_bytes, LAB_LINK_MTU_MIN);
    if (c->reorder > 0 && c->delay_ns == 0)
        return base_fail(why, BASE_ERANGE, 0,
                         "reordering needs a delay: without one there is nothing to overtake");
    return BASE_OK;
}

base_err lab_link_check(const struct lab_link_config *c, struct base_why *why)
{
    const struct share shares[] = {
        { "packet loss", c->loss_share },
        { "packet loss: good to bad", c->good_to_bad },
        { "packet loss: bad to good", c->bad_to_good },
        { "packet loss: when good", c->loss_good },
        { "packet loss: when bad", c->loss_bad },
        { "reordering", c->reorder },
        { "duplication", c->duplicate },
        { "corruption", c->corrupt },
    };
    base_err err = check_shares(shares, sizeof shares / sizeof *shares, why);
    err = err != BASE_OK ? err : check_time("delay", c->delay_ns, why);
    err = err != BASE_OK ? err : check_rest(c, why);
    err = err != BASE_OK ? err : check_jitter(c, why);
    err = err != BASE_OK ? err : check_time("CoDel target", c->codel_target_ns, why);
    err = err != BASE_OK ? err : check_time("CoDel interval", c->codel_interval_ns, why);
    return err != BASE_OK ? err : check_rate(c, why);
}
