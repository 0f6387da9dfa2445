/* versus_programs.c - which cases several programs have in common. A case is the same on two sides
 * when its name and all arguments are, besides those that a side was given for itself. */
#include "versus.h"

#include "plan.h"

#include <stdio.h>
#include <string.h>

static base_err fail_memory(struct base_why *why)
{
    return base_fail(why, BASE_ENOMEM, 0, "no memory for the comparison");
}

struct listing { /* what one side has, multiplied out */
    struct bench_target *targets;
    size_t count, capacity;
};

static size_t take_args(const struct bench_listed *listed, const struct bench_arg *args,
                        size_t count, struct bench_arg *out, size_t used)
{
    for (size_t i = 0; i < count && used < BENCH_PARAM_MAX; i++)
        if (cli_plan_has_param(listed, args[i].name))
            out[used++] = args[i];
    return used;
}

static base_err add_targets(struct listing *listing, const struct bench_listed *listed,
                            const struct cli_versus_side *side,
                            const struct cli_versus_options *options, struct base_arena *arena,
                            struct base_why *why)
{
    struct bench_arg given[BENCH_PARAM_MAX];
    struct bench_target *targets = NULL;
    size_t count = take_args(listed, options->args, options->arg_count, given, 0), found = 0;
    count = take_args(listed, side->args, side->arg_count, given, count);
    CLI_TRY(bench_drive_expand(listed, given, count, arena, &targets, &found, why));
    struct bench_target *all = base_arena_array(arena, listing->count + found + 1, sizeof *all);
    if (all == NULL)
        return fail_memory(why);
    if (listing->count > 0)
        memcpy(all, listing->targets, listing->count * sizeof *all);
    memcpy(all + listing->count, targets, found * sizeof *all);
    listing->targets = all;
    listing->count += found;
    return BASE_OK;
}

static base_err list_side(const struct cli_versus_side *side,
                          const struct cli_versus_options *options, struct base_arena *arena,
                          struct listing *listing, struct base_why *why)
{
    const struct bench_launch launch = { .argv = side->argv };
    struct bench_listed *listed = NULL;
    size_t count = 0;
    base_err err = bench_drive_list(&launch, arena, &listed, &count, why);
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        err = add_targets(listing, &listed[i], side, options, arena, why);
    if (err == BASE_ENOTFOUND) /* of a program, not of a word on the command line */
        err = BASE_ECRASHED;
    return err == BASE_OK ? err : base_fail_prefix(why, err, "%s", side->name);
}

/* The id without what differs between the sides by their own arguments. */
static void common_id(const struct bench_target *target, const struct cli_versus_side *side,
                      char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", target->name);
    char separator = ':';
    for (size_t i = 0; i < target->arg_count && used < size; i++) {
        bool is_own = false;
        for (size_t k = 0; k < side->arg_count; k++)
            is_own = is_own || strcmp(side->args[k].name, target->args[i].name) == 0;
        if (is_own)
            continue;
        used += (size_t)snprintf(out + used, size - used, "%c%s=%s", separator,
                                 target->args[i].name, target->args[i].value);
        separator = ',';
    }
}

static const struct bench_target *find(const struct listing *listing,
                                       const struct cli_versus_side *side, const char *id)
{
    for (size_t i = 0; i < listing->count; i++) {
        char other[sizeof listing->targets[i].id];
        common_id(&listing->targets[i], side, other, sizeof other);
        if (strcmp(other, id) == 0)
            return &listing->targets[i];
    }
    return NULL;
}

static bool is_wanted(const struct bench_target *target, const char *filter)
{
    if (filter == NULL)
        return strncmp(target->name, "reference/", strlen("reference/")) != 0;
    return bench_target_matches(target, filter);
}

struct match {
    struct cli_versus_case *cases;
    size_t count;
    const char **missing, **added; /* ids */
    size_t missing_count, added_count;
};

static base_err match_baseline(const struct cli_versus_side *sides, size_t side_count,
                               const struct listing *listings, const char *filter,
                               struct base_arena *arena, struct match *match)
{
    for (size_t i = 0; i < listings[0].count; i++) {
        struct cli_versus_case *item = &match->cases[match->count];
        char id[sizeof listings[0].targets[i].id];
        bool is_common = true;
        if (!is_wanted(&listings[0].targets[i], filter))
            continue;
        common_id(&listings[0].targets[i], &sides[0], id, sizeof id);
        for (size_t side = 0; side < side_count; side++) {
            item->targets[side] = find(&listings[side], &sides[side], id);
            is_common = is_common && item->targets[side] != NULL;
        }
        item->id = base_arena_text(arena, id);
        if (item->id == NULL)
            return BASE_ENOMEM;
        if (is_common)
            match->count++;
        else
            match->missing[match->missing_count++] = item->id;
    }
    return BASE_OK;
}

static base_err match_others(const struct cli_versus_side *sides, size_t side_count,
                             const struct listing *listings, const char *filter,
                             struct base_arena *arena, struct match *match)
{
    for (size_t side = 1; side < side_count; side++)
        for (size_t i = 0; i < listings[side].count; i++) {
            char id[sizeof listings[0].targets[0].id];
            common_id(&listings[side].targets[i], &sides[side], id, sizeof id);
            if (!is_wanted(&listings[side].targets[i], filter) ||
                find(&listings[0], &sides[0], id) != NULL)
                continue;
            match->added[match->added_count] = base_arena_text(arena, id);
            if (match->added[match->added_count++] == NULL)
                return BASE_ENOMEM;
        }
    return BASE_OK;
}

static base_err match_all(const struct cli_versus_side *sides, size_t side_count,
                          const struct listing *listings, const char *filter,
                          struct base_arena *arena, struct match *match, struct base_why *why)
{
    size_t total = 1;
    for (size_t i = 0; i < side_count; i++)
        total += listings[i].count;
    match->cases = base_arena_array(arena, total, sizeof *match->cases);
    match->missing = base_arena_array(arena, total, sizeof *match->missing);
    match->added = base_arena_array(arena, total, sizeof *match->added);
    if (match->cases == NULL || match->missing == NULL || match->added == NULL ||
        match_baseline(sides, side_count, listings, filter, arena, match) != BASE_OK ||
        match_others(sides, side_count, listings, filter, arena, match) != BASE_OK)
        return fail_memory(why);
    if (match->count > 0)
        return BASE_OK;
    if (filter != NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "no case that all sides have matches '%s'",
                         filter);
    return base_fail(why, BASE_ENOTFOUND, 0, "%s and %s have no case in common", sides[0].name,
                     sides[1].name);
}

static base_err run_match(const struct cli_versus_side *sides, size_t side_count,
                          const struct match *match, const struct cli_versus_options *options,
                          struct result_comparison *out, struct base_why *why)
{
    if (options->progress != NULL)
        options->progress->count = match->count;
    base_err noted = BASE_OK;
    const base_err err =
        cli_versus_cases(sides, side_count, match->cases, match->count, options, out, why);
    if (err != BASE_OK)
        return err;
    for (size_t i = 0; i < match->missing_count && noted == BASE_OK; i++)
        noted = cli_versus_note(out, match->missing[i], RESULT_CHANGE_MISSING,
                                "not all of the other sides have it");
    for (size_t i = 0; i < match->added_count && noted == BASE_OK; i++)
        noted = cli_versus_note(out, match->added[i], RESULT_CHANGE_ADDED,
                                "the baseline does not have it");
    return noted == BASE_OK ? noted : fail_memory(why);
}

base_err cli_versus_programs(const struct cli_versus_side *sides, size_t side_count,
                             const char *filter, const struct cli_versus_options *options,
                             struct result_comparison *out, struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct listing listings[BENCH_PAIR_SIDES_MAX] = { 0 };
    struct match match = { 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; i < side_count && err == BASE_OK; i++)
        err = list_side(&sides[i], options, &arena, &listings[i], why);
    if (err == BASE_OK)
        err = match_all(sides, side_count, listings, filter, &arena, &match, why);
    if (err == BASE_OK)
        err = run_match(sides, side_count, &match, options, out, why);
    base_arena_done(&arena);
    return err;
}
