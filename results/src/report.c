/* report.c - the table of formats. */
#include "report_formats_internal.h"

#include <string.h>

static base_err write_json(const struct result_run *run,
                           const struct result_report_options *options, struct base_buf *out)
{
    (void)options;
    return result_run_write(run, out);
}

const struct result_format result_formats[] = {
    { "text", "txt", "aligned tables for a terminal", result_report_text },
    { "markdown", "md", "GitHub tables", result_report_markdown },
    { "csv", "csv", "one row a case, units in the header", result_report_csv },
    { "json", "json", "the whole run, as it is stored", write_json },
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
