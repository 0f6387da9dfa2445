/* alm_graphml_internal.h - the state of a reader of GraphML, between expat's callbacks and what the
 * elements mean. */
#ifndef ALM_GRAPHML_INTERNAL_H
#define ALM_GRAPHML_INTERNAL_H

#include "alm_edges_internal.h"

#include <mfn/alm_graphml.h>

#include <expat.h>

/* The separator of namespace and name in names of elements: no URI has a blank. */
#define ALM_GRAPHML_SEPARATOR ' '

enum { ALM_GRAPHML_TEXT_MAX = 255 /* bytes of a number */ };

/* Where the reader is. */
enum place { DOCUMENT, GRAPHML, KEY, DEFAULT, GRAPH, NODE, EDGE, DATA, SKIPPED };

/* What a key stands for: one of the four values, a weight, or nothing that is read. */
enum { LATENCY = 0, WEIGHT = ALM_VALUE_COUNT, QUANTITY_COUNT, OTHER = QUANTITY_COUNT };

struct position {
    uint32_t line, column;
};

struct alm_graphml {
    XML_Parser parser;
    struct mfn_alm_edges *edges;
    struct base_why *why;
    base_err err;
    enum place place;
    unsigned depth;   /* open elements */
    unsigned skipped; /* those of them that are read over */
    bool has_graph, is_directed;

    struct mfn_alm_edges keys; /* names only: a key's number is that of its id */
    uint8_t quantities[MFN_ALM_GRAPHML_KEY_MAX];
    unsigned declared, has_default; /* a bit a quantity */
    double defaults[QUANTITY_COUNT];

    struct position *uses; /* [use_capacity]: where a node was used that is not declared; line 0:
                              it is declared */
    size_t use_capacity;

    uint32_t from, to; /* of the edge that is open */
    bool is_undirected;
    unsigned given; /* a bit a value */
    double values[ALM_VALUE_COUNT];

    unsigned quantity; /* of the key or data that is open */
    size_t text_size;
    char text[ALM_GRAPHML_TEXT_MAX + 1];
};

/* "line 3, column 7: ..."; the parser stops, and every callback after this does nothing. Answers
 * SKIPPED. */
enum place alm_graphml_fail(struct alm_graphml *reader, base_err err, const char *format, ...)
    BASE_PRINTF(3, 4);
void alm_graphml_fail_at(struct alm_graphml *reader, struct position at, base_err err,
                         const char *sentence);
struct position alm_graphml_here(const struct alm_graphml *reader);

/* "<key>" */
const char *alm_graphml_place_name(enum place place);

/* An element begins: the place that it leads to, or SKIPPED when it is read over, or after a
 * complaint.
 *
 *   name   with its namespace */
enum place alm_graphml_enter(struct alm_graphml *reader, const char *name, const char **attributes);

/* The element of the reader's place ends: keep what it said, and go to the place around it. */
void alm_graphml_leave(struct alm_graphml *reader);

#endif
