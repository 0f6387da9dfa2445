/* config.h - what a measurement is told to do: defaults, then the --config file, then the options.
 *
 * Ownership texts live in the arena given to cli_config_read or in the command line
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli.h"

#include <bench/drive.h>

enum { CLI_CPUS_MAX = 1024 };

/* Zeroed members mean: not said. */
struct cli_config {
    struct bench_plan plan; /* as far as it was said; the rest is zero */
    uint32_t cpus[CLI_CPUS_MAX];
    double confidence;   /* 0.5 .. 0.9999 */
    double significance; /* 0.0001 .. 0.5 */

    /* performance_benchmarks.cbor_benchmarks */
    const char *cbor_entries; /* "100": a value list for the parameter */
    uint64_t encoding_iterations, decoding_iterations;
    bool is_without_memory; /* memory_tracking: false */

    /* performance_benchmarks.crypto_benchmarks */
    const char *hash_sizes; /* "1024": bytes */
    uint64_t hash_iterations;
    const char *algorithms; /* "sha256,blake3" */
    bool is_without_domain; /* domain_separation: false */
};

/* Settings of a file.
 *
 *   why   at: line; "bench.yaml:14: sample_size: '1' is not within 2 and 1048576"
 *
 * Errors   those of cli_yaml_read; ENOTFOUND (an unknown key), EPARSE, ERANGE (a bad value),
 *          EUNSUPPORTED (a section of systems that this version does not have)
 */
BASE_MUST_USE base_err cli_config_read(const char *path, struct base_arena *arena,
                                       struct cli_config *config, struct base_why *why);

/* The file named by --config, if any, then the options of the command line.
 * Errors: those of cli_config_read; EPARSE, ERANGE (--cpu-affinity) */
BASE_MUST_USE base_err cli_config_of(const struct cli_args *args, struct base_arena *arena,
                                     struct cli_config *config, struct base_why *why);

/* "64,1KiB" as whole bytes "64,1024"; "100_entries" as "100". Errors: EPARSE, ERANGE */
BASE_MUST_USE base_err cli_config_sizes(const char *text, struct base_arena *arena,
                                        const char **values, struct base_why *why);
BASE_MUST_USE base_err cli_config_entries(const char *text, struct base_arena *arena,
                                          const char **values, struct base_why *why);

/* Only --cpu-affinity of the command line, into config->cpus and config->plan. */
BASE_MUST_USE base_err cli_config_cpus(const struct cli_args *args, struct cli_config *config,
                                       struct base_why *why);

#endif
