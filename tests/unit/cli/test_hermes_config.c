/* test_hermes_config.c - the file of a node: every key in both languages, every kind of mistake
 * with its line. */
#define _GNU_SOURCE
#include "unit.h"

#include "hermes_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const char *root = "."; /* of the source tree */
static char folder[] = "/tmp/hermes_config.XXXXXX";

static base_err parse(const char *name, const char *text, struct base_arena *arena,
                      struct suite_hermes_node *node, struct base_why *why)
{
    char path[64];
    *node = suite_hermes_node_defaults();
    *why = (struct base_why){ 0 };
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    const base_err err = cli_hermes_config_read(base_arena_text(arena, path), arena, node, why);
    unlink(path);
    return err;
}

static void check_all(const struct suite_hermes_node *node)
{
    assert_string_equal(node->name, "node_a");
    assert_string_equal(node->listen_address, "127.0.0.1");
    assert_int_equal(node->listen_port, 9001);
    assert_int_equal(node->max_neighbors, 4);
    assert_int_equal(node->bootstrap_count, 2);
    assert_string_equal(node->bootstrap[0], "localhost:9000");
    assert_string_equal(node->bootstrap[1], ID "@[::1]:9002");
    assert_string_equal(node->network, "Testnet");
    assert_false(node->has_auction_retry);
    assert_true(node->consensus_timeout_ns == UINT64_C(250000000));
    assert_true(node->auction_timeout_ns == UINT64_C(2500000000));
    assert_string_equal(node->key_path, "a.key");
    assert_string_equal(node->control_path, "a.sock");
}

static void every_key(void **state)
{
    (void)state;
    static const char toml[] = "node_id = \"node_a\"\n"
                               "listen_address = '127.0.0.1'\n"
                               "listen_port = 9_001\n"
                               "max_neighbors = 4\n"
                               "bootstrap_nodes = [\"localhost:9000\", \"" ID "@[::1]:9002\"]\n"
                               "network_mode = \"Testnet\"\n"
                               "enable_consensus_priority = true\n"
                               "enable_auction_retry = false\n"
                               "shadow_data_background = true\n"
                               "consensus_timeout_ms = 250\n"
                               "auction_timeout_ms = 2500\n"
                               "key_file = \"a.key\"\n"
                               "control_socket = \"a.sock\"\n";
    static const char yaml[] = "node_id: node_a\n"
                               "listen_address: 127.0.0.1\n"
                               "listen_port: 9001\n"
                               "max_neighbors: 4\n"
                               "bootstrap_nodes:\n"
                               "  - localhost:9000\n"
                               "  - '" ID "@[::1]:9002'\n"
                               "network_mode: testnet\n"
                               "enable_consensus_priority: true\n"
                               "enable_auction_retry: false\n"
                               "shadow_data_background: true\n"
                               "consensus_timeout_ms: 250\n"
                               "auction_timeout_ms: 2500\n"
                               "key_file: a.key\n"
                               "control_socket: a.sock\n";
    struct base_arena arena = { 0 };
    struct suite_hermes_node node;
    struct base_why why;
    if (parse("a.toml", toml, &arena, &node, &why) != BASE_OK)
        fail_msg("%s", why.text);
    check_all(&node);
    if (parse("a.yaml", yaml, &arena, &node, &why) != BASE_OK)
        fail_msg("%s", why.text);
    check_all(&node);
    base_arena_done(&arena);
}

static void defaults(void **state)
{
    (void)state;
    static const char *const names[] = { "a.toml", "a.yaml", "a.yml" };
    struct base_arena arena = { 0 };
    struct suite_hermes_node node;
    struct base_why why;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(parse(names[i], "# nothing\n", &arena, &node, &why), BASE_OK);
        assert_int_equal(node.listen_port, 9000);
        assert_int_equal(node.max_neighbors, 8);
        assert_int_equal(node.bootstrap_count, 0);
        assert_true(node.has_auction_retry);
        assert_true(node.consensus_timeout_ns == UINT64_C(1000000000));
        assert_true(node.auction_timeout_ns == UINT64_C(5000000000));
        assert_null(node.name);
        assert_null(node.key_path);
    }
    assert_int_equal(parse("a.toml", "network_mode = \"Testnet\"\n", &arena, &node, &why), BASE_OK);
    assert_int_equal(node.listen_port, 9100);
    assert_int_equal(parse("a.toml", "network_mode = \"Mainnet\"\n", &arena, &node, &why), BASE_OK);
    assert_int_equal(node.listen_port, 9000);
    assert_int_equal(node.bootstrap_count, 3);
    assert_string_equal(node.bootstrap[0], "mainnet.pravyom.net:9000");
    assert_int_equal(
        parse("a.toml", "bootstrap_nodes = []\nnetwork_mode = \"Mainnet\"\n", &arena, &node, &why),
        BASE_OK);
    assert_int_equal(node.bootstrap_count, 0);
    base_arena_done(&arena);
}

static const struct mistake {
    const char *name, *text;
    base_err err;
    unsigned line;
    const char *sentence; /* after the folder */
} mistakes[] = {
    { "a.toml", "\nlisten_prot = 9000\n", BASE_ENOTFOUND, 2,
      "a.toml:2: unknown key 'listen_prot'; the nearest is listen_port" },
    { "a.yaml", "max_neighbors: 8\nlisten_prot: 9000\n", BASE_ENOTFOUND, 2,
      "a.yaml:2: unknown key 'listen_prot'; the nearest is listen_port" },
    { "a.toml", "[hermes]\nlisten_port = 9000\n", BASE_ENOTFOUND, 1,
      "a.toml:1: unknown key 'hermes'" },
    { "a.toml", "listen_port = 0\n", BASE_ERANGE, 1, "a.toml:1: listen_port: " },
    { "a.toml", "listen_port = 65536\n", BASE_ERANGE, 1, "a.toml:1: listen_port: " },
    { "a.yaml", "listen_port: 65536\n", BASE_ERANGE, 1, "a.yaml:1: listen_port: " },
    { "a.toml", "listen_port = -1\n", BASE_EPARSE, 1, "a.toml:1: listen_port: " },
    { "a.toml", "listen_port = 1.5\n", BASE_EPARSE, 1, "a.toml:1: listen_port: " },
    { "a.toml", "listen_port = \"9000\"\n", BASE_EPARSE, 1,
      "a.toml:1: listen_port: a whole number is expected" },
    { "a.yaml", "listen_port: many\n", BASE_EPARSE, 1, "a.yaml:1: listen_port: " },
    { "a.yaml", "listen_port: [1]\n", BASE_EPARSE, 1,
      "a.yaml:1: listen_port: a whole number is expected" },
    { "a.yaml", "listen_port:\n", BASE_EPARSE, 1, "a.yaml:1: listen_port: " },
    { "a.toml", "max_neighbors = 65\n", BASE_ERANGE, 1, "a.toml:1: max_neighbors: " },
    { "a.toml", "max_neighbors = 0\n", BASE_ERANGE, 1, "a.toml:1: max_neighbors: " },
    { "a.toml", "node_id = \"a b\"\n", BASE_EINVALID, 1, "a.toml:1: node_id: the name has" },
    { "a.toml", "node_id = \"\"\n", BASE_EINVALID, 1, "a.toml:1: node_id: the text is empty" },
    { "a.toml", "node_id = 3\n", BASE_EPARSE, 1, "a.toml:1: node_id: a text is expected" },
    { "a.toml",
      "node_id = \"0123456789012345678901234567890123456789012345678901234567890123456789\"\n",
      BASE_ERANGE, 1, "a.toml:1: node_id: the name has more than 64 bytes" },
    { "a.toml", "network_mode = \"Devnet\"\n", BASE_EINVALID, 1,
      "a.toml:1: network_mode: 'Devnet' is neither Testnet nor Mainnet" },
    { "a.toml", "enable_consensus_priority = false\n", BASE_EUNSUPPORTED, 1,
      "a.toml:1: enable_consensus_priority: consensus messages always go first" },
    { "a.yaml", "\n\nshadow_data_background: false\n", BASE_EUNSUPPORTED, 3,
      "a.yaml:3: shadow_data_background: shadow data always gives way" },
    { "a.toml", "enable_auction_retry = 1\n", BASE_EPARSE, 1,
      "a.toml:1: enable_auction_retry: true or false is expected" },
    { "a.yaml", "enable_auction_retry: maybe\n", BASE_EPARSE, 1,
      "a.yaml:1: enable_auction_retry: true or false is expected" },
    { "a.toml", "consensus_timeout_ms = 0\n", BASE_ERANGE, 1, "a.toml:1: consensus_timeout_ms: " },
    { "a.toml", "auction_timeout_ms = 3600001\n", BASE_ERANGE, 1,
      "a.toml:1: auction_timeout_ms: " },
    { "a.toml", "bootstrap_nodes = \"localhost:9000\"\n", BASE_EPARSE, 1,
      "a.toml:1: bootstrap_nodes: a list of HOST:PORT" },
    { "a.toml", "\nbootstrap_nodes = [\"localhost\"]\n", BASE_EPARSE, 2,
      "a.toml:2: bootstrap_nodes: \"localhost\" is neither HOST:PORT" },
    { "a.yaml", "bootstrap_nodes:\n - 0123@localhost:9000\n", BASE_EPARSE, 1,
      "a.yaml:1: bootstrap_nodes: " },
    { "a.yaml", "bootstrap_nodes: [[a]]\n", BASE_EPARSE, 1, "a.yaml:1: bootstrap_nodes: a list" },
    { "a.toml", "listen_port = \n", BASE_EPARSE, 1, "a.toml:1: " },
    { "a.yaml", "a: [\n", BASE_EPARSE, 2, "a.yaml:2: " },
    { "a.yaml", "- listen_port\n", BASE_EPARSE, 1, "a.yaml:1: keys with values" },
    { "a.json", "{}", BASE_EINVALID, 0, "a.json ends neither in .toml nor in .yaml" },
};

static void wrong_files(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const struct mistake *const mistake = &mistakes[i];
        struct suite_hermes_node node;
        struct base_why why;
        const base_err err = parse(mistake->name, mistake->text, &arena, &node, &why);
        const bool is_placed = strncmp(why.text, folder, strlen(folder)) == 0 &&
                               strncmp(why.text + strlen(folder) + 1, mistake->sentence,
                                       strlen(mistake->sentence)) == 0;
        if (err != mistake->err || why.at != mistake->line || !is_placed)
            fail_msg("%s: %s at %llu: %s", mistake->text, base_err_name(err),
                     (unsigned long long)why.at, why.text);
    }
    base_arena_done(&arena);
}

static void no_file(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    struct suite_hermes_node node;
    struct base_why why = { 0 };
    assert_int_equal(cli_hermes_config_read("/nowhere/a.toml", &arena, &node, &why),
                     BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "/nowhere/a.toml"));
    assert_int_equal(cli_hermes_config_read("/nowhere/a.yaml", &arena, &node, &why),
                     BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "/nowhere/a.yaml"));
    base_arena_done(&arena);
}

/* The examples say what holds anyway, and nothing that is refused. */
static void examples(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    struct suite_hermes_node node = suite_hermes_node_defaults();
    const struct suite_hermes_node usual = suite_hermes_node_defaults();
    struct base_why why = { 0 };
    if (cli_hermes_config_read(base_arena_printf(&arena, "%s/examples/hermes/first.toml", root),
                               &arena, &node, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(node.listen_port, usual.listen_port);
    assert_int_equal(node.max_neighbors, usual.max_neighbors);
    assert_int_equal(node.bootstrap_count, 0);
    assert_true(node.has_auction_retry);
    assert_true(node.consensus_timeout_ns == usual.consensus_timeout_ns);
    assert_true(node.auction_timeout_ns == usual.auction_timeout_ns);
    if (cli_hermes_config_read(base_arena_printf(&arena, "%s/examples/hermes/second.yaml", root),
                               &arena, &node, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(node.bootstrap_count, 1);
    base_arena_done(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key), cmocka_unit_test(defaults), cmocka_unit_test(wrong_files),
        cmocka_unit_test(no_file),   cmocka_unit_test(examples),
    };
    root = argc > 1 ? argv[1] : root;
    if (mkdtemp(folder) == NULL)
        return 1;
    const int status = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return status;
}
