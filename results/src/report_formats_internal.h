/* report_formats_internal.h - the writers behind the table of formats, one file each. */
#ifndef RESULT_REPORT_FORMATS_INTERNAL_H
#define RESULT_REPORT_FORMATS_INTERNAL_H

#include <result/report.h>

base_err result_report_text(const struct result_run *run,
                            const struct result_report_options *options, struct base_buf *out);
base_err result_report_markdown(const struct result_run *run,
                                const struct result_report_options *options, struct base_buf *out);
base_err result_report_csv(const struct result_run *run,
                           const struct result_report_options *options, struct base_buf *out);
base_err result_report_html(const struct result_run *run,
                            const struct result_report_options *options, struct base_buf *out);
base_err result_report_pdf(const struct result_run *run,
                           const struct result_report_options *options, struct base_buf *out);

#endif
