/* interop_internal.h - what the formats of other tools share. */
#ifndef RESULT_INTEROP_INTERNAL_H
#define RESULT_INTEROP_INTERNAL_H

#include "json_internal.h"

#include <result/interop.h>

#include <stdio.h>

#define RESULT_TRY(call)                                                                           \
    do {                                                                                           \
        const base_err err_ = (call);                                                              \
        if (err_ != BASE_OK)                                                                       \
            return err_;                                                                           \
    } while (0)

/* A copy in the arena with what is not safe to show escaped (text.h); NULL: out of memory. */
const char *result_import_clean(struct base_arena *arena, const char *text);

/* What the id is made of, when that is not the source's text; it lives until the end. */
void result_import_digest(struct result_import *import, struct base_span text);

#define RESULT_IMPORT_CONFIDENCE 0.95 /* level of the intervals of imported runs */

static inline base_err result_import_no_memory(const struct result_import *import)
{
    return result_import_fail(import, BASE_ENOMEM, 0, "no memory for its contents");
}

/* --- JSON of others (interop_json.c) --- */

enum { RESULT_SCAN_DEPTH_MAX = 8, RESULT_SCAN_SIZE_MAX = 1 << 16 };

/* Does an object at `depth` (1: the document's own, 2: a member's, ...) among the first
 * RESULT_SCAN_SIZE_MAX bytes have a member of this name? The text need not be well-formed: a
 * truncated file is told what it was. Arrays count as depth. */
bool result_json_has_key(struct base_span text, unsigned depth, const char *key);

/* Parse; NaN and Infinity, which some writers put where a number belongs, become null. Duplicate
 * keys are errors. Errors: EPARSE (why: file, line, column), ENOMEM */
BASE_MUST_USE base_err result_json_parse(const struct result_import *import, struct base_span text,
                                         const char *path, json_t **root);

/* A whole import of JSON that needs nothing beside the tree: open, parse, `read`, finish or close.
 */
BASE_MUST_USE base_err
result_json_import(const struct result_import_source *source, const char *title,
                   base_err (*read)(struct result_import *import, const json_t *root),
                   struct result_run *run, struct result_import_notes *notes, struct base_why *why);

/* A member as a number: NaN when it is absent or null; a member of another type is EINVALID.
 * `where` names the benchmark. */
BASE_MUST_USE base_err result_json_number(const struct result_import *import, const json_t *object,
                                          const char *key, const char *where, double *out);

/* A member as text: NULL when it is absent or null; another type is EINVALID. */
BASE_MUST_USE base_err result_json_string(const struct result_import *import, const json_t *object,
                                          const char *key, const char *where, const char **out);

/* Anything as text in the arena: strings as they are, numbers and booleans as JSON writes them;
 * NULL for the rest. */
const char *result_json_shown(struct base_arena *arena, const json_t *value);

/* Append a whole tree (NULL: out of memory), released by this call, as a document with indent 2. */
BASE_MUST_USE base_err result_json_end(json_t *root, struct base_buf *out);

/* A date and time as RFC 3339 has it, to Unix milliseconds; 0: it is none, or before 1970.
 * Source   RFC 3339 section 5.6 */
uint64_t result_import_time(const char *text);

/* The next line of a text, without its line break: false at the end. `at` is the offset of the
 * next one. */
bool result_import_line(struct base_span text, size_t *at, struct base_span *line);

/* Terminated pieces of a line, cut at blanks and tabs; at most `most`, the rest is dropped. The
 * line is copied into the arena. Returns their number; SIZE_MAX: out of memory or a zero byte. */
size_t result_import_fields(struct base_arena *arena, struct base_span line, const char **fields,
                            size_t most);

/* A decimal number that is the whole text: false when it is none or not finite. */
bool result_import_double(const char *text, double *out);

/* The mean of a series ("user_ns") of a case, NaN without. */
double result_series_mean(const struct result_case *one, const char *name);

/* The value of a counter or fact; NaN without. */
double result_counter_of(const struct result_case *one, const char *name);

/* --- the writing halves of the larger formats --- */

/* Is it a field of google/benchmark's own, rather than a user counter? */
bool result_gbench_is_known(const char *key);
base_err result_gbench_write(const struct result_run *run, struct base_buf *out, size_t *left_out,
                             struct base_why *why);

/* "FOLDER@NAME" is another baseline of the folder than RESULT_CRITERION_NEWEST, unless there is a
 * folder of that whole name. Cuts the path; returns the name of the baseline. */
const char *result_criterion_baseline(char *path);
base_err result_criterion_write(const struct result_run *run, const char *folder, size_t *left_out,
                                struct base_why *why);
#define RESULT_CRITERION_NEWEST "new"
enum { RESULT_CRITERION_PATH_SIZE = 4096 };

extern const struct result_interop result_interop_gbench;
extern const struct result_interop result_interop_hyperfine;
extern const struct result_interop result_interop_benchfmt;
extern const struct result_interop result_interop_criterion;
extern const struct result_interop result_interop_bencher;
extern const struct result_interop result_interop_openmetrics;

#endif
