/* compare_imported.c - runs of other tools in a comparison. They lack processes, or samples, or an
 * interval; what is missing is said, and never put in place by a guess that is smaller than what is
 * known of such runs. */
#include "compare_imported.h"

#include "interop_internal.h"

#include <stats/distribution.h>

#include <math.h>
#include <string.h>

const char *result_imported_from(const struct result_run *run)
{
    for (size_t i = 0; i < run->config.count; i++)
        if (strcmp(run->config.items[i].name, RESULT_IMPORTED_FROM) == 0)
            return run->config.items[i].value;
    return NULL;
}

bool result_is_of_import(const char *name)
{
    return strcmp(name, RESULT_IMPORTED_FROM) == 0 || strcmp(name, RESULT_IMPORT_DATE) == 0 ||
           strncmp(name, RESULT_IMPORT_NOTE, strlen(RESULT_IMPORT_NOTE)) == 0;
}

void result_import_side(const struct result_case *one, double confidence, double *mean,
                        double *error)
{
    const struct result_estimate own = one->median_ns;
    *mean = log(own.value);
    *error = NAN;
    if (!(own.low > 0) || !(own.high >= own.value) || !(own.low <= own.value) ||
        !isfinite(own.high))
        return;
    const double half = fmax(log(own.value / own.low), log(own.high / own.value));
    if (half > 0)
        *error = half / stats_normal_quantile((1 + confidence) / 2);
}

const char *result_import_why(const struct result_case *one)
{
    if (one->median_ns.low == 0)
        return "the spread of its times is as large as the times";
    if (one->process_count == 1 && one->processes[0].batches == 1)
        return "one sample on a side: it has no spread";
    return "nothing in a file tells how far its times spread";
}

/* --- caveats -------------------------------------------------------------------------------- */

struct list {
    struct result_comparison *all;
    const char **items;
    size_t count, capacity;
};

static base_err add(struct list *list, const char *sentence)
{
    if (sentence == NULL)
        return BASE_ENOMEM;
    if (list->count < list->capacity)
        list->items[list->count++] = sentence;
    return BASE_OK;
}

static bool has_note(const struct result_run *run, const char *text)
{
    for (size_t i = 0; i < run->config.count; i++)
        if (result_is_of_import(run->config.items[i].name) &&
            strcmp(run->config.items[i].value, text) == 0)
            return true;
    return false;
}

static base_err add_notes(struct list *list, const struct result_run *run,
                          const struct result_run *other, const char *side)
{
    for (size_t i = 0; i < run->config.count; i++) {
        const struct result_pair *pair = &run->config.items[i];
        const bool is_note =
            strncmp(pair->name, RESULT_IMPORT_NOTE, strlen(RESULT_IMPORT_NOTE)) == 0;
        const bool is_both = is_note && has_note(other, pair->value);
        if (!is_note || (is_both && run == list->all->current))
            continue;
        RESULT_TRY(add(list, base_arena_printf(&list->all->arena, "%s: %s",
                                               is_both ? "both files" : side, pair->value)));
    }
    return BASE_OK;
}

/* How many cases have the times of one process only, and how many none at all. */
static base_err add_lack(struct list *list, const struct result_run *run, const char *side)
{
    size_t single = 0, none = 0;
    for (size_t i = 0; i < run->case_count; i++) {
        single += run->cases[i].process_count == 1;
        none += run->cases[i].process_count == 0 && run->cases[i].median_ns.value > 0;
    }
    if (single > 0)
        RESULT_TRY(add(list, base_arena_printf(
                                 &list->all->arena,
                                 "%s: %zu of %zu benchmarks were timed in one process: the spread "
                                 "between processes is unknown, and the file's own intervals are "
                                 "too narrow; a standard deviation of %g %% is assumed beside them",
                                 side, single, run->case_count, 100 * RESULT_IMPORT_DRIFT)));
    if (none > 0)
        RESULT_TRY(add(list, base_arena_printf(
                                 &list->all->arena,
                                 "%s: %zu of %zu benchmarks have no samples: their interval, where "
                                 "there is one, is the file's with a standard deviation of %g %% "
                                 "assumed beside it",
                                 side, none, run->case_count, 100 * RESULT_IMPORT_DRIFT)));
    return BASE_OK;
}

base_err result_import_caveats(struct result_comparison *all, const char ***sentences,
                               size_t *count)
{
    const struct result_run *runs[] = { all->baseline, all->current };
    static const char *const sides[] = { "the baseline", "the current run" };
    const char *from[] = { result_imported_from(runs[0]), result_imported_from(runs[1]) };
    struct list list = { .all = all, .capacity = 2 * (RESULT_IMPORT_NOTE_MAX + 4) };
    *count = 0;
    if (from[0] == NULL && from[1] == NULL)
        return BASE_OK;
    list.items = base_arena_array(&all->arena, list.capacity, sizeof *list.items);
    if (list.items == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < 2; i++)
        if (from[i] != NULL && (from[1 - i] == NULL || strcmp(from[0], from[1]) != 0))
            RESULT_TRY(add(&list, base_arena_printf(&all->arena,
                                                    "%s is of another tool (%s), which measures "
                                                    "in its own way",
                                                    sides[i], from[i])));
    RESULT_TRY(add(&list, "times are raw: files of other tools hold none at reference speed"));
    for (size_t i = 0; i < 2; i++)
        if (from[i] != NULL)
            RESULT_TRY(add_lack(&list, runs[i], sides[i]));
    for (size_t i = 0; i < 2; i++)
        RESULT_TRY(add_notes(&list, runs[i], runs[1 - i], sides[i]));
    *sentences = list.items;
    *count = list.count;
    return BASE_OK;
}
