/* model_flow.c - frames made at random against the key they were made with, whole and cut, one by
 * one and in batches; and made traffic against its exact distribution.
 *
 * usage: model_flow [FRAMES]; SEED in the environment chooses other frames */
#include "unit.h"
#include "made_frame.h"

#include <mfn/flow_make.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAMES_DEFAULT = 1000000, BATCH = 64, FLOWS = 1000, DRAWS = 2000000 };

static uint64_t seed, frame_count = FRAMES_DEFAULT;
static uint64_t seen[MFN_FLOW_RESULT_COUNT];

/* In memory of exactly its size, at the end of a block. */
static struct mfn_flow_frame captured(const struct made_frame *made, uint32_t size, uint8_t *block)
{
    uint8_t *const place = block + MADE_FRAME_MAX - size;
    memcpy(place, made->bytes, size);
    return (struct mfn_flow_frame){ .data = place, .size = size, .wire_size = made->size };
}

static void check_key(const struct made_frame *made, const struct mfn_flow_key *key, uint32_t size,
                      uint64_t number)
{
    static const struct mfn_flow_key cut = { .result = MFN_FLOW_CUT };
    const struct mfn_flow_key *const expected = size >= made->needed ? &made->key : &cut;
    if (memcmp(key, expected, sizeof *key) == 0)
        return;
    fprintf(stderr, "frame %llu, link %u, %u of %u bytes:", (unsigned long long)number, made->link,
            size, made->size);
    for (uint32_t i = 0; i < made->size; i++)
        fprintf(stderr, " %02x", made->bytes[i]);
    fail_msg("\nthe answer is \"%s\", not \"%s\"", mfn_flow_result_text(key->result),
             mfn_flow_result_text(expected->result));
}

static void frames_have_the_key_they_were_made_with(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    static struct made_frame made;
    uint8_t *const block = malloc(MADE_FRAME_MAX);
    for (uint64_t i = 0; i < frame_count; i++) {
        made_frame_random(&made, &rng);
        struct mfn_flow_key key;
        struct mfn_flow_frame frame = captured(&made, made.size, block);
        mfn_flow_packet_key(made.link, &frame, &key);
        check_key(&made, &key, made.size, i);
        seen[key.result]++;
        const uint32_t size = (uint32_t)base_rng_below(&rng, made.size + 1);
        frame = captured(&made, size, block);
        mfn_flow_packet_key(made.link, &frame, &key);
        check_key(&made, &key, size, i);
        seen[key.result]++;
    }
    free(block);
    /* What a frame that is cut short on the wire says is in the unit test. */
    for (size_t i = 0; i < MFN_FLOW_RESULT_COUNT; i++)
        if (seen[i] == 0 && i != MFN_FLOW_LINK_SHORT && i != MFN_FLOW_IP_SHORT &&
            i != MFN_FLOW_EXTENSION_SHORT)
            fail_msg("no frame was \"%s\"", mfn_flow_result_text((enum mfn_flow_result)i));
}

static void batches_have_the_keys_of_their_frames(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, seed + 1);
    static struct made_frame made[BATCH];
    struct mfn_flow_frame frames[BATCH];
    struct mfn_flow_key keys[BATCH], single;
    for (uint64_t i = 0; i < frame_count / BATCH / 4; i++) {
        const size_t count = base_rng_below(&rng, BATCH + 1);
        for (size_t k = 0; k < count; k++) {
            made_frame_random(&made[k], &rng);
            frames[k] = (struct mfn_flow_frame){ made[k].bytes, made[k].size, made[k].size };
        }
        const uint32_t link = count > 0 && base_rng_below(&rng, 2) != 0 ? made[0].link : 1;
        size_t found = 0;
        const size_t said = mfn_flow_packet_keys(link, frames, count, keys);
        for (size_t k = 0; k < count; k++) {
            mfn_flow_packet_key(link, &frames[k], &single);
            assert_memory_equal(&single, &keys[k], sizeof single);
            found += mfn_flow_has_key(&single);
        }
        assert_int_equal(said, found);
    }
}

/* The value a chi-square variable exceeds once in a million times (Wilson & Hilferty 1931). */
static double chi_square_limit(double freedom)
{
    const double z = 4.753424;
    const double c = 2 / (9 * freedom);
    return freedom * pow(1 - c + z * sqrt(c), 3);
}

/* Ranks in their order, neighbours together until 20 are expected. */
static void check_frequencies(const uint64_t *counts, double exponent)
{
    double total = 0, statistic = 0, expected = 0, observed = 0, freedom = -1;
    for (int rank = 0; rank < FLOWS; rank++)
        total += pow(rank + 1, -exponent);
    for (int rank = 0; rank < FLOWS; rank++) {
        expected += DRAWS * pow(rank + 1, -exponent) / total;
        observed += (double)counts[rank];
        if (expected < 20 && rank + 1 < FLOWS)
            continue;
        statistic += (observed - expected) * (observed - expected) / expected;
        freedom++;
        expected = observed = 0;
    }
    if (!(statistic < chi_square_limit(freedom)))
        fail_msg("exponent %g: chi-square %g with %g degrees of freedom", exponent, statistic,
                 freedom);
}

static void orders_have_their_exact_distribution(void **state)
{
    (void)state;
    static const double exponents[] = { 0, 0.2, 0.5, 0.99, 1, 1.2, 2, 5 };
    static uint64_t counts[FLOWS], rank_of[FLOWS];
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        struct mfn_flow_make make;
        const struct mfn_flow_make_options options = {
            .flow_count = FLOWS, .exponent = exponents[i], .key_size = 13, .seed = 11 + i
        };
        assert_int_equal(mfn_flow_make_init(&options, &make, NULL), BASE_OK);
        memset(counts, 0, sizeof counts);
        for (uint64_t rank = 0; rank < FLOWS; rank++)
            rank_of[mfn_flow_make_index(&make, rank)] = rank;
        for (int k = 0; k < DRAWS; k++)
            counts[rank_of[mfn_flow_make_next(&make)]]++;
        check_frequencies(counts, exponents[i]);
    }
}

int main(int count, char **args)
{
    const char *const given = getenv("SEED");
    seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    if (count > 1)
        frame_count = strtoull(args[1], NULL, 0);
    printf("seed %llu, %llu frames\n", (unsigned long long)seed, (unsigned long long)frame_count);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_have_the_key_they_were_made_with),
        cmocka_unit_test(batches_have_the_keys_of_their_frames),
        cmocka_unit_test(orders_have_their_exact_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
