/* fuzz_runner_config.c - hostile TOML files: read whole or refused with a sentence and its place.
 */
#include "runner_config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

/* A setting that was taken is within what its row allows. */
static void check(const struct cli_runner_config *config)
{
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        const struct cli_runner_key *key = &cli_runner_keys[i];
        const struct cli_runner_setting *setting = &config->settings[i];
        if (key->kind == CLI_RUNNER_COUNT || key->kind == CLI_RUNNER_NUMBER)
            need(setting->number >= key->low && setting->number <= key->high);
        else if (key->kind != CLI_RUNNER_BOOL)
            need(setting->text != NULL && setting->text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cli_runner_config config;
    struct base_arena arena = { 0 };
    struct base_why why = { 0 };
    cli_runner_config_init(&config);
    const base_err err =
        cli_runner_config_parse(base_span_of(data, size), "input", &arena, &config, &why);
    need(err == BASE_OK || (why.err == err && strncmp(why.text, "input:", 6) == 0));
    check(&config);
    base_arena_done(&arena);
    return 0;
}
