/* alm_graphml_elements.c - which element may stand where, what it begins and what its end means.
 * Where the reader is needs no stack, since every place has one parent. */
#include "alm_graphml_internal.h"

#include <base/units.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROOM_MIN = 64 };

#define NAMESPACE "http://graphml.graphdrawing.org/xmlns" /* and what continues it */

static const struct {
    const char *name;
    enum place parent;
} places[] = {
    [DOCUMENT] = { "the document", DOCUMENT },
    [GRAPHML] = { "<graphml>", DOCUMENT },
    [KEY] = { "<key>", GRAPHML },
    [DEFAULT] = { "<default>", KEY },
    [GRAPH] = { "<graph>", GRAPHML },
    [NODE] = { "<node>", GRAPH },
    [EDGE] = { "<edge>", GRAPH },
    [DATA] = { "<data>", EDGE },
};

const char *alm_graphml_place_name(enum place place)
{
    return places[place].name;
}

static const struct {
    const char *name;
    unsigned quantity;
} aliases[] = {
    { "latency", LATENCY },  { "latency_ms", LATENCY }, { "delay", LATENCY },
    { "delay_ms", LATENCY }, { "bandwidth", 1 },        { "bandwidth_mbps", 1 },
    { "capacity", 1 },       { "reliability", 2 },      { "cost", 3 },
    { "weight", WEIGHT },
};

static const char *attribute(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

/* A name that can be kept: its size, or 0 after a complaint. */
static size_t name_check(struct alm_graphml *r, const char *what, const char *name)
{
    const size_t size = name != NULL ? strlen(name) : 0;
    if (size == 0)
        (void)alm_graphml_fail(r, BASE_EPARSE, "%s has no %s", places[r->place].name, what);
    else if (size > MFN_ALM_NAME_MAX)
        (void)alm_graphml_fail(r, BASE_EPARSE, "the %s is longer than %d bytes", what,
                               MFN_ALM_NAME_MAX);
    for (size_t i = 0; i < size && r->err == BASE_OK; i++)
        if ((uint8_t)name[i] < ' ' || name[i] == 0x7f)
            (void)alm_graphml_fail(r, BASE_EPARSE, "a control character (0x%02x) in the %s",
                                   name[i], what);
    return r->err == BASE_OK ? size : 0;
}

static unsigned quantity_of(const char *name, const char *domain)
{
    if (name == NULL || (domain != NULL && strcmp(domain, "edge") != 0 && strcmp(domain, "all")))
        return OTHER;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcasecmp(name, aliases[i].name) == 0)
            return aliases[i].quantity;
    return OTHER;
}

static const char *quantity_name(unsigned quantity)
{
    return quantity < ALM_VALUE_COUNT ? alm_values[quantity].name : "weight";
}

static enum place key_begin(struct alm_graphml *r, const char **attributes)
{
    const char *const id = attribute(attributes, "id");
    uint32_t key = 0;
    r->place = KEY; /* for the sentences */
    const size_t size = name_check(r, "id", id);
    if (size == 0)
        return SKIPPED;
    if (r->has_graph)
        return alm_graphml_fail(r, BASE_EPARSE,
                                "<key> '%s' stands behind the <graph>, it must be before", id);
    if (r->keys.node_count == MFN_ALM_GRAPHML_KEY_MAX)
        return alm_graphml_fail(r, BASE_EFULL, "more than %d keys", MFN_ALM_GRAPHML_KEY_MAX);
    const uint32_t count = r->keys.node_count;
    if (alm_edges_node(&r->keys, base_span_of(id, size), &key) != BASE_OK)
        return alm_graphml_fail(r, BASE_ENOMEM, "out of memory");
    if (key < count)
        return alm_graphml_fail(r, BASE_EPARSE, "two keys have the id '%s'", id);
    r->quantity = quantity_of(attribute(attributes, "attr.name"), attribute(attributes, "for"));
    r->quantities[key] = (uint8_t)r->quantity;
    if (r->quantity != OTHER)
        r->declared |= 1U << r->quantity;
    return KEY;
}

static enum place default_begin(struct alm_graphml *r, const char **attributes)
{
    (void)attributes;
    r->text_size = 0;
    return r->quantity == OTHER ? SKIPPED : DEFAULT;
}

/* All keys are known now: where none is the latency, a weight is. */
static void weight_settle(struct alm_graphml *r)
{
    const bool is_latency = (r->declared >> LATENCY & 1) == 0;
    for (uint32_t key = 0; key < r->keys.node_count; key++)
        if (r->quantities[key] == WEIGHT)
            r->quantities[key] = is_latency ? LATENCY : OTHER;
    if (is_latency && (r->has_default >> WEIGHT & 1) != 0) {
        r->has_default |= 1U << LATENCY;
        r->defaults[LATENCY] = r->defaults[WEIGHT];
    }
}

static enum place graph_begin(struct alm_graphml *r, const char **attributes)
{
    const char *const way = attribute(attributes, "edgedefault");
    if (r->has_graph)
        return alm_graphml_fail(r, BASE_EUNSUPPORTED, "a second <graph>: one graph a file is read");
    r->has_graph = true;
    r->is_directed = way != NULL && strcmp(way, "directed") == 0;
    if (way == NULL || (!r->is_directed && strcmp(way, "undirected") != 0))
        return alm_graphml_fail(r, BASE_EPARSE,
                                "edgedefault of <graph> is '%.32s', not directed or undirected",
                                way != NULL ? way : "");
    weight_settle(r);
    return GRAPH;
}

/* The number of a node, and room for where it is used. */
static base_err node_of(struct alm_graphml *r, const char *name, size_t size, uint32_t *node)
{
    const uint32_t count = r->edges->node_count;
    if (count >= r->use_capacity) {
        const size_t capacity = r->use_capacity > 0 ? 2 * r->use_capacity : ROOM_MIN;
        struct position *const uses = realloc(r->uses, capacity * sizeof *uses);
        if (uses == NULL)
            return BASE_ENOMEM;
        r->uses = uses;
        r->use_capacity = capacity;
    }
    const base_err err = alm_edges_node(r->edges, base_span_of(name, size), node);
    if (err == BASE_OK && *node == count)
        r->uses[count] = alm_graphml_here(r);
    return err;
}

static enum place fail_full(struct alm_graphml *r, base_err err)
{
    return alm_graphml_fail(r, err, "%s (%zu edges, %u nodes)", base_err_text(err), r->edges->count,
                            r->edges->node_count);
}

static enum place node_begin(struct alm_graphml *r, const char **attributes)
{
    const char *const id = attribute(attributes, "id");
    const uint32_t count = r->edges->node_count;
    uint32_t node = 0;
    r->place = NODE;
    const size_t size = name_check(r, "id", id);
    if (size == 0)
        return SKIPPED;
    const base_err err = node_of(r, id, size, &node);
    if (err != BASE_OK)
        return fail_full(r, err);
    if (node < count && r->uses[node].line == 0)
        return alm_graphml_fail(r, BASE_EPARSE, "two nodes have the id '%s'", id);
    r->uses[node].line = 0;
    return NODE;
}

static enum place edge_begin(struct alm_graphml *r, const char **attributes)
{
    const char *const ends[] = { attribute(attributes, "source"), attribute(attributes, "target") };
    const char *const directed = attribute(attributes, "directed");
    uint32_t *const nodes[] = { &r->from, &r->to };
    r->place = EDGE;
    for (unsigned i = 0; i < 2; i++) {
        const size_t size = name_check(r, i == 0 ? "source" : "target", ends[i]);
        if (size == 0)
            return SKIPPED;
        const base_err err = node_of(r, ends[i], size, nodes[i]);
        if (err != BASE_OK)
            return fail_full(r, err);
    }
    if (directed != NULL && strcmp(directed, "true") != 0 && strcmp(directed, "false") != 0)
        return alm_graphml_fail(r, BASE_EPARSE, "directed of <edge> is '%.32s', not true or false",
                                directed);
    r->is_undirected = directed != NULL ? strcmp(directed, "false") == 0 : !r->is_directed;
    r->given = 0;
    return EDGE;
}

static enum place data_begin(struct alm_graphml *r, const char **attributes)
{
    const char *const id = attribute(attributes, "key");
    r->place = DATA;
    if (name_check(r, "key", id) == 0)
        return SKIPPED;
    const uint32_t key = mfn_alm_edges_find(&r->keys, id);
    if (key == MFN_ALM_NONE)
        return alm_graphml_fail(r, BASE_EPARSE, "no <key> has the id '%s'", id);
    r->quantity = r->quantities[key];
    r->text_size = 0;
    r->place = EDGE;
    if (r->quantity != OTHER && (r->given >> r->quantity & 1) != 0)
        return alm_graphml_fail(r, BASE_EPARSE, "the edge has its %s twice",
                                quantity_name(r->quantity));
    return r->quantity == OTHER ? SKIPPED : DATA;
}

static enum place skip(struct alm_graphml *r, const char **attributes)
{
    (void)r, (void)attributes;
    return SKIPPED;
}

static enum place refuse_hyperedge(struct alm_graphml *r, const char **attributes)
{
    (void)attributes;
    return alm_graphml_fail(r, BASE_EUNSUPPORTED, "a <hyperedge>: only edges of two ends are read");
}

static enum place refuse_nested(struct alm_graphml *r, const char **attributes)
{
    (void)attributes;
    return alm_graphml_fail(r, BASE_EUNSUPPORTED, "a <graph> in %s: nested graphs are not read",
                            places[r->place].name);
}

static enum place refuse_locator(struct alm_graphml *r, const char **attributes)
{
    (void)attributes;
    return alm_graphml_fail(r, BASE_EUNSUPPORTED, "a <locator>: other files are not read");
}

static enum place root_begin(struct alm_graphml *r, const char **attributes)
{
    (void)r, (void)attributes;
    return GRAPHML;
}

static const struct {
    enum place in;
    const char *name;
    enum place (*begin)(struct alm_graphml *r, const char **attributes);
} elements[] = {
    { GRAPH, "edge", edge_begin },
    { EDGE, "data", data_begin },
    { GRAPH, "node", node_begin },
    { NODE, "data", skip },
    { DOCUMENT, "graphml", root_begin },
    { GRAPHML, "desc", skip },
    { GRAPHML, "key", key_begin },
    { GRAPHML, "data", skip },
    { GRAPHML, "graph", graph_begin },
    { KEY, "desc", skip },
    { KEY, "default", default_begin },
    { GRAPH, "desc", skip },
    { GRAPH, "data", skip },
    { GRAPH, "hyperedge", refuse_hyperedge },
    { GRAPH, "locator", refuse_locator },
    { NODE, "desc", skip },
    { NODE, "port", skip },
    { NODE, "graph", refuse_nested },
    { NODE, "locator", refuse_locator },
    { EDGE, "desc", skip },
    { EDGE, "graph", refuse_nested },
};

/* The name without its namespace; NULL when that is not GraphML's. */
static const char *local_name(const char *name)
{
    const char *const separator = strrchr(name, ALM_GRAPHML_SEPARATOR);
    if (separator == NULL)
        return name;
    return strncmp(name, NAMESPACE, strlen(NAMESPACE)) == 0 ? separator + 1 : NULL;
}

enum place alm_graphml_enter(struct alm_graphml *r, const char *full_name, const char **attributes)
{
    const char *const name = local_name(full_name);
    if (name == NULL && r->place != DOCUMENT)
        return SKIPPED;
    for (size_t i = 0; name != NULL && i < sizeof elements / sizeof *elements; i++)
        if (elements[i].in == r->place && strcmp(elements[i].name, name) == 0)
            return elements[i].begin(r, attributes);
    if (r->place == DOCUMENT)
        return alm_graphml_fail(r, BASE_EPARSE, "the document is <%.64s>, not <graphml>",
                                name != NULL ? name : full_name);
    return alm_graphml_fail(r, BASE_EPARSE, "<%.64s> cannot stand in %s", name,
                            places[r->place].name);
}

/* The number that the text of a data or default is; false after a complaint. */
static bool value_take(struct alm_graphml *r, double *out)
{
    const struct alm_value *const value = &alm_values[r->quantity % ALM_VALUE_COUNT];
    struct base_why why = { 0 };
    while (r->text_size > 0 && strchr(" \t\r\n", r->text[r->text_size - 1]) != NULL)
        r->text_size--;
    r->text[r->text_size] = '\0';
    const base_err err = base_units_parse_number(r->text, value->low, value->high, out, &why);
    if (err != BASE_OK)
        (void)alm_graphml_fail(r, err, "%s: %s", quantity_name(r->quantity), why.text);
    return err == BASE_OK;
}

static void edge_end(struct alm_graphml *r)
{
    for (unsigned i = 0; i < ALM_VALUE_COUNT; i++) {
        if ((r->given >> i & 1) != 0)
            continue;
        if (i == LATENCY && (r->has_default >> LATENCY & 1) == 0) {
            (void)alm_graphml_fail(
                r, BASE_EPARSE,
                "the edge has no latency: give it data of a key with attr.name latency or "
                "weight, or that key a <default>");
            return;
        }
        r->values[i] = (r->has_default >> i & 1) != 0 ? r->defaults[i] : alm_values[i].usual;
    }
    const base_err err = alm_edges_add(r->edges, r->from, r->to, r->values, r->is_undirected);
    if (err != BASE_OK)
        (void)fail_full(r, err);
}

static void graph_end(struct alm_graphml *r)
{
    for (uint32_t node = 0; node < r->edges->node_count; node++) {
        if (r->uses[node].line == 0)
            continue;
        char sentence[BASE_WHY_TEXT_SIZE];
        snprintf(sentence, sizeof sentence, "an edge of '%s', but no <node> has that id",
                 mfn_alm_edges_name(r->edges, node));
        alm_graphml_fail_at(r, r->uses[node], BASE_EPARSE, sentence);
        return;
    }
}

void alm_graphml_leave(struct alm_graphml *r)
{
    switch (r->place) {
    case DATA:
        if (value_take(r, &r->values[r->quantity]))
            r->given |= 1U << r->quantity;
        break;
    case DEFAULT:
        if ((r->has_default >> r->quantity & 1) != 0)
            (void)alm_graphml_fail(r, BASE_EPARSE, "two keys have a <default> for the %s",
                                   quantity_name(r->quantity));
        else if (value_take(r, &r->defaults[r->quantity]))
            r->has_default |= 1U << r->quantity;
        break;
    case EDGE:
        edge_end(r);
        break;
    case GRAPH:
        graph_end(r);
        break;
    default:
        break;
    }
    r->place = places[r->place].parent;
}
