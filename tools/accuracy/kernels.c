/* kernels.c - the two kernels as a benchmark program of its own. Built several times from this one
 * source: separate binaries that are the same, or that do EXTRA tenths of a per cent more. */
#include "kernel_work.h"

#include <bench/bench.h>

#include <stdlib.h>

static base_err setup(struct bench_env *env, bool (*open)(struct kernel *, unsigned))
{
    struct kernel *kernel = malloc(sizeof *kernel);
    if (kernel == NULL || !open(kernel, EXTRA + 0)) {
        free(kernel);
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory for the kernel");
    }
    env->state = kernel;
    return BASE_OK;
}

static base_err l1_setup(struct bench_env *env)
{
    return setup(env, kernel_l1_open);
}

static base_err dram_setup(struct bench_env *env)
{
    return setup(env, kernel_dram_open);
}

static void l1_teardown(void *state)
{
    if (state != NULL)
        kernel_l1_close(state);
    free(state);
}

static void dram_teardown(void *state)
{
    if (state != NULL)
        kernel_dram_close(state);
    free(state);
}

BENCH(l1, .doc = "FNV-1a over 1000 bytes in L1, and a known share more", .item = "hash",
      .setup = l1_setup, .teardown = l1_teardown)
{
    kernel_l1_run(state, count);
}

BENCH(dram, .doc = "100 dependent loads from 64 MiB, and a known share more", .item = "walk",
      .setup = dram_setup, .teardown = dram_teardown)
{
    kernel_dram_run(state, count);
}

BENCH_MAIN(&l1, &dram)
