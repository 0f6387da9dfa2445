/* hermes_message_seen_internal.h - which messages have come before: counter windows per origin.
 *
 * For each origin its two newest lives (incarnations), for each of these and each class a window
 * of the newest counters. What is older than a window or a life counts as seen, so nothing is ever
 * taken twice while its origin is remembered. Windows start at HERMES_WINDOW_MIN bits and grow, up
 * to HERMES_WINDOW_MAX, rather than push out a counter that has not come: an orderly origin costs
 * a few hundred bytes. All together grow to one window of HERMES_WINDOW_MAX an origin (and 64 KiB
 * at least), then no further, and push out what has not come. A sender must not run further ahead
 * of its oldest unfinished message than HERMES_WINDOW_MAX.
 *
 * Origins are bounded. An origin may be forgotten when it was silent for long; else a new one is
 * refused, and an introducer with a quarter of a table that is half full brings another only in the
 * place of a silent one: a peer that makes up origins cannot make a node forget true ones.
 */
#ifndef BPI_HERMES_MESSAGE_SEEN_INTERNAL_H
#define BPI_HERMES_MESSAGE_SEEN_INTERNAL_H

#include "hermes_message_internal.h"

enum { HERMES_WINDOW_MIN = 256, HERMES_WINDOW_MAX = 8192 };

struct hermes_seen;

enum hermes_seen_answer { HERMES_SEEN_NEW, HERMES_SEEN_AGAIN, HERMES_SEEN_REFUSED };

/*   origins_max  origins remembered
 *   introducers  peers that may bring origins: their numbers are below it
 *   idle_ns      after so long a silent origin may be forgotten
 */
BASE_MUST_USE base_err hermes_seen_new(uint32_t origins_max, uint32_t introducers, uint64_t idle_ns,
                                       uint64_t salt, struct hermes_seen **seen);
void hermes_seen_free(struct hermes_seen *seen);
bool hermes_seen_has(const struct hermes_seen *seen, const struct hermes_name *name);
/* Remember a message whose origin is proven. REFUSED: no room for its origin, or for memory. */
enum hermes_seen_answer hermes_seen_add(struct hermes_seen *seen, const struct hermes_name *name,
                                        uint32_t introducer, uint64_t now_ns);
size_t hermes_seen_memory(const struct hermes_seen *seen);

#endif
