/* ifr_table.h - the flow table: key -> value, exact.
 *
 * Open addressing in groups of 15 slots. A group's tags – 8 bits of the hash of each slot, and how
 * many flows went past this full group – are 16 bytes and compared at once; a record is one cache
 * line. So a miss costs one line of the small array of tags, a hit one more.
 *
 * Load      at most 7/8 of the slots; 75 to 149 bytes a flow
 * Removal   leaves nothing behind: what a flow's way through full groups counted is counted back,
 * and a flow that went past the slot that is free now comes back to it Growth    to twice the size,
 * two groups a write, in memory that the kernel clears page by page; the old array's pages go back
 * as it empties. Its addresses stay taken until mfn_ifr_table_free, together less than the table's
 * own Threads   one writer (insert, remove), and any number of readers (find, find_batch, scan,
 * count, size_bytes) at the same time, without a lock or registration. A find that overlaps a write
 * sees the flow as before or as after it, never a mixture. A reader looks again, when the writer is
 * just replacing that very record, or when it found nothing while a removal moved a flow: it waits
 * some nanoseconds, and spends no more than the writer. Source    tags in groups: Abseil's Swiss
 * tables (Kulukundis, CppCon 2017); counting overflow instead of tombstones: F14 (Bronson & Shi,
 * 2019); a version per record: Lameter, "Effective synchronization on Linux/NUMA systems", 2005, in
 * the form of Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012
 */
#ifndef MFN_IFR_TABLE_H
#define MFN_IFR_TABLE_H

#include <base/err.h>
#include <mfn/ifr_hash.h>
#include <mfn/ifr_record.h>

#include <stdbool.h>

enum { MFN_IFR_SCAN_MAX = 64 /* flows that one call of scan shows */ };

#define MFN_IFR_CAPACITY_MAX ((size_t)1 << 40)

struct mfn_ifr_table;

struct mfn_ifr_table_options {
    size_t key_size; /* 13, 32 or 37 */
    size_t capacity; /* flows: exactly this many when fixed, else room to begin with, 0 is good */
    bool is_fixed;   /* never grows: a new flow too many is refused */
    bool want_large_pages; /* 2 MiB pages if the kernel has them: finds miss fewer translations, but
                            * a first touch clears 2 MiB: 0.2 ms, several where a host lends
                            * memory late. Without, one clears a normal page */
    struct mfn_ifr_seed seed; /* secret, see ifr_hash.h */
};

/* An empty table. Memory is taken from the kernel as flows come.
 * Errors   EINVALID key_size, or a fixed capacity of 0; ERANGE capacity over 2^40; ENOMEM */
BASE_MUST_USE base_err mfn_ifr_table_new(const struct mfn_ifr_table_options *options,
                                         struct mfn_ifr_table **out);

/* NULL is allowed. No other call may be under way. */
void mfn_ifr_table_free(struct mfn_ifr_table *table);

/* A new flow, or a new value of one that is there.
 *
 * Cost     O(1); while the table grows also two groups moved, about a microsecond and page faults
 * Errors   EFULL   fixed, `capacity` flows are there and this is another; nothing changed
 *          ENOMEM  a new flow needs a larger array and there is none; nothing changed, everything
 *                  else still works, and the next new flow tries again
 */
BASE_MUST_USE base_err mfn_ifr_table_insert(struct mfn_ifr_table *table, const void *key,
                                            const struct mfn_ifr_value *value);

/* Is the flow there? `out` (not NULL) is written only then. */
bool mfn_ifr_table_find(const struct mfn_ifr_table *table, const void *key,
                        struct mfn_ifr_value *out);

/* Many at once: the memory of all is asked for before any is looked at.
 *
 *   keys         [count]
 *   count        any; 16 and more pay
 *   out          [count] out[i] is written when keys[i] is there
 *   found_bits   [(count + 63) / 64] bit i % 64 of word i / 64 says whether; other bits are 0
 *
 * Returns      how many are there
 */
size_t mfn_ifr_table_find_batch(const struct mfn_ifr_table *table, const void *const *keys,
                                size_t count, struct mfn_ifr_value *out, uint64_t *found_bits);

/* Was the flow there? It is not any more. */
bool mfn_ifr_table_remove(struct mfn_ifr_table *table, const void *key);

size_t mfn_ifr_table_count(const struct mfn_ifr_table *table);

/* Memory set aside for tags and records, whether touched or not, less what was given back. */
size_t mfn_ifr_table_size_bytes(const struct mfn_ifr_table *table);

/* A walk over all flows, in the order of their hashes; begins zeroed. */
struct mfn_ifr_scan {
    uint64_t next; /* hashes below are done */
    bool is_done;
};

/* The next few flows; 0 at the end. The table may change and grow between calls, and during one in
 * another thread: a flow that is there from the first call to the last is shown exactly once; one
 * that comes or goes meanwhile may be shown or not.
 *
 *   flows    [MFN_IFR_SCAN_MAX]
 */
size_t mfn_ifr_table_scan(const struct mfn_ifr_table *table, struct mfn_ifr_scan *scan,
                          struct mfn_ifr_flow *flows);

/* The same in one bounded step (a group of slots), so 0 may also mean that it was empty: the walk
 * is over when scan->is_done, and must not be stepped then. */
size_t mfn_ifr_table_scan_step(const struct mfn_ifr_table *table, struct mfn_ifr_scan *scan,
                               struct mfn_ifr_flow *flows);

#endif
