/* alm_text.h - text and JSON put together piece by piece; the first failure is kept. */
#ifndef ALM_TEXT_H
#define ALM_TEXT_H

#include <base/buf.h>

#include <stdbool.h>

struct alm_text {
    struct base_buf *out;
    base_err err;
};

void alm_text_put(struct alm_text *text, const char *format, ...) BASE_PRINTF(2, 3);

/* How sentences name a file: its path, or "standard input" for "-". */
const char *alm_text_source(const char *path);

/* A name padded with blanks to `width` columns. */
void alm_text_name(struct alm_text *text, const char *name, size_t width);

/* Columns of a name in UTF-8, every character taken for one. */
size_t alm_text_width(const char *name);

/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void alm_text_json(struct alm_text *text, const char *name);

/* A number as short as reads back the same: what a file said comes out as it went in.
 *   out   [ALM_TEXT_NUMBER_SIZE]; returned for use in one expression */
enum { ALM_TEXT_NUMBER_SIZE = 32 };
const char *alm_text_number(double number, char *out);

/* A sum or product of such numbers: 12 digits, so that 0.1 + 0.2 is 0.3. */
const char *alm_text_sum(double number, char *out);

#endif
