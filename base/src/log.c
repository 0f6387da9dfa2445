/* log.c - one formatted line, one write. */
#include <base/log.h>

#include <stdarg.h>
#include <stdio.h>

static const char *log_name = "";
static enum base_log_level log_most = BASE_LOG_WARNING;

void base_log_open(const char *name, enum base_log_level most)
{
    log_name = name;
    log_most = most;
}

void base_log(enum base_log_level level, const char *format, ...)
{
    static const char *const words[] = { "error: ", "warning: ", "", "debug: " };
    if (level > log_most)
        return;
    char line[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    fprintf(stderr, "%s%s%s%s\n", log_name, *log_name != '\0' ? ": " : "", words[level], line);
}
