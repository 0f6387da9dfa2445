/* test_suite_enc.c - every case of the enc suite sets up, runs, checks itself, and notices a wrong
 * answer; what a user can give wrongly is refused with a sentence. */
#include "unit.h"

#include "../../../suites/src/enc_documents.h"
#include "../../../suites/src/enc_structure.h"

#include <suite/enc.h>
#include <suite/suite.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGS_MAX = BENCH_PARAM_MAX };

static const struct bench_case *find_case(const char *name)
{
    for (size_t i = 0; i < suite_enc.case_count; i++)
        if (strcmp(suite_enc.cases[i]->name, name) == 0)
            return suite_enc.cases[i];
    fail_msg("no case %s", name);
    return NULL;
}

static base_err open_case(const struct bench_case *item, const char *const *values,
                          struct bench_arg *args, struct bench_env *env)
{
    *env = (struct bench_env){ .args = args, .seed = 7, .threads = 1 };
    for (; env->arg_count < ARGS_MAX && item->params[env->arg_count].name != NULL; env->arg_count++)
        args[env->arg_count] =
            (struct bench_arg){ item->params[env->arg_count].name, values[env->arg_count] };
    return item->setup(env);
}

static void run_case(const char *name, const char *first, const char *second)
{
    const struct bench_case *const item = find_case(name);
    const char *const values[ARGS_MAX] = { first, second };
    struct bench_arg args[ARGS_MAX];
    struct bench_env env;
    if (open_case(item, values, args, &env) != BASE_OK)
        fail_msg("%s:%s,%s: %s", name, first, second, env.why.text);
    assert_true(env.bytes_per_item > 0);
    item->run(env.state, 3);
    if (item->check(env.state, &env.why) != BASE_OK)
        fail_msg("%s:%s,%s: %s", name, first, second, env.why.text);
    item->teardown(env.state);
}

static void every_case_is_right(void **state)
{
    (void)state;
    static const char *const entries[] = { "0", "1", "10", "100", "1000", "10000" };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        run_case("enc/encode", entries[i], "sorted");
        run_case("enc/encode", entries[i], "shuffled");
        run_case("enc/compat.encode", entries[i], "sorted");
        run_case("enc/compat.encode", entries[i], "shuffled");
        run_case("enc/compat.decode", entries[i], NULL);
        run_case("enc/decode", entries[i], "strict");
        run_case("enc/decode", entries[i], "lenient");
        run_case("enc/encode.libcbor", entries[i], NULL);
        run_case("enc/decode.libcbor", entries[i], NULL);
        run_case("enc/decode.libcbor-tree", entries[i], NULL);
        run_case("enc/encode.memcpy", entries[i], NULL);
    }
    static const char *const documents[] = { "os-release", "packages", "locale", "binary" };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct enc_tokens tokens = { 0 };
        struct base_why why = { 0 };
        const base_err err = enc_documents_make(documents[i], &tokens, &why);
        enc_tokens_done(&tokens);
        if (err == BASE_ENOTFOUND) {
            print_message("%s\n", why.text); /* not a Debian machine */
            continue;
        }
        run_case("enc/document.encode", documents[i], NULL);
        run_case("enc/document.decode", documents[i], NULL);
    }
}

static void a_wrong_answer_is_noticed(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    const char *const values[ARGS_MAX] = { "100", "sorted" };
    struct bench_arg args[ARGS_MAX];
    struct bench_env env;
    const struct bench_case *item = find_case("enc/encode");
    assert_int_equal(open_case(item, values, args, &env), BASE_OK);
    assert_int_equal(item->check(env.state, &why), BASE_OK); /* nothing has run yet */
    item->run(env.state, 1);
    struct enc_structure *s = env.state;
    s->memory[1000] ^= 1;
    assert_int_equal(item->check(s, &why), BASE_EWRONG);
    assert_int_equal(why.at, 1000);
    s->memory[1000] ^= 1;
    s->expect_size--;
    assert_int_equal(item->check(s, &why), BASE_EWRONG);
    item->teardown(s);
    item = find_case("enc/decode");
    const char *const strict[ARGS_MAX] = { "100", "strict" };
    assert_int_equal(open_case(item, strict, args, &env), BASE_OK);
    item->run(env.state, 1);
    s = env.state;
    s->decoded.entries[42].value.size--;
    assert_int_equal(item->check(s, &why), BASE_EWRONG);
    assert_int_equal(why.at, 42);
    item->teardown(s);
}

static void check_refusal(const char *name, const char *first, const char *second, base_err expect,
                          const char *words)
{
    const struct bench_case *const item = find_case(name);
    const char *const values[ARGS_MAX] = { first, second };
    struct bench_arg args[ARGS_MAX];
    struct bench_env env;
    assert_int_equal(open_case(item, values, args, &env), expect);
    assert_null(env.state);
    if (strstr(env.why.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", env.why.text, words);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void files_of_the_user(void **state)
{
    (void)state;
    char path[] = "/tmp/test_suite_enc.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    static const struct {
        const char *bytes;
        size_t size; /* 0: a text */
    } good[] = {
        { "\x83\x01\x02\x03", 4 },
        { "\xbf\x61z\x9f\x01\x02\xff\x61\x61\x7f\x61x\x61y\xff\xff", 16 }, /* indefinite */
        { "\x5f\xff", 2 },
        { "\xfb\x3f\xf0\0\0\0\0\0\0", 9 }, /* a long float */
        { "\xc2\x81\xa0", 3 },
        { " {\"b\": [1, -2, 3.5, true, null], \"a\": {\"\\u00e9\": \"\"}}", 0 },
        { "[]", 0 },
        { "\"text\"", 0 },
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const size_t size = good[i].size > 0 ? good[i].size : strlen(good[i].bytes);
        write_file(path, good[i].bytes, size);
        run_case("enc/file.encode", path, NULL);
        run_case("enc/file.decode", path, NULL);
    }
    write_file(path, "{\"a\": 1, \"a\": 2}", 16);
    check_refusal("enc/file.encode", path, NULL, BASE_EPARSE, "duplicate");
    write_file(path, "[1,\n2", 5);
    check_refusal("enc/file.decode", path, NULL, BASE_EPARSE, ":2:");
    write_file(path, "\x82\x01", 2);
    check_refusal("enc/file.decode", path, NULL, BASE_EPARSE, "TRUNCATED");
    write_file(path, "\xa2\x01\x00\x01\x00", 5);
    check_refusal("enc/file.encode", path, NULL, BASE_EEXIST, "earlier");
    char deep[400];
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    write_file(path, deep, sizeof deep);
    check_refusal("enc/file.encode", path, NULL, BASE_ERANGE, "deeper");
    write_file(path, "", 0);
    check_refusal("enc/file.encode", path, NULL, BASE_EPARSE, path);
    unlink(path);
    check_refusal("enc/file.encode", path, NULL, BASE_ENOTFOUND, path);
    check_refusal("enc/file.encode", "", NULL, BASE_EINVALID, "file");
    check_refusal("enc/document.encode", "novel", NULL, BASE_EINVALID, "novel");
    check_refusal("enc/encode", "100", "backwards", BASE_EINVALID, "backwards");
    check_refusal("enc/decode", "100", "loose", BASE_EINVALID, "loose");
    check_refusal("enc/encode", "many", "sorted", BASE_EPARSE, "entries");
    check_refusal("enc/encode", "1000001", "sorted", BASE_ERANGE, "entries");
}

static void notation_of_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/test_suite_enc.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    write_file(path, "\x9f\x18\x01\xff", 4);
    assert_int_equal(suite_enc_diag(path, &out, &why), BASE_OK);
    assert_string_equal(base_buf_text(&out), "[_ 1_0]\n");
    write_file(path, "\x82\x01\xff", 3);
    assert_int_equal(suite_enc_diag(path, &out, &why), BASE_EPARSE);
    assert_int_equal(why.at, 2);
    assert_non_null(strstr(why.text, path));
    unlink(path);
    assert_int_equal(suite_enc_diag(path, &out, &why), BASE_ENOTFOUND);
    base_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_right),
        cmocka_unit_test(a_wrong_answer_is_noticed),
        cmocka_unit_test(files_of_the_user),
        cmocka_unit_test(notation_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
