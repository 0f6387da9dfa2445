/* progress.h - one line on the terminal about what is being measured; nothing anywhere else. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

#include <bench/drive.h>

struct cli_progress {
    bool is_on;
    bool is_drawn;
    unsigned width;
    uint64_t drawn_ns;   /* when the line was drawn last */
    size_t index, count; /* which case of how many */
    uint64_t later_ns;   /* estimate for the cases after this one */
};

/* On when standard error is a terminal and --quiet was not given. */
void cli_progress_open(struct cli_progress *progress, const struct cli_args *args, size_t count);

/* A bench_progress_fn; the context is a struct cli_progress. Redraws at most ten times a second. */
void cli_progress_show(void *context, const struct bench_progress *at);

/* A line about something else that takes long: "building HEAD~1". */
void cli_progress_say(struct cli_progress *progress, const char *what, const char *name);

/* Take the line away, before anything else is written to the terminal. */
void cli_progress_clear(struct cli_progress *progress);

#endif
