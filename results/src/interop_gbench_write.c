/* interop_gbench_write.c - a run as google/benchmark's JSON, for compare.py: a repetition per
 * process or batch, without the aggregates, which readers make themselves. */
#include "interop_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean processor time of an iteration, as far as the run has it. */
static double cpu_of(const struct result_case *one)
{
    const double cpu = result_series_mean(one, "cpu_ns");
    const double both = result_series_mean(one, "user_ns") + result_series_mean(one, "system_ns");
    return isnan(cpu) ? both : cpu;
}

static json_t *entry_of(const struct result_case *one, const char *suffix, size_t repetitions,
                        size_t family)
{
    json_t *entry = json_object();
    struct base_buf name = { 0 };
    const bool has_name = base_buf_printf(&name, "%s%s", one->id, suffix) == BASE_OK;
    json_object_set_new(entry, "name", has_name ? result_json_text(base_buf_text(&name)) : NULL);
    json_object_set_new(entry, "family_index", json_integer((json_int_t)family));
    json_object_set_new(entry, "per_family_instance_index", json_integer(0));
    json_object_set_new(entry, "run_name", result_json_text(one->id));
    json_object_set_new(entry, "run_type",
                        json_string(*suffix == '\0' ? "iteration" : "aggregate"));
    json_object_set_new(entry, "repetitions", json_integer((json_int_t)repetitions));
    json_object_set_new(entry, "threads", json_integer(one->threads));
    base_buf_done(&name);
    return entry;
}

static void set_times(json_t *entry, uint64_t iterations, double real_ns, double cpu_ns)
{
    json_object_set_new(entry, "iterations", json_integer((json_int_t)iterations));
    json_object_set_new(entry, "real_time", json_real(real_ns));
    json_object_set_new(entry, "cpu_time", json_real(isnan(cpu_ns) ? real_ns : cpu_ns));
    json_object_set_new(entry, "time_unit", json_string("ns"));
}

static void set_beside(json_t *entry, const struct result_case *one, double real_ns)
{
    const double cpu = cpu_of(one);
    const bool is_real = isnan(cpu) || strstr(one->id, "/real_time") != NULL ||
                         strstr(one->id, "/manual_time") != NULL;
    const double seconds = (is_real ? real_ns : cpu) / 1e9;
    if (one->bytes_per_item > 0 && seconds > 0)
        json_object_set_new(entry, "bytes_per_second", json_real(one->bytes_per_item / seconds));
    if (one->parts_per_item > 0 && seconds > 0)
        json_object_set_new(entry, "items_per_second", json_real(one->parts_per_item / seconds));
    for (size_t i = 0; i < one->args.count; i++)
        if (strcmp(one->args.items[i].name, "label") == 0)
            json_object_set_new(entry, "label", result_json_text(one->args.items[i].value));
    for (size_t i = 0; i < one->counters.count; i++)
        if (!result_gbench_is_known(one->counters.items[i].name) &&
            !isnan(one->counters.items[i].value))
            json_object_set_new(entry, one->counters.items[i].name,
                                json_real(one->counters.items[i].value));
}

static void put_repetitions(json_t *list, const struct result_case *one,
                            const struct result_repetitions *times, size_t family)
{
    for (size_t i = 0; i < times->count; i++) {
        json_t *entry = entry_of(one, "", times->count, family);
        json_object_set_new(entry, "repetition_index", json_integer((json_int_t)i));
        set_times(entry, times->items[i], times->ns[i], cpu_of(one));
        set_beside(entry, one, times->ns[i]);
        json_array_append_new(list, entry);
    }
}

static void put_aggregate(json_t *list, const struct result_case *one, const char *name,
                          double value, size_t family)
{
    char suffix[16];
    snprintf(suffix, sizeof suffix, "_%s", name);
    json_t *entry = entry_of(one, suffix, 1, family);
    json_object_set_new(entry, "aggregate_name", json_string(name));
    json_object_set_new(entry, "aggregate_unit", json_string("time"));
    set_times(entry, 1, value, cpu_of(one));
    json_array_append_new(list, entry);
}

static base_err put_case(json_t *list, const struct result_case *one, size_t family)
{
    struct base_arena arena = { 0 };
    struct result_repetitions times;
    if (!result_is_exportable(one)) {
        json_t *entry = entry_of(one, "", 1, family);
        json_object_set_new(entry, "repetition_index", json_integer(0));
        json_object_set_new(entry, "error_occurred", json_true());
        json_object_set_new(entry, "error_message",
                            result_json_text(one->is_at_floor   ? "below what the clock can tell"
                                             : one->why != NULL ? one->why
                                                                : one->status));
        set_times(entry, 1, 0, 0);
        json_array_append_new(list, entry);
        return BASE_OK;
    }
    base_err err = result_repetitions_of(one, &arena, &times);
    if (err == BASE_OK && times.count > 0)
        put_repetitions(list, one, &times, family);
    if (err == BASE_OK && times.count == 0) { /* a value without samples */
        put_aggregate(list, one, "median", result_best_of(one).value, family);
        if (!isnan(one->mean_ns.value))
            put_aggregate(list, one, "mean", one->mean_ns.value, family);
    }
    base_arena_done(&arena);
    return err;
}

static const char *fact(const struct result_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

static json_t *context_of(const struct result_run *run)
{
    json_t *context = json_object();
    const char *cpus = fact(&run->host, "cpus"), *mhz = fact(&run->host, "mhz_per_cpu");
    const char *build = fact(&run->build, "library_build_type");
    const char *executable = fact(&run->build, "executable");
    json_object_set_new(context, "date", result_json_text(run->started));
    json_object_set_new(context, "host_name", result_json_text(fact(&run->host, "name")));
    json_object_set_new(context, "executable",
                        result_json_text(executable != NULL ? executable : "bpi-perf"));
    if (cpus != NULL)
        json_object_set_new(context, "num_cpus", json_integer(strtol(cpus, NULL, 10)));
    if (mhz != NULL)
        json_object_set_new(context, "mhz_per_cpu", json_integer(strtol(mhz, NULL, 10)));
    if (build != NULL)
        json_object_set_new(context, "library_build_type", result_json_text(build));
    json_object_set_new(context, "note",
                        json_string("cpu_time is the mean of all repetitions, and real_time where "
                                    "no processor time was measured"));
    json_object_set_new(context, "bpi_perf_run", result_json_text(run->id));
    return context;
}

base_err result_gbench_write(const struct result_run *run, struct base_buf *out, size_t *left_out,
                             struct base_why *why)
{
    json_t *root = json_object(), *list = json_array();
    base_err err = root != NULL && list != NULL ? BASE_OK : BASE_ENOMEM;
    *left_out = 0;
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++)
        err = put_case(list, &run->cases[i], i);
    json_object_set_new(root, "context", context_of(run));
    json_object_set_new(root, "benchmarks", list);
    if (err == BASE_OK)
        return result_json_end(root, out);
    json_decref(root);
    return base_fail(why, err, 0, "no memory for the export");
}
