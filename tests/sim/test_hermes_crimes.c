/* test_hermes_crimes.c - one byzantine member among eight, one crime at a time, in a direct group
 * and in a tree: the honest get every message once, nothing forged, within their memory; and who
 * can be proven a liar loses its sessions with all it lied to. */
#include <unit.h>

#include "hermes_evil.h"

#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { NODES = 8, EVIL = 3, MESSAGES = 60, SIZE = 600 };

static const struct {
    const char *what;
    enum hermes_crime crime;
    bool is_proven; /* its sessions end */
    bool in_tree_only;
    uint32_t spared; /* sessions with such as it hardly relayed to: their links were lazy */
} rows[HERMES_CRIMES] = {
    { "drops datagrams", HERMES_DROPS_DATAGRAMS, false, false },
    { "changes datagrams", HERMES_CHANGES_DATAGRAMS, false, false },
    { "repeats datagrams", HERMES_REPEATS_DATAGRAMS, false, false },
    { "sends garbage", HERMES_SENDS_GARBAGE, false, false },
    { "drops what it should relay", HERMES_DROPS_RELAYED, false, true },
    { "changes what it relays", HERMES_CHANGES_RELAYED, true, true, 1 },
    { "repeats what it relayed", HERMES_REPEATS_RELAYED, false, true },
    { "forges", HERMES_FORGES, true, false },
    { "announces and asks falsely", HERMES_NAMES_FALSELY, false, false },
    { "moves others by false records", HERMES_FALSE_RECORDS, true, false },
    { "prunes, asks and leaves at random", HERMES_FALSE_VERBS, false, true },
    { "breaks the protocol", HERMES_BREAKS_PROTOCOL, true, false },
};

static struct hermes_group group;
static uint8_t times[MESSAGES][NODES];
static uint32_t origins[MESSAGES], forged;

static void tell(void *context, uint32_t host, uint64_t now_ns,
                 const struct bpi_hermes_event *event)
{
    (void)context;
    (void)now_ns;
    uint32_t number;
    const uint32_t origin = hermes_group_host(&group, &event->id);
    if (event->kind != BPI_HERMES_MESSAGE || origin == EVIL || origin == UINT32_MAX)
        return;
    memcpy(&number, event->payload.data, sizeof number);
    bool is_true = event->payload.size == SIZE && number < MESSAGES && origins[number] == origin;
    for (size_t i = 4; i < event->payload.size && is_true; i++)
        is_true = event->payload.data[i] == (uint8_t)(number + i);
    forged += !is_true;
    if (is_true)
        times[number][host]++;
}

static void send_number(uint32_t number)
{
    uint8_t payload[SIZE];
    uint32_t host = number % NODES;
    struct base_why why = { 0 };
    host = host == EVIL ? EVIL + 1 : host;
    for (size_t i = 4; i < SIZE; i++)
        payload[i] = (uint8_t)(number + i);
    memcpy(payload, &number, sizeof number);
    origins[number] = host;
    const base_err err = hermes_group_send(&group, host, (enum bpi_hermes_type)(number % 9), NULL,
                                           base_span_of(payload, SIZE), NULL, &why);
    if (err != BASE_OK)
        fail_msg("message %u: %s", number, why.text);
}

static uint64_t check_honest(const char *what, bool is_tree)
{
    uint64_t rejected = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        if (i == EVIL)
            continue;
        for (uint32_t m = 0; m < MESSAGES; m++)
            if (times[m][i] != (i != origins[m]))
                fail_msg("%s%s: message %u of %u came %u times to %u", what,
                         is_tree ? " (tree)" : "", m, origins[m], times[m][i], i);
        const struct bpi_hermes_status s = bpi_hermes_status(group.nodes[i]);
        assert_true(s.memory_bytes < (size_t)2 * NODES * (512 << 10));
        rejected +=
            s.rejected_forged + s.rejected_malformed + s.rejected_replayed + s.rejected_unknown;
    }
    return rejected;
}

/* Nobody who could prove twice that it changes messages, enough for a ban, keeps a session. */
static uint32_t sessions_with_evil(bool is_proven)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        struct bpi_hermes_neighbor sessions[4 * NODES];
        if (i == EVIL)
            continue;
        const size_t there = bpi_hermes_neighbors(group.nodes[i], sessions, 4 * NODES);
        for (size_t k = 0; k < there; k++) {
            if (memcmp(&sessions[k].id, &group.ids[EVIL], sizeof sessions[k].id) != 0)
                continue;
            count++;
            if (is_proven)
                assert_true(bpi_hermes_status(group.nodes[i]).rejected_forged < 2);
        }
    }
    return count;
}

static void commit(size_t row, bool is_tree)
{
    struct hermes_group_config config = {
        .count = NODES,
        .seed = 7 + row,
        .link = { .delay_ns = 10 * MS, .loss = LAB_LOSS_BERNOULLI, .loss_share = 0.01 },
        .boots = NODES,
        .tell = tell
    };
    bpi_hermes_defaults(&config.node);
    config.node.members_max = 64;
    config.node.peer_memory_bytes = 512 << 10;
    config.node.direct_max = is_tree ? 0 : 64;
    config.node.deadline_ns[0] = config.node.deadline_ns[1] = 10 * SECOND;
    memset(times, 0, sizeof times);
    forged = 0;
    hermes_group_open(&group, &config);
    struct hermes_evil *const evil = hermes_evil_new(&group, EVIL, row, rows[row].crime);
    for (uint32_t i = 0; i < NODES; i++)
        if (i != EVIL)
            hermes_group_start(&group, i);
    assert_int_equal(lab_sim_start(group.sim, EVIL, &hermes_evil_step, evil), BASE_OK);
    hermes_group_run(&group, 5 * SECOND);
    for (uint32_t m = 0; m < MESSAGES; m++) {
        send_number(m);
        hermes_group_run(&group, 200 * MS);
    }
    hermes_group_run(&group, 12 * SECOND);
    const uint64_t rejected = check_honest(rows[row].what, is_tree);
    const uint32_t sessions = sessions_with_evil(rows[row].is_proven);
    print_message("%s%s: %llu rejected, %u sessions left to it\n", rows[row].what,
                  is_tree ? " (tree)" : "", (unsigned long long)rejected, sessions);
    assert_int_equal(forged, 0);
    if (rows[row].is_proven)
        assert_true(sessions <= rows[row].spared && rejected > 0);
    lab_sim_crash(group.sim, EVIL);
    hermes_evil_free(evil);
    hermes_group_close(&group);
}

static void test_direct(void **state)
{
    (void)state;
    for (size_t row = 0; row < HERMES_CRIMES; row++)
        if (!rows[row].in_tree_only)
            commit(row, false);
}

static void test_tree(void **state)
{
    (void)state;
    for (size_t row = 0; row < HERMES_CRIMES; row++)
        commit(row, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
