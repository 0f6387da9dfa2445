/* run_split.h - where the cases of a document stand in its text, found without reading it.
 *
 * Only brackets, texts and commas are looked at; whether a part is well-formed is for the parser
 * that gets it. A text that is well-formed in its frame and in every part is well-formed as a
 * whole.
 */
#ifndef RESULT_RUN_SPLIT_H
#define RESULT_RUN_SPLIT_H

#include <base/buf.h>

struct result_split {
    size_t begin; /* of what is between the brackets of "cases": [ ... ] */
    size_t end;   /* of that */
    size_t count; /* objects between them */
};

/* False when the text is no object with an array of objects under "cases". */
bool result_split_of(struct base_span text, struct result_split *split);

/* The next object from *at on; false after the last one. */
bool result_split_next(struct base_span text, size_t *at, struct base_span *part);

/* The document with an empty array in place of its cases, appended. Errors: ENOMEM */
BASE_MUST_USE base_err result_split_frame(struct base_span text, const struct result_split *split,
                                          struct base_buf *out);

#endif
