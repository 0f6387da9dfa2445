/* net_outcome.c - counts over the matrix of deliveries: node by message. */
#include "net_outcome.h"

#include <stats/summary.h>

#include <math.h>
#include <stdlib.h>

/* Deliveries of the messages first .. last-1, as told by their numbers. */
struct span_counts {
    double *latencies_ns; /* the caller's memory */
    size_t count;
    uint64_t in_time, complete; /* deliveries; messages with all of theirs */
    uint64_t last_ns;           /* of the last delivery; 0: none */
};

static void count_span(const struct net_outcome *outcome, uint64_t first, uint64_t last,
                       struct span_counts *out)
{
    const uint32_t nodes = outcome->load->node_count;
    for (uint64_t number = first; number < last; number++) {
        const uint32_t origin = (uint32_t)(number % nodes);
        const uint64_t intended_ns =
            outcome->start_ns + net_load_intended_ns(outcome->load, number);
        uint32_t reached = 0;
        for (uint32_t i = 0; i < nodes; i++) {
            const uint64_t at_ns = outcome->records[i]->at_ns[number];
            if (i == origin || at_ns == 0)
                continue;
            const uint64_t latency_ns = at_ns > intended_ns ? at_ns - intended_ns : 0;
            out->latencies_ns[out->count++] = (double)latency_ns;
            reached += latency_ns <= outcome->deadline_ns;
            out->last_ns = at_ns > out->last_ns ? at_ns : out->last_ns;
        }
        out->in_time += reached;
        out->complete += reached == nodes - 1;
    }
}

static double quantile(const struct span_counts *span, double p)
{
    return stats_quantile_sorted(span->latencies_ns, span->count, p, STATS_QUANTILE_LINEAR);
}

/* From the first intended time of the span to its last delivery. */
static double span_ns(const struct net_outcome *outcome, uint64_t first,
                      const struct span_counts *span)
{
    const uint64_t begin_ns = outcome->start_ns + net_load_intended_ns(outcome->load, first);
    return span->last_ns > begin_ns ? (double)(span->last_ns - begin_ns) : NAN;
}

/* NaN when there was no such look. */
static double since_start(const struct net_outcome *outcome, uint64_t until_ns)
{
    return until_ns > outcome->start_ns ? (double)(until_ns - outcome->start_ns) : NAN;
}

static double rate(uint64_t count, double ns)
{
    return count == 0 ? 0 : (double)count * 1e9 / ns;
}

static void count_phases(const struct net_outcome *outcome, double *memory,
                         struct suite_net_results *results)
{
    const uint64_t total = net_load_total(outcome->load);
    for (uint64_t i = 0; i < SUITE_NET_PHASES; i++) {
        struct suite_net_phase *phase = &results->phases[i];
        struct span_counts span = { .latencies_ns = memory };
        const uint64_t first = total * i / SUITE_NET_PHASES;
        const uint64_t last = total * (i + 1) / SUITE_NET_PHASES;
        count_span(outcome, first, last, &span);
        stats_sort(span.latencies_ns, span.count);
        phase->messages_per_s = rate(span.complete, span_ns(outcome, first, &span));
        phase->success_rate =
            (double)span.in_time / (double)(last - first) / (outcome->load->node_count - 1);
        phase->latency_avg_ns = stats_mean(span.latencies_ns, span.count);
        phase->latency_p99_ns = quantile(&span, 0.99);
        phase->memory_bytes = outcome->phase_memory_bytes[i];
    }
    const double before = results->phases[0].messages_per_s;
    results->held_share = before > 0 ? results->phases[1].messages_per_s / before : NAN;
}

static void forget_phases(struct suite_net_results *results)
{
    results->held_share = results->attack_packets = results->attack_bytes = results->amplification =
        NAN;
    for (size_t i = 0; i < SUITE_NET_PHASES; i++)
        results->phases[i] = (struct suite_net_phase){ NAN, NAN, NAN, NAN, NAN };
}

static void count_latencies(const struct net_outcome *outcome, struct span_counts *span,
                            struct suite_net_results *results)
{
    const double delay_ns = (double)outcome->conditions->latency_ns;
    stats_sort(span->latencies_ns, span->count);
    results->latency_avg_ns = stats_mean(span->latencies_ns, span->count);
    results->latency_p50_ns = quantile(span, 0.5);
    results->latency_p95_ns = quantile(span, 0.95);
    results->latency_p99_ns = quantile(span, 0.99);
    results->latency_min_ns = quantile(span, 0);
    results->latency_max_ns = quantile(span, 1);
    results->added_avg_ns = results->latency_avg_ns - delay_ns;
    results->added_p99_ns = results->latency_p99_ns - delay_ns;
    results->latencies_ns = span->latencies_ns;
    results->latency_count = span->count;
}

static void count_nodes(const struct net_outcome *outcome, struct suite_net_results *results)
{
    double sent = 0, parity = 0, repeated = 0, hops = 0, known = 0;
    for (uint32_t i = 0; i < outcome->load->node_count; i++) {
        const struct net_record *record = outcome->records[i];
        results->redundant += (double)record->stats.redundant_bytes / outcome->load->message_size;
        results->refused += (double)record->refused;
        results->forged += (double)record->wrong;
        results->replayed += (double)record->again;
        results->rejected += (double)record->stats.rejected;
        sent += (double)record->stats.sent_bytes;
        parity += (double)record->stats.parity_bytes;
        repeated += (double)record->stats.repeated_bytes;
        hops += (double)record->hops_sum;
        known += (double)record->hops_known;
    }
    results->wrong = results->forged + results->replayed;
    results->parity_share = sent > 0 ? parity / sent : NAN;
    results->repeated_share = sent > 0 ? repeated / sent : NAN;
    results->hops = known > 0 ? hops / known : NAN;
}

static void count_links(const struct net_outcome *outcome, const struct span_counts *span,
                        struct suite_net_results *results)
{
    const double nodes = outcome->load->node_count, bytes = (double)outcome->links.bytes;
    const double due =
        (double)net_load_total(outcome->load) * (nodes - 1) * (double)outcome->load->message_size;
    results->messages_per_s = rate(span->complete, results->duration_ns);
    results->bytes_per_s = results->messages_per_s * outcome->load->message_size;
    results->success_rate =
        (double)span->in_time / (double)net_load_total(outcome->load) / (nodes - 1);
    results->link_ratio = outcome->conditions->is_loopback ? NAN : bytes / due;
    results->utilization =
        outcome->capacity_bits > 0
            ? outcome->links_until_bytes * 8e9 /
                  (outcome->capacity_bits * since_start(outcome, outcome->links_until_ns))
            : NAN;
}

/* Time that was measured over messages that were counted. */
static void count_processors(const struct net_outcome *outcome, const struct span_counts *span,
                             struct suite_net_results *results)
{
    results->cpu_share =
        outcome->cpu_ns / (since_start(outcome, outcome->cpu_until_ns) * outcome->processors);
    results->cpu_us_per_message =
        span->complete > 0 ? outcome->cpu_ns / 1e3 / (double)span->complete : NAN;
}

base_err net_outcome_count(const struct net_outcome *outcome, struct suite_net_results *results)
{
    const uint64_t total = net_load_total(outcome->load);
    const size_t most = (size_t)total * (outcome->load->node_count - 1);
    struct span_counts span = { .latencies_ns = calloc(most + 1, sizeof(double)) };
    if (span.latencies_ns == NULL)
        return BASE_ENOMEM;
    *results = (struct suite_net_results){ .node_count = outcome->load->node_count,
                                           .message_size = outcome->load->message_size,
                                           .message_count = total };
    forget_phases(results);
    if (outcome->has_phases)
        count_phases(outcome, span.latencies_ns, results);
    count_span(outcome, 0, total, &span);
    results->duration_ns = span_ns(outcome, 0, &span);
    count_latencies(outcome, &span, results);
    count_nodes(outcome, results);
    count_links(outcome, &span, results);
    count_processors(outcome, &span, results);
    results->memory_bytes = outcome->memory_bytes;
    return BASE_OK;
}
