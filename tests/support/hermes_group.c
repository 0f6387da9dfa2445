/* hermes_group.c - see hermes_group.h. */
#include "hermes_group.h"

#include <stdio.h>
#include <stdlib.h>

static void need(bool is_true, const char *what, const struct base_why *why)
{
    if (is_true)
        return;
    fprintf(stderr, "hermes_group: %s: %s\n", what, why != NULL ? why->text : "");
    abort();
}

static void make_topology(struct hermes_group *group)
{
    const struct hermes_group_config *const c = &group->config;
    struct lab_topology *const t = &group->topology;
    t->program_count = c->count;
    t->host_count = c->count;
    t->is_uniform = true;
    t->uniform = c->link;
    t->hosts = base_arena_array(&t->arena, t->host_count, sizeof *t->hosts);
    t->changes = base_arena_array(&t->arena, c->change_count + 1, sizeof *t->changes);
    need(t->hosts != NULL && t->changes != NULL, "memory", NULL);
    for (uint32_t i = 0; i < t->host_count; i++)
        snprintf(t->hosts[i].name, sizeof t->hosts[i].name, "node%u", i);
    t->change_count = c->change_count;
    if (c->change_count > 0)
        memcpy(t->changes, c->changes, c->change_count * sizeof *t->changes);
}

static void tell(void *context, uint32_t host, uint64_t now_ns, const void *event)
{
    const struct hermes_group *const group = context;
    if (group->config.tell != NULL && group->nodes[host] != NULL)
        group->config.tell(group->config.context, host, now_ns, event);
}

static void secret(void *context, uint32_t host, void *out, size_t size)
{
    const struct hermes_group *const group = context;
    group->config.secret(group->config.context, host, out, size);
}

void hermes_group_seed(const struct hermes_group *group, uint32_t host, uint8_t *seed)
{
    struct base_rng rng;
    if (group->config.identities != NULL) {
        memcpy(seed, group->config.identities[host], BPI_HERMES_SEED_SIZE);
        return;
    }
    base_rng_init(&rng, group->config.seed * 1000003 + host);
    for (int i = 0; i < BPI_HERMES_SEED_SIZE / 8; i++) {
        const uint64_t word = base_rng_u64(&rng);
        memcpy(seed + 8 * i, &word, sizeof word);
    }
}

void hermes_group_open(struct hermes_group *group, const struct hermes_group_config *config)
{
    struct base_why why = { 0 };
    *group = (struct hermes_group){ .config = *config };
    make_topology(group);
    const struct lab_sim_config sim = { .topology = &group->topology,
                                        .seed = config->seed,
                                        .memory_max = (size_t)1 << 30,
                                        .header_bytes = 48,
                                        .tell = tell,
                                        .secret = config->secret != NULL ? secret : NULL,
                                        .context = group };
    need(lab_sim_new(&sim, &group->sim, &why) == BASE_OK, "simulation", &why);
    group->nodes = calloc(config->count, sizeof *group->nodes);
    group->ids = calloc(config->count, sizeof *group->ids);
    need(group->nodes != NULL && group->ids != NULL, "memory", NULL);
}

void hermes_group_close(struct hermes_group *group)
{
    for (uint32_t i = 0; i < group->config.count; i++)
        hermes_group_crash(group, i);
    lab_sim_free(group->sim);
    base_arena_done(&group->topology.arena);
    free(group->nodes);
    free(group->ids);
}

/* Whom a host is told of: all others, or some chosen by its own sequence, so that a restart is told
 * of the same. */
static uint32_t choose_boots(const struct hermes_group *group, uint32_t host,
                             struct bpi_hermes_member *boots)
{
    const struct hermes_group_config *const c = &group->config;
    uint32_t count = 0;
    struct base_rng rng;
    base_rng_init(&rng, c->seed ^ (host + UINT64_C(0x5851f42d4c957f2d)));
    if (c->boots >= c->count - 1) {
        for (uint32_t i = 0; i < (c->is_earlier_only ? host : c->count); i++)
            if (i != host || c->is_self_told)
                boots[count++].address = lab_sim_address(i);
        return count;
    }
    const uint32_t among = host > c->boots || c->is_earlier_only ? host : c->count;
    while (count < c->boots && among > 0) {
        const uint32_t i = (uint32_t)base_rng_below(&rng, among);
        if (i != host)
            boots[count++].address = lab_sim_address(i);
    }
    return count;
}

/* Ids follow from seeds; libraries show no other way from one to the other. */
static struct bpi_hermes_id id_of(const struct hermes_group *group, uint32_t host)
{
    struct bpi_hermes *node = NULL;
    struct base_why why = { 0 };
    struct bpi_hermes_config config = group->config.node;
    hermes_group_seed(group, host, config.seed);
    need(bpi_hermes_new(&config, &node, &why) == BASE_OK, "node", &why);
    const struct bpi_hermes_id id = bpi_hermes_status(node).id;
    bpi_hermes_free(node);
    return id;
}

static void name_boots(const struct hermes_group *group, struct bpi_hermes_member *boots,
                       uint32_t count)
{
    for (uint32_t host = 0; host < group->config.count; host++) {
        const struct base_address address = lab_sim_address(host);
        const struct bpi_hermes_id id = id_of(group, host);
        for (uint32_t i = 0; i < count; i++)
            if (base_address_is(&boots[i].address, &address))
                boots[i].id = id;
    }
}

struct bpi_hermes *hermes_group_node(struct hermes_group *group, uint32_t host)
{
    struct bpi_hermes *node = NULL;
    struct base_why why = { 0 };
    struct bpi_hermes_config config = group->config.node;
    const uint32_t count = group->config.count;
    const uint32_t most = group->config.boots < count ? group->config.boots : count;
    struct bpi_hermes_member *const boots = calloc(most + 1, sizeof *boots);
    need(boots != NULL, "memory", NULL);
    hermes_group_seed(group, host, config.seed);
    config.bootstrap = boots;
    config.bootstrap_count = choose_boots(group, host, boots);
    if (config.bootstrap_count > 0 && group->config.has_boot_ids)
        name_boots(group, boots, (uint32_t)config.bootstrap_count);
    need(bpi_hermes_new(&config, &node, &why) == BASE_OK, "node", &why);
    free(boots);
    group->ids[host] = bpi_hermes_status(node).id;
    return node;
}

void hermes_group_start(struct hermes_group *group, uint32_t host)
{
    group->nodes[host] = hermes_group_node(group, host);
    need(lab_sim_start(group->sim, host, &bpi_hermes_step, group->nodes[host]) == BASE_OK, "start",
         NULL);
}

void hermes_group_start_all(struct hermes_group *group)
{
    for (uint32_t i = 0; i < group->config.count; i++)
        hermes_group_start(group, i);
}

void hermes_group_crash(struct hermes_group *group, uint32_t host)
{
    if (group->nodes[host] == NULL)
        return;
    lab_sim_crash(group->sim, host);
    bpi_hermes_free(group->nodes[host]);
    group->nodes[host] = NULL;
}

struct sending {
    enum bpi_hermes_type type;
    const struct bpi_hermes_id *to;
    struct base_span payload;
    struct bpi_hermes_message_id *id;
    struct base_why *why;
    base_err err;
};

static void act_send(void *context, void *state, const struct base_step_world *world)
{
    struct sending *const s = context;
    s->err = bpi_hermes_send(state, world, s->type, s->to, s->payload, s->id, s->why);
}

base_err hermes_group_send(struct hermes_group *group, uint32_t host, enum bpi_hermes_type type,
                           const struct bpi_hermes_id *to, struct base_span payload,
                           struct bpi_hermes_message_id *id, struct base_why *why)
{
    struct sending s = { type, to, payload, id, why, BASE_ECLOSED };
    lab_sim_call(group->sim, host, act_send, &s);
    return s.err;
}

void hermes_group_run(struct hermes_group *group, uint64_t for_ns)
{
    (void)lab_sim_run(group->sim, lab_sim_now(group->sim) + for_ns);
}

uint32_t hermes_group_host(const struct hermes_group *group, const struct bpi_hermes_id *id)
{
    for (uint32_t i = 0; i < group->config.count; i++)
        if (memcmp(&group->ids[i], id, sizeof *id) == 0)
            return i;
    return UINT32_MAX;
}
