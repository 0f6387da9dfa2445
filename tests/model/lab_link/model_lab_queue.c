/* model_lab_queue.c - the queue that is decided on arrival against queues that hold packets.
 *
 *   model_lab_queue [TIMES]    TIMES the usual number of rounds
 *
 * SEED in the environment repeats a run. The drop-tail twin keeps every packet with its exact
 * finish. The CoDel twin is the pseudocode's dequeue side: a queue, a clock, and RFC 8289's deque()
 * called whenever the wire is free, by packets' arrival and by the wire's becoming free. */
#include "unit.h"

#include "model_seed.h"

#include <lab/link.h>

#include <math.h>
#include <string.h>

enum { ROUNDS = 400 / MODEL_SLOW, PACKETS = 3000 };

static uint64_t seed;
static unsigned times = 1;

typedef unsigned __int128 wide;

#define BYTE_NS UINT64_C(8000000000)

struct packet {
    uint64_t came_ns;
    size_t size;
    bool is_dropped, is_taken;
    uint64_t out_ns;
};

static struct packet packets[PACKETS], asked[PACKETS];

/* Times in parts of 1 / rate ns, so that nothing is rounded. */
struct tail_twin {
    uint64_t rate, limit;
    struct waiting {
        wide start, finish;
        size_t size;
    } waiting[PACKETS];
    size_t first, count;
};

static struct tail_twin twin;

static bool tail_takes(uint64_t now_ns, size_t size, uint64_t *out_ns)
{
    const wide now = (wide)now_ns * twin.rate;
    wide unsent = (wide)size * BYTE_NS;
    while (twin.first < twin.count && twin.waiting[twin.first].finish <= now)
        twin.first++;
    for (size_t i = twin.first; i < twin.count; i++) {
        const struct waiting *const w = &twin.waiting[i];
        unsent += w->start >= now ? w->finish - w->start : w->finish - now;
    }
    const bool is_busy = twin.count > 0 && twin.waiting[twin.count - 1].finish / twin.rate > now_ns;
    if (is_busy && unsent > (wide)twin.limit * BYTE_NS)
        return false;
    wide start = now;
    if (twin.count > 0 && twin.waiting[twin.count - 1].finish > start)
        start = twin.waiting[twin.count - 1].finish;
    twin.waiting[twin.count++] = (struct waiting){ start, start + (wide)size * BYTE_NS, size };
    *out_ns = (uint64_t)(twin.waiting[twin.count - 1].finish / twin.rate);
    return true;
}

static uint64_t random_rate(struct base_rng *rng)
{
    return LAB_LINK_RATE_MIN + (uint64_t)pow(10, 3 + 7 * base_rng_uniform(rng));
}

/* Bursts and pauses around the rate. */
static uint64_t random_gap(struct base_rng *rng, double each_ns)
{
    switch (base_rng_below(rng, 4)) {
    case 0:
        return 0;
    case 1:
        return base_rng_below(rng, 3);
    case 2:
        return (uint64_t)base_rng_exponential(rng, each_ns);
    default:
        return (uint64_t)base_rng_exponential(rng, 3 * each_ns);
    }
}

static void drop_tail_is_its_twin(void **state)
{
    struct base_rng rng;
    uint64_t dropped = 0;
    (void)state;
    base_rng_init(&rng, seed);
    for (unsigned r = 0; r < ROUNDS * times; r++) {
        struct lab_link link;
        struct base_why why = { 0 };
        const uint64_t rate = random_rate(&rng);
        const struct lab_link_config config = { .rate_bits = rate,
                                                .queue_bytes = 1 + base_rng_below(&rng, 20000) };
        if (lab_link_init(&link, &config, r, &why) == BASE_ERANGE)
            continue; /* more than an hour of queue */
        twin = (struct tail_twin){ .rate = rate, .limit = config.queue_bytes };
        uint64_t now = 0;
        for (int i = 0; i < PACKETS; i++) {
            const size_t size = 1 + base_rng_below(&rng, base_rng_below(&rng, 2) ? 64 : 3000);
            struct lab_fate fates[LAB_FATES_MAX];
            uint64_t out_ns = 0;
            now += random_gap(&rng, (double)size * 8e9 / (double)rate);
            const bool is_taken = tail_takes(now, size, &out_ns);
            assert_int_equal(lab_link_send(&link, now, size, fates), is_taken);
            if (is_taken)
                assert_int_equal(fates[0].at_ns, out_ns);
        }
        dropped += link.counts.queue_dropped;
    }
    printf("%llu dropped\n", (unsigned long long)dropped);
    assert_true(dropped > ROUNDS);
}

/* RFC 8289, section 5, names as there. has_bytes_rule: the rule that looks at what is left behind,
 * in place of ours that the target is at least one full packet's time. */
struct codel_twin {
    uint64_t rate, target, interval, maxpacket;
    bool has_bytes_rule;
    size_t first, end, count;    /* of packets: queued are [first, end) */
    uint64_t wire_ns, wire_rest; /* free */
    uint64_t first_above_time, drop_next;
    uint32_t drop_count, last_count;
    bool is_dropping;
};

static struct codel_twin codel;

/* The queue's head at `now`; NULL when it is empty. */
static struct packet *dodequeue(uint64_t now, bool *ok_to_drop)
{
    *ok_to_drop = false;
    if (codel.first == codel.end) {
        codel.first_above_time = 0;
        return NULL;
    }
    struct packet *const p = &packets[codel.first++];
    size_t bytes = 0;
    for (size_t i = codel.first; i < codel.end; i++)
        bytes += packets[i].size;
    const uint64_t sojourn = now - p->came_ns;
    if (sojourn < codel.target || (codel.has_bytes_rule && bytes <= codel.maxpacket)) {
        codel.first_above_time = 0;
    } else if (codel.first_above_time == 0) {
        codel.first_above_time = now + codel.interval;
    } else if (now >= codel.first_above_time) {
        *ok_to_drop = true;
    }
    return p;
}

static uint64_t control_law(uint64_t t, uint32_t count)
{
    return t + (uint64_t)((double)codel.interval / sqrt(count));
}

static struct packet *deque(uint64_t now)
{
    bool ok;
    struct packet *p = dodequeue(now, &ok);
    if (codel.is_dropping) {
        if (!ok)
            codel.is_dropping = false;
        while (codel.is_dropping && now >= codel.drop_next) {
            p->is_dropped = true;
            codel.drop_count++;
            p = dodequeue(now, &ok);
            if (!ok)
                codel.is_dropping = false;
            else
                codel.drop_next = control_law(codel.drop_next, codel.drop_count);
        }
    } else if (ok) {
        p->is_dropped = true;
        p = dodequeue(now, &ok);
        codel.is_dropping = true;
        const uint32_t delta = codel.drop_count - codel.last_count;
        codel.drop_count = 1;
        if (delta > 1 && (double)now - (double)codel.drop_next < 16.0 * (double)codel.interval)
            codel.drop_count = delta;
        codel.drop_next = control_law(now, codel.drop_count);
        codel.last_count = codel.drop_count;
    }
    return p;
}

static void serve(uint64_t now)
{
    struct packet *const p = deque(now);
    if (p == NULL)
        return;
    if (now > codel.wire_ns)
        codel.wire_rest = 0;
    const uint64_t work = p->size * BYTE_NS + codel.wire_rest;
    codel.wire_ns = now + work / codel.rate;
    codel.wire_rest = work % codel.rate;
    p->out_ns = codel.wire_ns;
    p->is_taken = true;
}

/* Everything that happens, in the order of time; what comes at the moment the wire gets free is in
 * the queue then. */
static void codel_run(void)
{
    size_t next = 0;
    bool is_busy = false;
    for (;;) {
        const uint64_t came = next < codel.count ? packets[next].came_ns : UINT64_MAX;
        if (is_busy && codel.wire_ns < came) {
            const uint64_t now = codel.wire_ns;
            serve(now);
            is_busy = codel.wire_ns > now;
            continue;
        }
        if (next == codel.count)
            return;
        codel.end = ++next;
        if (!is_busy) {
            serve(came);
            is_busy = codel.wire_ns > came;
        }
    }
}

static void random_packets(struct base_rng *rng, uint64_t rate, double load)
{
    uint64_t now = 0;
    for (int i = 0; i < PACKETS; i++) {
        const size_t size = base_rng_below(rng, 3) ? 1500 : 40 + base_rng_below(rng, 1400);
        packets[i] = (struct packet){ .came_ns = now, .size = size };
        now += random_gap(rng, (double)size * 8e9 / (double)rate / load);
    }
}

static uint64_t send_all(const struct lab_link_config *config)
{
    struct lab_link link;
    struct base_why why = { 0 };
    struct lab_fate fates[LAB_FATES_MAX];
    if (lab_link_init(&link, config, 1, &why) != BASE_OK)
        fail_msg("%s", why.text);
    for (int i = 0; i < PACKETS; i++) {
        asked[i] = packets[i];
        if (lab_link_send(&link, packets[i].came_ns, packets[i].size, fates) == 1) {
            asked[i].is_taken = true;
            asked[i].out_ns = fates[0].at_ns;
        }
    }
    return link.counts.queue_dropped;
}

static void twin_run(const struct lab_link_config *config, bool has_bytes_rule)
{
    const uint64_t full = 1500 * BYTE_NS / config->rate_bits;
    codel = (struct codel_twin){ .rate = config->rate_bits,
                                 .target = config->codel_target_ns,
                                 .interval = config->codel_interval_ns,
                                 .maxpacket = 1500,
                                 .has_bytes_rule = has_bytes_rule,
                                 .count = PACKETS };
    if (!has_bytes_rule && codel.target < full)
        codel.target = full;
    codel_run();
}

static struct lab_link_config random_codel(struct base_rng *rng)
{
    /* 100 kbit/s .. 1 Gbit/s */
    return (struct lab_link_config){ .rate_bits = (uint64_t)pow(10, 5 + 4 * base_rng_uniform(rng)),
                                     .queue = LAB_QUEUE_CODEL,
                                     .queue_bytes = PACKETS * 1500,
                                     .codel_target_ns = 1000 + base_rng_below(rng, 10000000),
                                     .codel_interval_ns = 1000 + base_rng_below(rng, 200000000) };
}

static void codel_is_its_twin(void **state)
{
    struct base_rng rng;
    uint64_t dropped = 0;
    (void)state;
    base_rng_init(&rng, seed + 1);
    for (unsigned r = 0; r < ROUNDS * times; r++) {
        const struct lab_link_config config = random_codel(&rng);
        random_packets(&rng, config.rate_bits, 0.8 + 2 * base_rng_uniform(&rng));
        dropped += send_all(&config);
        twin_run(&config, false);
        for (int i = 0; i < PACKETS; i++) {
            /* What the twin has not decided is what nobody asks for after the last packet. */
            if (!packets[i].is_taken && !packets[i].is_dropped)
                fail_msg("packet %d of round %u was never asked for", i, r);
            if (packets[i].is_taken != asked[i].is_taken || packets[i].out_ns != asked[i].out_ns)
                fail_msg("packet %d of round %u: %d at %llu, not %d at %llu", i, r,
                         asked[i].is_taken, (unsigned long long)asked[i].out_ns,
                         packets[i].is_taken, (unsigned long long)packets[i].out_ns);
        }
    }
    printf("%llu dropped\n", (unsigned long long)dropped);
    assert_true(dropped > ROUNDS);
}

/* What stands in for the rule of RFC 8289 drops as much as that rule does. */
static void both_rules_drop_alike(void **state)
{
    struct base_rng rng;
    uint64_t ours = 0, theirs = 0;
    (void)state;
    base_rng_init(&rng, seed + 2);
    for (unsigned r = 0; r < ROUNDS * times; r++) {
        struct lab_link_config config = random_codel(&rng);
        config.codel_target_ns = 5000000;
        config.codel_interval_ns = 100000000;
        random_packets(&rng, config.rate_bits, 0.8 + 2 * base_rng_uniform(&rng));
        ours += send_all(&config);
        twin_run(&config, true);
        for (int i = 0; i < PACKETS; i++)
            theirs += packets[i].is_dropped;
    }
    const double all = (double)ROUNDS * times * PACKETS;
    printf("%.3f %% dropped, %.3f %% with the rule of RFC 8289\n", (double)ours / all * 100,
           (double)theirs / all * 100);
    assert_true(fabs((double)ours - (double)theirs) < 0.05 * (double)theirs + 0.0005 * all);
}

int main(int count, char **args)
{
    seed = model_seed();
    times = model_times(count, args);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_tail_is_its_twin),
        cmocka_unit_test(codel_is_its_twin),
        cmocka_unit_test(both_rules_drop_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
