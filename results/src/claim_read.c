/* claim_read.c - the schema of a claim file; what the schema cannot say is checked claim by claim.
 */
#include "claim_internal.h"
#include "yaml_file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_claim { /* as the schema fills it */
    char *id, *sentence, *case_id, *against, *metric, *bound, *only, *source, *processes;
};

struct text_file {
    struct text_claim *claims;
    unsigned claims_count;
};

#define REQUIRED(key, member)                                                                      \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct text_claim, member, 1,                  \
                           RESULT_CLAIM_TEXT_MAX)
#define OPTIONAL(key, member)                                                                      \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct text_claim,       \
                           member, 1, RESULT_CLAIM_TEXT_MAX)

static const cyaml_schema_field_t claim_fields[] = { REQUIRED("id", id),
                                                     REQUIRED("sentence", sentence),
                                                     OPTIONAL("case", case_id),
                                                     OPTIONAL("against", against),
                                                     REQUIRED("metric", metric),
                                                     REQUIRED("bound", bound),
                                                     OPTIONAL("only", only),
                                                     OPTIONAL("source", source),
                                                     OPTIONAL("processes", processes),
                                                     CYAML_FIELD_END };
static const cyaml_schema_value_t claim_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct text_claim, claim_fields) };
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("claims", CYAML_FLAG_POINTER, struct text_file, claims, &claim_schema, 0,
                         RESULT_CLAIM_MAX),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t file_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_POINTER, struct text_file, file_fields) };

struct reader {
    struct result_yaml yaml;
    struct base_arena *arena;
};

static const struct text_file *file_of(const struct reader *reader)
{
    return reader->yaml.data;
}

/* The line of a claim's key, or of the claim when it lacks the key. */
static size_t line_of(struct reader *reader, size_t index, const char *key)
{
    struct result_yaml *yaml = &reader->yaml;
    const yaml_node_t *list = result_yaml_value(yaml, result_yaml_root(yaml), "claims");
    return result_yaml_line(yaml, result_yaml_item(yaml, list, index), key);
}

static base_err fail(const struct reader *reader, base_err err, size_t line, const char *sentence)
{
    return result_yaml_fail(&reader->yaml, err, line, "%s", sentence);
}

/* "ratio median_ns" is "median_ns" of a claim that has `against`. */
static base_err check_metric(struct reader *reader, size_t index, const char **metric)
{
    static const char ratio[] = "ratio ";
    const struct text_claim *claim = &file_of(reader)->claims[index];
    const size_t line = line_of(reader, index, "metric");
    const bool is_ratio = strncmp(claim->metric, ratio, sizeof ratio - 1) == 0;
    const char *name = claim->metric + (is_ratio ? sizeof ratio - 1 : 0);
    bool is_of_run = false;
    char text[300];
    if (!result_metric_is_known(name, &is_of_run)) {
        snprintf(text, sizeof text, "metric: '%.60s' is none of %s", name, result_metric_names());
        return fail(reader, BASE_EINVALID, line, text);
    }
    if (is_ratio && claim->against == NULL)
        return fail(reader, BASE_EINVALID, line, "metric: a ratio needs the key 'against'");
    if (is_of_run && (claim->case_id != NULL || claim->against != NULL))
        return fail(reader, BASE_EINVALID,
                    line_of(reader, index, claim->case_id ? "case" : "against"),
                    "case: a metric of the whole run has no case");
    if (!is_of_run && claim->case_id == NULL)
        return fail(reader, BASE_EINVALID, line, "the key 'case' is missing");
    *metric = name;
    return BASE_OK;
}

static base_err check_bound(struct reader *reader, size_t index, struct result_bound *bound)
{
    struct base_why why = { 0 };
    const base_err err = result_bound_parse(file_of(reader)->claims[index].bound, bound, &why);
    if (err == BASE_OK)
        return BASE_OK;
    return fail(reader, BASE_EINVALID, line_of(reader, index, "bound"), why.text);
}

static base_err check_id(struct reader *reader, size_t index)
{
    const struct text_claim *claims = file_of(reader)->claims;
    for (size_t i = 0; i < index; i++) {
        char text[200];
        if (strcmp(claims[i].id, claims[index].id) != 0)
            continue;
        snprintf(text, sizeof text, "id: '%.80s' is taken by the claim in line %zu",
                 claims[index].id, line_of(reader, i, "id"));
        return fail(reader, BASE_EINVALID, line_of(reader, index, "id"), text);
    }
    return BASE_OK;
}

static base_err check_processes(struct reader *reader, size_t index, unsigned *processes)
{
    const char *text = file_of(reader)->claims[index].processes;
    char sentence[120], *end = NULL;
    const unsigned long number = text != NULL ? strtoul(text, &end, 10) : 0;
    if (text == NULL ||
        (isdigit((unsigned char)*text) && *end == '\0' && number <= RESULT_CLAIM_PROCESSES_MAX)) {
        *processes = (unsigned)number;
        return BASE_OK;
    }
    snprintf(sentence, sizeof sentence, "processes: '%.40s' is not a whole number up to %d", text,
             RESULT_CLAIM_PROCESSES_MAX);
    return fail(reader, BASE_EINVALID, line_of(reader, index, "processes"), sentence);
}

/* A copy in the arena; NULL stays NULL. Running out of memory is remembered. */
static const char *keep(struct reader *reader, const char *text, base_err *err)
{
    const char *copy = text != NULL ? base_arena_text(reader->arena, text) : NULL;
    if (text != NULL && copy == NULL)
        *err = base_fail(reader->yaml.why, BASE_ENOMEM, 0, "%s: no memory", reader->yaml.path);
    return copy;
}

static base_err take_claim(struct reader *reader, size_t index, struct result_claim *out)
{
    const struct text_claim *text = &file_of(reader)->claims[index];
    const char *metric = NULL;
    struct result_claim claim = { 0 };
    base_err err = check_id(reader, index);
    if (err == BASE_OK)
        err = check_metric(reader, index, &metric);
    if (err == BASE_OK)
        err = check_bound(reader, index, &claim.bound);
    if (err == BASE_OK)
        err = check_processes(reader, index, &claim.processes);
    if (err != BASE_OK)
        return err;
    claim.id = keep(reader, text->id, &err);
    claim.sentence = keep(reader, text->sentence, &err);
    claim.case_id = keep(reader, text->case_id, &err);
    claim.against = keep(reader, text->against, &err);
    claim.metric = keep(reader, metric, &err);
    claim.bound_text = keep(reader, text->bound, &err);
    claim.only = keep(reader, text->only, &err);
    claim.source = keep(reader, text->source, &err);
    *out = claim;
    return err;
}

base_err result_claims_read(struct base_span text, const char *path, struct base_arena *arena,
                            struct result_claim **claims, size_t *count, struct base_why *why)
{
    struct reader reader = { .yaml = { .path = path,
                                       .begins = "a claim file begins with 'claims:'",
                                       .schema = &file_schema,
                                       .why = why },
                             .arena = arena };
    struct result_claim *list = NULL;
    if (text.size > RESULT_CLAIM_FILE_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%s: %zu bytes, more than the limit of %d", path,
                         text.size, RESULT_CLAIM_FILE_SIZE_MAX);
    base_err err = result_yaml_open(&reader.yaml, text);
    if (err == BASE_OK) {
        list = base_arena_array(arena, file_of(&reader)->claims_count + 1, sizeof *list);
        if (list == NULL)
            err = base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    }
    for (size_t i = 0; err == BASE_OK && i < file_of(&reader)->claims_count; i++)
        err = take_claim(&reader, i, &list[i]);
    if (err == BASE_OK) {
        *claims = list;
        *count = file_of(&reader)->claims_count;
    }
    result_yaml_done(&reader.yaml);
    return err;
}
