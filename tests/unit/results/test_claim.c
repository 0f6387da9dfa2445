/* test_claim.c - claim files, bounds, metrics, and judgement on whole intervals. */
#include "unit.h"

#include "make_run.h"

#include <result/claim.h>

#include <string.h>

#define HEAD "claims:\n  - id: a\n    sentence: s\n"

static base_err read_text(const char *text, struct base_arena *arena, struct result_claim **claims,
                          size_t *count, struct base_why *why)
{
    return result_claims_read(base_span_of(text, strlen(text)), "x.yaml", arena, claims, count,
                              why);
}

static void reads_a_file(void **state)
{
    (void)state;
    static const char text[] = "# comment\n"
                               "claims:\n"
                               "  - id: bpi.enc.encode\n"
                               "    sentence: CBOR encode takes less than 1.25 ms\n"
                               "    case: enc/encode:entries=100,order=sorted\n"
                               "    metric: mean_ns\n"
                               "    bound: \"< 1.25 ms\"\n"
                               "    source: seed 1\n"
                               "  - id: ratio\n"
                               "    sentence: four times faster\n"
                               "    case: enc/encode:entries=100\n"
                               "    against: enc/encode.libcbor:entries=100\n"
                               "    metric: ratio median_ns\n"
                               "    bound: <= 0.25\n"
                               "    processes: 10\n"
                               "  - {id: time, sentence: five minutes, metric: run.elapsed_ns, "
                               "bound: < 5 min, only: comprehensive}\n";
    struct base_arena arena = { 0 };
    struct result_claim *claims = NULL;
    size_t count = 0;
    struct base_why why = { 0 };
    assert_int_equal(read_text(text, &arena, &claims, &count, &why), BASE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(claims[0].case_id, "enc/encode:entries=100,order=sorted");
    assert_string_equal(claims[0].bound.unit, "ns");
    assert_float_equal(claims[0].bound.high, 1.25e6, 1e-6);
    assert_true(claims[0].bound.is_high_open);
    assert_string_equal(claims[0].source, "seed 1");
    assert_null(claims[0].only);
    assert_int_equal(claims[0].processes, 0);
    assert_int_equal(claims[1].processes, 10);
    assert_string_equal(claims[1].metric, "median_ns");
    assert_string_equal(claims[1].against, "enc/encode.libcbor:entries=100");
    assert_false(claims[1].bound.is_high_open);
    assert_null(claims[2].case_id);
    assert_string_equal(claims[2].only, "comprehensive");
    assert_float_equal(claims[2].bound.high, 300e9, 1);
    base_arena_done(&arena);
}

static void refuses_files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        base_err err;
        uint64_t line;
        const char *sentence;
    } rows[] = {
        { "", BASE_EINVALID, 1, "x.yaml:1: is empty" },
        { "claims:\n  - id: [\n", BASE_EPARSE, 3, "not well-formed YAML" },
        { "claims:\n\t- id: a\n", BASE_EPARSE, 2, "not well-formed YAML" },
        { "- a\n", BASE_EINVALID, 1, "begins with 'claims:'" },
        { "claim: []\n", BASE_EINVALID, 1, "unknown key 'claim'" },
        { "claims: 3\n", BASE_EINVALID, 1, "claims: a list is expected" },
        { HEAD "    metric: mean_ns\n    bound: < 1 ms\n    case: x/y\n    colour: red\n",
          BASE_EINVALID, 7, "x.yaml:7: unknown key 'colour'" },
        { HEAD "    metric: mean_ns\n    case: x/y\n", BASE_EINVALID, 2,
          "the key 'bound' is missing" },
        { HEAD "    metric: mean_ns\n    bound: < 1 ms\n", BASE_EINVALID, 4,
          "the key 'case' is missing" },
        { HEAD "    metric: speed\n    case: x/y\n    bound: < 1 ms\n", BASE_EINVALID, 4,
          "x.yaml:4: metric: 'speed' is none of mean_ns" },
        { HEAD "    metric: fact.\n    case: x/y\n    bound: < 1\n", BASE_EINVALID, 4, "metric" },
        { HEAD "    metric: ratio mean_ns\n    case: x/y\n    bound: < 1\n", BASE_EINVALID, 4,
          "a ratio needs the key 'against'" },
        { HEAD "    metric: run.elapsed_ns\n    case: x/y\n    bound: < 1 s\n", BASE_EINVALID, 5,
          "x.yaml:5: case: a metric of the whole run has no case" },
        { HEAD "    metric: mean_ns\n    case: x/y\n    bound: quick\n", BASE_EINVALID, 6,
          "x.yaml:6: bound: 'quick' is not a bound" },
        { HEAD "    id: b\n    metric: mean_ns\n    bound: < 1 ms\n", BASE_EINVALID, 4,
          "x.yaml:4: the key 'id' is there twice" },
        { "claims:\n"
          "- {id: a, sentence: s, metric: mean_ns, case: x, bound: < 1 s}\n"
          "- {id: a, sentence: s, metric: mean_ns, case: x, bound: < 1 s}\n",
          BASE_EINVALID, 3, "id: 'a' is taken by the claim in line 2" },
        { HEAD "    metric: mean_ns\n    case: x/y\n    bound: < 1 ms\n    processes: -1\n",
          BASE_EINVALID, 7, "x.yaml:7: processes: '-1' is not a whole number" },
        { HEAD "    metric: mean_ns\n    case: x/y\n    bound: < 1 ms\n    processes: 5000000\n",
          BASE_EINVALID, 7, "x.yaml:7: processes: '5000000' is not a whole number" },
        { "claims: []\n---\nclaims: []\n", BASE_EINVALID, 3, "a second document" },
        { "claims:\n- &x {id: a}\n- *x\n", BASE_EINVALID, 2, "x.yaml:2" },
        { "claims:\n  - id: \"\"\n    sentence: s\n", BASE_EINVALID, 2, "x.yaml:2" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_arena arena = { 0 };
        struct base_why why = { 0 };
        struct result_claim *claims = NULL;
        size_t count = 77;
        const base_err err = read_text(rows[i].text, &arena, &claims, &count, &why);
        if (err != rows[i].err || why.at != rows[i].line || !strstr(why.text, rows[i].sentence))
            fail_msg("row %zu: %s, line %d: %s", i, base_err_name(err), (int)why.at, why.text);
        assert_int_equal(count, 77);
        assert_null(claims);
        base_arena_done(&arena);
    }
}

static void refuses_a_huge_file(void **state)
{
    (void)state;
    static char text[RESULT_CLAIM_FILE_SIZE_MAX + 1];
    struct base_arena arena = { 0 };
    struct result_claim *claims = NULL;
    size_t count = 0;
    struct base_why why = { 0 };
    memset(text, '#', sizeof text);
    assert_int_equal(result_claims_read(base_span_of(text, sizeof text), "x.yaml", &arena, &claims,
                                        &count, &why),
                     BASE_ERANGE);
    base_arena_done(&arena);
}

static void parses_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double low, high;
        bool is_low_open, is_high_open;
        const char *unit;
    } rows[] = {
        { "< 1.25 ms", -INFINITY, 1.25e6, false, true, "ns" },
        { "<=95us", -INFINITY, 95e3, false, false, "ns" },
        { "> 2500 /s", 2500, INFINITY, true, false, "/s" },
        { ">= 2.5 k/s", 2500, INFINITY, false, false, "/s" },
        { ">= 1 GB/s", 1e9, INFINITY, false, false, "B/s" },
        { ">= 1 GiB/s", 0x1p30, INFINITY, false, false, "B/s" },
        { ">= 40 Gbit/s", 5e9, INFINITY, false, false, "B/s" },
        { "< 0.25", -INFINITY, 0.25, false, true, "1" },
        { "> 98 %", 0.98, INFINITY, true, false, "1" },
        { "0.93 .. 0.97", 0.93, 0.97, false, false, "1" },
        { "-0.05 .. 0.05 ns", -0.05, 0.05, false, false, "ns" },
        { "1751 .. 1751 B", 1751, 1751, false, false, "B" },
        { "< 128 MB", -INFINITY, 128e6, false, true, "B" },
        { "> 10 hops", 10, INFINITY, true, false, "hops" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result_bound bound = { 0 };
        struct base_why why = { 0 };
        if (result_bound_parse(rows[i].text, &bound, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_true(fabs(bound.low - rows[i].low) < 1e-9 * fabs(rows[i].low) + 1e-12 ||
                    bound.low == rows[i].low);
        assert_true(fabs(bound.high - rows[i].high) < 1e-9 * fabs(rows[i].high) + 1e-12 ||
                    bound.high == rows[i].high);
        assert_int_equal(bound.is_low_open, rows[i].is_low_open);
        assert_int_equal(bound.is_high_open, rows[i].is_high_open);
        assert_string_equal(bound.unit, rows[i].unit);
    }
    static const char *const wrong[] = { "",
                                         "<",
                                         "< ms",
                                         "1.25 ms",
                                         "= 3",
                                         "< nan",
                                         "< inf",
                                         "< 0x10",
                                         "3 .. 2",
                                         "1 ..",
                                         "1 ... 2",
                                         "< 1 2",
                                         "< 1 5ns",
                                         "<< 3",
                                         "< 1e999",
                                         "< 1 very long unit text",
                                         "1 .. 2 ms ns" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct result_bound bound = { 0 };
        struct base_why why = { 0 };
        if (result_bound_parse(wrong[i], &bound, &why) == BASE_OK)
            fail_msg("'%s' was taken for a bound", wrong[i]);
        assert_non_null(strstr(why.text, "bound:"));
    }
}

/* Whatever the bytes, an answer: claims or a sentence that names the file. */
static void mutated_files_are_answered(void **state)
{
    (void)state;
    static const char whole[] =
        HEAD "    case: x/y\n    metric: ratio mean_ns\n    against: &z x/z\n"
             "    bound: \"< 1.25 ms\"\n    source: |\n      seed 1\n"
             "  - {id: b, sentence: s, case: x, metric: fact.a, bound: 0 .. 1}\n";
    static const char marks[] = "\n\t :-[]{}\"'|>&*#%@!?,\\\x80\xff";
    struct base_rng rng;
    base_rng_init(&rng, 99);
    size_t read = 0;
    for (size_t trial = 0; trial < 3000; trial++) {
        char text[sizeof whole];
        struct base_arena arena = { 0 };
        struct base_why why = { 0 };
        struct result_claim *claims = NULL;
        size_t count = 0;
        memcpy(text, whole, sizeof text);
        for (uint64_t i = base_rng_below(&rng, 4); i > 0; i--)
            text[base_rng_below(&rng, sizeof text)] = marks[base_rng_below(&rng, sizeof marks)];
        const size_t size = sizeof text - 1 - base_rng_below(&rng, 2) * base_rng_below(&rng, 100);
        const base_err err =
            result_claims_read(base_span_of(text, size), "x.yaml", &arena, &claims, &count, &why);
        read += err == BASE_OK;
        if (err != BASE_OK)
            assert_true(why.err == err && strncmp(why.text, "x.yaml:", 7) == 0 && why.at > 0);
        base_arena_done(&arena);
    }
    assert_in_range(read, 500, 2500);
}

/* --- judgement ----------------------------------------------------------------------------- */

static void make_judged(struct result_run *run)
{
    struct base_rng rng;
    base_rng_init(&rng, 1);
    make_run(run, "01");
    struct result_case *a = make_case(run, "s/a:n=1", 100, &rng);
    a->mean_ns = (struct result_estimate){ 100, 98, 102 };
    a->median_ns = (struct result_estimate){ 100, 80, 125 };
    a->bytes_per_item = 1000;
    a->parts_per_item = 4;
    a->facts = MAKE_QUANTITIES(run, { "output_bytes", 1751, "B" }, { "coverage", 0.95, "1" },
                               { "coverage_low", 0.935, "1" }, { "coverage_high", 0.965, "1" },
                               { "share", 0.5, "1" }, { "latency", 40, "ns" });
    a->counters = MAKE_QUANTITIES(run, { "allocs", 0, "1" }, { "cpu", 12, "ns" });
    a->series = make_array(run, 5, sizeof *a->series);
    a->series_count = 5;
    a->series[0] = (struct result_series){ "p99_ns", "ns", 50, 51, 40, 99, { 50, 48, 52 }, NAN };
    a->series[1] = (struct result_series){ "once_ns", "ns", 50, 51, 40, 99, { 50, NAN, NAN }, 1 };
    a->series[2] =
        (struct result_series){ "old_bytes", "B", 64, 64, 8, 99, { NAN, NAN, NAN }, NAN };
    a->series[3] = (struct result_series){ "seldom", "1", 5, 5, 5, 5, { 5, 4.9, 5.1 }, 2 };
    a->series[4] = (struct result_series){ "wrong", "1", 0, 0.1, 0, 1, { 0.1, -0.1, 0.3 }, 2 };
    struct result_case *b = make_case(run, "s/b:n=1", 400, &rng);
    b->series = make_array(run, 1, sizeof *b->series);
    b->series_count = 1;
    b->series[0] =
        (struct result_series){ "p99_ns", "ns", 100, 100, 9, 999, { 100, 98, 102 }, NAN };
    b->median_ns = (struct result_estimate){ 400, 320, 500 };
    make_case(run, "s/single", 100, &rng)->process_count = 1;
    struct result_case *floor = make_case(run, "s/floor", 1, &rng);
    floor->median_ns = (struct result_estimate){ 0.001, -0.01, 0.012 };
    floor->is_at_floor = true;
    floor->bytes_per_item = 8;
    struct result_case *crashed = make_empty_case(run, "s/crashed");
    crashed->status = "crashed";
    crashed->why = "worker w: ended by signal 11";
    make_empty_case(run, "s/interrupted")->status = "interrupted";
    struct result_case *here = make_case(run, "s/here", 100, &rng);
    here->median_ns = (struct result_estimate){ 100, 50, 150 }; /* hours of drift */
    here->process_count = 3;
    for (size_t i = 0; i < 3; i++)
        here->processes[i].median_ns = 99 + (double)i;
    make_case(run, "s/raw", 100, &rng)->normalised_ns = make_none();
    make_case(run, "s/open", 100, &rng)->mean_ns = (struct result_estimate){ 100, NAN, NAN };
}

static void judge(const char *fields, struct result_run *run, struct base_arena *arena,
                  struct result_verdict *out)
{
    char text[600];
    struct result_claim *claims = NULL;
    struct result_verdict *verdicts = NULL;
    struct base_why why = { 0 };
    size_t count = 0;
    const char *bound = strstr(fields, "bound: ") + strlen("bound: ");
    snprintf(text, sizeof text, "claims:\n- {id: c, sentence: s, %.*s\"%.*s\"%s}\n",
             (int)(bound - fields), fields, (int)strcspn(bound, ","), bound,
             bound + strcspn(bound, ","));
    if (read_text(text, arena, &claims, &count, &why) != BASE_OK)
        fail_msg("%s: %s", fields, why.text);
    assert_int_equal(result_claims_judge(claims, count, run, arena, &verdicts), BASE_OK);
    *out = verdicts[0];
}

static const struct {
    const char *fields, *state, *why;
} judged[] = {
    { "case: s/a:n=1, metric: mean_ns, bound: < 102.1 ns", "proven",
      "100.0 ns [98.00 ns, 102.0 ns] keeps < 102.1 ns" },
    { "case: s/a:n=1, metric: mean_ns, bound: < 102 ns", "undecided", "is on both sides of" },
    { "case: s/a:n=1, metric: mean_ns, bound: <= 102 ns", "proven", "keeps" },
    { "case: s/a:n=1, metric: mean_ns, bound: < 98 ns", "refuted", "misses < 98 ns" },
    { "case: s/a:n=1, metric: mean_ns, bound: <= 98 ns", "undecided", "" },
    { "case: s/a:n=1, metric: mean_ns, bound: > 97 ns", "proven", "" },
    { "case: s/a:n=1, metric: mean_ns, bound: > 102 ns", "refuted", "" },
    { "case: s/a:n=1, metric: mean_ns, bound: >= 102 ns", "undecided", "" },
    { "case: s/a:n=1, metric: mean_ns, bound: 98 .. 102 ns", "proven", "" },
    { "case: s/a:n=1, metric: mean_ns, bound: 99 .. 102 ns", "undecided", "" },
    { "case: s/a:n=1, metric: mean_ns, bound: 103 .. 104 ns", "refuted", "" },
    /* what the case measured itself, from the spread between processes */
    { "case: s/a:n=1, metric: series.p99_ns, bound: < 52.1 ns", "proven",
      "50.00 ns [48.00 ns, 52.00 ns] keeps < 52.1 ns" },
    { "case: s/a:n=1, metric: series.p99_ns, bound: < 50 ns", "undecided", "both sides" },
    { "case: s/a:n=1, metric: series.p99_ns, bound: < 40 us", "proven", "" },
    { "case: s/a:n=1, metric: series.p99_ns, bound: > 1 us", "refuted", "" },
    { "case: s/a:n=1, metric: series.p99_ns, bound: < 50 B", "not run", "is in ns" },
    { "case: s/a:n=1, metric: series.once_ns, bound: < 1 us", "undecided", "one process" },
    { "case: s/a:n=1, metric: series.old_bytes, bound: < 99 B", "undecided", "was not kept" },
    { "case: s/a:n=1, metric: series.p98_ns, bound: < 1 us", "not run", "no such series" },
    { "case: s/a:n=1, against: s/b:n=1, metric: ratio series.p99_ns, bound: <= 0.55", "proven",
      "" },
    /* of what must never be the largest counts, and of that once is enough */
    { "case: s/a:n=1, metric: highest.wrong, bound: <= 0", "refuted", "1 (exact) misses <= 0" },
    { "case: s/a:n=1, metric: highest.wrong, bound: <= 0, processes: 3", "refuted", "misses" },
    { "case: s/a:n=1, metric: highest.wrong, bound: <= 1, processes: 2", "proven", "keeps" },
    { "case: s/a:n=1, metric: highest.wrong, bound: <= 1, processes: 3", "undecided",
      "it needs 3 rounds, there were 2" },
    { "case: s/a:n=1, metric: highest.gone, bound: <= 1", "not run", "no such series" },
    /* rates turn the interval round: 1000 B in 80 .. 125 ns */
    { "case: s/a:n=1, metric: bytes_per_s, bound: >= 8 GB/s", "proven", "" },
    { "case: s/a:n=1, metric: bytes_per_s, bound: > 8.1 GB/s", "undecided", "" },
    { "case: s/a:n=1, metric: bytes_per_s, bound: > 12.6 GB/s", "refuted", "" },
    { "case: s/a:n=1, metric: items_per_s, bound: >= 7.9 M/s", "proven", "" },
    { "case: s/a:n=1, metric: parts_per_s, bound: >= 31 M/s", "proven", "" },
    { "case: s/b:n=1, metric: bytes_per_s, bound: > 1 B/s", "not run", "no such amount" },
    { "case: s/floor, metric: bytes_per_s, bound: > 1 B/s", "not run", "at the floor" },
    { "case: s/floor, metric: median_ns, bound: -0.05 .. 0.05 ns", "proven", "" },
    /* 99, 100, 101: Student's 4.303 / sqrt(3) on either side, whatever the drift */
    { "case: s/here, metric: here_ns, bound: 97.5 .. 102.5 ns", "proven",
      "100.0 ns [97.52 ns, 102.5" },
    { "case: s/here, metric: here_ns, bound: 98 .. 102 ns", "undecided", "" },
    { "case: s/here, metric: here_ns, bound: < 97 ns", "refuted", "" },
    { "case: s/here, metric: median_ns, bound: 97.5 .. 102.5 ns", "undecided", "" },
    { "case: s/single, metric: here_ns, bound: < 1 s", "undecided", "one process" },
    /* a / b = 0.25, each side 25 % wide: ratio within exp(+-0.3156) */
    { "case: s/a:n=1, against: s/b:n=1, metric: ratio median_ns, bound: < 0.343", "proven",
      "0.25 [0.1823, 0.3428] keeps < 0.343" },
    { "case: s/a:n=1, against: s/b:n=1, metric: median_ns, bound: < 0.342", "undecided", "" },
    { "case: s/a:n=1, against: s/b:n=1, metric: median_ns, bound: < 0.18", "refuted", "" },
    { "case: s/a:n=1, against: s/floor, metric: median_ns, bound: < 1", "undecided",
      "an interval reaches zero" },
    { "case: s/a:n=1, against: s/single, metric: median_ns, bound: < 9", "undecided",
      "one process" },
    { "case: s/a:n=1, against: s/gone, metric: median_ns, bound: < 1", "not run",
      "no case s/gone" },
    /* facts and counters */
    { "case: s/a:n=1, metric: fact.output_bytes, bound: <= 1751 B", "proven",
      "1751 B (exact) keeps <= 1751 B" },
    { "case: s/a:n=1, metric: fact.output_bytes, bound: < 1751 B", "refuted", "misses" },
    { "case: s/a:n=1, metric: fact.coverage, bound: 0.93 .. 0.97", "proven",
      "0.95 [0.935, 0.965]" },
    { "case: s/a:n=1, metric: fact.coverage, bound: 0.94 .. 0.97", "undecided", "" },
    { "case: s/a:n=1, metric: fact.coverage, bound: 94 .. 97 %", "undecided", "" },
    { "case: s/a:n=1, metric: fact.share, bound: < 0.6", "undecided", "not a count" },
    { "case: s/a:n=1, metric: fact.latency, bound: < 1 us", "undecided", "not a count" },
    { "case: s/a:n=1, metric: fact.gone, bound: < 1", "not run", "no such fact" },
    { "case: s/a:n=1, metric: counter.allocs, bound: <= 0", "proven", "0 (exact)" },
    { "case: s/a:n=1, metric: counter.cpu, bound: < 1 us", "undecided", "not a count" },
    { "case: s/a:n=1, metric: fact.output_bytes, bound: < 2 ms", "not run",
      "is in B, the bound < 2 ms in ns" },
    /* nothing to judge */
    { "case: s/gone, metric: mean_ns, bound: < 1 s", "not run", "the run has no case s/gone" },
    { "case: s/crashed, metric: mean_ns, bound: < 1 s", "not run",
      "s/crashed: crashed: worker w: ended by signal 11" },
    { "case: s/interrupted, metric: mean_ns, bound: < 1 s", "not run", "interrupted" },
    { "case: s/raw, metric: normalised_ns, bound: < 1 s", "not run", "no reference" },
    { "case: s/open, metric: mean_ns, bound: < 1 s", "undecided", "has no interval" },
    { "case: s/single, metric: mean_ns, bound: < 1 s", "undecided", "one process" },
    /* too few processes: whatever the interval says */
    { "case: s/here, metric: here_ns, bound: < 1 s, processes: 3", "proven", "keeps" },
    { "case: s/here, metric: here_ns, bound: < 1 s, processes: 4", "undecided",
      "it needs 4 rounds, there were 3" },
    { "case: s/here, metric: here_ns, bound: > 1 s, processes: 10", "undecided",
      "it needs 10 rounds, there were 3" },
    { "case: s/gone, metric: here_ns, bound: > 1 s, processes: 10", "not run", "no case s/gone" },
    { "case: s/a:n=1, against: s/single, metric: median_ns, bound: < 9, processes: 2", "undecided",
      "it needs 2 rounds, there were 1" },
    /* a series of fewer processes than the case has */
    { "case: s/a:n=1, metric: series.seldom, bound: < 6, processes: 2", "proven", "keeps" },
    { "case: s/a:n=1, metric: series.seldom, bound: < 6, processes: 3", "undecided",
      "it needs 3 rounds, there were 2" },
    { "case: s/a:n=1, metric: series.p99_ns, bound: < 1 us, processes: 3", "proven", "" },
    /* the run */
    { "metric: run.elapsed_ns, bound: < 5 min", "proven", "72.50 s (exact) keeps < 5 min" },
    { "metric: run.elapsed_ns, bound: < 72.5 s", "refuted", "" },
    { "metric: run.elapsed_ns, bound: < 5 min, only: comprehensive", "proven", "" },
    { "metric: run.elapsed_ns, bound: < 5 min, only: nightly", "not run", "'nightly'" },
    { "metric: run.elapsed_ns, bound: < 5 min, only: compre", "not run", "" },
};

static void judges_whole_intervals(void **state)
{
    (void)state;
    struct result_run run;
    struct base_arena arena = { 0 };
    make_judged(&run);
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        struct result_verdict verdict = { 0 };
        judge(judged[i].fields, &run, &arena, &verdict);
        if (strcmp(verdict.state, judged[i].state) != 0 || !strstr(verdict.why, judged[i].why))
            fail_msg("%s: %s: %s", judged[i].fields, verdict.state, verdict.why);
    }
    base_arena_done(&arena);
    result_run_done(&run);
}

static void an_unfinished_run_has_no_time(void **state)
{
    (void)state;
    struct result_run run;
    struct base_arena arena = { 0 };
    struct result_verdict verdict = { 0 };
    make_judged(&run);
    run.ended = NULL;
    judge("metric: run.elapsed_ns, bound: < 5 min", &run, &arena, &verdict);
    assert_string_equal(verdict.state, "not run");
    run.ended = "yesterday";
    judge("metric: run.elapsed_ns, bound: < 5 min", &run, &arena, &verdict);
    assert_string_equal(verdict.state, "not run");
    run.ended = "2026-11-21T10:01:00.000Z";
    run.state = "interrupted";
    judge("metric: run.elapsed_ns, bound: < 5 min", &run, &arena, &verdict);
    assert_non_null(strstr(verdict.why, "interrupted"));
    base_arena_done(&arena);
    result_run_done(&run);
}

/* The ratio's interval covers the true ratio as often as it promises. */
static void ratio_interval_covers(void **state)
{
    (void)state;
    struct base_rng rng;
    size_t covered = 0;
    const size_t trials = 4000;
    base_rng_init(&rng, 42);
    for (size_t i = 0; i < trials; i++) {
        struct result_run run;
        struct base_arena arena = { 0 };
        struct result_verdict verdict = { 0 };
        make_run(&run, "01");
        for (int side = 0; side < 2; side++) {
            struct result_case *one = make_empty_case(&run, side == 0 ? "s/a" : "s/b");
            const double value = (side == 0 ? 100 : 250) * (1 + 0.05 * base_rng_normal(&rng));
            make_processes(&run, one, 2, 100, 0.01, &rng);
            one->median_ns = (struct result_estimate){ value, value * (1 - 1.96 * 0.05),
                                                       value * (1 + 1.96 * 0.05) };
        }
        judge("case: s/a, against: s/b, metric: median_ns, bound: < 1", &run, &arena, &verdict);
        covered += verdict.measured.low <= 0.4 && verdict.measured.high >= 0.4;
        base_arena_done(&arena);
        result_run_done(&run);
    }
    assert_in_range(covered, trials * 93 / 100, trials * 97 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_file),           cmocka_unit_test(refuses_files),
        cmocka_unit_test(refuses_a_huge_file),    cmocka_unit_test(parses_bounds),
        cmocka_unit_test(judges_whole_intervals), cmocka_unit_test(an_unfinished_run_has_no_time),
        cmocka_unit_test(ratio_interval_covers),  cmocka_unit_test(mutated_files_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
