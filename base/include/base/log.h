/* log.h - diagnostics of the apps, to standard error. Libraries do not call this.
 *
 * Threads   lines of several threads do not mix
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <base/err.h>

enum base_log_level { BASE_LOG_ERROR, BASE_LOG_WARNING, BASE_LOG_INFO, BASE_LOG_DEBUG };

/* The name put before each line ("bpi-perf") and the most detailed level shown; the default is
 * no name and BASE_LOG_WARNING. */
void base_log_open(const char *name, enum base_log_level most);

/* One line, without its line break: "bpi-perf: warning: sentence". */
void base_log(enum base_log_level level, const char *format, ...) BASE_PRINTF(2, 3);

#endif
