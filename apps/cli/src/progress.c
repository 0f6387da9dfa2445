/* progress.c - the line is composed whole, cut to the width, and written in one call. */
#include "progress.h"

#include "signals.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 1024, WIDTH_DEFAULT = 80 };
static const uint64_t redraw_ns = 100000000;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void cli_progress_open(struct cli_progress *progress, const struct cli_args *args, size_t count)
{
    *progress = (struct cli_progress){
        .is_on = !cli_has(args, "quiet") && isatty(STDERR_FILENO) == 1,
        .width = WIDTH_DEFAULT,
        .count = count,
    };
}

static void fit_width(struct cli_progress *progress)
{
    struct winsize size = { 0 };
    if (cli_signals_take_resize() && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0)
        progress->width = size.ws_col;
}

static void put_line(const char *line)
{
    size_t left = strlen(line);
    while (left > 0) { /* a terminal that is gone is no reason to stop measuring */
        const ssize_t done = write(STDERR_FILENO, line, left);
        if (done <= 0)
            return;
        line += done;
        left -= (size_t)done;
    }
}

/* "1:05" */
static const char *left_text(uint64_t ns, char *out, size_t size)
{
    const uint64_t seconds = (ns + 500000000u) / 1000000000u;
    snprintf(out, size, "%llu:%02llu", (unsigned long long)(seconds / 60),
             (unsigned long long)(seconds % 60));
    return out;
}

/* The id gives way when the line is too narrow: its end says most. */
static void draw(struct cli_progress *progress, const struct bench_progress *at)
{
    static const char *const phases[] = { "starting", "warming up", "sampling", "checking" };
    char time[BASE_UNITS_TEXT_SIZE], left[24], head[48], tail[160], line[LINE_SIZE];
    snprintf(head, sizeof head, "[%zu/%zu] ", progress->index + 1, progress->count);
    snprintf(tail, sizeof tail, "  %s %u/%u  %s  %s left", phases[at->phase], at->process + 1,
             at->processes, isnan(at->item_ns) ? "" : base_units_print_time(at->item_ns, 4, time),
             left_text(at->left_ns + progress->later_ns, left, sizeof left));
    const size_t room = progress->width > 1 ? progress->width - 1 : 0;
    const size_t used = strlen(head) + strlen(tail), size = strlen(at->id);
    const size_t id_room = room > used ? room - used : 0;
    const char *id = size > id_room ? at->id + (size - id_room) : at->id;
    const size_t columns = room < LINE_SIZE - 16 ? room : LINE_SIZE - 16;
    char text[LINE_SIZE - 16];
    snprintf(text, sizeof text, "%s%s%s", head, id, tail);
    snprintf(line, sizeof line, "\r%.*s\033[K", (int)columns, text);
    put_line(line);
    progress->is_drawn = true;
}

void cli_progress_show(void *context, const struct bench_progress *at)
{
    struct cli_progress *progress = context;
    const uint64_t now = now_ns();
    if (!progress->is_on || (progress->is_drawn && now - progress->drawn_ns < redraw_ns))
        return;
    fit_width(progress);
    progress->drawn_ns = now;
    draw(progress, at);
}

void cli_progress_say(struct cli_progress *progress, const char *what, const char *name)
{
    char text[LINE_SIZE - 16], line[LINE_SIZE];
    if (!progress->is_on)
        return;
    fit_width(progress);
    const unsigned columns = progress->width < sizeof text ? progress->width : sizeof text;
    snprintf(text, sizeof text, "%s %s", what, name);
    snprintf(line, sizeof line, "\r%.*s\033[K", (int)columns - 1, text);
    put_line(line);
    progress->is_drawn = true;
}

void cli_progress_clear(struct cli_progress *progress)
{
    if (progress->is_drawn)
        put_line("\r\033[K");
    progress->is_drawn = false;
}
