/* hermes_node_peers.c - sessions, seen from the node: a flow in each, a heartbeat when it is quiet,
 * a score, and what a peer loses by breaking the protocol.
 *
 * Round trips of pings are smoothed as RFC 6298 does it; a flow that measures its own knows better.
 * Sessions end in timers only, never inside a call of their flow. */
#include "hermes_node_internal.h"

#include <math.h>
#include <string.h>

enum { BAD_MAX = 8, MISSED_MAX = 3 };

static const uint64_t ping_every_ns = 10 * HERMES_SECOND;
static const uint64_t ping_again_ns = 2 * HERMES_SECOND;
static const uint64_t ban_ns = 300 * HERMES_SECOND;

static uint64_t ping_interval(const struct bpi_hermes *node)
{
    const uint64_t fifth_ns = node->config.inactive_ns / 5;
    return fifth_ns < ping_every_ns ? fifth_ns : ping_every_ns;
}

static void tell_peer(struct bpi_hermes *node, enum bpi_hermes_event_kind kind,
                      const struct bpi_hermes_id *id)
{
    const struct bpi_hermes_event event = { .kind = kind, .id = *id };
    node->world.tell(node->world.context, &event);
}

/* Bans */

bool hermes_peer_is_banned(const struct bpi_hermes *node, const struct bpi_hermes_id *id)
{
    for (int i = 0; i < HERMES_BANS; i++)
        if (node->bans[i].until_ns > node->world.now_ns && hermes_id_is(&node->bans[i].id, id))
            return true;
    return false;
}

static void ban(struct bpi_hermes *node, const struct bpi_hermes_id *id)
{
    node->bans[node->ban_next].id = *id;
    node->bans[node->ban_next].until_ns = node->world.now_ns + ban_ns;
    node->ban_next = (node->ban_next + 1) % HERMES_BANS;
}

void hermes_peer_blame(struct bpi_hermes *node, uint32_t handle, uint32_t weight)
{
    struct hermes_peer *const peer = &node->peers[handle];
    peer->bad += weight;
    if (peer->bad >= BAD_MAX)
        peer->next_ping_ns = node->world.now_ns;
    hermes_node_mark(node, handle);
}

/* Life */

static void forget(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    /* The pump's list still has it. */
    *peer = (struct hermes_peer){ .is_dirty = peer->is_dirty, .heap_at = HERMES_NO_PLACE };
}

static void end(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const struct bpi_hermes_id id = peer->id;
    const bool was_up = peer->state == HERMES_PEER_UP;
    if (peer->state == HERMES_PEER_FREE)
        return;
    node->shunned_count -= peer->state == HERMES_PEER_SHUNNED;
    if (was_up) {
        hermes_node_unschedule(node, handle);
        node->up_count--;
        struct hermes_flow_stats stats = hermes_flow_stats(peer->flow);
        stats.memory_bytes = 0;
        hermes_node_add_stats(&node->flow_totals, &stats);
        hermes_flow_free(peer->flow);
        peer->flow = NULL;
        hermes_tree_peer_gone(node, handle);
    }
    hermes_links_down(node, handle);
    forget(node, handle);
    if (was_up) {
        hermes_send_lost(node, handle);
        tell_peer(node, BPI_HERMES_PEER_DOWN, &id);
    }
}

void hermes_peer_close(struct bpi_hermes *node, uint32_t handle)
{
    hermes_secure_close(node->secure, &node->world, handle);
    end(node, handle);
}

/* Beyond some, the banned are sent away: they may not use up all sessions. */
static void shun(struct bpi_hermes *node, uint32_t handle, const struct bpi_hermes_id *id)
{
    struct hermes_peer *const peer = &node->peers[handle];
    if (node->shunned_count >= node->capacity / 8) {
        hermes_peer_close(node, handle);
        return;
    }
    end(node, handle);
    peer->state = HERMES_PEER_SHUNNED;
    peer->id = *id;
    node->shunned_count++;
}

void hermes_peer_down(struct bpi_hermes *node, uint32_t handle)
{
    if (handle < node->capacity)
        end(node, handle);
}

uint32_t hermes_peer_connect(struct bpi_hermes *node, const struct base_address *to,
                             const struct bpi_hermes_id *expect)
{
    uint32_t handle = HERMES_NO_SESSION;
    const base_err err = hermes_secure_connect(node->secure, &node->world, to, expect, &handle);
    if ((err != BASE_OK && err != BASE_EEXIST) || handle >= node->capacity)
        return HERMES_NO_SESSION;
    struct hermes_peer *const peer = &node->peers[handle];
    if (peer->state == HERMES_PEER_FREE) {
        peer->state = HERMES_PEER_CONNECTING;
        peer->address = *to;
        if (expect != NULL)
            peer->id = *expect;
    }
    return handle;
}

static base_err make_flow(struct bpi_hermes *node, struct hermes_flow **flow)
{
    const struct bpi_hermes_config *const c = &node->config;
    struct hermes_flow_config config = {
        .packet_max = c->mtu_bytes - HERMES_IP_UDP_SIZE - HERMES_SEAL_OVERHEAD - 1,
        .memory_bytes = c->peer_memory_bytes,
        .rate_bits = c->rate_bits,
        .rate_max_bits = c->rate_max_bits,
        .losses = &node->losses,
    };
    memcpy(config.deadline_ns, c->deadline_ns, sizeof config.deadline_ns);
    return hermes_flow_new(&config, node->world.now_ns, flow);
}

void hermes_peer_up(struct bpi_hermes *node, uint32_t handle)
{
    if (handle >= node->capacity)
        return;
    const struct bpi_hermes_id id = *hermes_secure_id(node->secure, handle);
    const struct base_address address = hermes_secure_address(node->secure, handle);
    struct hermes_peer *const peer = &node->peers[handle];
    if (peer->state == HERMES_PEER_UP)
        end(node, handle); /* the other side began anew */
    struct hermes_member *member = hermes_members_find(&node->members, &id);
    if (member != NULL && member->session != HERMES_NO_SESSION && member->session != handle)
        hermes_peer_close(node, member->session);
    struct hermes_flow *flow = NULL;
    if (hermes_peer_is_banned(node, &id)) {
        shun(node, handle, &id);
        return;
    }
    if (hermes_id_is(&id, &node->self) || make_flow(node, &flow) != BASE_OK) {
        hermes_peer_close(node, handle);
        return;
    }
    const uint64_t now_ns = node->world.now_ns;
    const uint64_t interval_ns = ping_interval(node);
    peer->state = HERMES_PEER_UP;
    peer->id = id;
    peer->address = address;
    peer->flow = flow;
    peer->up_ns = peer->seen_ns = peer->used_ns = now_ns;
    peer->next_ping_ns =
        now_ns + interval_ns + base_rng_below(node->world.rng, interval_ns / 8 + 1);
    node->up_count++;
    member = hermes_members_meet(&node->members, &id, &address, node->world.rng);
    if (member != NULL) {
        member->session = handle;
        member->failures = 0;
    }
    hermes_node_schedule(node, handle);
    hermes_links_up(node, handle);
    tell_peer(node, BPI_HERMES_PEER_UP, &id);
}

/* Heartbeats */

void hermes_peer_timer(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const uint64_t now_ns = node->world.now_ns, interval_ns = ping_interval(node);
    if (peer->next_ping_ns > now_ns)
        return;
    if (peer->bad >= BAD_MAX) {
        const struct bpi_hermes_id id = peer->id;
        ban(node, &id);
        shun(node, handle, &id);
        return;
    }
    if (now_ns - peer->seen_ns >= node->config.inactive_ns) {
        hermes_peer_close(node, handle);
        return;
    }
    if (now_ns - peer->seen_ns < interval_ns) {
        peer->next_ping_ns = peer->seen_ns + interval_ns;
        peer->ping_ns = 0;
        peer->missed_pings = 0;
        return;
    }
    if (peer->ping_ns != 0) {
        peer->missed_pings++;
        peer->loss_share += (1 - peer->loss_share) / 8;
        if (peer->missed_pings == MISSED_MAX && peer->is_neighbor)
            hermes_links_leave(node, handle);
    }
    peer->ping_ns = now_ns;
    peer->next_ping_ns = now_ns + (peer->missed_pings < MISSED_MAX ? ping_again_ns : interval_ns);
    hermes_node_packet(node, handle, HERMES_PACKET_PING, now_ns);
}

void hermes_peer_pong(struct bpi_hermes *node, uint32_t handle, uint64_t stamp)
{
    struct hermes_peer *const peer = &node->peers[handle];
    if (peer->ping_ns == 0 || stamp != peer->ping_ns)
        return;
    const uint64_t rtt_ns = node->world.now_ns - stamp;
    const uint64_t off_ns = rtt_ns > peer->rtt_ns ? rtt_ns - peer->rtt_ns : peer->rtt_ns - rtt_ns;
    if (peer->rtt_ns == 0) {
        peer->rtt_ns = rtt_ns;
        peer->rtt_deviation_ns = rtt_ns / 2;
    } else {
        peer->rtt_deviation_ns = (3 * peer->rtt_deviation_ns + off_ns) / 4;
        peer->rtt_ns = (7 * peer->rtt_ns + rtt_ns) / 8;
    }
    peer->loss_share -= peer->loss_share / 8;
    peer->missed_pings = 0;
    peer->ping_ns = 0;
}

uint64_t hermes_peer_rtt(const struct hermes_peer *peer)
{
    const uint64_t rtt_ns = hermes_flow_stats(peer->flow).rtt_ns;
    return rtt_ns > 0 ? rtt_ns : peer->rtt_ns;
}

/* 0 .. 1: near beats far, whole beats lossy, honest beats blamed, old beats new by a little. */
double hermes_peer_score(const struct bpi_hermes *node, const struct hermes_peer *peer)
{
    const struct hermes_flow_stats flow = hermes_flow_stats(peer->flow);
    const double loss = fmax(flow.loss_own_share, peer->loss_share);
    const double rtt_s = (double)hermes_peer_rtt(peer) * 1e-9;
    const uint64_t now_ns = node->world.now_ns;
    const double age_s = now_ns > peer->up_ns ? (double)(now_ns - peer->up_ns) * 1e-9 : 0;
    const double near = 0.05 / (0.05 + rtt_s);
    const double whole = pow(1 - fmin(loss, 1), 4);
    const double honest = 1.0 / (1 + peer->bad);
    return near * whole * honest * (0.8 + 0.2 * age_s / (age_s + 60));
}
