/* alm_text.c - written by hand and not by a JSON library: a path may have millions of hops, and a
 * tree of them would need a hundred times the memory of the text. */
#include "alm_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void alm_text_put(struct alm_text *text, const char *format, ...)
{
    if (text->err != BASE_OK)
        return;
    char piece[1024];
    va_list list;
    va_start(list, format);
    const int size = vsnprintf(piece, sizeof piece, format, list);
    va_end(list);
    if (size < 0 || (size_t)size >= sizeof piece)
        text->err = BASE_EFULL;
    else
        text->err = base_buf_put(text->out, piece, (size_t)size);
}

const char *alm_text_source(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

size_t alm_text_width(const char *name)
{
    size_t width = 0;
    for (; *name != '\0'; name++)
        width += ((uint8_t)*name & 0xc0) != 0x80;
    return width;
}

void alm_text_name(struct alm_text *text, const char *name, size_t width)
{
    const size_t own = alm_text_width(name);
    alm_text_put(text, "%s%*s", name, own < width ? (int)(width - own) : 0, "");
}

/* Bytes of the UTF-8 character that begins here; 0 when it is none. Source: RFC 3629, section 4 */
static size_t character_size(const uint8_t *s)
{
    const uint8_t first = s[0];
    const size_t size = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                                       : 4;
    if (size == 0 || first > 0xf4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && s[1] < 0xa0) || (first == 0xed && s[1] > 0x9f) ||
        (first == 0xf0 && s[1] < 0x90) || (first == 0xf4 && s[1] > 0x8f))
        return 0;
    return size;
}

void alm_text_json(struct alm_text *text, const char *name)
{
    alm_text_put(text, "\"");
    for (const uint8_t *at = (const uint8_t *)name; *at != '\0';) {
        const size_t size = character_size(at);
        if (size == 0)
            alm_text_put(text, "\\ufffd");
        else if (*at < ' ' || *at == 0x7f)
            alm_text_put(text, "\\u%04x", *at);
        else
            alm_text_put(text, "%s%.*s", *at == '"' || *at == '\\' ? "\\" : "", (int)size,
                         (const char *)at);
        at += size > 0 ? size : 1;
    }
    alm_text_put(text, "\"");
}

const char *alm_text_number(double number, char *out)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, ALM_TEXT_NUMBER_SIZE, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            break;
    }
    return out;
}

const char *alm_text_sum(double number, char *out)
{
    snprintf(out, ALM_TEXT_NUMBER_SIZE, "%.12g", number);
    return out;
}
