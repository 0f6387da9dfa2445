/* escape_internal.h - names of anybody inside JSON, inside a page. */
#ifndef PROF_ESCAPE_INTERNAL_H
#define PROF_ESCAPE_INTERNAL_H

#include <base/buf.h>

/* A JSON string, quotes and all. What is not UTF-8 becomes U+FFFD; '<' is escaped too, so that the
 * text may stand in a <script>. Errors: ENOMEM, EFULL. Source: RFC 8259 section 7, RFC 3629 */
BASE_MUST_USE base_err escape_json(struct base_buf *out, const char *text);

/* Text between tags. What is not UTF-8 becomes U+FFFD. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err escape_html(struct base_buf *out, const char *text);

/* Bytes of the UTF-8 character at `text`; 0: it is none. */
size_t escape_utf8_size(const char *text);

#endif
