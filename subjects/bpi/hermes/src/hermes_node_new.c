/* hermes_node_new.c - a node's life and what can be read off it. Capacities follow the
 * configuration: a node of a large overlay, which has sessions with its neighbours only, is small;
 * what grows with use (flows, windows, tickets) is made when it is first needed. */
#include "hermes_node_internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static base_err check(const char *field, uint64_t value, uint64_t low, uint64_t high,
                      struct base_why *why)
{
    if (value >= low && value <= high)
        return BASE_OK;
    return base_fail(why, BASE_ERANGE, 0, "%s: %llu is not between %llu and %llu", field,
                     (unsigned long long)value, (unsigned long long)low, (unsigned long long)high);
}

static base_err check_config(const struct bpi_hermes_config *c, struct base_why *why)
{
    const uint64_t hour_ns = 3600 * HERMES_SECOND;
    const struct {
        const char *field;
        uint64_t value, low, high;
    } rows[] = {
        { "max_neighbors", c->max_neighbors, 1, 64 },
        { "direct_max", c->direct_max, 0, 1024 },
        { "members_max", c->members_max, 8, 1 << 18 },
        { "bootstrap_count", c->bootstrap_count, 0, 16384 },
        { "mtu_bytes", c->mtu_bytes, 576, 9000 },
        { "deadline_ns[Consensus]", c->deadline_ns[0], HERMES_MS, hour_ns },
        { "deadline_ns[Auction]", c->deadline_ns[1], HERMES_MS, hour_ns },
        { "deadline_ns[ShadowData]", c->deadline_ns[2], HERMES_MS, hour_ns },
        { "auction_retries", c->auction_retries, 0, 100 },
        { "inactive_ns", c->inactive_ns, HERMES_SECOND, 24 * hour_ns },
        { "rekey_ns", c->rekey_ns, HERMES_SECOND, 24 * hour_ns },
        { "peer_memory_bytes", c->peer_memory_bytes, 16384, (uint64_t)1 << 32 },
    };
    base_err err = BASE_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && err == BASE_OK; i++)
        err = check(rows[i].field, rows[i].value, rows[i].low, rows[i].high, why);
    return err;
}

/* Sessions: twice a direct group, since others may try to come in while it is complete; of the
 * overlay, neighbours and as many for those who come and go. */
static uint32_t capacity_of(const struct bpi_hermes_config *config)
{
    uint32_t capacity = 4 * config->max_neighbors + 16;
    if (config->direct_max * 2 > capacity)
        capacity = config->direct_max * 2;
    const uint32_t boots =
        config->bootstrap_count < 1024 ? (uint32_t)config->bootstrap_count : 1024;
    return capacity < boots + 16 && config->direct_max > 0 ? boots + 16 : capacity;
}

static base_err make_arrays(struct bpi_hermes *node, const struct bpi_hermes_config *config)
{
    node->peers = calloc(node->capacity, sizeof *node->peers);
    node->dirty = calloc(node->capacity, sizeof *node->dirty);
    node->heap = calloc(node->capacity, sizeof *node->heap);
    node->boots = calloc(config->bootstrap_count + 1, sizeof *node->boots);
    node->packet = calloc(config->mtu_bytes, 1);
    if (node->peers == NULL || node->dirty == NULL || node->heap == NULL || node->boots == NULL ||
        node->packet == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = 0; i < node->capacity; i++)
        node->peers[i].heap_at = HERMES_NO_PLACE;
    for (size_t i = 0; i < config->bootstrap_count; i++)
        node->boots[i] = (struct hermes_boot){ .address = config->bootstrap[i].address,
                                               .id = config->bootstrap[i].id,
                                               .session = HERMES_NO_SESSION };
    node->boot_count = (uint32_t)config->bootstrap_count;
    return BASE_OK;
}

enum { SEEN_SALT, MEMBERS_SALT };

/* As secret as the seed, of which they tell nothing: keyed BLAKE2b. */
static void make_salts(const uint8_t *seed, uint64_t salts[MEMBERS_SALT + 1])
{
    static const uint8_t text[] = "bpi hermes: salts of tables";
    (void)crypto_generichash((uint8_t *)salts, (MEMBERS_SALT + 1) * sizeof *salts, text,
                             sizeof text - 1, seed, BPI_HERMES_SEED_SIZE);
}

static base_err make_parts(struct bpi_hermes *node, const struct bpi_hermes_config *config,
                           struct base_why *why)
{
    uint64_t salts[MEMBERS_SALT + 1];
    make_salts(config->seed, salts);
    uint32_t origins = config->members_max * 2;
    origins = origins < 256 ? 256 : origins > 65536 ? 65536 : origins;
    base_err err = make_arrays(node, config);
    if (err == BASE_OK)
        err = hermes_members_init(&node->members, config->members_max, node->capacity,
                                  salts[MEMBERS_SALT]);
    if (err == BASE_OK)
        err = hermes_seen_new(origins, node->capacity, config->inactive_ns, salts[SEEN_SALT],
                              &node->seen);
    if (err == BASE_OK)
        err = hermes_tree_new(config, &node->tree);
    if (err == BASE_OK)
        return hermes_secure_new(config, node->capacity, &node->secure, why);
    return base_fail(why, err, 0, "no memory for a node with %u sessions", node->capacity);
}

base_err bpi_hermes_new(const struct bpi_hermes_config *config, struct bpi_hermes **node,
                        struct base_why *why)
{
    base_err err = check_config(config, why);
    if (err != BASE_OK)
        return err;
    struct bpi_hermes *const n = calloc(1, sizeof *n);
    if (n == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a node");
    n->config = *config;
    n->config.bootstrap = NULL;
    sodium_memzero(n->config.seed, sizeof n->config.seed); /* only the identity keeps it */
    n->capacity = capacity_of(config);
    n->ticket_free = HERMES_NO_PLACE;
    n->ticket_words = (n->capacity + 63) / 64;
    n->links_ns = n->exchange_ns = n->overlay_ns = n->improve_ns = HERMES_NEVER;
    err = make_parts(n, config, why);
    if (err != BASE_OK) {
        bpi_hermes_free(n);
        return err;
    }
    n->self = *hermes_secure_self(n->secure);
    *node = n;
    return BASE_OK;
}

void bpi_hermes_free(struct bpi_hermes *node)
{
    if (node == NULL)
        return;
    for (uint32_t i = 0; node->peers != NULL && i < node->capacity; i++)
        hermes_flow_free(node->peers[i].flow);
    hermes_send_free(node);
    hermes_tree_free(node->tree);
    hermes_seen_free(node->seen);
    hermes_members_done(&node->members);
    if (node->secure != NULL)
        hermes_secure_free(node->secure);
    base_buf_done(&node->scratch);
    free(node->peers);
    free(node->dirty);
    free(node->heap);
    free(node->boots);
    free(node->packet);
    free(node);
}

void hermes_node_add_stats(struct hermes_flow_stats *total, const struct hermes_flow_stats *more)
{
    total->fragments_sent += more->fragments_sent;
    total->fragments_repeated += more->fragments_repeated;
    total->fragments_parity += more->fragments_parity;
    total->fragments_received += more->fragments_received;
    total->fragments_redundant += more->fragments_redundant;
    total->expired += more->expired;
    total->duplicates += more->duplicates;
    total->memory_bytes += more->memory_bytes;
}

/* In a direct group every session may serve; the best are called neighbours. */
static uint32_t neighbors_of(const struct bpi_hermes *node)
{
    if (hermes_node_is_tree(node))
        return node->neighbor_count;
    return node->up_count < node->config.max_neighbors ? node->up_count
                                                       : node->config.max_neighbors;
}

static uint64_t nearest_rtt(const struct bpi_hermes *node)
{
    uint64_t least_ns = UINT64_MAX;
    for (uint32_t i = 0; i < node->capacity; i++) {
        const struct hermes_peer *const peer = &node->peers[i];
        const uint64_t rtt_ns = peer->state == HERMES_PEER_UP ? hermes_peer_rtt(peer) : 0;
        if (rtt_ns > 0 && rtt_ns < least_ns)
            least_ns = rtt_ns;
    }
    return least_ns < UINT64_MAX ? least_ns : 0;
}

struct bpi_hermes_status bpi_hermes_status(const struct bpi_hermes *node)
{
    struct bpi_hermes_status s = node->status;
    struct hermes_flow_stats total = node->flow_totals;
    for (uint32_t i = 0; i < node->capacity; i++) {
        if (node->peers[i].flow == NULL)
            continue;
        const struct hermes_flow_stats flow = hermes_flow_stats(node->peers[i].flow);
        hermes_node_add_stats(&total, &flow);
    }
    const struct hermes_secure_counts secure = hermes_secure_counts(node->secure);
    s.id = node->self;
    s.members = node->members.count;
    s.sessions = node->up_count;
    s.neighbors = neighbors_of(node);
    s.is_ready = hermes_links_is_ready(node);
    s.duplicates += total.duplicates;
    s.fragments_sent = total.fragments_sent;
    s.fragments_repeated = total.fragments_repeated;
    s.fragments_parity = total.fragments_parity;
    s.fragments_received = total.fragments_received;
    s.fragments_redundant = total.fragments_redundant;
    s.expired += total.expired;
    s.rejected_forged += secure.forged;
    s.rejected_replayed += secure.replayed;
    s.rejected_malformed += secure.malformed;
    s.rejected_unknown += secure.unknown;
    s.rejected_limited = secure.limited;
    s.cookies_sent = secure.cookies_sent;
    s.memory_bytes = total.memory_bytes + hermes_seen_memory(node->seen) +
                     hermes_members_memory(&node->members) + hermes_tree_memory(node->tree) +
                     node->held_bytes + node->scratch.capacity;
    s.rtt_min_ns = nearest_rtt(node);
    return s;
}

static void describe(const struct bpi_hermes *node, uint32_t handle,
                     struct bpi_hermes_neighbor *out)
{
    const struct hermes_peer *const peer = &node->peers[handle];
    const struct hermes_flow_stats flow = hermes_flow_stats(peer->flow);
    *out = (struct bpi_hermes_neighbor){
        .id = peer->id,
        .address = hermes_secure_address(node->secure, handle),
        .is_neighbor = peer->is_neighbor,
        .score = hermes_peer_score(node, peer),
        .rtt_ns = hermes_peer_rtt(peer),
        .rtt_deviation_ns = flow.rtt_ns > 0 ? flow.rtt_deviation_ns : peer->rtt_deviation_ns,
        .loss_share = flow.loss_share > peer->loss_share ? flow.loss_share : peer->loss_share,
        .rate_bits = flow.rate_bits,
        .queued_bytes = flow.queued_bytes,
        .last_seen_ns = peer->seen_ns,
    };
}

/* Mark the best sessions of a direct group. */
static void mark_best(struct bpi_hermes_neighbor *out, size_t count, uint32_t most)
{
    for (uint32_t marked = 0; marked < most && marked < count; marked++) {
        size_t best = count;
        for (size_t i = 0; i < count; i++)
            if (!out[i].is_neighbor && (best == count || out[i].score > out[best].score))
                best = i;
        if (best < count)
            out[best].is_neighbor = true;
    }
}

size_t bpi_hermes_neighbors(const struct bpi_hermes *node, struct bpi_hermes_neighbor *out,
                            size_t capacity)
{
    size_t count = 0;
    for (uint32_t i = 0; i < node->capacity; i++) {
        if (node->peers[i].state != HERMES_PEER_UP)
            continue;
        if (count < capacity)
            describe(node, i, &out[count]);
        count++;
    }
    if (!hermes_node_is_tree(node))
        mark_best(out, count < capacity ? count : capacity, node->config.max_neighbors);
    return count;
}
