/* gate_read.c - a gate file: the schema, then each entry's limits as rules. */
#include "claim_internal.h"
#include "gate_internal.h"
#include "gate_read_internal.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- limits: the keys of an entry that are rules -------------------------------------------- */

enum side { AT_MOST, AT_LEAST, MORE, LESS };

/* X(key, kind, side, metric that the key itself says) */
#define LIMIT_MAP(X)                                                                               \
    X("at_most", LIMIT, AT_MOST, NULL)                                                             \
    X("at_least", LIMIT, AT_LEAST, NULL)                                                           \
    X("slower_by_at_most", TIME, MORE, "time")                                                     \
    X("more_by_at_most", RATIO, MORE, NULL)                                                        \
    X("less_by_at_most", RATIO, LESS, NULL)                                                        \
    X("instructions_more_by_at_most", RATIO, MORE, RESULT_GATE_INSTRUCTIONS)                       \
    X("allocs_more_by_at_most", RATIO, MORE, "counter.allocs")                                     \
    X("geomean_at_most", LIMIT, AT_MOST, NULL)                                                     \
    X("geomean_at_least", LIMIT, AT_LEAST, NULL)                                                   \
    X("geomean_slower_by_at_most", TIME, MORE, "time")                                             \
    X("geomean_more_by_at_most", RATIO, MORE, NULL)                                                \
    X("geomean_less_by_at_most", RATIO, LESS, NULL)

static const struct limit {
    const char *key;
    enum result_budget_kind kind;
    enum side side;
    const char *metric;
} limits[] = {
#define LIMIT_ROW(key, kind, side, metric) { key, RESULT_BUDGET_##kind, side, metric },
    LIMIT_MAP(LIMIT_ROW)
#undef LIMIT_ROW
};
enum { LIMIT_COUNT = sizeof limits / sizeof limits[0], GROUP_FIRST = 7 };

/* --- the schema ----------------------------------------------------------------------------- */

struct text_gate {
    char *name, *threshold, *significance, *correction, *undecided, *missing, *added;
};
struct text_budget {
    char *name, *cases, *group, *metric, *undecided, *missing, *added;
    char *limits[LIMIT_COUNT];
};
struct text_file {
    struct text_gate *gate;
    struct text_budget *budgets;
    unsigned budgets_count;
    struct result_gate_text_alert *alerts;
    unsigned alerts_count;
    char **claim_files;
    unsigned claim_files_count;
};

#define ENTRIES(key, member, schema, max)                                                          \
    CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct text_file, member,  \
                         &(schema), 0, max)
#define POLICIES(type)                                                                             \
    RESULT_GATE_FIELD("undecided", type, undecided), RESULT_GATE_FIELD("missing", type, missing),  \
        RESULT_GATE_FIELD("added", type, added)

static const cyaml_schema_field_t gate_fields[] = {
    RESULT_GATE_FIELD("name", text_gate, name),
    RESULT_GATE_FIELD("threshold", text_gate, threshold),
    RESULT_GATE_FIELD("significance", text_gate, significance),
    RESULT_GATE_FIELD("correction", text_gate, correction),
    POLICIES(text_gate),
    CYAML_FIELD_END
};
static const cyaml_schema_field_t budget_fields[] = {
    RESULT_GATE_FIELD("cases", text_budget, cases),
    RESULT_GATE_FIELD("group", text_budget, group),
    RESULT_GATE_FIELD("metric", text_budget, metric),
    RESULT_GATE_FIELD("at_most", text_budget, limits[0]),
    RESULT_GATE_FIELD("at_least", text_budget, limits[1]),
    RESULT_GATE_FIELD("slower_by_at_most", text_budget, limits[2]),
    RESULT_GATE_FIELD("more_by_at_most", text_budget, limits[3]),
    RESULT_GATE_FIELD("less_by_at_most", text_budget, limits[4]),
    RESULT_GATE_FIELD("instructions_more_by_at_most", text_budget, limits[5]),
    RESULT_GATE_FIELD("allocs_more_by_at_most", text_budget, limits[6]),
    RESULT_GATE_FIELD("geomean_at_most", text_budget, limits[7]),
    RESULT_GATE_FIELD("geomean_at_least", text_budget, limits[8]),
    RESULT_GATE_FIELD("geomean_slower_by_at_most", text_budget, limits[9]),
    RESULT_GATE_FIELD("geomean_more_by_at_most", text_budget, limits[10]),
    RESULT_GATE_FIELD("geomean_less_by_at_most", text_budget, limits[11]),
    RESULT_GATE_FIELD("name", text_budget, name),
    POLICIES(text_budget),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t budget_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct text_budget, budget_fields) };
static const cyaml_schema_value_t path_schema = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1,
                                                                     RESULT_GATE_TEXT_MAX) };
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_MAPPING_PTR("gate", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct text_file,
                            gate, gate_fields),
    ENTRIES("budgets", budgets, budget_schema, RESULT_GATE_BUDGET_MAX),
    CYAML_FIELD_IGNORE("claims", CYAML_FLAG_OPTIONAL), /* a word or a list */
    ENTRIES("claim_files", claim_files, path_schema, RESULT_GATE_ALERT_MAX),
    ENTRIES("alerts", alerts, result_gate_alert_schema, RESULT_GATE_ALERT_MAX),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t file_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_POINTER, struct text_file, file_fields) };

/* --- values --------------------------------------------------------------------------------- */

static base_err take_policy(struct result_gate_reader *reader, const yaml_node_t *mapping,
                            const char *key, const char *text, enum result_gate_policy *out)
{
    static const char *const words[] = { "pass", "warn", "fail", NULL };
    unsigned index = *out;
    const base_err err = result_gate_take_word(reader, mapping, key, text, words, &index);
    *out = (enum result_gate_policy)index;
    return err;
}

static base_err take_share(struct result_gate_reader *reader, const yaml_node_t *mapping,
                           const char *key, const char *text, double *out)
{
    struct base_why why = { 0 };
    if (text == NULL || base_units_parse_percent(text, out, &why) == BASE_OK)
        return BASE_OK;
    return result_gate_fail_value(reader, mapping, key, why.text);
}

/* --- the head ------------------------------------------------------------------------------- */

static base_err take_numbers(struct result_gate_reader *reader, const struct text_gate *text,
                             const yaml_node_t *node)
{
    struct result_gate *gate = reader->gate;
    struct base_why why = { 0 };
    const base_err err = take_share(reader, node, "threshold", text->threshold, &gate->threshold);
    if (err != BASE_OK)
        return err;
    if (!(gate->threshold > 0))
        return result_gate_fail_value(reader, node, "threshold", "0 % is not above 0 %");
    if (text->significance != NULL && base_units_parse_number(text->significance, 0.0001, 0.5,
                                                              &gate->significance, &why) != BASE_OK)
        return result_gate_fail_value(reader, node, "significance", why.text);
    return BASE_OK;
}

static base_err take_head(struct result_gate_reader *reader, const struct text_file *file)
{
    static const char *const corrections[] = { "holm", "benjamini-hochberg", "none", NULL };
    struct result_gate *gate = reader->gate;
    const yaml_node_t *node =
        result_yaml_value(&reader->yaml, result_yaml_root(&reader->yaml), "gate");
    const struct text_gate *text = file->gate;
    unsigned correction = RESULT_GATE_HOLM;
    if (text == NULL)
        return BASE_OK;
    base_err err = take_numbers(reader, text, node);
    if (err == BASE_OK && text->name != NULL)
        err = result_gate_keep(reader, text->name, &gate->name);
    if (err == BASE_OK)
        err = result_gate_take_word(reader, node, "correction", text->correction, corrections,
                                    &correction);
    if (err == BASE_OK)
        err = take_policy(reader, node, "undecided", text->undecided, &gate->undecided);
    if (err == BASE_OK)
        err = take_policy(reader, node, "missing", text->missing, &gate->missing);
    if (err == BASE_OK)
        err = take_policy(reader, node, "added", text->added, &gate->added);
    gate->correction = (enum result_gate_correction)correction;
    return err;
}

/* --- budgets -------------------------------------------------------------------------------- */

/* "slower by at most 3%" of slower_by_at_most and 3%. */
static const char *allowed_text(struct result_gate_reader *reader, const char *key,
                                const char *value)
{
    char *text = base_arena_printf(reader->arena, "%s %s", key, value);
    for (char *at = text; at != NULL && at < text + strlen(key); at++)
        *at = *at == '_' ? ' ' : *at;
    return text;
}

static base_err take_bound(struct result_gate_reader *reader, const struct limit *limit,
                           const char *value, struct result_budget *budget)
{
    struct base_why why = { 0 };
    char text[RESULT_GATE_TEXT_MAX + 8];
    const char *unit = result_metric_unit(budget->metric);
    snprintf(text, sizeof text, "%s %s", limit->side == AT_MOST ? "<=" : ">=", value);
    if (result_bound_parse(text, &budget->bound, &why) != BASE_OK)
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, budget->line,
                                "%s: '%.60s' is not a number with a unit, as in 1.2 ms", limit->key,
                                value);
    if (unit != NULL && strcmp(unit, budget->bound.unit) != 0)
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, budget->line,
                                "%s: %s is in %s, and '%.60s' is not", limit->key, budget->metric,
                                unit, value);
    return BASE_OK;
}

static base_err take_ratio(struct result_gate_reader *reader, const yaml_node_t *node,
                           const struct limit *limit, const char *value,
                           struct result_budget *budget)
{
    double share = 0;
    const base_err err = take_share(reader, node, limit->key, value, &share);
    budget->bound = (struct result_bound){ .low = -INFINITY, .high = INFINITY, .unit = "1" };
    if (err == BASE_OK && limit->side == LESS && !(share < 1))
        return result_gate_fail_value(reader, node, limit->key,
                                      "100 % less is nothing; write less than that");
    *(limit->side == MORE ? &budget->bound.high : &budget->bound.low) =
        limit->side == MORE ? 1 + share : 1 - share;
    return err;
}

static base_err check_metric(struct result_gate_reader *reader, const yaml_node_t *node,
                             const struct limit *limit, const struct result_budget *budget)
{
    bool is_of_run = false;
    if (budget->metric == NULL)
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, budget->line,
                                "%s needs the key 'metric', one of %s", limit->key,
                                result_metric_names());
    if (limit->metric == NULL && !result_metric_is_known(budget->metric, &is_of_run))
        return result_yaml_fail(
            &reader->yaml, BASE_EINVALID, result_yaml_line(&reader->yaml, node, "metric"),
            "metric: '%.60s' is none of %s", budget->metric, result_metric_names());
    if (is_of_run)
        return result_gate_fail_value(
            reader, node, "metric",
            "a metric of the whole run has no cases; a claim can be made of it");
    return BASE_OK;
}

static base_err take_limit(struct result_gate_reader *reader, const yaml_node_t *node,
                           const struct text_budget *text, size_t index,
                           const struct result_budget *head)
{
    const struct limit *limit = &limits[index];
    struct result_budget budget = *head;
    budget.kind = limit->kind;
    budget.line = result_yaml_line(&reader->yaml, node, limit->key);
    if ((index >= GROUP_FIRST) != head->is_group)
        return result_gate_fail_value(reader, node, limit->key,
                                      head->is_group
                                          ? "a group has limits that begin with geomean_"
                                          : "this needs the key 'group' in place of 'cases'");
    budget.metric = limit->metric != NULL ? limit->metric : head->metric;
    budget.allowed = allowed_text(reader, limit->key, text->limits[index]);
    if (budget.allowed == NULL)
        return base_fail(reader->yaml.why, BASE_ENOMEM, 0, "%s: no memory", reader->yaml.path);
    base_err err = check_metric(reader, node, limit, &budget);
    if (err == BASE_OK)
        err = limit->kind == RESULT_BUDGET_LIMIT
                  ? take_bound(reader, limit, text->limits[index], &budget)
                  : take_ratio(reader, node, limit, text->limits[index], &budget);
    if (err == BASE_OK)
        reader->gate->budgets[reader->gate->budget_count++] = budget;
    return err;
}

/* `metric` that no limit of the entry speaks of is a mistake. */
static base_err check_entry(struct result_gate_reader *reader, const yaml_node_t *node,
                            const struct text_budget *text)
{
    size_t count = 0, open_count = 0;
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        count += text->limits[i] != NULL;
        open_count += text->limits[i] != NULL && limits[i].metric == NULL;
    }
    if ((text->cases != NULL) == (text->group != NULL))
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, result_yaml_line_of(node),
                                "a budget has one of the keys 'cases' (each by itself) and 'group' "
                                "(all together)%s",
                                text->cases != NULL ? ", not both" : "");
    if (count == 0)
        return result_yaml_fail(
            &reader->yaml, BASE_EINVALID, result_yaml_line_of(node), "a budget without a limit; %s",
            text->group != NULL ? "give it geomean_slower_by_at_most: 2%, or another"
                                : "give it slower_by_at_most: 3%, or metric and at_most");
    if (text->metric != NULL && open_count == 0)
        return result_gate_fail_value(
            reader, node, "metric",
            "no limit of this budget speaks of a metric; at_most, at_least, "
            "more_by_at_most and less_by_at_most do");
    return BASE_OK;
}

static base_err take_budget(struct result_gate_reader *reader, const struct text_budget *text,
                            const yaml_node_t *node)
{
    const struct result_gate *gate = reader->gate;
    struct result_budget head = { .is_group = text->group != NULL,
                                  .undecided = gate->undecided,
                                  .missing = gate->missing,
                                  .added = gate->added };
    base_err err = check_entry(reader, node, text);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->name, &head.name);
    if (err == BASE_OK)
        err = result_gate_keep(reader, head.is_group ? text->group : text->cases, &head.pattern);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->metric, &head.metric);
    if (err == BASE_OK)
        err = take_policy(reader, node, "undecided", text->undecided, &head.undecided);
    if (err == BASE_OK)
        err = take_policy(reader, node, "missing", text->missing, &head.missing);
    if (err == BASE_OK)
        err = take_policy(reader, node, "added", text->added, &head.added);
    for (size_t i = 0; err == BASE_OK && i < LIMIT_COUNT; i++)
        if (text->limits[i] != NULL)
            err = take_limit(reader, node, text, i, &head);
    return err;
}

/* A file that says nothing of its own means this. */
static base_err add_default(struct result_gate_reader *reader)
{
    struct result_gate *gate = reader->gate;
    const char *allowed =
        base_arena_printf(reader->arena, "slower by at most %g%%", gate->threshold * 100);
    gate->budgets[gate->budget_count++] = (struct result_budget){
        .pattern = "*",
        .kind = RESULT_BUDGET_TIME,
        .metric = "time",
        .bound = { .low = -INFINITY, .high = 1 + gate->threshold, .unit = "1" },
        .allowed = allowed,
        .undecided = gate->undecided,
        .missing = gate->missing,
        .added = gate->added,
        .line = 1,
    };
    return allowed != NULL
               ? BASE_OK
               : base_fail(reader->yaml.why, BASE_ENOMEM, 0, "%s: no memory", reader->yaml.path);
}

static base_err take_budgets(struct result_gate_reader *reader, const struct text_file *file)
{
    struct result_gate *gate = reader->gate;
    const yaml_node_t *list =
        result_yaml_value(&reader->yaml, result_yaml_root(&reader->yaml), "budgets");
    gate->budgets = base_arena_array(reader->arena, file->budgets_count * LIMIT_COUNT + 1,
                                     sizeof *gate->budgets);
    base_err err = gate->budgets != NULL ? BASE_OK
                                         : base_fail(reader->yaml.why, BASE_ENOMEM, 0,
                                                     "%s: no memory", reader->yaml.path);
    for (size_t i = 0; err == BASE_OK && i < file->budgets_count; i++)
        err = take_budget(reader, &file->budgets[i], result_yaml_item(&reader->yaml, list, i));
    if (err == BASE_OK && gate->budget_count == 0 && gate->claim_count == 0 && !gate->is_all_claims)
        err = add_default(reader);
    return err;
}

/* --- claims --------------------------------------------------------------------------------- */

static base_err take_claim_list(struct result_gate_reader *reader, const yaml_node_t *list)
{
    struct result_gate *gate = reader->gate;
    const size_t count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
    gate->claims = base_arena_array(reader->arena, count + 1, sizeof *gate->claims);
    gate->claim_lines = base_arena_array(reader->arena, count + 1, sizeof *gate->claim_lines);
    if (gate->claims == NULL || gate->claim_lines == NULL)
        return base_fail(reader->yaml.why, BASE_ENOMEM, 0, "%s: no memory", reader->yaml.path);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *node = result_yaml_item(&reader->yaml, list, i);
        const char *text = result_yaml_text(node);
        if (text == NULL || *text == '\0' || strlen(text) != node->data.scalar.length)
            return result_yaml_fail(&reader->yaml, BASE_EINVALID, result_yaml_line_of(node),
                                    "claims: the id of a claim is expected");
        const base_err err = result_gate_keep(reader, text, &gate->claims[i]);
        if (err != BASE_OK)
            return err;
        gate->claim_lines[i] = result_yaml_line_of(node);
        gate->claim_count++;
    }
    return BASE_OK;
}

static base_err take_files(struct result_gate_reader *reader, const struct text_file *file,
                           bool has_claims)
{
    struct result_gate *gate = reader->gate;
    base_err err = BASE_OK;
    gate->claim_files = base_arena_array(reader->arena, (size_t)file->claim_files_count + 1,
                                         sizeof *gate->claim_files);
    if (gate->claim_files == NULL)
        return base_fail(reader->yaml.why, BASE_ENOMEM, 0, "%s: no memory", reader->yaml.path);
    for (size_t i = 0; err == BASE_OK && i < file->claim_files_count; i++)
        err = result_gate_keep(reader, file->claim_files[i],
                               &gate->claim_files[gate->claim_file_count++]);
    gate->is_own_claims_only = gate->claim_file_count > 0 && !has_claims;
    gate->is_all_claims = gate->is_all_claims || gate->is_own_claims_only;
    return err;
}

static base_err take_claims(struct result_gate_reader *reader, const struct text_file *file)
{
    const yaml_node_t *node =
        result_yaml_value(&reader->yaml, result_yaml_root(&reader->yaml), "claims");
    const char *text = result_yaml_text(node);
    base_err err = BASE_OK;
    if (node != NULL && node->type == YAML_SEQUENCE_NODE)
        err = take_claim_list(reader, node);
    else if (text != NULL && strcmp(text, "all") == 0)
        reader->gate->is_all_claims = true;
    else if (node != NULL)
        err = result_yaml_fail(&reader->yaml, BASE_EINVALID, result_yaml_line_of(node),
                               "claims: the word 'all' or a list of ids is expected");
    return err == BASE_OK ? take_files(reader, file, node != NULL) : err;
}

/* --- alerts --------------------------------------------------------------------------------- */

static base_err take_alerts(struct result_gate_reader *reader, const struct text_file *file)
{
    const yaml_node_t *list =
        result_yaml_value(&reader->yaml, result_yaml_root(&reader->yaml), "alerts");
    reader->gate->alerts = base_arena_array(reader->arena, (size_t)file->alerts_count + 1,
                                            sizeof *reader->gate->alerts);
    base_err err = reader->gate->alerts != NULL ? BASE_OK
                                                : base_fail(reader->yaml.why, BASE_ENOMEM, 0,
                                                            "%s: no memory", reader->yaml.path);
    for (size_t i = 0; err == BASE_OK && i < file->alerts_count; i++)
        err = result_gate_take_alert(reader, &file->alerts[i],
                                     result_yaml_item(&reader->yaml, list, i));
    return err;
}

base_err result_gate_read(struct base_span text, const char *path, struct base_arena *arena,
                          struct result_gate *gate, struct base_why *why)
{
    struct result_gate out = { .name = "gate",
                               .threshold = 0.05,
                               .significance = 0.01,
                               .undecided = RESULT_POLICY_WARN,
                               .missing = RESULT_POLICY_FAIL,
                               .added = RESULT_POLICY_PASS };
    struct result_gate_reader reader = {
        .yaml = { .path = path,
                  .begins = "a gate file has the keys gate, budgets, claims, "
                            "claim_files and alerts",
                  .schema = &file_schema,
                  .why = why },
        .arena = arena,
        .gate = &out
    };
    if (text.size > RESULT_GATE_FILE_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%s: %zu bytes, more than the limit of %d", path,
                         text.size, RESULT_GATE_FILE_SIZE_MAX);
    base_err err = result_yaml_open(&reader.yaml, text);
    if (err == BASE_OK)
        err = result_gate_keep(&reader, path, &out.path);
    if (err == BASE_OK)
        err = take_head(&reader, reader.yaml.data);
    if (err == BASE_OK)
        err = take_claims(&reader, reader.yaml.data);
    if (err == BASE_OK)
        err = take_budgets(&reader, reader.yaml.data);
    if (err == BASE_OK)
        err = take_alerts(&reader, reader.yaml.data);
    result_yaml_done(&reader.yaml);
    if (err == BASE_OK)
        *gate = out;
    return err;
}
