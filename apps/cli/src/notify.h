/* notify.h - one message to one place: a command, an address on the web, a mailbox.
 *
 * Certificates are verified; redirections are not followed, as they would carry a secret address
 * elsewhere; sentences about failures name the host and nothing else of an address.
 */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

#include "cli.h"

#include <result/gate.h>

/* Deliver.
 *
 *   alert     with its values expanded; timeout_ms is of one attempt, and there are at most
 *             1 + retries of them: after no connection, no answer in time, an answer that asks to
 *             come again (HTTP 429 and 5xx, SMTP 4xx). A command has one attempt
 *   subject   of a mail, one line
 *   body      standard input of a command, body of a POST (JSON), text of a mail
 *
 * Errors   EINVALID (the address is none), ETIMEOUT, EIO (refused, or an answer that is no
 * success), ECRASHED (the command's status), EINTERRUPTED, ENOMEM; why says what and where
 */
BASE_MUST_USE base_err cli_notify(const struct result_alert *alert, const char *subject,
                                  struct base_span body, struct base_why *why);

#endif
