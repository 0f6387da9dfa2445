/* baseline_index.h - links and routes in an SQLite database on a disk.
 *
 * Tables   link(from_node, to_node), primary key both, without rowid
 *          route(flow, from_node, to_node, hops, path), primary key the 32 bytes of the flow's id
 * Writes   one transaction a route, synchronous=FULL: it is on the disk (fsync) before the call
 *          returns. Journal: WAL or DELETE
 * Reads    through SQLite's page cache of its usual 2000 KiB, behind it the kernel's
 * Threads  objects are not shared
 */
#ifndef BASELINE_INDEX_H
#define BASELINE_INDEX_H

#include "baseline_folder.h"
#include "baseline_graph.h"
#include "baseline_map.h"

#include <sqlite3.h>

struct baseline_index {
    struct baseline_folder folder;
    sqlite3 *database;
    sqlite3_stmt *find_links, *find_route, *put_route, *count_routes;
    uint32_t *links; /* [node_count] of the node that was asked for last */
    uint32_t node_count;
    uint64_t statement_count; /* that were run since it was opened */
    struct base_why why;      /* of the last failure */
};

/* Make a new database with the graph's links.
 *
 *   is_wal   the journal: WAL, else DELETE
 *
 * Errors   EIO (no folder on a disk, SQLite's own), ENOMEM; why says which */
BASE_MUST_USE base_err baseline_index_open(struct baseline_index *index,
                                           const struct baseline_graph *graph, bool is_wal,
                                           struct base_why *why);
/* Close and remove the database. A zeroed index is accepted. */
void baseline_index_close(struct baseline_index *index);

/* Bytes of the database, without its journal. */
uint64_t baseline_index_size_bytes(const struct baseline_index *index);

/* Between these two, put is not on the disk until the end: for filling. Errors: EIO */
BASE_MUST_USE base_err baseline_index_begin(struct baseline_index *index);
BASE_MUST_USE base_err baseline_index_commit(struct baseline_index *index);

/* A baseline_links_fn: one query. The context is a struct baseline_index. */
base_err baseline_index_links(void *context, uint32_t node, const uint32_t **to, size_t *count);

/* Keep a route, or a new one in place of the old: one statement, one transaction.
 *   path   [count] nodes, both ends included; 0: there is no route, which is kept too
 * Errors: EIO; index->why */
BASE_MUST_USE base_err baseline_index_put(struct baseline_index *index,
                                          const uint8_t id[BASELINE_ID_SIZE], uint32_t from,
                                          uint32_t to, const uint32_t *path, uint32_t count);

/* The nodes of a route. path  [node_count]. Errors: ENOTFOUND (without a sentence), EIO, ECORRUPT;
 * index->why */
BASE_MUST_USE base_err baseline_index_find(struct baseline_index *index,
                                           const uint8_t id[BASELINE_ID_SIZE], uint32_t *path,
                                           uint32_t *count);

/* How many routes are kept. Errors: EIO; index->why */
BASE_MUST_USE base_err baseline_index_count(struct baseline_index *index, uint64_t *count);

#endif
