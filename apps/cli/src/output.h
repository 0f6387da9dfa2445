/* output.h - where reports go: standard output or a file, with every write checked. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli.h"

/* Write all of the buffer to a file, or to standard output for NULL or "-".
 *
 * Errors   EIO (full disk, closed descriptor), ECLOSED (the pipe's reader is gone)
 */
BASE_MUST_USE base_err cli_output_write(struct base_span bytes, const char *path,
                                        struct base_why *why);

/* cli_output_write as the last thing a command does: releases the buffer and returns `status`, or
 * the status that the failure means after saying it. */
int cli_output_finish(struct base_buf *out, const char *path, int status);

/* May text on standard output have colour? --color, NO_COLOR, TERM and isatty in that order. */
bool cli_output_has_color(const struct cli_args *args);

#endif
