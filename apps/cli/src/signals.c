/* signals.c - flags that handlers set; nothing else is safe in them. */
#include "signals.h"

#include "cli.h"

#include <stddef.h>
#include <unistd.h>

volatile sig_atomic_t cli_signals_interrupted;
static volatile sig_atomic_t is_resized = 1;

static void on_interrupt(int number)
{
    (void)number;
    if (cli_signals_interrupted)
        _exit(CLI_INTERRUPTED); /* workers see the end of their input and end too */
    cli_signals_interrupted = 1;
}

static void on_pipe(int number)
{
    (void)number;
}

static void on_resize(int number)
{
    (void)number;
    is_resized = 1;
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL); /* fails only for a number that does not exist */
}

void cli_signals_open(void)
{
    handle(SIGINT, on_interrupt, 0); /* no SA_RESTART: a waiting poll ends */
    handle(SIGTERM, on_interrupt, 0);
    handle(SIGHUP, on_interrupt, 0);
    handle(SIGPIPE, on_pipe, SA_RESTART);
    handle(SIGWINCH, on_resize, SA_RESTART);
    handle(SIGCHLD, SIG_DFL, 0); /* ignored, as a parent may leave it, no child can be waited for */
}

void cli_signals_default(void)
{
    handle(SIGINT, SIG_DFL, 0);
    handle(SIGTERM, SIG_DFL, 0);
    handle(SIGHUP, SIG_DFL, 0);
}

bool cli_signals_take_resize(void)
{
    const bool was = is_resized;
    is_resized = 0;
    return was;
}
