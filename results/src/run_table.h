/* run_table.h - the run document as a table: one list of fields drives writer, reader and schema.
 *
 * A shape is a struct; a field is one of its members, under the member's name. Nothing about the
 * document's fields is written down anywhere else, so writer, reader and docs/run.schema.json
 * cannot disagree.
 */
#ifndef RESULT_RUN_TABLE_H
#define RESULT_RUN_TABLE_H

#include <result/run.h>

#include <jansson.h>

enum result_kind {
    RESULT_SCHEMA,  /* the constant RESULT_RUN_SCHEMA; no member */
    RESULT_TEXT,    /* const char * */
    RESULT_NUMBER,  /* double; NaN is absent */
    RESULT_COUNT,   /* uint64_t */
    RESULT_COUNT32, /* uint32_t */
    RESULT_FLAG,    /* bool */
    RESULT_OBJECT,  /* an embedded struct; optional: absent when all its fields are */
    RESULT_LIST,    /* a pointer to structs, and a size_t at count_offset */
    RESULT_COUNTS,  /* a pointer to uint64_t, likewise */
    RESULT_NUMBERS, /* a pointer to double, likewise */
};

enum result_form {
    RESULT_FORM_ANY,
    RESULT_FORM_ID,
    RESULT_FORM_TIME,
    RESULT_FORM_KEY,
    RESULT_FORM_SIGNATURE
};

struct result_field {
    const char *name;
    const char *doc; /* one sentence for the schema */
    enum result_kind kind;
    bool is_optional;
    bool is_count_given; /* arrays: an earlier field has set the count, the lengths must agree */
    size_t offset;
    size_t count_offset;
    size_t count_max;
    const struct result_shape *shape; /* of RESULT_OBJECT, and of the elements of RESULT_LIST */
    double low, high;                 /* numbers: the range, both ends included */
    enum result_form form;            /* texts */
    const char *const *words;         /* texts: the allowed ones, NULL-terminated; NULL: any */
};

struct result_shape {
    const char *name; /* in the schema's $defs */
    size_t size;
    const struct result_field *fields;
    size_t field_count;
    bool is_inline;   /* written on one line */
    bool is_interval; /* struct result_estimate: low must not be above high */
};

extern const struct result_shape result_shape_run;
extern const struct result_shape result_shape_case;

/* The pattern of a form (ECMA 262, as JSON Schema wants it); NULL for RESULT_FORM_ANY. */
const char *result_form_pattern(enum result_form form);

/* Where in the document something is: a list from the inside out, on the caller's stack. */
struct result_path {
    const struct result_path *parent; /* NULL: the document itself */
    const char *name;                 /* a member, or NULL: */
    size_t index;                     /* an element */
};

enum { RESULT_PATH_TEXT_SIZE = 160, RESULT_DEPTH_MAX = 12 };

/* "cases[0].median_ns.low"; "document" for the outermost. Returns out. */
const char *result_path_print(const struct result_path *path, char out[RESULT_PATH_TEXT_SIZE]);

/* The line, from 1, on which a value of a well-formed JSON text starts (for a member: its key).
 * Where the path leads nowhere, the line of the innermost part that exists. */
size_t result_path_line(struct base_span text, const struct result_path *path);

/* Checks that writer and reader share: an empty sentence in `wrong` means that all is well. */
enum { RESULT_WRONG_SIZE = 200 };
void result_check_text(const struct result_field *field, const char *text,
                       char wrong[RESULT_WRONG_SIZE]);
void result_check_number(const struct result_field *field, double value,
                         char wrong[RESULT_WRONG_SIZE]);
void result_check_object(const struct result_shape *shape, const void *object,
                         char wrong[RESULT_WRONG_SIZE]);

/* Is a member left out of the document? */
bool result_field_is_absent(const struct result_field *field, const void *object);

/* The shortest decimal that strtod reads back as the same double: "0.1", "1e+300", "-0.0".
 *   value  finite
 *   out    [RESULT_NUMBER_SIZE] not terminated; returns the size */
enum { RESULT_NUMBER_SIZE = 40 };
size_t result_number_print(double value, char *out);
size_t result_number_print_count(uint64_t value, char *out);

/* Write one object of a shape; result_run_write with the sentence.
 * Errors: EINVALID (infinite, out of range, not UTF-8, a needed text is NULL), ENOMEM */
BASE_MUST_USE base_err result_shape_write(const struct result_shape *shape, const void *object,
                                          struct base_buf *out, struct base_why *why);

/* Parse a text to a tree. Errors: EPARSE, ENOMEM */
BASE_MUST_USE base_err result_tree_read(struct base_span text, const char *path, json_t **tree,
                                        struct base_why *why);

/* Fill an object (zeroed) of a shape from a tree; `text` is only read to find a line. */
BASE_MUST_USE base_err result_shape_read(const struct result_shape *shape, const json_t *tree,
                                         struct base_span text, const char *path,
                                         struct base_arena *arena, void *object,
                                         struct base_why *why);

/* As result_run_read, from a tree. */
BASE_MUST_USE base_err result_tree_to_run(const json_t *tree, struct base_span text,
                                          const char *path, struct result_run *run,
                                          struct base_why *why);

#endif
