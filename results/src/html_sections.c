/* html_sections.c - the ledger of claims, and what the run was made on and with. */
#include "html_page.h"
#include "report_internal.h"

#include <string.h>

static const char *class_of(enum result_state state)
{
    static const char *const classes[RESULT_STATE_COUNT] = {
        [RESULT_STATE_PROVEN] = "good",
        [RESULT_STATE_REFUTED] = "bad",
        [RESULT_STATE_UNDECIDED] = "warn",
        [RESULT_STATE_NOT_RUN] = "dim",
    };
    return classes[state];
}

static void put_claim(struct result_sink *sink, const struct result_verdict *verdict)
{
    const enum result_state state = result_state_of(verdict->state);
    result_sink_printf(sink, "<tr><td class=\"%s\">%s</td><th scope=\"row\">", class_of(state),
                       result_state_text(state));
    result_sink_html(sink, verdict->sentence);
    result_sink_printf(sink, "<br><span class=\"note\">");
    result_sink_html(sink, verdict->id);
    result_sink_printf(sink, "</span></th><td class=\"num p1\">");
    result_sink_html(sink, verdict->bound);
    result_sink_printf(sink, "</td><td class=\"p1\">");
    result_sink_html(sink, verdict->why);
    result_sink_printf(sink, "</td></tr>\n");
}

static void put_claim_table(struct result_sink *sink, const struct result_run *run, bool is_not_run)
{
    result_sink_printf(sink, "<table class=\"sortable\">");
    if (!is_not_run)
        result_sink_printf(sink,
                           "<caption>Proven: the whole interval keeps the bound; refuted: none "
                           "of it does; undecided: it is on both sides</caption>");
    result_sink_printf(sink, "<thead><tr><th scope=\"col\">state</th><th scope=\"col\">claim</th>"
                             "<th scope=\"col\" class=\"num p1\">bound</th><th scope=\"col\" "
                             "class=\"p1\">why</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < run->verdict_count; i++)
        if ((result_state_of(run->verdicts[i].state) == RESULT_STATE_NOT_RUN) == is_not_run)
            put_claim(sink, &run->verdicts[i]);
    result_sink_printf(sink, "</tbody></table>\n");
}

/* What was not run is there for who asks for it. */
void result_html_claims(struct result_sink *sink, const struct result_run *run)
{
    const struct result_ledger ledger = result_ledger_of(run);
    const size_t not_run = ledger.counts[RESULT_STATE_NOT_RUN];
    if (ledger.total == 0)
        return;
    result_sink_printf(sink, "<section id=\"claims\"><h2>Claims</h2>\n<ul class=\"chips\">");
    for (size_t i = 0; i < RESULT_STATE_COUNT; i++)
        result_page_chip(sink, ledger.counts[i] > 0 ? class_of((enum result_state)i) : "dim",
                         ledger.counts[i], result_state_text((enum result_state)i));
    result_sink_printf(sink, "</ul>\n");
    if (ledger.total > not_run)
        put_claim_table(sink, run, false);
    if (not_run > 0) {
        result_sink_printf(sink,
                           "<details><summary><b>Not run, and why</b><span>%zu</span>"
                           "</summary><div class=\"body\">\n",
                           not_run);
        put_claim_table(sink, run, true);
        result_sink_printf(sink, "</div></details>\n");
    }
    result_sink_printf(sink, "</section>\n");
}

static void put_pairs(struct result_sink *sink, const char *caption,
                      const struct result_pairs *pairs)
{
    if (pairs->count == 0)
        return;
    result_sink_printf(sink, "<div>");
    result_page_facts_begin(sink, caption);
    for (size_t i = 0; i < pairs->count; i++)
        result_page_fact(sink, pairs->items[i].name, pairs->items[i].value);
    result_page_facts_end(sink);
    result_sink_printf(sink, "</div>\n");
}

void result_html_environment(struct result_sink *sink, const struct result_run *run,
                             const char *title, const char *id)
{
    result_sink_printf(sink, "<section id=\"%s\"><h2>%s</h2>\n<div class=\"columns\">\n", id,
                       title);
    put_pairs(sink, "Host", &run->host);
    put_pairs(sink, "Build of the program that measured", &run->build);
    put_pairs(sink, "Settings", &run->config);
    result_sink_printf(sink, "</div>\n<p class=\"note\">");
    if (run->key != NULL) {
        result_sink_printf(sink, "The run document is signed by ");
        result_sink_html(sink, run->key);
        result_sink_printf(sink, "; bpi-perf verify checks it.");
    } else {
        result_sink_printf(sink, "The run document is not signed.");
    }
    result_sink_printf(sink, "</p></section>\n");
}
