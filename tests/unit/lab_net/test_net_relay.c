/* test_net_relay.c - ports instead of hosts: bytes arrive as they were, answers come back, and what
 * links do to datagrams they do not do to streams. */
#define _GNU_SOURCE
#include "unit.h"

#include "net_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STREAM_SIZE = 3 << 20 };

static const struct lab_link_config delayed = { .delay_ns = 2000000 };

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int socket_at(int type, uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    const struct timeval patience = { WORLD_PATIENCE_MS / 1000, 0 };
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void relay_open(struct world *world, uint32_t hosts, const struct lab_link_config *link)
{
    world_plan(world, hosts, link);
    world->config.back_end = LAB_BACK_RELAY;
    world_open(world);
    assert_string_equal(lab_net_address(world->net, 1), "127.0.0.1");
    assert_string_equal(lab_net_address6(world->net, 1), "");
}

static void datagrams_and_their_answers(void **state)
{
    (void)state;
    struct world world;
    uint16_t service, port, ports[2];
    uint8_t data[65507], heard[65507];
    relay_open(&world, 3, &delayed);
    const int server = socket_at(SOCK_DGRAM, &service);
    const int clients[2] = { socket_at(SOCK_DGRAM, &ports[0]), socket_at(SOCK_DGRAM, &ports[1]) };
    assert_int_equal(lab_net_relay_port(world.net, 0, 2, service, false, &port, NULL), BASE_OK);
    const struct sockaddr_in to = loopback(port);
    for (unsigned i = 0; i < 60; i++) {
        const size_t size = i % 3 == 0 ? 1 + i : i % 3 == 1 ? 1400 : sizeof data - i;
        memset(data, (int)i, size);
        assert_int_equal(
            sendto(clients[i % 2], data, size, 0, (const struct sockaddr *)&to, sizeof to), size);
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        assert_int_equal(
            recvfrom(server, heard, sizeof heard, 0, (struct sockaddr *)&from, &length), size);
        assert_memory_equal(heard, data, size);
        assert_int_equal(sendto(server, heard, size / 2, 0, (struct sockaddr *)&from, length),
                         size / 2);
        assert_int_equal(recv(clients[i % 2], heard, sizeof heard, 0), size / 2);
        assert_memory_equal(heard, data, size / 2);
    }
    struct lab_net_report report;
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_int_equal(report.packets, 120);
    assert_int_equal(report.total.delivered, 120);
    assert_int_equal(report.back_end, LAB_BACK_RELAY);
    close(server);
    close(clients[0]);
    close(clients[1]);
    world_close(&world);
}

static void datagrams_are_lost_as_asked(void **state)
{
    (void)state;
    static const struct lab_link_config lossy = { .loss = LAB_LOSS_BERNOULLI, .loss_share = 1 };
    struct world world;
    uint16_t service, port, own;
    relay_open(&world, 2, &lossy);
    const int server = socket_at(SOCK_DGRAM, &service), client = socket_at(SOCK_DGRAM, &own);
    assert_int_equal(lab_net_relay_port(world.net, 0, 1, service, false, &port, NULL), BASE_OK);
    const struct sockaddr_in to = loopback(port);
    assert_int_equal(sendto(client, "x", 1, 0, (const struct sockaddr *)&to, sizeof to), 1);
    struct lab_net_report report;
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    do
        assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    while (report.total.lost == 0 && world_now_ms() < until_ms);
    assert_int_equal(report.total.lost, 1);
    char byte;
    assert_int_equal(recv(server, &byte, 1, MSG_DONTWAIT), -1);
    close(server);
    close(client);
    world_close(&world);
}

/* All of it, whatever the links lose, and back again by a server that only echoes. */
static void streams_lose_nothing(void **state)
{
    (void)state;
    static const struct lab_link_config bad = { .delay_ns = 1000000,
                                                .loss = LAB_LOSS_BERNOULLI,
                                                .loss_share = 0.3,
                                                .duplicate = 0.3,
                                                .corrupt = 0.3 };
    static uint8_t heard[STREAM_SIZE];
    struct world world;
    uint16_t service, port;
    relay_open(&world, 2, &bad);
    const int server = socket_at(SOCK_STREAM, &service);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(lab_net_relay_port(world.net, 0, 1, service, true, &port, NULL), BASE_OK);
    const pid_t writer = fork();
    if (writer == 0) {
        static uint8_t data[STREAM_SIZE], back[STREAM_SIZE];
        const struct sockaddr_in to = loopback(port);
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)(i * 31 >> 7);
        size_t sent = 0, got = 0;
        if (connect(fd, (const struct sockaddr *)&to, sizeof to))
            _exit(1);
        for (ssize_t n; sent < sizeof data && (n = write(fd, data + sent, sizeof data - sent)) > 0;)
            sent += (size_t)n;
        shutdown(fd, SHUT_WR);
        for (ssize_t n; (n = read(fd, back + got, sizeof back - got)) > 0;)
            got += (size_t)n;
        _exit(sent != sizeof data || got != sent || memcmp(data, back, sent) != 0 ? 2 : 0);
    }
    const int fd = accept(server, NULL, NULL);
    assert_true(fd >= 0);
    size_t at = 0;
    for (ssize_t n; (n = read(fd, heard + at, sizeof heard - at)) > 0;)
        at += (size_t)n;
    assert_int_equal(at, sizeof heard);
    for (size_t back = 0; back < at;) {
        const ssize_t n = write(fd, heard + back, at - back);
        assert_true(n > 0);
        back += (size_t)n;
    }
    close(fd);
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    struct lab_net_report report; /* pieces of streams are packets of links like any other */
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_true(report.total.delivered_bytes > 2 * STREAM_SIZE);
    assert_int_equal(report.total.packets, report.packets);
    assert_int_equal(report.total.delivered, report.packets);
    assert_int_equal(report.total.bytes, report.bytes);
    close(server);
    world_close(&world);
}

static void streams_break_where_nobody_listens(void **state)
{
    (void)state;
    struct world world;
    uint16_t service, port;
    char byte;
    relay_open(&world, 2, &delayed);
    close(socket_at(SOCK_STREAM, &service)); /* a port that is free now */
    assert_int_equal(lab_net_relay_port(world.net, 1, 0, service, true, &port, NULL), BASE_OK);
    const struct sockaddr_in to = loopback(port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* The reset may be there before this process runs again to learn that it was connected. */
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        assert_int_equal(read(fd, &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    world_close(&world);
}

static void a_cut_breaks_a_stream(void **state)
{
    (void)state;
    struct world world;
    uint16_t service, port;
    char byte;
    relay_open(&world, 2, &delayed);
    const int server = socket_at(SOCK_STREAM, &service);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(lab_net_relay_port(world.net, 0, 1, service, true, &port, NULL), BASE_OK);
    const struct sockaddr_in to = loopback(port);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&to, sizeof to), 0);
    const int fd = accept(server, NULL, NULL);
    struct lab_change change = { .kind = LAB_CUT, .a = 0, .b = 1 };
    assert_int_equal(lab_net_change(world.net, &change, NULL), BASE_OK);
    assert_int_equal(write(client, "a", 1), 1);
    struct lab_net_report report; /* it has been taken, and dropped */
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    do
        assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    while (report.packets < 2 && world_now_ms() < until_ms);
    change.kind = LAB_HEAL;
    assert_int_equal(lab_net_change(world.net, &change, NULL), BASE_OK);
    assert_int_equal(write(client, "b", 1), 1);
    assert_int_equal(read(fd, &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    close(client);
    close(server);
    world_close(&world);
}

/* Both ends have closed, and the news of it is under way for a second: nothing is left to do for
 * the emulator until then. */
static void an_end_under_way_takes_no_time(void **state)
{
    (void)state;
    static const struct lab_link_config slow = { .delay_ns = 1000000000 };
    struct world world;
    uint16_t service, port;
    char byte;
    relay_open(&world, 2, &slow);
    const int server = socket_at(SOCK_STREAM, &service);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(lab_net_relay_port(world.net, 0, 1, service, true, &port, NULL), BASE_OK);
    const struct sockaddr_in to = loopback(port);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&to, sizeof to), 0);
    const int fd = accept(server, NULL, NULL);
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_int_equal(read(fd, &byte, 1), 0);
    struct lab_net_report before, after;
    assert_int_equal(lab_net_report(world.net, &before, NULL), BASE_OK);
    close(fd);
    assert_int_equal(read(client, &byte, 1), 0);
    assert_int_equal(lab_net_report(world.net, &after, NULL), BASE_OK);
    assert_true(after.wall_ns - before.wall_ns > slow.delay_ns / 2);
    assert_true(after.busy_ns - before.busy_ns < slow.delay_ns / 10);
    close(client);
    close(server);
    world_close(&world);
}

static void programs_run_beside_it(void **state)
{
    (void)state;
    struct world world;
    struct base_why why = { 0 };
    int fd;
    uint16_t port;
    relay_open(&world, 2, &delayed);
    const int status = world_run(&world, 1, "exit 5");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    assert_int_equal(lab_net_socket(world.net, 0, AF_INET, SOCK_DGRAM, 0, &fd, &why),
                     BASE_EUNSUPPORTED);
    assert_int_equal(lab_net_relay_port(world.net, 0, 2, 1, false, &port, &why), BASE_ERANGE);
    const char *const argv[] = { "sleep", "1000", NULL };
    pid_t pid;
    assert_int_equal(lab_net_spawn(world.net, 0, argv, NULL, &pid, NULL), BASE_OK);
    world_close(&world);
    assert_int_equal(kill(pid, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_and_their_answers),
        cmocka_unit_test(datagrams_are_lost_as_asked),
        cmocka_unit_test(streams_lose_nothing),
        cmocka_unit_test(streams_break_where_nobody_listens),
        cmocka_unit_test(a_cut_breaks_a_stream),
        cmocka_unit_test(an_end_under_way_takes_no_time),
        cmocka_unit_test(programs_run_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
