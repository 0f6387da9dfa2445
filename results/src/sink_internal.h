/* sink_internal.h - a buffer with a memory for the first error, so that a writer is a plain list of
 * puts and checks once. */
#ifndef RESULT_SINK_INTERNAL_H
#define RESULT_SINK_INTERNAL_H

#include <result/text.h>

struct result_sink {
    struct base_buf *out;
    base_err err; /* the first one; later puts do nothing */
};

/* Trusted text and formats; texts of others go through the functions below. */
#define result_sink_printf(sink, ...)                                                              \
    ((sink)->err = (sink)->err != BASE_OK ? (sink)->err : base_buf_printf((sink)->out, __VA_ARGS__))

static inline void result_sink_text(struct result_sink *sink, const char *text)
{
    if (sink->err == BASE_OK)
        sink->err = result_text_put(sink->out, text);
}

static inline void result_sink_markdown(struct result_sink *sink, const char *text)
{
    if (sink->err == BASE_OK)
        sink->err = result_text_put_markdown(sink->out, text);
}

static inline void result_sink_csv(struct result_sink *sink, const char *text)
{
    if (sink->err == BASE_OK)
        sink->err = result_text_put_csv(sink->out, text);
}

static inline void result_sink_wrapped(struct result_sink *sink, const char *text, size_t width,
                                       size_t used, size_t indent)
{
    if (sink->err == BASE_OK)
        sink->err = result_text_put_wrapped(sink->out, text, width, used, indent);
}

#endif
