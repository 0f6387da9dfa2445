/* escape.c - character by character; what is plain is copied. */
#include "escape_internal.h"

size_t escape_utf8_size(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    const size_t size = at[0] < 0x80   ? 1
                        : at[0] < 0xc2 ? 0
                        : at[0] < 0xe0 ? 2
                        : at[0] < 0xf0 ? 3
                        : at[0] < 0xf5 ? 4
                                       : 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] >= 0x90))
        return 0; /* overlong, surrogate, above U+10FFFF */
    return size;
}

typedef base_err put_fn(struct base_buf *out, char plain);

static base_err put_json(struct base_buf *out, char plain)
{
    if (plain == '"' || plain == '\\')
        return base_buf_printf(out, "\\%c", plain);
    if ((unsigned char)plain < ' ' || plain == '<' || plain == 127)
        return base_buf_printf(out, "\\u%04x", (unsigned char)plain);
    return base_buf_put(out, &plain, 1);
}

static base_err put_html(struct base_buf *out, char plain)
{
    switch (plain) {
    case '<':
        return base_buf_put_text(out, "&lt;");
    case '>':
        return base_buf_put_text(out, "&gt;");
    case '&':
        return base_buf_put_text(out, "&amp;");
    case '"':
        return base_buf_put_text(out, "&quot;");
    default:
        plain = (unsigned char)plain < ' ' ? ' ' : plain;
        return base_buf_put(out, &plain, 1);
    }
}

static base_err put_each(struct base_buf *out, const char *text, put_fn *put)
{
    base_err err = BASE_OK;
    while (*text != '\0' && err == BASE_OK) {
        const size_t size = escape_utf8_size(text);
        if (size == 1)
            err = put(out, *text);
        else if (size == 0)
            err = base_buf_put_text(out, "\xef\xbf\xbd");
        else
            err = base_buf_put(out, text, size);
        text += size == 0 ? 1 : size;
    }
    return err;
}

base_err escape_json(struct base_buf *out, const char *text)
{
    base_err err = base_buf_put_text(out, "\"");
    if (err == BASE_OK)
        err = put_each(out, text, put_json);
    return err == BASE_OK ? base_buf_put_text(out, "\"") : err;
}

base_err escape_html(struct base_buf *out, const char *text)
{
    return put_each(out, text, put_html);
}
