/* alert.h - who is told about a gate, and when. */
#ifndef CLI_ALERT_H
#define CLI_ALERT_H

#include "cli.h"

#include <result/gate.h>

/* Add what --alert says to the alerts of a gate, in the arena; --alert-on, when given, is when all
 * are told.
 * Errors: EINVALID (an --alert that is not KIND=TARGET, mail without --smtp and --mail-from),
 * EFULL, ENOMEM */
BASE_MUST_USE base_err cli_alert_options(const struct cli_args *args, struct base_arena *arena,
                                         struct result_gate *gate, struct base_why *why);

/* Tell everybody whose time it is. A failure is a warning on standard error and changes nothing. */
void cli_alert_all(const struct result_gate_report *report);

#endif
