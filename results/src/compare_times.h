/* compare_times.h - the times of one case in two runs: ratio, interval and p. */
#ifndef RESULT_COMPARE_TIMES_H
#define RESULT_COMPARE_TIMES_H

#include <result/compare.h>

/* Has every process a positive median, or an imported case without processes a value? */
bool result_compare_has_value(const struct result_run *run, const struct result_case *one);

/* Fill metric, times, ratio, degrees and p of `out` as compare.h says; `why` where something is
 * missing. Both cases are ok and have values. Errors: ENOMEM */
BASE_MUST_USE base_err result_compare_times(struct result_comparison *all,
                                            const struct result_case *baseline,
                                            const struct result_case *current,
                                            struct result_compared *out);

#endif
