/* ours.c - what is judged is the program as a user starts it, not a function of it. */
#include "ours.h"

#include "command.h"

#include <string.h>

enum { SLACK_BUDGETS = 10, SLACK_NS = 1000000000 };
#define SLACK_TIME_NS (60 * (uint64_t)SLACK_NS)

/* The case's object in the document, or NULL. */
static json_t *find_case(json_t *document, const char *id)
{
    size_t index = 0;
    json_t *one = NULL;
    json_array_foreach(json_object_get(document, "cases"), index, one)
    {
        const char *name = json_string_value(json_object_get(one, "id"));
        if (name != NULL && strcmp(name, id) == 0)
            return one;
    }
    return NULL;
}

static json_t *take(json_t *one, const struct command_end *end)
{
    static const char *const keys[] = { "verdict", "ratio",   "low",      "high",
                                        "pairs",   "seconds", "ln_ratios" };
    json_t *found = json_pack("{si sf}", "exit", end->status, "wall", end->seconds);
    for (size_t i = 0; found != NULL && i < sizeof keys / sizeof keys[0]; i++) {
        json_t *value = json_object_get(one, keys[i]);
        if (value != NULL)
            json_object_set(found, keys[i], value);
    }
    return found;
}

static json_t *judge(const struct command_end *end, const char *id, struct base_why *why)
{
    json_error_t error;
    json_t *document = json_loadb((const char *)end->output.data, end->output.size, 0, &error);
    json_t *one = find_case(document, id), *found = NULL;
    if (document == NULL)
        base_fail(why, BASE_EPARSE, 0, "bpi-perf, status %d: '%.*s'; not JSON: %s", end->status,
                  (int)(end->errors.size < 200 ? end->errors.size : 200),
                  end->errors.data != NULL ? (const char *)end->errors.data : "", error.text);
    else if (!json_is_string(json_object_get(one, "verdict")))
        base_fail(why, BASE_ENOTFOUND, 0, "bpi-perf, status %d: no verdict about %s", end->status,
                  id);
    else
        found = take(one, end);
    json_decref(document);
    return found;
}

json_t *ours_compare(const struct rounds *rounds, const struct rounds_cell *cell,
                     const char *const *options, struct base_why *why)
{
    static const char *const sides[ROUNDS_EXTRAS] = { "b", "b5", "b10", "b20", "b50" };
    const char *kernel = rounds_kernel_names[cell->kernel];
    char a[ROUNDS_PATH_SIZE + 32], b[ROUNDS_PATH_SIZE + 32], budget[32], core[16], seed[32];
    snprintf(a, sizeof a, "%s/accuracy_kernels_a", rounds->beside);
    snprintf(b, sizeof b, "%s/accuracy_kernels_%s", rounds->beside, sides[cell->extra]);
    snprintf(budget, sizeof budget, "%lluns", (unsigned long long)rounds->budget_ns);
    snprintf(core, sizeof core, "%u", rounds->core);
    snprintf(seed, sizeof seed, "%zu", cell->round + 1);
    const char *words[COMMAND_WORDS_MAX] = { rounds->bpi_perf, "compare", a,          b,
                                             kernel,           "--json",  "--budget", budget,
                                             "--cpu-affinity", core,      "--seed",   seed };
    size_t count = 12;
    for (size_t i = 0; options[i] != NULL && count + 1 < COMMAND_WORDS_MAX; i++)
        words[count++] = options[i];
    for (size_t i = 0; rounds->words[i] != NULL && count + 1 < COMMAND_WORDS_MAX; i++)
        words[count++] = rounds->words[i];
    const struct command command = { words, SLACK_BUDGETS * rounds->budget_ns + SLACK_TIME_NS,
                                     &rounds_interrupted };
    struct command_end end;
    json_t *found = NULL;
    if (command_run(&command, &end, why) == BASE_OK)
        found = judge(&end, kernel, why);
    command_end_done(&end);
    return found;
}
