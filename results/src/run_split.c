/* run_split.c - one pass over the bytes that knows texts (with their escapes) and depth. */
#include "run_split.h"

#include <string.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(struct base_span text, size_t at)
{
    while (at < text.size && is_blank(text.data[at]))
        at++;
    return at;
}

/* Past the closing quote of a text whose first character is at `at`; past the end without one. */
static size_t skip_text(struct base_span text, size_t at)
{
    while (at < text.size && text.data[at] != '"')
        at += text.data[at] == '\\' ? 2 : 1;
    return at + 1;
}

/* Past the bracket that closes the one at `at`; past the end without one. */
static size_t skip_brackets(struct base_span text, size_t at)
{
    size_t depth = 0;
    while (at < text.size) {
        const uint8_t c = text.data[at++];
        if (c == '"')
            at = skip_text(text, at);
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return text.size + 1;
}

bool result_split_next(struct base_span text, size_t *at, struct base_span *part)
{
    size_t from = skip_blanks(text, *at);
    if (from < text.size && text.data[from] == ',')
        from = skip_blanks(text, from + 1);
    if (from >= text.size || text.data[from] != '{')
        return false;
    const size_t end = skip_brackets(text, from);
    if (end > text.size)
        return false;
    *part = base_span_of(text.data + from, end - from);
    *at = end;
    return true;
}

/* Objects with one comma between two of them, up to the closing bracket. */
static bool count_parts(struct base_span text, struct result_split *split)
{
    struct base_span part;
    size_t at = split->begin;
    split->count = 0;
    for (;;) {
        const size_t start = skip_blanks(text, at);
        const bool has_comma = start < text.size && text.data[start] == ',';
        if (start < text.size && text.data[start] == ']') {
            split->end = start;
            return true;
        }
        if (has_comma != (split->count > 0) || !result_split_next(text, &at, &part))
            return false;
        split->count++;
    }
}

/* Behind the colon of the member "cases" of the outermost object; 0 when there is none. */
static size_t find_cases(struct base_span text)
{
    static const char name[] = "cases\"";
    size_t at = skip_blanks(text, 0);
    if (at >= text.size || text.data[at++] != '{')
        return 0;
    while (at < text.size) {
        const uint8_t c = text.data[at];
        if (c == '{' || c == '[') {
            at = skip_brackets(text, at);
            continue;
        }
        at++;
        if (c != '"')
            continue;
        const bool is_name =
            text.size - at > sizeof name && memcmp(text.data + at, name, sizeof name - 1) == 0;
        at = skip_blanks(text, skip_text(text, at));
        if (is_name && at < text.size && text.data[at] == ':')
            return at + 1;
    }
    return 0;
}

bool result_split_of(struct base_span text, struct result_split *split)
{
    const size_t colon = find_cases(text);
    const size_t bracket = skip_blanks(text, colon);
    if (colon == 0 || bracket >= text.size || text.data[bracket] != '[')
        return false;
    split->begin = bracket + 1;
    return count_parts(text, split);
}

base_err result_split_frame(struct base_span text, const struct result_split *split,
                            struct base_buf *out)
{
    const base_err err = base_buf_put(out, text.data, split->begin);
    return err == BASE_OK ? base_buf_put(out, text.data + split->end, text.size - split->end) : err;
}
