/* test_stacks.c - the tree against a list of stacks; what is written from it, read again. */
#include "unit.h"

#include <base/rng.h>
#include <jansson.h>
#include <prof/facts.h>
#include <prof/write.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint32_t frame(struct prof_stacks *stacks, const char *name)
{
    uint32_t index = 0;
    const struct prof_frame what = { .name = name };
    assert_int_equal(prof_stacks_frame(stacks, &what, &index), BASE_OK);
    return index;
}

/* "a;b;c" */
static void add(struct prof_stacks *stacks, const char *path, double weight, double count)
{
    uint32_t frames[PROF_DEPTH_MAX];
    size_t depth = 0;
    char *copy = strdup(path), *rest = copy;
    for (const char *name; (name = strsep(&rest, ";")) != NULL;)
        frames[depth++] = frame(stacks, name);
    const double values[2] = { weight, count };
    assert_int_equal(prof_stacks_add(stacks, frames, depth, values), BASE_OK);
    free(copy);
}

static void expect_folded(struct prof_stacks *stacks, const char *text)
{
    struct base_buf out = { 0 };
    prof_stacks_sort(stacks);
    assert_int_equal(prof_folded_write(stacks, &out), BASE_OK);
    assert_string_equal(base_buf_text(&out), text);
    base_buf_done(&out);
}

static void equal_stacks_add_up(void **state)
{
    (void)state;
    struct prof_stacks stacks, other;
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    assert_int_equal(prof_stacks_init(&other), BASE_OK);
    add(&stacks, "main;b", 3, 1);
    add(&stacks, "main;a;c", 5, 1);
    add(&stacks, "main;b", 4, 1);
    add(&stacks, "main", 0.4, 1);
    expect_folded(&stacks, "main;a;c 5\nmain;b 7\n");
    add(&other, "main;b;d", 1, 1);
    add(&other, "main;b", 1, 1);
    other.about.items = 7;
    prof_stacks_missing(&other, "/bin/x", "stripped", 2);
    assert_int_equal(prof_stacks_merge(&stacks, &other), BASE_OK);
    expect_folded(&stacks, "main;a;c 5\nmain;b 8\nmain;b;d 1\n");
    assert_true(stacks.about.items == 7 && stacks.about.missing_count == 1);
    prof_stacks_done(&stacks);
    prof_stacks_done(&other);
}

/* Random stacks of few names against a list of them. */
static void a_tree_is_a_list_of_stacks(void **state)
{
    (void)state;
    enum { ADDED = 5000, DEPTH = 6, NAMES = 4 };
    static char paths[ADDED][DEPTH * 2];
    static double weights[ADDED];
    struct prof_stacks stacks;
    struct base_rng rng;
    base_rng_init(&rng, 42);
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    for (size_t i = 0; i < ADDED; i++) {
        const size_t depth = 1 + base_rng_below(&rng, DEPTH);
        for (size_t k = 0; k < depth; k++)
            sprintf(paths[i] + 2 * k, "%c%s", (char)('a' + base_rng_below(&rng, NAMES)),
                    k + 1 < depth ? ";" : "");
        weights[i] = 1 + (double)base_rng_below(&rng, 100);
        add(&stacks, paths[i], weights[i], 1);
    }
    struct base_buf out = { 0 };
    prof_stacks_sort(&stacks);
    assert_int_equal(prof_folded_write(&stacks, &out), BASE_OK);
    size_t lines = 0;
    char *rest = (char *)(uintptr_t)base_buf_text(&out), before[64] = "";
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; lines++) {
        char *blank = strrchr(line, ' ');
        double expected = 0;
        *blank = '\0';
        for (size_t i = 0; i < ADDED; i++)
            expected += strcmp(paths[i], line) == 0 ? weights[i] : 0;
        assert_true(atof(blank + 1) == expected);
        assert_true(strcmp(before, line) < 0); /* in order, each once */
        snprintf(before, sizeof before, "%s", line);
    }
    double(*totals)[2] = calloc(stacks.node_count, sizeof *totals), sum = 0;
    prof_stacks_totals(&stacks, totals);
    for (size_t i = 0; i < ADDED; i++)
        sum += weights[i];
    assert_true(totals[0][0] == sum && totals[0][1] == ADDED);
    free(totals);
    base_buf_done(&out);
    prof_stacks_done(&stacks);
}

static void too_deep_keeps_the_inner_end(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    uint32_t frames[PROF_DEPTH_MAX + 5];
    const double one[2] = { 1, 1 };
    char name[16];
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    for (size_t i = 0; i < PROF_DEPTH_MAX + 5; i++) {
        sprintf(name, "f%zu", i);
        frames[i] = frame(&stacks, name);
    }
    assert_int_equal(prof_stacks_add(&stacks, frames, PROF_DEPTH_MAX + 5, one), BASE_OK);
    assert_int_equal(stacks.node_count, PROF_DEPTH_MAX + 1);
    assert_string_equal(stacks.frames[stacks.nodes[1].frame].name, "f5");
    prof_stacks_done(&stacks);
}

static void folded_lines_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        base_err err;
        uint64_t at;
        const char *says;
    } rows[] = {
        { "a;b 3\na 1\n", BASE_OK, 0, NULL },
        { "# comment\n\na;b c;d 3\r\na;b c;d 4.5", BASE_OK, 0, NULL },
        { "", BASE_EPARSE, 0, "there is no stack in it" },
        { "# only\n", BASE_EPARSE, 0, "there is no stack in it" },
        { "a;b 3\na;b\n", BASE_EPARSE, 2, "line 2 is not 'frame;frame NUMBER': 'a;b'" },
        { "a;b x\n", BASE_EPARSE, 1, "line 1 is not" },
        { "a;b nan\n", BASE_EPARSE, 1, "line 1 is not" },
        { " 3\n", BASE_EPARSE, 1, "line 1 is not" },
        { "a -1\n", BASE_ERANGE, 1, "line 1: -1 is not within" },
        { "a 1e30\n", BASE_ERANGE, 1, "line 1: 1e30 is not within" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct prof_stacks stacks;
        struct base_why why = { 0 };
        assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
        assert_int_equal(
            prof_folded_read(base_span_of(rows[i].text, strlen(rows[i].text)), &stacks, &why),
            rows[i].err);
        assert_int_equal(why.at, rows[i].at);
        if (rows[i].says != NULL && strstr(why.text, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, why.text);
        prof_stacks_done(&stacks);
    }
}

static void too_many_frames_in_a_line(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct base_buf line = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    for (size_t i = 0; i <= PROF_DEPTH_MAX; i++)
        assert_int_equal(base_buf_put_text(&line, "f;"), BASE_OK);
    assert_int_equal(base_buf_put_text(&line, "g 1\n"), BASE_OK);
    assert_int_equal(prof_folded_read(base_buf_span(&line), &stacks, &why), BASE_EFULL);
    assert_int_equal(prof_folded_read(base_span_of("a\0b 1\n", 6), &stacks, &why), BASE_EPARSE);
    base_buf_done(&line);
    prof_stacks_done(&stacks);
}

/* Names that try to be markup, separators, ends of strings, and bytes that are no text. */
static const char hostile[] =
    "</script><img src=x onerror=\"a()\">&\\ ;\n\x01\xff\xc0\xaf\xed\xa0\x80";

static void make_sample(struct prof_stacks *stacks)
{
    uint32_t frames[4];
    const struct prof_frame what[4] = {
        { .name = "main", .module = "/bin/x", .file = "x.c", .line = 7 },
        { .name = "small",
          .module = "/bin/x",
          .file = "x.c",
          .line = 3,
          .kind = PROF_FRAME_INLINED },
        { .name = "sys_read", .module = "[kernel]", .kind = PROF_FRAME_KERNEL },
        { .name = hostile, .module = "/bin/<b>", .file = "\"<\"", .line = 1 },
    };
    const double values[2] = { 1003009, 1 }, twice[2] = { 2006018, 2 };
    assert_int_equal(prof_stacks_init(stacks), BASE_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(prof_stacks_frame(stacks, &what[i], &frames[i]), BASE_OK);
    const uint32_t bad[2] = { frames[0], frames[3] };
    assert_int_equal(prof_stacks_add(stacks, frames, 3, twice), BASE_OK);
    assert_int_equal(prof_stacks_add(stacks, frames, 2, values), BASE_OK);
    assert_int_equal(prof_stacks_add(stacks, bad, 2, values), BASE_OK);
    stacks->about.period = 1003009;
    stacks->about.items = 1000;
    prof_stacks_sort(stacks);
}

static void folded_golden(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    make_sample(&stacks);
    expect_folded(
        &stacks,
        "main;</script><img src=x onerror=\"a()\">&\\ :  \xff\xc0\xaf\xed\xa0\x80 1003009\n"
        "main;small_[i] 1003009\n"
        "main;small_[i];sys_read_[k] 2006018\n");
    prof_stacks_done(&stacks);
}

static void speedscope_golden(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct base_buf out = { 0 };
    json_error_t problem;
    make_sample(&stacks);
    assert_int_equal(prof_speedscope_write(&stacks, "a \"case\"", &out), BASE_OK);
    json_t *root = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL)
        fail_msg("%s", problem.text);
    const json_t *frames = json_object_get(json_object_get(root, "shared"), "frames");
    const json_t *profile = json_array_get(json_object_get(root, "profiles"), 0);
    const json_t *samples = json_object_get(profile, "samples");
    const json_t *weights = json_object_get(profile, "weights");
    double sum = 0;
    assert_int_equal(json_array_size(frames), 4);
    assert_string_equal(json_string_value(json_object_get(profile, "type")), "sampled");
    assert_string_equal(json_string_value(json_object_get(profile, "unit")), "nanoseconds");
    assert_string_equal(json_string_value(json_object_get(root, "name")), "a \"case\"");
    assert_int_equal(json_array_size(samples), 3);
    assert_int_equal(json_array_size(weights), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *sample = json_array_get(samples, i);
        const json_t *first =
            json_array_get(frames, (size_t)json_integer_value(json_array_get(sample, 0)));
        assert_string_equal(json_string_value(json_object_get(first, "name")), "main");
        assert_int_equal(json_integer_value(json_object_get(first, "line")), 7);
        sum += json_number_value(json_array_get(weights, i));
    }
    assert_true(sum == 4012036 && json_number_value(json_object_get(profile, "endValue")) == sum);
    json_decref(root);
    base_buf_done(&out);
    prof_stacks_done(&stacks);
}

/* --- a reader of protobuf, small and of its own --- */

struct reader {
    const uint8_t *at, *end;
};

static uint64_t read_varint(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        assert_true(reader->at < reader->end);
        value |= (uint64_t)(*reader->at & 0x7f) << shift;
        if ((*reader->at++ & 0x80) == 0)
            return value;
    }
    fail_msg("a varint of more than ten bytes");
    return 0;
}

/* The next field; for bytes `part` is what they are, else `value` is set. */
static bool next_field(struct reader *reader, unsigned *field, uint64_t *value, struct reader *part)
{
    if (reader->at == reader->end)
        return false;
    const uint64_t key = read_varint(reader);
    *field = (unsigned)(key >> 3);
    *value = read_varint(reader);
    if ((key & 7) == 2) {
        assert_true(*value <= (uint64_t)(reader->end - reader->at));
        *part = (struct reader){ reader->at, reader->at + *value };
        reader->at += *value;
    } else {
        assert_int_equal(key & 7, 0);
    }
    return true;
}

static void gunzip(const struct base_buf *from, struct base_buf *out)
{
    z_stream stream = { .next_in = from->data, .avail_in = (uInt)from->size };
    assert_int_equal(base_buf_reserve(out, 1 << 20), BASE_OK);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_out = out->data;
    stream.avail_out = 1 << 20;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out->size = stream.total_out;
    inflateEnd(&stream);
}

static void pprof_says_the_same(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct base_buf packed = { 0 }, plain = { 0 };
    make_sample(&stacks);
    assert_int_equal(prof_pprof_write(&stacks, &packed), BASE_OK);
    gunzip(&packed, &plain);
    struct reader reader = { plain.data, plain.data + plain.size }, part, inner;
    unsigned field = 0, counts[16] = { 0 }, inside = 0;
    uint64_t value = 0, ns = 0, samples = 0, deepest = 0;
    while (next_field(&reader, &field, &value, &part)) {
        assert_in_range(field, 1, 15);
        counts[field]++;
        if (field == 12)
            assert_int_equal(value, 1003009);
        while (field == 2 && next_field(&part, &inside, &value, &inner)) {
            uint64_t depth = 0;
            for (; inside == 1 && inner.at < inner.end; depth++)
                assert_in_range(read_varint(&inner), 1, 4);
            deepest = depth > deepest ? depth : deepest;
            if (inside == 2) {
                samples += read_varint(&inner);
                ns += read_varint(&inner);
            }
        }
    }
    assert_int_equal(counts[1], 2); /* sample types */
    assert_int_equal(counts[2], 3); /* samples */
    assert_int_equal(counts[3], 3); /* modules */
    assert_int_equal(counts[4], 4); /* locations */
    assert_int_equal(counts[5], 4); /* functions */
    assert_int_equal(counts[6], 5 + 3 * 4);
    assert_true(samples == 4 && ns == 4012036 && deepest == 3);
    base_buf_done(&packed);
    base_buf_done(&plain);
    prof_stacks_done(&stacks);
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

static void the_page_is_closed_to_names(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct base_buf out = { 0 };
    const char *facts[] = { "a <fact> & more" };
    const struct prof_page page = { .title = hostile, .facts = facts, .fact_count = 1 };
    make_sample(&stacks);
    assert_int_equal(prof_flame_write(&stacks, &page, &out), BASE_OK);
    const char *text = base_buf_text(&out);
    assert_int_equal(occurrences(text, "<script"), 2);
    assert_int_equal(occurrences(text, "</script>"), 2);
    assert_int_equal(occurrences(text, "<img"), 0);
    assert_int_equal(occurrences(text, "http://") + occurrences(text, "https://"), 0);
    assert_non_null(strstr(text, "a &lt;fact&gt; &amp; more"));
    const char *data = strstr(text, "id=\"data\">");
    assert_non_null(data);
    data += strlen("id=\"data\">");
    json_error_t problem;
    json_t *root = json_loadb(data, (size_t)(strstr(data, "</script>") - data), 0, &problem);
    if (root == NULL)
        fail_msg("%s", problem.text);
    const json_t *nodes = json_object_get(root, "nodes");
    size_t children = 0;
    double sum = 0;
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        children += (size_t)json_integer_value(json_array_get(json_array_get(nodes, i), 1));
        sum += json_number_value(json_array_get(json_array_get(nodes, i), 2));
    }
    assert_int_equal(json_array_size(nodes), stacks.node_count);
    assert_int_equal(children, stacks.node_count - 1);
    assert_true(sum == 4012036);
    json_decref(root);
    base_buf_done(&out);
    prof_stacks_done(&stacks);
}

/* A page of very many places stays small and keeps the whole sum. */
static void a_page_has_a_bound(void **state)
{
    (void)state;
    struct prof_stacks stacks;
    struct base_buf out = { 0 };
    char path[64];
    const struct prof_page page = { .title = "large" };
    assert_int_equal(prof_stacks_init(&stacks), BASE_OK);
    for (unsigned i = 0; i < 90000; i++) {
        sprintf(path, "main;f%u;g%u", i % 300, i);
        add(&stacks, path, i < 100 ? 1000 : 1, 1);
    }
    assert_int_equal(prof_flame_write(&stacks, &page, &out), BASE_OK);
    const char *text = base_buf_text(&out);
    const char *nodes = strstr(text, "\"nodes\":[");
    size_t count = 0;
    double sum = 0;
    for (const char *at = nodes; (at = strstr(at, "\n[")) != NULL; at++, count++) {
        double self = 0;
        if (sscanf(at, "\n[%*d,%*u,%lf", &self) == 1)
            sum += self;
    }
    assert_true(count < 40000);
    assert_true(fabs(sum - (100 * 1000 + 89900)) < 1e-6);
    assert_non_null(strstr(text, "too small to see"));
    base_buf_done(&out);
    prof_stacks_done(&stacks);
}

static double value_at(const struct prof_stacks *stacks, const char *name, unsigned which)
{
    for (size_t i = 1; i < stacks->node_count; i++)
        if (strcmp(stacks->frames[stacks->nodes[i].frame].name, name) == 0)
            return stacks->nodes[i].self[which];
    return NAN;
}

static void a_difference_is_per_item(void **state)
{
    (void)state;
    struct prof_stacks before, now, diff;
    bool is_per_item = false;
    struct base_why why = { 0 };
    assert_int_equal(prof_stacks_init(&before), BASE_OK);
    assert_int_equal(prof_stacks_init(&now), BASE_OK);
    add(&before, "main;a", 1000, 1);
    add(&before, "main;gone", 500, 1);
    add(&now, "main;a", 6000, 6);
    add(&now, "main;new", 2000, 2);
    before.about.items = 10;
    now.about.items = 20;
    before.about.period = now.about.period = 1000;
    assert_int_equal(prof_stacks_diff(&before, &now, &diff, &is_per_item, &why), BASE_OK);
    assert_true(is_per_item);
    assert_true(diff.about.grain[0] == 50 && diff.about.grain[1] == 100);
    assert_true(value_at(&diff, "a", 0) == 300 && value_at(&diff, "a", 1) == 100);
    assert_true(value_at(&diff, "gone", 0) == 0 && value_at(&diff, "gone", 1) == 50);
    assert_true(value_at(&diff, "new", 0) == 100 && value_at(&diff, "new", 1) == 0);
    prof_stacks_done(&diff);
    now.about.items = 0;
    assert_int_equal(prof_stacks_diff(&before, &now, &diff, &is_per_item, &why), BASE_OK);
    assert_false(is_per_item);
    assert_true(value_at(&diff, "a", 0) == 0.75 && fabs(value_at(&diff, "a", 1) - 2. / 3) < 1e-12);
    prof_stacks_done(&diff);
    now.about.what = PROF_ALLOCATIONS;
    assert_int_equal(prof_stacks_diff(&before, &now, &diff, &is_per_item, &why), BASE_EINVALID);
    prof_stacks_done(&before);
    prof_stacks_done(&now);
}

/* Two builds in two folders, a function that moved in its file: still the same frame. */
static void a_difference_joins_builds(void **state)
{
    (void)state;
    struct prof_stacks before, now, diff;
    bool is_per_item = false;
    const struct prof_frame old = { .name = "f", .module = "/a/x", .file = "/a/x.c", .line = 3 };
    const struct prof_frame new = { .name = "f", .module = "/b/x", .file = "/b/x.c", .line = 9 };
    const double one[2] = { 1, 1 };
    uint32_t index = 0;
    assert_int_equal(prof_stacks_init(&before), BASE_OK);
    assert_int_equal(prof_stacks_init(&now), BASE_OK);
    assert_int_equal(prof_stacks_frame(&before, &old, &index), BASE_OK);
    assert_int_equal(prof_stacks_add(&before, &index, 1, one), BASE_OK);
    assert_int_equal(prof_stacks_frame(&now, &new, &index), BASE_OK);
    assert_int_equal(prof_stacks_add(&now, &index, 1, one), BASE_OK);
    assert_int_equal(prof_stacks_diff(&before, &now, &diff, &is_per_item, NULL), BASE_OK);
    assert_int_equal(diff.node_count, 2);
    prof_stacks_done(&before);
    prof_stacks_done(&now);
    prof_stacks_done(&diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_stacks_add_up),
        cmocka_unit_test(a_tree_is_a_list_of_stacks),
        cmocka_unit_test(too_deep_keeps_the_inner_end),
        cmocka_unit_test(folded_lines_of_others),
        cmocka_unit_test(too_many_frames_in_a_line),
        cmocka_unit_test(folded_golden),
        cmocka_unit_test(speedscope_golden),
        cmocka_unit_test(pprof_says_the_same),
        cmocka_unit_test(the_page_is_closed_to_names),
        cmocka_unit_test(a_page_has_a_bound),
        cmocka_unit_test(a_difference_is_per_item),
        cmocka_unit_test(a_difference_joins_builds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
