/* test_base.c - errors, buffers, arena, random numbers. */
#include "unit.h"

#include <base/arena.h>
#include <base/buf.h>
#include <base/rng.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void errors_have_names_and_sentences(void **state)
{
    (void)state;
    for (unsigned err = 0; err < BASE_ERR_COUNT; err++) {
        assert_true(strlen(base_err_name((base_err)err)) > 1);
        assert_true(strlen(base_err_text((base_err)err)) > 4);
    }
    struct base_why why = { 0 };
    assert_int_equal(base_fail(&why, BASE_EPARSE, 14, "packet_loss: %d", 5), BASE_EPARSE);
    assert_int_equal(base_fail_prefix(&why, BASE_EPARSE, "%s:%d", "bench.yaml", 14), BASE_EPARSE);
    assert_string_equal(why.text, "bench.yaml:14: packet_loss: 5");
    assert_int_equal(why.at, 14);
    char longer[900];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    base_fail(&why, BASE_EIO, 0, "%s", longer);
    base_fail_prefix(&why, BASE_EIO, "%s", longer);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
}

static void buffers_grow_and_stop(void **state)
{
    (void)state;
    struct base_buf buf = { 0 };
    for (int i = 0; i < 1000; i++)
        assert_int_equal(base_buf_printf(&buf, "%03d,", i), BASE_OK);
    assert_int_equal(buf.size, 4000);
    assert_memory_equal(base_buf_text(&buf) + 3996, "999,", 5);
    base_buf_done(&buf);
    uint8_t memory[4];
    base_buf_init_fixed(&buf, memory, sizeof memory);
    assert_int_equal(base_buf_put(&buf, "abcd", 4), BASE_OK);
    assert_int_equal(base_buf_put(&buf, "e", 1), BASE_EFULL);
    assert_int_equal(buf.size, 4);
    base_buf_done(&buf);
}

static void files_are_read_and_replaced_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_base.XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[128];
    snprintf(path, sizeof path, "%s/a/b/file", folder);
    struct base_why why = { 0 };
    struct base_buf buf = { 0 };
    assert_int_equal(base_buf_read_file(&buf, path, 100, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, path));
    char parent[128];
    snprintf(parent, sizeof parent, "%s/a/b", folder);
    assert_int_equal(base_folder_make(parent, &why), BASE_OK);
    assert_int_equal(base_file_write(path, base_span_of("hello", 5), &why), BASE_OK);
    assert_int_equal(base_file_write(path, base_span_of("again!", 6), &why), BASE_OK);
    assert_int_equal(base_buf_read_file(&buf, path, 100, &why), BASE_OK);
    assert_string_equal(base_buf_text(&buf), "again!");
    assert_int_equal(base_buf_read_file(&buf, path, 3, &why), BASE_ERANGE);
    assert_int_equal(base_buf_read_file(&buf, folder, 3, &why), BASE_EIO);
    base_buf_done(&buf);
    unlink(path);
    rmdir(parent);
    snprintf(parent, sizeof parent, "%s/a", folder);
    rmdir(parent);
    assert_int_equal(rmdir(folder), 0);
}

/* A link and the name of a descriptor stand for another file, and stay what they are. */
static void links_and_descriptors_stay(void **state)
{
    (void)state;
    char folder[] = "/tmp/bpi_base_XXXXXX";
    char path[64], link[64], name[64], target[64];
    struct base_buf buf = { 0 };
    struct base_why why = { 0 };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(base_file_write(path, base_span_of("old", 3), &why), BASE_OK);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(base_file_write(link, base_span_of("new", 3), &why), BASE_OK);
    assert_int_equal(readlink(link, target, sizeof target), strlen(path));
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    assert_int_equal(base_file_write(name, base_span_of(" and more", 9), &why), BASE_OK);
    close(fd);
    assert_int_equal(base_buf_read_file(&buf, path, 100, &why), BASE_OK);
    assert_string_equal(base_buf_text(&buf), "new and more");
    base_buf_done(&buf);
    unlink(link);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void the_arena_keeps_everything(void **state)
{
    (void)state;
    struct base_arena arena = { 0 };
    char *texts[2000];
    for (int i = 0; i < 2000; i++) {
        texts[i] = base_arena_printf(&arena, "text %d", i);
        assert_int_equal((uintptr_t)texts[i] % 16, 0);
    }
    assert_non_null(base_arena_alloc(&arena, 3 << 20));
    assert_null(base_arena_array(&arena, SIZE_MAX / 2, 4));
    for (int i = 0; i < 2000; i++) {
        char expect[32];
        snprintf(expect, sizeof expect, "text %d", i);
        assert_string_equal(texts[i], expect);
    }
    base_arena_done(&arena);
    base_arena_done(&arena);
}

static void generator_matches_its_reference(void **state)
{
    (void)state;
    /* xoshiro256++ with state 1, 2, 3, 4: the first value is rotl(1 + 4, 23) + 1. */
    struct base_rng rng = { .state = { 1, 2, 3, 4 } };
    assert_int_equal(base_rng_u64(&rng), (UINT64_C(5) << 23) + 1);
    assert_int_equal(base_rng_u64(&rng), 58720359);
    assert_int_equal(base_rng_u64(&rng), 3588806011781223);
}

static void distributions_have_their_moments(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 42);
    enum { N = 200000 };
    double uniform = 0;
    double exponential = 0;
    double normal = 0;
    double square = 0;
    unsigned bins[7] = { 0 };
    for (int i = 0; i < N; i++) {
        uniform += base_rng_uniform(&rng);
        exponential += base_rng_exponential(&rng, 3);
        const double z = base_rng_normal(&rng);
        normal += z;
        square += z * z;
        bins[base_rng_below(&rng, 7)]++;
    }
    assert_float_equal(uniform / N, 0.5, 0.005);
    assert_float_equal(exponential / N, 3, 0.05);
    assert_float_equal(normal / N, 0, 0.01);
    assert_float_equal(square / N, 1, 0.02);
    for (int i = 0; i < 7; i++)
        assert_float_equal(bins[i] * 7.0 / N, 1, 0.03);
}

/* The frequencies of the first ranks against the exact probabilities. */
static void check_zipf(uint64_t count, double exponent)
{
    struct base_zipf zipf;
    assert_int_equal(base_zipf_init(&zipf, count, exponent), BASE_OK);
    double total = 0;
    for (uint64_t k = 1; k <= count; k++)
        total += pow((double)k, -exponent);
    struct base_rng rng;
    base_rng_init(&rng, 7);
    enum { N = 200000 };
    unsigned seen[4] = { 0 };
    for (int i = 0; i < N; i++) {
        const uint64_t rank = base_zipf_next(&zipf, &rng);
        assert_true(rank < count);
        if (rank < 4)
            seen[rank]++;
    }
    for (unsigned k = 0; k < 4 && k < count; k++) {
        const double p = pow(k + 1.0, -exponent) / total;
        assert_float_equal(seen[k] / (double)N, p, 5 * sqrt(p * (1 - p) / N) + 1e-12);
    }
}

static void zipf_has_its_frequencies(void **state)
{
    (void)state;
    check_zipf(1000, 0.99);
    check_zipf(1000, 1);
    check_zipf(100000, 1.5);
    check_zipf(10, 0.2);
    check_zipf(1, 1);
    struct base_zipf zipf;
    assert_int_equal(base_zipf_init(&zipf, 0, 1), BASE_ERANGE);
    assert_int_equal(base_zipf_init(&zipf, 10, 0), BASE_ERANGE);
    assert_int_equal(base_zipf_init(&zipf, 10, NAN), BASE_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_names_and_sentences),
        cmocka_unit_test(buffers_grow_and_stop),
        cmocka_unit_test(files_are_read_and_replaced_whole),
        cmocka_unit_test(links_and_descriptors_stay),
        cmocka_unit_test(the_arena_keeps_everything),
        cmocka_unit_test(generator_matches_its_reference),
        cmocka_unit_test(distributions_have_their_moments),
        cmocka_unit_test(zipf_has_its_frequencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
