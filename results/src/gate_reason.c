/* gate_reason.c - the paragraph of a judgement: what was measured, what is allowed, how they stand,
 * and what would help. */
#include "claim_internal.h"
#include "gate_internal.h"
#include "sink_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 64, TIMES_FROM = 5, GROWTH_MAX = 30 };

/* Three digits: 5.12, 10.0, 128. */
static int digits_after(double percent)
{
    const double size = fabs(percent);
    return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
}

const char *result_gate_change_print(double ratio, char *out, size_t size)
{
    const double percent = (ratio - 1) * 100;
    if (!isfinite(ratio))
        snprintf(out, size, "something of nothing");
    else if (fabs(percent) < 0.005)
        snprintf(out, size, "+0.00 %%"); /* never "-0.00" */
    else
        snprintf(out, size, "%+.*f %%", digits_after(percent), percent);
    return out;
}

const char *result_gate_correction_text(enum result_gate_correction correction)
{
    static const char *const texts[] = { "Holm", "Benjamini-Hochberg", "none" };
    return texts[correction];
}

static const char *share_print(double share, char *out)
{
    const double percent = fabs(share) * 100;
    snprintf(out, TEXT_SIZE, "%.*f %%", digits_after(percent), percent);
    return out;
}

/* A count in full: its last digits are what is looked at. */
static const char *side_print(double value, const char *unit, char *out)
{
    if (strcmp(unit, "1") == 0 && value == nearbyint(value) && fabs(value) < 1e15)
        snprintf(out, TEXT_SIZE, "%.0f", value);
    else
        result_unit_print(value, unit, out, TEXT_SIZE);
    return out;
}

static const char *one_print(const struct result_gate_item *item, double value, char *out)
{
    return item->is_ratio ? result_gate_change_print(value, out, TEXT_SIZE)
                          : result_unit_print(value, item->unit, out, TEXT_SIZE);
}

const char *result_gate_value_print(const struct result_gate_item *item, char *out, size_t size)
{
    char value[TEXT_SIZE], low[TEXT_SIZE], high[TEXT_SIZE];
    if (isnan(item->measured.value))
        snprintf(out, size, "%s", "");
    else if (isnan(item->measured.low) || item->measured.low == item->measured.high)
        snprintf(out, size, "%s", one_print(item, item->measured.value, value));
    else
        snprintf(out, size, "%s [%s, %s]", one_print(item, item->measured.value, value),
                 one_print(item, item->measured.low, low),
                 one_print(item, item->measured.high, high));
    return out;
}

/* --- what was measured ---------------------------------------------------------------------- */

static void put_measured(struct result_sink *sink, const struct result_budget *budget,
                         const struct result_gate_reading *reading,
                         const struct result_gate_item *item)
{
    char value[3 * TEXT_SIZE + 8], was[TEXT_SIZE], is[TEXT_SIZE];
    result_gate_value_print(item, value, sizeof value);
    if (reading->group_count > 0)
        result_sink_printf(sink, "The geometric mean of %zu case%s%s: ", reading->group_count,
                           reading->group_count == 1 ? "" : "s",
                           reading->has_left_out ? " (without those that are new)" : "");
    result_sink_printf(sink, "%s %s%s", budget->metric,
                       budget->kind == RESULT_BUDGET_LIMIT ? "is " : "", value);
    if (isnan(reading->confidence) && reading->doubt == NULL)
        result_sink_printf(sink, " (exact)");
    if (budget->kind != RESULT_BUDGET_LIMIT && !isnan(reading->was) && !isnan(reading->is))
        result_sink_printf(sink, " against the baseline: %s was, %s is",
                           side_print(reading->was, reading->side_unit, was),
                           side_print(reading->is, reading->side_unit, is));
    else if (budget->kind != RESULT_BUDGET_LIMIT)
        result_sink_printf(sink, " against the baseline");
    if (reading->worst != NULL)
        result_sink_printf(sink, "; %s: %s", isinf(budget->bound.high) ? "least" : "most",
                           reading->worst);
    result_sink_printf(sink, ". Allowed: %s. ", budget->allowed);
}

/* --- how it stands -------------------------------------------------------------------------- */

static void put_level(struct result_sink *sink, const struct result_gate_reading *reading,
                      const char *rest)
{
    if (isnan(reading->confidence))
        result_sink_printf(sink, "It %s", rest);
    else
        result_sink_printf(sink, "The whole %g %% interval %s", reading->confidence * 100, rest);
}

static double limit_of(const struct result_budget *budget)
{
    return isinf(budget->bound.low) ? budget->bound.high : budget->bound.low;
}

static void put_pass(struct result_sink *sink, const struct result_budget *budget,
                     const struct result_gate_reading *reading)
{
    char room[TEXT_SIZE];
    const double limit = limit_of(budget), value = reading->estimate.value;
    put_level(sink, reading, "keeps it");
    if (budget->kind == RESULT_BUDGET_LIMIT && limit > 0)
        result_sink_printf(sink, ", with %s of the limit to spare.",
                           share_print(value / limit - 1, room));
    else
        result_sink_printf(sink, ".");
}

static void put_test(struct result_sink *sink, const struct result_gate *gate,
                     const struct result_gate_item *item, size_t tests)
{
    if (isnan(item->p))
        return;
    if (item->p_adjusted < 1e-4)
        result_sink_printf(sink, ", p < 0.0001");
    else
        result_sink_printf(sink, ", p %.4f", item->p_adjusted);
    if (gate->correction != RESULT_GATE_NONE && tests > 1)
        result_sink_printf(sink, " after %s's correction over %zu judgements",
                           result_gate_correction_text(gate->correction), tests);
}

static void put_fail(struct result_sink *sink, const struct result_gate *gate,
                     const struct result_budget *budget, const struct result_gate_reading *reading,
                     const struct result_gate_item *item, size_t tests)
{
    char over[TEXT_SIZE], least[TEXT_SIZE], need[TEXT_SIZE];
    const bool is_most = isinf(budget->bound.low);
    const double limit = limit_of(budget);
    const double near = is_most ? reading->estimate.low : reading->estimate.high;
    const double near_over =
        budget->kind == RESULT_BUDGET_LIMIT ? (near - limit) / limit : near - limit;
    put_level(sink, reading, "lies beyond");
    if (item->over >= TIMES_FROM && budget->kind == RESULT_BUDGET_LIMIT && limit > 0)
        result_sink_printf(sink, ": %.3g times the limit", reading->estimate.value / limit);
    else if (isfinite(item->over))
        result_sink_printf(sink, ": missed by %s%s", share_print(item->over, over),
                           budget->kind == RESULT_BUDGET_LIMIT ? " of the limit" : "");
    if (item->over < TIMES_FROM && !isnan(reading->confidence) && is_most == (near_over > 0))
        result_sink_printf(sink, ", %s at the least", share_print(near_over, least));
    put_test(sink, gate, item, tests);
    result_sink_printf(sink, ". ");
    if (reading->estimate.value > 0 && isfinite(reading->estimate.value))
        result_sink_printf(sink, "To pass, the %s must %s by %s; or set another limit in line %zu.",
                           budget->kind == RESULT_BUDGET_TIME ? "time" : "value",
                           is_most ? "fall" : "rise",
                           share_print(limit / reading->estimate.value - 1, need), budget->line);
    else
        result_sink_printf(sink, "To pass, it must be 0 again; or set another limit in line %zu.",
                           budget->line);
}

/* --- what would decide it ------------------------------------------------------------------- */

/* Half the interval towards the limit over the way there, squared: n must grow by it. */
static double needed_growth(const struct result_budget *budget,
                            const struct result_gate_reading *reading)
{
    const struct result_estimate *value = &reading->estimate;
    const double limit = limit_of(budget), way = fabs(value->value - limit);
    const double half =
        limit > value->value ? value->high - value->value : value->value - value->low;
    return way > 0 ? half / way * (half / way) : INFINITY;
}

static bool is_mostly_drift(const struct result_gate_reading *reading)
{
    const struct result_estimate *value = &reading->estimate;
    return reading->drift > 0 &&
           reading->drift * value->value > 0.5 * (value->high - value->low) / 2;
}

static void put_help(struct result_sink *sink, const struct result_budget *budget,
                     const struct result_gate_reading *reading)
{
    char drift[TEXT_SIZE], seconds[BASE_UNITS_TEXT_SIZE];
    const double growth = needed_growth(budget, reading);
    if (is_mostly_drift(reading))
        result_sink_printf(sink,
                           " Most of the interval is how far this host drifts (%s), which more "
                           "time does not narrow: a limit on normalised_ns, or one relative to a "
                           "baseline, is free of it.",
                           share_print(reading->drift, drift));
    else if (reading->deciding_seconds > 0)
        result_sink_printf(sink, " About %s of comparing would probably decide it.",
                           base_units_print_time(reading->deciding_seconds * 1e9, 2, seconds));
    else if (budget->kind == RESULT_BUDGET_TIME && !reading->is_paired)
        result_sink_printf(sink, " Two stored runs tell large changes only; a paired comparison "
                                 "('bpi-perf compare ... --json', then --comparison) tells small "
                                 "ones.");
    else if (growth > GROWTH_MAX)
        result_sink_printf(sink, " The value lies so near the limit that no reasonable time would "
                                 "decide it; leave more room in the limit.");
    else
        result_sink_printf(sink, " About %.0f times the processes would probably decide it.",
                           fmax(2, ceil(growth)));
}

static void put_undecided(struct result_sink *sink, const struct result_gate *gate,
                          const struct result_budget *budget,
                          const struct result_gate_reading *reading,
                          const struct result_gate_item *item, size_t tests)
{
    if (reading->doubt != NULL) {
        result_sink_printf(sink, "It cannot be judged: %s.", reading->doubt);
        if (reading->deciding_seconds > 0)
            put_help(sink, budget, reading);
        else if (!reading->is_paired)
            result_sink_printf(sink, " Measure with more processes.");
        return;
    }
    if (result_bound_is_missed(&budget->bound, reading->estimate.low, reading->estimate.high)) {
        put_level(sink, reading, "lies beyond when the case is looked at alone");
        put_test(sink, gate, item, tests);
        result_sink_printf(sink, ", which is not below %g.", gate->significance);
    } else {
        result_sink_printf(sink, "The limit lies inside the %g %% interval: this cannot be told.",
                           reading->confidence * 100);
    }
    put_help(sink, budget, reading);
}

const char *result_gate_reason(const struct result_gate *gate, const struct result_budget *budget,
                               const struct result_gate_reading *reading,
                               const struct result_gate_item *item, size_t tests,
                               struct base_arena *arena)
{
    struct base_buf text = { 0 };
    struct result_sink sink = { &text, BASE_OK };
    if (reading->broken != NULL) {
        result_sink_printf(&sink, "Failed: %s. What failed keeps no budget.", reading->broken);
    } else if (reading->lack != NULL) {
        result_sink_printf(&sink, "Not judged: %s. Allowed: %s.", reading->lack, budget->allowed);
    } else {
        put_measured(&sink, budget, reading, item);
        if (item->state == RESULT_GATE_PASS)
            put_pass(&sink, budget, reading);
        else if (item->state == RESULT_GATE_FAIL)
            put_fail(&sink, gate, budget, reading, item, tests);
        else
            put_undecided(&sink, gate, budget, reading, item, tests);
        if (strcmp(budget->metric, RESULT_GATE_INSTRUCTIONS) == 0)
            result_sink_printf(&sink, " %s", RESULT_GATE_BLINDNESS);
    }
    const char *bytes = sink.err == BASE_OK ? base_buf_text(&text) : NULL;
    const char *out = bytes != NULL ? base_arena_text(arena, bytes) : NULL;
    base_buf_done(&text);
    return out;
}
