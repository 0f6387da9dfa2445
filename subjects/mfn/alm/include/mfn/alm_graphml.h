/* alm_graphml.h - a user's graph as GraphML, into the same list as alm_edges.h.
 *
 *   <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
 *     <key id="d0" for="edge" attr.name="latency" attr.type="double"/>
 *     <graph edgedefault="undirected">
 *       <node id="paris"/> <node id="lyon"/>
 *       <edge source="paris" target="lyon"><data key="d0">4.5</data></edge>
 *     </graph>
 *   </graphml>
 *
 * A node's name is its id, and nodes are numbered as they first appear, those without an edge too.
 * An undirected edge (its own `directed`, else the graph's `edgedefault`) stands in the list both
 * ways. Parallel edges and self loops are kept, as in a list of edges. The values of an edge are
 * data whose key is declared for edges (or for all) with an attr.name of, in any case of letters,
 *
 *   latency      latency, latency_ms, delay, delay_ms; without one of these: weight      (ms)
 *   bandwidth    bandwidth, bandwidth_mbps, capacity                                     (Mbit/s)
 *   reliability  reliability
 *   cost         cost
 *
 * whatever attr.type says; several keys may be for one value (some writers declare one for each
 * type), but an edge has it once. An edge without one has its key's <default>, else what
 * alm_edges.h calls usual; a latency must be there. Ranges are those of the list.
 *
 * Read over: <desc>, <port> (an edge at a port is an edge of the port's node), data of graphs and
 * nodes, data of other keys, and elements of other namespaces, as editors put them into data.
 * Refused, because leaving them out would change the ways: <hyperedge>, graphs in nodes or edges, a
 * second <graph>, <locator>; an edge of a node that no <node> declares; a node declared twice; data
 * of a key that is not declared. Refused, too: every <!DOCTYPE>, so that there are no entities but
 * the five of XML and character references, and nothing is ever read from elsewhere; elements
 * deeper than 64.
 *
 * Threads   lists are not shared
 * Source    GraphML 1.1, http://graphml.graphdrawing.org/specification.html
 */
#ifndef MFN_ALM_GRAPHML_H
#define MFN_ALM_GRAPHML_H

#include <mfn/alm_edges.h>

enum { MFN_ALM_GRAPHML_KEY_MAX = 256 /* <key> elements */ };

/* Does a text begin as XML does? That is a byte order mark of UTF-16, or "<" after blanks: a list
 * of edges with such a first node must begin with a comment. */
bool mfn_alm_graphml_is(struct base_span text);

/* Read a document (UTF-8, UTF-16, ISO-8859-1 or US-ASCII) into an empty list; on failure the list
 * is empty again. The sentence begins with line and column, from 1.
 *
 *   text   up to MFN_ALM_TEXT_MAX_BYTES
 *   why    at is the line
 *
 * Cost     O(size); beside the list, 8 bytes a node, a copy of up to 64 MiB of the text at a time,
 *          and what the longest tag needs
 * Errors   EPARSE (not well-formed, or not as said above), ERANGE (a value out of range, or the
 *          text is too long), EUNSUPPORTED (what is refused), EFULL (too many edges, nodes or
 *          keys), ENOMEM
 */
BASE_MUST_USE base_err mfn_alm_graphml_read(struct mfn_alm_edges *edges, struct base_span text,
                                            struct base_why *why);

/* Read a file, or standard input for "-"; the sentence begins with the path. */
BASE_MUST_USE base_err mfn_alm_graphml_load(struct mfn_alm_edges *edges, const char *path,
                                            struct base_why *why);

#endif
