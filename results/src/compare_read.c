/* compare_read.c - a comparison from its JSON: what this program wrote, now or in another build, or
 * what somebody made to look like it. Unknown members are passed over, so that a newer writer of
 * the same schema can say more. */
#include <result/compare.h>

#include "run_table.h"

#include <jansson.h>

#include <math.h>
#include <string.h>

#define SCHEMA     "bpi-perf/comparison/1"
#define NUMBER_MAX 1e300

struct reader {
    struct base_span text;
    const char *path;
    struct base_why *why;
    struct result_comparison *all;
};

static base_err fail(const struct reader *reader, const struct result_path *path, base_err err,
                     const char *sentence)
{
    char place[RESULT_PATH_TEXT_SIZE];
    const size_t line = result_path_line(reader->text, path);
    return base_fail(reader->why, err, line, "%s:%zu: %s: %s", reader->path, line,
                     result_path_print(path, place), sentence);
}

/* --- members -------------------------------------------------------------------------------- */

/* A text of an object; one that is absent leaves *out when it is optional. */
static base_err take_text(struct reader *reader, const json_t *object,
                          const struct result_path *parent, const char *name, bool is_optional,
                          const char **out)
{
    const struct result_path path = { parent, name, 0 };
    const json_t *value = json_object_get(object, name);
    if (value == NULL && is_optional)
        return BASE_OK;
    if (value == NULL)
        return fail(reader, &path, BASE_EINVALID, "is missing");
    if (!json_is_string(value))
        return fail(reader, &path, BASE_EINVALID, "is not a text");
    if (json_string_length(value) > RESULT_TEXT_SIZE_MAX)
        return fail(reader, &path, BASE_ERANGE, "is too long a text");
    const char *copy = base_arena_text(&reader->all->arena, json_string_value(value));
    if (copy == NULL)
        return fail(reader, &path, BASE_ENOMEM, "no memory");
    *out = copy;
    return BASE_OK;
}

/* A number low .. high; NaN when it is absent. */
static base_err take_number(struct reader *reader, const json_t *object,
                            const struct result_path *parent, const char *name, double low,
                            double high, double *out)
{
    const struct result_path path = { parent, name, 0 };
    const json_t *value = json_object_get(object, name);
    if (value == NULL) {
        *out = NAN;
        return BASE_OK;
    }
    if (!json_is_number(value))
        return fail(reader, &path, BASE_EINVALID, "is not a number");
    *out = json_number_value(value);
    return *out >= low && *out <= high ? BASE_OK
                                       : fail(reader, &path, BASE_ERANGE, "is out of range");
}

static base_err take_count(struct reader *reader, const json_t *object,
                           const struct result_path *parent, const char *name, size_t most,
                           size_t *out)
{
    const struct result_path path = { parent, name, 0 };
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        return BASE_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > most)
        return fail(reader, &path, BASE_EINVALID, "is not a count, or too large");
    *out = (size_t)json_integer_value(value);
    return BASE_OK;
}

static base_err take_list(struct reader *reader, const json_t *object,
                          const struct result_path *path, size_t most, size_t *count)
{
    const json_t *value = json_object_get(object, path->name);
    if (!json_is_array(value))
        return fail(reader, path, BASE_EINVALID, value == NULL ? "is missing" : "is not a list");
    *count = json_array_size(value);
    return *count <= most ? BASE_OK : fail(reader, path, BASE_ERANGE, "has too many elements");
}

/* --- one case ------------------------------------------------------------------------------- */

static base_err take_verdict(struct reader *reader, const json_t *object,
                             const struct result_path *parent, struct result_compared *item)
{
    const struct result_path path = { parent, "verdict", 0 };
    const char *text = json_string_value(json_object_get(object, "verdict"));
    for (size_t i = 0; text != NULL && i < RESULT_CHANGE_COUNT; i++)
        if (strcmp(text, result_change_text((enum result_change)i)) == 0) {
            item->change = (enum result_change)i;
            return BASE_OK;
        }
    return fail(reader, &path, BASE_EINVALID,
                "is not one of slower, faster, same, undecided, not compared, broken, missing, "
                "added");
}

static base_err take_ratio(struct reader *reader, const json_t *object,
                           const struct result_path *path, struct result_estimate *ratio)
{
    const double least = 1 / NUMBER_MAX;
    base_err err = take_number(reader, object, path, "ratio", least, NUMBER_MAX, &ratio->value);
    if (err == BASE_OK)
        err = take_number(reader, object, path, "low", 0, NUMBER_MAX, &ratio->low);
    if (err == BASE_OK)
        err = take_number(reader, object, path, "high", least, NUMBER_MAX, &ratio->high);
    if (err != BASE_OK)
        return err;
    if (isnan(ratio->low) != isnan(ratio->high))
        return fail(reader, path, BASE_EINVALID, "has one of low and high, and not the other");
    if (isnan(ratio->value) && !isnan(ratio->low))
        return fail(reader, path, BASE_EINVALID, "has an interval and no ratio");
    if (!isnan(ratio->low) && !(ratio->low <= ratio->value && ratio->value <= ratio->high))
        return fail(reader, path, BASE_EINVALID, "the ratio does not lie within low .. high");
    return BASE_OK;
}

static base_err take_pairs(struct reader *reader, const json_t *object,
                           const struct result_path *parent, struct result_compared *item)
{
    enum { PAIR_MAX = 1000000 };
    const struct result_path path = { parent, "ln_ratios", 0 };
    const json_t *list = json_object_get(object, "ln_ratios");
    size_t count = 0;
    base_err err = take_count(reader, object, parent, "pairs", PAIR_MAX, &item->pairs);
    if (err != BASE_OK || list == NULL)
        return err;
    err = take_list(reader, object, &path, PAIR_MAX, &count);
    if (err == BASE_OK && count != 0 && count != item->pairs)
        err = fail(reader, &path, BASE_EINVALID, "has not as many elements as there are pairs");
    if (err != BASE_OK || count == 0)
        return err;
    double *values = base_arena_array(&reader->all->arena, count, sizeof *values);
    if (values == NULL)
        return fail(reader, &path, BASE_ENOMEM, "no memory");
    for (size_t i = 0; i < count; i++) {
        const struct result_path one = { &path, NULL, i };
        const json_t *value = json_array_get(list, i);
        values[i] = json_number_value(value);
        if (!json_is_number(value) || !(fabs(values[i]) <= NUMBER_MAX))
            return fail(reader, &one, BASE_EINVALID, "is not a number, or out of range");
    }
    item->ln_ratios = values;
    return BASE_OK;
}

static base_err take_numbers(struct reader *reader, const json_t *object,
                             const struct result_path *path, struct result_compared *item)
{
    const struct {
        const char *name;
        double high;
        double *out;
    } rows[] = { { "baseline_ns", NUMBER_MAX, &item->baseline_ns },
                 { "current_ns", NUMBER_MAX, &item->current_ns },
                 { "degrees_of_freedom", NUMBER_MAX, &item->degrees },
                 { "p", 1, &item->p },
                 { "p_adjusted", 1, &item->p_adjusted },
                 { "seconds", NUMBER_MAX, &item->seconds },
                 { "deciding_seconds", NUMBER_MAX, &item->deciding_seconds } };
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < sizeof rows / sizeof rows[0]; i++)
        err = take_number(reader, object, path, rows[i].name, 0, rows[i].high, rows[i].out);
    return err;
}

static base_err take_case(struct reader *reader, const json_t *object,
                          const struct result_path *path, struct result_compared *item)
{
    if (!json_is_object(object))
        return fail(reader, path, BASE_EINVALID, "is not an object");
    base_err err = take_text(reader, object, path, "id", false, &item->id);
    if (err == BASE_OK && *item->id == '\0')
        err = fail(reader, path, BASE_EINVALID, "has an empty id");
    if (err == BASE_OK)
        err = take_verdict(reader, object, path, item);
    if (err == BASE_OK)
        err = take_text(reader, object, path, "metric", true, &item->metric);
    if (err == BASE_OK)
        err = take_text(reader, object, path, "why", true, &item->why);
    if (err == BASE_OK)
        err = take_numbers(reader, object, path, item);
    if (err == BASE_OK)
        err = take_ratio(reader, object, path, &item->ratio);
    if (err == BASE_OK)
        err = take_pairs(reader, object, path, item);
    return err;
}

/* --- the document --------------------------------------------------------------------------- */

static base_err take_cases(struct reader *reader, const json_t *root,
                           const struct result_path *document)
{
    struct result_comparison *all = reader->all;
    const struct result_path path = { document, "cases", 0 };
    const json_t *list = json_object_get(root, "cases");
    base_err err = take_list(reader, root, &path, (size_t)2 * RESULT_CASE_MAX, &all->count);
    if (err != BASE_OK)
        return err;
    all->items = base_arena_array(&all->arena, all->count + 1, sizeof *all->items);
    if (all->items == NULL)
        return fail(reader, &path, BASE_ENOMEM, "no memory");
    for (size_t i = 0; err == BASE_OK && i < all->count; i++) {
        const struct result_path one = { &path, NULL, i };
        err = take_case(reader, json_array_get(list, i), &one, &all->items[i]);
        if (err == BASE_OK)
            all->counts[all->items[i].change]++;
    }
    return err;
}

static base_err take_caveats(struct reader *reader, const json_t *root,
                             const struct result_path *document)
{
    enum { CAVEAT_MAX = 1000 };
    struct result_comparison *all = reader->all;
    const struct result_path path = { document, "caveats", 0 };
    const json_t *list = json_object_get(root, "caveats");
    if (list == NULL)
        return BASE_OK;
    const base_err err = take_list(reader, root, &path, CAVEAT_MAX, &all->caveat_count);
    if (err != BASE_OK)
        return err;
    all->caveats = base_arena_array(&all->arena, all->caveat_count + 1, sizeof *all->caveats);
    if (all->caveats == NULL)
        return fail(reader, &path, BASE_ENOMEM, "no memory");
    for (size_t i = 0; i < all->caveat_count; i++) {
        const struct result_path one = { &path, NULL, i };
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL)
            return fail(reader, &one, BASE_EINVALID, "is not a text");
        all->caveats[i] = base_arena_text(&all->arena, text);
        if (all->caveats[i] == NULL)
            return fail(reader, &one, BASE_ENOMEM, "no memory");
    }
    return BASE_OK;
}

static base_err check_schema(struct reader *reader, const json_t *root,
                             const struct result_path *document)
{
    const struct result_path path = { document, "schema", 0 };
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (schema == NULL)
        return fail(reader, &path, BASE_EINVALID,
                    "is missing; a comparison is written by 'bpi-perf compare --json' and "
                    "'bpi-perf benchmark compare --json'");
    if (strcmp(schema, SCHEMA) == 0)
        return BASE_OK;
    return fail(reader, &path,
                strncmp(schema, SCHEMA, sizeof SCHEMA - 2) == 0 ? BASE_EUNSUPPORTED : BASE_EINVALID,
                "is not " SCHEMA);
}

static base_err take_document(struct reader *reader, const json_t *root)
{
    struct result_comparison *all = reader->all;
    const struct result_path document = { 0 };
    if (!json_is_object(root))
        return fail(reader, &document, BASE_EINVALID, "is not an object");
    base_err err = check_schema(reader, root, &document);
    if (err == BASE_OK)
        err = take_text(reader, root, &document, "baseline", false, &all->baseline_name);
    if (err == BASE_OK)
        err = take_text(reader, root, &document, "current", false, &all->current_name);
    if (err == BASE_OK)
        err = take_text(reader, root, &document, "correction", true, &all->correction);
    if (err == BASE_OK)
        err = take_text(reader, root, &document, "method", true, &all->method);
    if (err == BASE_OK)
        err =
            take_number(reader, root, &document, "threshold_share", 0, 1, &all->options.threshold);
    if (err == BASE_OK)
        err = take_number(reader, root, &document, "confidence", 0.5, 0.99999999,
                          &all->options.confidence);
    if (err == BASE_OK && (isnan(all->options.confidence) || isnan(all->options.threshold)))
        err = fail(reader, &document, BASE_EINVALID, "lacks confidence or threshold_share");
    if (err == BASE_OK)
        err =
            take_count(reader, root, &document, "tests", (size_t)2 * RESULT_CASE_MAX, &all->tests);
    if (err == BASE_OK)
        err = take_caveats(reader, root, &document);
    return err == BASE_OK ? take_cases(reader, root, &document) : err;
}

base_err result_comparison_read(struct base_span text, const char *path,
                                struct result_comparison *out, struct base_why *why)
{
    struct result_comparison all = { 0 };
    struct reader reader = { .text = text, .path = path, .why = why, .all = &all };
    json_t *root = NULL;
    if (text.size > RESULT_COMPARISON_SIZE_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%s: %zu bytes, more than the limit of %d", path,
                         text.size, RESULT_COMPARISON_SIZE_MAX);
    base_err err = result_tree_read(text, path, &root, why);
    if (err == BASE_OK)
        err = take_document(&reader, root);
    json_decref(root);
    if (err == BASE_OK)
        *out = all;
    else
        base_arena_done(&all.arena);
    return err;
}
