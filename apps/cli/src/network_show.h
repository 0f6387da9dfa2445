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

/* The rounds' case of a plan in the run; NULL: it was not measured. */
const struct result_case *cli_network_case(const struct cli_network *network,
                                           const struct result_run *run, size_t plan);
#endif
