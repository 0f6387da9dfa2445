/* peers_tools.h - how each tool is started, and by which rule its numbers become a verdict. */
#ifndef ACCURACY_PEERS_TOOLS_H
#define ACCURACY_PEERS_TOOLS_H

#include "rounds.h"

/* Compare once by one tool, and put an object { verdict, ratio, p, seconds } under the key of each
 * of its rules. False with why. */
typedef bool peers_compare(const struct rounds *rounds, const struct rounds_cell *cell,
                           json_t *found, struct base_why *why);

struct peers_tool {
    const char *name;
    peers_compare *compare;
};

struct peers_rule {
    const char *key; /* in the file */
    const char *doc; /* in the table */
};

enum { PEERS_TOOLS = 3, PEERS_RULES = 6 };
extern const struct peers_tool peers_tools[PEERS_TOOLS];
extern const struct peers_rule peers_rules[PEERS_RULES];

#endif
