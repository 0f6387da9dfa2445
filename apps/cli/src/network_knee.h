/* network_knee.h - the highest load that an overlay keeps up with.
 *
 * A load is kept up with when nearly everything comes in time and nothing piles up, in one of two
 * rounds: a host that was away for a moment makes a load look too high. The better of two flatters
 * every overlay alike.
 */
#ifndef CLI_NETWORK_KNEE_H
#define CLI_NETWORK_KNEE_H

#include "network_rounds.h"

/* Search for each plan's, as often as there are rounds, CLI_NETWORK_KNEES_MAX times at most;
 * overlays take turns. A search that finds nothing is a warning, and NaN. */
void cli_network_find_knees(struct cli_network *network);

/* Messages a second: the geometric mean of the searches. NaN without one; ends NaN of one alone. */
struct stats_interval cli_network_knee(const struct cli_network *network, size_t plan,
                                       double confidence);
/* Of one plan over another's, searches paired. */
struct stats_interval cli_network_knee_ratio(const struct cli_network *network, size_t plan,
                                             size_t against, double confidence);

#endif
