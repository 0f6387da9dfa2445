/* Three cases: an L1-bound one whose work is WORK bytes, an L1-bound one that never changes, and
 * dependent loads from 32 MiB that never change. */
#include <bench/bench.h>
#include <stdlib.h>
#ifndef WORK
#define WORK 1024
#endif
static unsigned char data[2048];
static void hash_bytes(uint64_t count, size_t size)
{
    BENCH_LOOP(count) {
        uint64_t hash = 14695981039346656037u;
        for (size_t i = 0; i < size; i++)
            hash = (hash ^ data[i]) * 1099511628211u;
        BENCH_KEEP(hash);
    }
}
BENCH(changed, .doc = "FNV-1a over WORK bytes", .item = "hash")
{
    hash_bytes(count, WORK);
}
BENCH(still, .doc = "FNV-1a over 1024 bytes", .item = "hash")
{
    hash_bytes(count, 1024);
}
enum { LINES = (32 << 20) / 64 };
static base_err walk_setup(struct bench_env *env)
{
    uint32_t(*lines)[16] = aligned_alloc(64, (size_t)LINES * 64);
    if (lines == NULL)
        return BASE_ENOMEM;
    uint64_t x = 88172645463325252u;
    for (uint32_t i = 0; i < LINES; i++)
        lines[i][0] = i;
    for (uint32_t i = LINES - 1; i > 0; i--) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        const uint32_t o = (uint32_t)(x % i), h = lines[i][0];
        lines[i][0] = lines[o][0];
        lines[o][0] = h;
    }
    env->state = lines;
    return BASE_OK;
}
BENCH(walk, .doc = "100 dependent loads from 32 MiB", .item = "walk", .setup = walk_setup,
      .teardown = free)
{
    uint32_t(*lines)[16] = (uint32_t(*)[16])state;
    uint32_t at = lines[0][1];
    BENCH_LOOP(count * 100) {
        at = lines[at][0];
        BENCH_HIDE(at);
    }
    lines[0][1] = at;
}
BENCH_MAIN(&changed, &still, &walk)
