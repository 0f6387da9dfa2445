/* fuzz_lab_packet.c - hostile packets of a host: whose they are, and what a router would answer. An
 * answer is a sound packet to the sender, of a size that every path takes. */
#include "emulator_packet.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 4096, HOSTS = 250, ROUTER = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static uint32_t sum(const uint8_t *data, size_t size, uint32_t start)
{
    for (size_t i = 0; i < size; i++)
        start += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    while (start >> 16)
        start = (start & 0xffff) + (start >> 16);
    return start;
}

static void check_answer(const uint8_t *packet, const uint8_t *answer, size_t size)
{
    const bool is_v4 = packet[0] >> 4 == 4;
    need(size <= (is_v4 ? 576u : LAB_TOO_BIG_MAX) && answer[0] >> 4 == packet[0] >> 4);
    need(memcmp(is_v4 ? answer + 16 : answer + 24, is_v4 ? packet + 12 : packet + 8,
                is_v4 ? 4 : 16) == 0);
    const size_t header = is_v4 ? 20 : 40;
    const uint32_t pseudo = is_v4 ? 0 : sum(answer + 8, 32, (uint32_t)(size - header) + 58);
    need(sum(answer + header, size - header, pseudo) == 0xffff);
    need(memcmp(answer + header + 8, packet, size - header - 8) == 0);
    uint8_t again[LAB_TOO_BIG_MAX];
    need(lab_packet_too_big(answer, size, 1280, ROUTER, again) == 0); /* no answers to answers */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > PACKET_MAX)
        return 0;
    uint8_t *const exact = malloc(size > 0 ? size : 1); /* a read past its end is found */
    need(exact != NULL);
    if (size > 0)
        memcpy(exact, data, size);
    const uint32_t host = lab_packet_host(exact, size, HOSTS);
    need(host < HOSTS || host == LAB_NO_HOST);
    uint8_t answer[LAB_TOO_BIG_MAX];
    const size_t n = lab_packet_too_big(exact, size, 1300, ROUTER, answer);
    if (n > 0)
        check_answer(exact, answer, n);
    free(exact);
    return 0;
}
