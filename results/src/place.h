/* place.h - where the user's things are kept.
 *
 * Source  XDG Base Directory Specification 0.8: a relative path in a variable is ignored
 */
#ifndef RESULT_PLACE_H
#define RESULT_PLACE_H

#include <base/buf.h>

/* The folder of the key ($BPI_PERF_CONFIG_DIR, $XDG_CONFIG_HOME/bpi-perf, ~/.config/bpi-perf) and
 * of the history ($BPI_PERF_STATE_DIR, $XDG_STATE_HOME/bpi-perf, ~/.local/state/bpi-perf), with
 * "/name" after it, put into `out` as a terminated text. The folder is made when `is_made`.
 *
 * Errors   EINVALID (no variable says where), EIO (cannot be made), ENOMEM
 */
BASE_MUST_USE base_err result_place_config(const char *name, bool is_made, struct base_buf *out,
                                           struct base_why *why);
BASE_MUST_USE base_err result_place_state(const char *name, bool is_made, struct base_buf *out,
                                          struct base_why *why);

#endif
