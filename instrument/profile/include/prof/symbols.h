/* symbols.h - names for addresses of a living process, as a list of calls in a tree of stacks.
 *
 * Symbol tables and DWARF of its files, separate debug files where the system has them, and
 * /tmp/perf-PID.map for code made at run time. Code without a name becomes "[file+0xstart]" with
 * the start of its function, and the tree counts which file lacked what.
 * Threads   one object, one thread
 */
#ifndef PROF_SYMBOLS_H
#define PROF_SYMBOLS_H

#include <prof/stacks.h>

struct prof_symbols;

/* Read what the process has loaded.
 *
 *   stacks    where stacks will be added; outlives the object
 *
 * Errors    ENOTFOUND (no such process), EIO (not permitted to look), ENOMEM
 */
BASE_MUST_USE base_err prof_symbols_open(int pid, struct prof_stacks *stacks,
                                         struct prof_symbols **symbols, struct base_why *why);

/* Add one stack.
 *
 *   addresses  [count] innermost first; the first too is where a call returns to
 *
 * Errors    ENOMEM, EFULL
 */
BASE_MUST_USE base_err prof_symbols_add(struct prof_symbols *symbols, const uint64_t *addresses,
                                        size_t count, const double values[2]);

void prof_symbols_close(struct prof_symbols *symbols); /* accepts NULL */

#endif
