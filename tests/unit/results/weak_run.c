/* weak_run.c - what run.c gives, for the tests that build without it; the real ones win. */
#include <result/run.h>

#include <string.h>

__attribute__((weak)) const struct result_case *result_run_find(const struct result_run *run,
                                                                const char *id)
{
    for (size_t i = 0; i < run->case_count; i++)
        if (strcmp(run->cases[i].id, id) == 0)
            return &run->cases[i];
    return NULL;
}

__attribute__((weak)) base_err result_run_write(const struct result_run *run, struct base_buf *out)
{
    return base_buf_printf(out, "{\"id\": \"%s\"}\n", run->id);
}

__attribute__((weak)) void result_run_done(struct result_run *run)
{
    base_arena_done(&run->arena);
    memset(run, 0, sizeof *run);
}
