/* versus_profile.c - where two sides spend their time, and the difference as a flame graph. Each is
 * profiled in a worker of its own after the comparison, so that nothing is sampled while times are
 * taken. */
#include "profile.h"
#include "versus.h"

static base_err profile_side(const struct cli_versus_side *side, const struct bench_target *target,
                             const struct cli_versus_options *options, struct prof_stacks *out,
                             struct base_why *why)
{
    const struct bench_launch launch = { .argv = side->argv };
    const struct bench_plan plan = { .threads = options->threads,
                                     .seed = options->seed,
                                     .timeout_ns = options->timeout_ns,
                                     .is_without_references = true,
                                     .interrupted = options->interrupted };
    const base_err err = cli_profile_case(&launch, target, &plan, out, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "%s", side->name);
}

/* The current side's own files, and its difference from the baseline. */
static base_err write_side(const char *id, const struct cli_versus_options *options,
                           struct prof_stacks *baseline, struct prof_stacks *current,
                           struct base_why *why)
{
    const base_err err = cli_profile_write(options->profile_folder, id, current, why);
    return err == BASE_OK
               ? cli_profile_diff_write(options->profile_folder, id, baseline, current, why)
               : err;
}

/* "sort:size=10.baseline", ".current", and ".side-2" on where there are more. */
static const char *name_of(const struct cli_versus_case *item, size_t side, size_t side_count,
                           struct base_arena *arena)
{
    if (side == 0)
        return base_arena_printf(arena, "%s.baseline", item->id);
    return side_count == 2 ? base_arena_printf(arena, "%s.current", item->id)
                           : base_arena_printf(arena, "%s.side-%zu", item->id, side);
}

static base_err profile_all(const struct cli_versus_side *sides, size_t side_count,
                            const struct cli_versus_case *item,
                            const struct cli_versus_options *options, struct base_arena *arena,
                            struct base_why *why)
{
    struct prof_stacks baseline;
    base_err err = profile_side(&sides[0], item->targets[0], options, &baseline, why);
    if (err != BASE_OK)
        return err;
    const char *id = name_of(item, 0, side_count, arena);
    err = id != NULL ? cli_profile_write(options->profile_folder, id, &baseline, why) : BASE_ENOMEM;
    for (size_t i = 1; i < side_count && err == BASE_OK; i++) {
        struct prof_stacks current;
        err = profile_side(&sides[i], item->targets[i], options, &current, why);
        if (err != BASE_OK)
            break;
        id = name_of(item, i, side_count, arena);
        err = id != NULL ? write_side(id, options, &baseline, &current, why) : BASE_ENOMEM;
        prof_stacks_done(&current);
    }
    prof_stacks_done(&baseline);
    return err;
}

base_err cli_versus_profile(const struct cli_versus_side *sides, size_t side_count,
                            const struct cli_versus_case *item,
                            const struct cli_versus_options *options, struct result_comparison *out,
                            struct base_why *why)
{
    struct base_why sentence = { 0 };
    const base_err err = profile_all(sides, side_count, item, options, &out->arena, &sentence);
    if (err == BASE_OK)
        return BASE_OK;
    if (err == BASE_EINTERRUPTED || err == BASE_ENOMEM)
        return base_fail(why, err, 0, "%s", base_err_text(err));
    const char *id = base_arena_printf(&out->arena, "%s, profile", item->id);
    return id != NULL ? cli_versus_note(out, id, RESULT_CHANGE_BROKEN, sentence.text) : BASE_ENOMEM;
}
