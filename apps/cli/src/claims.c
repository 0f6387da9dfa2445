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

base_err cli_claims_judge(struct result_run *run, struct base_why *why)
{
    struct result_claim *claims = NULL;
    size_t count = 0;
    CLI_TRY(cli_claims_read(run, &run->arena, &claims, &count, why));
    run->verdict_count = 0;
    if (count == 0)
        return BASE_OK;
    const base_err err = result_claims_judge(claims, count, run, &run->arena, &run->verdicts);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "the claims cannot be judged: %s", base_err_text(err));
    run->verdict_count = count;
    return BASE_OK;
}
