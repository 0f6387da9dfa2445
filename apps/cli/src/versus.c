/* versus.c - one case after another, round after round. While cases are measured each is judged as
 * one of all (alpha over their number, Bonferroni), which is safe at every look; at the end the
 * correction that was asked for may decide more of those that are still open. */
#include "versus.h"

#include <bench/clock.h>
#include <stats/sequential.h>
#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_NS  UINT64_C(2000000000)
#define TIMEOUT_NS UINT64_C(120000000000)
enum { METHOD_SIZE = 900 };

struct contest { /* one side against the reference in one case */
    struct stats_sequential sequential;
    double item_ns[STATS_PAIRED_MAX];
};

struct paired {
    const struct cli_versus_side *sides;
    size_t side_count;
    struct cli_versus_options options;
    size_t tests;
    bool is_interrupted;
    struct contest *contests; /* [side_count - 1] of the case at work */
    double reference_ns[STATS_PAIRED_MAX];
    double *p_equal, *p_change; /* [item] over all looks */
    struct result_comparison *out;
};

static base_err fail_memory(struct base_why *why)
{
    return base_fail(why, BASE_ENOMEM, 0, "no memory for the comparison");
}

static double median_of(double *values, size_t count)
{
    if (count == 0)
        return NAN;
    stats_sort(values, count);
    return stats_median_sorted(values, count);
}

static base_err begin_case(struct paired *paired, struct base_why *why)
{
    const struct stats_sequential_options options = { .alpha = paired->options.alpha,
                                                      .threshold = paired->options.threshold,
                                                      .tests = paired->tests };
    for (size_t i = 0; i + 1 < paired->side_count; i++) {
        const base_err err = stats_sequential_init(&paired->contests[i].sequential, &options);
        if (err != BASE_OK)
            return base_fail(why, err, 0,
                             "--alpha %g, --threshold %g: an error rate above 0 and up to 0.5 and "
                             "a threshold from 0 %% to 100 %% are expected",
                             options.alpha, options.threshold * 100);
    }
    return BASE_OK;
}

static base_err take_round(struct paired *paired, const struct bench_round *round)
{
    for (size_t i = 0; i + 1 < paired->side_count; i++) {
        struct contest *contest = &paired->contests[i];
        const size_t at = contest->sequential.count;
        if (contest->sequential.look.is_over)
            continue; /* decided before the other sides */
        paired->reference_ns[at] = round->item_ns[0];
        contest->item_ns[at] = round->item_ns[i + 1];
        base_err err = stats_sequential_add(&contest->sequential, round->ln_ratio[i + 1]);
        if (err == BASE_OK && !paired->options.is_full)
            err = stats_sequential_look(&contest->sequential, false);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

static bool is_decided(const struct paired *paired)
{
    for (size_t i = 0; i + 1 < paired->side_count; i++)
        if (!paired->contests[i].sequential.look.is_over)
            return false;
    return true;
}

/* Pairs so far, of the side that has most. */
static size_t pairs_of(const struct paired *paired)
{
    size_t most = 0;
    for (size_t i = 0; i + 1 < paired->side_count; i++)
        most = paired->contests[i].sequential.count > most ? paired->contests[i].sequential.count
                                                           : most;
    return most;
}

/* Is the time up, before a round that will take about as long as the last? Without a budget of the
 * user's there are at least as many pairs as a verdict needs. */
static bool is_time_up(const struct paired *paired, uint64_t spent_ns, uint64_t round_ns)
{
    const struct cli_versus_options *options = &paired->options;
    const size_t pairs = pairs_of(paired);
    const uint64_t budget_ns = options->budget_ns > 0 ? options->budget_ns : BUDGET_NS;
    const size_t least = stats_sequential_least(&paired->contests[0].sequential);
    if (pairs >= STATS_PAIRED_MAX)
        return true;
    if (spent_ns + round_ns <= budget_ns || pairs == 0)
        return false;
    return options->budget_ns > 0 || pairs >= least;
}

static void show_progress(const struct paired *paired, const struct cli_versus_case *item,
                          const struct bench_round *round, uint64_t spent_ns)
{
    const uint64_t budget_ns =
        paired->options.budget_ns > 0 ? paired->options.budget_ns : BUDGET_NS;
    const size_t pairs = pairs_of(paired);
    const struct bench_progress at = {
        .id = item->id,
        .phase = BENCH_PHASE_SAMPLE,
        .process = (uint32_t)pairs,
        .processes = (uint32_t)(pairs * (budget_ns > spent_ns ? budget_ns : spent_ns) /
                                (spent_ns > 0 ? spent_ns : 1)),
        .item_ns = round->item_ns[paired->side_count - 1],
        .left_ns = budget_ns > spent_ns ? budget_ns - spent_ns : 0,
    };
    if (paired->options.progress != NULL)
        cli_progress_show(paired->options.progress, &at);
}

static base_err rounds(struct paired *paired, const struct cli_versus_case *item,
                       struct bench_pair *pair, uint64_t start_ns, struct base_why *why)
{
    uint64_t spent_ns = 0;
    struct bench_round round = { 0 };
    while (!is_decided(paired) && !is_time_up(paired, spent_ns, round.elapsed_ns)) {
        base_err err = bench_pair_round(pair, &round, why);
        if (err == BASE_OK && take_round(paired, &round) != BASE_OK)
            err = fail_memory(why);
        if (err == BASE_EINTERRUPTED && pairs_of(paired) > 0) {
            paired->is_interrupted = true; /* what there is, is judged and shown */
            break;
        }
        if (err != BASE_OK)
            return err;
        spent_ns = bench_clock_now_ns() - start_ns;
        show_progress(paired, item, &round, spent_ns);
    }
    for (size_t i = 0; i + 1 < paired->side_count; i++)
        if (stats_sequential_look(&paired->contests[i].sequential, true) != BASE_OK)
            return fail_memory(why);
    return BASE_OK;
}

static base_err measure_case(struct paired *paired, const struct cli_versus_case *item,
                             uint64_t start_ns, struct base_why *why)
{
    const struct cli_versus_options *options = &paired->options;
    struct bench_pair_side sides[BENCH_PAIR_SIDES_MAX];
    struct bench_pair *pair = NULL;
    for (size_t i = 0; i < paired->side_count; i++)
        sides[i] = (struct bench_pair_side){ paired->sides[i].argv, item->targets[i] };
    const uint64_t timeout_ns =
        options->timeout_ns > 0 ? options->timeout_ns : options->budget_ns + TIMEOUT_NS;
    const struct bench_pair_options how = { .deadline_ns = start_ns + timeout_ns,
                                            .seed = options->seed,
                                            .threads = options->threads,
                                            .cpus = options->cpus,
                                            .cpu_count = options->cpu_count,
                                            .interrupted = options->interrupted };
    base_err err = begin_case(paired, why);
    if (err == BASE_OK)
        err = bench_pair_new(sides, paired->side_count, &how, &pair, why);
    if (err == BASE_OK)
        err = rounds(paired, item, pair, start_ns, why);
    bench_pair_free(pair);
    return err;
}

/* --- what is said of a case ---------------------------------------------------------------- */

static const enum result_change change_of[STATS_VERDICT_COUNT] = {
    [STATS_VERDICT_UNDECIDED] = RESULT_CHANGE_UNDECIDED,
    [STATS_VERDICT_SLOWER] = RESULT_CHANGE_SLOWER,
    [STATS_VERDICT_FASTER] = RESULT_CHANGE_FASTER,
    [STATS_VERDICT_SAME] = RESULT_CHANGE_SAME,
};

static const struct result_compared nothing = { .baseline_ns = NAN,
                                                .current_ns = NAN,
                                                .ratio = { NAN, NAN, NAN },
                                                .degrees = NAN,
                                                .p = NAN,
                                                .p_adjusted = NAN,
                                                .seconds = NAN,
                                                .deciding_seconds = NAN };

static const char *id_of(const struct paired *paired, const char *id, size_t side)
{
    struct base_arena *arena = &paired->out->arena;
    return paired->side_count == 2
               ? base_arena_text(arena, id)
               : base_arena_printf(arena, "%s, %s", id, paired->sides[side].name);
}

/* "slower than 1, but not shown to be beyond 1 %": what an open case does show. */
static const char *why_open(struct paired *paired, const struct stats_look *look)
{
    struct base_arena *arena = &paired->out->arena;
    const double share = paired->options.threshold * 100;
    if (look->count == 0 || isinf(look->low))
        return base_arena_printf(arena,
                                 "%zu pairs are too few for a verdict at this error rate; a longer "
                                 "--budget gives more",
                                 look->count);
    if (share > 0 && look->low > 0)
        return base_arena_printf(arena, "slower, but not shown to be beyond %g %%", share);
    if (share > 0 && look->high < 0)
        return base_arena_printf(arena, "faster, but not shown to be beyond %g %%", share);
    return NULL;
}

static base_err add_item(struct paired *paired, const struct cli_versus_case *item, size_t side,
                         double seconds)
{
    struct result_comparison *out = paired->out;
    struct contest *contest = &paired->contests[side - 1];
    const struct stats_look *look = &contest->sequential.look;
    const size_t count = contest->sequential.count;
    struct result_compared *to = &out->items[out->count];
    double *values = base_arena_array(&out->arena, count + 1, sizeof *values);
    double reference[STATS_PAIRED_MAX];
    if (values == NULL)
        return BASE_ENOMEM;
    memcpy(values, contest->sequential.values, count * sizeof *values);
    memcpy(reference, paired->reference_ns, count * sizeof *reference);
    *to = nothing;
    to->id = id_of(paired, item->id, side);
    to->change = change_of[look->verdict];
    to->metric = "time of an item";
    to->baseline_ns = median_of(reference, count);
    to->current_ns = median_of(contest->item_ns, count);
    to->ratio.value = exp(look->estimate);
    if (isfinite(look->low) && isfinite(look->high)) {
        to->ratio.low = exp(look->low);
        to->ratio.high = exp(look->high);
    }
    to->p = look->p_equal;
    to->pairs = count;
    to->ln_ratios = values;
    to->seconds = seconds;
    if (look->verdict == STATS_VERDICT_UNDECIDED) {
        to->why = why_open(paired, look);
        if (isfinite(look->needed) && count > 0)
            to->deciding_seconds = seconds * look->needed / (double)count;
    }
    paired->p_equal[out->count] = look->p_equal;
    paired->p_change[out->count] = look->p_change;
    out->count++;
    return to->id != NULL ? BASE_OK : BASE_ENOMEM;
}

base_err cli_versus_note(struct result_comparison *out, const char *id, enum result_change change,
                         const char *sentence)
{
    struct result_compared *items =
        base_arena_array(&out->arena, out->count + 1, sizeof *out->items);
    if (items == NULL)
        return BASE_ENOMEM;
    if (out->count > 0)
        memcpy(items, out->items, out->count * sizeof *items);
    struct result_compared *to = &items[out->count++];
    *to = nothing;
    to->id = base_arena_text(&out->arena, id);
    to->change = change;
    to->why = base_arena_text(&out->arena, sentence);
    out->items = items;
    out->counts[change]++;
    return to->id != NULL && to->why != NULL ? BASE_OK : BASE_ENOMEM;
}

static base_err add_failure(struct paired *paired, const char *id, const char *sentence)
{
    struct result_comparison *out = paired->out;
    struct result_compared *to = &out->items[out->count];
    *to = nothing;
    to->id = base_arena_text(&out->arena, id);
    to->change = RESULT_CHANGE_BROKEN;
    to->why = base_arena_text(&out->arena, sentence);
    paired->p_equal[out->count] = paired->p_change[out->count] = NAN;
    out->count++;
    return to->id != NULL && to->why != NULL ? BASE_OK : BASE_ENOMEM;
}

static base_err run_case(struct paired *paired, const struct cli_versus_case *item,
                         struct base_why *why)
{
    const uint64_t start_ns = bench_clock_now_ns();
    struct base_why sentence = { 0 };
    base_err err = measure_case(paired, item, start_ns, &sentence);
    if (err == BASE_EINTERRUPTED)
        return base_fail(why, err, 0, "interrupted before there was a pair");
    if (err == BASE_ERANGE || err == BASE_ENOMEM) {
        *why = sentence;
        return err;
    }
    if (err != BASE_OK)
        return add_failure(paired, item->id, sentence.text);
    const double seconds = (double)(bench_clock_now_ns() - start_ns) / 1e9;
    for (size_t side = 1; side < paired->side_count && err == BASE_OK; side++)
        err = add_item(paired, item, side, seconds);
    if (err != BASE_OK)
        return fail_memory(why);
    return paired->is_interrupted ? base_fail(why, BASE_EINTERRUPTED, 0, "interrupted") : BASE_OK;
}

/* --- the whole ----------------------------------------------------------------------------- */

/* The correction over all cases may decide what Bonferroni's left open. */
static base_err correct(struct paired *paired)
{
    struct result_comparison *out = paired->out;
    base_err err = stats_adjust(paired->p_equal, out->count, paired->options.correction, NULL);
    if (err == BASE_OK)
        err = stats_adjust(paired->p_change, out->count, paired->options.correction, &out->tests);
    for (size_t i = 0; i < out->count && err == BASE_OK; i++) {
        struct result_compared *item = &out->items[i];
        item->p_adjusted = paired->p_equal[i];
        if (item->change != RESULT_CHANGE_UNDECIDED ||
            !(paired->p_change[i] <= paired->options.alpha))
            continue;
        item->change = item->ratio.value > 1 ? RESULT_CHANGE_SLOWER : RESULT_CHANGE_FASTER;
        item->why = NULL;
        item->deciding_seconds = NAN;
    }
    return err;
}

static const char *method_of(struct paired *paired)
{
    const struct cli_versus_options *options = &paired->options;
    const double alpha = options->alpha * 100;
    struct base_arena *arena = &paired->out->arena;
    const char *promise =
        options->correction == STATS_CORRECTION_HOLM
            ? base_arena_printf(arena,
                                "chance that any of the %zu cases is wrongly called slower or "
                                "faster at most %g %% (Bonferroni over looks, Holm over cases)",
                                paired->tests, alpha)
            : base_arena_printf(
                  arena,
                  "of the cases called slower or faster at most %g %% wrongly so, on "
                  "average (Bonferroni over looks, Benjamini-Hochberg over %zu cases)",
                  alpha, paired->tests);
    return base_arena_printf(
        arena,
        "ratio: current over baseline, median of the Walsh averages of the pairs' log ratios; a "
        "pair is two fresh processes in lock step on one core; verdict: slower or faster when the "
        "interval lies beyond %g %%, same when it lies within; %s; intervals by exact signed "
        "ranks, Bonferroni over looks and cases; %s",
        options->threshold * 100, promise != NULL ? promise : "",
        options->is_full ? "no early stop" : "stopped as soon as it was known");
}

static const char *names_of(struct paired *paired)
{
    const char *names = paired->sides[1].name;
    for (size_t i = 2; i < paired->side_count && names != NULL; i++)
        names = base_arena_printf(&paired->out->arena, "%s, %s", names, paired->sides[i].name);
    return names;
}

static void fill_defaults(struct paired *paired)
{
    struct cli_versus_options *options = &paired->options;
    options->threshold = options->threshold < 0 ? 0.01 : options->threshold;
    options->alpha = options->alpha == 0 ? 0.01 : options->alpha;
}

static base_err finish(struct paired *paired, base_err err, struct base_why *why)
{
    struct result_comparison *out = paired->out;
    if (err == BASE_EINTERRUPTED)
        out->caveats = base_arena_array(&out->arena, 1, sizeof *out->caveats);
    if (out->caveats != NULL)
        out->caveats[out->caveat_count++] = "interrupted: not everything was compared";
    if (err == BASE_OK || err == BASE_EINTERRUPTED) {
        if (correct(paired) != BASE_OK)
            err = fail_memory(why);
        memset(out->counts, 0, sizeof out->counts);
        for (size_t i = 0; i < out->count; i++)
            out->counts[out->items[i].change]++;
    }
    free(paired->contests);
    if (err != BASE_OK && err != BASE_EINTERRUPTED)
        result_comparison_done(out);
    return err;
}

static base_err begin(struct paired *paired, size_t case_count, struct base_why *why)
{
    struct result_comparison *out = paired->out;
    const size_t items = case_count * (paired->side_count - 1) + 1;
    fill_defaults(paired);
    paired->tests = case_count * (paired->side_count - 1);
    out->options.threshold = paired->options.threshold;
    out->options.confidence = 1 - paired->options.alpha;
    out->correction = stats_correction_text(paired->options.correction);
    out->baseline_name = base_arena_text(&out->arena, paired->sides[0].name);
    out->current_name = base_arena_text(&out->arena, names_of(paired));
    out->method = method_of(paired);
    out->items = base_arena_array(&out->arena, items, sizeof *out->items);
    paired->p_equal = base_arena_array(&out->arena, items, sizeof(double));
    paired->p_change = base_arena_array(&out->arena, items, sizeof(double));
    paired->contests = calloc(paired->side_count - 1, sizeof *paired->contests);
    if (out->items != NULL && paired->p_equal != NULL && paired->p_change != NULL &&
        paired->contests != NULL && out->method != NULL && out->current_name != NULL)
        return BASE_OK;
    free(paired->contests);
    paired->contests = NULL;
    return fail_memory(why);
}

static base_err run_all(struct paired *paired, const struct cli_versus_case *cases, size_t count,
                        struct base_why *why)
{
    base_err err = BASE_OK;
    for (size_t i = 0; i < count && err == BASE_OK; i++) {
        if (paired->options.progress != NULL)
            paired->options.progress->index = i;
        err = run_case(paired, &cases[i], why);
    }
    return err;
}

base_err cli_versus_cases(const struct cli_versus_side *sides, size_t side_count,
                          const struct cli_versus_case *cases, size_t case_count,
                          const struct cli_versus_options *options, struct result_comparison *out,
                          struct base_why *why)
{
    struct paired paired = { sides, side_count, *options, .out = out };
    base_err err = begin(&paired, case_count, why);
    if (err == BASE_OK)
        err = run_all(&paired, cases, case_count, why);
    err = finish(&paired, err, why);
    for (size_t i = 0; i < case_count && err == BASE_OK && options->is_counting; i++)
        err = cli_versus_count(sides, side_count, &cases[i], options, out, why);
    for (size_t i = 0; i < case_count && err == BASE_OK && options->profile_folder != NULL; i++)
        err = cli_versus_profile(sides, side_count, &cases[i], options, out, why);
    return err;
}
