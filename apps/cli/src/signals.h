/* signals.h - Ctrl-C once: stop measuring and report; twice: end at once. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Handlers for SIGINT, SIGTERM, SIGHUP (interrupt), SIGPIPE (a write answers EPIPE instead) and
 * SIGWINCH. They are handlers and not SIG_IGN, so that children start with the defaults. */
void cli_signals_open(void);

/* Interrupts end the process at once, for commands that leave nothing half done. */
void cli_signals_default(void);

/* Nonzero after the first interrupt; handed to the coordinator. */
extern volatile sig_atomic_t cli_signals_interrupted;

/* Was the terminal resized since the last call (true the first time)? */
bool cli_signals_take_resize(void);

#endif
