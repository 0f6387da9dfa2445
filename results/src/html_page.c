/* html_page.c - the frame of a page. Style and script are files of results/html, put into the
 * program by the assembler; the colours come from the canvas's table, so that pages and PDF agree.
 */
#include "html_page.h"

#include <sodium.h>

#include <string.h>

#define EMBED(name, file)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            "result_html_" #name ":\n"                                                             \
            ".incbin \"" RESULT_HTML_FOLDER file "\"\n"                                            \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern __attribute__((visibility("hidden"))) const char result_html_##name[]

EMBED(css, "report.css");
EMBED(js, "report.js");

static base_err put_colors(struct base_buf *out, const char *selector, bool is_dark)
{
    static const char *const names[] = { "ink", "muted", "grid", "accent", "good",
                                         "bad", "warn",  "s1",   "s2",     "s3",
                                         "s4",  "s5",    "s6",   "s7",     "s8" };
    base_err err = base_buf_printf(out, "%s{--bg:%s;--panel:%s", selector,
                                   is_dark ? "#12161d" : "#fff", is_dark ? "#1b222c" : "#f5f7fa");
    for (size_t i = 0; err == BASE_OK && i < RESULT_ROLE_COUNT; i++)
        err = base_buf_printf(out, ";--%s:#%06x", names[i],
                              (unsigned)result_role_color((enum result_role)i, is_dark));
    return err == BASE_OK ? base_buf_printf(out, "}") : err;
}

/* Dark when the reader's system is, unless the button said otherwise; paper is always light. */
static base_err make_style(struct base_buf *out)
{
    base_err err = put_colors(out, ":root", false);
    if (err == BASE_OK)
        err = base_buf_printf(out, "@media(prefers-color-scheme:dark){");
    if (err == BASE_OK)
        err = put_colors(out, ":root:not([data-theme=light])", true);
    if (err == BASE_OK)
        err = base_buf_printf(out, "}");
    if (err == BASE_OK)
        err = put_colors(out, ":root[data-theme=dark]", true);
    if (err == BASE_OK)
        err = base_buf_printf(out, "@media print{");
    if (err == BASE_OK)
        err = put_colors(out, ":root:not(#_),:root[data-theme]:not(#_)", false);
    if (err == BASE_OK)
        err = base_buf_printf(out, "}\n%s", result_html_css);
    return err == BASE_OK ? result_svg_style(out) : err;
}

enum { HASH_TEXT_SIZE = 48 };

static const char *hash_of(const void *data, size_t size, char out[HASH_TEXT_SIZE])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, data, size);
    return sodium_bin2base64(out, HASH_TEXT_SIZE, hash, sizeof hash,
                             sodium_base64_VARIANT_ORIGINAL);
}

void result_page_begin(struct result_sink *sink, const char *title)
{
    struct base_buf style = { 0 };
    char style_hash[HASH_TEXT_SIZE], script_hash[HASH_TEXT_SIZE];
    const base_err err = make_style(&style);
    const char *text = base_buf_text(&style);
    if (err != BASE_OK || text == NULL) {
        sink->err = err != BASE_OK ? err : BASE_ENOMEM;
        base_buf_done(&style);
        return;
    }
    result_sink_printf(
        sink,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"bpi-perf\">\n<title>",
        hash_of(style.data, style.size, style_hash),
        hash_of(result_html_js, strlen(result_html_js), script_hash));
    result_sink_html(sink, title);
    result_sink_printf(sink, "</title>\n<style>%s</style>\n</head>\n<body>\n", text);
    base_buf_done(&style);
}

void result_page_end(struct result_sink *sink, const char *words)
{
    result_sink_printf(sink, "<footer class=\"note\"><p>");
    result_sink_html(sink, words);
    result_sink_printf(sink, "</p></footer>\n<script>%s</script>\n</body>\n</html>\n",
                       result_html_js);
}

void result_page_bar(struct result_sink *sink, const struct result_page_link *links, size_t count,
                     bool has_search)
{
    result_sink_printf(sink, "<nav class=\"bar\" aria-label=\"Sections\">");
    for (size_t i = 0; i < count; i++)
        result_sink_printf(sink, "<a href=\"#%s\">%s</a>", links[i].id, links[i].title);
    result_sink_printf(sink, "<span class=\"tools\" id=\"tools\" hidden>");
    if (has_search)
        result_sink_printf(sink,
                           "<input id=\"search\" type=\"search\" placeholder=\"Filter cases\" "
                           "aria-label=\"Filter cases by words of their ids\">"
                           "<span id=\"shown\" class=\"note\" role=\"status\"></span>"
                           "<button type=\"button\" id=\"all\">Open all</button>");
    result_sink_printf(sink, "<button type=\"button\" id=\"theme\">Dark</button></span></nav>\n");
}

void result_page_chip(struct result_sink *sink, const char *class, size_t count, const char *what)
{
    result_sink_printf(sink, "<li class=\"%s\"><b>%zu</b> %s</li>", class, count, what);
}

void result_page_facts_begin(struct result_sink *sink, const char *caption)
{
    result_sink_printf(sink, "%s%s%s<dl>\n", caption != NULL ? "<h3>" : "",
                       caption != NULL ? caption : "", caption != NULL ? "</h3>" : "");
}

/* HTML lets the end tags of <dt> and <dd> be left out; a page has a thousand of each. */
void result_page_fact(struct result_sink *sink, const char *name, const char *value)
{
    result_sink_printf(sink, "<dt>");
    result_sink_html(sink, name);
    result_sink_printf(sink, "<dd>");
    result_sink_html(sink, value);
    result_sink_printf(sink, "\n");
}

void result_page_facts_end(struct result_sink *sink)
{
    result_sink_printf(sink, "</dl>\n");
}

void result_html_figure_end(struct result_sink *sink, base_err err)
{
    if (sink->err == BASE_OK && err != BASE_ENOTFOUND)
        sink->err = err;
}
