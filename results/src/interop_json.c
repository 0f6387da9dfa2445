/* interop_json.c - JSON of other tools: looked at before it is parsed, parsed with what its writers
 * are known to get wrong put right, and read member by member with sentences. */
#define _GNU_SOURCE
#include "interop_internal.h"

#include <math.h>
#include <string.h>

/* --- looking ---------------------------------------------------------------------------------- */

struct scan {
    const uint8_t *at, *end;
    unsigned depth;
};

/* From the opening quote past the closing one; the text between in `text`. */
static bool scan_string(struct scan *scan, struct base_span *text)
{
    const uint8_t *begin = ++scan->at;
    while (scan->at < scan->end && *scan->at != '"')
        scan->at += *scan->at == '\\' ? 2 : 1;
    if (scan->at >= scan->end)
        return false;
    *text = base_span_of(begin, (size_t)(scan->at - begin));
    scan->at++;
    return true;
}

static bool is_key(struct scan *scan, struct base_span text, const char *key)
{
    while (scan->at < scan->end && memchr(" \t\r\n", *scan->at, 4) != NULL)
        scan->at++;
    return scan->at < scan->end && *scan->at == ':' && text.size == strlen(key) &&
           memcmp(text.data, key, text.size) == 0;
}

bool result_json_has_key(struct base_span text, unsigned depth, const char *key)
{
    const size_t size = text.size < RESULT_SCAN_SIZE_MAX ? text.size : RESULT_SCAN_SIZE_MAX;
    struct scan scan = { text.data, text.data + size, 0 };
    while (scan.at < scan.end && memchr(" \t\r\n", *scan.at, 4) != NULL)
        scan.at++;
    if (scan.at == scan.end || *scan.at != '{')
        return false;
    while (scan.at < scan.end) {
        struct base_span string;
        if (*scan.at == '"') {
            if (!scan_string(&scan, &string))
                return false;
            if (scan.depth == depth && is_key(&scan, string, key))
                return true;
            continue;
        }
        if (*scan.at == '{' || *scan.at == '[')
            scan.depth++;
        else if (*scan.at == '}' || *scan.at == ']')
            scan.depth -= scan.depth > 0;
        scan.at++;
    }
    return false;
}

/* --- parsing ---------------------------------------------------------------------------------- */

/* The length of a word that stands for a number that is none, or 0. */
static size_t none_size(const uint8_t *at, size_t left)
{
    static const char *const words[] = { "-Infinity", "Infinity", "-NaN", "NaN",
                                         "-nan",      "nan",      "-inf", "inf" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (left >= strlen(words[i]) && memcmp(at, words[i], strlen(words[i])) == 0)
            return strlen(words[i]);
    return 0;
}

/* The text with NaN and its kind as null, outside of strings; nothing is copied when there are
 * none. */
static base_err without_none(struct base_span text, struct base_buf *out)
{
    bool is_inside = false;
    size_t kept = 0;
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t c = text.data[i];
        if (is_inside && c == '\\')
            i++;
        else if (c == '"')
            is_inside = !is_inside;
        const size_t size = is_inside || memchr("-INin", c, 5) == NULL
                                ? 0
                                : none_size(text.data + i, text.size - i);
        if (size == 0)
            continue;
        RESULT_TRY(base_buf_put(out, text.data + kept, i - kept));
        RESULT_TRY(base_buf_put_text(out, "null"));
        kept = i + size;
        i = kept - 1;
    }
    return out->size > 0 ? base_buf_put(out, text.data + kept, text.size - kept) : BASE_OK;
}

base_err result_json_parse(const struct result_import *import, struct base_span text,
                           const char *path, json_t **root)
{
    struct base_buf right = { 0 };
    json_error_t error = { 0 };
    if (without_none(text, &right) != BASE_OK) {
        base_buf_done(&right);
        return result_import_fail(import, BASE_ENOMEM, 0, "no memory for its contents");
    }
    const struct base_span clean = right.size > 0 ? base_buf_span(&right) : text;
    *root = json_loadb((const char *)clean.data, clean.size, JSON_REJECT_DUPLICATES, &error);
    base_buf_done(&right);
    if (*root != NULL)
        return BASE_OK;
    return result_import_fail(import, BASE_EPARSE, error.line > 0 ? (uint64_t)error.line : 1,
                              "%s%scolumn %d: %s", path != NULL ? path : "",
                              path != NULL ? ": " : "", error.column, error.text);
}

/* --- members ---------------------------------------------------------------------------------- */

base_err result_json_number(const struct result_import *import, const json_t *object,
                            const char *key, const char *where, double *out)
{
    const json_t *value = json_object_get(object, key);
    *out = NAN;
    if (value == NULL || json_is_null(value))
        return BASE_OK;
    if (!json_is_number(value))
        return result_import_fail(import, BASE_EINVALID, 0, "%.100s: '%s' is not a number", where,
                                  key);
    *out = json_number_value(value);
    return BASE_OK;
}

base_err result_json_string(const struct result_import *import, const json_t *object,
                            const char *key, const char *where, const char **out)
{
    const json_t *value = json_object_get(object, key);
    *out = NULL;
    if (value == NULL || json_is_null(value))
        return BASE_OK;
    if (!json_is_string(value))
        return result_import_fail(import, BASE_EINVALID, 0, "%.100s: '%s' is not text", where, key);
    *out = json_string_value(value);
    return BASE_OK;
}

const char *result_json_shown(struct base_arena *arena, const json_t *value)
{
    if (json_is_string(value))
        return base_arena_text(arena, json_string_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_integer(value))
        return base_arena_printf(arena, "%lld", (long long)json_integer_value(value));
    return json_is_real(value) ? base_arena_printf(arena, "%.9g", json_real_value(value)) : NULL;
}

base_err result_json_end(json_t *root, struct base_buf *out)
{
    struct result_sink sink = { .out = out, .err = root != NULL ? BASE_OK : BASE_ENOMEM };
    result_json_dump(&sink, root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(root);
    return sink.err;
}

base_err result_json_import(const struct result_import_source *source, const char *title,
                            base_err (*read)(struct result_import *import, const json_t *root),
                            struct result_run *run, struct result_import_notes *notes,
                            struct base_why *why)
{
    struct result_import *import = NULL;
    json_t *root = NULL;
    RESULT_TRY(result_import_open(source, title, why, &import));
    base_err err = result_json_parse(import, source->text, NULL, &root);
    if (err == BASE_OK)
        err = read(import, root);
    json_decref(root);
    if (err == BASE_OK)
        return result_import_finish(import, run, notes);
    result_import_close(import);
    return err;
}
