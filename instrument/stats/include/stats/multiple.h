/* multiple.h - p-values of many tests, adjusted for there being many.
 *
 * An adjusted p-value is compared with the same alpha as a single one.
 *
 *   Holm                 the chance that any true null hypothesis is refused is at most alpha
 *                        (family-wise error), under every dependence
 *   Benjamini-Hochberg   the expected share of true ones among those refused is at most alpha
 *                        (false discoveries), for independent or positively dependent tests
 *
 * Threads  no shared state
 * Source   Holm, Scand. J. Statist. 6 (1979) 65-70; Benjamini & Hochberg, J. R. Statist. Soc. B 57
 *          (1995) 289-300; Benjamini & Yekutieli, Annals of Statistics 29 (2001) 1165-1188
 */
#ifndef STATS_MULTIPLE_H
#define STATS_MULTIPLE_H

#include <base/err.h>

/* X(name, short name for options, text) */
#define STATS_CORRECTION_MAP(X)                                                                    \
    X(HOLM, "holm", "Holm")                                                                        \
    X(BH, "bh", "Benjamini-Hochberg")

enum stats_correction {
#define STATS_CORRECTION_ENUM(name, word, text) STATS_CORRECTION_##name,
    STATS_CORRECTION_MAP(STATS_CORRECTION_ENUM)
#undef STATS_CORRECTION_ENUM
        STATS_CORRECTION_COUNT
};

const char *stats_correction_text(enum stats_correction correction);

/* Adjust in place.
 *
 *   p       [count] 0 .. 1; NaN: not a test, stays NaN and counts for nothing
 *   tests   how many were tests; may be NULL
 *
 * Cost     O(count log count)
 * Errors   EINVALID (a p-value outside 0 .. 1), ENOMEM; p is then unchanged
 */
BASE_MUST_USE base_err stats_adjust(double *p, size_t count, enum stats_correction correction,
                                    size_t *tests);

#endif
