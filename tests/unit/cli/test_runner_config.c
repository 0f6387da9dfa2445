/* test_runner_config.c - the table of keys and the reading of TOML against it: every default, every
 * kind of mistake with its line. */
#include "runner_config.h"
#include "toml_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *root = "."; /* of the source tree */

static base_err parse(const char *text, struct cli_runner_config *config, struct base_arena *arena,
                      struct base_why *why)
{
    cli_runner_config_init(config);
    *why = (struct base_why){ 0 };
    return cli_runner_config_parse(base_span_of(text, strlen(text)), "a.toml", arena, config, why);
}

static const struct mistake {
    const char *text;
    base_err err;
    unsigned line;
    const char *sentence;
} mistakes[] = {
    { "[execution]\ndefault_flow_count = 0\n", BASE_ERANGE, 2,
      "a.toml:2: execution.default_flow_count: 0 is not between 1 and 100000000" },
    { "[execution]\n\ndefault_flow_count = \"many\"\n", BASE_EPARSE, 3,
      "a.toml:3: execution.default_flow_count: a whole number is expected" },
    { "[execution]\ndefault_flow_count = 1.5\n", BASE_EPARSE, 2,
      "a.toml:2: execution.default_flow_count: a whole number is expected" },
    { "[execution]\ndefault_duration_seconds = true\n", BASE_EPARSE, 2,
      "a.toml:2: execution.default_duration_seconds: a number is expected" },
    { "[execution]\ndefault_duration_seconds = nan\n", BASE_ERANGE, 2,
      "a.toml:2: execution.default_duration_seconds: nan is not between 0.001 and 1000000" },
    { "[execution]\nstatistical_confidence_level = 95\n", BASE_ERANGE, 2,
      "a.toml:2: execution.statistical_confidence_level: 95 is not between 0.5 and 0.9999" },
    { "[execution]\ndefault_flow_cuont = 1\n", BASE_ENOTFOUND, 2,
      "a.toml:2: unknown key 'execution.default_flow_cuont'; the nearest is "
      "execution.default_flow_count" },
    { "[exectuion]\ndefault_flow_count = 1\n", BASE_ENOTFOUND, 1,
      "a.toml:1: unknown section 'exectuion'; the nearest is execution" },
    { "[targets.layer1_ifr]\n[targets.layer1_irf]\n", BASE_ENOTFOUND, 2,
      "a.toml:2: unknown section 'targets.layer1_irf'; the nearest is targets.layer1_ifr" },
    { "nothing = 1\n", BASE_ENOTFOUND, 1, "a.toml:1: unknown key 'nothing'" },
    { "general = 1\n", BASE_ENOTFOUND, 1, "a.toml:1: unknown key 'general'" },
    { "[general]\nlog_level = \"loud\"\n", BASE_EINVALID, 2,
      "a.toml:2: general.log_level: 'loud' is not one of debug,info,warn,error" },
    { "[general]\nlog_level = 3\n", BASE_EPARSE, 2,
      "a.toml:2: general.log_level: a text in quotes is expected" },
    { "[general]\noutput_directory = \"\"\n", BASE_EINVALID, 2,
      "a.toml:2: general.output_directory: the text is empty" },
    { "[general]\nenable_regression_detection = 1\n", BASE_EPARSE, 2,
      "a.toml:2: general.enable_regression_detection: true or false is expected" },
    { "[general.version]\n", BASE_EPARSE, 1,
      "a.toml:1: general.version: a text in quotes is expected" },
    { "[layer1.hash_table]\nload_factors = [0.5, 2]\n", BASE_ERANGE, 2,
      "a.toml:2: layer1.hash_table.load_factors: 2 is not between 0.01 and 0.99" },
    { "[layer1.hash_table]\nload_factors = []\n", BASE_EPARSE, 2,
      "a.toml:2: layer1.hash_table.load_factors: a list of numbers is expected" },
    { "[layer1.hash_table]\nload_factors = [[0.5]]\n", BASE_EPARSE, 2,
      "a.toml:2: layer1.hash_table.load_factors: a list of single values is expected" },
    { "[layer1.hash_table]\nload_factors = [\"half\"]\n", BASE_EPARSE, 2,
      "a.toml:2: layer1.hash_table.load_factors: a list of numbers is expected" },
    { "[network.protocols]\ntest_protocols = [\"tcp\", \"ipx\"]\n", BASE_EINVALID, 2,
      "a.toml:2: network.protocols.test_protocols: 'ipx' is not one of quic,tcp,udp" },
    { "[statistical]\noutlier_threshold = 2.0\n", BASE_ERANGE, 2,
      "a.toml:2: statistical.outlier_threshold: 2 is not 1.5, which is all there is" },
    { "[execution]\ndefault_flow_count = 2024-01-01\n", BASE_EPARSE, 2,
      "a.toml:2: execution.default_flow_count: a whole number is expected" },
    { "[execution]\ndefault_flow_count = 1\ndefault_flow_count = 2\n", BASE_EPARSE, 3,
      "a.toml:3: " },
    { "[execution\n", BASE_EPARSE, 1, "a.toml:1: " },
    { "[general]\nversion = \"unended\n", BASE_EPARSE, 2, "a.toml:2: " },
    { "[general]\nversion = \"zero \\u0000 byte\"\n", BASE_EPARSE, 2,
      "a.toml:2: a text has a zero byte" },
    { "\"targets.layer1_ifr\" = 1\n", BASE_EPARSE, 1,
      "a.toml:1: a key in quotes has a point or a zero byte" },
    { "[[general]]\n", BASE_ENOTFOUND, 1, "a.toml:1: unknown key 'general'" },
    /* the first of two mistakes, in the order of the lines and not of the names */
    { "[statistical]\nnothing = 1\n[general]\nversion = 1\n", BASE_ENOTFOUND, 2, "a.toml:2: " },
};

static void mistakes_have_file_line_and_key(void **state)
{
    (void)state;
    static struct cli_runner_config config;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct base_arena arena = { 0 };
        struct base_why why;
        const base_err err = parse(mistakes[i].text, &config, &arena, &why);
        if (err != mistakes[i].err || why.at != mistakes[i].line ||
            strncmp(why.text, mistakes[i].sentence, strlen(mistakes[i].sentence)) != 0)
            fail_msg("%zu: %s: '%s' (line %u), expected '%s'", i, base_err_name(err), why.text,
                     (unsigned)why.at, mistakes[i].sentence);
        base_arena_done(&arena);
    }
}

static void what_is_said_wins_over_defaults(void **state)
{
    (void)state;
    static struct cli_runner_config config;
    struct base_arena arena = { 0 };
    struct base_why why;
    assert_int_equal(parse("", &config, &arena, &why), BASE_OK);
    assert_int_equal(cli_runner_setting(&config, "execution.default_flow_count")->number, 10000);
    assert_int_equal(cli_runner_setting(&config, "execution.default_flow_count")->line, 0);
    assert_int_equal(parse("execution.default_flow_count = 50_000\n"
                           "[general]\nversion = 'x'\nenable_regression_detection = false\n"
                           "[execution.nothing]\n",
                           &config, &arena, &why),
                     BASE_ENOTFOUND);
    assert_int_equal(parse("execution.default_flow_count = 50_000\n"
                           "[general]\nversion = 'x'\nenable_regression_detection = false\n"
                           "[layer1.hash_table]\nload_factors = [0.5, 0.75]\n",
                           &config, &arena, &why),
                     BASE_OK);
    assert_int_equal(cli_runner_setting(&config, "execution.default_flow_count")->number, 50000);
    assert_int_equal(cli_runner_setting(&config, "execution.default_flow_count")->line, 1);
    assert_string_equal(cli_runner_setting(&config, "general.version")->text, "x");
    assert_false(cli_runner_setting(&config, "general.enable_regression_detection")->is_true);
    assert_string_equal(cli_runner_setting(&config, "layer1.hash_table.load_factors")->text,
                        "0.5,0.75");
    assert_true(cli_runner_setting(&config, "reporting.generate_html")->is_true);
    base_arena_done(&arena);
}

/* Every row is whole, no name stands twice, and its own default is a value it would take. */
static void the_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        const struct cli_runner_key *key = &cli_runner_keys[i];
        assert_non_null(key->fallback);
        if ((key->doc == NULL) == (key->lack == NULL))
            fail_msg("%s.%s says both or neither of doc and lack", key->section, key->key);
        for (size_t k = 0; k < i; k++)
            if (strcmp(cli_runner_keys[k].section, key->section) == 0 &&
                strcmp(cli_runner_keys[k].key, key->key) == 0)
                fail_msg("%s.%s stands twice", key->section, key->key);
    }
}

/* The example has every key of the table at its default, so reading it changes nothing but where
 * the settings were said. */
static void the_example_is_the_defaults(void **state)
{
    (void)state;
    static struct cli_runner_config config, defaults;
    struct base_arena arena = { 0 };
    struct base_why why = { 0 };
    char path[4096];
    snprintf(path, sizeof path, "%s/examples/benchmark-config.toml", root);
    cli_runner_config_init(&config);
    cli_runner_config_init(&defaults);
    if (cli_runner_config_read(path, &arena, &config, &why) != BASE_OK)
        fail_msg("%s", why.text);
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        const struct cli_runner_key *key = &cli_runner_keys[i];
        const struct cli_runner_setting *a = &config.settings[i], *b = &defaults.settings[i];
        if (a->line == 0)
            fail_msg("the example lacks %s.%s", key->section, key->key);
        if (a->number != b->number || a->is_true != b->is_true)
            fail_msg("the example has another %s.%s", key->section, key->key);
        if (key->kind != CLI_RUNNER_NUMBERS && b->text != NULL && strcmp(a->text, b->text) != 0)
            fail_msg("the example has '%s' for %s.%s", a->text, key->section, key->key);
    }
    base_arena_done(&arena);
}

/* docs/runner.md names each key. */
static void the_page_has_every_key(void **state)
{
    (void)state;
    struct base_buf text = { 0 };
    struct base_why why;
    char path[4096], row[256];
    snprintf(path, sizeof path, "%s/docs/runner.md", root);
    assert_int_equal(base_buf_read_file(&text, path, 1 << 20, &why), BASE_OK);
    const char *page = base_buf_text(&text);
    const char *section = "";
    for (size_t i = 0; cli_runner_keys[i].section != NULL; i++) {
        const struct cli_runner_key *key = &cli_runner_keys[i];
        if (strcmp(section, key->section) != 0) {
            section = key->section;
            snprintf(row, sizeof row, "`[%s]`", section);
            page = strstr(page, row);
            if (page == NULL)
                fail_msg("docs/runner.md has no %s in its place", row);
        }
        snprintf(row, sizeof row, "`%s`", key->key);
        if (strstr(page, row) == NULL)
            fail_msg("docs/runner.md has no %s below [%s]", row, section);
    }
    base_buf_done(&text);
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    static struct cli_runner_config config;
    struct base_arena arena = { 0 };
    struct base_why why = { 0 };
    cli_runner_config_init(&config);
    assert_int_equal(cli_runner_config_read("/nonexistent/a.toml", &arena, &config, &why),
                     BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "/nonexistent/a.toml"));
    char *large = malloc(CLI_TOML_SIZE_MAX + 1);
    assert_non_null(large);
    memset(large, '#', CLI_TOML_SIZE_MAX + 1);
    assert_int_equal(cli_runner_config_parse(base_span_of(large, CLI_TOML_SIZE_MAX + 1), "a.toml",
                                             &arena, &config, &why),
                     BASE_ERANGE);
    assert_int_equal(cli_runner_config_parse(base_span_of(large, CLI_TOML_SIZE_MAX), "a.toml",
                                             &arena, &config, &why),
                     BASE_OK);
    free(large);
    base_arena_done(&arena);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        root = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_have_file_line_and_key),
        cmocka_unit_test(what_is_said_wins_over_defaults),
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(the_example_is_the_defaults),
        cmocka_unit_test(the_page_has_every_key),
        cmocka_unit_test(files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
