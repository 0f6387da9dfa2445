/* text.h - text that is safe where it is shown: terminals, Markdown, CSV.
 *
 * Names and sentences come from workers and files of others. What is shown of them is valid UTF-8
 * without anything that moves a cursor, turns the writing direction or starts a formula.
 * Threads   no shared state
 */
#ifndef RESULT_TEXT_H
#define RESULT_TEXT_H

#include <base/buf.h>

#include <stdbool.h>

enum result_style {
    RESULT_PLAIN,
    RESULT_GOOD,
    RESULT_BAD,
    RESULT_WARN,
    RESULT_DIM,
    RESULT_BOLD,
    RESULT_STYLE_COUNT
};

/* What is written on. A zeroed page has no limit and no colour. */
struct result_page {
    size_t width; /* terminal cells in a line; 0: no limit */
    bool is_coloured;
    bool is_ascii; /* bars and charts are drawn without other characters */
};

/* Cells that a text takes on a terminal: combining marks 0, East Asian wide and emoji 2.
 * Source   Unicode Standard Annex #11 */
size_t result_text_width(const char *text);

/* Append `text` (NULL: nothing). Control characters, direction marks and line separators become
 * \n, \t, \x1b or \u{202e}; bytes that are not UTF-8 become \xff. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err result_text_put(struct base_buf *out, const char *text);

/* The same, at most `width` cells: what does not fit ends with an ellipsis. width >= 1 */
BASE_MUST_USE base_err result_text_put_cut(struct base_buf *out, const char *text, size_t width);

/* The same, broken at blanks so that no line is longer than the page; lines after the first begin
 * with `indent` blanks, and the caller has written `used` cells of the first. No line break at the
 * end. A word longer than a line is broken where it must be. */
BASE_MUST_USE base_err result_text_put_wrapped(struct base_buf *out, const char *text,
                                               size_t page_width, size_t used, size_t indent);

/* The same for a Markdown table or paragraph: everything that Markdown or HTML would read as its
 * own is escaped, so that the text shows as it is. */
BASE_MUST_USE base_err result_text_put_markdown(struct base_buf *out, const char *text);

/* One CSV field, quoted where RFC 4180 asks for it. A text that a spreadsheet would take for a
 * formula (it begins with = + - @) gets an apostrophe in front. */
BASE_MUST_USE base_err result_text_put_csv(struct base_buf *out, const char *text);

/* Numbers as bars, one cell each, of eighths of the highest: blank for what is not above 0.
 *
 *   values  [count] shares of the highest bar, up to 1
 *   out     [RESULT_BAR_SIZE * count + 1] terminated; returned */
enum { RESULT_BAR_SIZE = 3 };
char *result_text_bars(const double *values, size_t count, const struct result_page *page,
                       char *out);

/* The escape sequence that begins a style; "" without colour. result_style_end(page) ends it. */
const char *result_style_begin(const struct result_page *page, enum result_style style);
const char *result_style_end(const struct result_page *page, enum result_style style);

#endif
