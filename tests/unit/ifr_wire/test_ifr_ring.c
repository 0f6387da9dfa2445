/* test_ifr_ring.c - both ends of a ring in one process: its order, its limits, and ends that lie.
 */
#define _GNU_SOURCE
#include "wire_world.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mfn/ifr_ring.h>

struct pair {
    struct mfn_ifr_ring server, client;
    struct wire_map map;
    struct mfn_ifr_service service;
    int bell;
};

static void pair_open(struct pair *pair)
{
    int memory = -1;
    struct base_why why = { 0 };
    *pair = (struct pair){ .bell = eventfd(0, EFD_NONBLOCK) };
    pair->map.capacity = WIRE_MAP_CAPACITY;
    pair->service = wire_map_service(&pair->map);
    assert_int_equal(mfn_ifr_ring_make(&pair->server, pair->bell, &memory, &why), BASE_OK);
    if (mfn_ifr_ring_join(&pair->client, memory, dup(pair->bell), &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void pair_close(struct pair *pair)
{
    mfn_ifr_ring_close(&pair->client);
    mfn_ifr_ring_close(&pair->server);
    mfn_ifr_ring_close(&pair->server);
    close(pair->bell);
}

static base_err ask(struct pair *pair, enum mfn_ifr_command command, uint64_t number)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    wire_key(number, 13, key);
    const struct mfn_ifr_request request = { command, key, 13, wire_value(number) };
    return mfn_ifr_ring_ask(&pair->client, &request);
}

static unsigned take(struct pair *pair, struct mfn_ifr_answer *answer)
{
    uint8_t payload[MFN_IFR_ANSWER_SIZE_MAX];
    size_t size = 0;
    assert_int_equal(mfn_ifr_ring_take(&pair->client, 0, 1000000, payload, &size), BASE_OK);
    assert_int_equal(mfn_ifr_answer_decode(base_span_of(payload, size), answer, NULL), BASE_OK);
    return answer->result;
}

static void answers_come_in_order(void **state)
{
    (void)state;
    struct pair pair;
    struct mfn_ifr_answer answer;
    pair_open(&pair);
    for (uint64_t round = 0; round < 50; round++) {
        const uint64_t count = 1 + round * 37 % MFN_IFR_RING_SLOTS;
        for (uint64_t i = 0; i < count; i++) {
            assert_int_equal(ask(&pair, MFN_IFR_COMMAND_REGISTER, i), BASE_OK);
            if (i % 5 == 0)
                mfn_ifr_ring_serve(&pair.server, &pair.service, NULL);
        }
        mfn_ifr_ring_serve(&pair.server, &pair.service, NULL);
        for (uint64_t i = 0; i < count; i++)
            assert_int_equal(take(&pair, &answer), 0);
        for (uint64_t i = 0; i < count; i++)
            assert_int_equal(ask(&pair, MFN_IFR_COMMAND_LOOKUP, i), BASE_OK);
        assert_int_equal(mfn_ifr_ring_in_flight(&pair.client), count);
        assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), count);
        assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), 0);
        for (uint64_t i = 0; i < count; i++) {
            assert_int_equal(take(&pair, &answer), 0);
            wire_value_check(&answer.value, i);
        }
    }
    pair_close(&pair);
}

static void the_numbers_wrap(void **state)
{
    (void)state;
    struct pair pair;
    struct mfn_ifr_answer answer;
    pair_open(&pair);
    pair.server.answered = pair.client.asked = pair.client.answered = UINT32_MAX - 200;
    for (uint64_t i = 0; i < 400; i++) {
        assert_int_equal(ask(&pair, MFN_IFR_COMMAND_LOOKUP, i), BASE_OK);
        assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), 1);
        assert_int_equal(take(&pair, &answer), MFN_IFR_RESULT_NOT_FOUND);
    }
    assert_int_equal(pair.map.counters.misses, 400);
    pair_close(&pair);
}

static void limits(void **state)
{
    (void)state;
    struct pair pair;
    uint8_t payload[MFN_IFR_ANSWER_SIZE_MAX];
    size_t size;
    pair_open(&pair);
    for (uint64_t i = 0; i < MFN_IFR_RING_SLOTS; i++)
        assert_int_equal(ask(&pair, MFN_IFR_COMMAND_STATS, i), BASE_OK);
    assert_int_equal(ask(&pair, MFN_IFR_COMMAND_STATS, 0), BASE_EFULL);
    assert_int_equal(mfn_ifr_ring_take(&pair.client, 1000, 2000000, payload, &size), BASE_ETIMEOUT);
    pair_close(&pair);
}

static bool is_rung(struct pair *pair)
{
    uint64_t rung = 0;
    assert_int_equal(mfn_ifr_ring_kick(&pair->client), BASE_OK);
    return read(pair->bell, &rung, sizeof rung) == sizeof rung && rung == 1;
}

/* The bell is rung once while the server sleeps, not when it is awake, and not without a question.
 */
static void the_bell(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    assert_int_equal(ask(&pair, MFN_IFR_COMMAND_STATS, 0), BASE_OK);
    assert_false(is_rung(&pair));
    mfn_ifr_ring_doze(&pair.server, true);
    assert_false(is_rung(&pair));
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&pair, MFN_IFR_COMMAND_STATS, 0), BASE_OK);
    assert_true(is_rung(&pair));
    assert_int_equal(ask(&pair, MFN_IFR_COMMAND_STATS, 0), BASE_OK);
    assert_false(is_rung(&pair));
    mfn_ifr_ring_doze(&pair.server, true);
    mfn_ifr_ring_doze(&pair.server, false);
    assert_int_equal(ask(&pair, MFN_IFR_COMMAND_STATS, 0), BASE_OK);
    assert_false(is_rung(&pair));
    pair_close(&pair);
}

/* Questions of impossible sizes and contents are refused; the memory is where the header says. */
static void a_lying_client(void **state)
{
    (void)state;
    static const uint16_t sizes[] = { 0, 3, 121, 129, 65535 };
    struct pair pair;
    struct mfn_ifr_answer answer;
    pair_open(&pair);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(ask(&pair, MFN_IFR_COMMAND_LOOKUP, 1), BASE_OK);
        memcpy(pair.client.memory + 4096 + 128 * i + 4, &sizes[i], sizeof sizes[i]);
        assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), 1);
        assert_int_equal(take(&pair, &answer), MFN_IFR_RESULT_INVALID);
        assert_true(answer.sentence[0] != '\0');
    }
    assert_int_equal(ask(&pair, MFN_IFR_COMMAND_LOOKUP, 1), BASE_OK);
    pair.client.memory[4096 + 128 * 5 + 8] = MFN_IFR_COMMAND_ATTACH;
    assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), 1);
    assert_int_equal(take(&pair, &answer), MFN_IFR_RESULT_INVALID);

    /* Every slot said to be full: it is served a round and no more. */
    for (uint32_t i = 0; i < MFN_IFR_RING_SLOTS; i++) {
        const uint32_t turn = pair.server.answered + 1 + i;
        memcpy(pair.client.memory + 4096 + 128 * ((turn - 1) % MFN_IFR_RING_SLOTS), &turn,
               sizeof turn);
    }
    assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), MFN_IFR_RING_SLOTS);
    assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), 0);
    pair_close(&pair);
}

static void a_lying_server(void **state)
{
    (void)state;
    static const uint16_t sizes[] = { 165, 192, 65535 };
    struct pair pair;
    uint8_t payload[MFN_IFR_ANSWER_SIZE_MAX];
    size_t size;
    pair_open(&pair);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(ask(&pair, MFN_IFR_COMMAND_LOOKUP, 1), BASE_OK);
        assert_int_equal(mfn_ifr_ring_serve(&pair.server, &pair.service, NULL), 1);
        memcpy(pair.server.memory + 8192 + 192 * i + 4, &sizes[i], sizeof sizes[i]);
        assert_int_equal(mfn_ifr_ring_take(&pair.client, 0, 1000000, payload, &size),
                         BASE_EPROTOCOL);
    }
    pair_close(&pair);
}

/* A sealed memory of the right size is needed: another could be cut off under the reader. */
static void memory_that_is_no_ring(void **state)
{
    (void)state;
    enum { GOOD = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };
    static const struct {
        long size;
        int seals;
    } rows[] = {
        { MFN_IFR_RING_SIZE, 0 },
        { MFN_IFR_RING_SIZE, F_SEAL_GROW | F_SEAL_SEAL },
        { MFN_IFR_RING_SIZE - 1, GOOD },
        { MFN_IFR_RING_SIZE + 4096, GOOD },
    };
    struct base_why why = { 0 };
    struct mfn_ifr_ring ring = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int fd = memfd_create("no ring", MFD_ALLOW_SEALING);
        assert_int_equal(ftruncate(fd, rows[i].size), 0);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, rows[i].seals), 0);
        assert_int_equal(mfn_ifr_ring_join(&ring, fd, eventfd(0, 0), &why), BASE_EPROTOCOL);
        assert_string_equal(why.text, "the server's ring is not sealed memory of 14336 bytes");
        assert_int_equal(fcntl(fd, F_GETFD), -1);
    }
    assert_int_equal(mfn_ifr_ring_join(&ring, eventfd(0, 0), eventfd(0, 0), &why), BASE_EPROTOCOL);
    assert_null(ring.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_in_order),
        cmocka_unit_test(the_numbers_wrap),
        cmocka_unit_test(limits),
        cmocka_unit_test(the_bell),
        cmocka_unit_test(a_lying_client),
        cmocka_unit_test(a_lying_server),
        cmocka_unit_test(memory_that_is_no_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
