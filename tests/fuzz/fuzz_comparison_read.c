/* fuzz_comparison_read.c - hostile comparisons: what is read is written, and comes back the same.
 */
#include <result/compare.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

/* The writer rounds to nine digits: what it wrote once, it writes again. */
static void check_round_trip(const struct result_comparison *all)
{
    struct base_buf first = { 0 }, second = { 0 };
    struct result_comparison back = { 0 };
    struct base_why why = { 0 };
    const struct result_page page = { 0 };
    need(result_comparison_write(all, "json", &page, &first) == BASE_OK);
    const base_err err = result_comparison_read(base_buf_span(&first), "written", &back, &why);
    if (err == BASE_OK) {
        need(result_comparison_write(&back, "json", &page, &second) == BASE_OK);
        need(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    }
    need(err == BASE_OK || err == BASE_EINVALID || err == BASE_ERANGE); /* rounded over an edge */
    result_comparison_done(&back);
    base_buf_done(&first);
    base_buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result_comparison all = { 0 };
    struct base_why why = { 0 };
    const base_err err = result_comparison_read(base_span_of(data, size), "input", &all, &why);
    if (err == BASE_OK)
        check_round_trip(&all);
    else
        need(why.err == err && memcmp(why.text, "input", 5) == 0);
    result_comparison_done(&all);
    return 0;
}
