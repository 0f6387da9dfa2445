/* flow_pair.c - a heap of packets by arrival, and the book. The bytes of a message follow from
 * its number, so that a wrong one is seen whatever it is mixed up with. */
#include "flow_pair.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ull

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

struct hermes_flow_config flow_pair_config(void)
{
    return (struct hermes_flow_config){ .packet_max = FLOW_PAIR_PACKET,
                                        .memory_bytes = 4 << 20,
                                        .deadline_ns = { SECOND, 5 * SECOND, 30 * SECOND } };
}

void flow_pair_init(struct flow_pair *pair, const struct hermes_channel *channel,
                    const struct hermes_flow_config *config, uint64_t seed)
{
    *pair = (struct flow_pair){ .now_ns = SECOND };
    base_rng_init(&pair->rng, seed);
    for (int i = 0; i < 2; i++) {
        need(hermes_flow_new(config, pair->now_ns, &pair->flows[i]) == BASE_OK);
        pair->ways[i].channel = *channel;
    }
}

void flow_pair_done(struct flow_pair *pair)
{
    for (int i = 0; i < 2; i++)
        hermes_flow_free(pair->flows[i]);
    for (size_t i = 0; i < pair->heap_count; i++)
        free(pair->heap[i].data);
    free(pair->heap);
    free(pair->entries);
}

/* ---- the heap ---- */

static bool is_before(const struct flow_pair_packet *a, const struct flow_pair_packet *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_put(struct flow_pair *pair, const struct flow_pair_packet *packet)
{
    if (pair->heap_count == pair->heap_capacity) {
        pair->heap_capacity = pair->heap_capacity > 0 ? 2 * pair->heap_capacity : 64;
        pair->heap = realloc(pair->heap, pair->heap_capacity * sizeof *pair->heap);
        need(pair->heap != NULL);
    }
    size_t at = pair->heap_count++;
    for (; at > 0 && is_before(packet, &pair->heap[(at - 1) / 2]); at = (at - 1) / 2)
        pair->heap[at] = pair->heap[(at - 1) / 2];
    pair->heap[at] = *packet;
}

static struct flow_pair_packet heap_take(struct flow_pair *pair)
{
    struct flow_pair_packet *const heap = pair->heap;
    const struct flow_pair_packet first = heap[0], last = heap[--pair->heap_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < pair->heap_count; at = child) {
        if (child + 1 < pair->heap_count && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &last))
            break;
        heap[at] = heap[child];
    }
    if (pair->heap_count > 0)
        heap[at] = last;
    return first;
}

/* ---- the channel ---- */

static void deliver_at(struct flow_pair *pair, unsigned to, uint64_t at_ns, const uint8_t *data,
                       size_t size)
{
    uint8_t *const copy = malloc(size);
    need(copy != NULL);
    memcpy(copy, data, size);
    heap_put(pair, &(struct flow_pair_packet){ .at_ns = at_ns,
                                               .order = pair->order++,
                                               .data = copy,
                                               .size = (uint32_t)size,
                                               .to = (uint8_t)to });
}

/* When the wire has sent it; 0: the queue is full. */
static uint64_t wire(struct flow_pair *pair, struct hermes_way *way, size_t size)
{
    const uint64_t rate = way->channel.rate_bits;
    if (rate == 0)
        return pair->now_ns;
    const uint64_t queue = way->channel.queue_bytes > 0 ? way->channel.queue_bytes : rate / 80;
    const uint64_t start = way->free_ns > pair->now_ns ? way->free_ns : pair->now_ns;
    if ((start - pair->now_ns) * rate / 8 / SECOND > queue)
        return 0;
    way->free_ns = start + size * 8 * SECOND / rate;
    return way->free_ns;
}

static void channel_send(struct flow_pair *pair, unsigned from, const uint8_t *data, size_t size)
{
    struct hermes_way *const way = &pair->ways[from];
    const struct hermes_channel *const channel = &way->channel;
    way->packets++;
    way->bytes += size + FLOW_PAIR_HEADERS;
    const uint64_t out_ns = wire(pair, way, size + FLOW_PAIR_HEADERS);
    if (out_ns == 0) {
        way->dropped++;
        return;
    }
    if (way->is_down || base_rng_uniform(&pair->rng) < channel->loss) {
        way->lost++;
        return;
    }
    const bool is_early = channel->reorder > 0 && base_rng_uniform(&pair->rng) < channel->reorder;
    uint64_t at_ns = out_ns + (is_early ? 0 : channel->delay_ns);
    if (channel->jitter_ns > 0)
        at_ns += base_rng_below(&pair->rng, channel->jitter_ns + 1);
    deliver_at(pair, 1 - from, at_ns, data, size);
    if (channel->duplicate > 0 && base_rng_uniform(&pair->rng) < channel->duplicate)
        deliver_at(pair, 1 - from, at_ns + base_rng_below(&pair->rng, 1000000), data, size);
}

/* ---- the book ---- */

struct end {
    struct flow_pair *pair;
    unsigned host;
};

static void fill(uint8_t *bytes, size_t size, size_t number)
{
    uint64_t x = number * 0x9e3779b97f4a7c15ull + 1;
    memcpy(bytes, &number, FLOW_PAIR_MESSAGE_MIN);
    for (size_t i = FLOW_PAIR_MESSAGE_MIN; i < size; i += sizeof x) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(bytes + i, &x, size - i < sizeof x ? size - i : sizeof x);
    }
}

static void on_message(void *context, enum bpi_hermes_class class, struct base_span message)
{
    const struct end *const end = context;
    struct flow_pair *const pair = end->pair;
    size_t number = SIZE_MAX;
    if (message.size >= FLOW_PAIR_MESSAGE_MIN)
        memcpy(&number, message.data, FLOW_PAIR_MESSAGE_MIN);
    struct flow_pair_entry *const entry =
        number < pair->entry_count ? &pair->entries[number] : NULL;
    uint8_t *const expected = malloc(message.size + FLOW_PAIR_MESSAGE_MIN);
    need(expected != NULL);
    fill(expected, message.size, number);
    if (entry == NULL || entry->size != message.size || entry->class != class ||
        entry->from == end->host || memcmp(expected, message.data, message.size) != 0) {
        pair->wrong++;
    } else {
        entry->come_count++;
        entry->come_ns = pair->now_ns;
        pair->come_bytes[class] += message.size;
    }
    free(expected);
}

static void on_done(void *context, uint64_t ticket, bool is_delivered)
{
    const struct end *const end = context;
    struct flow_pair_entry *const entry = &end->pair->entries[ticket];
    need(ticket < end->pair->entry_count && entry->from == end->host && entry->done == 0);
    entry->done = is_delivered ? 1 : -1;
    /* What is reported as delivered must have been. */
    need(!is_delivered || entry->come_count > 0);
}

static void pump(struct flow_pair *pair, unsigned host)
{
    uint8_t packet[UINT16_MAX];
    enum bpi_hermes_class class;
    for (size_t size;
         (size = hermes_flow_next(pair->flows[host], pair->now_ns, packet, &class)) > 0;)
        channel_send(pair, host, packet, size);
    const size_t memory = hermes_flow_stats(pair->flows[host]).memory_bytes;
    if (memory > pair->memory_max)
        pair->memory_max = memory;
}

size_t flow_pair_send(struct flow_pair *pair, unsigned from, enum bpi_hermes_class class,
                      size_t size)
{
    if (pair->entry_count == pair->entry_capacity) {
        pair->entry_capacity = pair->entry_capacity > 0 ? 2 * pair->entry_capacity : 256;
        pair->entries = realloc(pair->entries, pair->entry_capacity * sizeof *pair->entries);
        need(pair->entries != NULL);
    }
    const size_t number = pair->entry_count;
    uint8_t *const bytes = malloc(size);
    need(bytes != NULL);
    fill(bytes, size, number);
    const base_err err = hermes_flow_submit(pair->flows[from], pair->now_ns, class,
                                            (struct base_span){ bytes, size }, number);
    free(bytes);
    if (err != BASE_OK) {
        need(err == BASE_EFULL);
        pair->refused++;
        return SIZE_MAX;
    }
    pair->entries[pair->entry_count++] = (struct flow_pair_entry){ .sent_ns = pair->now_ns,
                                                                   .size = (uint32_t)size,
                                                                   .from = (uint8_t)from,
                                                                   .class = (uint8_t) class };
    pump(pair, from);
    return number;
}

static struct hermes_flow_sink sink_of(struct end *end)
{
    return (struct hermes_flow_sink){ .context = end, .message = on_message, .done = on_done };
}

static void receive(struct flow_pair *pair)
{
    struct flow_pair_packet packet = heap_take(pair);
    struct end end = { pair, packet.to };
    const struct hermes_flow_sink sink = sink_of(&end);
    if (hermes_flow_receive(pair->flows[packet.to], pair->now_ns, packet.data, packet.size,
                            &sink) != BASE_OK)
        pair->malformed++;
    free(packet.data);
    pump(pair, packet.to);
}

void flow_pair_run(struct flow_pair *pair, uint64_t until_ns)
{
    for (;;) {
        uint64_t next = pair->heap_count > 0 ? pair->heap[0].at_ns : UINT64_MAX;
        const bool is_packet = next <= hermes_flow_wake_ns(pair->flows[0]) &&
                               next <= hermes_flow_wake_ns(pair->flows[1]);
        unsigned host = 0;
        for (unsigned i = 0; i < 2 && !is_packet; i++) {
            const uint64_t at = hermes_flow_wake_ns(pair->flows[i]);
            if (at < next) {
                next = at;
                host = i;
            }
        }
        if (next > until_ns)
            break;
        if (next > pair->now_ns)
            pair->now_ns = next;
        if (is_packet) {
            receive(pair);
            continue;
        }
        struct end end = { pair, host };
        const struct hermes_flow_sink sink = sink_of(&end);
        hermes_flow_timer(pair->flows[host], pair->now_ns, &sink);
        pump(pair, host);
        /* Whoever is called at its time must not ask for the same time for ever. */
        need(hermes_flow_wake_ns(pair->flows[host]) > pair->now_ns);
    }
    if (pair->now_ns < until_ns)
        pair->now_ns = until_ns;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

uint64_t flow_pair_quantile(const struct flow_pair *pair, size_t first, unsigned from,
                            unsigned class, double q, double *mean)
{
    uint64_t *const all = malloc((pair->entry_count + 1) * sizeof *all);
    need(all != NULL);
    size_t count = 0;
    double sum = 0;
    for (size_t i = first; i < pair->entry_count; i++) {
        const struct flow_pair_entry *const entry = &pair->entries[i];
        if (entry->from != from || entry->class != class || entry->come_count == 0)
            continue;
        all[count++] = entry->come_ns - entry->sent_ns;
        sum += (double)(entry->come_ns - entry->sent_ns);
    }
    need(count > 0);
    qsort(all, count, sizeof *all, by_size);
    const uint64_t value = all[(size_t)(q * (double)(count - 1))];
    if (mean != NULL)
        *mean = sum / (double)count;
    free(all);
    return value;
}
