/* network_show.h - a network test as text, and as JSON in the layout of the specification's API. */
#ifndef CLI_NETWORK_SHOW_H
#define CLI_NETWORK_SHOW_H

#include "network_rounds.h"

/* test_id: NULL when the run is not kept. Errors: ENOMEM */
BASE_MUST_USE base_err cli_network_text(const struct cli_network *network,
                                        const struct result_run *run, const char *test_id,
                                        struct base_buf *out);
BASE_MUST_USE base_err cli_network_json(const struct cli_network *network,
                                        const struct result_run *run, const char *test_id,
                                        struct base_buf *out);

/* Every number of the rounds of a stored run, a column for each case, as Markdown. Errors: ENOMEM */
BASE_MUST_USE base_err cli_network_fields(const struct result_run *run, struct base_buf *out);

/* The rounds' case of a plan in the run; NULL: it was not measured. */
const struct result_case *cli_network_case(const struct cli_network *network,
                                           const struct result_run *run, size_t plan);
/* A number of a case, mean over rounds with its interval; all NaN when it has none. */
struct result_estimate cli_network_number(const struct result_case *one, const char *series);
/* HERMES's ratio of messages a second over flooding's, with its interval; all NaN: none. */
struct result_estimate cli_network_improvement(const struct result_case *one);

#endif
