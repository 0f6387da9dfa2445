/* versus_instructions.c - the deterministic lane of a comparison: instructions of an item on each
 * side, counted under callgrind, equal in every repetition. */
#include "versus.h"

#include <math.h>
#include <string.h>

static base_err count_side(const struct cli_versus_side *side, const struct bench_target *target,
                           const struct cli_versus_options *options, double *instructions,
                           struct base_why *why)
{
    const struct bench_launch launch = { .argv = side->argv };
    const struct bench_plan plan = { .warm_up_ns = 1,
                                     .measurement_ns = 1,
                                     .sample_size = 1,
                                     .processes = 1,
                                     .threads = options->threads,
                                     .seed = options->seed,
                                     .timeout_ns = options->timeout_ns,
                                     .is_without_references = true,
                                     .is_counting_instructions = true,
                                     .interrupted = options->interrupted };
    struct bench_record record = { 0 };
    base_err err = bench_drive_case(&launch, &plan, target, NULL, NULL, &record);
    *instructions = NAN;
    for (size_t i = 0; i < record.counter_count && err == BASE_OK; i++)
        if (strcmp(record.counters[i].name, "instructions_callgrind") == 0)
            *instructions = record.counters[i].per_item;
    if (err != BASE_OK)
        *why = record.why;
    else if (isnan(*instructions))
        err = base_fail(why, BASE_EUNSUPPORTED, 0, "%s: this worker's instructions are not counted",
                        side->name);
    bench_record_done(&record);
    return err;
}

static enum result_change judge(double ratio, double threshold)
{
    if (ratio > 1 + threshold)
        return RESULT_CHANGE_SLOWER;
    return ratio < 1 / (1 + threshold) ? RESULT_CHANGE_FASTER : RESULT_CHANGE_SAME;
}

static base_err note(struct result_comparison *out, const char *id, double was, double is)
{
    const double ratio = was > 0 ? is / was : is > 0 ? INFINITY : 1;
    const char *sentence = base_arena_printf(
        &out->arena,
        "%.8g instructions an item were %.8g; counted by callgrind: exact, and blind to memory, "
        "caches, system calls and waiting",
        is, was);
    if (sentence == NULL)
        return BASE_ENOMEM;
    const base_err err = cli_versus_note(out, id, judge(ratio, out->options.threshold), sentence);
    if (err != BASE_OK)
        return err;
    struct result_compared *item = &out->items[out->count - 1];
    item->metric = "instructions of an item";
    if (isfinite(ratio))
        item->ratio = (struct result_estimate){ ratio, ratio, ratio };
    return BASE_OK;
}

base_err cli_versus_count(const struct cli_versus_side *sides, size_t side_count,
                          const struct cli_versus_case *item,
                          const struct cli_versus_options *options, struct result_comparison *out,
                          struct base_why *why)
{
    double counts[BENCH_PAIR_SIDES_MAX];
    struct base_why sentence = { 0 };
    base_err err = BASE_OK;
    const char *id = base_arena_printf(&out->arena, "%s, instructions", item->id);
    for (size_t i = 0; i < side_count && err == BASE_OK && id != NULL; i++)
        err = count_side(&sides[i], item->targets[i], options, &counts[i], &sentence);
    if (err == BASE_EINTERRUPTED)
        return base_fail(why, err, 0, "interrupted");
    if (err != BASE_OK)
        return cli_versus_note(out, id, RESULT_CHANGE_BROKEN, sentence.text);
    for (size_t i = 1; i < side_count && err == BASE_OK; i++) {
        if (side_count > 2)
            id = base_arena_printf(&out->arena, "%s, %s, instructions", item->id, sides[i].name);
        err = id != NULL ? note(out, id, counts[0], counts[i]) : BASE_ENOMEM;
    }
    return err == BASE_OK ? err : base_fail(why, err, 0, "no memory for the comparison");
}
