/* enc_json.c - files into tokens: CBOR as it is, JSON by way of jansson. */
#include "enc_tokens.h"

#include <inttypes.h>
#include <jansson.h>

static base_err load_value(struct enc_tokens *tokens, const json_t *value);

static base_err load_text(struct enc_tokens *tokens, const char *text, size_t size)
{
    const char *const copy = base_arena_text_of(&tokens->texts, text, size);
    if (copy == NULL)
        return BASE_ENOMEM;
    return enc_tokens_add_string(tokens, BPI_CBOR_TEXT, base_span_of(copy, size));
}

static base_err load_object(struct enc_tokens *tokens, const json_t *object)
{
    base_err err = enc_tokens_add(tokens, BPI_CBOR_MAP, json_object_size(object));
    void *at = json_object_iter((json_t *)(uintptr_t)object);
    for (; err == BASE_OK && at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        const char *const key = json_object_iter_key(at);
        err = load_text(tokens, key, strlen(key));
        if (err == BASE_OK)
            err = load_value(tokens, json_object_iter_value(at));
    }
    return err;
}

static base_err load_array(struct enc_tokens *tokens, const json_t *array)
{
    base_err err = enc_tokens_add(tokens, BPI_CBOR_ARRAY, json_array_size(array));
    for (size_t i = 0; err == BASE_OK && i < json_array_size(array); i++)
        err = load_value(tokens, json_array_get(array, i));
    return err;
}

static base_err load_number(struct enc_tokens *tokens, const json_t *value)
{
    if (json_is_integer(value)) {
        const json_int_t number = json_integer_value(value);
        return number < 0 ? enc_tokens_add(tokens, BPI_CBOR_NINT, ~(uint64_t)number)
                          : enc_tokens_add(tokens, BPI_CBOR_UINT, (uint64_t)number);
    }
    const base_err err = enc_tokens_add(tokens, BPI_CBOR_FLOAT, 0);
    if (err == BASE_OK)
        tokens->items[tokens->count - 1].number = json_real_value(value);
    return err;
}

/* jansson has its own limit of nesting (2048); the reader's is checked once all is encoded. */
static base_err load_value(struct enc_tokens *tokens, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return load_object(tokens, value);
    case JSON_ARRAY:
        return load_array(tokens, value);
    case JSON_STRING:
        return load_text(tokens, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
    case JSON_REAL:
        return load_number(tokens, value);
    case JSON_TRUE:
        return enc_tokens_add(tokens, BPI_CBOR_SIMPLE, BPI_CBOR_SIMPLE_TRUE);
    case JSON_FALSE:
        return enc_tokens_add(tokens, BPI_CBOR_SIMPLE, BPI_CBOR_SIMPLE_FALSE);
    default:
        return enc_tokens_add(tokens, BPI_CBOR_SIMPLE, BPI_CBOR_SIMPLE_NULL);
    }
}

static size_t nesting_of(const json_t *value, size_t most)
{
    size_t deepest = 0;
    if (most == 0 || !(json_is_object(value) || json_is_array(value)))
        return 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const size_t inner = nesting_of(json_array_get(value, i), most - 1);
        deepest = inner > deepest ? inner : deepest;
    }
    void *at = json_object_iter((json_t *)(uintptr_t)value);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
        const size_t inner = nesting_of(json_object_iter_value(at), most - 1);
        deepest = inner > deepest ? inner : deepest;
    }
    return deepest + 1;
}

static base_err load_json(struct enc_tokens *tokens, const char *path, struct base_why *why)
{
    json_error_t error;
    json_t *const root =
        json_loadb((const char *)tokens->input.data, tokens->input.size,
                   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (root == NULL)
        return base_fail(why, BASE_EPARSE, (uint64_t)error.line, "%s:%d:%d: %s", path, error.line,
                         error.column, error.text);
    base_err err;
    if (nesting_of(root, BPI_CBOR_DEPTH_MAX + 1) > BPI_CBOR_DEPTH_MAX)
        err = base_fail(why, BASE_ERANGE, 0, "%s: nested deeper than %d levels", path,
                        BPI_CBOR_DEPTH_MAX);
    else if ((err = load_value(tokens, root)) != BASE_OK)
        base_fail(why, err, 0, "%s: no memory for its items", path);
    json_decref(root);
    return err;
}

static bool looks_like_json(const char *path, struct base_span input)
{
    const size_t size = strlen(path);
    if (size > 5 && strcmp(path + size - 5, ".json") == 0)
        return true;
    size_t at = 0;
    while (at < input.size && strchr(" \t\r\n", input.data[at]) != NULL && input.data[at] != 0)
        at++;
    return at < input.size &&
           (input.data[at] == '{' || input.data[at] == '[' || input.data[at] == '"') &&
           bpi_cbor_check(input, &bpi_cbor_lenient, NULL) != BASE_OK;
}

base_err enc_tokens_load_file(struct enc_tokens *tokens, const char *path, struct base_why *why)
{
    base_err err = base_buf_read_file(&tokens->input, path, ENC_TOKENS_INPUT_MAX_BYTES, why);
    if (err != BASE_OK)
        return err;
    const struct base_span input = base_buf_span(&tokens->input);
    if (looks_like_json(path, input))
        return load_json(tokens, path, why);
    err = enc_tokens_load_cbor(tokens, input, &bpi_cbor_lenient, why);
    if (err != BASE_OK)
        base_fail_prefix(why, err, "%s: neither CBOR nor JSON", path);
    return err;
}
