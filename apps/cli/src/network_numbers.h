/* network_numbers.h - the numbers that rounds of a network leave in a run, by name.
 *
 * Threads   no shared state
 */
#ifndef CLI_NETWORK_NUMBERS_H
#define CLI_NETWORK_NUMBERS_H

#include <result/run.h>

/* A number of RealBenchmarkResults: its name there, our series, and what that is multiplied with.
 * NULL past the last. */
struct cli_network_real {
    const char *name, *series;
    double scale;
};
const struct cli_network_real *cli_network_real_at(size_t i);

/* A number of a case, mean over rounds with its interval; all NaN when it has none. */
struct result_estimate cli_network_number(const struct result_case *one, const char *series);
/* A fact with its interval, likewise: "improvement", and NAME_low, NAME_high. */
struct result_estimate cli_network_fact(const struct result_case *one, const char *name);
/* Is the series one of an attack and its phases? They have tables of their own. */
bool cli_network_is_of_attack(const char *series);
/* "25.1 ms", "-"; out [size] is returned. */
const char *cli_network_print(double value, const char *unit, char *out, size_t size);
/* a / b of independent estimates; the interval as in result/claim.h. NaN where they are not above
 * 0. */
struct result_estimate cli_network_over(struct result_estimate a, struct result_estimate b);

#endif
