/* hermes_node_links.c - whom a node has sessions with.
 *
 * Members are learnt from bootstrap addresses and by exchange of signed records. In a direct group
 * everybody is connected to; in a larger overlay only neighbours, and whom the application writes
 * to. Neighbours are mutual (ask, accept); a node without any asks urgently and is not refused, as
 * in HyParView (Leitao, Pereira, Rodrigues, DSN 2007), so that nobody is left outside. At most half
 * of the neighbours are chosen for their score, the others stay as chance brought them: an overlay
 * of near neighbours alone would fall apart (Leitao et al., X-BOT, SRDS 2009). */
#include "hermes_node_internal.h"

#include <string.h>

enum {
    CONNECTS_MAX = 16, /* begun by one tick */
    ASKS_MAX = 3,
    SAMPLE_ASK = 8, /* of the members, in an exchange of a large overlay */
    SAMPLE_ANSWER = 16,
    SAMPLE_DIRECT = HERMES_RECORDS_MAX - 1, /* in a direct group, where all must know all */
    FEW = 3
};

static const uint64_t tick_ns = 250 * HERMES_MS, calm_ns = 5 * HERMES_SECOND;
static const uint64_t yield_ns = 300 * HERMES_MS; /* the lower id begins, the other a bit later */
static const uint64_t retry_least_ns = HERMES_SECOND / 2, retry_most_ns = 60 * HERMES_SECOND;
static const uint64_t exchange_least_ns = HERMES_SECOND;
static const uint64_t exchange_most_ns = 60 * HERMES_SECOND;
static const uint64_t boot_patience_ns = 2 * HERMES_SECOND;
static const uint64_t idle_ns = 60 * HERMES_SECOND, crowd_idle_ns = 2 * HERMES_SECOND;
static const uint64_t ask_again_ns = 5 * HERMES_SECOND;
static const uint64_t urgent_again_ns = 60 * HERMES_SECOND;
static const uint64_t improve_every_ns = 30 * HERMES_SECOND;
static const double clearly_better = 1.5;

static void soon(struct bpi_hermes *node, uint64_t *when_ns, uint64_t delay_ns)
{
    const uint64_t at_ns = node->world.now_ns + delay_ns;
    if (at_ns < *when_ns)
        *when_ns = at_ns;
}

/* now + delay, up to a quarter more: nodes that start together do not stay together. */
static uint64_t about(struct bpi_hermes *node, uint64_t delay_ns)
{
    return node->world.now_ns + delay_ns + base_rng_below(node->world.rng, delay_ns / 4 + 1);
}

static uint64_t backoff(struct bpi_hermes *node, uint32_t failures)
{
    const uint64_t delay_ns = retry_least_ns << (failures < 8 ? failures : 8);
    return about(node, delay_ns < retry_most_ns ? delay_ns : retry_most_ns);
}

/* Neighbours to ask for; the others are those who ask us. */
static uint32_t wanted(const struct bpi_hermes *node)
{
    return node->config.max_neighbors / 2 + 1;
}

/* Records */

void hermes_links_say(struct bpi_hermes *node, uint32_t handle, size_t sample, bool wants_answer)
{
    struct hermes_control control = { .kind = HERMES_MEMBERS, .wants_answer = wants_answer };
    if (node->self_record.address.port != 0)
        control.records[control.count++] = node->self_record;
    control.count += hermes_members_sample(&node->members, node->world.rng, &node->peers[handle].id,
                                           control.records + control.count, sample);
    if (control.count > 0 || wants_answer)
        hermes_node_say(node, handle, &control);
}

static bool is_true(const struct hermes_record *record)
{
    uint8_t text[HERMES_RECORD_SIGNED_SIZE];
    hermes_record_signed(record, text);
    return hermes_secure_verify(&record->id, text, sizeof text, record->signature);
}

static void learn(struct bpi_hermes *node, uint32_t handle, const struct hermes_record *record)
{
    struct base_rng *const rng = node->world.rng;
    const bool is_own_word = hermes_id_is(&record->id, &node->peers[handle].id);
    const struct hermes_member *const known = hermes_members_find(&node->members, &record->id);
    const bool has_session = known != NULL && known->session != HERMES_NO_SESSION &&
                             node->peers[known->session].state == HERMES_PEER_UP;
    /* Whom we have a session with tells us itself. */
    if (hermes_id_is(&record->id, &node->self) || (has_session && !is_own_word) ||
        !hermes_members_wants(&node->members, record, handle, rng))
        return;
    /* Nobody passes on what it has not checked: who tells it has made it. */
    if (!is_true(record)) {
        node->status.rejected_forged++;
        hermes_peer_blame(node, handle, 1);
        return;
    }
    const bool is_new = hermes_members_find(&node->members, &record->id) == NULL;
    struct hermes_member *const member = hermes_members_learn(&node->members, record, handle, rng);
    if (member == NULL || !is_new)
        return;
    if (memcmp(&node->self, &record->id, sizeof node->self) > 0)
        member->retry_ns = node->world.now_ns + yield_ns;
    soon(node, &node->links_ns, 0);
    if (hermes_node_is_tree(node))
        return;
    /* Where one was unknown, others may be. */
    node->exchange_every_ns = exchange_least_ns;
    soon(node, &node->exchange_ns, exchange_least_ns);
}

void hermes_links_members(struct bpi_hermes *node, uint32_t handle,
                          const struct hermes_control *control)
{
    for (size_t i = 0; i < control->count; i++)
        learn(node, handle, &control->records[i]);
    if (control->wants_answer)
        hermes_links_say(node, handle, hermes_node_is_tree(node) ? SAMPLE_ANSWER : SAMPLE_DIRECT,
                         false);
}

static void exchange(struct bpi_hermes *node)
{
    node->exchange_ns = about(node, node->exchange_every_ns);
    if (node->heap_count == 0)
        return;
    if (node->exchange_every_ns < exchange_most_ns)
        node->exchange_every_ns *= 2;
    const uint64_t at = base_rng_below(node->world.rng, node->heap_count);
    hermes_links_say(node, node->heap[at], hermes_node_is_tree(node) ? SAMPLE_ASK : SAMPLE_DIRECT,
                     true);
}

/* Sessions */

static void connect_boots(struct bpi_hermes *node)
{
    const uint64_t now_ns = node->world.now_ns;
    const bool is_tree = hermes_node_is_tree(node);
    uint32_t begun = 0;
    for (uint32_t i = 0; i < node->boot_count && begun < CONNECTS_MAX; i++) {
        struct hermes_boot *const boot = &node->boots[i];
        if (boot->is_self || boot->is_met || boot->session != HERMES_NO_SESSION ||
            boot->retry_ns > now_ns)
            continue;
        if (is_tree && node->up_count + begun >= node->config.max_neighbors)
            break;
        if (boot->first_ns == 0)
            boot->first_ns = now_ns;
        boot->session =
            hermes_peer_connect(node, &boot->address, hermes_boot_has_id(boot) ? &boot->id : NULL);
        if (boot->session == HERMES_NO_SESSION)
            boot->retry_ns = backoff(node, boot->failures);
        else if (node->peers[boot->session].state == HERMES_PEER_UP)
            boot->is_met = true;
        begun++;
    }
}

static void connect_member(struct bpi_hermes *node, struct hermes_member *member)
{
    member->session = hermes_peer_connect(node, &member->address, &member->id);
    if (member->session == HERMES_NO_SESSION)
        member->retry_ns = backoff(node, member->failures);
}

static void connect_members(struct bpi_hermes *node)
{
    for (int i = 0; i < CONNECTS_MAX; i++) {
        struct hermes_member *const member =
            hermes_members_candidate(&node->members, node->world.rng, node->world.now_ns);
        if (member == NULL)
            return;
        connect_member(node, member);
    }
}

/* Bans that are over. */
static void close_shunned(struct bpi_hermes *node)
{
    for (uint32_t i = 0; i < node->capacity && node->shunned_count > 0; i++)
        if (node->peers[i].state == HERMES_PEER_SHUNNED &&
            !hermes_peer_is_banned(node, &node->peers[i].id))
            hermes_peer_close(node, i);
}

/* Sessions of the overlay that nobody needs; sooner when others may need their place. */
static void close_idle(struct bpi_hermes *node)
{
    const bool is_crowded = node->up_count >= node->capacity / 4 * 3;
    const uint64_t limit_ns = is_crowded ? crowd_idle_ns : idle_ns;
    for (uint32_t i = 0; i < node->capacity; i++) {
        const struct hermes_peer *const peer = &node->peers[i];
        if (peer->state == HERMES_PEER_UP && !peer->is_neighbor && !peer->is_asked &&
            node->world.now_ns - peer->used_ns > limit_ns)
            hermes_peer_close(node, i);
    }
}

static bool is_calm(const struct bpi_hermes *node)
{
    if (hermes_node_is_tree(node))
        return node->up_count >= FEW;
    for (uint32_t i = 0; i < node->boot_count; i++)
        if (!node->boots[i].is_met && !node->boots[i].is_self)
            return false;
    return node->up_count >= node->members.count;
}

static void tick(struct bpi_hermes *node)
{
    node->links_ns = HERMES_NEVER;
    close_shunned(node);
    connect_boots(node);
    if (hermes_node_is_tree(node))
        close_idle(node);
    else
        connect_members(node);
    soon(node, &node->links_ns, is_calm(node) ? calm_ns : tick_ns);
}

/* An entry without an id is whoever answers at its address, or on the call to it. */
static bool is_met_by(const struct hermes_boot *boot, uint32_t handle,
                      const struct hermes_peer *peer)
{
    if (hermes_boot_has_id(boot))
        return hermes_id_is(&boot->id, &peer->id);
    return boot->session == handle || base_address_is(&boot->address, &peer->address);
}

void hermes_links_up(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    struct hermes_member *const member = hermes_members_find(&node->members, &peer->id);
    for (uint32_t i = 0; i < node->boot_count; i++) {
        struct hermes_boot *const boot = &node->boots[i];
        if (!is_met_by(boot, handle, peer))
            continue;
        boot->is_met = true;
        boot->session = HERMES_NO_SESSION; /* the member has it from now on */
        if (member != NULL)
            member->is_bootstrap = true;
    }
    const struct hermes_control hello = { .kind = HERMES_HELLO, .address = peer->address };
    hermes_node_say(node, handle, &hello);
    if (node->self_record.address.port != 0)
        hermes_links_say(node, handle, 0, node->up_count <= FEW);
    if (node->neighbor_count < wanted(node))
        soon(node, &node->overlay_ns, 0);
}

void hermes_links_down(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const bool was_up = peer->state == HERMES_PEER_UP;
    hermes_self_unnamed(node, handle);
    for (uint32_t i = 0; i < node->boot_count; i++) {
        struct hermes_boot *const boot = &node->boots[i];
        if (boot->session != handle)
            continue;
        boot->session = HERMES_NO_SESSION;
        boot->failures++;
        boot->retry_ns = backoff(node, boot->failures);
    }
    if (peer->is_neighbor) {
        peer->is_neighbor = false;
        node->neighbor_count--;
    }
    soon(node, &node->links_ns, tick_ns);
    soon(node, &node->overlay_ns, tick_ns);
    struct hermes_member *const member = hermes_members_find(&node->members, &peer->id);
    if (member == NULL || member->session != handle)
        return;
    member->session = HERMES_NO_SESSION;
    member->failures += !was_up;
    member->retry_ns = backoff(node, member->failures);
    if (hermes_peer_is_banned(node, &member->id))
        member->retry_ns += retry_most_ns;
    if (member->failures >= FEW && !member->is_bootstrap)
        hermes_members_remove(&node->members, member);
}

/* Neighbours */

static void say_verb(struct bpi_hermes *node, uint32_t handle, enum hermes_verb verb)
{
    const struct hermes_control control = { .kind = HERMES_NEIGHBOR, .verb = verb };
    hermes_node_say(node, handle, &control);
}

static void make_neighbor(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    peer->is_neighbor = peer->is_eager = true;
    peer->is_asked = false;
    peer->used_ns = node->world.now_ns;
    node->neighbor_count++;
    hermes_tree_introduce(node, handle);
}

static void drop_neighbor(struct bpi_hermes *node, struct hermes_peer *peer)
{
    if (!peer->is_neighbor)
        return;
    peer->is_neighbor = peer->is_eager = peer->is_chosen = false;
    peer->refused_ns = peer->used_ns = node->world.now_ns;
    node->neighbor_count--;
    soon(node, &node->overlay_ns, tick_ns);
}

/* The neighbour (or, with is_neighbor false, the other session) with the least or highest score. */
static uint32_t pick(const struct bpi_hermes *node, bool is_neighbor, bool is_best, double *score)
{
    uint32_t found = HERMES_NO_SESSION;
    for (uint32_t i = 0; i < node->heap_count; i++) {
        const uint32_t handle = node->heap[i];
        const struct hermes_peer *const peer = &node->peers[handle];
        if (peer->is_neighbor != is_neighbor ||
            (!is_neighbor && (peer->is_asked || hermes_peer_rtt(peer) == 0)))
            continue;
        const double its = hermes_peer_score(node, peer);
        if (found == HERMES_NO_SESSION || (is_best ? its > *score : its < *score)) {
            found = handle;
            *score = its;
        }
    }
    return found;
}

static void let_worst_go(struct bpi_hermes *node)
{
    double score = 0;
    const uint32_t worst = pick(node, true, false, &score);
    if (worst == HERMES_NO_SESSION)
        return;
    drop_neighbor(node, &node->peers[worst]);
    say_verb(node, worst, HERMES_LEAVE);
}

static void asked(struct bpi_hermes *node, uint32_t handle, bool is_urgent)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const uint64_t now_ns = node->world.now_ns;
    const bool is_full = node->neighbor_count >= node->config.max_neighbors;
    const bool is_new = peer->urgent_ns == 0 || now_ns - peer->urgent_ns > urgent_again_ns;
    /* Once in a while: or one that asks and leaves could drive all others away. */
    if (!peer->is_neighbor && is_urgent && is_full && is_new) {
        peer->urgent_ns = now_ns;
        let_worst_go(node);
    }
    if (!peer->is_neighbor && node->neighbor_count < node->config.max_neighbors)
        make_neighbor(node, handle);
    say_verb(node, handle, peer->is_neighbor ? HERMES_ACCEPT : HERMES_REFUSE);
}

static void accepted(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    const bool is_full = node->neighbor_count >= node->config.max_neighbors;
    if (peer->is_neighbor)
        return;
    if (peer->is_asked && peer->is_chosen)
        let_worst_go(node);
    else if (!peer->is_asked || is_full) {
        say_verb(node, handle, HERMES_LEAVE);
        return;
    }
    make_neighbor(node, handle);
}

void hermes_links_neighbor(struct bpi_hermes *node, uint32_t handle, enum hermes_verb verb)
{
    struct hermes_peer *const peer = &node->peers[handle];
    switch (verb) {
    case HERMES_ASK:
    case HERMES_ASK_URGENT:
        asked(node, handle, verb == HERMES_ASK_URGENT);
        break;
    case HERMES_ACCEPT:
        accepted(node, handle);
        break;
    case HERMES_REFUSE:
        peer->is_asked = peer->is_chosen = false;
        peer->refused_ns = node->world.now_ns;
        soon(node, &node->overlay_ns, 0);
        break;
    case HERMES_LEAVE:
        drop_neighbor(node, peer);
        break;
    case HERMES_VERBS:
        break;
    }
}

void hermes_links_leave(struct bpi_hermes *node, uint32_t handle)
{
    drop_neighbor(node, &node->peers[handle]);
    say_verb(node, handle, HERMES_LEAVE);
}

static void ask(struct bpi_hermes *node, uint32_t handle)
{
    struct hermes_peer *const peer = &node->peers[handle];
    peer->is_asked = true;
    peer->refused_ns = peer->used_ns = node->world.now_ns;
    say_verb(node, handle, node->neighbor_count == 0 ? HERMES_ASK_URGENT : HERMES_ASK);
}

/* Ask up to `most` sessions that have not refused lately; how many are asked now. */
static uint32_t ask_sessions(struct bpi_hermes *node, uint32_t most)
{
    const uint64_t now_ns = node->world.now_ns;
    uint32_t count = 0;
    const uint32_t start =
        node->heap_count > 0 ? (uint32_t)base_rng_below(node->world.rng, node->heap_count) : 0;
    for (uint32_t i = 0; i < node->heap_count && count < most; i++) {
        const uint32_t handle = node->heap[(start + i) % node->heap_count];
        struct hermes_peer *const peer = &node->peers[handle];
        const bool is_old = peer->refused_ns == 0 || now_ns - peer->refused_ns > ask_again_ns;
        if (peer->is_asked && is_old)
            peer->is_asked = peer->is_chosen = false; /* no answer */
        if (peer->is_neighbor || !(peer->is_asked || is_old) || peer->missed_pings > 0)
            continue;
        if (!peer->is_asked)
            ask(node, handle);
        count++;
    }
    return count;
}

static void overlay(struct bpi_hermes *node)
{
    const uint32_t want = wanted(node);
    if (!hermes_node_is_tree(node) || node->neighbor_count >= want) {
        node->overlay_ns = about(node, calm_ns);
        return;
    }
    const uint32_t lack = want - node->neighbor_count;
    const uint32_t most = lack < ASKS_MAX ? lack : (uint32_t)ASKS_MAX;
    for (uint32_t begun = ask_sessions(node, most); begun < most; begun++) {
        struct hermes_member *const member =
            hermes_members_candidate(&node->members, node->world.rng, node->world.now_ns);
        if (member == NULL)
            break;
        connect_member(node, member);
    }
    node->overlay_ns = about(node, 2 * tick_ns);
}

/* Ask the best session to take the place of the worst neighbour, if it is clearly better; and open
 * a session by chance, to have something to compare with next time. */
static void improve(struct bpi_hermes *node)
{
    node->improve_ns = about(node, improve_every_ns);
    if (!hermes_node_is_tree(node) || node->neighbor_count < node->config.max_neighbors / 2 + 1)
        return;
    double best_score = 0, worst_score = 0;
    const uint32_t best = pick(node, false, true, &best_score);
    const uint32_t worst = pick(node, true, false, &worst_score);
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < node->heap_count; i++)
        chosen += node->peers[node->heap[i]].is_neighbor && node->peers[node->heap[i]].is_chosen;
    if (best != HERMES_NO_SESSION && worst != HERMES_NO_SESSION &&
        best_score > clearly_better * worst_score &&
        (chosen < node->config.max_neighbors / 2 || node->peers[worst].is_chosen)) {
        node->peers[best].is_chosen = true;
        ask(node, best);
    }
    struct hermes_member *const member =
        hermes_members_candidate(&node->members, node->world.rng, node->world.now_ns);
    if (member != NULL && node->up_count < node->capacity / 2)
        connect_member(node, member);
}

/* Time */

void hermes_links_start(struct bpi_hermes *node)
{
    hermes_self_start(node);
    node->exchange_every_ns = exchange_least_ns;
    node->exchange_ns = about(node, node->exchange_every_ns);
    node->overlay_ns = about(node, tick_ns);
    node->improve_ns = about(node, improve_every_ns);
    tick(node);
}

void hermes_links_timer(struct bpi_hermes *node)
{
    const uint64_t now_ns = node->world.now_ns;
    if (node->links_ns <= now_ns)
        tick(node);
    if (node->exchange_ns <= now_ns)
        exchange(node);
    if (node->overlay_ns <= now_ns)
        overlay(node);
    if (node->improve_ns <= now_ns)
        improve(node);
}

uint64_t hermes_links_wake_ns(const struct bpi_hermes *node)
{
    uint64_t wake_ns = node->links_ns;
    if (node->exchange_ns < wake_ns)
        wake_ns = node->exchange_ns;
    if (node->overlay_ns < wake_ns)
        wake_ns = node->overlay_ns;
    return node->improve_ns < wake_ns ? node->improve_ns : wake_ns;
}

bool hermes_links_is_ready(const struct bpi_hermes *node)
{
    if (node->up_count == 0 || (hermes_node_is_tree(node) && node->neighbor_count == 0))
        return false;
    for (uint32_t i = 0; i < node->boot_count; i++) {
        const struct hermes_boot *const boot = &node->boots[i];
        const bool is_tried =
            boot->first_ns != 0 && node->world.now_ns - boot->first_ns > boot_patience_ns;
        if (!boot->is_self && !boot->is_met && !is_tried && !hermes_node_is_tree(node))
            return false;
    }
    return true;
}
