/* text.c - one UTF-8 decoder that every kind of output goes through, and two small tables of
 * ranges: what is escaped, and what is not one cell wide. */
#include <result/text.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

/* Controls, direction marks and overrides, line separators, byte order mark, tags. */
static const struct range hidden[] = {
    { 0x00, 0x1f },     { 0x7f, 0x9f },       { 0x61c, 0x61c },   { 0x200b, 0x200b },
    { 0x200e, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
    { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
};
static const struct range zero_wide[] = {
    { 0x300, 0x36f },     { 0x483, 0x489 },   { 0x591, 0x5bd },   { 0x610, 0x61a },
    { 0x64b, 0x65f },     { 0x6d6, 0x6dc },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
    { 0x200c, 0x200d },   { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
    { 0xe0100, 0xe01ef },
};
static const struct range two_wide[] = {
    { 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },   { 0x23e9, 0x23ec },
    { 0x23f0, 0x23f0 },   { 0x23f3, 0x23f3 },   { 0x2e80, 0x303e },   { 0x3041, 0x33ff },
    { 0x3400, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff },   { 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
    { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
    { 0x20000, 0x3fffd },
};
#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && point >= ranges[i].first; i++)
        if (point <= ranges[i].last)
            return true;
    return false;
}

/* Decode one character; returns its bytes, or 0 when the byte at `at` begins none.
 * Source   RFC 3629 section 4: no overlong forms, no surrogates, at most U+10FFFF */
static size_t decode(const char *text, uint32_t *point)
{
    const uint8_t *at = (const uint8_t *)text;
    const size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (size == 1) {
        *point = at[0];
        return 1;
    }
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    uint32_t value = at[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *point = value;
    return size;
}

/* One character as it is shown: `shown` (terminated), its size and its cells. */
struct glyph {
    char shown[16];
    size_t source_size;
    size_t width;
};

static struct glyph glyph_at(const char *text)
{
    struct glyph glyph = { .source_size = 1 };
    uint32_t point = 0;
    const size_t size = decode(text, &point);
    if (size == 0) {
        snprintf(glyph.shown, sizeof glyph.shown, "\\x%02x", (unsigned)(uint8_t)*text);
    } else if (point == '\n' || point == '\t' || point == '\r') {
        snprintf(glyph.shown, sizeof glyph.shown, "\\%c",
                 point == '\n'   ? 'n'
                 : point == '\t' ? 't'
                                 : 'r');
    } else if (is_in(point, hidden, COUNT_OF(hidden))) {
        snprintf(glyph.shown, sizeof glyph.shown, point < 0x100 ? "\\x%02x" : "\\u{%x}", point);
        glyph.source_size = size;
    } else {
        memcpy(glyph.shown, text, size);
        glyph.source_size = size;
        glyph.width = is_in(point, zero_wide, COUNT_OF(zero_wide)) ? 0
                      : is_in(point, two_wide, COUNT_OF(two_wide)) ? 2
                                                                   : 1;
        return glyph;
    }
    glyph.width = strlen(glyph.shown);
    return glyph;
}

size_t result_text_width(const char *text)
{
    size_t width = 0;
    while (text != NULL && *text != '\0') {
        const struct glyph glyph = glyph_at(text);
        width += glyph.width;
        text += glyph.source_size;
    }
    return width;
}

base_err result_text_put(struct base_buf *out, const char *text)
{
    base_err err = BASE_OK;
    while (err == BASE_OK && text != NULL && *text != '\0') {
        const struct glyph glyph = glyph_at(text);
        err = base_buf_put_text(out, glyph.shown);
        text += glyph.source_size;
    }
    return err;
}

base_err result_text_put_cut(struct base_buf *out, const char *text, size_t width)
{
    if (result_text_width(text) <= width)
        return result_text_put(out, text);
    base_err err = BASE_OK;
    size_t used = 0;
    while (err == BASE_OK) {
        const struct glyph glyph = glyph_at(text);
        if (used + glyph.width + 1 > width)
            break;
        err = base_buf_put_text(out, glyph.shown);
        used += glyph.width;
        text += glyph.source_size;
    }
    return err == BASE_OK ? base_buf_put_text(out, "\u2026") : err;
}

/* Cells of the word that begins at `text`, and where it ends. */
static size_t word_width(const char *text, const char **end)
{
    size_t width = 0;
    while (*text != '\0' && *text != ' ') {
        const struct glyph glyph = glyph_at(text);
        width += glyph.width;
        text += glyph.source_size;
    }
    *end = text;
    return width;
}

static base_err new_line(struct base_buf *out, size_t indent, size_t *used)
{
    *used = indent;
    return base_buf_printf(out, "\n%*s", (int)indent, "");
}

/* A word, broken where the line is full; `used` goes on. */
static base_err put_word(struct base_buf *out, const char *text, const char *end, size_t width,
                         size_t indent, size_t *used)
{
    base_err err = BASE_OK;
    while (err == BASE_OK && text < end) {
        const struct glyph glyph = glyph_at(text);
        if (*used + glyph.width > width && *used > indent)
            err = new_line(out, indent, used);
        if (err == BASE_OK)
            err = base_buf_put_text(out, glyph.shown);
        *used += glyph.width;
        text += glyph.source_size;
    }
    return err;
}

base_err result_text_put_wrapped(struct base_buf *out, const char *text, size_t page_width,
                                 size_t used, size_t indent)
{
    if (page_width == 0 || text == NULL)
        return result_text_put(out, text);
    base_err err = BASE_OK;
    for (bool is_first = true; err == BASE_OK; is_first = false) {
        while (*text == ' ')
            text++;
        if (*text == '\0')
            break;
        const char *end = NULL;
        const size_t width = word_width(text, &end);
        if (!is_first && used + 1 + width > page_width)
            err = new_line(out, indent, &used);
        else if (!is_first) {
            err = base_buf_put_text(out, " ");
            used++;
        }
        if (err == BASE_OK)
            err = put_word(out, text, end, page_width, indent, &used);
        text = end;
    }
    return err;
}

base_err result_text_put_markdown(struct base_buf *out, const char *text)
{
    base_err err = BASE_OK;
    while (err == BASE_OK && text != NULL && *text != '\0') {
        const struct glyph glyph = glyph_at(text);
        const bool is_html = strchr("<>&", glyph.shown[0]) != NULL;
        if (is_html)
            err = base_buf_put_text(out, glyph.shown[0] == '<'   ? "&lt;"
                                         : glyph.shown[0] == '>' ? "&gt;"
                                                                 : "&amp;");
        else if (strchr("\\|`*_[]~#@$", glyph.shown[0]) != NULL)
            err = base_buf_printf(out, "\\%s", glyph.shown);
        else
            err = base_buf_put_text(out, glyph.shown);
        text += glyph.source_size;
    }
    return err;
}

/* "-1.5" is a number and stays one; "-1+cmd" is not. */
static bool is_formula_of(const char *text)
{
    if (text[0] == '=' || text[0] == '@')
        return true;
    if (text[0] != '+' && text[0] != '-')
        return false;
    char *end = NULL;
    strtod(text, &end);
    return end == text || *end != '\0';
}

base_err result_text_put_csv(struct base_buf *out, const char *text)
{
    if (text == NULL || *text == '\0')
        return BASE_OK;
    const bool is_formula = is_formula_of(text);
    const bool is_quoted = strpbrk(text, ",\"") != NULL || text[0] == ' ';
    base_err err = base_buf_put_text(out, is_quoted ? "\"" : "");
    if (err == BASE_OK)
        err = base_buf_put_text(out, is_formula ? "'" : "");
    while (err == BASE_OK && *text != '\0') {
        const struct glyph glyph = glyph_at(text);
        err = base_buf_put_text(out, glyph.shown[0] == '"' ? "\"\"" : glyph.shown);
        text += glyph.source_size;
    }
    return err == BASE_OK ? base_buf_put_text(out, is_quoted ? "\"" : "") : err;
}

char *result_text_bars(const double *values, size_t count, const struct result_page *page,
                       char *out)
{
    static const char ascii[] = " .:-=+*#@";
    enum { LEVELS = sizeof ascii - 2 };
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        const double eighths = values[i] * LEVELS;
        const int level = !(eighths > 0) ? 0 : eighths >= LEVELS ? LEVELS : (int)ceil(eighths);
        if (level == 0 || page->is_ascii)
            *at++ = ascii[level];
        else
            at += sprintf(at, "\xe2\x96%c", (char)(0x80 + level)); /* U+2581 .. U+2588 */
    }
    *at = '\0';
    return out;
}

const char *result_style_begin(const struct result_page *page, enum result_style style)
{
    static const char *const codes[RESULT_STYLE_COUNT] = {
        "", "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[1m",
    };
    return page->is_coloured ? codes[style] : "";
}

const char *result_style_end(const struct result_page *page, enum result_style style)
{
    return page->is_coloured && style != RESULT_PLAIN ? "\x1b[0m" : "";
}
