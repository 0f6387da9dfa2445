/* gate_correct.c - p values adjusted for how many there are, by stats/multiple.h. */
#include "gate_internal.h"

#include <stats/multiple.h>

#include <math.h>
#include <string.h>

base_err result_gate_correct(enum result_gate_correction correction, const double *p, size_t count,
                             double *adjusted, size_t *tests)
{
    if (count > 0)
        memcpy(adjusted, p, count * sizeof *p);
    if (correction != RESULT_GATE_NONE)
        return stats_adjust(
            adjusted, count,
            correction == RESULT_GATE_HOLM ? STATS_CORRECTION_HOLM : STATS_CORRECTION_BH, tests);
    *tests = 0;
    for (size_t i = 0; i < count; i++)
        *tests += !isnan(p[i]);
    return BASE_OK;
}
