/* stored_cases.h - the kernels of `accuracy stored`; the parameter "work" is their work in
 * thousandths. */
#ifndef ACCURACY_STORED_CASES_H
#define ACCURACY_STORED_CASES_H

#include <bench/case.h>

enum { STORED_L1, STORED_DIGITS, STORED_DRAM, STORED_SMALL_PAGES, STORED_KERNELS };
enum { STORED_WALK_BYTES = 128 << 20 };

extern const struct bench_case *const stored_cases[STORED_KERNELS];

#endif
