/* net_attacker.c - who is no member: sends what no honest node would. Datagrams with addresses of
 * others are made whole, IPv4 header and all, for a raw socket. */
#define _GNU_SOURCE
#include "net_round.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BURST = 32,              /* datagrams between looks at the clock */
    GARBAGE_SIZE_MAX = 1400, /* bytes */
    HEADERS = sizeof(struct iphdr) + sizeof(struct udphdr),
};
static const uint64_t idle_ns = 1000000;

static uint64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void idle(void)
{
    const struct timespec wait = { .tv_nsec = (long)idle_ns };
    nanosleep(&wait, NULL); /* sleep: no attack now, its share is used, or nothing has come */
}

static struct sockaddr_in ipv4_of(const struct base_address *address)
{
    struct sockaddr_in out = { .sin_family = AF_INET, .sin_port = htons(address->port) };
    memcpy(&out.sin_addr, address->ip + 12, 4);
    return out;
}

/* Ones' complement sum. Source: RFC 1071 */
static uint16_t checksum(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

struct attacker {
    const struct net_round *round;
    struct base_rng rng;
    int raw; /* -1: none may be made */
    int plain;
    uint64_t wire_bytes; /* that were sent, headers included */
};

static void count(struct attacker *attacker, ssize_t sent)
{
    if (sent <= 0)
        return;
    attacker->wire_bytes += HEADERS + (uint64_t)sent;
    atomic_fetch_add(&attacker->round->control->attack_packets, 1);
    atomic_fetch_add(&attacker->round->control->attack_bytes, (uint64_t)sent);
}

static void send_plain(struct attacker *attacker, const struct base_address *to, const void *data,
                       size_t size)
{
    const struct sockaddr_in address = ipv4_of(to);
    count(attacker, sendto(attacker->plain, data, size, 0, (const void *)&address, sizeof address));
}

/* A UDP checksum of 0 is none (RFC 768). */
static void send_as(struct attacker *attacker, const struct base_address *from,
                    const struct base_address *to, const void *data, size_t size)
{
    uint8_t packet[HEADERS + NET_TAP_SIZE];
    const struct sockaddr_in source = ipv4_of(from), address = ipv4_of(to);
    struct iphdr ip = { .version = 4,
                        .ihl = 5,
                        .ttl = 64,
                        .protocol = IPPROTO_UDP,
                        .tot_len = htons((uint16_t)(HEADERS + size)),
                        .saddr = source.sin_addr.s_addr,
                        .daddr = address.sin_addr.s_addr };
    const struct udphdr udp = { .source = source.sin_port,
                                .dest = address.sin_port,
                                .len = htons((uint16_t)(sizeof udp + size)) };
    ip.check = htons(checksum(&ip, sizeof ip));
    memcpy(packet, &ip, sizeof ip);
    memcpy(packet + sizeof ip, &udp, sizeof udp);
    memcpy(packet + HEADERS, data, size);
    const ssize_t sent =
        sendto(attacker->raw, packet, HEADERS + size, 0, (const void *)&address, sizeof address);
    count(attacker, sent > 0 ? sent - (ssize_t)HEADERS : sent);
}

static const struct base_address *any_member(struct attacker *attacker, uint32_t *index)
{
    *index = (uint32_t)base_rng_below(&attacker->rng, attacker->round->member_count);
    return &attacker->round->addresses[*index];
}

static void send_garbage(struct attacker *attacker, bool is_spoofed)
{
    uint8_t data[GARBAGE_SIZE_MAX];
    uint32_t to = 0, from = 0;
    const size_t size = 1 + (size_t)base_rng_below(&attacker->rng, sizeof data);
    for (size_t i = 0; i < size; i += 8) {
        const uint64_t word = base_rng_u64(&attacker->rng);
        memcpy(data + i, &word, size - i < 8 ? size - i : 8);
    }
    const struct base_address *target = any_member(attacker, &to);
    if (is_spoofed)
        send_as(attacker, any_member(attacker, &from), target, data, size);
    else
        send_plain(attacker, target, data, size);
}

/* A datagram that a member has sent, once more: from where it came, or from the victim. */
static void send_again(struct attacker *attacker, const struct base_address *victim)
{
    uint32_t from = 0;
    const struct base_address *member = any_member(attacker, &from);
    const struct net_tap *tap = &attacker->round->records[from]->tap;
    const uint32_t there = atomic_load_explicit(&tap->count, memory_order_acquire);
    if (there == 0)
        return;
    const uint32_t i = (uint32_t)base_rng_below(&attacker->rng, there);
    send_as(attacker, victim != NULL ? victim : member, &tap->datagrams[i].to,
            tap->datagrams[i].data, tap->datagrams[i].size);
}

static void attack_once(struct attacker *attacker)
{
    const struct net_round *round = attacker->round;
    switch (round->attack) {
    case NET_ATTACK_GARBAGE:
        send_garbage(attacker, false);
        break;
    case NET_ATTACK_SPOOF:
        send_garbage(attacker, true);
        break;
    case NET_ATTACK_REPLAY:
        send_again(attacker, NULL);
        break;
    default:
        send_again(attacker, &round->addresses[round->member_count + 1]);
        break;
    }
}

/* It has half of a processor, and the rate of its line: what is above that would only be dropped in
 * front of it, at the cost of the laboratory. */
static bool must_wait(const struct attacker *attacker, uint64_t spent_ns)
{
    const double line_bits = (double)attacker->round->plan->conditions.bandwidth_bits;
    return 2 * read_ns(CLOCK_PROCESS_CPUTIME_ID) > spent_ns ||
           (line_bits > 0 && 8e9 * (double)attacker->wire_bytes > line_bits * (double)spent_ns);
}

/* Counts what comes to the victim, which asked for nothing. */
static void victim_main(const struct net_round *round)
{
    uint8_t data[BASE_STEP_DATAGRAM_MAX];
    const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(NET_PORT) };
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const void *)&any, sizeof any) != 0)
        _exit(1);
    while (atomic_load(&round->control->must_stop) == 0) {
        const ssize_t size = recv(fd, data, sizeof data, 0);
        if (size > 0)
            atomic_fetch_add(&round->control->victim_bytes, (uint64_t)size);
        else
            idle();
    }
    close(fd);
}

void net_attacker_main(const struct net_round *round, uint32_t which)
{
    struct attacker attacker = { .round = round };
    const struct net_control *control = round->control;
    if (which == 1) {
        victim_main(round);
        return;
    }
    base_rng_init(&attacker.rng, round->plan->seed + 77);
    attacker.plain = socket(AF_INET, SOCK_DGRAM, 0);
    attacker.raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (attacker.plain < 0 || (attacker.raw < 0 && round->attack != NET_ATTACK_GARBAGE))
        _exit(1);
    while (atomic_load(&control->must_stop) == 0) {
        const uint64_t start_ns = atomic_load(&control->start_ns);
        const uint64_t at_ns = read_ns(CLOCK_MONOTONIC);
        const uint64_t from_ns = start_ns + control->attack_from_ns;
        if (start_ns == 0 || at_ns < from_ns || at_ns >= start_ns + control->attack_until_ns ||
            must_wait(&attacker, at_ns - from_ns)) {
            idle();
            continue;
        }
        for (int i = 0; i < BURST; i++)
            attack_once(&attacker);
    }
    close(attacker.plain);
    if (attacker.raw >= 0)
        close(attacker.raw);
}
