/* cmd_benchmark.c - the built-in suites: everything, or what filters match; and their list. */
#include "claims.h"
#include "commands.h"
#include "engine.h"
#include "files.h"
#include "output.h"

#include <base/log.h>
#include <base/units.h>
#include <jansson.h>
#include <suite/network.h>
#include <suite/suite.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3 };

static const uint64_t budget_default_ns = 240000000000;

/* The reference kernels and whole commands are measured when they are asked for by name. */
static bool is_sweep(const struct cli_config *config, const struct bench_listed *listed)
{
    return !cli_sections_skips(config, listed) && !cli_plan_is_in(listed->name, "reference") &&
           !cli_plan_is_in(listed->name, "exec");
}

/* Is the case one that a claim is about or is held against? */
static bool is_claimed(const char *id)
{
    static const char *const fields[] = { "case: ", "against: " };
    char line[2 * BENCH_NAME_SIZE + 16];
    for (size_t i = 0; i < suite_table_count; i++)
        for (size_t k = 0; suite_table[i]->claims_yaml != NULL && k < 2; k++) {
            snprintf(line, sizeof line, "%s%s\n", fields[k], id);
            if (strstr(suite_table[i]->claims_yaml, line) != NULL)
                return true;
        }
    return false;
}

/* Does a list of the configuration say the arguments of a case? */
static bool is_configured(const struct cli_plan *plan, const struct bench_target *target)
{
    struct bench_arg args[BENCH_PARAM_MAX];
    const struct bench_listed *listed = cli_plan_find(plan, target->name);
    size_t count = 0;
    if (listed != NULL)
        cli_sections_values(&plan->config, listed, args, &count);
    return count > 0;
}

/* Of each case its first arguments and those that claims name: a sweep is for who asks for it. */
static void keep_representative(struct cli_plan *plan)
{
    size_t kept = 0;
    const char *last = "";
    for (size_t i = 0; i < plan->job_count; i++) {
        const struct bench_target *target = plan->jobs[i].target;
        const bool is_first = strcmp(target->name, last) != 0;
        last = target->name;
        if (is_first || is_claimed(target->id) || is_configured(plan, target))
            plan->jobs[kept++] = plan->jobs[i];
    }
    plan->job_count = kept;
}

/* A short round, to see whether a laboratory can be made here, and holds its links that long. */
static bool has_laboratory(struct base_why *why)
{
    struct suite_net_plan plan = { .protocol = "flood", .rate_per_s = 1000, .seed = 1 };
    struct suite_net_results results;
    if (suite_net_conditions_find("local", &plan.conditions, why) != BASE_OK)
        return false;
    plan.conditions.messages_per_node = 20;
    if (suite_net_run(&plan, &results, why) != BASE_OK)
        return false;
    const bool is_good = suite_net_judge(&results, why) == BASE_OK;
    suite_net_results_done(&results);
    return is_good;
}

static bool is_round(const struct cli_job *job, const char *time)
{
    return cli_plan_is_in(job->target->name, "net") && strstr(job->target->id, time) != NULL;
}

/* Why the ledger lacks most of what is claimed of networks. */
static base_err note_rounds(struct cli_plan *plan, bool is_real, const struct base_why *lack,
                            struct base_why *why)
{
    const char *reason =
        is_real ? base_arena_printf(&plan->arena,
                                    "%d rounds of one condition are made here: one short "
                                    "round held its links, but rounds for a verdict take "
                                    "minutes",
                                    ROUNDS)
                : base_arena_printf(&plan->arena, "no rounds in real time: %s", lack->text);
    if (reason == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    plan->notes[plan->note_count++] = (struct result_pair){ CLI_CLAIMS_NOT_RUN "net", reason };
    return BASE_OK;
}

/* Rounds take a second each: only the first of HERMES-Lite and of flooding, and a few times. Where
 * there can be no laboratory they are in virtual time, and it is said. */
static base_err shorten_rounds(struct cli_plan *plan, struct base_why *why)
{
    static const char *const names[] = { "net/hermes", "net/flood" };
    bool is_kept[] = { false, false };
    size_t kept = 0, real = 0;
    struct base_why lack = { 0 };
    for (size_t i = 0; i < plan->job_count; i++)
        real += is_round(&plan->jobs[i], "time=real");
    const bool is_real = real > 0 && has_laboratory(&lack);
    if (real > 0 && !is_real)
        base_log(BASE_LOG_WARNING, "networks are in virtual time only: %s", lack.text);
    if (real > 0)
        CLI_TRY(note_rounds(plan, is_real, &lack, why));
    for (size_t i = 0; i < plan->job_count; i++) {
        struct cli_job *job = &plan->jobs[i];
        for (size_t k = 0; is_round(job, is_real ? "time=real" : "time=virtual") && k < 2; k++)
            if (!is_kept[k] && strcmp(job->target->name, names[k]) == 0) {
                is_kept[k] = true;
                job->sample_size = ROUNDS;
                job->processes = plan->config.plan.processes == 0 ? ROUNDS : 0;
                plan->jobs[kept++] = *job;
            }
        if (!is_round(job, ""))
            plan->jobs[kept++] = *job;
    }
    plan->job_count = kept;
    return BASE_OK;
}

static base_err plan_everything(struct cli_plan *plan, const struct cli_args *args,
                                struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_wanted wanted = { .is_wanted = is_sweep, .args = given };
    const struct cli_value *budget = cli_value(args, "budget");
    char text[BASE_UNITS_TEXT_SIZE];
    CLI_TRY(cli_plan_open(plan, args, why));
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    CLI_TRY(cli_plan_add(plan, &wanted, why));
    CLI_TRY(cli_plan_check_args(plan, given, wanted.arg_count, why));
    CLI_TRY(shorten_rounds(plan, why));
    if (wanted.arg_count == 0)
        keep_representative(plan);
    plan->budget_ns = budget != NULL ? budget->ns : budget_default_ns;
    base_log(BASE_LOG_INFO, "%zu cases share %s", plan->job_count,
             base_units_print_time((double)plan->budget_ns, 3, text));
    return BASE_OK;
}

static int fail(struct cli_plan *plan, base_err err, const struct base_why *why)
{
    cli_plan_done(plan);
    return cli_complain(err, why);
}

int cli_cmd_benchmark(const struct cli_args *args)
{
    static struct cli_plan plan; /* large */
    struct base_why why = { 0 };
    if (!cli_has(args, "comprehensive")) {
        (void)base_fail(&why, BASE_EINVALID, 0,
                        "benchmark needs --comprehensive, or one of cbor, crypto, run FILTER, "
                        "compare, list");
        return cli_complain_usage(args, &why);
    }
    const base_err err = plan_everything(&plan, args, &why);
    if (err != BASE_OK)
        return fail(&plan, err, &why);
    const int status = cli_engine_run(args, &plan);
    cli_plan_done(&plan);
    return status;
}

static base_err plan_matches(struct cli_plan *plan, const struct cli_args *args,
                             struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct cli_wanted wanted = { .args = given };
    CLI_TRY(cli_plan_open(plan, args, why));
    if (cli_has(args, "input"))
        return cli_files_run(plan, args, why);
    CLI_TRY(cli_plan_args(plan, args, given, &wanted.arg_count, why));
    for (size_t i = 0; i < args->operand_count; i++) { /* one by one: each must match something */
        wanted.filters = &args->operands[i];
        wanted.filter_count = 1;
        CLI_TRY(cli_plan_add(plan, &wanted, why));
    }
    return cli_plan_check_args(plan, given, wanted.arg_count, why);
}

int cli_cmd_run(const struct cli_args *args)
{
    static struct cli_plan plan;
    struct base_why why = { 0 };
    const base_err err = plan_matches(&plan, args, &why);
    if (err != BASE_OK)
        return fail(&plan, err, &why);
    const int status = cli_engine_run(args, &plan);
    cli_plan_done(&plan);
    return status;
}

/* A case is shown when one of the ids it gives matches, or its name does. */
static bool is_shown(const struct cli_args *args, const struct bench_listed *listed)
{
    struct bench_target target = { .name = listed->name };
    memcpy(target.id, listed->name, strlen(listed->name) + 1); /* < BENCH_NAME_SIZE */
    for (size_t i = 0; i < args->operand_count; i++)
        if (bench_target_matches(&target, args->operands[i]))
            return true;
    return args->operand_count == 0;
}

static base_err put_case(struct base_buf *out, const struct bench_listed *listed)
{
    CLI_TRY(base_buf_printf(out, "%s\n    ", listed->name));
    CLI_TRY(cli_wrap(out, listed->doc != NULL ? listed->doc : "(no description)", 4, 80));
    if (listed->peer_of != NULL)
        CLI_TRY(base_buf_printf(out, "    a baseline for %s\n", listed->peer_of));
    for (size_t i = 0; i < listed->param_count; i++) {
        const struct bench_param *param = &listed->params[i];
        CLI_TRY(base_buf_printf(out, "    --arg %s=%s", param->name, param->values));
        CLI_TRY(base_buf_printf(out, "%s%s\n", param->doc != NULL ? "    " : "",
                                param->doc != NULL ? param->doc : ""));
    }
    return BASE_OK;
}

static json_t *case_as_json(const struct bench_listed *listed)
{
    json_t *params = json_array();
    for (size_t i = 0; i < listed->param_count; i++)
        json_array_append_new(params, json_pack("{s:s, s:s, s:s*}", "name", listed->params[i].name,
                                                "values", listed->params[i].values, "doc",
                                                listed->params[i].doc));
    return json_pack("{s:s, s:s*, s:s*, s:s*, s:o}", "name", listed->name, "doc", listed->doc,
                     "item", listed->item, "peer_of", listed->peer_of, "params", params);
}

static base_err put_json(struct base_buf *out, const struct cli_args *args,
                         const struct cli_plan *plan)
{
    json_t *cases = json_array();
    for (size_t i = 0; i < plan->listed_count; i++)
        if (is_shown(args, &plan->listed[i]))
            json_array_append_new(cases, case_as_json(&plan->listed[i]));
    char *text = json_dumps(cases, JSON_INDENT(2));
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    json_decref(cases);
    return err;
}

base_err cli_list_write(const struct cli_args *args, const struct cli_plan *plan,
                        struct base_buf *out)
{
    if (cli_option_find(args->command, "json") != NULL && cli_has(args, "json"))
        return put_json(out, args, plan);
    const bool is_short = cli_option_find(args->command, "names") != NULL && cli_has(args, "names");
    for (size_t i = 0; i < plan->listed_count; i++) {
        if (!is_shown(args, &plan->listed[i]))
            continue;
        CLI_TRY(is_short ? base_buf_printf(out, "%s\n", plan->listed[i].name)
                         : put_case(out, &plan->listed[i]));
    }
    return BASE_OK;
}

int cli_cmd_list(const struct cli_args *args)
{
    static struct cli_plan plan;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    base_err err = cli_plan_self(&plan, &why);
    if (err == BASE_OK)
        err = cli_plan_list(&plan, &why);
    if (err == BASE_OK)
        err = cli_list_write(args, &plan, &out);
    cli_plan_done(&plan);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    if (out.size == 0 && args->operand_count > 0) {
        (void)base_fail(&why, BASE_ENOTFOUND, 0, "no case matches '%s'", args->operands[0]);
        return cli_complain(BASE_ENOTFOUND, &why);
    }
    return cli_output_finish(&out, NULL, CLI_FINE);
}
