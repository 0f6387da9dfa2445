/* test_hist_log.c - encodings, logs and tables: a log of the Java library, round trips, and damage.
 */
#include "unit.h"

#include <base/rng.h>
#include <bench/hist_log.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifndef TEST_DATA
#define TEST_DATA "tests/data/measure"
#endif

static void fill(struct bench_hist *hist, uint64_t seed)
{
    assert_int_equal(bench_hist_init(hist, 1, 3600000000000, 3, NULL), BASE_OK);
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(bench_hist_record(hist, (uint64_t)base_rng_exponential(&rng, 1e5)),
                         BASE_OK);
}

static void assert_same(const struct bench_hist *a, const struct bench_hist *b)
{
    assert_int_equal(a->lowest, b->lowest);
    assert_int_equal(a->highest, b->highest);
    assert_int_equal(a->digits, b->digits);
    assert_int_equal(a->total, b->total);
    assert_int_equal(a->capacity, b->capacity);
    assert_memory_equal(a->counts, b->counts, a->capacity * sizeof *a->counts);
    assert_int_equal(bench_hist_min(a), bench_hist_min(b));
    assert_int_equal(bench_hist_max(a), bench_hist_max(b));
}

static void encodings_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct bench_hist hist;
        fill(&hist, seed);
        if (seed == 0)
            bench_hist_clear(&hist);
        if (seed == 1)
            assert_int_equal(bench_hist_record_n(&hist, 77, INT64_MAX - hist.total), BASE_OK);
        if (seed == 2)
            hist.ratio = 0.125;
        struct base_buf bytes = { 0 };
        struct base_buf text = { 0 };
        assert_int_equal(bench_hist_encode(&hist, &bytes), BASE_OK);
        assert_int_equal(bench_hist_encode_text(&hist, &text), BASE_OK);
        assert_memory_equal(text.data, "HISTF", 5); /* the cookie in base64 */
        struct base_why why = { 0 };
        struct bench_hist back = { 0 };
        assert_int_equal(bench_hist_decode(base_buf_span(&bytes), &back, &why), BASE_OK);
        assert_same(&hist, &back);
        assert_float_equal(back.ratio, hist.ratio, 0);
        bench_hist_done(&back);
        assert_int_equal(bench_hist_decode_text(base_buf_span(&text), &back, &why), BASE_OK);
        assert_same(&hist, &back);
        bench_hist_done(&back);
        bench_hist_done(&hist);
        base_buf_done(&bytes);
        base_buf_done(&text);
    }
}

struct sum {
    struct bench_hist all;
    struct base_buf again; /* the log written anew */
    unsigned intervals, tagged;
    double first_s, last_s, length_s;
    bool is_refusing;
};

static base_err sum_up(void *context, const struct bench_hist_interval *interval)
{
    struct sum *sum = context;
    if (sum->is_refusing)
        return BASE_EWRONG;
    if (sum->intervals++ == 0)
        sum->first_s = interval->start_s;
    sum->last_s = interval->start_s;
    sum->length_s += interval->length_s;
    sum->tagged += interval->tag != NULL;
    if (sum->again.size > 0 &&
        bench_hist_log_put(&sum->again, interval, 1441812279.474, 1e6) != BASE_OK)
        return BASE_ENOMEM;
    return bench_hist_add(&sum->all, interval->hist);
}

static void sum_init(struct sum *sum)
{
    *sum = (struct sum){ 0 };
    assert_int_equal(bench_hist_init(&sum->all, 1, 3600000000000, 3, NULL), BASE_OK);
}

static void read_published(struct base_buf *log)
{
    struct base_why why = { 0 };
    if (base_buf_read_file(log, TEST_DATA "/jhiccup-2.0.7.hlog", 1 << 20, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void assert_published(const struct sum *sum)
{
    assert_int_equal(sum->intervals, 62);
    assert_int_equal(sum->all.total, 48761);
    assert_int_equal(bench_hist_quantile(&sum->all, 0.999), 1745879039);
    assert_int_equal(bench_hist_max(&sum->all), 1796210687);
    assert_float_equal(sum->first_s, 1441812279.474 + 0.127, 1e-6);
}

static void a_log_of_the_java_library_is_read(void **state)
{
    (void)state;
    struct base_buf log = { 0 };
    read_published(&log);
    struct sum sum;
    sum_init(&sum);
    assert_int_equal(bench_hist_log_head(&sum.again, "Logged with jHiccup version 2.0.7-SNAPSHOT",
                                         1441812279.474),
                     BASE_OK);
    struct base_why why = { 0 };
    if (bench_hist_log_read(base_buf_span(&log), sum_up, &sum, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_published(&sum);
    assert_true(sum.tagged > 0 && sum.tagged < 62);
    struct sum second; /* what is written is read alike */
    sum_init(&second);
    if (bench_hist_log_read(base_buf_span(&sum.again), sum_up, &second, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_published(&second);
    assert_int_equal(second.tagged, sum.tagged);
    assert_float_equal(second.length_s, sum.length_s, 1e-6);
    assert_same(&second.all, &sum.all);
    bench_hist_done(&sum.all);
    bench_hist_done(&second.all);
    base_buf_done(&sum.again);
    base_buf_done(&log);
}

/* Uncompressed, our bytes of a decoded histogram are the Java writer's bytes. */
static void the_encoding_is_byte_for_byte_javas(void **state)
{
    (void)state;
    static const char text[] = "HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4u"
                               "ASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI=";
    static const uint8_t frame[] = { 0x1c, 0x84, 0x93, 0x14, 0, 0, 0, 0x45 };
    struct bench_hist hist = { 0 };
    struct base_why why = { 0 };
    if (bench_hist_decode_text(base_span_of(text, sizeof text - 1), &hist, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(bench_hist_max(&hist), 2768895); /* "Interval_Max" 2.769 ms in that log */
    struct base_buf ours = { 0 };
    assert_int_equal(bench_hist_encode(&hist, &ours), BASE_OK);
    uint8_t plain[512];
    uLongf size = sizeof plain;
    assert_int_equal(uncompress(plain, &size, ours.data + 8, ours.size - 8), Z_OK);
    struct base_buf java = { 0 };
    assert_int_equal(base_buf_reserve(&java, 256), BASE_OK);
    /* decode the base64 by the histogram's own cookie, then compare what was deflated */
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    for (size_t i = 0; i < sizeof text - 1 && text[i] != '='; i++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, text[i]) - digits);
        if (i % 4 != 0)
            java.data[java.size++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    assert_memory_equal(java.data, frame, sizeof frame);
    uint8_t expected[512];
    uLongf expected_size = sizeof expected;
    assert_int_equal(uncompress(expected, &expected_size, java.data + 8, java.size - 8), Z_OK);
    assert_int_equal(size, expected_size);
    assert_memory_equal(plain, expected, size);
    base_buf_done(&java);
    base_buf_done(&ours);
    bench_hist_done(&hist);
}

/* An encoding around bytes of our choice. */
static void deflate_frame(struct base_buf *out, const uint8_t *plain, size_t size)
{
    uLongf room = compressBound(size);
    assert_int_equal(base_buf_reserve(out, 8 + room), BASE_OK);
    assert_int_equal(compress(out->data + 8, &room, plain, size), Z_OK);
    const uint8_t frame[8] = { 0x1c, 0x84, 0x93, 0x14, 0, 0, (uint8_t)(room >> 8), (uint8_t)room };
    memcpy(out->data, frame, 8);
    out->size = 8 + room;
}

static void wrong_headers_are_refused(void **state)
{
    (void)state;
    static const uint8_t good[] = { 0x1c, 0x84, 0x93, 0x13, 0,    0,    0, 1, 0, 0, 0, 0, 0, 0,
                                    0,    3,    0,    0,    0,    0,    0, 0, 0, 1, 0, 0, 0, 0,
                                    0,    0,    4,    0,    0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 14 };
    static const struct {
        size_t at;
        uint8_t value;
        base_err err;
        const char *sentence;
    } rows[] = {
        { 0, 0x1c, BASE_OK, "" },
        { 3, 0x11, BASE_ECORRUPT, "inner cookie" },
        { 7, 2, BASE_ECORRUPT, "announced length" },
        { 7, 0, BASE_ECORRUPT, "announced length" },
        { 4, 0x7f, BASE_ECORRUPT, "more than" },
        { 11, 1, BASE_EUNSUPPORTED, "shifted" },
        { 15, 0, BASE_ECORRUPT, "no histogram has 0 digits" },
        { 15, 6, BASE_ECORRUPT, "no histogram has 6 digits" },
        { 23, 0, BASE_ECORRUPT, "no histogram" },
        { 24, 0x80, BASE_ECORRUPT, "no histogram" },
        { 32, 0xbf, BASE_ECORRUPT, "ratio" },
        { 32, 0x7f, BASE_ECORRUPT, "ratio" },
        { 40, 0x80, BASE_ECORRUPT, "end inside a number" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t plain[sizeof good];
        memcpy(plain, good, sizeof good);
        plain[rows[i].at] = rows[i].value;
        struct base_buf bytes = { 0 };
        deflate_frame(&bytes, plain, sizeof plain);
        struct base_why why = { 0 };
        struct bench_hist hist = { 0 };
        assert_int_equal(bench_hist_decode(base_buf_span(&bytes), &hist, &why), rows[i].err);
        assert_non_null(strstr(why.text, rows[i].sentence));
        assert_true((hist.counts != NULL) == (rows[i].err == BASE_OK));
        bench_hist_done(&hist);
        base_buf_done(&bytes);
    }
}

static void wrong_counts_are_refused(void **state)
{
    (void)state;
    uint8_t plain[40 + 20] = {
        0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0,  1,    0,
        0,    0,    0,    0,    0, 0, 1, 0,  0, 0, 0, 0, 0, 0, 64, 0x3f, 0xf0
    };
    static const struct {
        uint8_t counts[20];
        const char *sentence;
    } rows[] = {
        /* two counts of 2^63-1 */
        { { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,    0 },
          "more than 2^63-1" },
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, "past the last" }, /* -2^63 */
        { { 0xff, 0x7f }, "past the last" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(plain + 40, rows[i].counts, sizeof rows[i].counts);
        struct base_buf bytes = { 0 };
        deflate_frame(&bytes, plain, sizeof plain);
        struct base_why why = { 0 };
        struct bench_hist hist = { 0 };
        assert_int_equal(bench_hist_decode(base_buf_span(&bytes), &hist, &why), BASE_ECORRUPT);
        assert_non_null(strstr(why.text, rows[i].sentence));
        base_buf_done(&bytes);
    }
}

static void old_versions_and_rubbish_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        base_err err;
    } rows[] = {
        { "", BASE_ECORRUPT },
        { "HIST", BASE_ECORRUPT },
        { "HISTFAAAAAA=", BASE_ECORRUPT },
        { "HISTEgAAAAA=", BASE_EUNSUPPORTED },
        { "HISTCQAAAAA=", BASE_EUNSUPPORTED },
        { "AAAAAAAAAAA=", BASE_ECORRUPT },
        { "HIST*AAAAAA=", BASE_ECORRUPT },
        { "====", BASE_ECORRUPT },
        { "A===", BASE_ECORRUPT },
        { "HISTFA=AAAA=", BASE_ECORRUPT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_why why = { 0 };
        struct bench_hist hist = { 0 };
        assert_int_equal(
            bench_hist_decode_text(base_span_of(rows[i].text, strlen(rows[i].text)), &hist, &why),
            rows[i].err);
        assert_true(strlen(why.text) > 10);
        assert_null(hist.counts);
    }
}

/* Every truncation and every flipped bit of a framed encoding, then random damage to the inflated
 * bytes, where the checksum does not help: a clean error or a valid histogram. */
static void damage_is_survived(void **state)
{
    (void)state;
    struct bench_hist hist;
    fill(&hist, 9);
    struct base_buf bytes = { 0 };
    assert_int_equal(bench_hist_encode(&hist, &bytes), BASE_OK);
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *copy = malloc(size + 1); /* exact size, so that asan sees an overrun */
        memcpy(copy, bytes.data, size);
        struct bench_hist back = { 0 };
        assert_int_not_equal(bench_hist_decode(base_span_of(copy, size), &back, NULL), BASE_OK);
        free(copy);
    }
    unsigned unnoticed = 0;
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct bench_hist back = { 0 };
        if (bench_hist_decode(base_buf_span(&bytes), &back, NULL) == BASE_OK) {
            assert_int_equal(back.total, hist.total);
            unnoticed++;
        }
        bench_hist_done(&back);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* the word size, padding, and a reordering of bytes that the format's Adler-32 is blind to */
    assert_in_range(unnoticed, 4, bytes.size * 8 / 500);
    static uint8_t plain[1 << 16];
    static uint8_t damaged[1 << 16];
    uLongf size = sizeof plain;
    assert_int_equal(uncompress(plain, &size, bytes.data + 8, bytes.size - 8), Z_OK);
    struct base_rng rng;
    base_rng_init(&rng, 10);
    unsigned accepted = 0;
    for (int round = 0; round < 2000; round++) {
        memcpy(damaged, plain, size);
        const uint64_t span = round % 2 == 0 ? 40 : size;
        for (uint64_t k = base_rng_below(&rng, 4); k < 5; k++)
            damaged[base_rng_below(&rng, span)] = (uint8_t)base_rng_u64(&rng);
        damaged[12] = damaged[13] = damaged[14] = 0; /* let more through than the digits stop */
        struct base_buf frame = { 0 };
        deflate_frame(&frame, damaged, size);
        struct bench_hist back = { 0 };
        if (bench_hist_decode(base_buf_span(&frame), &back, NULL) == BASE_OK) {
            accepted++;
            assert_true(bench_hist_quantile(&back, 0.5) <= bench_hist_max(&back));
        }
        bench_hist_done(&back);
        base_buf_done(&frame);
    }
    assert_true(accepted > 0 && accepted < 2000);
    base_buf_done(&bytes);
    bench_hist_done(&hist);
}

static void bad_lines_are_named(void **state)
{
    (void)state;
#define HIST                                                                                       \
    "HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4uASkhIR4nrxg9v2lMaxhv"         \
    "MekILGZkKmcCAEf2CsI="
    static const struct {
        const char *text;
        base_err err;
        const char *sentence;
    } rows[] = {
        { "#[Histogram log format version 1.04]\n", BASE_EUNSUPPORTED, "line 1: log format" },
        { "#[Histogram log format version 2.0]\n", BASE_EUNSUPPORTED, "'2.0]'" },
        { "\n#[StartTime: noon]\n", BASE_EPARSE, "line 2: the start time" },
        { "Ta=a,7.133,0.999,0.459," HIST, BASE_EPARSE, "line 1: the start 'Ta=a" },
        { "Tag=a,x,0.999,0.459," HIST, BASE_EPARSE, "line 1: the start 'x" },
        { "Tag=a,7.133,nan,0.459," HIST, BASE_EPARSE, "line 1: the length" },
        { "7.133,0.999,0.459", BASE_EPARSE, "line 1: the maximum" },
        { "7.133,0.999,0.459,", BASE_ECORRUPT, "line 1: 0 characters of base64" },
        { "7.133,0.999,0.459," HIST "\n7.1,1,1,HISTF", BASE_ECORRUPT, "line 2: 5 characters" },
        { "Tag=abc", BASE_EPARSE, "line 1: a tag" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sum sum;
        sum_init(&sum);
        struct base_why why = { 0 };
        const struct base_span text = base_span_of(rows[i].text, strlen(rows[i].text));
        assert_int_equal(bench_hist_log_read(text, sum_up, &sum, &why), rows[i].err);
        assert_non_null(strstr(why.text, rows[i].sentence));
        bench_hist_done(&sum.all);
    }
    struct sum sum;
    sum_init(&sum);
    sum.is_refusing = true;
    static const char line[] = "#[StartTime: 2000000000 x]\n#[BaseTime: 10]\r\n7,1,1," HIST;
    struct base_why why = { 0 };
    assert_int_equal(bench_hist_log_read(base_span_of(line, sizeof line - 1), sum_up, &sum, &why),
                     BASE_EWRONG);
    assert_int_equal(why.at, 3);
    sum.is_refusing = false;
    assert_int_equal(bench_hist_log_read(base_span_of(line, sizeof line - 1), sum_up, &sum, &why),
                     BASE_OK);
    assert_float_equal(sum.first_s, 17, 1e-9);
    bench_hist_done(&sum.all);
}

static void the_writer_checks_its_arguments(void **state)
{
    (void)state;
    struct base_buf out = { 0 };
    struct bench_hist hist;
    fill(&hist, 1);
    const struct bench_hist_interval bad[] = {
        { .tag = "a,b", .hist = &hist },         { .tag = "a\nb", .hist = &hist },
        { .start_s = NAN, .hist = &hist },       { .length_s = -1, .hist = &hist },
        { .length_s = INFINITY, .hist = &hist },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bench_hist_log_put(&out, &bad[i], 0, 1), BASE_EINVALID);
    assert_int_equal(bench_hist_log_head(&out, NULL, NAN), BASE_ERANGE);
    assert_int_equal(bench_hist_log_head(&out, NULL, 1e300), BASE_ERANGE);
    assert_int_equal(bench_hist_hgrm_write(&hist, 0, 1, &out), BASE_EINVALID);
    assert_int_equal(bench_hist_hgrm_write(&hist, 5, 0, &out), BASE_EINVALID);
    assert_int_equal(out.size, 0);
    assert_int_equal(bench_hist_log_head(&out, NULL, 1441812279.474), BASE_OK);
    assert_non_null(strstr(base_buf_text(&out), "#[StartTime: 1441812279.474 (seconds since epoch),"
                                                " Wed Sep 09 15:24:39 UTC 2015]\n"));
    base_buf_done(&out);
    bench_hist_done(&hist);
}

static void the_table_is_the_known_one(void **state)
{
    (void)state;
    struct bench_hist hist;
    assert_int_equal(bench_hist_init(&hist, 1, 3600000000, 3, NULL), BASE_OK);
    for (uint64_t value = 1; value <= 10; value++)
        assert_int_equal(bench_hist_record(&hist, value), BASE_OK);
    struct base_buf out = { 0 };
    assert_int_equal(bench_hist_hgrm_write(&hist, 1, 1, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out),
                        "       Value     Percentile TotalCount 1/(1-Percentile)\n"
                        "\n"
                        "       1.000 0.000000000000          1           1.00\n"
                        "       5.000 0.500000000000          5           2.00\n"
                        "       8.000 0.750000000000          8           4.00\n"
                        "       9.000 0.875000000000          9           8.00\n"
                        "      10.000 0.937500000000         10          16.00\n"
                        "      10.000 1.000000000000         10\n"
                        "#[Mean    =        5.500, StdDeviation   =        2.872]\n"
                        "#[Max     =       10.000, Total count    =           10]\n"
                        "#[Buckets =           22, SubBuckets     =         2048]\n");
    base_buf_clear(&out);
    bench_hist_clear(&hist);
    assert_int_equal(bench_hist_hgrm_write(&hist, 5, 1, &out), BASE_OK);
    assert_non_null(strstr(base_buf_text(&out), "Total count    =            0]"));
    base_buf_done(&out);
    bench_hist_done(&hist);
}

static void tables_keep_their_quantiles(void **state)
{
    (void)state;
    struct bench_hist hist;
    struct bench_hist back;
    fill(&hist, 4);
    assert_int_equal(bench_hist_init(&back, 1, 3600000000000, 3, NULL), BASE_OK);
    struct base_buf out = { 0 };
    assert_int_equal(bench_hist_hgrm_write(&hist, 5, 1e3, &out), BASE_OK);
    struct base_why why = { 0 };
    if (bench_hist_hgrm_read(base_buf_span(&out), 1e3, &back, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_int_equal(back.total, hist.total);
    assert_int_equal(bench_hist_max(&back), bench_hist_max(&hist));
    static const double shares[] = { 0.1, 0.5, 0.75, 0.875, 0.9375, 0.96875, 0.9990234375, 1 };
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        assert_int_equal(bench_hist_quantile(&back, shares[i]),
                         bench_hist_quantile(&hist, shares[i]));
    static const struct {
        const char *text;
        base_err err;
    } rows[] = {
        { "1.0 0.5\n", BASE_EPARSE },
        { "x 0.5 3\n", BASE_EPARSE },
        { "1 1.5 3\n", BASE_EPARSE },
        { "1 0.5 -3\n", BASE_EPARSE },
        { "-1 0.5 3\n", BASE_EPARSE },
        { "2 0.5 3\n1 0.6 4\n", BASE_EPARSE },
        { "2 0.5 3\n3 0.6 2\n", BASE_EPARSE },
        { "1e30 0.5 3\n", BASE_ERANGE },
        { "1 0.5 99999999999999999999\n", BASE_EPARSE },
        { "1 0.5 9223372036854775807\n", BASE_EFULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        why.text[0] = '\0';
        assert_int_equal(
            bench_hist_hgrm_read(base_span_of(rows[i].text, strlen(rows[i].text)), 1, &back, &why),
            rows[i].err);
        assert_true(strlen(why.text) > 10);
        assert_int_equal(back.total, hist.total);
    }
    bench_hist_done(&hist);
    bench_hist_done(&back);
    base_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_come_back),
        cmocka_unit_test(a_log_of_the_java_library_is_read),
        cmocka_unit_test(the_encoding_is_byte_for_byte_javas),
        cmocka_unit_test(wrong_headers_are_refused),
        cmocka_unit_test(wrong_counts_are_refused),
        cmocka_unit_test(old_versions_and_rubbish_are_told_apart),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(the_writer_checks_its_arguments),
        cmocka_unit_test(the_table_is_the_known_one),
        cmocka_unit_test(tables_keep_their_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
