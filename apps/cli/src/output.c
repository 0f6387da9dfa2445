/* output.c - checked writes and the messages of failure. */
#include "output.h"

#include <base/log.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static base_err write_all(int file, const char *name, struct base_span bytes, struct base_why *why)
{
    while (bytes.size > 0) {
        const ssize_t done = write(file, bytes.data, bytes.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno == EPIPE)
            return base_fail(why, BASE_ECLOSED, 0, "%s: its reader went away", name);
        if (done < 0)
            return base_fail(why, BASE_EIO, 0, "%s: cannot write: %s", name, strerror(errno));
        bytes.data += done;
        bytes.size -= (size_t)done;
    }
    return BASE_OK;
}

/* /dev/full, a named pipe: nothing to rename over. */
static base_err write_device(const char *path, struct base_span bytes, struct base_why *why)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return base_fail(why, BASE_EIO, 0, "%s: cannot open: %s", path, strerror(errno));
    const base_err err = write_all(file, path, bytes, why);
    close(file);
    return err;
}

base_err cli_output_write(struct base_span bytes, const char *path, struct base_why *why)
{
    if (path == NULL || strcmp(path, "-") == 0)
        return write_all(STDOUT_FILENO, "standard output", bytes, why);
    struct stat what;
    if (stat(path, &what) == 0 && !S_ISREG(what.st_mode) && !S_ISDIR(what.st_mode))
        return write_device(path, bytes, why);
    return base_file_write(path, bytes, why);
}

int cli_output_finish(struct base_buf *out, const char *path, int status)
{
    struct base_why why = { 0 };
    const base_err err = cli_output_write(base_buf_span(out), path, &why);
    base_buf_done(out);
    if (err == BASE_ECLOSED)
        return CLI_PIPE_CLOSED;
    if (err == BASE_OK)
        return status;
    (void)cli_complain(err, &why);
    return CLI_UNMEASURED;
}

bool cli_output_has_color(const struct cli_args *args)
{
    const char *when = cli_text(args, "color", "auto");
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    if ((no_color != NULL && *no_color != '\0') || (term != NULL && strcmp(term, "dumb") == 0))
        return false;
    return isatty(STDOUT_FILENO) == 1;
}

int cli_complain(base_err err, const struct base_why *why)
{
    const bool has_text = why != NULL && why->text[0] != '\0';
    base_log(BASE_LOG_ERROR, "%s", has_text ? why->text : base_err_text(err));
    switch (err) {
    case BASE_OK:
    case BASE_EINVALID:
    case BASE_ERANGE:
    case BASE_ENOTFOUND:
    case BASE_EPARSE:
    case BASE_EUNSUPPORTED:
        return CLI_USAGE;
    case BASE_EINTERRUPTED:
        return CLI_INTERRUPTED;
    default:
        return CLI_UNMEASURED;
    }
}

int cli_complain_usage(const struct cli_args *args, const struct base_why *why)
{
    const bool is_named = args->command != NULL && strcmp(args->command->name, "help") != 0;
    const char *name = is_named ? args->command->name : "";
    base_log(BASE_LOG_ERROR, "%s", why->text);
    base_log(BASE_LOG_INFO, "'bpi-perf help%s%s' says what is right", *name ? " " : "", name);
    return CLI_USAGE;
}
