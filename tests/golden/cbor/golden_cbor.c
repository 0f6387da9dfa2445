/* golden_cbor.c - the published vectors: RFC 8949 appendices A and F, and those of
 * another library. */
#include "unit.h"

#include "cbor_again.h"
#include "cbor_hex.h"

#include <bpi/cbor_diag.h>

#include <stdlib.h>

enum { LINE_SIZE = 800, EXAMPLES_A = 81, EXAMPLES_F = 94, PUBLISHED = 56 };

static const char *folder;

typedef void row_fn(char *line);

/* Call `row` for every line of a file that is not a comment; returns how many. */
static size_t each_row(const char *name, row_fn *row)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "r");
    assert_non_null(file);
    char line[LINE_SIZE];
    size_t count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        row(line);
        count++;
    }
    fclose(file);
    return count;
}

static void example_a(char *line)
{
    const char *const reader = strtok(line, " ");
    const char *const hex = strtok(NULL, " ");
    const char *const notation = strtok(NULL, "");
    const bool is_strict = strcmp(reader, "strict") == 0;
    uint8_t memory[LINE_SIZE], again[LINE_SIZE];
    const struct base_span input = hex_bytes(hex, memory);
    struct base_why why = { 0 };
    if (bpi_cbor_validate(input, &bpi_cbor_lenient, &why) != BASE_OK)
        fail_msg("%s: %s", hex, why.text);
    if ((bpi_cbor_validate(input, &bpi_cbor_strict, &why) == BASE_OK) != is_strict)
        fail_msg("%s: the strict reader: %s", hex, why.text);
    struct base_buf out = { 0 };
    assert_int_equal(bpi_cbor_diag(input, false, &out, &why), BASE_OK);
    assert_string_equal(base_buf_text(&out), notation);
    base_buf_done(&out);
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, again, sizeof again);
    assert_int_equal(cbor_again(input, &bpi_cbor_lenient, &writer), BASE_OK);
    /* The lenient examples are indefinite, which comes back as it was, or wide floats. */
    if (is_strict || memory[0] >> 5 != BPI_CBOR_SIMPLE) {
        assert_int_equal(bpi_cbor_written(&writer).size, input.size);
        assert_memory_equal(again, input.data, input.size);
    }
    /* Cut anywhere, it is refused. */
    for (size_t size = 0; size < input.size; size++)
        assert_int_equal(bpi_cbor_check(base_span_of(memory, size), &bpi_cbor_lenient, NULL),
                         BASE_EPARSE);
}

static void example_f(char *line)
{
    const char *const hex = strtok(line, " ");
    const char *const reason = strtok(NULL, " ");
    const unsigned long long at = strtoull(strtok(NULL, " "), NULL, 10);
    uint8_t memory[LINE_SIZE];
    const struct base_span input = hex_bytes(hex, memory);
    struct bpi_cbor_fault fault;
    assert_int_equal(bpi_cbor_check(input, &bpi_cbor_lenient, &fault), BASE_EPARSE);
    if (strcmp(bpi_cbor_reason_name(fault.reason), reason) != 0 || fault.at != at)
        fail_msg("%s: %s at %llu, not %s at %llu", hex, bpi_cbor_reason_name(fault.reason),
                 (unsigned long long)fault.at, reason, at);
    /* Strict refuses it too, for that or (an indefinite head before) at an earlier byte. */
    assert_int_equal(bpi_cbor_check(input, &bpi_cbor_strict, &fault), BASE_EPARSE);
    assert_true(fault.at <= at);
    struct base_why why = { 0 };
    assert_int_equal(bpi_cbor_validate(input, NULL, &why), BASE_EPARSE);
    assert_non_null(strstr(why.text, bpi_cbor_reason_name(fault.reason)));
    struct base_buf out = { 0 };
    assert_int_equal(bpi_cbor_diag(input, true, &out, &why), BASE_EPARSE);
    assert_int_equal(why.at, at);
    base_buf_done(&out);
}

static void diag_of(struct base_span input, struct base_buf *out)
{
    struct base_why why = { 0 };
    if (bpi_cbor_diag(input, false, out, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

/* What is well-formed is written again to something that means the same. */
static void published(char *line)
{
    const char *const kind = strtok(line, " ");
    const char *const hex = strtok(NULL, " ");
    uint8_t memory[LINE_SIZE], again[LINE_SIZE];
    const struct base_span input = hex_bytes(hex, memory);
    struct bpi_cbor_fault fault;
    const base_err err = bpi_cbor_check(input, &bpi_cbor_lenient, &fault);
    if (strcmp(kind, "not-well-formed") == 0) {
        assert_int_equal(err, BASE_EPARSE);
        assert_true(fault.at <= input.size);
        return;
    }
    if (err != BASE_OK)
        fail_msg("%s: %s", hex, bpi_cbor_reason_name(fault.reason));
    if (strcmp(kind, "not-utf8") == 0) {
        struct bpi_cbor_options options = bpi_cbor_lenient;
        options.allow_bad_text = false;
        assert_int_equal(bpi_cbor_check(input, &options, &fault), BASE_EPARSE);
        assert_int_equal(fault.reason, BPI_CBOR_UTF8);
        return;
    }
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, again, sizeof again);
    assert_int_equal(cbor_again(input, &bpi_cbor_lenient, &writer), BASE_OK);
    struct base_buf first = { 0 };
    struct base_buf second = { 0 };
    diag_of(input, &first);
    diag_of(bpi_cbor_written(&writer), &second);
    assert_string_equal(base_buf_text(&first), base_buf_text(&second));
    base_buf_done(&first);
    base_buf_done(&second);
}

static void appendix_a_is_read_written_and_shown(void **state)
{
    (void)state;
    assert_int_equal(each_row("appendix_a.txt", example_a), EXAMPLES_A);
}

static void appendix_f_is_refused_with_an_offset(void **state)
{
    (void)state;
    assert_int_equal(each_row("appendix_f.txt", example_f), EXAMPLES_F);
}

static void vectors_of_another_library(void **state)
{
    (void)state;
    assert_int_equal(each_row("published.txt", published), PUBLISHED);
}

int main(int count, char **args)
{
    assert_int_equal(count, 2);
    folder = args[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appendix_a_is_read_written_and_shown),
        cmocka_unit_test(appendix_f_is_refused_with_an_offset),
        cmocka_unit_test(vectors_of_another_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
