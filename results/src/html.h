/* html.h - text that is safe in HTML and XML, between tags and in quoted attributes. */
#ifndef RESULT_HTML_H
#define RESULT_HTML_H

#include "sink_internal.h"

/* Append a text of others: what moves, hides or turns text is made visible as text.h does, and
 * < > & " ' are entities. NULL: nothing. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err result_html_put(struct base_buf *out, const char *text);

/* The same for names: a browser may break them after , : / and nowhere else. */
BASE_MUST_USE base_err result_html_put_name(struct base_buf *out, const char *text);

static inline void result_sink_html_name(struct result_sink *sink, const char *text)
{
    if (sink->err == BASE_OK)
        sink->err = result_html_put_name(sink->out, text);
}

static inline void result_sink_html(struct result_sink *sink, const char *text)
{
    if (sink->err == BASE_OK)
        sink->err = result_html_put(sink->out, text);
}

#endif
