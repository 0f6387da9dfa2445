/* flame.c - the page is a frame of text around page/flame.css and page/flame.js, which the
 * assembler reads, and the tree as JSON between them. Names stand in that JSON only, with every '<'
 * escaped, and the script never makes markup of them. */
#include <prof/write.h>

#include "escape_internal.h"

#include <stdlib.h>
#include <string.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        const base_err err_ = (call);                                                              \
        if (err_ != BASE_OK)                                                                       \
            return err_;                                                                           \
    } while (0)

#define PAGE(name, file)                                                                           \
    __asm__(".pushsection .rodata\n"                                                               \
            "prof_page_" #name ":\n"                                                               \
            ".incbin \"" PROF_PAGE_FOLDER file "\"\n"                                              \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern __attribute__((visibility("hidden"))) const char prof_page_##name[]

PAGE(css, "flame.css");
PAGE(js, "flame.js");

enum { SHOWN_MAX = 40000 }; /* nodes of a page; smaller ones go into their parent beyond that */

struct shown { /* which nodes the page has */
    double (*totals)[2];
    double least; /* a node whose larger total is below is left out */
    size_t left_out;
};

static double larger(const double pair[2], bool is_difference)
{
    return is_difference && pair[1] > pair[0] ? pair[1] : pair[0];
}

/* Halve the detail until the page stays small. Children are never larger than their parents, so
 * what is left is a tree. */
static void choose(const struct prof_stacks *stacks, bool is_difference, struct shown *shown)
{
    const double all = larger(shown->totals[0], is_difference);
    for (shown->least = 0;; shown->least = shown->least > 0 ? 2 * shown->least : all * 1e-6) {
        size_t count = 0;
        for (size_t i = 0; i < stacks->node_count; i++)
            count += larger(shown->totals[i], is_difference) >= shown->least;
        shown->left_out = stacks->node_count - count;
        if (count <= SHOWN_MAX || shown->least > all)
            return;
    }
}

static base_err put_frames(const struct prof_stacks *stacks, struct base_buf *out)
{
    TRY(base_buf_put_text(out, "\"frames\":["));
    for (size_t i = 0; i < stacks->frame_count; i++) {
        const struct prof_frame *frame = &stacks->frames[i];
        TRY(base_buf_put_text(out, i == 0 ? "[" : ",\n["));
        TRY(escape_json(out, frame->name));
        TRY(base_buf_put_text(out, ","));
        TRY(escape_json(out, frame->module));
        TRY(base_buf_put_text(out, ","));
        TRY(escape_json(out, frame->file));
        if (frame->line > 0) {
            out->size--; /* the quote */
            TRY(base_buf_printf(out, ":%u\"", frame->line));
        }
        TRY(base_buf_printf(out, ",%d]", (int)frame->kind));
    }
    return base_buf_put_text(out, "]");
}

static base_err put_node(const struct prof_stacks *stacks, const struct shown *shown,
                         bool is_difference, uint32_t index, struct base_buf *out)
{
    const struct prof_node *node = &stacks->nodes[index];
    double self[2] = { node->self[0], node->self[1] };
    unsigned children = 0;
    for (uint32_t at = node->first_child; at != PROF_NONE; at = stacks->nodes[at].next_sibling)
        if (larger(shown->totals[at], is_difference) >= shown->least)
            children++;
        else
            self[0] += shown->totals[at][0], self[1] += shown->totals[at][1];
    const int frame = index == 0 ? -1 : (int)node->frame;
    return base_buf_printf(out, "%s[%d,%u,%.12g,%.12g]", index == 0 ? "" : ",\n", frame, children,
                           self[0], self[1]);
}

/* Children before siblings, without recursion: depth is bounded, the machine's stack need not be.
 */
static base_err put_nodes(const struct prof_stacks *stacks, const struct shown *shown,
                          bool is_difference, struct base_buf *out)
{
    TRY(base_buf_put_text(out, ",\n\"nodes\":["));
    for (uint32_t at = 0; at != PROF_NONE;) {
        const bool is_shown = at == 0 || larger(shown->totals[at], is_difference) >= shown->least;
        if (is_shown)
            TRY(put_node(stacks, shown, is_difference, at, out));
        if (is_shown && stacks->nodes[at].first_child != PROF_NONE) {
            at = stacks->nodes[at].first_child;
            continue;
        }
        while (at != PROF_NONE && stacks->nodes[at].next_sibling == PROF_NONE)
            at = stacks->nodes[at].parent;
        at = at == PROF_NONE ? at : stacks->nodes[at].next_sibling;
    }
    return base_buf_put_text(out, "]");
}

static base_err put_data(const struct prof_stacks *stacks, const struct prof_page *page,
                         const struct shown *shown, struct base_buf *out)
{
    TRY(base_buf_put_text(out, "<script type=\"application/json\" id=\"data\">{\"kind\":"));
    TRY(escape_json(out, stacks->about.what == PROF_TIME ? "time" : "allocations"));
    TRY(base_buf_printf(
        out, ",\"items\":%.12g,\"grain\":[%.12g,%.12g],\"difference\":%s,\"perItem\":%s,\n",
        stacks->about.items, stacks->about.grain[0], stacks->about.grain[1],
        page->is_difference ? "true" : "false", page->is_per_item ? "true" : "false"));
    TRY(put_frames(stacks, out));
    TRY(put_nodes(stacks, shown, page->is_difference, out));
    return base_buf_put_text(out, "}</script>\n");
}

static base_err put_head(const struct prof_page *page, struct base_buf *out)
{
    TRY(base_buf_put_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
                               "charset=\"utf-8\">\n<meta name=\"viewport\" "
                               "content=\"width=device-width, initial-scale=1\">\n<title>"));
    TRY(escape_html(out, page->title));
    TRY(base_buf_put_text(out, "</title>\n<style>\n"));
    TRY(base_buf_put_text(out, prof_page_css));
    TRY(base_buf_put_text(out, "</style>\n</head>\n<body>\n<h1>"));
    TRY(escape_html(out, page->title));
    TRY(base_buf_put_text(out, "</h1>\n<p class=\"dim\">"));
    TRY(escape_html(out, page->subtitle != NULL ? page->subtitle : ""));
    return base_buf_put_text(out, "</p>\n");
}

static const char key_plain[] =
    "<p class=\"key dim\"><i style=\"background:hsl(25 86% 70%)\"></i>function <i "
    "style=\"background:hsl(56 78% 73%)\"></i>inlined <i style=\"background:hsl(212 55% "
    "75%)\"></i>kernel <i style=\"background:hsl(140 42% 71%)\"></i>made at run time <i "
    "style=\"background:hsl(240 4% 78%)\"></i>no symbol</p>\n";
static const char key_difference[] =
    "<p class=\"key dim\"><i style=\"background:hsl(8 88% 66%)\"></i>its own part grew <i "
    "style=\"background:hsl(214 82% 69%)\"></i>shrank <i style=\"background:hsl(60 6% "
    "84%)\"></i>the same, or no more than sampling does by itself</p>\n";

static base_err put_body(const struct prof_page *page, struct base_buf *out)
{
    TRY(base_buf_put_text(
        out, "<noscript><p>The graph needs JavaScript; the folded stacks beside this file hold "
             "the same data.</p></noscript>\n<div class=\"bar\"><input id=\"search\" "
             "type=\"search\" placeholder=\"Search: name or regular expression\" "
             "aria-label=\"Search functions\"><span id=\"found\" role=\"status\"></span><button "
             "id=\"reset\">Show all</button><button id=\"flip\" "
             "aria-pressed=\"false\">Flip</button>"));
    if (page->is_difference)
        TRY(base_buf_put_text(
            out, "<button id=\"side\" aria-pressed=\"false\">Width: current</button>"));
    TRY(base_buf_put_text(
        out, "</div>\n<div id=\"detail\" aria-live=\"polite\"></div>\n<div id=\"graph\"><canvas "
             "id=\"canvas\" tabindex=\"0\" role=\"img\" aria-label=\"Flame graph; arrow keys walk, "
             "Enter zooms, Escape shows all\"></canvas><div id=\"tip\" hidden></div></div>\n"));
    TRY(base_buf_put_text(out, page->is_difference ? key_difference : key_plain));
    TRY(base_buf_put_text(
        out, page->is_difference
                 ? "<h2>What changed most</h2>\n<div id=\"tops\" class=\"scroll\"></div>\n<h2 "
                   "id=\"gone-head\">No longer there</h2>\n<div id=\"gone\" "
                   "class=\"scroll\"></div>\n"
                 : "<h2>By function</h2>\n<div id=\"tops\" class=\"scroll\"></div>\n"));
    return BASE_OK;
}

static base_err put_facts(const struct prof_page *page, const struct shown *shown,
                          struct base_buf *out)
{
    TRY(base_buf_put_text(out, "<h2>About these numbers</h2>\n<ul>\n"));
    for (size_t i = 0; i < page->fact_count; i++) {
        TRY(base_buf_put_text(out, "<li>"));
        TRY(escape_html(out, page->facts[i]));
        TRY(base_buf_put_text(out, "</li>\n"));
    }
    if (page->is_difference && !page->is_per_item)
        TRY(base_buf_put_text(out, "<li>how many items were run is not known for both: each side "
                                   "is a share of its own total</li>\n"));
    if (shown->left_out > 0)
        TRY(base_buf_printf(out,
                            "<li>%zu places that are too small to see were added to their "
                            "callers</li>\n",
                            shown->left_out));
    return base_buf_put_text(
        out, "</ul>\n<p class=\"dim keys\">Click a frame to zoom. <kbd>/</kbd> searches, arrow "
             "keys walk, <kbd>Enter</kbd> zooms, <kbd>Esc</kbd> shows all.</p>\n");
}

static base_err put_page(const struct prof_stacks *stacks, const struct prof_page *page,
                         const struct shown *shown, struct base_buf *out)
{
    TRY(put_head(page, out));
    TRY(put_body(page, out));
    TRY(put_facts(page, shown, out));
    TRY(put_data(stacks, page, shown, out));
    TRY(base_buf_put_text(out, "<script>\n"));
    TRY(base_buf_put_text(out, prof_page_js));
    return base_buf_put_text(out, "</script>\n</body>\n</html>\n");
}

base_err prof_flame_write(const struct prof_stacks *stacks, const struct prof_page *page,
                          struct base_buf *out)
{
    struct shown shown = { .totals = calloc(stacks->node_count, sizeof *shown.totals) };
    if (shown.totals == NULL)
        return BASE_ENOMEM;
    prof_stacks_totals(stacks, shown.totals);
    choose(stacks, page->is_difference, &shown);
    const base_err err = put_page(stacks, page, &shown, out);
    free(shown.totals);
    return err;
}
