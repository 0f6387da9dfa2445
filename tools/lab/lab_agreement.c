/* lab_agreement.c - do nodes in real time and the same nodes in virtual time come to the same
 * results? Rounds of HERMES-Lite with the same seed, conditions and load in both, in turns; what
 * came out side by side, and whether it differs by more than it may.
 *
 * Nothing takes processor time in virtual time, and nobody wakes late. So latencies may be longer
 * in real time, by what was measured in the same rounds: twice what the machine is late to wake a
 * process (the sender, the addressee), what the emulator is late to hand over and may be late to
 * take, and the nodes' processor time for a message. Of a sum of four the p99 is at most the sum of
 * their quantiles of 99.75 %; of the emulator there are those of 99 %. Bytes, copies and repairs
 * may differ by the constants below, from trials: who wakes late acknowledges several packets at
 * once, and what was held up for long is sent once more. */
#define _GNU_SOURCE
#include "lab_wake.h"

#include <base/units.h>
#include <stats/interval.h>
#include <suite/network.h>

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNTS_MAX = 8, ROUNDS_MAX = 100, ATTEMPTS = 6 };

static const double bytes_apart = 0.1;    /* of the bytes in virtual time */
static const double copies_apart = 0.15;  /* of the deliveries */
static const double share_apart = 0.05;   /* of the bytes sent */
static const double latency_apart = 0.05; /* of the added latency in virtual time */
static const double tail_apart = 0.25;    /* the same of its p99, which losses make */
static const double take_p99_ns = 1e6; /* a laboratory that took more than 1 % later is invalid */

struct options {
    struct suite_net_conditions conditions;
    uint64_t counts[COUNTS_MAX], duration_ns, rounds, seed;
    size_t count_count;
    double deliveries_per_s;
};

enum number { IN_TIME, BYTES, COPIES, REPAIRS, PARITY, P50, MEAN, P99, NUMBERS };
enum unit { SHARE, RATIO, TIME };

static const struct {
    const char *name;
    enum unit unit;
} numbers[NUMBERS] = {
    [IN_TIME] = { "deliveries in time", SHARE },
    [BYTES] = { "bytes / necessary", RATIO },
    [COPIES] = { "copies too many, of deliveries", SHARE },
    [REPAIRS] = { "repaired, of bytes sent", SHARE },
    [PARITY] = { "parity, of bytes sent", SHARE },
    [P50] = { "added latency, p50", TIME },
    [MEAN] = { "added latency, mean", TIME },
    [P99] = { "added latency, p99", TIME },
};

/* Of one number of nodes: round by round. */
struct rounds {
    double virtual[NUMBERS][ROUNDS_MAX], real[NUMBERS][ROUNDS_MAX];
    double wake_mean_ns[ROUNDS_MAX], wake_p50_ns[ROUNDS_MAX], wake_p9975_ns[ROUNDS_MAX];
    double late_mean_ns[ROUNDS_MAX], late_p50_ns[ROUNDS_MAX], late_p99_ns[ROUNDS_MAX];
    double message_ns[ROUNDS_MAX]; /* processor time of the nodes for one message */
    size_t count, repeated;
};

static const char usage[] =
    "usage: lab-agreement [--nodes N,N,...] [--rounds N] [--deliveries RATE] [--duration TIME]\n"
    "                     [--size BYTES] [--latency TIME] [--loss PERCENT] [--bandwidth RATE]\n"
    "                     [--seed N]\n"
    "Runs nodes of HERMES-Lite in real and in virtual time and prints where they agree, as a "
    "table.\n"
    "--deliveries is how many messages a second come to addressees in all (2000), --duration how\n"
    "long they are sent (5s), --rounds how often (5), each with new nodes and another seed.\n"
    "A number agrees when the whole 95 % interval of the difference is within its bound, and is\n"
    "undecided when the interval is on both sides; one round has no interval.\n"
    "0: all agree; 1: not all do; 2: wrong words; 3: there is no laboratory, or its rounds do not\n"
    "count because the machine is busy.\n";

/* ---- options ---- */

static base_err counts_read(struct options *o, const char *text, struct base_why *why)
{
    char one[16];
    o->count_count = 0;
    for (;;) {
        const size_t size = strcspn(text, ",");
        if (size >= sizeof one || o->count_count == COUNTS_MAX)
            return base_fail(why, BASE_ERANGE, 0, "--nodes: %s: at most %d numbers", text,
                             COUNTS_MAX);
        memcpy(one, text, size);
        one[size] = '\0';
        const base_err err =
            base_units_parse_count(one, 2, SUITE_NET_NODES_MAX, &o->counts[o->count_count++], why);
        if (err != BASE_OK || text[size] == '\0')
            return err;
        text += size + 1;
    }
}

static base_err option_set(struct options *o, int which, const char *text, struct base_why *why)
{
    uint64_t count = 0;
    base_err err;
    switch (which) {
    case 'n':
        return counts_read(o, text, why);
    case 'r':
        return base_units_parse_count(text, 1, ROUNDS_MAX, &o->rounds, why);
    case 'd':
        return base_units_parse_rate(text, &o->deliveries_per_s, why);
    case 't':
        return base_units_parse_time(text, &o->duration_ns, why);
    case 's':
        err = base_units_parse_count(text, SUITE_NET_SIZE_LEAST, SUITE_NET_SIZE_MAX, &count, why);
        o->conditions.message_size = (uint32_t)count;
        return err;
    case 'l':
        return base_units_parse_time(text, &o->conditions.latency_ns, why);
    case 'p':
        return base_units_parse_percent(text, &o->conditions.loss_share, why);
    case 'b':
        return base_units_parse_bitrate(text, &o->conditions.bandwidth_bits, why);
    case 'e':
        return base_units_parse_count(text, 0, 9e18, &o->seed, why);
    default:
        return base_fail(why, BASE_EINVALID, 0, "try --help");
    }
}

/* The same deliveries a second from few nodes and from many. */
static struct suite_net_plan plan_of(const struct options *o, uint64_t nodes)
{
    struct suite_net_plan plan = { .conditions = o->conditions, .protocol = "hermes" };
    plan.rate_per_s = o->deliveries_per_s / (double)(nodes - 1);
    const double all = plan.rate_per_s * (double)o->duration_ns / 1e9;
    plan.conditions.node_count = (uint32_t)nodes;
    plan.conditions.messages_per_node = (uint32_t)fmin(fmax(1, round(all / (double)nodes)), 1e7);
    snprintf(plan.conditions.name, sizeof plan.conditions.name, "agreement");
    return plan;
}

static base_err options_read(struct options *o, int argc, char **argv, struct base_why *why)
{
    static const struct option known[] = {
        { "nodes", 1, NULL, 'n' },    { "rounds", 1, NULL, 'r' }, { "deliveries", 1, NULL, 'd' },
        { "duration", 1, NULL, 't' }, { "size", 1, NULL, 's' },   { "latency", 1, NULL, 'l' },
        { "loss", 1, NULL, 'p' },     { "seed", 1, NULL, 'e' },   { "bandwidth", 1, NULL, 'b' },
        { "help", 0, NULL, 'h' },     { NULL, 0, NULL, 0 },
    };
    base_err err = BASE_OK;
    for (int which; !err && (which = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (which == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        err = option_set(o, which, optarg, why);
    }
    if (!err && optind < argc)
        err = base_fail(why, BASE_EINVALID, 0, "%s: no argument is expected", argv[optind]);
    if (!err && o->duration_ns > UINT64_C(3600000000000))
        err = base_fail(why, BASE_ERANGE, 0, "--duration: more than an hour");
    for (size_t i = 0; !err && i < o->count_count; i++) {
        const struct suite_net_plan plan = plan_of(o, o->counts[i]);
        err = suite_net_check(&plan, why);
    }
    return err;
}

/* ---- rounds ---- */

static double quantile(const struct suite_net_results *r, double p)
{
    return stats_quantile_sorted(r->latencies_ns, r->latency_count, p, STATS_QUANTILE_LINEAR);
}

static void note(const struct suite_net_plan *plan, const struct suite_net_results *r,
                 double into[NUMBERS][ROUNDS_MAX], size_t round)
{
    const double due = (double)r->message_count * (r->node_count - 1);
    into[IN_TIME][round] = r->success_rate;
    into[BYTES][round] = r->link_ratio;
    into[COPIES][round] = r->redundant / due;
    into[REPAIRS][round] = r->repeated_share;
    into[PARITY][round] = r->parity_share;
    into[P50][round] = quantile(r, 0.5) - (double)plan->conditions.latency_ns;
    into[MEAN][round] = r->added_avg_ns;
    into[P99][round] = r->added_p99_ns;
}

/* At most: half of the packets were as late as the median, all but a hundredth as the p99. */
static double late_mean_ns(const struct suite_net_lab *lab)
{
    return 0.5 * lab->late_p50_ns + 0.49 * lab->late_p99_ns + 0.01 * lab->late_max_ns;
}

static void note_noise(struct rounds *rounds, const struct suite_net_results *r,
                       const struct lab_wake_times *wakes)
{
    const size_t i = rounds->count;
    const double cpu_ns = r->cpu_share * r->duration_ns * (double)sysconf(_SC_NPROCESSORS_ONLN);
    rounds->wake_mean_ns[i] = wakes->mean_ns;
    rounds->wake_p50_ns[i] = wakes->p50_ns;
    rounds->wake_p9975_ns[i] = wakes->p9975_ns;
    rounds->late_mean_ns[i] = late_mean_ns(&r->lab);
    rounds->late_p50_ns[i] = r->lab.late_p50_ns;
    rounds->late_p99_ns[i] = r->lab.late_p99_ns;
    rounds->message_ns[i] = cpu_ns / (double)r->message_count;
}

static base_err make_virtual(const struct suite_net_plan *real, struct rounds *rounds,
                             struct base_why *why)
{
    struct suite_net_plan plan = *real;
    struct suite_net_results results;
    plan.is_virtual = true;
    base_err err = suite_net_run(&plan, &results, why);
    if (err != BASE_OK)
        return err;
    err = suite_net_judge(&results, why);
    note(&plan, &results, rounds->virtual, rounds->count);
    suite_net_results_done(&results);
    return err;
}

/* EWRONG: the laboratory fell behind each time. */
static base_err make_real(const struct suite_net_plan *plan, struct rounds *rounds,
                          struct base_why *why)
{
    base_err err = BASE_EWRONG;
    for (int attempt = 0; attempt < ATTEMPTS && err == BASE_EWRONG; attempt++) {
        struct suite_net_results results;
        struct lab_wake wake;
        struct lab_wake_times wakes;
        err = lab_wake_start(&wake, why);
        if (err != BASE_OK)
            return err;
        err = suite_net_run(plan, &results, why);
        lab_wake_stop(&wake, &wakes);
        if (err != BASE_OK)
            return err;
        err = suite_net_judge(&results, why);
        rounds->repeated += err == BASE_EWRONG;
        note(plan, &results, rounds->real, rounds->count);
        note_noise(rounds, &results, &wakes);
        suite_net_results_done(&results);
    }
    return err;
}

static base_err make_rounds(const struct options *o, uint64_t nodes, struct rounds *rounds,
                            struct base_why *why)
{
    struct suite_net_plan plan = plan_of(o, nodes);
    for (rounds->count = 0; rounds->count < o->rounds; rounds->count++) {
        plan.seed = o->seed + rounds->count;
        base_err err = make_virtual(&plan, rounds, why);
        if (err == BASE_OK)
            err = make_real(&plan, rounds, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "%llu nodes, round %zu", (unsigned long long)nodes,
                                    rounds->count + 1);
        fprintf(stderr, "lab-agreement: %llu nodes, round %zu of %llu\n", (unsigned long long)nodes,
                rounds->count + 1, (unsigned long long)o->rounds);
    }
    return BASE_OK;
}

/* ---- what they may differ by ---- */

static const char verdict_agree[] = "agree";

struct bound {
    double low, high; /* of real less virtual */
};

static double mean(const double *values, const struct rounds *rounds)
{
    return stats_mean(values, rounds->count);
}

static struct bound bound_of(const struct rounds *rounds, enum number which)
{
    const double v = mean(rounds->virtual[which], rounds);
    const double message_ns = mean(rounds->message_ns, rounds);
    const double p50_ns = 2 * mean(rounds->wake_p50_ns, rounds) + mean(rounds->late_p50_ns, rounds);
    const double mean_ns =
        2 * mean(rounds->wake_mean_ns, rounds) + mean(rounds->late_mean_ns, rounds);
    const double p99_ns =
        2 * mean(rounds->wake_p9975_ns, rounds) + mean(rounds->late_p99_ns, rounds) + take_p99_ns;
    switch (which) {
    case IN_TIME:
        return (struct bound){ 0, 0 };
    case BYTES:
        return (struct bound){ -bytes_apart * v, bytes_apart * v };
    case COPIES:
        return (struct bound){ -copies_apart, copies_apart };
    case REPAIRS:
    case PARITY:
        return (struct bound){ -share_apart, share_apart };
    case P50:
        return (struct bound){ -latency_apart * v, latency_apart * v + p50_ns + message_ns };
    case MEAN:
        return (struct bound){ -latency_apart * v, latency_apart * v + mean_ns + message_ns };
    default:
        return (struct bound){ -tail_apart * v, tail_apart * v + p99_ns + message_ns };
    }
}

/* ---- showing ---- */

static const char *print_number(double value, enum unit unit, bool has_sign, char out[64])
{
    char text[BASE_UNITS_TEXT_SIZE];
    const char *sign = has_sign && value >= 0 ? "+" : "";
    if (unit == SHARE)
        snprintf(out, 64, "%s%.4g %%", sign, 100 * value);
    else if (unit == RATIO)
        snprintf(out, 64, "%s%.4g", sign, value);
    else
        snprintf(out, 64, "%s%s", value < 0 ? "-" : sign,
                 base_units_print_time(fabs(value), 3, text));
    return out;
}

/* "1.23 ms (1.20 ms to 1.26 ms)" where there are rounds enough. */
static void print_mean(const double *values, const struct rounds *rounds, enum unit unit,
                       bool has_sign)
{
    const struct stats_interval i = stats_interval_t(values, rounds->count, 0.95);
    char a[64], b[64], c[64];
    printf(" %s", print_number(i.value, unit, has_sign, a));
    if (isfinite(i.low) && i.low < i.high)
        printf(" (%s to %s)", print_number(i.low, unit, has_sign, b),
               print_number(i.high, unit, has_sign, c));
    printf(" |");
}

/* On the whole interval of the difference; of one round there is none, and only its number. Where
 * none may be, any is one. */
static const char *verdict_of(const double *differences, const struct rounds *rounds,
                              const struct bound *bound)
{
    const struct stats_interval i = stats_interval_t(differences, rounds->count, 0.95);
    const bool has_interval = isfinite(i.low) && isfinite(i.high) && bound->low < bound->high;
    const double low = has_interval ? i.low : i.value, high = has_interval ? i.high : i.value;
    if (low >= bound->low && high <= bound->high)
        return verdict_agree;
    return isnan(i.value) || high < bound->low || low > bound->high ? "differ" : "undecided";
}

static bool print_row(const struct rounds *rounds, uint64_t nodes, enum number which)
{
    double differences[ROUNDS_MAX];
    char low[64], high[64];
    const enum unit unit = numbers[which].unit;
    const struct bound bound = bound_of(rounds, which);
    for (size_t i = 0; i < rounds->count; i++)
        differences[i] = rounds->real[which][i] - rounds->virtual[which][i];
    const char *verdict = verdict_of(differences, rounds, &bound);
    printf("| %llu | %s |", (unsigned long long)nodes, numbers[which].name);
    print_mean(rounds->virtual[which], rounds, unit, false);
    print_mean(rounds->real[which], rounds, unit, false);
    print_mean(differences, rounds, unit, true);
    printf(" %s to %s | %s |\n", print_number(bound.low, unit, true, low),
           print_number(bound.high, unit, true, high), verdict);
    return verdict == verdict_agree;
}

static void print_noise(const struct options *o, const struct rounds *rounds, uint64_t nodes)
{
    const struct suite_net_plan plan = plan_of(o, nodes);
    char a[64], b[64], c[64], d[64], e[64];
    printf(
        "%llu nodes, %zu rounds of %u messages of %u bytes from each, %.4g a second: processes "
        "were woken late by %s (p50), %s (p99.75), the emulator handed over late by %s (p50), %s "
        "(p99); a message took %s of the nodes' processor time; %zu rounds did not count\n",
        (unsigned long long)nodes, rounds->count, plan.conditions.messages_per_node,
        plan.conditions.message_size, plan.rate_per_s,
        print_number(mean(rounds->wake_p50_ns, rounds), TIME, false, a),
        print_number(mean(rounds->wake_p9975_ns, rounds), TIME, false, b),
        print_number(mean(rounds->late_p50_ns, rounds), TIME, false, c),
        print_number(mean(rounds->late_p99_ns, rounds), TIME, false, d),
        print_number(mean(rounds->message_ns, rounds), TIME, false, e), rounds->repeated);
}

/* ---- main ---- */

/* What was made, and 3 when something of it is missing. */
static int run(const struct options *o, struct base_why *why)
{
    static struct rounds rounds[COUNTS_MAX];
    bool agree = true, is_whole = true;
    size_t made = 0;
    for (size_t i = 0; i < o->count_count; i++) {
        const base_err err = make_rounds(o, o->counts[i], &rounds[i], why);
        if (err != BASE_OK)
            fprintf(stderr, "lab-agreement: %s\n", why->text);
        if (err != BASE_OK && err != BASE_EWRONG)
            return 3;
        is_whole = is_whole && err == BASE_OK;
        made += rounds[i].count;
    }
    if (made == 0)
        return 3;
    printf("| nodes | | virtual time | real time | difference | may be | |\n"
           "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < o->count_count; i++)
        for (enum number which = 0; which < NUMBERS && rounds[i].count > 0; which++)
            agree &= print_row(&rounds[i], o->counts[i], which);
    printf("\n");
    for (size_t i = 0; i < o->count_count; i++)
        if (rounds[i].count > 0)
            print_noise(o, &rounds[i], o->counts[i]);
    return !is_whole ? 3 : agree ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options o = { .conditions = { .message_size = 1024,
                                         .latency_ns = 25000000,
                                         .loss_share = 0.005,
                                         .bandwidth_bits = 100000000 },
                         .counts = { 10, 20, 50 },
                         .count_count = 3,
                         .duration_ns = 5000000000,
                         .rounds = 5,
                         .seed = 1,
                         .deliveries_per_s = 2000 };
    struct base_why why = { 0 };
    if (options_read(&o, argc, argv, &why) == BASE_OK)
        return run(&o, &why);
    fprintf(stderr, "lab-agreement: %s\n", why.text);
    return 2;
}
