/* test_blake3_lanes.c - every variant of the sixteen lanes against the official single one. */
#include "unit.h"

#include "blake3_lanes.c"

#include <base/rng.h>

#if BPI_BLAKE3_LANES

typedef void compress_fn(const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE],
                         const struct bpi_lane_block *info, uint32_t (*cv)[8]);

static void compare(compress_fn *compress)
{
    struct base_rng rng;
    base_rng_init(&rng, 17);
    for (unsigned round = 0; round < 500; round++) {
        uint8_t blocks[BPI_LANES][BPI_LANE_BLOCK_SIZE] = { { 0 } };
        uint32_t ours[BPI_LANES][8], official[BPI_LANES][8];
        const struct bpi_lane_block info = {
            .size = round % 65,
            .counter = round % 3 == 0 ? base_rng_u64(&rng) : round % 3,
            .flags = (uint32_t)base_rng_below(&rng, 128),
        };
        for (size_t lane = 0; lane < BPI_LANES; lane++) {
            for (size_t i = 0; i < info.size; i++)
                blocks[lane][i] = (uint8_t)base_rng_u64(&rng);
            for (size_t i = 0; i < 8; i++)
                ours[lane][i] = official[lane][i] = (uint32_t)base_rng_u64(&rng);
            blake3_compress_in_place(official[lane], blocks[lane], (uint8_t)info.size, info.counter,
                                     (uint8_t)info.flags);
        }
        compress((const uint8_t(*)[BPI_LANE_BLOCK_SIZE])blocks, &info, ours);
        assert_memory_equal(ours, official, sizeof ours);
    }
}

static void the_plain_variant(void **state)
{
    (void)state;
    compare(lanes_compress_plain);
}

static void the_vector_variants(void **state)
{
    (void)state;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        compare(lanes_compress_avx2);
    if (__builtin_cpu_supports("avx512f"))
        compare(lanes_compress_avx512);
#endif
    compare(bpi_lanes_compress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plain_variant),
        cmocka_unit_test(the_vector_variants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* a system library: there are no lanes of ours */
}

#endif
