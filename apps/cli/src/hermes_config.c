/* hermes_config.c - both languages become values that know their lines; a key is one row: its name
 * and the function that takes its value. */
#include "hermes_config.h"

#include "toml_read.h"
#include "yaml.h"

#include <base/units.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NS_PER_MS UINT64_C(1000000)

enum { TIMEOUT_MS_MAX = 3600000 };

enum kind {
    ANY, /* a word of YAML, which does not say what it is */
    TEXT_IN_QUOTES,
    NUMBER,
    TRUTH,
    LIST,
    OTHER,
};

struct value {
    enum kind kind;
    unsigned line;
    const char *text; /* of a list: its values with commas between */
};

struct reader {
    const char *path;
    struct base_arena *arena;
    struct suite_hermes_node *node;
    bool has_port, has_bootstrap;
    bool is_placed; /* the sentence has its file and line */
};

typedef base_err take_fn(struct reader *reader, const struct value *value, struct base_why *why);

/* ---- values ---- */

static base_err text_of(struct reader *reader, const struct value *value, const char **out,
                        struct base_why *why)
{
    if (value->kind != TEXT_IN_QUOTES && value->kind != ANY)
        return base_fail(why, BASE_EPARSE, 0, "a text is expected");
    if (value->text[0] == '\0')
        return base_fail(why, BASE_EINVALID, 0, "the text is empty");
    const char *const copy = base_arena_text(reader->arena, value->text);
    if (copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    *out = copy;
    return BASE_OK;
}

static base_err count_of(const struct value *value, uint64_t low, uint64_t high, uint64_t *out,
                         struct base_why *why)
{
    if (value->kind != NUMBER && value->kind != ANY)
        return base_fail(why, BASE_EPARSE, 0, "a whole number is expected");
    return base_units_parse_count(value->text, low, high, out, why);
}

static base_err truth_of(const struct value *value, bool *out, struct base_why *why)
{
    const bool is_word = value->kind == TRUTH || value->kind == ANY;
    const bool is_true = is_word && strcmp(value->text, "true") == 0;
    if (!is_true && (!is_word || strcmp(value->text, "false") != 0))
        return base_fail(why, BASE_EPARSE, 0, "true or false is expected");
    *out = is_true;
    return BASE_OK;
}

/* ---- keys ---- */

static base_err take_node_id(struct reader *reader, const struct value *value, struct base_why *why)
{
    const char *name = NULL;
    CLI_TRY(text_of(reader, value, &name, why));
    if (strlen(name) > SUITE_HERMES_NAME_MAX)
        return base_fail(why, BASE_ERANGE, 0, "the name has more than %d bytes",
                         SUITE_HERMES_NAME_MAX);
    for (const char *at = name; *at != '\0'; at++)
        if (*at < '!' || *at > '~')
            return base_fail(why, BASE_EINVALID, 0,
                             "the name has a blank or a character that is no ASCII");
    reader->node->name = name;
    return BASE_OK;
}

static base_err take_listen_port(struct reader *reader, const struct value *value,
                                 struct base_why *why)
{
    uint64_t port = 0;
    CLI_TRY(count_of(value, 1, UINT16_MAX, &port, why));
    reader->node->listen_port = (uint16_t)port;
    reader->has_port = true;
    return BASE_OK;
}

static base_err take_listen_address(struct reader *reader, const struct value *value,
                                    struct base_why *why)
{
    return text_of(reader, value, &reader->node->listen_address, why);
}

static base_err take_max_neighbors(struct reader *reader, const struct value *value,
                                   struct base_why *why)
{
    uint64_t count = 0;
    CLI_TRY(count_of(value, 1, SUITE_HERMES_NEIGHBORS_MAX, &count, why));
    reader->node->max_neighbors = (uint32_t)count;
    return BASE_OK;
}

static base_err bootstrap_add(struct reader *reader, const char **list, size_t *count,
                              const char *text, size_t size, struct base_why *why)
{
    if (*count == SUITE_HERMES_BOOTSTRAP_MAX)
        return base_fail(why, BASE_ERANGE, 0, "more than %d nodes", SUITE_HERMES_BOOTSTRAP_MAX);
    const char *const one = base_arena_text_of(reader->arena, text, size);
    if (one == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    list[(*count)++] = one;
    return suite_hermes_bootstrap_check(one, why);
}

static base_err take_bootstrap_nodes(struct reader *reader, const struct value *value,
                                     struct base_why *why)
{
    if (value->kind != LIST)
        return base_fail(why, BASE_EPARSE, 0, "a list of HOST:PORT or ID@HOST:PORT is expected");
    const char **const list =
        base_arena_array(reader->arena, SUITE_HERMES_BOOTSTRAP_MAX, sizeof *list);
    size_t count = 0;
    if (list == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (const char *at = value->text; *at != '\0'; at += *at == ',') {
        const size_t size = strcspn(at, ",");
        CLI_TRY(bootstrap_add(reader, list, &count, at, size, why));
        at += size;
    }
    reader->node->bootstrap = list;
    reader->node->bootstrap_count = count;
    reader->has_bootstrap = true;
    return BASE_OK;
}

static base_err take_network_mode(struct reader *reader, const struct value *value,
                                  struct base_why *why)
{
    static const char *const modes[] = { "Testnet", "Mainnet" };
    const char *text = NULL;
    CLI_TRY(text_of(reader, value, &text, why));
    for (size_t i = 0; i < 2; i++)
        if (strcasecmp(text, modes[i]) == 0) {
            reader->node->network = modes[i];
            return BASE_OK;
        }
    return base_fail(why, BASE_EINVALID, 0, "'%s' is neither Testnet nor Mainnet", text);
}

/* What a node always does cannot be turned off. */
static base_err refuse_false(const struct value *value, const char *always, struct base_why *why)
{
    bool is_on = false;
    CLI_TRY(truth_of(value, &is_on, why));
    return is_on ? BASE_OK
                 : base_fail(why, BASE_EUNSUPPORTED, 0, "%s; false is not possible", always);
}

static base_err take_consensus_priority(struct reader *reader, const struct value *value,
                                        struct base_why *why)
{
    (void)reader;
    return refuse_false(value, "consensus messages always go first", why);
}

static base_err take_shadow_background(struct reader *reader, const struct value *value,
                                       struct base_why *why)
{
    (void)reader;
    return refuse_false(value, "shadow data always gives way to the other classes", why);
}

static base_err take_auction_retry(struct reader *reader, const struct value *value,
                                   struct base_why *why)
{
    return truth_of(value, &reader->node->has_auction_retry, why);
}

static base_err timeout_of(const struct value *value, uint64_t *ns, struct base_why *why)
{
    uint64_t ms = 0;
    CLI_TRY(count_of(value, 1, TIMEOUT_MS_MAX, &ms, why));
    *ns = ms * NS_PER_MS;
    return BASE_OK;
}

static base_err take_consensus_timeout(struct reader *reader, const struct value *value,
                                       struct base_why *why)
{
    return timeout_of(value, &reader->node->consensus_timeout_ns, why);
}

static base_err take_auction_timeout(struct reader *reader, const struct value *value,
                                     struct base_why *why)
{
    return timeout_of(value, &reader->node->auction_timeout_ns, why);
}

static base_err take_key_file(struct reader *reader, const struct value *value,
                              struct base_why *why)
{
    return text_of(reader, value, &reader->node->key_path, why);
}

static base_err take_control_socket(struct reader *reader, const struct value *value,
                                    struct base_why *why)
{
    return text_of(reader, value, &reader->node->control_path, why);
}

static const struct key {
    const char *name;
    take_fn *take;
} keys[] = {
    { "node_id", take_node_id },
    { "listen_address", take_listen_address },
    { "listen_port", take_listen_port },
    { "max_neighbors", take_max_neighbors },
    { "bootstrap_nodes", take_bootstrap_nodes },
    { "network_mode", take_network_mode },
    { "enable_consensus_priority", take_consensus_priority },
    { "enable_auction_retry", take_auction_retry },
    { "shadow_data_background", take_shadow_background },
    { "consensus_timeout_ms", take_consensus_timeout },
    { "auction_timeout_ms", take_auction_timeout },
    { "key_file", take_key_file },
    { "control_socket", take_control_socket },
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static base_err fail_unknown(struct reader *reader, const char *name, unsigned line,
                             struct base_why *why)
{
    const char *words[KEY_COUNT + 1] = { 0 };
    for (size_t i = 0; i < KEY_COUNT; i++)
        words[i] = keys[i].name;
    const char *const nearest = cli_nearest(name, words);
    reader->is_placed = true;
    return base_fail(why, BASE_ENOTFOUND, line, "%s:%u: unknown key '%s'%s%s", reader->path, line,
                     name, nearest != NULL ? "; the nearest is " : "",
                     nearest != NULL ? nearest : "");
}

static base_err take(struct reader *reader, const char *name, const struct value *value,
                     struct base_why *why)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        const base_err err = keys[i].take(reader, value, why);
        if (err != BASE_OK) {
            (void)base_fail_prefix(why, err, "%s:%u: %s", reader->path, value->line, name);
            why->at = value->line;
            reader->is_placed = true;
        }
        return err;
    }
    return fail_unknown(reader, name, value->line, why);
}

/* ---- TOML ---- */

static enum kind kind_of_toml(const struct cli_toml_value *value)
{
    switch (value->kind) {
    case CLI_TOML_TEXT:
        return TEXT_IN_QUOTES;
    case CLI_TOML_WHOLE:
    case CLI_TOML_NUMBER:
        return NUMBER;
    case CLI_TOML_BOOL:
        return TRUTH;
    case CLI_TOML_LIST:
        return value->text != NULL ? LIST : OTHER;
    default:
        return OTHER;
    }
}

static base_err toml_visit(void *context, const struct cli_toml_value *found, struct base_why *why)
{
    struct reader *const reader = context;
    char number[64];
    struct value value = { kind_of_toml(found), found->line > 0 ? found->line : 1, found->text };
    snprintf(number, sizeof number, "%.17g", found->number);
    if (found->kind == CLI_TOML_SECTION)
        return fail_unknown(reader, found->key, value.line, why); /* its keys would be nobody's */
    if (value.kind == NUMBER)
        value.text = number;
    else if (value.kind == TRUTH)
        value.text = found->is_true ? "true" : "false";
    return take(reader, found->key, &value, why);
}

static base_err read_toml(struct reader *reader, struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = base_buf_read_file(&text, reader->path, CLI_HERMES_CONFIG_SIZE_MAX, why);
    if (err != BASE_OK) {
        base_buf_done(&text);
        return err;
    }
    err = cli_toml_read((const char *)text.data, text.size, toml_visit, reader, why);
    if (err != BASE_OK && !reader->is_placed) {
        if (why->at > 0)
            (void)base_fail_prefix(why, err, "%s:%llu", reader->path, (unsigned long long)why->at);
        else
            (void)base_fail_prefix(why, err, "%s", reader->path);
    }
    base_buf_done(&text);
    return err;
}

/* ---- YAML ---- */

static base_err list_join(struct reader *reader, const struct cli_yaml_node *node,
                          struct value *value, struct base_why *why)
{
    value->kind = LIST;
    value->text = "";
    for (size_t i = 0; i < node->kid_count; i++) {
        const struct cli_yaml_node *const kid = &node->kids[i];
        if (kid->kind != CLI_YAML_SCALAR) {
            value->kind = OTHER;
            return BASE_OK;
        }
        value->text =
            base_arena_printf(reader->arena, "%s%s%s", value->text, i > 0 ? "," : "", kid->text);
        if (value->text == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", reader->path);
    }
    return BASE_OK;
}

static base_err read_yaml(struct reader *reader, struct base_why *why)
{
    struct cli_yaml_node root;
    CLI_TRY(cli_yaml_read(reader->path, reader->arena, &root, why));
    if (root.kind == CLI_YAML_EMPTY)
        return BASE_OK;
    if (root.kind != CLI_YAML_MAP)
        return base_fail(why, BASE_EPARSE, root.line, "%s:%u: keys with values are expected here",
                         reader->path, root.line);
    for (size_t i = 0; i < root.kid_count; i++) {
        const struct cli_yaml_node *const kid = &root.kids[i];
        struct value value = { kid->kind == CLI_YAML_SCALAR ? ANY : OTHER, kid->line, kid->text };
        if (kid->kind == CLI_YAML_LIST)
            CLI_TRY(list_join(reader, kid, &value, why));
        CLI_TRY(take(reader, kid->key, &value, why));
    }
    return BASE_OK;
}

/* ---- both ---- */

/* What the network means for what the file does not say. */
static void network_apply(struct reader *reader)
{
    static const char *const mainnet[] = { "mainnet.pravyom.net:9000", "mainnet2.pravyom.net:9000",
                                           "mainnet3.pravyom.net:9000" };
    struct suite_hermes_node *const node = reader->node;
    if (node->network == NULL)
        return;
    const bool is_main = strcmp(node->network, "Mainnet") == 0;
    if (!is_main && !reader->has_port)
        node->listen_port = 9100;
    if (is_main && !reader->has_bootstrap) {
        node->bootstrap = mainnet;
        node->bootstrap_count = sizeof mainnet / sizeof mainnet[0];
    }
}

base_err cli_hermes_config_read(const char *path, struct base_arena *arena,
                                struct suite_hermes_node *node, struct base_why *why)
{
    struct reader reader = { .path = path, .arena = arena, .node = node };
    struct base_why found = { 0 };
    const char *const end = strrchr(path, '.');
    base_err err;
    if (end != NULL && strcmp(end, ".toml") == 0)
        err = read_toml(&reader, &found);
    else if (end != NULL && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0))
        err = read_yaml(&reader, &found);
    else
        err = base_fail(&found, BASE_EINVALID, 0, "%s ends neither in .toml nor in .yaml", path);
    if (err == BASE_OK)
        network_apply(&reader);
    else if (why != NULL)
        *why = found;
    return err;
}
