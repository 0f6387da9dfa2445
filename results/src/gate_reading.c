/* gate_reading.c - from a rule and a case, or a group of cases, to the number that is judged. */
#include "claim_internal.h"
#include "gate_internal.h"

#include <stats/distribution.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct result_gate_reading nothing = { .estimate = { NAN, NAN, NAN },
                                                    .unit = "1",
                                                    .confidence = NAN,
                                                    .degrees = NAN,
                                                    .was = NAN,
                                                    .is = NAN,
                                                    .side_unit = "1",
                                                    .drift = NAN,
                                                    .seconds = NAN,
                                                    .deciding_seconds = NAN };

static bool is_exact(const struct result_estimate *estimate)
{
    return estimate->low == estimate->high;
}

static bool is_ok(const struct result_case *one)
{
    return strcmp(one->status, "ok") == 0;
}

/* "crashed: signal 11"; NULL when out of memory. */
static const char *status_text(const struct result_case *one, struct base_arena *arena)
{
    return base_arena_printf(arena, "%s%s%s", one->status, one->why != NULL ? ": " : "",
                             one->why != NULL ? one->why : "");
}

/* What keeps the run's side from being judged; true when something does. */
static bool is_without_run(const struct result_gate_input *input,
                           const struct result_gate_case *one, struct base_arena *arena,
                           struct result_gate_reading *out)
{
    if (input->run == NULL) {
        out->lack = "no run was given, only a comparison of times; give --run RUN";
    } else if (one->run == NULL) {
        out->lack = "the run did not measure this case, the baseline did";
    } else if (strcmp(one->run->status, "interrupted") == 0) {
        out->lack = "the run was interrupted before this case was measured";
    } else if (!is_ok(one->run)) {
        const char *text = status_text(one->run, arena);
        out->broken = text != NULL ? text : one->run->status;
    } else {
        return false;
    }
    return true;
}

/* --- one case ------------------------------------------------------------------------------- */

static double fewest_degrees(const struct result_case *one)
{
    return one->process_count > 1 ? (double)one->process_count - 1 : NAN;
}

static bool is_drifting(const char *metric)
{
    return strcmp(metric, "median_ns") == 0 || strcmp(metric, "mean_ns") == 0 ||
           strstr(metric, "_per_s") != NULL;
}

static base_err read_limit(const struct result_budget *budget,
                           const struct result_gate_input *input,
                           const struct result_gate_case *one, struct base_arena *arena,
                           struct result_gate_reading *out)
{
    struct result_reading reading = { 0 };
    if (is_without_run(input, one, arena, out))
        return BASE_OK;
    const base_err err = result_metric_read(budget->metric, input->run, one->run, arena, &reading);
    if (err != BASE_OK)
        return err;
    out->estimate = reading.estimate;
    out->unit = reading.unit;
    out->lack = reading.lack;
    out->doubt = reading.doubt;
    out->confidence = is_exact(&reading.estimate) ? NAN : input->run->confidence;
    out->degrees = fewest_degrees(one->run);
    out->drift = is_drifting(budget->metric) ? one->run->drift_share : NAN;
    if (out->lack != NULL || strcmp(out->unit, budget->bound.unit) == 0)
        return BASE_OK;
    out->lack = base_arena_printf(arena, "%s is in %s, and the limit is not (%s)", budget->metric,
                                  out->unit, budget->allowed);
    return out->lack != NULL ? BASE_OK : BASE_ENOMEM;
}

static void read_time(const struct result_gate_input *input, const struct result_gate_case *one,
                      struct result_gate_reading *out)
{
    const struct result_compared *item = one->compared;
    if (input->comparison == NULL) {
        out->lack = "there is nothing to compare with; give --baseline RUN or --comparison FILE";
        return;
    }
    if (item == NULL) {
        out->lack = "the comparison does not have this case";
        return;
    }
    out->was = item->baseline_ns;
    out->is = item->current_ns;
    out->side_unit = "ns";
    out->is_paired = item->pairs > 0;
    out->confidence = input->comparison->options.confidence;
    out->degrees =
        isnan(item->degrees) && item->pairs > 1 ? (double)item->pairs - 1 : item->degrees;
    out->deciding_seconds = item->deciding_seconds;
    out->seconds = isnan(item->seconds) ? out->seconds : item->seconds;
    out->estimate = item->ratio;
    if (item->change == RESULT_CHANGE_BROKEN)
        out->broken = item->why != NULL ? item->why : "good in the baseline, failed now";
    else if (item->change == RESULT_CHANGE_ADDED)
        out->is_added = true;
    else if (item->change == RESULT_CHANGE_MISSING)
        out->lack = "the baseline measured this case, the run did not";
    else if (item->change == RESULT_CHANGE_NOT_COMPARED || !(item->ratio.value > 0))
        out->lack = item->why != NULL ? item->why : "the comparison could not compare it";
    else if (!(item->ratio.low > 0) || !isfinite(item->ratio.high))
        out->doubt = item->why != NULL ? item->why : "the comparison gives no interval";
}

/* Two exact numbers, of which a count may be 0: 0 of 0 is no change, something of nothing is
 * without end. */
static struct result_estimate exact_ratio(double is, double was)
{
    const double ratio = was != 0 ? is / was : is == 0 ? 1 : INFINITY;
    return (struct result_estimate){ ratio, ratio, ratio };
}

static base_err read_sides(const struct result_budget *budget,
                           const struct result_gate_input *input,
                           const struct result_gate_case *one, struct base_arena *arena,
                           struct result_gate_reading *out)
{
    struct result_reading is = { 0 }, was = { 0 };
    base_err err = result_metric_read(budget->metric, input->run, one->run, arena, &is);
    if (err == BASE_OK)
        err = result_metric_read(budget->metric, input->baseline, one->baseline, arena, &was);
    if (err != BASE_OK)
        return err;
    if (is.lack != NULL || was.lack != NULL) {
        const bool is_lane = strcmp(budget->metric, RESULT_GATE_INSTRUCTIONS) == 0;
        out->lack = base_arena_printf(
            arena, "%s run: %s%s", is.lack != NULL ? "current" : "baseline",
            is.lack != NULL ? is.lack : was.lack,
            is_lane ? "; measure both runs with --instructions (needs valgrind)" : "");
        return out->lack != NULL ? BASE_OK : BASE_ENOMEM;
    }
    const bool is_counted = is.doubt == NULL && was.doubt == NULL && is_exact(&is.estimate) &&
                            is_exact(&was.estimate) && is.estimate.value >= 0 &&
                            was.estimate.value >= 0 && strcmp(is.unit, was.unit) == 0;
    const struct result_reading ratio = result_metric_ratio(&is, &was);
    out->was = was.estimate.value;
    out->is = is.estimate.value;
    out->side_unit = is.unit;
    if (is_counted) {
        out->estimate = exact_ratio(out->is, out->was);
        return BASE_OK;
    }
    out->estimate = ratio.estimate;
    out->lack = ratio.lack;
    out->doubt = ratio.doubt;
    out->confidence =
        is_exact(&ratio.estimate) ? NAN : fmin(input->run->confidence, input->baseline->confidence);
    out->degrees = fmin(fewest_degrees(one->run), fewest_degrees(one->baseline));
    return BASE_OK;
}

static base_err read_ratio(const struct result_budget *budget,
                           const struct result_gate_input *input,
                           const struct result_gate_case *one, struct base_arena *arena,
                           struct result_gate_reading *out)
{
    if (is_without_run(input, one, arena, out))
        return BASE_OK;
    if (input->baseline == NULL) {
        out->lack = "there is no run to compare this metric with; give --baseline RUN";
    } else if (one->baseline == NULL) {
        out->is_added = true;
    } else if (!is_ok(one->baseline)) {
        const char *text = status_text(one->baseline, arena);
        out->lack = text != NULL ? base_arena_printf(arena, "baseline: %s", text) : NULL;
        return out->lack != NULL ? BASE_OK : BASE_ENOMEM;
    } else {
        return read_sides(budget, input, one, arena, out);
    }
    return BASE_OK;
}

base_err result_gate_read_case(const struct result_budget *budget,
                               const struct result_gate_input *input,
                               const struct result_gate_case *one, struct base_arena *arena,
                               struct result_gate_reading *out)
{
    *out = nothing;
    if (one->run != NULL)
        out->seconds = (double)one->run->elapsed_ns / 1e9;
    base_err err = BASE_OK;
    if (budget->kind == RESULT_BUDGET_LIMIT)
        err = read_limit(budget, input, one, arena, out);
    else if (budget->kind == RESULT_BUDGET_RATIO)
        err = read_ratio(budget, input, one, arena, out);
    else
        read_time(input, one, out);
    if (out->is_added)
        out->lack = "the baseline does not have this case";
    return err;
}

/* --- a group -------------------------------------------------------------------------------- */

struct group {
    size_t count, added;
    double log_sum, up, down; /* half widths: sums, or sums of squares */
    double degrees, seconds;
    bool is_paired, is_exact;
};

static void add_to_group(struct group *group, const struct result_gate_reading *one)
{
    const double up = log(one->estimate.high / one->estimate.value);
    const double down = log(one->estimate.value / one->estimate.low);
    group->log_sum += log(one->estimate.value);
    group->up += group->is_paired ? up * up : up;
    group->down += group->is_paired ? down * down : down;
    group->degrees = fmin(group->degrees, one->degrees);
    group->seconds += isnan(one->seconds) ? 0 : one->seconds;
    group->is_exact = group->is_exact && isnan(one->confidence);
    group->count++;
}

static struct result_estimate group_estimate(const struct group *group)
{
    const double n = (double)group->count, centre = group->log_sum / n;
    const double up = group->is_paired ? sqrt(group->up) / n : group->up / n;
    const double down = group->is_paired ? sqrt(group->down) / n : group->down / n;
    return (struct result_estimate){ exp(centre), exp(centre - down), exp(centre + up) };
}

/* Why one case spoils its group; NULL when it does not. */
static const char *spoils(const struct result_gate_reading *one,
                          const struct result_gate_reading *first)
{
    if (one->lack != NULL)
        return one->lack;
    if (!(one->estimate.value > 0) || !isfinite(one->estimate.value))
        return "a geometric mean needs positive numbers";
    return strcmp(one->unit, first->unit) != 0 ? "the cases of the group are in different units"
                                               : NULL;
}

struct member {
    const char *id;
    double value;
};

static int by_value(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->value < y->value) - (x->value > y->value);
}

/* The three largest, in words. */
static const char *worst_of(const struct result_budget *budget, struct member *members,
                            size_t count, const char *unit, struct base_arena *arena)
{
    enum { SHOWN = 3 };
    const char *text = "";
    const bool is_least = isinf(budget->bound.high);
    qsort(members, count, sizeof *members, by_value);
    for (size_t i = 0; text != NULL && i < count && i < SHOWN; i++) {
        const struct member *one = &members[is_least ? count - 1 - i : i];
        char value[64];
        if (budget->kind == RESULT_BUDGET_LIMIT)
            result_unit_print(one->value, unit, value, sizeof value);
        else
            result_gate_change_print(one->value, value, sizeof value);
        text = base_arena_printf(arena, "%s%s%s %s", text, i > 0 ? ", " : "", one->id, value);
    }
    return text;
}

base_err result_gate_read_group(const struct result_budget *budget,
                                const struct result_gate_input *input,
                                const struct result_gate_case *const *cases, size_t count,
                                struct base_arena *arena, struct result_gate_reading *out)
{
    struct group group = { .is_paired = true, .is_exact = true, .degrees = NAN };
    struct result_gate_reading *readings = base_arena_array(arena, count + 1, sizeof *readings);
    struct member *members = base_arena_array(arena, count + 1, sizeof *members);
    if (readings == NULL || members == NULL)
        return BASE_ENOMEM;
    *out = nothing;
    out->group_count = count;
    for (size_t i = 0; i < count; i++) {
        const base_err err = result_gate_read_case(budget, input, cases[i], arena, &readings[i]);
        if (err != BASE_OK)
            return err;
        group.is_paired = group.is_paired && (readings[i].is_paired || readings[i].is_added);
    }
    for (size_t i = 0; i < count; i++) {
        const struct result_gate_reading *one = &readings[i];
        if (one->is_added) {
            group.added++;
            continue;
        }
        const char *why = one->broken != NULL ? one->broken : spoils(one, &readings[0]);
        if (why != NULL) {
            why = base_arena_printf(arena, "%s: %s", cases[i]->id, why);
            *(one->broken != NULL ? &out->broken : &out->lack) = why;
            return why != NULL ? BASE_OK : BASE_ENOMEM;
        }
        out->doubt = one->doubt != NULL ? one->doubt : out->doubt;
        out->unit = one->unit;
        out->confidence = isnan(one->confidence) ? out->confidence : one->confidence;
        members[group.count] = (struct member){ cases[i]->id, one->estimate.value };
        add_to_group(&group, one);
    }
    out->group_count = group.count;
    out->is_added = group.count == 0;
    out->has_left_out = group.added > 0;
    out->lack = out->is_added ? "the baseline has none of these cases" : NULL;
    if (out->is_added)
        return BASE_OK;
    out->estimate = group_estimate(&group);
    out->degrees = group.degrees;
    out->seconds = group.seconds;
    out->is_paired = group.is_paired;
    out->worst = worst_of(budget, members, group.count, out->unit, arena);
    return out->worst != NULL ? BASE_OK : BASE_ENOMEM;
}

/* --- ratios --------------------------------------------------------------------------------- */

static double quantile(double confidence, double degrees)
{
    const double p = (1 + confidence) / 2;
    return degrees >= 1 ? stats_student_quantile(p, degrees) : stats_normal_quantile(p);
}

double result_gate_p(const struct result_budget *budget, const struct result_gate_reading *reading)
{
    const struct result_estimate *ratio = &reading->estimate;
    if (budget->kind == RESULT_BUDGET_LIMIT || reading->lack != NULL || reading->doubt != NULL ||
        reading->broken != NULL || isnan(reading->confidence))
        return NAN;
    const bool is_most = isinf(budget->bound.low);
    const double limit = is_most ? budget->bound.high : budget->bound.low;
    const double away = is_most ? log(ratio->value / limit) : log(limit / ratio->value);
    const double half =
        is_most == (away > 0) ? log(ratio->value / ratio->low) : log(ratio->high / ratio->value);
    const double error = half / quantile(reading->confidence, reading->degrees);
    if (!(error > 0))
        return away > 0 ? 0 : 1;
    const double z = -away / error;
    const double tail =
        reading->degrees >= 1 ? stats_student_cdf(z, reading->degrees) : stats_normal_cdf(z);
    return fmin(1, 2 * tail);
}

void result_gate_rescale(struct result_gate_reading *reading, double confidence)
{
    struct result_estimate *ratio = &reading->estimate;
    if (isnan(reading->confidence) || reading->doubt != NULL || reading->lack != NULL ||
        reading->broken != NULL || reading->confidence == confidence)
        return;
    const double scale =
        quantile(confidence, reading->degrees) / quantile(reading->confidence, reading->degrees);
    ratio->low = ratio->value * pow(ratio->low / ratio->value, scale);
    ratio->high = ratio->value * pow(ratio->high / ratio->value, scale);
    reading->confidence = confidence;
}
