/* claim_read.c - libyaml checks that the text is YAML and knows the line of every node; libcyaml
 * checks it against the schema and fills the structs. Its log says where in words; the line is
 * taken from the node tree, which is kept until the claims have been checked one by one. */
#include "claim_internal.h"

#include <cyaml/cyaml.h>
#include <yaml.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct text_claim { /* as the schema fills it */
    char *id, *sentence, *case_id, *against, *metric, *bound, *only, *source;
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

static const cyaml_schema_field_t claim_fields[] = {
    REQUIRED("id", id),           REQUIRED("sentence", sentence), OPTIONAL("case", case_id),
    OPTIONAL("against", against), REQUIRED("metric", metric),     REQUIRED("bound", bound),
    OPTIONAL("only", only),       OPTIONAL("source", source),     CYAML_FIELD_END
};
static const cyaml_schema_value_t claim_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct text_claim, claim_fields) };
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("claims", CYAML_FLAG_POINTER, struct text_file, claims, &claim_schema, 0,
                         RESULT_CLAIM_MAX),
    CYAML_FIELD_END
};
static const cyaml_schema_value_t file_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_POINTER, struct text_file, file_fields) };

/* Everything one reading needs; done releases what was reached. */
struct reader {
    const char *path;
    struct base_arena *arena;
    struct base_why *why;
    yaml_document_t document;
    bool has_document;
    struct text_file *file;
    char log[200];     /* libcyaml's first message */
    size_t log_line;   /* of the innermost thing it names */
    size_t entry_line; /* of the claim around that */
};

static void keep_log(cyaml_log_t level, void *context, const char *format, va_list list)
{
    struct reader *reader = context;
    char text[sizeof reader->log];
    (void)level;
    vsnprintf(text, sizeof text, format, list);
    text[strcspn(text, "\n")] = '\0';
    if (reader->log[0] == '\0') {
        const char *const prefix = "Load: ";
        const bool has_prefix = strncmp(text, prefix, strlen(prefix)) == 0;
        snprintf(reader->log, sizeof reader->log, "%s", text + (has_prefix ? strlen(prefix) : 0));
    }
    const char *const place = strstr(text, "(line: ");
    if (place != NULL && reader->log_line == 0)
        sscanf(place, "(line: %zu", &reader->log_line);
    if (place != NULL && strstr(text, "in sequence entry") != NULL)
        sscanf(place, "(line: %zu", &reader->entry_line);
}

static void *memory(void *context, void *ptr, size_t size)
{
    return cyaml_mem(context, ptr, size);
}

static cyaml_config_t config_of(struct reader *reader)
{
    return (cyaml_config_t){ .log_fn = keep_log,
                             .log_ctx = reader,
                             .log_level = CYAML_LOG_ERROR,
                             .mem_fn = memory,
                             .flags = CYAML_CFG_NO_ALIAS };
}

static void reader_done(struct reader *reader)
{
    const cyaml_config_t config = config_of(reader);
    if (reader->file != NULL)
        cyaml_free(&config, &file_schema, reader->file, 0);
    if (reader->has_document)
        yaml_document_delete(&reader->document);
}

static base_err fail(const struct reader *reader, base_err err, size_t line, const char *sentence)
{
    return base_fail(reader->why, err, line, "%s:%zu: %s", reader->path, line, sentence);
}

static base_err fail_parse(const struct reader *reader, const yaml_parser_t *parser)
{
    char text[160];
    const size_t line = (parser->problem_mark.index > 0 || parser->problem_mark.line > 0)
                            ? parser->problem_mark.line + 1
                            : 1;
    if (parser->error == YAML_MEMORY_ERROR)
        return fail(reader, BASE_ENOMEM, line, "no memory");
    snprintf(text, sizeof text, "not well-formed YAML: %s",
             parser->problem != NULL ? parser->problem : "unreadable");
    return fail(reader, BASE_EPARSE, line, text);
}

/* One document, no more. */
static base_err load_nodes(struct reader *reader, struct base_span text)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return fail(reader, BASE_ENOMEM, 1, "no memory");
    yaml_parser_set_input_string(&parser, text.data, text.size);
    base_err err = BASE_OK;
    if (!yaml_parser_load(&parser, &reader->document)) {
        err = fail_parse(reader, &parser);
        goto done;
    }
    reader->has_document = true;
    if (yaml_document_get_root_node(&reader->document) == NULL) {
        err = fail(reader, BASE_EINVALID, 1, "is empty; a claim file begins with 'claims:'");
        goto done;
    }
    yaml_document_t next;
    if (!yaml_parser_load(&parser, &next)) {
        err = fail_parse(reader, &parser);
        goto done;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&next);
    if (root != NULL)
        err = fail(reader, BASE_EINVALID, root->start_mark.line + 1,
                   "a second document; a claim file has one");
    yaml_document_delete(&next);
done:
    yaml_parser_delete(&parser);
    return err;
}

/* The node of a key in a mapping; the node of its value in *value. NULL when there is none. */
static yaml_node_t *find_key(struct reader *reader, const yaml_node_t *mapping, const char *name,
                             yaml_node_t **value)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
    for (; pair < mapping->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        if (key == NULL || key->type != YAML_SCALAR_NODE ||
            strcmp((const char *)key->data.scalar.value, name) != 0)
            continue;
        *value = yaml_document_get_node(&reader->document, pair->value);
        return key;
    }
    return NULL;
}

static yaml_node_t *claim_node(struct reader *reader, size_t index)
{
    yaml_node_t *list = NULL;
    find_key(reader, yaml_document_get_root_node(&reader->document), "claims", &list);
    if (list == NULL || list->type != YAML_SEQUENCE_NODE)
        return NULL;
    const yaml_node_item_t *item = list->data.sequence.items.start + index;
    return item < list->data.sequence.items.top ? yaml_document_get_node(&reader->document, *item)
                                                : NULL;
}

/* The line of a claim's key, or of the claim when it lacks the key. */
static size_t line_of(struct reader *reader, size_t index, const char *key)
{
    yaml_node_t *value = NULL;
    const yaml_node_t *claim = claim_node(reader, index);
    const yaml_node_t *node = find_key(reader, claim, key, &value);
    node = node != NULL ? node : claim;
    return node != NULL ? node->start_mark.line + 1 : 1;
}

/* libcyaml names a key that it does not know, but gives the line of the one before it. */
static size_t line_of_unknown(struct reader *reader, const char *key)
{
    yaml_node_t *value = NULL;
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    const yaml_node_t *node = find_key(reader, root, key, &value);
    if (node != NULL)
        return node->start_mark.line + 1;
    for (size_t i = 0; claim_node(reader, i) != NULL; i++) {
        node = find_key(reader, claim_node(reader, i), key, &value);
        if (node != NULL)
            return node->start_mark.line + 1;
    }
    return reader->log_line;
}

/* The line where a mapping has a key for the second time. */
static size_t line_of_repeated(struct reader *reader, const char *key)
{
    for (size_t i = 0; claim_node(reader, i) != NULL; i++) {
        const yaml_node_t *claim = claim_node(reader, i);
        size_t seen = 0;
        if (claim->type != YAML_MAPPING_NODE)
            continue;
        const yaml_node_pair_t *pair = claim->data.mapping.pairs.start;
        for (; pair < claim->data.mapping.pairs.top; pair++) {
            const yaml_node_t *node = yaml_document_get_node(&reader->document, pair->key);
            if (node->type == YAML_SCALAR_NODE &&
                strcmp((const char *)node->data.scalar.value, key) == 0 && ++seen == 2)
                return node->start_mark.line + 1;
        }
    }
    return reader->log_line;
}

static base_err fail_schema(struct reader *reader, cyaml_err_t err)
{
    static const char unknown[] = "Unexpected key: ";
    static const char repeated[] = "Mapping field already seen: ";
    static const char missing[] = "Missing required mapping field: ";
    const bool is_top = yaml_document_get_root_node(&reader->document)->type != YAML_MAPPING_NODE;
    char text[400];
    size_t line = reader->log_line > 0 ? reader->log_line : 1;
    if (err == CYAML_ERR_OOM)
        return fail(reader, BASE_ENOMEM, line, "no memory");
    if (strncmp(reader->log, unknown, sizeof unknown - 1) == 0) {
        const char *key = reader->log + sizeof unknown - 1;
        line = line_of_unknown(reader, key);
        snprintf(text, sizeof text,
                 "unknown key '%s'; a claim has id, sentence, case, against, metric, bound, only, "
                 "source",
                 key);
    } else if (strncmp(reader->log, repeated, sizeof repeated - 1) == 0) {
        line = line_of_repeated(reader, reader->log + sizeof repeated - 1);
        snprintf(text, sizeof text, "the key '%s' is there twice",
                 reader->log + sizeof repeated - 1);
    } else if (strncmp(reader->log, missing, sizeof missing - 1) == 0) {
        line = reader->entry_line > 0 ? reader->entry_line : line;
        snprintf(text, sizeof text, "the key '%s' is missing", reader->log + sizeof missing - 1);
    } else {
        snprintf(text, sizeof text, "%s%s",
                 reader->log[0] != '\0' ? reader->log : cyaml_strerror(err),
                 is_top ? "; a claim file begins with 'claims:'" : "");
    }
    return fail(reader, BASE_EINVALID, line, text);
}

static base_err load_schema(struct reader *reader, struct base_span text)
{
    const cyaml_config_t config = config_of(reader);
    cyaml_data_t *data = NULL;
    const cyaml_err_t err =
        cyaml_load_data(text.data, text.size, &config, &file_schema, &data, NULL);
    reader->file = data;
    if (err != CYAML_OK)
        return fail_schema(reader, err);
    return BASE_OK;
}

/* "ratio median_ns" is "median_ns" of a claim that has `against`. */
static base_err check_metric(struct reader *reader, size_t index, const char **metric)
{
    static const char ratio[] = "ratio ";
    const struct text_claim *claim = &reader->file->claims[index];
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
    const base_err err = result_bound_parse(reader->file->claims[index].bound, bound, &why);
    if (err == BASE_OK)
        return BASE_OK;
    return fail(reader, BASE_EINVALID, line_of(reader, index, "bound"), why.text);
}

static base_err check_id(struct reader *reader, size_t index)
{
    const struct text_claim *claims = reader->file->claims;
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

/* A copy in the arena; NULL stays NULL. Running out of memory is remembered. */
static const char *keep(struct reader *reader, const char *text, base_err *err)
{
    const char *copy = text != NULL ? base_arena_text(reader->arena, text) : NULL;
    if (text != NULL && copy == NULL)
        *err = base_fail(reader->why, BASE_ENOMEM, 0, "%s: no memory", reader->path);
    return copy;
}

static base_err take_claim(struct reader *reader, size_t index, struct result_claim *out)
{
    const struct text_claim *text = &reader->file->claims[index];
    const char *metric = NULL;
    struct result_claim claim = { 0 };
    base_err err = check_id(reader, index);
    if (err == BASE_OK)
        err = check_metric(reader, index, &metric);
    if (err == BASE_OK)
        err = check_bound(reader, index, &claim.bound);
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
    struct reader reader = { .path = path, .arena = arena, .why = why };
    struct result_claim *list = NULL;
    if (text.size > RESULT_CLAIM_FILE_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%s: %zu bytes, more than the limit of %d", path,
                         text.size, RESULT_CLAIM_FILE_SIZE_MAX);
    base_err err = load_nodes(&reader, text);
    if (err == BASE_OK)
        err = load_schema(&reader, text);
    if (err == BASE_OK) {
        list = base_arena_array(arena, reader.file->claims_count + 1, sizeof *list);
        if (list == NULL)
            err = base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    }
    for (size_t i = 0; err == BASE_OK && i < reader.file->claims_count; i++)
        err = take_claim(&reader, i, &list[i]);
    if (err == BASE_OK) {
        *claims = list;
        *count = reader.file->claims_count;
    }
    reader_done(&reader);
    return err;
}
