/* hermes_sim.c - see hermes_sim.h. */
#include "hermes_sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/* After a start until all have a new session, and for two ends that have different ones. */
#define SETTLE_NS (3 * SECOND)
#define DIFFER_NS (1500 * MS)

enum { NODES_MAX = 24, MESSAGES_MAX = 32, SIZE_MAX_BYTES = 70000, HEAD = 16, EVENTS_MAX = 40 };
enum { SECRETS_SHORT = 4, SECRETS_LONG = 32 };

static const uint64_t deadlines_ns[3] = { 12 * SECOND, 15 * SECOND, 20 * SECOND };
static const uint64_t end_ns = 26 * SECOND;

/* A schedule in which all is over before its end stops this much later, but one in so many. */
#define LOOK_NS  (250 * MS)
#define QUIET_NS (3 * SECOND)
enum { WHOLE_EVERY = 8 };

struct message {
    uint64_t at_ns;
    uint32_t origin, size;
    uint32_t to; /* host; UINT32_MAX: all */
    enum bpi_hermes_type type;
    bool is_sent;
    uint32_t life; /* of the origin */
    uint32_t owed; /* bits: hosts that must get it */
    uint32_t got;  /* bits: hosts that have, in time */
    uint32_t done;
    struct bpi_hermes_message_id id;
    uint32_t adjacency[NODES_MAX]; /* when it was sent */
};

enum event_kind { SEND, CRASH, RESTART, CHECK };

struct event {
    uint64_t at_ns;
    enum event_kind kind;
    uint32_t which;
};

struct run {
    struct hermes_group group;
    struct base_rng rng;
    struct hermes_evil *evils[NODES_MAX];
    struct message messages[MESSAGES_MAX];
    uint32_t message_count;
    struct event events[2 * EVENTS_MAX];
    uint32_t event_count;
    uint32_t lives[NODES_MAX];
    uint64_t born_ns[NODES_MAX];
    /* When a host last heard that its session with another is up. */
    uint64_t up_ns[NODES_MAX][NODES_MAX];
    uint32_t delivered_life[MESSAGES_MAX][NODES_MAX]; /* life of the receiver + 1 */
    struct lab_change changes[4];
    uint32_t change_count;
    uint8_t side[NODES_MAX];
    struct bpi_hermes_message_id last_done;
    uint32_t places[NODES_MAX]; /* of each host in the store of identities and secrets */
    uint8_t identities[NODES_MAX][BPI_HERMES_SEED_SIZE];
    uint32_t drawn[NODES_MAX][SECRETS_LONG + 1]; /* of the store, by size */
    struct base_rng secrets;
    uint64_t seed;
    bool is_loud, is_tree;
    struct hermes_sim_result *result;
};

static void failed(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void failed(struct run *run, const char *format, ...)
{
    if (run->result->why[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(run->result->why, sizeof run->result->why, format, args);
    va_end(args);
}

static uint64_t below(struct run *run, uint64_t bound)
{
    return base_rng_below(&run->rng, bound);
}

static double share(struct run *run, double most)
{
    return base_rng_uniform(&run->rng) * most;
}

static bool is_honest(const struct run *run, uint32_t host)
{
    return run->evils[host] == NULL;
}

static void count(struct run *run, enum hermes_sim_count what, uint64_t more)
{
    run->result->counts[what] += more;
}

/* The store */

static void draw(struct base_rng *rng, void *out, size_t size)
{
    uint8_t *to = out;
    for (uint64_t word; size > 0;) {
        const size_t part = size < sizeof word ? size : sizeof word;
        word = base_rng_u64(rng);
        memcpy(to, &word, part);
        to += part;
        size -= part;
    }
}

static void draw_stored(uint32_t place, size_t size, uint32_t number, void *out)
{
    struct base_rng rng;
    base_rng_init(&rng, (uint64_t)place << 48 | (uint64_t)size << 32 | number);
    draw(&rng, out, size);
}

/* Few nodes have few places, so that small groups ask the same questions again. */
static void settle_places(struct run *run, uint32_t nodes)
{
    base_rng_init(&run->secrets, ~run->seed);
    for (uint32_t i = 0; i < nodes; i++) {
        const uint32_t k = (uint32_t)base_rng_below(&run->secrets, i + 1);
        run->places[i] = run->places[k];
        run->places[k] = i;
    }
    for (uint32_t i = 0; i < nodes; i++)
        draw_stored(run->places[i], BPI_HERMES_SEED_SIZE, UINT32_MAX, run->identities[i]);
}

/* Keys and session indices of handshakes are the next ones of the host's place, those of a later
 * life too; salts and cookies are the seed's. */
static void secret(void *context, uint32_t host, void *out, size_t size)
{
    struct run *const run = context;
    if (size == SECRETS_SHORT || size == SECRETS_LONG)
        draw_stored(run->places[host], size, run->drawn[host][size]++, out);
    else
        draw(&run->secrets, out, size);
}

/* Messages carry the run, their number, and a pattern. */

static uint8_t pattern(const struct run *run, uint32_t number, size_t at)
{
    return (uint8_t)(run->seed + number * 37 + at * 11);
}

static void payload_put(const struct run *run, uint32_t number, uint8_t *out)
{
    const struct message *const m = &run->messages[number];
    memcpy(out, &run->seed, 8);
    memcpy(out + 8, &number, 4);
    memcpy(out + 12, &m->size, 4);
    for (size_t i = HEAD; i < m->size; i++)
        out[i] = pattern(run, number, i);
}

static bool payload_is(const struct run *run, struct base_span payload, uint32_t *number)
{
    uint64_t seed;
    if (payload.size < HEAD)
        return false;
    memcpy(&seed, payload.data, 8);
    memcpy(number, payload.data + 8, 4);
    if (seed != run->seed || *number >= run->message_count ||
        payload.size != run->messages[*number].size)
        return false;
    for (size_t i = HEAD; i < payload.size; i++)
        if (payload.data[i] != pattern(run, *number, i))
            return false;
    return true;
}

static void on_message(struct run *run, uint32_t host, uint64_t now_ns,
                       const struct bpi_hermes_event *event)
{
    const uint32_t origin = hermes_group_host(&run->group, &event->id);
    uint32_t number = 0;
    if (origin == UINT32_MAX || !is_honest(run, origin))
        return; /* who lies may say anything in its own name */
    count(run, HERMES_SIM_DELIVERED, 1);
    if (!payload_is(run, event->payload, &number)) {
        failed(run, "%u delivered %zu bytes that %u never sent", host, event->payload.size, origin);
        return;
    }
    struct message *const m = &run->messages[number];
    if (m->origin != origin || !m->is_sent || m->type != event->type ||
        (m->to != UINT32_MAX && m->to != host) || host == origin) {
        failed(run, "message %u of %u came to %u in the name of %u", number, m->origin, host,
               origin);
        return;
    }
    uint32_t *const life = &run->delivered_life[number][host];
    if (*life == run->lives[host] + 1)
        failed(run, "message %u was delivered twice at %u", number, host);
    *life = run->lives[host] + 1;
    if (now_ns <= m->at_ns + deadlines_ns[event->class])
        m->got |= 1u << host;
    if (run->is_loud)
        printf("%.6f message %u of %u at %u\n", (double)now_ns / 1e9, number, origin, host);
}

static void on_up(struct run *run, uint32_t host, uint64_t now_ns,
                  const struct bpi_hermes_event *event)
{
    const uint32_t other = hermes_group_host(&run->group, &event->id);
    if (other != UINT32_MAX)
        run->up_ns[host][other] = now_ns;
    if (run->is_loud)
        printf("%.6f session with %d up at %u\n", (double)now_ns / 1e9, (int)other, host);
}

static void tell(void *context, uint32_t host, uint64_t now_ns,
                 const struct bpi_hermes_event *event)
{
    struct run *const run = context;
    if (event->kind == BPI_HERMES_MESSAGE)
        on_message(run, host, now_ns, event);
    if (event->kind == BPI_HERMES_PEER_UP)
        on_up(run, host, now_ns, event);
    if (event->kind != BPI_HERMES_DONE)
        return;
    run->last_done = event->message_id;
    if (run->is_loud)
        printf("%.6f done at %u: %u addressees, %u missed\n", (double)now_ns / 1e9, host,
               event->addressees, event->missed);
    for (uint32_t i = 0; i < run->message_count; i++) {
        struct message *const m = &run->messages[i];
        if (m->is_sent && m->origin == host &&
            memcmp(&m->id, &event->message_id, sizeof m->id) == 0)
            m->done++;
    }
}

/* The plan */

static void plan_links(struct run *run, struct lab_link_config *link)
{
    *link = (struct lab_link_config){ .delay_ns = 100000 + below(run, 50 * MS) };
    if (below(run, 2) == 0) {
        link->jitter = LAB_JITTER_UNIFORM;
        link->jitter_ns = below(run, link->delay_ns);
    }
    const uint64_t loss = below(run, 4);
    if (loss >= 2) {
        link->loss = LAB_LOSS_BERNOULLI;
        link->loss_share = share(run, 0.15);
    } else if (loss == 1) {
        link->loss = LAB_LOSS_GILBERT_ELLIOTT;
        link->good_to_bad = share(run, 0.02);
        link->bad_to_good = 0.1 + share(run, 0.5);
        link->loss_bad = 0.5 + share(run, 0.3);
    }
    if (below(run, 3) == 0)
        link->reorder = share(run, 0.1);
    if (below(run, 3) == 0)
        link->duplicate = share(run, 0.1);
    if (below(run, 3) == 0)
        link->corrupt = share(run, 0.03);
    if (below(run, 4) == 0)
        link->rate_bits = 2000000 + below(run, 50000000);
}

static void add_event(struct run *run, uint64_t at_ns, enum event_kind kind, uint32_t which)
{
    uint32_t at = run->event_count++;
    for (; at > 0 && run->events[at - 1].at_ns > at_ns; at--)
        run->events[at] = run->events[at - 1];
    run->events[at] = (struct event){ at_ns, kind, which };
}

static void plan_partition(struct run *run, uint32_t nodes)
{
    const uint64_t from_ns = 3 * SECOND + below(run, 5 * SECOND);
    const uint64_t until_ns = from_ns + 200 * MS + below(run, 3800 * MS);
    for (uint32_t i = 0; i < nodes; i++)
        run->side[i] = (uint8_t)below(run, 2);
    run->changes[run->change_count++] =
        (struct lab_change){ .at_ns = from_ns, .kind = LAB_PARTITION, .side = run->side };
    run->changes[run->change_count++] =
        (struct lab_change){ .at_ns = until_ns, .kind = LAB_HEAL_ALL };
    count(run, HERMES_SIM_PARTITIONS, 1);
}

static uint32_t any_honest(struct run *run, uint32_t evil)
{
    /* The first ones are evil. */
    return evil + (uint32_t)below(run, run->group.config.count - evil);
}

static void plan_messages(struct run *run, uint32_t evil)
{
    run->message_count = 6 + (uint32_t)below(run, 12);
    for (uint32_t i = 0; i < run->message_count; i++) {
        struct message *const m = &run->messages[i];
        m->at_ns = 3 * SECOND + below(run, 7 * SECOND);
        m->origin = any_honest(run, evil);
        m->size = HEAD + (uint32_t)below(run, below(run, 4) == 0 ? 6000 : 400);
        if (below(run, 40) == 0)
            m->size = 20000 + (uint32_t)below(run, SIZE_MAX_BYTES - 20000);
        const bool is_urgent = below(run, 2) == 0;
        m->type = (enum bpi_hermes_type)below(run, is_urgent ? 3 : 9);
        m->to = UINT32_MAX;
        if (below(run, 3) == 0)
            m->to = any_honest(run, evil);
        if (m->to == m->origin)
            m->to = UINT32_MAX;
        add_event(run, m->at_ns, SEND, i);
        if (bpi_hermes_type_class(m->type) == BPI_HERMES_CONSENSUS)
            add_event(run, m->at_ns + deadlines_ns[0], CHECK, i);
    }
}

static void print_links(const struct lab_link_config *link)
{
    printf("links: %.3f ms +- %.3f, loss %.4f (%.4f in, %.4f out, %.4f in a burst), reorder %.3f, "
           "duplicate %.3f, corrupt %.3f, %.1f Mbit/s\n",
           (double)link->delay_ns / 1e6, (double)link->jitter_ns / 1e6, link->loss_share,
           link->good_to_bad, link->bad_to_good, link->loss_bad, link->reorder, link->duplicate,
           link->corrupt, (double)link->rate_bits / 1e6);
}

static void plan(struct run *run)
{
    static const uint8_t sizes[10] = { 3, 3, 3, 3, 4, 4, 4, 5, 6, 0 };
    struct hermes_group_config config = {
        .seed = run->seed, .tell = tell, .secret = secret, .context = run
    };
    config.count = sizes[below(run, 10)];
    const bool is_large = config.count == 0 && below(run, 4) == 0;
    if (config.count == 0)
        config.count =
            is_large ? 13 + (uint32_t)below(run, NODES_MAX - 12) : 7 + (uint32_t)below(run, 6);
    config.boots = config.count;
    config.is_earlier_only = below(run, 4) != 0;
    const uint32_t evil = below(run, 2) == 0 ? (uint32_t)below(run, config.count / 3 + 1) : 0;
    plan_links(run, &config.link);
    if (run->is_loud)
        print_links(&config.link);
    bpi_hermes_defaults(&config.node);
    memcpy(config.node.deadline_ns, deadlines_ns, sizeof deadlines_ns);
    config.node.members_max = 64;
    config.node.peer_memory_bytes = 512 << 10;
    config.node.direct_max = NODES_MAX;
    run->is_tree = is_large || below(run, 5) < 2;
    if (run->is_tree) {
        config.node.direct_max = 0;
        config.node.max_neighbors = 3 + (uint32_t)below(run, 6);
        config.boots = 1 + (uint32_t)below(run, config.count);
    }
    if (below(run, 2) == 0)
        plan_partition(run, config.count);
    config.changes = run->changes;
    config.change_count = run->change_count;
    settle_places(run, config.count);
    config.identities = (const uint8_t(*)[BPI_HERMES_SEED_SIZE])run->identities;
    count(run, HERMES_SIM_MEMBERS, config.count);
    count(run, HERMES_SIM_BYZANTINE, evil);
    count(run, HERMES_SIM_HAS_EVIL, evil > 0);
    count(run, HERMES_SIM_IS_TREE, run->is_tree);
    hermes_group_open(&run->group, &config);
    plan_messages(run, evil);
    if (below(run, 3) == 0) {
        const uint32_t victim = any_honest(run, evil);
        const uint64_t at_ns = 4 * SECOND + below(run, 6 * SECOND);
        add_event(run, at_ns, CRASH, victim);
        add_event(run, at_ns + 100 * MS + below(run, 4 * SECOND), RESTART, victim);
    }
    for (uint32_t i = 0; i < config.count; i++) {
        if (i < evil) {
            run->evils[i] = hermes_evil_new(&run->group, i, run->seed * 31 + i, 0);
            if (lab_sim_start(run->group.sim, i, &hermes_evil_step, run->evils[i]) != BASE_OK)
                abort();
        } else {
            hermes_group_start(&run->group, i);
        }
    }
}

/* What is owed */

/* Bits: the hosts that one has a session with; of a tree, those it has for neighbours. */
static uint32_t sessions_of(const struct run *run, uint32_t host)
{
    struct bpi_hermes_neighbor sessions[4 * NODES_MAX];
    const size_t there =
        bpi_hermes_neighbors(run->group.nodes[host], sessions, sizeof sessions / sizeof *sessions);
    uint32_t others = 0;
    for (size_t i = 0; i < there; i++) {
        const uint32_t other = hermes_group_host(&run->group, &sessions[i].id);
        if (other != UINT32_MAX && (sessions[i].is_neighbor || !run->is_tree))
            others |= 1u << other;
    }
    return others;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Two hosts say that they have a session with each other: is it the same one? Where one began anew,
 * the other may still have that of the life before, until the new one is known to it, which may not
 * take long when nothing parts them. */
static bool is_same(const struct run *run, uint32_t a, uint32_t b)
{
    uint64_t since_ns = later(run->up_ns[a][b], run->up_ns[b][a]);
    if (run->up_ns[a][b] >= run->born_ns[b] && run->up_ns[b][a] >= run->born_ns[a])
        return true;
    if (run->change_count > 0 && since_ns + DIFFER_NS > SECOND + run->changes[0].at_ns)
        since_ns = later(since_ns, SECOND + run->changes[1].at_ns);
    return since_ns + DIFFER_NS < lab_sim_now(run->group.sim);
}

/* Mutual links among honest nodes that live. */
static void adjacency_of(const struct run *run, uint32_t *rows)
{
    uint32_t others[NODES_MAX];
    for (uint32_t a = 0; a < run->group.config.count; a++) {
        rows[a] = 0;
        others[a] = run->group.nodes[a] != NULL ? sessions_of(run, a) : 0;
        for (uint32_t b = 0; b < a; b++)
            if ((others[a] >> b & 1) != 0 && (others[b] >> a & 1) != 0 && is_same(run, a, b)) {
                rows[a] |= 1u << b;
                rows[b] |= 1u << a;
            }
    }
}

static uint32_t reach(const uint32_t *rows, uint32_t from)
{
    uint32_t seen = 1u << from;
    for (uint32_t before = 0; before != seen;) {
        before = seen;
        for (uint32_t i = 0; i < NODES_MAX; i++)
            if (seen & 1u << i)
                seen |= rows[i];
    }
    return seen & ~(1u << from);
}

static void send(struct run *run, uint32_t number)
{
    static uint8_t payload[SIZE_MAX_BYTES];
    struct message *const m = &run->messages[number];
    struct base_why why;
    if (run->group.nodes[m->origin] == NULL)
        return;
    adjacency_of(run, m->adjacency);
    m->life = run->lives[m->origin];
    memset(&m->id, 0, sizeof m->id);
    payload_put(run, number, payload);
    const base_err err = hermes_group_send(&run->group, m->origin, m->type,
                                           m->to == UINT32_MAX ? NULL : &run->group.ids[m->to],
                                           base_span_of(payload, m->size), &m->id, &why);
    m->is_sent = err == BASE_OK;
    /* It may have ended before the call returned. */
    m->done = m->is_sent && memcmp(&run->last_done, &m->id, sizeof m->id) == 0;
    count(run, HERMES_SIM_SENT, m->is_sent);
    if (run->is_loud)
        printf("%.6f send %u from %u to %d class %d size %u: %s\n", (double)m->at_ns / 1e9, number,
               m->origin, (int)m->to, bpi_hermes_type_class(m->type), m->size, base_err_name(err));
    if (err != BASE_OK && err != BASE_ENOTFOUND && err != BASE_EFULL)
        failed(run, "send of message %u: %s", number, base_err_name(err));
}

/* A session with a node that began anew is known to both only after a while. */
static bool is_settled(const struct run *run, uint32_t host, uint64_t at_ns)
{
    return run->lives[host] == 0 || run->born_ns[host] + SETTLE_NS < at_ns;
}

/* At the deadline of a message of class 0. */
static void check(struct run *run, uint32_t number)
{
    const struct message *const m = &run->messages[number];
    uint32_t rows[NODES_MAX] = { 0 };
    if (!m->is_sent || run->lives[m->origin] != m->life || run->group.nodes[m->origin] == NULL)
        return;
    uint32_t owed = m->adjacency[m->origin];
    if (run->is_tree && m->to == UINT32_MAX) {
        adjacency_of(run, rows);
        for (uint32_t i = 0; i < run->group.config.count; i++)
            rows[i] = !is_settled(run, i, m->at_ns) ? 0 : rows[i] & m->adjacency[i];
        owed = reach(rows, m->origin);
    }
    for (uint32_t i = 0; i < run->group.config.count; i++) {
        const bool is_meant = m->to == UINT32_MAX || m->to == i;
        if ((owed >> i & 1) == 0 || !is_meant || run->group.nodes[i] == NULL ||
            !is_settled(run, i, m->at_ns) || !is_settled(run, m->origin, m->at_ns))
            continue;
        count(run, HERMES_SIM_OWED, 1);
        if ((m->got >> i & 1) == 0)
            failed(run,
                   "message %u (%u bytes, class 0) of %u, sent at %.3f s, is not at %u by %.3f",
                   number, m->size, m->origin, (double)m->at_ns / 1e9, i,
                   (double)(m->at_ns + deadlines_ns[0]) / 1e9);
    }
}

static void happen(struct run *run, const struct event *event)
{
    switch (event->kind) {
    case SEND:
        send(run, event->which);
        break;
    case CRASH:
        hermes_group_crash(&run->group, event->which);
        break;
    case RESTART:
        run->lives[event->which]++;
        count(run, HERMES_SIM_RESTARTS, 1);
        run->born_ns[event->which] = event->at_ns;
        hermes_group_start(&run->group, event->which);
        break;
    case CHECK:
        check(run, event->which);
        break;
    }
    if (run->is_loud && event->kind != SEND)
        printf("%.6f %s %u\n", (double)event->at_ns / 1e9,
               event->kind == CRASH     ? "crash"
               : event->kind == RESTART ? "restart"
                                        : "check",
               event->which);
}

static void check_end(struct run *run)
{
    for (uint32_t i = 0; i < run->message_count; i++) {
        const struct message *const m = &run->messages[i];
        const bool is_over = bpi_hermes_type_class(m->type) != BPI_HERMES_SHADOW_DATA;
        const bool lives = run->lives[m->origin] == m->life && run->group.nodes[m->origin] != NULL;
        count(run, HERMES_SIM_ENDS, m->is_sent && lives && is_over);
        if (m->is_sent && lives && (m->done > 1 || (is_over && m->done == 0)))
            failed(run, "the end of message %u of %u was told %u times", i, m->origin, m->done);
    }
    for (uint32_t i = 0; i < run->group.config.count; i++) {
        if (run->group.nodes[i] == NULL)
            continue;
        const struct bpi_hermes_status status = bpi_hermes_status(run->group.nodes[i]);
        const size_t memory = status.memory_bytes;
        count(run, HERMES_SIM_FORGED, status.rejected_forged);
        count(run, HERMES_SIM_REPLAYED, status.rejected_replayed);
        count(run, HERMES_SIM_MALFORMED, status.rejected_malformed);
        count(run, HERMES_SIM_UNKNOWN, status.rejected_unknown);
        const size_t most =
            (2 * run->group.config.count + 4) * run->group.config.node.peer_memory_bytes;
        if (memory > most)
            failed(run, "%u uses %zu bytes", i, memory);
    }
}

static void count_end(struct run *run)
{
    const struct lab_link_counts links = lab_fabric_total(lab_sim_fabric(run->group.sim));
    count(run, HERMES_SIM_DATAGRAMS, links.packets);
    count(run, HERMES_SIM_LOST, links.lost);
    count(run, HERMES_SIM_DOUBLED, links.duplicated);
    count(run, HERMES_SIM_OVERTAKEN, links.reordered);
    count(run, HERMES_SIM_CORRUPTED, links.corrupted);
    count(run, HERMES_SIM_OVERFLOWN, links.queue_dropped);
    count(run, HERMES_SIM_PARTED, links.down_dropped);
    count(run, HERMES_SIM_SECONDS, lab_sim_now(run->group.sim) / SECOND);
    count(run, HERMES_SIM_STEPS, lab_sim_steps(run->group.sim));
    for (uint32_t i = 0; i < run->group.config.count; i++)
        for (int crime = 0; run->evils[i] != NULL && crime < HERMES_CRIMES; crime++)
            count(run, HERMES_SIM_CRIMES + (unsigned)crime,
                  hermes_evil_record(run->evils[i])[crime]);
}

/* Bits: the hosts that a message may be owed to at its deadline, whatever becomes of the links,
 * when nobody crashes any more. */
static uint32_t most_owed(const struct run *run, const struct message *m)
{
    if (bpi_hermes_type_class(m->type) != BPI_HERMES_CONSENSUS ||
        !is_settled(run, m->origin, m->at_ns))
        return 0;
    uint32_t most = run->is_tree ? reach(m->adjacency, m->origin) : m->adjacency[m->origin];
    most &= m->to == UINT32_MAX ? UINT32_MAX : 1u << m->to;
    for (uint32_t i = 0; i < run->group.config.count; i++)
        if (!is_settled(run, i, m->at_ns))
            most &= ~(1u << i);
    return most;
}

/* Nothing is left to be planned, told or delivered. */
static bool is_over(const struct run *run)
{
    for (uint32_t i = 0; i < run->change_count; i++)
        if (lab_sim_now(run->group.sim) < SECOND + run->changes[i].at_ns)
            return false;
    for (uint32_t i = 0; i < run->message_count; i++) {
        const struct message *const m = &run->messages[i];
        const bool lives = run->lives[m->origin] == m->life && run->group.nodes[m->origin] != NULL;
        if (m->is_sent && lives && (m->done == 0 || (most_owed(run, m) & ~m->got) != 0))
            return false;
    }
    return true;
}

/* Up to a time, or (false) to when all is over, and a while longer. */
static bool run_until(struct run *run, uint64_t at_ns, bool may_end)
{
    struct lab_sim *const sim = run->group.sim;
    while (may_end && lab_sim_now(sim) + LOOK_NS < at_ns) {
        lab_sim_run(sim, lab_sim_now(sim) + LOOK_NS);
        if (is_over(run)) {
            lab_sim_run(sim, lab_sim_now(sim) + QUIET_NS);
            return false;
        }
    }
    lab_sim_run(sim, at_ns);
    return true;
}

static void run_all(struct run *run)
{
    const bool is_whole = run->seed % WHOLE_EVERY == 0;
    bool goes_on = true;
    uint32_t acts = 0; /* behind the last of them come only checks */
    for (uint32_t i = 0; i < run->event_count; i++)
        acts = run->events[i].kind != CHECK ? i + 1 : acts;
    for (uint32_t i = 0; i < run->event_count && run->result->why[0] == '\0'; i++) {
        goes_on = goes_on && run_until(run, run->events[i].at_ns, i >= acts && !is_whole);
        happen(run, &run->events[i]);
    }
    if (goes_on && run->result->why[0] == '\0')
        run_until(run, end_ns, !is_whole);
    if (run->result->why[0] == '\0')
        check_end(run);
}

void hermes_sim_run(uint64_t seed, bool is_loud, struct hermes_sim_result *result)
{
    struct run *const run = calloc(1, sizeof *run);
    if (run == NULL)
        abort();
    *result = (struct hermes_sim_result){ .why = "" };
    run->seed = seed;
    run->is_loud = is_loud;
    run->result = result;
    base_rng_init(&run->rng, seed);
    plan(run);
    run_all(run);
    result->digest = lab_sim_digest(run->group.sim);
    count_end(run);
    for (uint32_t i = 0; i < run->group.config.count; i++)
        if (run->evils[i] != NULL) {
            lab_sim_crash(run->group.sim, i);
            hermes_evil_free(run->evils[i]);
        }
    hermes_group_close(&run->group);
    free(run);
}
