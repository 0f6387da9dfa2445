/* test_net_refuse.c - what cannot be says why, and leaves nothing behind. */
#define _GNU_SOURCE
#include "unit.h"

#include "net_internal.h"
#include "net_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct lab_link_config plain = { 0 };

static void refused(struct world *world, base_err err, const char *part)
{
    struct base_why why = { 0 };
    world->net = NULL;
    assert_int_equal(lab_net_open(&world->config, &world->net, &why), err);
    assert_null(world->net);
    if (!strstr(why.text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, why.text);
}

static void numbers_out_of_range(void **state)
{
    (void)state;
    struct world world;
    world_plan(&world, 2, &plain);
    world.plan.program_count = 251;
    refused(&world, BASE_ERANGE, "251 hosts are not between 1 and 250");
    world.plan.program_count = 0;
    refused(&world, BASE_ERANGE, "0 hosts");
    world.plan.program_count = 2;
    world.config.mtu_bytes = 1279;
    refused(&world, BASE_ERANGE, "1279 bytes is not between 1280 and 65000");
    world.config.mtu_bytes = 65001;
    refused(&world, BASE_ERANGE, "65001");
    world.config.mtu_bytes = 0;
    world.config.core = 100000;
    refused(&world, BASE_ERANGE, "core 100000 is none");
    world.config.core = -1;
}

/* Wherever the MTU is said: of one link, of all, by the schedule, later. */
static void an_mtu_beside_offload(void **state)
{
    (void)state;
    static const struct lab_link_config narrow = { .mtu_bytes = 1300 };
    struct world world;
    struct base_why why = { 0 };
    struct lab_change change = { .kind = LAB_SET, .a = 0, .b = 1, .config = narrow };
    world_plan(&world, 2, &plain);
    world.config.has_offload = true;
    world.edges[0].config = narrow;
    refused(&world, BASE_ERANGE, "do not go together");
    world.edges[0].config = plain;
    world.plan.edge_count = 0;
    world.plan.is_uniform = true;
    world.plan.uniform = narrow;
    refused(&world, BASE_ERANGE, "do not go together");
    world.plan.uniform = plain;
    world.config.back_end = LAB_BACK_VETH;
    refused(&world, BASE_ERANGE, "offload needs TUN devices");
    world.config.back_end = LAB_BACK_TUN;
    world.changes[0] = change;
    world.plan.change_count = 1;
    refused(&world, BASE_ERANGE, "do not go together");
    world.plan.change_count = 0;
    world.config.back_end = LAB_BACK_AUTO; /* offload needs TUN devices */
    world_open(&world);
    assert_int_equal(lab_net_change(world.net, &change, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "do not go together"));
    change.config = plain;
    assert_int_equal(lab_net_change(world.net, &change, &why), BASE_OK);
    world_close(&world);
}

static void links_that_cannot_be(void **state)
{
    (void)state;
    struct world world;
    world_plan(&world, 2, &plain);
    world.edges[0].config.duplicate = 1.5;
    refused(&world, BASE_ERANGE, "duplication: 150%");
}

static void a_capture_without_its_folder(void **state)
{
    (void)state;
    struct world world;
    world_plan(&world, 2, &plain);
    world.config.capture_folder = "/no/such/folder";
    refused(&world, BASE_EIO, "/no/such/folder/node0.pcap");
}

static void netem_says_which_reason(void **state)
{
    (void)state;
    struct world world;
    struct base_why why = { 0 };
    world_plan(&world, 2, &plain);
    world.config.back_end = LAB_BACK_NETEM;
    assert_int_equal(lab_net_open(&world.config, &world.net, &why), BASE_EUNSUPPORTED);
    assert_non_null(strstr(why.text, "netem: "));
    /* As tc finds it, where there is one and this user may ask. */
    const int tc = system("unshare -n tc qdisc add dev lo root netem delay 1ms 2>/dev/null");
    const int unshare_works = system("unshare -n tc qdisc show >/dev/null 2>&1");
    if (unshare_works != 0)
        skip();
    const char *const expected =
        tc == 0 ? "this kernel has it" : "this kernel has none: adding the queueing discipline";
    if (!strstr(why.text, expected))
        fail_msg("%s", why.text);
}

static void programs_that_are_not_there(void **state)
{
    (void)state;
    struct world world;
    struct base_why why = { 0 };
    pid_t pid = -5;
    world_plan(&world, 2, &plain);
    world_open(&world);
    const char *argv[] = { "no-such-program-at-all", NULL };
    assert_int_equal(lab_net_spawn(world.net, 0, argv, NULL, &pid, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "no-such-program-at-all: there is no such program in PATH"));
    argv[0] = "/dev/null";
    assert_int_equal(lab_net_spawn(world.net, 0, argv, NULL, &pid, &why), BASE_ENOTFOUND);
    argv[0] = "sh";
    assert_int_equal(lab_net_spawn(world.net, 2, argv, NULL, &pid, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "host 2 is not one of 2"));
    assert_int_equal(pid, -5);
    int fd = -5;
    assert_int_equal(lab_net_socket(world.net, 0, 12345, SOCK_DGRAM, 0, &fd, &why), BASE_EIO);
    assert_int_equal(lab_net_socket(world.net, 7, AF_INET, SOCK_DGRAM, 0, &fd, &why), BASE_ERANGE);
    assert_int_equal(fd, -5);
    uint16_t port;
    assert_int_equal(lab_net_relay_port(world.net, 0, 1, 1, false, &port, &why), BASE_EUNSUPPORTED);
    assert_string_equal(lab_net_address(world.net, 2), "");
    world_close(&world);
}

/* Room for a pipe and nothing else: nothing is started, and nothing stays open. */
static void no_descriptor_to_start_with(void **state)
{
    (void)state;
    static const char *const argv[] = { "true", NULL };
    struct world world;
    struct base_why why = { 0 };
    struct rlimit limit;
    int before[2], after[2];
    pid_t pid = -5;
    world_plan(&world, 2, &plain);
    world_open(&world);
    assert_int_equal(pipe2(before, O_CLOEXEC), 0);
    close(before[0]);
    close(before[1]);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit narrow = { (rlim_t)before[1] + 1, limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &narrow), 0);
    const base_err err = lab_net_spawn(world.net, 0, argv, NULL, &pid, &why);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(err, BASE_EIO);
    if (!strstr(why.text, strerror(EMFILE)))
        fail_msg("%s", why.text);
    assert_int_equal(pid, -5);
    assert_int_equal(pipe2(after, O_CLOEXEC), 0);
    assert_memory_equal(after, before, sizeof after);
    close(after[0]);
    close(after[1]);
    assert_int_equal(world_run(&world, 0, "exit 0"), 0);
    world_close(&world);
}

/* A machine without TUN devices: veth serves as well, and is named, but for offload; AUTO takes the
 * relay then. */
static int check_without_tun(void)
{
    struct world world;
    struct base_why why = { 0 };
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/dev/net", "tmpfs", 0, "mode=755"))
        return 77;
    world_plan(&world, 2, &plain);
    if (lab_net_open(&world.config, &world.net, &why) != BASE_OK ||
        lab_net_back_end(world.net) != LAB_BACK_VETH)
        return 1;
    world_close(&world);
    world.config.has_offload = true;
    if (lab_net_open(&world.config, &world.net, &why) != BASE_EUNSUPPORTED ||
        !strstr(why.text, "there is no /dev/net/tun") || !strstr(why.text, "modprobe tun"))
        return 2;
    world.config.back_end = LAB_BACK_AUTO;
    if (lab_net_open(&world.config, &world.net, &why) != BASE_OK ||
        lab_net_back_end(world.net) != LAB_BACK_RELAY)
        return 3;
    world_close(&world);
    return 0;
}

static void no_tun_device(void **state)
{
    (void)state;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(check_without_tun());
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Requests that were given up have been answered after all, before the next one is. */
static void replies_are_to_their_requests(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    struct lab_net net = {
        .back_end = LAB_BACK_RELAY, .host_count = 2, .control = ends[0], .request_count = 7
    };
    static const struct lab_reply replies[] = {
        { .number = 6, .err = BASE_EFULL }, { .number = 7, .port = 1 }, { .number = 8, .port = 2 },
        { .number = 8, .port = 3 },         { .number = 9, .port = 4 },
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        assert_int_equal(send(ends[1], &replies[i], sizeof *replies, 0), sizeof *replies);
    uint16_t port = 0;
    struct lab_request request;
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(lab_net_relay_port(&net, 0, 1, 80, true, &port, NULL), BASE_OK);
        assert_int_equal(port, 2 + 2 * i);
        assert_int_equal(recv(ends[1], &request, sizeof request, 0), sizeof request);
        assert_int_equal(request.number, 8 + i);
    }
    close(ends[0]);
    close(ends[1]);
}

static void names_of_back_ends(void **state)
{
    (void)state;
    static const enum lab_back_end all[] = { LAB_BACK_AUTO, LAB_BACK_TUN, LAB_BACK_VETH,
                                             LAB_BACK_RELAY, LAB_BACK_NETEM };
    enum lab_back_end back_end;
    struct base_why why = { 0 };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(lab_back_end_parse(lab_back_end_name(all[i]), &back_end, NULL), BASE_OK);
        assert_int_equal(back_end, all[i]);
    }
    assert_int_equal(lab_back_end_parse("bridge", &back_end, &why), BASE_EPARSE);
    assert_string_equal(why.text, "bridge is no back end: auto, tun, veth, relay or netem");
}

int main(void)
{
    if (world_skip(LAB_BACK_TUN))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_out_of_range),
        cmocka_unit_test(an_mtu_beside_offload),
        cmocka_unit_test(links_that_cannot_be),
        cmocka_unit_test(a_capture_without_its_folder),
        cmocka_unit_test(netem_says_which_reason),
        cmocka_unit_test(programs_that_are_not_there),
        cmocka_unit_test(no_descriptor_to_start_with),
        cmocka_unit_test(no_tun_device),
        cmocka_unit_test(replies_are_to_their_requests),
        cmocka_unit_test(names_of_back_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
