/* claim_judge.c - a claim's reading against its bound, and the sentence that says why. */
#include "claim_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const state_texts[] = {
#define STATE_TEXT(name, text) text,
    RESULT_STATE_MAP(STATE_TEXT)
#undef STATE_TEXT
};

const char *result_state_text(enum result_state state)
{
    return state_texts[state];
}

enum result_state result_state_of(const char *text)
{
    for (size_t i = 0; i < RESULT_STATE_COUNT; i++)
        if (text != NULL && strcmp(text, state_texts[i]) == 0)
            return (enum result_state)i;
    return RESULT_STATE_NOT_RUN;
}

struct judge {
    const struct result_claim *claim;
    const struct result_run *run;
    struct base_arena *arena;
    struct result_reading reading;
};

/* Does a command have a word? Leading dashes of its words do not count, nor does "=value". */
static bool has_word(const char *command, const char *word)
{
    const size_t size = strlen(word);
    for (const char *at = command != NULL ? command : ""; *at != '\0';) {
        at += strspn(at, " ");
        const char *start = at + strspn(at, "-");
        const size_t length = strcspn(at, " ");
        const size_t name = strcspn(start, " =");
        if (name == size && strncmp(start, word, size) == 0)
            return true;
        at += length;
    }
    return false;
}

/* The case by id, if it can be judged; else NULL and why not. */
static const struct result_case *case_of(const struct judge *judge, const char *id,
                                         const char **lack)
{
    const struct result_case *one = result_run_find(judge->run, id);
    if (one == NULL)
        *lack = base_arena_printf(judge->arena, "the run has no case %s", id);
    else if (strcmp(one->status, "ok") == 0)
        return one;
    else
        *lack = base_arena_printf(judge->arena, "%s: %s%s%s", id, one->status,
                                  one->why != NULL ? ": " : "", one->why != NULL ? one->why : "");
    return NULL;
}

/* An interval from few processes is wide or lucky: some claims want more of them. Of what must
 * never be, once is enough. */
static base_err doubt_few(const struct judge *judge, struct result_reading *out)
{
    const double value = out->estimate.value;
    if (out->lack != NULL || out->processes >= judge->claim->processes ||
        (out->is_highest && value > judge->claim->bound.high))
        return BASE_OK;
    out->doubt = base_arena_printf(judge->arena, "it needs %u rounds, there were %zu",
                                   judge->claim->processes, out->processes);
    return out->doubt != NULL ? BASE_OK : BASE_ENOMEM;
}

static base_err read_one(struct judge *judge, const char *id, struct result_reading *out)
{
    const char *lack = NULL;
    const struct result_case *one = NULL;
    if (id != NULL) {
        one = case_of(judge, id, &lack);
        if (one == NULL) {
            *out =
                (struct result_reading){ .estimate = { NAN, NAN, NAN }, .unit = "1", .lack = lack };
            return lack != NULL ? BASE_OK : BASE_ENOMEM;
        }
    }
    const base_err err =
        result_metric_read(judge->claim->metric, judge->run, one, judge->arena, out);
    return err == BASE_OK && one != NULL ? doubt_few(judge, out) : err;
}

static base_err read_claim(struct judge *judge)
{
    const struct result_claim *claim = judge->claim;
    if (claim->only != NULL && !has_word(judge->run->command, claim->only)) {
        judge->reading.lack =
            base_arena_printf(judge->arena, "judged only in a run with '%s'", claim->only);
        return judge->reading.lack != NULL ? BASE_OK : BASE_ENOMEM;
    }
    struct result_reading against = { 0 };
    base_err err = read_one(judge, claim->case_id, &judge->reading);
    if (err != BASE_OK || claim->against == NULL || judge->reading.lack != NULL)
        return err;
    err = read_one(judge, claim->against, &against);
    if (err != BASE_OK)
        return err;
    judge->reading =
        against.lack != NULL ? against : result_metric_ratio(&judge->reading, &against);
    return BASE_OK;
}

static enum result_state state_of(const struct judge *judge)
{
    const struct result_reading *reading = &judge->reading;
    const struct result_bound *bound = &judge->claim->bound;
    const struct result_estimate *estimate = &reading->estimate;
    if (reading->lack != NULL)
        return RESULT_STATE_NOT_RUN;
    if (reading->doubt != NULL)
        return RESULT_STATE_UNDECIDED;
    if (result_bound_is_kept(bound, estimate->low, estimate->high))
        return RESULT_STATE_PROVEN;
    return result_bound_is_missed(bound, estimate->low, estimate->high) ? RESULT_STATE_REFUTED
                                                                        : RESULT_STATE_UNDECIDED;
}

/* "203.1 ns [201.0 ns, 205.2 ns] is wholly inside < 1.25 ms"; NULL when out of memory. */
static const char *why_of(const struct judge *judge, enum result_state state)
{
    const struct result_reading *reading = &judge->reading;
    const struct result_estimate *estimate = &reading->estimate;
    char value[64], low[64], high[64];
    if (reading->lack != NULL)
        return reading->lack;
    result_unit_print(estimate->value, reading->unit, value, sizeof value);
    if (reading->doubt != NULL)
        return base_arena_printf(judge->arena, "%s, but %s", value, reading->doubt);
    const char *const side = state == RESULT_STATE_PROVEN    ? "keeps"
                             : state == RESULT_STATE_REFUTED ? "misses"
                                                             : "is on both sides of";
    const char *const bound = judge->claim->bound_text;
    if (estimate->low == estimate->high)
        return base_arena_printf(judge->arena, "%s (exact) %s %s", value, side, bound);
    result_unit_print(estimate->low, reading->unit, low, sizeof low);
    result_unit_print(estimate->high, reading->unit, high, sizeof high);
    return base_arena_printf(judge->arena, "%s [%s, %s] %s %s", value, low, high, side, bound);
}

static const char *metric_text(const struct judge *judge)
{
    const struct result_claim *claim = judge->claim;
    if (claim->case_id == NULL)
        return claim->metric;
    if (claim->against == NULL)
        return base_arena_printf(judge->arena, "%s %s", claim->case_id, claim->metric);
    return base_arena_printf(judge->arena, "%s / %s %s", claim->case_id, claim->against,
                             claim->metric);
}

static base_err judge_one(struct judge *judge, struct result_verdict *out)
{
    judge->reading = (struct result_reading){ .estimate = { NAN, NAN, NAN }, .unit = "1" };
    const base_err err = read_claim(judge);
    if (err != BASE_OK)
        return err;
    struct result_reading *reading = &judge->reading;
    const struct result_bound *bound = &judge->claim->bound;
    if (reading->lack == NULL && strcmp(reading->unit, bound->unit) != 0) {
        reading->lack =
            base_arena_printf(judge->arena, "%s is in %s, the bound %s in %s", judge->claim->metric,
                              reading->unit, judge->claim->bound_text, bound->unit);
        reading->estimate = (struct result_estimate){ NAN, NAN, NAN };
        if (reading->lack == NULL)
            return BASE_ENOMEM;
    }
    const enum result_state state = state_of(judge);
    *out = (struct result_verdict){ .id = judge->claim->id,
                                    .sentence = judge->claim->sentence,
                                    .metric = metric_text(judge),
                                    .bound = judge->claim->bound_text,
                                    .state = result_state_text(state),
                                    .why = why_of(judge, state),
                                    .measured = reading->estimate };
    return out->metric != NULL && out->why != NULL ? BASE_OK : BASE_ENOMEM;
}

base_err result_claims_judge(const struct result_claim *claims, size_t count,
                             const struct result_run *run, struct base_arena *arena,
                             struct result_verdict **verdicts)
{
    struct result_verdict *list = base_arena_array(arena, count + 1, sizeof *list);
    if (list == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct judge judge = { .claim = &claims[i], .run = run, .arena = arena };
        const base_err err = judge_one(&judge, &list[i]);
        if (err != BASE_OK)
            return err;
    }
    *verdicts = list;
    return BASE_OK;
}
