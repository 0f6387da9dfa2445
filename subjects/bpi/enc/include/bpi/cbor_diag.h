/* cbor_diag.h - CBOR as text for people.
 *
 * Source    RFC 8949 section 8; numbers as ECMAScript prints them (ECMA-262 Number::toString), with
 *           ".0" where that would look like an integer
 */
#ifndef BPI_CBOR_DIAG_H
#define BPI_CBOR_DIAG_H

#include <bpi/cbor_read.h>

enum { BPI_CBOR_DIAG_MAX_BYTES = 1 << 28 }; /* of output */

/* Append one item in diagnostic notation to a growing (or fixed) buffer.
 *
 * Everything well-formed is taken. Bignums (tags 2 and 3) of 9 to 64 bytes in preferred form are
 * printed as numbers; bytes of a text that are not UTF-8 as U+FFFD.
 *
 *   has_indicators  mark heads that are longer than needed: 1_1 is 19 0001 (RFC 8949 section 8.1)
 *
 * Cost     O(input); depth at most BPI_CBOR_DEPTH_MAX; output at most about twelve times the input
 * Errors   those of the lenient reader (why->at is the byte offset); EFULL (fixed buffer); ENOMEM;
 *          ERANGE (more than BPI_CBOR_DIAG_MAX_BYTES of output). `out` keeps what was printed
 */
BASE_MUST_USE base_err bpi_cbor_diag(struct base_span input, bool has_indicators,
                                     struct base_buf *out, struct base_why *why);

#endif
