/* json_internal.h - the little that several writers need beside jansson. */
#ifndef RESULT_JSON_INTERNAL_H
#define RESULT_JSON_INTERNAL_H

#include "sink_internal.h"

#include <jansson.h>

/* A JSON string of any bytes: what is not UTF-8 is escaped as text.h does; null for NULL. NULL when
 * out of memory. */
static inline json_t *result_json_text(const char *text)
{
    struct base_buf clean = { 0 };
    json_t *value = text != NULL ? json_string(text) : json_null();
    if (value == NULL && result_text_put(&clean, text) == BASE_OK)
        value = json_stringn((const char *)clean.data, clean.size);
    base_buf_done(&clean);
    return value;
}

static inline int result_json_put(const char *data, size_t size, void *context)
{
    struct result_sink *sink = context;
    if (sink->err == BASE_OK)
        sink->err = base_buf_put(sink->out, data, size);
    return sink->err == BASE_OK ? 0 : -1;
}

/* Append a document and a line break; `flags` are jansson's. */
static inline void result_json_dump(struct result_sink *sink, const json_t *root, size_t flags)
{
    if (sink->err == BASE_OK && json_dump_callback(root, result_json_put, sink, flags) != 0 &&
        sink->err == BASE_OK)
        sink->err = BASE_ENOMEM;
    result_sink_printf(sink, "\n");
}

#endif
