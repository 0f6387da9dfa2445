/* gate_correct.c - p values adjusted for how many there are: Holm's step-down, Benjamini and
 * Hochberg's step-up. Sources: gate.h */
#include "gate_internal.h"

#include <math.h>
#include <stdlib.h>

struct test {
    double p;
    size_t index;
};

static int by_p(const void *a, const void *b)
{
    const struct test *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

base_err result_gate_correct(enum result_gate_correction correction, const double *p, size_t count,
                             struct base_arena *arena, double *adjusted, size_t *tests)
{
    struct test *order = base_arena_array(arena, count + 1, sizeof *order);
    size_t n = 0;
    if (order == NULL)
        return BASE_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        adjusted[i] = p[i];
        if (!isnan(p[i]))
            order[n++] = (struct test){ p[i], i };
    }
    qsort(order, n, sizeof *order, by_p);
    double most = 0, least = 1;
    for (size_t k = 0; correction == RESULT_GATE_HOLM && k < n; k++) {
        most = fmax(most, fmin(1, order[k].p * (double)(n - k)));
        adjusted[order[k].index] = most;
    }
    for (size_t k = n; correction == RESULT_GATE_HOCHBERG && k > 0; k--) {
        least = fmin(least, order[k - 1].p * (double)n / (double)k);
        adjusted[order[k - 1].index] = least;
    }
    *tests = n;
    return BASE_OK;
}
