/* calm.h - where a process stood while it had its core to itself.
 *
 * Somebody on the core's other hardware thread comes and goes, also within one process. What that
 * costs depends on who it is, and the same slowdown of the throughput-bound ("wide") kernel goes
 * with different ones of a case; what a case takes while nobody is there depends on the case
 * alone. So the windows with nobody there are looked for; of a case that follows the cache or the
 * memory, the third of these in which they were least busy, because there it follows them best.
 * Busy is what the windows before and after show: the noise of a window's own reference would
 * choose it for being wrong.
 *
 * Threads   no shared state
 */
#ifndef STATS_CALM_H
#define STATS_CALM_H

#include <stats/shares.h>

/* Where its code lies makes the wide kernel this much slower in one process than in another, with
 * nobody there, as a logarithm; a neighbour costs it several times that. */
#define STATS_CALM_APART 0.1

/* The shares of the cache and the memory in the windows with nobody there; that of the wide kernel
 * is 0. A neighbour slows all references, each a little in its own way, and a case that follows no
 * memory would be given a share of it.
 *
 *   processes   not overwritten
 *   out         .noise is 0 where fewer than three processes have three such windows
 *
 * Cost     O(windows log windows); allocates and frees scratch memory
 * Errors   ENOMEM
 */
BASE_MUST_USE base_err stats_calm_fit(const struct stats_share_windows *processes, size_t count,
                                      struct stats_shares *out);

/* Do the cache and the memory have more than half of it? */
bool stats_calm_follows_memory(const struct stats_shares *shares);

/* Means of ln t - ln c and of the speeds, as stats_shares_place gives them, over those windows.
 * They are calm by what the process itself has shown: one that never had the core to itself stands
 * where its neighbour was least busy, and its speed[STATS_SHARE_WIDE] says so beside that of
 * others. What is left of the wide kernel's speed among calm processes is where its code lies, and
 * no part of the case's time.
 *
 *   shares    those of stats_calm_fit
 *   one       not overwritten
 *   scratch   [one->count]
 *   speed     [STATS_SHARES]; NaN: not timed
 *
 * Returns false, and leaves the outputs alone, where the wide kernel was not timed or fewer than
 * three windows are calm, their neighbours included.
 *
 * Cost     O(windows log windows)
 */
bool stats_calm_place(const struct stats_shares *shares, const struct stats_share_windows *one,
                      double *scratch, double *time, double *speed);

#endif
