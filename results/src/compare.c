/* compare.c - the correction over all cases' p, then the verdicts. The caveats are plain
 * differences between the two documents. */
#include <result/compare.h>

#include "compare_imported.h"
#include "compare_times.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CAVEAT_MAX = 64, DIFFERENCE_MAX = 12 };
#define LOAD_ALIKE 0.5 /* runnable processes, one minute: less is not worth a word */

const char *result_change_text(enum result_change change)
{
    static const char *const texts[] = {
#define CHANGE_TEXT(name, text) text,
        RESULT_CHANGE_MAP(CHANGE_TEXT)
#undef CHANGE_TEXT
    };
    return texts[change];
}

/* --- one case ------------------------------------------------------------------------------ */

static bool is_ok(const struct result_case *one)
{
    return strcmp(one->status, "ok") == 0;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void leave_out(struct result_compared *out, enum result_change change, const char *why)
{
    out->change = change;
    out->why = why;
}

/* Imported cases may have a value without samples. */
/* Why the pair cannot be compared, put into `out`; false when it can. */
static bool is_left_out(struct result_comparison *all, const struct result_case *baseline,
                        const struct result_case *current, struct result_compared *out)
{
    const struct result_case *failed = !is_ok(current)    ? current
                                       : !is_ok(baseline) ? baseline
                                                          : NULL;
    if (failed != NULL) {
        const bool is_broken = is_ok(baseline) && strcmp(current->status, "interrupted") != 0;
        leave_out(out, is_broken ? RESULT_CHANGE_BROKEN : RESULT_CHANGE_NOT_COMPARED,
                  base_arena_printf(&all->arena, "%s run: %s%s%s",
                                    failed == current ? "current" : "baseline", failed->status,
                                    failed->why != NULL ? ": " : "", or_empty(failed->why)));
    } else if (baseline->is_at_floor || current->is_at_floor) {
        leave_out(out, RESULT_CHANGE_NOT_COMPARED, "at the floor of what the clock can tell");
    } else if (baseline->threads != current->threads) {
        leave_out(out, RESULT_CHANGE_NOT_COMPARED,
                  base_arena_printf(&all->arena,
                                    "%u threads in the baseline, %u in the current run",
                                    baseline->threads, current->threads));
    } else if (!result_compare_has_value(all->baseline, baseline) ||
               !result_compare_has_value(all->current, current)) {
        leave_out(out, RESULT_CHANGE_NOT_COMPARED, "a process has no positive time");
    } else {
        return false;
    }
    return true;
}

static base_err compare_pair(struct result_comparison *all, const struct result_case *baseline,
                             const struct result_case *current, struct result_compared *out)
{
    if (is_left_out(all, baseline, current, out))
        return out->why != NULL ? BASE_OK : BASE_ENOMEM;
    out->change = RESULT_CHANGE_UNDECIDED;
    return result_compare_times(all, baseline, current, out);
}

/* --- all cases ----------------------------------------------------------------------------- */

static base_err adjust(struct result_comparison *all)
{
    double *p = base_arena_array(&all->arena, all->count + 1, sizeof *p);
    if (p == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < all->count; i++)
        p[i] = all->items[i].p;
    const base_err err = stats_adjust(p, all->count, all->options.correction, &all->tests);
    for (size_t i = 0; err == BASE_OK && i < all->count; i++)
        all->items[i].p_adjusted = p[i];
    return err;
}

/* What an undecided case shows nevertheless. */
static const char *why_undecided(struct result_comparison *all, const struct result_compared *item)
{
    const double threshold = all->options.threshold;
    const bool is_slower = item->ratio.low > 1;
    const double edge = is_slower ? item->ratio.value : 1 / item->ratio.value;
    if (!is_slower && !(item->ratio.high < 1))
        return NULL;
    if (item->p < 1 - all->options.confidence)
        return "differs alone, not after the correction for all cases";
    return base_arena_printf(&all->arena, "%s by %.2g %%, but not shown to be beyond %g %%",
                             is_slower ? "slower" : "faster", 100 * (edge - 1), 100 * threshold);
}

static void decide(struct result_comparison *all, struct result_compared *item)
{
    const double edge = 1 + all->options.threshold;
    if (item->change != RESULT_CHANGE_UNDECIDED || isnan(item->degrees))
        return;
    const bool is_significant = item->p_adjusted < 1 - all->options.confidence;
    if (is_significant && item->ratio.low > edge)
        item->change = RESULT_CHANGE_SLOWER;
    else if (is_significant && item->ratio.high < 1 / edge)
        item->change = RESULT_CHANGE_FASTER;
    else if (item->ratio.low >= 1 / edge && item->ratio.high <= edge)
        item->change = RESULT_CHANGE_SAME;
    else if (item->why == NULL)
        item->why = why_undecided(all, item);
}

static base_err compare_cases(struct result_comparison *all)
{
    const struct result_run *b = all->baseline, *c = all->current;
    const struct result_compared none = { .baseline_ns = NAN,
                                          .current_ns = NAN,
                                          .ratio = { NAN, NAN, NAN },
                                          .degrees = NAN,
                                          .p = NAN,
                                          .p_adjusted = NAN,
                                          .seconds = NAN,
                                          .deciding_seconds = NAN };
    all->items =
        base_arena_array(&all->arena, b->case_count + c->case_count + 1, sizeof *all->items);
    if (all->items == NULL)
        return BASE_ENOMEM;
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < b->case_count; i++) {
        struct result_compared *item = &all->items[all->count++];
        const struct result_case *current = result_run_find(c, b->cases[i].id);
        *item = none;
        item->id = b->cases[i].id;
        if (current != NULL)
            err = compare_pair(all, &b->cases[i], current, item);
        else
            leave_out(item, RESULT_CHANGE_MISSING, "only in the baseline");
    }
    for (size_t i = 0; err == BASE_OK && i < c->case_count; i++) {
        if (result_run_find(b, c->cases[i].id) != NULL)
            continue;
        struct result_compared *item = &all->items[all->count++];
        *item = none;
        item->id = c->cases[i].id;
        leave_out(item, RESULT_CHANGE_ADDED, "only in the current run");
    }
    return err;
}

/* --- caveats ------------------------------------------------------------------------------- */

static base_err add_caveat(struct result_comparison *all, const char *sentence)
{
    if (sentence == NULL)
        return BASE_ENOMEM;
    if (all->caveat_count < CAVEAT_MAX)
        all->caveats[all->caveat_count++] = sentence;
    return BASE_OK;
}

/* Facts that are different each time say nothing about the machine. */
static bool is_passing(const char *name)
{
    static const char *const words[] = { "load", "steal", "uptime", "free",         "available",
                                         "now",  "date",  "drift",  "speed_entries" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

static const char *value_of(const struct result_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return or_empty(pairs->items[i].value);
    return NULL;
}

static base_err add_difference(struct result_comparison *all, const char *what, const char *name,
                               const char *was, const char *is, size_t *found)
{
    if (is_passing(name) || result_is_of_import(name) ||
        (was != NULL && is != NULL && strcmp(was, is) == 0))
        return BASE_OK;
    if (++*found > DIFFERENCE_MAX)
        return BASE_OK;
    return add_caveat(all, base_arena_printf(&all->arena, "the %s differs: %s was '%s', is '%s'",
                                             what, name, was != NULL ? was : "not said",
                                             is != NULL ? is : "not said"));
}

static base_err compare_pairs(struct result_comparison *all, const char *what,
                              const struct result_pairs *b, const struct result_pairs *c)
{
    size_t found = 0;
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < b->count; i++)
        err = add_difference(all, what, b->items[i].name, or_empty(b->items[i].value),
                             value_of(c, b->items[i].name), &found);
    for (size_t i = 0; err == BASE_OK && i < c->count; i++)
        if (value_of(b, c->items[i].name) == NULL)
            err = add_difference(all, what, c->items[i].name, NULL, or_empty(c->items[i].value),
                                 &found);
    if (err == BASE_OK && found > DIFFERENCE_MAX)
        err = add_caveat(all, base_arena_printf(&all->arena, "the %s differs in %zu more points",
                                                what, found - DIFFERENCE_MAX));
    return err;
}

/* What others take of a core can be in no reference (docs/measuring.md, known limits): a busy hour
 * against a calm one can look like slower code. */
static base_err add_load(struct result_comparison *all)
{
    const char *was = value_of(&all->baseline->host, "load");
    const char *is = value_of(&all->current->host, "load");
    if (was == NULL || is == NULL || fabs(strtod(was, NULL) - strtod(is, NULL)) < LOAD_ALIKE)
        return BASE_OK;
    return add_caveat(all, base_arena_printf(&all->arena,
                                             "the machine was not equally busy: load %.4s was, "
                                             "%.4s is; not all that others take of a core is "
                                             "seen by a reference",
                                             was, is));
}

static base_err add_imported(struct result_comparison *all)
{
    const char **sentences = NULL;
    size_t count = 0;
    base_err err = result_import_caveats(all, &sentences, &count);
    for (size_t i = 0; err == BASE_OK && i < count; i++)
        err = add_caveat(all, sentences[i]);
    return err;
}

static base_err find_caveats(struct result_comparison *all)
{
    const struct result_run *b = all->baseline, *c = all->current;
    all->caveats = base_arena_array(&all->arena, CAVEAT_MAX, sizeof *all->caveats);
    if (all->caveats == NULL)
        return BASE_ENOMEM;
    base_err err = BASE_OK;
    if (strcmp(or_empty(b->id), or_empty(c->id)) == 0)
        err = add_caveat(all, "both files hold the same run");
    if (err == BASE_OK && strcmp(or_empty(b->state), "interrupted") == 0)
        err = add_caveat(all, "the baseline was interrupted");
    if (err == BASE_OK && strcmp(or_empty(c->state), "interrupted") == 0)
        err = add_caveat(all, "the current run was interrupted");
    if (err == BASE_OK)
        err = add_imported(all);
    if (err == BASE_OK)
        err = add_load(all);
    if (err == BASE_OK)
        err = compare_pairs(all, "host", &b->host, &c->host);
    if (err == BASE_OK)
        err = compare_pairs(all, "build", &b->build, &c->build);
    if (err == BASE_OK)
        err = compare_pairs(all, "configuration", &b->config, &c->config);
    return err;
}

static base_err check_options(struct result_compare_options *options, struct base_why *why)
{
    if (options->confidence == 0)
        options->confidence = 0.95;
    if (!(options->threshold >= 0 && options->threshold <= 1))
        return base_fail(why, BASE_ERANGE, 0, "threshold: %g %% is not between 0 %% and 100 %%",
                         options->threshold * 100);
    if (!(options->confidence >= 0.5 && options->confidence <= 0.9999))
        return base_fail(why, BASE_ERANGE, 0, "confidence: %g %% is not between 50 %% and 99.99 %%",
                         options->confidence * 100);
    return BASE_OK;
}

base_err result_compare(const struct result_run *baseline, const struct result_run *current,
                        const struct result_compare_options *options, struct result_comparison *out,
                        struct base_why *why)
{
    struct result_comparison all = { .baseline = baseline,
                                     .current = current,
                                     .baseline_name = or_empty(baseline->id),
                                     .current_name = or_empty(current->id),
                                     .correction = stats_correction_text(options->correction),
                                     .options = *options };
    base_err err = check_options(&all.options, why);
    if (err != BASE_OK)
        return err;
    if (!(baseline->confidence > 0 && baseline->confidence < 1) ||
        !(current->confidence > 0 && current->confidence < 1))
        return base_fail(why, BASE_ERANGE, 0, "a run does not say the confidence of its intervals");
    err = compare_cases(&all);
    if (err == BASE_OK)
        err = adjust(&all);
    if (err == BASE_OK)
        err = find_caveats(&all);
    if (err != BASE_OK) {
        base_arena_done(&all.arena);
        return base_fail(why, err, 0, "no memory for the comparison");
    }
    for (size_t i = 0; i < all.count; i++) {
        decide(&all, &all.items[i]);
        all.counts[all.items[i].change]++;
    }
    *out = all;
    return BASE_OK;
}

void result_comparison_done(struct result_comparison *comparison)
{
    base_arena_done(&comparison->arena);
    *comparison = (struct result_comparison){ 0 };
}
