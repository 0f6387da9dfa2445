/* test_net_capture.c - what hosts sent and received, in files that others read. */
#define _GNU_SOURCE
#include "unit.h"

#include "net_internal.h"
#include "net_world.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT = 4000, PACKETS = 10, PAYLOAD = 100 };

struct record {
    uint32_t seconds, ns, kept, size;
};

/* How many UDP packets from one address to another a whole file has; a record cut short fails. */
static unsigned packets_in(const char *folder, const char *name, uint8_t from, uint8_t to)
{
    char path[300];
    struct base_buf file = { 0 };
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(base_buf_read_file(&file, path, 1 << 20, NULL), BASE_OK);
    static const uint8_t head[24] = { 0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,  0,
                                      0,    0,    0,    0,    0, 0, 0, 1, 0, 101 };
    assert_true(file.size >= sizeof head);
    assert_memory_equal(file.data, head, sizeof head);
    unsigned found = 0;
    uint64_t before_ns = 0;
    for (size_t at = sizeof head; at < file.size;) {
        struct record record;
        assert_true(at + sizeof record <= file.size);
        memcpy(&record, file.data + at, sizeof record);
        at += sizeof record;
        assert_int_equal(record.kept, record.size);
        assert_true(at + record.kept <= file.size);
        const uint64_t ns = record.seconds * UINT64_C(1000000000) + record.ns;
        assert_true(ns >= before_ns && record.ns < 1000000000);
        before_ns = ns;
        const uint8_t *const packet = file.data + at;
        found += record.size == PAYLOAD + 28 && packet[9] == 17 && packet[15] == from &&
                 packet[19] == to;
        at += record.kept;
    }
    base_buf_done(&file);
    return found;
}

static void folder_remove(const char *folder)
{
    for (int i = 0; i < 3; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/node%d.pcap", folder, i);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0); /* there were no other files */
}

static void send_packets(const struct world *world)
{
    const int a = world_socket(world, 0, AF_INET, SOCK_DGRAM, 0);
    const int b = world_socket(world, 1, AF_INET, SOCK_DGRAM, PORT);
    struct sockaddr_storage to;
    const socklen_t size = world_address(world, 1, AF_INET, PORT, &to);
    uint8_t data[PAYLOAD] = { 0 };
    for (int i = 0; i < PACKETS; i++) {
        assert_true(sendto(a, data, sizeof data, 0, (struct sockaddr *)&to, size) > 0);
        assert_int_equal(recv(b, data, sizeof data, 0), sizeof data);
    }
    close(a);
    close(b);
}

static void check(const char *folder)
{
    assert_int_equal(packets_in(folder, "node0.pcap", 1, 2), PACKETS);
    assert_int_equal(packets_in(folder, "node1.pcap", 1, 2), PACKETS);
    assert_int_equal(packets_in(folder, "node2.pcap", 1, 2), 0);
}

static void both_ends_have_each_packet(void **state)
{
    (void)state;
    static const struct lab_link_config delay = { .delay_ns = 2000000 };
    for (int offload = 0; offload < 2; offload++) {
        char folder[] = "/tmp/lab-capture-XXXXXX";
        struct world world;
        assert_non_null(mkdtemp(folder));
        world_plan(&world, 3, &delay);
        world.config.capture_folder = folder;
        world.config.has_offload = offload == 1;
        world_open(&world);
        send_packets(&world);
        world_close(&world);
        check(folder);
        folder_remove(folder);
    }
}

static void a_killed_emulator_leaves_whole_records(void **state)
{
    (void)state;
    static const struct lab_link_config delay = { .delay_ns = 2000000 };
    char folder[] = "/tmp/lab-capture-XXXXXX";
    struct world world;
    assert_non_null(mkdtemp(folder));
    world_plan(&world, 3, &delay);
    world.config.capture_folder = folder;
    world_open(&world);
    send_packets(&world);
    const uint64_t until_ms = world_now_ms() + WORLD_PATIENCE_MS;
    while (packets_in(folder, "node1.pcap", 1, 2) < PACKETS && world_now_ms() < until_ms)
        ;
    assert_int_equal(kill(world.net->emulator, SIGKILL), 0);
    world_close(&world);
    check(folder);
    folder_remove(folder);
}

int main(void)
{
    if (world_skip(LAB_BACK_TUN))
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_have_each_packet),
        cmocka_unit_test(a_killed_emulator_leaves_whole_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
