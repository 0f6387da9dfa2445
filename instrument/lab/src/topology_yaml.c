/* topology_yaml.c - the YAML format of a topology, walked along libyaml's document: what stands
 * where is fixed, so that neither depth nor aliases can make it large. */
#include "topology_yaml.h"

#include <base/units.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes ---- */

static yaml_node_t *node_at(struct lab_reader *reader, int index)
{
    return yaml_document_get_node(&reader->document, index);
}

static unsigned line_of(const yaml_node_t *node)
{
    return (unsigned)node->start_mark.line + 1;
}

/* "line 7: " or "FILE:7: " before what `why` says already. */
base_err lab_reader_place(struct lab_reader *reader, base_err err, unsigned line)
{
    if (reader->path != NULL)
        err = base_fail_prefix(reader->why, err, "%s:%u", reader->path, line);
    else
        err = base_fail_prefix(reader->why, err, "line %u", line);
    if (reader->why != NULL)
        reader->why->at = line;
    return err;
}

base_err lab_reader_fail(struct lab_reader *reader, base_err err, const yaml_node_t *node,
                         const char *format, ...)
{
    char sentence[BASE_WHY_TEXT_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    base_fail(reader->why, err, 0, "%s", sentence);
    return lab_reader_place(reader, err, line_of(node));
}

/* `what` and the line before what a parser said about a value. */
static base_err blame(struct lab_reader *reader, base_err err, const yaml_node_t *node,
                      const char *what)
{
    return lab_reader_place(reader, base_fail_prefix(reader->why, err, "%s", what), line_of(node));
}

static base_err no_memory(struct lab_reader *reader)
{
    return base_fail(reader->why, BASE_ENOMEM, 0, "out of memory");
}

static base_err text_of(struct lab_reader *reader, const yaml_node_t *node, const char *what,
                        const char **text)
{
    if (node->type != YAML_SCALAR_NODE)
        return lab_reader_fail(reader, BASE_EPARSE, node, "%s: a single value is expected", what);
    *text = (const char *)node->data.scalar.value;
    if (strlen(*text) != node->data.scalar.length)
        return lab_reader_fail(reader, BASE_EPARSE, node, "%s: the value holds a zero byte", what);
    return BASE_OK;
}

static base_err count_of(struct lab_reader *reader, const yaml_node_t *node, const char *what,
                         uint64_t high, uint64_t *count)
{
    const char *text = NULL;
    LAB_TRY(text_of(reader, node, what, &text));
    const base_err err = base_units_parse_count(text, 0, high, count, reader->why);
    return err == BASE_OK ? err : blame(reader, err, node, what);
}

static size_t item_count(const yaml_node_t *list)
{
    return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

static yaml_node_t *item_at(struct lab_reader *reader, const yaml_node_t *list, size_t i)
{
    return node_at(reader, list->data.sequence.items.start[i]);
}

static yaml_node_t *find(struct lab_reader *reader, const yaml_node_t *map, const char *name)
{
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++)
        if (strcmp((char *)node_at(reader, pair->key)->data.scalar.value, name) == 0)
            return node_at(reader, pair->value);
    return NULL;
}

static base_err fail_unknown(struct lab_reader *reader, const yaml_node_t *key, const char *what,
                             const char *const *keys, bool has_link)
{
    char names[360] = "";
    const char *between = "";
    for (size_t i = 0; keys[i] != NULL; i++, between = ", ")
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", between, keys[i]);
    for (size_t i = 0; has_link && lab_link_key_name(i) != NULL; i++, between = ", ")
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", between,
                 lab_link_key_name(i));
    return lab_reader_fail(reader, BASE_EPARSE, key, "%s: '%.32s' is none of %s", what,
                           (char *)key->data.scalar.value, names);
}

/* A map whose keys are words, none of them twice, each known: in `keys` (ended by NULL) or, with
 * has_link, a setting of a link. */
static base_err check_map(struct lab_reader *reader, const yaml_node_t *map, const char *what,
                          const char *const *keys, bool has_link)
{
    if (map->type != YAML_MAPPING_NODE)
        return lab_reader_fail(reader, BASE_EPARSE, map, "%s: keys and values are expected", what);
    const yaml_node_pair_t *const start = map->data.mapping.pairs.start;
    for (const yaml_node_pair_t *pair = start; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *const key = node_at(reader, pair->key);
        const char *name = NULL;
        LAB_TRY(text_of(reader, key, what, &name));
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], name) != 0)
            i++;
        if (keys[i] == NULL && !(has_link && lab_link_has_key(name)))
            return fail_unknown(reader, key, what, keys, has_link);
        if (find(reader, map, name) != node_at(reader, pair->value))
            return lab_reader_fail(reader, BASE_EPARSE, key, "%s: '%.32s' stands here twice", what,
                                   name);
    }
    return BASE_OK;
}

/* ---- links ---- */

static const char *const link_keys[] = { "jitter_trace", "loss_trace", NULL };
static const char *const between_keys[] = { "between",      "from",       "to",
                                            "jitter_trace", "loss_trace", NULL };

static base_err one_setting(struct lab_reader *reader, const yaml_node_t *key, yaml_node_t *value,
                            struct lab_link_config *config)
{
    const char *text = NULL;
    const char *const name = (const char *)key->data.scalar.value;
    LAB_TRY(text_of(reader, value, name, &text));
    base_err err = BASE_OK;
    if (strcmp(name, "jitter_trace") == 0)
        err = lab_trace_jitter(reader, text, config);
    else if (strcmp(name, "loss_trace") == 0)
        err = lab_trace_loss(reader, text, config);
    else
        err = lab_link_set(config, name, text, reader->why);
    return err == BASE_OK ? err : lab_reader_place(reader, err, line_of(value));
}

/* A preset first, whatever stands first; the jitter's distribution last. */
static unsigned turn_of(const char *key)
{
    return strcmp(key, "preset") == 0 ? 0 : strcmp(key, "jitter_distribution") == 0 ? 2 : 1;
}

static base_err read_settings(struct lab_reader *reader, const yaml_node_t *map,
                              struct lab_link_config *config)
{
    for (unsigned turn = 0; turn < 3; turn++)
        for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
             pair < map->data.mapping.pairs.top; pair++) {
            const yaml_node_t *const key = node_at(reader, pair->key);
            const char *const name = (const char *)key->data.scalar.value;
            if (turn_of(name) == turn && strcmp(name, "between") != 0 &&
                strcmp(name, "from") != 0 && strcmp(name, "to") != 0)
                LAB_TRY(one_setting(reader, key, node_at(reader, pair->value), config));
        }
    return BASE_OK;
}

/* Two ways to lose packets in one map: one of them would be ignored. */
static base_err check_losses(struct lab_reader *reader, const yaml_node_t *map)
{
    static const char *const keys[] = { "good_to_bad", "bad_to_good", "loss_good", "loss_bad" };
    bool has_burst = false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        has_burst |= find(reader, map, keys[i]) != NULL;
    const yaml_node_t *const loss = find(reader, map, "packet_loss"), *const trace =
                                                                          find(reader, map,
                                                                               "loss_trace");
    if (has_burst + (loss != NULL) + (trace != NULL) > 1)
        return lab_reader_fail(reader, BASE_EPARSE, loss != NULL ? loss : trace,
                               "packet_loss, loss_trace and bursts (good_to_bad ...) exclude each "
                               "other");
    return BASE_OK;
}

static base_err check_config(struct lab_reader *reader, const yaml_node_t *node,
                             const struct lab_link_config *config)
{
    const base_err err = lab_link_check(config, reader->why);
    return err == BASE_OK ? err : lab_reader_place(reader, err, line_of(node));
}

/* The edge's place in the list, made when it is not there. Errors: ERANGE, ENOMEM. */
static base_err edge_of(struct lab_reader *reader, uint32_t from, uint32_t to,
                        struct lab_edge **edge)
{
    struct lab_edge *edges = (struct lab_edge *)reader->edges.data;
    const size_t count = reader->edges.size / sizeof *edges;
    size_t at = (size_t)((((uint64_t)from << 32 | to) * UINT64_C(0x9e3779b97f4a7c15)) >> 42);
    for (;; at = (at + 1) % LAB_READER_SLOTS) {
        const uint32_t slot = reader->slots[at];
        if (slot == 0)
            break;
        if (edges[slot - 1].from == from && edges[slot - 1].to == to) {
            *edge = &edges[slot - 1];
            return BASE_OK;
        }
    }
    if (count == LAB_EDGES_MAX)
        return base_fail(reader->why, BASE_ERANGE, 0, "more than %d links, each way counted",
                         LAB_EDGES_MAX);
    const struct lab_edge fresh = { from, to, reader->link };
    if (base_buf_put(&reader->edges, &fresh, sizeof fresh) != BASE_OK)
        return no_memory(reader);
    reader->slots[at] = (uint32_t)count + 1;
    *edge = (struct lab_edge *)reader->edges.data + count;
    return BASE_OK;
}

static base_err one_edge(struct lab_reader *reader, const yaml_node_t *map, uint32_t from,
                         uint32_t to)
{
    struct lab_edge *edge = NULL;
    const base_err err = edge_of(reader, from, to, &edge);
    if (err != BASE_OK)
        return lab_reader_place(reader, err, line_of(map));
    LAB_TRY(read_settings(reader, map, &edge->config));
    return check_config(reader, map, &edge->config);
}

/* A name, or the beginning of names and a '*'. */
static bool is_match(const char *pattern, const char *name)
{
    const size_t size = strlen(pattern);
    if (size > 0 && pattern[size - 1] == '*')
        return strncmp(pattern, name, size - 1) == 0;
    return strcmp(pattern, name) == 0;
}

static base_err matches_of(struct lab_reader *reader, const yaml_node_t *node, uint32_t *hosts,
                           size_t *count)
{
    const char *pattern = NULL;
    LAB_TRY(text_of(reader, node, "links: a host", &pattern));
    *count = 0;
    for (uint32_t i = 0; i < reader->topology->host_count; i++)
        if (is_match(pattern, reader->topology->hosts[i].name))
            hosts[(*count)++] = i;
    return *count > 0 ? BASE_OK
                      : lab_reader_fail(reader, BASE_EPARSE, node,
                                        "links: there is no host '%.40s'", pattern);
}

static base_err ends_of(struct lab_reader *reader, const yaml_node_t *map, yaml_node_t *ends[2])
{
    const yaml_node_t *const between = find(reader, map, "between");
    ends[0] = find(reader, map, "from");
    ends[1] = find(reader, map, "to");
    if ((between != NULL) == (ends[0] != NULL) || (ends[0] != NULL) != (ends[1] != NULL))
        return lab_reader_fail(reader, BASE_EPARSE, map,
                               "links: 'between: [a, b]' says both directions, 'from: a' and 'to: "
                               "b' one; exactly one of the two is expected");
    if (between == NULL)
        return BASE_OK;
    if (between->type != YAML_SEQUENCE_NODE || item_count(between) != 2)
        return lab_reader_fail(reader, BASE_EPARSE, between,
                               "between: two hosts are expected, as in [a, b]");
    ends[0] = item_at(reader, between, 0);
    ends[1] = item_at(reader, between, 1);
    return BASE_OK;
}

static base_err read_pairs(struct lab_reader *reader, const yaml_node_t *map, uint32_t *hosts)
{
    yaml_node_t *ends[2];
    size_t count[2], pairs = 0;
    uint32_t *const other = hosts + reader->topology->host_count;
    LAB_TRY(check_map(reader, map, "links", between_keys, true));
    LAB_TRY(check_losses(reader, map));
    LAB_TRY(ends_of(reader, map, ends));
    LAB_TRY(matches_of(reader, ends[0], hosts, &count[0]));
    LAB_TRY(matches_of(reader, ends[1], other, &count[1]));
    const bool is_both = find(reader, map, "between") != NULL;
    reader->pair_count += count[0] * count[1];
    if (reader->pair_count > LAB_EDGES_MAX)
        return lab_reader_fail(reader, BASE_ERANGE, map, "links: more than %d pairs of hosts",
                               LAB_EDGES_MAX);
    for (size_t i = 0; i < count[0]; i++)
        for (size_t k = 0; k < count[1]; k++) {
            if (hosts[i] == other[k])
                continue;
            pairs++;
            LAB_TRY(one_edge(reader, map, hosts[i], other[k]));
            if (is_both)
                LAB_TRY(one_edge(reader, map, other[k], hosts[i]));
        }
    return pairs > 0
               ? BASE_OK
               : lab_reader_fail(reader, BASE_EPARSE, map, "links: a link from a host to itself");
}

/* The shape's links are put where edge_of finds them. */
static base_err adopt_edges(struct lab_reader *reader)
{
    for (size_t i = 0; i < reader->topology->edge_count; i++) {
        struct lab_edge *edge = NULL;
        const struct lab_edge *const made = &reader->topology->edges[i];
        LAB_TRY(edge_of(reader, made->from, made->to, &edge));
        edge->config = made->config;
    }
    return BASE_OK;
}

static base_err return_edges(struct lab_reader *reader)
{
    struct lab_topology *const topology = reader->topology;
    topology->edge_count = reader->edges.size / sizeof *topology->edges;
    topology->edges = base_arena_alloc(&topology->arena, reader->edges.size + 1);
    if (topology->edges == NULL)
        return no_memory(reader);
    if (reader->edges.size > 0)
        memcpy(topology->edges, reader->edges.data, reader->edges.size);
    return BASE_OK;
}

static base_err read_links(struct lab_reader *reader, const yaml_node_t *list)
{
    if (list->type != YAML_SEQUENCE_NODE)
        return lab_reader_fail(reader, BASE_EPARSE, list, "links: a list is expected");
    reader->slots = calloc(LAB_READER_SLOTS, sizeof *reader->slots);
    uint32_t *const hosts = calloc(2 * (size_t)reader->topology->host_count, sizeof *hosts);
    base_err err = reader->slots != NULL && hosts != NULL ? adopt_edges(reader) : no_memory(reader);
    for (size_t i = 0; err == BASE_OK && i < item_count(list); i++)
        err = read_pairs(reader, item_at(reader, list, i), hosts);
    if (err == BASE_OK)
        err = return_edges(reader);
    free(hosts);
    return err;
}

/* ---- hosts ---- */

static const char *const host_keys[] = { "name", "bandwidth", NULL };

static base_err rate_of(struct lab_reader *reader, const yaml_node_t *node, const char *what,
                        uint64_t *rate_bits)
{
    const char *text = NULL;
    struct lab_link_config config = { 0 };
    LAB_TRY(text_of(reader, node, what, &text));
    const base_err err = lab_link_set(&config, "bandwidth", text, reader->why);
    if (err != BASE_OK)
        return blame(reader, err, node, what);
    *rate_bits = config.rate_bits;
    return BASE_OK;
}

static base_err read_host(struct lab_reader *reader, const yaml_node_t *node, struct lab_host *host)
{
    const yaml_node_t *name = node;
    const char *text = NULL;
    if (node->type == YAML_MAPPING_NODE) {
        LAB_TRY(check_map(reader, node, "hosts", host_keys, false));
        const yaml_node_t *const rate = find(reader, node, "bandwidth");
        name = find(reader, node, "name");
        if (name == NULL)
            return lab_reader_fail(reader, BASE_EPARSE, node, "hosts: the name is missing");
        if (rate != NULL)
            LAB_TRY(rate_of(reader, rate, "hosts", &host->rate_bits));
    }
    LAB_TRY(text_of(reader, name, "hosts: a name", &text));
    if (!lab_name_is_good(text))
        return lab_reader_fail(reader, BASE_EPARSE, name,
                               "hosts: '%.40s' is no name: 1 to %d letters, digits, '_', and '.' "
                               "and '-' within",
                               text, LAB_NAME_SIZE - 1);
    snprintf(host->name, sizeof host->name, "%s", text);
    return BASE_OK;
}

static int by_name(const void *one, const void *other)
{
    const struct lab_host *const *const a = one, *const *const b = other;
    return strcmp((*a)->name, (*b)->name);
}

static base_err check_names(struct lab_reader *reader, const yaml_node_t *node)
{
    const struct lab_topology *const topology = reader->topology;
    const struct lab_host **const sorted = calloc(topology->host_count, sizeof *sorted);
    if (sorted == NULL)
        return no_memory(reader);
    for (uint32_t i = 0; i < topology->host_count; i++)
        sorted[i] = &topology->hosts[i];
    qsort(sorted, topology->host_count, sizeof *sorted, by_name);
    base_err err = BASE_OK;
    for (uint32_t i = 0; err == BASE_OK && i + 1 < topology->host_count; i++)
        if (strcmp(sorted[i]->name, sorted[i + 1]->name) == 0)
            err = lab_reader_fail(reader, BASE_EPARSE, node, "hosts: two are called '%s'",
                                  sorted[i]->name);
    free(sorted);
    return err;
}

/* How many, of a number or of a list. */
static base_err host_count_of(struct lab_reader *reader, const yaml_node_t *node, const char *what,
                              uint64_t *count)
{
    if (node == NULL)
        return BASE_OK;
    if (node->type == YAML_SCALAR_NODE)
        return count_of(reader, node, what, LAB_HOSTS_MAX, count);
    if (node->type != YAML_SEQUENCE_NODE)
        return lab_reader_fail(reader, BASE_EPARSE, node, "%s: a number or a list is expected",
                               what);
    *count = item_count(node);
    return BASE_OK;
}

static base_err read_names(struct lab_reader *reader, const yaml_node_t *node, uint32_t first)
{
    for (size_t i = 0; node != NULL && node->type == YAML_SEQUENCE_NODE && i < item_count(node);
         i++)
        LAB_TRY(read_host(reader, item_at(reader, node, i), &reader->topology->hosts[first + i]));
    return BASE_OK;
}

/* ---- the whole ---- */

static const char *const root_keys[] = { "shape", "degree",   "seed",
                                         "hosts", "switches", "host_bandwidth",
                                         "link",  "links",    "schedule",
                                         NULL };

static base_err make_shape(struct lab_reader *reader, const yaml_node_t *root,
                           const yaml_node_t *shape_node, uint64_t host_count)
{
    uint64_t degree = 0, seed = 1;
    enum lab_shape shape = LAB_MESH;
    const char *text = NULL;
    const yaml_node_t *const degree_node = find(reader, root, "degree"), *const seed_node = find(
                                                                             reader, root, "seed");
    LAB_TRY(text_of(reader, shape_node, "shape", &text));
    base_err err = lab_shape_parse(text, &shape, reader->why);
    if (err != BASE_OK)
        return blame(reader, err, shape_node, "shape");
    if (degree_node != NULL)
        LAB_TRY(count_of(reader, degree_node, "degree", LAB_HOSTS_MAX, &degree));
    if (seed_node != NULL)
        LAB_TRY(count_of(reader, seed_node, "seed", UINT64_MAX, &seed));
    err = lab_shape_make(reader->topology, shape, (uint32_t)host_count, (uint32_t)degree,
                         &reader->link, seed, reader->why);
    return err == BASE_OK ? err : blame(reader, err, shape_node, "shape");
}

static base_err make_hosts(struct lab_reader *reader, const yaml_node_t *root)
{
    const yaml_node_t *const hosts = find(reader, root, "hosts"),
                             *const switches = find(reader, root, "switches"),
                             *const shape = find(reader, root, "shape"),
                             *const rate = find(reader, root, "host_bandwidth");
    uint64_t host_count = 0, switch_count = 0, rate_bits = 0;
    if (hosts == NULL)
        return lab_reader_fail(reader, BASE_EPARSE, root,
                               "hosts are missing: a number, or a list of names");
    LAB_TRY(host_count_of(reader, hosts, "hosts", &host_count));
    LAB_TRY(host_count_of(reader, switches, "switches", &switch_count));
    if (shape != NULL && switches != NULL)
        return lab_reader_fail(reader, BASE_EPARSE, switches,
                               "switches: a shape makes its own; leave one of the two out");
    if (shape != NULL)
        LAB_TRY(make_shape(reader, root, shape, host_count));
    else {
        const base_err err =
            lab_topology_hosts(reader->topology, host_count, switch_count, reader->why);
        if (err != BASE_OK)
            return blame(reader, err, hosts, "hosts");
    }
    if (rate != NULL)
        LAB_TRY(rate_of(reader, rate, "host_bandwidth", &rate_bits));
    for (uint32_t i = 0; i < reader->topology->program_count; i++)
        reader->topology->hosts[i].rate_bits = rate_bits;
    LAB_TRY(read_names(reader, hosts, 0));
    LAB_TRY(read_names(reader, switches, reader->topology->program_count));
    return check_names(reader, hosts);
}

static base_err check_joined(struct lab_reader *reader, const yaml_node_t *root)
{
    const struct lab_topology *const topology = reader->topology;
    uint32_t apart = UINT32_MAX;
    if (lab_topology_apart(topology, &apart) != BASE_OK)
        return no_memory(reader);
    if (apart != UINT32_MAX)
        return lab_reader_fail(reader, BASE_EPARSE, root,
                               "no way leads from %s to %s: give a shape, or more links",
                               topology->hosts[0].name, topology->hosts[apart].name);
    return BASE_OK;
}

static base_err read_schedule(struct lab_reader *reader, const yaml_node_t *list)
{
    const bool is_one = list->type == YAML_SCALAR_NODE;
    const size_t count = is_one ? 1 : item_count(list);
    if (!is_one && list->type != YAML_SEQUENCE_NODE)
        return lab_reader_fail(reader, BASE_EPARSE, list, "schedule: a list is expected");
    struct lab_sentence *const sentences = calloc(count + 1, sizeof *sentences);
    base_err err = sentences != NULL ? BASE_OK : no_memory(reader);
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        const yaml_node_t *const node = is_one ? list : item_at(reader, list, i);
        err = text_of(reader, node, "schedule", &sentences[i].text);
        sentences[i].line = line_of(node);
    }
    if (err == BASE_OK) {
        struct base_why inner = { 0 };
        err = lab_changes_add(reader->topology, sentences, count, &inner);
        if (err != BASE_OK && reader->why != NULL) {
            *reader->why = inner;
            err = base_fail_prefix(reader->why, err, "schedule");
        }
        if (err != BASE_OK)
            err = lab_reader_place(reader, err, (unsigned)inner.at);
    }
    free(sentences);
    return err;
}

base_err lab_reader_root(struct lab_reader *reader, const yaml_node_t *root)
{
    LAB_TRY(check_map(reader, root, "topology", root_keys, false));
    const yaml_node_t *const link = find(reader, root, "link"),
                             *const links = find(reader, root, "links"),
                             *const schedule = find(reader, root, "schedule");
    if (link != NULL) {
        LAB_TRY(check_map(reader, link, "link", link_keys, true));
        LAB_TRY(check_losses(reader, link));
        LAB_TRY(read_settings(reader, link, &reader->link));
        LAB_TRY(check_config(reader, link, &reader->link));
    }
    LAB_TRY(make_hosts(reader, root));
    if (links != NULL)
        LAB_TRY(read_links(reader, links));
    LAB_TRY(check_joined(reader, root));
    return schedule != NULL ? read_schedule(reader, schedule) : BASE_OK;
}
