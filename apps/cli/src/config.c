/* config.c - each key of a section is one row: its name and the function that takes its value. */
#include "config.h"

#include "yaml.h"

#include <base/units.h>

#include <stdio.h>
#include <string.h>

struct reader {
    const char *path;
    struct base_arena *arena;
    struct cli_config *config;
    bool is_placed; /* the sentence of a failure has its file and line */
};

typedef base_err take_fn(struct reader *reader, const struct cli_yaml_node *node,
                         struct base_why *why);

struct key {
    const char *name;
    take_fn *take;
};

static base_err text_of(const struct cli_yaml_node *node, const char **text, struct base_why *why)
{
    if (node->kind != CLI_YAML_SCALAR)
        return base_fail(why, BASE_EPARSE, node->line, "one value is expected here");
    *text = node->text;
    return BASE_OK;
}

static base_err time_of(const struct cli_yaml_node *node, uint64_t *ns, struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(text_of(node, &text, why));
    CLI_TRY(base_units_parse_time(text, ns, why));
    return *ns > 0 ? BASE_OK : base_fail(why, BASE_ERANGE, 0, "'%s' is no time at all", text);
}

static base_err count_of(const struct cli_yaml_node *node, uint64_t low, uint64_t high,
                         uint64_t *count, struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(text_of(node, &text, why));
    return base_units_parse_count(text, low, high, count, why);
}

static base_err number_of(const struct cli_yaml_node *node, double low, double high, double *number,
                          struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(text_of(node, &text, why));
    return base_units_parse_number(text, low, high, number, why);
}

static base_err bool_of(const struct cli_yaml_node *node, bool *value, struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(text_of(node, &text, why));
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0
               ? BASE_OK
               : base_fail(why, BASE_EPARSE, 0, "'%s' is neither true nor false", text);
}

/* A value, or a list of values, as one text with commas between. */
static base_err list_of(struct reader *reader, const struct cli_yaml_node *node, const char **text,
                        struct base_why *why)
{
    if (node->kind != CLI_YAML_LIST)
        return text_of(node, text, why);
    const char *list = NULL;
    for (size_t i = 0; i < node->kid_count; i++) {
        const char *item = NULL;
        CLI_TRY(text_of(&node->kids[i], &item, why));
        list = list == NULL ? item : base_arena_printf(reader->arena, "%s,%s", list, item);
        if (list == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    }
    *text = list;
    return list != NULL ? BASE_OK : base_fail(why, BASE_EPARSE, 0, "the list is empty");
}

static base_err take_measurement_time(struct reader *reader, const struct cli_yaml_node *node,
                                      struct base_why *why)
{
    return time_of(node, &reader->config->plan.measurement_ns, why);
}

static base_err take_warm_up_time(struct reader *reader, const struct cli_yaml_node *node,
                                  struct base_why *why)
{
    return time_of(node, &reader->config->plan.warm_up_ns, why);
}

static base_err take_sample_size(struct reader *reader, const struct cli_yaml_node *node,
                                 struct base_why *why)
{
    uint64_t count = 0;
    CLI_TRY(count_of(node, 2, BENCH_BATCH_MAX, &count, why));
    reader->config->plan.sample_size = (uint32_t)count;
    return BASE_OK;
}

static base_err take_confidence(struct reader *reader, const struct cli_yaml_node *node,
                                struct base_why *why)
{
    return number_of(node, 0.5, 0.9999, &reader->config->confidence, why);
}

static base_err take_significance(struct reader *reader, const struct cli_yaml_node *node,
                                  struct base_why *why)
{
    return number_of(node, 0.0001, 0.5, &reader->config->significance, why);
}

static base_err take_data_size(struct reader *reader, const struct cli_yaml_node *node,
                               struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(list_of(reader, node, &text, why));
    return cli_config_entries(text, reader->arena, &reader->config->cbor_entries, why);
}

static base_err take_encoding_iterations(struct reader *reader, const struct cli_yaml_node *node,
                                         struct base_why *why)
{
    return count_of(node, 1, (uint64_t)1e15, &reader->config->encoding_iterations, why);
}

static base_err take_decoding_iterations(struct reader *reader, const struct cli_yaml_node *node,
                                         struct base_why *why)
{
    return count_of(node, 1, (uint64_t)1e15, &reader->config->decoding_iterations, why);
}

static base_err take_memory_tracking(struct reader *reader, const struct cli_yaml_node *node,
                                     struct base_why *why)
{
    bool is_wanted = true;
    CLI_TRY(bool_of(node, &is_wanted, why));
    reader->config->is_without_memory = !is_wanted;
    return BASE_OK;
}

static base_err take_hash_data_size(struct reader *reader, const struct cli_yaml_node *node,
                                    struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(list_of(reader, node, &text, why));
    return cli_config_sizes(text, reader->arena, &reader->config->hash_sizes, why);
}

static base_err take_domain_separation(struct reader *reader, const struct cli_yaml_node *node,
                                       struct base_why *why)
{
    bool is_wanted = true;
    CLI_TRY(bool_of(node, &is_wanted, why));
    reader->config->is_without_domain = !is_wanted;
    return BASE_OK;
}

static base_err take_hash_iterations(struct reader *reader, const struct cli_yaml_node *node,
                                     struct base_why *why)
{
    return count_of(node, 1, (uint64_t)1e15, &reader->config->hash_iterations, why);
}

static base_err take_algorithms(struct reader *reader, const struct cli_yaml_node *node,
                                struct base_why *why)
{
    const char *text = NULL;
    CLI_TRY(list_of(reader, node, &text, why));
    for (const char *at = text; *at != '\0'; at += *at == ',') {
        const size_t size = strcspn(at, ",");
        if (!(size == 6 && strncmp(at, "sha256", 6) == 0) &&
            !(size == 6 && strncmp(at, "blake3", 6) == 0))
            return base_fail(why, BASE_EINVALID, 0, "'%.*s' is not one of sha256, blake3",
                             (int)size, at);
        at += size;
    }
    reader->config->algorithms = text;
    return BASE_OK;
}

/* Every key of a map through its row; the sentence gets the file, the line and the key. */
static base_err take_keys(struct reader *reader, const struct cli_yaml_node *map,
                          const struct key *keys, struct base_why *why)
{
    if (map->kind == CLI_YAML_EMPTY)
        return BASE_OK;
    if (map->kind != CLI_YAML_MAP)
        return base_fail(why, BASE_EPARSE, map->line, "keys with values are expected here");
    for (size_t i = 0; i < map->kid_count; i++) {
        const struct cli_yaml_node *kid = &map->kids[i];
        const struct key *row = keys;
        while (row->name != NULL && strcmp(row->name, kid->key) != 0)
            row++;
        if (row->name != NULL) {
            const base_err err = row->take(reader, kid, why);
            if (err != BASE_OK && !reader->is_placed) {
                (void)base_fail_prefix(why, err, "%s:%u: %s", reader->path, kid->line, kid->key);
                why->at = kid->line;
                reader->is_placed = true;
            }
            if (err != BASE_OK)
                return err;
            continue;
        }
        const char *words[16] = { 0 };
        for (size_t k = 0; k < 15 && keys[k].name != NULL; k++)
            words[k] = keys[k].name;
        const char *nearest = cli_nearest(kid->key, words);
        reader->is_placed = true;
        return base_fail(
            why, BASE_ENOTFOUND, kid->line, "%s:%u: unknown key '%s'%s%s", reader->path, kid->line,
            kid->key, nearest != NULL ? "; the nearest is " : "", nearest != NULL ? nearest : "");
    }
    return BASE_OK;
}

static base_err take_criterion(struct reader *reader, const struct cli_yaml_node *node,
                               struct base_why *why)
{
    static const struct key keys[] = {
        { "measurement_time", take_measurement_time }, { "sample_size", take_sample_size },
        { "confidence_level", take_confidence },       { "significance_level", take_significance },
        { "warm_up_time", take_warm_up_time },         { 0 }
    };
    return take_keys(reader, node, keys, why);
}

static base_err take_cbor(struct reader *reader, const struct cli_yaml_node *node,
                          struct base_why *why)
{
    static const struct key keys[] = { { "test_data_size", take_data_size },
                                       { "encoding_iterations", take_encoding_iterations },
                                       { "decoding_iterations", take_decoding_iterations },
                                       { "memory_tracking", take_memory_tracking },
                                       { 0 } };
    return take_keys(reader, node, keys, why);
}

static base_err take_crypto(struct reader *reader, const struct cli_yaml_node *node,
                            struct base_why *why)
{
    static const struct key keys[] = { { "hash_data_size", take_hash_data_size },
                                       { "domain_separation", take_domain_separation },
                                       { "hash_iterations", take_hash_iterations },
                                       { "algorithms", take_algorithms },
                                       { 0 } };
    return take_keys(reader, node, keys, why);
}

static base_err take_benchmarks(struct reader *reader, const struct cli_yaml_node *node,
                                struct base_why *why)
{
    static const struct key keys[] = { { "criterion", take_criterion },
                                       { "cbor_benchmarks", take_cbor },
                                       { "crypto_benchmarks", take_crypto },
                                       { 0 } };
    return take_keys(reader, node, keys, why);
}

/* Settings that would change nothing are not swallowed. */
static base_err refuse_section(struct reader *reader, const struct cli_yaml_node *node,
                               struct base_why *why)
{
    (void)reader;
    if (node->kind == CLI_YAML_EMPTY)
        return BASE_OK;
    return base_fail(why, BASE_EUNSUPPORTED, node->line,
                     "the systems of this section are not part of this version; take it out");
}

/* One file may serve several commands: `network test-hermes` honours this section. */
static base_err leave_section(struct reader *reader, const struct cli_yaml_node *node,
                              struct base_why *why)
{
    (void)reader;
    (void)node;
    (void)why;
    return BASE_OK;
}

base_err cli_config_read(const char *path, struct base_arena *arena, struct cli_config *config,
                         struct base_why *why)
{
    static const struct key keys[] = { { "performance_benchmarks", take_benchmarks },
                                       { "real_world_testing", leave_section },
                                       { "resource_optimization", refuse_section },
                                       { "consensus_performance", refuse_section },
                                       { 0 } };
    struct reader reader = { .path = path, .arena = arena, .config = config };
    struct cli_yaml_node root;
    CLI_TRY(cli_yaml_read(path, arena, &root, why));
    if (root.kind != CLI_YAML_EMPTY && root.kind != CLI_YAML_MAP)
        return base_fail(why, BASE_EPARSE, root.line, "%s:%u: sections are expected here", path,
                         root.line);
    return take_keys(&reader, &root, keys, why);
}

/* Each word of "a,b" through `one`, joined again. */
static base_err each_word(const char *text, struct base_arena *arena,
                          base_err (*one)(const char *, uint64_t *, struct base_why *),
                          const char **values, struct base_why *why)
{
    const char *list = NULL;
    for (const char *at = text;; at++) {
        const size_t size = strcspn(at, ",");
        char word[64];
        uint64_t value = 0;
        if (size >= sizeof word)
            return base_fail(why, BASE_ERANGE, 0, "'%s' is too long", text);
        snprintf(word, sizeof word, "%.*s", (int)size, at);
        CLI_TRY(one(word, &value, why));
        list = list == NULL ? base_arena_printf(arena, "%llu", (unsigned long long)value)
                            : base_arena_printf(arena, "%s,%llu", list, (unsigned long long)value);
        if (list == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "out of memory");
        at += size;
        if (*at == '\0')
            break;
    }
    *values = list;
    return BASE_OK;
}

static base_err one_size(const char *word, uint64_t *value, struct base_why *why)
{
    return base_units_parse_size(word, false, value, why);
}

static base_err one_entry_count(const char *word, uint64_t *value, struct base_why *why)
{
    char digits[64];
    snprintf(digits, sizeof digits, "%.*s", (int)strcspn(word, "_e"), word);
    const char *rest = word + strlen(digits);
    if (strcmp(rest, "_entries") == 0 || strcmp(rest, "") == 0)
        return base_units_parse_count(digits, 0, 1000000, value, why);
    return base_fail(why, BASE_EPARSE, 0, "'%s' is no count of entries: write 100 or 100_entries",
                     word);
}

base_err cli_config_sizes(const char *text, struct base_arena *arena, const char **values,
                          struct base_why *why)
{
    return each_word(text, arena, one_size, values, why);
}

base_err cli_config_entries(const char *text, struct base_arena *arena, const char **values,
                            struct base_why *why)
{
    return each_word(text, arena, one_entry_count, values, why);
}
