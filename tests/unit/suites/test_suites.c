/* test_suites.c - every case of every suite opens, runs, is right, and closes. */
#include "unit.h"
#include "case_open.h"

#include <suite/suite.h>

#include <ctype.h>
#include <math.h>

/* Open with what is in env, run a few batches, check, close. Of some cases not all is known. */
static void go_through(const struct bench_case *bench, struct case_open *opened, bool is_all_known)
{
    const base_err err = bench->setup(&opened->env);
    if (err != BASE_OK)
        fail_msg("%s: %s", bench->name, opened->env.why.text);
    static const uint64_t counts[] = { 1, 2, 3, 1 };
    double series[BENCH_SERIES_MAX];
    for (size_t i = 0; i < 4; i++) {
        if (bench->before != NULL)
            bench->before(opened->env.state);
        bench->run(opened->env.state, bench->is_exclusive ? 1 : counts[i]);
        for (size_t k = 0; k < BENCH_SERIES_MAX; k++)
            series[k] = -1;
        if (bench->after != NULL)
            bench->after(opened->env.state, series);
        for (size_t k = 0; k < BENCH_SERIES_MAX && bench->series[k] != NULL; k++)
            assert_true(isnan(series[k]) ? !is_all_known : series[k] >= 0);
    }
    struct base_why why = { 0 };
    if (bench->check != NULL && bench->check(opened->env.state, &why) != BASE_OK)
        fail_msg("%s: %s", bench->name, why.text);
    if (bench->teardown != NULL)
        bench->teardown(opened->env.state);
}

/* Each value of each parameter, the others at their first. */
static void all_values(const struct bench_case *bench)
{
    struct case_open opened;
    case_defaults(&opened, bench);
    go_through(bench, &opened, true);
    for (size_t i = 0; i < opened.env.arg_count; i++) {
        char value[1024];
        for (size_t k = 1; case_value(bench->params[i].values, k, value, sizeof value); k++) {
            case_defaults(&opened, bench);
            opened.args[i].value = value;
            go_through(bench, &opened, true);
        }
    }
}

/* Rounds in real time are minutes, and privileges: a small one in virtual time, where there is no
 * memory and no processor time. */
static void small_round(const struct bench_case *bench)
{
    struct case_open opened;
    case_defaults(&opened, bench);
    for (size_t i = 0; i < opened.env.arg_count; i++) {
        if (strcmp(opened.args[i].name, "condition") == 0)
            opened.args[i].value = "3x100x2@1ms/0%";
        if (strcmp(opened.args[i].name, "time") == 0)
            opened.args[i].value = "virtual";
    }
    go_through(bench, &opened, false);
}

static void every_case_goes_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_table_count; i++)
        for (size_t k = 0; k < suite_table[i]->case_count; k++)
            if (strcmp(suite_table[i]->name, "net") == 0)
                small_round(suite_table[i]->cases[k]);
            else
                all_values(suite_table[i]->cases[k]);
}

static const struct bench_case *find_case(const char *name, size_t length)
{
    for (size_t i = 0; i < suite_table_count; i++)
        for (size_t k = 0; k < suite_table[i]->case_count; k++) {
            const struct bench_case *bench = suite_table[i]->cases[k];
            if (strlen(bench->name) == length && memcmp(bench->name, name, length) == 0)
                return bench;
        }
    return NULL;
}

static void names_are_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_table_count; i++) {
        const struct suite *suite = suite_table[i];
        const size_t length = strlen(suite->name);
        assert_true(suite->case_count > 0 && strlen(suite->doc) > 10);
        for (size_t k = 0; k < suite->case_count; k++) {
            const struct bench_case *bench = suite->cases[k];
            assert_memory_equal(bench->name, suite->name, length);
            assert_int_equal(bench->name[length], '/');
            for (const char *at = bench->name; *at != '\0'; at++)
                assert_true(islower((unsigned char)*at) || isdigit((unsigned char)*at) ||
                            strchr("_/.-", *at) != NULL);
            assert_true(strlen(bench->doc) > 10);
            if (bench->peer_of != NULL)
                assert_non_null(find_case(bench->peer_of, strlen(bench->peer_of)));
        }
    }
}

/* Is it the id of a case with all its parameters, in order, at values that a plain run has? */
static bool is_swept(const char *id)
{
    const struct bench_case *bench = find_case(id, strcspn(id, ":"));
    if (bench == NULL)
        return false;
    const char *at = id + strcspn(id, ":");
    for (size_t i = 0; i < BENCH_PARAM_MAX && bench->params[i].name != NULL; i++) {
        char argument[1100], value[1024];
        bool is_found = false;
        for (size_t k = 0; case_value(bench->params[i].values, k, value, sizeof value); k++) {
            const int length = snprintf(argument, sizeof argument, "%c%s=%s", i == 0 ? ':' : ',',
                                        bench->params[i].name, value);
            if (!is_found && strncmp(at, argument, (size_t)length) == 0 &&
                strchr(",", at[length]) != NULL) {
                at += length;
                is_found = true;
            }
        }
        if (!is_found)
            return false;
    }
    return *at == '\0';
}

static bool has_suffix(const char *name, size_t length, const char *suffix)
{
    const size_t size = strlen(suffix);
    return length > size && memcmp(name + length - size, suffix, size) == 0;
}

/* Is it a case of a peer of which no case is there, as it was not installed at the build? */
static bool is_of_absent_peer(const char *id)
{
    static const char *const peers[] = { ".ck", ".urcu", ".dpdk", ".absl", ".igraph", ".boost" };
    for (size_t p = 0; p < sizeof peers / sizeof peers[0]; p++) {
        if (!has_suffix(id, strcspn(id, ":"), peers[p]))
            continue;
        for (size_t i = 0; i < suite_table_count; i++)
            for (size_t k = 0; k < suite_table[i]->case_count; k++) {
                const char *const name = suite_table[i]->cases[k]->name;
                if (has_suffix(name, strlen(name), peers[p]))
                    return false;
            }
        return true;
    }
    return false;
}

/* Claims are there to the last byte, and a plain run measures the cases that they name. */
static void claims_are_embedded(void **state)
{
    (void)state;
    for (size_t i = 0; i < suite_table_count; i++) {
        const char *text = suite_table[i]->claims_yaml;
        if (text == NULL)
            continue;
        assert_non_null(strstr(text, "claims:\n"));
        assert_int_equal(text[strlen(text) - 1], '\n');
        static const char *const fields[] = { "\n    case: ", "\n    against: " };
        for (size_t k = 0; k < 2; k++)
            for (const char *at = text; (at = strstr(at, fields[k])) != NULL;) {
                at += strlen(fields[k]);
                char id[2 * BENCH_NAME_SIZE];
                snprintf(id, sizeof id, "%.*s", (int)strcspn(at, "\n"), at);
                if (!is_swept(id) && !is_of_absent_peer(id))
                    fail_msg("a claim of %s is about %s", suite_table[i]->name, id);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_goes_through),
        cmocka_unit_test(names_are_well_formed),
        cmocka_unit_test(claims_are_embedded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
