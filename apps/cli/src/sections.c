/* sections.c - one row for each parameter that a section speaks of. */
#include "sections.h"

#include "plan.h"

#include <string.h>

void cli_sections_values(const struct cli_config *config, const struct bench_listed *listed,
                         struct bench_arg *args, size_t *count)
{
    const struct {
        const char *suite, *param, *values;
    } rows[] = {
        { "enc", "entries", config->cbor_entries },
        { "crypto", "size", config->hash_sizes },
        { "crypto", "algorithm", config->algorithms },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_wanted = rows[i].values != NULL && *count < BENCH_PARAM_MAX &&
                         cli_plan_is_in(listed->name, rows[i].suite) &&
                         cli_plan_has_param(listed, rows[i].param);
        for (size_t k = 0; k < *count; k++)
            is_wanted = is_wanted && strcmp(args[k].name, rows[i].param) != 0;
        if (is_wanted)
            args[(*count)++] = (struct bench_arg){ rows[i].param, rows[i].values };
    }
}

uint64_t cli_sections_iterations(const struct cli_config *config, const char *case_name)
{
    if (cli_plan_is_in(case_name, "crypto"))
        return config->hash_iterations;
    if (!cli_plan_is_in(case_name, "enc"))
        return 0;
    return strstr(case_name, "decode") != NULL ? config->decoding_iterations
                                               : config->encoding_iterations;
}

/* Cases without an algorithm parameter: the peers, which have one algorithm each. */
static const struct peer {
    const char *name;
    const char *algorithm;
    bool has_domain;
} peers[] = {
    { "crypto/hash.openssl", "sha256", true },
    { "crypto/hash.blake3", "blake3", false },
};

bool cli_sections_skips(const struct cli_config *config, const struct bench_listed *listed)
{
    const struct peer *peer = NULL;
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
        if (strcmp(peers[i].name, listed->name) == 0)
            peer = &peers[i];
    if (!cli_plan_is_in(listed->name, "crypto"))
        return false;
    if (config->is_without_domain && (peer == NULL || peer->has_domain))
        return true;
    return peer != NULL && config->algorithms != NULL &&
           strstr(config->algorithms, peer->algorithm) == NULL;
}
