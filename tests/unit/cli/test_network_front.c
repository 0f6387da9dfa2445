/* test_network_front.c - what stands before the rounds of a network: nothing is left out unsaid,
 * and documents of others are left alone. */
#include "unit.h"

#include "network_front.h"

#include <suite/network.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MAX = 300, ARGS = 5 };

static struct {
    struct result_case cases[CASES_MAX];
    struct result_pair args[CASES_MAX][ARGS];
    char ids[CASES_MAX][200];
    struct result_run run;
} made;

static void add_case(const char *name, const char *condition, const char *attack, size_t rounds)
{
    const size_t i = made.run.case_count++;
    const struct result_pair args[ARGS] = { { "condition", condition },
                                            { "bandwidth", "10Mbit/s" },
                                            { "load", "100" },
                                            { "class", "consensus" },
                                            { "attack", attack } };
    memcpy(made.args[i], args, sizeof args);
    snprintf(made.ids[i], sizeof made.ids[i], "%s:condition=%s,attack=%s", name, condition, attack);
    made.cases[i] = (struct result_case){ .id = made.ids[i],
                                          .suite = "net",
                                          .name = name,
                                          .status = "ok",
                                          .args = { made.args[i], ARGS },
                                          .process_count = rounds };
    made.run.cases = made.cases;
}

static const struct result_front *front_of(struct base_arena *arena)
{
    const struct result_front *front = NULL;
    assert_int_equal(cli_network_front(&made.run, arena, &front), BASE_OK);
    return front;
}

/* A cell by the beginning of the table's title, and by the row's name. */
static const char *cell(const struct result_front *front, const char *title, const char *name,
                        size_t column)
{
    for (size_t i = 0; i < front->table_count; i++) {
        const struct result_front_table *table = &front->tables[i];
        if (table->title == NULL || strncmp(table->title, title, strlen(title)) != 0)
            continue;
        for (size_t r = 0; r < table->row_count; r++)
            if (strcmp(table->cells[r * table->column_count].text, name) == 0)
                return table->cells[r * table->column_count + column].text;
    }
    fail_msg("no row %s in %s", name, title);
    return NULL;
}

static const char *const overlays[] = { "net/hermes", "net/flood", "net/gossip", "net/gossipsub",
                                        "net/plumtree" };

static size_t marks_of(const struct result_front *front)
{
    size_t marks = 0;
    for (size_t i = 0; i < front->figure_count; i++)
        marks += front->figures[i].mark_count;
    return marks;
}

/* Each column is a mark in each of three figures, however many attacks there are. */
static void no_attack_is_left_out(void **state)
{
    (void)state;
    static const char *const attacks[] = { "none",    "garbage", "replay",    "spoof",
                                           "amplify", "slow",    "byzantine", "sybil" };
    static const struct {
        size_t overlays, attacks, figures;
    } rows[] = { { 1, 8, 3 }, { 2, 4, 3 }, { 2, 5, 15 }, { 5, 8, 24 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_arena arena = { 0 };
        made.run.case_count = 0;
        for (size_t a = 0; a < rows[i].attacks; a++)
            for (size_t o = 0; o < rows[i].overlays; o++)
                add_case(overlays[o], "local", attacks[a], 10);
        const struct result_front *front = front_of(&arena);
        assert_non_null(front);
        assert_int_equal(front->figure_count, rows[i].figures);
        assert_int_equal(marks_of(front), 3 * rows[i].attacks * rows[i].overlays);
        for (size_t f = 0; f < front->figure_count; f++)
            assert_null(strstr(front->figures[f].note, "not shown"));
        base_arena_done(&arena);
    }
}

/* What a figure has no room for is said. */
static void what_is_left_out_is_said(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    made.run.case_count = 0;
    for (size_t i = 0; i < 11; i++)
        add_case(overlays[i % 5], "local", "none", 10);
    const struct result_front *front = front_of(&arena);
    assert_non_null(front);
    assert_int_equal(front->figure_count, 3);
    for (size_t f = 0; f < 3; f++)
        assert_non_null(strstr(front->figures[f].note, "; 3 not shown"));
    base_arena_done(&arena);
}

/* As many rounds as a test makes, each with its deliveries and conditions of its own. */
static void as_many_as_a_test_makes(void **state)
{
    (void)state;
    enum { MOST = 128 };
    static char conditions[MOST + 1][64];
    struct base_arena arena = { 0 };
    made.run.case_count = 0;
    for (size_t i = 0; i <= MOST; i++)
        snprintf(conditions[i], sizeof conditions[i], "5x%zux10@1ms/0%%", 100 + i);
    for (size_t i = 0; i < MOST; i++) {
        add_case("net/hermes", conditions[i], "none", 10);
        add_case("net/delivery.hermes", conditions[i], "none", 10);
    }
    const struct result_front *front = front_of(&arena);
    assert_non_null(front);
    size_t results = 0;
    for (size_t i = 0; i < front->table_count; i++)
        results += front->tables[i].title != NULL &&
                   strncmp(front->tables[i].title, "Results", strlen("Results")) == 0;
    assert_int_equal(results, MOST);
    assert_int_equal(front->figure_count, 3 * MOST);
    assert_int_equal(marks_of(front), 3 * MOST);
    assert_ptr_equal(front->figures[0].marks[0].one, &made.cases[1]);
    add_case("net/hermes", conditions[MOST], "none", 10);
    assert_null(front_of(&arena));
    base_arena_done(&arena);
}

/* Rounds and messages are those of each column; of the group from the fewest to the most. */
static void columns_have_their_own_rounds(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    made.run.case_count = 0;
    add_case("net/hermes", "local", "none", 10);
    add_case("net/flood", "local", "none", 9);
    const struct result_front *front = front_of(&arena);
    assert_non_null(front);
    assert_string_equal(cell(front, "Results", "rounds", 1), "10");
    assert_string_equal(cell(front, "Results", "rounds", 2), "9");
    assert_string_equal(cell(front, "Conditions", "rounds", 1), "9\u201310");
    assert_string_equal(cell(front, "Conditions", "messages_per_node", 1), "100");
    add_case("net/flood", "local", "garbage", 9);
    front = front_of(&arena);
    assert_non_null(front);
    assert_string_equal(cell(front, "Conditions", "messages_per_node", 1), "100\u2013300");
    assert_string_equal(cell(front, "Results", "message_count", 1), "500");
    assert_string_equal(cell(front, "Results", "message_count", 3), "1500");
    base_arena_done(&arena);
}

/* Of another program, in a package that is called net: names shorter than ours. */
static void names_of_others_are_left_alone(void **state)
{
    (void)state;
    static const char *const names[] = { "", "x", "net", "nets", "net.x", "hermes" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            struct base_arena arena = { 0 };
            /* memory of just that size, so that a look behind it is seen */
            char *name = strdup(names[i]);
            assert_non_null(name);
            made.run.case_count = 0;
            add_case("net/hermes", "local", "none", 10);
            *(k == 0 ? &made.cases[0].name : &made.cases[0].id) = name;
            assert_null(front_of(&arena));
            base_arena_done(&arena);
            free(name);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_attack_is_left_out),
        cmocka_unit_test(what_is_left_out_is_said),
        cmocka_unit_test(as_many_as_a_test_makes),
        cmocka_unit_test(columns_have_their_own_rounds),
        cmocka_unit_test(names_of_others_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
