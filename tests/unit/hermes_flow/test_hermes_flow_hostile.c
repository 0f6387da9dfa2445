/* test_hermes_flow_hostile.c - packets that no flow of ours would write: malformed ones are
 * refused, announcements of much are bounded, and what was forgotten is never taken for delivered.
 */
#include "unit.h"

#include "flow_pair.h"
#include "hermes_flow_state_internal.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ull

enum { HAS_FRAGMENT = 4, HAS_ACK = 8, MORE = 128, CONTINUES = 40, PARITY = 80, MEMORY = 1 << 18 };

struct seen {
    size_t messages, bytes, done;
};

static void on_message(void *context, enum bpi_hermes_class class, struct base_span message)
{
    struct seen *const seen = context;
    (void)class;
    seen->messages++;
    seen->bytes += message.size;
    /* Every byte must have been written by somebody. */
    for (size_t i = 0; i < message.size; i++)
        assert_int_equal(message.data[i], 7);
}

static void on_done(void *context, uint64_t ticket, bool is_delivered)
{
    struct seen *const seen = context;
    (void)ticket;
    seen->done += is_delivered ? 1 : 0;
}

static struct hermes_flow *open_flow(void)
{
    struct hermes_flow_config config = flow_pair_config();
    config.memory_bytes = MEMORY;
    struct hermes_flow *flow = NULL;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_OK);
    return flow;
}

static base_err give(struct hermes_flow *flow, uint64_t now_ns, const uint8_t *data, size_t size,
                     struct seen *seen)
{
    const struct hermes_flow_sink sink = { seen, on_message, on_done };
    /* In memory of exactly its size, so that a sanitizer sees a read past the end. */
    uint8_t *const exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, data, size);
    const base_err err = hermes_flow_receive(flow, now_ns, exact, size, &sink);
    free(exact);
    assert_true(hermes_flow_stats(flow).memory_bytes <= MEMORY);
    return err;
}

struct head {
    unsigned class;
    uint32_t number, block;
    uint8_t code, end;
};

static size_t put_head(uint8_t *out, struct head head)
{
    const uint8_t bytes[] = { (uint8_t)(head.class | HAS_FRAGMENT),
                              (uint8_t)head.number,
                              (uint8_t)(head.number >> 8),
                              (uint8_t)(head.number >> 16),
                              (uint8_t)head.block,
                              (uint8_t)(head.block >> 8),
                              head.code,
                              head.end };
    memcpy(out, bytes, sizeof bytes);
    return sizeof bytes;
}

static size_t put_v(uint8_t *out, uint32_t value)
{
    size_t size = 0;
    for (; value >= 128; value >>= 7)
        out[size++] = (uint8_t)(value | 128);
    out[size++] = (uint8_t)value;
    return size;
}

static void malformed(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t bytes[24];
        size_t size;
    } rows[] = {
        { "empty", { 0 }, 0 },
        { "neither ack nor fragment", { 0, 1, 2, 3 }, 4 },
        { "class 3", { 3 | HAS_FRAGMENT, 0, 0, 0, 0, 0, 0, 1, 7 }, 9 },
        { "fragment without bytes", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 0, 1 }, 8 },
        { "no data fragments", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 0, 0, 7 }, 9 },
        { "41 data fragments", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 0, 41, 7 }, 9 },
        { "index 255", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 255, 1, 7 }, 9 },
        { "data behind their batch", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 44, 4, 7 }, 9 },
        { "data at the end of their batch", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 1, 1 | MORE, 7 }, 9 },
        { "parity of a block that grows", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 80, 4 | MORE, 7 }, 9 },
        { "ack of nothing sent", { HAS_ACK, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 }, 11 },
        { "ack without ranges", { HAS_ACK, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 10 },
        { "ack cut", { HAS_ACK, 0, 0, 0, 0, 0, 0, 0, 128 }, 9 },
        { "message longer than its block", { HAS_FRAGMENT, 0, 0, 0, 0, 0, 0, 1, 20, 7 }, 10 },
        { "message of no size", { HAS_FRAGMENT, 0, 0, 0, 1, 0, 0, 1, 1, 7 }, 10 },
        { "size without end", { HAS_FRAGMENT, 0, 0, 0, 2, 0, 0, 1, 255, 255, 255, 255, 255 }, 13 },
        { "part of a short message", { HAS_FRAGMENT, 0, 0, 0, 3, 0, 0, 1, 3, 0, 2, 2, 0, 7 }, 14 },
        { "part cut", { HAS_FRAGMENT, 0, 0, 0, 4, 0, 0, 1, 3, 0, 2 }, 11 },
    };
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (give(flow, 0, rows[i].bytes, rows[i].size, &seen) != BASE_EPROTOCOL)
            fail_msg("%s is taken", rows[i].what);
    assert_int_equal(seen.messages + seen.done, 0);
    assert_int_equal(hermes_flow_stats(flow).memory_bytes, 0);
    hermes_flow_free(flow);
}

/* Blocks of 40 fragments of one byte, and of 1400 bytes, of which one comes. */
static void many_beginnings(void **state)
{
    (void)state;
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    uint8_t packet[1420];
    memset(packet, 7, sizeof packet);
    for (uint32_t i = 0; i < 30000; i++) {
        const size_t head =
            put_head(packet, (struct head){ i % 3, i, i / 3 * 17, (uint8_t)(41 + i % 200), 40 });
        assert_int_equal(give(flow, i, packet, head + (i % 2 == 0 ? 1 : 1400), &seen), BASE_OK);
    }
    assert_int_equal(seen.messages, 0);
    const struct hermes_flow_sink sink = { &seen, on_message, on_done };
    hermes_flow_timer(flow, 100 * SECOND, &sink);
    assert_int_equal(hermes_flow_stats(flow).memory_bytes, 0);
    hermes_flow_free(flow);
}

static size_t put_part(uint8_t *out, struct head head, uint32_t id, uint32_t total, unsigned parts,
                       unsigned part, uint32_t size)
{
    size_t at = put_head(out, head);
    at += put_v(out + at, size * 2 + 1);
    at += put_v(out + at, id);
    at += put_v(out + at, total);
    out[at++] = (uint8_t)parts;
    out[at++] = (uint8_t)part;
    memset(out + at, 7, size);
    return at + size;
}

/* Long messages of which only parts come; then one whole of a higher class finds room. */
static void many_long_messages(void **state)
{
    (void)state;
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    static uint8_t packet[40000];
    uint32_t number = 0, block = 0;
    for (uint32_t id = 0; id < 2000; id++, block++) {
        const struct head head = { BPI_HERMES_SHADOW_DATA, number++, block, 0, 1 };
        const size_t size = put_part(packet, head, id, 64000, 64, id % 64, 1000);
        assert_int_equal(give(flow, id, packet, size, &seen), BASE_OK);
    }
    const size_t full = hermes_flow_stats(flow).memory_bytes;
    assert_in_range(full, MEMORY / 2, MEMORY);
    for (unsigned part = 0; part < 8; part++) {
        const struct head head = { BPI_HERMES_CONSENSUS, number++, part, 0, 1 };
        const size_t size = put_part(packet, head, 9, 240000, 8, part, 30000);
        assert_int_equal(give(flow, 3000, packet, size, &seen), BASE_OK);
    }
    assert_int_equal(seen.messages, 1);
    assert_int_equal(seen.bytes, 240000);
    hermes_flow_free(flow);
}

/* The same part again and again does not make a message whole. */
static void part_twice(void **state)
{
    (void)state;
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    static uint8_t packet[40000];
    for (unsigned i = 0; i < 6; i++) {
        const struct head head = { 0, i, i, 0, 1 };
        const size_t size = put_part(packet, head, 5, 20000, 2, i == 5, 10000);
        assert_int_equal(give(flow, i, packet, size, &seen), BASE_OK);
        assert_int_equal(seen.messages, i == 5);
    }
    /* Sizes that disagree, a last part with nothing in it, parts that are too many. */
    const struct {
        uint32_t total, parts, part, size;
    } rows[] = { { 20001, 2, 0, 10000 },
                 { 20000, 3, 0, 6666 },
                 { 20000, 65, 0, 308 },
                 { 20000, 1, 0, 20000 },
                 { 20000, 2, 2, 10000 } };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct head head = { 1, 10 + i, i, 0, 1 };
        const size_t size =
            put_part(packet, head, i, rows[i].total, rows[i].parts, rows[i].part, rows[i].size);
        assert_int_equal(give(flow, i, packet, size, &seen), BASE_EPROTOCOL);
    }
    hermes_flow_free(flow);
}

/* Blocks come in two halves; between them a small receiver needs its memory for a higher class. The
 * sender must not learn that what was forgotten was delivered. */
static void forgotten_is_not_delivered(void **state)
{
    (void)state;
    struct hermes_flow_config config = flow_pair_config();
    struct hermes_flow *sender = NULL, *receiver = NULL;
    struct seen seen = { 0 };
    const struct hermes_flow_sink sink = { &seen, on_message, on_done };
    assert_int_equal(hermes_flow_new(&config, 0, &sender), BASE_OK);
    config.memory_bytes = 12000;
    assert_int_equal(hermes_flow_new(&config, 0, &receiver), BASE_OK);
    static uint8_t message[5000], packet[1420];
    memset(message, 7, sizeof message);
    enum bpi_hermes_class class = BPI_HERMES_SHADOW_DATA;
    const struct base_span span = { message, sizeof message };
    uint64_t now = 1;
    for (int round = 0; round < 2000; round++, now += 20000000) {
        if (round < 3) /* one of class 2, then two of class 0, each in a block of its own */
            assert_int_equal(
                hermes_flow_submit(sender, now,
                                   round == 0 ? BPI_HERMES_SHADOW_DATA : BPI_HERMES_CONSENSUS, span,
                                   1),
                BASE_OK);
        for (size_t size; (size = hermes_flow_next(sender, now, packet, &class)) > 0;)
            if (round >= 3 || packet[6] == 41 || packet[6] == 42) /* the second and third */
                assert_int_equal(hermes_flow_receive(receiver, now, packet, size, &sink), BASE_OK);
        for (size_t size; (size = hermes_flow_next(receiver, now, packet, &class)) > 0;)
            assert_int_equal(hermes_flow_receive(sender, now, packet, size, &sink), BASE_OK);
        hermes_flow_timer(sender, now, &sink);
        hermes_flow_timer(receiver, now, &sink);
        assert_true(hermes_flow_stats(receiver).memory_bytes <= config.memory_bytes);
    }
    assert_int_equal(seen.messages, 2);
    assert_int_equal(seen.done, 2);
    assert_int_equal(hermes_flow_stats(sender).expired, 1);
    hermes_flow_free(sender);
    hermes_flow_free(receiver);
}

enum { DROPPED_EACH = 15000, DROPPED_MAX = 100 };

/* Packets that an answer of the flow acknowledges. */
static void note_acks(struct hermes_flow *flow, uint64_t now_ns, uint32_t next, bool *is_acked)
{
    uint8_t packet[1420];
    enum bpi_hermes_class class;
    for (size_t size; (size = hermes_flow_next(flow, now_ns, packet, &class)) > 0;) {
        struct hermes_ack ack;
        assert_int_equal(packet[0] & (HAS_ACK | HAS_FRAGMENT), HAS_ACK);
        assert_int_equal(hermes_ack_read(packet + 1, size - 1, next, &ack), size - 1);
        for (unsigned i = 0; i < ack.count; i++)
            for (uint64_t number = ack.ranges[i].first; number <= ack.ranges[i].last; number++)
                is_acked[number] = true;
    }
}

/* Many long messages, of each of which one of two parts has come and was acknowledged, give way to
 * one that is urgent; then their other parts come. How many of these are acknowledged. */
static uint32_t dropped_at_once(uint32_t count, uint32_t urgent, struct seen *seen)
{
    enum { URGENT_PARTS = 40 };
    struct hermes_flow_config config = flow_pair_config();
    struct hermes_flow *flow = NULL;
    static uint8_t packet[40000];
    bool is_acked[2 * DROPPED_MAX + URGENT_PARTS] = { false };
    const struct hermes_flow_sink sink = { seen, on_message, on_done };
    config.memory_bytes = urgent + 20000;
    assert_int_equal(hermes_flow_new(&config, 0, &flow), BASE_OK);
    uint64_t now = 1;
    const uint32_t end = 2 * count + URGENT_PARTS;
    for (uint32_t number = 0; number < end; number++, now += 5000000) {
        const uint32_t later = count + URGENT_PARTS, share = urgent / URGENT_PARTS;
        const bool is_first = number < count, is_urgent = !is_first && number < later;
        const uint32_t id = is_urgent ? 1000 : is_first ? number : number - later;
        const uint32_t block = is_urgent ? number - count : 2 * id + !is_first;
        const struct head head = { is_urgent ? 0 : 2, number, block, 0, 1 };
        const size_t size =
            is_urgent ? put_part(packet, head, id, urgent, URGENT_PARTS, block, share)
                      : put_part(packet, head, id, DROPPED_EACH, 2, !is_first, DROPPED_EACH / 2);
        assert_int_equal(hermes_flow_receive(flow, now, packet, size, &sink), BASE_OK);
        assert_true(hermes_flow_stats(flow).memory_bytes <= config.memory_bytes);
        note_acks(flow, now, number + 1, is_acked);
    }
    for (int i = 0; i < 10; i++)
        note_acks(flow, now += 100000000, end, is_acked);
    hermes_flow_free(flow);
    for (uint32_t number = 0; number < count; number++)
        assert_true(is_acked[number]);
    uint32_t acked = 0;
    for (uint32_t number = count + URGENT_PARTS; number < end; number++)
        acked += is_acked[number];
    return acked;
}

static void many_dropped_at_once(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, urgent;
        bool is_taken; /* the urgent one */
    } rows[] = { { 15, 240000, true },
                 { 40, 600000, true },
                 { 64, 960000, true },
                 /* More than can be remembered: they stay, and the urgent one waits. */
                 { 69, 1040000, false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen = { 0 };
        const uint32_t acked = dropped_at_once(rows[i].count, rows[i].urgent, &seen);
        assert_int_equal(acked, seen.messages - rows[i].is_taken);
        assert_int_equal(seen.bytes,
                         acked * (size_t)DROPPED_EACH + (rows[i].is_taken ? rows[i].urgent : 0));
    }
}

/* A fragment of the given bytes, all 7 behind `head`. */
static base_err give_fragment(struct hermes_flow *flow, uint32_t number, uint32_t block,
                              unsigned code, unsigned end, uint8_t head, size_t size,
                              struct seen *seen)
{
    uint8_t packet[64];
    memset(packet, 7, sizeof packet);
    const size_t at =
        put_head(packet, (struct head){ 0, number, block, (uint8_t)code, (uint8_t)end });
    packet[at] = head;
    return give(flow, 0, packet, at + size, seen);
}

/* Batches are handed out as they become whole, once each, whatever comes again. */
static void block_that_grows(void **state)
{
    (void)state;
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    assert_int_equal(give_fragment(flow, 0, 0, 0, 1 | MORE, 2, 2, &seen), BASE_OK);
    assert_int_equal(seen.messages, 1);
    assert_int_equal(give_fragment(flow, 1, 0, 0, 1 | MORE, 2, 2, &seen), BASE_OK);
    /* The second half of a message of 15 bytes, then the first. */
    assert_int_equal(give_fragment(flow, 2, 0, CONTINUES + 2, 3 | MORE, 7, 6, &seen), BASE_OK);
    assert_int_equal(seen.messages, 1);
    assert_int_equal(give_fragment(flow, 3, 0, 1, 3 | MORE, 30, 10, &seen), BASE_OK);
    assert_int_equal(seen.messages, 2);
    assert_int_equal(seen.bytes, 1 + 15);
    assert_true(hermes_flow_stats(flow).memory_bytes > 0);
    assert_int_equal(give_fragment(flow, 4, 0, PARITY, 3, 7, 10, &seen), BASE_OK);
    assert_int_equal(hermes_flow_stats(flow).memory_bytes, 0);
    assert_int_equal(give_fragment(flow, 5, 0, 0, 1 | MORE, 2, 2, &seen), BASE_OK);
    /* The same, but its last data say that they are the last. */
    assert_int_equal(give_fragment(flow, 6, 1, 0, 1 | MORE, 2, 2, &seen), BASE_OK);
    assert_int_equal(give_fragment(flow, 7, 1, 0, 1, 2, 2, &seen), BASE_OK);
    assert_int_equal(hermes_flow_stats(flow).memory_bytes, 0);
    assert_int_equal(seen.messages, 3);
    hermes_flow_free(flow);
}

/* Blocks of which all was handed out, and whose parity was lost, do not keep others of their class
 * out; one that waits for its second half is not given up for them. */
static void spent_blocks_give_way(void **state)
{
    (void)state;
    enum { SIZE = 1000, COUNT = 500 };
    static const uint8_t head[] = { (2 * SIZE & 127) | 128, 2 * SIZE >> 7 };
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    uint8_t packet[SIZE + 64];
    assert_int_equal(give_fragment(flow, 0, 0, 0, 2 | MORE, 30, 10, &seen), BASE_OK);
    for (uint32_t i = 1; i <= COUNT; i++) {
        memset(packet, 7, sizeof packet);
        const size_t at = put_head(packet, (struct head){ 0, i, i, 0, 1 | MORE });
        memcpy(packet + at, head, sizeof head);
        assert_int_equal(give(flow, 0, packet, at + sizeof head + SIZE, &seen), BASE_OK);
        assert_int_equal(seen.messages, i);
    }
    assert_int_equal(give_fragment(flow, COUNT + 1, 0, CONTINUES + 1, 2 | MORE, 7, 6, &seen),
                     BASE_OK);
    assert_int_equal(seen.messages, COUNT + 1);
    hermes_flow_free(flow);
}

static void blocks_that_contradict(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct {
            unsigned code, end;
            size_t size;
        } first, second;
    } rows[] = {
        { "data beyond the end", { PARITY, 2, 10 }, { 2, 3 | MORE, 10 } },
        { "data that ended there", { CONTINUES + 5, 6 | MORE, 10 }, { PARITY, 3, 10 } },
        { "two ends", { PARITY, 2, 10 }, { PARITY + 1, 3, 10 } },
        { "parity of two sizes", { PARITY, 3, 10 }, { PARITY + 1, 3, 11 } },
        { "parity shorter than data", { 0, 2 | MORE, 10 }, { PARITY, 3, 9 } },
        { "data longer than parity", { PARITY, 3, 9 }, { 0, 2 | MORE, 10 } },
    };
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(give_fragment(flow, 2 * i, i, rows[i].first.code, rows[i].first.end, 100,
                                       rows[i].first.size, &seen),
                         BASE_OK);
        if (give_fragment(flow, 2 * i + 1, i, rows[i].second.code, rows[i].second.end, 100,
                          rows[i].second.size, &seen) != BASE_EPROTOCOL)
            fail_msg("%s is taken", rows[i].what);
    }
    assert_int_equal(seen.messages, 0);
    hermes_flow_free(flow);
}

/* Batches of which nothing came are cut out of what parity gives back. */
static void lost_batches(void **state)
{
    (void)state;
    enum { COUNT = 6, STRIDE = 10 };
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    uint8_t data[COUNT * STRIDE] = { 0 }, packet[64];
    for (size_t i = 0; i < COUNT; i++) { /* one message of 1 byte, one of i + 1 bytes */
        memcpy(data + i * STRIDE, (const uint8_t[]){ 2, 7, (uint8_t)(2 * i + 2) }, 3);
        memset(data + i * STRIDE + 3, 7, i + 1);
    }
    for (unsigned i = 1; i < COUNT; i += 3) {
        const size_t at =
            put_head(packet, (struct head){ 0, i, 0, (uint8_t)i, (uint8_t)(i + 1) | MORE });
        memcpy(packet + at, data + i * STRIDE, STRIDE);
        assert_int_equal(give(flow, 0, packet, at + i + 4, &seen), BASE_OK);
    }
    assert_int_equal(seen.messages, 4);
    for (unsigned i = 0; i < COUNT - 2; i++) {
        const size_t at =
            put_head(packet, (struct head){ 0, 10 + i, 0, (uint8_t)(PARITY + 9 + i), COUNT });
        hermes_fec_parity(data, COUNT, STRIDE, PARITY + 9 + i, packet + at);
        assert_int_equal(seen.messages, 4);
        assert_int_equal(give(flow, 0, packet, at + STRIDE, &seen), BASE_OK);
    }
    assert_int_equal(seen.messages, 2 * COUNT);
    assert_int_equal(seen.bytes, COUNT + COUNT * (COUNT + 1) / 2);
    assert_int_equal(hermes_flow_stats(flow).memory_bytes, 0);
    hermes_flow_free(flow);
}

/* Block numbers that jump around the window, and packets that come again. */
static void jumps(void **state)
{
    (void)state;
    struct hermes_flow *const flow = open_flow();
    struct seen seen = { 0 };
    struct base_rng rng;
    base_rng_init(&rng, 1);
    uint8_t packet[64] = { 0 };
    for (int i = 0; i < 20000; i++) {
        const uint32_t block = (uint32_t)base_rng_below(&rng, 1 << 16);
        const struct head head = { (unsigned)base_rng_below(&rng, 3),
                                   (uint32_t)base_rng_below(&rng, 1 << 24), block, 0,
                                   (uint8_t)(1 + block % 3) };
        const size_t at = put_head(packet, head);
        packet[at] = 2;
        packet[at + 1] = 7;
        assert_int_equal(give(flow, (uint64_t)i, packet, at + 2, &seen), BASE_OK);
    }
    assert_true(seen.messages > 0);
    const size_t before = seen.messages;
    const size_t at = put_head(packet, (struct head){ 0, 77, 20, 0, 1 });
    packet[at] = 2;
    packet[at + 1] = 7;
    for (int i = 0; i < 5; i++)
        assert_int_equal(give(flow, 30000, packet, at + 2, &seen), BASE_OK);
    assert_true(seen.messages <= before + 1);
    hermes_flow_free(flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed),
        cmocka_unit_test(many_beginnings),
        cmocka_unit_test(many_long_messages),
        cmocka_unit_test(part_twice),
        cmocka_unit_test(jumps),
        cmocka_unit_test(block_that_grows),
        cmocka_unit_test(spent_blocks_give_way),
        cmocka_unit_test(blocks_that_contradict),
        cmocka_unit_test(lost_batches),
        cmocka_unit_test(forgotten_is_not_delivered),
        cmocka_unit_test(many_dropped_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
