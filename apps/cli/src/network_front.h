/* network_front.h - a run of network rounds as people read it first: its conditions, one table of
 * overlays and numbers, ratios against flooding, attacks, figures. Names and units are the
 * specification's where it has them (NetworkTestConditions, RealBenchmarkResults).
 *
 * Everything is read from the run, so that a stored one gives the same.
 * Ownership what comes out lives in the arena and in the run
 */
#ifndef CLI_NETWORK_FRONT_H
#define CLI_NETWORK_FRONT_H

#include <result/front.h>

/* front: NULL when the run is not one of network rounds alone. Errors: ENOMEM */
BASE_MUST_USE base_err cli_network_front(const struct result_run *run, struct base_arena *arena,
                                         const struct result_front **front);

#define CLI_NETWORK_ATTACKS_TITLE "Attacks"

#endif
