/* hermes_group.h - nodes of HERMES-Lite on simulated links, a full mesh of equal ones, for tests
 * and for the scale program. */
#ifndef TESTS_HERMES_GROUP_H
#define TESTS_HERMES_GROUP_H

#include <bpi/hermes.h>
#include <lab/sim.h>

struct hermes_group_config {
    uint32_t count;
    uint64_t seed;
    struct lab_link_config link;   /* between any two */
    uint32_t boots;                /* each node is told of so many others, earlier ones if it can */
    bool is_earlier_only;          /* never of later ones: each pair is called by one side */
    bool is_self_told;             /* of its own address as well, when it is told of all */
    bool has_boot_ids;             /* told of their ids, not of the addresses alone */
    struct bpi_hermes_config node; /* seed and bootstrap are the group's */
    const struct lab_change *changes; /* [change_count] by time; may be NULL */
    size_t change_count;
    void (*tell)(void *context, uint32_t host, uint64_t now_ns,
                 const struct bpi_hermes_event *event); /* may be NULL */
    /* What hosts get as secrets, and the seeds of their identities [count]; NULL: from `seed`. */
    void (*secret)(void *context, uint32_t host, void *out, size_t size);
    const uint8_t (*identities)[BPI_HERMES_SEED_SIZE];
    void *context;
};

struct hermes_group {
    struct hermes_group_config config;
    struct lab_topology topology;
    struct lab_sim *sim;
    struct bpi_hermes **nodes; /* [count] NULL: not there, or somebody else's machine */
    struct bpi_hermes_id *ids; /* [count] */
};

/* Nothing runs yet. Fails the program when there is no memory. */
void hermes_group_open(struct hermes_group *group, const struct hermes_group_config *config);
void hermes_group_close(struct hermes_group *group);
/* The secret seed of a host's identity. */
void hermes_group_seed(const struct hermes_group *group, uint32_t host, uint8_t *seed);
/* A node as the group would start it, for a machine around it: the caller's. */
struct bpi_hermes *hermes_group_node(struct hermes_group *group, uint32_t host);
/* A node of the group's configuration begins to live; its identity is the host's. */
void hermes_group_start(struct hermes_group *group, uint32_t host);
void hermes_group_start_all(struct hermes_group *group);
void hermes_group_crash(struct hermes_group *group, uint32_t host);
base_err hermes_group_send(struct hermes_group *group, uint32_t host, enum bpi_hermes_type type,
                           const struct bpi_hermes_id *to, struct base_span payload,
                           struct bpi_hermes_message_id *id, struct base_why *why);
/* Run for so long. */
void hermes_group_run(struct hermes_group *group, uint64_t for_ns);
/* The host with an id; UINT32_MAX: none. */
uint32_t hermes_group_host(const struct hermes_group *group, const struct bpi_hermes_id *id);

#endif
