/* network_knee.c - from the rate of the plan, or where the last search ended, doubled or halved
 * until it turns, then halved in ratio. */
#include "network_knee.h"

#include "signals.h"

#include <base/log.h>

#include <math.h>

enum { TRIES = 2, STEPS = 5, DOUBLINGS = 16 };
#define LOAD_MAX_NS 60e9 /* a load that takes longer is not tried when halving */

static double load_ns(const struct suite_net_plan *plan)
{
    return 1e9 * plan->conditions.node_count * plan->conditions.messages_per_node /
           plan->rate_per_s;
}

/* Enough messages for half a second of load. */
static struct suite_net_plan at_rate(const struct suite_net_plan *plan, double rate_per_s)
{
    struct suite_net_plan out = *plan;
    const double each = 0.5 * rate_per_s / plan->conditions.node_count;
    out.rate_per_s = rate_per_s;
    out.is_full = false;
    out.attack = NULL;
    if (each > out.conditions.messages_per_node)
        out.conditions.messages_per_node = (uint32_t)each;
    return out;
}

/* Of a laboratory that fell behind itself, nobody can tell: EWRONG. */
static base_err try_round(const struct suite_net_plan *plan, bool *is_kept, struct base_why *why)
{
    const double load = load_ns(plan);
    struct suite_net_results results;
    CLI_TRY(suite_net_run(plan, &results, why));
    const double tail_ns = results.duration_ns - load - (double)plan->conditions.latency_ns;
    const base_err err = suite_net_judge(&results, why);
    *is_kept = results.success_rate >= 0.98 &&
               results.latency_p99_ns < 2 * (double)plan->conditions.latency_ns + 50e6 &&
               tail_ns < 0.1 * load + 20e6;
    base_log(BASE_LOG_DEBUG, "%s at %.4g/s: %s, %.4g %% in time", plan->protocol, plan->rate_per_s,
             err != BASE_OK ? why->text
             : *is_kept     ? "keeps up"
                            : "does not keep up",
             100 * results.success_rate);
    suite_net_results_done(&results);
    return err;
}

static base_err keeps_up(const struct suite_net_plan *base, double rate_per_s, bool *is_kept,
                         struct base_why *why)
{
    const struct suite_net_plan plan = at_rate(base, rate_per_s);
    base_err err = BASE_OK;
    *is_kept = false;
    for (int i = 0; i < TRIES && err == BASE_OK && !*is_kept; i++)
        err = try_round(&plan, is_kept, why);
    return err;
}

/* Within 3 %; NaN with *why when it cannot be found. */
static double search(const struct suite_net_plan *plan, double begin_per_s, struct base_why *why)
{
    double low = 0, high = 0, rate = begin_per_s;
    for (int i = 0; i < DOUBLINGS && (!(low > 0) || !(high > 0)); i++) {
        bool is_kept = false;
        const struct suite_net_plan next = at_rate(plan, rate);
        if (high > 0 && load_ns(&next) > LOAD_MAX_NS)
            break;
        if (keeps_up(plan, rate, &is_kept, why) != BASE_OK)
            return NAN;
        if (is_kept)
            low = rate;
        else
            high = rate;
        rate = is_kept ? rate * 2 : rate / 2;
    }
    if (!(low > 0) || !(high > 0)) {
        (void)base_fail(why, BASE_ERANGE, 0, "the load turned nowhere between %.4g/s and %.4g/s",
                        low, high);
        return NAN;
    }
    for (int i = 0; i < STEPS; i++) {
        const double middle = sqrt(low * high);
        bool is_kept = false;
        if (keeps_up(plan, middle, &is_kept, why) != BASE_OK)
            return NAN;
        *(is_kept ? &low : &high) = middle;
    }
    return low;
}

static double find(const struct cli_network *network, size_t nth, size_t index)
{
    const struct suite_net_plan *plan = &network->plans[index];
    struct base_why why = { 0 };
    if (network->errs[index] != BASE_OK || cli_signals_interrupted)
        return NAN;
    const double last = nth > 0 ? network->knees[nth - 1][index] : NAN;
    const double knee = search(plan, last > 0 ? last : plan->rate_per_s, &why);
    if (isnan(knee))
        base_log(BASE_LOG_WARNING, "%s: no knee: %s", plan->protocol, why.text);
    else
        base_log(BASE_LOG_INFO, "%s, search %zu of %zu: keeps up with %.4g messages/s",
                 plan->protocol, nth + 1, network->knee_count, knee);
    return knee;
}

void cli_network_find_knees(struct cli_network *network)
{
    network->knee_count =
        network->runs < CLI_NETWORK_KNEES_MAX ? network->runs : CLI_NETWORK_KNEES_MAX;
    for (size_t nth = 0; nth < network->knee_count; nth++)
        for (size_t i = 0; i < network->plan_count; i++) {
            const size_t index = nth % 2 == 0 ? i : network->plan_count - 1 - i;
            network->knees[nth][index] = find(network, nth, index);
        }
}

static struct stats_interval geometric_mean(const double *logs, size_t count, double confidence)
{
    if (count == 0)
        return (struct stats_interval){ NAN, NAN, NAN };
    const struct stats_interval mean = stats_interval_t(logs, count, confidence);
    return (struct stats_interval){ exp(mean.value), exp(mean.low), exp(mean.high) };
}

struct stats_interval cli_network_knee(const struct cli_network *network, size_t plan,
                                       double confidence)
{
    double logs[CLI_NETWORK_KNEES_MAX];
    size_t count = 0;
    for (size_t nth = 0; nth < network->knee_count; nth++)
        if (network->knees[nth][plan] > 0)
            logs[count++] = log(network->knees[nth][plan]);
    return geometric_mean(logs, count, confidence);
}

struct stats_interval cli_network_knee_ratio(const struct cli_network *network, size_t plan,
                                             size_t against, double confidence)
{
    double logs[CLI_NETWORK_KNEES_MAX];
    size_t count = 0;
    for (size_t nth = 0; nth < network->knee_count; nth++)
        if (network->knees[nth][plan] > 0 && network->knees[nth][against] > 0)
            logs[count++] = log(network->knees[nth][plan] / network->knees[nth][against]);
    return geometric_mean(logs, count, confidence);
}
