/* sections.h - what the sections of a configuration file say about the cases of one suite. The
 * options --data-size, --hash-size and --algorithms say the same things and win. */
#ifndef CLI_SECTIONS_H
#define CLI_SECTIONS_H

#include "config.h"

/* Value lists for parameters of this case, appended to `args`; a parameter that is there already
 * keeps its values.
 *   args   [BENCH_PARAM_MAX], *count of them used */
void cli_sections_values(const struct cli_config *config, const struct bench_listed *listed,
                         struct bench_arg *args, size_t *count);

/* At least so many items of a case, by its name; 0: nothing is said. */
uint64_t cli_sections_iterations(const struct cli_config *config, const char *case_name);

/* Is a case of the crypto suite left out by `algorithms` or `domain_separation`? */
bool cli_sections_skips(const struct cli_config *config, const struct bench_listed *listed);

#endif
