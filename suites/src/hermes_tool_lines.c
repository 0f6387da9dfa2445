/* hermes_tool_lines.c - requests and events as lines of JSON. Payloads are base64, since JSON's
 * texts are Unicode and payloads are anything. */
#include "hermes_tool.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };

/* ---- reading ---- */

static base_err types_of(const char *type, const char *class, uint32_t *types, struct base_why *why)
{
    enum bpi_hermes_type one;
    enum bpi_hermes_class of;
    base_err err = BASE_OK;
    uint32_t bits = 0;
    if (type != NULL) {
        err = bpi_hermes_type_parse(type, &one, why);
        if (err == BASE_OK)
            *types = UINT32_C(1) << one;
        return err;
    }
    if (class != NULL)
        err = bpi_hermes_class_parse(class, &of, why);
    for (uint32_t t = 0; t < BPI_HERMES_TYPES && err == BASE_OK; t++)
        if (class == NULL || bpi_hermes_type_class((enum bpi_hermes_type)t) == of)
            bits |= UINT32_C(1) << t;
    if (err == BASE_OK)
        *types = bits;
    return err;
}

base_err hermes_tool_types_parse(const char *type, const char *class, uint32_t *types,
                                 struct base_why *why)
{
    if (type != NULL && class != NULL)
        return base_fail(why, BASE_EPARSE, 0, "give a type or a class, not both");
    return types_of(type, class, types, why);
}

/* A text that may be missing. Errors: EPARSE (something else stands there) */
static base_err text_of(const json_t *object, const char *key, const char **text,
                        struct base_why *why)
{
    const json_t *const value = json_object_get(object, key);
    *text = json_string_value(value);
    return value == NULL || *text != NULL
               ? BASE_OK
               : base_fail(why, BASE_EPARSE, 0, "\"%s\" is no text", key);
}

static base_err payload_take(const char *text, struct base_buf *out, struct base_why *why)
{
    const size_t text_size = strlen(text), most = text_size / 4 * 3;
    size_t size = 0;
    if (most > (size_t)BPI_HERMES_MESSAGE_MAX + 2)
        return base_fail(why, BASE_ERANGE, 0,
                         "the payload has more than %d bytes, which is the most of a message",
                         BPI_HERMES_MESSAGE_MAX);
    base_buf_clear(out);
    if (base_buf_reserve(out, most + 1) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a payload");
    if (sodium_base642bin(out->data, most + 1, text, text_size, NULL, &size, NULL, BASE64) != 0)
        return base_fail(why, BASE_EPARSE, 0, "the payload is no base64");
    out->size = size;
    return BASE_OK;
}

static base_err send_take(const json_t *object, struct hermes_tool_request *out,
                          struct base_why *why)
{
    const char *to = NULL, *type = NULL, *payload = NULL;
    const json_t *const wait = json_object_get(object, "wait");
    base_err err = text_of(object, "to", &to, why);
    if (err == BASE_OK)
        err = text_of(object, "type", &type, why);
    if (err == BASE_OK)
        err = text_of(object, "payload", &payload, why);
    if (err != BASE_OK)
        return err;
    if (to == NULL || type == NULL || payload == NULL)
        return base_fail(why, BASE_EPARSE, 0, "\"send\" needs \"to\", \"type\" and \"payload\"");
    if (wait != NULL && !json_is_boolean(wait))
        return base_fail(why, BASE_EPARSE, 0, "\"wait\" is neither true nor false");
    out->is_waiting = json_is_true(wait);
    out->is_to_all = strcmp(to, "all") == 0;
    err = bpi_hermes_type_parse(type, &out->type, why);
    if (err == BASE_OK && !out->is_to_all)
        err = bpi_hermes_id_parse(to, &out->to, why);
    return err == BASE_OK ? payload_take(payload, &out->payload, why) : err;
}

static base_err subscribe_take(const json_t *object, struct hermes_tool_request *out,
                               struct base_why *why)
{
    const char *type = NULL, *class = NULL;
    base_err err = text_of(object, "type", &type, why);
    if (err == BASE_OK)
        err = text_of(object, "class", &class, why);
    return err == BASE_OK ? hermes_tool_types_parse(type, class, &out->types, why) : err;
}

static base_err request_take(const json_t *object, struct hermes_tool_request *out,
                             struct base_why *why)
{
    const char *verb = NULL;
    const base_err err = text_of(object, "do", &verb, why);
    if (err != BASE_OK)
        return err;
    if (verb != NULL && strcmp(verb, "send") == 0) {
        out->verb = HERMES_TOOL_SEND;
        return send_take(object, out, why);
    }
    if (verb != NULL && strcmp(verb, "subscribe") == 0) {
        out->verb = HERMES_TOOL_SUBSCRIBE;
        return subscribe_take(object, out, why);
    }
    out->verb = HERMES_TOOL_STATUS;
    if (verb != NULL && strcmp(verb, "status") == 0)
        return BASE_OK;
    return base_fail(why, BASE_EPARSE, 0, "\"do\" is none of send, subscribe, status");
}

base_err hermes_tool_request_parse(struct base_span line, struct hermes_tool_request *request,
                                   struct base_why *why)
{
    json_error_t error;
    json_t *const object =
        json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &error);
    const base_err err = json_is_object(object)
                             ? request_take(object, request, why)
                             : base_fail(why, BASE_EPARSE, 0, "the line is no JSON object");
    json_decref(object);
    return err;
}

/* ---- writing ---- */

static base_err base64_put(struct base_span bytes, struct base_buf *out)
{
    const size_t room = sodium_base64_ENCODED_LEN(bytes.size, BASE64);
    const base_err err = base_buf_reserve(out, room);
    if (err != BASE_OK)
        return err;
    sodium_bin2base64((char *)out->data + out->size, room, bytes.data, bytes.size, BASE64);
    out->size += room - 1; /* not its zero */
    return BASE_OK;
}

/* A text of the user's as JSON, with its quotes. */
static base_err text_put(const char *text, struct base_buf *out)
{
    json_t *const value = json_string(text);
    char *const quoted = value != NULL ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    const base_err err = quoted != NULL ? base_buf_put_text(out, quoted) : BASE_EPARSE;
    free(quoted);
    json_decref(value);
    return err;
}

base_err hermes_tool_put_send(const struct suite_hermes_message *message, struct base_buf *out)
{
    base_err err = base_buf_put_text(out, "{\"do\": \"send\", \"to\": ");
    if (err == BASE_OK)
        err = text_put(message->to, out);
    if (err == BASE_OK)
        err = base_buf_put_text(out, ", \"type\": ");
    if (err == BASE_OK)
        err = text_put(message->type, out);
    if (err == BASE_OK)
        err = base_buf_printf(out, ", \"wait\": %s, \"payload\": \"",
                              message->is_waiting ? "true" : "false");
    if (err == BASE_OK)
        err = base64_put(message->payload, out);
    return err == BASE_OK ? base_buf_put_text(out, "\"}\n") : err;
}

base_err hermes_tool_put_subscribe(const char *type, const char *class, struct base_buf *out)
{
    const char *const name = type != NULL ? type : class;
    base_err err = base_buf_put_text(out, "{\"do\": \"subscribe\"");
    if (err == BASE_OK && name != NULL)
        err = base_buf_put_text(out, type != NULL ? ", \"type\": " : ", \"class\": ");
    if (err == BASE_OK && name != NULL)
        err = text_put(name, out);
    return err == BASE_OK ? base_buf_put_text(out, "}\n") : err;
}

const char *hermes_tool_message_text(const struct bpi_hermes_message_id *id,
                                     char out[HERMES_TOOL_MESSAGE_TEXT_SIZE])
{
    return sodium_bin2hex(out, HERMES_TOOL_MESSAGE_TEXT_SIZE, id->bytes, sizeof id->bytes);
}

base_err hermes_tool_put_message(const struct bpi_hermes_event *event, struct base_buf *out)
{
    char from[BPI_HERMES_ID_TEXT_SIZE], id[HERMES_TOOL_MESSAGE_TEXT_SIZE];
    base_err err = base_buf_printf(
        out,
        "{\"event\": \"message\", \"from\": \"%s\", \"id\": \"%s\", \"class\": \"%s\", \"type\": "
        "\"%s\", \"hops\": %u, \"payload\": \"",
        bpi_hermes_id_print(&event->id, from), hermes_tool_message_text(&event->message_id, id),
        bpi_hermes_class_text(event->class), bpi_hermes_type_text(event->type), event->hops);
    if (err == BASE_OK)
        err = base64_put(event->payload, out);
    return err == BASE_OK ? base_buf_put_text(out, "\"}\n") : err;
}

base_err hermes_tool_put_error(base_err err, const struct base_why *why, struct base_buf *out)
{
    const char *const sentence = why->text[0] != '\0' ? why->text : base_err_text(err);
    base_err put = base_buf_printf(out, "{\"error\": \"%s\", \"sentence\": ", base_err_name(err));
    if (put == BASE_OK && text_put(sentence, out) != BASE_OK) /* bytes that are no UTF-8 */
        put = text_put(base_err_text(err), out);
    return put == BASE_OK ? base_buf_put_text(out, "}\n") : put;
}
