/* gate_cases.c - the cases of run, baseline and comparison, joined by id with one sort. */
#include "gate_internal.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct result_gate_case one;
    size_t order;
};

static int by_id(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    const int order = strcmp(x->one.id, y->one.id);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static size_t add_run(struct entry *entries, size_t count, const struct result_run *run,
                      bool is_baseline)
{
    for (size_t i = 0; run != NULL && i < run->case_count; i++) {
        struct entry *entry = &entries[count];
        *entry = (struct entry){ .one.id = run->cases[i].id, .order = count };
        *(is_baseline ? &entry->one.baseline : &entry->one.run) = &run->cases[i];
        count++;
    }
    return count;
}

/* Entries of one id become its first; what that lacks it takes from the others. */
static size_t join(struct entry *entries, size_t count)
{
    size_t kept = 0;
    qsort(entries, count, sizeof *entries, by_id);
    for (size_t i = 0; i < count; i++) {
        struct result_gate_case *to = kept > 0 ? &entries[kept - 1].one : NULL;
        const struct result_gate_case *from = &entries[i].one;
        if (to == NULL || strcmp(to->id, from->id) != 0) {
            entries[kept++] = entries[i];
            continue;
        }
        to->run = to->run != NULL ? to->run : from->run;
        to->baseline = to->baseline != NULL ? to->baseline : from->baseline;
        to->compared = to->compared != NULL ? to->compared : from->compared;
    }
    qsort(entries, kept, sizeof *entries, by_order);
    return kept;
}

base_err result_gate_cases(const struct result_gate_input *input, struct base_arena *arena,
                           struct result_gate_case **cases, size_t *count)
{
    const struct result_comparison *comparison = input->comparison;
    const size_t most = (input->run != NULL ? input->run->case_count : 0) +
                        (input->baseline != NULL ? input->baseline->case_count : 0) +
                        (comparison != NULL ? comparison->count : 0);
    struct entry *entries = base_arena_array(arena, most + 1, sizeof *entries);
    struct result_gate_case *list = base_arena_array(arena, most + 1, sizeof *list);
    if (entries == NULL || list == NULL)
        return BASE_ENOMEM;
    size_t used = add_run(entries, 0, input->run, false);
    used = add_run(entries, used, input->baseline, true);
    for (size_t i = 0; comparison != NULL && i < comparison->count; i++, used++)
        entries[used] =
            (struct entry){ { .id = comparison->items[i].id, .compared = &comparison->items[i] },
                            used };
    *count = join(entries, used);
    for (size_t i = 0; i < *count; i++)
        list[i] = entries[i].one;
    *cases = list;
    return BASE_OK;
}

bool result_gate_matches(const char *pattern, const char *text)
{
    return strpbrk(pattern, "*?[") != NULL ? fnmatch(pattern, text, 0) == 0
                                           : strstr(text, pattern) != NULL;
}
