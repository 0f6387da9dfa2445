/* gate_read_internal.h - what the readers of a gate file's parts share. */
#ifndef RESULT_GATE_READ_INTERNAL_H
#define RESULT_GATE_READ_INTERNAL_H

#include "yaml_file.h"

#include <result/gate.h>

/* An optional text of a schema. */
#define RESULT_GATE_FIELD(key, type, member)                                                       \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 1,  \
                           RESULT_GATE_TEXT_MAX)

struct result_gate_reader {
    struct result_yaml yaml;
    struct base_arena *arena;
    struct result_gate *gate;
};

/* A copy in the arena; NULL stays NULL. Errors: ENOMEM */
BASE_MUST_USE base_err result_gate_keep(struct result_gate_reader *reader, const char *text,
                                        const char **out);

/* "path:line: key: sentence", the line of the key in its mapping; returns EINVALID. */
base_err result_gate_fail_value(struct result_gate_reader *reader, const yaml_node_t *mapping,
                                const char *key, const char *sentence);

/* The index of a word in a list that NULL ends; a NULL text leaves *out. Errors: EINVALID */
BASE_MUST_USE base_err result_gate_take_word(struct result_gate_reader *reader,
                                             const yaml_node_t *mapping, const char *key,
                                             const char *text, const char *const *words,
                                             unsigned *out);

/* One entry of `alerts`, as the schema fills it. */
struct result_gate_text_alert {
    char *targets[4]; /* by enum result_alert_kind */
    char *on, *from, *smtp, *user, *password, *timeout, *retries;
};

extern const cyaml_schema_value_t result_gate_alert_schema;

/* Check an entry and add it to the gate's alerts, which have room. Errors: EINVALID, ENOMEM */
BASE_MUST_USE base_err result_gate_take_alert(struct result_gate_reader *reader,
                                              const struct result_gate_text_alert *text,
                                              const yaml_node_t *node);

#endif
