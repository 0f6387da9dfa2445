/* net_world.c - see net_world.h. */
#include "unit.h"

#include "net_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum lab_back_end world_back_end = LAB_BACK_TUN;

void world_plan(struct world *world, uint32_t host_count, const struct lab_link_config *link)
{
    *world = (struct world){ .plan = { .host_count = host_count, .program_count = host_count } };
    world->plan.hosts = world->hosts;
    world->plan.edges = world->edges;
    world->plan.changes = world->changes;
    for (uint32_t i = 0; i < host_count; i++) {
        snprintf(world->hosts[i].name, sizeof world->hosts[i].name, "node%u", i);
        for (uint32_t k = 0; k < host_count; k++)
            if (i != k)
                world->edges[world->plan.edge_count++] = (struct lab_edge){ i, k, *link };
    }
    world->config = (struct lab_net_config){
        .topology = &world->plan, .seed = 1, .back_end = world_back_end, .core = -1
    };
}

void world_open(struct world *world)
{
    struct base_why why = { 0 };
    if (lab_net_open(&world->config, &world->net, &why))
        fail_msg("%s", why.text);
}

void world_close(struct world *world)
{
    lab_net_close(world->net);
    world->net = NULL;
}

int world_skip(enum lab_back_end back_end)
{
    struct world world;
    struct base_why why = { 0 };
    world_plan(&world, 1, &(struct lab_link_config){ 0 });
    world.config.back_end = back_end;
    if (lab_net_open(&world.config, &world.net, &why) == BASE_EUNSUPPORTED) {
        printf("skipped: %s\n", why.text);
        return 77;
    }
    world_close(&world);
    return 0;
}

socklen_t world_address(const struct world *world, uint32_t host, int family, uint16_t port,
                        struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    address->ss_family = (sa_family_t)family;
    if (family == AF_INET6) {
        struct sockaddr_in6 *const a = (struct sockaddr_in6 *)address;
        a->sin6_port = htons(port);
        assert_int_equal(inet_pton(family, lab_net_address6(world->net, host), &a->sin6_addr), 1);
        return sizeof *a;
    }
    struct sockaddr_in *const a = (struct sockaddr_in *)address;
    a->sin_port = htons(port);
    assert_int_equal(inet_pton(family, lab_net_address(world->net, host), &a->sin_addr), 1);
    return sizeof *a;
}

int world_socket(const struct world *world, uint32_t host, int family, int type, uint16_t port)
{
    struct base_why why = { 0 };
    int fd = -1;
    if (lab_net_socket(world->net, host, family, type, 0, &fd, &why))
        fail_msg("%s", why.text);
    const struct timeval patience = { WORLD_PATIENCE_MS / 1000, 0 };
    const int yes = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    struct sockaddr_storage address;
    const socklen_t size = world_address(world, host, family, port, &address);
    if (port > 0 && bind(fd, (struct sockaddr *)&address, size))
        fail_msg("bind to port %u of host %u", port, host);
    return fd;
}

int world_run(const struct world *world, uint32_t host, const char *line)
{
    const char *const argv[] = { "sh", "-c", line, NULL };
    struct base_why why = { 0 };
    pid_t pid = 0;
    if (lab_net_spawn(world->net, host, argv, NULL, &pid, &why))
        fail_msg("%s", why.text);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

uint64_t world_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
