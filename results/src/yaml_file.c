/* yaml_file.c - one walk over nodes and schema side by side finds what is wrong and where; only
 * then libcyaml loads, which as a rule has nothing left to complain of. */
#include "yaml_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

base_err result_yaml_fail(const struct result_yaml *yaml, base_err err, size_t line,
                          const char *format, ...)
{
    char text[BASE_WHY_TEXT_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return base_fail(yaml->why, err, line, "%s:%zu: %s", yaml->path, line, text);
}

/* --- nodes --------------------------------------------------------------------------------- */

const yaml_node_t *result_yaml_root(struct result_yaml *yaml)
{
    return yaml_document_get_root_node(&yaml->document);
}

const char *result_yaml_text(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                          : NULL;
}

size_t result_yaml_line_of(const yaml_node_t *node)
{
    return node != NULL ? node->start_mark.line + 1 : 1;
}

static const yaml_node_pair_t *find_pair(struct result_yaml *yaml, const yaml_node_t *mapping,
                                         const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
    for (; pair < mapping->data.mapping.pairs.top; pair++) {
        const char *name = result_yaml_text(yaml_document_get_node(&yaml->document, pair->key));
        if (name != NULL && strcmp(name, key) == 0)
            return pair;
    }
    return NULL;
}

const yaml_node_t *result_yaml_value(struct result_yaml *yaml, const yaml_node_t *mapping,
                                     const char *key)
{
    const yaml_node_pair_t *pair = find_pair(yaml, mapping, key);
    return pair != NULL ? yaml_document_get_node(&yaml->document, pair->value) : NULL;
}

const yaml_node_t *result_yaml_item(struct result_yaml *yaml, const yaml_node_t *list, size_t index)
{
    if (list == NULL || list->type != YAML_SEQUENCE_NODE)
        return NULL;
    const yaml_node_item_t *item = list->data.sequence.items.start + index;
    return item < list->data.sequence.items.top ? yaml_document_get_node(&yaml->document, *item)
                                                : NULL;
}

size_t result_yaml_line(struct result_yaml *yaml, const yaml_node_t *mapping, const char *key)
{
    const yaml_node_pair_t *pair = find_pair(yaml, mapping, key);
    return result_yaml_line_of(pair != NULL ? yaml_document_get_node(&yaml->document, pair->key)
                                            : mapping);
}

/* --- the document -------------------------------------------------------------------------- */

static base_err fail_parse(const struct result_yaml *yaml, const yaml_parser_t *parser)
{
    const size_t line = (parser->problem_mark.index > 0 || parser->problem_mark.line > 0)
                            ? parser->problem_mark.line + 1
                            : 1;
    if (parser->error == YAML_MEMORY_ERROR)
        return result_yaml_fail(yaml, BASE_ENOMEM, line, "no memory");
    return result_yaml_fail(yaml, BASE_EPARSE, line, "not well-formed YAML: %s",
                            parser->problem != NULL ? parser->problem : "unreadable");
}

/* One document, no more. */
static base_err load_nodes(struct result_yaml *yaml, struct base_span text)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return result_yaml_fail(yaml, BASE_ENOMEM, 1, "no memory");
    yaml_parser_set_input_string(&parser, text.data, text.size);
    base_err err = BASE_OK;
    if (!yaml_parser_load(&parser, &yaml->document)) {
        err = fail_parse(yaml, &parser);
        goto done;
    }
    yaml->has_document = true;
    if (yaml_document_get_root_node(&yaml->document) == NULL) {
        err = result_yaml_fail(yaml, BASE_EINVALID, 1, "is empty; %s", yaml->begins);
        goto done;
    }
    yaml_document_t next;
    if (!yaml_parser_load(&parser, &next)) {
        err = fail_parse(yaml, &parser);
        goto done;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&next);
    if (root != NULL)
        err = result_yaml_fail(yaml, BASE_EINVALID, root->start_mark.line + 1,
                               "a second document begins here; one is expected");
    yaml_document_delete(&next);
done:
    yaml_parser_delete(&parser);
    return err;
}

/* --- the schema ---------------------------------------------------------------------------- */

static base_err check_node(struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                           const yaml_node_t *node, const char *name);

static const cyaml_schema_field_t *find_field(const cyaml_schema_value_t *schema, const char *key)
{
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++)
        if (strcmp(field->key, key) == 0)
            return field;
    return NULL;
}

static base_err fail_unknown(const struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                             size_t line, const char *key)
{
    char known[300];
    size_t used = 0;
    known[0] = '\0';
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++)
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     used > 0 ? ", " : "", field->key);
    return result_yaml_fail(yaml, BASE_EINVALID, line, "unknown key '%.60s'; known here: %s", key,
                            known);
}

static base_err check_pair(struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                           const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const yaml_node_t *node = yaml_document_get_node(&yaml->document, pair->key);
    const char *key = result_yaml_text(node);
    const size_t line = result_yaml_line_of(node);
    if (key == NULL)
        return result_yaml_fail(yaml, BASE_EINVALID, line, "a key must be a word");
    const cyaml_schema_field_t *field = find_field(schema, key);
    if (field == NULL)
        return fail_unknown(yaml, schema, line, key);
    if (find_pair(yaml, mapping, key) != pair)
        return result_yaml_fail(yaml, BASE_EINVALID, line, "the key '%s' is there twice", key);
    return check_node(yaml, &field->value, yaml_document_get_node(&yaml->document, pair->value),
                      key);
}

static base_err check_mapping(struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                              const yaml_node_t *node, const char *name)
{
    const size_t line = result_yaml_line_of(node);
    if (node->type != YAML_MAPPING_NODE && node == result_yaml_root(yaml))
        return result_yaml_fail(yaml, BASE_EINVALID, line, "%s", yaml->begins);
    if (node->type != YAML_MAPPING_NODE)
        return result_yaml_fail(yaml, BASE_EINVALID, line,
                                "%s: keys with values are expected, as in 'key: value'", name);
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const base_err err = check_pair(yaml, schema, node, pair);
        if (err != BASE_OK)
            return err;
    }
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++)
        if ((field->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
            find_pair(yaml, node, field->key) == NULL)
            return result_yaml_fail(yaml, BASE_EINVALID, line, "the key '%s' is missing",
                                    field->key);
    return BASE_OK;
}

static base_err check_list(struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                           const yaml_node_t *node, const char *name)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return result_yaml_fail(yaml, BASE_EINVALID, result_yaml_line_of(node),
                                "%s: a list is expected, each entry after '- '", name);
    const yaml_node_item_t *const start = node->data.sequence.items.start;
    const size_t count = (size_t)(node->data.sequence.items.top - start);
    if (count > schema->sequence.max)
        return result_yaml_fail(yaml, BASE_EINVALID, result_yaml_line_of(node),
                                "%s: %zu entries, more than the limit of %u", name, count,
                                (unsigned)schema->sequence.max);
    for (size_t i = 0; i < count; i++) {
        const base_err err = check_node(yaml, schema->sequence.entry,
                                        yaml_document_get_node(&yaml->document, start[i]), name);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

static base_err check_text(struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                           const yaml_node_t *node, const char *name)
{
    const size_t line = result_yaml_line_of(node);
    const char *text = result_yaml_text(node);
    if (text == NULL)
        return result_yaml_fail(yaml, BASE_EINVALID, line, "%s: one value is expected", name);
    const size_t size = node->data.scalar.length;
    if (strlen(text) != size)
        return result_yaml_fail(yaml, BASE_EINVALID, line, "%s: the value holds a zero byte", name);
    if (size < schema->string.min)
        return result_yaml_fail(yaml, BASE_EINVALID, line, "%s: the value is empty", name);
    if (size > schema->string.max)
        return result_yaml_fail(yaml, BASE_EINVALID, line,
                                "%s: %zu bytes, more than the limit of %u", name, size,
                                (unsigned)schema->string.max);
    return BASE_OK;
}

static base_err check_node(struct result_yaml *yaml, const cyaml_schema_value_t *schema,
                           const yaml_node_t *node, const char *name)
{
    switch (schema->type) {
    case CYAML_MAPPING:
        return check_mapping(yaml, schema, node, name);
    case CYAML_SEQUENCE:
        return check_list(yaml, schema, node, name);
    case CYAML_STRING:
        return check_text(yaml, schema, node, name);
    default:
        return BASE_OK; /* CYAML_IGNORE: the caller looks at the node */
    }
}

/* --- libcyaml ------------------------------------------------------------------------------ */

static void keep_log(cyaml_log_t level, void *context, const char *format, va_list list)
{
    struct result_yaml *yaml = context;
    (void)level;
    if (yaml->log[0] != '\0')
        return;
    vsnprintf(yaml->log, sizeof yaml->log, format, list);
    yaml->log[strcspn(yaml->log, "\n")] = '\0';
}

static void *memory(void *context, void *ptr, size_t size)
{
    return cyaml_mem(context, ptr, size);
}

static cyaml_config_t config_of(struct result_yaml *yaml)
{
    return (cyaml_config_t){ .log_fn = keep_log,
                             .log_ctx = yaml,
                             .log_level = CYAML_LOG_ERROR,
                             .mem_fn = memory,
                             .flags = CYAML_CFG_NO_ALIAS };
}

base_err result_yaml_open(struct result_yaml *yaml, struct base_span text)
{
    base_err err = load_nodes(yaml, text);
    if (err == BASE_OK)
        err = check_node(yaml, yaml->schema, result_yaml_root(yaml), "the file");
    if (err != BASE_OK)
        return err;
    const cyaml_config_t config = config_of(yaml);
    const cyaml_err_t loaded =
        cyaml_load_data(text.data, text.size, &config, yaml->schema, &yaml->data, NULL);
    if (loaded == CYAML_OK)
        return BASE_OK;
    if (loaded == CYAML_ERR_OOM)
        return result_yaml_fail(yaml, BASE_ENOMEM, 1, "no memory");
    if (loaded == CYAML_ERR_ALIAS)
        return result_yaml_fail(yaml, BASE_EINVALID, 1,
                                "an alias (*name) stands in the file; write its value out");
    return result_yaml_fail(yaml, BASE_EINVALID, 1, "%s",
                            yaml->log[0] != '\0' ? yaml->log : cyaml_strerror(loaded));
}

void result_yaml_done(struct result_yaml *yaml)
{
    const cyaml_config_t config = config_of(yaml);
    if (yaml->data != NULL)
        cyaml_free(&config, yaml->schema, yaml->data, 0);
    if (yaml->has_document)
        yaml_document_delete(&yaml->document);
}
