/* topology_read.c - texts and files into a reader: libyaml's part, and traces. */
#include "topology_yaml.h"

#include <base/units.h>

#include <stdlib.h>
#include <string.h>

/* ---- traces ---- */

static base_err read_trace(struct lab_reader *reader, const char *name, struct base_buf *text)
{
    if (reader->folder == NULL)
        return base_fail(reader->why, BASE_EUNSUPPORTED, 0,
                         "%s: only a topology that is read from a file may name others", name);
    const char *path = name;
    if (name[0] != '/' && reader->folder[0] != '\0')
        path = base_arena_printf(&reader->topology->arena, "%s/%s", reader->folder, name);
    if (path == NULL)
        return base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
    LAB_TRY(base_buf_read_file(text, path, LAB_TRACE_SIZE_MAX, reader->why));
    return base_buf_text(text) != NULL ? BASE_OK
                                       : base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
}

/* The line at *at without comment and blanks around it, in place; *at moves behind it. */
static char *take_line(char **at)
{
    char *line = *at;
    char *const end = line + strcspn(line, "\n");
    *at = *end == '\0' ? end : end + 1;
    *end = '\0';
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, " \t\r");
    for (size_t size = strlen(line); size > 0 && strchr(" \t\r", line[size - 1]) != NULL;)
        line[--size] = '\0';
    return line;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static base_err parse_jitter(char *text, int64_t *values, size_t *count, struct base_why *why)
{
    size_t line_number = 0;
    *count = 0;
    while (*text != '\0') {
        const char *const line = take_line(&text);
        uint64_t ns = 0;
        line_number++;
        if (*line == '\0')
            continue;
        const base_err err = base_units_parse_time(line + (*line == '-'), &ns, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "line %zu", line_number);
        values[(*count)++] = *line == '-' ? -(int64_t)ns : (int64_t)ns;
    }
    return BASE_OK;
}

base_err lab_trace_jitter(struct lab_reader *reader, const char *name,
                          struct lab_link_config *config)
{
    struct base_buf text = { 0 };
    int64_t *values = NULL;
    size_t count = 0;
    base_err err = read_trace(reader, name, &text);
    if (err == BASE_OK) {
        values = base_arena_array(&reader->topology->arena, count_lines((char *)text.data),
                                  sizeof *values);
        err = values != NULL ? parse_jitter((char *)text.data, values, &count, reader->why)
                             : base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
        if (err == BASE_OK && count == 0)
            err = base_fail(reader->why, BASE_EPARSE, 0, "no value is in it");
        if (err != BASE_OK)
            err = base_fail_prefix(reader->why, err, "jitter_trace: %s", name);
    } else
        err = base_fail_prefix(reader->why, err, "jitter_trace");
    base_buf_done(&text);
    if (err != BASE_OK)
        return err;
    config->jitter = LAB_JITTER_TRACE;
    config->jitter_trace = values;
    config->jitter_count = count;
    return BASE_OK;
}

static base_err parse_loss(char *text, uint8_t *values, size_t *count, struct base_why *why)
{
    size_t line_number = 0;
    *count = 0;
    while (*text != '\0') {
        const char *line = take_line(&text);
        line_number++;
        for (; *line != '\0'; line++) {
            if (*line == '0' || *line == '1')
                values[(*count)++] = *line == '1';
            else if (strchr(" \t\r,", *line) == NULL)
                return base_fail(why, BASE_EPARSE, 0, "line %zu: '%c' is neither 0 nor 1",
                                 line_number, *line);
        }
    }
    return BASE_OK;
}

base_err lab_trace_loss(struct lab_reader *reader, const char *name, struct lab_link_config *config)
{
    struct base_buf text = { 0 };
    uint8_t *values = NULL;
    size_t count = 0;
    base_err err = read_trace(reader, name, &text);
    if (err == BASE_OK) {
        values = base_arena_alloc(&reader->topology->arena, text.size + 1);
        err = values != NULL ? parse_loss((char *)text.data, values, &count, reader->why)
                             : base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
        if (err == BASE_OK && count == 0)
            err = base_fail(reader->why, BASE_EPARSE, 0, "no value is in it");
        if (err != BASE_OK)
            err = base_fail_prefix(reader->why, err, "loss_trace: %s", name);
    } else
        err = base_fail_prefix(reader->why, err, "loss_trace");
    base_buf_done(&text);
    if (err != BASE_OK)
        return err;
    config->loss = LAB_LOSS_TRACE;
    config->loss_trace = values;
    config->loss_count = count;
    return BASE_OK;
}

/* ---- documents ---- */

static base_err fail_yaml(struct lab_reader *reader, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
    base_fail(reader->why, BASE_EPARSE, 0, "this is not YAML: %s",
              parser->problem != NULL ? parser->problem : "malformed");
    return lab_reader_place(reader, BASE_EPARSE, (unsigned)parser->problem_mark.line + 1);
}

static base_err refuse_second(struct lab_reader *reader, yaml_parser_t *parser)
{
    yaml_document_t second;
    if (yaml_parser_load(parser, &second) == 0)
        return fail_yaml(reader, parser);
    const yaml_node_t *const root = yaml_document_get_root_node(&second);
    const base_err err = root == NULL ? BASE_OK
                                      : lab_reader_fail(reader, BASE_EPARSE, root,
                                                        "a second document begins here; one is "
                                                        "expected");
    yaml_document_delete(&second);
    return err;
}

static base_err read_document(struct lab_reader *reader, struct base_span text)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0)
        return base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
    yaml_parser_set_input_string(&parser, text.size > 0 ? text.data : (const uint8_t *)"",
                                 text.size);
    base_err err =
        yaml_parser_load(&parser, &reader->document) != 0 ? BASE_OK : fail_yaml(reader, &parser);
    if (err == BASE_OK) {
        const yaml_node_t *const root = yaml_document_get_root_node(&reader->document);
        if (root == NULL) {
            base_fail(reader->why, BASE_EPARSE, 0, "nothing is in it; hosts are needed at least");
            err = lab_reader_place(reader, BASE_EPARSE, 1);
        } else
            err = lab_reader_root(reader, root);
        if (err == BASE_OK)
            err = refuse_second(reader, &parser);
        yaml_document_delete(&reader->document);
    }
    yaml_parser_delete(&parser);
    return err;
}

static base_err parse(struct lab_reader *reader, struct base_span text)
{
    base_err err = text.size <= LAB_TOPOLOGY_SIZE_MAX
                       ? read_document(reader, text)
                       : base_fail(reader->why, BASE_ERANGE, 0, "a text of more than %d bytes",
                                   LAB_TOPOLOGY_SIZE_MAX);
    base_buf_done(&reader->edges);
    free(reader->slots);
    if (err != BASE_OK)
        lab_topology_done(reader->topology);
    return err;
}

base_err lab_topology_parse(struct lab_topology *topology, struct base_span text,
                            struct base_why *why)
{
    struct lab_reader reader = { .topology = topology, .why = why };
    *topology = (struct lab_topology){ 0 };
    return parse(&reader, text);
}

base_err lab_topology_read(struct lab_topology *topology, const char *path, struct base_why *why)
{
    struct base_buf text = { 0 };
    *topology = (struct lab_topology){ 0 };
    base_err err = base_buf_read_file(&text, path, LAB_TOPOLOGY_SIZE_MAX, why);
    if (err != BASE_OK)
        return err;
    const char *const slash = strrchr(path, '/');
    const size_t size = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    struct lab_reader reader = {
        .topology = topology,
        .path = strcmp(path, "-") == 0 ? "standard input" : path,
        .folder = base_arena_text_of(&topology->arena, path, size),
        .why = why,
    };
    if (reader.folder == NULL)
        err = base_fail(why, BASE_ENOMEM, 0, "out of memory");
    else
        err = parse(&reader, base_buf_span(&text));
    base_buf_done(&text);
    return err;
}
