/* run_write.c - the table walked over a run, to JSON in its one layout. */
#include "run_table.h"

#include <stdlib.h>
#include <string.h>

struct writer {
    struct base_buf *out;
    struct base_why *why;
    base_err err; /* sticky: after the first failure nothing is put */
};

static void put(struct writer *writer, const char *text, size_t size)
{
    if (writer->err == BASE_OK)
        writer->err = base_buf_put(writer->out, text, size);
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static void fail(struct writer *writer, const struct result_path *path, const char *wrong)
{
    char where[RESULT_PATH_TEXT_SIZE];
    if (writer->err == BASE_OK)
        writer->err = base_fail(writer->why, BASE_EINVALID, 0, "run: %s: %s",
                                result_path_print(path, where), wrong);
}

static void put_break(struct writer *writer, size_t depth)
{
    static const char blanks[] = "\n                              ";
    put(writer, blanks, 1 + 2 * depth);
}

static void put_string(struct writer *writer, const char *text, const struct result_path *path)
{
    json_t *string = json_string(text);
    char *escaped = string == NULL ? NULL : json_dumps(string, JSON_ENCODE_ANY);
    if (escaped != NULL)
        put_text(writer, escaped);
    else
        fail(writer, path, "the text is not UTF-8");
    free(escaped);
    json_decref(string);
}

static void put_number(struct writer *writer, const struct result_field *field, double value,
                       const struct result_path *path)
{
    char wrong[RESULT_WRONG_SIZE];
    result_check_number(field, value, wrong);
    if (wrong[0] != '\0') {
        fail(writer, path, wrong);
        return;
    }
    char text[RESULT_NUMBER_SIZE];
    put(writer, text, result_number_print(value, text));
}

static void put_count(struct writer *writer, const struct result_field *field, uint64_t value,
                      const struct result_path *path)
{
    char wrong[RESULT_WRONG_SIZE] = "a count of 2^63 or more";
    if (value <= INT64_MAX)
        result_check_number(field, (double)value, wrong);
    if (wrong[0] != '\0') {
        fail(writer, path, wrong);
        return;
    }
    char text[RESULT_NUMBER_SIZE];
    put(writer, text, result_number_print_count(value, text));
}

static void put_member_text(struct writer *writer, const struct result_field *field,
                            const char *text, const struct result_path *path)
{
    char wrong[RESULT_WRONG_SIZE] = "missing";
    if (text != NULL)
        result_check_text(field, text, wrong);
    if (wrong[0] != '\0')
        fail(writer, path, wrong);
    else
        put_string(writer, text, path);
}

static void put_array(struct writer *writer, const struct result_field *field, const void *items,
                      size_t count, const struct result_path *path)
{
    if (count > field->count_max || (items == NULL && count > 0)) {
        fail(writer, path, items == NULL ? "missing" : "too many numbers");
        return;
    }
    put_text(writer, "[");
    for (size_t i = 0; i < count && writer->err == BASE_OK; i++) {
        const struct result_path element = { .parent = path, .index = i };
        if (i > 0)
            put(writer, ", ", 2);
        if (field->kind == RESULT_COUNTS)
            put_count(writer, field, ((const uint64_t *)items)[i], &element);
        else
            put_number(writer, field, ((const double *)items)[i], &element);
    }
    put_text(writer, "]");
}

static void put_object(struct writer *writer, const struct result_shape *shape, const void *object,
                       size_t depth, const struct result_path *path);

static void put_list(struct writer *writer, const struct result_field *field, const void *items,
                     size_t count, size_t depth, const struct result_path *path)
{
    if (count > field->count_max || (items == NULL && count > 0)) {
        fail(writer, path, items == NULL ? "missing" : "too many elements");
        return;
    }
    put_text(writer, "[");
    for (size_t i = 0; i < count && writer->err == BASE_OK; i++) {
        const struct result_path element = { .parent = path, .index = i };
        if (i > 0)
            put_text(writer, ",");
        put_break(writer, depth + 1);
        put_object(writer, field->shape, (const char *)items + i * field->shape->size, depth + 1,
                   &element);
    }
    if (count > 0)
        put_break(writer, depth);
    put_text(writer, "]");
}

static void put_value(struct writer *writer, const struct result_field *field, const void *object,
                      size_t depth, const struct result_path *path)
{
    const void *member = (const char *)object + field->offset;
    const size_t *count = (const void *)((const char *)object + field->count_offset);
    switch (field->kind) {
    case RESULT_SCHEMA:
        put_text(writer, "\"" RESULT_RUN_SCHEMA "\"");
        break;
    case RESULT_TEXT:
        put_member_text(writer, field, *(const char *const *)member, path);
        break;
    case RESULT_NUMBER:
        put_number(writer, field, *(const double *)member, path);
        break;
    case RESULT_COUNT:
        put_count(writer, field, *(const uint64_t *)member, path);
        break;
    case RESULT_COUNT32:
        put_count(writer, field, *(const uint32_t *)member, path);
        break;
    case RESULT_FLAG:
        put_text(writer, *(const bool *)member ? "true" : "false");
        break;
    case RESULT_OBJECT:
        put_object(writer, field->shape, member, depth, path);
        break;
    case RESULT_LIST:
        put_list(writer, field, *(const void *const *)member, *count, depth, path);
        break;
    case RESULT_COUNTS:
    case RESULT_NUMBERS:
        put_array(writer, field, *(const void *const *)member, *count, path);
        break;
    }
}

static void put_object(struct writer *writer, const struct result_shape *shape, const void *object,
                       size_t depth, const struct result_path *path)
{
    char wrong[RESULT_WRONG_SIZE];
    result_check_object(shape, object, wrong);
    if (wrong[0] != '\0')
        fail(writer, path, wrong);
    put_text(writer, "{");
    const char *separator = "";
    for (size_t i = 0; i < shape->field_count && writer->err == BASE_OK; i++) {
        const struct result_field *field = &shape->fields[i];
        const struct result_path member = { .parent = path, .name = field->name };
        if (result_field_is_absent(field, object))
            continue;
        put_text(writer, separator);
        if (shape->is_inline)
            put_text(writer, " ");
        else
            put_break(writer, depth + 1);
        put_text(writer, "\"");
        put_text(writer, field->name);
        put_text(writer, "\": ");
        put_value(writer, field, object, depth + 1, &member);
        separator = ",";
    }
    if (shape->is_inline)
        put_text(writer, " ");
    else
        put_break(writer, depth);
    put_text(writer, "}");
}

base_err result_shape_write(const struct result_shape *shape, const void *object,
                            struct base_buf *out, struct base_why *why)
{
    const size_t start = out->size;
    const struct result_path path = { 0 };
    struct writer writer = { .out = out, .why = why };
    put_object(&writer, shape, object, 0, &path);
    put_text(&writer, "\n");
    if (writer.err != BASE_OK)
        out->size = start;
    if (writer.err == BASE_ENOMEM || writer.err == BASE_EFULL)
        base_fail(why, writer.err, 0, "run: no memory for the document");
    return writer.err;
}

base_err result_run_write(const struct result_run *run, struct base_buf *out)
{
    return result_shape_write(&result_shape_run, run, out, NULL);
}

base_err result_run_write_why(const struct result_run *run, struct base_buf *out,
                              struct base_why *why)
{
    return result_shape_write(&result_shape_run, run, out, why);
}
