/* enc.h - what the command line asks of the enc suite beside its cases. */
#ifndef SUITE_ENC_H
#define SUITE_ENC_H

#include <base/buf.h>

/* Append the diagnostic notation (with encoding indicators) of a CBOR file and a line break to
 * `out`. "-" is standard input.
 *
 * Errors   those of base_buf_read_file and bpi_cbor_diag; the sentence names the file, and why->at
 *          is the byte offset
 */
BASE_MUST_USE base_err suite_enc_diag(const char *path, struct base_buf *out, struct base_why *why);

#endif
