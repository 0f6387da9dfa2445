/* markup.h - is a text well-formed markup? A stack of tags: every attribute is quoted, every end
 * tag closes what was opened last; in HTML void elements have no end, and td, dt, dd may leave it
 * out. */
#ifndef TESTS_MARKUP_H
#define TESTS_MARKUP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MARKUP_DEPTH_MAX = 64, MARKUP_NAME_SIZE = 32 };

struct markup {
    char open[MARKUP_DEPTH_MAX][MARKUP_NAME_SIZE];
    size_t depth;
    bool is_html;
    char wrong[200]; /* "" when all is well */
};

static inline bool markup_is_in(const char *name, const char *list)
{
    const size_t size = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += size)
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

static inline void markup_close(struct markup *markup, const char *name)
{
    while (markup->is_html && markup->depth > 0 &&
           strcmp(markup->open[markup->depth - 1], name) != 0 &&
           markup_is_in(markup->open[markup->depth - 1], "td dt dd"))
        markup->depth--;
    if (markup->depth == 0 || strcmp(markup->open[markup->depth - 1], name) != 0)
        snprintf(markup->wrong, sizeof markup->wrong, "</%.40s> closes <%.40s>", name,
                 markup->depth > 0 ? markup->open[markup->depth - 1] : "nothing");
    else
        markup->depth--;
}

static inline void markup_open(struct markup *markup, const char *name)
{
    if (markup->is_html && markup_is_in(name, "meta br wbr input"))
        return;
    if (markup->is_html && markup->depth > 0 && markup_is_in(name, "td dt dd") &&
        markup_is_in(markup->open[markup->depth - 1], "td dt dd"))
        markup->depth--;
    if (markup->depth == MARKUP_DEPTH_MAX)
        snprintf(markup->wrong, sizeof markup->wrong, "deeper than %d", MARKUP_DEPTH_MAX);
    else
        snprintf(markup->open[markup->depth++], MARKUP_NAME_SIZE, "%.31s", name);
}

/* Past the attributes of a tag; they are name="value". */
static inline const char *markup_attributes(struct markup *markup, const char *at)
{
    while (*at != '\0' && *at != '>' && *at != '/') {
        at += strspn(at, " \n");
        at += strcspn(at, "=>/ \n\"'<");
        if (*at != '=')
            continue;
        if (at[1] != '"') {
            snprintf(markup->wrong, sizeof markup->wrong, "an attribute without quotes: %.40s", at);
            return at;
        }
        at += 2;
        at += strcspn(at, "\"<");
        if (*at != '"') {
            snprintf(markup->wrong, sizeof markup->wrong, "< in an attribute: %.40s", at);
            return at;
        }
        at++;
    }
    return at;
}

/* NULL when the text is well-formed, else what is wrong (in `markup`). */
static inline const char *markup_check(struct markup *markup, const char *text, bool is_html)
{
    *markup = (struct markup){ .is_html = is_html };
    for (const char *at = strchr(text, '<'); at != NULL && markup->wrong[0] == '\0';
         at = strchr(at, '<')) {
        char name[MARKUP_NAME_SIZE] = "";
        const bool is_end = at[1] == '/';
        at += is_end ? 2 : 1;
        const size_t size = strcspn(at, " \n/>");
        snprintf(name, sizeof name, "%.*s", (int)(size < 31 ? size : 31), at);
        at += size;
        if (name[0] == '!') { /* doctype */
            at += strcspn(at, ">");
            continue;
        }
        if (is_end) {
            markup_close(markup, name);
            continue;
        }
        at = markup_attributes(markup, at);
        if (*at == '/')
            continue; /* empty element */
        markup_open(markup, name);
        const bool is_raw = strcmp(name, "style") == 0 || strcmp(name, "script") == 0;
        if (is_raw)
            at = strstr(at, name[1] == 't' ? "</style" : "</script");
        if (at == NULL)
            snprintf(markup->wrong, sizeof markup->wrong, "<%.31s> has no end", name);
    }
    if (markup->wrong[0] == '\0' && markup->depth > 0)
        snprintf(markup->wrong, sizeof markup->wrong, "<%.40s> is not closed",
                 markup->open[markup->depth - 1]);
    return markup->wrong[0] == '\0' ? NULL : markup->wrong;
}

#endif
