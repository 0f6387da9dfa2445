/* ifr_belady.h - the most hits that any cache could have on a trace that is known beforehand.
 *
 * What is kept are the flows that are asked for again soonest; a flow that is never asked for
 * again, or later than all that are kept, is not put in. (A cache that has to take what it was
 * asked for has a few hits less.)
 * Threads   one object, one thread
 * Source    Belady, IBM Systems Journal 5 (1966) 78; optimality with bypass: Mattson et al., IBM
 *           Systems Journal 9 (1970) 78
 */
#ifndef SUITE_IFR_BELADY_H
#define SUITE_IFR_BELADY_H

#include <base/err.h>

#include <stdbool.h>

enum { IFR_BELADY_LEVELS = 6 };

/* Fields are internal. */
struct ifr_belady {
    uint32_t *next; /* [count] when the flow of this request is asked for again; count: never */
    uint32_t count;
    uint32_t at;
    size_t capacity, held;
    int level_count;
    size_t sizes[IFR_BELADY_LEVELS];     /* in words */
    uint64_t *levels[IFR_BELADY_LEVELS]; /* bit t of level 0: what is asked for at t is kept; bit w
                                            of the level above: word w is not 0 */
};

/* An empty cache before the first request.
 *
 *   trace      [count] flows, below flow_count; not kept. count 1 .. 2^32 - 2
 *   capacity   flows the cache can keep, >= 1
 *
 * Cost     13 bytes a request; four more a flow meanwhile
 * Errors   ENOMEM
 */
BASE_MUST_USE base_err ifr_belady_open(struct ifr_belady *belady, const uint32_t *trace,
                                       uint32_t count, uint32_t flow_count, size_t capacity);
void ifr_belady_close(struct ifr_belady *belady);

/* The next request: is it a hit? After the last one the cache is empty and it begins again. */
bool ifr_belady_step(struct ifr_belady *belady);

#endif
