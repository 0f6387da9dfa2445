/* test_hermes_message.c - messages between nodes: what is written is read back, and nothing that is
 * cut, longer, or has a field out of range is taken. */
#include <unit.h>

#include "hermes_message_internal.h"

#include <base/rng.h>

#include <stdio.h>
#include <string.h>

static void fill(struct base_rng *rng, void *out, size_t size)
{
    uint8_t *const bytes = out;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)base_rng_u64(rng);
}

static struct hermes_name random_name(struct base_rng *rng)
{
    struct hermes_name name = { .incarnation = base_rng_u64(rng),
                                .counter = base_rng_u64(rng) >> 16,
                                .class = (enum bpi_hermes_class)base_rng_below(rng, 3) };
    fill(rng, name.origin.bytes, sizeof name.origin.bytes);
    return name;
}

static struct hermes_envelope random_envelope(struct base_rng *rng)
{
    struct hermes_envelope e = { .kind = (enum hermes_kind)(1 + base_rng_below(rng, 3)),
                                 .type =
                                     (enum bpi_hermes_type)base_rng_below(rng, BPI_HERMES_TYPES),
                                 .name = random_name(rng) };
    e.hops = e.kind == HERMES_RELAYED ? 1 + (uint32_t)base_rng_below(rng, HERMES_HOPS_MAX) : 1;
    e.is_shaping = e.kind == HERMES_RELAYED && base_rng_below(rng, 2) == 1;
    e.name.class = bpi_hermes_type_class(e.type);
    return e;
}

static size_t put_envelope(const struct hermes_envelope *e, uint8_t *out, size_t payload_size)
{
    const size_t head = hermes_envelope_head(e, out);
    assert_int_equal(head,
                     e->kind == HERMES_RELAYED ? HERMES_RELAYED_HEAD_SIZE : HERMES_PLAIN_HEAD_SIZE);
    memset(out + head, 0x5a, payload_size);
    return head + payload_size;
}

static void test_envelopes_come_back(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 1);
    for (int i = 0; i < 2000; i++) {
        const struct hermes_envelope in = random_envelope(&rng);
        uint8_t bytes[HERMES_RELAYED_HEAD_SIZE + 40];
        const size_t payload = 1 + base_rng_below(&rng, 40);
        const size_t size = put_envelope(&in, bytes, payload);
        struct hermes_envelope out = { .name.origin = in.name.origin };
        assert_int_equal(hermes_envelope_decode(base_span_of(bytes, size), &out), BASE_OK);
        assert_int_equal(out.kind, in.kind);
        assert_int_equal(out.hops, in.hops);
        assert_int_equal(out.type, in.type);
        assert_int_equal(out.is_shaping, in.is_shaping);
        assert_true(hermes_name_is(&out.name, &in.name));
        assert_int_equal(out.payload.size, payload);
        assert_int_equal(out.payload.data[0], 0x5a);
        if (in.kind == HERMES_RELAYED) {
            struct base_span signed_part;
            assert_ptr_equal(out.signature, hermes_envelope_sign_at(bytes, size, &signed_part));
            assert_ptr_equal(out.signed_part.data, signed_part.data);
            assert_int_equal(out.signed_part.size, signed_part.size);
            assert_memory_equal(signed_part.data, "HMs1", 4);
        }
    }
}

static void test_the_signature_covers_all_but_hops(void **state)
{
    (void)state;
    uint8_t bytes[HERMES_RELAYED_HEAD_SIZE + 4];
    struct hermes_envelope e = { .kind = HERMES_RELAYED, .hops = 3 };
    const size_t size = put_envelope(&e, bytes, 4);
    struct base_span part;
    (void)hermes_envelope_sign_at(bytes, size, &part);
    assert_ptr_equal(part.data, bytes + 2 + HERMES_SIGNATURE_SIZE);
    assert_ptr_equal(part.data + part.size, bytes + size);
}

static void test_cut_envelopes_are_refused(void **state)
{
    (void)state;
    for (int kind = HERMES_TO_ONE; kind <= HERMES_RELAYED; kind++) {
        uint8_t bytes[HERMES_RELAYED_HEAD_SIZE + 1];
        const struct hermes_envelope in = { .kind = (enum hermes_kind)kind, .hops = 1 };
        const size_t size = put_envelope(&in, bytes, 1);
        struct hermes_envelope out = { 0 };
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(hermes_envelope_decode(base_span_of(bytes, cut), &out),
                             BASE_EPROTOCOL);
        assert_int_equal(hermes_envelope_decode(base_span_of(bytes, size), &out), BASE_OK);
    }
}

static void test_bad_fields_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum hermes_kind kind;
        size_t at;
        uint8_t value;
    } rows[] = {
        { "version 0", HERMES_TO_ONE, 0, 0x01 },
        { "version 2", HERMES_TO_ONE, 0, 0x21 },
        { "kind 0", HERMES_TO_ONE, 0, 0x10 },
        { "a control kind", HERMES_TO_ONE, 0, 0x10 | HERMES_HELLO },
        { "kind 15", HERMES_TO_ONE, 0, 0x1f },
        { "no hops", HERMES_TO_ALL, 1, 0 },
        { "a direct message of two hops", HERMES_TO_ALL, 1, 2 },
        { "type 11", HERMES_TO_ONE, 2, BPI_HERMES_TYPES },
        { "a class that is not the type's", HERMES_TO_ONE, 2, 0x10 },
        { "flags", HERMES_TO_ONE, 3, 1 },
        { "relayed without hops", HERMES_RELAYED, 1, 0 },
        { "too many hops", HERMES_RELAYED, 1, HERMES_HOPS_MAX + 1 },
        { "another tag", HERMES_RELAYED, 66, 'X' },
        { "relayed flags", HERMES_RELAYED, 71, 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[HERMES_RELAYED_HEAD_SIZE + 1];
        const struct hermes_envelope in = { .kind = rows[i].kind, .hops = 1 };
        const size_t size = put_envelope(&in, bytes, 1);
        bytes[rows[i].at] = rows[i].value;
        struct hermes_envelope out = { 0 };
        if (hermes_envelope_decode(base_span_of(bytes, size), &out) != BASE_EPROTOCOL)
            fail_msg("%s was taken", rows[i].what);
    }
}

static struct hermes_control random_control(struct base_rng *rng, enum hermes_kind kind)
{
    struct hermes_control c = { .kind = kind };
    fill(rng, c.address.ip, sizeof c.address.ip);
    c.address.port = (uint16_t)base_rng_u64(rng);
    c.wants_answer = base_rng_below(rng, 2) == 1;
    c.verb = (enum hermes_verb)base_rng_below(rng, HERMES_VERBS);
    if (kind == HERMES_MEMBERS) {
        c.count = base_rng_below(rng, HERMES_RECORDS_MAX + 1);
        fill(rng, c.records, sizeof c.records);
    } else if (kind == HERMES_IHAVE || kind == HERMES_GRAFT || kind == HERMES_WANT) {
        c.count = 1 + base_rng_below(rng, HERMES_NAMES_MAX);
        for (size_t i = 0; i < c.count; i++)
            c.names[i] = random_name(rng);
    }
    return c;
}

static void check_same(const struct hermes_control *a, const struct hermes_control *b)
{
    assert_int_equal(a->kind, b->kind);
    if (a->kind == HERMES_HELLO)
        assert_true(base_address_is(&a->address, &b->address));
    if (a->kind == HERMES_NEIGHBOR)
        assert_int_equal(a->verb, b->verb);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count && a->kind == HERMES_MEMBERS; i++) {
        assert_int_equal(a->wants_answer, b->wants_answer);
        assert_true(hermes_id_is(&a->records[i].id, &b->records[i].id));
        assert_int_equal(a->records[i].version, b->records[i].version);
        assert_true(base_address_is(&a->records[i].address, &b->records[i].address));
        assert_memory_equal(a->records[i].signature, b->records[i].signature, 64);
    }
    for (size_t i = 0; i < a->count && a->kind != HERMES_MEMBERS; i++)
        assert_true(hermes_name_is(&a->names[i], &b->names[i]));
}

static void test_control_comes_back_and_exactly(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 2);
    for (int i = 0; i < 300; i++) {
        const enum hermes_kind kind = (enum hermes_kind)(HERMES_HELLO + i % 7);
        const struct hermes_control in = random_control(&rng, kind);
        uint8_t bytes[HERMES_CONTROL_MAX + 1] = { 0 };
        const size_t size = hermes_control_encode(&in, bytes);
        assert_true(size <= HERMES_CONTROL_MAX);
        struct hermes_control out;
        assert_int_equal(hermes_control_decode(base_span_of(bytes, size), &out), BASE_OK);
        check_same(&in, &out);
        assert_int_equal(hermes_control_decode(base_span_of(bytes, size + 1), &out),
                         BASE_EPROTOCOL);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(hermes_control_decode(base_span_of(bytes, cut), &out), BASE_EPROTOCOL);
    }
}

static void test_control_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t size;
        uint8_t bytes[4];
    } rows[] = {
        { "a verb past the last", 2, { 0x10 | HERMES_NEIGHBOR, HERMES_VERBS } },
        { "an answer flag of 2", 3, { 0x10 | HERMES_MEMBERS, 2, 0 } },
        { "33 records", 3, { 0x10 | HERMES_MEMBERS, 0, HERMES_RECORDS_MAX + 1 } },
        { "no names", 2, { 0x10 | HERMES_IHAVE, 0 } },
        { "17 names", 2, { 0x10 | HERMES_GRAFT, HERMES_NAMES_MAX + 1 } },
        { "an envelope", 2, { 0x10 | HERMES_TO_ALL, 1 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hermes_control out;
        if (hermes_control_decode(base_span_of(rows[i].bytes, rows[i].size), &out) !=
            BASE_EPROTOCOL)
            fail_msg("%s was taken", rows[i].what);
    }
    struct hermes_control name = { .kind = HERMES_GRAFT, .count = 1 };
    uint8_t bytes[HERMES_CONTROL_MAX];
    const size_t size = hermes_control_encode(&name, bytes);
    bytes[2] = BPI_HERMES_CLASSES;
    assert_int_equal(hermes_control_decode(base_span_of(bytes, size), &name), BASE_EPROTOCOL);
}

static void test_ids_differ(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 3);
    const struct hermes_name a = random_name(&rng);
    struct hermes_name b = a;
    struct bpi_hermes_message_id one = hermes_name_id(&a), other = hermes_name_id(&b);
    assert_memory_equal(&one, &other, sizeof one);
    b.counter++;
    other = hermes_name_id(&b);
    assert_memory_not_equal(&one, &other, sizeof one);
    b = a;
    b.incarnation++;
    other = hermes_name_id(&b);
    assert_memory_not_equal(&one, &other, sizeof one);
    b = a;
    b.origin.bytes[0] ^= 1;
    other = hermes_name_id(&b);
    assert_memory_not_equal(&one, &other, sizeof one);
    b = a;
    b.class = (enum bpi_hermes_class)((a.class + 1) % 3);
    other = hermes_name_id(&b);
    assert_memory_not_equal(&one, &other, sizeof one);
}

static void test_words(void **state)
{
    (void)state;
    struct base_why why;
    for (int i = 0; i < BPI_HERMES_TYPES; i++) {
        enum bpi_hermes_type type;
        const char *const text = bpi_hermes_type_text((enum bpi_hermes_type)i);
        assert_int_equal(bpi_hermes_type_parse(text, &type, NULL), BASE_OK);
        assert_int_equal(type, i);
    }
    enum bpi_hermes_class class;
    assert_int_equal(bpi_hermes_class_parse("shadowdata", &class, NULL), BASE_OK);
    assert_int_equal(class, BPI_HERMES_SHADOW_DATA);
    assert_int_equal(bpi_hermes_class_parse("1", &class, NULL), BASE_OK);
    assert_int_equal(class, BPI_HERMES_AUCTION);
    assert_int_equal(bpi_hermes_class_parse("3", &class, &why), BASE_EPARSE);
    assert_non_null(strstr(why.text, "Auction"));
    enum bpi_hermes_type type;
    assert_int_equal(bpi_hermes_type_parse("Vote", &type, &why), BASE_EPARSE);
    assert_non_null(strstr(why.text, "HotStuffVote"));
    assert_int_equal(bpi_hermes_type_class(BPI_HERMES_BLOCK_DATA), BPI_HERMES_SHADOW_DATA);
    assert_string_equal(bpi_hermes_class_text((enum bpi_hermes_class)7), "unknown class");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelopes_come_back),
        cmocka_unit_test(test_the_signature_covers_all_but_hops),
        cmocka_unit_test(test_cut_envelopes_are_refused),
        cmocka_unit_test(test_bad_fields_are_refused),
        cmocka_unit_test(test_control_comes_back_and_exactly),
        cmocka_unit_test(test_control_bounds),
        cmocka_unit_test(test_ids_differ),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
