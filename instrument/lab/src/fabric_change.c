/* fabric_change.c - cuts, healings, other conditions, partitions; and what the links counted. */
#include "fabric_internal.h"

#include <string.h>

static struct lab_link *link_between(struct lab_fabric *f, uint32_t from, uint32_t to, bool is_made,
                                     bool *is_there)
{
    const uint32_t hosts = f->topology->host_count;
    *is_there = false;
    if (from >= hosts || to >= hosts || from == to)
        return NULL;
    const uint32_t slot = lab_routes_slot(&f->routes, from, to);
    *is_there = slot != LAB_NONE || f->topology->is_uniform;
    if (slot != LAB_NONE)
        return lab_links_of_slot(&f->links, slot, f->routes.edges[slot], is_made);
    return *is_there ? lab_links_of_pair(&f->links, from, to, is_made) : NULL;
}

static const char *name_of(const struct lab_fabric *f, uint32_t host)
{
    return host < f->topology->host_count ? f->topology->hosts[host].name : "a host that is none";
}

/* The links of a change, one or two, made if need be; NULL where a direction has none. */
static base_err find_links(struct lab_fabric *f, const struct lab_change *change,
                           struct lab_link *links[2], struct base_why *why)
{
    bool is_there[2] = { false, false };
    links[0] = link_between(f, change->a, change->b, true, &is_there[0]);
    links[1] =
        change->is_one_way ? NULL : link_between(f, change->b, change->a, true, &is_there[1]);
    for (int i = 0; i < 2; i++)
        if (is_there[i] && links[i] == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "no memory for a link");
    if (links[0] == NULL && links[1] == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no link from %s to %s",
                         name_of(f, change->a), name_of(f, change->b));
    return BASE_OK;
}

/* A link that nobody has used yet may be cut by its own configuration: it is made to be healed. */
static base_err make_cut_links(struct lab_fabric *f, struct base_why *why)
{
    for (uint32_t slot = 0; slot < f->topology->edge_count; slot++) {
        const uint32_t edge = f->routes.edges[slot];
        if (f->topology->edges[edge].config.is_down &&
            lab_links_of_slot(&f->links, slot, edge, true) == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "no memory for a link");
    }
    return BASE_OK;
}

base_err lab_change_prepare(struct lab_fabric *fabric, const struct lab_change *change,
                            struct base_why *why)
{
    struct lab_link *links[2];
    base_err err = BASE_OK;
    switch (change->kind) {
    case LAB_SET:
        err = lab_link_check(&change->config, why);
        __attribute__((fallthrough));
    case LAB_CUT:
    case LAB_HEAL:
        return err == BASE_OK ? find_links(fabric, change, links, why) : err;
    case LAB_PARTITION:
        return change->side != NULL ? BASE_OK
                                    : base_fail(why, BASE_ERANGE, 0, "a partition without sides");
    case LAB_HEAL_ALL:
        return make_cut_links(fabric, why);
    }
    return base_fail(why, BASE_ERANGE, 0, "a change of no known kind");
}

static base_err change_links(struct lab_fabric *f, const struct lab_change *change,
                             struct base_why *why)
{
    struct lab_link *links[2];
    base_err err = find_links(f, change, links, why);
    for (int i = 0; i < 2 && err == BASE_OK; i++) {
        if (links[i] == NULL)
            continue;
        if (change->kind == LAB_SET)
            err = lab_link_change(links[i], &change->config, why);
        else
            links[i]->config.is_down = change->kind == LAB_CUT;
    }
    return err;
}

base_err lab_fabric_change(struct lab_fabric *fabric, uint64_t now_ns,
                           const struct lab_change *change, struct base_why *why)
{
    const base_err err = lab_change_prepare(fabric, change, why);
    if (err != BASE_OK)
        return err;
    lab_fabric_settle(fabric, now_ns);
    if (change->kind == LAB_PARTITION) {
        memcpy(fabric->side, change->side, fabric->topology->host_count);
        fabric->is_parted = true;
        return BASE_OK;
    }
    if (change->kind != LAB_HEAL_ALL)
        return change_links(fabric, change, why);
    for (uint32_t i = 0; i < fabric->links.count; i++)
        lab_links_at(&fabric->links, i)->config.is_down = false;
    fabric->is_parted = false;
    return BASE_OK;
}

/* The link that a packet takes, if somebody has used it; *is_there: there is one to be used. */
static const struct lab_link *link_used(const struct lab_fabric *fabric, uint32_t from, uint32_t to,
                                        bool *is_there)
{
    struct lab_fabric *const f = (struct lab_fabric *)fabric; /* nothing is made, so none changes */
    const struct lab_link *const own = link_between(f, from, to, false, is_there);
    return own == NULL && *is_there && f->links.is_shared
               ? lab_links_of_pair(&f->links, from, from, false)
               : own;
}

const struct lab_link_counts *lab_fabric_counts(const struct lab_fabric *fabric, uint32_t from,
                                                uint32_t to)
{
    static const struct lab_link_counts none;
    bool is_there;
    const struct lab_link *const link = link_used(fabric, from, to, &is_there);
    if (link != NULL)
        return &link->counts;
    return is_there ? &none : NULL;
}

uint32_t lab_fabric_mtu(const struct lab_fabric *fabric, uint32_t from, uint32_t to)
{
    bool is_there;
    const struct lab_link *const link = link_used(fabric, from, to, &is_there);
    if (link != NULL || !is_there)
        return link != NULL ? link->config.mtu_bytes : 0;
    const uint32_t slot = lab_routes_slot(&fabric->routes, from, to);
    return slot != LAB_NONE ? fabric->topology->edges[fabric->routes.edges[slot]].config.mtu_bytes
                            : fabric->topology->uniform.mtu_bytes;
}

struct lab_link_counts lab_fabric_total(const struct lab_fabric *fabric)
{
    struct lab_link_counts sum = { 0 };
    for (uint32_t i = 0; i < fabric->links.count; i++)
        lab_link_counts_add(&sum, &lab_links_at(&fabric->links, i)->counts);
    for (uint32_t i = 0; fabric->limits != NULL && i < fabric->topology->host_count; i++) {
        const struct lab_link_counts *const n = &fabric->limits[i].counts;
        sum.packets += n->queue_dropped;
        sum.bytes += n->bytes - n->delivered_bytes;
        sum.queue_dropped += n->queue_dropped;
    }
    return sum;
}
