/* claims.c - claims belong to suites: a run is judged on the claims of the suites it measured, so
 * that a small run's ledger speaks of what it did and a comprehensive run's of everything. */
#include "claims.h"

#include <suite/suite.h>

#include <stdio.h>
#include <string.h>

static bool has_measured(const struct result_run *run, const char *suite)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].suite, suite) == 0)
            return true;
    return false;
}

static base_err read_suite(const struct suite *suite, struct base_arena *arena,
                           struct result_claim **claims, size_t *count, struct base_why *why)
{
    char path[128];
    struct result_claim *more = NULL;
    size_t more_count = 0;
    if (suite->claims_yaml == NULL)
        return BASE_OK;
    snprintf(path, sizeof path, "suites/claims/%s.yaml", suite->name);
    CLI_TRY(result_claims_read(base_span_of(suite->claims_yaml, strlen(suite->claims_yaml)), path,
                               arena, &more, &more_count, why));
    struct result_claim *all = base_arena_array(arena, *count + more_count + 1, sizeof *all);
    if (all == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    if (*count > 0)
        memcpy(all, *claims, *count * sizeof *all);
    memcpy(all + *count, more, more_count * sizeof *all);
    *claims = all;
    *count += more_count;
    return BASE_OK;
}

base_err cli_claims_read(const struct result_run *run, struct base_arena *arena,
                         struct result_claim **claims, size_t *count, struct base_why *why)
{
    *claims = NULL;
    *count = 0;
    for (size_t i = 0; i < suite_table_count; i++)
        if (run == NULL || has_measured(run, suite_table[i]->name))
            CLI_TRY(read_suite(suite_table[i], arena, claims, count, why));
    return BASE_OK;
}

/* What the run says of cases of this suite that it does not have; NULL: nothing. */
static const char *reason_of(const struct result_run *run, const char *case_id)
{
    const size_t size = strlen(CLI_CLAIMS_NOT_RUN);
    for (size_t i = 0; i < run->config.count; i++) {
        const char *name = run->config.items[i].name;
        if (strncmp(name, CLI_CLAIMS_NOT_RUN, size) == 0 &&
            strncmp(name + size, case_id, strcspn(case_id, "/")) == 0 &&
            strlen(name + size) == strcspn(case_id, "/"))
            return run->config.items[i].value;
    }
    return NULL;
}

/* "--rate 200" of "load=200"; nothing of what is so anyway. */
static base_err put_option(struct base_buf *out, const char *name, const char *value)
{
    static const char *const usual[][2] = { { "attack", "none" },
                                            { "auth", "on" },
                                            { "time", "real" } };
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (strcmp(name, usual[i][0]) == 0 && strcmp(value, usual[i][1]) == 0)
            return BASE_OK;
    return base_buf_printf(out, " --%s %s", strcmp(name, "load") == 0 ? "rate" : name, value);
}

/* The command whose rounds are the case of a claim on networks. */
static base_err put_network_command(struct base_buf *out, const struct result_claim *claim)
{
    char text[512];
    const bool is_ratio = strncmp(claim->metric, "fact.", strlen("fact.")) == 0;
    const char *arguments = strchr(claim->case_id, ':');
    base_err err = base_buf_printf(out, "; bpi-perf network %s",
                                   is_ratio ? "test-baseline --comparison-mode" : "test-hermes");
    snprintf(text, sizeof text, "%s", arguments != NULL ? arguments + 1 : "");
    char *rest = text;
    for (char *item = NULL; err == BASE_OK && (item = strsep(&rest, ",")) != NULL;) {
        char *equals = strchr(item, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        err = put_option(out, item, equals + 1);
    }
    if (err == BASE_OK && claim->processes > 0)
        err = base_buf_printf(out, " --runs %u", claim->processes);
    return err;
}

static base_err explain(struct result_run *run, const struct result_claim *claim,
                        struct result_verdict *verdict)
{
    struct base_buf text = { 0 };
    const char *reason = claim->case_id != NULL ? reason_of(run, claim->case_id) : NULL;
    if (reason == NULL || strcmp(verdict->state, result_state_text(RESULT_STATE_NOT_RUN)) != 0 ||
        result_run_find(run, claim->case_id) != NULL)
        return BASE_OK;
    base_err err = base_buf_put_text(&text, reason);
    if (err == BASE_OK && strncmp(claim->case_id, "net/", strlen("net/")) == 0)
        err = put_network_command(&text, claim);
    const char *why = err == BASE_OK ? base_arena_text(&run->arena, base_buf_text(&text)) : NULL;
    if (why != NULL)
        verdict->why = why;
    base_buf_done(&text);
    return why != NULL ? BASE_OK : BASE_ENOMEM;
}

base_err cli_claims_judge_on(struct result_run *run, const struct result_claim *claims,
                             size_t count, struct base_why *why)
{
    run->verdict_count = 0;
    if (count == 0)
        return BASE_OK;
    base_err err = result_claims_judge(claims, count, run, &run->arena, &run->verdicts);
    for (size_t i = 0; err == BASE_OK && i < count; i++)
        err = explain(run, &claims[i], &run->verdicts[i]);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "the claims cannot be judged: %s", base_err_text(err));
    run->verdict_count = count;
    return BASE_OK;
}

base_err cli_claims_judge(struct result_run *run, struct base_why *why)
{
    struct result_claim *claims = NULL;
    size_t count = 0;
    CLI_TRY(cli_claims_read(run, &run->arena, &claims, &count, why));
    return cli_claims_judge_on(run, claims, count, why);
}
