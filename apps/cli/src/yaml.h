/* yaml.h - a YAML file as a small tree that knows its lines.
 *
 * The only file that knows libyaml. libcyaml reads straight into structs but forgets the line of a
 * value before its unit can be checked.
 */
#ifndef CLI_YAML_H
#define CLI_YAML_H

#include "cli.h"

enum {
    CLI_YAML_SIZE_MAX = 1 << 20, /* bytes of a file */
    CLI_YAML_DEPTH_MAX = 16,
    CLI_YAML_NODES_MAX = 10000, /* with aliases written out */
};

enum cli_yaml_kind { CLI_YAML_EMPTY, CLI_YAML_SCALAR, CLI_YAML_LIST, CLI_YAML_MAP };

struct cli_yaml_node {
    enum cli_yaml_kind kind;
    unsigned line;              /* from 1 */
    const char *key;            /* inside a map; NULL elsewhere */
    const char *text;           /* of a scalar */
    struct cli_yaml_node *kids; /* [kid_count] of a list or map, in the file's order */
    size_t kid_count;
};

/* Read a file into the arena.
 *
 *   why   at: line; the text begins "file:line: "
 *
 * Errors   EIO, EPARSE (not YAML, a key twice, a key that is no word, two documents), ERANGE (a
 *          limit), ENOMEM
 */
BASE_MUST_USE base_err cli_yaml_read(const char *path, struct base_arena *arena,
                                     struct cli_yaml_node *root, struct base_why *why);

#endif
