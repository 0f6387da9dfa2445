/* engine.c - the way of a measurement; every step has its own file. */
#include "engine.h"

#include "claims.h"
#include "collect.h"
#include "budget.h"
#include "head.h"
#include "output.h"
#include "profile.h"
#include "progress.h"
#include "residual.h"
#include "show.h"
#include "signals.h"
#include "speed.h"
#include "baseline.h"

#include <base/log.h>
#include <result/history.h>
#include <result/sign.h>

#include <string.h>
#include <time.h>

struct engine {
    const struct cli_args *args;
    struct cli_plan *plan;
    const struct cli_engine_face *face;
    struct result_history *history; /* NULL: the run is not kept */
    struct result_run run;
    struct cli_speed speed;
    struct cli_progress progress;
    struct cli_budget budget;
    struct cli_baseline stored;
    bool is_profile_missing;
};

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A history that cannot be used costs the history, not the measurement. */
static void lose_history(struct engine *engine, const struct base_why *why)
{
    cli_progress_clear(&engine->progress);
    base_log(BASE_LOG_WARNING, "the run is not kept in the history: %s", why->text);
    result_history_close(engine->history);
    engine->history = NULL;
}

static void open_history(struct engine *engine)
{
    struct base_why why = { 0 };
    if (cli_has(engine->args, "no-history"))
        return;
    if (result_history_open(NULL, &engine->history, &why) != BASE_OK)
        lose_history(engine, &why);
}

static base_err begin(struct engine *engine, struct base_why *why)
{
    struct result_run *run = &engine->run;
    CLI_TRY(cli_profile_prepare(engine->args, why));
    CLI_TRY(cli_head_write(run, engine->args, why));
    open_history(engine);
    base_err err = cli_speed_open(&engine->speed, engine->history, cli_head_host(run, "host_id"),
                                  engine->plan, &engine->progress, why);
    if (err == BASE_EINTERRUPTED)
        return err;
    if (err != BASE_OK)
        lose_history(engine, why);
    cli_budget_open(&engine->budget, engine->plan->budget_ns, monotonic_ns());
    const struct bench_plan first =
        cli_budget_plan(engine->plan, 0, &engine->budget, monotonic_ns());
    run->confidence = engine->plan->config.confidence;
    run->state = "interrupted"; /* until it is complete */
    run->cases = base_arena_array(&run->arena, engine->plan->job_count, sizeof *run->cases);
    if (run->cases == NULL ||
        cli_head_write_config(run, engine->plan, &first, &engine->speed) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (engine->history != NULL && result_history_begin(engine->history, run, why) != BASE_OK)
        lose_history(engine, why);
    return BASE_OK;
}

static struct cli_collect_options collect_options(const struct engine *engine)
{
    const struct cli_config *config = &engine->plan->config;
    return (struct cli_collect_options){
        .estimate = { .confidence = config->confidence,
                      .nominal_core_ns = engine->speed.core_ns,
                      .nominal_memory_ns = engine->speed.memory_ns,
                      .nominal_wide_ns = engine->speed.wide_ns,
                      .nominal_cache_ns = engine->speed.cache_ns,
                      .drift_core_share = engine->speed.core_drift,
                      .drift_memory_share = engine->speed.memory_drift,
                      .drift_wide_share = engine->speed.wide_drift,
                      .drift_cache_share = engine->speed.cache_drift,
                      .residual_core_share = STATS_RESIDUAL_CORE_ASSUMED,
                      .residual_memory_share = STATS_RESIDUAL_MEMORY_ASSUMED,
                      .seed = config->plan.seed },
        .is_assumed = engine->speed.is_assumed,
        .is_without_memory = config->is_without_memory,
    };
}

/* Estimate and keep one record. Nothing of a case that was interrupted before its first process
 * was complete. */
static base_err keep(struct engine *engine, const struct bench_record *record, struct base_why *why)
{
    struct result_run *run = &engine->run;
    struct result_case *item = &run->cases[run->case_count];
    struct cli_collect_options options = collect_options(engine);
    if (record->err == BASE_EINTERRUPTED)
        return BASE_OK;
    options.is_residual_learned =
        cli_residual_learn(engine->history, record->target.id, &options.estimate);
    const base_err err = cli_collect(record, &options, &run->arena, item);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "%s: %s", record->target.id, base_err_text(err));
    run->case_count++;
    if (item->why != NULL && strcmp(item->status, "interrupted") != 0) {
        cli_progress_clear(&engine->progress);
        base_log(BASE_LOG_WARNING, "%s: %s: %s", item->id, item->status, item->why);
    }
    if (engine->history != NULL &&
        result_history_add_case(engine->history, run->id, item, why) != BASE_OK)
        lose_history(engine, why);
    return BASE_OK;
}

/* A profile that fails costs the profile, not the measurement. */
static void profile(struct engine *engine, const struct bench_plan *plan,
                    const struct bench_record *record)
{
    struct base_why why = { 0 };
    if (record->err != BASE_OK || cli_signals_interrupted)
        return;
    const base_err err =
        cli_profile_job(engine->args, &engine->plan->launch, &record->target, plan, &why);
    if (err == BASE_OK || err == BASE_EINTERRUPTED)
        return;
    engine->is_profile_missing = true;
    base_log(BASE_LOG_WARNING, "%s", why.text);
}

/* What the command does with a case beyond measuring it comes on top of the budget. */
static void pass_on(struct engine *engine, const struct bench_plan *plan,
                    const struct bench_record *record)
{
    const uint64_t start_ns = monotonic_ns();
    if (engine->face->measured == NULL || cli_signals_interrupted)
        return;
    engine->face->measured(engine->face->context, plan, record);
    cli_budget_extend(&engine->budget, monotonic_ns() - start_ns);
}

static base_err measure(struct engine *engine, size_t index, struct base_why *why)
{
    const struct cli_job *job = &engine->plan->jobs[index];
    const uint64_t start_ns = monotonic_ns();
    const struct bench_plan plan = cli_budget_plan(engine->plan, index, &engine->budget, start_ns);
    struct bench_record record = { 0 };
    engine->progress.index = index;
    engine->progress.later_ns = cli_budget_left(engine->plan, index + 1, &engine->budget, start_ns);
    if (engine->face->record != NULL) {
        record.target = *job->target;
        engine->face->record(engine->face->context, index, &record);
    } else {
        /* the record repeats what this returns */
        (void)!bench_drive_case(&engine->plan->launch, &plan, job->target, cli_progress_show,
                                &engine->progress, &record);
    }
    const base_err err = keep(engine, &record, why);
    const uint64_t elapsed_ns = monotonic_ns() - start_ns;
    cli_budget_learn(&engine->budget, &plan, elapsed_ns);
    cli_progress_clear(&engine->progress);
    base_log(BASE_LOG_DEBUG, "%s: %u processes, %.2f s", job->target->id, plan.processes,
             (double)elapsed_ns / 1e9);
    profile(engine, &plan, &record);
    pass_on(engine, &plan, &record);
    cli_progress_clear(&engine->progress);
    bench_record_done(&record);
    return err;
}

static base_err judge_and_sign(struct engine *engine, struct base_why *why)
{
    struct result_run *run = &engine->run;
    struct result_key key;
    char ended[RESULT_TIME_SIZE];
    result_run_print_time(cli_head_unix_ms(), ended);
    run->ended = base_arena_text(&run->arena, ended);
    run->state = cli_signals_interrupted ? "interrupted" : "complete";
    CLI_TRY(cli_claims_judge(run, why));
    if (engine->face->judge != NULL)
        CLI_TRY(engine->face->judge(engine->face->context, run, why));
    CLI_TRY(result_key_open(&key, why));
    const base_err err = result_sign_run(run, &key, why);
    result_key_done(&key);
    return err;
}

static base_err finish_history(struct engine *engine, struct base_why *why)
{
    const struct result_run *run = &engine->run;
    if (engine->history == NULL)
        return BASE_OK;
    CLI_TRY(result_history_finish(engine->history, run, why));
    const struct result_history_speed speed = cli_speed_of_run(run, cli_head_unix_ms());
    if (!(speed.core_ns > 0) || !(speed.memory_ns > 0))
        return BASE_OK;
    return result_history_add_speed(engine->history, cli_head_host(run, "host_id"), &speed, why);
}

int cli_engine_status(const struct result_run *run)
{
    bool is_refuted = false;
    for (size_t i = 0; i < run->verdict_count; i++)
        is_refuted = is_refuted || strcmp(run->verdicts[i].state, "refuted") == 0;
    if (strcmp(run->state, "interrupted") == 0)
        return CLI_INTERRUPTED;
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].status, "ok") != 0)
            return CLI_UNMEASURED;
    return run->case_count == 0 ? CLI_UNMEASURED : is_refuted ? CLI_REFUTED : CLI_FINE;
}

static base_err run_all(struct engine *engine, struct base_why *why)
{
    CLI_TRY(begin(engine, why));
    const bool is_told = engine->face->record != NULL; /* it has what was finished before */
    for (size_t i = 0; i < engine->plan->job_count && (is_told || !cli_signals_interrupted); i++)
        CLI_TRY(measure(engine, i, why));
    cli_progress_clear(&engine->progress);
    CLI_TRY(judge_and_sign(engine, why));
    return BASE_OK;
}

/* The name is given last: the run that a name stands for is whole, and not worse than the one it
 * was checked against. */
static int save_baseline(struct engine *engine, int status)
{
    const char *name = engine->stored.save_name;
    const struct result_run *run = &engine->run;
    struct base_why why = { 0 };
    if (name == NULL)
        return status;
    if (strcmp(run->state, "complete") != 0 || engine->stored.is_worse) {
        base_log(BASE_LOG_WARNING, "the run does not become the baseline '%s': it %s", name,
                 engine->stored.is_worse ? "was found worse" : "was interrupted");
        return status;
    }
    const base_err err = engine->history != NULL
                             ? result_history_set_baseline(engine->history, name, run->id, &why)
                             : base_fail(&why, BASE_EIO, 0, "there is no history");
    if (err == BASE_OK)
        return status;
    base_log(BASE_LOG_ERROR, "the run does not become the baseline '%s': %s", name, why.text);
    return CLI_UNMEASURED;
}

/* Report first: a disk that is full must not hide what was measured. */
static int deliver(struct engine *engine)
{
    struct base_why why = { 0 };
    struct base_buf after = { 0 };
    const base_err err = finish_history(engine, &why);
    int status = cli_baseline_check(&engine->stored, engine->args, &engine->run,
                                    cli_engine_status(&engine->run), &after);
    status = engine->face->show != NULL
                 ? engine->face->show(engine->face->context, &engine->run, &after, status)
                 : cli_show_run(engine->args, &engine->run, &after, status);
    base_buf_done(&after);
    if (err == BASE_OK) {
        status = save_baseline(engine, status);
    } else {
        base_log(BASE_LOG_ERROR, "the run is not kept whole in the history: %s", why.text);
        status = status == CLI_FINE || status == CLI_REFUTED ? CLI_UNMEASURED : status;
    }
    if (engine->is_profile_missing && (status == CLI_FINE || status == CLI_REFUTED))
        status = CLI_UNMEASURED;
    return status;
}

int cli_engine_run(const struct cli_args *args, struct cli_plan *plan)
{
    static const struct cli_engine_face plain = { 0 };
    return cli_engine_run_as(args, plan, &plain);
}

int cli_engine_run_as(const struct cli_args *args, struct cli_plan *plan,
                      const struct cli_engine_face *face)
{
    static struct engine engine; /* one measurement a process */
    struct base_why why = { 0 };
    if (cli_show_check_report(args, &why) != BASE_OK)
        return cli_complain(why.err, &why);
    engine = (struct engine){ .args = args, .plan = plan, .face = face };
    base_err err = cli_baseline_open(&engine.stored, args, &why);
    if (err != BASE_OK)
        return cli_complain(err, &why);
    cli_progress_open(&engine.progress, args, plan->job_count);
    err = run_all(&engine, &why);
    cli_progress_clear(&engine.progress);
    const int status = err == BASE_OK             ? deliver(&engine)
                       : err == BASE_EINTERRUPTED ? CLI_INTERRUPTED
                                                  : cli_complain(err, &why);
    result_history_close(engine.history);
    result_run_done(&engine.run);
    cli_baseline_done(&engine.stored);
    return err != BASE_OK && err != BASE_EINTERRUPTED ? CLI_UNMEASURED : status;
}

int cli_engine_plan_and_run(const struct cli_args *args, cli_plan_fn *make)
{
    static struct cli_plan plan;
    struct base_why why = { 0 };
    const base_err err = make(&plan, args, &why);
    const int status = err == BASE_OK ? cli_engine_run(args, &plan) : cli_complain(err, &why);
    cli_plan_done(&plan);
    return status;
}
