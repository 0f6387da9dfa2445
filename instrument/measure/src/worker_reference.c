/* worker_reference.c - the reference kernels as cases: they calibrate the host and can be measured
 * like anything else. */
#include "worker_internal.h"

#include <stdlib.h>

static base_err reference_setup(struct bench_env *env)
{
    struct bench_reference *reference = malloc(sizeof *reference);
    if (reference == NULL)
        return BASE_ENOMEM;
    const base_err err = bench_reference_open(reference);
    if (err == BASE_OK)
        env->state = reference;
    else
        free(reference);
    return err;
}

static void reference_teardown(void *state)
{
    bench_reference_close(state);
    free(state);
}

static void core_run(void *state, uint64_t count)
{
    bench_reference_core(state, count);
}

static void wide_run(void *state, uint64_t count)
{
    bench_reference_wide(state, count);
}

static void cache_run(void *state, uint64_t count)
{
    bench_reference_cache(state, count);
}

static void memory_run(void *state, uint64_t count)
{
    bench_reference_memory(state, count);
}

#define REFERENCE(name_, run_, doc_)                                                               \
    {                                                                                              \
        .name = name_, .doc = doc_, .item = "step", .setup = reference_setup, .run = run_,         \
        .teardown = reference_teardown                                                             \
    }

static const struct bench_case cases[] = {
    REFERENCE("reference/core", core_run, "one step of the core-bound reference kernel"),
    REFERENCE("reference/wide", wide_run, "one step of the throughput-bound reference kernel"),
    REFERENCE("reference/cache", cache_run, "one step of the cache-bound reference kernel"),
    REFERENCE("reference/memory", memory_run, "one step of the memory-bound reference kernel"),
};
const struct bench_case *const worker_reference_cases[] = { &cases[0], &cases[1], &cases[2],
                                                            &cases[3] };
const size_t worker_reference_case_count = sizeof cases / sizeof cases[0];
