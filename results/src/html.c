/* html.c - escaping in two steps: text.c makes the characters harmless to people, this file the
 * five that markup would read as its own. */
#include "html.h"

#include <string.h>

static const char *entity_of(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static const char *breaking_of(char c)
{
    switch (c) {
    case ',':
        return ",<wbr>";
    case ':':
        return ":<wbr>";
    case '/':
        return "/<wbr>";
    default:
        return entity_of(c);
    }
}

static base_err put(struct base_buf *out, const char *text, const char *(*replaced)(char))
{
    struct base_buf clean = { 0 };
    base_err err = result_text_put(&clean, text);
    size_t from = 0;
    for (size_t i = 0; err == BASE_OK && i <= clean.size; i++) {
        const char *entity = i < clean.size ? replaced((char)clean.data[i]) : "";
        if (entity == NULL)
            continue;
        err = base_buf_put(out, clean.data + from, i - from);
        if (err == BASE_OK)
            err = base_buf_put_text(out, entity);
        from = i + 1;
    }
    base_buf_done(&clean);
    return err;
}

base_err result_html_put(struct base_buf *out, const char *text)
{
    return put(out, text, entity_of);
}

base_err result_html_put_name(struct base_buf *out, const char *text)
{
    return put(out, text, breaking_of);
}
