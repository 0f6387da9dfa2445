/* test_net_hosts.c - hosts talk to each other, as root, over TUN and, started with
 * "veth-asked-for", over veth; and, with "as-nobody", as a user who is nobody, in a mount namespace
 * where everybody may open /dev/net/tun; or may not, and has veth. */
#define _GNU_SOURCE
#include "unit.h"

#include "net_internal.h"
#include "net_world.h"

#include <base/rng.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, PORT = 4000 };

static const struct lab_link_config near_link = { .delay_ns = 1000000 };

static void fill(uint8_t *data, size_t size, uint64_t seed)
{
    struct base_rng rng;
    base_rng_init(&rng, seed);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)base_rng_u64(&rng);
}

static bool has_tun;

static void datagrams_arrive_as_they_were(int family)
{
    static const size_t sizes[] = { 1, 100, 1200, 1472, 3000, 20000 };
    static uint8_t sent[20000], received[20001];
    struct world world;
    world_plan(&world, 3, &near_link);
    world_open(&world);
    const int a = world_socket(&world, 0, family, SOCK_DGRAM, PORT);
    const int b = world_socket(&world, 2, family, SOCK_DGRAM, PORT);
    struct sockaddr_storage to, from, expected;
    const socklen_t size = world_address(&world, 2, family, PORT, &to);
    const socklen_t from_size = world_address(&world, 0, family, PORT, &expected);
    for (size_t i = 0; i < 6 * 20; i++) {
        const size_t bytes = sizes[i % 6];
        fill(sent, bytes, i);
        assert_int_equal(sendto(a, sent, bytes, 0, (struct sockaddr *)&to, size), bytes);
        socklen_t length = sizeof from;
        assert_int_equal(
            recvfrom(b, received, sizeof received, 0, (struct sockaddr *)&from, &length), bytes);
        assert_memory_equal(received, sent, bytes);
        assert_memory_equal(&from, &expected, from_size);
    }
    struct lab_net_report report;
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_int_equal(report.back_end, has_tun ? LAB_BACK_TUN : LAB_BACK_VETH);
    assert_true(report.packets >= 6 * 20);
    assert_int_equal(report.total.packets, report.packets);
    assert_int_equal(report.total.delivered, report.packets);
    uint64_t arrived = 0;
    assert_int_equal(lab_net_arrived(world.net, &arrived, NULL), BASE_OK);
    assert_int_equal(arrived, report.total.delivered_bytes); /* nothing is under way */
    assert_true(report.total.delay_sum_ns >= report.packets * near_link.delay_ns);
    assert_int_equal(report.dropped_device, 0);
    assert_true(report.wall_ns > 0 && report.busy_ns > 0 && report.rate_pps_max > 0);
    assert_true(report.late_p50_ns <= report.late_p99_ns);
    assert_true(report.late_p99_ns <= report.late_max_ns);
    close(a);
    close(b);
    world_close(&world);
}

static void udp_over_ipv4(void **state)
{
    (void)state;
    datagrams_arrive_as_they_were(AF_INET);
}

static void udp_over_ipv6(void **state)
{
    (void)state;
    datagrams_arrive_as_they_were(AF_INET6);
}

enum { STREAM_SIZE = 1 << 20 };

/* A child writes, so that neither side waits for the other. */
static void stream_check(int writer, int reader)
{
    static uint8_t sent[STREAM_SIZE], received[STREAM_SIZE];
    fill(sent, sizeof sent, 7);
    const pid_t pid = fork();
    if (pid == 0) {
        size_t at = 0;
        for (ssize_t n; at < sizeof sent && (n = write(writer, sent + at, sizeof sent - at)) > 0;)
            at += (size_t)n;
        _exit(at != sizeof sent || shutdown(writer, SHUT_WR));
    }
    close(writer);
    size_t at = 0;
    for (ssize_t n; (n = read(reader, received + at, sizeof received - at)) > 0;)
        at += (size_t)n;
    assert_int_equal(at, sizeof sent);
    assert_memory_equal(received, sent, sizeof sent);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(reader);
}

static void stream_over(int family, bool has_offload)
{
    struct world world;
    world_plan(&world, 2, &near_link);
    world.config.has_offload = has_offload;
    world_open(&world);
    const int port = world_socket(&world, 1, family, SOCK_STREAM, PORT);
    assert_int_equal(listen(port, 1), 0);
    const int client = world_socket(&world, 0, family, SOCK_STREAM, 0);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, family, PORT, &to);
    assert_int_equal(connect(client, (struct sockaddr *)&to, size), 0);
    const int server = accept(port, NULL, NULL);
    assert_true(server >= 0);
    stream_check(client, server);
    close(port);
    world_close(&world);
}

static void tcp_over_both(void **state)
{
    (void)state;
    stream_over(AF_INET, false);
    stream_over(AF_INET6, false);
}

static void tcp_with_offload(void **state)
{
    (void)state;
    if (!has_tun)
        skip();
    stream_over(AF_INET, true);
    stream_over(AF_INET6, true);
}

static void a_host_answers_ping(void **state)
{
    (void)state;
    struct world world;
    struct base_why why = { 0 };
    int fd;
    world_plan(&world, 2, &near_link);
    world_open(&world);
    if (lab_net_socket(world.net, 0, AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &fd, &why))
        fail_msg("%s", why.text);
    struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons(3) };
    uint8_t answer[100];
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, AF_INET, 0, &to);
    assert_int_equal(sendto(fd, &echo, sizeof echo, 0, (struct sockaddr *)&to, size), sizeof echo);
    struct pollfd wait = { fd, POLLIN, 0 };
    assert_int_equal(poll(&wait, 1, WORLD_PATIENCE_MS), 1);
    assert_int_equal(recv(fd, answer, sizeof answer, 0), sizeof echo);
    assert_int_equal(answer[0], ICMP_ECHOREPLY);
    close(fd);
    world_close(&world);
}

static void what_is_for_nobody_goes_nowhere(void **state)
{
    (void)state;
    struct world world;
    world_plan(&world, 2, &near_link);
    world_open(&world);
    const int fd = world_socket(&world, 0, AF_INET, SOCK_DGRAM, 0);
    const int yes = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes), 0);
    static const uint32_t addresses[] = { 0x0a4d00ff, 0x0a4d0003, 0x0a4d00fa };
    for (size_t i = 0; i < 3; i++) {
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
        to.sin_addr.s_addr = htonl(addresses[i]);
        assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
    }
    const int self = world_socket(&world, 0, AF_INET, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 0, AF_INET, PORT, &to);
    assert_int_equal(sendto(fd, "me", 2, 0, (struct sockaddr *)&to, size), 2);
    char text[4];
    assert_int_equal(recv(self, text, sizeof text, 0), 2);
    struct lab_net_report report;
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_int_equal(report.packets, 0);
    assert_true(report.is_valid);
    close(self);
    close(fd);
    world_close(&world);
}

static void programs_end_as_they_do(void **state)
{
    (void)state;
    struct world world;
    world_plan(&world, 2, &near_link);
    world_open(&world);
    int status = world_run(&world, 0, "exit 7");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = world_run(&world, 1, "kill -9 $$");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    const char *const argv[] = { "sh", "-c",
                                 "trap 'exit 3' TERM; echo up; while :; do sleep 1; done", NULL };
    int ends[2];
    pid_t pid;
    char text[8];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int fds[3] = { -1, ends[1], -1 };
    assert_int_equal(lab_net_spawn(world.net, 0, argv, fds, &pid, NULL), BASE_OK);
    assert_int_equal(read(ends[0], text, sizeof text), 3);
    assert_int_equal(kill(-pid, SIGTERM), 0); /* it leads a group of its own */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    close(ends[0]);
    close(ends[1]);
    world_close(&world);
}

/* Each in its own network, as the caller's user. */
static void programs_see_their_host(void **state)
{
    (void)state;
    struct world world;
    world_plan(&world, 3, &near_link);
    world_open(&world);
    char line[400];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(line, sizeof line,
                 "grep -q '10.77.0.%u$' /proc/net/fib_trie && test $(id -u) = %u && "
                 "grep -q lab0 /proc/net/dev && test $(grep -c : /proc/net/dev) = 2",
                 i + 1, (unsigned)geteuid());
        assert_int_equal(world_run(&world, i, line), 0);
    }
    world_close(&world);
}

/* Programs that left their group, and one that nobody waited for, end with the network. */
static void nothing_survives_close(void **state)
{
    (void)state;
    struct world world;
    const char *const argv[] = { "sh", "-c", "setsid sleep 1000 & echo $!; exec sleep 1000", NULL };
    int ends[2];
    pid_t pid;
    char text[16];
    world_plan(&world, 2, &near_link);
    world_open(&world);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int fds[3] = { -1, ends[1], -1 };
    assert_int_equal(lab_net_spawn(world.net, 0, argv, fds, &pid, NULL), BASE_OK);
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof text) > 0);
    world_close(&world);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(read(ends[0], text, sizeof text), 0); /* nobody holds the other end */
    close(ends[0]);
}

enum { SHORT_MS = 100 }; /* for what is not to come, or may */

static bool passes(int a, int b, const struct sockaddr_storage *to, socklen_t size, int patience_ms)
{
    static uint32_t number;
    uint32_t heard;
    number++;
    assert_int_equal(sendto(a, &number, sizeof number, 0, (const struct sockaddr *)to, size),
                     sizeof number);
    struct pollfd wait = { b, POLLIN, 0 };
    while (poll(&wait, 1, patience_ms) == 1)
        if (recv(b, &heard, sizeof heard, 0) == sizeof heard && heard == number)
            return true;
    return false;
}

static void the_schedule_parts_and_heals(void **state)
{
    (void)state;
    static const uint8_t side[3] = { 0, 0, 1 };
    struct world world;
    world_plan(&world, 3, &near_link);
    world.changes[0] =
        (struct lab_change){ .at_ns = 300000000, .kind = LAB_PARTITION, .side = side };
    world.changes[1] = (struct lab_change){ .at_ns = 900000000, .kind = LAB_HEAL_ALL };
    world.plan.change_count = 2;
    world_open(&world);
    const int a = world_socket(&world, 0, AF_INET, SOCK_DGRAM, 0);
    const int b = world_socket(&world, 2, AF_INET, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 2, AF_INET, PORT, &to);
    assert_true(passes(a, b, &to, size, WORLD_PATIENCE_MS));
    assert_int_equal(lab_net_begin(world.net, NULL), BASE_OK);
    assert_int_equal(lab_net_begin(world.net, NULL), BASE_EEXIST);
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    while (passes(a, b, &to, size, SHORT_MS))
        assert_true(world_now_ms() < until_ms);
    while (!passes(a, b, &to, size, SHORT_MS))
        assert_true(world_now_ms() < until_ms);
    struct lab_net_report report;
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_true(report.total.down_dropped > 0);
    close(a);
    close(b);
    world_close(&world);
}

static void changes_are_done_on_return(void **state)
{
    (void)state;
    static const int64_t trace[] = { 1000, 2000 };
    struct world world;
    struct base_why why = { 0 };
    world_plan(&world, 2, &near_link);
    world_open(&world);
    const int a = world_socket(&world, 0, AF_INET, SOCK_DGRAM, 0);
    const int b = world_socket(&world, 1, AF_INET, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, AF_INET, PORT, &to);
    struct lab_change change = { .kind = LAB_CUT, .a = 0, .b = 1 };
    assert_int_equal(lab_net_change(world.net, &change, NULL), BASE_OK);
    assert_false(passes(a, b, &to, size, SHORT_MS));
    change.kind = LAB_SET;
    change.config = near_link;
    change.config.jitter = LAB_JITTER_TRACE;
    change.config.jitter_trace = trace;
    change.config.jitter_count = 2;
    assert_int_equal(lab_net_change(world.net, &change, NULL), BASE_OK);
    assert_true(passes(a, b, &to, size, WORLD_PATIENCE_MS));
    change.b = 9;
    assert_int_equal(lab_net_change(world.net, &change, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "link"));
    change.config.jitter_count = 1000000;
    assert_int_equal(lab_net_change(world.net, &change, &why), BASE_ERANGE);
    close(a);
    close(b);
    world_close(&world);
}

/* Of a link as it was planned, or as it was changed to be. */
static void the_path_tells_its_mtu(int family, bool is_changed)
{
    static const struct lab_link_config narrow = { .delay_ns = 1000000, .mtu_bytes = 1300 };
    const bool is_v6 = family == AF_INET6;
    uint8_t data[1400] = { 0 };
    struct world world;
    world_plan(&world, 2, is_changed ? &near_link : &narrow);
    world_open(&world);
    const struct lab_change change = { .kind = LAB_SET, .a = 0, .b = 1, .config = narrow };
    if (is_changed)
        assert_int_equal(lab_net_change(world.net, &change, NULL), BASE_OK);
    const int fd = world_socket(&world, 0, family, SOCK_DGRAM, 0);
    const int never = is_v6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO;
    assert_int_equal(setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                is_v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &never, sizeof never),
                     0);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, family, PORT, &to);
    const int quiet = world_socket(&world, 1, family, SOCK_DGRAM, PORT);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, size), 0);
    assert_int_equal(send(fd, data, sizeof data, 0), sizeof data);
    /* The socket learns of it with the next packet that it sends. */
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    int mtu = 1500;
    for (socklen_t length = sizeof mtu; mtu == 1500 && world_now_ms() < until_ms;) {
        assert_true(send(fd, data, 100, 0) == 100 || errno == EMSGSIZE);
        assert_int_equal(getsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
                                    is_v6 ? IPV6_MTU : IP_MTU, &mtu, &length),
                         0);
    }
    assert_int_equal(mtu, 1300);
    struct lab_net_report report;
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    assert_int_equal(report.total.mtu_dropped, 1);
    assert_int_equal(send(fd, data, sizeof data, 0), -1);
    assert_int_equal(errno, EMSGSIZE);
    close(quiet);
    close(fd);
    world_close(&world);
}

static void too_large_packets_are_answered(void **state)
{
    (void)state;
    for (int is_changed = 0; is_changed < 2; is_changed++) {
        the_path_tells_its_mtu(AF_INET, is_changed);
        the_path_tells_its_mtu(AF_INET6, is_changed);
    }
}

/* Corrupt packets come, if at all, without anybody taking them for sound ones. */
static void checksums_find_what_is_corrupt(void **state)
{
    (void)state;
    static const struct lab_link_config bad = { .corrupt = 1 };
    struct world world;
    uint8_t data[500];
    world_plan(&world, 2, &bad);
    world_open(&world);
    const int a = world_socket(&world, 0, AF_INET, SOCK_DGRAM, 0);
    const int b = world_socket(&world, 1, AF_INET, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, AF_INET, PORT, &to);
    fill(data, sizeof data, 1);
    for (int i = 0; i < 200; i++)
        assert_true(sendto(a, data, sizeof data, 0, (struct sockaddr *)&to, size) > 0);
    struct lab_net_report report;
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    do
        assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    while (report.total.corrupted < 200 && world_now_ms() < until_ms);
    assert_int_equal(report.total.corrupted, 200);
    uint8_t heard[500];
    for (ssize_t n; (n = recv(b, heard, sizeof heard, MSG_DONTWAIT)) > 0;) {
        assert_int_equal(n, sizeof data); /* the flipped bit was of the header: TOS, or the like */
        assert_memory_equal(heard, data, sizeof data);
    }
    close(a);
    close(b);
    world_close(&world);
}

static void two_networks_do_not_meet(void **state)
{
    (void)state;
    struct world first, second;
    world_plan(&first, 2, &near_link);
    world_plan(&second, 2, &near_link);
    world_open(&first);
    world_open(&second);
    const int a = world_socket(&first, 0, AF_INET, SOCK_DGRAM, 0);
    const int b = world_socket(&first, 1, AF_INET, SOCK_DGRAM, PORT);
    const int other = world_socket(&second, 1, AF_INET, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&first, 1, AF_INET, PORT, &to);
    assert_true(passes(a, b, &to, size, WORLD_PATIENCE_MS));
    char byte;
    assert_int_equal(recv(other, &byte, 1, MSG_DONTWAIT), -1);
    world_close(&first);
    assert_int_equal(world_run(&second, 0, "exit 0"), 0);
    world_close(&second);
    close(a);
    close(b);
    close(other);
}

static void as_many_hosts_as_there_may_be(void **state)
{
    (void)state;
    static struct lab_host hosts[250];
    struct world world;
    world_plan(&world, 2, &near_link);
    for (unsigned i = 0; i < 250; i++)
        snprintf(hosts[i].name, sizeof hosts[i].name, "node%u", i);
    world.plan = (struct lab_topology){ .hosts = hosts,
                                        .host_count = 250,
                                        .program_count = 250,
                                        .is_uniform = true,
                                        .uniform = near_link };
    world_open(&world);
    assert_string_equal(lab_net_address(world.net, 249), "10.77.0.250");
    assert_string_equal(lab_net_address6(world.net, 249), "fd77::fa");
    const int a = world_socket(&world, 7, AF_INET6, SOCK_DGRAM, 0);
    const int b = world_socket(&world, 249, AF_INET6, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 249, AF_INET6, PORT, &to);
    assert_true(passes(a, b, &to, size, WORLD_PATIENCE_MS));
    assert_int_equal(world_run(&world, 249, "exit 0"), 0);
    close(a);
    close(b);
    world_close(&world);
}

/* The emulator stands still when a packet is sent, and for STILL_MS then. From veth that is no part
 * of the delay, nor in the way of a valid run; from TUN it is. */
static void time_begins_when_the_kernel_has_it(void **state)
{
    (void)state;
    enum { STILL_MS = 700, DELAY_MS = 1500, SPARE_MS = 600 };
    struct world world;
    struct lab_net_report report;
    char byte = 1;
    world_plan(&world, 2, &(struct lab_link_config){ .delay_ns = DELAY_MS * UINT64_C(1000000) });
    world_open(&world);
    struct sockaddr_storage to;
    const socklen_t size = world_address(&world, 1, AF_INET, PORT, &to);
    const int a = world_socket(&world, 0, AF_INET, SOCK_DGRAM, PORT);
    const int b = world_socket(&world, 1, AF_INET, SOCK_DGRAM, PORT);
    /* one before, to have a time at which nothing was there */
    assert_int_equal(sendto(a, &byte, 1, 0, (struct sockaddr *)&to, size), 1);
    assert_int_equal(recv(b, &byte, 1, 0), 1);
    int status = 0;
    assert_int_equal(kill(world.net->emulator, SIGSTOP), 0);
    assert_int_equal(waitpid(world.net->emulator, &status, WUNTRACED), world.net->emulator);
    assert_true(WIFSTOPPED(status));
    const uint64_t sent_ms = world_now_ms();
    assert_int_equal(sendto(a, &byte, 1, 0, (struct sockaddr *)&to, size), 1);
    (void)!poll(NULL, 0, STILL_MS);
    assert_int_equal(kill(world.net->emulator, SIGCONT), 0);
    assert_int_equal(recv(b, &byte, 1, 0), 1);
    const uint64_t took_ms = world_now_ms() - sent_ms;
    assert_int_equal(lab_net_report(world.net, &report, NULL), BASE_OK);
    if (has_tun) {
        assert_true(took_ms >= STILL_MS + DELAY_MS);
    } else {
        assert_in_range(took_ms, DELAY_MS, DELAY_MS + SPARE_MS);
        if (report.late_p99_ns < 1000000)
            assert_true(report.is_valid);
    }
    close(a);
    close(b);
    world_close(&world);
}

static bool may_be_in_real_time(void)
{
    const struct sched_param first = { 1 }, none = { 0 };
    if (sched_setscheduler(0, SCHED_FIFO, &first))
        return false;
    assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &none), 0);
    return system("exec 2>/dev/null; cd /proc/sys/kernel; us=$(cat sched_rt_runtime_us); "
                  "[ $us -lt 0 ] || [ $us -ge 950000 -a $(cat sched_rt_period_us) = 1000000 ]") ==
           0;
}

/* Only when it was given a core is the emulator in real time, and not always. */
static void a_core_of_its_own_is_had_in_turns(void **state)
{
    (void)state;
    enum { LOOKS = 20000 };
    cpu_set_t cores;
    struct world world;
    int core = 0;
    if (!may_be_in_real_time())
        skip();
    assert_int_equal(sched_getaffinity(0, sizeof cores, &cores), 0);
    while (!CPU_ISSET((unsigned)core, &cores))
        core++;
    for (int has_core = 0; has_core < 2; has_core++) {
        unsigned in_turns[2] = { 0 };
        world_plan(&world, 2, &near_link);
        world.config.core = has_core ? core : -1;
        world_open(&world);
        for (int i = 0; i < (has_core ? LOOKS : 400) && !(in_turns[0] && in_turns[1]); i++) {
            in_turns[sched_getscheduler(world.net->emulator) == SCHED_FIFO]++;
            (void)!poll(NULL, 0, 1);
        }
        assert_true(in_turns[0] > 0);
        assert_int_equal(in_turns[1] > 0, has_core);
        world_close(&world);
    }
}

/* A /dev/net/tun that everybody may use, as most machines have, or nobody. */
static bool tun_set(mode_t mode)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/dev/net", "tmpfs", 0, "mode=755") == 0 &&
           mknod("/dev/net/tun", S_IFCHR | mode, makedev(10, 200)) == 0 &&
           chmod("/dev/net/tun", mode) == 0;
}

static int run_as_nobody(const char *program, mode_t mode)
{
    const int fd = open(program, O_RDONLY | O_CLOEXEC);
    if (geteuid() != 0 || !tun_set(mode) || setgroups(0, NULL) || setgid(NOBODY) ||
        setuid(NOBODY) || fd < 0) {
        printf("skipped: becoming nobody: %s\n", geteuid() ? "not root" : strerror(errno));
        return 77;
    }
    char *const argv[] = { (char *)program, mode & 2 ? NULL : "veth", NULL };
    extern char **environ;
    fexecve(fd, argv, environ);
    printf("skipped: %s: %s\n", program, strerror(errno));
    return 77;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "as-nobody"))
        return run_as_nobody(argv[0], 0666);
    if (argc > 1 && !strcmp(argv[1], "as-nobody-without-tun"))
        return run_as_nobody(argv[0], 0600);
    has_tun = argc < 2 && access("/dev/net/tun", R_OK | W_OK) == 0;
    if (argc > 1 && !strcmp(argv[1], "veth-asked-for"))
        world_back_end = LAB_BACK_VETH;
    if (world_skip(LAB_BACK_TUN))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_over_ipv4),
        cmocka_unit_test(udp_over_ipv6),
        cmocka_unit_test(tcp_over_both),
        cmocka_unit_test(tcp_with_offload),
        cmocka_unit_test(a_host_answers_ping),
        cmocka_unit_test(what_is_for_nobody_goes_nowhere),
        cmocka_unit_test(programs_end_as_they_do),
        cmocka_unit_test(programs_see_their_host),
        cmocka_unit_test(nothing_survives_close),
        cmocka_unit_test(the_schedule_parts_and_heals),
        cmocka_unit_test(changes_are_done_on_return),
        cmocka_unit_test(too_large_packets_are_answered),
        cmocka_unit_test(checksums_find_what_is_corrupt),
        cmocka_unit_test(two_networks_do_not_meet),
        cmocka_unit_test(as_many_hosts_as_there_may_be),
        cmocka_unit_test(time_begins_when_the_kernel_has_it),
        cmocka_unit_test(a_core_of_its_own_is_had_in_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
