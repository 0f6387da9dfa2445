/* write.h - a tree of stacks in the forms that other programs read, and as a page of its own.
 *
 * All output is appended to a buffer and depends on the tree alone, not on the order in which
 * stacks were added; call prof_stacks_sort before. Names may hold any bytes: what a format cannot
 * hold is replaced.
 */
#ifndef PROF_WRITE_H
#define PROF_WRITE_H

#include <base/buf.h>
#include <prof/stacks.h>

/* "outer;inner 1003\n", one stack a line: nanoseconds, or bytes of allocations, rounded. Frames of
 * the kernel, of JIT code and inlined ones end in _[k], _[j], _[i]. A ';' in a name becomes ':'.
 * Errors: ENOMEM, EFULL. Source: Gregg, FlameGraph (stackcollapse-perf.pl) */
BASE_MUST_USE base_err prof_folded_write(const struct prof_stacks *stacks, struct base_buf *out);

/* Read such lines, of anybody. Comments (#) and empty lines are passed over.
 *
 *   stacks   initialised; lines are added, the count of each is 1
 *   why      at: line
 *
 * Errors   EPARSE (a line without a number at its end, no line at all), ERANGE (a negative number
 * or one above 1e18), EFULL, ENOMEM
 */
BASE_MUST_USE base_err prof_folded_read(struct base_span text, struct prof_stacks *stacks,
                                        struct base_why *why);

/* A document of speedscope, https://www.speedscope.app/file-format-schema.json, version of 2019.
 * Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err prof_speedscope_write(const struct prof_stacks *stacks, const char *name,
                                             struct base_buf *out);

/* A profile.proto, gzipped: sample types samples/count and cpu/nanoseconds, or alloc_objects/count
 * and alloc_space/bytes. Errors: ENOMEM, EFULL
 * Source: github.com/google/pprof/proto/profile.proto; RFC 1952 */
BASE_MUST_USE base_err prof_pprof_write(const struct prof_stacks *stacks, struct base_buf *out);

struct prof_page {
    const char *title;        /* the case's id */
    const char *subtitle;     /* NULL: none */
    bool is_difference;       /* the tree is one of prof_stacks_diff */
    bool is_per_item;         /* of a difference */
    const char *const *facts; /* [fact_count] sentences below the graph */
    size_t fact_count;
};

/* A flame graph as one HTML file that needs nothing else. Errors: ENOMEM, EFULL
 * Source: Gregg, "The Flame Graph", CACM 59 (2016) 6 */
BASE_MUST_USE base_err prof_flame_write(const struct prof_stacks *stacks,
                                        const struct prof_page *page, struct base_buf *out);

#endif
