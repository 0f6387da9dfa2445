/* canonical.h - the canonical CBOR of a JSON tree: what a signature is over.
 *
 * Source  RFC 8949 sections 4.2.1 (core deterministic encoding) and 6.2 (JSON to CBOR): a number
 *         written without fraction and exponent is an integer, any other the shortest float
 */
#ifndef RESULT_CANONICAL_H
#define RESULT_CANONICAL_H

#include <base/buf.h>

#include <jansson.h>

/* Append the encoding of a tree.
 *   without   name of a member of the outermost object that is left out; NULL: none
 * Errors: ENOMEM */
BASE_MUST_USE base_err result_canonical_of(const json_t *tree, const char *without,
                                           struct base_buf *out);

/* Append a float in its shortest form; value is finite. Errors: ENOMEM */
BASE_MUST_USE base_err result_canonical_put_float(double value, struct base_buf *out);

#endif
