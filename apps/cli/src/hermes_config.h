/* hermes_config.h - the file of a HERMES-Lite node, in TOML or YAML: every key is one row of a
 * table.
 *
 * Ownership texts live in the arena
 */
#ifndef CLI_HERMES_CONFIG_H
#define CLI_HERMES_CONFIG_H

#include "cli.h"

#include <suite/hermes_command.h>

enum { CLI_HERMES_CONFIG_SIZE_MAX = 1 << 20 /* bytes of a file */ };

/* Settings of a file (its name ends in .toml, .yaml or .yml) on top of the defaults in `node`.
 *
 *   why     at: line; "node.toml:3: listen_port: '0' is not between 1 and 65535"
 *
 * Errors   EINVALID (another ending), EIO, EPARSE (neither language; a value of another type),
 *          ENOTFOUND (an unknown key; why names the nearest; no such file), ERANGE,
 *          EUNSUPPORTED (a setting that this node cannot honour), ENOMEM
 */
BASE_MUST_USE base_err cli_hermes_config_read(const char *path, struct base_arena *arena,
                                              struct suite_hermes_node *node, struct base_why *why);

#endif
