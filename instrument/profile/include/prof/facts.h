/* facts.h - how good a profile is, in sentences for people. */
#ifndef PROF_FACTS_H
#define PROF_FACTS_H

#include <prof/stacks.h>

enum { PROF_FACT_MAX = 8 + PROF_MISSING_MAX };

/* What was seen, what was lost, what has no name and what to do about it.
 *
 *   facts    out: sentences without a full stop, in the arena; [PROF_FACT_MAX]
 *
 * Returns  how many; fewer when memory runs out
 */
size_t prof_facts(const struct prof_stacks *stacks, struct base_arena *arena, const char **facts);

/* Samples or allocations, weight, in the tree. */
void prof_facts_sum(const struct prof_stacks *stacks, double *weight, double *count);

#endif
