/* test_ifr_command.c - payloads byte by byte, what is refused, and what a service's errors become.
 */
#include "unit.h"

#include <mfn/ifr_service.h>

#include <string.h>

static const struct mfn_ifr_value sample = {
    .component_id = 0x01020304,
    .flow_type = 5,
    .priority = 6,
    .flags = 0x0708,
    .timestamp_ns = 0x1112131415161718,
    .size = 0x21222324,
};
static const uint8_t sample_bytes[] = {
    4, 3, 2, 1, 5, 6, 8, 7, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x24, 0x23, 0x22, 0x21
};
enum { SAMPLE_BYTES = 20 }; /* without what pads the end of the struct */
static const uint8_t key[37] = "0123456789abcdefghijklmnopqrstuvwxyz";

static void the_layout_of_a_register_is_as_written(void **state)
{
    (void)state;
    uint8_t out[MFN_IFR_REQUEST_SIZE_MAX];
    const struct mfn_ifr_request request = { MFN_IFR_COMMAND_REGISTER, key, 13, sample };
    assert_int_equal(mfn_ifr_request_encode(&request, out), 4 + 20 + 13);
    assert_memory_equal(out, "\x02\x0d\0\0", 4);
    assert_memory_equal(out + 4, sample_bytes, 20);
    assert_memory_equal(out + 24, key, 13);
}

static void requests_come_back(void **state)
{
    (void)state;
    static const size_t sizes[] = { 13, 32, 37 };
    for (int command = MFN_IFR_COMMAND_LOOKUP; command < MFN_IFR_COMMAND_COUNT; command++)
        for (size_t i = 0; i < 3; i++) {
            uint8_t out[MFN_IFR_REQUEST_SIZE_MAX];
            struct mfn_ifr_request back;
            const size_t right = command < MFN_IFR_COMMAND_STATS ? sizes[i] : 0;
            const struct mfn_ifr_request request = { (enum mfn_ifr_command)command, key, sizes[i],
                                                     sample };
            const size_t size = mfn_ifr_request_encode(&request, out);
            assert_true(size <= sizeof out);
            assert_int_equal(mfn_ifr_request_decode(base_span_of(out, size), &back, NULL), BASE_OK);
            assert_int_equal(back.command, command);
            assert_int_equal(back.key_size, right);
            assert_memory_equal(back.key, key, right);
            if (command == MFN_IFR_COMMAND_REGISTER)
                assert_memory_equal(&back.value, &sample, SAMPLE_BYTES);
        }
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        unsigned at;
        const char *sentence;
    } rows[] = {
        { "", 0, 0, "a command of 0 bytes is shorter than its head of 4" },
        { "\x01\x0d\0", 3, 3, "a command of 3 bytes is shorter than its head of 4" },
        { "\0\0\0\0", 4, 0, "command 0 is not between 1 and 6" },
        { "\x07\0\0\0", 4, 0, "command 7 is not between 1 and 6" },
        { "\x04\0\1\0", 4, 2, "reserved 0x1 is not 0" },
        { "\x04\x0d\0\0", 4, 1, "key_size 13 is not 0" },
        { "\x01\0\0\0", 4, 1, "key_size 0 is not 13, 32 or 37" },
        { "\x03\x0e\0\0", 4, 1, "key_size 14 is not 13, 32 or 37" },
        { "\x01\x0d\0\0", 4, 4, "command 1 with a key of 13 bytes has 4 bytes and not 17" },
        { "\x01\x0d\0\0"
          "0123456789abcd",
          18, 18, "command 1 with a key of 13 bytes has 18 bytes and not 17" },
        { "\x02\x0d\0\0"
          "0123456789abc",
          17, 17, "command 2 with a key of 13 bytes has 17 bytes and not 37" },
        { "\x04\0\0\0\0", 5, 5, "command 4 with a key of 0 bytes has 5 bytes and not 4" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mfn_ifr_request request;
        struct base_why why = { 0 };
        assert_int_equal(
            mfn_ifr_request_decode(base_span_of(rows[i].bytes, rows[i].size), &request, &why),
            BASE_EINVALID);
        assert_string_equal(why.text, rows[i].sentence);
        assert_int_equal(why.at, rows[i].at);
    }
}

static void answers_come_back(void **state)
{
    (void)state;
    uint8_t out[MFN_IFR_ANSWER_SIZE_MAX];
    struct mfn_ifr_answer back, answer = { .command = MFN_IFR_COMMAND_LOOKUP, .value = sample };
    size_t size = mfn_ifr_answer_encode(&answer, out);
    assert_int_equal(size, 24);
    assert_memory_equal(out, "\0\1\0\0", 4);
    assert_memory_equal(out + 4, sample_bytes, 20);
    assert_int_equal(mfn_ifr_answer_decode(base_span_of(out, size), &back, NULL), BASE_OK);
    assert_memory_equal(&back.value, &sample, SAMPLE_BYTES);

    answer = (struct mfn_ifr_answer){ .command = MFN_IFR_COMMAND_STATS };
    answer.counters.lookups = 1;
    answer.counters.bad_frames = UINT64_MAX - 1;
    size = mfn_ifr_answer_encode(&answer, out);
    assert_int_equal(size, 4 + 16 * 8);
    assert_memory_equal(out + 4, "\1\0\0\0\0\0\0\0", 8);
    assert_memory_equal(out + 4 + 15 * 8, "\xfe\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_int_equal(mfn_ifr_answer_decode(base_span_of(out, size), &back, NULL), BASE_OK);
    assert_memory_equal(&back.counters, &answer.counters, sizeof back.counters);

    answer = (struct mfn_ifr_answer){ .command = MFN_IFR_COMMAND_REMOVE, .result = 2 };
    memset(answer.sentence, 'x', MFN_IFR_SENTENCE_MAX);
    size = mfn_ifr_answer_encode(&answer, out);
    assert_int_equal(size, sizeof out);
    assert_int_equal(mfn_ifr_answer_decode(base_span_of(out, size), &back, NULL), BASE_OK);
    assert_int_equal(back.result, MFN_IFR_RESULT_NOT_FOUND);
    assert_string_equal(back.sentence, answer.sentence);
}

static void strange_answers(void **state)
{
    (void)state;
    static uint8_t long_sentence[4 + MFN_IFR_SENTENCE_MAX + 1] = { 1 };
    static const struct {
        const char *bytes;
        size_t size;
        bool is_good;
        unsigned result;
        const char *sentence;
    } rows[] = {
        { "\0", 1, true, 0, "" },
        { "\7", 1, true, 7, "" },
        { "\xc8\0\0\0new", 7, true, 200, "new" },
        { "\1\0\0\0a\n\x80"
          "b",
          8, true, 1, "a??b" },
        { "\0\6\0\0", 4, true, 0, "" }, /* Metrics: what follows is the caller's to read */
        { "\0\6\0\0text", 8, true, 0, "" },
        { "", 0, false, 0, NULL },
        { "\0\0", 2, false, 0, NULL },
        { "\0\0\0", 3, false, 0, NULL },
        { "\0\7\0\0", 4, false, 0, NULL },
        { "\0\1\0\0", 4, false, 0, NULL },
        { "\0\2\0\0\0", 5, false, 0, NULL },
        { "\0\4\0\0", 4, false, 0, NULL },
        { (const char *)long_sentence, sizeof long_sentence, false, 0, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mfn_ifr_answer answer;
        struct base_why why = { 0 };
        const base_err err =
            mfn_ifr_answer_decode(base_span_of(rows[i].bytes, rows[i].size), &answer, &why);
        assert_int_equal(err, rows[i].is_good ? BASE_OK : BASE_EPROTOCOL);
        if (rows[i].is_good) {
            assert_int_equal(answer.result, rows[i].result);
            assert_string_equal(answer.sentence, rows[i].sentence);
        } else {
            assert_true(why.text[0] != '\0');
        }
    }
}

static void results_and_errors_go_both_ways(void **state)
{
    (void)state;
    static const struct {
        base_err err;
        unsigned result;
        base_err back;
    } rows[] = {
        { BASE_OK, 0, BASE_OK },
        { BASE_EINVALID, 1, BASE_EINVALID },
        { BASE_ERANGE, 1, BASE_EINVALID },
        { BASE_ENOTFOUND, 2, BASE_ENOTFOUND },
        { BASE_ENOMEM, 3, BASE_ENOMEM },
        { BASE_EFULL, 4, BASE_EFULL },
        { BASE_EPROTOCOL, 5, BASE_EPROTOCOL },
        { BASE_ECORRUPT, 5, BASE_EPROTOCOL },
        { BASE_EWRONG, 8, BASE_EIO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(mfn_ifr_result_of(rows[i].err), rows[i].result);
        assert_int_equal(mfn_ifr_result_err(rows[i].result), rows[i].back);
    }
    assert_int_equal(MFN_IFR_RESULT_UNHEALTHY, 9);
    assert_int_equal(mfn_ifr_result_err(10), BASE_EIO);
    assert_string_equal(mfn_ifr_result_text(4000), mfn_ifr_result_text(MFN_IFR_RESULT_INTERNAL));
}

/* ---- the service ---- */

static base_err answer_err(void *context, const void *k, size_t key_size, struct mfn_ifr_value *out)
{
    (void)k;
    (void)key_size;
    (void)out;
    return *(const base_err *)context;
}

static base_err insert_err(void *context, const void *k, size_t key_size,
                           const struct mfn_ifr_value *value)
{
    assert_int_equal(key_size, 32);
    assert_memory_equal(k, key, 32);
    assert_memory_equal(value, &sample, SAMPLE_BYTES);
    return *(const base_err *)context;
}

static base_err remove_err(void *context, const void *k, size_t key_size)
{
    return answer_err(context, k, key_size, NULL);
}

static void some_stats(void *context, struct mfn_ifr_counters *out)
{
    (void)context;
    assert_int_equal(out->hits, 0);
    out->hits = 3;
    out->client_count = 99; /* not the registry's to say */
}

static unsigned ask(const struct mfn_ifr_service *service, enum mfn_ifr_command command,
                    const struct mfn_ifr_counters *server, struct mfn_ifr_answer *answer)
{
    uint8_t in[MFN_IFR_REQUEST_SIZE_MAX], out[MFN_IFR_ANSWER_SIZE_MAX];
    const struct mfn_ifr_request request = { command, key, 32, sample };
    const size_t size = mfn_ifr_request_encode(&request, in);
    const size_t back = mfn_ifr_service_answer(service, base_span_of(in, size), server, out);
    assert_int_equal(mfn_ifr_answer_decode(base_span_of(out, back), answer, NULL), BASE_OK);
    assert_int_equal(answer->command, command);
    return answer->result;
}

static void a_service_is_asked(void **state)
{
    (void)state;
    static const base_err errs[] = { BASE_OK, BASE_ENOTFOUND, BASE_EFULL, BASE_EIO };
    base_err err;
    const struct mfn_ifr_service service = { .context = &err,
                                             .find = answer_err,
                                             .insert = insert_err,
                                             .remove = remove_err,
                                             .stats = some_stats };
    const struct mfn_ifr_counters server = { .client_count = 5, .frames = 6, .hits = 1000 };
    struct mfn_ifr_answer answer;
    for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++) {
        err = errs[i];
        const unsigned right = mfn_ifr_result_of(err);
        assert_int_equal(ask(&service, MFN_IFR_COMMAND_LOOKUP, NULL, &answer), right);
        assert_int_equal(ask(&service, MFN_IFR_COMMAND_REGISTER, NULL, &answer), right);
        assert_int_equal(ask(&service, MFN_IFR_COMMAND_REMOVE, NULL, &answer), right);
    }
    assert_int_equal(ask(&service, MFN_IFR_COMMAND_STATS, &server, &answer), 0);
    assert_int_equal(answer.counters.hits, 3);
    assert_int_equal(answer.counters.client_count, 5);
    assert_int_equal(answer.counters.frames, 6);
}

static void a_service_refuses_what_is_no_command(void **state)
{
    (void)state;
    uint8_t out[MFN_IFR_ANSWER_SIZE_MAX];
    struct mfn_ifr_answer answer;
    const struct mfn_ifr_service service = { 0 };
    const size_t size = mfn_ifr_service_answer(&service, base_span_of("\x09\0\0\0", 4), NULL, out);
    assert_int_equal(mfn_ifr_answer_decode(base_span_of(out, size), &answer, NULL), BASE_OK);
    assert_int_equal(answer.result, MFN_IFR_RESULT_INVALID);
    assert_string_equal(answer.sentence, "command 9 is not between 1 and 6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_of_a_register_is_as_written),
        cmocka_unit_test(requests_come_back),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(strange_answers),
        cmocka_unit_test(results_and_errors_go_both_ways),
        cmocka_unit_test(a_service_is_asked),
        cmocka_unit_test(a_service_refuses_what_is_no_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
