/* facts.c - one sentence for each thing that a reader has to know before believing a profile. */
#include <prof/facts.h>

#include <base/units.h>

#include <math.h>
#include <string.h>

enum { PERCENT_SAID = 1 }; /* a smaller share of nameless or cut stacks is not worth a sentence */

void prof_facts_sum(const struct prof_stacks *stacks, double *weight, double *count)
{
    *weight = *count = 0;
    for (size_t i = 0; i < stacks->node_count; i++) {
        *weight += stacks->nodes[i].self[0];
        *count += stacks->nodes[i].self[1];
    }
}

static const char *first_fact(const struct prof_stacks *stacks, struct base_arena *arena)
{
    const struct prof_about *about = &stacks->about;
    char text[BASE_UNITS_TEXT_SIZE];
    double weight = 0, count = 0;
    prof_facts_sum(stacks, &weight, &count);
    if (about->what == PROF_TIME)
        return base_arena_printf(arena,
                                 "%.0f samples, one every %s of a processor's time; %.0f lost",
                                 count, base_units_print_time(about->period, 4, text), about->lost);
    if (count <= 0)
        return "no allocations";
    if (about->period > 0)
        return base_arena_printf(arena,
                                 "about %.0f allocations, from a choice of one in every %s; %.0f "
                                 "without a stack",
                                 count, base_units_print_size(about->period, 3, text), about->lost);
    return base_arena_printf(arena, "%.0f allocations, all of them; %.0f without a stack", count,
                             about->lost);
}

static const char *item_fact(const struct prof_stacks *stacks, struct base_arena *arena)
{
    char text[BASE_UNITS_TEXT_SIZE];
    double weight = 0, count = 0;
    prof_facts_sum(stacks, &weight, &count);
    const double items = stacks->about.items;
    if (stacks->about.what == PROF_TIME)
        return base_arena_printf(arena, "%s of processor time an item, over %.0f items",
                                 base_units_print_time(weight / items, 4, text), items);
    return base_arena_printf(arena, "%.4g allocations and %s an item, over %.0f items",
                             count / items, base_units_print_size(weight / items, 4, text), items);
}

static const char *advice_for(const char *reason)
{
    return strcmp(reason, "stripped") == 0
               ? "stripped; install its debug symbols, or link with -g and without -s"
               : reason;
}

size_t prof_facts(const struct prof_stacks *stacks, struct base_arena *arena, const char **facts)
{
    const struct prof_about *about = &stacks->about;
    const char *thing = about->what == PROF_TIME ? "samples" : "allocations";
    size_t count = 0;
    double weight = 0, all = 0;
    prof_facts_sum(stacks, &weight, &all);
    facts[count++] = first_fact(stacks, arena);
    if (about->items > 0)
        facts[count++] = item_fact(stacks, arena);
    for (size_t i = 0; i < about->missing_count; i++) {
        const double percent = 100 * about->missing[i].count / all;
        if (percent >= PERCENT_SAID)
            facts[count++] = base_arena_printf(arena, "symbols missing: %.0f %% of %s in %s (%s)",
                                               percent, thing, about->missing[i].module,
                                               advice_for(about->missing[i].reason));
    }
    if (all > 0 && 100 * about->truncated / all >= PERCENT_SAID)
        facts[count++] = base_arena_printf(
            arena, "%.0f %% of the stacks end before their outermost caller was found",
            100 * about->truncated / all);
    if (about->is_kernel_hidden)
        facts[count++] =
            "time inside the kernel is not seen: kernel.perf_event_paranoid would have "
            "to be 1 or less, or the user have CAP_PERFMON";
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (facts[i] != NULL)
            facts[kept++] = facts[i];
    return kept;
}
