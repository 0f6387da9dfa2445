/* alm_edges.c - lines of fields into edges; names into numbers by an open hash table. */
#include "alm_edges_internal.h"

#include <base/units.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MIN = 3, FIELDS_MAX = 6, ROOM_MIN = 64 };

const struct alm_value alm_values[ALM_VALUE_COUNT] = {
    { "latency", 0, MFN_ALM_VALUE_MAX, 0 },
    { "bandwidth", MFN_ALM_BANDWIDTH_MIN, MFN_ALM_VALUE_MAX, 1000 },
    { "reliability", MFN_ALM_RELIABILITY_MIN, 1, 1 },
    { "cost", 0, MFN_ALM_VALUE_MAX, 1 },
};

struct line {
    unsigned long long number;
    struct base_span fields[FIELDS_MAX];
    unsigned count;
};

/* The items in room for `count` of them, grown by doubling; NULL when out of memory, and then the
 * items are as they were. */
static void *grown(void *items, size_t *capacity, size_t count, size_t size)
{
    size_t more = *capacity > 0 ? *capacity : ROOM_MIN;
    if (count <= *capacity)
        return items;
    while (more < count)
        more *= 2;
    void *const memory = realloc(items, more * size);
    if (memory != NULL)
        *capacity = more;
    return memory;
}

static base_err names_reserve(struct mfn_alm_edges *e, size_t size)
{
    size_t *const names =
        grown(e->names, &e->node_capacity, (size_t)e->node_count + 1, sizeof *e->names);
    if (names == NULL)
        return BASE_ENOMEM;
    e->names = names;
    char *const text = grown(e->text, &e->text_capacity, e->text_size + size, 1);
    if (text == NULL)
        return BASE_ENOMEM;
    e->text = text;
    return BASE_OK;
}

/* FNV-1a, with its bits mixed once more since the low ones choose the slot. */
static size_t hash_of(const void *name, size_t size)
{
    const uint8_t *const bytes = name;
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3U;
    return (size_t)(hash ^ (hash >> 32));
}

/* The slot of a name: its node's, or the free one where it belongs. slot_count > 0 */
static uint32_t *slot_of(const struct mfn_alm_edges *e, const void *name, size_t size)
{
    for (size_t at = hash_of(name, size);; at++) {
        uint32_t *const slot = &e->slots[at & (e->slot_count - 1)];
        if (*slot == MFN_ALM_NONE)
            return slot;
        const char *const known = e->text + e->names[*slot];
        if (strncmp(known, name, size) == 0 && known[size] == '\0')
            return slot;
    }
}

static base_err slots_grow(struct mfn_alm_edges *e)
{
    if (((size_t)e->node_count + 1) * 2 <= e->slot_count)
        return BASE_OK;
    const size_t count = e->slot_count > 0 ? 2 * e->slot_count : 2 * ROOM_MIN;
    uint32_t *const slots = malloc(count * sizeof *slots);
    if (slots == NULL)
        return BASE_ENOMEM;
    memset(slots, 0xff, count * sizeof *slots);
    free(e->slots);
    e->slots = slots;
    e->slot_count = count;
    for (uint32_t node = 0; node < e->node_count; node++) {
        const char *const name = e->text + e->names[node];
        *slot_of(e, name, strlen(name)) = node;
    }
    return BASE_OK;
}

base_err alm_edges_node(struct mfn_alm_edges *e, struct base_span name, uint32_t *node)
{
    if (slots_grow(e) != BASE_OK)
        return BASE_ENOMEM;
    uint32_t *const slot = slot_of(e, name.data, name.size);
    if (*slot == MFN_ALM_NONE) {
        if (e->node_count == MFN_ALM_NODE_MAX)
            return BASE_EFULL;
        if (names_reserve(e, name.size + 1) != BASE_OK)
            return BASE_ENOMEM;
        memcpy(e->text + e->text_size, name.data, name.size);
        e->text[e->text_size + name.size] = '\0';
        e->names[e->node_count] = e->text_size;
        e->text_size += name.size + 1;
        *slot = e->node_count++;
    }
    *node = *slot;
    return BASE_OK;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cut a line without its line feed into fields, up to a comment. */
static base_err line_cut(struct line *line, struct base_span text, struct base_why *why)
{
    line->count = 0;
    for (size_t i = 0; i < text.size;) {
        if (is_blank(text.data[i])) {
            i++;
            continue;
        }
        if (text.data[i] == '#')
            break;
        const size_t begin = i;
        for (; i < text.size && !is_blank(text.data[i]); i++)
            if (text.data[i] < ' ' || text.data[i] == 0x7f)
                return base_fail(why, BASE_EPARSE, line->number,
                                 "line %llu: a control character (0x%02x) at byte %zu",
                                 line->number, text.data[i], i + 1);
        if (line->count == FIELDS_MAX)
            return base_fail(why, BASE_EPARSE, line->number,
                             "line %llu: more than %d fields; from, to, latency, bandwidth, "
                             "reliability and cost are all",
                             line->number, FIELDS_MAX);
        if (i - begin > MFN_ALM_NAME_MAX)
            return base_fail(why, BASE_EPARSE, line->number,
                             "line %llu: field %u is longer than %d bytes", line->number,
                             line->count + 1, MFN_ALM_NAME_MAX);
        line->fields[line->count++] = base_span_of(text.data + begin, i - begin);
    }
    return BASE_OK;
}

static base_err values_read(const struct line *line, double *out, struct base_why *why)
{
    for (unsigned i = 0; i < ALM_VALUE_COUNT; i++) {
        out[i] = alm_values[i].usual;
        if (i + 2 >= line->count)
            continue;
        char text[MFN_ALM_NAME_MAX + 1];
        const struct base_span field = line->fields[i + 2];
        memcpy(text, field.data, field.size);
        text[field.size] = '\0';
        const base_err err =
            base_units_parse_number(text, alm_values[i].low, alm_values[i].high, &out[i], why);
        if (err != BASE_OK) {
            if (why != NULL)
                why->at = line->number;
            return base_fail_prefix(why, err, "line %llu: %s", line->number, alm_values[i].name);
        }
    }
    return BASE_OK;
}

static base_err edge_put(struct mfn_alm_edges *e, struct mfn_alm_edge edge)
{
    if (e->count == MFN_ALM_EDGE_MAX)
        return BASE_EFULL;
    struct mfn_alm_edge *const items =
        grown(e->items, &e->capacity, e->count + 1, sizeof *e->items);
    if (items == NULL)
        return BASE_ENOMEM;
    e->items = items;
    e->items[e->count++] = edge;
    return BASE_OK;
}

base_err alm_edges_add(struct mfn_alm_edges *e, uint32_t from, uint32_t to, const double *values,
                       bool is_undirected)
{
    struct mfn_alm_edge edge = { from, to, values[0], values[1], values[2], values[3] };
    base_err err = edge_put(e, edge);
    if (err == BASE_OK && is_undirected) {
        edge.from = to;
        edge.to = from;
        err = edge_put(e, edge);
    }
    return err;
}

static base_err line_take(struct mfn_alm_edges *e, const struct line *line, bool is_undirected,
                          struct base_why *why)
{
    double v[ALM_VALUE_COUNT];
    uint32_t from = 0, to = 0;
    if (line->count == 0)
        return BASE_OK;
    if (line->count < FIELDS_MIN)
        return base_fail(why, BASE_EPARSE, line->number,
                         "line %llu: %u field%s; from, to and latency are needed", line->number,
                         line->count, line->count == 1 ? "" : "s");
    base_err err = values_read(line, v, why);
    if (err != BASE_OK)
        return err;
    err = alm_edges_node(e, line->fields[0], &from);
    if (err == BASE_OK)
        err = alm_edges_node(e, line->fields[1], &to);
    if (err == BASE_OK)
        err = alm_edges_add(e, from, to, v, is_undirected);
    if (err != BASE_OK)
        return base_fail(why, err, line->number, "line %llu: %s (%zu edges, %u nodes)",
                         line->number, base_err_text(err), e->count, e->node_count);
    return BASE_OK;
}

base_err mfn_alm_edges_read(struct mfn_alm_edges *edges, struct base_span text, bool is_undirected,
                            struct base_why *why)
{
    assert(edges->count == 0 && edges->node_count == 0);
    struct line line = { .number = 0 };
    base_err err = BASE_OK;
    for (size_t at = 0; at < text.size && err == BASE_OK;) {
        const uint8_t *const begin = text.data + at;
        const uint8_t *const end = memchr(begin, '\n', text.size - at);
        const size_t size = end != NULL ? (size_t)(end - begin) : text.size - at;
        line.number++;
        err = line_cut(&line, base_span_of(begin, size), why);
        if (err == BASE_OK)
            err = line_take(edges, &line, is_undirected, why);
        at += size + 1;
    }
    if (err != BASE_OK)
        mfn_alm_edges_done(edges);
    return err;
}

base_err mfn_alm_edges_load(struct mfn_alm_edges *edges, const char *path, bool is_undirected,
                            struct base_why *why)
{
    struct base_buf buf = { 0 };
    base_err err = base_buf_read_file(&buf, path, MFN_ALM_TEXT_MAX_BYTES, why);
    if (err == BASE_OK) {
        err = mfn_alm_edges_read(edges, base_buf_span(&buf), is_undirected, why);
        if (err != BASE_OK)
            base_fail_prefix(why, err, "%s", path);
    }
    base_buf_done(&buf);
    return err;
}

void mfn_alm_edges_done(struct mfn_alm_edges *edges)
{
    free(edges->items);
    free(edges->names);
    free(edges->text);
    free(edges->slots);
    *edges = (struct mfn_alm_edges){ 0 };
}

uint32_t mfn_alm_edges_find(const struct mfn_alm_edges *edges, const char *name)
{
    return edges->slot_count > 0 ? *slot_of(edges, name, strlen(name)) : MFN_ALM_NONE;
}

const char *mfn_alm_edges_name(const struct mfn_alm_edges *edges, uint32_t node)
{
    assert(node < edges->node_count);
    return edges->text + edges->names[node];
}
