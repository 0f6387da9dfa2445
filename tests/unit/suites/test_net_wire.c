/* test_net_wire.c - datagrams of the baselines, and fragments put together again: against a twin
 * that keeps everything. Argument: seconds of random play, and a seed. */
#include "unit.h"

#include "net_join.h"
#include "net_wire.h"

#include <base/rng.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t play_seed = 1;
static double play_seconds = 1;

static struct net_wire example(struct base_span payload)
{
    return (struct net_wire){ .kind = NET_WIRE_KIND_DATA,
                              .ttl = 9,
                              .class = 2,
                              .origin = 0x01020304,
                              .sequence = 0x0a0b0c0d,
                              .fragment = 1,
                              .fragment_count = 3,
                              .message_size = (uint32_t)(3 * payload.size - 1),
                              .payload = payload };
}

static void layout_is_as_documented(void **state)
{
    (void)state;
    uint8_t out[64];
    const struct net_wire_key none = net_wire_key_of(1, false);
    const struct net_wire wire = example(base_span_of("abcd", 4));
    const uint8_t want[] = { 1, 0, 9, 2, 4,  3, 2, 1, 13,  12,  11,  10,
                             1, 0, 3, 0, 11, 0, 0, 0, 'a', 'b', 'c', 'd' };
    assert_int_equal(net_wire_encode(&wire, &none, out), sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

static void a_tag_covers_all_but_the_ttl(void **state)
{
    (void)state;
    uint8_t out[64];
    const struct net_wire_key key = net_wire_key_of(7, true), other = net_wire_key_of(8, true);
    const struct net_wire wire = example(base_span_of("abcd", 4));
    struct net_wire read;
    const size_t size = net_wire_encode(&wire, &key, out);
    assert_int_equal(size, NET_WIRE_HEADER_SIZE + 4 + NET_WIRE_TAG_SIZE);
    assert_int_equal(net_wire_decode(out, size, &key, &read), BASE_OK);
    assert_int_equal(read.message_size, wire.message_size);
    assert_memory_equal(read.payload.data, "abcd", 4);
    assert_int_equal(net_wire_decode(out, size, &other, &read), BASE_EWRONG);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        out[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(net_wire_decode(out, size, &key, &read) == BASE_OK, bit / 8 == 2);
        out[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t less = 0; less < size; less++)
        assert_int_not_equal(net_wire_decode(out, less, &key, &read), BASE_OK);
    net_wire_set_ttl(out, 8);
    assert_int_equal(net_wire_decode(out, size, &key, &read), BASE_OK);
    assert_int_equal(read.ttl, 8);
}

/* Fields that contradict each other. */
static void lies_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint16_t fragment, count;
        uint32_t size;
        size_t payload;
    } rows[] = {
        { 0, 0, 4, 4 }, { 1, 1, 4, 4 }, { 0, 1, 5, 4 },        { 0, 1, 3, 4 },  { 0, 1, 0, 0 },
        { 0, 2, 4, 4 }, { 0, 2, 9, 4 }, { 0, 2, 4, 0 },        { 1, 2, 4, 4 },  { 1, 2, 3, 4 },
        { 2, 3, 8, 5 }, { 1, 2, 5, 0 }, { 0, 1, 0x200000, 4 }, { 3, 3, 10, 4 },
    };
    const struct net_wire_key none = net_wire_key_of(1, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[64];
        struct net_wire read, wire = example(base_span_of("abcdefgh", rows[i].payload));
        wire.fragment = rows[i].fragment;
        wire.fragment_count = rows[i].count;
        wire.message_size = rows[i].size;
        const size_t size = net_wire_encode(&wire, &none, out);
        if (net_wire_decode(out, size, &none, &read) != BASE_EPROTOCOL)
            fail_msg("row %zu is taken", i);
    }
}

static void fragments_fill_the_path(void **state)
{
    (void)state;
    const struct net_wire_key none = net_wire_key_of(1, false), key = net_wire_key_of(1, true);
    assert_int_equal(net_wire_fragment_size(1500, &none), 1432);
    assert_int_equal(net_wire_fragment_size(1500, &key), 1416);
    assert_int_equal(net_wire_fragments(1, 1416), 1);
    assert_int_equal(net_wire_fragments(1416, 1416), 1);
    assert_int_equal(net_wire_fragments(1417, 1416), 2);
    assert_int_equal(net_wire_fragments(NET_WIRE_MESSAGE_MAX, net_wire_fragment_size(576, &key)),
                     2132);
}

/* ---- the join against a twin ---- */

enum { MESSAGES = 300, PART = 10, PARTS_MAX = 9, PLAY_MEMORY = 2 * NET_WIRE_MESSAGE_MAX };

struct twin {
    uint32_t size;
    uint16_t parts, have;
    uint32_t again;
    bool got[PARTS_MAX], is_whole;
};

static uint8_t byte_of(uint32_t message, size_t at)
{
    return (uint8_t)(message * 31 + at * 7);
}

static void play_one(struct net_join *join, struct twin *twins, struct base_rng *rng,
                     uint64_t *repeated, uint64_t *repeated_bytes)
{
    uint8_t payload[PART];
    const uint32_t message = (uint32_t)base_rng_below(rng, MESSAGES);
    struct twin *twin = &twins[message];
    const uint16_t part = (uint16_t)base_rng_below(rng, twin->parts);
    const size_t at = (size_t)part * PART, size = part + 1 < twin->parts ? PART : twin->size - at;
    for (size_t i = 0; i < size; i++)
        payload[i] = byte_of(message, at + i);
    const struct net_wire wire = { .kind = NET_WIRE_KIND_DATA,
                                   .ttl = 1,
                                   .origin = message % 7,
                                   .sequence = message,
                                   .fragment = part,
                                   .fragment_count = twin->parts,
                                   .message_size = twin->size,
                                   .payload = { payload, size } };
    struct base_span whole = { 0 };
    const enum net_join_kind kind = net_join_add(join, &wire, &whole);
    if (twin->got[part]) {
        assert_int_equal(kind, NET_JOIN_REPEATED);
        *repeated += ++twin->again % twin->parts == 0;
        *repeated_bytes += size;
        return;
    }
    twin->got[part] = true;
    twin->have++;
    assert_int_equal(kind, twin->have == twin->parts ? NET_JOIN_WHOLE : NET_JOIN_NEW);
    if (kind != NET_JOIN_WHOLE)
        return;
    assert_int_equal(whole.size, twin->size);
    for (size_t i = 0; i < whole.size; i++)
        assert_int_equal(whole.data[i], byte_of(message, i));
}

static void joins_like_its_twin(void **state)
{
    (void)state;
    const clock_t begin = clock();
    struct base_rng rng;
    base_rng_init(&rng, play_seed);
    do {
        struct net_join *join = NULL;
        struct twin twins[MESSAGES] = { 0 };
        uint64_t repeated = 0, bytes = 0;
        assert_int_equal(net_join_new(MESSAGES, PLAY_MEMORY, &join), BASE_OK);
        for (uint32_t i = 0; i < MESSAGES; i++) {
            twins[i].parts = (uint16_t)(1 + base_rng_below(&rng, PARTS_MAX));
            twins[i].size =
                (uint32_t)(PART * (twins[i].parts - 1) + 1 + base_rng_below(&rng, PART));
        }
        for (int i = 0; i < 20 * MESSAGES; i++)
            play_one(join, twins, &rng, &repeated, &bytes);
        assert_int_equal(net_join_counts(join).repeated, repeated);
        assert_int_equal(net_join_counts(join).repeated_bytes, bytes);
        assert_int_equal(net_join_counts(join).given_up, 0);
        net_join_free(join);
    } while ((double)(clock() - begin) / CLOCKS_PER_SEC < play_seconds);
}

static enum net_join_kind add(struct net_join *join, uint32_t sequence, uint16_t part,
                              uint32_t size, struct base_span *whole)
{
    static uint8_t payload[NET_WIRE_MESSAGE_MAX];
    const uint32_t half = (size + 1) / 2;
    const struct net_wire wire = { .kind = NET_WIRE_KIND_DATA,
                                   .sequence = sequence,
                                   .fragment = part,
                                   .fragment_count = 2,
                                   .message_size = size,
                                   .payload = { payload, part == 0 ? half : size - half } };
    memset(payload, (int)sequence + 1, half);
    return net_join_add(join, &wire, whole);
}

/* More messages under way than memory: the oldest are given up, the newest come through whole. */
static void memory_is_bounded(void **state)
{
    (void)state;
    struct net_join *join = NULL;
    struct base_span whole;
    const uint32_t size = NET_WIRE_MESSAGE_MAX - 5;
    assert_int_equal(net_join_new(8, PLAY_MEMORY, &join), BASE_OK);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(add(join, i, 0, size, &whole), NET_JOIN_NEW);
    assert_true(net_join_memory(join) <= PLAY_MEMORY + 1024);
    assert_int_equal(add(join, 0, 1, size, &whole), NET_JOIN_REFUSED);
    assert_int_equal(add(join, 4, 1, size, &whole), NET_JOIN_WHOLE);
    assert_int_equal(whole.size, size);
    for (size_t i = 0; i < whole.size; i++)
        if (whole.data[i] != 5)
            fail_msg("byte %zu is of another message", i);
    assert_true(net_join_counts(join).given_up >= 3);
    for (uint32_t i = 10; i < 30; i++) /* others push the first out: they are new again */
        assert_int_equal(add(join, i, 0, 100, &whole), NET_JOIN_NEW);
    assert_false(net_join_has(join, 0, 4));
    assert_true(net_join_has(join, 0, 29));
    assert_int_equal(add(join, 4, 1, size, &whole), NET_JOIN_NEW);
    net_join_free(join);
}

int main(int argc, char **argv)
{
    play_seconds = argc > 1 ? atof(argv[1]) : 1;
    play_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)play_seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_as_documented), cmocka_unit_test(a_tag_covers_all_but_the_ttl),
        cmocka_unit_test(lies_are_refused),        cmocka_unit_test(fragments_fill_the_path),
        cmocka_unit_test(joins_like_its_twin),     cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
