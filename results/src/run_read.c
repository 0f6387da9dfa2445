/* run_read.c - the table walked over a JSON tree, to a run; every deviation is an error. */
#include "run_split.h"
#include "run_table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct base_span text;
    const char *file;
    struct base_arena *arena;
    struct base_why *why;
};

static base_err fail(const struct reader *reader, base_err err, const struct result_path *path,
                     const char *wrong)
{
    char where[RESULT_PATH_TEXT_SIZE];
    const size_t line = result_path_line(reader->text, path);
    return base_fail(reader->why, err, line, "%s:%zu: %s: %s", reader->file, line,
                     result_path_print(path, where), wrong);
}

static base_err no_memory(const struct reader *reader)
{
    return base_fail(reader->why, BASE_ENOMEM, 0, "%s: no memory for its contents", reader->file);
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",
        [JSON_ARRAY] = "an array",
        [JSON_STRING] = "text",
        [JSON_INTEGER] = "a whole number",
        [JSON_REAL] = "a number with a fraction",
        [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",
        [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

static base_err fail_type(const struct reader *reader, const struct result_path *path,
                          const char *expected, const json_t *found)
{
    char wrong[RESULT_WRONG_SIZE];
    snprintf(wrong, sizeof wrong, "expected %s, found %s", expected, type_name(found));
    return fail(reader, BASE_EINVALID, path, wrong);
}

static base_err read_text(const struct reader *reader, const struct result_field *field,
                          const json_t *value, const struct result_path *path, const char **out)
{
    if (!json_is_string(value))
        return fail_type(reader, path, "text", value);
    char wrong[RESULT_WRONG_SIZE];
    result_check_text(field, json_string_value(value), wrong);
    if (wrong[0] != '\0')
        return fail(reader, BASE_EINVALID, path, wrong);
    *out = base_arena_text_of(reader->arena, json_string_value(value), json_string_length(value));
    return *out == NULL ? no_memory(reader) : BASE_OK;
}

static base_err read_number(const struct reader *reader, const struct result_field *field,
                            const json_t *value, const struct result_path *path, double *out)
{
    if (!json_is_number(value))
        return fail_type(reader, path, "a number", value);
    const double number = json_number_value(value);
    char wrong[RESULT_WRONG_SIZE];
    result_check_number(field, number, wrong);
    if (wrong[0] != '\0')
        return fail(reader, BASE_EINVALID, path, wrong);
    *out = number;
    return BASE_OK;
}

static base_err read_count(const struct reader *reader, const struct result_field *field,
                           const json_t *value, const struct result_path *path, uint64_t *out)
{
    if (!json_is_integer(value))
        return fail_type(reader, path, "a whole number", value);
    const json_int_t number = json_integer_value(value);
    char wrong[RESULT_WRONG_SIZE];
    result_check_number(field, (double)number, wrong);
    if (wrong[0] != '\0')
        return fail(reader, BASE_EINVALID, path, wrong);
    *out = (uint64_t)number;
    return BASE_OK;
}

static base_err read_count32(const struct reader *reader, const struct result_field *field,
                             const json_t *value, const struct result_path *path, uint32_t *out)
{
    uint64_t wide = 0;
    const base_err err = read_count(reader, field, value, path, &wide);
    if (err == BASE_OK)
        *out = (uint32_t)wide;
    return err;
}

static base_err read_flag(const struct reader *reader, const json_t *value,
                          const struct result_path *path, bool *out)
{
    if (!json_is_boolean(value))
        return fail_type(reader, path, "true or false", value);
    *out = json_is_true(value);
    return BASE_OK;
}

/* An array's memory; its length is within the field's maximum and equals the other arrays'. */
static base_err read_length(const struct reader *reader, const struct result_field *field,
                            const json_t *value, const struct result_path *path, size_t item_size,
                            void **items, size_t *count)
{
    if (!json_is_array(value))
        return fail_type(reader, path, "an array", value);
    const size_t size = json_array_size(value);
    char wrong[RESULT_WRONG_SIZE];
    if (size > field->count_max) {
        snprintf(wrong, sizeof wrong, "%zu elements, at most %zu are allowed", size,
                 field->count_max);
        return fail(reader, BASE_EINVALID, path, wrong);
    }
    if (field->is_count_given && size != *count) {
        snprintf(wrong, sizeof wrong, "%zu elements, but the array before it has %zu", size,
                 *count);
        return fail(reader, BASE_EINVALID, path, wrong);
    }
    *items = base_arena_array(reader->arena, size, item_size);
    *count = size;
    return *items == NULL ? no_memory(reader) : BASE_OK;
}

static base_err read_array(const struct reader *reader, const struct result_field *field,
                           const json_t *value, const struct result_path *path, void **items,
                           size_t *count)
{
    base_err err = read_length(reader, field, value, path, sizeof(uint64_t), items, count);
    for (size_t i = 0; err == BASE_OK && i < *count; i++) {
        const struct result_path element = { .parent = path, .index = i };
        const json_t *item = json_array_get(value, i);
        err = field->kind == RESULT_COUNTS
                  ? read_count(reader, field, item, &element, (uint64_t *)*items + i)
                  : read_number(reader, field, item, &element, (double *)*items + i);
    }
    return err;
}

static base_err read_object(const struct reader *reader, const struct result_shape *shape,
                            const json_t *value, const struct result_path *path, void *object);

static base_err read_list(const struct reader *reader, const struct result_field *field,
                          const json_t *value, const struct result_path *path, void **items,
                          size_t *count)
{
    base_err err = read_length(reader, field, value, path, field->shape->size, items, count);
    for (size_t i = 0; err == BASE_OK && i < *count; i++) {
        const struct result_path element = { .parent = path, .index = i };
        err = read_object(reader, field->shape, json_array_get(value, i), &element,
                          (char *)*items + i * field->shape->size);
    }
    return err;
}

static base_err read_value(const struct reader *reader, const struct result_field *field,
                           const json_t *value, const struct result_path *path, void *object)
{
    void *member = (char *)object + field->offset;
    size_t *count = (void *)((char *)object + field->count_offset);
    switch (field->kind) {
    case RESULT_SCHEMA:
        return BASE_OK; /* checked before anything else */
    case RESULT_TEXT:
        return read_text(reader, field, value, path, member);
    case RESULT_NUMBER:
        return read_number(reader, field, value, path, member);
    case RESULT_COUNT:
        return read_count(reader, field, value, path, member);
    case RESULT_COUNT32:
        return read_count32(reader, field, value, path, member);
    case RESULT_FLAG:
        return read_flag(reader, value, path, member);
    case RESULT_OBJECT:
        return read_object(reader, field->shape, value, path, member);
    case RESULT_LIST:
        return read_list(reader, field, value, path, member, count);
    case RESULT_COUNTS:
    case RESULT_NUMBERS:
        return read_array(reader, field, value, path, member, count);
    }
    return BASE_EINVALID;
}

/* What an absent member is in memory, all the way down. */
static void make_absent(const struct result_field *field, void *object)
{
    void *member = (char *)object + field->offset;
    if (field->kind == RESULT_NUMBER)
        *(double *)member = NAN;
    for (size_t i = 0; field->kind == RESULT_OBJECT && i < field->shape->field_count; i++)
        make_absent(&field->shape->fields[i], member);
}

static base_err refuse_unknown(const struct reader *reader, const struct result_shape *shape,
                               const json_t *value, const struct result_path *path)
{
    for (void *at = json_object_iter((json_t *)value); at != NULL;
         at = json_object_iter_next((json_t *)value, at)) {
        const char *const name = json_object_iter_key(at);
        bool is_known = false;
        for (size_t i = 0; i < shape->field_count && !is_known; i++)
            is_known = strcmp(shape->fields[i].name, name) == 0;
        const struct result_path member = { .parent = path, .name = name };
        if (!is_known)
            return fail(reader, BASE_EINVALID, &member, "unknown field");
    }
    return BASE_OK;
}

static base_err read_object(const struct reader *reader, const struct result_shape *shape,
                            const json_t *value, const struct result_path *path, void *object)
{
    if (!json_is_object(value))
        return fail_type(reader, path, "an object", value);
    size_t known = 0;
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct result_field *field = &shape->fields[i];
        const struct result_path member = { .parent = path, .name = field->name };
        const json_t *item = json_object_get(value, field->name);
        base_err err = BASE_OK;
        known += item != NULL;
        if (item != NULL)
            err = read_value(reader, field, item, &member, object);
        else if (field->is_optional)
            make_absent(field, object);
        else
            err = fail(reader, BASE_EINVALID, &member, "missing");
        if (err != BASE_OK)
            return err;
    }
    char wrong[RESULT_WRONG_SIZE];
    result_check_object(shape, object, wrong);
    if (wrong[0] != '\0')
        return fail(reader, BASE_EINVALID, path, wrong);
    if (shape->is_interval && known == 0)
        return fail(reader, BASE_EINVALID, path, "empty: what was not measured is left out");
    if (known == json_object_size(value))
        return BASE_OK;
    return refuse_unknown(reader, shape, value, path);
}

base_err result_shape_read(const struct result_shape *shape, const json_t *tree,
                           struct base_span text, const char *path, struct base_arena *arena,
                           void *object, struct base_why *why)
{
    const struct reader reader = { .text = text, .file = path, .arena = arena, .why = why };
    const struct result_path root = { 0 };
    return read_object(&reader, shape, tree, &root, object);
}

base_err result_tree_read(struct base_span text, const char *path, json_t **tree,
                          struct base_why *why)
{
    if (text.size > RESULT_RUN_SIZE_MAX)
        return base_fail(why, BASE_EPARSE, 0, "%s: %zu bytes, at most %d are allowed", path,
                         text.size, RESULT_RUN_SIZE_MAX);
    json_error_t error;
    const char *data = text.size > 0 ? (const char *)text.data : "";
    json_t *root = json_loadb(data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (root != NULL) {
        *tree = root;
        return BASE_OK;
    }
    if (json_error_code(&error) == json_error_out_of_memory)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory for its contents", path);
    const int line = error.line > 0 ? error.line : 1;
    return base_fail(why, BASE_EPARSE, (uint64_t)line, "%s:%d: not well-formed JSON: %s", path,
                     line, error.text);
}

/* The schema comes first: the rest of a newer document cannot be judged. */
static base_err check_schema(const struct reader *reader, const json_t *tree)
{
    static const char family[] = "bpi-perf/run/";
    const struct result_path root = { 0 };
    const struct result_path member = { .parent = &root, .name = "schema" };
    if (!json_is_object(tree))
        return fail_type(reader, &root, "an object", tree);
    const json_t *value = json_object_get(tree, "schema");
    if (value == NULL)
        return fail(reader, BASE_EINVALID, &member,
                    "missing; a run has \"" RESULT_RUN_SCHEMA "\" here");
    if (!json_is_string(value))
        return fail_type(reader, &member, "text", value);
    const char *const found = json_string_value(value);
    if (strcmp(found, RESULT_RUN_SCHEMA) == 0)
        return BASE_OK;
    char wrong[RESULT_WRONG_SIZE];
    char *end = NULL;
    const bool is_run = strncmp(found, family, sizeof family - 1) == 0;
    const long version = is_run ? strtol(found + sizeof family - 1, &end, 10) : 0;
    if (is_run && *end == '\0' && version > 1) {
        snprintf(wrong, sizeof wrong,
                 "'%.40s' is newer than this program, which reads " RESULT_RUN_SCHEMA, found);
        return fail(reader, BASE_EUNSUPPORTED, &member, wrong);
    }
    snprintf(wrong, sizeof wrong, "'%.40s' is not " RESULT_RUN_SCHEMA, found);
    return fail(reader, BASE_EINVALID, &member, wrong);
}

base_err result_tree_to_run(const json_t *tree, struct base_span text, const char *path,
                            struct result_run *run, struct base_why *why)
{
    struct result_run made = { 0 };
    const struct reader reader = { .text = text, .file = path, .why = why };
    base_err err = check_schema(&reader, tree);
    if (err == BASE_OK)
        err = result_shape_read(&result_shape_run, tree, text, path, &made.arena, &made, why);
    if (err == BASE_OK)
        *run = made;
    else
        result_run_done(&made);
    return err;
}

static base_err read_whole(struct base_span text, const char *path, struct result_run *run,
                           struct base_why *why)
{
    json_t *tree = NULL;
    base_err err = result_tree_read(text, path, &tree, why);
    if (err == BASE_OK)
        err = result_tree_to_run(tree, text, path, run, why);
    json_decref(tree);
    return err;
}

static base_err read_part(const struct result_shape *shape, struct base_span text,
                          struct base_arena *arena, void *object)
{
    json_t *tree = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    const base_err err =
        tree == NULL ? BASE_EPARSE : result_shape_read(shape, tree, text, "", arena, object, NULL);
    json_decref(tree);
    return err;
}

/* The document without its cases, then the cases one after the other. */
static base_err read_parts(struct base_span text, const struct result_split *split,
                           struct result_run *run)
{
    struct base_buf frame = { 0 };
    json_t *tree = NULL;
    base_err err = result_split_frame(text, split, &frame);
    if (err == BASE_OK)
        err = result_tree_read(base_buf_span(&frame), "", &tree, NULL);
    if (err == BASE_OK)
        err = result_tree_to_run(tree, base_buf_span(&frame), "", run, NULL);
    json_decref(tree);
    base_buf_done(&frame);
    if (err != BASE_OK)
        return err;
    struct base_span part;
    size_t at = split->begin;
    run->case_count = split->count;
    run->cases = base_arena_array(&run->arena, split->count, sizeof *run->cases);
    err = run->cases == NULL ? BASE_ENOMEM : BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < split->count; i++)
        err = result_split_next(text, &at, &part)
                  ? read_part(&result_shape_case, part, &run->arena, &run->cases[i])
                  : BASE_EPARSE;
    if (err != BASE_OK)
        result_run_done(run);
    return err;
}

/* A tree of a whole document takes eight times the room of its numbers, so the cases are read one
 * by one. Where that fails the document is not right, and reading it whole says what and where. */
base_err result_run_read(struct base_span text, const char *path, struct result_run *run,
                         struct base_why *why)
{
    struct result_split split;
    struct result_run made = { 0 };
    if (text.size <= RESULT_RUN_SIZE_MAX && result_split_of(text, &split) &&
        split.count <= RESULT_CASE_MAX && read_parts(text, &split, &made) == BASE_OK) {
        *run = made;
        return BASE_OK;
    }
    return read_whole(text, path, run, why);
}
