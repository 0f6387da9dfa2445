/* sequential.c - weighted Bonferroni over looks: it gives away some power to a spending function
 * that knows the correlation of looks, and in return is exact at every count and for every
 * distribution of the values. Most of alpha is kept for the final look, so that looking early costs
 * a close decision little. */
#include <stats/sequential.h>

#include <math.h>

#define WEIGHT_FINAL   0.8
#define WEIGHT_INTERIM 0.2
#define WEIGHT_FIRST   0.4 /* of the interim looks' share, which sums to 0.4 / (1 - 0.6) = 1 */
#define WEIGHT_RATIO   0.6
#define GROWTH         1.5

const char *stats_verdict_text(enum stats_verdict verdict)
{
    static const char *const texts[] = {
#define VERDICT_TEXT(name, text) text,
        STATS_VERDICT_MAP(VERDICT_TEXT)
#undef VERDICT_TEXT
    };
    return texts[verdict];
}

static double weight_of(size_t look)
{
    return WEIGHT_INTERIM * WEIGHT_FIRST * pow(WEIGHT_RATIO, (double)look);
}

static double alpha_of_test(const struct stats_sequential *sequential)
{
    return sequential->options.alpha / (double)sequential->options.tests;
}

base_err stats_sequential_init(struct stats_sequential *sequential,
                               const struct stats_sequential_options *options)
{
    struct stats_sequential_options o = *options;
    o.alpha = o.alpha == 0 ? 0.01 : o.alpha;
    o.tests = o.tests == 0 ? 1 : o.tests;
    if (!(o.alpha > 0 && o.alpha <= 0.5) || !(o.threshold >= 0 && o.threshold <= 1) ||
        o.tests > STATS_SEQUENTIAL_TESTS_MAX)
        return BASE_ERANGE;
    sequential->options = o;
    sequential->look = (struct stats_look){ .estimate = NAN,
                                            .low = NAN,
                                            .high = NAN,
                                            .alpha = NAN,
                                            .p_equal = NAN,
                                            .p_change = NAN,
                                            .p_same = NAN,
                                            .needed = NAN };
    sequential->count = sequential->next = 0;
    sequential->first_due = sequential->next_due =
        stats_paired_least(alpha_of_test(sequential) * weight_of(0));
    return BASE_OK;
}

size_t stats_sequential_least(const struct stats_sequential *sequential)
{
    return stats_paired_least(alpha_of_test(sequential) * WEIGHT_FINAL);
}

base_err stats_sequential_add(struct stats_sequential *sequential, double value)
{
    if (!(fabs(value) < STATS_PAIRED_VALUE_MAX))
        return BASE_EINVALID;
    if (sequential->look.is_over)
        return BASE_ECLOSED;
    if (sequential->count == STATS_PAIRED_MAX)
        return BASE_EFULL;
    sequential->values[sequential->count++] = value;
    return BASE_OK;
}

static enum stats_verdict verdict_of(double low, double high, double bound)
{
    if (low > bound)
        return STATS_VERDICT_SLOWER;
    if (high < -bound)
        return STATS_VERDICT_FASTER;
    return -bound < low && high < bound ? STATS_VERDICT_SAME : STATS_VERDICT_UNDECIDED;
}

/* Each p-value is twice the one-sided one, as the interval's alpha is twice that of one end. */
static void add_p(struct stats_look *look, const struct stats_paired *paired, double bound,
                  double weight)
{
    const double slower = 2 * stats_paired_p(paired, bound, STATS_SIDE_ABOVE);
    const double faster = 2 * stats_paired_p(paired, -bound, STATS_SIDE_BELOW);
    const double not_slower = 2 * stats_paired_p(paired, bound, STATS_SIDE_BELOW);
    const double not_faster = 2 * stats_paired_p(paired, -bound, STATS_SIDE_ABOVE);
    const double equal = stats_paired_p(paired, 0, STATS_SIDE_BOTH) / weight;
    const double change = fmin(slower, faster) / weight;
    const double same = bound > 0 ? fmax(not_slower, not_faster) / weight : 1;
    look->p_equal = fmin(1, fmin(look->p_equal, equal));
    look->p_change = fmin(1, fmin(look->p_change, change));
    look->p_same = fmin(1, fmin(look->p_same, same));
}

static double needed_of(const struct stats_sequential *sequential, double bound)
{
    const struct stats_look *look = &sequential->look;
    const double n = (double)look->count;
    if (look->verdict != STATS_VERDICT_UNDECIDED)
        return NAN;
    if (!isfinite(look->low) || !isfinite(look->high))
        return fmax((double)sequential->first_due, n + 1);
    const double shrink = (look->high - look->low) / 2 / fabs(fabs(look->estimate) - bound);
    return isnan(shrink) ? INFINITY : fmax(ceil(n * shrink * shrink), n + 1);
}

static base_err judge(struct stats_sequential *sequential, double weight)
{
    struct stats_look *look = &sequential->look;
    struct stats_paired paired;
    const base_err err = stats_paired_init(&paired, sequential->values, sequential->count);
    if (err != BASE_OK)
        return err;
    const double bound = log1p(sequential->options.threshold);
    look->alpha = alpha_of_test(sequential) * weight;
    const struct stats_interval interval = stats_paired_interval(&paired, look->alpha);
    look->estimate = interval.value;
    look->low = interval.low;
    look->high = interval.high;
    look->verdict = verdict_of(interval.low, interval.high, bound);
    look->count = sequential->count;
    look->looks++;
    add_p(look, &paired, bound, weight);
    look->needed = needed_of(sequential, bound);
    stats_paired_done(&paired);
    return BASE_OK;
}

base_err stats_sequential_look(struct stats_sequential *sequential, bool is_final)
{
    struct stats_look *look = &sequential->look;
    if (look->is_over || (!is_final && sequential->count < sequential->next_due))
        return BASE_OK;
    base_err err = BASE_OK;
    if (sequential->count > 0)
        err = judge(sequential, is_final ? WEIGHT_FINAL : weight_of(sequential->next));
    if (err != BASE_OK)
        return err;
    while (sequential->next_due <= sequential->count) {
        const double due = (double)sequential->first_due * pow(GROWTH, (double)++sequential->next);
        sequential->next_due = (size_t)ceil(due);
    }
    look->is_over = is_final || look->verdict != STATS_VERDICT_UNDECIDED;
    return BASE_OK;
}
