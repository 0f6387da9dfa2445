/* html_page.h - what every page has: head with style, toolbar, script, foot. One file, no reference
 * to anything outside it; a content security policy names the hashes of its own style and script,
 * so that a browser runs nothing else even if something got in.
 */
#ifndef RESULT_HTML_PAGE_H
#define RESULT_HTML_PAGE_H

#include "figure_draw.h"
#include "html.h"

#include <result/report.h>

/* Head, up to the first heading. `title` may be anything. */
void result_page_begin(struct result_sink *sink, const char *title);
void result_page_end(struct result_sink *sink, const char *words);

/* The bar that stays at the top: links to sections, and with script the search and the buttons. */
struct result_page_link {
    const char *id;
    const char *title;
};
void result_page_bar(struct result_sink *sink, const struct result_page_link *links, size_t count,
                     bool has_search);

/* <li> of a row of counts: "<b>12</b> cases". class may be "". */
void result_page_chip(struct result_sink *sink, const char *class, size_t count, const char *what);

/* A list of names and values. */
void result_page_facts_begin(struct result_sink *sink, const char *caption);
void result_page_fact(struct result_sink *sink, const char *name, const char *value);
void result_page_facts_end(struct result_sink *sink);

/* Sections of a page, each with its heading; nothing when there is nothing to say. */
void result_html_claims(struct result_sink *sink, const struct result_run *run);
void result_html_environment(struct result_sink *sink, const struct result_run *run,
                             const char *title, const char *id);
void result_html_cases(struct result_sink *sink, const struct result_run *run, const char *title);
void result_html_front_tables(struct result_sink *sink, const struct result_front *front);
void result_html_front_figures(struct result_sink *sink, const struct result_front *front);
void result_html_case_details(struct result_sink *sink, const struct result_run *run,
                              const struct result_report_options *options);
void result_html_comparison(struct result_sink *sink, const struct result_comparison *comparison);

/* A figure that lacks data is left out. */
void result_html_figure_end(struct result_sink *sink, base_err err);

#endif
