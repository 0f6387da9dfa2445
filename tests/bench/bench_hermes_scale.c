/* bench_hermes_scale.c - broadcasts over the tree of HERMES-Lite in virtual time, from ten nodes to
 * ten thousand, with churn: a line of CSV for each size.
 *
 *   bench_hermes_scale [SEED [MESSAGES [CHURN%/min [COUNT...]]]]   (1 50 5 10 30 100 300 1000)
 *
 * Links: 25 ms one way with 5 ms of jitter and 0.5 % loss, between any two. Nodes join one after
 * the other over 20 s, knowing three earlier ones each; after 40 s of rest messages of 256 bytes go
 * from random nodes, five a second. Churn: random nodes crash and start again 5 s later, at the
 * rate asked for. A delivery is owed to every node that lived from 3 s before the sending until 10
 * s after it. Bytes are of datagrams with their IP and UDP headers (48), sent while messages were.
 *
 * Curve operations are remembered (crypto_memo.h): a message's signature is checked once, not once
 * a node. Nothing measured here depends on it but wall_s. `draw_hermes_scale` draws the CSV. */
#include "hermes_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { MESSAGES_MAX = 10000, SIZE = 256, DOWN_S = 5, GRACE_S = 10, SETTLE_S = 3, HOPS = 65 };

struct scale {
    struct hermes_group group;
    struct base_rng rng;
    uint32_t count, messages, sent;
    double churn; /* restarts of a node a second */
    uint64_t sent_ns[MESSAGES_MAX];
    uint32_t origin[MESSAGES_MAX];
    uint8_t *got;        /* [messages * count] times */
    uint64_t *born_ns;   /* [count] of the life that is */
    uint64_t *died_ns;   /* [count] latest */
    uint64_t *return_ns; /* [count] 0: alive */
    uint64_t hops[HOPS], deliveries, twice, restarts;
    double latency_sum_ns;
    float *latencies; /* [messages * count] */
};

static void tell(void *context, uint32_t host, uint64_t now_ns,
                 const struct bpi_hermes_event *event)
{
    struct scale *const s = context;
    uint32_t number;
    if (event->kind != BPI_HERMES_MESSAGE || event->payload.size != SIZE)
        return;
    memcpy(&number, event->payload.data, sizeof number);
    if (s->born_ns[host] > s->sent_ns[number])
        return; /* an earlier life may have had it */
    uint8_t *const got = &s->got[(size_t)number * s->count + host];
    s->twice += *got > 0;
    *got = 1;
    s->hops[event->hops < HOPS ? event->hops : HOPS - 1]++;
    s->latency_sum_ns += (double)(now_ns - s->sent_ns[number]);
    s->latencies[s->deliveries++] = (float)(now_ns - s->sent_ns[number]);
}

static void crash(struct scale *s, uint32_t host)
{
    const uint64_t now_ns = lab_sim_now(s->group.sim);
    hermes_group_crash(&s->group, host);
    s->died_ns[host] = now_ns;
    s->return_ns[host] = now_ns + DOWN_S * SECOND;
    s->restarts++;
}

/* Run for so long, with churn in steps of 100 ms. */
static void run(struct scale *s, uint64_t for_ns)
{
    const uint64_t until_ns = lab_sim_now(s->group.sim) + for_ns;
    while (lab_sim_now(s->group.sim) < until_ns) {
        hermes_group_run(&s->group, 100 * MS);
        const uint64_t now_ns = lab_sim_now(s->group.sim);
        for (uint32_t i = 0; i < s->count; i++) {
            if (s->return_ns[i] != 0 && s->return_ns[i] <= now_ns) {
                s->return_ns[i] = 0;
                s->born_ns[i] = now_ns;
                hermes_group_start(&s->group, i);
            } else if (s->return_ns[i] == 0 && base_rng_uniform(&s->rng) < s->churn / 10) {
                crash(s, i);
            }
        }
    }
}

/* On a terminal: how far it is. */
static void show(const struct scale *s, const char *doing)
{
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "\r%u nodes: %s at %.0f s, %u of %u messages sent\033[K", s->count, doing,
                (double)lab_sim_now(s->group.sim) / 1e9, s->sent, s->messages);
}

static void join_all(struct scale *s)
{
    const uint64_t every_ns = 20 * SECOND / s->count;
    for (uint32_t i = 0; i < s->count; i++) {
        hermes_group_start(&s->group, i);
        s->born_ns[i] = lab_sim_now(s->group.sim);
        hermes_group_run(&s->group, every_ns);
        if (i % 100 == 0)
            show(s, "joining");
    }
}

static void publish(struct scale *s)
{
    uint8_t payload[SIZE] = { 0 };
    uint32_t host = (uint32_t)base_rng_below(&s->rng, s->count);
    while (s->return_ns[host] != 0)
        host = (host + 1) % s->count;
    memcpy(payload, &s->sent, sizeof s->sent);
    s->sent_ns[s->sent] = lab_sim_now(s->group.sim);
    s->origin[s->sent] = host;
    const enum bpi_hermes_type type = (enum bpi_hermes_type)(s->sent % 3 * 3);
    struct base_why why;
    if (hermes_group_send(&s->group, host, type, NULL, base_span_of(payload, SIZE), NULL, &why) ==
        BASE_OK)
        s->sent++;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* What was owed, and what of it is missing. */
static void count_owed(const struct scale *s, uint64_t *owed, uint64_t *missing)
{
    for (uint32_t m = 0; m < s->sent; m++)
        for (uint32_t i = 0; i < s->count; i++) {
            const uint64_t end_ns = s->sent_ns[m] + GRACE_S * SECOND;
            if (i == s->origin[m] || s->born_ns[i] + SETTLE_S * SECOND > s->sent_ns[m] ||
                (s->died_ns[i] > s->sent_ns[m] && s->died_ns[i] < end_ns))
                continue;
            ++*owed;
            *missing += s->got[(size_t)m * s->count + i] == 0;
        }
}

struct hops {
    uint64_t sum, p99, most;
};

static struct hops hops_of(const struct scale *s)
{
    struct hops out = { 0 };
    uint64_t seen = 0;
    for (uint64_t h = 0; h < HOPS; h++) {
        if (s->hops[h] == 0)
            continue;
        if (seen * 100 < s->deliveries * 99)
            out.p99 = h;
        seen += s->hops[h];
        out.sum += h * s->hops[h];
        out.most = h;
    }
    return out;
}

static double latency_ms(const struct scale *s, double share)
{
    return s->deliveries > 0 ? s->latencies[(size_t)(share * (double)(s->deliveries - 1))] / 1e6
                             : 0;
}

static void measure(struct scale *s, uint64_t bytes, double wall_s)
{
    uint64_t owed = 0, missing = 0, neighbors = 0, alive = 0, duplicates = 0;
    size_t memory = 0;
    count_owed(s, &owed, &missing);
    const struct hops hops = hops_of(s);
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->group.nodes[i] == NULL)
            continue;
        const struct bpi_hermes_status status = bpi_hermes_status(s->group.nodes[i]);
        neighbors += status.neighbors;
        memory += status.memory_bytes;
        duplicates += status.duplicates;
        alive++;
    }
    qsort(s->latencies, s->deliveries, sizeof *s->latencies, by_value);
    const double n = s->deliveries > 0 ? (double)s->deliveries : 1;
    printf("%u,%u,%llu,%llu,%llu,%.7f,%llu,%.3f,%llu,%llu,%.2f,%.2f,%.2f,%.1f,%.4f,%.2f,%.0f,%.1f"
           "\n",
           s->count, s->sent, (unsigned long long)s->restarts, (unsigned long long)owed,
           (unsigned long long)missing, owed > 0 ? 1 - (double)missing / (double)owed : 0,
           (unsigned long long)s->twice, (double)hops.sum / n, (unsigned long long)hops.p99,
           (unsigned long long)hops.most, s->latency_sum_ns / n / 1e6, latency_ms(s, 0.5),
           latency_ms(s, 0.99), (double)bytes / s->count / s->sent, (double)duplicates / n,
           (double)neighbors / (double)alive, (double)memory / (double)alive, wall_s);
    fflush(stdout);
    const struct lab_fabric_stats fabric = lab_fabric_stats(lab_sim_fabric(s->group.sim));
    if (fabric.no_memory > 0)
        fprintf(stderr, "%u nodes: %llu packets had no room in the simulation: do not use\n",
                s->count, (unsigned long long)fabric.no_memory);
}

static void scale(uint32_t count, uint64_t seed, uint32_t messages, double churn)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct scale *const s = calloc(1, sizeof *s);
    if (s == NULL)
        exit(3);
    s->count = count;
    s->messages = messages;
    s->got = calloc((size_t)messages * count, 1);
    s->latencies = calloc((size_t)messages * count, sizeof *s->latencies);
    s->born_ns = calloc(count, sizeof *s->born_ns);
    s->died_ns = calloc(count, sizeof *s->died_ns);
    s->return_ns = calloc(count, sizeof *s->return_ns);
    if (s->got == NULL || s->latencies == NULL || s->born_ns == NULL || s->died_ns == NULL ||
        s->return_ns == NULL)
        exit(3);
    base_rng_init(&s->rng, seed);
    struct hermes_group_config config = { .count = count,
                                          .seed = seed,
                                          .link = { .delay_ns = 25 * MS,
                                                    .jitter = LAB_JITTER_UNIFORM,
                                                    .jitter_ns = 5 * MS,
                                                    .loss = LAB_LOSS_BERNOULLI,
                                                    .loss_share = 0.005 },
                                          .boots = 3,
                                          .is_earlier_only = true,
                                          .tell = tell,
                                          .context = s };
    bpi_hermes_defaults(&config.node);
    config.node.direct_max = 0;
    config.node.members_max = 64;
    config.node.peer_memory_bytes = 64 << 10;
    hermes_group_open(&s->group, &config);
    join_all(s);
    s->churn = churn;
    show(s, "at rest");
    run(s, 40 * SECOND);
    s->restarts = 0;
    const uint64_t before = lab_fabric_stats(lab_sim_fabric(s->group.sim)).pushed_bytes;
    while (s->sent < messages) {
        publish(s);
        run(s, 200 * MS);
        show(s, "talking");
    }
    const uint64_t bytes = lab_fabric_stats(lab_sim_fabric(s->group.sim)).pushed_bytes - before;
    run(s, GRACE_S * SECOND + SECOND);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (isatty(STDERR_FILENO) == 1)
        fputs("\r\033[K", stderr);
    measure(s, bytes,
            (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9);
    hermes_group_close(&s->group);
    free(s->got);
    free(s->latencies);
    free(s->born_ns);
    free(s->died_ns);
    free(s->return_ns);
    free(s);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = { "10", "30", "100", "300", "1000", NULL };
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    const unsigned long messages = argc > 2 ? strtoul(argv[2], NULL, 10) : 50;
    const double churn = (argc > 3 ? strtod(argv[3], NULL) : 5) / 100 / 60;
    const char *const *const counts = argc > 4 ? (const char *const *)argv + 4 : usual;
    if (messages < 1 || messages > MESSAGES_MAX || !(churn >= 0 && churn < 1)) {
        fprintf(stderr, "1 to %d messages, 0 to 6000 %% churn a minute\n", MESSAGES_MAX);
        return 2;
    }
    puts("nodes,messages,restarts,owed,missing,delivered_share,twice,hops_mean,hops_p99,hops_max,"
         "latency_mean_ms,latency_p50_ms,latency_p99_ms,bytes_per_node_message,duplicates_per_"
         "delivery,"
         "neighbors_mean,memory_bytes_mean,wall_s");
    for (size_t i = 0; counts[i] != NULL; i++) {
        const unsigned long count = strtoul(counts[i], NULL, 10);
        if (count < 4 || count > LAB_HOSTS_MAX) {
            fprintf(stderr, "%s: 4 to %d nodes\n", counts[i], LAB_HOSTS_MAX);
            return 2;
        }
        scale((uint32_t)count, seed, (uint32_t)messages, churn);
    }
    return 0;
}
