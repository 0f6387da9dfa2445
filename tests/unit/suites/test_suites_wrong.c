/* test_suites_wrong.c - a wrong answer does not pass a check; bad arguments are refused in words.
 *
 * The suites' own files are included here, so that their states can be spoilt.
 */
#define _GNU_SOURCE
#include "unit.h"
#include "case_open.h"

#include "crypto_expect.c"
#include "crypto_merkle.c"
#include "null_memory.c"
#include "suite_crypto.c"
#include "suite_null.c"

static void *open_and_run(struct case_open *opened, const struct bench_case *bench)
{
    case_defaults(opened, bench);
    if (bench->setup(&opened->env) != BASE_OK)
        fail_msg("%s: %s", bench->name, opened->env.why.text);
    bench->run(opened->env.state, 3);
    assert_int_equal(bench->check(opened->env.state, NULL), BASE_OK);
    return opened->env.state;
}

static void must_be_wrong(const struct bench_case *bench, void *state)
{
    struct base_why why = { 0 };
    assert_int_equal(bench->check(state, &why), BASE_EWRONG);
    assert_true(strlen(why.text) > 10);
    bench->teardown(state);
}

static void null_answers_are_checked(void **state)
{
    (void)state;
    struct case_open opened;
    struct counted *counted = open_and_run(&opened, &case_loop);
    counted->done--;
    must_be_wrong(&case_loop, counted);
    struct stepped *stepped = open_and_run(&opened, &case_step);
    assert_int_equal(stepped->x, step_of(step_of(step_of(STEP_START))));
    stepped->steps++;
    must_be_wrong(&case_step, stepped);
    struct spun *spun = open_and_run(&opened, &case_spin);
    spun->short_batches++;
    must_be_wrong(&case_spin, spun);
    struct allocated *allocated = open_and_run(&opened, &case_malloc);
    allocated->failures++;
    must_be_wrong(&case_malloc, allocated);
    struct hashed *hashed = open_and_run(&opened, &suite_null_l1);
    hashed->data[L1_SIZE - 1] ^= 1;
    must_be_wrong(&suite_null_l1, hashed);
    struct walk *walk = open_and_run(&opened, &suite_null_dram);
    walk->at = walk->at->next;
    must_be_wrong(&suite_null_dram, walk);
}

/* The jump by matrix powers is the walk itself. */
static void jumps_are_steps(void **state)
{
    (void)state;
    uint64_t x = STEP_START;
    for (uint64_t steps = 0; steps < 3000; steps++) {
        assert_int_equal(step_jump(STEP_START, steps), x);
        x = step_of(x);
    }
}

static void digests_are_checked(void **state)
{
    (void)state;
    static const struct bench_case *const cases[] = { &case_hash, &case_batch, &case_openssl,
                                                      &case_blake3, &case_file };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct case_open opened;
        struct hashing *hashing = open_and_run(&opened, cases[i]);
        hashing->digests[hashing->message_count - 1][31] ^= 1;
        must_be_wrong(cases[i], hashing);
        hashing = open_and_run(&opened, cases[i]);
        hashing->data.data[hashing->data.size - 1] ^= 0x80;
        must_be_wrong(cases[i], hashing);
    }
    struct case_open opened;
    struct growing *growing = open_and_run(&opened, &suite_crypto_merkle);
    growing->nodes[17][0] ^= 1;
    must_be_wrong(&suite_crypto_merkle, growing);
    growing = open_and_run(&opened, &suite_crypto_merkle);
    growing->data[5] ^= 1;
    must_be_wrong(&suite_crypto_merkle, growing);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    const struct {
        const struct bench_case *bench;
        const char *name, *value;
        base_err err;
        const char *text;
    } rows[] = {
        { &case_hash, "algorithm", "md5", BASE_EINVALID,
          "algorithm: \"md5\" is no hash algorithm; blake3 and sha256 are" },
        { &case_hash, "form", "suffix", BASE_EINVALID,
          "form: \"suffix\" is no domain form; prefix and derive are" },
        { &case_hash, "size", "99999999999", BASE_ERANGE, "size: " },
        { &case_hash, "size", "big", BASE_EPARSE, "size: " },
        { &case_file, "file", "/no/such/file", BASE_ENOTFOUND, "/no/such/file" },
        { &case_spin, "ns", "1", BASE_ERANGE, "ns: " },
        { &case_malloc, "size", "0", BASE_ERANGE, "size: " },
        { &suite_crypto_merkle, "leaves", "0", BASE_ERANGE, "leaves: " },
        { &suite_crypto_merkle, "kind", "oak", BASE_EINVALID,
          "kind: \"oak\" is no kind of tree; default, rfc9162 and earlier are" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct case_open opened;
        case_defaults(&opened, rows[i].bench);
        case_argument(&opened, rows[i].name, rows[i].value);
        assert_int_equal(rows[i].bench->setup(&opened.env), rows[i].err);
        if (strncmp(opened.env.why.text, rows[i].text, strlen(rows[i].text)) != 0)
            fail_msg("%s", opened.env.why.text);
        assert_null(opened.env.state);
    }
}

static void all_kinds_of_trees_and_hashes(void **state)
{
    (void)state;
    static const char *const kinds[] = { "default", "rfc9162", "earlier" };
    for (size_t i = 0; i < 3; i++) {
        struct case_open opened;
        case_defaults(&opened, &suite_crypto_merkle);
        case_argument(&opened, "leaves", "77");
        case_argument(&opened, "kind", kinds[i]);
        assert_int_equal(suite_crypto_merkle.setup(&opened.env), BASE_OK);
        suite_crypto_merkle.run(opened.env.state, 2);
        assert_int_equal(suite_crypto_merkle.check(opened.env.state, NULL), BASE_OK);
        suite_crypto_merkle.teardown(opened.env.state);
    }
    for (size_t i = 0; i < 4; i++) {
        struct case_open opened;
        case_defaults(&opened, &case_batch);
        case_argument(&opened, "algorithm", bpi_hash_name((enum bpi_hash)(i / 2)));
        case_argument(&opened, "form", bpi_form_name((enum bpi_form)(i % 2)));
        case_argument(&opened, "size", "0");
        assert_int_equal(case_batch.setup(&opened.env), BASE_OK);
        case_batch.run(opened.env.state, 2);
        assert_int_equal(case_batch.check(opened.env.state, NULL), BASE_OK);
        case_batch.teardown(opened.env.state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_answers_are_checked),
        cmocka_unit_test(jumps_are_steps),
        cmocka_unit_test(digests_are_checked),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(all_kinds_of_trees_and_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
