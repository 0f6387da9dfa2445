/* network_numbers.c - series and facts of a case as estimates, and as texts. */
#include "network_numbers.h"

#include <base/units.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct cli_network_real reals[] = {
    { "test_duration_ms", "test_duration_ns", 1e-6 },
    { "avg_latency_us", "avg_latency_ns", 1e-3 },
    { "p50_latency_us", "p50_latency_ns", 1e-3 },
    { "p95_latency_us", "p95_latency_ns", 1e-3 },
    { "p99_latency_us", "p99_latency_ns", 1e-3 },
    { "min_latency_us", "min_latency_ns", 1e-3 },
    { "max_latency_us", "max_latency_ns", 1e-3 },
    { "messages_per_second", "messages_per_second", 1 },
    { "bytes_per_second", "bytes_per_second", 1 },
    { "success_rate", "success_rate", 1 },
    { "memory_usage_mb", "memory_usage_bytes", 1e-6 },
    { "cpu_usage_percent", "cpu_usage", 100 },
    { "network_utilization", "network_utilization", 100 },
    { "redundant_messages", "redundant_messages", 1 },
};

const struct cli_network_real *cli_network_real_at(size_t i)
{
    return i < sizeof reals / sizeof reals[0] ? &reals[i] : NULL;
}

struct result_estimate cli_network_number(const struct result_case *one, const char *series)
{
    for (size_t i = 0; one != NULL && i < one->series_count; i++) {
        const struct result_series *found = &one->series[i];
        if (strcmp(found->name, series) != 0)
            continue;
        return isnan(found->typical.value) ? (struct result_estimate){ found->median, NAN, NAN }
                                           : found->typical;
    }
    return (struct result_estimate){ NAN, NAN, NAN };
}

static double fact_of(const struct result_case *one, const char *name, const char *ending)
{
    char text[80];
    snprintf(text, sizeof text, "%s%s", name, ending);
    for (size_t i = 0; one != NULL && i < one->facts.count; i++)
        if (strcmp(one->facts.items[i].name, text) == 0)
            return one->facts.items[i].value;
    return NAN;
}

struct result_estimate cli_network_fact(const struct result_case *one, const char *name)
{
    return (struct result_estimate){ fact_of(one, name, ""), fact_of(one, name, "_low"),
                                     fact_of(one, name, "_high") };
}

bool cli_network_is_of_attack(const char *series)
{
    static const char *const starts[] = { "before_", "during_", "after_", "attack_" };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(series, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

const char *cli_network_print(double value, const char *unit, char *out, size_t size)
{
    char text[BASE_UNITS_TEXT_SIZE];
    if (isnan(value))
        snprintf(out, size, "-");
    else if (strcmp(unit, "ns") == 0)
        snprintf(out, size, "%s", base_units_print_time(value, 4, text));
    else if (strcmp(unit, "us") == 0)
        snprintf(out, size, "%s", base_units_print_time(value * 1e3, 4, text));
    else if (strcmp(unit, "B") == 0)
        snprintf(out, size, "%s", base_units_print_size(value, 4, text));
    else if (strcmp(unit, "B/s") == 0)
        snprintf(out, size, "%s/s", base_units_print_size(value, 4, text));
    else if (strcmp(unit, "share") == 0)
        snprintf(out, size, "%.6g %%", 100 * value);
    else
        snprintf(out, size, "%.5g%s", value, strcmp(unit, "/s") == 0 ? "/s" : "");
    return out;
}

struct result_estimate cli_network_over(struct result_estimate a, struct result_estimate b)
{
    struct result_estimate out = { NAN, NAN, NAN };
    if (!(a.value > 0) || !(b.value > 0))
        return out;
    out.value = a.value / b.value;
    if (!(a.low > 0) || !(b.low > 0) || !isfinite(a.high) || !isfinite(b.high))
        return out;
    out.low = out.value * exp(-hypot(log(a.value / a.low), log(b.high / b.value)));
    out.high = out.value * exp(hypot(log(a.high / a.value), log(b.value / b.low)));
    return out;
}
