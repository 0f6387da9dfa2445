/* test_ifr_components.c - states over time, names, and a full house. */
#include "unit.h"

#include <mfn/ifr_components.h>

#include <string.h>

#define S UINT64_C(1000000000)

static struct mfn_ifr_components components; /* large */

static enum mfn_ifr_state state_of(uint32_t component_id, uint64_t now_ns)
{
    const struct mfn_ifr_member *const member = mfn_ifr_components_find(&components, component_id);
    assert_non_null(member);
    assert_int_equal(member->component_id, component_id);
    return mfn_ifr_member_state(member, now_ns);
}

static void silence_changes_the_state(void **state)
{
    (void)state;
    components = (struct mfn_ifr_components){ 0 };
    assert_int_equal(mfn_ifr_components_heard(&components, 5, 1), BASE_ENOTFOUND);
    assert_int_equal(mfn_ifr_components_add(&components, 5, 10 * S), BASE_OK);
    assert_int_equal(state_of(5, 10 * S), MFN_IFR_STARTING);
    assert_int_equal(mfn_ifr_components_heard(&components, 5, 20 * S), BASE_OK);
    assert_int_equal(state_of(5, 20 * S), MFN_IFR_RUNNING);
    assert_int_equal(state_of(5, 80 * S - 1), MFN_IFR_RUNNING);
    assert_int_equal(state_of(5, 80 * S), MFN_IFR_UNKNOWN);
    assert_int_equal(state_of(5, 200 * S - 1), MFN_IFR_UNKNOWN);
    assert_int_equal(state_of(5, 200 * S), MFN_IFR_FAILED);
    assert_int_equal(mfn_ifr_components_heard(&components, 5, 300 * S), BASE_OK);
    assert_int_equal(state_of(5, 300 * S), MFN_IFR_RUNNING); /* it came back */
    assert_int_equal(state_of(5, 0), MFN_IFR_RUNNING);       /* a question about the past */
}

static void connections_are_counted(void **state)
{
    (void)state;
    components = (struct mfn_ifr_components){ 0 };
    assert_int_equal(mfn_ifr_components_end(&components, 1, 1), BASE_ENOTFOUND);
    assert_int_equal(mfn_ifr_components_add(&components, 1, S), BASE_OK);
    assert_int_equal(mfn_ifr_components_add(&components, 1, S), BASE_OK);
    assert_int_equal(components.count, 1);
    assert_int_equal(mfn_ifr_components_end(&components, 1, 2 * S), BASE_OK);
    assert_int_equal(state_of(1, 2 * S), MFN_IFR_STARTING);
    assert_int_equal(mfn_ifr_components_end(&components, 1, 3 * S), BASE_OK);
    assert_int_equal(state_of(1, 3 * S), MFN_IFR_STOPPED);
    assert_int_equal(state_of(1, 3000 * S), MFN_IFR_STOPPED);
    assert_int_equal(mfn_ifr_components_end(&components, 1, 3 * S), BASE_OK); /* once too often */
    assert_int_equal(mfn_ifr_components_find(&components, 1)->connection_count, 0);
}

static void a_goodbye_is_believed(void **state)
{
    (void)state;
    components = (struct mfn_ifr_components){ 0 };
    assert_int_equal(mfn_ifr_components_add(&components, 2, S), BASE_OK);
    assert_int_equal(mfn_ifr_components_set(&components, 2, MFN_IFR_STOPPING, S), BASE_OK);
    assert_int_equal(mfn_ifr_components_heard(&components, 2, 2 * S), BASE_OK);
    assert_int_equal(state_of(2, 100 * S), MFN_IFR_STOPPING);
    assert_int_equal(state_of(2, 182 * S), MFN_IFR_FAILED); /* it never ended */
    assert_int_equal(mfn_ifr_components_find(&components, 2)->message_count, 1);
    assert_int_equal(mfn_ifr_components_set(&components, 2, MFN_IFR_STATE_COUNT, S), BASE_EINVALID);
    assert_int_equal(mfn_ifr_components_remove(&components, 2), BASE_OK);
    assert_int_equal(mfn_ifr_components_remove(&components, 2), BASE_ENOTFOUND);
    assert_null(mfn_ifr_components_find(&components, 2));
}

static void a_full_house_makes_room_by_the_dead(void **state)
{
    (void)state;
    components = (struct mfn_ifr_components){ 0 };
    for (uint32_t i = 0; i < MFN_IFR_COMPONENTS_MAX; i++) /* from both ends */
        assert_int_equal(
            mfn_ifr_components_add(&components, i % 2 == 0 ? i : UINT32_MAX - i, S + i), BASE_OK);
    for (uint32_t i = 1; i < components.count; i++)
        assert_true(components.members[i - 1].component_id < components.members[i].component_id);
    assert_int_equal(mfn_ifr_components_add(&components, 77777, 2 * S), BASE_EFULL);
    assert_int_equal(mfn_ifr_components_set(&components, 77777, MFN_IFR_RUNNING, S), BASE_EFULL);
    assert_int_equal(mfn_ifr_components_end(&components, 500, 2 * S), BASE_OK);
    assert_int_equal(mfn_ifr_components_end(&components, 4, 3 * S), BASE_OK);
    assert_int_equal(mfn_ifr_components_add(&components, 77777, 4 * S), BASE_OK);
    assert_null(mfn_ifr_components_find(&components, 500)); /* was out of work longest */
    assert_non_null(mfn_ifr_components_find(&components, 4));
    assert_int_equal(state_of(77777, 4 * S), MFN_IFR_STARTING);
    assert_int_equal(components.count, MFN_IFR_COMPONENTS_MAX);
}

static void names_and_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_good;
        uint32_t number;
    } rows[] = {
        { "transport", true, 0 },
        { "Consensus", true, 1 },
        { "container", true, 2 },
        { "SECURITY", true, 3 },
        { "orchestration", true, 4 },
        { "networking", true, 5 },
        { "scheduler", true, 6 },
        { "0", true, 0 },
        { "4294967295", true, UINT32_MAX },
        { "007", true, 7 },
        { "4294967296", false, 0 },
        { "99999999999999999999999", false, 0 },
        { "", false, 0 },
        { "-1", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "0x10", false, 0 },
        { "transports", false, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t number = 12345;
        struct base_why why = { 0 };
        const base_err err = mfn_ifr_component_parse(rows[i].text, &number, &why);
        assert_int_equal(err, rows[i].is_good ? BASE_OK : BASE_EPARSE);
        assert_int_equal(number, rows[i].is_good ? rows[i].number : 12345);
        if (!rows[i].is_good)
            assert_non_null(strstr(why.text, "neither a number 0 .. 4294967295 nor one of"));
    }
    assert_string_equal(mfn_ifr_component_name(MFN_IFR_SCHEDULER), "scheduler");
    assert_null(mfn_ifr_component_name(MFN_IFR_NAMED_COMPONENTS));
    assert_string_equal(mfn_ifr_state_name(MFN_IFR_UNKNOWN), "unknown");
    assert_string_equal(mfn_ifr_state_name(MFN_IFR_FAILED), "failed");
    assert_string_equal(mfn_ifr_state_name(MFN_IFR_STATE_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_changes_the_state),
        cmocka_unit_test(connections_are_counted),
        cmocka_unit_test(a_goodbye_is_believed),
        cmocka_unit_test(a_full_house_makes_room_by_the_dead),
        cmocka_unit_test(names_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
