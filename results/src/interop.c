/* interop.c - the table of formats of other tools, in the order in which a text is tried: what is
 * most certain first, Bencher's JSON, which has no mark of its own, last. */
#define _GNU_SOURCE
#include "interop_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct result_interop *const result_interop_table[] = {
    &result_interop_gbench,  &result_interop_hyperfine,   &result_interop_criterion,
    &result_interop_bencher, &result_interop_openmetrics, &result_interop_benchfmt,
};
const size_t result_interop_count = sizeof result_interop_table / sizeof result_interop_table[0];

const struct result_interop *result_interop_find(const char *name)
{
    for (size_t i = 0; i < result_interop_count; i++)
        if (strcmp(result_interop_table[i]->name, name) == 0)
            return result_interop_table[i];
    return NULL;
}

const struct result_interop *result_interop_detect(struct base_span text)
{
    for (size_t i = 0; i < result_interop_count; i++)
        if (result_interop_table[i]->is_like != NULL && result_interop_table[i]->is_like(text))
            return result_interop_table[i];
    return NULL;
}

bool result_interop_is_run(struct base_span text)
{
    return result_json_has_key(text, 1, "schema");
}

bool result_interop_is_part(struct base_span text)
{
    return result_json_has_key(text, 1, "iters") ||
           result_json_has_key(text, 1, "median_abs_dev") ||
           result_json_has_key(text, 1, "full_id");
}

/* --- what importers share -------------------------------------------------------------------- */

uint64_t result_import_time(const char *text)
{
    struct tm parts = { 0 };
    const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) : NULL;
    if (rest == NULL)
        return 0;
    int hours = 0, minutes = 0;
    char sign = '+';
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest != 'Z' && sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) != 3)
        hours = minutes = 0;
    const int64_t offset_s = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    const int64_t unix_s = (int64_t)timegm(&parts) - offset_s;
    return unix_s > 0 && unix_s < INT64_C(253402300800) ? (uint64_t)unix_s * 1000 : 0; /* 9999 */
}

bool result_import_line(struct base_span text, size_t *at, struct base_span *line)
{
    if (*at >= text.size)
        return false;
    const uint8_t *begin = text.data + *at;
    const uint8_t *end = memchr(begin, '\n', text.size - *at);
    size_t size = end != NULL ? (size_t)(end - begin) : text.size - *at;
    *at += size + 1;
    if (size > 0 && begin[size - 1] == '\r')
        size--;
    *line = base_span_of(begin, size);
    return true;
}

size_t result_import_fields(struct base_arena *arena, struct base_span line, const char **fields,
                            size_t most)
{
    char *text = base_arena_text_of(arena, (const char *)line.data, line.size);
    size_t count = 0;
    if (text == NULL || memchr(line.data, '\0', line.size) != NULL)
        return SIZE_MAX;
    for (char *word = strtok_r(text, " \t\v\f\r", &text); word != NULL && count < most;
         word = strtok_r(NULL, " \t\v\f\r", &text))
        fields[count++] = word;
    return count;
}

bool result_import_double(const char *text, double *out)
{
    char *end = NULL;
    if (text[strspn(text, "+-0123456789.eE")] != '\0') /* no hex, no nan, no inf */
        return false;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

/* --- what exporters share -------------------------------------------------------------------- */

struct result_estimate result_best_of(const struct result_case *one)
{
    return !isnan(one->median_ns.value) ? one->median_ns
           : !isnan(one->mean_ns.value) ? one->mean_ns
                                        : one->normalised_ns;
}

bool result_is_exportable(const struct result_case *one)
{
    return strcmp(one->status, "ok") == 0 && !one->is_at_floor && result_best_of(one).value > 0;
}

double result_series_mean(const struct result_case *one, const char *name)
{
    for (size_t i = 0; i < one->series_count; i++)
        if (strcmp(one->series[i].name, name) == 0)
            return one->series[i].mean;
    return NAN;
}

double result_counter_of(const struct result_case *one, const char *name)
{
    const struct result_quantities *const lists[] = { &one->counters, &one->facts };
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++)
            if (strcmp(lists[k]->items[i].name, name) == 0)
                return lists[k]->items[i].value;
    return NAN;
}

/* Is every batch one whole run of a command? Then each is a fresh process of its own. */
static bool is_of_runs(const struct result_case *one)
{
    if (strcmp(one->suite, "exec") != 0)
        return false;
    for (size_t p = 0; p < one->process_count; p++) {
        if (one->processes[p].sample_count != one->processes[p].batches)
            return false;
        for (size_t i = 0; i < one->processes[p].sample_count; i++)
            if (one->processes[p].counts[i] != 1)
                return false;
    }
    return true;
}

static base_err room(struct base_arena *arena, size_t count, struct result_repetitions *out)
{
    out->items = base_arena_array(arena, count + 1, sizeof *out->items);
    out->ns = base_arena_array(arena, count + 1, sizeof *out->ns);
    out->count = 0;
    return out->items != NULL && out->ns != NULL ? BASE_OK : BASE_ENOMEM;
}

static base_err batches_of(const struct result_case *one, struct base_arena *arena,
                           struct result_repetitions *out)
{
    size_t total = 0;
    for (size_t p = 0; p < one->process_count; p++)
        total += one->processes[p].sample_count;
    RESULT_TRY(room(arena, total, out));
    for (size_t p = 0; p < one->process_count; p++)
        for (size_t i = 0; i < one->processes[p].sample_count; i++) {
            out->items[out->count] = one->processes[p].counts[i];
            out->ns[out->count++] = one->processes[p].ns[i];
        }
    return BASE_OK;
}

base_err result_repetitions_of(const struct result_case *one, struct base_arena *arena,
                               struct result_repetitions *out)
{
    if (one->process_count <= 1 || is_of_runs(one))
        return batches_of(one, arena, out);
    RESULT_TRY(room(arena, one->process_count, out));
    for (size_t p = 0; p < one->process_count; p++) {
        const struct result_process *process = &one->processes[p];
        uint64_t items = 0;
        for (size_t i = 0; i < process->sample_count; i++)
            items += process->counts[i];
        if (!(process->median_ns > 0))
            continue;
        out->items[out->count] = items > 0 ? items : 1;
        out->ns[out->count++] = process->median_ns;
    }
    return BASE_OK;
}
