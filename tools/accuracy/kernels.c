/* kernels.c - the kernels as a benchmark program of its own. Built several times from this one
 * source: separate binaries that are the same, or that do EXTRA tenths of a per cent more. */
#include "kernel_work.h"

#include <bench/bench.h>

#include <stdlib.h>

static base_err setup(struct bench_env *env, const char *kind)
{
    struct kernel *kernel = malloc(sizeof *kernel);
    if (kernel == NULL || !kernel_kind_of(kind)->open(kernel, EXTRA + 0)) {
        free(kernel);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the kernel");
    }
    env->state = kernel;
    return BASE_OK;
}

static void teardown(void *state)
{
    if (state != NULL)
        kernel_close(state);
    free(state);
}

static base_err l1_setup(struct bench_env *env)
{
    return setup(env, "l1");
}

static base_err dram_setup(struct bench_env *env)
{
    return setup(env, "dram");
}

static base_err scatter_setup(struct bench_env *env)
{
    return setup(env, "scatter");
}

BENCH(l1, .doc = "FNV-1a over 1000 bytes in L1, and a known share more", .item = "hash",
      .setup = l1_setup, .teardown = teardown)
{
    kernel_kinds[0].run(state, count);
}

BENCH(dram, .doc = "100 dependent loads from 64 MiB, and a known share more", .item = "walk",
      .setup = dram_setup, .teardown = teardown)
{
    kernel_kinds[1].run(state, count);
}

BENCH(scatter, .doc = "the same loads at random, so that pages are met again", .item = "walk",
      .setup = scatter_setup, .teardown = teardown)
{
    kernel_kinds[2].run(state, count);
}

BENCH_MAIN(&l1, &dram, &scatter)
