/* test_hermes_members.c - the table of members against a naive twin, and what a liar cannot do. */
#include <unit.h>

#include "hermes_members_internal.h"

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

enum { IDS = 200, TABLE = 64 };

static struct bpi_hermes_id id_of(uint32_t number)
{
    struct bpi_hermes_id id = { { 0 } };
    id.bytes[0] = (uint8_t)(number % 3); /* ids that look alike */
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

static struct base_address address_of(uint32_t number)
{
    struct base_address address = { .ip = { 0xfd }, .port = 9000 };
    memcpy(address.ip + 12, &number, sizeof number);
    return address;
}

static struct hermes_record record_of(uint32_t number, uint64_t version)
{
    return (struct hermes_record){ .id = id_of(number),
                                   .version = version,
                                   .address = address_of(number) };
}

static void open_table(struct hermes_members *members, uint32_t capacity)
{
    assert_int_equal(hermes_members_init(members, capacity, 8, 99), BASE_OK);
}

static void check(const struct hermes_members *members, const bool *is_there)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < IDS; i++) {
        const struct bpi_hermes_id id = id_of(i);
        const struct hermes_member *const member = hermes_members_find(members, &id);
        assert_int_equal(member != NULL, is_there[i]);
        if (member != NULL)
            assert_true(hermes_id_is(&member->id, &id));
        count += is_there[i];
    }
    assert_int_equal(members->count, count);
}

static void test_against_a_twin(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 5);
    struct hermes_members members;
    open_table(&members, IDS);
    bool is_there[IDS] = { false };
    for (int step = 0; step < 20000; step++) {
        const uint32_t number = (uint32_t)base_rng_below(&rng, IDS);
        const struct bpi_hermes_id id = id_of(number);
        const struct base_address address = address_of(number);
        if (base_rng_below(&rng, 2) == 0) {
            assert_non_null(hermes_members_meet(&members, &id, &address, &rng));
            is_there[number] = true;
        } else if (is_there[number]) {
            hermes_members_remove(&members, hermes_members_find(&members, &id));
            is_there[number] = false;
        }
        if (step % 500 == 0)
            check(&members, is_there);
    }
    check(&members, is_there);
    hermes_members_done(&members);
}

static void test_a_full_table_stays_full(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 6);
    struct hermes_members members;
    open_table(&members, TABLE);
    for (uint32_t i = 0; i < TABLE; i++) {
        const struct bpi_hermes_id id = id_of(i);
        const struct base_address address = address_of(i);
        struct hermes_member *const member = hermes_members_meet(&members, &id, &address, &rng);
        member->session = i % 2 == 0 ? i : HERMES_NO_SESSION;
    }
    for (uint32_t i = TABLE; i < IDS; i++) {
        const struct hermes_record record = record_of(i, 1);
        if (hermes_members_wants(&members, &record, i % 8, &rng))
            (void)hermes_members_learn(&members, &record, i % 8, &rng);
        assert_int_equal(members.count, TABLE);
    }
    for (uint32_t i = 0; i < TABLE; i += 2) {
        const struct bpi_hermes_id id = id_of(i);
        assert_non_null(hermes_members_find(&members, &id));
    }
    hermes_members_done(&members);
}

static void test_one_peer_tells_of_few(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 7);
    struct hermes_members members;
    open_table(&members, 4096);
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 4000; i++) {
        const struct hermes_record record = record_of(i, 1);
        if (hermes_members_wants(&members, &record, 3, &rng))
            taken += hermes_members_learn(&members, &record, 3, &rng) != NULL;
    }
    assert_int_equal(taken, 4096 / 8);
    const struct hermes_record other = record_of(5000, 1);
    assert_true(hermes_members_wants(&members, &other, 4, &rng));
    hermes_members_done(&members);
}

static void test_public_subnets_are_bounded(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 8);
    struct hermes_members members;
    open_table(&members, 1024);
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 800; i++) {
        struct hermes_record record = record_of(i, 1);
        record.address = (struct base_address){ .port = (uint16_t)(1 + i) };
        const uint8_t ip[6] = { 0xff, 0xff, 203, 0, 113, (uint8_t)i };
        memcpy(record.address.ip + 10, ip, sizeof ip);
        if (hermes_members_wants(&members, &record, i % 8, &rng))
            taken += hermes_members_learn(&members, &record, i % 8, &rng) != NULL;
    }
    assert_true(taken >= 64 && taken <= 128);
    hermes_members_done(&members);
}

static void test_only_newer_records_move(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 9);
    struct hermes_members members;
    open_table(&members, TABLE);
    struct hermes_record record = record_of(1, 10);
    assert_true(hermes_members_wants(&members, &record, 0, &rng));
    assert_non_null(hermes_members_learn(&members, &record, 0, &rng));
    record.address = address_of(77);
    assert_false(hermes_members_wants(&members, &record, 1, &rng));
    record.version = 9;
    assert_false(hermes_members_wants(&members, &record, 1, &rng));
    record.version = 11;
    assert_true(hermes_members_wants(&members, &record, 1, &rng));
    assert_non_null(hermes_members_learn(&members, &record, 1, &rng));
    /* It speaks of a place its record does not name: what it signed before moves it no more. */
    const struct bpi_hermes_id id = id_of(1);
    const struct base_address met_at = address_of(78);
    assert_non_null(hermes_members_meet(&members, &id, &met_at, &rng));
    static const struct {
        uint64_t version;
        bool is_wanted;
    } rows[] = { { 0, false }, { 10, false }, { 11, true }, { 12, true } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        record.version = rows[i].version;
        assert_int_equal(hermes_members_wants(&members, &record, 1, &rng), rows[i].is_wanted);
    }
    record.address.port = 0;
    assert_false(hermes_members_wants(&members, &record, 1, &rng));
    hermes_members_done(&members);
}

static void test_samples_and_candidates(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 10);
    struct hermes_members members;
    open_table(&members, TABLE);
    struct hermes_record out[HERMES_RECORDS_MAX];
    const struct bpi_hermes_id me = id_of(3);
    assert_int_equal(hermes_members_sample(&members, &rng, &me, out, 4), 0);
    assert_null(hermes_members_candidate(&members, &rng, 0));
    for (uint32_t i = 0; i < 20; i++) {
        const struct hermes_record record = record_of(i, 1);
        assert_non_null(hermes_members_learn(&members, &record, 0, &rng));
    }
    assert_int_equal(hermes_members_sample(&members, &rng, &me, out, HERMES_RECORDS_MAX), 19);
    for (int a = 0; a < 19; a++) {
        assert_false(hermes_id_is(&out[a].id, &me));
        for (int b = 0; b < a; b++)
            assert_false(hermes_id_is(&out[a].id, &out[b].id));
    }
    for (uint32_t i = 0; i < 20; i++) {
        members.items[i].session = i == 4 ? HERMES_NO_SESSION : i;
        members.items[i].retry_ns = 100;
    }
    assert_null(hermes_members_candidate(&members, &rng, 99));
    assert_ptr_equal(hermes_members_candidate(&members, &rng, 100), &members.items[4]);
    hermes_members_done(&members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_twin),
        cmocka_unit_test(test_a_full_table_stays_full),
        cmocka_unit_test(test_one_peer_tells_of_few),
        cmocka_unit_test(test_public_subnets_are_bounded),
        cmocka_unit_test(test_only_newer_records_move),
        cmocka_unit_test(test_samples_and_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
