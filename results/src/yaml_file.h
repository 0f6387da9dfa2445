/* yaml_file.h - a YAML file of a libcyaml schema, and the line of everything in it.
 *
 * libyaml checks that the text is YAML and knows the line of every node; the nodes are checked
 * against the schema, so that what is wrong is said with its line and what would be right; libcyaml
 * fills the structs. The node tree is kept until the caller has checked the values one by one.
 *
 * Threads   objects are not shared
 */
#ifndef RESULT_YAML_FILE_H
#define RESULT_YAML_FILE_H

#include <base/buf.h>

#include <cyaml/cyaml.h>
#include <yaml.h>

struct result_yaml {
    const char *path;                   /* for messages */
    const char *begins;                 /* "a claim file begins with 'claims:'" */
    const cyaml_schema_value_t *schema; /* of the whole file: a mapping by pointer */
    struct base_why *why;
    yaml_document_t document;
    bool has_document;
    cyaml_data_t *data; /* the structs of the schema; released by done */
    char log[200];      /* libcyaml's first message */
};

/* Fill a struct whose first four members are set and whose others are zero.
 *
 * Errors   EPARSE (not YAML), EINVALID (not of the schema: unknown, missing or repeated key,
 * another kind of value, a text too short or too long, an alias, a second document), ENOMEM; why's
 * text begins "path:line: ", at: line
 */
BASE_MUST_USE base_err result_yaml_open(struct result_yaml *yaml, struct base_span text);
void result_yaml_done(struct result_yaml *yaml);

/* "path:line: sentence"; returns err. */
base_err result_yaml_fail(const struct result_yaml *yaml, base_err err, size_t line,
                          const char *format, ...) BASE_PRINTF(4, 5);

/* The outermost mapping. */
const yaml_node_t *result_yaml_root(struct result_yaml *yaml);

/* The value of a key, an element of a list; NULL when there is none, or of NULL. */
const yaml_node_t *result_yaml_value(struct result_yaml *yaml, const yaml_node_t *mapping,
                                     const char *key);
const yaml_node_t *result_yaml_item(struct result_yaml *yaml, const yaml_node_t *list,
                                    size_t index);

/* The text of a scalar; NULL of anything else. */
const char *result_yaml_text(const yaml_node_t *node);

/* The line of a mapping's key, or of the mapping when it lacks the key; 1 for NULL. */
size_t result_yaml_line(struct result_yaml *yaml, const yaml_node_t *mapping, const char *key);
size_t result_yaml_line_of(const yaml_node_t *node);

#endif
