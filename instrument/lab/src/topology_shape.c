/* topology_shape.c - the shapes, each a few loops over its links. */
#include "topology_internal.h"

#include <string.h>

static const struct {
    const char *name;
    enum lab_shape shape;
} shapes[] = {
    { "mesh", LAB_MESH },      { "star", LAB_STAR },
    { "ring", LAB_RING },      { "random-regular", LAB_RANDOM_REGULAR },
    { "tree", LAB_TREE },      { "fat-tree", LAB_FAT_TREE },
    { "full-mesh", LAB_MESH }, /* also called so */
};

enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

const char *lab_shape_name(size_t i)
{
    return i < SHAPE_COUNT ? shapes[i].name : NULL;
}

/* "fat tree", "fat_tree" and "fat-tree" are one. */
static bool is_same_name(const char *name, const char *text)
{
    for (; *name != '\0'; name++, text++)
        if (*name != *text && !(*name == '-' && (*text == '_' || *text == ' ')))
            return false;
    return *text == '\0';
}

base_err lab_shape_parse(const char *text, enum lab_shape *shape, struct base_why *why)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (is_same_name(shapes[i].name, text)) {
            *shape = shapes[i].shape;
            return BASE_OK;
        }
    return base_fail(why, BASE_EPARSE, 0,
                     "'%s' is no shape: mesh, star, ring, random-regular, tree or fat-tree", text);
}

static base_err make_mesh(struct lab_topology *topology, uint32_t count,
                          const struct lab_link_config *link, struct base_why *why)
{
    LAB_TRY(lab_topology_hosts(topology, count, 0, why));
    topology->is_uniform = true;
    topology->uniform = *link;
    return lab_topology_links(topology, 0, why);
}

/* The sender's side has everything and the larger half of the delay; all of it when the delay
 * varies or is left out at times, so that it does as in a mesh. */
static base_err make_star(struct lab_topology *topology, uint32_t count,
                          const struct lab_link_config *link, struct base_why *why)
{
    const bool is_whole = link->jitter != LAB_JITTER_NONE || link->reorder > 0;
    struct lab_link_config up = *link;
    const struct lab_link_config down = { .delay_ns = is_whole ? 0 : link->delay_ns / 2 };
    up.delay_ns -= down.delay_ns;
    LAB_TRY(lab_topology_hosts(topology, count, 1, why));
    LAB_TRY(lab_topology_links(topology, count, why));
    for (uint32_t i = 0; i < count; i++) {
        topology->edges[topology->edge_count++] = (struct lab_edge){ i, count, up };
        topology->edges[topology->edge_count++] = (struct lab_edge){ count, i, down };
    }
    return BASE_OK;
}

static base_err make_ring(struct lab_topology *topology, uint32_t count,
                          const struct lab_link_config *link, struct base_why *why)
{
    LAB_TRY(lab_topology_hosts(topology, count, 0, why));
    LAB_TRY(lab_topology_links(topology, count, why));
    for (uint32_t i = 0; i + 1 < count; i++)
        lab_topology_join(topology, i, i + 1, link);
    if (count > 2)
        lab_topology_join(topology, count - 1, 0, link);
    return BASE_OK;
}

static base_err make_tree(struct lab_topology *topology, uint32_t count, uint32_t degree,
                          const struct lab_link_config *link, struct base_why *why)
{
    LAB_TRY(lab_topology_hosts(topology, count, 0, why));
    LAB_TRY(lab_topology_links(topology, count, why));
    for (uint32_t i = 1; i < count; i++)
        lab_topology_join(topology, (i - 1) / (degree == 0 ? 2 : degree), i, link);
    return BASE_OK;
}

static base_err make_regular(struct lab_topology *topology, uint32_t count, uint32_t degree,
                             const struct lab_link_config *link, uint64_t seed,
                             struct base_why *why)
{
    if (degree == 0)
        degree = count > 4 ? 4 : count - 1;
    if (count > 1 && degree >= count)
        return base_fail(why, BASE_ERANGE, 0,
                         "degree %u: each of %u hosts can have at most %u neighbours", degree,
                         count, count - 1);
    if ((uint64_t)count * degree % 2 != 0)
        return base_fail(why, BASE_ERANGE, 0,
                         "degree %u: %u hosts with %u neighbours each are half a link too many; "
                         "one of the two must be even",
                         degree, count, degree);
    if (degree == 1 && count > 2)
        return base_fail(why, BASE_ERANGE, 0,
                         "degree 1: %u hosts with one neighbour each are not one network; 2 is the "
                         "least",
                         count);
    if (degree == 1 || count == 1)
        return make_ring(topology, count, link, why);
    LAB_TRY(lab_topology_hosts(topology, count, 0, why));
    LAB_TRY(lab_topology_links(topology, (uint64_t)count * degree / 2, why));
    return lab_regular_make(topology, degree, link, seed, why);
}

static base_err ports_of(uint32_t count, uint32_t degree, uint64_t *ports, struct base_why *why)
{
    uint64_t least = 2;
    while (least * least * least / 4 < count)
        least += 2;
    if (degree != 0 && (degree % 2 != 0 || degree < least || degree > LAB_HOSTS_MAX))
        return base_fail(why, BASE_ERANGE, 0,
                         "degree %u: a fat tree for %u hosts is made of switches with an even "
                         "number of ports, at least %llu",
                         degree, count, (unsigned long long)least);
    *ports = degree != 0 ? degree : least;
    return BASE_OK;
}

/* k pods of k/2 edge and k/2 aggregation switches, (k/2)^2 core switches; hosts fill the pods from
 * the first on. Switches in this order: edges, aggregations, cores. */
static base_err make_fat_tree(struct lab_topology *topology, uint32_t count, uint32_t degree,
                              const struct lab_link_config *link, struct base_why *why)
{
    uint64_t ports = 0;
    LAB_TRY(ports_of(count, degree, &ports, why));
    const uint32_t half = (uint32_t)ports / 2;
    LAB_TRY(lab_topology_hosts(topology, count, 5 * ports * ports / 4, why));
    LAB_TRY(lab_topology_links(topology, count + ports * ports * ports / 2, why));
    const uint32_t edge = count, aggregation = edge + (uint32_t)ports * half,
                   core = aggregation + (uint32_t)ports * half;
    for (uint32_t i = 0; i < count; i++)
        lab_topology_join(topology, i, edge + i / half, link);
    for (uint32_t pod = 0; pod < ports; pod++)
        for (uint32_t i = 0; i < half * half; i++) {
            const uint32_t middle = aggregation + pod * half + i / half;
            lab_topology_join(topology, edge + pod * half + i % half, middle, link);
            lab_topology_join(topology, middle, core + i, link);
        }
    return BASE_OK;
}

base_err lab_shape_make(struct lab_topology *topology, enum lab_shape shape, uint32_t count,
                        uint32_t degree, const struct lab_link_config *link, uint64_t seed,
                        struct base_why *why)
{
    LAB_TRY(lab_link_check(link, why));
    if (count == 0 || count > LAB_HOSTS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%u hosts: a network has 1 to %d", count,
                         LAB_HOSTS_MAX);
    switch (shape) {
    case LAB_MESH:
        return make_mesh(topology, count, link, why);
    case LAB_STAR:
        return make_star(topology, count, link, why);
    case LAB_RING:
        return make_ring(topology, count, link, why);
    case LAB_RANDOM_REGULAR:
        return make_regular(topology, count, degree, link, seed, why);
    case LAB_TREE:
        return make_tree(topology, count, degree, link, why);
    case LAB_FAT_TREE:
        return make_fat_tree(topology, count, degree, link, why);
    }
    return base_fail(why, BASE_EINVALID, 0, "%d is no shape", (int)shape);
}

base_err lab_topology_make(struct lab_topology *topology, enum lab_shape shape, uint32_t count,
                           uint32_t degree, const struct lab_link_config *link, uint64_t seed,
                           struct base_why *why)
{
    *topology = (struct lab_topology){ 0 };
    const base_err err = lab_shape_make(topology, shape, count, degree, link, seed, why);
    if (err != BASE_OK)
        lab_topology_done(topology);
    return err;
}
