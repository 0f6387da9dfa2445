/* ifr_table_chained.h - the table of textbooks: an array of lists, a node from malloc for each
 * flow, as many lists as flows, all moved at once when there are more flows than that.
 *
 * Hash: that of the flow registry, so that the structure is compared and not the hash.
 */
#ifndef SUITE_IFR_TABLE_CHAINED_H
#define SUITE_IFR_TABLE_CHAINED_H

#include "ifr_table_kind.h"

extern const struct ifr_kind ifr_kind_chained;
/* The same behind one readers-writer lock of the C library. */
extern const struct ifr_kind ifr_kind_locked;

#endif
