/* test_run_schema.c - docs/run.schema.json says what the reader's table says.
 *
 * The schema is printed from the table and compared; "test_run_schema --print" prints it, which
 * is how the file is made after a change of the table.
 */
#include "unit.h"

#include "run_table.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *texts_of(const char *const *words)
{
    json_t *list = json_array();
    for (; *words != NULL; words++)
        json_array_append_new(list, json_string(*words));
    return list;
}

static json_t *reference_to(const struct result_shape *shape)
{
    char text[64];
    snprintf(text, sizeof text, "#/$defs/%s", shape->name);
    return json_pack("{s:s}", "$ref", text);
}

static void put_limits(json_t *schema, const struct result_field *field)
{
    if (field->low > -DBL_MAX)
        json_object_set_new(schema, "minimum", json_integer((json_int_t)field->low));
    if (field->high < 9e18)
        json_object_set_new(schema, "maximum", json_integer((json_int_t)field->high));
    else if (field->high < 1e19)
        json_object_set_new(schema, "maximum", json_integer(INT64_MAX));
}

static json_t *number_of(const struct result_field *field, const char *type)
{
    json_t *schema = json_pack("{s:s}", "type", type);
    put_limits(schema, field);
    return schema;
}

static json_t *text_of(const struct result_field *field)
{
    if (field->words != NULL)
        return json_pack("{s:o}", "enum", texts_of(field->words));
    const char *const pattern = result_form_pattern(field->form);
    return pattern != NULL
               ? json_pack("{s:s,s:s}", "type", "string", "pattern", pattern)
               : json_pack("{s:s,s:i}", "type", "string", "maxLength", (int)RESULT_TEXT_SIZE_MAX);
}

static json_t *array_of(const struct result_field *field, json_t *items)
{
    return json_pack("{s:s,s:I,s:o}", "type", "array", "maxItems", (json_int_t)field->count_max,
                     "items", items);
}

static json_t *value_of(const struct result_field *field)
{
    switch (field->kind) {
    case RESULT_SCHEMA:
        return json_pack("{s:s}", "const", RESULT_RUN_SCHEMA);
    case RESULT_TEXT:
        return text_of(field);
    case RESULT_NUMBER:
        return number_of(field, "number");
    case RESULT_COUNT:
    case RESULT_COUNT32:
        return number_of(field, "integer");
    case RESULT_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case RESULT_OBJECT:
        return reference_to(field->shape);
    case RESULT_LIST:
        return array_of(field, reference_to(field->shape));
    case RESULT_COUNTS:
        return array_of(field, number_of(field, "integer"));
    case RESULT_NUMBERS:
        return array_of(field, number_of(field, "number"));
    }
    return NULL;
}

static json_t *object_of(const struct result_shape *shape)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct result_field *field = &shape->fields[i];
        json_t *value = value_of(field);
        json_object_set_new(value, "description", json_string(field->doc));
        json_object_set_new(properties, field->name, value);
        if (!field->is_optional)
            json_array_append_new(required, json_string(field->name));
    }
    json_t *schema = json_pack("{s:s,s:b,s:o,s:o}", "type", "object", "additionalProperties", 0,
                               "required", required, "properties", properties);
    if (shape->is_interval)
        json_object_set_new(schema, "minProperties", json_integer(1));
    return schema;
}

/* The shapes below one, each once. */
static void put_definitions(json_t *definitions, const struct result_shape *shape)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct result_shape *below = shape->fields[i].shape;
        if (below == NULL || json_object_get(definitions, below->name) != NULL)
            continue;
        json_object_set_new(definitions, below->name, object_of(below));
        put_definitions(definitions, below);
    }
}

static char *schema_text(void)
{
    json_t *definitions = json_object();
    put_definitions(definitions, &result_shape_run);
    json_t *schema =
        json_pack("{s:s,s:s,s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "$id",
                  "urn:" RESULT_RUN_SCHEMA, "title", "A run of bpi-perf");
    json_t *run = object_of(&result_shape_run);
    json_object_update(schema, run);
    json_object_set_new(schema, "$defs", definitions);
    char *text = json_dumps(schema, JSON_INDENT(2));
    json_decref(run);
    json_decref(schema);
    assert_non_null(text);
    return text;
}

static void the_schema_in_docs_is_the_table(void **state)
{
    (void)state;
    struct base_buf file = { 0 };
    struct base_why why = { 0 };
    char *text = schema_text();
    if (base_buf_read_file(&file, BPI_SOURCE "/docs/run.schema.json", 1 << 20, &why) != BASE_OK)
        fail_msg("%s", why.text);
    const size_t size = strlen(text);
    if (file.size != size + 1 || memcmp(file.data, text, size) != 0)
        fail_msg("docs/run.schema.json differs from the table; print it with --print");
    free(text);
    base_buf_done(&file);
}

static void every_field_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < result_shape_case.field_count; i++)
        assert_true(strlen(result_shape_case.fields[i].doc) > 3);
    for (size_t i = 0; i < result_shape_run.field_count; i++)
        assert_true(strlen(result_shape_run.fields[i].doc) > 3);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        char *text = schema_text();
        puts(text);
        free(text);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_in_docs_is_the_table),
        cmocka_unit_test(every_field_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
