/* report.c - the table of formats. */
#include "report_formats_internal.h"

#include <result/figure.h>

#include <string.h>

static base_err write_json(const struct result_run *run,
                           const struct result_report_options *options, struct base_buf *out)
{
    (void)options;
    return result_run_write(run, out);
}

static base_err write_figure(const struct result_run *run, const char *format, struct base_buf *out)
{
    const struct result_figure_source source = { .run = run };
    return result_figure_write(RESULT_FIGURE_OVERVIEW, &source, format, out, NULL);
}

static base_err write_svg(const struct result_run *run, const struct result_report_options *options,
                          struct base_buf *out)
{
    (void)options;
    return write_figure(run, "svg", out);
}

static base_err write_png(const struct result_run *run, const struct result_report_options *options,
                          struct base_buf *out)
{
    (void)options;
    return write_figure(run, "png", out);
}

const struct result_format result_formats[] = {
    { "text", "txt", "aligned tables for a terminal", false, result_report_text },
    { "markdown", "md", "GitHub tables", false, result_report_markdown },
    { "csv", "csv", "one row a case, units in the header", false, result_report_csv },
    { "json", "json", "the whole run, as it is stored", false, write_json },
    { "html", "html", "one page with figures, offline", false, result_report_html },
    { "pdf", "pdf", "pages with tables and figures", true, result_report_pdf },
    { "svg", "svg", "the overview figure", false, write_svg },
    { "png", "png", "the overview figure", true, write_png },
};
const size_t result_format_count = sizeof result_formats / sizeof result_formats[0];

const struct result_format *result_format_find(const char *name)
{
    for (size_t i = 0; i < result_format_count; i++)
        if (strcmp(result_formats[i].name, name) == 0 ||
            strcmp(result_formats[i].extension, name) == 0)
            return &result_formats[i];
    return NULL;
}
