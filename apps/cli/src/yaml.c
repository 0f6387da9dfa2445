/* yaml.c - libyaml's document, copied node by node under limits. */
#include "yaml.h"

#include <string.h>
#include <yaml.h>

struct copier {
    yaml_document_t *document;
    struct base_arena *arena;
    const char *path;
    unsigned node_count;
};

static base_err copy_node(struct copier *copier, int index, unsigned depth,
                          struct cli_yaml_node *out, struct base_why *why);

static base_err fail_at(const struct copier *copier, base_err err, unsigned line,
                        struct base_why *why, const char *sentence, const char *word)
{
    return base_fail(why, err, line, "%s:%u: %s%s%s%s", copier->path, line, word != NULL ? "'" : "",
                     word != NULL ? word : "", word != NULL ? "' " : "", sentence);
}

static base_err copy_list(struct copier *copier, const yaml_node_t *node, unsigned depth,
                          struct cli_yaml_node *out, struct base_why *why)
{
    const yaml_node_item_t *start = node->data.sequence.items.start;
    const size_t count = (size_t)(node->data.sequence.items.top - start);
    out->kind = CLI_YAML_LIST;
    out->kids = base_arena_array(copier->arena, count + 1, sizeof *out->kids);
    if (out->kids == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", copier->path);
    for (size_t i = 0; i < count; i++)
        CLI_TRY(copy_node(copier, start[i], depth + 1, &out->kids[i], why));
    out->kid_count = count;
    return BASE_OK;
}

static base_err copy_pair(struct copier *copier, const yaml_node_pair_t *pair, unsigned depth,
                          struct cli_yaml_node *out, struct base_why *why)
{
    const yaml_node_t *key = yaml_document_get_node(copier->document, pair->key);
    const unsigned line = (unsigned)key->start_mark.line + 1;
    if (key->type != YAML_SCALAR_NODE)
        return fail_at(copier, BASE_EPARSE, line, why, "a key must be a word", NULL);
    const char *name = (const char *)key->data.scalar.value;
    for (size_t i = 0; i < out->kid_count; i++)
        if (strcmp(out->kids[i].key, name) == 0)
            return fail_at(copier, BASE_EPARSE, line, why, "stands here a second time", name);
    struct cli_yaml_node *kid = &out->kids[out->kid_count];
    CLI_TRY(copy_node(copier, pair->value, depth + 1, kid, why));
    kid->key = base_arena_text(copier->arena, name);
    if (kid->key == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", copier->path);
    kid->line = line;
    out->kid_count++;
    return BASE_OK;
}

static base_err copy_map(struct copier *copier, const yaml_node_t *node, unsigned depth,
                         struct cli_yaml_node *out, struct base_why *why)
{
    const yaml_node_pair_t *start = node->data.mapping.pairs.start;
    const size_t count = (size_t)(node->data.mapping.pairs.top - start);
    out->kind = CLI_YAML_MAP;
    out->kids = base_arena_array(copier->arena, count + 1, sizeof *out->kids);
    if (out->kids == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", copier->path);
    for (size_t i = 0; i < count; i++)
        CLI_TRY(copy_pair(copier, &start[i], depth, out, why));
    return BASE_OK;
}

static base_err copy_node(struct copier *copier, int index, unsigned depth,
                          struct cli_yaml_node *out, struct base_why *why)
{
    const yaml_node_t *node = yaml_document_get_node(copier->document, index);
    out->line = (unsigned)node->start_mark.line + 1;
    if (depth > CLI_YAML_DEPTH_MAX || ++copier->node_count > CLI_YAML_NODES_MAX)
        return fail_at(copier, BASE_ERANGE, out->line, why,
                       "the file is nested too deeply or has too many nodes", NULL);
    if (node->type == YAML_SEQUENCE_NODE)
        return copy_list(copier, node, depth, out, why);
    if (node->type == YAML_MAPPING_NODE)
        return copy_map(copier, node, depth, out, why);
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length)
        return fail_at(copier, BASE_EPARSE, out->line, why, "a value holds a zero byte", NULL);
    const bool is_plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    out->kind =
        is_plain && (*text == '\0' || strcmp(text, "~") == 0) ? CLI_YAML_EMPTY : CLI_YAML_SCALAR;
    out->text = base_arena_text(copier->arena, text);
    return out->text != NULL ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "out of memory");
}

static base_err fail_parser(const yaml_parser_t *parser, const char *path, struct base_why *why)
{
    const unsigned line = (unsigned)parser->problem_mark.line + 1;
    if (parser->error == YAML_MEMORY_ERROR)
        return base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", path);
    return base_fail(why, BASE_EPARSE, line, "%s:%u: this is not YAML: %s", path, line,
                     parser->problem != NULL ? parser->problem : "malformed");
}

static base_err refuse_second(yaml_parser_t *parser, const char *path, struct base_why *why)
{
    yaml_document_t second;
    if (yaml_parser_load(parser, &second) == 0)
        return fail_parser(parser, path, why);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    const unsigned line = root != NULL ? (unsigned)root->start_mark.line + 1 : 0;
    yaml_document_delete(&second);
    return root == NULL
               ? BASE_OK
               : base_fail(why, BASE_EPARSE, line,
                           "%s:%u: a second document begins here; one is expected", path, line);
}

static base_err read_document(yaml_parser_t *parser, const char *path, struct base_arena *arena,
                              struct cli_yaml_node *root, struct base_why *why)
{
    yaml_document_t document;
    if (yaml_parser_load(parser, &document) == 0)
        return fail_parser(parser, path, why);
    base_err err = BASE_OK;
    *root = (struct cli_yaml_node){ .kind = CLI_YAML_EMPTY, .line = 1 };
    if (yaml_document_get_root_node(&document) != NULL) {
        struct copier copier = { .document = &document, .arena = arena, .path = path };
        err = copy_node(&copier, 1, 0, root, why);
        if (err == BASE_OK)
            err = refuse_second(parser, path, why);
    }
    yaml_document_delete(&document);
    return err;
}

base_err cli_yaml_read(const char *path, struct base_arena *arena, struct cli_yaml_node *root,
                       struct base_why *why)
{
    struct base_buf text = { 0 };
    yaml_parser_t parser;
    base_err err = base_buf_read_file(&text, path, CLI_YAML_SIZE_MAX, why);
    if (err == BASE_OK && yaml_parser_initialize(&parser) == 0)
        err = base_fail(why, BASE_ENOMEM, 0, "%s: out of memory", path);
    else if (err == BASE_OK) {
        yaml_parser_set_input_string(&parser, text.data, text.size);
        err = read_document(&parser, path, arena, root, why);
        yaml_parser_delete(&parser);
    }
    base_buf_done(&text);
    return err;
}
