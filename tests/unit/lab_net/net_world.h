/* net_world.h - a real network for a test: a mesh of hosts with one link each way, and sockets in
 * them. Everything that goes wrong fails the test. */
#ifndef TESTS_NET_WORLD_H
#define TESTS_NET_WORLD_H

#include <lab/net.h>

#include <sys/socket.h>

enum { WORLD_HOSTS_MAX = 8, WORLD_CHANGES_MAX = 4, WORLD_PATIENCE_MS = 20000 };

struct world {
    struct lab_topology plan;
    struct lab_host hosts[WORLD_HOSTS_MAX];
    struct lab_edge edges[WORLD_HOSTS_MAX * WORLD_HOSTS_MAX];
    struct lab_change changes[WORLD_CHANGES_MAX];
    struct lab_net_config config;
    struct lab_net *net;
};

/* What plans ask for; TUN unless somebody has set another. */
extern enum lab_back_end world_back_end;

/* Plan, then change what the test wants otherwise, then open. */
void world_plan(struct world *world, uint32_t host_count, const struct lab_link_config *link);
void world_open(struct world *world);
void world_close(struct world *world);

/* 77 and the reason on standard output when a back end does not work here; else 0. */
int world_skip(enum lab_back_end back_end);

/* An address of a host; family AF_INET or AF_INET6. */
socklen_t world_address(const struct world *world, uint32_t host, int family, uint16_t port,
                        struct sockaddr_storage *address);
/* A socket inside a host, bound to a port of its own address (0: not bound), which gives up waiting
 * after WORLD_PATIENCE_MS. */
int world_socket(const struct world *world, uint32_t host, int family, int type, uint16_t port);

/* Start a shell line on a host; its status as of waitpid. */
int world_run(const struct world *world, uint32_t host, const char *line);

uint64_t world_now_ms(void);

#endif
