/* test_run_memory.c - the k-th allocation of the JSON library fails, for every k.
 *
 * Reading, signing and verifying then end with an error, give back what they took (the sanitizer
 * sees to that), and leave their outputs alone.
 */
#include "unit.h"

#include "result_sample.h"

#include <result/sign.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static size_t left; /* allocations that still succeed */

static void *failing_malloc(size_t size)
{
    if (left == 0)
        return NULL;
    left--;
    return malloc(size);
}

static struct base_buf text;
static struct result_key key;

static int make_document(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    const uint8_t seed[RESULT_KEY_SEED_SIZE] = { 3 };
    result_key_init(&key, seed);
    sample_run(&run);
    const base_err err = result_sign_run(&run, &key, NULL);
    const base_err written = err == BASE_OK ? result_run_write(&run, &text) : err;
    result_run_done(&run);
    json_set_alloc_funcs(failing_malloc, free);
    return written == BASE_OK ? 0 : -1;
}

static int drop_document(void **state)
{
    (void)state;
    json_set_alloc_funcs(malloc, free);
    base_buf_done(&text);
    return 0;
}

static base_err read_once(void)
{
    struct result_run run = { 0 };
    const base_err err = result_run_read(base_buf_span(&text), "a.json", &run, NULL);
    assert_true((run.id != NULL) == (err == BASE_OK));
    result_run_done(&run);
    return err;
}

static base_err verify_once(void)
{
    struct result_verified verified = { 0 };
    const base_err err = result_verify_text(base_buf_span(&text), "a.json", &verified, NULL);
    assert_true((verified.id[0] != '\0') == (err == BASE_OK));
    return err;
}

static base_err sign_once(void)
{
    struct result_run run = { 0 };
    sample_run(&run);
    const base_err err = result_sign_run(&run, &key, NULL);
    assert_true((run.key != NULL) == (err == BASE_OK));
    assert_true((run.signature != NULL) == (err == BASE_OK));
    result_run_done(&run);
    return err;
}

/* The allocations that one good call needs. */
static size_t fail_each(base_err (*call)(void))
{
    size_t count = 0;
    for (;; count++) {
        left = count;
        if (call() == BASE_OK)
            return count;
        assert_true(count < 100000);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each(read_once) > 100);
    assert_true(fail_each(verify_once) > 100);
    assert_true(fail_each(sign_once) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_document, drop_document);
}
