/* fault.h - memory that is not there. A test that is linked with fault.c and -Wl,--wrap=malloc (and
 * calloc, realloc, aligned_alloc, mmap, those it wants) says how many of these calls still succeed;
 * bpi_fault_test in tests/fault/CMakeLists.txt does the linking.
 *
 * Wrapped are the calls of what is linked into the program, not those of shared libraries.
 * Threads   one
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* Calls that still succeed; SIZE_MAX (to begin with): all, and none is counted down. */
extern size_t fault_left;

/* Calls so far, those that were refused among them. */
extern size_t fault_asked, fault_refused;

#endif
