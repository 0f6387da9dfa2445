/* bench_report.c - writes a run of CASES cases (100 without an argument), ten processes of 200
 * batches each, to standard output: what docs/reports.md measures reports on. */
#include "result_sample.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const long cases = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    struct base_rng rng;
    struct result_run run;
    struct base_buf out = { 0 };
    if (cases < 1 || cases > RESULT_CASE_MAX) {
        fprintf(stderr, "bench_report: '%s' is not between 1 and %d\n", argv[1], RESULT_CASE_MAX);
        return 2;
    }
    base_rng_init(&rng, 1);
    sample_run_large(&rng, (size_t)cases, 10, &run);
    const base_err err = result_run_write(&run, &out);
    const bool is_written = err == BASE_OK && fwrite(out.data, 1, out.size, stdout) == out.size;
    base_buf_done(&out);
    result_run_done(&run);
    return is_written ? 0 : 3;
}
