/* test_emulator_parts.c - packets as bytes, lateness as counts. */
#include "unit.h"

#include "emulator_internal.h"
#include "emulator_late.h"
#include "emulator_packet.h"
#include "emulator_tun.h"

#include <base/rng.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t ipv4(uint8_t *packet, size_t size, uint8_t protocol, const uint8_t to[4])
{
    memset(packet, 0, size);
    packet[0] = 0x45;
    packet[2] = (uint8_t)(size >> 8);
    packet[3] = (uint8_t)size;
    packet[6] = 0x40; /* DF */
    packet[9] = protocol;
    memcpy(packet + 12, (uint8_t[4]){ 10, 77, 0, 1 }, 4);
    memcpy(packet + 16, to, 4);
    return size;
}

static size_t ipv6(uint8_t *packet, size_t size, uint8_t protocol, uint8_t last)
{
    memset(packet, 0, size);
    packet[0] = 0x60;
    packet[6] = protocol;
    packet[8] = packet[24] = 0xfd;
    packet[9] = packet[25] = 0x77;
    packet[23] = 1;
    packet[39] = last;
    return size;
}

static void a_packet_is_for_a_host(void **state)
{
    (void)state;
    static const struct {
        uint8_t to[4];
        uint32_t host;
    } rows[] = {
        { { 10, 77, 0, 1 }, 0 },
        { { 10, 77, 0, 250 }, 249 },
        { { 10, 77, 0, 0 }, LAB_NO_HOST },
        { { 10, 77, 0, 251 }, LAB_NO_HOST },
        { { 10, 77, 0, 255 }, LAB_NO_HOST },
        { { 10, 77, 1, 1 }, LAB_NO_HOST },
        { { 224, 0, 0, 1 }, LAB_NO_HOST },
        { { 255, 255, 255, 255 }, LAB_NO_HOST },
    };
    uint8_t packet[60];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t size = ipv4(packet, 28, 17, rows[i].to);
        assert_int_equal(lab_packet_host(packet, size, 250), rows[i].host);
        assert_int_equal(lab_packet_host(packet, 19, 250), LAB_NO_HOST);
    }
    const size_t size = ipv6(packet, 60, 17, 250);
    assert_int_equal(lab_packet_host(packet, size, 250), 249);
    assert_int_equal(lab_packet_host(packet, size, 249), LAB_NO_HOST);
    assert_int_equal(lab_packet_host(packet, 39, 250), LAB_NO_HOST);
    packet[24] = 0xff; /* multicast */
    assert_int_equal(lab_packet_host(packet, size, 250), LAB_NO_HOST);
    packet[0] = 0x50;
    assert_int_equal(lab_packet_host(packet, size, 250), LAB_NO_HOST);
}

/* RFC 1071 of a range that holds its own checksum: all ones. */
static uint32_t sum(const uint8_t *data, size_t size, uint32_t start)
{
    for (size_t i = 0; i < size; i++)
        start += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    while (start >> 16)
        start = (start & 0xffff) + (start >> 16);
    return start;
}

static void answers_to_large_ipv4(void **state)
{
    (void)state;
    static const uint8_t to[4] = { 10, 77, 0, 2 };
    uint8_t packet[1400], answer[LAB_TOO_BIG_MAX];
    ipv4(packet, sizeof packet, 17, to);
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1300, 1, answer), 56);
    assert_int_equal(sum(answer, 20, 0), 0xffff);
    assert_int_equal(sum(answer + 20, 36, 0), 0xffff);
    assert_memory_equal(answer + 12, to, 4);
    assert_memory_equal(answer + 16, packet + 12, 4);
    assert_int_equal(answer[20] * 256 + answer[21], 3 * 256 + 4);
    assert_int_equal(answer[26] * 256 + answer[27], 1300);
    assert_memory_equal(answer + 28, packet, 28);
    packet[6] = 0; /* may be fragmented */
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1300, 1, answer), 0);
    packet[6] = 0x40;
    packet[7] = 9; /* a later fragment */
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1300, 1, answer), 0);
    ipv4(packet, sizeof packet, 1, to);
    packet[20] = 3; /* an error of ICMP */
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1300, 1, answer), 0);
    packet[20] = 8; /* an echo */
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1300, 1, answer), 56);
    packet[0] = 0x44; /* shorter than a header can be */
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1300, 1, answer), 0);
}

static void answers_to_large_ipv6(void **state)
{
    (void)state;
    uint8_t packet[1400], answer[LAB_TOO_BIG_MAX];
    ipv6(packet, sizeof packet, 17, 2);
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1280, 1, answer), LAB_TOO_BIG_MAX);
    const size_t message = LAB_TOO_BIG_MAX - 40;
    const uint32_t pseudo = sum(answer + 8, 32, (uint32_t)message + 58);
    assert_int_equal(sum(answer + 40, message, pseudo), 0xffff);
    assert_int_equal(answer[40], 2);
    assert_int_equal(answer[46] * 256 + answer[47], 1280);
    assert_memory_equal(answer + 8, packet + 24, 16);
    assert_memory_equal(answer + 24, packet + 8, 16);
    packet[6] = 58;
    packet[40] = 1; /* an error */
    assert_int_equal(lab_packet_too_big(packet, sizeof packet, 1280, 1, answer), 0);
    packet[40] = 128;
    assert_true(lab_packet_too_big(packet, sizeof packet, 1280, 1, answer) > 0);
    assert_int_equal(lab_packet_too_big(packet, 39, 1280, 1, answer), 0);
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Against the sorted values: at most a bucket's width above, never below. */
static void quantiles_are_within_their_bucket(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static struct lab_late late;
    static uint64_t values[COUNT];
    struct base_rng rng;
    base_rng_init(&rng, 11);
    assert_int_equal(lab_late_quantile(&late, 0.5), 0);
    for (int i = 0; i < COUNT; i++) {
        values[i] = base_rng_u64(&rng) >> (24 + base_rng_below(&rng, 40));
        lab_late_add(&late, values[i]);
    }
    qsort(values, COUNT, sizeof *values, compare);
    assert_int_equal(late.count, COUNT);
    assert_int_equal(late.max_ns, values[COUNT - 1]);
    for (int percent = 1; percent <= 100; percent++) {
        const uint64_t exact = values[COUNT / 100 * percent - 1];
        const uint64_t found = lab_late_quantile(&late, percent / 100.0);
        assert_in_range(found, exact, exact + exact / LAB_LATE_STEPS);
    }
    lab_late_add(&late, UINT64_MAX); /* beyond the last bucket, but still the largest */
    assert_true(lab_late_quantile(&late, 1) >= UINT64_C(1) << 40);
}

/* What the kernel had no room for is a fault of this machine; what nobody was there for is not. */
static void only_what_found_no_room_is_counted(void **state)
{
    (void)state;
    static const struct {
        int error;
        unsigned counted;
    } rows[] = { { ENOBUFS, 1 },      { ENOMEM, 1 }, { EAGAIN, 1 }, { EIO, 0 },
                 { ECONNREFUSED, 0 }, { ENODEV, 0 }, { EINVAL, 0 }, { EMSGSIZE, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct lab_emulator_stats stats;
        static struct lab_emulator emulator;
        stats = (struct lab_emulator_stats){ 0 };
        emulator.stats = &stats;
        lab_emulator_unsent(&emulator, rows[i].error);
        assert_int_equal(stats.dropped_socket, rows[i].counted);
    }
}

/* The kernel's time of a packet is taken where it can be right, be the clock set or not. */
static void times_that_cannot_be_are_not_taken(void **state)
{
    (void)state;
    static const struct {
        uint64_t kernel_ns, empty_ns, now_ns, taken_ns;
    } rows[] = {
        { 150, 100, 200, 150 }, { 101, 100, 200, 101 },
        { 199, 100, 200, 199 }, { 100, 100, 200, 200 },
        { 50, 100, 200, 200 },  { 200, 100, 200, 200 },
        { 201, 100, 200, 200 }, { 0, 0, 200, 200 },
        { 1, 0, 200, 1 },       { UINT64_MAX - 5, 100, 200, 200 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(lab_stamp_ns(rows[i].kernel_ns, rows[i].empty_ns, rows[i].now_ns),
                         rows[i].taken_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_that_cannot_be_are_not_taken),
        cmocka_unit_test(a_packet_is_for_a_host),
        cmocka_unit_test(answers_to_large_ipv4),
        cmocka_unit_test(answers_to_large_ipv6),
        cmocka_unit_test(quantiles_are_within_their_bucket),
        cmocka_unit_test(only_what_found_no_room_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
