/* fuzz_folded.c - hostile folded stacks: what is read is written, and what is written is read the
 * same; every other form of it can be made. */
#include <prof/write.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void read_text(struct base_span text, struct prof_stacks *stacks)
{
    struct base_why why = { 0 };
    need(prof_stacks_init(stacks) == BASE_OK);
    need(prof_folded_read(text, stacks, &why) == BASE_OK);
    prof_stacks_sort(stacks);
}

static void check_round_trip(struct prof_stacks *stacks)
{
    struct base_buf first = { 0 }, second = { 0 };
    struct prof_stacks again = { 0 };
    prof_stacks_sort(stacks);
    need(prof_folded_write(stacks, &first) == BASE_OK);
    if (first.size > 0) {
        read_text(base_buf_span(&first), &again);
        need(prof_folded_write(&again, &second) == BASE_OK);
        need(first.size == second.size);
    }
    prof_stacks_done(&again);
    base_buf_done(&first);
    base_buf_done(&second);
}

static void check_forms(const struct prof_stacks *stacks)
{
    struct base_buf out = { 0 };
    struct prof_stacks diff = { 0 };
    struct prof_page page = { .title = "fuzz", .is_difference = true };
    need(prof_speedscope_write(stacks, "fuzz", &out) == BASE_OK);
    need(prof_pprof_write(stacks, &out) == BASE_OK);
    need(prof_stacks_diff(stacks, stacks, &diff, &page.is_per_item, NULL) == BASE_OK);
    need(prof_flame_write(&diff, &page, &out) == BASE_OK);
    prof_stacks_done(&diff);
    base_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prof_stacks stacks = { 0 };
    struct base_why why = { 0 };
    need(prof_stacks_init(&stacks) == BASE_OK);
    if (prof_folded_read(base_span_of(data, size), &stacks, &why) == BASE_OK) {
        check_round_trip(&stacks);
        check_forms(&stacks);
    } else {
        need(why.text[0] != '\0');
    }
    prof_stacks_done(&stacks);
    return 0;
}
