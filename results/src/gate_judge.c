/* gate_judge.c - every rule on every case it is about: readings first, then the correction over all
 * relative ones, then states, policies and reasons. */
#include "claim_internal.h"
#include "gate_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_MAX = 80 };

/* One judgement on its way. */
struct work {
    const struct result_budget *budget; /* NULL: a claim */
    const char *subject;
    size_t matched; /* cases that the pattern matched */
    struct result_gate_reading reading;
    const struct result_claim *claim; /* NULL: a budget */
    const struct result_verdict *verdict;
    const char *claim_why;
    bool is_listed; /* a claim named by the file, not by `all` */
    size_t line;
};

struct judge {
    const struct result_gate *gate;
    const struct result_gate_input *input;
    struct result_gate_report *report;
    struct base_why *why;
    struct result_gate_case *cases;
    size_t case_count;
    struct work *works;
    size_t count;
    double *p, *adjusted; /* [count] */
};

static base_err no_memory(const struct judge *judge)
{
    return base_fail(judge->why, BASE_ENOMEM, 0, "no memory for the gate");
}

const char *result_gate_state_text(enum result_gate_state state)
{
    static const char *const texts[] = {
#define STATE_TEXT(name, text) text,
        RESULT_GATE_STATE_MAP(STATE_TEXT)
#undef STATE_TEXT
    };
    return texts[state];
}

const char *result_gate_outcome_text(enum result_gate_outcome outcome)
{
    static const char *const texts[] = { "pass", "fail", "unmeasured" };
    return texts[outcome];
}

/* --- what there is to judge ----------------------------------------------------------------- */

static size_t count_matches(const struct judge *judge, const struct result_budget *budget)
{
    size_t count = 0;
    for (size_t i = 0; i < judge->case_count; i++)
        count += result_gate_matches(budget->pattern, judge->cases[i].id);
    return count;
}

/* Room for every judgement. */
static base_err reserve(struct judge *judge)
{
    const struct result_gate *gate = judge->gate;
    size_t most = judge->input->claim_count * (gate->claim_count + 1);
    for (size_t i = 0; i < gate->budget_count && most <= RESULT_GATE_ITEM_MAX; i++) {
        const size_t matched = count_matches(judge, &gate->budgets[i]);
        most += gate->budgets[i].is_group || matched == 0 ? 1 : matched;
    }
    if (most > RESULT_GATE_ITEM_MAX)
        return base_fail(judge->why, BASE_ERANGE, 0,
                         "%s: the rules ask for more than %d judgements; narrow their patterns",
                         gate->path, RESULT_GATE_ITEM_MAX);
    judge->works = base_arena_array(&judge->report->arena, most + 1, sizeof *judge->works);
    return judge->works != NULL ? BASE_OK : no_memory(judge);
}

static struct work *add_work(struct judge *judge, const struct result_budget *budget,
                             const char *subject, size_t matched)
{
    struct work *work = &judge->works[judge->count++];
    *work = (struct work){
        .budget = budget, .subject = subject, .matched = matched, .line = budget->line
    };
    return work;
}

static base_err add_group(struct judge *judge, const struct result_budget *budget, size_t matched)
{
    struct base_arena *arena = &judge->report->arena;
    const struct result_gate_case **members = base_arena_array(arena, matched, sizeof *members);
    const char *subject = base_arena_printf(arena, "group %s (%zu case%s)", budget->pattern,
                                            matched, matched == 1 ? "" : "s");
    size_t count = 0;
    if (members == NULL || subject == NULL)
        return no_memory(judge);
    for (size_t i = 0; i < judge->case_count; i++)
        if (result_gate_matches(budget->pattern, judge->cases[i].id))
            members[count++] = &judge->cases[i];
    struct work *work = add_work(judge, budget, subject, matched);
    const base_err err =
        result_gate_read_group(budget, judge->input, members, count, arena, &work->reading);
    return err == BASE_OK ? BASE_OK : no_memory(judge);
}

static base_err add_budget(struct judge *judge, const struct result_budget *budget)
{
    const size_t matched = count_matches(judge, budget);
    if (matched == 0) {
        struct work *work = add_work(judge, budget, budget->pattern, 0);
        work->reading = (struct result_gate_reading){ .lack = "no case matches this pattern",
                                                      .confidence = NAN,
                                                      .seconds = NAN };
        return BASE_OK;
    }
    if (budget->is_group)
        return add_group(judge, budget, matched);
    for (size_t i = 0; i < judge->case_count; i++) {
        const struct result_gate_case *one = &judge->cases[i];
        if (!result_gate_matches(budget->pattern, one->id))
            continue;
        struct work *work = add_work(judge, budget, one->id, 1);
        if (result_gate_read_case(budget, judge->input, one, &judge->report->arena,
                                  &work->reading) != BASE_OK)
            return no_memory(judge);
    }
    return BASE_OK;
}

/* --- claims --------------------------------------------------------------------------------- */

static base_err judge_claim(struct judge *judge, const struct result_claim *claim, bool is_listed,
                            size_t line)
{
    struct result_verdict *verdict = NULL;
    struct work *work = &judge->works[judge->count];
    static const struct result_run empty = { .command = "", .state = "" };
    const struct result_run *run = judge->input->run != NULL ? judge->input->run : &empty;
    if (result_claims_judge(claim, 1, run, &judge->report->arena, &verdict) != BASE_OK)
        return no_memory(judge);
    *work = (struct work){ .subject = verdict->metric,
                           .claim = claim,
                           .verdict = verdict,
                           .is_listed = is_listed,
                           .line = line };
    work->claim_why =
        base_arena_printf(&judge->report->arena, "%s. %s.", verdict->sentence, verdict->why);
    judge->count++;
    return work->claim_why != NULL ? BASE_OK : no_memory(judge);
}

static bool is_taken(const struct judge *judge, const struct result_claim *claim)
{
    for (size_t i = 0; i < judge->count; i++)
        if (judge->works[i].claim == claim)
            return true;
    return false;
}

static base_err add_claims(struct judge *judge, const char *pattern, size_t line)
{
    const struct result_gate_input *input = judge->input;
    size_t found = 0;
    for (size_t i = 0; i < input->claim_count; i++) {
        const struct result_claim *claim = &input->claims[i];
        const bool is_it = pattern == NULL || (strpbrk(pattern, "*?[") != NULL
                                                   ? result_gate_matches(pattern, claim->id)
                                                   : strcmp(pattern, claim->id) == 0);
        found += is_it;
        if (!is_it || is_taken(judge, claim))
            continue;
        const base_err err = judge_claim(judge, claim, pattern != NULL, line);
        if (err != BASE_OK)
            return err;
    }
    if (pattern != NULL && found == 0)
        return base_fail(judge->why, BASE_EINVALID, line,
                         "%s:%zu: claims: there is no claim '%s'; 'bpi-perf claims --list' shows "
                         "them",
                         judge->gate->path, line, pattern);
    return BASE_OK;
}

static base_err collect(struct judge *judge)
{
    const struct result_gate *gate = judge->gate;
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < gate->budget_count; i++)
        err = add_budget(judge, &gate->budgets[i]);
    for (size_t i = 0; err == BASE_OK && i < gate->claim_count; i++)
        err = add_claims(judge, gate->claims[i], gate->claim_lines[i]);
    if (err == BASE_OK && gate->is_all_claims)
        err = add_claims(judge, NULL, 0);
    return err;
}

/* --- states --------------------------------------------------------------------------------- */

static base_err correct(struct judge *judge)
{
    struct base_arena *arena = &judge->report->arena;
    judge->p = base_arena_array(arena, judge->count + 1, sizeof *judge->p);
    judge->adjusted = base_arena_array(arena, judge->count + 1, sizeof *judge->adjusted);
    if (judge->p == NULL || judge->adjusted == NULL)
        return no_memory(judge);
    for (size_t i = 0; i < judge->count; i++) {
        struct work *work = &judge->works[i];
        judge->p[i] = NAN;
        if (work->budget == NULL || work->budget->kind == RESULT_BUDGET_LIMIT)
            continue;
        judge->p[i] = result_gate_p(work->budget, &work->reading);
        result_gate_rescale(&work->reading, 1 - judge->gate->significance);
    }
    if (result_gate_correct(judge->gate->correction, judge->p, judge->count, judge->adjusted,
                            &judge->report->tests) != BASE_OK)
        return no_memory(judge);
    return BASE_OK;
}

static enum result_gate_state state_of(const struct judge *judge, const struct work *work,
                                       double adjusted)
{
    const struct result_gate_reading *reading = &work->reading;
    const struct result_estimate *value = &reading->estimate;
    if (reading->broken != NULL)
        return RESULT_GATE_FAIL;
    if (reading->lack != NULL)
        return RESULT_GATE_NOT_RUN;
    if (reading->doubt != NULL)
        return RESULT_GATE_UNDECIDED;
    if (result_bound_is_kept(&work->budget->bound, value->low, value->high))
        return RESULT_GATE_PASS;
    if (!isnan(adjusted))
        return adjusted < judge->gate->significance ? RESULT_GATE_FAIL : RESULT_GATE_UNDECIDED;
    return result_bound_is_missed(&work->budget->bound, value->low, value->high)
               ? RESULT_GATE_FAIL
               : RESULT_GATE_UNDECIDED;
}

static enum result_gate_policy effect_of(enum result_gate_state state,
                                         enum result_gate_policy undecided,
                                         enum result_gate_policy missing)
{
    switch (state) {
    case RESULT_GATE_FAIL:
        return RESULT_POLICY_FAIL;
    case RESULT_GATE_UNDECIDED:
        return undecided;
    case RESULT_GATE_NOT_RUN:
        return missing;
    default:
        return RESULT_POLICY_PASS;
    }
}

/* The share by which the value misses: of the limit, or in points of a ratio. */
static double over_of(const struct result_budget *budget, double value)
{
    const struct result_bound *bound = &budget->bound;
    const double limit = value > bound->high ? bound->high : bound->low;
    if (isnan(value) || (value >= bound->low && value <= bound->high))
        return NAN;
    if (budget->kind != RESULT_BUDGET_LIMIT)
        return fabs(value - limit);
    return limit != 0 ? fabs(value - limit) / fabs(limit) : NAN;
}

static const char *rule_text(const struct result_budget *budget, struct base_arena *arena)
{
    if (budget->name != NULL)
        return budget->name;
    return base_arena_printf(arena, "%s%s: %s %s", budget->is_group ? "group " : "",
                             budget->pattern, budget->metric, budget->allowed);
}

static base_err finish_budget(struct judge *judge, size_t index, struct result_gate_item *item)
{
    const struct work *work = &judge->works[index];
    const struct result_budget *budget = work->budget;
    const struct result_gate_reading *reading = &work->reading;
    struct result_gate_report *report = judge->report;
    const bool is_read = reading->lack == NULL && reading->broken == NULL;
    const struct result_estimate none = { NAN, NAN, NAN };
    const enum result_gate_policy missing = reading->is_added ? budget->added : budget->missing;
    item->subject = work->subject;
    item->metric = budget->metric;
    item->allowed = budget->allowed;
    item->state = state_of(judge, work, judge->adjusted[index]);
    item->effect = effect_of(item->state, budget->undecided, missing);
    item->measured = is_read ? reading->estimate : none;
    item->unit = is_read ? reading->unit : "";
    item->is_ratio = budget->kind != RESULT_BUDGET_LIMIT;
    item->confidence = is_read && reading->doubt == NULL ? reading->confidence : NAN;
    item->over = is_read ? over_of(budget, reading->estimate.value) : NAN;
    item->p = judge->p[index];
    item->p_adjusted = judge->adjusted[index];
    item->seconds = reading->seconds;
    item->rule = rule_text(budget, &report->arena);
    item->why =
        result_gate_reason(judge->gate, budget, reading, item, report->tests, &report->arena);
    report->is_counted_exactly = report->is_counted_exactly ||
                                 (is_read && strcmp(budget->metric, RESULT_GATE_INSTRUCTIONS) == 0);
    return item->rule != NULL && item->why != NULL ? BASE_OK : no_memory(judge);
}

/* A claim that `all` brought in and that this run has nothing to say about is no matter. */
static base_err finish_claim(struct judge *judge, size_t index, struct result_gate_item *item)
{
    static const enum result_gate_state states[] = { [RESULT_STATE_PROVEN] = RESULT_GATE_PASS,
                                                     [RESULT_STATE_REFUTED] = RESULT_GATE_FAIL,
                                                     [RESULT_STATE_UNDECIDED] =
                                                         RESULT_GATE_UNDECIDED,
                                                     [RESULT_STATE_NOT_RUN] = RESULT_GATE_NOT_RUN };
    const struct work *work = &judge->works[index];
    const struct result_verdict *verdict = work->verdict;
    const bool is_exact = verdict->measured.low == verdict->measured.high;
    item->rule = base_arena_printf(&judge->report->arena, "claim %s", verdict->id);
    item->subject = verdict->metric;
    item->metric = verdict->metric;
    item->allowed = verdict->bound;
    item->state = states[result_state_of(verdict->state)];
    item->effect = effect_of(item->state, judge->gate->undecided,
                             work->is_listed ? judge->gate->missing : RESULT_POLICY_PASS);
    item->measured = verdict->measured;
    item->unit = isnan(verdict->measured.value) ? "" : work->claim->bound.unit;
    item->confidence = isnan(verdict->measured.low) || is_exact || judge->input->run == NULL
                           ? NAN
                           : judge->input->run->confidence;
    item->over = item->p = item->p_adjusted = item->seconds = NAN;
    item->why = work->claim_why;
    return item->rule != NULL ? BASE_OK : no_memory(judge);
}

static base_err finish(struct judge *judge)
{
    struct result_gate_report *report = judge->report;
    size_t excused = 0; /* not run, and a policy of the file lets that pass */
    report->items = base_arena_array(&report->arena, judge->count + 1, sizeof *report->items);
    if (report->items == NULL)
        return no_memory(judge);
    for (size_t i = 0; i < judge->count; i++) {
        struct result_gate_item *item = &report->items[i];
        const base_err err = judge->works[i].budget != NULL ? finish_budget(judge, i, item)
                                                            : finish_claim(judge, i, item);
        if (err != BASE_OK)
            return err;
        item->line = judge->works[i].line;
        report->counts[item->state]++;
        report->failed += item->effect == RESULT_POLICY_FAIL;
        report->warned += item->effect == RESULT_POLICY_WARN;
        excused += item->state == RESULT_GATE_NOT_RUN && item->effect != RESULT_POLICY_FAIL &&
                   (judge->works[i].budget != NULL || judge->works[i].is_listed);
        report->count++;
    }
    const size_t judged = report->count - report->counts[RESULT_GATE_NOT_RUN];
    const bool is_empty = judged == 0 && (report->failed > 0 || excused == 0);
    report->outcome = is_empty             ? RESULT_GATE_UNMEASURED
                      : report->failed > 0 ? RESULT_GATE_FAILED
                                           : RESULT_GATE_PASSED;
    return BASE_OK;
}

/* --- the whole ------------------------------------------------------------------------------ */

static base_err add_note(struct judge *judge, const char *sentence)
{
    struct result_gate_report *report = judge->report;
    if (sentence == NULL)
        return no_memory(judge);
    if (report->note_count < NOTE_MAX)
        report->notes[report->note_count++] = sentence;
    return BASE_OK;
}

static base_err add_notes(struct judge *judge)
{
    enum { ID_LENGTH = RESULT_ID_SIZE - 1 };
    struct result_gate_report *report = judge->report;
    const struct result_gate_input *input = judge->input;
    const struct result_comparison *comparison = input->comparison;
    base_err err = BASE_OK;
    report->notes = base_arena_array(&report->arena, NOTE_MAX, sizeof *report->notes);
    if (report->notes == NULL)
        return no_memory(judge);
    if (input->run != NULL && input->run->state != NULL &&
        strcmp(input->run->state, "interrupted") == 0)
        err = add_note(judge, "the run was interrupted");
    if (err == BASE_OK && comparison != NULL && input->run != NULL && input->run->id != NULL &&
        strlen(report->run_name) == ID_LENGTH && comparison->current_name != NULL &&
        strlen(comparison->current_name) == ID_LENGTH &&
        strcmp(comparison->current_name, input->run->id) != 0)
        err = add_note(judge, base_arena_printf(&report->arena,
                                                "the comparison is of the run %s, not of %s",
                                                comparison->current_name, input->run->id));
    for (size_t i = 0; err == BASE_OK && comparison != NULL && i < comparison->caveat_count; i++)
        err = add_note(judge, comparison->caveats[i]);
    return err;
}

static void name_sides(struct judge *judge)
{
    const struct result_gate_input *input = judge->input;
    struct result_gate_report *report = judge->report;
    if (input->run != NULL && input->run->id != NULL)
        report->run_name = input->run->id;
    else if (input->comparison != NULL)
        report->run_name = input->comparison->current_name;
    if (input->baseline != NULL && input->baseline->id != NULL)
        report->baseline_name = input->baseline->id;
    else if (input->comparison != NULL)
        report->baseline_name = input->comparison->baseline_name;
}

base_err result_gate_judge(const struct result_gate *gate, const struct result_gate_input *input,
                           struct result_gate_report *report, struct base_why *why)
{
    struct judge judge = { .gate = gate, .input = input, .report = report, .why = why };
    *report = (struct result_gate_report){ .gate = gate, .run = input->run };
    name_sides(&judge);
    base_err err =
        result_gate_cases(input, &report->arena, &judge.cases, &judge.case_count) == BASE_OK
            ? BASE_OK
            : no_memory(&judge);
    if (err == BASE_OK)
        err = reserve(&judge);
    if (err == BASE_OK)
        err = collect(&judge);
    if (err == BASE_OK)
        err = correct(&judge);
    if (err == BASE_OK)
        err = add_notes(&judge);
    if (err == BASE_OK)
        err = finish(&judge);
    if (err != BASE_OK)
        result_gate_report_done(report);
    return err;
}

void result_gate_report_done(struct result_gate_report *report)
{
    base_arena_done(&report->arena);
    *report = (struct result_gate_report){ 0 };
}
