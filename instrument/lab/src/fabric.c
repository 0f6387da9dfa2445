/* fabric.c - packets from host to host. A packet on its way is one entry of the agenda: when it is
 * at its next host, or out of its host's own limit. Everything due is carried out, in order, before
 * anything new is let in, so that each link sees time go forward. */
#include "fabric_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_DEFAULT = 256 << 20 };

static base_err init_limits(struct lab_fabric *f, uint64_t seed, struct base_why *why)
{
    const struct lab_topology *const t = f->topology;
    bool has_limit = false;
    for (uint32_t i = 0; i < t->host_count; i++)
        has_limit |= t->hosts[i].rate_bits > 0 || t->hosts[i].queue_bytes > 0;
    if (!has_limit)
        return BASE_OK;
    f->limits = calloc(t->host_count, sizeof *f->limits);
    if (f->limits == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the hosts' limits");
    for (uint32_t i = 0; i < t->host_count; i++) {
        const struct lab_link_config config = { .rate_bits = t->hosts[i].rate_bits,
                                                .queue_bytes = t->hosts[i].queue_bytes };
        const base_err err = lab_link_init(&f->limits[i], &config, lab_link_seed(seed, i, i), why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "host %s", t->hosts[i].name);
    }
    return BASE_OK;
}

static base_err init(struct lab_fabric *f, uint64_t seed, size_t memory_max, struct base_why *why)
{
    const size_t bytes = memory_max > 0 ? memory_max : MEMORY_DEFAULT;
    const size_t cells = bytes / LAB_CELL_SIZE;
    f->pool = (struct lab_pool){ .free = LAB_NONE,
                                 .used_max = cells < LAB_NONE ? (uint32_t)cells : LAB_NONE - 1 };
    f->ready_first = f->ready_last = LAB_NONE;
    base_err err = lab_routes_init(&f->routes, f->topology, why);
    if (err == BASE_OK && f->topology->is_uniform) {
        err = lab_link_check(&f->topology->uniform, why);
        if (err == BASE_OK && f->topology->uniform.is_down)
            err = base_fail(why, BASE_ERANGE, 0, "it is cut from the start");
        err = err == BASE_OK ? err : base_fail_prefix(why, err, "link of every pair");
    }
    err = err == BASE_OK ? init_limits(f, seed, why) : err;
    if (err != BASE_OK)
        return err;
    f->out = malloc(LAB_PACKET_MAX);
    f->copied = malloc(LAB_PACKET_MAX);
    f->side = calloc(f->topology->host_count, 1);
    if (f->out == NULL || f->copied == NULL || f->side == NULL ||
        lab_links_init(&f->links, f->topology, seed) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the links");
    return BASE_OK;
}

base_err lab_fabric_new(const struct lab_topology *topology, uint64_t seed, size_t memory_max,
                        struct lab_fabric **fabric, struct base_why *why)
{
    struct lab_fabric *const f = calloc(1, sizeof *f);
    if (f == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the fabric");
    f->topology = topology;
    const base_err err = init(f, seed, memory_max, why);
    if (err != BASE_OK) {
        lab_fabric_free(f);
        return err;
    }
    *fabric = f;
    return BASE_OK;
}

void lab_fabric_free(struct lab_fabric *fabric)
{
    if (fabric == NULL)
        return;
    lab_routes_done(&fabric->routes);
    lab_links_done(&fabric->links);
    lab_pool_done(&fabric->pool);
    lab_agenda_done(&fabric->agenda);
    free(fabric->limits);
    free(fabric->side);
    free(fabric->out);
    free(fabric->copied);
    free(fabric);
}

static struct lab_packet *packet_at(const struct lab_fabric *f, uint32_t i)
{
    return lab_pool_cell(&f->pool, i);
}

static void forget(struct lab_fabric *f, uint32_t i)
{
    lab_pool_remove(&f->pool, i);
    f->stats.under_way--;
}

static void schedule(struct lab_fabric *f, uint32_t i, uint64_t at_ns)
{
    struct lab_packet *const p = packet_at(f, i);
    p->at_ns = at_ns;
    if (lab_agenda_put(&f->agenda, (struct lab_due){ at_ns, p->sequence, i }) == BASE_OK)
        return;
    f->stats.no_memory++;
    forget(f, i);
}

/* The link that a packet takes next, and where it leads. */
static base_err next_link(struct lab_fabric *f, uint32_t at, uint32_t to, struct lab_link **link,
                          uint32_t *next)
{
    uint32_t slot = LAB_NONE;
    if (f->topology->is_uniform)
        slot = lab_routes_slot(&f->routes, at, to);
    if (f->topology->is_uniform && slot == LAB_NONE) {
        *next = to;
        *link = lab_links_on_way(&f->links, at, to);
        return *link != NULL ? BASE_OK : BASE_ENOMEM;
    }
    const base_err err = slot != LAB_NONE ? BASE_OK : lab_routes_next(&f->routes, at, to, &slot);
    if (err != BASE_OK)
        return err;
    const uint32_t edge = f->routes.edges[slot];
    *next = f->topology->edges[edge].to;
    *link = lab_links_of_slot(&f->links, slot, edge, true);
    return *link != NULL ? BASE_OK : BASE_ENOMEM;
}

/* Does a partition lie between the packet's ends, or across the link? */
static bool is_parted(const struct lab_fabric *f, const struct lab_packet *p, uint32_t next)
{
    const struct lab_host *const hosts = f->topology->hosts;
    if (!f->is_parted)
        return false;
    return f->side[p->from] != f->side[p->to] ||
           (!hosts[p->at].is_switch && !hosts[next].is_switch && f->side[p->at] != f->side[next]);
}

static void travel(struct lab_fabric *f, uint32_t i, uint32_t next, const struct lab_fate *fate)
{
    struct lab_packet *const p = packet_at(f, i);
    p->at = next;
    p->is_out = false;
    if (fate->is_corrupt && p->size > 0) {
        lab_pool_flip(&f->pool, i, fate->corrupt_bit % (8 * (uint64_t)p->size));
        p->is_corrupt = true;
    }
    schedule(f, i, fate->at_ns);
}

static void copy(struct lab_fabric *f, uint32_t i, uint32_t next, const struct lab_fate *fate)
{
    struct lab_packet second = *packet_at(f, i);
    lab_pool_get(&f->pool, i, f->copied);
    second.sequence = f->sequence++;
    const uint32_t k = lab_pool_put(&f->pool, &second, f->copied);
    if (k == LAB_NONE) {
        f->stats.no_memory++;
        return;
    }
    f->stats.under_way++;
    travel(f, k, next, fate);
}

static base_err take_link(struct lab_fabric *f, uint32_t i, uint64_t now_ns)
{
    const struct lab_packet *const p = packet_at(f, i);
    const size_t size = p->size + p->extra > 0 ? (size_t)p->size + p->extra : 1;
    struct lab_link *link;
    struct lab_fate fates[LAB_FATES_MAX];
    uint32_t next;
    const base_err err = next_link(f, p->at, p->to, &link, &next);
    if (err != BASE_OK) {
        *(err == BASE_ENOTFOUND ? &f->stats.no_route : &f->stats.no_memory) += 1;
        forget(f, i);
        return err == BASE_ENOTFOUND ? err : BASE_EFULL;
    }
    if (is_parted(f, p, next)) {
        link->counts.packets++;
        link->counts.bytes += size;
        link->counts.down_dropped++;
        forget(f, i);
        return BASE_OK;
    }
    const size_t count = lab_link_send(link, now_ns, size, fates);
    if (count == 0) {
        forget(f, i);
        return BASE_OK;
    }
    if (count == 2)
        copy(f, i, next, &fates[1]);
    travel(f, i, next, &fates[0]);
    return BASE_OK;
}

/* From a host towards the next: through the host's limit first, if it has one. */
static base_err leave(struct lab_fabric *f, uint32_t i, uint64_t now_ns)
{
    struct lab_packet *const p = packet_at(f, i);
    struct lab_link *const limit = f->limits != NULL ? &f->limits[p->at] : NULL;
    if (limit == NULL || limit->config.rate_bits == 0)
        return take_link(f, i, now_ns);
    struct lab_fate fates[LAB_FATES_MAX];
    const size_t size = p->size + p->extra > 0 ? (size_t)p->size + p->extra : 1;
    if (lab_link_send(limit, now_ns, size, fates) == 0) {
        forget(f, i);
        return BASE_OK;
    }
    p->is_out = true;
    schedule(f, i, fates[0].at_ns);
    return BASE_OK;
}

static void arrive(struct lab_fabric *f, uint32_t i)
{
    packet_at(f, i)->after = LAB_NONE;
    if (f->ready_last != LAB_NONE)
        packet_at(f, f->ready_last)->after = i;
    else
        f->ready_first = i;
    f->ready_last = i;
}

/* Everything that is due. A packet that finds no route or memory on its way is gone and counted. */
void lab_fabric_settle(struct lab_fabric *fabric, uint64_t now_ns)
{
    struct lab_fabric *const f = fabric;
    while (f->agenda.count > 0 && f->agenda.heap[0].at_ns <= now_ns) {
        const struct lab_due due = lab_agenda_remove(&f->agenda);
        const struct lab_packet *const p = packet_at(f, due.packet);
        base_err err = BASE_OK;
        if (p->is_out)
            err = take_link(f, due.packet, due.at_ns);
        else if (p->at == p->to)
            arrive(f, due.packet);
        else
            err = leave(f, due.packet, due.at_ns);
        (void)err;
    }
}

/* Is there a way at all? Asked before a host's limit spends time on the packet. */
static base_err check_way(struct lab_fabric *f, uint32_t from, uint32_t to)
{
    struct lab_link *link;
    uint32_t next;
    if (from >= f->topology->host_count || to >= f->topology->host_count)
        return BASE_ENOTFOUND;
    return from == to ? BASE_OK : next_link(f, from, to, &link, &next);
}

base_err lab_fabric_push(struct lab_fabric *fabric, uint64_t now_ns, uint32_t from, uint32_t to,
                         const void *data, size_t size, size_t extra)
{
    struct lab_fabric *const f = fabric;
    assert(size <= LAB_PACKET_MAX && extra <= LAB_PACKET_MAX);
    lab_fabric_settle(f, now_ns);
    f->stats.pushed++;
    f->stats.pushed_bytes += size + extra;
    const struct lab_packet packet = { .from = from,
                                       .to = to,
                                       .at = from,
                                       .size = (uint32_t)size,
                                       .extra = (uint32_t)extra,
                                       .sent_ns = now_ns,
                                       .sequence = f->sequence };
    const base_err err = check_way(f, from, to);
    const uint32_t i = err == BASE_OK ? lab_pool_put(&f->pool, &packet, data) : LAB_NONE;
    if (i == LAB_NONE) {
        *(err == BASE_ENOTFOUND ? &f->stats.no_route : &f->stats.no_memory) += 1;
        return err == BASE_ENOTFOUND ? err : BASE_EFULL;
    }
    f->sequence++;
    f->stats.under_way++;
    if (from != to)
        return leave(f, i, now_ns);
    schedule(f, i, now_ns);
    return BASE_OK;
}

uint64_t lab_fabric_next_ns(const struct lab_fabric *fabric)
{
    if (fabric->ready_first != LAB_NONE)
        return packet_at(fabric, fabric->ready_first)->at_ns;
    return fabric->agenda.count > 0 ? fabric->agenda.heap[0].at_ns : UINT64_MAX;
}

bool lab_fabric_pop(struct lab_fabric *fabric, uint64_t now_ns, struct lab_arrival *arrival)
{
    struct lab_fabric *const f = fabric;
    lab_fabric_settle(f, now_ns);
    const uint32_t i = f->ready_first;
    if (i == LAB_NONE)
        return false;
    const struct lab_packet p = *packet_at(f, i);
    lab_pool_get(&f->pool, i, f->out);
    f->ready_first = p.after;
    if (p.after == LAB_NONE)
        f->ready_last = LAB_NONE;
    forget(f, i);
    f->stats.arrived++;
    f->stats.arrived_bytes += (uint64_t)p.size + p.extra;
    *arrival = (struct lab_arrival){ .from = p.from,
                                     .to = p.to,
                                     .sent_ns = p.sent_ns,
                                     .at_ns = p.at_ns,
                                     .data = f->out,
                                     .size = p.size,
                                     .is_corrupt = p.is_corrupt };
    return true;
}

struct lab_fabric_stats lab_fabric_stats(const struct lab_fabric *fabric)
{
    struct lab_fabric_stats stats = fabric->stats;
    stats.memory_bytes = (size_t)fabric->pool.used * LAB_CELL_SIZE;
    return stats;
}
