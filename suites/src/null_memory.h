/* null_memory.h - the two cases of the null suite that depend on memory. */
#ifndef SUITE_NULL_MEMORY_H
#define SUITE_NULL_MEMORY_H

#include <bench/case.h>

extern const struct bench_case suite_null_l1;   /* work inside the first-level cache */
extern const struct bench_case suite_null_dram; /* work that waits for memory */

#endif
