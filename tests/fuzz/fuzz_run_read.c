/* fuzz_run_read.c - hostile run documents: what is read is written, and comes back the same. */
#include <result/run.h>
#include <result/sign.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_round_trip(const struct result_run *run)
{
    struct base_buf first = { 0 };
    struct base_buf second = { 0 };
    struct result_run back = { 0 };
    struct base_why why = { 0 };
    need(result_run_write_why(run, &first, &why) == BASE_OK);
    need(result_run_read(base_buf_span(&first), "written", &back, &why) == BASE_OK);
    need(result_run_write_why(&back, &second, &why) == BASE_OK);
    need(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    result_run_done(&back);
    base_buf_done(&first);
    base_buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result_run run = { 0 };
    struct result_verified verified;
    struct base_why why = { 0 };
    const struct base_span text = base_span_of(data, size);
    const base_err err = result_run_read(text, "input", &run, &why);
    if (err == BASE_OK)
        check_round_trip(&run);
    else
        need(why.err == err && memcmp(why.text, "input", 5) == 0);
    need(err == BASE_OK || result_verify_text(text, "input", &verified, NULL) != BASE_OK);
    result_run_done(&run);
    return 0;
}
