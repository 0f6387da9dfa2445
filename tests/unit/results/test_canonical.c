/* test_canonical.c - what is signed is core-deterministic CBOR: the strict reader of
 * subjects/bpi/enc, written apart from it, takes every tree and gives the same values back. */
#include "unit.h"

#include "canonical.h"

#include <base/rng.h>
#include <bpi/cbor_diag.h>
#include <bpi/cbor_read.h>

#include <stdio.h>
#include <string.h>

static void check_strict(const json_t *tree)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(result_canonical_of(tree, NULL, &out), BASE_OK);
    if (bpi_cbor_validate(base_buf_span(&out), NULL, &why) != BASE_OK)
        fail_msg("byte %d: %s", (int)why.at, why.text);
    base_buf_done(&out);
}

static json_t *random_tree(struct base_rng *rng, int depth)
{
    static const double numbers[] = { 0.5, 1e300, -2.25, 0.1, 65504, 1e-7, 100000.0, -0.0 };
    json_t *tree = NULL;
    char key[40];
    switch (base_rng_below(rng, depth > 0 ? 7 : 5)) {
    case 0:
        return json_integer((json_int_t)(base_rng_u64(rng) >> base_rng_below(rng, 64)));
    case 1:
        return json_integer(-(json_int_t)(base_rng_u64(rng) >> (1 + base_rng_below(rng, 63))));
    case 2:
        return json_real(numbers[base_rng_below(rng, sizeof numbers / sizeof numbers[0])]);
    case 3:
        return json_string("h\303\244lt \360\237\246\211");
    case 4:
        return base_rng_below(rng, 2) != 0 ? json_true() : json_null();
    case 5:
        tree = json_array();
        for (uint64_t i = base_rng_below(rng, 30); i > 0; i--)
            json_array_append_new(tree, random_tree(rng, depth - 1));
        return tree;
    default:
        tree = json_object();
        for (uint64_t i = base_rng_below(rng, 30); i > 0; i--) {
            /* lengths around a head's second byte, alike in their beginnings */
            snprintf(key, sizeof key, "%.*s%u", (int)base_rng_below(rng, 26),
                     "kkkkkkkkkkkkkkkkkkkkkkkkkk", (unsigned)base_rng_below(rng, 999));
            json_object_set_new(tree, key, random_tree(rng, depth - 1));
        }
        return tree;
    }
}

static void random_trees_are_strict(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 21);
    for (int i = 0; i < 2000; i++) {
        json_t *tree = random_tree(&rng, 3);
        check_strict(tree);
        json_decref(tree);
    }
}

static void a_signed_run_is_strict(void **state)
{
    (void)state;
    json_error_t problem;
    json_t *tree = json_load_file(BPI_SOURCE "/tests/golden/results/signed-run.json", 0, &problem);
    assert_non_null(tree);
    check_strict(tree);
    json_decref(tree);
}

static void values_come_back(void **state)
{
    (void)state;
    json_t *tree = json_pack("{s:i, s:s, s:[f, b, n], s:I}", "bb", 24, "a", "x", "list", 1.5, 1,
                             "c", (json_int_t)-500);
    struct base_buf out = { 0 }, text = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(result_canonical_of(tree, "c", &out), BASE_OK);
    assert_int_equal(bpi_cbor_diag(base_buf_span(&out), false, &text, &why), BASE_OK);
    assert_string_equal(base_buf_text(&text),
                        "{\"a\": \"x\", \"bb\": 24, \"list\": [1.5, true, null]}");
    base_buf_done(&out);
    base_buf_done(&text);
    json_decref(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_trees_are_strict),
        cmocka_unit_test(a_signed_run_is_strict),
        cmocka_unit_test(values_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
