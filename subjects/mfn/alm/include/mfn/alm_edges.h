/* alm_edges.h - a user's graph as text: one edge a line.
 *
 *   # from   to      latency  bandwidth  reliability  cost
 *   paris    lyon    4.5      10000      0.9999       2
 *   lyon     paris   4.5
 *
 * Fields are separated by blanks or tabs. From, to and the latency (ms) must be there; the
 * bandwidth (Mbit/s, usually 1000), the reliability (usually 1) and the cost (usually 1) may be
 * left out from the right. Every name, also one of digits, is a name of a node; nodes are numbered
 * as they first appear. "#" begins a comment, at the start of a line or after a blank. Lines end
 * with a line feed or CR LF.
 *
 * Threads   lists are not shared
 */
#ifndef MFN_ALM_EDGES_H
#define MFN_ALM_EDGES_H

#include <mfn/alm_graph.h>

#include <base/buf.h>

#include <stdbool.h>

enum {
    MFN_ALM_NAME_MAX = 255,           /* bytes */
    MFN_ALM_TEXT_MAX_BYTES = 1 << 30, /* larger files are refused */
};

/* A zeroed list is empty and valid. Read it, do not change it. */
struct mfn_alm_edges {
    struct mfn_alm_edge *items; /* [count] */
    size_t count;
    uint32_t node_count;
    size_t *names;   /* [node_count]: where a node's name begins in `text` */
    char *text;      /* names, each ended by a zero byte */
    uint32_t *slots; /* internal: a hash table of node numbers */
    size_t capacity, node_capacity, text_size, text_capacity, slot_count;
};

/* Read a text into an empty list; on failure the list is empty again.
 *
 *   is_undirected   each line is an edge both ways
 *   why             at is the line, from 1
 *
 * Cost     O(size)
 * Errors   EPARSE (a field is missing, too many, too long, no number, or a control character),
 * ERANGE (a value is out of the ranges of alm_graph.h), EFULL (too many edges or nodes), ENOMEM
 */
BASE_MUST_USE base_err mfn_alm_edges_read(struct mfn_alm_edges *edges, struct base_span text,
                                          bool is_undirected, struct base_why *why);

/* Read a file, or standard input for "-"; the sentence begins with the path and the line. */
BASE_MUST_USE base_err mfn_alm_edges_load(struct mfn_alm_edges *edges, const char *path,
                                          bool is_undirected, struct base_why *why);
void mfn_alm_edges_done(struct mfn_alm_edges *edges);

/* The node of that name; MFN_ALM_NONE when there is none. */
uint32_t mfn_alm_edges_find(const struct mfn_alm_edges *edges, const char *name);

/* The name of a node below node_count. */
const char *mfn_alm_edges_name(const struct mfn_alm_edges *edges, uint32_t node);

#endif
