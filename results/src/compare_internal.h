/* compare_internal.h - what the writers of a comparison share. */
#ifndef RESULT_COMPARE_INTERNAL_H
#define RESULT_COMPARE_INTERNAL_H

#include <result/compare.h>

enum { RESULT_METHOD_SIZE = 1000 };

/* What was done, in the words of compare.h. out [size], RESULT_METHOD_SIZE is enough */
void result_compare_method(const struct result_comparison *all, char *out, size_t size);

/* The comparison as a page, as PDF pages, and its forest plot as SVG or PNG. */
base_err result_compare_html(const struct result_comparison *all, const struct result_page *page,
                             struct base_buf *out);
base_err result_compare_pdf(const struct result_comparison *all, const struct result_page *page,
                            struct base_buf *out);

#endif
