/* sweep.c - set-up, parameters, throughput, a fact and a check: how fast does a buffer fill?
 *
 *     cc -O2 -o sweep sweep.c $(pkg-config --cflags --libs libbench)
 *     ./sweep --help
 *     bpi-perf worker ./sweep --arg size=4096,1048576 --threads 2
 *
 * Every thread of a case has its own set-up and its own state.
 */
#include <bench/bench.h>

#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_BYTES = 1 << 30 };

struct fill {
    unsigned char *bytes;
    uint64_t size;
    unsigned char value; /* of the last fill */
};

static void fill_teardown(void *state)
{
    struct fill *fill = state;
    if (fill)
        free(fill->bytes);
    free(fill);
}

/* Untimed. What is left in env->state is handed to run, check and teardown. */
static base_err fill_setup(struct bench_env *env)
{
    uint64_t size;
    base_err err = bench_env_count(env, "size", 1, SIZE_MAX_BYTES, &size);
    if (err)
        return err;
    struct fill *fill = calloc(1, sizeof *fill);
    env->state = fill;
    /* aligned: a store that straddles two pages would cost 20 ns, and the heap decides about it */
    const size_t lines = (size + 63) / 64;
    if (!fill || !(fill->bytes = aligned_alloc(64, lines * 64)))
        return base_fail(&env->why, BASE_ENOMEM, 0, "size: no memory for %llu bytes",
                         (unsigned long long)size);
    fill->size = size;
    env->bytes_per_item = (double)size; /* the reports show GB/s */
    bench_env_fact(env, "cache_lines", (double)lines, "1");
    return BASE_OK;
}

/* Untimed, after the last batch: a fast wrong answer is a failure, never a result. */
static base_err fill_check(void *state, struct base_why *why)
{
    const struct fill *fill = state;
    for (uint64_t i = 0; i < fill->size; i++)
        if (fill->bytes[i] != fill->value)
            return base_fail(why, BASE_EWRONG, i, "byte %llu is %u, not %u", (unsigned long long)i,
                             fill->bytes[i], fill->value);
    return BASE_OK;
}

BENCH(fill, .doc = "memset of a buffer", .item = "buffer", .setup = fill_setup, .check = fill_check,
      .teardown = fill_teardown, .params = { { "size", "64..65536*16", "bytes of the buffer" } })
{
    struct fill *fill = state;
    BENCH_LOOP(count) {
        memset(fill->bytes, ++fill->value, fill->size);
        BENCH_KEEP(fill->bytes);
    }
}

BENCH_MAIN(&fill)
