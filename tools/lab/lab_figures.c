/* lab_figures.c - one pass over the packets, then sorted arrays. */
#include "lab_figures.h"

#include "lab_spread.h"
#include "lab_twin.h"

#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static base_err figures_alloc(struct lab_figures *f, struct base_why *why)
{
    const size_t count = f->result->received + 1;
    f->delays_ns = malloc(count * sizeof *f->delays_ns);
    f->errors_ns = malloc(count * sizeof *f->errors_ns);
    f->draws_ns = malloc(count * sizeof *f->draws_ns);
    return f->delays_ns && f->errors_ns && f->draws_ns
               ? BASE_OK
               : base_fail(why, BASE_ENOMEM, 0, "no memory for the figures");
}

static void figures_done(struct lab_figures *f)
{
    free(f->delays_ns);
    free(f->errors_ns);
    free(f->draws_ns);
}

/* latest_ns [flow_count] when the packets of a flow come, as drawn. */
static void figures_count(struct lab_figures *f, uint64_t *latest_ns)
{
    for (uint64_t i = 0; i < f->traffic->packets; i++) {
        const bool has_come = f->result->came_ns[i] != 0;
        const int64_t drawn_ns = f->drawn_ns ? f->drawn_ns[i] : (int64_t)f->link->delay_ns;
        if (f->drawn_ns)
            f->strayed += has_come != (drawn_ns != LAB_TWIN_LOST);
        if (!has_come)
            continue;
        uint64_t *const latest = &latest_ns[i % f->traffic->flow_count];
        const uint64_t sent_ns = f->result->sent_ns[i], at_ns = sent_ns + (uint64_t)drawn_ns;
        f->held += at_ns < *latest;
        *latest = at_ns > *latest ? at_ns : *latest;
        f->delays_ns[f->count] = (double)(int64_t)(f->result->came_ns[i] - sent_ns);
        f->draws_ns[f->count] = (double)drawn_ns;
        f->errors_ns[f->count++] = (double)(int64_t)(f->result->came_ns[i] - *latest);
    }
    stats_sort(f->delays_ns, f->count);
    stats_sort(f->errors_ns, f->count);
    stats_sort(f->draws_ns, f->count);
}

static double error_us(const struct lab_figures *f, double share)
{
    const size_t i = (size_t)ceil(share * (double)f->count);
    return f->errors_ns[i > 0 ? i - 1 : 0] / 1e3;
}

static void print_errors(const struct lab_figures *f)
{
    if (f->strayed > 0 && f->link->jitter != LAB_JITTER_NONE)
        return; /* whose draw was whose is not known */
    printf("  error of delay, socket to socket: p1 %+.1f  p50 %+.1f  p99 %+.1f  p99.9 %+.1f  max "
           "%+.1f us\n",
           error_us(f, 0.01), error_us(f, 0.5), error_us(f, 0.99), error_us(f, 0.999),
           error_us(f, 1));
}

static void print_loss(const struct lab_figures *f)
{
    const struct lab_traffic_result *const r = f->result;
    const double n = (double)f->traffic->packets, asked = f->link->loss_share;
    const double lost = 1 - (double)(r->received + r->unread) / n;
    if (r->unread > 0)
        printf(
            "  %llu more came and found no room in the reader's socket: its processor was busy\n",
            (unsigned long long)r->unread);
    printf("  loss: %.4f %% of %.4f %% asked (95 %% within %.4f)\n", 100 * lost, 100 * asked,
           196 * sqrt(asked * (1 - asked) / n));
}

static void print_rate(const struct lab_figures *f)
{
    const double bits = f->result->received_pps * 8 * (double)f->wire_size;
    const double asked = (double)f->link->rate_bits;
    if (f->link->rate_bits > 0 && f->traffic->flow_count == 1)
        printf("  rate: %.4f Mbit/s of %.4f asked (%+.2f %%)\n", bits / 1e6, asked / 1e6,
               100 * (bits / asked - 1));
}

static double drawn_deviation(const struct lab_figures *f)
{
    return stats_stddev(f->draws_ns, f->count, stats_mean(f->draws_ns, f->count));
}

static void print_jitter(const struct lab_figures *f)
{
    const bool has_twin = f->drawn_ns && f->strayed == 0;
    const struct lab_spread asked = lab_spread_of(f->link);
    const double root = sqrt((double)f->count), mean = stats_mean(f->delays_ns, f->count);
    const double deviation = stats_stddev(f->delays_ns, f->count, mean);
    printf("  jitter: mean delay %.3f us of %.3f asked (%+.3f, 95 %% within %.3f)\n", mean / 1e3,
           asked.mean_ns / 1e3, (mean - asked.mean_ns) / 1e3,
           1.96 * asked.deviation_ns / root / 1e3);
    printf("  jitter: standard deviation %.3f us of %.3f asked (%+.2f %%", deviation / 1e3,
           asked.deviation_ns / 1e3, 100 * (deviation / asked.deviation_ns - 1));
    if (isnan(asked.deviation_error))
        printf("; of a tail this heavy samples differ widely)");
    else
        printf(", 95 %% within %.2f %%)", 196 * asked.deviation_error / root);
    if (has_twin)
        printf("; the links drew %.3f", drawn_deviation(f) / 1e3);
    printf("\n");
    printf("  jitter: distance from the distribution asked %.5f (Kolmogorov-Smirnov; 95 %% within "
           "%.5f)",
           lab_spread_distance(f->link, f->delays_ns, f->count),
           lab_spread_distance_by_chance(f->count));
    if (has_twin)
        printf("; of what the links drew %.5f",
               lab_spread_distance(f->link, f->draws_ns, f->count));
    printf("\n");
}

static void print_twin(const struct lab_figures *f)
{
    if (f->strayed > 0)
        printf("  packet by packet: %llu were lost that the links keep, or came that they lose\n",
               (unsigned long long)f->strayed);
    else
        printf("  packet by packet: those came that the links of this seed let through; %llu "
               "waited for the one before\n",
               (unsigned long long)f->held);
}

static void print_all(const struct lab_figures *f)
{
    const struct lab_traffic *const traffic = f->traffic;
    printf("%s: %llu of %llu packets arrived, sent at %.0f/s", f->name,
           (unsigned long long)f->result->received, (unsigned long long)traffic->packets,
           f->result->sent_pps);
    if (traffic->flow_count > 1)
        printf(" over %u links in turn", traffic->flow_count);
    printf("\n");
    if (f->count > 0)
        print_errors(f);
    print_loss(f);
    if (f->count > 1)
        print_rate(f);
    if (f->count > 1 && f->link->jitter != LAB_JITTER_NONE)
        print_jitter(f);
    if (f->drawn_ns)
        print_twin(f);
}

base_err lab_figures_print(struct lab_figures *f, struct base_why *why)
{
    uint64_t *const latest_ns = calloc(f->traffic->flow_count, sizeof *latest_ns);
    base_err err = figures_alloc(f, why);
    if (!err && !latest_ns)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for the figures");
    if (!err) {
        figures_count(f, latest_ns);
        print_all(f);
    }
    free(latest_ns);
    figures_done(f);
    return err;
}
