/* test_sign.c - canonical CBOR, keys, signatures; a changed byte anywhere is found. */
#define _GNU_SOURCE
#include "unit.h"

#include "canonical.h"
#include "result_sample.h"

#include <result/sign.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_sign.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    setenv("BPI_PERF_CONFIG_DIR", folder, 1);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/signing.key", folder);
    chmod(folder, 0700);
    unlink(path);
    return rmdir(folder);
}

static void key_path(char out[128])
{
    snprintf(out, 128, "%s/signing.key", folder);
}

/* The key that signed tests/golden/results/signed-run.json: known to all, so of no value. */
static void test_key(struct result_key *key)
{
    uint8_t seed[RESULT_KEY_SEED_SIZE];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    result_key_init(key, seed);
}

static void signed_sample(struct base_buf *text)
{
    struct result_run run = { 0 };
    struct result_key key;
    struct base_why why = { 0 };
    test_key(&key);
    sample_run(&run);
    if (result_sign_run(&run, &key, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(result_run_write(&run, text), BASE_OK);
    result_run_done(&run);
}

static void check_cbor(const char *json, const char *hex)
{
    json_t *tree = json_loads(json, JSON_DECODE_ANY, NULL);
    struct base_buf out = { 0 };
    char text[256] = "";
    assert_non_null(tree);
    assert_int_equal(result_canonical_of(tree, NULL, &out), BASE_OK);
    for (size_t i = 0; i < out.size && i < 120; i++)
        snprintf(text + 2 * i, 3, "%02x", out.data[i]);
    assert_string_equal(text, hex);
    base_buf_done(&out);
    json_decref(tree);
}

/* RFC 8949 appendix A, as far as JSON can say it, and the key order of section 4.2.1. */
static void cbor_is_that_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *hex;
    } rows[] = {
        { "0", "00" },
        { "23", "17" },
        { "24", "1818" },
        { "1000000", "1a000f4240" },
        { "1000000000000", "1b000000e8d4a51000" },
        { "-1", "20" },
        { "-10", "29" },
        { "-1000", "3903e7" },
        { "-9223372036854775808", "3b7fffffffffffffff" },
        { "0.0", "f90000" },
        { "-0.0", "f98000" },
        { "1.0", "f93c00" },
        { "1.1", "fb3ff199999999999a" },
        { "1.5", "f93e00" },
        { "65504.0", "f97bff" },
        { "100000.0", "fa47c35000" },
        { "3.4028234663852886e+38", "fa7f7fffff" },
        { "1.0e+300", "fb7e37e43c8800759c" },
        { "5.960464477539063e-8", "f90001" },
        { "0.00006103515625", "f90400" },
        { "-4.0", "f9c400" },
        { "-4.1", "fbc010666666666666" },
        { "65536.0", "fa47800000" },
        { "false", "f4" },
        { "true", "f5" },
        { "null", "f6" },
        { "\"\"", "60" },
        { "\"IETF\"", "6449455446" },
        { "\"\\\"\\\\\"", "62225c" },
        { "\"\\u00fc\"", "62c3bc" },
        { "\"\\ud800\\udd51\"", "64f0908591" },
        { "[]", "80" },
        { "[1, [2, 3], [4, 5]]", "8301820203820405" },
        { "{}", "a0" },
        { "{\"a\": 1, \"b\": [2, 3]}", "a26161016162820203" },
        { "{\"b\": 1, \"aa\": 2, \"a\": 3}", "a3616103616201626161"
                                             "02" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_cbor(rows[i].json, rows[i].hex);
}

/* Every half float is written as itself: decoded by the definition in RFC 8949 appendix D. */
static void all_half_floats_are_short(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        const int exponent = (int)(bits >> 10) & 0x1f;
        const int fraction = (int)bits & 0x3ff;
        if (exponent == 31)
            continue;
        const double size =
            exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);
        struct base_buf out = { 0 };
        assert_int_equal(result_canonical_put_float((bits & 0x8000) != 0 ? -size : size, &out),
                         BASE_OK);
        assert_int_equal(out.size, 3);
        assert_int_equal(out.data[0] << 16 | out.data[1] << 8 | out.data[2], 0xf90000 | bits);
        base_buf_clear(&out);
        /* a little more than a half float holds */
        assert_int_equal(result_canonical_put_float(size * (1 + 0x1p-13) + 0x1p-26, &out), BASE_OK);
        assert_true(out.size > 3);
        base_buf_done(&out);
    }
}

static void a_signed_run_verifies(void **state)
{
    (void)state;
    struct base_buf text = { 0 };
    struct result_verified verified;
    struct base_why why = { 0 };
    signed_sample(&text);
    if (result_verify_text(base_buf_span(&text), "a.json", &verified, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_string_equal(verified.id, "01JD7Q2M8Z0123456789ABCDEF");
    assert_string_equal(verified.key,
                        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
    assert_false(verified.is_own_key);
    base_buf_done(&text);
}

static void the_own_key_is_known(void **state)
{
    (void)state;
    struct result_key key;
    struct result_run run = { 0 };
    struct base_buf text = { 0 };
    struct result_verified verified;
    assert_int_equal(result_key_open(&key, NULL), BASE_OK);
    sample_run(&run);
    assert_int_equal(result_sign_run(&run, &key, NULL), BASE_OK);
    assert_int_equal(result_run_write(&run, &text), BASE_OK);
    assert_int_equal(result_verify_text(base_buf_span(&text), "a.json", &verified, NULL), BASE_OK);
    assert_true(verified.is_own_key);
    assert_string_equal(verified.key, key.public_hex);
    result_run_done(&run);
    result_key_done(&key);
    base_buf_done(&text);
}

static void refuse(struct base_span text, size_t at, unsigned bit)
{
    struct result_verified verified;
    struct base_why why = { 0 };
    const base_err err = result_verify_text(text, "a.json", &verified, &why);
    if (err == BASE_OK)
        fail_msg("byte %zu, bit %u: verified", at, bit);
    if (err != BASE_EPARSE && err != BASE_EINVALID && err != BASE_EWRONG &&
        err != BASE_EUNSUPPORTED)
        fail_msg("byte %zu, bit %u: %s: %s", at, bit, base_err_name(err), why.text);
    assert_memory_equal(why.text, "a.json", 6);
}

/* All eight bits of every byte; three of them where the sanitizers make it slow. */
static void every_flipped_bit_is_found(void **state)
{
    (void)state;
#ifdef BPI_SANITIZED
    enum { BIT_STEP = 3 };
#else
    enum { BIT_STEP = 1 };
#endif
    struct base_buf text = { 0 };
    signed_sample(&text);
    for (size_t at = 0; at < text.size; at++)
        for (unsigned bit = 0; bit < 8; bit += BIT_STEP) {
            text.data[at] ^= (uint8_t)(1U << bit);
            refuse(base_buf_span(&text), at, bit);
            text.data[at] ^= (uint8_t)(1U << bit);
        }
    base_buf_done(&text);
}

static void every_lost_or_doubled_byte_is_found(void **state)
{
    (void)state;
    struct base_buf text = { 0 };
    struct base_buf changed = { 0 };
    signed_sample(&text);
    for (size_t at = 0; at < text.size; at++) {
        base_buf_clear(&changed);
        assert_int_equal(base_buf_put(&changed, text.data, at), BASE_OK);
        refuse(base_buf_span(&changed), at, 8);
        assert_int_equal(base_buf_put(&changed, text.data + at + 1, text.size - at - 1), BASE_OK);
        refuse(base_buf_span(&changed), at, 9);
        base_buf_clear(&changed);
        assert_int_equal(base_buf_put(&changed, text.data, at + 1), BASE_OK);
        assert_int_equal(base_buf_put(&changed, text.data + at, text.size - at), BASE_OK);
        refuse(base_buf_span(&changed), at, 10);
    }
    base_buf_done(&text);
    base_buf_done(&changed);
}

/* Changes that leave the meaning alone are found too, and named. */
static void other_spellings_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *find;
        const char *put;
        const char *sentence;
    } rows[] = {
        { "\"confidence\": 0.95", "\"confidence\":  0.95", "a.json:8: byte" },
        { "\"confidence\": 0.95", "\"confidence\": 0.950", "a.json:8: byte" },
        { "\"confidence\": 0.95", "\"confidence\": 9.5e-1", "a.json:8: byte" },
        { "abc1234", "abc123\\u0034", "is not as it was written: changed after signing" },
        { "{ \"name\": \"processes\", \"value\": \"2\" }",
          "{ \"value\": \"2\", \"name\": \"processes\" }", "changed after signing" },
        { "abc1234", "abc1235", "the signature is not that of key 03a107bff3ce10be" },
        { "\"signature\": \"", "\"signature\": \"\" , \"x\": \"", "signature: expected 128" },
    };
    struct base_buf text = { 0 };
    signed_sample(&text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_buf changed = { 0 };
        struct result_verified verified;
        struct base_why why = { 0 };
        const char *start = base_buf_text(&text);
        const char *at = strstr(start, rows[i].find);
        assert_non_null(at);
        assert_int_equal(base_buf_printf(&changed, "%.*s%s%s", (int)(at - start), start,
                                         rows[i].put, at + strlen(rows[i].find)),
                         BASE_OK);
        assert_int_not_equal(result_verify_text(base_buf_span(&changed), "a.json", &verified, &why),
                             BASE_OK);
        if (strstr(why.text, rows[i].sentence) == NULL)
            fail_msg("row %zu: %s", i, why.text);
        base_buf_done(&changed);
    }
    base_buf_done(&text);
}

static void an_unsigned_run_is_not_verified(void **state)
{
    (void)state;
    struct result_run run = { 0 };
    struct base_buf text = { 0 };
    struct result_verified verified;
    struct base_why why = { 0 };
    sample_run(&run);
    assert_int_equal(result_run_write(&run, &text), BASE_OK);
    assert_int_equal(result_verify_text(base_buf_span(&text), "a.json", &verified, &why),
                     BASE_EINVALID);
    assert_string_equal(why.text, "a.json: not signed: it has no key");
    struct result_key key;
    test_key(&key);
    run.confidence = INFINITY;
    assert_int_equal(result_sign_run(&run, &key, &why), BASE_EINVALID);
    assert_null(run.key);
    result_run_done(&run);
    base_buf_done(&text);
}

/* tests/golden/results/signed-run.json was written by version 1 of the layout: it must be read
 * and verified by all later programs. */
static void the_golden_document_still_verifies(void **state)
{
    (void)state;
    struct base_buf file = { 0 };
    struct base_buf text = { 0 };
    struct result_verified verified;
    struct base_why why = { 0 };
    const char *const path = BPI_SOURCE "/tests/golden/results/signed-run.json";
    if (base_buf_read_file(&file, path, 1 << 20, &why) != BASE_OK ||
        result_verify_text(base_buf_span(&file), path, &verified, &why) != BASE_OK)
        fail_msg("%s", why.text);
    struct result_run run = { 0 };
    assert_int_equal(result_run_read(base_buf_span(&file), path, &run, &why), BASE_OK);
    assert_int_equal(result_run_write(&run, &text), BASE_OK); /* fields that came later stay out */
    assert_int_equal(file.size, text.size);
    assert_memory_equal(file.data, text.data, text.size);
    result_run_done(&run);
    base_buf_done(&file);
    base_buf_done(&text);
}

static void the_key_is_made_once(void **state)
{
    (void)state;
    struct result_key first;
    struct result_key second;
    struct stat status;
    char path[128];
    key_path(path);
    unlink(path);
    assert_int_equal(result_key_open(&first, NULL), BASE_OK);
    assert_int_equal(result_key_open(&second, NULL), BASE_OK);
    assert_string_equal(first.public_hex, second.public_hex);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, 32);
    result_key_done(&first);
    result_key_done(&second);
}

static void the_folder_is_made_private(void **state)
{
    (void)state;
    char inner[128];
    char path[160];
    struct result_key key;
    struct stat status;
    snprintf(inner, sizeof inner, "%s/bpi-perf", folder);
    snprintf(path, sizeof path, "%s/signing.key", inner);
    unsetenv("BPI_PERF_CONFIG_DIR");
    setenv("XDG_CONFIG_HOME", folder, 1);
    assert_int_equal(result_key_open(&key, NULL), BASE_OK);
    assert_int_equal(stat(inner, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    setenv("BPI_PERF_CONFIG_DIR", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unlink(path);
    rmdir(inner);
}

/* A child that waits for the starting shot, opens the key and sends its public half. */
static pid_t start_child(const int shot[2], int answer)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct result_key key;
    char byte;
    close(shot[1]);
    if (read(shot[0], &byte, 1) != 0 || result_key_open(&key, NULL) != BASE_OK ||
        write(answer, key.public_hex, RESULT_KEY_HEX_SIZE) != RESULT_KEY_HEX_SIZE)
        _exit(1);
    _exit(0);
}

static void first_runs_at_once_agree_on_one_key(void **state)
{
    (void)state;
    enum { CHILDREN = 4, ROUNDS = 10 };
    char path[128];
    key_path(path);
    for (int round = 0; round < ROUNDS; round++) {
        int shot[2];
        int answer[2];
        char first[RESULT_KEY_HEX_SIZE];
        unlink(path);
        assert_int_equal(pipe(shot), 0);
        assert_int_equal(pipe(answer), 0);
        pid_t pids[CHILDREN];
        for (int i = 0; i < CHILDREN; i++)
            pids[i] = start_child(shot, answer[1]);
        close(shot[0]);
        close(shot[1]); /* the end of the pipe is the starting shot */
        for (int i = 0; i < CHILDREN; i++) {
            char hex[RESULT_KEY_HEX_SIZE];
            assert_int_equal(read(answer[0], hex, sizeof hex), sizeof hex);
            if (i == 0)
                memcpy(first, hex, sizeof first);
            assert_string_equal(hex, first);
        }
        for (int i = 0; i < CHILDREN; i++) {
            int status = 1;
            waitpid(pids[i], &status, 0);
            assert_int_equal(status, 0);
        }
        close(answer[0]);
        close(answer[1]);
    }
}

static void check_key_refused(base_err err, const char *sentence)
{
    struct result_key key;
    struct base_why why = { 0 };
    assert_int_equal(result_key_open(&key, &why), err);
    if (strstr(why.text, sentence) == NULL)
        fail_msg("%s", why.text);
}

static void loose_keys_are_refused(void **state)
{
    (void)state;
    char path[128];
    key_path(path);
    chmod(path, 0644);
    check_key_refused(BASE_EINVALID, "others can use the signing key (mode 644); chmod 600 it");
    chmod(path, 0600);
    chmod(folder, 0777);
    check_key_refused(BASE_EINVALID, "others can write the signing key's folder (mode 777)");
    chmod(folder, 0700);
    assert_int_equal(truncate(path, 31), 0);
    check_key_refused(BASE_EINVALID, "31 bytes, a signing key has 32");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    check_key_refused(BASE_EINVALID, "the signing key is not a regular file");
    rmdir(path);
    if (geteuid() == 0) {
        struct result_key key;
        assert_int_equal(result_key_open(&key, NULL), BASE_OK);
        assert_int_equal(chown(path, 12345, 0), 0);
        check_key_refused(BASE_EINVALID, "the signing key belongs to user 12345, not to you (0)");
        unlink(path);
    }
    setenv("BPI_PERF_CONFIG_DIR", "/proc/none", 1);
    check_key_refused(BASE_EIO, "/proc/none");
    unsetenv("BPI_PERF_CONFIG_DIR");
    setenv("XDG_CONFIG_HOME", "relative", 1);
    char *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/root");
    unsetenv("HOME");
    check_key_refused(BASE_EINVALID, "neither BPI_PERF_CONFIG_DIR nor XDG_CONFIG_HOME nor HOME");
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    setenv("BPI_PERF_CONFIG_DIR", folder, 1);
    free(home);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) { /* makes the golden document */
        struct base_buf text = { 0 };
        signed_sample(&text);
        fwrite(text.data, 1, text.size, stdout);
        base_buf_done(&text);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cbor_is_that_of_the_standard),
        cmocka_unit_test(all_half_floats_are_short),
        cmocka_unit_test(a_signed_run_verifies),
        cmocka_unit_test(the_own_key_is_known),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_lost_or_doubled_byte_is_found),
        cmocka_unit_test(other_spellings_are_found),
        cmocka_unit_test(an_unsigned_run_is_not_verified),
        cmocka_unit_test(the_golden_document_still_verifies),
        cmocka_unit_test(the_key_is_made_once),
        cmocka_unit_test(the_folder_is_made_private),
        cmocka_unit_test(first_runs_at_once_agree_on_one_key),
        cmocka_unit_test(loose_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
