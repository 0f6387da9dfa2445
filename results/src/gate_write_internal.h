/* gate_write_internal.h - the writers of a gate, one file for each kind of reader. */
#ifndef RESULT_GATE_WRITE_INTERNAL_H
#define RESULT_GATE_WRITE_INTERNAL_H

#include "sink_internal.h"

#include <result/gate.h>

typedef base_err result_gate_writer(const struct result_gate_report *report,
                                    const struct result_page *page, struct base_buf *out);

result_gate_writer result_gate_write_text, result_gate_write_markdown, result_gate_write_csv,
    result_gate_write_json, result_gate_write_junit;

/* "linux x86: failed by 2 of 14 judgements: 12 pass, ..." */
void result_gate_put_headline(struct result_sink *sink, const struct result_gate_report *report);
/* How verdicts were made, in one or two sentences. */
void result_gate_put_method(struct result_sink *sink, const struct result_gate_report *report);

/* Headline and failures for a chat or a mail. */
BASE_MUST_USE base_err result_gate_write_message(const struct result_gate_report *report,
                                                 bool is_slack, struct base_buf *out);

#endif
