/* network_config.h - real_world_testing of a --config file, key by key. */
#ifndef CLI_NETWORK_CONFIG_H
#define CLI_NETWORK_CONFIG_H

#include "network_rounds.h"

/* network_conditions become network->conditions (bandwidth: as they are before),
 * performance_targets its targets. Other sections are passed over: they are of other commands.
 *
 * Errors   those of cli_yaml_read; ENOTFOUND (an unknown key), EPARSE, ERANGE (a bad value), EFULL;
 *          why names file, line and key
 */
BASE_MUST_USE base_err cli_network_config(const char *path, struct base_arena *arena,
                                          struct cli_network *network, struct base_why *why);

#endif
