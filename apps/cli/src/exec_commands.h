/* exec_commands.h - from the words of the command line to targets of the exec suite's one case. */
#ifndef CLI_EXEC_COMMANDS_H
#define CLI_EXEC_COMMANDS_H

#include "plan.h"

/* A job for each command (operands, and words after "--") at each point of --parameter; reads
 * --name, --shell, --prepare, --input, --ignore-failure too.
 *
 *   is_numbered   ids begin with the job's number, so that one command may be there twice
 *
 * Errors   EPARSE, EINVALID, ENOTFOUND, EFULL, EEXIST; why names option or word
 */
BASE_MUST_USE base_err cli_exec_add(struct cli_plan *plan, const struct cli_args *args,
                                    bool is_numbered, struct base_why *why);

#endif
