/* gate_last.c - the outcome of each gate the last time, in gates.json of the user's state folder.
 */
#include "json_internal.h"
#include "place.h"

#include <result/gate.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SIZE_MAX_BYTES = 1 << 20 };

/* A file that is not there is an empty object. */
static base_err load(const char *path, json_t **root, struct base_why *why)
{
    struct base_buf text = { 0 };
    json_error_t error;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        *root = json_object();
        return *root != NULL ? BASE_OK : base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    }
    base_err err = base_buf_read_file(&text, path, SIZE_MAX_BYTES, why);
    if (err != BASE_OK)
        return err;
    *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    base_buf_done(&text);
    if (json_is_object(*root))
        return BASE_OK;
    json_decref(*root);
    return base_fail(why, BASE_ECORRUPT, 0,
                     "%s: is not what was kept of earlier gates; remove the file", path);
}

static base_err keep(const char *path, json_t *root, const char *name, const char *outcome,
                     struct base_why *why)
{
    struct base_buf text = { 0 };
    struct result_sink sink = { &text, BASE_OK };
    if (json_object_set_new(root, name, json_string(outcome)) != 0)
        return base_fail(why, BASE_EINVALID, 0, "the gate's name is not UTF-8");
    result_json_dump(&sink, root, JSON_INDENT(2) | JSON_SORT_KEYS);
    const base_err err = sink.err == BASE_OK ? base_file_write(path, base_buf_span(&text), why)
                                             : base_fail(why, sink.err, 0, "%s: no memory", path);
    base_buf_done(&text);
    return err;
}

base_err result_gate_changed(const char *name, enum result_gate_outcome outcome, bool *is_changed,
                             struct base_why *why)
{
    struct base_buf path = { 0 };
    json_t *root = NULL;
    const char *now = result_gate_outcome_text(outcome);
    base_err err = result_place_state("gates.json", true, &path, why);
    if (err == BASE_OK)
        err = load(base_buf_text(&path), &root, why);
    if (err == BASE_OK) {
        const char *was = json_string_value(json_object_get(root, name));
        const bool is_other = strcmp(was != NULL ? was : "pass", now) != 0;
        err = keep(base_buf_text(&path), root, name, now, why);
        if (err == BASE_OK)
            *is_changed = is_other;
        json_decref(root);
    }
    base_buf_done(&path);
    return err;
}
