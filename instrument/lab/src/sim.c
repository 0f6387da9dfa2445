/* sim.c - the loop of virtual time: what happens next, among the network's changes, planned calls,
 * packets and timers, decides what time it is. Timers are a heap of all hosts that knows each
 * host's place, so that a machine may change its mind after every call. */
#include <lab/sim.h>

#include "fabric_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SIM_PORT = 9000, MIX_WORDS = 4 };
#define SIM_START_NS UINT64_C(1000000000)
#define SIM_AGAIN_NS UINT64_C(1000)

struct sim_host {
    struct lab_sim *sim;
    const struct base_step *step; /* NULL: nobody lives here */
    void *state;
    uint32_t index, boots;
    uint32_t place; /* in the heap of timers */
    uint64_t wake_ns;
    struct base_rng rng, secrets;
    struct base_step_world world;
};

struct sim_act {
    void (*act)(void *context, struct lab_sim *sim);
    void *context;
    uint32_t next; /* free one */
};

struct lab_sim {
    struct lab_sim_config config;
    struct lab_fabric *fabric;
    struct sim_host *hosts; /* [host_count] */
    uint32_t *timers;       /* [host_count] heap by wake_ns, then host */
    struct sim_act *acts;   /* [act_capacity] */
    uint32_t act_capacity, act_free;
    struct lab_agenda agenda; /* of acts */
    uint64_t act_sequence;
    size_t change_at;
    uint64_t now_ns, digest, steps;
};

/* What the digest is told apart by. */
enum { SIM_TIMER = 1, SIM_DATAGRAM, SIM_SEND, SIM_BOOT, SIM_CRASH, SIM_CALL, SIM_CHANGE, SIM_ACT };

static void mix(struct lab_sim *sim, uint64_t x)
{
    sim->digest = (sim->digest ^ x) * 0x9e3779b97f4a7c15u;
    sim->digest ^= sim->digest >> 29;
}

static void mix_event(struct lab_sim *sim, int kind, uint32_t host)
{
    mix(sim, sim->now_ns);
    mix(sim, (uint64_t)kind << 32 | host);
}

/* Four words at a time, so that they need not wait for each other. */
static const uint8_t *mix_blocks(struct lab_sim *sim, const uint8_t *data, size_t count)
{
    uint64_t sums[MIX_WORDS] = { 1, 2, 3, 4 };
    for (; count > 0; count--)
        for (int i = 0; i < MIX_WORDS; i++, data += sizeof sums[0]) {
            uint64_t word;
            memcpy(&word, data, sizeof word);
            sums[i] = (sums[i] ^ word) * 0x9e3779b97f4a7c15u;
            sums[i] ^= sums[i] >> 29;
        }
    for (int i = 0; i < MIX_WORDS; i++)
        mix(sim, sums[i]);
    return data;
}

static void mix_bytes(struct lab_sim *sim, const uint8_t *data, size_t size)
{
    mix(sim, size);
    const size_t block = MIX_WORDS * sizeof(uint64_t);
    if (size >= 2 * block) {
        data = mix_blocks(sim, data, size / block);
        size %= block;
    }
    for (uint64_t word = 0; size > 0; word = 0) {
        const size_t part = size < sizeof word ? size : sizeof word;
        memcpy(&word, data, part);
        mix(sim, word);
        data += part;
        size -= part;
    }
}

struct base_address lab_sim_address(uint32_t host)
{
    const uint32_t n = host + 1;
    return (struct base_address){ .ip = { [0] = 0xfd,
                                          [12] = (uint8_t)(n >> 24),
                                          [13] = (uint8_t)(n >> 16),
                                          [14] = (uint8_t)(n >> 8),
                                          [15] = (uint8_t)n },
                                  .port = SIM_PORT };
}

/* UINT32_MAX: nobody's. */
static uint32_t host_of(const struct base_address *a)
{
    static const uint8_t net[12] = { 0xfd };
    const uint32_t n = (uint32_t)a->ip[12] << 24 | (uint32_t)a->ip[13] << 16 |
                       (uint32_t)a->ip[14] << 8 | a->ip[15];
    return a->port == SIM_PORT && memcmp(a->ip, net, sizeof net) == 0 ? n - 1 : UINT32_MAX;
}

static bool is_sooner(const struct lab_sim *sim, uint32_t a, uint32_t b)
{
    const uint64_t at_a = sim->hosts[a].wake_ns, at_b = sim->hosts[b].wake_ns;
    return at_a != at_b ? at_a < at_b : a < b;
}

static void place(struct lab_sim *sim, uint32_t i, uint32_t host)
{
    sim->timers[i] = host;
    sim->hosts[host].place = i;
}

static void set_wake(struct lab_sim *sim, uint32_t host, uint64_t wake_ns)
{
    const uint32_t count = sim->config.topology->host_count;
    uint32_t i = sim->hosts[host].place;
    sim->hosts[host].wake_ns = wake_ns;
    for (; i > 0 && is_sooner(sim, host, sim->timers[(i - 1) / 2]); i = (i - 1) / 2)
        place(sim, i, sim->timers[(i - 1) / 2]);
    for (uint32_t child = 2 * i + 1; child < count; child = 2 * i + 1) {
        if (child + 1 < count && is_sooner(sim, sim->timers[child + 1], sim->timers[child]))
            child++;
        if (!is_sooner(sim, sim->timers[child], host))
            break;
        place(sim, i, sim->timers[child]);
        i = child;
    }
    place(sim, i, host);
}

static void host_secret(void *context, void *out, size_t size)
{
    struct sim_host *const host = context;
    const struct lab_sim_config *const config = &host->sim->config;
    if (config->secret != NULL) {
        config->secret(config->context, host->index, out, size);
        return;
    }
    uint8_t *to = out;
    for (uint64_t word; size > 0;) {
        const size_t part = size < sizeof word ? size : sizeof word;
        word = base_rng_u64(&host->secrets);
        memcpy(to, &word, part);
        to += part;
        size -= part;
    }
}

static void host_send(void *context, const struct base_address *to, const void *data, size_t size)
{
    struct sim_host *const host = context;
    struct lab_sim *const sim = host->sim;
    const uint32_t other = host_of(to);
    assert(size <= BASE_STEP_DATAGRAM_MAX);
    mix_event(sim, SIM_SEND, host->index);
    mix(sim, other);
    mix_bytes(sim, data, size);
    if (other >= sim->config.topology->host_count)
        return;
    /* What the fabric refuses is lost, and counted there. */
    const base_err err = lab_fabric_push(sim->fabric, sim->now_ns, host->index, other, data, size,
                                         sim->config.header_bytes);
    (void)err;
}

static void host_tell(void *context, const void *event)
{
    const struct sim_host *const host = context;
    const struct lab_sim *const sim = host->sim;
    if (sim->config.tell != NULL)
        sim->config.tell(sim->config.context, host->index, sim->now_ns, event);
}

/* The world for a call, which may end the machine; `leave` must be told whose it was. */
static const struct base_step_world *enter(struct sim_host *host, uint32_t *boot)
{
    *boot = host->boots;
    host->sim->steps++;
    host->world.now_ns = host->sim->now_ns;
    return &host->world;
}

static void leave(struct sim_host *host, uint32_t boot, uint64_t least_ns)
{
    if (host->step == NULL || host->boots != boot)
        return;
    const uint64_t wake_ns = host->step->wake_ns(host->state);
    set_wake(host->sim, host->index, wake_ns > least_ns ? wake_ns : least_ns);
}

static void init_host(struct lab_sim *sim, uint32_t i)
{
    struct sim_host *const host = &sim->hosts[i];
    *host = (struct sim_host){ .sim = sim, .index = i, .wake_ns = UINT64_MAX };
    host->world = (struct base_step_world){ .context = host,
                                            .rng = &host->rng,
                                            .secret = host_secret,
                                            .send = host_send,
                                            .tell = host_tell };
    place(sim, i, i);
}

static base_err init(struct lab_sim *sim, struct base_why *why)
{
    const struct lab_topology *const t = sim->config.topology;
    base_err err = lab_fabric_new(t, sim->config.seed, sim->config.memory_max, &sim->fabric, why);
    if (err != BASE_OK)
        return err;
    sim->hosts = calloc(t->host_count, sizeof *sim->hosts);
    sim->timers = calloc(t->host_count, sizeof *sim->timers);
    if (sim->hosts == NULL || sim->timers == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the simulated hosts");
    for (uint32_t i = 0; i < t->host_count; i++)
        init_host(sim, i);
    for (size_t i = 0; i < t->change_count && err == BASE_OK; i++) {
        err = lab_change_prepare(sim->fabric, &t->changes[i], why);
        if (err == BASE_OK && i > 0 && t->changes[i].at_ns < t->changes[i - 1].at_ns)
            err = base_fail(why, BASE_ERANGE, i, "it is before the one in front of it");
        if (err != BASE_OK)
            err = base_fail_prefix(why, err, "change %zu", i + 1);
    }
    return err;
}

base_err lab_sim_new(const struct lab_sim_config *config, struct lab_sim **sim,
                     struct base_why *why)
{
    struct lab_sim *const s = calloc(1, sizeof *s);
    if (s == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the simulation");
    s->config = *config;
    s->now_ns = SIM_START_NS;
    s->act_free = LAB_NONE;
    const base_err err = init(s, why);
    if (err != BASE_OK) {
        lab_sim_free(s);
        return err;
    }
    *sim = s;
    return BASE_OK;
}

void lab_sim_free(struct lab_sim *sim)
{
    if (sim == NULL)
        return;
    lab_fabric_free(sim->fabric);
    lab_agenda_done(&sim->agenda);
    free(sim->acts);
    free(sim->hosts);
    free(sim->timers);
    free(sim);
}

base_err lab_sim_start(struct lab_sim *sim, uint32_t host, const struct base_step *step,
                       void *state)
{
    struct sim_host *const h = &sim->hosts[host];
    uint32_t boot;
    assert(host < sim->config.topology->host_count);
    if (h->step != NULL)
        return BASE_EEXIST;
    h->step = step;
    h->state = state;
    h->boots++;
    base_rng_init(&h->rng, lab_link_seed(sim->config.seed + 1, host, h->boots));
    base_rng_init(&h->secrets, lab_link_seed(sim->config.seed + 2, host, h->boots));
    mix_event(sim, SIM_BOOT, host);
    const struct base_step_world *const world = enter(h, &boot);
    step->start(state, world);
    leave(h, boot, sim->now_ns);
    return BASE_OK;
}

void lab_sim_crash(struct lab_sim *sim, uint32_t host)
{
    assert(host < sim->config.topology->host_count);
    mix_event(sim, SIM_CRASH, host);
    sim->hosts[host].step = NULL;
    sim->hosts[host].state = NULL;
    set_wake(sim, host, UINT64_MAX);
}

void lab_sim_call(struct lab_sim *sim, uint32_t host,
                  void (*act)(void *context, void *state, const struct base_step_world *world),
                  void *context)
{
    struct sim_host *const h = &sim->hosts[host];
    uint32_t boot;
    assert(host < sim->config.topology->host_count);
    if (h->step == NULL)
        return;
    mix_event(sim, SIM_CALL, host);
    const struct base_step_world *const world = enter(h, &boot);
    act(context, h->state, world);
    leave(h, boot, sim->now_ns);
}

static base_err grow_acts(struct lab_sim *sim)
{
    const uint32_t capacity = 2 * sim->act_capacity + 64;
    struct sim_act *const acts = realloc(sim->acts, capacity * sizeof *acts);
    if (acts == NULL)
        return BASE_ENOMEM;
    for (uint32_t i = capacity; i-- > sim->act_capacity;) {
        acts[i] = (struct sim_act){ .next = sim->act_free };
        sim->act_free = i;
    }
    sim->acts = acts;
    sim->act_capacity = capacity;
    return BASE_OK;
}

base_err lab_sim_at(struct lab_sim *sim, uint64_t at_ns,
                    void (*act)(void *context, struct lab_sim *sim), void *context)
{
    if (at_ns < sim->now_ns)
        return BASE_ERANGE;
    if (sim->act_free == LAB_NONE && grow_acts(sim) != BASE_OK)
        return BASE_ENOMEM;
    const uint32_t i = sim->act_free;
    const struct lab_due due = { at_ns, sim->act_sequence, i };
    if (lab_agenda_put(&sim->agenda, due) != BASE_OK)
        return BASE_ENOMEM;
    sim->act_sequence++;
    sim->act_free = sim->acts[i].next;
    sim->acts[i] = (struct sim_act){ .act = act, .context = context };
    return BASE_OK;
}

static uint64_t change_ns(const struct lab_sim *sim)
{
    const struct lab_topology *const t = sim->config.topology;
    return sim->change_at < t->change_count ? SIM_START_NS + t->changes[sim->change_at].at_ns
                                            : UINT64_MAX;
}

static uint64_t act_ns(const struct lab_sim *sim)
{
    return sim->agenda.count > 0 ? sim->agenda.heap[0].at_ns : UINT64_MAX;
}

static uint64_t timer_ns(const struct lab_sim *sim)
{
    return sim->hosts[sim->timers[0]].wake_ns;
}

static void do_change(struct lab_sim *sim)
{
    /* Prepared when the simulation was made: it cannot fail. */
    const base_err err = lab_fabric_change(sim->fabric, sim->now_ns,
                                           &sim->config.topology->changes[sim->change_at], NULL);
    assert(err == BASE_OK);
    (void)err;
    mix_event(sim, SIM_CHANGE, (uint32_t)sim->change_at++);
}

static void do_act(struct lab_sim *sim)
{
    const uint32_t i = lab_agenda_remove(&sim->agenda).packet;
    const struct sim_act act = sim->acts[i];
    sim->acts[i].next = sim->act_free;
    sim->act_free = i;
    mix_event(sim, SIM_ACT, 0);
    act.act(act.context, sim);
}

static void do_arrival(struct lab_sim *sim, const struct lab_arrival *arrival)
{
    struct sim_host *const host = &sim->hosts[arrival->to];
    const struct base_address from = lab_sim_address(arrival->from);
    uint32_t boot;
    mix_event(sim, SIM_DATAGRAM, arrival->to);
    mix(sim, (uint64_t)arrival->from << 32 | arrival->size);
    if (arrival->is_corrupt)
        mix_bytes(sim, arrival->data, arrival->size);
    if (host->step == NULL || (arrival->is_corrupt && !sim->config.has_corrupt))
        return;
    const struct base_step_world *const world = enter(host, &boot);
    host->step->datagram(host->state, world, &from, arrival->data, arrival->size);
    leave(host, boot, sim->now_ns);
}

static void do_timer(struct lab_sim *sim)
{
    struct sim_host *const host = &sim->hosts[sim->timers[0]];
    uint32_t boot;
    mix_event(sim, SIM_TIMER, host->index);
    const struct base_step_world *const world = enter(host, &boot);
    host->step->timer(host->state, world);
    leave(host, boot, sim->now_ns + SIM_AGAIN_NS);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t lab_sim_run(struct lab_sim *sim, uint64_t until_ns)
{
    struct lab_arrival arrival;
    for (;;) {
        const uint64_t next_ns = least(least(change_ns(sim), act_ns(sim)),
                                       least(lab_fabric_next_ns(sim->fabric), timer_ns(sim)));
        if (next_ns > until_ns || next_ns == UINT64_MAX)
            break;
        sim->now_ns = next_ns > sim->now_ns ? next_ns : sim->now_ns;
        if (change_ns(sim) <= sim->now_ns)
            do_change(sim);
        else if (act_ns(sim) <= sim->now_ns)
            do_act(sim);
        else if (lab_fabric_pop(sim->fabric, sim->now_ns, &arrival))
            do_arrival(sim, &arrival);
        else if (timer_ns(sim) <= sim->now_ns)
            do_timer(sim);
    }
    if (until_ns != UINT64_MAX && until_ns > sim->now_ns)
        sim->now_ns = until_ns;
    return sim->now_ns;
}

uint64_t lab_sim_now(const struct lab_sim *sim)
{
    return sim->now_ns;
}

struct lab_fabric *lab_sim_fabric(struct lab_sim *sim)
{
    return sim->fabric;
}

uint64_t lab_sim_digest(const struct lab_sim *sim)
{
    return sim->digest;
}

uint64_t lab_sim_steps(const struct lab_sim *sim)
{
    return sim->steps;
}
