/* golden_cbor.c - the published vectors: RFC 8949 appendices A and F. */
#include "unit.h"

#include "cbor_again.h"
#include "cbor_hex.h"

#include <bpi/cbor_diag.h>

#include <stdlib.h>

enum { LINE_SIZE = 400, EXAMPLES_A = 81, EXAMPLES_F = 94 };

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

int main(int count, char **args)
{
    assert_int_equal(count, 2);
    folder = args[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appendix_a_is_read_written_and_shown),
        cmocka_unit_test(appendix_f_is_refused_with_an_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
